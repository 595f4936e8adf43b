/* SPDX-License-Identifier: MIT
 *
 * Opening without being led astray, looking and reading.
 *
 * A path is first opened with O_PATH, which neither blocks nor does anything to a device or FIFO;
 * what turns out to be a regular file is then opened through that descriptor.
 */
#include "host/daemon/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/jsontext.h"
#include "host/daemon/path.h"

#define PIECE ((size_t)256 * 1024)

/* --- errors --- */

static const struct {
    int errnum, status;
    enum err_code code;
    const char *text;
} failures[] = {
    {ENOENT, 404, ERR_NOT_FOUND, "File not found"},
    {ENOTDIR, 400, ERR_ARG, "Not a directory"},
    {EISDIR, 400, ERR_ARG, "Is a directory"},
    {ENAMETOOLONG, 400, ERR_ARG, "Name too long"},
    {EINVAL, 400, ERR_ARG, "Not a possible name"},
    {EILSEQ, 400, ERR_ARG, "Not a possible name"},
    {ELOOP, 400, ERR_ARG, "Too many links, or one into /proc"},
    {ENXIO, 400, ERR_ARG, "Not a regular file"},
    {EXDEV, 403, ERR_FORBIDDEN, "Something is mounted there"},
    {EBUSY, 403, ERR_FORBIDDEN, "Something is mounted there"},
    {EACCES, 403, ERR_FORBIDDEN, "Permission denied"},
    {EPERM, 403, ERR_FORBIDDEN, "Not permitted"},
    {EROFS, 403, ERR_FORBIDDEN, "Read-only file system"},
    {ENOSPC, 507, ERR_LIMIT, "No space left on the disk"},
    {EDQUOT, 507, ERR_LIMIT, "The disk quota is used up"},
    {EFBIG, 413, ERR_LIMIT, "File too large"},
    {EMFILE, 503, ERR_LIMIT, "Too many open files"},
    {ENFILE, 503, ERR_LIMIT, "Too many open files"},
    {ECANCELED, 503, ERR_CANCELLED, "The sandbox is stopping"},
    {ESTALE, 409, ERR_CONFLICT, "Changed meanwhile"},
};

int file_error(struct err *e, int errnum, const char *shown)
{
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (failures[i].errnum != errnum)
            continue;
        err_set(e, failures[i].code, "%s: %s", failures[i].text, shown);
        if (e)
            e->http_status = failures[i].status;
        return -(int)failures[i].code;
    }
    err_set_errno(e, errnum, "%s", shown);
    if (e)
        e->http_status = 500;
    return -ERR_IO;
}

/* --- opening --- */

int file_open_at(int dirfd, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);

    return fd < 0 ? -errno : (int)fd;
}

/* Ours to the kernel's eyes: the daemon's memory and descriptors are among them. */
static bool is_of_a_process(int fd)
{
    static const char proc[] = "/proc/";
    char link[64], target[PATH_TEXT_MAX];
    struct statfs fs;
    ssize_t n;

    if (fstatfs(fd, &fs))
        return true;
    if (fs.f_type != PROC_SUPER_MAGIC)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, sizeof target - 1);
    if (n < 0)
        return true;
    target[n] = '\0';
    return !strncmp(target, proc, sizeof proc - 1) &&
           isdigit((unsigned char)target[sizeof proc - 1]);
}

static int closed_to_processes(int fd)
{
    if (fd < 0 || !is_of_a_process(fd))
        return fd;
    close(fd);
    return -EACCES;
}

int file_open_path(const char *path)
{
    return closed_to_processes(file_open_at(AT_FDCWD, path, O_PATH));
}

static int reopen(int fd, int flags)
{
    char link[64];
    int r;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    r = open(link, flags | O_CLOEXEC);
    return r < 0 ? -errno : r;
}

/* The directory of that name in dir, made when it is missing. */
static int enter(int dir, const char *name)
{
    int fd = file_open_at(dir, name, O_PATH | O_DIRECTORY);

    if (fd != -ENOENT)
        return fd;
    if (mkdirat(dir, name, 0777) && errno != EEXIST)
        return -errno;
    return file_open_at(dir, name, O_PATH | O_DIRECTORY);
}

static int make_dirs(const char *path)
{
    cleanup_free char *copy = xstrdup(path);
    char *rest = NULL;
    int fd = file_open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);

    for (char *name = strtok_r(copy, "/", &rest); name && fd >= 0;
         name = strtok_r(NULL, "/", &rest)) {
        int next = enter(fd, name);

        close(fd);
        fd = next;
    }
    return fd;
}

int file_open_parent(const char *path, bool create)
{
    size_t n = (size_t)(path_name(path) - path);
    cleanup_free char *dir = xstrndup(path, n ? n : 1);
    int fd;

    if (n > PATH_TEXT_MAX)
        return -ENAMETOOLONG;
    fd = file_open_at(AT_FDCWD, dir, O_PATH | O_DIRECTORY);
    if (fd == -ENOENT && create)
        fd = make_dirs(dir);
    return closed_to_processes(fd);
}

int file_open_regular(struct file_path p, struct stat *st, struct err *e)
{
    int path = file_open_path(p.path), fd;

    if (path == -ENOTDIR)
        path = -ENOENT;
    if (path < 0)
        return file_error(e, -path, p.shown);
    if (fstat(path, st))
        fd = -errno;
    else if (S_ISDIR(st->st_mode))
        fd = -EISDIR;
    else if (!S_ISREG(st->st_mode))
        fd = -ENXIO;
    else
        fd = reopen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    close(path);
    return fd < 0 ? file_error(e, -fd, p.shown) : fd;
}

/* --- looking --- */

int file_stat(struct file_path p, struct stat *st, struct err *e)
{
    cleanup_fd int fd = file_open_path(p.path);

    if (fd < 0)
        return file_error(e, fd == -ENOTDIR ? ENOENT : -fd, p.shown);
    return fstat(fd, st) ? file_error(e, errno, p.shown) : 0;
}

cJSON *file_info(const char *path, const struct stat *st)
{
    cJSON *o = cJSON_CreateObject();
    const char *name = path_name(path);
    char iso[CLOCK_ISO_SIZE];

    json_add_bytes(o, "name", name, strlen(name));
    json_add_bytes(o, "path", path, strlen(path));
    cJSON_AddNumberToObject(o, "size", (double)st->st_size);
    cJSON_AddBoolToObject(o, "is_dir", S_ISDIR(st->st_mode));
    clock_format_iso(iso, (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000);
    cJSON_AddStringToObject(o, "modified_at", iso);
    return o;
}

struct names {
    char **items; /* owned */
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Returns whether there were more. */
static bool read_names(DIR *dir, struct names *names)
{
    const struct dirent *d;

    while ((d = readdir(dir))) {
        if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
            continue;
        if (names->n == FILE_LIST_MAX)
            return true;
        if (!(names->n & (names->n - 1)))
            names->items = xreallocarray(names->items, names->n ? names->n * 2 : 1, sizeof(char *));
        names->items[names->n++] = xstrdup(d->d_name);
    }
    if (names->n)
        qsort(names->items, names->n, sizeof(char *), by_name);
    return false;
}

static void add_entry(cJSON *files, int dir, const char *parent, const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", path_is_root(parent) ? "" : parent, name);
    struct stat st;

    /* A link shows as what it leads to, a dangling one as itself; what just went away is gone. */
    if (fstatat(dir, name, &st, 0) && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
        return;
    cJSON_AddItemToArray(files, file_info(path, &st));
}

int file_list(struct file_path p, cJSON *files, bool *truncated, struct err *e)
{
    int path = file_open_path(p.path), fd = path < 0 ? path : reopen(path, O_RDONLY | O_DIRECTORY);
    struct names names = {0};
    DIR *dir;

    if (path >= 0)
        close(path);
    if (fd == -ENOENT) {
        err_set(e, ERR_NOT_FOUND, "Directory not found: %s", p.shown);
        if (e)
            e->http_status = 404;
        return -ERR_NOT_FOUND;
    }
    if (fd < 0)
        return file_error(e, -fd, p.shown);
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return file_error(e, ENOTDIR, p.shown);
    }
    *truncated = read_names(dir, &names);
    for (size_t i = 0; i < names.n; i++) {
        add_entry(files, fd, p.path, names.items[i]);
        free(names.items[i]);
    }
    free(names.items);
    closedir(dir);
    return 0;
}

/* --- reading --- */

static ssize_t read_piece(int fd, char *out, size_t cap)
{
    ssize_t n;

    do
        n = read(fd, out, cap);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

int file_read(struct file_path p, size_t max, struct buf *out, struct err *e)
{
    struct stat st;
    cleanup_fd int fd = file_open_regular(p, &st, e);
    size_t start = out->len;

    if (fd < 0)
        return fd;
    for (;;) {
        ssize_t n = read_piece(fd, buf_reserve(out, PIECE), PIECE);

        if (n < 0)
            return file_error(e, (int)-n, p.shown);
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (!n)
            return 0;
        if (out->len - start > max)
            return file_error(e, EFBIG, p.shown);
    }
}
