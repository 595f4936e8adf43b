/* SPDX-License-Identifier: MIT */
#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

int private_make_dir(const char *path, struct err *e)
{
    cleanup_free char *copy = xstrdup(path);
    struct stat st;

    for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(copy, 0700) < 0 && errno != EEXIST && stat(copy, &st) < 0)
            return err_set_errno(e, errno, "cannot make the folder %s", copy);
        *slash = '/';
    }
    if (mkdir(copy, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        return err_set_errno(e, errno, "cannot make the folder %s", path);
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set_errno(e, ENOTDIR, "%s", path);
    return 0;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno != EINTR)
            return -1;
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

int private_write(const char *path, const char *bytes, size_t n, struct err *e)
{
    const char *slash = strrchr(path, '/');
    cleanup_free char *dir = xasprintf("%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    cleanup_free char *new_path = xasprintf("%s.%ld.new", path, (long)getpid());

    if (private_make_dir(dir, e) < 0)
        return -(int)e->code;
    int fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, "cannot write %s", new_path);
    int failed = write_all(fd, bytes, n) < 0 ? errno : 0;
    if (close(fd) < 0 && !failed)
        failed = errno;
    if (!failed && rename(new_path, path) < 0)
        failed = errno;
    if (!failed)
        return 0;
    unlink(new_path);
    return err_set_errno(e, failed, "cannot write %s", path);
}

char *private_read(const char *path, size_t cap, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct buf text = {0};
    struct stat st;

    if (fd < 0) {
        if (errno != ENOENT)
            err_set_errno(e, errno, "%s", path);
        return NULL;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > cap) {
        close(fd);
        err_set(e, ERR_LIMIT, "%s: no file of at most %zu bytes", path, cap);
        return NULL;
    }
    buf_reserve(&text, (size_t)st.st_size + 1);
    ssize_t n = read(fd, text.data, (size_t)st.st_size);
    close(fd);
    text.len = n > 0 ? (size_t)n : 0;
    text.data[text.len] = '\0';
    return buf_steal(&text);
}
