/* SPDX-License-Identifier: MIT
 *
 * What watch_tree.c (listing, inotify, roots) and watch_node.c (the picture of each file and
 * folder) share. Nobody else includes this.
 */
#ifndef HOST_DAEMON_WATCH_INTERNAL_H
#define HOST_DAEMON_WATCH_INTERNAL_H

#include <dirent.h>
#include <sys/stat.h>

#include "host/daemon/watch_tree.h"

struct watch {
    int wd;
    UT_hash_handle hh;
    TAILQ_HEAD(, node)
    nodes; /* of different trees, or of one that was moved meanwhile */
};

struct stamp {
    int64_t mtime_ns, ctime_ns;
    off_t size;
    ino_t inode;
};

struct node {
    UT_hash_handle hh; /* parent->children */
    struct tree *tree;
    struct node *parent;
    struct node *children;
    struct scan *scan;   /* that lists it, or will */
    struct watch *watch; /* folders */
    TAILQ_ENTRY(node) of_watch, of_checks;
    bool is_dir, checking, written;
    unsigned seen;       /* the listing that saw it last */
    unsigned generation; /* folders: the last listing */
    uint64_t batch;      /* of the stamp */
    struct stamp stamp;
    char name[];
};

struct scan {
    TAILQ_ENTRY(scan) entry;
    struct node *dir;
    DIR *stream; /* NULL: not begun */
    bool deep;   /* folders known already are listed again, too */
};

/* --- watch_node.c --- */
struct node *node_create(struct tree *tree, struct node *parent, const char *name, bool is_dir);
void node_free(struct node *n);
/* Tells that it is gone, with all that is in it, and frees it. */
void node_remove(struct node *n);
struct node *node_find(const struct node *dir, const char *name);
/* Of a name of a folder that is open as fd; -1: by its path. */
bool node_stat(const struct node *dir, int fd, const char *name, struct stat *st);
/* Opens the folder; -1: it is gone, or not for us. */
int node_open(const struct node *n);
/* Makes our picture of one name true. */
void node_look(struct node *dir, int fd, const char *name, bool deep);
/* Tells when the file has changed since the last look. */
void node_check(struct node *n);
void watch_join(struct node *n, int wd);
void watch_leave(struct node *n);
/* A bound was reached: not all of the tree is watched. */
void tree_limit(struct tree *tree, const char *what);

/* --- watch_tree.c --- */
/* Lists the folder when there is time; deep: those known already, too. */
void scan_add(struct node *dir, bool deep);
void scan_free(struct scan *s);

#endif
