/* SPDX-License-Identifier: MIT
 *
 * A server on a loop and raw TCP sockets on its other side, in one thread.
 */
#ifndef TESTS_HOST_HTTP_RIG_H
#define TESTS_HOST_HTTP_RIG_H

#include "host/http/http.h"

#define RIG_DEADLINE_MS 20000

struct rig {
    uv_loop_t loop;
    struct http_server *server;
    bool stopped;
    /* what handlers saw */
    int n_calls, n_gone, n_messages, n_drains, n_closes;
    struct http_request *held; /* left unanswered by /hold */
    struct websocket *ws;
    struct buf last; /* the last message, or what a handler noted */
    bool full;       /* websocket_send said so */
};

struct peer {
    struct rig *rig;
    int fd;
    struct buf in;
    bool eof, deaf; /* deaf: does not read */
};

void rig_open(struct rig *rig, const struct http_config *config);
void rig_close(struct rig *rig);
/* Turns the loop once, reading what came for the peer (NULL: none). */
void rig_turn(struct rig *rig, struct peer *p);
/* Turns until the condition holds; fails the test after RIG_DEADLINE_MS. */
#define rig_until(rig, peer, condition)                                                            \
    do {                                                                                           \
        int64_t end_ = clock_mono_ms() + RIG_DEADLINE_MS;                                          \
        while (!(condition)) {                                                                     \
            if (clock_mono_ms() > end_)                                                            \
                fail_msg("never true: %s", #condition);                                            \
            rig_turn(rig, peer);                                                                   \
        }                                                                                          \
    } while (0)

void peer_open(struct peer *p, struct rig *rig);
void peer_close(struct peer *p);
void peer_send(struct peer *p, const void *bytes, size_t n);
void peer_text(struct peer *p, const char *text);
bool peer_has(const struct peer *p, const char *text);
int peer_count(const struct peer *p, const char *text);
/* Sends and waits for one complete reply, which stays in p->in. Returns its status. */
int peer_ask(struct peer *p, const char *text);

/* A masked client frame. */
void frame_append(struct buf *out, int first_byte, const void *payload, size_t n);
void peer_upgrade(struct peer *p, const char *path);

#endif
