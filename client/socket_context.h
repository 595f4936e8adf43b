/* SPDX-License-Identifier: MIT
 *
 * libwebsockets' contexts of one client, for client/socket.c only.
 */
#ifndef CLIENT_SOCKET_CONTEXT_H
#define CLIENT_SOCKET_CONTEXT_H

#include <libwebsockets.h>

#include "client/internal.h"

#define SOCKET_PROTOCOL "sandpit"

/* Made on first use: loading the CAs takes longer than a frame, and not everybody needs TLS. */
struct lws_context *socket_context_get(struct client *c, bool is_tls,
                                       lws_callback_function *callback, struct err *e);

#endif
