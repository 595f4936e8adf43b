/* SPDX-License-Identifier: MIT */
#include "host/filecopy.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define PIECE ((size_t)16 * 1024 * 1024) /* by the kernel */
#define PUMP  ((size_t)1024 * 1024)      /* through our memory */

struct filecopy {
    int in, out;
    bool (*is_stopped)(const void *user);
    const void *user;
};

static size_t at_most(off_t n, size_t max)
{
    return n > (off_t)max ? max : (size_t)n;
}

static int write_at(int out, const char *bytes, size_t n, off_t at)
{
    while (n) {
        ssize_t k = pwrite(out, bytes, n, at);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k ? -errno : -EIO;
        bytes += k;
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

/* Both move *at on to where the source ended, at most to `end`. */
static int pump(const struct filecopy *c, off_t *at, off_t end)
{
    cleanup_free char *piece = xmalloc(PUMP);

    while (*at < end) {
        ssize_t n = pread(c->in, piece, at_most(end - *at, PUMP), *at);
        int r;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : 0;
        r = write_at(c->out, piece, (size_t)n, *at);
        if (r)
            return r;
        *at += n;
        if (c->is_stopped(c->user))
            return -ECANCELED;
    }
    return 0;
}

static int copy_range(const struct filecopy *c, off_t *at, off_t end)
{
    while (*at < end) {
        off_t from = *at, to = *at;
        ssize_t n = copy_file_range(c->in, &from, c->out, &to, at_most(end - *at, PIECE), 0);

        if (c->is_stopped(c->user))
            return -ECANCELED;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
            return -errno;
        if (n <= 0) /* its end, or not possible between these two */
            return pump(c, at, end);
        *at += n;
    }
    return 0;
}

int filecopy_bytes(int in, int out, bool (*is_stopped)(const void *user), const void *user)
{
    const struct filecopy c = {in, out, is_stopped, user};
    struct stat st;
    off_t size, at = 0;

    if (!ioctl(out, FICLONE, in))
        return 0;
    if (fstat(in, &st))
        return -errno;
    size = st.st_size;
    while (at < size) {
        off_t data = lseek(in, at, SEEK_DATA), hole;
        int r;

        if (data < 0 && errno == ENXIO) /* the rest is a hole */
            break;
        at = data < 0 ? at : data;
        hole = lseek(in, at, SEEK_HOLE);
        hole = hole <= at || hole > size ? size : hole;
        r = copy_range(&c, &at, hole);
        if (r)
            return r;
        if (at < hole)
            size = at;
    }
    return ftruncate(out, size) ? -errno : 0;
}
