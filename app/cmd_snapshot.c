/* SPDX-License-Identifier: MIT
 *
 * sandpit snapshot: sandboxes kept as they are, to begin others with.
 */
#include <stdio.h>
#include <string.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "client/snapshot.h"

struct snapshot_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct snapshot_args, json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static cJSON *snapshot_json(const struct snapshot_info *s)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", s->id);
    cJSON_AddStringToObject(o, "name", s->name);
    cJSON_AddStringToObject(o, "provider", s->provider);
    json_add_time(o, "createdAt", s->created_ms);
    if (s->metadata)
        cJSON_AddItemToObject(o, "metadata", cJSON_Duplicate(s->metadata, true));
    return o;
}

struct asking {
    struct session *session;
    bool json;
};

static void done(struct asking *a, const struct err *e)
{
    a->session->err = e ? *e : (struct err){0};
    a->session->done = true;
}

static void on_snapshots(void *user, const struct snapshot_info *all, size_t n, const struct err *e)
{
    static const char *const heads[] = {"ID", "NAME", "PROVIDER", "AGE", NULL};
    struct asking *a = user;
    struct columns *c = a->json || e ? NULL : columns_create(heads);
    cJSON *list = a->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, snapshot_json(&all[i]));
    for (size_t i = 0; i < n && c; i++) {
        columns_text(c, all[i].id);
        columns_text(c, all[i].name);
        columns_text(c, all[i].provider);
        columns_span(c, all[i].created_ms ? clock_wall_ms() - all[i].created_ms : 0);
    }
    if (list)
        json_print(list);
    if (c)
        columns_print(c);
    done(a, e);
}

static void on_created(void *user, const struct snapshot_info *s, const struct err *e)
{
    struct asking *a = user;

    if (s && a->json)
        json_print(snapshot_json(s));
    else if (s)
        foreign_print(s->id);
    done(a, e);
}

static void on_deleted(void *user, const struct err *e)
{
    done(user, e);
}

/* --- verbs --- */

static void ask_list(struct asking *a, char **words)
{
    snapshot_list(a->session->gateway, on_snapshots, a);
}

static void ask_create(struct asking *a, char **words)
{
    struct sandbox_info info;

    if (session_resolve(a->session, words[0], &info, &a->session->err) < 0) {
        a->session->done = true;
        return;
    }
    snapshot_create(a->session->gateway, info.id, words[1], NULL, on_created, a);
    sandbox_info_finish(&info);
}

static void ask_delete(struct asking *a, char **words)
{
    snapshot_delete(a->session->gateway, words[0], on_deleted, a);
}

/* Not about one sandbox, so not run by errand_run. */
static const struct verb verbs[] = {
    {"list", "", 0, 0, false, NULL},
    {"create", "NAME [SNAPSHOT]", 1, 2, true, NULL},
    {"rm", "ID", 1, 1, true, NULL},
    {0},
};
/* Of each verb; words are NULL-terminated. */
static void (*const asks[])(struct asking *a, char **words) = {ask_list, ask_create, ask_delete};

/* Its index in both tables; -1: none takes n words. */
static int find_verb(const char *name, int n)
{
    for (int i = 0; i < (int)ARRAY_LEN(asks); i++)
        if (!strcmp(verbs[i].name, name) && n >= verbs[i].min && n <= verbs[i].max)
            return i;
    return -1;
}

static int run_snapshot(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct snapshot_args *args_given = arguments;
    const int verb = find_verb(n_rest ? rest[0] : "list", n_rest ? n_rest - 1 : 0);
    struct session s = {0};
    struct asking a = {.session = &s, .json = args_given->json};
    struct err e = {0};

    if (verb < 0) {
        say("snapshot: list, create NAME [SNAPSHOT], rm ID");
        return EXIT_USAGE;
    }
    if ((!verbs[verb].writes || !command_check_writes(app, "snapshot", &e)) &&
        session_open(&s, app, &e) == 0) {
        asks[verb](&a, n_rest ? rest + 1 : rest);
        session_wait(&s);
        e = s.err;
    }
    if (e.code)
        say_error(&e);
    session_close(&s);
    return e.code ? EXIT_FAIL : EXIT_OK;
}

const struct command cmd_snapshot = {
    .name = "snapshot",
    .usage = "[VERB [ARG]...]",
    .summary = "Keep a sandbox as it is, to begin others with",
    .details = "Verbs: list (when none is given), create NAME [SNAPSHOT], rm ID. `sandpit new "
               "--snapshot ID` begins with one.",
    .args = args,
    .args_size = sizeof(struct snapshot_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .max_rest = 3,
    .run = run_snapshot,
};
