/* SPDX-License-Identifier: MIT
 *
 * Replies whose text is made as it is sent: a piece at a time, on the thread pool, while the
 * connection is suspended. The next one is made when the peer has taken the last.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/http/internal.h"

#define BLOCK       ((size_t)64 * 1024) /* that MHD asks for at a time */
#define STREAM_HOLD ((size_t)256 * 1024)

struct reply_stream {
    struct http_request *request; /* borrowed; there while MHD reads */
    struct http_stream source;
    struct MHD_Connection *mhd; /* while a piece is made */
    uv_work_t work;
    struct buf piece;
    size_t given; /* of the piece */
    int result;   /* of next */
};

static void on_work(uv_work_t *work)
{
    struct reply_stream *st = work->data;

    buf_clear(&st->piece);
    st->given = 0;
    st->result = st->source.next(st->source.user, &st->piece);
}

static void on_worked(uv_work_t *work, int status)
{
    struct reply_stream *st = work->data;
    struct http_server *s = st->request->server;

    (void)status; /* nothing is cancelled */
    s->n_pool--;
    MHD_resume_connection(st->mhd);
    server_kick(s);
}

static void make_piece(struct reply_stream *st)
{
    struct http_request *r = st->request;

    st->mhd = r->conn->mhd;
    st->work.data = st;
    r->server->n_pool++;
    MHD_suspend_connection(st->mhd);
    uv_queue_work(r->server->loop, &st->work, on_work, on_worked);
}

static ssize_t on_read(void *user, uint64_t at, char *out, size_t cap)
{
    struct reply_stream *st = user;
    size_t n = st->piece.len - st->given;

    (void)at;
    if (n) {
        n = n < cap ? n : cap;
        memcpy(out, st->piece.data + st->given, n);
        st->given += n;
        return (ssize_t)n;
    }
    if (!st->result)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (st->result < 0 || !st->request->conn || st->request->server->stopping)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    make_piece(st);
    return 0;
}

static void on_free(void *user)
{
    struct reply_stream *st = user;

    st->source.end(st->source.user);
    buf_finish(&st->piece);
    free(st);
}

void http_reply_stream(struct http_request *r, int status, const char *content_type,
                       struct buf *first, const struct http_stream *stream)
{
    struct reply_stream *st = xcalloc(1, sizeof *st);
    struct MHD_Response *response;

    st->request = r;
    st->source = *stream;
    st->piece = *first;
    *first = (struct buf){0};
    st->result = 1;
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, st, on_free);
    if (!response)
        abort(); /* out of memory */
    MHD_add_response_header(response, "Content-Type", content_type);
    request_hold(r, STREAM_HOLD);
    reply_set(r, status, response);
}
