/* SPDX-License-Identifier: MIT
 *
 * The daemon's end of the link (host/link.h): accepts gateways, takes connections and orders from
 * them, tells them the state. A gateway may die and another come; nothing else notices.
 */
#ifndef HOST_DAEMON_LINK_SERVER_H
#define HOST_DAEMON_LINK_SERVER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"

struct daemon;
struct link_peer;

struct link_server {
    struct daemon *d; /* borrowed */
    uv_poll_t poll;
    int fd; /* borrowed */
    int n_peers;
    TAILQ_HEAD(link_peer_list, link_peer)
    peers;
};

/* Calls listen on fd and starts accepting. */
int link_server_start(struct link_server *l, struct daemon *d, int fd, struct err *e);
/* Sends the state to every gateway. */
void link_server_tell(struct link_server *l);
/* Tells every gateway what servers and overlays there are. */
void link_server_setup(struct link_server *l);
/* Tells every gateway; takes object over. For what there is a bounded number of. */
void link_server_say(struct link_server *l, cJSON *object);
/* To the gateway alone; false: there is none, or it does not keep up. */
bool link_server_order(struct link_server *l, const cJSON *object);
/* An event for the gateway to store (protocol.md section 4), if it keeps up; takes data over. */
void link_server_event(struct link_server *l, const char *type, cJSON *data);
/* Closes everything; the caller runs the loop. */
void link_server_stop(struct link_server *l);

#endif
