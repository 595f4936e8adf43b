/* SPDX-License-Identifier: MIT
 *
 * sandpit ls: the sandboxes of the gateway, as a table or as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/command.h"
#include "app/env_list.h"
#include "app/foreign.h"
#include "app/say.h"
#include "app/session.h"
#include "base/clock.h"

struct ls_args {
    bool json, quiet;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct ls_args, json), NULL, "print a JSON array"},
    {"quiet", 'q', ARG_FLAG, offsetof(struct ls_args, quiet), NULL, "print ids only"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static int by_name(const void *a, const void *b)
{
    const struct sandbox_info *x = a, *y = b;
    int order = strcmp(x->ns, y->ns);

    return order ? order : strcmp(x->name, y->name);
}

static void print_table(const struct sandbox_info *all, size_t n)
{
    static const char *const heads[] = {"NAMESPACE", "NAME",      "STATUS", "PROVIDER", "AGE",
                                        "LEFT",      "TERMINALS", "ID",     NULL};
    struct columns *c = columns_create(heads);
    int64_t now = clock_wall_ms();

    for (size_t i = 0; i < n; i++) {
        columns_text(c, all[i].ns);
        columns_text(c, all[i].name);
        columns_text(c, all[i].status);
        columns_text(c, all[i].provider);
        columns_span(c, all[i].created_ms ? now - all[i].created_ms : 0);
        columns_span(c, all[i].expires_ms ? all[i].expires_ms - now : 0);
        if (all[i].n_terminals < 0)
            columns_text(c, NULL);
        else
            columns_number(c, all[i].n_terminals);
        columns_text(c, all[i].id);
    }
    columns_print(c);
}

static void print_json(const struct sandbox_info *all, size_t n)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(array, sandbox_public_json(&all[i]));
    json_print(array);
}

/* Drops those of other namespaces. Returns how many are left. */
static size_t keep_namespace(struct sandbox_info *all, size_t n, const char *ns)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!ns || strcmp(all[i].ns, ns) == 0) {
            struct sandbox_info moved = all[i];

            all[i] = all[kept];
            all[kept++] = moved;
        }
    return kept;
}

static int run_ls(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct ls_args *a = arguments;
    struct sandbox_info *all = NULL;
    size_t n = 0;
    struct session s;
    struct err e = {0};

    if (session_open(&s, app, &e) < 0 || session_list(&s, &all, &n, &e) < 0) {
        say_error(&e);
        session_close(&s);
        return EXIT_FAIL;
    }
    session_close(&s);
    size_t kept = keep_namespace(all, n, app->context.ns);
    if (kept)
        qsort(all, kept, sizeof *all, by_name);
    if (a->json)
        print_json(all, kept);
    else if (a->quiet)
        for (size_t i = 0; i < kept; i++)
            foreign_print(all[i].id);
    else if (kept)
        print_table(all, kept);
    else
        say("no sandboxes%s%s; `sandpit new NAME` makes one", app->context.ns ? " in " : "",
            app->context.ns ? app->context.ns : "");
    for (size_t i = 0; i < n; i++)
        sandbox_info_finish(&all[i]);
    free(all);
    return EXIT_OK;
}

const struct command cmd_ls = {
    .name = "ls",
    .usage = "",
    .summary = "List sandboxes",
    .details = "Every namespace is listed unless --namespace names one. AGE is the time since "
               "creation,\nLEFT the time until the sandbox is destroyed (- for never).",
    .args = args,
    .args_size = sizeof(struct ls_args),
    .leading = 1 << 20,
    .run = run_ls,
};
