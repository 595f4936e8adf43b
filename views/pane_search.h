/* SPDX-License-Identifier: MIT
 *
 * One search over the screens and scrollbacks of all terminals that are open here, in whatever tab
 * or pane; the lines found as a list.
 */
#ifndef VIEWS_PANE_SEARCH_H
#define VIEWS_PANE_SEARCH_H

#include "views/state.h"

#define PANE_LINES_MAX 1000 /* of one terminal, the newest; the rest is left out, and said so */

struct pane_search; /* the last one, with what it found; owned by env->state */

/* Asks what to look for. */
enum view_result pane_search_ask(struct views_env *env);
/* NULL allowed. */
void pane_search_destroy(struct pane_search *s);

#endif
