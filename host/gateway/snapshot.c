/* SPDX-License-Identifier: MIT
 *
 * Making: the root is copied on the pool and synced to the disk; then, when its sandbox is still
 * there (else files may be missing), its row makes it one. Where there is a freezer, its processes
 * stand still meanwhile, for PAUSE_MAX_MS at most: who talks to them shall not take them for dead.
 * Removing: the row goes first.
 */
#include "host/gateway/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "host/cgroup.h"
#include "host/gateway/hostname.h"
#include "host/gateway/image.h"

#define PAUSE_MAX_MS 5000

/* --- what there is --- */

static char *folder_of(const struct gateway *g, const char *id)
{
    return xasprintf("%s/snapshots/%s", g->state, id);
}

char *snapshot_root(const struct snapshot *s)
{
    return xasprintf("%s/snapshots/%s/root", s->gateway->state, s->id);
}

struct snapshot *snapshot_find(struct gateway *g, const char *id, size_t n)
{
    struct snapshot *s;

    HASH_FIND(hh, g->snapshots, id, n, s);
    return s;
}

cJSON *snapshot_view(const struct snapshot *s)
{
    cJSON *view = cJSON_CreateObject();
    char created[CLOCK_ISO_SIZE];

    cJSON_AddStringToObject(view, "id", s->id);
    cJSON_AddStringToObject(view, "provider", s->provider);
    cJSON_AddStringToObject(view, "createdAt", clock_format_iso(created, s->created_ms));
    cJSON_AddStringToObject(view, "sandboxId", s->sandbox);
    if (s->name[0])
        cJSON_AddStringToObject(view, "name", s->name);
    if (s->metadata[0])
        cJSON_AddRawToObject(view, "metadata", s->metadata);
    cJSON_AddNumberToObject(view, "size", (double)s->n_bytes);
    cJSON_AddBoolToObject(view, "ownSystem", s->own_system);
    cJSON_AddBoolToObject(view, "consistent", s->consistent);
    return view;
}

static void destroy(struct snapshot *s)
{
    if (!s)
        return;
    free(s->id);
    free(s->sandbox);
    free(s->provider);
    free(s->name);
    free(s->metadata);
    free(s);
}

static struct snapshot *from_row(struct gateway *g, const struct snapshot_row *row)
{
    struct snapshot *s = xcalloc(1, sizeof *s);

    s->gateway = g;
    s->id = xstrdup(row->id);
    s->sandbox = xstrdup(row->sandbox);
    s->provider = xstrdup(row->provider);
    s->name = xstrdup(row->name);
    s->metadata = xstrdup(row->metadata);
    s->created_ms = row->created_ms;
    s->n_bytes = row->n_bytes;
    s->own_system = row->own_system;
    s->consistent = row->consistent;
    return s;
}

static void on_row(const struct snapshot_row *row, void *gateway)
{
    struct gateway *g = gateway;
    struct snapshot *s = from_row(g, row);

    HASH_ADD_KEYPTR(hh, g->snapshots, s->id, strlen(s->id), s);
}

/* Also rows without a folder: somebody has cleaned up by hand. */
static void check_rows(struct gateway *g)
{
    struct snapshot *s, *next;
    struct stat st;

    HASH_ITER (hh, g->snapshots, s, next) {
        cleanup_free char *root = snapshot_root(s);

        if (!stat(root, &st))
            continue;
        log_warn("snapshot %s has lost its folder", s->id);
        registry_remove_snapshot(g->registry, s->id, NULL);
        HASH_DELETE(hh, g->snapshots, s); // NOLINT(clang-analyzer-unix.Malloc)
        destroy(s);
    }
}

static void remove_orphans(struct gateway *g, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *d;
    struct err e;

    while (folder && (d = readdir(folder))) {
        if (d->d_name[0] == '.' || snapshot_find(g, d->d_name, strlen(d->d_name)))
            continue;
        cleanup_free char *orphan = folder_of(g, d->d_name);
        if (tree_remove(orphan, &e))
            log_warn("gateway: %s", e.text);
    }
    if (folder)
        closedir(folder);
}

int snapshots_open(struct gateway *g, struct err *e)
{
    cleanup_free char *path = folder_of(g, "");
    int r = mkdir(path, 0700) && errno != EEXIST ? err_set_errno(e, errno, "%s", path) : 0;

    if (!r)
        r = registry_each_snapshot(g->registry, on_row, g, e);
    if (r)
        return r;
    check_rows(g);
    remove_orphans(g, path);
    return 0;
}

void snapshots_free(struct gateway *g)
{
    struct snapshot *s, *next;

    HASH_ITER (hh, g->snapshots, s, next) {
        HASH_DELETE(hh, g->snapshots, s); // NOLINT(clang-analyzer-unix.Malloc)
        destroy(s);
    }
}

/* --- removing --- */

struct removal {
    uv_work_t work;
    char *path; /* owned */
};

static void on_remove(uv_work_t *work)
{
    struct removal *t = work->data;
    struct err e;

    if (tree_remove(t->path, &e))
        log_error("gateway: %s", e.text);
}

static void on_removed(uv_work_t *work, int status)
{
    struct removal *t = work->data;

    (void)status;
    free(t->path);
    free(t);
}

static void remove_folder(struct gateway *g, const char *id)
{
    struct removal *t = xcalloc(1, sizeof *t);

    t->path = folder_of(g, id);
    t->work.data = t;
    uv_queue_work(&g->loop, &t->work, on_remove, on_removed);
}

void snapshot_use(struct snapshot *s)
{
    s->n_users++;
}

void snapshot_drop(struct snapshot *s)
{
    if (--s->n_users || !s->removed)
        return;
    remove_folder(s->gateway, s->id);
    destroy(s);
}

int snapshot_remove(struct snapshot *s, struct err *e)
{
    int r = registry_remove_snapshot(s->gateway->registry, s->id, e);

    if (r)
        return r;
    HASH_DELETE(hh, s->gateway->snapshots, s);
    s->removed = true;
    s->n_users++;
    snapshot_drop(s);
    return 0;
}

/* --- making --- */

struct making {
    struct image_job job;
    TAILQ_ENTRY(making) entry;
    struct snapshot *snapshot; /* owned until it is one */
    char *from;                /* owned */
    struct image_progress progress;
    struct http_request *request; /* NULL: answered, or nobody waits any more */
    uv_timer_t timer;
    bool runs;       /* it has processes */
    bool may_pause;  /* and nobody else pauses them */
    int64_t thaw_ms; /* when they go on at the latest; 0: they run */
};

static void on_request_gone(struct http_request *r, void *user)
{
    struct making *m = user;

    (void)r;
    m->request = NULL;
}

static void answer(struct making *m, const struct err *e)
{
    struct http_request *r = steal_pointer(&m->request);

    if (!r)
        return;
    if (e) {
        http_reply_err(r, e);
        return;
    }
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddTrueToObject(reply, "success");
    cJSON_AddItemToObject(reply, "data", snapshot_view(m->snapshot));
    http_reply_json(r, 200, reply);
}

static void on_reply_time(uv_timer_t *timer)
{
    struct making *m = timer->data;
    struct err e;

    err_set(&e, ERR_TIMEOUT,
            "snapshot %s is still being made; it is in the list when it is complete",
            m->snapshot->id);
    answer(m, &e);
}

static void go_on(struct making *m)
{
    struct err e;

    if (!m->thaw_ms)
        return;
    m->thaw_ms = 0;
    if (cgroup_thaw(m->snapshot->sandbox, &e))
        log_error("sandbox %s: %s", m->snapshot->sandbox, e.text);
}

static void on_tick(void *user)
{
    struct making *m = user;

    if (m->thaw_ms && clock_mono_ms() > m->thaw_ms)
        go_on(m);
}

static int copy_paused(struct making *m, const struct image_spec *spec, struct err *e)
{
    struct err why;
    int r;

    if (m->may_pause && !cgroup_freeze(m->snapshot->sandbox, &why))
        m->thaw_ms = clock_mono_ms() + PAUSE_MAX_MS;
    r = image_copy(spec, &m->progress, e);
    m->snapshot->consistent = m->thaw_ms || !m->runs;
    go_on(m);
    return r;
}

static int on_copy(struct image_job *job, struct err *e)
{
    struct making *m = (struct making *)job;
    struct snapshot *s = m->snapshot;
    cleanup_free char *folder = folder_of(s->gateway, s->id);
    cleanup_free char *root = snapshot_root(s);
    const struct image_spec spec = {m->from, root, true, &job->stop, on_tick, m};
    int r;

    if (mkdir(folder, 0700))
        return image_fail(e, errno, "snapshot");
    r = copy_paused(m, &spec, e);
    return r ? r : image_sync(root, e);
}

static int write_down(struct making *m, int result, struct err *e)
{
    struct snapshot *s = m->snapshot;

    /* What was copied while it was being removed is not all of it. */
    if (!sandbox_find(s->gateway, s->sandbox, strlen(s->sandbox)))
        return err_set(e, ERR_NOT_FOUND, "sandbox %s was destroyed while it was copied",
                       s->sandbox);
    if (result)
        return result;
    s->n_bytes = (int64_t)atomic_load(&m->progress.bytes);
    const struct snapshot_row row = {
        .id = s->id,
        .sandbox = s->sandbox,
        .provider = s->provider,
        .name = s->name,
        .metadata = s->metadata,
        .created_ms = s->created_ms,
        .n_bytes = s->n_bytes,
        .own_system = s->own_system,
        .consistent = s->consistent,
    };
    return registry_add_snapshot(s->gateway->registry, &row, e);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct making *m = handle->data;

    free(m->from);
    free(m);
}

static void on_copied(struct image_job *job, int result, const struct err *reason)
{
    struct making *m = (struct making *)job;
    struct snapshot *s = m->snapshot;
    struct gateway *g = s->gateway;
    struct err e = *reason;

    TAILQ_REMOVE(&g->makings, m, entry);
    g->n_making--;
    result = write_down(m, result, &e);
    if (result) {
        err_wrap(&e, "snapshot of %s", s->sandbox);
        log_error("gateway: %s", e.text);
        answer(m, &e);
        remove_folder(g, s->id);
        destroy(s);
    } else {
        log_info("snapshot %s of %s: %llu files, %llu skipped", s->id, s->sandbox,
                 atomic_load(&m->progress.files), atomic_load(&m->progress.skipped));
        HASH_ADD_KEYPTR(hh, g->snapshots, s->id, strlen(s->id), s);
        answer(m, NULL);
    }
    uv_close((uv_handle_t *)&m->timer, on_timer_closed);
}

static struct snapshot *begin(struct gateway *g, const struct sandbox *sandbox,
                              const struct snapshot_options *o)
{
    char id[SANDBOX_ID_LEN + 1];

    do
        random_name(id, SANDBOX_ID_LEN);
    while (snapshot_find(g, id, SANDBOX_ID_LEN));
    const struct snapshot_row row = {
        .id = id,
        .sandbox = sandbox->info.id,
        .provider = sandbox->info.provider,
        .name = o->name,
        .metadata = o->metadata,
        .created_ms = clock_wall_ms(),
        .own_system = sandbox->lasting.own_system,
    };
    return from_row(g, &row);
}

static struct making *find_making(const struct gateway *g, const struct sandbox *s)
{
    struct making *m;

    TAILQ_FOREACH (m, &g->makings, entry)
        if (!strcmp(m->snapshot->sandbox, s->info.id))
            return m;
    return NULL;
}

void snapshots_stop(const struct sandbox *s)
{
    struct making *m, *next;

    for (m = TAILQ_FIRST(&s->gateway->makings); m; m = next) {
        next = TAILQ_NEXT(m, entry);
        if (!strcmp(m->snapshot->sandbox, s->info.id))
            image_job_stop(&m->job);
    }
}

void snapshots_thaw(struct gateway *g)
{
    struct sandbox *s, *next;

    if (!cgroup_support()->freezer)
        return;
    HASH_ITER (hh, g->sandboxes, s, next)
        cgroup_thaw(s->info.id, NULL); /* or it has no group */
}

void snapshot_make(struct gateway *g, struct sandbox *sandbox, const struct snapshot_options *o,
                   struct http_request *r)
{
    cleanup_free char *dir = state_sandbox_dir(g, sandbox->info.id);
    struct making *m;
    struct err e;

    if (HASH_COUNT(g->snapshots) + g->n_making >= SNAPSHOTS_MAX) {
        http_reply_error(r, 429, "%d snapshots exist, which is the most; delete some",
                         SNAPSHOTS_MAX);
        return;
    }
    m = xcalloc(1, sizeof *m);
    m->snapshot = begin(g, sandbox, o);
    m->from = xasprintf("%s/root", dir);
    m->runs = sandbox->phase == PHASE_RUNNING;
    m->may_pause = m->runs && !find_making(g, sandbox);
    m->job.run = on_copy;
    m->job.done = on_copied;
    uv_timer_init(&g->loop, &m->timer);
    m->timer.data = m;
    if (image_job_start(&g->image_jobs, &m->job, &e)) {
        http_reply_err(r, &e);
        destroy(m->snapshot);
        uv_close((uv_handle_t *)&m->timer, on_timer_closed);
        return;
    }
    TAILQ_INSERT_TAIL(&g->makings, m, entry);
    g->n_making++;
    m->request = r;
    http_on_gone(r, on_request_gone, m);
    uv_timer_start(&m->timer, on_reply_time, SNAPSHOT_REPLY_MS, 0);
}
