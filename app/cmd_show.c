/* SPDX-License-Identifier: MIT
 *
 * sandpit show: all that is known of a sandbox. The gateway's word first, then the sandbox's own,
 * one question after the other; where it does not answer, that is what is shown.
 */
#include <stdio.h>
#include <string.h>

#include "app/env_list.h"
#include "app/errand.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/token.h"

struct show_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct show_args, json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct showing {
    struct errand *errand;
    cJSON *all; /* owned: what is printed */
};

static void on_health(void *user, const struct err *e)
{
    struct showing *s = user;

    cJSON_AddBoolToObject(s->all, "answers", !e);
    errand_done(s->errand, e);
}

static void on_ready(void *user, const struct remote_readiness *r, const struct err *e)
{
    struct showing *s = user;

    if (r) {
        cJSON_AddBoolToObject(s->all, "ready", r->is_ready);
        cJSON_AddBoolToObject(s->all, "healthy", r->is_healthy);
        cJSON_AddItemToObject(s->all, "servers", cJSON_Duplicate(r->servers, true));
        cJSON_AddItemToObject(s->all, "overlays", cJSON_Duplicate(r->overlays, true));
    }
    errand_done(s->errand, e);
}

static void on_info(void *user, const struct remote_info *i, const struct err *e)
{
    struct showing *s = user;

    if (i) {
        cJSON_AddStringToObject(s->all, "version", i->version);
        cJSON_AddNumberToObject(s->all, "sandboxes", i->n_sandboxes);
    }
    errand_done(s->errand, e);
}

static void on_access(void *user, const struct auth_status *a, const struct err *e)
{
    struct showing *s = user;

    if (a)
        cJSON_AddStringToObject(s->all, "access", a->is_authenticated ? a->token_type : "none");
    errand_done(s->errand, e);
}

static void ask_sandbox(struct showing *s)
{
    struct errand *x = s->errand;
    struct remote *r = x->remote;

    remote_health(r, on_health, s);
    if (errand_wait(x) == 0) {
        remote_ready(r, on_ready, s);
        errand_wait(x);
        remote_info(r, on_info, s);
        errand_wait(x);
        auth_status(r, on_access, s);
        errand_wait(x);
    }
    if (x->session.err.code)
        cJSON_AddStringToObject(s->all, "error", x->session.err.text);
    x->session.err = (struct err){0};
}

/* --- for people: a line a field; nested ones as JSON --- */

static void print_line(const char *name, const char *value)
{
    char safe_name[128], safe[4096];

    printf("%-12s %s\n", text_sanitise(safe_name, sizeof safe_name, name, strlen(name)),
           text_sanitise(safe, sizeof safe, value, strlen(value)));
}

static void print_lines(const cJSON *all)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, all) {
        cleanup_free char *json = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);

        if (cJSON_IsNull(item) || (cJSON_IsString(item) && !*item->valuestring) ||
            ((cJSON_IsArray(item) || cJSON_IsObject(item)) && !item->child))
            continue;
        if (cJSON_IsBool(item))
            print_line(item->string, cJSON_IsTrue(item) ? "yes" : "no");
        else
            print_line(item->string, json ? json : item->valuestring);
    }
}

/* What the gateway says beyond the list's fields: limits, network, template… */
static void add_details(cJSON *all, const char *text)
{
    cJSON *details = *text ? cJSON_Parse(text) : NULL;

    while (details && details->child) {
        cJSON *item = cJSON_DetachItemViaPointer(details, details->child);

        if (cJSON_HasObjectItem(all, item->string))
            cJSON_Delete(item);
        else
            cJSON_AddItemToObject(all, item->string, item);
    }
    cJSON_Delete(details);
}

static int run_one(struct errand *x, const void *arguments, int n, char **words)
{
    struct showing s = {.errand = x, .all = sandbox_public_json(&x->info)};

    add_details(s.all, x->info.details);
    ask_sandbox(&s);
    if (x->json) {
        json_print(s.all);
    } else {
        print_lines(s.all);
        cJSON_Delete(s.all);
    }
    return 0;
}

static int run_show(struct app *app, const void *arguments, int n_rest, char **rest)
{
    static const struct verb verb = {.run = run_one};
    const struct show_args *a = arguments;

    return errand_run_one(&verb, app, a, a->json, n_rest, rest);
}

const struct command cmd_show = {
    .name = "show",
    .usage = "NAME",
    .summary = "Show all that is known of a sandbox",
    .details = "What the gateway knows, and whether the sandbox answers, is ready, and whose "
               "token this is.\nFails when there is no such sandbox.",
    .args = args,
    .args_size = sizeof(struct show_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1,
    .run = run_show,
};
