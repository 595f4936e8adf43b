/* SPDX-License-Identifier: MIT
 *
 * A subscription to one channel of a sandbox's socket: server:<slug>, watcher:<id>, signals,
 * command:<id>. It is subscribed again after every loss of the connection; what was sent in between
 * is missing, and on_up tells that there may be a gap. For client/ only.
 */
#ifndef CLIENT_FEED_H
#define CLIENT_FEED_H

#include "client/remote.h"
#include "wire/message.h"

struct feed;

/* Any may be NULL, and any may close the feed. None runs before feed_open has returned. */
struct feed_ops {
    /* Subscribes only when this says so; asked again once the host's /info is known. */
    bool (*is_wanted)(void *user);
    void (*on_message)(void *user, const struct message *m);
    /* Subscribed on a new connection: the subscription has been said, before anything sent now. */
    void (*on_up)(void *user);
    /* The connection broke or could not be made; it is tried again. */
    void (*on_down)(void *user, const struct err *e);
    /* What the host can do (/info) is known from now on. */
    void (*on_known)(void *user);
    /* The sandbox is gone: the last call. */
    void (*on_gone)(void *user, const struct err *e);
};

/* ops are borrowed for the feed's life. */
struct feed *feed_open(struct remote *r, const char *channel, const struct feed_ops *ops,
                       void *user);
/* No callback runs after this. Safe with NULL. */
void feed_close(struct feed *f);
bool feed_is_up(const struct feed *f);
/* False: not connected, or the queue is full; on_up follows a new connection. */
bool feed_send(struct feed *f, const struct message *m);

#endif
