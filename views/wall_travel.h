/* SPDX-License-Identifier: MIT
 *
 * All tiles of a wall shown as they were, together.
 */
#ifndef VIEWS_WALL_TRAVEL_H
#define VIEWS_WALL_TRAVEL_H

#include "views/wall_internal.h"

/* "wall-travel", "wall-back"…; false: not one of them. */
bool wall_travel_act(struct wall *w, const char *action);
/* Live again. */
void wall_travel_end(struct wall *w);
/* Takes tiles of the page back that are not yet, for a moment; more later. */
void wall_travel_seek(struct wall *w);
/* The line with the slider. */
void wall_travel_draw(const struct wall *w, struct canvas c);

#endif
