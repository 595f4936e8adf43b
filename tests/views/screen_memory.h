/* SPDX-License-Identifier: MIT
 *
 * tui/screen.h without a terminal: the real toolkit draws into memory, where tests look.
 */
#ifndef TESTS_VIEWS_SCREEN_MEMORY_H
#define TESTS_VIEWS_SCREEN_MEMORY_H

#include "base/buf.h"
#include "tui/canvas.h"
#include "tui/screen.h"

/* The size of the screen that is open or the next to open; tui_enter makes the toolkit see it. */
void screen_memory_size(int rows, int cols);
/* What was drawn last. */
struct canvas screen_memory_canvas(void);
struct view_cursor screen_memory_cursor(void);
/* The address that a cell of it leads to; NULL: none. */
const char *screen_memory_link(int row, int col);
/* The most links that were looked up for one frame. */
int screen_memory_lookups(void);
/* What went straight to the terminal. */
const struct buf *screen_memory_written(void);

#endif
