/* SPDX-License-Identifier: MIT
 *
 * One line of cells as bytes, for the scrollback: text apart from its attributes, runs of equal
 * style in 2 to 14 bytes. Packing loses nothing but blank cells at the end.
 *
 *   header: columns (2), bytes of text (2), flags (2: LINE_*)
 *   text:   a character a cell in UTF-8; 00 an empty cell, 01 the right half of the wide one
 *           before it, 02 in front of each combining character
 *   runs:   cells (1 to 255), mask, then what the mask names: fg, bg (1 or 3 bytes), attrs, link
 */
#include "vterm/internal.h"

#include <string.h>

#include "base/text.h"

enum {
    RUN_FG_SHIFT = 0, /* 2 bits: the colour's kind */
    RUN_BG_SHIFT = 2,
    RUN_ATTRS = 1 << 4,
    RUN_LINK = 1 << 5,
};

enum {
    TEXT_EMPTY = 0,
    TEXT_CONTINUATION = PACKED_CONTINUATION,
    TEXT_COMBINING = 2,
};

#define RUN_BYTES_MAX   PACKED_SLACK
#define CELL_BYTES_MAX  14
#define PACK_RUNS_BYTES (TERM_SIZE_MAX * RUN_BYTES_MAX)

size_t pack_bound(int n)
{
    return PACK_HEADER_BYTES + (size_t)n * (RUN_BYTES_MAX + CELL_BYTES_MAX);
}

static unsigned char *put_colour(unsigned char *p, colour c)
{
    if (COLOUR_IS_RGB(c)) {
        *p++ = (unsigned char)(c >> 16);
        *p++ = (unsigned char)(c >> 8);
    }
    if (c)
        *p++ = (unsigned char)c;
    return p;
}

static unsigned char *put_u16(unsigned char *p, unsigned value)
{
    p[0] = (unsigned char)value;
    p[1] = (unsigned char)(value >> 8);
    return p + 2;
}

static unsigned get_u16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static unsigned char *put_run(unsigned char *p, struct style s, int n)
{
    unsigned mask = (s.fg >> 24) << RUN_FG_SHIFT | (s.bg >> 24) << RUN_BG_SHIFT;

    *p++ = (unsigned char)n;
    *p++ = (unsigned char)(mask | (s.attrs ? RUN_ATTRS : 0) | (s.link ? RUN_LINK : 0));
    p = put_colour(p, s.fg);
    p = put_colour(p, s.bg);
    if (s.attrs)
        p = put_u16(p, s.attrs);
    if (s.link)
        p = put_u16(p, s.link);
    return p;
}

static unsigned char *put_glyph(unsigned char *p, const struct cell *cell)
{
    if (!cell->glyph) {
        *p++ = cell->flags & CELL_CONTINUATION ? TEXT_CONTINUATION : TEXT_EMPTY;
        return p;
    }
    if (cell->glyph >= 0x800 && cell->glyph < 0xd800) {
        p[0] = (unsigned char)(0xe0 | cell->glyph >> 12);
        p[1] = (unsigned char)(0x80 | (cell->glyph >> 6 & 0x3f));
        p[2] = (unsigned char)(0x80 | (cell->glyph & 0x3f));
        return p + 3;
    }
    p += utf8_encode(GLYPH_AT(cell->glyph, 0), (char *)p);
    for (int i = 1; i < GLYPH_CODEPOINTS && GLYPH_AT(cell->glyph, i); i++) {
        *p++ = TEXT_COMBINING;
        p += utf8_encode(GLYPH_AT(cell->glyph, i), (char *)p);
    }
    return p;
}

static bool is_blank(const struct cell *cell)
{
    return !cell->glyph && !cell->flags && !cell->style.bg && !cell->style.fg &&
           !cell->style.attrs && !cell->style.link;
}

/* A style as two words, which compare faster than its fields. */
struct style_words {
    uint64_t colours;
    uint32_t rest;
};

static struct style_words style_words(const struct cell *cell)
{
    struct style_words w;

    memcpy(&w.colours, &cell->style, sizeof w.colours);
    memcpy(&w.rest, (const char *)&cell->style + sizeof w.colours, sizeof w.rest);
    return w;
}

static unsigned char *put_long_run(unsigned char *p, struct style style, int n)
{
    for (; n > 255; n -= 255)
        p = put_run(p, style, 255);
    return put_run(p, style, n);
}

size_t pack_line(const struct cell *cells, int n, unsigned flags, unsigned char *out)
{
    unsigned char runs[PACK_RUNS_BYTES], *r = runs, *p = out + PACK_HEADER_BYTES;
    uint16_t links = 0;
    int start = 0;

    while (n > 0 && is_blank(&cells[n - 1]))
        n--;
    if (n > TERM_SIZE_MAX)
        n = TERM_SIZE_MAX;
    for (int i = 0; i < n; i++) {
        struct style_words now = style_words(&cells[i]), then = style_words(&cells[start]);

        if (now.colours != then.colours || now.rest != then.rest) {
            r = put_long_run(r, cells[start].style, i - start);
            links |= cells[start].style.link;
            start = i;
        }
        if (cells[i].glyph - 1 < 0x7f)
            *p++ = (unsigned char)cells[i].glyph;
        else
            p = put_glyph(p, &cells[i]);
    }
    put_u16(out, (unsigned)n);
    put_u16(out + 2, (unsigned)(p - out - PACK_HEADER_BYTES));
    if (n) {
        r = put_long_run(r, cells[start].style, n - start);
        links |= cells[start].style.link;
        memcpy(p, runs, (size_t)(r - runs));
    }
    put_u16(out + 4, (flags & ~(unsigned)LINE_LINKS) | (links ? LINE_LINKS : 0));
    return (size_t)(p - out) + (size_t)(r - runs);
}

int packed_cols(const unsigned char *record)
{
    return (int)get_u16(record);
}

unsigned packed_flags(const unsigned char *record)
{
    return get_u16(record + 4);
}

void packed_set_flags(unsigned char *record, unsigned flags)
{
    put_u16(record + 4, flags);
}

static const unsigned char *get_colour(const unsigned char *p, unsigned kind, colour *c)
{
    *c = COLOUR_DEFAULT;
    if (kind == 1) {
        *c = COLOUR_INDEX(p[0]);
        return p + 1;
    }
    if (kind == 2) {
        *c = COLOUR_RGB(p[0], p[1], p[2]);
        return p + 3;
    }
    return p;
}

static const unsigned char *get_run(const unsigned char *p, struct style *s, int *n)
{
    unsigned mask = p[1];

    *n = p[0];
    p = get_colour(p + 2, mask >> RUN_FG_SHIFT & 3, &s->fg);
    p = get_colour(p, mask >> RUN_BG_SHIFT & 3, &s->bg);
    s->attrs = s->link = 0;
    if (mask & RUN_ATTRS) {
        s->attrs = (uint16_t)get_u16(p);
        p += 2;
    }
    if (mask & RUN_LINK) {
        s->link = (uint16_t)get_u16(p);
        p += 2;
    }
    return p;
}

void packed_links(const unsigned char *record, void (*on_link)(void *user, uint16_t link),
                  void *user)
{
    const unsigned char *runs = record + PACK_HEADER_BYTES + get_u16(record + 2);
    int n = packed_flags(record) & LINE_LINKS ? packed_cols(record) : 0;

    while (n > 0) {
        struct style style;
        int cells;

        runs = get_run(runs, &style, &cells);
        if (style.link)
            on_link(user, style.link);
        n -= cells;
    }
}

static const char *get_glyph(const char *p, const char *end, struct cell *cell)
{
    uint32_t c;

    p += utf8_decode(p, (size_t)(end - p), &c);
    cell->width = 1;
    cell->glyph = c;
    if (c <= TEXT_CONTINUATION) {
        cell->width = 0;
        cell->glyph = 0;
        cell->flags = c == TEXT_CONTINUATION ? CELL_CONTINUATION : 0;
        return p;
    }
    for (int i = 1; i < GLYPH_CODEPOINTS && p < end && *p == TEXT_COMBINING; i++) {
        p += 1 + utf8_decode(p + 1, (size_t)(end - p - 1), &c);
        cell->glyph |= (uint64_t)c << (21 * i);
    }
    if (p < end && *p == TEXT_CONTINUATION)
        cell->width = 2;
    return p;
}

int unpack_line(const unsigned char *record, struct cell *out, int cols)
{
    const char *p = (const char *)record + PACK_HEADER_BYTES;
    const char *end = p + get_u16(record + 2);
    const unsigned char *runs = (const unsigned char *)end;
    int n = packed_cols(record), in_run = 0;
    struct style style = {0};

    if (n > cols)
        n = cols;
    for (int i = 0; i < n && p < end; i++) {
        if (!in_run)
            runs = get_run(runs, &style, &in_run);
        in_run--;
        out[i] = (struct cell){.style = style};
        p = get_glyph(p, end, &out[i]);
    }
    if (n > 0 && n == cols && out[n - 1].width == 2)
        out[n - 1] = (struct cell){.style = out[n - 1].style};
    memset(out + n, 0, (size_t)(cols - n) * sizeof *out);
    return n;
}

const char *packed_text(const unsigned char *record, size_t *n)
{
    *n = get_u16(record + 2);
    return (const char *)record + PACK_HEADER_BYTES;
}

static const char *next_character(const char *p, const char *end)
{
    for (p++; p < end && ((unsigned char)*p & 0xc0) == 0x80;)
        p++;
    return p;
}

const char *packed_next(const char *p, const char *end)
{
    p = next_character(p, end);
    while (p < end && *p == TEXT_COMBINING)
        p = next_character(p + 1, end);
    return p;
}

static size_t run_bytes(unsigned mask)
{
    static const uint8_t colour_bytes[] = {0, 1, 3, 0};

    return 2 + colour_bytes[mask >> RUN_FG_SHIFT & 3] + colour_bytes[mask >> RUN_BG_SHIFT & 3] +
           (mask & RUN_ATTRS ? 2u : 0) + (mask & RUN_LINK ? 2u : 0);
}

size_t packed_runs_skip(struct packed_runs *r, size_t max)
{
    if (!r->left) {
        r->run = r->next;
        r->left = r->run[0];
        r->next += run_bytes(r->run[1]);
    }
    size_t n = r->left < max ? r->left : max;

    r->left -= n;
    r->is_default = !r->run[1];
    return n;
}

/* Appends n cells in the style of a run, to the run before if that is the same. */
static unsigned char *put_same_run(unsigned char *p, unsigned char **before,
                                   const unsigned char *run, size_t n)
{
    size_t size = run_bytes(run[1]), same = 1;

    if (*before && **before + n <= 255) {
        while (same < size && (*before)[same] == run[same])
            same++;
        if (same == size) {
            **before = (unsigned char)(**before + n);
            return p;
        }
    }
    *before = p;
    memcpy(p, run, RUN_BYTES_MAX); /* a fixed size is two moves */
    *p = (unsigned char)n;
    return p + size;
}

size_t packed_write(unsigned char *out, const char *text, size_t n_text, size_t n,
                    struct packed_runs *runs, unsigned flags)
{
    unsigned char *p = out + PACK_HEADER_BYTES + n_text, *before = NULL;
    unsigned masks = 0;

    put_u16(out, (unsigned)n);
    put_u16(out + 2, (unsigned)n_text);
    memcpy(out + PACK_HEADER_BYTES, text, n_text);
    for (size_t k; n; n -= k) {
        k = packed_runs_skip(runs, n);
        p = put_same_run(p, &before, runs->run, k);
        masks |= runs->run[1];
    }
    put_u16(out + 4, (flags & ~(unsigned)LINE_LINKS) | (masks & RUN_LINK ? LINE_LINKS : 0));
    return (size_t)(p - out);
}
