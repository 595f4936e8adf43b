/* SPDX-License-Identifier: MIT
 *
 * Colours a program asks for and changes: OSC 4, 10, 11, 12 and their resets. What it did not
 * change is the owner's theme; the upper 240 of the palette are xterm's.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "vterm/internal.h"

#define N_COLOURS   (TERM_COLOUR_CURSOR + 1)
#define CHANGED     (1u << 24)
#define QUERIES_MAX 32 /* answered in one OSC 4 */

static const struct term_theme default_theme = {
    .fg = 0xd0d0d0,
    .bg = 0x000000,
    .cursor = 0xd0d0d0,
    .palette = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
                0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff},
};

void term_set_theme(struct term *t, const struct term_theme *theme)
{
    t->theme = theme ? *theme : default_theme;
}

void term_theme_write(const struct term_theme *theme, char out[TERM_THEME_CHARS + 1])
{
    const uint32_t named[] = {theme->fg, theme->bg, theme->cursor};

    for (size_t i = 0; i < TERM_THEME_CHARS / 6; i++)
        snprintf(out + i * 6, 7, "%06x",
                 (i < 3 ? named[i] : theme->palette[i - 3]) & (uint32_t)0xffffff);
}

bool term_theme_read(struct term_theme *theme, const char *text, size_t n)
{
    uint32_t all[TERM_THEME_CHARS / 6] = {0};

    if (n != TERM_THEME_CHARS)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (!isxdigit(c))
            return false;
        all[i / 6] = all[i / 6] << 4 | (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    *theme = (struct term_theme){.fg = all[0], .bg = all[1], .cursor = all[2]};
    memcpy(theme->palette, all + 3, sizeof theme->palette);
    return true;
}

/* The cube of 216 and the ramp of 24 greys. */
static uint32_t xterm_colour(int i)
{
    static const uint8_t levels[] = {0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff};

    if (i >= 232) {
        uint32_t grey = (uint32_t)(8 + (i - 232) * 10);

        return grey << 16 | grey << 8 | grey;
    }
    i -= 16;
    return (uint32_t)levels[i / 36] << 16 | (uint32_t)levels[i / 6 % 6] << 8 | levels[i % 6];
}

bool term_colour_changed(const struct term *t, int which)
{
    return which >= 0 && which < N_COLOURS && t->overrides && t->overrides[which] & CHANGED;
}

uint32_t term_colour(const struct term *t, int which)
{
    if (which < 0 || which >= N_COLOURS)
        return 0;
    if (term_colour_changed(t, which))
        return t->overrides[which] & 0xffffff;
    switch (which) {
    case TERM_COLOUR_FG:
        return t->theme.fg;
    case TERM_COLOUR_BG:
        return t->theme.bg;
    case TERM_COLOUR_CURSOR:
        return t->theme.cursor;
    default:
        return which < 16 ? t->theme.palette[which] : xterm_colour(which);
    }
}

static void change(struct term *t, int which, uint32_t value)
{
    if (!t->overrides && !value)
        return;
    if (!t->overrides)
        t->overrides = xcalloc(N_COLOURS, sizeof *t->overrides);
    if (t->overrides[which] == value)
        return;
    t->overrides[which] = value;
    grid_touch_all(t);
}

void palette_reset(struct term *t)
{
    if (!t->overrides)
        return;
    free(t->overrides);
    t->overrides = NULL;
    grid_touch_all(t);
}

/* One to four hexadecimal digits as 8 bits. Returns how many there were. */
static size_t read_part(const char *text, size_t n, uint32_t *value)
{
    uint32_t all = 0;
    size_t i = 0;

    for (; i < n && i < 4 && hex_value(text[i]) >= 0; i++)
        all = all << 4 | (uint32_t)hex_value(text[i]);
    *value = i == 0 ? 0 : all * 255 / ((1u << (4 * i)) - 1);
    return i;
}

/* "#rgb" with one to four digits a part, or "rgb:r/g/b". */
static bool read_colour(const char *text, size_t n, uint32_t *rgb)
{
    bool slashes = n > 4 && memcmp(text, "rgb:", 4) == 0;
    uint32_t parts[3];

    if (!slashes && (n < 4 || text[0] != '#' || (n - 1) % 3 != 0 || n > 13))
        return false;
    size_t digits = slashes ? 4 : (n - 1) / 3, at = slashes ? 4 : 1;
    for (int i = 0; i < 3; i++) {
        size_t used = read_part(text + at, n - at < digits ? n - at : digits, &parts[i]);

        at += used;
        if (!used || (!slashes && used != digits))
            return false;
        if (slashes && i < 2 && (at >= n || text[at++] != '/'))
            return false;
    }
    *rgb = parts[0] << 16 | parts[1] << 8 | parts[2];
    return at == n;
}

static void report(struct term *t, const char *prefix, int which)
{
    uint32_t rgb = term_colour(t, which), r = rgb >> 16, g = rgb >> 8 & 0xff, b = rgb & 0xff;

    term_reply(t, "\033]%srgb:%02x%02x/%02x%02x/%02x%02x%s", prefix, r, r, g, g, b, b,
               t->string_bel ? "\a" : "\033\\");
}

/* One colour: asked for ("?") or changed. */
static void set_or_report(struct term *t, const char *prefix, int which, const char *text, size_t n)
{
    uint32_t rgb;

    if (n == 1 && text[0] == '?')
        report(t, prefix, which);
    else if (read_colour(text, n, &rgb))
        change(t, which, rgb | CHANGED);
}

/* The field up to the next ';', which is taken with it. */
static size_t take_field(const char **text, size_t *n, const char **field)
{
    const char *end = memchr(*text, ';', *n);
    size_t len = end ? (size_t)(end - *text) : *n;

    *field = *text;
    *text += len + (end ? 1 : 0);
    *n -= len + (end ? 1 : 0);
    return len;
}

/* 0..255, or -1. */
static int read_index(const char *text, size_t n)
{
    int value = 0;

    if (n == 0 || n > 3)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        value = value * 10 + text[i] - '0';
    }
    return value < 256 ? value : -1;
}

/* 4;INDEX;COLOUR;INDEX;COLOUR… */
static void palette(struct term *t, const char *text, size_t n)
{
    int queries = 0;

    while (n) {
        const char *index, *spec;
        size_t n_index = take_field(&text, &n, &index);
        size_t n_spec = take_field(&text, &n, &spec);
        int which = read_index(index, n_index);
        char prefix[16];

        if (which < 0 || (n_spec == 1 && spec[0] == '?' && ++queries > QUERIES_MAX))
            continue;
        snprintf(prefix, sizeof prefix, "4;%d;", which);
        set_or_report(t, prefix, which, spec, n_spec);
    }
}

/* 104 alone: all; 104;INDEX;INDEX…: those. */
static void reset_palette(struct term *t, const char *text, size_t n)
{
    if (!n)
        for (int i = 0; i < 256; i++)
            change(t, i, 0);
    while (n) {
        const char *field;
        size_t n_field = take_field(&text, &n, &field);
        int which = read_index(field, n_field);

        if (which >= 0)
            change(t, which, 0);
    }
}

/* 10;A;B sets 10 and 11, and so on. */
static void dynamic(struct term *t, int command, const char *text, size_t n)
{
    for (; n && command <= 12; command++) {
        const char *spec;
        size_t n_spec = take_field(&text, &n, &spec);
        char prefix[16];

        snprintf(prefix, sizeof prefix, "%d;", command);
        set_or_report(t, prefix, TERM_COLOUR_FG + command - 10, spec, n_spec);
    }
}

void palette_osc(struct term *t, int command, const char *text, size_t n)
{
    if (command == 4)
        palette(t, text, n);
    else if (command == 104)
        reset_palette(t, text, n);
    else if (command >= 110)
        change(t, TERM_COLOUR_FG + command - 110, 0);
    else
        dynamic(t, command, text, n);
}

void palette_format(const struct term *t, struct buf *out)
{
    for (int i = 0; i < N_COLOURS; i++) {
        uint32_t rgb = term_colour(t, i);

        if (!term_colour_changed(t, i))
            continue;
        if (i < TERM_COLOUR_FG)
            buf_printf(out, "\033]4;%d;#%06x\033\\", i, rgb);
        else
            buf_printf(out, "\033]%d;#%06x\033\\", i - TERM_COLOUR_FG + 10, rgb);
    }
}
