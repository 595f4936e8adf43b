/* SPDX-License-Identifier: MIT
 *
 * Characters onto the grid: wrapping, insert mode, character sets, wide and combining characters.
 */
#include "vterm/internal.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* The column that writing does not pass: the right margin, or the edge for a cursor beyond it. */
static int limit_of(const struct term *t)
{
    return t->col < t->right ? t->right : t->cols;
}

static void wrap(struct term *t)
{
    struct row *row = grid_row(t, t->row);
    bool whole = t->left == 0 && t->right == t->cols;

    t->wrap_pending = false;
    if (!t->modes.autowrap) /* turned off since: the last column is written again */
        return;
    /* At the foot of the screen but outside the scroll region nothing moves: no next row. Lines
     * between margins are not the lines of the text. */
    if (whole && (t->row + 1 == t->bottom || t->row + 1 < t->rows))
        row->wrapped = true;
    control_index(t);
    t->col = t->col >= t->left ? t->left : 0;
}

static void advance(struct term *t, int n, int limit)
{
    t->col += n;
    if (t->col >= limit) {
        t->col = limit - 1;
        t->wrap_pending = t->modes.autowrap;
    }
}

/* Makes the columns ready to be written. */
static struct row *prepare(struct term *t, int n, int limit)
{
    struct row *row = grid_row(t, t->row);

    if (t->modes.insert)
        grid_insert_cells(t, t->row, t->col, limit, n);
    if (row->used > t->col)
        grid_split_wide(row, t->cols, t->col, t->col + n);
    if (row->used < t->col + n)
        row->used = t->col + n;
    grid_touch(t, row);
    return row;
}

/* A cell without its glyph, as two words that stay in registers: copied as a struct, its bytes are
 * stored and loaded again for each character, which stalls five times as long as the work takes. */
struct cell_rest {
    uint64_t words[2];
};
static_assert(offsetof(struct cell, style) == sizeof(uint64_t) &&
                  sizeof(struct cell) == sizeof(uint64_t) + sizeof(struct cell_rest),
              "a glyph and the rest");

static void write_run(struct term *t, const char *text, int n, int limit)
{
    struct cell *cells = prepare(t, n, limit)->cells + t->col;
    const struct cell cell = {.style = t->pen, .width = 1};
    struct cell_rest rest;

    memcpy(&rest, &cell.style, sizeof rest);
    for (int i = 0; i < n; i++) {
        cells[i].glyph = (unsigned char)text[i];
        memcpy(&cells[i].style, &rest, sizeof rest);
    }
    advance(t, n, limit);
}

void print_ascii(struct term *t, const char *text, size_t n)
{
    if (t->charset[t->gl] != 'B' || t->single_shift) {
        for (size_t i = 0; i < n; i++)
            print_codepoint(t, (unsigned char)text[i]);
        return;
    }
    t->last_glyph = (unsigned char)text[n - 1];
    while (n) {
        if (t->wrap_pending)
            wrap(t);
        int limit = limit_of(t);
        size_t room = (size_t)(limit - t->col);

        if (!t->modes.autowrap && n > room && room == 1) {
            /* Without wrapping all the rest lands in the last column. */
            text += n - 1;
            n = 1;
        }
        size_t fits = n < room ? n : room;
        write_run(t, text, (int)fits, limit);
        text += fits;
        n -= fits;
    }
}

static uint32_t translate(struct term *t, uint32_t c)
{
    char set = t->charset[t->single_shift ? t->single_shift : t->gl];

    t->single_shift = 0;
    return charset_translate(set, c);
}

/* Onto the character before the cursor; there is none at the left edge. */
static void combine(struct term *t, uint32_t c)
{
    struct row *row = grid_row(t, t->row);
    int col = t->wrap_pending ? t->col : t->col - 1;

    if (col > 0 && row->cells[col].flags & CELL_CONTINUATION)
        col--;
    if (col < 0)
        return;
    struct cell *cell = &row->cells[col];
    if (!cell->glyph) {
        cell->glyph = ' ';
        cell->width = 1;
        if (row->used <= col)
            row->used = col + 1;
    }
    for (int i = 1; i < GLYPH_CODEPOINTS; i++)
        if (!GLYPH_AT(cell->glyph, i)) {
            cell->glyph |= (uint64_t)c << (21 * i);
            grid_touch(t, row);
            return;
        }
}

static void put(struct term *t, uint32_t c, int width)
{
    if (width > t->cols)
        width = 1; /* kept: it has room when the screen is wide again */
    if (t->wrap_pending)
        wrap(t);
    int limit = limit_of(t);
    if (t->col + width > limit) {
        if (t->modes.autowrap) {
            /* The last column stays empty; reflow knows it for the reason of this wrap. */
            grid_erase(t, t->row, t->col, limit);
            wrap(t);
            limit = limit_of(t);
        } else {
            return; /* no room: it goes nowhere, the characters there stay */
        }
    }
    struct cell *cells = prepare(t, width, limit)->cells + t->col;
    cells[0] = (struct cell){.glyph = c, .style = t->pen, .width = (uint8_t)width};
    if (width == 2)
        cells[1] = (struct cell){.style = t->pen, .flags = CELL_CONTINUATION};
    advance(t, width, limit);
}

/* Characters that reorder or hide their neighbours; a grid has no use for them. */
static bool is_dropped(uint32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0;
}

void print_codepoint(struct term *t, uint32_t c)
{
    if (c < 0x80)
        c = translate(t, c);
    else
        t->single_shift = 0;
    int width = codepoint_width(c);

    if (is_dropped(c))
        return;
    if (width == 0) {
        combine(t, c);
        return;
    }
    t->last_glyph = c;
    put(t, c, width);
}

void print_repeat(struct term *t, int n)
{
    /* More than a screen of them would only repeat itself. */
    int cells = t->rows * t->cols;
    char run[128];

    if (!t->last_glyph)
        return;
    if (n > cells)
        n = cells;
    if (t->last_glyph >= 0x80 || t->charset[t->gl] != 'B') {
        while (n-- > 0)
            put(t, t->last_glyph, codepoint_width(t->last_glyph));
        return;
    }
    memset(run, (int)t->last_glyph, sizeof run);
    for (; n > 0; n -= (int)sizeof run)
        print_ascii(t, run, n < (int)sizeof run ? (size_t)n : sizeof run);
}
