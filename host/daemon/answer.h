/* SPDX-License-Identifier: MIT
 *
 * Who answers what a program asks its terminal (extension `answers`, wire/names.h): never two.
 *
 * A viewer that says nothing of it answers, as clients without the extension do. With none of those
 * one of the viewers that offered to answers, and without them the session's own terminal.
 */
#ifndef HOST_DAEMON_ANSWER_H
#define HOST_DAEMON_ANSWER_H

#include <stdbool.h>

#include "wire/message.h"

struct session;
struct socket;
struct subscription;

enum answer_wish { ANSWER_ALWAYS, ANSWER_FIRST, ANSWER_NEVER };

/* A subscription begins, by this message; may_type: what it sends would be taken. */
void answer_begin(struct subscription *sub, const struct message *m, bool may_type);
/* A subscription began or ended. */
void answer_assign(struct session *s);
/* terminal:colours. */
void answer_colours(struct socket *s, const struct message *m);

#endif
