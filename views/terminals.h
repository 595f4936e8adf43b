/* SPDX-License-Identifier: MIT
 *
 * The terminals that are open here, numbered from 1 in the order they were opened, as tmux numbers
 * windows. Each holds a reference, so it goes on while no view shows it.
 */
#ifndef VIEWS_TERMINALS_H
#define VIEWS_TERMINALS_H

#include "views/state.h"

/* Adds a if it is not there. When there are OPEN_MAX, the oldest that has ended, else the oldest,
 * is let go (it runs on). */
void terminals_add(struct views_env *env, struct attachment *a);
void terminals_remove(struct views_env *env, struct attachment *a);
/* The number of a, from 1; 0 when it is not open. */
size_t terminals_number(const struct views_env *env, const struct attachment *a);
/* NULL past the end. */
struct attachment *terminals_at(const struct views_env *env, size_t number);
/* One of a sandbox that has not ended; the one opened last. NULL when there is none. */
struct attachment *terminals_of(const struct views_env *env, const char *sandbox_id);
/* Bytes typed into all of them that no host has taken: where the connection is up, or where not. */
size_t terminals_typed(const struct views_env *env, bool is_up);
/* "alice/demo  vim notes"; clean. Returns out. */
char *terminals_label(const struct views_env *env, struct attachment *a, char *out, size_t cap);

#endif
