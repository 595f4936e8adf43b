/* SPDX-License-Identifier: MIT
 *
 * Who takes part in the terminals of a sandbox and what runs there (extension `activity`), for the
 * titles of its panes.
 *
 * Counted: the panes of a sandbox share one, and the connection they have.
 */
#ifndef VIEWS_COMPANY_H
#define VIEWS_COMPANY_H

#include "views/state.h"

struct company;

struct company *company_acquire(struct views_env *env, const char *sandbox_id);
/* Safe with NULL. */
void company_release(struct company *c);
/* Their names, comma separated and clean; "" for nobody. Borrowed until the loop turns. */
const char *company_of(const struct company *c, const char *terminal_id);
/* The program in front once it has run for a second; "" for none and for a shell. As above. */
const char *company_command(const struct company *c, const char *terminal_id);
/* The same, but "" where the program's own title says it. */
const char *company_command_beside(const struct company *c, const char *terminal_id,
                                   const char *title);
/* That of a sandbox while somebody has it, else NULL. Borrowed until the loop turns. */
struct company *company_known(const struct views_env *env, const char *sandbox_id);

#endif
