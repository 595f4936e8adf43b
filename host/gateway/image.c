/* SPDX-License-Identifier: MIT
 *
 * Folder by folder, without recursion: a folder is a node that knows its parent, waits on a stack
 * for its turn, and is opened by its path below either root (openat2: beneath, no links, no
 * mounts), so that depth costs neither descriptors nor stack. The folders in it are made and put on
 * the stack as it is read; when the last of them is done, it gets its mode and times.
 */
#include "host/gateway/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/filecopy.h"
#include "host/gateway/internal.h"

#define OPEN_TRIES   16 /* a rename somewhere makes openat2 give up */
#define LINK_BYTES   (16u * 1024 * 1024)
#define XATTR_LIST   4096
#define XATTR_MAX    65536
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct node {
    struct node *parent, *next; /* next: on the stack */
    size_t n_open;              /* folders in it that are not done, and itself until it is read */
    unsigned depth;
    bool unlocked; /* made readable by us */
    struct stat st;
    char name[];
};

/* The first copy of a file with several names. */
struct first {
    UT_hash_handle hh;
    struct {
        dev_t dev;
        ino_t ino;
        struct timespec ctime; /* else a number that was given to another file meanwhile */
    } key;
    char path[];
};

struct image {
    const struct image_spec *spec;
    struct image_progress *progress;
    int from, to; /* owned */
    dev_t dev;
    struct node *stack;
    size_t n_stack;
    struct first *firsts; /* uthash */
    size_t n_first_bytes;
    struct buf path, file; /* of the folder, and of the file in it */
    char *xattr;           /* owned; made when it is needed */
};

static bool is_stopped(const void *user)
{
    const struct image *m = user;

    if (m->spec->tick)
        m->spec->tick(m->spec->user);
    return atomic_load(m->spec->stop);
}

int image_fail(struct err *e, int errnum, const char *what)
{
    int status = 0;

    if (errnum == ECANCELED)
        return err_set(e, ERR_CANCELLED, "stopped");
    if (errnum == ENOSPC || errnum == EDQUOT) {
        err_set(e, ERR_LIMIT, "no space left on the disk of the state folder");
        status = 507;
    } else if (errnum == EMFILE || errnum == ENFILE) {
        err_set(e, ERR_LIMIT, "too many open files");
        status = 503;
    } else if (errnum == ESTALE) {
        err_set(e, ERR_CONFLICT, "%s was removed while it was copied", what);
    } else if (errnum == E2BIG) {
        err_set(e, ERR_LIMIT, "more than %d folders", IMAGE_FOLDERS_MAX);
    } else if (errnum == ELOOP) {
        err_set(e, ERR_LIMIT, "%.100s…: more than %d folders in one another", what,
                IMAGE_DEPTH_MAX);
    } else {
        err_set_errno(e, errnum, "copy %s", what);
        status = 500;
    }
    if (e && status)
        e->http_status = status;
    return e ? -(int)e->code : -(int)ERR_IO;
}

/* --- paths and folders --- */

/* A path in pieces that the kernel takes. Returns a descriptor or -errno. */
static int open_below(int root, const char *path, int flags)
{
    struct open_how how = {.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
    int at = root, fd = -EAGAIN;

    for (size_t n = strlen(path);; path += n, n = strlen(path)) {
        bool last = n < PATH_MAX;
        cleanup_free char *piece = NULL;

        if (!last) {
            for (n = PATH_MAX - 1; path[n] != '/'; n--)
                continue;
            n++;
        }
        piece = xstrndup(path, last ? n : n - 1);
        how.flags = (unsigned)(last ? flags : O_PATH | O_DIRECTORY) | O_CLOEXEC;
        for (int i = 0; i < OPEN_TRIES; i++) {
            fd = (int)syscall(SYS_openat2, at, *piece ? piece : ".", &how, sizeof how);
            fd = fd < 0 ? -errno : fd;
            if (fd != -EAGAIN)
                break;
        }
        if (at != root)
            close(at);
        if (fd < 0 || last)
            return fd;
        at = fd;
    }
}

/* The folder's path, "" for the root; valid until the next call. */
static const char *path_of(struct image *m, const struct node *node)
{
    const struct node *up;
    size_t n = 0;
    char *end;

    for (up = node; up->parent; up = up->parent)
        n += strlen(up->name) + 1;
    buf_clear(&m->path);
    end = buf_reserve(&m->path, n + 1) + n;
    m->path.len = n ? n - 1 : 0;
    for (up = node; up->parent; up = up->parent) {
        size_t k = strlen(up->name);

        *--end = up == node ? '\0' : '/';
        end -= k;
        memcpy(end, up->name, k);
    }
    m->path.data[m->path.len] = '\0';
    return m->path.data;
}

/* For messages and links: the folder of m->path, and a name in it. */
static const char *path_in(struct image *m, const char *name)
{
    buf_clear(&m->file);
    if (m->path.len)
        buf_printf(&m->file, "%s/", m->path.data);
    buf_append_str(&m->file, name);
    return m->file.data;
}

static struct node *push(struct image *m, struct node *parent, const char *name)
{
    struct node *node = xcalloc(1, sizeof *node + strlen(name) + 1);

    memcpy(node->name, name, strlen(name) + 1);
    node->parent = parent;
    node->n_open = 1;
    node->next = m->stack;
    m->stack = node;
    m->n_stack++;
    if (parent) {
        node->depth = parent->depth + 1;
        parent->n_open++;
    }
    return node;
}

static struct node *pop(struct image *m)
{
    struct node *node = m->stack;

    m->stack = node->next;
    m->n_stack--;
    return node;
}

/* Through /proc: the descriptor is an O_PATH one. */
static int change_mode(int fd, mode_t mode)
{
    char link[64];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return chmod(link, mode) ? -errno : 0;
}

/* The folder itself, not for reading; the root also when it may not be searched. */
static int open_locked(const struct image *m, const char *path)
{
    return *path ? open_below(m->from, path, O_PATH | O_DIRECTORY)
                 : fcntl(m->from, F_DUPFD_CLOEXEC, 0);
}

/* Makes a folder readable to us, its owner. */
static int unlock(const struct image *m, const char *path)
{
    cleanup_fd int fd = open_locked(m, path);
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        return -EACCES;
    return (st.st_mode & 0500) == 0500 ? 0 : change_mode(fd, (st.st_mode & 07777) | 0500);
}

static int unlock_way(const struct image *m, const char *path)
{
    cleanup_free char *way = xstrdup(path);
    int r = unlock(m, "");

    for (char *slash = strchr(way, '/'); slash && !r; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        r = unlock(m, way);
        *slash = '/';
    }
    return r || !*path ? r : unlock(m, path);
}

/* The folder in the source, and what it is; or -errno. */
static int open_source(struct image *m, struct node *node, const char *path)
{
    int fd = open_below(m->from, path, FOLDER_FLAGS);

    if (fd == -EACCES) {
        cleanup_fd int locked = open_locked(m, path);

        if (locked >= 0 && fstat(locked, &node->st))
            return -errno;
        if (unlock_way(m, path))
            return -EACCES;
        node->unlocked = locked >= 0;
        fd = open_below(m->from, path, FOLDER_FLAGS);
    }
    if (fd >= 0 && !node->unlocked && fstat(fd, &node->st)) {
        close(fd);
        return -errno;
    }
    return fd;
}

static void lock_again(struct image *m, const struct node *node, const char *path)
{
    cleanup_fd int fd = open_locked(m, path);
    struct stat st;

    if (fd >= 0 && !fstat(fd, &st) && st.st_ino == node->st.st_ino)
        change_mode(fd, node->st.st_mode & 07777);
}

/* --- what belongs to a file beside its bytes --- */

static void copy_xattr(struct image *m, int in, int out, const char *name)
{
    ssize_t n;

    if (strncmp(name, "user.", 5) != 0)
        return;
    if (!m->xattr)
        m->xattr = xmalloc(XATTR_MAX);
    n = fgetxattr(in, name, m->xattr, XATTR_MAX);
    if (n >= 0) /* where there is no room for it, the file is worth more than its attribute */
        fsetxattr(out, name, m->xattr, (size_t)n, 0);
}

static void copy_xattrs(struct image *m, int in, int out)
{
    char names[XATTR_LIST];
    ssize_t n = flistxattr(in, names, sizeof names);

    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1)
        copy_xattr(m, in, out, names + i);
}

static int finish_fd(int out, const struct stat *st, mode_t at_least)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};

    return fchmod(out, (st->st_mode & 07777) | at_least) || futimens(out, times) ? -errno : 0;
}

/* --- hard links --- */

static void key_of(struct first *probe, const struct stat *st)
{
    memset(&probe->key, 0, sizeof probe->key); /* its padding is hashed, too */
    probe->key.dev = st->st_dev;
    probe->key.ino = st->st_ino;
    probe->key.ctime.tv_sec = st->st_ctim.tv_sec;
    probe->key.ctime.tv_nsec = st->st_ctim.tv_nsec;
}

static bool link_to_first(struct image *m, int out, const char *name, const struct stat *st)
{
    struct first probe, *first;

    key_of(&probe, st);
    HASH_FIND(hh, m->firsts, &probe.key, sizeof probe.key, first);
    return first && !linkat(m->to, first->path, out, name, 0);
}

static void remember_first(struct image *m, const char *name, const struct stat *st)
{
    const char *path = path_in(m, name);
    size_t n = strlen(path) + 1;
    struct first *first, *old;

    if (HASH_COUNT(m->firsts) >= IMAGE_LINKS_MAX || m->n_first_bytes + n > LINK_BYTES)
        return;
    first = xcalloc(1, sizeof *first + n);
    memcpy(first->path, path, n);
    key_of(first, st);
    HASH_FIND(hh, m->firsts, &first->key, sizeof first->key, old);
    if (old) { /* it has all the links its file system allows */
        free(first);
        return;
    }
    m->n_first_bytes += n;
    HASH_ADD(hh, m->firsts, key, sizeof first->key, first);
}

/* --- entries --- */

static int open_for_reading(int fd, const struct stat *st)
{
    char link[64];
    int in, mode;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    in = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (in >= 0 || errno != EACCES)
        return in < 0 ? -errno : in;
    mode = (int)(st->st_mode & 07777);
    if (change_mode(fd, (mode_t)mode | 0400))
        return -EACCES;
    in = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    in = in < 0 ? -errno : in;
    change_mode(fd, (mode_t)mode);
    return in;
}

static int copy_file(struct image *m, int fd, int to, const char *name, const struct stat *st)
{
    cleanup_fd int in = -1;
    cleanup_fd int out = -1;
    int r;

    if (st->st_nlink > 1 && link_to_first(m, to, name, st)) {
        atomic_fetch_add(&m->progress->links, 1);
        return 0;
    }
    in = open_for_reading(fd, st);
    if (in < 0)
        return in;
    out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    r = filecopy_bytes(in, out, is_stopped, m);
    if (r)
        return r;
    copy_xattrs(m, in, out);
    r = finish_fd(out, st, 0);
    if (!r && st->st_nlink > 1)
        remember_first(m, name, st);
    atomic_fetch_add(&m->progress->files, 1);
    atomic_fetch_add(&m->progress->bytes, (unsigned long long)st->st_size);
    return r;
}

static int copy_link(struct image *m, int fd, int to, const char *name, const struct stat *st)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    char target[PATH_MAX + 1];
    ssize_t n = readlinkat(fd, "", target, sizeof target - 1);

    if (n < 0)
        return -errno;
    target[n] = '\0';
    if (symlinkat(target, to, name))
        return -errno;
    utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
    atomic_fetch_add(&m->progress->links, 1);
    return 0;
}

static int copy_fifo(int to, const char *name, const struct stat *st)
{
    return mkfifoat(to, name, st->st_mode & 0777) ? -errno : 0;
}

static int skip(struct image *m)
{
    atomic_fetch_add(&m->progress->skipped, 1);
    return 0;
}

static int make_folder(struct image *m, struct node *parent, int to, const char *name,
                       const struct stat *st)
{
    if (st->st_dev != m->dev)
        return skip(m);
    if (parent->depth + 1 > IMAGE_DEPTH_MAX)
        return -ELOOP;
    if (m->n_stack >= IMAGE_FOLDERS_MAX)
        return -E2BIG;
    if (mkdirat(to, name, 0700))
        return -errno;
    push(m, parent, name);
    return 0;
}

static int copy_entry(struct image *m, struct node *node, int from, int to, const char *name)
{
    cleanup_fd int fd = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        return -errno;
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR:
        return make_folder(m, node, to, name, &st);
    case S_IFREG:
        return copy_file(m, fd, to, name, &st);
    case S_IFLNK:
        return copy_link(m, fd, to, name, &st);
    case S_IFIFO:
        return copy_fifo(to, name, &st);
    default:
        return skip(m);
    }
}

static bool is_left_out(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..") ||
           !strncmp(name, FILE_TEMP_PREFIX, sizeof FILE_TEMP_PREFIX - 1);
}

/* --- folders --- */

static int copy_entries(struct image *m, struct node *node, DIR *from, int to, struct err *e)
{
    const struct dirent *entry;

    while ((entry = readdir(from))) {
        int r;

        if (is_left_out(entry->d_name))
            continue;
        r = is_stopped(m) ? -ECANCELED : copy_entry(m, node, dirfd(from), to, entry->d_name);
        if (r == -ENOENT && m->spec->live)
            continue;
        /* Read twice, because the folder was changed while it was read. */
        if (r == -EEXIST && m->spec->live)
            continue;
        if (r)
            return image_fail(e, r == -ENOENT ? ESTALE : -r, path_in(m, entry->d_name));
    }
    return 0;
}

/* Nothing is in it any more that is not done: up to the first folder that still waits. */
static int finish_folder(struct image *m, struct node *node, struct err *e)
{
    int r = 0;

    while (node && !--node->n_open) {
        struct node *parent = node->parent;
        const char *path = path_of(m, node);
        cleanup_fd int out = r ? -1 : open_below(m->to, path, FOLDER_FLAGS);

        if (!r) { /* a root that is closed to its owner could not be started */
            r = out < 0 ? out : finish_fd(out, &node->st, parent ? 0 : 0700);
            if (r)
                image_fail(e, -r, path);
        }
        if (node->unlocked)
            lock_again(m, node, path);
        free(node);
        node = parent;
    }
    return r ? -(int)ERR_IO : 0;
}

/* It is gone, or something else has its place. */
static bool is_vanished(int r)
{
    return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EXDEV;
}

static int copy_folder(struct image *m, struct node *node, struct err *e)
{
    const char *path = path_of(m, node);
    int in = open_source(m, node, path), r;
    cleanup_fd int out = -1;
    DIR *from;

    if (is_vanished(in) && m->spec->live && node->parent) {
        node->st = (struct stat){.st_mode = 0755};
        return 0;
    }
    if (in < 0)
        return image_fail(e, is_vanished(in) ? ESTALE : -in, *path ? path : "/");
    out = open_below(m->to, path, FOLDER_FLAGS);
    from = out < 0 ? NULL : fdopendir(in);
    if (!from) {
        r = out < 0 ? -out : errno;
        close(in);
        return image_fail(e, r, path);
    }
    copy_xattrs(m, dirfd(from), out);
    r = copy_entries(m, node, from, out, e);
    closedir(from);
    atomic_fetch_add(&m->progress->folders, 1);
    return r;
}

static int copy_all(struct image *m, struct err *e)
{
    int r = 0;

    push(m, NULL, "");
    while (m->stack) {
        struct node *node = pop(m);
        int finished;

        if (!r)
            r = copy_folder(m, node, e);
        finished = finish_folder(m, node, r ? NULL : e);
        if (!r)
            r = finished;
    }
    return r;
}

static void forget_firsts(struct image *m)
{
    struct first *first, *next;

    HASH_ITER (hh, m->firsts, first, next) {
        HASH_DELETE(hh, m->firsts, first); // NOLINT(clang-analyzer-unix.Malloc)
        free(first);
    }
}

static int open_roots(struct image *m, struct err *e)
{
    struct stat st;

    m->from = open(m->spec->from, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (m->from < 0 || fstat(m->from, &st))
        return err_set_errno(e, errno, "%s", m->spec->from);
    m->dev = st.st_dev;
    if (mkdir(m->spec->to, 0700))
        return image_fail(e, errno, m->spec->to);
    m->to = open(m->spec->to, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return m->to < 0 ? image_fail(e, errno, m->spec->to) : 0;
}

int image_copy(const struct image_spec *spec, struct image_progress *progress, struct err *e)
{
    struct image m = {.spec = spec, .progress = progress, .from = -1, .to = -1};
    int r = open_roots(&m, e);

    if (!r)
        r = copy_all(&m, e);
    if (r && m.to >= 0)
        tree_remove(spec->to, NULL);
    forget_firsts(&m);
    buf_finish(&m.path);
    buf_finish(&m.file);
    free(m.xattr);
    if (m.from >= 0)
        close(m.from);
    if (m.to >= 0)
        close(m.to);
    return r;
}

int image_sync(const char *path, struct err *e)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    /* All of its file system at once: one by one, thousands of files take minutes. */
    if (fd < 0 || syncfs(fd))
        return err_set_errno(e, errno, "write %s to the disk", path);
    return 0;
}
