/* SPDX-License-Identifier: MIT
 *
 * bytes of a server's log → lines → the stream's tail, for every server that is followed.
 *
 * A log carries no times, so lines are merged by when they came; what was written before the view
 * opened comes first, a server after the other.
 */
#include "views/logs.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/server.h"
#include "views/notice.h"
#include "views/stream.h"

#define SOURCES_MAX  64
#define LOG_LINE_MAX (64 * 1024) /* a line longer than that is shown in pieces */

struct source {
    struct logs *logs;
    char *sandbox_id, *slug;
    struct remote *remote;
    struct server_tail *tail;
    uint16_t number;    /* in the stream */
    struct buf rest[3]; /* an unfinished line of each stream */
    char status[32];
    bool down;
    char why[128]; /* it is down */
};

/* A sandbox all of whose servers are followed. */
struct followed {
    struct logs *logs;
    char *id; /* owned */
    struct remote *remote;
    struct listing *servers;
};

struct logs {
    struct views_env *env;
    struct stream *stream;
    enum server_stream only;             /* of which stream; SERVER_COMBINED: both */
    struct source *sources[SOURCES_MAX]; /* owned */
    size_t n_sources;
    struct followed *followed[SOURCES_MAX]; /* owned */
    size_t n_followed;
    int64_t opened_ms; /* clock_mono_ms */
};

/* --- signs --- */

static void update_sign(struct logs *l)
{
    const char *why = "";
    size_t n_down = 0;
    char text[320] = "";

    for (size_t i = 0; i < l->n_sources; i++)
        if (l->sources[i]->down && !n_down++)
            why = l->sources[i]->why;
    if (n_down && l->n_sources > 1)
        snprintf(text, sizeof text, "\xe2\x9c\x97 %zu of %zu logs: connection lost, trying again",
                 n_down, l->n_sources);
    else if (n_down)
        snprintf(text, sizeof text, "\xe2\x9c\x97 connection lost, trying again%s%s",
                 *why ? ": " : "", why);
    stream_sign(l->stream, ROLE_STATUS_ALERT, text);
}

/* --- a server's log --- */

static void add_line(struct source *s, struct buf *rest)
{
    stream_line(s->logs->stream, s->number, rest->data ? rest->data : "", rest->len);
    rest->len = 0;
}

static void on_output(void *user, enum server_stream stream, const char *bytes, size_t n,
                      int64_t offset)
{
    struct source *s = user;
    struct buf *rest = &s->rest[stream];

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || rest->len >= LOG_LINE_MAX)
            add_line(s, rest);
        if (bytes[i] != '\n')
            buf_append_char(rest, bytes[i]);
    }
}

static void on_gap(void *user)
{
    struct source *s = user;

    stream_remark(s->logs->stream, s->number, "some of the log is missing here");
}

static void on_status(void *user, const struct server_info *info)
{
    struct source *s = user;
    char text[160];

    if (strcmp(s->status, info->status) == 0)
        return;
    snprintf(s->status, sizeof s->status, "%s", info->status);
    if (info->has_exit_code && strcmp(info->status, "failed") == 0)
        snprintf(text, sizeof text, "%.40s is %s: exit %d", s->slug, s->status, info->exit_code);
    else
        snprintf(text, sizeof text, "%.40s is %s", s->slug, s->status);
    stream_remark(s->logs->stream, s->number, text);
}

static void on_live(void *user)
{
    struct source *s = user;

    s->down = false;
    update_sign(s->logs);
}

static void on_down(void *user, const struct err *e)
{
    struct source *s = user;

    s->down = true;
    snprintf(s->why, sizeof s->why, "%.120s", e ? e->text : "");
    update_sign(s->logs);
}

static void on_end(void *user, const struct err *e)
{
    struct source *s = user;
    cleanup_free char *text = xasprintf("this log has ended: %s", e ? e->text : "it is gone");

    for (size_t i = 0; i < ARRAY_LEN(s->rest); i++)
        if (s->rest[i].len)
            add_line(s, &s->rest[i]);
    s->down = false;
    stream_remark(s->logs->stream, s->number, text);
    update_sign(s->logs);
}

static const struct server_tail_ops tail_ops = {.on_output = on_output,
                                                .on_gap = on_gap,
                                                .on_status = on_status,
                                                .on_live = on_live,
                                                .on_down = on_down,
                                                .on_end = on_end};

static void begin(struct source *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->rest); i++)
        s->rest[i].len = 0;
    s->tail = server_tail_open(s->remote, s->slug, s->logs->only, -1, &tail_ops, s);
}

void logs_add(struct logs *l, const char *sandbox_id, const char *slug)
{
    char name[160];
    struct source *s;

    if (l->n_sources == SOURCES_MAX) {
        tui_toast(l->env->tui, ROLE_WARN, "At most %d logs are followed at once", SOURCES_MAX);
        return;
    }
    s = xcalloc(1, sizeof *s);
    s->logs = l;
    s->sandbox_id = xstrdup(sandbox_id);
    s->slug = xstrdup(slug);
    s->remote = fleet_remote(l->env->fleet, sandbox_id);
    cleanup_free char *label =
        xasprintf("%s:%s", views_sandbox_name(l->env, sandbox_id, name, sizeof name), slug);
    s->number = tail_source(stream_tail(l->stream), label);
    l->sources[l->n_sources++] = s;
    begin(s);
}

/* --- all servers of a sandbox --- */

static bool has_source(const struct logs *l, const char *sandbox_id, const char *slug)
{
    for (size_t i = 0; i < l->n_sources; i++)
        if (strcmp(l->sources[i]->sandbox_id, sandbox_id) == 0 &&
            strcmp(l->sources[i]->slug, slug) == 0)
            return true;
    return false;
}

static void on_servers(void *user)
{
    struct followed *f = user;

    for (size_t i = 0; i < listing_count(f->servers); i++) {
        const struct server_info *s = listing_at(f->servers, i);

        if (!has_source(f->logs, f->id, s->slug) && f->logs->n_sources < SOURCES_MAX)
            logs_add(f->logs, f->id, s->slug);
    }
}

void logs_add_sandbox(struct logs *l, const char *sandbox_id)
{
    struct followed *f;

    if (l->n_followed == SOURCES_MAX)
        return;
    f = xcalloc(1, sizeof *f);
    f->logs = l;
    f->id = xstrdup(sandbox_id);
    f->remote = fleet_remote(l->env->fleet, sandbox_id);
    f->servers = listing_open(f->remote, &server_listing, on_servers, f);
    l->followed[l->n_followed++] = f;
}

/* --- the view --- */

/* How many sandboxes have not said which servers they have, and how many cannot; *e: why the first.
 */
static size_t unknown(const struct logs *l, size_t *n_failing, const struct err **e)
{
    size_t n_waiting = 0;

    *n_failing = 0;
    for (size_t i = 0; i < l->n_followed; i++) {
        const struct err *error = listing_error(l->followed[i]->servers);

        if (listing_is_loaded(l->followed[i]->servers))
            continue;
        n_waiting += !error->code;
        if (error->code && !(*n_failing)++)
            *e = error;
    }
    return n_waiting;
}

/* Before there is a line: which servers there are is asked for, or cannot be known, or there are
 * none. */
static bool blank(void *user, struct view *v, struct canvas c)
{
    const struct logs *l = user;
    const struct theme *theme = tui_theme(v->tui);
    const struct err *e = NULL;
    size_t n_failing, n_waiting = unknown(l, &n_failing, &e);
    char name[160], text[256], list[24], new_key[24];

    if (l->n_followed == 1)
        views_sandbox_name(l->env, l->followed[0]->id, name, sizeof name);
    else
        snprintf(name, sizeof name, "%zu sandboxes", l->n_followed);
    if (l->n_sources || !l->n_followed)
        return false;
    if (n_waiting) {
        snprintf(text, sizeof text, "asking %s for its servers", name);
        notice_waiting(v, c, l->opened_ms, text);
    } else if (n_failing == l->n_followed) {
        notice_error(v, c, e);
    } else {
        snprintf(text, sizeof text, "No servers in %s, so no logs", name);
        notice_key(v, "list", "view-servers", list, sizeof list);
        notice_key(v, "servers", "server-start-new", new_key, sizeof new_key);
        cleanup_free char *hint = xasprintf(
            "%s in the list of sandboxes shows its servers, %s there starts one", list, new_key);
        notice_empty(c, theme, text, hint);
    }
    return true;
}

static void close_logs(void *user)
{
    struct logs *l = user;

    for (size_t i = 0; i < l->n_followed; i++) {
        listing_close(l->followed[i]->servers);
        remote_release(l->followed[i]->remote);
        free(l->followed[i]->id);
        free(l->followed[i]);
    }
    for (size_t i = 0; i < l->n_sources; i++) {
        struct source *s = l->sources[i];

        server_tail_close(s->tail);
        remote_release(s->remote);
        for (size_t k = 0; k < ARRAY_LEN(s->rest); k++)
            buf_finish(&s->rest[k]);
        free(s->sandbox_id);
        free(s->slug);
        free(s);
    }
    free(l);
}

static void title(void *user, struct buf *out)
{
    const struct logs *l = user;
    char name[160];

    if (l->n_sources == 1 && !l->n_followed)
        buf_printf(out, " %s %s",
                   views_sandbox_name(l->env, l->sources[0]->sandbox_id, name, sizeof name),
                   l->sources[0]->slug);
    else if (l->n_followed == 1 && l->n_sources < 2)
        buf_printf(out, " %s", views_sandbox_name(l->env, l->followed[0]->id, name, sizeof name));
    else if (l->n_followed == 1)
        buf_printf(out, " %s %zu servers",
                   views_sandbox_name(l->env, l->followed[0]->id, name, sizeof name), l->n_sources);
    else
        buf_printf(out, " of %zu server%s", l->n_sources, l->n_sources == 1 ? "" : "s");
    if (l->only != SERVER_COMBINED)
        buf_printf(out, " %s", server_stream_name(l->only));
}

/* Both streams, then stdout, then stderr. */
static enum view_result next_stream(struct logs *l)
{
    l->only = (enum server_stream)((l->only + 1) % 3);
    tail_clear(stream_tail(l->stream));
    for (size_t i = 0; i < l->n_sources; i++) {
        server_tail_close(l->sources[i]->tail);
        begin(l->sources[i]);
    }
    return VIEW_HANDLED;
}

static enum view_result act(void *user, const char *action)
{
    return strcmp(action, "logs-stream") == 0 ? next_stream(user) : VIEW_IGNORED;
}

static size_t sandboxes(void *user, const char **ids, size_t cap)
{
    const struct logs *l = user;
    size_t n = 0;

    for (size_t i = 0; i < l->n_followed && n < cap; i++)
        ids[n++] = l->followed[i]->id;
    for (size_t i = 0; i < l->n_sources && n < cap; i++) {
        bool known = false;

        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(ids[k], l->sources[i]->sandbox_id) == 0;
        if (!known)
            ids[n++] = l->sources[i]->sandbox_id;
    }
    return n;
}

static void add(void *user, const char *sandbox_id)
{
    struct logs *l = user;

    for (size_t i = 0; i < l->n_followed; i++)
        if (strcmp(l->followed[i]->id, sandbox_id) == 0)
            return;
    logs_add_sandbox(l, sandbox_id);
}

static const char *const contexts[] = {"logs", "tail", "motion", NULL};
static const char *const hints[] = {"logs-stream", "stream", NULL};
static const struct stream_ops ops = {.name = "logs",
                                      .contexts = contexts,
                                      .close = close_logs,
                                      .title = title,
                                      .act = act,
                                      .sandboxes = sandboxes,
                                      .add = add,
                                      .blank = blank,
                                      .hints = hints,
                                      .empty = "Nothing has been logged yet",
                                      .hint = "lines appear here as they are written"};

struct logs *logs_create(struct views_env *env)
{
    struct logs *l = xcalloc(1, sizeof *l);

    l->env = env;
    l->opened_ms = clock_mono_ms();
    l->stream = stream_create(env, &ops, l);
    return l;
}

void logs_show(struct logs *l)
{
    stream_show(l->stream);
}

struct logs *logs_of_view(struct view *v)
{
    struct stream *s = stream_of_view(v);

    return s && strcmp(v->ops->name, ops.name) == 0 ? stream_user(s) : NULL;
}

void logs_describe(const struct logs *l, struct buf *out)
{
    for (size_t i = 0; i < l->n_followed; i++)
        buf_printf(out, " %s", l->followed[i]->id);
    for (size_t i = 0; i < l->n_sources; i++) {
        const struct source *s = l->sources[i];
        bool is_followed = false;

        for (size_t k = 0; k < l->n_followed; k++)
            is_followed = is_followed || strcmp(l->followed[k]->id, s->sandbox_id) == 0;
        if (!is_followed)
            buf_printf(out, " %s:%s", s->sandbox_id, s->slug);
    }
}
