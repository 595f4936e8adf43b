/* SPDX-License-Identifier: MIT
 *
 * The sets that G0 to G3 can hold, besides ASCII: line drawing, Latin-1's upper half, and the
 * national replacements of VT220, which differ from ASCII in twelve places. A set is known by the
 * final byte of its designation; CHARSET_LATIN_1 stands for the one of 96 characters.
 */
#include "vterm/internal.h"

/* DEC special graphics, from 0x5f on. */
static const uint16_t line_drawing[] = {
    0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
    0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
    0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

static const char places[] = "#@[\\]^_`{|}~";

static const struct {
    char final;
    char also[3]; /* other final bytes for the same */
    uint16_t replaced[sizeof places - 1];
} nationals[] = {
    {'A', "", {0xa3, '@', '[', '\\', ']', '^', '_', '`', '{', '|', '}', '~'}},         /* British */
    {'4', "", {0xa3, 0xbe, 0x133, 0xbd, '|', '^', '_', '`', 0xa8, 0x192, 0xbc, 0xb4}}, /* Dutch */
    {'C', "5", {'#', '@', 0xc4, 0xd6, 0xc5, 0xdc, '_', 0xe9, 0xe4, 0xf6, 0xe5, 0xfc}}, /* Finnish */
    {'R', "f", {0xa3, 0xe0, 0xb0, 0xe7, 0xa7, '^', '_', '`', 0xe9, 0xf9, 0xe8, 0xa8}}, /* French */
    /* French Canadian */
    {'Q', "9", {'#', 0xe0, 0xe2, 0xe7, 0xea, 0xee, '_', 0xf4, 0xe9, 0xf9, 0xe8, 0xfb}},
    {'K', "", {'#', 0xa7, 0xc4, 0xd6, 0xdc, '^', '_', '`', 0xe4, 0xf6, 0xfc, 0xdf}},   /* German */
    {'Y', "", {0xa3, 0xa7, 0xb0, 0xe7, 0xe9, '^', '_', 0xf9, 0xe0, 0xf2, 0xe8, 0xec}}, /* Italian */
    /* Norwegian and Danish */
    {'E', "6`", {'#', 0xc4, 0xc6, 0xd8, 0xc5, 0xdc, '_', 0xe4, 0xe6, 0xf8, 0xe5, 0xfc}},
    {'Z', "", {0xa3, 0xa7, 0xa1, 0xd1, 0xbf, '^', '_', '`', 0xb0, 0xf1, 0xe7, '~'}}, /* Spanish */
    {'H',
     "7",
     {'#', 0xc9, 0xc4, 0xd6, 0xc5, 0xdc, '_', 0xe9, 0xe4, 0xf6, 0xe5, 0xfc}}, /* Swedish */
    {'=', "", {0xf9, 0xe0, 0xe9, 0xe7, 0xea, 0xee, 0xe8, 0xf4, 0xe4, 0xf6, 0xfc, 0xfb}}, /* Swiss */
};

char charset_of(char intermediate, char final)
{
    if (intermediate >= '-' && intermediate <= '/')
        return final == 'A' ? CHARSET_LATIN_1 : 'B';
    if (final == '0' || final == '2') /* of the alternate ROM */
        return '0';
    for (size_t i = 0; i < ARRAY_LEN(nationals); i++)
        if (nationals[i].final == final || (final && strchr(nationals[i].also, final)))
            return nationals[i].final;
    return 'B';
}

static uint32_t national(char set, uint32_t c)
{
    const char *at = strchr(places, (int)c);

    for (size_t i = 0; at && i < ARRAY_LEN(nationals); i++)
        if (nationals[i].final == set)
            return nationals[i].replaced[at - places];
    return c;
}

uint32_t charset_translate(char set, uint32_t c)
{
    if (set == 'B' || c < 0x20 || c > 0x7e)
        return c;
    if (set == CHARSET_LATIN_1)
        return c | 0x80;
    if (set == '0')
        return c >= 0x5f ? line_drawing[c - 0x5f] : c;
    return national(set, c);
}
