/* SPDX-License-Identifier: MIT
 *
 * A whole terminal screen in a few cells: each shows a quarter of a cell (▘▝▖▗…) where that part of
 * the screen has ink, in the colour most of it has. Pure.
 */
#ifndef VIEWS_WALL_OVERVIEW_H
#define VIEWS_WALL_OVERVIEW_H

#include "tui/canvas.h"
#include "vterm/term.h"

/* Fills the canvas. A screen smaller than four pixels a cell is not enlarged. */
void wall_overview_draw(struct canvas c, const struct term *t);

#endif
