/* SPDX-License-Identifier: MIT
 *
 * Signals: ports that open and close in a sandbox, servers that are ready, errors (protocol.md
 * section 2, Signals).
 */
#ifndef CLIENT_SIGNALS_H
#define CLIENT_SIGNALS_H

#include "client/remote.h"

struct signal_status {
    const char *status, *channel; /* borrowed for the callback */
    bool is_active;
};
typedef void (*signal_status_cb)(void *user, const struct signal_status *s, const struct err *e);

/* Both may be repeated. */
struct request *signals_start(struct remote *r, gateway_done_cb cb, void *user);
struct request *signals_stop(struct remote *r, gateway_done_cb cb, void *user);
struct request *signals_status(struct remote *r, signal_status_cb cb, void *user);

/* Sending some by hand. url NULL: the host's own. */
struct request *signal_emit_port(struct remote *r, int port, bool is_open, const char *url,
                                 gateway_done_cb cb, void *user);
struct request *signal_emit_ready(struct remote *r, int port, const char *url, gateway_done_cb cb,
                                  void *user);
struct request *signal_emit_error(struct remote *r, const char *message, gateway_done_cb cb,
                                  void *user);

struct signal_event {
    const char *signal; /* port, server-ready, error; borrowed, as all here; "" when not said */
    const char *type;   /* of port: open, close */
    const char *url, *message;
    int port; /* 0: none */
};

struct signal_tail;

/* Any but on_signal may be NULL; each may close the tail. */
struct signal_tail_ops {
    void (*on_signal)(void *user, const struct signal_event *s);
    /* Subscribed: what is signalled from now on comes. */
    void (*on_up)(void *user);
    /* The connection was lost in between; signals may be missing. */
    void (*on_gap)(void *user);
    void (*on_down)(void *user, const struct err *e);
    void (*on_end)(void *user, const struct err *e);
};

/* Signals come while the service is started. ops are borrowed. */
struct signal_tail *signal_tail_open(struct remote *r, const struct signal_tail_ops *ops,
                                     void *user);
/* Safe with NULL. */
void signal_tail_close(struct signal_tail *t);

#endif
