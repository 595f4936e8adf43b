/* SPDX-License-Identifier: MIT
 *
 * Where tiles go: a grid of equal ones, as large as they can be. Pure.
 */
#ifndef VIEWS_WALL_LAYOUT_H
#define VIEWS_WALL_LAYOUT_H

#include "tui/canvas.h"

/* A tile smaller than this shows nothing: its header and two rows. */
#define WALL_TILE_MIN_ROWS 3
#define WALL_TILE_MIN_COLS 12

/* A body narrower or lower than this shows no line of text worth reading. */
#define WALL_TEXT_ROWS 3
#define WALL_TEXT_COLS 19

#define WALL_FIT (-1) /* of the sizes: as large as all of them fit on one page */

struct wall_grid {
    int rows, cols;    /* tiles on a page; 0: there is no room for one */
    int height, width; /* of the page */
};

/* For n tiles in a page of height x width; size WALL_FIT, or one of wall_sizes(), 0 the smallest.
 */
struct wall_grid wall_grid_make(size_t n, int height, int width, int size);
int wall_sizes(void);
/* The size one step larger (1) or smaller (-1) than the grid's tiles. */
int wall_size_step(const struct wall_grid *g, int size, int step);
/* The place of the i-th tile of a page; the last column of a tile but the rightmost is the gap. */
struct rect wall_grid_place(const struct wall_grid *g, size_t i);
/* The tile at a place, or -1. */
long wall_grid_at(const struct wall_grid *g, int y, int x);

#endif
