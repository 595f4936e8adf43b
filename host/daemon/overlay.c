/* SPDX-License-Identifier: MIT */
#include "host/daemon/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsoncut.h"
#include "host/daemon/jsontext.h"
#include "host/daemon/path.h"

static const char *const status_names[] = {"pending", "in_progress", "complete", "failed"};

static void start_next(struct daemon *d);

/* --- life --- */

static void free_overlay(struct overlay *o)
{
    free(o->source);
    free(o->target);
    free(o->source_path);
    free(o->target_path);
    ignore_finish(&o->ignore);
    cJSON_Delete(o->globs);
    copy_stats_finish(&o->stats);
    free(o);
}

static void tell_waiters(struct overlay *o)
{
    struct overlay_waiter *w;

    while ((w = TAILQ_FIRST(&o->waiters))) {
        TAILQ_REMOVE(&o->waiters, w, entry);
        w->on_end(o, w->user);
    }
}

static void tell_event(struct overlay *o)
{
    cJSON *data = event_data("overlayId", o->id);

    event_add_text(data, "source", o->source);
    event_add_text(data, "target", o->target);
    cJSON_AddNumberToObject(data, "copiedFiles", atomic_load(&o->stats.files));
    cJSON_AddNumberToObject(data, "copiedDirs", atomic_load(&o->stats.dirs));
    if (o->status == OVERLAY_FAILED)
        event_add_text(data, "error", o->e.text);
    event_tell(o->d, o->status == OVERLAY_FAILED ? "overlay.failed" : "overlay.completed", data);
}

static void on_copy(uv_work_t *work)
{
    struct overlay *o = work->data;
    const struct copy_spec spec = {
        .source = o->source_path,
        .target = o->target_path,
        .link_packages = o->smart,
        .ignore = &o->ignore,
        .stop = &o->d->work.stop,
        .cancelled = &o->cancelled,
        .sweep_before = o->cut_off,
    };

    o->result = copy_tree(&spec, &o->stats, &o->e);
}

static void on_copied(uv_work_t *work, int status)
{
    struct overlay *o = work->data;
    struct daemon *d = o->d;

    (void)status;
    d->overlays.n_running--;
    d->work.n_jobs--;
    if (!o->forgotten && d->stopping) {
        o->status = OVERLAY_PENDING; /* the next daemon begins it anew */
        return;
    }
    o->status = o->result ? OVERLAY_FAILED : OVERLAY_COMPLETE;
    if (o->forgotten) {
        free_overlay(o);
    } else {
        overlays_save(d, NULL);
        tell_event(o);
        tell_waiters(o);
    }
    setup_changed(d);
    start_next(d);
    events_check_ready(d);
}

static void start_next(struct daemon *d)
{
    struct overlay *o;

    TAILQ_FOREACH (o, &d->overlays.list, entry) {
        if (d->stopping || d->overlays.n_running == OVERLAYS_RUNNING_MAX)
            return;
        if (o->status != OVERLAY_PENDING)
            continue;
        o->status = OVERLAY_IN_PROGRESS;
        o->work.data = o;
        d->overlays.n_running++;
        d->work.n_jobs++;
        uv_queue_work(d->loop, &o->work, on_copy, on_copied);
    }
}

static int read_spec(struct overlay *o, const cJSON *spec, struct err *e)
{
    bool bad, bad_strategy, inside;
    const char *source = json_member_text(spec, "source", &bad);
    const char *target = json_member_text(spec, "target", &bad);
    const char *strategy = json_member_text(spec, "strategy", &bad_strategy);
    cleanup_free char *cwd = work_cwd(o->d);

    if (!source || source[0] != '/')
        return err_set(e, ERR_ARG, "source is not an absolute path");
    if (!target || target[0] == '/')
        return err_set(e, ERR_ARG, "target is not a relative path");
    if (bad_strategy)
        return err_set(e, ERR_ARG, "strategy is not a text");
    o->source = xstrdup(source);
    o->target = xstrdup(target);
    o->source_path = path_resolve(cwd, source);
    o->target_path = path_resolve_below(cwd, target, &inside);
    if (!inside)
        return err_set(e, ERR_ARG, "target leads out of the sandbox root: %s", target);
    o->smart = !strategy || !strcmp(strategy, "smart");
    o->globs = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(spec, "ignore"), true);
    return ignore_read(&o->ignore, o->globs, e);
}

static int check_source(const struct overlay *o, struct err *e)
{
    struct stat st;

    if (file_stat((struct file_path){o->source_path, o->source}, &st, NULL))
        return err_set(e, ERR_NOT_FOUND, "Directory not found: %s", o->source);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_ARG, "Not a directory: %s", o->source);
    if (!strcmp(o->source_path, o->target_path))
        return err_set(e, ERR_ARG, "source and target are the same directory");
    return 0;
}

static struct overlay *new_overlay(struct daemon *d)
{
    struct overlay *o = xcalloc(1, sizeof *o);

    o->d = d;
    o->created_wall_ms = clock_wall_ms();
    TAILQ_INIT(&o->waiters);
    copy_stats_init(&o->stats);
    return o;
}

static void add(struct overlay *o)
{
    TAILQ_INSERT_TAIL(&o->d->overlays.list, o, entry);
    o->d->overlays.n++;
}

struct overlay *overlay_create(struct daemon *d, const cJSON *spec, struct err *e)
{
    struct overlays *all = &d->overlays;
    struct overlay *o;

    if (all->n == OVERLAYS_MAX) {
        err_set(e, ERR_LIMIT, "there are %d overlays already", OVERLAYS_MAX);
        return NULL;
    }
    o = new_overlay(d);
    memcpy(o->id, "overlay-", 8);
    random_name(o->id + 8, ID_CHARS);
    if (read_spec(o, spec, e) || check_source(o, e)) {
        free_overlay(o);
        return NULL;
    }
    add(o);
    overlays_save(d, NULL);
    setup_changed(d);
    start_next(d);
    return o;
}

struct overlay *overlay_find(struct daemon *d, struct slice id)
{
    struct overlay *o;

    TAILQ_FOREACH (o, &d->overlays.list, entry)
        if (slice_equal(id, o->id))
            return o;
    return NULL;
}

static void forget(struct overlay *o)
{
    struct overlays *all = &o->d->overlays;

    TAILQ_REMOVE(&all->list, o, entry);
    all->n--;
    atomic_store(&o->cancelled, true);
    setup_changed(o->d);
    tell_waiters(o);
    if (o->status == OVERLAY_IN_PROGRESS)
        o->forgotten = true;
    else
        free_overlay(o);
}

void overlay_delete(struct overlay *o)
{
    struct daemon *d = o->d;

    forget(o);
    overlays_save(d, NULL);
    events_check_ready(d);
}

void overlays_stop(struct daemon *d)
{
    state_file_stop(&d->overlays.file);
}

void overlays_finish(struct daemon *d)
{
    struct overlay *o, *next;

    for (o = TAILQ_FIRST(&d->overlays.list); o; o = next) {
        next = TAILQ_NEXT(o, entry);
        forget(o);
    }
}

void overlay_await(struct overlay *o, struct overlay_waiter *w)
{
    TAILQ_INSERT_TAIL(&o->waiters, w, entry);
}

void overlay_unawait(struct overlay *o, struct overlay_waiter *w)
{
    TAILQ_REMOVE(&o->waiters, w, entry);
}

/* --- telling --- */

static void add_brief(cJSON *object, const struct overlay *o)
{
    cJSON_AddStringToObject(object, "id", o->id);
    json_add_bytes(object, "source", o->source, strlen(o->source));
    json_add_bytes(object, "target", o->target, strlen(o->target));
    cJSON_AddStringToObject(object, "copy_status", status_names[o->status]);
}

static void add_stats(cJSON *object, struct copy_stats *s)
{
    cJSON *stats = cJSON_AddObjectToObject(object, "stats"), *skipped;

    cJSON_AddNumberToObject(stats, "copied_files", atomic_load(&s->files));
    cJSON_AddNumberToObject(stats, "copied_dirs", atomic_load(&s->dirs));
    cJSON_AddNumberToObject(stats, "linked_dirs", atomic_load(&s->linked));
    skipped = cJSON_AddArrayToObject(stats, "skipped");
    uv_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n_skipped; i++)
        cJSON_AddItemToArray(skipped, json_bytes(s->skipped[i], strlen(s->skipped[i])));
    if (s->n_more)
        cJSON_AddNumberToObject(stats, "skipped_more", (double)s->n_more);
    uv_mutex_unlock(&s->lock);
}

cJSON *overlay_info(struct overlay *o)
{
    cJSON *object = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    add_brief(object, o);
    cJSON_AddStringToObject(object, "strategy", o->smart ? "smart" : "copy");
    cJSON_AddStringToObject(object, "created_at", clock_format_iso(iso, o->created_wall_ms));
    add_stats(object, &o->stats);
    if (o->status == OVERLAY_FAILED)
        json_add_bytes(object, "copy_error", o->e.text, strlen(o->e.text));
    return object;
}

void overlays_describe(struct daemon *d, cJSON *object)
{
    cJSON *list = cJSON_AddArrayToObject(object, "overlays");
    const struct overlay *o;

    TAILQ_FOREACH (o, &d->overlays.list, entry) {
        cJSON *item = cJSON_CreateObject();

        add_brief(item, o);
        cJSON_AddItemToArray(list, item);
    }
}

bool overlays_busy(const struct daemon *d)
{
    const struct overlay *o;

    TAILQ_FOREACH (o, &d->overlays.list, entry)
        if (o->status == OVERLAY_PENDING || o->status == OVERLAY_IN_PROGRESS)
            return true;
    return false;
}

/* --- on the disk --- */

static cJSON *describe(void *user)
{
    const struct daemon *d = user;
    cJSON *object = cJSON_CreateObject(), *list;
    struct overlay *o;

    cJSON_AddNumberToObject(object, "version", 1);
    list = cJSON_AddArrayToObject(object, "overlays");
    TAILQ_FOREACH (o, &d->overlays.list, entry) {
        cJSON *item = overlay_info(o);

        cJSON_AddNumberToObject(item, "created_ms", (double)o->created_wall_ms);
        if (o->globs)
            cJSON_AddItemToObject(item, "ignore", cJSON_Duplicate(o->globs, true));
        cJSON_AddItemToArray(list, item);
    }
    return object;
}

void overlays_save(struct daemon *d, struct state_saved *saved)
{
    state_file_save(&d->overlays.file, saved);
}

static unsigned count_of(const cJSON *stats, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(stats, name);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 4e9
               ? (unsigned)item->valuedouble
               : 0;
}

static void read_stats(struct copy_stats *s, const cJSON *stats)
{
    const cJSON *item;

    atomic_store(&s->files, count_of(stats, "copied_files"));
    atomic_store(&s->dirs, count_of(stats, "copied_dirs"));
    atomic_store(&s->linked, count_of(stats, "linked_dirs"));
    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(stats, "skipped"))
        if (cJSON_IsString(item))
            copy_stats_skip(s, item->valuestring);
    s->n_more += count_of(stats, "skipped_more");
}

/* One whose copy was under way is pending again: files that are there already are replaced. */
static void read_state(struct overlay *o, const cJSON *item)
{
    const char *status =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "copy_status"));
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "copy_error"));
    const cJSON *created = cJSON_GetObjectItemCaseSensitive(item, "created_ms");

    if (cJSON_IsNumber(created) && created->valuedouble > 0 && created->valuedouble < 1e15)
        o->created_wall_ms = (int64_t)created->valuedouble;
    if (status && !strcmp(status, "complete"))
        o->status = OVERLAY_COMPLETE;
    else if (status && !strcmp(status, "failed"))
        o->status = OVERLAY_FAILED;
    else
        clock_gettime(CLOCK_REALTIME_COARSE, &o->cut_off);
    if (o->status == OVERLAY_PENDING)
        return;
    read_stats(&o->stats, cJSON_GetObjectItemCaseSensitive(item, "stats"));
    if (o->status == OVERLAY_FAILED)
        err_set(&o->e, ERR_IO, "%s", text ? text : "unknown");
}

static void load_one(struct daemon *d, const cJSON *item)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "id"));
    struct overlay *o;
    struct err e;

    if (!id || strlen(id) >= sizeof o->id || strncmp(id, "overlay-", 8) != 0 ||
        overlay_find(d, SLICE(id)) || d->overlays.n == OVERLAYS_MAX)
        return;
    o = new_overlay(d);
    memcpy(o->id, id, strlen(id) + 1);
    if (read_spec(o, item, &e)) {
        log_warn("overlays.json: %s", e.text);
        free_overlay(o);
        return;
    }
    read_state(o, item);
    add(o);
}

void overlays_init(struct daemon *d)
{
    const cJSON *item;
    cJSON *object;

    TAILQ_INIT(&d->overlays.list);
    state_file_init(&d->overlays.file, d, "overlays.json", describe, d);
    object = state_file_read(&d->overlays.file);
    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(object, "overlays"))
        load_one(d, item);
    cJSON_Delete(object);
    start_next(d);
}
