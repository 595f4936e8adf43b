/* SPDX-License-Identifier: MIT
 *
 * Snapshots of sandboxes, kept by the gateway (protocol.md section 1). A new sandbox begins as one
 * with create_options.snapshot_id.
 */
#ifndef CLIENT_SNAPSHOT_H
#define CLIENT_SNAPSHOT_H

#include "client/gateway.h"

struct snapshot_info {
    const char *id, *provider, *name; /* borrowed for the callback; "" when not said */
    const cJSON *metadata;            /* an object, or NULL */
    int64_t created_ms;               /* wall clock; 0: not said */
};
typedef void (*snapshot_cb)(void *user, const struct snapshot_info *s, const struct err *e);
typedef void (*snapshots_cb)(void *user, const struct snapshot_info *all, size_t n,
                             const struct err *e);

/* name and metadata may be NULL. */
struct request *snapshot_create(struct gateway *g, const char *sandbox_id, const char *name,
                                const cJSON *metadata, snapshot_cb cb, void *user);
struct request *snapshot_list(struct gateway *g, snapshots_cb cb, void *user);
struct request *snapshot_delete(struct gateway *g, const char *id, gateway_done_cb cb, void *user);

#endif
