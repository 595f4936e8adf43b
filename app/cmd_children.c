/* SPDX-License-Identifier: MIT
 *
 * sandpit children: sandboxes inside a sandbox.
 */
#include <stdio.h>
#include <string.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "base/alloc.h"
#include "client/child.h"

struct children_args {
    bool json, keep_files;
};

#define FIELD(name) offsetof(struct children_args, name)
static const struct arg_def args[] = {
    {"keep-files", 0, ARG_FLAG, FIELD(keep_files), NULL, "rm leaves its folder"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static cJSON *child_json(const struct child_info *c)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "subdomain", c->subdomain);
    cJSON_AddStringToObject(o, "directory", c->directory);
    cJSON_AddStringToObject(o, "url", c->url);
    cJSON_AddBoolToObject(o, "main", c->is_main);
    json_add_time(o, "createdAt", c->created_ms);
    return o;
}

static void on_children(void *user, const struct child_info *all, size_t n, const struct err *e)
{
    static const char *const heads[] = {"SUBDOMAIN", "MAIN", "DIRECTORY", "URL", NULL};
    struct errand *x = user;
    struct columns *c = x->json || e ? NULL : columns_create(heads);
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, child_json(&all[i]));
    for (size_t i = 0; i < n && c; i++) {
        columns_text(c, all[i].subdomain);
        columns_text(c, all[i].is_main ? "yes" : "no");
        columns_text(c, all[i].directory);
        columns_text(c, all[i].url);
    }
    if (list)
        json_print(list);
    if (c)
        columns_print(c);
    errand_done(x, e);
}

static void on_child(void *user, const struct child_info *c, const struct err *e)
{
    struct errand *x = user;

    if (c && x->json) {
        json_print(child_json(c));
        errand_done(x, NULL);
    } else {
        on_children(user, c, c ? 1 : 0, e);
    }
}

static void print_child(const struct child_info *c)
{
    cleanup_free char *line = xasprintf("%s %s", c->subdomain, c->url);

    foreign_print(line);
}

static void on_created(void *user, const struct child_info *c, const struct err *e)
{
    struct errand *x = user;

    if (c && x->json)
        json_print(child_json(c));
    else if (c)
        print_child(c);
    errand_done(x, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    child_list(x->remote, on_children, x);
    return errand_wait(x);
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    child_get(x->remote, words[0], on_child, x);
    return errand_wait(x);
}

static int run_create(struct errand *x, const void *arguments, int n, char **words)
{
    child_create(x->remote, &(struct child_options){.directory = n ? words[0] : NULL}, on_created,
                 x);
    return errand_wait(x);
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    const struct children_args *a = arguments;

    child_delete(x->remote, words[0], !a->keep_files, errand_on_done, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"show", "SUBDOMAIN", 1, 1, false, run_show},
    {"create", "[DIRECTORY]", 0, 1, true, run_create},
    {"rm", "SUBDOMAIN", 1, 1, true, run_remove},
    {0},
};

static int run_children(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct children_args *a = arguments;

    return errand_run(&cmd_children, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_children = {
    .name = "children",
    .usage = "NAME [VERB [ARG]]",
    .summary = "Make and list sandboxes inside a sandbox",
    .details = "Verbs: list (when none is given), show SUBDOMAIN, create [DIRECTORY], rm "
               "SUBDOMAIN.\nThey end with the sandbox.",
    .args = args,
    .args_size = sizeof(struct children_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 3,
    .run = run_children,
};
