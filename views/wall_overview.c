/* SPDX-License-Identifier: MIT */
#include "views/wall_overview.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A pixel is set when so many of a hundred of its cells have ink: a word in an empty line counts,
 * a dot does not. */
#define INK_PERCENT 12
#define COLOURS_MAX 8 /* told apart in one pixel; further ones count as the last */

/* Colours counted. */
struct tally {
    colour seen[COLOURS_MAX];
    int counts[COLOURS_MAX];
    int n;
};

static void count(struct tally *t, colour which)
{
    int i = 0;

    while (i < t->n && t->seen[i] != which)
        i++;
    if (i == COLOURS_MAX)
        i--;
    else if (i == t->n)
        t->seen[t->n++] = which;
    t->counts[i]++;
}

static colour most(const struct tally *t)
{
    int best = 0;

    for (int i = 1; i < t->n; i++)
        if (t->counts[i] > t->counts[best])
            best = i;
    return t->n ? t->seen[best] : COLOUR_DEFAULT;
}

static bool is_ink(const struct cell *cell)
{
    return (cell->glyph && cell->glyph != ' ') || (cell->flags & CELL_CONTINUATION);
}

/* The cells [y0,y1) x [x0,x1) of the screen: how many, with ink, and their colours. */
struct patch {
    int n, n_ink, n_filled; /* filled: on a ground of its own colour */
    struct tally ink, ground;
};

static void look(struct patch *p, const struct term *t, int y0, int y1, int x0, int x1)
{
    for (int y = y0; y < y1; y++) {
        const struct cell *row = term_row(t, y);

        for (int x = x0; x < x1; x++) {
            const struct style s = row[x].style;
            bool reversed = s.attrs & ATTR_REVERSE;
            colour fg = reversed ? s.bg : s.fg, bg = reversed ? s.fg : s.bg;

            p->n++;
            if (is_ink(&row[x])) {
                p->n_ink++;
                count(&p->ink, fg);
            }
            /* Reversed without a colour is a ground in the colour of text. */
            if (bg != COLOUR_DEFAULT || reversed) {
                p->n_filled++;
                count(&p->ground, bg);
            }
        }
    }
}

/* Pixel i of n over `size` cells: never empty. */
static void span(int i, int n, int size, int *from, int *to)
{
    *from = size * i / n;
    *to = size * (i + 1) / n;
    if (*to == *from)
        *to = *from + 1;
    if (*to > size)
        *to = size;
}

static struct cell draw_cell(const struct term *t, int y, int x, int n_rows, int n_cols)
{
    /* By bits: top left, top right, bottom left, bottom right. */
    static const uint32_t quadrants[16] = {' ',    0x2598, 0x259d, 0x2580, 0x2596, 0x258c,
                                           0x259e, 0x259b, 0x2597, 0x259a, 0x2590, 0x259c,
                                           0x2584, 0x2599, 0x259f, 0x2588};
    struct tally ink = {0};
    struct cell out = {.width = 1};
    int bits = 0, n_sparse = 0;

    for (int k = 0; k < 4; k++) {
        struct patch p = {0};
        int y0, y1, x0, x1;

        span(2 * y + k / 2, 2 * n_rows, term_rows(t), &y0, &y1);
        span(2 * x + k % 2, 2 * n_cols, term_cols(t), &x0, &x1);
        look(&p, t, y0, y1, x0, x1);
        bool filled = p.n && 2 * p.n_filled > p.n;
        if (!filled && 100 * p.n_ink < INK_PERCENT * p.n)
            continue;
        if (!filled && !p.n_ink)
            continue;
        bits |= 1 << k;
        n_sparse += !filled && 2 * p.n_ink < p.n;
        count(&ink, most(filled ? &p.ground : &p.ink));
    }
    out.glyph = quadrants[bits];
    out.style.fg = most(&ink);
    if (bits && n_sparse >= 2)
        out.style.attrs = ATTR_DIM;
    return out;
}

void wall_overview_draw(struct canvas c, const struct term *t)
{
    int n_rows = (term_rows(t) + 1) / 2, n_cols = (term_cols(t) + 1) / 2;

    n_rows = n_rows < c.rows ? n_rows : c.rows;
    n_cols = n_cols < c.cols ? n_cols : c.cols;
    for (int y = 0; y < n_rows; y++) {
        for (int x = 0; x < n_cols; x++) {
            struct cell cell = draw_cell(t, y, x, n_rows, n_cols);

            canvas_cells(c, y, x, &cell, 1);
        }
    }
}
