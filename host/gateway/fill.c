/* SPDX-License-Identifier: MIT */
#include "host/gateway/fill.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/gateway/image.h"
#include "host/gateway/sandbox.h"
#include "host/gateway/snapshot.h"

int origin_open(struct origin *o, struct gateway *g, const struct create_options *options,
                struct err *e)
{
    *o = (struct origin){.template.archive = -1};
    if (options->template_id && options->template_id[0])
        return template_open(&o->template, g->state, options->template_id, e);
    if (!options->snapshot_id || !options->snapshot_id[0])
        return 0;
    o->snapshot = snapshot_find(g, options->snapshot_id, strlen(options->snapshot_id));
    if (!o->snapshot)
        return err_set(e, ERR_NOT_FOUND, "no such snapshot: %.64s", options->snapshot_id);
    snapshot_use(o->snapshot);
    return 0;
}

bool origin_is_none(const struct origin *o)
{
    return !o->template.path && !o->snapshot;
}

void origin_finish(struct origin *o)
{
    template_finish(&o->template);
    if (o->snapshot)
        snapshot_drop(steal_pointer(&o->snapshot));
}

/* Clients wait 30 s for an answer; told "creating", they ask again. */
#define REPLY_MS 20000

struct fill {
    struct image_job job;
    uv_timer_t timer;
    struct sandbox *sandbox;
    struct origin origin;           /* owned */
    struct create_options options;  /* owned; servers and overlays only */
    char *folder, *root, *snapshot; /* owned; snapshot: its root */
    bool own_system;
    struct image_progress progress;
    void (*done)(struct sandbox *s, const struct create_options *options, const struct err *e);
};

static int copy_from(struct fill *f, const char *path, struct err *e)
{
    const struct image_spec spec = {.from = path, .to = f->root, .stop = &f->job.stop};

    return image_copy(&spec, &f->progress, e);
}

static int unpack_archive(struct fill *f, struct err *e)
{
    const struct template *t = &f->origin.template;
    struct stat st;
    int r;

    if (mkdir(f->root, 0755))
        return image_fail(e, errno, f->root);
    r = unpack(t->archive, t->kind, f->root, &f->job.stop, e);
    /* What the archive says of "." may close it to us. */
    if (!r && (stat(f->root, &st) || chmod(f->root, (st.st_mode & 07777) | 0700)))
        r = err_set_errno(e, errno, "%s", f->root);
    return r;
}

/* Not synced to the disk: as what is written inside later, it is the kernel's to write. */
static int on_fill(struct image_job *job, struct err *e)
{
    struct fill *f = (struct fill *)job;
    int r;

    if (mkdir(f->folder, 0700))
        return image_fail(e, errno, f->folder);
    if (f->snapshot)
        return copy_from(f, f->snapshot, e);
    r = f->origin.template.kind ? unpack_archive(f, e) : copy_from(f, f->origin.template.path, e);
    if (r)
        return err_wrap(e, "template %s", strrchr(f->origin.template.path, '/') + 1);
    f->own_system = template_is_system(f->root);
    return 0;
}

static void fill_free(struct fill *f)
{
    origin_finish(&f->origin);
    create_options_finish(&f->options);
    free(f->folder);
    free(f->root);
    free(f->snapshot);
    free(f);
}

/* Before it runs: it will be started again as what it is. */
static int write_down(struct fill *f, struct err *e)
{
    struct sandbox *s = f->sandbox;

    s->lasting.own_system = f->own_system;
    cleanup_free char *text = lasting_to_text(&s->lasting);
    return registry_set_options(s->gateway->registry, s->info.id, text, e);
}

static void on_reply_time(uv_timer_t *timer)
{
    struct fill *f = timer->data;

    sandbox_answer_waiters(f->sandbox, false, NULL);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct fill *f = handle->data;
    struct sandbox *s = f->sandbox;

    fill_free(f);
    sandbox_release(s);
}

static void on_filled(struct image_job *job, int result, const struct err *reason)
{
    struct fill *f = (struct fill *)job;
    struct sandbox *s = f->sandbox;
    struct err e = *reason;

    s->fill = NULL;
    if (!result && f->own_system)
        result = write_down(f, &e);
    if (!uv_is_closing((uv_handle_t *)&s->expiry))
        f->done(s, &f->options, result ? &e : NULL);
    uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}

int sandbox_fill(struct sandbox *s, struct origin *origin, const struct create_options *options,
                 void (*done)(struct sandbox *s, const struct create_options *options,
                              const struct err *e),
                 struct err *e)
{
    struct fill *f = xcalloc(1, sizeof *f);
    int r;

    f->sandbox = s;
    f->origin = *origin;
    *origin = (struct origin){.template.archive = -1};
    f->options.servers = xstrdup(options->servers);
    f->options.overlays = xstrdup(options->overlays);
    f->folder = state_sandbox_dir(s->gateway, s->info.id);
    f->root = xasprintf("%s/root", f->folder);
    if (f->origin.snapshot) {
        f->snapshot = snapshot_root(f->origin.snapshot);
        f->own_system = f->origin.snapshot->own_system;
    }
    f->done = done;
    f->job.run = on_fill;
    f->job.done = on_filled;
    r = image_job_start(&s->gateway->image_jobs, &f->job, e);
    if (r) {
        fill_free(f);
        return r;
    }
    uv_timer_init(&s->gateway->loop, &f->timer);
    f->timer.data = f;
    uv_timer_start(&f->timer, on_reply_time, REPLY_MS, REPLY_MS);
    s->n_busy++;
    s->fill = f;
    return 0;
}

void sandbox_fill_stop(struct sandbox *s)
{
    if (s->fill)
        image_job_stop(&s->fill->job);
}
