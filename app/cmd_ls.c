/* SPDX-License-Identifier: MIT
 *
 * sandpit ls: the sandboxes of the gateway, as a table or as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/env_list.h"
#include "app/say.h"
#include "app/session.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#define N_COLUMNS 8

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

static void fill_row(const struct sandbox_info *s, char cells[N_COLUMNS][256])
{
    const char *texts[] = {s->ns, s->name, s->status, s->provider};
    int64_t now = clock_wall_ms();
    size_t i = 0;

    for (; i < ARRAY_LEN(texts); i++)
        text_sanitise(cells[i], sizeof cells[i], *texts[i] ? texts[i] : "-",
                      *texts[i] ? strlen(texts[i]) : 1);
    snprintf(cells[i], sizeof cells[i], "-");
    if (s->created_ms)
        clock_format_span(cells[i], now - s->created_ms);
    snprintf(cells[++i], sizeof cells[i], "-");
    if (s->expires_ms)
        clock_format_span(cells[i], s->expires_ms - now);
    if (s->n_terminals < 0)
        snprintf(cells[++i], sizeof cells[i], "-");
    else
        snprintf(cells[++i], sizeof cells[i], "%d", s->n_terminals);
    text_sanitise(cells[++i], sizeof cells[i], s->id, strlen(s->id));
}

static void print_table(const struct sandbox_info *all, size_t n)
{
    static const char *const heads[N_COLUMNS] = {"NAMESPACE", "NAME", "STATUS",    "PROVIDER",
                                                 "AGE",       "LEFT", "TERMINALS", "ID"};
    char(*cells)[N_COLUMNS][256] = xcalloc(n + 1, sizeof *cells);
    int widths[N_COLUMNS] = {0};

    for (size_t c = 0; c < N_COLUMNS; c++)
        snprintf(cells[0][c], sizeof cells[0][c], "%s", heads[c]);
    for (size_t i = 0; i < n; i++)
        fill_row(&all[i], cells[i + 1]);
    for (size_t i = 0; i <= n; i++)
        for (size_t c = 0; c < N_COLUMNS; c++)
            if (text_width(cells[i][c]) > widths[c])
                widths[c] = text_width(cells[i][c]);
    for (size_t i = 0; i <= n; i++)
        for (size_t c = 0; c < N_COLUMNS; c++) {
            int pad = c + 1 < N_COLUMNS ? widths[c] - text_width(cells[i][c]) + 2 : 0;

            printf("%s%*s%s", cells[i][c], pad, "", c + 1 < N_COLUMNS ? "" : "\n");
        }
    free(cells);
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
            puts(all[i].id);
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
