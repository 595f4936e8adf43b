/* SPDX-License-Identifier: MIT
 *
 * See canvas.h. Everything that stands on the screen passes through put_cell, which clips and keeps
 * wide characters whole inside the canvas; what an overlapping canvas cuts is mended when the
 * screen is built.
 */
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* A line of text is looked at up to here: the widest screen in four-byte characters with marks. */
#define TEXT_MAX_BYTES 16384

/* The part of start..start+length inside 0..limit. */
static void clip_span(int *start, int *length, int limit)
{
    int64_t end = (int64_t)*start + *length;

    *start = *start < 0 ? 0 : *start;
    end = end > limit ? limit : end;
    *length = end > *start ? (int)(end - *start) : 0;
}

static struct rect clip(struct canvas c, struct rect r)
{
    clip_span(&r.y, &r.h, c.rows);
    clip_span(&r.x, &r.w, c.cols);
    return r.h && r.w ? r : (struct rect){0};
}

static struct cell *cell_at(struct canvas c, int y, int x)
{
    return c.cells + (size_t)y * (size_t)c.stride + x;
}

struct canvas canvas_sub(struct canvas c, struct rect r)
{
    r = clip(c, r);
    if (!r.h)
        return (struct canvas){.cells = c.cells, .stride = c.stride};
    return (struct canvas){
        .cells = cell_at(c, r.y, r.x), .stride = c.stride, .rows = r.h, .cols = r.w};
}

static void blank(struct cell *cell)
{
    cell->glyph = 0;
    cell->width = 0;
    cell->flags = 0;
}

/* Overwriting one half of a wide character empties the other. */
static void break_wide(struct canvas c, int y, int x)
{
    struct cell *cell = cell_at(c, y, x);

    if (cell->flags & CELL_CONTINUATION && x > 0)
        blank(cell - 1);
    if (cell->width == 2 && x + 1 < c.cols)
        blank(cell + 1);
}

static void put_cell(struct canvas c, int y, int x, struct cell value)
{
    if (y < 0 || y >= c.rows || x < 0 || x >= c.cols)
        return;
    break_wide(c, y, x);
    *cell_at(c, y, x) = value;
}

static struct cell narrow(uint32_t codepoint, struct style style)
{
    return (struct cell){.glyph = codepoint, .style = style, .width = 1};
}

/* A character of one or two columns; a wide one of which the canvas holds one half is a space. */
static void put_char(struct canvas c, int y, int x, uint32_t codepoint, int width,
                     struct style style)
{
    if (width < 2) {
        put_cell(c, y, x, narrow(codepoint, style));
        return;
    }
    if (x < 0 || x + 2 > c.cols) {
        put_cell(c, y, x, narrow(' ', style));
        put_cell(c, y, x + 1, narrow(' ', style));
        return;
    }
    put_cell(c, y, x + 1, (struct cell){.style = style, .flags = CELL_CONTINUATION});
    put_cell(c, y, x, (struct cell){.glyph = codepoint, .style = style, .width = 2});
    if (y >= 0 && y < c.rows)
        *cell_at(c, y, x + 1) = (struct cell){.style = style, .flags = CELL_CONTINUATION};
}

/* A combining mark joins the character before it, as far as a cell has room. */
static void add_mark(struct canvas c, int y, int x, uint32_t mark)
{
    if (y < 0 || y >= c.rows || x < 0 || x >= c.cols)
        return;
    struct cell *cell = cell_at(c, y, x);
    if (cell->flags & CELL_CONTINUATION && x > 0)
        cell--;
    for (int i = 1; i < GLYPH_CODEPOINTS && cell->glyph; i++) {
        if (!GLYPH_AT(cell->glyph, i)) {
            cell->glyph |= (uint64_t)mark << (21 * i);
            return;
        }
    }
}

void canvas_fill(struct canvas c, struct rect r, struct style style)
{
    r = clip(c, r);
    for (int y = r.y; y < r.y + r.h; y++) {
        break_wide(c, y, r.x);
        break_wide(c, y, r.x + r.w - 1);
        for (int x = r.x; x < r.x + r.w; x++)
            *cell_at(c, y, x) = (struct cell){.style = style};
    }
}

static bool plain(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
            return false;
    return true;
}

/* text is harmless already. */
static int draw_text(struct canvas c, int y, int x, int max_cols, struct style style,
                     const char *text, size_t n)
{
    int used = 0;

    while (n) {
        uint32_t codepoint;
        size_t size = utf8_decode(text, n, &codepoint);
        int width = text_codepoint_width(codepoint);

        text += size;
        n -= size;
        if (width == 0) {
            if (used)
                add_mark(c, y, x + used - 1, codepoint);
            continue;
        }
        if (used + width > max_cols) {
            if (used < max_cols)
                put_char(c, y, x + used++, ' ', 1, style);
            break;
        }
        put_char(c, y, x + used, codepoint, width, style);
        used += width;
    }
    return used;
}

int canvas_text(struct canvas c, int y, int x, int max_cols, struct style style, const char *text)
{
    size_t n = strnlen(text, TEXT_MAX_BYTES - 1);

    /* Far outside nothing shows, and x + columns must not overflow. */
    if (x > c.cols || x < -TEXT_MAX_BYTES)
        return 0;
    if (max_cols < 0 || max_cols > c.cols - x)
        max_cols = c.cols - x;
    if (plain(text, n))
        return draw_text(c, y, x, max_cols, style, text, n);
    char safe[TEXT_MAX_BYTES];
    text_sanitise(safe, sizeof safe, text, n);
    return draw_text(c, y, x, max_cols, style, safe, strlen(safe));
}

void canvas_label(struct canvas c, int y, int x, int max_cols, struct style style, const char *text)
{
    char safe[TEXT_MAX_BYTES];

    if (x > c.cols || max_cols <= 0)
        return;
    text_sanitise(safe, sizeof safe, text, strnlen(text, TEXT_MAX_BYTES - 1));
    int used;
    if (text_width(safe) > max_cols) {
        size_t fits = text_prefix(safe, max_cols - 1);

        used = draw_text(c, y, x, max_cols - 1, style, safe, fits);
        put_char(c, y, x + used++, 0x2026, 1, style);
    } else {
        used = draw_text(c, y, x, max_cols, style, safe, strlen(safe));
    }
    for (; used < max_cols && x + used < c.cols; used++)
        put_char(c, y, x + used, ' ', 1, style);
}

/* Bytes of the leading parts that fit. */
static size_t parts_prefix(const char *text, int max_cols)
{
    size_t fits = 0, end = 0;

    for (;;) {
        const char *gap = strstr(text + end, "  ");

        end = gap ? (size_t)(gap - text) : strlen(text);
        cleanup_free char *parts = xstrndup(text, end);
        if (text_width(parts) > max_cols)
            return fits;
        fits = end;
        if (!gap)
            return fits;
        end += strspn(gap, " ");
    }
}

int canvas_parts_width(const char *text, int max_cols)
{
    cleanup_free char *parts = xstrndup(text, parts_prefix(text, max_cols));

    return text_width(parts);
}

int canvas_parts(struct canvas c, int y, int x, int max_cols, struct style style, const char *text)
{
    cleanup_free char *parts = xstrndup(text, parts_prefix(text, max_cols));

    return canvas_text(c, y, x, max_cols, style, parts);
}

int canvas_printf(struct canvas c, int y, int x, struct style style, const char *format, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return canvas_text(c, y, x, -1, style, text);
}

void canvas_cells(struct canvas c, int y, int x, const struct cell *cells, int n)
{
    if (y < 0 || y >= c.rows || n <= 0 || x >= c.cols || x < -n)
        return;
    int first = x < 0 ? -x : 0, end = n > c.cols - x ? c.cols - x : n;

    if (first >= end)
        return;
    break_wide(c, y, x + first);
    break_wide(c, y, x + end - 1);
    memcpy(cell_at(c, y, x + first), cells + first, (size_t)(end - first) * sizeof *cells);
    struct cell *left = cell_at(c, y, x + first), *right = cell_at(c, y, x + end - 1);
    if (left->flags & CELL_CONTINUATION)
        blank(left);
    if (right->width == 2)
        blank(right);
}

void canvas_restyle(struct canvas c, struct rect r, struct style style)
{
    r = clip(c, r);
    for (int y = r.y; y < r.y + r.h; y++) {
        for (int x = r.x; x < r.x + r.w; x++) {
            struct style *s = &cell_at(c, y, x)->style;

            s->fg = style.fg ? style.fg : s->fg;
            s->bg = style.bg ? style.bg : s->bg;
            s->attrs |= style.attrs;
        }
    }
}

void canvas_frame(struct canvas c, struct rect r, struct style style, const char *title)
{
    enum { HORIZONTAL = 0x2500, VERTICAL = 0x2502 };

    if (r.h < 2 || r.w < 2)
        return;
    int bottom = r.y + r.h - 1, right = r.x + r.w - 1;
    for (int x = r.x + 1; x < right; x++) {
        put_char(c, r.y, x, HORIZONTAL, 1, style);
        put_char(c, bottom, x, HORIZONTAL, 1, style);
    }
    for (int y = r.y + 1; y < bottom; y++) {
        put_char(c, y, r.x, VERTICAL, 1, style);
        put_char(c, y, right, VERTICAL, 1, style);
    }
    put_char(c, r.y, r.x, 0x250c, 1, style);
    put_char(c, r.y, right, 0x2510, 1, style);
    put_char(c, bottom, r.x, 0x2514, 1, style);
    put_char(c, bottom, right, 0x2518, 1, style);
    if (title && *title && r.w > 6) {
        cleanup_free char *label = xasprintf(" %s ", title);
        int width = text_width(label);

        canvas_label(c, r.y, r.x + 2, width < r.w - 4 ? width : r.w - 4, style, label);
    }
}

static void dump_cell(const struct cell *cell, struct buf *out)
{
    for (int i = 0; i < GLYPH_CODEPOINTS && GLYPH_AT(cell->glyph, i); i++) {
        char bytes[4];

        buf_append(out, bytes, utf8_encode(GLYPH_AT(cell->glyph, i), bytes));
    }
    if (!cell->glyph && !(cell->flags & CELL_CONTINUATION))
        buf_append_char(out, ' ');
}

void canvas_dump(struct canvas c, struct buf *out)
{
    for (int y = 0; y < c.rows; y++) {
        size_t start = out->len;

        for (int x = 0; x < c.cols; x++)
            dump_cell(cell_at(c, y, x), out);
        while (out->len > start && out->data[out->len - 1] == ' ')
            out->len--;
        buf_append_char(out, '\n');
    }
}
