/* SPDX-License-Identifier: MIT
 *
 * Numbers for combinations of foreground and background. Curses has 65,536 of them and frees none:
 * who gets PAIRS_FULL clears both tables and paints anew.
 */
#ifndef TUI_PAIRS_H
#define TUI_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#define PAIRS_FULL (-1)

struct pairs;

/* Numbers run from 1 to limit. */
struct pairs *pairs_create(int limit);
void pairs_destroy(struct pairs *p);
void pairs_clear(struct pairs *p);
/* The number of a combination (0 for both default, which is -1); *fresh says it is a new one. */
int pairs_get(struct pairs *p, int fg, int bg, bool *fresh);

#endif
