/* SPDX-License-Identifier: MIT
 *
 * What became of a text, line by line: one column with signs, or two beside each other when there
 * is room. Runs of equal lines are folded to three around each change.
 *
 * Made by diff_texts, or row by row with diff_add for what is no text (sets of variables).
 */
#ifndef TUI_DIFF_H
#define TUI_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/canvas.h"
#include "tui/theme.h"

#define DIFF_TWO_COLUMNS_MIN 110 /* columns from which both sides are shown */
#define DIFF_LINES_MAX       100000
#define DIFF_LINE_MAX        1024 /* bytes of a line that are shown */

/* left NULL: added; right NULL: removed; both equal: the same. */
struct diff_row {
    char *left, *right; /* owned, clean; the same pointer for equal lines */
};

struct diff_line {
    char sign; /* ' ', '-', '+', '~' (folded) */
    const char *text;
    size_t n_folded;
};

/* Zeroed memory is an empty one. */
struct diff {
    char *left_name, *right_name; /* owned, clean; heads of the two columns; or NULL */
    struct diff_row *rows;        /* owned */
    size_t n_rows, cap_rows;
    size_t n_added, n_removed;
    bool is_cut; /* there is more than DIFF_LINES_MAX */
    /* What is drawn. */
    struct diff_line *lines; /* owned */
    size_t n_lines, cap_lines;
    int width;
    size_t top;
    int height;
};

void diff_names(struct diff *d, const char *left, const char *right);
void diff_add(struct diff *d, const char *left, const char *right);
void diff_texts(struct diff *d, const char *before, size_t n_before, const char *after,
                size_t n_after);
bool diff_is_empty(const struct diff *d); /* nothing differs */
void diff_finish(struct diff *d);
/* "list-…" motions. False: not one of them. */
bool diff_act(struct diff *d, const char *action);
void diff_scroll(struct diff *d, int rows);
void diff_draw(struct diff *d, struct canvas c, const struct theme *theme);

#endif
