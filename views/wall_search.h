/* SPDX-License-Identifier: MIT
 *
 * One search over the screens and scrollbacks of many sandboxes, done by their hosts; the hits as a
 * list.
 */
#ifndef VIEWS_WALL_SEARCH_H
#define VIEWS_WALL_SEARCH_H

#include "views/wall_internal.h"

#define WALL_HITS_MAX 5000 /* of all sandboxes; the rest is left out, and said so */

struct wall_search; /* the last one, with its hits; owned by env->state */

/* Asks what to look for, in every sandbox of the wall. */
enum view_result wall_search_ask(struct wall *w);
/* NULL allowed. */
void wall_search_destroy(struct wall_search *s);

#endif
