/* SPDX-License-Identifier: MIT */
#include "host/daemon/server_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define RECORD_MAGIC 0x31474c53u /* "SLG1" */

struct record {
    uint32_t magic, n;
    uint64_t offset;
    int64_t wall_ms;
    uint32_t stream, reserved;
};

struct reading {
    enum log_stream streams;
    uint64_t since, from, next;
    bool any;
    struct buf *text; /* NULL: only the offsets */
};

struct log_job {
    uv_work_t work;
    struct server_log *log; /* NULL: it is gone */
    char *path;             /* owned */
    bool erase;
    struct buf out;                 /* to be written */
    bool erase_after;               /* nobody needs the files any more */
    struct log_reader_list readers; /* at most one; the next has a job of its own */
    bool has_reader;
    struct reading reading; /* the thread's copy: the reader may go meanwhile */
    struct buf text;
};

/* --- files, on any thread --- */

static int open_regular(const char *path, int flags)
{
    /* A FIFO somebody put there must not hold us up. */
    int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void older(char *out, size_t cap, const char *path)
{
    snprintf(out, cap, "%s.1", path);
}

/* Whole records or none, as far as that can be had. A full disk: the offsets show the gap. */
static void write_whole(int fd, off_t size, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            /* Where that fails, readers look for the next record behind the torn one. */
            (void)!ftruncate(fd, size);
            return;
        }
        bytes += written;
        n -= (size_t)written;
    }
}

static void write_file(const char *path, const struct buf *out)
{
    char old[4096];
    struct stat st;
    int fd = open_regular(path, O_WRONLY | O_APPEND | O_CREAT);

    if (fd >= 0 && !fstat(fd, &st) && st.st_size && (size_t)st.st_size + out->len > LOG_FILE_MAX) {
        close(fd);
        older(old, sizeof old, path);
        if (rename(path, old))
            unlink(path);
        fd = open_regular(path, O_WRONLY | O_APPEND | O_CREAT);
    }
    if (fd < 0)
        return;
    if (!fstat(fd, &st))
        write_whole(fd, st.st_size, out->data, out->len);
    close(fd);
}

static void erase_files(const char *path)
{
    char old[4096];

    older(old, sizeof old, path);
    unlink(path);
    unlink(old);
}

static void read_file(const char *path, struct buf *bytes)
{
    int fd = open_regular(path, O_RDONLY);
    const size_t max = LOG_FILE_MAX + LOG_PENDING_MAX + LOG_RECORD_MAX;
    ssize_t n;

    if (fd < 0)
        return;
    while (bytes->len < max && (n = read(fd, buf_reserve(bytes, 65536), 65536)) > 0)
        bytes->len += (size_t)n;
    close(fd);
}

static bool record_sane(const struct buf *bytes, size_t at, struct record *r)
{
    memcpy(r, bytes->data + at, sizeof *r);
    return r->magic == RECORD_MAGIC && r->n <= LOG_RECORD_MAX &&
           r->n <= bytes->len - at - sizeof *r && r->offset <= UINT64_MAX / 2;
}

/* The next record that is whole and sane, with *at behind it; false: there is none. What a death in
 * the middle of a write left is passed over. */
static bool next_record(const struct buf *bytes, size_t *at, struct record *r)
{
    static const uint32_t magic = RECORD_MAGIC;

    while (bytes->len - *at >= sizeof *r) {
        const char *found;

        if (record_sane(bytes, *at, r)) {
            *at += sizeof *r + r->n;
            return true;
        }
        found = memmem(bytes->data + *at + 1, bytes->len - *at - 1, &magic, sizeof magic);
        if (!found)
            return false;
        *at = (size_t)(found - bytes->data);
    }
    return false;
}

static void read_records(struct reading *reading, const char *path)
{
    struct buf bytes = {0};
    struct record r;
    size_t at = 0;

    read_file(path, &bytes);
    while (next_record(&bytes, &at, &r)) {
        uint64_t skip = reading->since > r.offset ? reading->since - r.offset : 0;

        if (r.offset < reading->next)
            continue;
        reading->next = r.offset + r.n;
        if (skip >= r.n)
            continue;
        if (!reading->any)
            reading->from = r.offset + skip;
        reading->any = true;
        if (reading->text && (r.stream & reading->streams))
            buf_append(reading->text, bytes.data + at - r.n + skip, (size_t)(r.n - skip));
    }
    buf_finish(&bytes);
}

static void read_both(struct reading *reading, const char *path)
{
    char old[4096];

    older(old, sizeof old, path);
    read_records(reading, old);
    read_records(reading, path);
    if (!reading->any)
        reading->from = reading->next;
}

/* --- jobs --- */

static void begin(struct server_log *l);

static void on_work(uv_work_t *work)
{
    struct log_job *job = work->data;

    if (job->erase)
        erase_files(job->path);
    if (job->out.len)
        write_file(job->path, &job->out);
    if (job->has_reader)
        read_both(&job->reading, job->path);
}

static void job_free(struct log_job *job)
{
    struct log_reader *r;

    while ((r = TAILQ_FIRST(&job->readers))) {
        TAILQ_REMOVE(&job->readers, r, entry);
        r->from = job->reading.from;
        r->next = job->reading.next;
        r->on_read(r, job->log ? &job->text : NULL);
    }
    buf_finish(&job->out);
    buf_finish(&job->text);
    free(job->path);
    free(job);
}

static void on_done(uv_work_t *work, int status)
{
    struct log_job *job = work->data;
    struct server_log *l = job->log;

    if (!l) {
        if (job->erase_after)
            erase_files(job->path);
        job_free(job);
        return;
    }
    l->job = NULL;
    if (l->pending.len || l->erase || !TAILQ_EMPTY(&l->readers))
        begin(l);
    if (l->full && l->pending.len < LOG_PENDING_MAX) {
        l->full = false;
        if (l->on_room)
            l->on_room(l);
    }
    job_free(job);
}

static void begin(struct server_log *l)
{
    struct log_job *job = xcalloc(1, sizeof *job);
    struct log_reader *r = TAILQ_FIRST(&l->readers);

    job->work.data = job;
    job->log = l;
    job->path = xstrdup(l->path);
    job->erase = l->erase;
    job->out = l->pending;
    TAILQ_INIT(&job->readers);
    if (r) {
        TAILQ_REMOVE(&l->readers, r, entry);
        TAILQ_INSERT_TAIL(&job->readers, r, entry);
        job->has_reader = true;
        job->reading =
            (struct reading){.streams = r->streams, .since = r->since, .text = &job->text};
    }
    l->erase = false;
    memset(&l->pending, 0, sizeof l->pending);
    l->job = job;
    uv_queue_work(l->loop, &job->work, on_work, on_done);
}

/* --- the log --- */

void server_log_init(struct server_log *l, uv_loop_t *loop, const char *path)
{
    struct reading reading = {.streams = LOG_COMBINED};

    memset(l, 0, sizeof *l);
    l->loop = loop;
    l->path = xstrdup(path);
    TAILQ_INIT(&l->readers);
    read_both(&reading, path);
    l->offset = reading.next;
}

void server_log_finish(struct server_log *l)
{
    struct log_reader *r;

    if (l->job) {
        TAILQ_CONCAT(&l->readers, &l->job->readers, entry);
        l->job->erase_after = l->erase;
        l->job->log = NULL;
        l->job = NULL;
    } else if (l->path && l->pending.len) {
        write_file(l->path, &l->pending);
    }
    while ((r = TAILQ_FIRST(&l->readers))) {
        TAILQ_REMOVE(&l->readers, r, entry);
        r->on_read(r, NULL);
    }
    buf_finish(&l->pending);
    free(steal_pointer(&l->path));
}

void server_log_erase(struct server_log *l)
{
    buf_clear(&l->pending);
    l->offset = 0;
    l->erase = true;
    if (!l->job)
        begin(l);
}

bool server_log_append(struct server_log *l, enum log_stream stream, const char *bytes, size_t n)
{
    struct record r = {.magic = RECORD_MAGIC,
                       .n = (uint32_t)n,
                       .offset = l->offset,
                       .wall_ms = clock_wall_ms(),
                       .stream = stream};

    buf_append(&l->pending, &r, sizeof r);
    buf_append(&l->pending, bytes, n);
    l->offset += n;
    l->full |= l->pending.len >= LOG_PENDING_MAX;
    if (!l->job)
        begin(l);
    return !l->full;
}

void server_log_read(struct server_log *l, struct log_reader *r)
{
    TAILQ_INSERT_TAIL(&l->readers, r, entry);
    if (!l->job)
        begin(l);
}
