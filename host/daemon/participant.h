/* SPDX-License-Identifier: MIT
 *
 * Who takes part in which terminal: said by connections of the access token, kept until they end.
 */
#ifndef HOST_DAEMON_PARTICIPANT_H
#define HOST_DAEMON_PARTICIPANT_H

#include <stddef.h>
#include <sys/queue.h>

#include "wire/message.h"

struct daemon;
struct socket;
struct participant;
TAILQ_HEAD(participant_list, participant);

/* terminal:participate {terminal_id, who}. */
void participant_say(struct socket *s, const struct message *m);
/* Of a socket that ends. */
void participants_forget(struct socket *s);
/* Their names, comma separated, each once; "" when there is nobody. */
void participants_of(struct daemon *d, const char *terminal_id, char *out, size_t cap);

#endif
