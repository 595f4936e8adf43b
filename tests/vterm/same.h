/* SPDX-License-Identifier: MIT
 *
 * Whether two terminals show and hold the same, for tests of snapshots.
 */
#ifndef TESTS_VTERM_SAME_H
#define TESTS_VTERM_SAME_H

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "vterm/term.h"

/* Numbers of links may differ, what they stand for may not. */
static inline bool same_cell(const struct term *a, const struct cell *x, const struct term *b,
                             const struct cell *y)
{
    struct cell z = *y;
    const char *u = term_link(a, x->style.link), *v = term_link(b, y->style.link);

    z.style.link = x->style.link;
    return cell_equal(x, &z) && strcmp(u ? u : "", v ? v : "") == 0 &&
           term_underline_colour(a, x->style.link) == term_underline_colour(b, y->style.link);
}

static inline bool same_marks(const struct term *a, uint64_t i, const struct term *b, uint64_t k)
{
    struct term_marks x = term_line_marks(a, i), y = term_line_marks(b, k);

    return x.prompt == y.prompt && x.input == y.input && x.output == y.output && x.end == y.end &&
           x.exit_status == y.exit_status;
}

static inline bool same_rows(const struct term *a, const struct term *b, char *why, size_t n)
{
    for (int row = 0; row < term_rows(a); row++)
        for (int col = 0; col < term_cols(a); col++) {
            const struct cell *x = &term_row(a, row)[col], *y = &term_row(b, row)[col];

            if (!same_cell(a, x, b, y)) {
                snprintf(why, n, "cell %d,%d: %llx/%x/%x/%x, other %llx/%x/%x/%x", row, col,
                         (unsigned long long)x->glyph, x->style.fg, x->style.bg, x->style.attrs,
                         (unsigned long long)y->glyph, y->style.fg, y->style.bg, y->style.attrs);
                return false;
            }
        }
    return true;
}

static inline bool same_scrollback(const struct term *a, const struct term *b, char *why, size_t n)
{
    uint64_t lines = term_scrollback_end(a) - term_scrollback_first(a);
    int cols = term_cols(a);

    if (lines != term_scrollback_end(b) - term_scrollback_first(b)) {
        snprintf(why, n, "scrollback of %d lines, other %d", (int)lines,
                 (int)(term_scrollback_end(b) - term_scrollback_first(b)));
        return false;
    }
    cleanup_free struct cell *x = xcalloc((size_t)cols, sizeof *x);
    cleanup_free struct cell *y = xcalloc((size_t)cols, sizeof *y);
    for (uint64_t i = 0; i < lines; i++) {
        term_scrollback_line(a, term_scrollback_first(a) + i, x, cols);
        term_scrollback_line(b, term_scrollback_first(b) + i, y, cols);
        if (!same_marks(a, term_scrollback_first(a) + i, b, term_scrollback_first(b) + i)) {
            snprintf(why, n, "marks of scrollback line %d", (int)i);
            return false;
        }
        for (int col = 0; col < cols; col++)
            if (!same_cell(a, &x[col], b, &y[col])) {
                snprintf(why, n, "scrollback line %d column %d: %llx/%x, other %llx/%x", (int)i,
                         col, (unsigned long long)x[col].glyph, x[col].style.bg,
                         (unsigned long long)y[col].glyph, y[col].style.bg);
                return false;
            }
    }
    return true;
}

static inline bool same_rest(const struct term *a, const struct term *b, char *why, size_t n)
{
    if (strcmp(term_cwd(a), term_cwd(b)) != 0) {
        snprintf(why, n, "directory \"%s\", other \"%s\"", term_cwd(a), term_cwd(b));
        return false;
    }
    for (int i = 0; i <= TERM_COLOUR_CURSOR; i++)
        if (term_colour_changed(a, i) != term_colour_changed(b, i) ||
            (term_colour_changed(a, i) && term_colour(a, i) != term_colour(b, i))) {
            snprintf(why, n, "colour %d: %06x, other %06x", i, term_colour(a, i),
                     term_colour(b, i));
            return false;
        }
    for (int row = 0; row < term_rows(a); row++)
        if (!same_marks(a, term_scrollback_end(a) + (uint64_t)row, b,
                        term_scrollback_end(b) + (uint64_t)row)) {
            snprintf(why, n, "marks of row %d", row);
            return false;
        }
    return true;
}

static inline bool same_terms(const struct term *a, const struct term *b, char *why, size_t n)
{
    struct term_cursor c = term_cursor(a), d = term_cursor(b);

    if (!term_cursor_equal(c, d)) {
        snprintf(why, n, "cursor %d,%d, other %d,%d", c.row, c.col, d.row, d.col);
        return false;
    }
    if (!term_modes_equal(term_modes(a), term_modes(b))) {
        snprintf(why, n, "modes differ");
        return false;
    }
    if (strcmp(term_title(a), term_title(b)) != 0) {
        snprintf(why, n, "title \"%s\", other \"%s\"", term_title(a), term_title(b));
        return false;
    }
    return same_rows(a, b, why, n) && same_scrollback(a, b, why, n) && same_rest(a, b, why, n);
}

#endif
