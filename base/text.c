/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "base/alloc.h"

void text_init_locale(void)
{
    if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        return;
    setlocale(LC_CTYPE, "C.UTF-8");
}

/* The range a second byte may have depends on the first: this is what rules out overlong forms,
 * surrogates and values past U+10FFFF (Unicode 15, table 3-7). */
static int lead_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0)
            *low = 0xa0;
        else if (lead == 0xed)
            *high = 0x9f;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0)
            *low = 0x90;
        else if (lead == 0xf4)
            *high = 0x8f;
        return 4;
    }
    return 0;
}

/* Bytes of a valid beginning of a sequence at s; *need is the full length (0: not a lead byte). */
static size_t valid_prefix(const unsigned char *s, size_t n, int *need)
{
    unsigned char low, high;
    size_t i;

    *need = lead_length(s[0], &low, &high);
    if (!*need)
        return 0;
    for (i = 1; i < (size_t)*need && i < n; i++) {
        if (s[i] < low || s[i] > high)
            break;
        low = 0x80;
        high = 0xbf;
    }
    return i;
}

size_t utf8_decode(const char *text, size_t n, uint32_t *codepoint)
{
    const unsigned char *s = (const unsigned char *)text;
    int need;

    if (s[0] < 0x80) {
        *codepoint = s[0];
        return 1;
    }
    size_t used = valid_prefix(s, n, &need);
    if (!need || used < (size_t)need) {
        *codepoint = 0xfffd;
        return used ? used : 1;
    }
    uint32_t value = s[0] & (0xffu >> (need + 1));
    for (int i = 1; i < need; i++)
        value = value << 6 | (s[i] & 0x3fu);
    *codepoint = value;
    return used;
}

size_t utf8_encode(uint32_t c, char out[4])
{
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = 0xfffd;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t utf8_incomplete_tail(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t back = 1; back <= 3 && back <= n; back++) {
        const unsigned char *lead = s + n - back;
        int need;

        if ((*lead & 0xc0) == 0x80)
            continue;
        size_t used = *lead < 0x80 ? 0 : valid_prefix(lead, back, &need);
        return used == back && used < (size_t)need ? back : 0;
    }
    return 0;
}

/* Bytes of ASCII at the beginning, in steps of eight. */
static size_t ascii_words(const char *s, size_t n)
{
    size_t i = 0;
    uint64_t word;

    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s + i, sizeof word);
        if (word & 0x8080808080808080)
            break;
    }
    return i;
}

bool utf8_valid(const char *s, size_t n)
{
    while (n) {
        uint32_t c;
        size_t plain = ascii_words(s, n);

        s += plain;
        n -= plain;
        if (!n)
            break;
        size_t used = utf8_decode(s, n, &c);

        if (c == 0xfffd && !(used == 3 && memcmp(s, "\xef\xbf\xbd", 3) == 0))
            return false;
        s += used;
        n -= used;
    }
    return true;
}

bool text_is_unsafe(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},     {0x180e, 0x180e},
        {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };

    for (size_t i = 0; i < ARRAY_LEN(ranges) && c >= ranges[i].first; i++)
        if (c <= ranges[i].last)
            return true;
    return false;
}

int text_codepoint_width(uint32_t c)
{
    if (c >= 0x20 && c < 0x7f)
        return 1;
    int w = wcwidth((wchar_t)c);
    if (w >= 0)
        return w;
    /* Unassigned and private-use code points are drawn as one replacement glyph. */
    return c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : 1;
}

int text_width(const char *text)
{
    size_t n = strlen(text);
    int cols = 0;

    while (n) {
        uint32_t c;
        size_t used = utf8_decode(text, n, &c);

        cols += text_codepoint_width(c);
        text += used;
        n -= used;
    }
    return cols;
}

size_t text_prefix(const char *text, int cols)
{
    size_t n = strlen(text), done = 0;

    while (done < n) {
        uint32_t c;
        size_t used = utf8_decode(text + done, n - done, &c);

        cols -= text_codepoint_width(c);
        if (cols < 0)
            break;
        done += used;
    }
    return done;
}

char *text_sanitise(char *out, size_t cap, const char *text, size_t n)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t len = 0, fits = 0; /* fits: where an ellipsis could still follow */

    while (n) {
        uint32_t c;
        char bytes[4];
        size_t used = utf8_decode(text, n, &c);
        size_t size = utf8_encode(text_is_unsafe(c) ? ' ' : c, bytes);

        if (len + size + 1 > cap) {
            len = fits;
            if (len + sizeof ellipsis <= cap) {
                memcpy(out + len, ellipsis, sizeof ellipsis - 1);
                len += sizeof ellipsis - 1;
            }
            break;
        }
        memcpy(out + len, bytes, size);
        len += size;
        if (len + sizeof ellipsis <= cap)
            fits = len;
        text += used;
        n -= used;
    }
    out[len] = '\0';
    return out;
}

void utf8_repair(struct buf *out, const char *s, size_t n)
{
    while (n) {
        uint32_t codepoint;
        size_t used = utf8_decode(s, n, &codepoint);
        char bytes[4];

        buf_append(out, bytes, utf8_encode(codepoint, bytes));
        s += used;
        n -= used;
    }
}
