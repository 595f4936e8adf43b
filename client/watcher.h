/* SPDX-License-Identifier: MIT
 *
 * Watchers: what changes below a path of a sandbox (protocol.md section 2, Watchers).
 */
#ifndef CLIENT_WATCHER_H
#define CLIENT_WATCHER_H

#include "client/listing.h"

struct watcher_options {
    const char *path;
    bool include_content;
    const char *const *ignored; /* globs, NULL at the end; or NULL */
};

/* Strings borrowed: for the callback, or from the listing's row. */
struct watcher_info {
    const char *id, *path, *status, *channel;
    bool include_content;
    size_t n_ignored;
};

extern const struct listing_kind watcher_listing; /* struct watcher_info */

typedef void (*watcher_cb)(void *user, const struct watcher_info *w, const struct err *e);
typedef void (*watchers_cb)(void *user, const struct watcher_info *all, size_t n,
                            const struct err *e);

struct request *watcher_create(struct remote *r, const struct watcher_options *o, watcher_cb cb,
                               void *user);
struct request *watcher_list(struct remote *r, watchers_cb cb, void *user);
struct request *watcher_get(struct remote *r, const char *id, watcher_cb cb, void *user);
struct request *watcher_destroy(struct remote *r, const char *id, gateway_done_cb cb, void *user);

/* --- its events --- */

struct file_event {
    const char *event;   /* add, change, unlink, addDir, unlinkDir */
    const char *path;    /* absolute */
    const char *content; /* decoded, borrowed; NULL: none sent */
    size_t n_content;
};

struct watcher_tail;

/* Any but on_event may be NULL; each may close the tail. */
struct watcher_tail_ops {
    void (*on_event)(void *user, const struct file_event *e);
    /* Events are missing: the host lost them, or the connection was lost in between. */
    void (*on_gap)(void *user);
    void (*on_up)(void *user);
    void (*on_down)(void *user, const struct err *e);
    /* The watcher or its sandbox is gone. The last call. */
    void (*on_end)(void *user, const struct err *e);
};

/* Events from now on; a host keeps those since the creation for the first subscriber. */
struct watcher_tail *watcher_tail_open(struct remote *r, const char *id,
                                       const struct watcher_tail_ops *ops, void *user);
/* Safe with NULL. The watcher itself stays. */
void watcher_tail_close(struct watcher_tail *t);

#endif
