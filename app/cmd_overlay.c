/* SPDX-License-Identifier: MIT
 *
 * sandpit overlay: folders that a sandbox copies inside itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "client/overlay.h"

#define WAIT_MS 250

struct overlay_args {
    bool json, no_wait;
    const char *strategy;
    struct arg_list ignored;
};

#define FIELD(name) offsetof(struct overlay_args, name)
static const struct arg_def args[] = {
    {"strategy", 0, ARG_TEXT, FIELD(strategy), "smart|copy",
     "links for packages, or copies of all"},
    {"ignore", 'i', ARG_LIST, FIELD(ignored), "GLOB", "leave out what matches GLOB"},
    {"no-wait", 0, ARG_FLAG, FIELD(no_wait), NULL, "do not wait for the copy's end"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static cJSON *overlay_json(const struct overlay_info *o)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "id", o->id);
    cJSON_AddStringToObject(json, "source", o->source);
    cJSON_AddStringToObject(json, "target", o->target);
    cJSON_AddStringToObject(json, "strategy", o->strategy);
    cJSON_AddStringToObject(json, "status", o->status);
    cJSON_AddNumberToObject(json, "files", (double)o->n_files);
    cJSON_AddNumberToObject(json, "folders", (double)o->n_dirs);
    cJSON_AddNumberToObject(json, "skipped", (double)o->n_skipped);
    if (o->error[0])
        cJSON_AddStringToObject(json, "error", o->error);
    return json;
}

static void on_overlays(void *user, const struct overlay_info *all, size_t n, const struct err *e)
{
    static const char *const heads[] = {"ID",      "STATUS", "STRATEGY", "FILES",
                                        "SKIPPED", "SOURCE", "TARGET",   NULL};
    struct errand *x = user;
    struct columns *c = x->json || e ? NULL : columns_create(heads);
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, overlay_json(&all[i]));
    for (size_t i = 0; i < n && c; i++) {
        columns_text(c, all[i].id);
        columns_text(c, all[i].status);
        columns_text(c, all[i].strategy);
        columns_number(c, all[i].n_files);
        columns_number(c, (int64_t)all[i].n_skipped);
        columns_text(c, all[i].source);
        columns_text(c, all[i].target);
    }
    if (list)
        json_print(list);
    if (c)
        columns_print(c);
    errand_done(x, e);
}

static void on_overlay(void *user, const struct overlay_info *o, const struct err *e)
{
    struct errand *x = user;

    if (o && x->json) {
        json_print(overlay_json(o));
        errand_done(x, NULL);
    } else {
        on_overlays(user, o, o ? 1 : 0, e);
    }
}

static void on_created(void *user, const struct overlay_info *o, const struct err *e)
{
    struct errand *x = user;

    if (o && x->json)
        json_print(overlay_json(o));
    else if (o)
        foreign_print(o->id);
    if (o && !strcmp(o->status, "failed")) {
        say("the copy failed: %s", o->error);
        x->status = EXIT_FAIL;
    } else if (o) {
        say("%s: %lld files, %zu left out", o->status, (long long)o->n_files, o->n_skipped);
    }
    errand_done(x, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    overlay_list(x->remote, on_overlays, x);
    return errand_wait(x);
}

static int run_create(struct errand *x, const void *arguments, int n, char **words)
{
    const struct overlay_args *a = arguments;
    cleanup_free const char **ignored = xcalloc(a->ignored.n + 1, sizeof *ignored);
    struct overlay_options o = {.source = words[0],
                                .target = words[1],
                                .strategy = a->strategy,
                                .ignore = ignored,
                                .wait = !a->no_wait};

    for (size_t i = 0; i < a->ignored.n; i++)
        ignored[i] = a->ignored.items[i];
    overlay_create(x->remote, &o, NULL, on_created, x);
    return errand_wait(x);
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    overlay_get(x->remote, words[0], on_overlay, x);
    return errand_wait(x);
}

struct waiting {
    struct errand *errand;
    bool is_over;
};

static void on_looked(void *user, const struct overlay_info *o, const struct err *e)
{
    struct waiting *w = user;

    w->is_over = e || o->is_over;
    if (w->is_over)
        on_created(w->errand, o, e);
    else
        errand_done(w->errand, NULL);
}

static int run_wait(struct errand *x, const void *arguments, int n, char **words)
{
    struct waiting w = {.errand = x};
    int result = 0;

    while (!result && !w.is_over) {
        overlay_get(x->remote, words[0], on_looked, &w);
        result = errand_wait(x);
        if (!result && !w.is_over)
            result = errand_pause(x, WAIT_MS);
    }
    return result;
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    overlay_delete(x->remote, words[0], errand_on_done, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},   {"create", "SOURCE TARGET", 2, 2, true, run_create},
    {"show", "ID", 1, 1, false, run_show}, {"wait", "ID", 1, 1, false, run_wait},
    {"rm", "ID", 1, 1, true, run_remove},  {0},
};

static int run_overlay(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct overlay_args *a = arguments;

    return errand_run(&cmd_overlay, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_overlay = {
    .name = "overlay",
    .usage = "NAME [VERB [ARG]...]",
    .summary = "Copy a folder of a sandbox to another place in it",
    .details =
        "Verbs: list (when none is given), create SOURCE TARGET, show ID, wait ID (until its copy "
        "has ended), rm ID.\nSOURCE is absolute, TARGET relative.",
    .args = args,
    .args_size = sizeof(struct overlay_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 4,
    .run = run_overlay,
};
