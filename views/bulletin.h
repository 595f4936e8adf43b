/* SPDX-License-Identifier: MIT
 *
 * Messages to all who are in a sandbox (extension `notice`), as its panes here show them: a line
 * each until somebody read them.
 *
 * Counted: the panes of a sandbox share one, and the connection they have.
 */
#ifndef VIEWS_BULLETIN_H
#define VIEWS_BULLETIN_H

#include "client/classroom.h"
#include "views/state.h"

struct bulletin;

struct bulletin *bulletin_acquire(struct views_env *env, const char *sandbox_id);
/* Safe with NULL. */
void bulletin_release(struct bulletin *b);
/* How many nobody has read here; 0 with NULL. */
size_t bulletin_unread(const struct bulletin *b);
/* The latest of those as one clean line, "ann 12:03  Five minutes left"; there is one. */
void bulletin_line(const struct bulletin *b, struct buf *out);
/* Shows all that are known in a dialog; they count as read. */
void bulletin_read(struct bulletin *b);
/* This program is about to send n: it will not be shown here. */
void bulletin_sent(struct views_env *env, const struct notice *n);
/* For views_stop. */
void bulletins_destroy(struct bulletins *all);

#endif
