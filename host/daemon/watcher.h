/* SPDX-License-Identifier: MIT
 *
 * Watchers of /watchers (protocol.md section 2): what happens in a tree (watch_tree.h) goes to the
 * channel watcher:<id>.
 *
 * Events wait in the watcher's queue until the channel is first subscribed to, and while its
 * subscribers are behind; then looking stops, too. What does not fit into the queue is dropped and
 * said (watcher:overflow). Content is read when an event is sent.
 */
#ifndef HOST_DAEMON_WATCHER_H
#define HOST_DAEMON_WATCHER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/err.h"
#include "host/daemon/ignore.h"
#include "host/daemon/watch_tree.h"
#include "wire/message.h"

#define WATCHERS_MAX      64
#define WATCHER_QUEUE_MAX 10000
/* Events of longer files say content_omitted instead. */
#define WATCHER_CONTENT_MAX ((size_t)512 * 1024)

struct daemon;
struct http_request;
struct watch_event;

struct watcher_options {
    char *path;           /* absolute, as it is reported */
    char *real;           /* without links */
    cJSON *ignored;       /* array of globs, as given */
    struct ignore ignore; /* the same, to match with */
    bool include_content, base64;
};
void watcher_options_finish(struct watcher_options *o);

struct watcher {
    struct tree tree; /* first */
    struct daemon *d; /* borrowed */
    char id[24];
    struct watcher_options options; /* owned */
    bool subscribed, lost;
    /* Its first listing is complete; may destroy it. NULL: nobody waits. */
    void (*on_ready)(struct watcher *w, void *user);
    void *user;
    STAILQ_HEAD(watch_queue, watch_event)
    queue;
    size_t n_queue;
    UT_hash_handle hh;
};

struct watchers {
    struct daemon *d; /* borrowed */
    struct trees trees;
    struct watcher *by_id;
};

void watchers_init(struct watchers *w, struct daemon *d);
void watchers_finish(struct watchers *w);
/* Takes what options own. NULL: ERR_LIMIT, ERR_IO. */
struct watcher *watcher_create(struct watchers *all, struct watcher_options *options,
                               struct err *e);
void watcher_destroy(struct watcher *w);
/* To all sockets: it exists now. */
void watcher_announce(const struct watcher *w);
struct watcher *watcher_find(struct watchers *all, struct slice id);
cJSON *watcher_info(const struct watcher *w);
/* Somebody subscribed to the channel, which may be any. */
void watchers_subscribed(struct daemon *d, const char *channel);
/* A socket takes more again, or is gone. */
void watchers_resume(struct daemon *d);

#endif
