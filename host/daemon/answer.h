/* SPDX-License-Identifier: MIT
 *
 * Who answers what a program asks its terminal (extension `answers`, wire/names.h).
 *
 * A viewer that says nothing of it answers, as clients without the extension do; several of those
 * all do, which nobody can prevent. Beside viewers that know the extension it counts only once it
 * showed to be a terminal: it set the size, or sent what looks like an answer. A script that only
 * reads and writes would leave the program waiting; a terminal that never sets a size gives its
 * first answer beside another one. With none that counts one of the viewers that offered to
 * answers, and without them the session's own terminal.
 */
#ifndef HOST_DAEMON_ANSWER_H
#define HOST_DAEMON_ANSWER_H

#include <stdbool.h>

#include "wire/message.h"

struct session;
struct socket;
struct subscription;

/* ANSWER_NEVER: it may not type. */
enum answer_wish { ANSWER_ALWAYS, ANSWER_FIRST, ANSWER_BY_HOST, ANSWER_NEVER };

/* A subscription begins, by this message; may_type: what it sends would be taken. */
void answer_begin(struct subscription *sub, const struct message *m, bool may_type);
/* A subscription began or ended. */
void answer_assign(struct session *s);
/* Its viewer on that socket, if it is one, showed to be a terminal. */
void answer_shown(struct socket *s, struct session *session);
/* terminal:colours. */
void answer_colours(struct socket *s, const struct message *m);

#endif
