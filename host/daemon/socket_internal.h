/* SPDX-License-Identifier: MIT
 *
 * What the two halves of a WebSocket share: sending and its life (socket.c), and what is said on
 * it (socket_message.c).
 */
#ifndef HOST_DAEMON_SOCKET_INTERNAL_H
#define HOST_DAEMON_SOCKET_INTERNAL_H

#include "host/daemon/socket.h"

/* --- socket.c --- */

struct channel *socket_find_channel(struct socket *s, const char *name, size_t len);
/* One that has not ended. */
struct subscription *socket_find_subscription(struct socket *s, const char *id, size_t len);
void socket_drop_subscription(struct subscription *sub);
void socket_start_from_snapshot(struct subscription *sub);

/* --- socket_message.c --- */

void socket_dispatch(struct socket *s, const struct message *m);
void socket_drop_channel(struct socket *s, struct channel *c);

#endif
