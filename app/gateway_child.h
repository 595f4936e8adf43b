/* SPDX-License-Identifier: MIT
 *
 * A `sandpitd gateway` being started: a detached child, its announcements, its reason for failing.
 */
#ifndef APP_GATEWAY_CHILD_H
#define APP_GATEWAY_CHILD_H

#include <uv.h>

#include "app/paths.h"
#include "base/err.h"

struct gateway_child;

enum gateway_child_end { CHILD_FAILED, CHILD_ADDRESS_IN_USE, CHILD_STATE_IN_USE };

struct gateway_child_ops {
    /* A line of its stdout. */
    void (*on_line)(void *user, const char *line);
    /* It exited; may be followed by gateway_child_release from within. */
    void (*on_exit)(void *user, enum gateway_child_end end);
};

/* listen and pubsub: the addresses to ask for, or NULL for the defaults. NULL with e on failure. */
struct gateway_child *gateway_child_spawn(uv_loop_t *loop, const struct paths *paths,
                                          const char *listen, const char *pubsub,
                                          const struct gateway_child_ops *ops, void *user,
                                          struct err *e);
/* Adds what it said on stderr (the last lines) to e, and a hint when the cause is a known one. */
void gateway_child_explain(const struct gateway_child *c, struct err *e);
/* Makes its stderr DIR/gateway.log. The log of a child released without this is removed. */
void gateway_child_keep_log(struct gateway_child *c);
void gateway_child_kill(struct gateway_child *c);
/* Lets go of it: it runs on, and calls nobody back. Accepts NULL. */
void gateway_child_release(struct gateway_child *c);

#endif
