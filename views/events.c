/* SPDX-License-Identifier: MIT
 *
 * history since a time, then the live stream → lines, at the time the gateway gave them.
 */
#include "views/events.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/event.h"
#include "views/dialog.h"
#include "views/event_form.h"
#include "views/stream_sources.h"

#define SINCE_DEFAULT "1d"
#define TYPE_COLS     16 /* longer ones push what follows */

struct events {
    struct views_env *env;
    struct stream_sources sources;
    char *type;       /* owned; NULL: all */
    char since[32];   /* a duration, as typed; "": only new ones */
    int64_t since_ms; /* of it */
};

static void on_event(void *user, const struct event_info *event)
{
    cleanup_free char *data = event->data ? cJSON_PrintUnformatted(event->data) : NULL;
    bool says = data && strcmp(data, "{}") != 0 && strcmp(data, "null") != 0;
    int pad = says ? TYPE_COLS - text_width(event->type) : 0;
    cleanup_free char *line = xasprintf("%s%*s%s%s", event->type, pad > 0 ? pad : 0, "",
                                        says ? "  " : "", says ? data : "");

    stream_source_line(user, event->timestamp_ms ? event->timestamp_ms : clock_wall_ms(), line);
}

static const struct event_tail_ops tail_ops = {
    .on_event = on_event,
    .on_live = stream_source_up,
    .on_down = stream_source_down,
    .on_end = stream_source_end,
};

static void begin(struct events *v, struct stream_source *s)
{
    const struct event_tail_options options = {
        .type = v->type, .since_ms = *v->since ? clock_wall_ms() - v->since_ms : -1};

    event_tail_close(s->tail);
    s->over = s->down = s->up = false;
    s->tail = event_tail_open(s->remote, &options, &tail_ops, s);
}

static void begin_all(struct events *v)
{
    for (size_t i = 0; i < v->sources.n; i++)
        begin(v, v->sources.all[i]);
    stream_sources_sign(&v->sources);
}

static void add(void *user, const char *sandbox_id)
{
    struct events *v = user;
    char name[160];
    struct stream_source *s;

    if (stream_sources_has(&v->sources, sandbox_id))
        return;
    s = stream_source_add(&v->sources, sandbox_id, "",
                          views_sandbox_name(v->env, sandbox_id, name, sizeof name));
    if (s)
        begin(v, s);
}

/* --- which --- */
enum { TYPE, SINCE, N_FIELDS };

static const struct form_field fields[N_FIELDS] = {
    [TYPE] = {.label = "Type", .placeholder = "all", .help = "exactly that: deploy.done"},
    [SINCE] = {.label = "Since",
               .placeholder = "only new ones",
               .kind = FORM_DURATION,
               .min = 1000,
               .help = "this long ago: 30m, 2h, 7d"},
};

/* The view may be closed under its form: it is found again by its stream. */
struct choice {
    struct views_env *env;
    struct view *view;
};

static void choice_submit(void *user, struct view *dialog, struct form *f)
{
    struct choice *c = user;
    struct stream *stream = stream_of_view(tui_focused(c->env->tui));

    if (stream && stream_view(stream) == c->view) {
        struct events *v = stream_user(stream);

        free(v->type);
        v->type = *form_text(f, TYPE) ? xstrdup(form_text(f, TYPE)) : NULL;
        snprintf(v->since, sizeof v->since, "%s", form_text(f, SINCE));
        v->since_ms = form_number(f, SINCE);
        tail_clear(stream_tail(stream));
        begin_all(v);
        stream_changed(stream);
    }
    form_dialog_done(dialog);
}

static void choice_abort(void *user)
{
}

static const struct form_dialog_ops choice_ops = {choice_submit, choice_abort, free};

static void choose(struct events *v)
{
    struct choice *c = xcalloc(1, sizeof *c);
    struct form form;

    *c = (struct choice){.env = v->env, .view = stream_view(v->sources.stream)};
    form_init(&form, "Which events", "show", fields, N_FIELDS);
    form_preset(&form, TYPE, v->type ? v->type : "");
    form_preset(&form, SINCE, v->since);
    form_dialog_open(v->env, &form, &choice_ops, c);
}

/* --- the view --- */

static enum view_result act(void *user, const char *action)
{
    struct events *v = user;
    const char *ids[STREAM_SOURCES_MAX];

    if (!strcmp(action, "events-choose")) {
        choose(v);
    } else if (!strcmp(action, "event-store")) {
        if (!views_refuse_readonly(v->env))
            event_form_open(v->env, ids, stream_sources_ids(&v->sources, ids, STREAM_SOURCES_MAX));
    } else {
        return VIEW_IGNORED;
    }
    return VIEW_HANDLED;
}

static void close_events(void *user)
{
    struct events *v = user;

    for (size_t i = 0; i < v->sources.n; i++)
        event_tail_close(v->sources.all[i]->tail);
    stream_sources_finish(&v->sources);
    free(v->type);
    free(v);
}

static void title(void *user, struct buf *out)
{
    const struct events *v = user;

    stream_sources_title(&v->sources, out);
    if (v->type)
        buf_printf(out, " type %s", v->type);
    if (*v->since)
        buf_printf(out, " since %s ago", v->since);
}

static bool blank(void *user, struct view *v, struct canvas c)
{
    return stream_sources_blank(&((const struct events *)user)->sources, v, c);
}

static size_t sandboxes(void *user, const char **ids, size_t cap)
{
    return stream_sources_ids(&((const struct events *)user)->sources, ids, cap);
}

static const char *const contexts[] = {"events", "tail", "motion", NULL};
static const char *const hints[] = {"events-choose", "which", "event-store", "store", NULL};
static const struct stream_ops ops = {
    .name = "events",
    .contexts = contexts,
    .close = close_events,
    .title = title,
    .act = act,
    .sandboxes = sandboxes,
    .blank = blank,
    .add = add,
    .hints = hints,
    .empty = "No events",
    .hint = "they appear here as they come",
};

void events_view_open(struct views_env *env, char *const *ids, size_t n)
{
    struct events *v = xcalloc(1, sizeof *v);

    v->env = env;
    snprintf(v->since, sizeof v->since, "%s", SINCE_DEFAULT);
    form_parse_duration(v->since, &v->since_ms);
    v->sources = (struct stream_sources){
        .env = env, .things = "sandboxes", .lost = "no live stream: asking every 2 s", .owner = v};
    v->sources.stream = stream_create(env, &ops, v);
    stream_tail(v->sources.stream)->times = true;
    for (size_t i = 0; i < n; i++)
        add(v, ids[i]);
    stream_show(v->sources.stream);
}
