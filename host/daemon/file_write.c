/* SPDX-License-Identifier: MIT
 *
 * Writing: whole or not at all. Until the rename the old file stands untouched, so a full disk, a
 * broken body or the end of the daemon cost nothing but a temporary file.
 */
#include "host/daemon/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "host/daemon/path.h"
#include "wire/message.h"

#define PIECE     ((size_t)256 * 1024)
#define LINKS_MAX 40

/* Where to write: the directory and the name in it that is no link. */
struct place {
    int dir;    /* owned */
    char *name; /* owned */
    bool exists;
    mode_t mode;
};

static void place_finish(struct place *at)
{
    if (at->dir >= 0)
        close(at->dir);
    free(at->name);
}

/* Moves the place to where the link leads; 0 or -errno. */
static int follow(struct place *at)
{
    char target[PATH_TEXT_MAX + 1];
    ssize_t n = readlinkat(at->dir, at->name, target, sizeof target - 1);
    const char *folder = ".", *name = target;
    char *slash;
    int dir;

    if (n < 0)
        return -errno;
    target[n] = '\0';
    slash = strrchr(target, '/');
    if (slash) {
        name = slash + 1;
        folder = slash == target ? "/" : target;
        *slash = '\0';
    }
    if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
        return -EISDIR;
    dir = file_open_at(at->dir, *folder ? folder : "/", O_PATH | O_DIRECTORY);
    if (dir < 0)
        return dir;
    close(at->dir);
    at->dir = dir;
    free(at->name);
    at->name = xstrdup(name);
    return 0;
}

static int look(struct place *at)
{
    struct stat st;

    for (int i = 0; i < LINKS_MAX; i++) {
        int r;

        if (fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW))
            return errno == ENOENT ? 0 : -errno;
        if (!S_ISLNK(st.st_mode)) {
            at->exists = true;
            at->mode = st.st_mode & 07777;
            if (S_ISDIR(st.st_mode))
                return -EISDIR;
            if (!S_ISREG(st.st_mode))
                return -ENXIO;
            return faccessat(at->dir, at->name, W_OK, AT_EACCESS) ? -errno : 0;
        }
        r = follow(at);
        if (r)
            return r;
    }
    return -ELOOP;
}

static int find_place(const char *path, struct place *at)
{
    *at = (struct place){.dir = -1};
    if (path_is_root(path))
        return -EISDIR;
    at->dir = file_open_parent(path, true);
    if (at->dir < 0)
        return at->dir;
    at->name = xstrdup(path_name(path));
    return look(at);
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno != EINTR)
            return -errno;
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

static int pour(int fd, file_source source, void *user, const char *shown, struct err *e)
{
    cleanup_free char *piece = xmalloc(PIECE);
    int n;

    while ((n = source(user, piece, PIECE, e)) > 0) {
        int r = write_all(fd, piece, (size_t)n);

        if (r)
            return file_error(e, -r, shown);
    }
    return n;
}

/* Fills the temporary file and puts it in its place. */
static int fill(const struct place *at, int fd, const char *temp, struct file_path p,
                file_source source, void *user, struct stat *st, struct err *e)
{
    int r = pour(fd, source, user, p.shown, e);

    if (r)
        return r;
    if ((at->exists && fchmod(fd, at->mode)) || fstat(fd, st) ||
        renameat(at->dir, temp, at->dir, at->name))
        return file_error(e, errno, p.shown);
    return 0;
}

static int write_at(const struct place *at, struct file_path p, file_source source, void *user,
                    struct stat *st, struct err *e)
{
    char temp[sizeof FILE_TEMP_PREFIX + 12] = FILE_TEMP_PREFIX;
    cleanup_fd int fd = -1;
    int r;

    random_name(temp + sizeof FILE_TEMP_PREFIX - 1, 12);
    fd = openat(at->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return file_error(e, errno, p.shown);
    r = fill(at, fd, temp, p, source, user, st, e);
    if (r)
        unlinkat(at->dir, temp, 0);
    return r;
}

int file_write(struct file_path p, file_source source, void *user, struct stat *st, struct err *e)
{
    struct place at;
    int r = find_place(p.path, &at);

    if (!r && strlen(at.name) > NAME_MAX)
        r = -ENAMETOOLONG;
    r = r ? file_error(e, -r, p.shown) : write_at(&at, p, source, user, st, e);
    place_finish(&at);
    return r;
}

static int next_bytes(void *user, char *out, size_t cap, struct err *e)
{
    struct slice *rest = user;
    size_t n = rest->len < cap ? rest->len : cap;

    (void)e;
    memcpy(out, rest->data, n);
    rest->data += n;
    rest->len -= n;
    return (int)n;
}

int file_write_bytes(struct file_path p, const char *bytes, size_t n, struct err *e)
{
    struct slice rest = {bytes, n};
    struct stat st;

    return file_write(p, next_bytes, &rest, &st, e);
}
