/* SPDX-License-Identifier: MIT
 *
 * Who exists, on disk: DIR/gateway.db (SQLite, WAL). One process at a time (the state folder is
 * locked); calls block for microseconds. (namespace, name) is unique among the rows that are not
 * being destroyed and have a name.
 */
#ifndef HOST_GATEWAY_REGISTRY_H
#define HOST_GATEWAY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/sandbox.h"

struct registry;

struct registry_row {
    int64_t seq;              /* order of creation; given by registry_add */
    struct sandbox_info info; /* borrowed; without url and counts */
    const char *envs;         /* JSON text of an object */
    const char *parent;       /* id of the sandbox it is a child of; "" for none */
    const char *options;      /* JSON text of an object: what holds for its whole life */
};

struct snapshot_row {
    const char *id, *sandbox, *provider, *name, *metadata; /* borrowed; name, metadata may be "" */
    int64_t created_ms, n_bytes;
    bool own_system, consistent;
};

struct registry *registry_open(const char *path, struct err *e);
void registry_close(struct registry *r);
/* ERR_CONFLICT: the name is taken. */
int registry_add(struct registry *r, struct registry_row *row, struct err *e);
int registry_set_status(struct registry *r, const char *id, const char *status, const char *reason,
                        struct err *e);
int registry_set_expiry(struct registry *r, const char *id, int64_t expires_ms, struct err *e);
/* Changes between the two are written down at the end, at once; thousands of them in no time. */
void registry_begin(struct registry *r);
/* Fails when nothing of it could be written: then all of it is undone. */
int registry_end(struct registry *r, struct err *e);
/* When a gateway was last there (wall clock); 0: never written. */
int registry_set_seen(struct registry *r, int64_t seen_ms, struct err *e);
int64_t registry_seen(struct registry *r);
int registry_set_options(struct registry *r, const char *id, const char *options, struct err *e);
int registry_remove(struct registry *r, const char *id, struct err *e);
/* In order of creation; the row is valid during the call only, which must not change the table. */
int registry_each(struct registry *r, void (*on_row)(const struct registry_row *row, void *user),
                  void *user, struct err *e);
int registry_add_snapshot(struct registry *r, const struct snapshot_row *row, struct err *e);
int registry_remove_snapshot(struct registry *r, const char *id, struct err *e);
/* As registry_each. */
int registry_each_snapshot(struct registry *r,
                           void (*on_row)(const struct snapshot_row *row, void *user), void *user,
                           struct err *e);

#endif
