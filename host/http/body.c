/* SPDX-License-Identifier: MIT
 *
 * The body of a request: in memory while it is small, else in a spool. What has come is collected
 * and written on the thread pool while the connection is suspended, so neither a slow disk nor a
 * fast peer costs the loop or the memory anything.
 */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "host/http/internal.h"

void body_drop(struct http_request *r)
{
    buf_finish(&r->body);
    spool_unref(steal_pointer(&r->spool));
}

bool body_fits(const struct http_server *s, uint64_t n)
{
    struct statvfs disk;

    return n <= BODY_SMALL || !s->config.spool_dir || statvfs(s->config.spool_dir, &disk) ||
           n / disk.f_frsize < disk.f_bavail;
}

static void release_memory(struct http_request *r)
{
    r->server->n_held -= r->body.len;
    r->n_held -= r->body.len;
    buf_clear(&r->body);
}

/* --- to the disk --- */

static void on_flush(uv_work_t *work)
{
    struct http_request *r = work->data;
    struct err e;

    if (!r->spool)
        r->spool = spool_create(r->server->config.spool_dir, &e);
    if (r->spool)
        r->flush_result = spool_append(r->spool, r->body.data, r->body.len);
    else
        r->unspoolable = true;
}

static void fail(struct http_request *r, int errnum)
{
    body_drop(r);
    if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
        http_reply_error(r, 507, "no space left on the disk for the body");
    else
        http_reply_error(r, 500, "the body cannot be written: %s", strerror(errnum));
}

static void on_flushed(uv_work_t *work, int status)
{
    struct http_request *r = work->data;
    struct http_server *s = r->server;

    (void)status; /* nothing is cancelled */
    s->n_pool--;
    r->flushing = false;
    if (r->spool)
        release_memory(r);
    if (r->held_by_mhd) {
        if (r->flush_result)
            fail(r, -r->flush_result);
        request_resume(r);
    }
    request_free(r);
    server_kick(s);
}

static void flush(struct http_request *r)
{
    r->flushing = true;
    r->suspended = true;
    MHD_suspend_connection(r->conn->mhd);
    r->flush.data = r;
    r->server->n_pool++;
    uv_queue_work(r->server->loop, &r->flush, on_flush, on_flushed);
}

/* --- taking --- */

void body_take(struct http_request *r, const char *bytes, size_t n)
{
    const struct http_config *config = &r->server->config;
    uint64_t mib = r->n_body / BODY_SMALL;

    if (r->n_body + n > r->body_max) {
        body_drop(r);
        http_reply_error(r, 413, "the body is larger than %zu bytes", r->body_max);
        return;
    }
    if (r->body.len + n > BODY_SMALL && r->server->n_held + n > config->held_max) {
        body_drop(r);
        http_reply_error(r, 503, "too many large requests at once");
        return;
    }
    request_hold(r, n);
    buf_append(&r->body, bytes, n);
    r->n_body += n;
    if (r->n_body / BODY_SMALL != mib)
        conn_set_deadline(r->conn, CONN_BODY, config->timeout_ms);
    if (r->body.len > BODY_SMALL && config->spool_dir && !r->unspoolable)
        flush(r);
}

bool body_complete(struct http_request *r)
{
    struct err e;

    if (!r->spool || r->status || r->mapped.data)
        return true;
    if (r->body.len) {
        flush(r);
        return false;
    }
    r->mapped = (struct slice){spool_map(r->spool, &e), (size_t)spool_len(r->spool)};
    if (!r->mapped.data) {
        body_drop(r);
        http_reply_error(r, 507, "%s", e.text);
    }
    return true;
}
