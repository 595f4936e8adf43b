/* SPDX-License-Identifier: MIT */
#include "host/daemon/jsonflow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/jsontext.h"

enum part_kind { PART_TEXT, PART_BYTES, PART_FILE, PART_SPOOL };

struct part {
    STAILQ_ENTRY(part) entry;
    enum part_kind kind;
    char *bytes;         /* owned; TEXT, BYTES */
    int fd;              /* owned; FILE */
    struct spool *spool; /* held; SPOOL */
    uint64_t at, left;
};

struct jsonflow {
    STAILQ_HEAD(, part) parts;
    char piece[JSONFLOW_PIECE]; /* begins with the start of a UTF-8 sequence that was cut */
    size_t n_kept;
};

struct jsonflow *jsonflow_create(void)
{
    struct jsonflow *f = xmalloc(sizeof *f);

    STAILQ_INIT(&f->parts);
    f->n_kept = 0;
    return f;
}

static struct part *add(struct jsonflow *f, enum part_kind kind, uint64_t n)
{
    struct part *p = xcalloc(1, sizeof *p);

    p->kind = kind;
    p->fd = -1;
    p->left = n;
    STAILQ_INSERT_TAIL(&f->parts, p, entry);
    return p;
}

static void drop_first(struct jsonflow *f)
{
    struct part *p = STAILQ_FIRST(&f->parts);

    STAILQ_REMOVE_HEAD(&f->parts, entry);
    free(p->bytes);
    if (p->fd >= 0)
        close(p->fd);
    spool_unref(p->spool);
    free(p);
}

void jsonflow_destroy(struct jsonflow *f)
{
    while (f && !STAILQ_EMPTY(&f->parts))
        drop_first(f);
    free(f);
}

void jsonflow_add_text(struct jsonflow *f, const char *text)
{
    add(f, PART_TEXT, strlen(text))->bytes = xstrdup(text);
}

void jsonflow_add_open_object(struct jsonflow *f, cJSON *object)
{
    struct part *p = add(f, PART_TEXT, 0);

    p->bytes = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!p->bytes)
        abort(); /* out of memory */
    p->left = strlen(p->bytes);
    if (p->left > 2)
        p->bytes[p->left - 1] = ',';
    else
        p->left--;
}

void jsonflow_add_bytes(struct jsonflow *f, const char *bytes, size_t n)
{
    if (n) {
        struct part *p = add(f, PART_BYTES, n);

        p->bytes = xmalloc(n);
        memcpy(p->bytes, bytes, n);
    }
}

void jsonflow_add_file(struct jsonflow *f, int fd, uint64_t n)
{
    add(f, PART_FILE, n)->fd = fd;
}

void jsonflow_add_spool(struct jsonflow *f, struct spool *s, uint64_t n)
{
    add(f, PART_SPOOL, n)->spool = spool_ref(s);
}

/* --- reading --- */

static ssize_t read_part(struct part *p, char *out, size_t cap)
{
    size_t n = p->left < cap ? (size_t)p->left : cap;
    ssize_t got = (ssize_t)n;

    if (!n)
        return 0;
    if (p->kind == PART_BYTES) {
        memcpy(out, p->bytes + p->at, n);
    } else if (p->kind == PART_SPOOL) {
        got = spool_read(p->spool, p->at, out, n);
    } else {
        do
            got = read(p->fd, out, n);
        while (got < 0 && errno == EINTR);
        got = got < 0 ? -errno : got;
    }
    if (got > 0) {
        p->at += (uint64_t)got;
        p->left -= (uint64_t)got;
    }
    return got;
}

static void flush_kept(struct jsonflow *f, struct buf *out)
{
    json_append_bytes(out, f->piece, f->n_kept);
    f->n_kept = 0;
}

/* Some of the first part; a sequence cut off at the end waits for what follows. */
static int take(struct jsonflow *f, struct part *p, struct buf *out)
{
    ssize_t n = read_part(p, f->piece + f->n_kept, sizeof f->piece - f->n_kept);
    size_t have = f->n_kept + (size_t)(n < 0 ? 0 : n), tail;

    if (n < 0)
        return (int)n;
    tail = utf8_incomplete_tail(f->piece, have);
    json_append_bytes(out, f->piece, have - tail);
    memmove(f->piece, f->piece + have - tail, tail);
    f->n_kept = tail;
    if (!n || !p->left)
        drop_first(f);
    return 0;
}

int jsonflow_next(struct jsonflow *f, struct buf *out)
{
    size_t end = out->len + JSONFLOW_PIECE;
    struct part *p;

    while ((p = STAILQ_FIRST(&f->parts)) && out->len < end) {
        int r = 0;

        if (p->kind == PART_TEXT) {
            flush_kept(f, out);
            buf_append(out, p->bytes, (size_t)p->left);
            drop_first(f);
        } else {
            r = take(f, p, out);
        }
        if (r)
            return r;
    }
    if (!p)
        flush_kept(f, out);
    return p ? 1 : 0;
}

/* --- answering --- */

static int on_next(void *user, struct buf *out)
{
    return jsonflow_next(user, out);
}

static void on_end(void *user)
{
    jsonflow_destroy(user);
}

void jsonflow_reply_on(struct jsonflow *f, struct http_request *r, int status, struct buf *first)
{
    http_reply_stream(r, status, "application/json", first,
                      &(struct http_stream){on_next, on_end, f});
}

void jsonflow_reply(struct jsonflow *f, struct http_request *r, int status, bool small)
{
    struct buf text = {0};
    size_t n;

    if (!small) {
        jsonflow_reply_on(f, r, status, &text);
        return;
    }
    while (jsonflow_next(f, &text) > 0)
        continue;
    jsonflow_destroy(f);
    n = text.len;
    http_reply_bytes(r, status, "application/json", buf_steal(&text), n);
}
