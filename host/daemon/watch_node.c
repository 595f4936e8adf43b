/* SPDX-License-Identifier: MIT
 *
 * a name of a folder → what we knew of it, what it is now → what is told. Whoever finds a name (a
 * listing, an event, a check) has it looked at here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "host/daemon/file.h"
#include "host/daemon/watch_internal.h"

#define PATH_TEXT_CAP 8192

/* --- paths --- */

static void append_path(struct buf *b, const struct node *n)
{
    if (!n->parent)
        return;
    append_path(b, n->parent);
    if (b->len)
        buf_append_char(b, '/');
    buf_append_str(b, n->name);
}

static void real_path(struct buf *b, const struct node *n)
{
    buf_clear(b);
    append_path(b, n);
    struct buf relative = *b;
    *b = (struct buf){0};
    buf_printf(b, "%s/%s", n->tree->root, relative.data ? relative.data : "");
    buf_finish(&relative);
}

static void tell(struct node *n, enum tree_event event)
{
    cleanup_buf struct buf path = {0};

    if (!n->tree->ready)
        return;
    append_path(&path, n);
    n->tree->ops->on_event(n->tree, event, path.data ? path.data : "");
}

/* --- watches --- */

void watch_leave(struct node *n)
{
    struct trees *t = n->tree->trees;
    struct watch *w = n->watch;

    if (!w)
        return;
    n->watch = NULL;
    if (t->next == n)
        t->next = TAILQ_NEXT(n, of_watch);
    TAILQ_REMOVE(&w->nodes, n, of_watch);
    if (!TAILQ_EMPTY(&w->nodes))
        return;
    inotify_rm_watch(t->fd, w->wd);
    HASH_DEL(t->watches, w);
    t->n_watches--;
    free(w);
}

void watch_join(struct node *n, int wd)
{
    struct trees *t = n->tree->trees;
    struct watch *w;

    HASH_FIND_INT(t->watches, &wd, w);
    if (w && n->watch == w)
        return;
    watch_leave(n);
    HASH_FIND_INT(t->watches, &wd, w);
    if (!w) {
        w = xcalloc(1, sizeof *w);
        w->wd = wd;
        TAILQ_INIT(&w->nodes);
        HASH_ADD_INT(t->watches, wd, w);
        t->n_watches++;
    }
    n->watch = w;
    TAILQ_INSERT_TAIL(&w->nodes, n, of_watch);
}

void tree_limit(struct tree *tree, const char *what)
{
    if (!tree->limited)
        log_warn("watcher on %s/%s: %s", tree->root, tree->only ? tree->only : "", what);
    tree->limited = true;
}

/* Opens the folder without following any link, for a link may lead into the daemon's own /proc. */
int node_open(const struct node *n)
{
    cleanup_buf struct buf path = {0};
    const struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK,
                                 .resolve = RESOLVE_NO_SYMLINKS};
    struct statfs fs;
    int fd;

    real_path(&path, n);
    fd = (int)syscall(SYS_openat2, AT_FDCWD, path.data, &how, sizeof how);
    if (fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC) {
        close(fd);
        return -1;
    }
    return fd;
}

/* --- nodes --- */

void node_free(struct node *n)
{
    struct trees *t = n->tree->trees;
    struct node *child, *next;

    HASH_ITER (hh, n->children, child, next) {
        node_free(child);
    }
    if (n->scan)
        scan_free(n->scan);
    if (n->checking)
        TAILQ_REMOVE(&t->checks, n, of_checks);
    watch_leave(n);
    if (n->parent)
        HASH_DEL(n->parent->children, n);
    t->n_nodes--;
    free(n);
}

/* What is in it goes first. */
static void tell_gone(struct node *n)
{
    struct node *child, *next;

    HASH_ITER (hh, n->children, child, next) {
        tell_gone(child);
    }
    tell(n, n->is_dir ? TREE_UNLINK_DIR : TREE_UNLINK);
}

void node_remove(struct node *n)
{
    tell_gone(n);
    node_free(n);
}

static void take_stamp(struct node *n, const struct stat *st)
{
    n->stamp = (struct stamp){
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec,
        .size = st->st_size,
        .inode = st->st_ino,
    };
    n->batch = n->tree->trees->batch;
    n->written = false;
}

struct node *node_create(struct tree *tree, struct node *parent, const char *name, bool is_dir)
{
    size_t len = strlen(name);
    struct node *n = xcalloc(1, sizeof *n + len + 1);

    n->tree = tree;
    n->parent = parent;
    n->is_dir = is_dir;
    memcpy(n->name, name, len + 1);
    if (parent)
        HASH_ADD_KEYPTR(hh, parent->children, n->name, len, n);
    tree->trees->n_nodes++;
    return n;
}

static bool counts(const struct node *dir, const char *name)
{
    cleanup_buf struct buf path = {0};
    struct tree *tree = dir->tree;

    if (!dir->parent && tree->only)
        return !strcmp(name, tree->only);
    if (!strncmp(name, FILE_TEMP_PREFIX, sizeof FILE_TEMP_PREFIX - 1))
        return false;
    append_path(&path, dir);
    if (path.len)
        buf_append_char(&path, '/');
    buf_append_str(&path, name);
    return path.len < PATH_TEXT_CAP && !tree->ops->ignored(tree, path.data);
}

struct node *node_find(const struct node *dir, const char *name)
{
    struct node *n;

    HASH_FIND(hh, dir->children, name, strlen(name), n);
    return n;
}

bool node_stat(const struct node *dir, int fd, const char *name, struct stat *st)
{
    cleanup_buf struct buf path = {0};

    if (fd >= 0)
        return !fstatat(fd, name, st, AT_SYMLINK_NOFOLLOW);
    real_path(&path, dir);
    if (path.data[path.len - 1] != '/')
        buf_append_char(&path, '/');
    buf_append_str(&path, name);
    return !lstat(path.data, st);
}

static bool stamp_differs(const struct node *n, const struct stat *st)
{
    return n->stamp.mtime_ns != (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec ||
           n->stamp.size != st->st_size || n->stamp.inode != st->st_ino;
}

static void add_child(struct node *dir, const char *name, const struct stat *st)
{
    struct trees *t = dir->tree->trees;
    struct node *n;

    if (t->n_nodes >= TREE_NODES_MAX) {
        tree_limit(dir->tree, "too many files");
        return;
    }
    n = node_create(dir->tree, dir, name, S_ISDIR(st->st_mode));
    take_stamp(n, st);
    n->seen = dir->generation;
    tell(n, n->is_dir ? TREE_ADD_DIR : TREE_ADD);
    if (n->is_dir)
        scan_add(n, false);
}

void node_look(struct node *dir, int fd, const char *name, bool deep)
{
    struct node *n = node_find(dir, name);
    struct stat st;

    if (!n && !counts(dir, name))
        return;
    if (!node_stat(dir, fd, name, &st)) {
        if (n)
            node_remove(n);
        return;
    }
    if (n && (n->is_dir != S_ISDIR(st.st_mode) || (n->is_dir && n->stamp.inode != st.st_ino))) {
        node_remove(n); /* another one of this name */
        n = NULL;
    }
    if (!n) {
        add_child(dir, name, &st);
        return;
    }
    n->seen = dir->generation;
    if (n->is_dir) {
        if (deep)
            scan_add(n, true);
    } else if (stamp_differs(n, &st)) {
        take_stamp(n, &st);
        tell(n, TREE_CHANGE);
    }
}

void node_check(struct node *n)
{
    struct stat st;

    if (!node_stat(n->parent, -1, n->name, &st) || S_ISDIR(st.st_mode))
        return; /* its folder's events tell */
    /* The clock of files is coarse; a write after our last look counts, whatever it says. */
    if (stamp_differs(n, &st) || n->written) {
        take_stamp(n, &st);
        tell(n, TREE_CHANGE);
    }
}
