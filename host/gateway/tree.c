/* SPDX-License-Identifier: MIT
 *
 * Removes what a sandbox left: hostile in depth, modes and links.
 *
 * No path is ever followed: everything goes by open folders and names in them. A folder deeper than
 * DEPTH_MAX is moved up to the top and has its turn later, so a million nested folders cost no
 * million descriptors.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/gateway/internal.h"

#define DEPTH_MAX 32

struct removal {
    int top;
    unsigned n_moved;
    int errnum; /* the first failure */
};

static void remove_in(struct removal *t, int dir, int depth);

static void note(struct removal *t, int errnum)
{
    if (!t->errnum && errnum != ENOENT)
        t->errnum = errnum;
}

static int open_dir(int dir, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dir, name, flags);

    if (fd < 0 && errno == EACCES && !fchmodat(dir, name, 0700, 0))
        fd = openat(dir, name, flags);
    return fd;
}

static void move_up(struct removal *t, int dir, const char *name)
{
    char fresh[32];

    do
        snprintf(fresh, sizeof fresh, ".moved-%u", t->n_moved++);
    while (!faccessat(t->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW));
    if (renameat(dir, name, t->top, fresh))
        note(t, errno);
}

static void remove_entry(struct removal *t, int dir, const char *name, int depth)
{
    if (!unlinkat(dir, name, 0))
        return;
    if (errno != EISDIR && errno != EPERM && errno != EACCES) {
        note(t, errno);
        return;
    }
    if (!unlinkat(dir, name, AT_REMOVEDIR))
        return;
    if (depth >= DEPTH_MAX) {
        move_up(t, dir, name);
        return;
    }
    int fd = open_dir(dir, name);
    if (fd < 0) {
        note(t, errno);
        return;
    }
    remove_in(t, fd, depth + 1);
    if (unlinkat(dir, name, AT_REMOVEDIR) && depth > 0)
        note(t, errno);
}

/* Closes dir. */
static void remove_in(struct removal *t, int dir, int depth)
{
    struct stat st;
    DIR *entries;
    struct dirent *entry;

    /* Without write permission nothing in it can be unlinked. */
    if (!fstat(dir, &st) && (st.st_mode & 0700) != 0700)
        fchmod(dir, 0700);
    entries = fdopendir(dir);
    if (!entries) {
        note(t, errno);
        close(dir);
        return;
    }
    while ((entry = readdir(entries))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_entry(t, dirfd(entries), entry->d_name, depth);
    }
    closedir(entries);
}

int tree_remove(const char *path, struct err *e)
{
    struct removal t = {.top = open_dir(AT_FDCWD, path)};
    unsigned n_before;

    if (t.top < 0)
        return errno == ENOENT ? 0 : err_set_errno(e, errno, "remove %s", path);
    /* Again as long as something was moved up. */
    do {
        int fd = openat(t.top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        n_before = t.n_moved;
        if (fd < 0)
            break;
        remove_in(&t, fd, 0);
    } while (t.n_moved != n_before && !t.errnum);
    close(t.top);
    if (rmdir(path) && errno != ENOENT)
        return err_set_errno(e, t.errnum ? t.errnum : errno, "remove %s", path);
    return 0;
}
