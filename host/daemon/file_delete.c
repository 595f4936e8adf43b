/* SPDX-License-Identifier: MIT
 *
 * Deleting a tree of any depth with two descriptors: down by name, up by "..", and up only into
 * the directory it came from, for somebody may move things meanwhile.
 */
#include "host/daemon/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/alloc.h"
#include "host/daemon/path.h"

/* A directory on the way down, and its parent's identity. */
struct level {
    char *name; /* owned */
    dev_t dev;
    ino_t ino;
};

struct descent {
    struct level *levels; /* owned */
    size_t n;
    int fd; /* of the deepest one */
    const atomic_bool *stop;
};

int file_open_dir(int parent, const char *name)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, parent, name, &how, sizeof how);

    return fd < 0 ? -errno : (int)fd;
}

static int go_down(struct descent *d, int parent, const char *name)
{
    int fd = file_open_dir(parent, name);
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(parent, &st)) {
        close(fd);
        return -errno;
    }
    if (!(d->n & (d->n - 1)))
        d->levels = xreallocarray(d->levels, d->n ? d->n * 2 : 1, sizeof *d->levels);
    d->levels[d->n++] = (struct level){xstrdup(name), st.st_dev, st.st_ino};
    if (d->fd >= 0)
        close(d->fd);
    d->fd = fd;
    return 0;
}

static int remove_dir(int parent, const char *name)
{
    return unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT ? -errno : 0;
}

/* Leaves the empty directory and removes it from its parent. */
static int go_up(struct descent *d)
{
    struct level *level = &d->levels[d->n - 1];
    int parent = openat(d->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    int r;

    if (parent < 0)
        return -errno;
    if (fstat(parent, &st) || st.st_dev != level->dev || st.st_ino != level->ino) {
        close(parent);
        return -ESTALE;
    }
    close(d->fd);
    d->fd = parent;
    r = remove_dir(parent, level->name);
    free(level->name);
    d->n--;
    return r;
}

/* Removes the entries up to the first directory that has something in it: 1, and its name. */
static int clear_files(struct descent *d, char subdir[NAME_MAX + 1])
{
    int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir) {
        r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    while (!r && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (atomic_load(d->stop))
            r = -ECANCELED;
        else if (!unlinkat(d->fd, entry->d_name, 0) || errno == ENOENT)
            continue;
        else if (errno != EISDIR && errno != EPERM)
            r = -errno;
        else if (unlinkat(d->fd, entry->d_name, AT_REMOVEDIR) && errno != ENOENT) {
            r = errno == ENOTEMPTY || errno == EEXIST ? 1 : -errno;
            memcpy(subdir, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    closedir(dir);
    return r;
}

static int delete_tree(int parent, const char *name, const atomic_bool *stop)
{
    struct descent d = {.fd = -1, .stop = stop};
    char subdir[NAME_MAX + 1];
    int r = go_down(&d, parent, name);

    while (!r && d.n) {
        r = clear_files(&d, subdir);
        if (r == 1)
            r = go_down(&d, d.fd, subdir);
        else if (!r && d.n == 1)
            break;
        else if (!r)
            r = go_up(&d);
    }
    while (d.n)
        free(d.levels[--d.n].name);
    free(d.levels);
    if (d.fd >= 0)
        close(d.fd);
    return r ? r : remove_dir(parent, name);
}

int file_delete(struct file_path p, const atomic_bool *stop, struct err *e)
{
    cleanup_fd int parent = -1;
    struct stat st;
    int r = 0;

    if (path_is_root(p.path)) {
        r = err_set(e, ERR_FORBIDDEN, "the root directory cannot be deleted");
        if (e)
            e->http_status = 403;
        return r;
    }
    parent = file_open_parent(p.path, false);
    if (parent < 0)
        return file_error(e, parent == -ENOTDIR ? ENOENT : -parent, p.shown);
    if (fstatat(parent, path_name(p.path), &st, AT_SYMLINK_NOFOLLOW))
        return file_error(e, errno, p.shown);
    if (S_ISDIR(st.st_mode))
        r = delete_tree(parent, path_name(p.path), stop);
    else if (unlinkat(parent, path_name(p.path), 0))
        r = -errno;
    return r ? file_error(e, -r, p.shown) : 0;
}
