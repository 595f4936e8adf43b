/* SPDX-License-Identifier: MIT
 *
 * Events: what sandboxes tell the gateway, kept there and passed on (protocol.md section 4).
 */
#ifndef CLIENT_EVENT_H
#define CLIENT_EVENT_H

#include "client/remote.h"

struct event_info {
    const char *id, *sandbox_id, *type; /* borrowed for the callback */
    const cJSON *data;                  /* an object, or NULL */
    int64_t timestamp_ms;               /* wall clock of the gateway */
};
typedef void (*event_cb)(void *user, const struct event_info *event, const struct err *e);
typedef void (*events_cb)(void *user, const struct event_info *all, size_t n, const struct err *e);

/* In the sandbox's name. data may be NULL. The answer carries no data. */
struct request *event_store(struct remote *r, const char *type, const cJSON *data, event_cb cb,
                            void *user);

struct event_query {
    const char *type; /* NULL: all */
    int64_t since_ms; /* strictly later ones; negative: the newest */
    int limit;        /* 1 to 1000; 0: the gateway's choice, 100 */
};
/* The oldest first. Works for sandboxes that are gone, too, while their events are kept. */
struct request *event_history(struct gateway *g, const char *sandbox_id,
                              const struct event_query *q, events_cb cb, void *user);

/* --- live --- */

struct event_tail;

/* Any but on_event may be NULL; each may close the tail. */
struct event_tail_ops {
    void (*on_event)(void *user, const struct event_info *event);
    /* What is there already has been told: what comes now is new. Again after each reconnection. */
    void (*on_live)(void *user);
    /* The stream broke or cannot be had; it is tried again, and meanwhile the history is asked. */
    void (*on_down)(void *user, const struct err *e);
    /* The sandbox is gone or the key refused. The last call. */
    void (*on_end)(void *user, const struct err *e);
};

struct event_tail_options {
    const char *type; /* NULL: all */
    int64_t since_ms; /* begins with those after that; negative: only new ones */
};

/* Each event once, over the gateway's TCP publish/subscribe port. What a lost connection missed
 * comes from the history; where the port cannot be reached, the history is asked every 2 s. The
 * port is COMPUTESDK_PUBSUB_HOST and COMPUTESDK_PUBSUB_PORT, else the one the gateway names, else
 * 6380 on the gateway's host. ops are borrowed. */
struct event_tail *event_tail_open(struct remote *r, const struct event_tail_options *o,
                                   const struct event_tail_ops *ops, void *user);
/* Safe with NULL. */
void event_tail_close(struct event_tail *t);

#endif
