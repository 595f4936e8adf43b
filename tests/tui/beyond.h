/* SPDX-License-Identifier: MIT
 *
 * Screens of what curses cannot show, one from the other by small and large changes: the demo draws
 * them, the test knows what they must look like.
 */
#ifndef TESTS_TUI_BEYOND_H
#define TESTS_TUI_BEYOND_H

#include "vterm/cell.h"

#define BEYOND_ROWS  16
#define BEYOND_COLS  80
#define BEYOND_LINKS 5 /* in style.link: 0 none, … */

extern const char *const beyond_links[BEYOND_LINKS]; /* NULL: none */
extern const colour beyond_underlines[BEYOND_LINKS];

typedef struct cell beyond_screen[BEYOND_ROWS][BEYOND_COLS];
/* Makes the n-th screen out of the one before it; the 0th is all zero. */
void beyond_next(beyond_screen cells, unsigned n);

#endif
