/* SPDX-License-Identifier: MIT
 *
 * Events of sandboxes: what the gateway keeps of them, then as they come.
 */
#ifndef VIEWS_EVENTS_H
#define VIEWS_EVENTS_H

#include "views/state.h"

/* In the focused leaf; ids are copied. */
void events_view_open(struct views_env *env, char *const *ids, size_t n);

#endif
