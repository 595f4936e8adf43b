/* SPDX-License-Identifier: MIT */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"

struct spool {
    atomic_uint refs;
    atomic_uint_fast64_t len;
    int fd;    /* owned */
    void *map; /* owned; NULL: none */
    size_t n_map;
};

struct spool *spool_create(const char *directory, struct err *e)
{
    /* O_EXCL: it can never be given a name. */
    int fd = open(directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    struct spool *s;

    if (fd < 0) {
        int reason = errno;

        err_set_errno(e, reason, "temporary file in %s", directory);
        if (e && (reason == EOPNOTSUPP || reason == EISDIR || reason == ENOENT))
            e->code = ERR_UNSUPPORTED;
        return NULL;
    }
    s = xcalloc(1, sizeof *s);
    s->fd = fd;
    atomic_init(&s->refs, 1);
    return s;
}

struct spool *spool_ref(struct spool *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void spool_unref(struct spool *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    if (s->map)
        munmap(s->map, s->n_map);
    close(s->fd);
    free(s);
}

uint64_t spool_len(const struct spool *s)
{
    return atomic_load(&s->len);
}

int spool_append(struct spool *s, const void *bytes, size_t n)
{
    const char *from = bytes;
    off_t at = (off_t)spool_len(s);

    while (n) {
        ssize_t done = pwrite(s->fd, from, n, at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done ? -errno : -ENOSPC;
        from += done;
        at += done;
        n -= (size_t)done;
    }
    atomic_store(&s->len, (uint64_t)at);
    return 0;
}

ssize_t spool_read(const struct spool *s, uint64_t at, char *out, size_t n)
{
    ssize_t got;

    do
        got = pread(s->fd, out, n, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

const char *spool_map(struct spool *s, struct err *e)
{
    int r;

    if (s->map)
        return s->map;
    r = spool_append(s, "", 1);
    if (r) {
        err_set_errno(e, -r, "temporary file");
        return NULL;
    }
    s->n_map = (size_t)spool_len(s);
    atomic_fetch_sub(&s->len, 1);
    s->map = mmap(NULL, s->n_map, PROT_READ, MAP_SHARED, s->fd, 0);
    if (s->map == MAP_FAILED) {
        s->map = NULL;
        err_set_errno(e, errno, "map the temporary file");
        return NULL;
    }
    madvise(s->map, s->n_map, MADV_SEQUENTIAL);
    return s->map;
}
