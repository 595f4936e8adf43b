/* SPDX-License-Identifier: MIT
 *
 * Rows of which a part is shown: how far a motion goes, and where that ends.
 */
#ifndef TUI_SCROLL_H
#define TUI_SCROLL_H

#include <stdbool.h>
#include <stddef.h>

/* How many rows down (up: less than 0) the action goes when it is a motion: "list-down",
 * "list-page-up", "list-top"… page: the rows of one page; n: all rows. false: it is none. */
bool scroll_motion(const char *action, int page, size_t n, int *rows);
/* A page is what is shown but for one row, which stays in sight. */
int scroll_page(int height);
/* What the first row shown becomes when top goes rows down: the last of n rows stays no higher than
 * the bottom of height rows. */
size_t scroll_top(size_t top, int rows, size_t n, int height);

#endif
