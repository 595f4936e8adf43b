/* SPDX-License-Identifier: MIT
 *
 * Many terminals at a glance: a tile each, sorted by who needs somebody.
 */
#ifndef VIEWS_WALL_H
#define VIEWS_WALL_H

#include "views/state.h"

#define WALL_SANDBOXES_MAX 512 /* what is beyond is left out, and said so */

/* A wall of these sandboxes in the focused leaf; n 0: of all there are, also those that come later.
 * ids are copied. */
void wall_open(struct views_env *env, char *const *ids, size_t n);
/* Ids of the sandboxes of the marked tiles, else of the selected one, borrowed until the loop runs
 * again; each once. 0 when v is another kind of view. */
size_t wall_sandboxes(struct view *v, const char **ids, size_t cap);
/* Whether it shows all sandboxes, and else which, for layouts; NULL when v is another kind. */
struct wall;
struct wall *wall_of_view(struct view *v);
size_t wall_fixed(const struct wall *w, const char **ids, size_t cap);

#endif
