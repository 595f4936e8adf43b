/* SPDX-License-Identifier: MIT
 *
 * Signals of sandboxes as they come: ports, servers that are ready, errors.
 */
#ifndef VIEWS_SIGNALS_H
#define VIEWS_SIGNALS_H

#include "views/state.h"

/* In the focused leaf; ids are copied. */
void signals_view_open(struct views_env *env, char *const *ids, size_t n);

#endif
