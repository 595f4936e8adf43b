/* SPDX-License-Identifier: MIT
 *
 * What a server wrote, kept on disk: two files of at most LOG_FILE_MAX bytes each, the older one
 * replaced when the newer is full.
 *
 * The files hold records (who, when, offset, bytes) of both streams in the order they came; an
 * offset counts the bytes of both streams from the server's first start. Writing and reading happen
 * on the thread pool, one job a log at a time, so a reader gets all that was appended before it
 * asked. The files lie where the sandbox's users can spoil them: what is read is checked.
 */
#ifndef HOST_DAEMON_SERVER_LOG_H
#define HOST_DAEMON_SERVER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"

#define LOG_FILE_MAX    ((size_t)2 * 1024 * 1024)
#define LOG_PENDING_MAX ((size_t)512 * 1024) /* beyond, the server's pipes are not read */
#define LOG_RECORD_MAX  65536

enum log_stream { LOG_STDOUT = 1, LOG_STDERR = 2, LOG_COMBINED = LOG_STDOUT | LOG_STDERR };

struct log_job;

/* Embedded in, or the first member of, whoever reads. on_read runs once, on the loop; text NULL:
 * the log is gone. */
struct log_reader {
    TAILQ_ENTRY(log_reader) entry;
    enum log_stream streams;
    uint64_t since;
    void (*on_read)(struct log_reader *r, struct buf *text);
    /* Filled in: the offset that text begins at, the next one to ask for. */
    uint64_t from, next;
};

struct server_log {
    uv_loop_t *loop; /* borrowed */
    char *path;      /* owned; the older file has ".1" behind it */
    struct buf pending;
    uint64_t offset; /* of the next byte */
    struct log_job *job;
    bool erase;                            /* before anything else is written */
    void (*on_room)(struct server_log *l); /* pending became small again; may be NULL */
    bool full;                             /* on_room is owed */
    TAILQ_HEAD(log_reader_list, log_reader)
    readers;
};

/* Finds out where the files end; does so at once, so only when the program starts. */
void server_log_init(struct server_log *l, uv_loop_t *loop, const char *path);
/* Writes what is pending, at once; tells readers that the log is gone. */
void server_log_finish(struct server_log *l);
/* Begins anew. */
void server_log_erase(struct server_log *l);
/* False: enough is pending, wait for on_room. n is at most LOG_RECORD_MAX. */
bool server_log_append(struct server_log *l, enum log_stream stream, const char *bytes, size_t n);
void server_log_read(struct server_log *l, struct log_reader *r);

#endif
