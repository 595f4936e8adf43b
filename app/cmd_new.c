/* SPDX-License-Identifier: MIT
 *
 * sandpit new: creates a sandbox, or finds it when --find says that will do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/foreign.h"
#include "app/say.h"
#include "app/session.h"
#include "base/alloc.h"

struct new_args {
    bool json, find;
    const char *timeout, *template_id, *snapshot_id;
    struct arg_list envs;
};

#define FIELD(name) offsetof(struct new_args, name)
static const struct arg_def args[] = {
    {"timeout", 't', ARG_TEXT, FIELD(timeout), "TIME",
     "destroy it after TIME (2h, 90m, 1d12h); default never"},
    {"env", 'e', ARG_LIST, FIELD(envs), "K[=V]", "set a variable for everything that runs in it"},
    {"template", 0, ARG_TEXT, FIELD(template_id), "TEMPLATE", "make it from this template"},
    {"snapshot", 0, ARG_TEXT, FIELD(snapshot_id), "ID", "begin as this snapshot was"},
    {"find", 'f', ARG_FLAG, FIELD(find), NULL, "succeed when it exists already"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print the sandbox as JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void print_result(const struct sandbox_info *info, bool json)
{
    if (json)
        json_print(sandbox_public_json(info));
    else
        foreign_print(info->id);
}

/* Returns the exit status. */
static int create(struct session *s, const struct new_args *a, const struct create_options *o,
                  struct err *e)
{
    struct sandbox_info info = {0};
    bool found = false;

    /* Asked first, so that "exists already" does not hang on how a gateway words a conflict. */
    if (o->name && session_find(s, o->ns, o->name, &info, &found, e) < 0)
        return EXIT_FAIL;
    if (found && !a->find) {
        err_set(e, ERR_CONFLICT, "%s/%s exists already", o->ns, o->name);
        err_hint(e, "enter it with `sandpit attach %.60s/%.60s`, or accept it with --find", o->ns,
                 o->name);
        sandbox_info_finish(&info);
        return EXIT_FAIL;
    }
    if (!found && session_create(s, o, a->find && o->name, &info, e) < 0)
        return err_wrap(e, "create %s/%s", o->ns, o->name ? o->name : ""), EXIT_FAIL;
    cleanup_free char *label = sandbox_label(&info);
    say("%s %s", found ? "found" : "created", label);
    print_result(&info, a->json);
    sandbox_info_finish(&info);
    return EXIT_OK;
}

static int run_new(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct new_args *a = arguments;
    cleanup_free char *ns = NULL;
    cleanup_free char *name = NULL;
    struct session s = {0};
    struct err e = {0};
    cJSON *envs = env_list_json(&a->envs, &e);
    struct create_options o = {.template_id = a->template_id,
                               .snapshot_id = a->snapshot_id,
                               .envs = a->envs.n ? envs : NULL};
    int status = EXIT_USAGE;

    if (n_rest)
        sandbox_split(rest[0], &ns, &name);
    if (!ns)
        ns = xstrdup(app->context.ns ? app->context.ns : "default");
    o.ns = ns;
    o.name = name;
    if (!envs)
        ;
    else if ((name && !*name) || !*ns)
        err_set(&e, ERR_ARG, "\"%s\": a sandbox is named NAME or NAMESPACE/NAME", rest[0]);
    else if (a->timeout && (o.timeout_ms = duration_parse(a->timeout, &e)) < 0)
        err_wrap(&e, "--timeout");
    else
        status = session_open(&s, app, &e) < 0 ? EXIT_FAIL : create(&s, a, &o, &e);
    if (e.code)
        say_error(&e);
    session_close(&s);
    cJSON_Delete(envs);
    return status;
}

const struct command cmd_new = {
    .name = "new",
    .usage = "[[NAMESPACE/]NAME]",
    .summary = "Create a sandbox",
    .details = "Prints its id. A name is unique in its namespace: when it is taken, this fails "
               "with status 1,\nor with --find prints the id of the one that exists (options then "
               "count for nothing).\nWithout NAME the sandbox is known by its id only.",
    .args = args,
    .args_size = sizeof(struct new_args),
    .leading = 1 << 20,
    .max_rest = 1,
    .writes = true,
    .run = run_new,
};
