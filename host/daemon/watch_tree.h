/* SPDX-License-Identifier: MIT
 *
 * Trees of files as they were last seen, kept up to date with inotify.
 *
 * A tree's root is the folder that holds what is watched, of which only the one name counts: so a
 * watched file may be replaced and a watched folder may go and come again. The root itself may go,
 * move or be replaced, too, with any folder above it: its path is looked at once a second, for no
 * event tells that. Every folder is watched
 * first and listed then; what both report counts once. One inotify descriptor serves all trees (the
 * kernel allows a user 128). When it overflows, everything is listed again and the differences are
 * told.
 *
 * Listing runs on the loop in slices of a few milliseconds, not in threads: the order of what is
 * listed and what inotify says is then simply the order of the calls.
 */
#ifndef HOST_DAEMON_WATCH_TREE_H
#define HOST_DAEMON_WATCH_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <uthash.h>
#include <uv.h>

#include "base/err.h"

#define TREE_NODES_MAX   300000 /* of all trees; what is beyond is not watched */
#define TREE_WATCHES_MAX 32768

enum tree_event { TREE_ADD, TREE_CHANGE, TREE_UNLINK, TREE_ADD_DIR, TREE_UNLINK_DIR };

struct node;
struct scan;
struct tree;
struct watch;

struct tree_ops {
    /* path is relative to the root. The tree must not be closed. */
    void (*on_event)(struct tree *tree, enum tree_event event, const char *path);
    /* Its first listing is complete. */
    void (*on_ready)(struct tree *tree);
    /* Events were lost; what has changed is found out now. */
    void (*on_overflow)(struct tree *tree);
    bool (*ignored)(struct tree *tree, const char *path);
};

struct tree {
    TAILQ_ENTRY(tree) entry;
    struct trees *trees;
    const struct tree_ops *ops;
    char *root; /* owned; absolute, "" for "/" */
    char *only; /* owned; NULL: every name of the root counts */
    struct node *top;
    unsigned n_scans;
    dev_t dev; /* of the root, while it is watched */
    ino_t inode;
    bool ready;
    bool limited; /* a bound was reached: not all of it is watched */
};

struct trees {
    uv_loop_t *loop;
    uv_poll_t poll;
    uv_timer_t scan_timer, check_timer, root_timer;
    int fd;            /* -1 until the first tree */
    struct node *next; /* while an event is taken: who gets it then */
    bool paused;
    uint64_t batch; /* counts reads of fd */
    size_t n_nodes, n_watches;
    struct watch *watches; /* by descriptor */
    TAILQ_HEAD(tree_list, tree)
    list;
    TAILQ_HEAD(scan_list, scan)
    scans;
    TAILQ_HEAD(check_list, node)
    checks;
};

void trees_init(struct trees *t, uv_loop_t *loop);
void trees_finish(struct trees *t);
/* Stops looking, while those who get the events are behind. */
void trees_pause(struct trees *t, bool paused);

/* Starts watching; real is a path without links (realpath). on_ready follows, at the earliest on
 * the next turn. */
int tree_open(struct trees *t, struct tree *tree, const char *real, struct err *e);
void tree_close(struct tree *tree);

#endif
