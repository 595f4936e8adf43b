/* SPDX-License-Identifier: MIT */
#include "host/daemon/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/daemon/internal.h"
#include "host/daemon/path.h"

#define WAIT_TICK_MS      100
#define RESTART_DELAY_MIN 20   /* a server that cannot run must not keep the machine busy */
#define LEFTOVERS_MS      1000 /* for what a server left behind when it ended by itself */
#define PORT_MOVES_MAX    5

struct server *server_find(const struct servers *all, const char *slug)
{
    struct server *s;

    HASH_FIND_STR(all->by_slug, slug, s);
    return s;
}

/* --- moving on --- */

static void tell_waiters(struct server *s, const struct server *known)
{
    struct server_waiter *w;

    while ((w = TAILQ_FIRST(&s->waiters))) {
        TAILQ_REMOVE(&s->waiters, w, entry);
        w->on_done(w, known);
    }
}

static void rest(struct server *s, enum server_status status)
{
    s->phase = SERVER_IDLE;
    uv_timer_stop(&s->timer);
    server_set(s, status);
}

void server_fail(struct server *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(s->error, sizeof s->error, format, args);
    va_end(args);
    server_note(s, "%s", s->error);
    rest(s, STATUS_SERVER_FAILED);
}

static void fail_to_spawn(struct server *s, const struct err *e)
{
    s->exit_code = e->code == ERR_NOT_FOUND ? 127 : 126;
    s->has_exit = true;
    server_fail(s, "%s", e->text);
}

static void start_process(struct server *s)
{
    char number[8];
    struct err e;

    if (s->spec.port) {
        /* Chosen before, but an installation may have taken its time. */
        int port = s->given && server_port_free(s, s->given) ? s->given : server_pick_port(s);

        if (!port) {
            server_fail(s, "port %d is taken", s->spec.port);
            return;
        }
        s->given = s->port = port;
        snprintf(number, sizeof number, "%d", port);
        environ_set(&s->environment, "PORT", number);
    } else {
        s->given = s->port = 0;
    }
    if (server_spawn(s, s->spec.start, &e)) {
        fail_to_spawn(s, &e);
        return;
    }
    s->phase = SERVER_RUNNING;
    s->heard = false;
    s->started_ms = clock_mono_ms();
    s->has_exit = false;
    server_set(s, STATUS_SERVER_RUNNING);
    servers_watch(&s->d->servers);
}

static void start_install(struct server *s)
{
    struct err e;

    if (server_spawn(s, s->spec.install, &e)) {
        fail_to_spawn(s, &e);
        return;
    }
    s->phase = SERVER_INSTALLING;
    server_set(s, STATUS_SERVER_INSTALLING);
}

void server_prepared(struct server *s, const struct err *e)
{
    if (e)
        server_fail(s, "%s", e->text);
    else if (s->spec.install && !s->installed)
        start_install(s);
    else
        start_process(s);
}

static void prepare(struct server *s)
{
    s->phase = SERVER_PREPARING;
    server_read_env(s);
}

/* < 0: unknown or failed, 0: still copying, > 0: complete. */
static int overlay_state(struct daemon *d, const char *id)
{
    const struct overlay *o = overlay_find(d, SLICE(id));

    if (!o || o->status == OVERLAY_FAILED)
        return -1;
    return o->status == OVERLAY_COMPLETE;
}

static void on_waiting(uv_timer_t *timer)
{
    struct server *s = timer->data;

    for (size_t i = 0; i < s->spec.n_depends; i++) {
        int state = overlay_state(s->d, s->spec.depends[i]);

        if (state < 0) {
            server_fail(s, "overlay %s failed or is not there", s->spec.depends[i]);
            return;
        }
        if (!state) {
            uv_timer_start(timer, on_waiting, WAIT_TICK_MS, 0);
            return;
        }
    }
    prepare(s);
}

void server_begin(struct server *s)
{
    s->error[0] = '\0';
    s->stopped = false;
    if (s->status != STATUS_SERVER_RESTARTING)
        server_set(s, STATUS_SERVER_STARTING);
    if (!s->spec.n_depends) {
        prepare(s);
        return;
    }
    s->phase = SERVER_WAITING;
    uv_timer_start(&s->timer, on_waiting, 0, 0);
}

static void on_delay(uv_timer_t *timer)
{
    struct server *s = timer->data;

    s->restart_count += s->restart_due;
    prepare(s);
}

static void restart_later(struct server *s, int64_t delay_ms, bool counts)
{
    s->phase = SERVER_DELAY;
    s->restart_due = counts;
    server_set(s, STATUS_SERVER_RESTARTING);
    if (delay_ms < RESTART_DELAY_MIN)
        delay_ms = RESTART_DELAY_MIN;
    uv_timer_start(&s->timer, on_delay, (uint64_t)delay_ms, 0);
}

/* Between choosing a port and listening on it somebody else can have been quicker. */
static bool lost_its_port(struct server *s)
{
    if (!s->exit_code || !s->spec.port || s->spec.strict_port || s->heard ||
        s->n_port_moves >= PORT_MOVES_MAX || server_port_free(s, s->given))
        return false;
    s->n_port_moves++;
    server_note(s, "port %d was taken meanwhile, trying the next", s->given);
    return true;
}

static void ended_by_itself(struct server *s)
{
    const struct server_spec *spec = &s->spec;
    bool again =
        spec->policy == RESTART_ALWAYS || (spec->policy == RESTART_ON_FAILURE && s->exit_code != 0);

    if (lost_its_port(s))
        restart_later(s, 0, false);
    else if (again && (!spec->max_restarts || s->restart_count < spec->max_restarts))
        restart_later(s, spec->restart_delay_ms, true);
    else
        rest(s, s->exit_code ? STATUS_SERVER_FAILED : STATUS_SERVER_STOPPED);
}

static void server_destroy(struct server *s, bool erase);

static void stopped(struct server *s)
{
    s->stopped = true;
    rest(s, STATUS_SERVER_STOPPED);
    servers_save(&s->d->servers, NULL);
    tell_waiters(s, s);
}

static void restart(struct server *s)
{
    s->restart_count = 0;
    s->n_port_moves = 0;
    server_begin(s);
    servers_save(&s->d->servers, NULL);
    tell_waiters(s, s);
}

void server_gone(struct server *s)
{
    switch (s->after) {
    case AFTER_INSTALL:
        s->installed = s->exit_code == 0;
        if (s->installed) {
            servers_save(&s->d->servers, NULL);
            start_process(s);
        } else {
            server_fail(s, "install ended with exit code %d", s->exit_code);
        }
        break;
    case AFTER_EXIT:
        ended_by_itself(s);
        break;
    case AFTER_STOP:
        stopped(s);
        break;
    case AFTER_RESTART:
        restart(s);
        break;
    case AFTER_DELETE:
        server_destroy(s, true);
        break;
    }
}

void server_on_exit(struct child *child, int status)
{
    struct server *s = (struct server *)((char *)child - offsetof(struct server, child));

    s->exited = true;
    s->has_exit = true;
    s->exit_code = process_exit_code(status);
    if (s->phase == SERVER_ENDING)
        return; /* the timer sees it */
    s->after = s->phase == SERVER_INSTALLING ? AFTER_INSTALL : AFTER_EXIT;
    s->phase = SERVER_ENDING;
    server_unwatch(s);
    server_terminate(s, s->spec.stop_timeout_ms < LEFTOVERS_MS ? s->spec.stop_timeout_ms
                                                               : LEFTOVERS_MS);
}

void server_end(struct server *s, enum server_after after, struct server_waiter *w)
{
    if (w)
        TAILQ_INSERT_TAIL(&s->waiters, w, entry);
    if (s->phase == SERVER_ENDING) {
        if (s->after < AFTER_STOP)
            s->end_by_ms = clock_mono_ms() + s->spec.stop_timeout_ms;
        /* The last word counts, but what is to be deleted is. */
        if (s->after != AFTER_DELETE)
            s->after = after;
        if (s->after == AFTER_RESTART)
            server_set(s, STATUS_SERVER_RESTARTING);
        return;
    }
    s->after = after;
    server_drop_env_job(s);
    if (after == AFTER_RESTART)
        server_set(s, STATUS_SERVER_RESTARTING);
    server_unwatch(s);
    if (s->sid) {
        s->phase = SERVER_ENDING;
        server_terminate(s, s->spec.stop_timeout_ms);
        return;
    }
    uv_timer_stop(&s->timer);
    server_gone(s);
}

void server_unwait(struct server *s, struct server_waiter *w)
{
    TAILQ_REMOVE(&s->waiters, w, entry);
}

/* --- making and destroying --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct server *s = handle->data;

    if (--s->n_handles)
        return;
    server_spec_finish(&s->spec);
    environ_finish(&s->environment);
    free(s->cwd);
    free(s);
}

static void server_destroy(struct server *s, bool erase)
{
    struct servers *all = &s->d->servers;

    HASH_DEL(all->by_slug, s);
    children_forget(&s->d->children, &s->child);
    server_drop_env_job(s);
    server_unwatch(s);
    server_close_pipes(s, !erase);
    if (erase) {
        server_log_erase(&s->log);
        servers_save(all, NULL);
        setup_changed(s->d);
        activity_sandbox_changed(s->d, NULL);
    }
    server_log_finish(&s->log);
    tell_waiters(s, NULL);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
    uv_close((uv_handle_t *)&s->check, on_handle_closed);
}

static char *resolve_path(const struct server *s)
{
    const char *directory = setup_directory(s->d), *path = s->spec.path;

    return path ? path_absolute(directory, path) : xstrdup(directory);
}

struct server *server_add(struct servers *all, struct server_spec *spec, int64_t created_wall_ms)
{
    /* With the time: the files of one that was deleted may still be on their way out. */
    cleanup_free char *path =
        xasprintf(STATE_FOLDER "/servers/%s.%lld.log", spec->slug, (long long)created_wall_ms);
    struct server *s = xcalloc(1, sizeof *s);

    s->d = all->d;
    s->spec = *spec;
    s->cwd = resolve_path(s);
    s->status = STATUS_SERVER_STOPPED;
    s->created_wall_ms = created_wall_ms;
    s->updated_wall_ms = clock_wall_ms();
    TAILQ_INIT(&s->waiters);
    uv_timer_init(all->d->loop, &s->timer);
    uv_timer_init(all->d->loop, &s->check);
    s->timer.data = s->check.data = s;
    s->n_handles = 2;
    server_log_init(&s->log, all->d->loop, path);
    s->log.on_room = server_log_room;
    HASH_ADD_KEYPTR(hh, all->by_slug, s->spec.slug, strlen(s->spec.slug), s);
    return s;
}

/* Takes the specification over, for a new server or one that is idle. */
static struct server *place(struct servers *all, struct server_spec *spec)
{
    struct server *s = server_find(all, spec->slug);

    if (!s)
        return server_add(all, spec, clock_wall_ms());
    HASH_DEL(all->by_slug, s);
    server_spec_finish(&s->spec);
    s->spec = *spec;
    HASH_ADD_KEYPTR(hh, all->by_slug, s->spec.slug, strlen(s->spec.slug), s);
    free(s->cwd);
    s->cwd = resolve_path(s);
    s->restart_count = s->n_port_moves = 0;
    s->has_exit = s->installed = false;
    server_log_erase(&s->log);
    return s;
}

static int check_place(const struct servers *all, const struct server_spec *spec, struct err *e)
{
    const struct server *s = server_find(all, spec->slug);

    if (s && s->phase != SERVER_IDLE)
        return err_set(e, ERR_CONFLICT, "server %s is %s already", spec->slug,
                       server_status_name(s->status));
    if (!s && HASH_COUNT(all->by_slug) >= SERVERS_MAX)
        return err_set(e, ERR_LIMIT, "this sandbox has %d servers already", SERVERS_MAX);
    return 0;
}

static int check_depends(const struct servers *all, const struct server_spec *spec, struct err *e)
{
    for (size_t i = 0; i < spec->n_depends; i++)
        if (overlay_state(all->d, spec->depends[i]) < 0)
            return err_set(e, ERR_ARG, "depends_on: no such overlay: %s", spec->depends[i]);
    return 0;
}

static int make_overlays(const struct servers *all, struct server_spec *spec, struct err *e)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, spec->overlays) {
        const struct overlay *o = overlay_create(all->d, item, e);

        if (!o)
            return err_wrap(e, "overlay");
        spec->depends[spec->n_depends++] = xstrdup(o->id);
    }
    return 0;
}

static int check_port(const struct servers *all, const struct server_spec *spec, int *port,
                      struct err *e)
{
    const struct server trial = {.d = all->d, .spec = *spec};

    *port = spec->port ? server_pick_port(&trial) : 0;
    if (spec->port && !*port)
        return err_set(e, ERR_CONFLICT,
                       spec->strict_port ? "port %d is taken" : "no free port at or after %d",
                       spec->port);
    return 0;
}

struct server *server_start(struct servers *all, const cJSON *options, struct err *e)
{
    struct server_spec spec;
    struct server *s;
    int port, r = server_spec_read(&spec, options, e);

    if (r)
        return NULL;
    r = check_place(all, &spec, e);
    if (!r)
        r = check_depends(all, &spec, e);
    if (!r)
        r = check_port(all, &spec, &port, e);
    if (!r)
        r = make_overlays(all, &spec, e);
    if (r) {
        server_spec_finish(&spec);
        return NULL;
    }
    s = place(all, &spec);
    s->given = s->port = port;
    server_begin(s);
    return s;
}

int servers_setup(struct servers *all, const cJSON *list, struct err *e)
{
    const cJSON *item;

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > SERVERS_MAX)
        return err_set(e, ERR_ARG, "servers is not a list of at most %d", SERVERS_MAX);
    cJSON_ArrayForEach (item, list) {
        struct server_spec spec;
        int r = server_spec_read(&spec, item, e);

        if (r)
            return r;
        server_spec_finish(&spec);
    }
    cJSON_ArrayForEach (item, list) {
        const char *slug = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "slug"));

        if (!server_find(all, slug) && !server_start(all, item, e))
            return err_wrap(e, "server %s", slug);
    }
    servers_save(all, NULL);
    return 0;
}

void servers_init(struct servers *all, struct daemon *d)
{
    memset(all, 0, sizeof *all);
    all->d = d;
    uv_timer_init(d->loop, &all->look);
    all->look.data = all;
    servers_load(all);
}

void servers_stop(struct servers *all)
{
    struct server *s, *next;

    HASH_ITER (hh, all->by_slug, s, next) {
        server_destroy(s, false);
    }
    state_file_stop(&all->file);
    ports_forget(&all->d->ports, &all->question);
    uv_close((uv_handle_t *)&all->look, NULL);
}
