/* SPDX-License-Identifier: MIT */
#include "host/daemon/output.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/daemon/internal.h"

void output_init(struct output *o, struct daemon *d, void (*on_written)(struct output *o))
{
    *o = (struct output){.d = d, .on_written = on_written};
}

void output_end(struct output *o)
{
    buf_finish(&o->writing);
}

void output_finish(struct output *o)
{
    buf_finish(&o->bytes);
    buf_finish(&o->writing);
    spool_unref(steal_pointer(&o->spool));
}

static void on_write(uv_work_t *work)
{
    struct output *o = work->data;
    struct err e;

    o->result = 0;
    if (!o->spool)
        o->spool = spool_create(SPOOL_DIR, &e);
    if (o->spool)
        o->result = spool_append(o->spool, o->writing.data, o->writing.len);
    else
        o->in_memory = true;
}

/* Back in front of what came since. */
static void put_back(struct output *o)
{
    buf_append(&o->writing, o->bytes.data ? o->bytes.data : "", o->bytes.len);
    buf_finish(&o->bytes);
    o->bytes = o->writing;
    o->writing = (struct buf){0};
}

static void write_more(struct output *o);

static void on_worked(uv_work_t *work, int status)
{
    struct output *o = work->data;

    (void)status; /* nothing is cancelled */
    o->d->work.n_jobs--;
    o->busy = false;
    if (o->in_memory) {
        put_back(o);
    } else if (o->result) {
        log_warn("the output of a command is cut off: %s", strerror(-o->result));
        o->closed = true;
        buf_finish(&o->bytes);
    } else {
        o->n_spooled += o->writing.len;
    }
    buf_clear(&o->writing);
    if (o->bytes.len > OUTPUT_SMALL)
        write_more(o);
    o->on_written(o);
}

static void write_more(struct output *o)
{
    struct buf empty = o->writing;

    if (o->busy || o->in_memory)
        return;
    o->writing = o->bytes;
    o->bytes = empty;
    o->busy = true;
    o->work.data = o;
    o->d->work.n_jobs++;
    uv_queue_work(o->d->loop, &o->work, on_write, on_worked);
}

void output_append(struct output *o, const char *bytes, size_t n)
{
    uint64_t kept = o->n_spooled + o->writing.len + o->bytes.len;
    uint64_t max = o->in_memory ? OUTPUT_MEMORY_MAX : OUTPUT_MAX;
    uint64_t room = o->closed || kept > max ? 0 : max - kept;

    o->n_total += n;
    if (n > room) {
        n = (size_t)room;
        o->closed = true; /* nothing behind a gap */
    }
    buf_append(&o->bytes, bytes, n);
    if (o->bytes.len > OUTPUT_SMALL)
        write_more(o);
}

bool output_busy(const struct output *o)
{
    return o->busy;
}

bool output_full(const struct output *o)
{
    return o->busy && o->bytes.len > OUTPUT_SMALL;
}

bool output_is_cut(const struct output *o)
{
    return o->n_total > o->n_spooled + o->writing.len + o->bytes.len;
}

bool output_is_small(const struct output *o)
{
    return !o->n_spooled && !o->writing.len;
}

size_t output_memory(const struct output *o)
{
    return o->writing.len + o->bytes.len;
}

uint64_t output_disk(const struct output *o)
{
    return o->n_spooled;
}

void output_describe(const struct output *o, struct jsonflow *f)
{
    if (o->n_spooled)
        jsonflow_add_spool(f, o->spool, o->n_spooled);
    jsonflow_add_bytes(f, o->writing.data, o->writing.len);
    jsonflow_add_bytes(f, o->bytes.data, o->bytes.len);
}
