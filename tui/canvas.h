/* SPDX-License-Identifier: MIT
 *
 * A rectangle of cells to draw on. All drawing clips; coordinates are relative to the canvas and
 * may lie outside it. A canvas is a value: a window onto the screen's cells or onto a test's own.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "vterm/cell.h"

struct rect {
    int y, x, h, w;
};

struct canvas {
    struct cell *cells; /* borrowed: top left cell */
    int stride;         /* cells from one row to the next */
    int rows, cols;
};

/* The part of c inside r (clipped to c; may be empty). */
struct canvas canvas_sub(struct canvas c, struct rect r);
void canvas_fill(struct canvas c, struct rect r, struct style style);
/* Draws UTF-8 text from column x, at most max_cols wide (< 0: to the edge). Control characters are
 * made harmless, a wide character that does not fit is a space. Returns the columns used. */
int canvas_text(struct canvas c, int y, int x, int max_cols, struct style style, const char *text);
/* As canvas_text, but ends a text that is too long in "…" and pads a short one to max_cols. */
void canvas_label(struct canvas c, int y, int x, int max_cols, struct style style,
                  const char *text);
/* Draws those of text's leading parts (two blanks stand between parts) that fit max_cols whole.
 * Returns the columns used; 0: not even the first fits. */
int canvas_parts(struct canvas c, int y, int x, int max_cols, struct style style, const char *text);
/* The columns canvas_parts would use. */
int canvas_parts_width(const char *text, int max_cols);
int canvas_printf(struct canvas c, int y, int x, struct style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Copies n cells; halves of wide characters cut at an edge become spaces. */
void canvas_cells(struct canvas c, int y, int x, const struct cell *cells, int n);
/* Merges a style over the cells of r: colours where given, attributes added. */
void canvas_restyle(struct canvas c, struct rect r, struct style style);
/* A frame of box-drawing lines with an optional title. */
void canvas_frame(struct canvas c, struct rect r, struct style style, const char *title);
/* The text of the canvas, a line a row, trailing spaces cut: what tests compare. */
void canvas_dump(struct canvas c, struct buf *out);

#endif
