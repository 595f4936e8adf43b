/* SPDX-License-Identifier: MIT
 *
 * The root directory belongs to whoever lives in the sandbox, so a restart must not trust it: what
 * is mounted upon is made a real directory first, with *at calls that follow no link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail.h"
#include "host/jail_internal.h"

/* Makes name below dirfd a real directory, whatever is there; returns it opened, or -errno. */
int jail_real_dir(int dirfd, const char *name, mode_t mode, bool replace)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd;

    if (!mkdirat(dirfd, name, 0755)) {
        fd = openat(dirfd, name, flags);
        if (fd >= 0 && fchmod(fd, mode)) {
            close(fd);
            return -errno;
        }
        return fd < 0 ? -errno : fd;
    }
    if (errno != EEXIST)
        return -errno;
    fd = openat(dirfd, name, flags);
    if (fd >= 0)
        return fd;
    if (!replace || (errno != ELOOP && errno != ENOTDIR))
        return -errno;
    if (unlinkat(dirfd, name, 0))
        return -errno;
    return jail_real_dir(dirfd, name, mode, false);
}

/* The links of a merged /usr, as on the host. What else stands there is in the way. */
static int system_link(int root, const char *name, struct err *e)
{
    cleanup_free char *host = xasprintf("/%s", name);
    char target[64], present[64];
    ssize_t n = readlink(host, target, sizeof target - 1), m;
    struct stat st;

    if (n < 0) {
        int fd = lstat(host, &st) ? -1 : jail_real_dir(root, name, 0755, true);

        if (fd >= 0)
            close(fd);
        return 0;
    }
    target[n] = '\0';
    m = readlinkat(root, name, present, sizeof present);
    if (m == n && !memcmp(present, target, (size_t)n))
        return 0;
    unlinkat(root, name, 0);
    if (symlinkat(target, root, name))
        return err_set_errno(e, errno, "/%s inside", name);
    return 0;
}

struct inner_dir {
    const char *path; /* at most two components */
    mode_t mode;
    bool mounted; /* something is mounted on it: it must be what it seems */
};

static const struct inner_dir inner_dirs[] = {
    {"usr", 0755, true},       {"etc", 0755, true},        {"proc", 0755, true},
    {"dev", 0755, true},       {"tmp", 01777, false},      {"var", 0755, false},
    {"var/tmp", 01777, false}, {"run", 0755, true},        {"root", 0755, false},
    {"home", 0755, false},     {"home/user", 0755, false}, {"workspace", 0755, false},
    {"opt", 0755, false},      {"srv", 0755, false},       {"mnt", 0755, false},
};

static int make_inner_dir(int root, const struct inner_dir *d, struct err *e)
{
    const char *slash = strchr(d->path, '/');
    cleanup_fd int parent = -1;
    int fd;

    if (slash) {
        cleanup_free char *first = xstrndup(d->path, (size_t)(slash - d->path));

        parent = openat(root, first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (parent < 0)
            return 0;
    }
    fd = jail_real_dir(slash ? parent : root, slash ? slash + 1 : d->path, d->mode, d->mounted);
    if (fd >= 0)
        close(fd);
    else if (d->mounted)
        return err_set_errno(e, -fd, "/%s inside", d->path);
    return 0;
}

static int prepare_system(int root, struct err *e)
{
    static const char *const links[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(links) && !r; i++)
        r = system_link(root, links[i], e);
    return r;
}

int jail_root_prepare(const struct jail_spec *spec, struct err *e)
{
    cleanup_fd int root = -1;
    int r = 0;

    if (mkdir(spec->root, 0755) && errno != EEXIST)
        return err_set_errno(e, errno, "%s", spec->root);
    root = open(spec->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0)
        return err_set_errno(e, errno, "%s", spec->root);
    for (size_t i = 0; i < ARRAY_LEN(inner_dirs) && !r; i++)
        r = make_inner_dir(root, &inner_dirs[i], e);
    if (!r && !spec->own_system)
        r = prepare_system(root, e);
    return r ? err_wrap(e, "%s", spec->root) : 0;
}
