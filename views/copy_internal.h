/* SPDX-License-Identifier: MIT
 *
 * What copy.c (the place), copy_search.c (searching) and copy_draw.c share. Nobody else includes
 * this.
 */
#ifndef VIEWS_COPY_INTERNAL_H
#define VIEWS_COPY_INTERNAL_H

#include "views/copy.h"

/* Moves the cursor (and the selection's end) there, clamped, and scrolls it into sight. */
void copy_to(struct copy *c, uint64_t line, int col);
/* The cells of a line, to free; returns how many are used. */
int copy_cells(const struct copy *c, uint64_t line, struct cell **cells);
/* The last line with text, or the one the terminal's cursor is in when that is further down. */
uint64_t copy_last_line(const struct term *t);
/* False: not one of its actions. */
bool copy_search_act(struct copy *c, const char *action, int count);
/* Who goes elsewhere is not taken to a hit any more. A pattern that is typed stays. */
void copy_search_stop(struct copy *c);
/* While a pattern is typed. */
enum copy_result copy_search_key(struct copy *c, struct key key);

#endif
