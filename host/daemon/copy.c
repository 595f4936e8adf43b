/* SPDX-License-Identifier: MIT
 *
 * Down both trees at once, with a descriptor of either side for each level.
 */
#include "host/daemon/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/random.h"
#include "host/daemon/file.h"
#include "host/daemon/path.h"
#include "host/filecopy.h"

struct copy {
    const struct copy_spec *spec;
    struct copy_stats *stats;
    struct buf relative; /* of what is being copied */
    struct stat target;  /* the target's own directory */
    const char *where;   /* for messages, while there is no relative path */
    int depth;
};

void copy_stats_init(struct copy_stats *s)
{
    *s = (struct copy_stats){0};
    uv_mutex_init(&s->lock);
}

void copy_stats_finish(struct copy_stats *s)
{
    for (size_t i = 0; i < s->n_skipped; i++)
        free(s->skipped[i]);
    free(s->skipped);
    uv_mutex_destroy(&s->lock);
}

void copy_stats_skip(struct copy_stats *s, const char *relative)
{
    uv_mutex_lock(&s->lock);
    if (s->n_skipped == COPY_SKIPPED_MAX) {
        s->n_more++;
    } else {
        if (!(s->n_skipped & (s->n_skipped - 1)))
            s->skipped =
                xreallocarray(s->skipped, s->n_skipped ? s->n_skipped * 2 : 1, sizeof(char *));
        s->skipped[s->n_skipped++] = xstrdup(relative);
    }
    uv_mutex_unlock(&s->lock);
}

static void note_skipped(struct copy *c)
{
    copy_stats_skip(c->stats, c->relative.data);
}

static bool is_stopped(const void *user)
{
    const struct copy *c = user;

    return atomic_load(c->spec->stop) || atomic_load(c->spec->cancelled);
}

/* --- files and links --- */

static int fill_file(struct copy *c, int in, int out, const struct stat *st)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    int r = filecopy_bytes(in, out, is_stopped, c);

    if (!r && (fchmod(out, st->st_mode & 07777) || futimens(out, times)))
        r = -errno;
    return r;
}

/* Beside its place, then into it. A directory in the way is an error. */
static void temp_name(char temp[sizeof FILE_TEMP_PREFIX + 12])
{
    memcpy(temp, FILE_TEMP_PREFIX, sizeof FILE_TEMP_PREFIX - 1);
    random_name(temp + sizeof FILE_TEMP_PREFIX - 1, 12);
}

static int into_place(int dir, const char *temp, const char *name, int r)
{
    if (!r && renameat(dir, temp, dir, name))
        r = -errno;
    if (r)
        unlinkat(dir, temp, 0);
    return r;
}

static int copy_file(struct copy *c, int from, int to, const char *name)
{
    char temp[sizeof FILE_TEMP_PREFIX + 12];
    cleanup_fd int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    cleanup_fd int out = -1;
    struct stat st;
    int r;

    if (in < 0 || fstat(in, &st))
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -ESTALE;
    temp_name(temp);
    out = openat(to, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    r = into_place(to, temp, name, fill_file(c, in, out, &st));
    if (!r)
        atomic_fetch_add(&c->stats->files, 1);
    return r;
}

static int make_link(int to, const char *name, const char *target)
{
    char temp[sizeof FILE_TEMP_PREFIX + 12];

    temp_name(temp);
    return symlinkat(target, to, temp) ? -errno : into_place(to, temp, name, 0);
}

static int copy_link(struct copy *c, int from, int to, const char *name)
{
    char target[PATH_TEXT_MAX + 1];
    ssize_t n = readlinkat(from, name, target, sizeof target - 1);
    int r;

    if (n < 0)
        return -errno;
    target[n] = '\0';
    r = make_link(to, name, target);
    if (!r)
        atomic_fetch_add(&c->stats->files, 1);
    return r;
}

/* --- directories --- */

static int copy_entries(struct copy *c, int from, int to);

/* What package managers make and nobody edits by hand. */
static bool is_package_folder(const char *name)
{
    static const char *const names[] = {"node_modules", "bower_components", ".venv", "venv",
                                        "__pypackages__"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static int link_folder(struct copy *c, int to, const char *name)
{
    cleanup_free char *target = xasprintf("%s/%s", c->spec->source, c->relative.data);
    int r = make_link(to, name, target);

    if (!r)
        atomic_fetch_add(&c->stats->linked, 1);
    return r;
}

/* A link in its place goes; a directory stays and gets more. */
static int make_dir(int to, const char *name)
{
    struct stat st;

    if (!mkdirat(to, name, 0700))
        return 0;
    if (errno != EEXIST || fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW))
        return -errno;
    if (S_ISDIR(st.st_mode))
        return 0;
    if (!S_ISLNK(st.st_mode))
        return -ENOTDIR;
    return unlinkat(to, name, 0) || mkdirat(to, name, 0700) ? -errno : 0;
}

static int fill_dir(struct copy *c, int in, int to, const char *name, const struct stat *st)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    int r = make_dir(to, name), out;

    if (r)
        return r;
    out = file_open_dir(to, name);
    if (out < 0)
        return out;
    atomic_fetch_add(&c->stats->dirs, 1);
    r = copy_entries(c, in, out);
    if (!r && (fchmod(out, st->st_mode & 07777) || futimens(out, times)))
        r = -errno;
    close(out);
    return r;
}

static int copy_dir(struct copy *c, int from, int to, const char *name, const struct stat *st)
{
    struct stat there;
    int in, r;

    if (c->spec->link_packages && is_package_folder(name) &&
        (fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(there.st_mode)))
        return link_folder(c, to, name);
    if (st->st_dev == c->target.st_dev && st->st_ino == c->target.st_ino) {
        note_skipped(c);
        return 0;
    }
    in = file_open_dir(from, name);
    if (in == -EXDEV) {
        note_skipped(c);
        return 0;
    }
    if (in < 0)
        return in;
    r = fill_dir(c, in, to, name, st);
    close(in);
    return r;
}

static int copy_entry(struct copy *c, int from, int to, const char *name)
{
    struct stat st;

    if (is_stopped(c))
        return -ECANCELED;
    if (ignore_matches(c->spec->ignore, c->relative.data)) {
        note_skipped(c);
        return 0;
    }
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : -errno;
    if (S_ISDIR(st.st_mode))
        return copy_dir(c, from, to, name, &st);
    if (S_ISREG(st.st_mode))
        return copy_file(c, from, to, name);
    if (S_ISLNK(st.st_mode))
        return copy_link(c, from, to, name);
    note_skipped(c);
    return 0;
}

static int copy_each(struct copy *c, DIR *dir, int to)
{
    size_t n = c->relative.len;
    const struct dirent *d;
    int r = 0;

    while (!r && (d = readdir(dir))) {
        if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
            continue;
        if (n)
            buf_append_char(&c->relative, '/');
        buf_append_str(&c->relative, d->d_name);
        r = copy_entry(c, dirfd(dir), to, d->d_name);
        if (!r) { /* else it stands there for the message */
            c->relative.len = n;
            c->relative.data[n] = '\0';
        }
    }
    return r;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void sweep(const struct copy *c, int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *d;
    struct stat st;

    while (dir && (d = readdir(dir))) {
        if (!strncmp(d->d_name, FILE_TEMP_PREFIX, sizeof FILE_TEMP_PREFIX - 1) &&
            !fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISDIR(st.st_mode) &&
            is_before(&st.st_ctim, &c->spec->sweep_before))
            unlinkat(fd, d->d_name, 0);
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}

static int copy_entries(struct copy *c, int from, int to)
{
    int fd, r;
    DIR *dir;

    if (c->depth == COPY_DEPTH_MAX)
        return -ELOOP;
    if (c->spec->sweep_before.tv_sec)
        sweep(c, to);
    fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    c->depth++;
    r = copy_each(c, dir, to);
    c->depth--;
    closedir(dir);
    return r;
}

/* The target's directory, made with its parents. */
static int open_target(const char *path)
{
    cleanup_free char *inner = xasprintf("%s/.", path_is_root(path) ? "" : path);

    return file_open_parent(inner, true);
}

static int copy_roots(struct copy *c)
{
    cleanup_fd int source = file_open_path(c->spec->source);
    cleanup_fd int target = -1;
    struct statfs fs;
    struct stat st;

    if (source < 0 || fstat(source, &st) || fstatfs(source, &fs))
        return source < 0 ? source : -errno;
    /* The daemon's own entries are below it. */
    if (fs.f_type == PROC_SUPER_MAGIC)
        return -EACCES;
    c->where = c->spec->target;
    target = open_target(c->spec->target);
    if (target < 0 || fstat(target, &c->target))
        return target < 0 ? target : -errno;
    if (st.st_dev == c->target.st_dev && st.st_ino == c->target.st_ino)
        return -EINVAL;
    return copy_entries(c, source, target);
}

int copy_tree(const struct copy_spec *spec, struct copy_stats *stats, struct err *e)
{
    struct copy c = {.spec = spec, .stats = stats, .where = spec->source};
    int r;

    buf_reserve(&c.relative, 1);
    c.relative.data[0] = '\0';
    r = copy_roots(&c);
    if (r)
        r = file_error(e, -r, c.relative.len ? c.relative.data : c.where);
    buf_finish(&c.relative);
    return r;
}
