/* SPDX-License-Identifier: MIT
 *
 * The signals channel of each sandbox → lines.
 *
 * A sandbox tells nothing while its signal service is off, so each is asked now and then whether it
 * is on, and a sign says where it is not.
 */
#include "views/signals.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/signals.h"
#include "views/dialog.h"
#include "views/job.h"
#include "views/signal_form.h"
#include "views/stream_sources.h"
#include "views/tick.h"

#define STATUS_MS      3000
#define STATUS_SOON_MS 150 /* after a start or stop */

struct signals {
    struct views_env *env;
    struct stream_sources sources; /* flag: its service is off */
    struct tick *tick;
    char trouble[128]; /* why it is not known whether a service is on */
};

/* --- is it on? --- */

static void update_sign(struct signals *v)
{
    struct stream_sources *set = &v->sources;
    size_t n_off = 0;
    char key[24];

    for (size_t i = 0; i < set->n; i++)
        n_off += set->all[i]->flag;
    set->sign[0] = '\0';
    keymap_hint(tui_keymap(v->env->tui), "signals", "signals-start", key, sizeof key);
    if (n_off && set->n > 1)
        snprintf(set->sign, sizeof set->sign,
                 "\xe2\x96\xa0 signals are off in %zu of %zu sandboxes: %s starts them", n_off,
                 set->n, *key ? key : ":");
    else if (n_off)
        snprintf(set->sign, sizeof set->sign, "\xe2\x96\xa0 signals are off: %s starts them",
                 *key ? key : ":");
    else if (*v->trouble)
        snprintf(set->sign, sizeof set->sign, "\xe2\x9c\x97 signals may be off: %.120s",
                 v->trouble);
    stream_sources_sign(set);
}

static void on_status(void *user, const struct signal_status *status, const struct err *e)
{
    struct stream_source *s = user;
    struct signals *v = s->set->owner;

    s->request = NULL;
    if (e && !e->http_status)
        return; /* the connection's own sign says it */
    snprintf(v->trouble, sizeof v->trouble, "%.120s", e ? e->text : "");
    s->flag = !e && !status->is_active;
    update_sign(v);
}

static void ask(void *user)
{
    struct signals *v = user;

    for (size_t i = 0; i < v->sources.n; i++) {
        struct stream_source *s = v->sources.all[i];

        if (!s->request && !s->over)
            s->request = signals_status(s->remote, on_status, s);
    }
    tick_after(v->tick, STATUS_MS);
}

/* --- lines --- */

static void on_signal(void *user, const struct signal_event *e)
{
    cleanup_buf struct buf line = {0};

    if (strcmp(e->signal, "port") == 0)
        buf_printf(&line, "%-13s", strcmp(e->type, "close") == 0 ? "port closed" : "port opened");
    else if (strcmp(e->signal, "server-ready") == 0)
        buf_printf(&line, "%-13s", "server ready");
    else
        buf_printf(&line, "%-13s", e->signal);
    if (e->port)
        buf_printf(&line, " %5d", e->port);
    if (*e->message)
        buf_printf(&line, " %s", e->message);
    if (*e->url)
        buf_printf(&line, " %s", e->url);
    stream_source_line(user, clock_wall_ms(), line.data);
}

static const struct signal_tail_ops tail_ops = {
    .on_signal = on_signal,
    .on_up = stream_source_up,
    .on_gap = stream_source_gap,
    .on_down = stream_source_down,
    .on_end = stream_source_end,
};

/* --- actions --- */

static void change(struct signals *v, const char *done,
                   struct request *(*send)(struct remote *r, gateway_done_cb cb, void *user))
{
    struct job *job = job_create(v->env, done, "sandboxes");

    for (size_t i = 0; i < v->sources.n; i++) {
        char name[160];
        struct stream_source *s = v->sources.all[i];
        struct job_step *step =
            job_add(job, views_sandbox_name(v->env, s->sandbox_id, name, sizeof name));

        job_step_request(step, send(s->remote, job_step_done, step));
    }
    job_start(job);
    tick_after(v->tick, STATUS_SOON_MS);
}

struct stop {
    size_t n;
    struct remote *remotes[STREAM_SOURCES_MAX];
};

static void on_stop_answer(struct views_env *env, void *user, bool yes)
{
    struct stop *stop = user;
    struct job *job = yes ? job_create(env, "stopped the signals of", "sandboxes") : NULL;

    for (size_t i = 0; i < stop->n; i++) {
        char name[160];

        if (job) {
            struct job_step *step =
                job_add(job, views_sandbox_name(env, remote_sandbox_id(stop->remotes[i]), name,
                                                sizeof name));

            job_step_request(step, signals_stop(stop->remotes[i], job_step_done, step));
        }
        remote_release(stop->remotes[i]);
    }
    if (job)
        job_start(job);
    free(stop);
}

static void ask_stop(struct signals *v)
{
    struct stop *stop = xcalloc(1, sizeof *stop);
    struct confirm question;
    char name[160];

    confirm_init(&question, "Stop signals", "stop",
                 "Nobody hears of ports and errors there until they are started again.");
    for (size_t i = 0; i < v->sources.n; i++) {
        const char *id = v->sources.all[i]->sandbox_id;

        stop->remotes[stop->n++] = fleet_remote(v->env->fleet, id);
        confirm_add(&question, views_sandbox_name(v->env, id, name, sizeof name));
    }
    confirm_dialog_open(v->env, &question, on_stop_answer, stop);
}

static void emit(struct signals *v)
{
    const char *ids[STREAM_SOURCES_MAX];
    size_t n = stream_sources_ids(&v->sources, ids, STREAM_SOURCES_MAX);

    signal_form_open(v->env, ids, n);
}

/* The URL of the line one is at, for the caller to free; a toast says when it has none. */
static char *line_url(struct signals *v)
{
    const struct tail_line *line = tail_current(stream_tail(v->sources.stream));
    const char *url = line ? strstr(line->text, "http") : NULL;

    if (url)
        return xstrndup(url, strcspn(url, " "));
    tui_toast(v->env->tui, ROLE_WARN, "This signal has no URL");
    return NULL;
}

static enum view_result act(void *user, const char *action)
{
    struct signals *v = user;
    bool writes = !strcmp(action, "signals-start") || !strcmp(action, "signals-stop") ||
                  !strcmp(action, "signal-emit");

    if (writes && views_refuse_readonly(v->env))
        return VIEW_HANDLED;
    if (!strcmp(action, "signals-start")) {
        change(v, "started the signals of", signals_start);
    } else if (!strcmp(action, "signals-stop")) {
        ask_stop(v);
    } else if (!strcmp(action, "signal-emit")) {
        emit(v);
    } else if (!strcmp(action, "signal-open-url") || !strcmp(action, "signal-copy-url")) {
        cleanup_free char *url = line_url(v);

        if (url && !strcmp(action, "signal-open-url"))
            views_browse(v->env, url);
        else if (url)
            views_copy(v->env, "the URL", url);
    } else {
        return VIEW_IGNORED;
    }
    return VIEW_HANDLED;
}

/* --- the view --- */

static void close_signals(void *user)
{
    struct signals *v = user;

    for (size_t i = 0; i < v->sources.n; i++)
        signal_tail_close(v->sources.all[i]->tail);
    stream_sources_finish(&v->sources);
    tick_destroy(v->tick);
    free(v);
}

static void title(void *user, struct buf *out)
{
    stream_sources_title(&((const struct signals *)user)->sources, out);
}

static bool blank(void *user, struct view *v, struct canvas c)
{
    return stream_sources_blank(&((const struct signals *)user)->sources, v, c);
}

static size_t sandboxes(void *user, const char **ids, size_t cap)
{
    return stream_sources_ids(&((const struct signals *)user)->sources, ids, cap);
}

static void add(void *user, const char *sandbox_id)
{
    struct signals *v = user;
    char name[160];
    struct stream_source *s;

    if (stream_sources_has(&v->sources, sandbox_id))
        return;
    s = stream_source_add(&v->sources, sandbox_id, "",
                          views_sandbox_name(v->env, sandbox_id, name, sizeof name));
    if (s)
        s->tail = signal_tail_open(s->remote, &tail_ops, s);
    ask(v);
}

static const char *const contexts[] = {"signals", "tail", "motion", NULL};
static const char *const hints[] = {"signal-emit", "send one", NULL};
static const struct stream_ops ops = {
    .name = "signals",
    .contexts = contexts,
    .close = close_signals,
    .title = title,
    .act = act,
    .sandboxes = sandboxes,
    .blank = blank,
    .add = add,
    .hints = hints,
    .empty = "Nothing has been signalled yet",
    .hint = "ports that open and close, servers that are ready, and errors appear here",
};

void signals_view_open(struct views_env *env, char *const *ids, size_t n)
{
    struct signals *v = xcalloc(1, sizeof *v);

    v->env = env;
    v->sources = (struct stream_sources){.env = env, .things = "sandboxes", .owner = v};
    v->sources.stream = stream_create(env, &ops, v);
    v->tick = tick_create(tui_loop(env->tui), ask, v);
    for (size_t i = 0; i < n; i++)
        add(v, ids[i]);
    stream_show(v->sources.stream);
}
