/* SPDX-License-Identifier: MIT
 *
 * Snapshots: copies of sandboxes' root file systems, DIR/snapshots/ID/root, and a row each in the
 * registry. A folder without a row is of one that was being made or removed.
 */
#ifndef HOST_GATEWAY_SNAPSHOT_H
#define HOST_GATEWAY_SNAPSHOT_H

#include "host/gateway/internal.h"

#define SNAPSHOTS_MAX 1000 /* with those being made */

struct snapshot {
    UT_hash_handle hh; /* gateway.snapshots, by id, in order of their being made */
    struct gateway *gateway;
    char *id, *sandbox, *provider, *name, *metadata; /* owned; JSON text, or "" */
    int64_t created_ms, n_bytes;
    bool own_system;
    bool consistent;  /* of one moment: nothing ran in it while it was copied */
    unsigned n_users; /* who copies it */
    bool removed;     /* not found any more; its folder goes with its last user */
};

/* Its sandbox ends: so does the making of snapshots of it. */
void snapshots_stop(const struct sandbox *s);
/* Goes on with what a killed gateway had paused. */
void snapshots_thaw(struct gateway *g);
/* Reads the rows, removes folders without one. */
int snapshots_open(struct gateway *g, struct err *e);
void snapshots_free(struct gateway *g);
/* NULL: none of this id. */
struct snapshot *snapshot_find(struct gateway *g, const char *id, size_t n);
char *snapshot_root(const struct snapshot *s);
/* Its files stay until snapshot_drop, also when it is removed. */
void snapshot_use(struct snapshot *s);
void snapshot_drop(struct snapshot *s);
/* Not found from now on, and not after a restart. */
int snapshot_remove(struct snapshot *s, struct err *e);
cJSON *snapshot_view(const struct snapshot *s);

struct snapshot_options {
    char *sandbox, *name, *metadata; /* owned */
};
/* Replies when it is complete, or has taken SNAPSHOT_REPLY_MS. */
void snapshot_make(struct gateway *g, struct sandbox *s, const struct snapshot_options *o,
                   struct http_request *r);

#define SNAPSHOT_REPLY_MS 28000 /* clients wait 30 s */

#endif
