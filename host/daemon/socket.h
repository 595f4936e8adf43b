/* SPDX-License-Identifier: MIT
 *
 * The WebSockets of /ws: channels, terminal input, announcements (protocol.md section 3).
 */
#ifndef HOST_DAEMON_SOCKET_H
#define HOST_DAEMON_SOCKET_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <uthash.h>
#include <uv.h>

#include "host/daemon/participant.h"
#include "host/daemon/subscription.h"
#include "host/http/http.h"
#include "wire/message.h"

#define SOCKETS_MAX  512
#define CHANNELS_MAX 1024 /* of one socket, terminals not counted */

struct daemon;
struct session;
struct terminal;

struct channel {
    char *name; /* owned */
    UT_hash_handle hh;
};

struct announcement;

struct socket {
    TAILQ_ENTRY(socket) entry;
    struct daemon *d;     /* borrowed */
    struct websocket *ws; /* until on_close */
    bool binary;          /* terminal output as binary frames */
    bool full;            /* the WebSocket has enough queued; on_drain follows */
    bool closed;
    bool watches;         /* has the channel activity */
    bool missed_activity; /* was full when there was some */
    uint64_t full_since_ms;
    struct session *blocked_by; /* not read: this session's input queue is full */
    uv_timer_t timer;           /* the next announcement */
    uv_timer_t watchdog;        /* a peer that takes nothing for 30 s goes */
    int n_handles;
    struct channel *channels;
    TAILQ_HEAD(subscription_list, subscription)
    subscriptions, ready;
    size_t n_ready;
    TAILQ_HEAD(announcement_list, announcement)
    announcements;
    struct participant_list participants;
    unsigned n_participants;
};

struct sockets {
    TAILQ_HEAD(socket_list, socket)
    list;
    unsigned n;
};

void sockets_init(struct sockets *s);
/* GET /ws. */
void api_ws(struct http_request *r, void *user);
/* Closes them all. */
void sockets_close(struct sockets *s);
/* Closes those whose credential has this name; what they still send is not read. */
void sockets_close_of(struct sockets *s, const char *who, const char *why);
/* Sockets that watch at least one terminal. */
unsigned sockets_count_viewers(const struct sockets *s);

/* To every socket, now and again until it subscribes: the terminal exists. */
void sockets_announce(struct daemon *d, const struct terminal *t);
/* As JSON text to those subscribed to its channel (whether it is a terminal's or any other).
 * Returns whether any that should get it is full: its writer had better wait for commands_resume.
 */
bool sockets_publish(struct daemon *d, const struct message *m);
/* The same, as a binary frame to binary connections. */
bool sockets_publish_native(struct daemon *d, const struct message *m);
/* Would sockets_publish find a full one now? */
bool sockets_channel_full(struct daemon *d, const char *channel);

/* The session takes input again: read on where we stopped. */
void sockets_unblock(struct daemon *d, struct session *s);
void socket_send_json(struct socket *s, const char *type, const char *channel, cJSON *data);
void socket_send_message(struct socket *s, const struct message *m);
/* Sends what its subscriptions have waiting, as far as the WebSocket takes it. */
void socket_pump(struct socket *s);
void socket_mark_ready(struct socket *s, struct subscription *sub);

#endif
