/* SPDX-License-Identifier: MIT
 *
 * sandpit events: what a sandbox told the gateway; with -f what it tells; or one event stored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/event.h"

struct events_args {
    bool json, follow;
    const char *type, *since, *limit;
};

#define FIELD(name) offsetof(struct events_args, name)
static const struct arg_def args[] = {
    {"follow", 'f', ARG_FLAG, FIELD(follow), NULL, "go on as they come, until C-c"},
    {"type", 't', ARG_TEXT, FIELD(type), "TYPE", "only events of this type"},
    {"since", 0, ARG_TEXT, FIELD(since), "TIME", "not older than TIME (10m, 2h)"},
    {"limit", 'l', ARG_TEXT, FIELD(limit), "N", "at most N, the newest (1000)"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print a JSON object for each event"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void print(struct errand *x, const struct event_info *event)
{
    char iso[CLOCK_ISO_SIZE], type[256], text[8192];

    if (x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "id", event->id);
        cJSON_AddStringToObject(o, "sandboxId", event->sandbox_id);
        cJSON_AddStringToObject(o, "type", event->type);
        cJSON_AddNumberToObject(o, "timestamp", (double)event->timestamp_ms);
        if (event->data)
            cJSON_AddItemToObject(o, "data", cJSON_Duplicate(event->data, true));
        errand_print_line(x, o);
        return;
    }
    char *data = event->data ? cJSON_PrintUnformatted(event->data) : NULL;

    text_sanitise(type, sizeof type, event->type, strlen(event->type));
    text_sanitise(text, sizeof text, data ? data : "", data ? strlen(data) : 0);
    cJSON_free(data);
    printf("%s %-20s %s\n", clock_format_iso(iso, event->timestamp_ms), type, text);
    errand_flush(x);
}

static void on_history(void *user, const struct event_info *all, size_t n, const struct err *e)
{
    for (size_t i = 0; i < n; i++)
        print(user, &all[i]);
    errand_done(user, e);
}

static void on_event(void *user, const struct event_info *event)
{
    print(user, event);
}

static void on_live(void *user)
{
    say("listening; C-c ends it");
}

static void on_down(void *user, const struct err *e)
{
    say("%s; it is tried again, and the history asked meanwhile", e->text);
}

static void on_end(void *user, const struct err *e)
{
    errand_done(user, e);
}

static const struct event_tail_ops ops = {
    .on_event = on_event, .on_live = on_live, .on_down = on_down, .on_end = on_end};

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    const struct events_args *a = arguments;
    int64_t since_ms = a->since ? duration_parse(a->since, &x->session.err) : 0;
    long limit = a->limit ? strtol(a->limit, NULL, 10) : 1000;

    if (since_ms < 0)
        return err_wrap(&x->session.err, "--since");
    if (limit < 1 || limit > 1000)
        return err_set(&x->session.err, ERR_ARG, "--limit is a number from 1 to 1000");
    since_ms = since_ms ? clock_wall_ms() - since_ms : -1;
    if (!a->follow) {
        event_history(x->session.gateway, x->info.id,
                      &(struct event_query){a->type, since_ms, (int)limit}, on_history, x);
        return errand_wait(x);
    }
    struct event_tail *tail =
        event_tail_open(x->remote, &(struct event_tail_options){a->type, since_ms}, &ops, x);
    int result = errand_follow(x);

    event_tail_close(tail);
    return result;
}

static void on_stored(void *user, const struct event_info *event, const struct err *e)
{
    struct errand *x = user;

    if (event && x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "id", event->id);
        cJSON_AddStringToObject(o, "type", event->type);
        cJSON_AddNumberToObject(o, "timestamp", (double)event->timestamp_ms);
        json_print(o);
    } else if (event) {
        foreign_print(event->id);
    }
    errand_done(x, e);
}

static int run_emit(struct errand *x, const void *arguments, int n, char **words)
{
    cJSON *data = n > 1 ? cJSON_Parse(words[1]) : NULL;

    if (n > 1 && !cJSON_IsObject(data)) {
        cJSON_Delete(data);
        return err_set(&x->session.err, ERR_ARG, "the data of an event is a JSON object");
    }
    event_store(x->remote, words[0], data, on_stored, x);
    cJSON_Delete(data);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"emit", "TYPE [JSON]", 1, 2, true, run_emit},
    {0},
};

static int run_events(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct events_args *a = arguments;

    return errand_run(&cmd_events, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_events = {
    .name = "events",
    .usage = "NAME [VERB [TYPE [JSON]]]",
    .summary = "Print the events of a sandbox, or store one",
    .details =
        "Verbs: list (when none is given), emit TYPE [JSON]. The oldest comes first. With -f "
        "only new ones are\nprinted, unless --since says how far back to begin; what a lost "
        "connection missed follows.",
    .args = args,
    .args_size = sizeof(struct events_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 4,
    .run = run_events,
};
