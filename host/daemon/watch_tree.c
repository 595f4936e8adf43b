/* SPDX-License-Identifier: MIT
 *
 * inotify and listings → names to look at (watch_node.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/daemon/watch_internal.h"

#define SLICE_MS  4
#define CHECK_MS  40 /* from a write to the look at what it did */
#define ROOTS_MS  1000
#define READS_MAX 8 /* of 64 KiB a turn */
#define WATCH_MASK                                                                                 \
    (IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM |              \
     IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* --- listing --- */

/* First the watch, then the listing: nothing can come between unseen. */
static bool begin(struct scan *s)
{
    struct node *n = s->dir;
    struct trees *t = n->tree->trees;
    int fd = node_open(n), wd;
    struct stat st;
    char path[32];

    if (fd < 0)
        return false;
    if (!n->watch && t->n_watches >= TREE_WATCHES_MAX) {
        tree_limit(n->tree, "too many folders");
        close(fd);
        return false;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    wd = inotify_add_watch(t->fd, path, WATCH_MASK);
    if (wd < 0) {
        tree_limit(n->tree, strerror(errno));
        close(fd);
        return false;
    }
    watch_join(n, wd);
    if (!n->parent && !fstat(fd, &st)) {
        n->tree->dev = st.st_dev;
        n->tree->inode = st.st_ino;
    }
    n->generation++;
    s->stream = fdopendir(fd);
    if (!s->stream)
        close(fd);
    return s->stream;
}

static void on_scan(uv_timer_t *timer);

void scan_free(struct scan *s)
{
    struct tree *tree = s->dir->tree;

    TAILQ_REMOVE(&tree->trees->scans, s, entry);
    s->dir->scan = NULL;
    tree->n_scans--;
    if (s->stream)
        closedir(s->stream);
    if (!tree->n_scans && !tree->ready)
        uv_timer_start(&tree->trees->scan_timer, on_scan, 0, 0);
    free(s);
}

void scan_add(struct node *dir, bool deep)
{
    struct trees *t = dir->tree->trees;
    struct scan *s = dir->scan;

    if (s && s->stream) {
        scan_free(s); /* what it has seen may be old: from the start */
        s = NULL;
    }
    if (s) {
        s->deep |= deep;
        return;
    }
    s = xcalloc(1, sizeof *s);
    s->dir = dir;
    s->deep = deep;
    dir->scan = s;
    dir->tree->n_scans++;
    TAILQ_INSERT_TAIL(&t->scans, s, entry);
    if (!t->paused && !uv_is_active((uv_handle_t *)&t->scan_timer))
        uv_timer_start(&t->scan_timer, on_scan, 0, 0);
}

static void scan_end(struct scan *s)
{
    struct node *dir = s->dir, *child, *next;
    int fd = dirfd(s->stream);
    struct stat st;

    HASH_ITER (hh, dir->children, child, next) {
        if (child->seen != dir->generation && !node_stat(dir, fd, child->name, &st))
            node_remove(child);
    }
    scan_free(s);
}

/* A few milliseconds of it; it is freed when it is done. */
static void scan_go_on(struct scan *s, int64_t until_ms)
{
    const struct dirent *entry;
    unsigned n = 0;

    if (!s->stream && !begin(s)) {
        scan_free(s); /* gone again, or not for us; its parent's events tell */
        return;
    }
    while ((entry = readdir(s->stream))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            node_look(s->dir, dirfd(s->stream), entry->d_name, s->deep);
        if (++n % 64 == 0 && (clock_mono_ms() >= until_ms || s->dir->tree->trees->paused))
            return;
    }
    scan_end(s);
}

static void on_scan(uv_timer_t *timer)
{
    struct trees *t = timer->data;
    int64_t until_ms = clock_mono_ms() + SLICE_MS;
    struct tree *tree;
    struct scan *s;

    while (!t->paused && (s = TAILQ_FIRST(&t->scans)) && clock_mono_ms() < until_ms)
        scan_go_on(s, until_ms);
    TAILQ_FOREACH (tree, &t->list, entry) {
        if (tree->n_scans || tree->ready)
            continue;
        tree->ready = true;
        tree->ops->on_ready(tree);
    }
    if (!t->paused && !TAILQ_EMPTY(&t->scans))
        uv_timer_start(&t->scan_timer, on_scan, 0, 0);
}

/* --- changes of files --- */

static void on_check(uv_timer_t *timer)
{
    struct trees *t = timer->data;
    int64_t until_ms = clock_mono_ms() + SLICE_MS;
    struct node *n;

    while (!t->paused && (n = TAILQ_FIRST(&t->checks)) && clock_mono_ms() < until_ms) {
        TAILQ_REMOVE(&t->checks, n, of_checks);
        n->checking = false;
        node_check(n);
    }
    if (!t->paused && !TAILQ_EMPTY(&t->checks))
        uv_timer_start(&t->check_timer, on_check, 1, 0);
}

static void check_later(struct node *n)
{
    struct trees *t = n->tree->trees;

    if (n->checking)
        return;
    n->checking = true;
    TAILQ_INSERT_TAIL(&t->checks, n, of_checks);
    if (!t->paused && !uv_is_active((uv_handle_t *)&t->check_timer))
        uv_timer_start(&t->check_timer, on_check, CHECK_MS, 0);
}

/* --- roots --- */

/* Nothing of it is at its path any more. */
static void lose_root(struct tree *tree)
{
    struct node *top = tree->top, *child, *next;

    HASH_ITER (hh, top->children, child, next) {
        node_remove(child);
    }
    watch_leave(top);
}

static void check_root(struct tree *tree)
{
    struct node *top = tree->top;
    int fd = node_open(top);
    struct stat st;
    bool there = fd >= 0 && !fstat(fd, &st);

    if (fd >= 0)
        close(fd);
    if (top->watch && there && st.st_ino == tree->inode && st.st_dev == tree->dev)
        return;
    lose_root(tree);
    if (there)
        scan_add(top, false);
}

static void on_roots(uv_timer_t *timer)
{
    struct trees *t = timer->data;
    struct tree *tree;

    TAILQ_FOREACH (tree, &t->list, entry) {
        if (tree->ready && !tree->top->scan && !t->paused)
            check_root(tree);
    }
    if (TAILQ_EMPTY(&t->list))
        uv_timer_stop(timer);
}

static void check_roots_now(struct trees *t)
{
    uv_timer_start(&t->root_timer, on_roots, 0, ROOTS_MS);
}

/* --- inotify --- */

static void take_event(struct node *dir, uint32_t mask, const char *name)
{
    struct node *n = node_find(dir, name);

    if (mask & (IN_CREATE | IN_MOVED_TO)) {
        node_look(dir, -1, name, false);
    } else if (mask & (IN_DELETE | IN_MOVED_FROM)) {
        /* Another of this name may be there already: its own event follows. */
        if (n)
            node_remove(n);
    } else if (n && !n->is_dir) {
        n->written |= (mask & IN_MODIFY) && n->batch < dir->tree->trees->batch;
        check_later(n);
    }
}

static void overflow(struct trees *t)
{
    struct tree *tree;

    log_warn("watchers: events were lost, everything is listed again");
    TAILQ_FOREACH (tree, &t->list, entry) {
        if (tree->ready)
            tree->ops->on_overflow(tree);
        scan_add(tree->top, true);
    }
}

static void dispatch(struct trees *t, const struct inotify_event *event)
{
    struct watch *w;
    struct node *n;

    if (event->mask & IN_Q_OVERFLOW) {
        overflow(t);
        return;
    }
    HASH_FIND_INT(t->watches, &event->wd, w);
    if (!w)
        return;
    if (event->mask & IN_IGNORED) { /* the folder is gone; its parent's event removes the nodes */
        while ((n = TAILQ_FIRST(&w->nodes))) {
            TAILQ_REMOVE(&w->nodes, n, of_watch);
            n->watch = NULL;
            if (!n->parent)
                check_roots_now(t);
        }
        HASH_DEL(t->watches, w);
        t->n_watches--;
        free(w);
        return;
    }
    if (event->mask & IN_MOVE_SELF)
        check_roots_now(t);
    if (!event->len)
        return;
    /* Taking an event may free nodes below the folder, never the folder itself. */
    for (n = TAILQ_FIRST(&w->nodes); n; n = t->next) {
        t->next = TAILQ_NEXT(n, of_watch);
        take_event(n, event->mask, event->name);
    }
}

static void on_inotify(uv_poll_t *poll, int status, int events)
{
    static char bytes[65536] __attribute__((aligned(__alignof__(struct inotify_event))));
    struct trees *t = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < READS_MAX && !t->paused; i++) {
        ssize_t n = read(t->fd, bytes, sizeof bytes);

        if (n <= 0)
            return;
        t->batch++;
        for (char *p = bytes; p < bytes + n;) {
            const struct inotify_event *event = (const struct inotify_event *)p;

            p += sizeof *event + event->len;
            dispatch(t, event);
        }
    }
}

/* --- life --- */

void trees_init(struct trees *t, uv_loop_t *loop)
{
    t->loop = loop;
    t->fd = -1;
    TAILQ_INIT(&t->list);
    TAILQ_INIT(&t->scans);
    TAILQ_INIT(&t->checks);
    uv_timer_init(loop, &t->scan_timer);
    uv_timer_init(loop, &t->check_timer);
    uv_timer_init(loop, &t->root_timer);
    t->scan_timer.data = t->check_timer.data = t->root_timer.data = t;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct trees *t = handle->data;

    close(steal_fd(&t->fd));
}

void trees_finish(struct trees *t)
{
    if (!t->loop)
        return;
    t->paused = false;
    uv_close((uv_handle_t *)&t->scan_timer, NULL);
    uv_close((uv_handle_t *)&t->check_timer, NULL);
    uv_close((uv_handle_t *)&t->root_timer, NULL);
    if (t->fd >= 0)
        uv_close((uv_handle_t *)&t->poll, on_poll_closed);
}

void trees_pause(struct trees *t, bool paused)
{
    if (t->paused == paused || t->fd < 0)
        return;
    t->paused = paused;
    if (paused) {
        uv_poll_stop(&t->poll);
        return;
    }
    uv_poll_start(&t->poll, UV_READABLE, on_inotify);
    uv_timer_start(&t->scan_timer, on_scan, 0, 0);
    uv_timer_start(&t->check_timer, on_check, 0, 0);
}

static int start(struct trees *t, struct err *e)
{
    int r;

    if (t->fd >= 0)
        return 0;
    t->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (t->fd < 0)
        return err_set_errno(e, errno, "inotify");
    r = uv_poll_init(t->loop, &t->poll, t->fd);
    if (r) {
        close(steal_fd(&t->fd));
        return err_set_errno(e, -r, "inotify");
    }
    t->poll.data = t;
    if (!t->paused)
        uv_poll_start(&t->poll, UV_READABLE, on_inotify);
    return 0;
}

int tree_open(struct trees *t, struct tree *tree, const char *real, struct err *e)
{
    const char *slash = strrchr(real, '/');
    int r = start(t, e);

    if (r)
        return r;
    tree->trees = t;
    tree->root = xstrndup(real, (size_t)(slash - real));
    tree->only = slash[1] ? xstrdup(slash + 1) : NULL;
    tree->top = node_create(tree, NULL, "", true);
    TAILQ_INSERT_TAIL(&t->list, tree, entry);
    scan_add(tree->top, false);
    if (!uv_is_active((uv_handle_t *)&t->root_timer))
        uv_timer_start(&t->root_timer, on_roots, ROOTS_MS, ROOTS_MS);
    return 0;
}

void tree_close(struct tree *tree)
{
    if (!tree->top)
        return;
    TAILQ_REMOVE(&tree->trees->list, tree, entry);
    node_free(steal_pointer(&tree->top));
    free(tree->root);
    free(tree->only);
}
