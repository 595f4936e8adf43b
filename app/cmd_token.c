/* SPDX-License-Identifier: MIT
 *
 * sandpit token: session tokens of a sandbox.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/clock.h"
#include "client/token.h"

struct token_args {
    bool json, observe;
    const char *description, *life;
};

#define FIELD(name) offsetof(struct token_args, name)
static const struct arg_def args[] = {
    {"description", 'd', ARG_TEXT, FIELD(description), "TEXT", "what the new token is for"},
    {"expires", 't', ARG_TEXT, FIELD(life), "TIME", "ends the new token after TIME (7d)"},
    {"observe", 'o', ARG_FLAG, FIELD(observe), NULL, "the new token may read, not write"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static cJSON *token_json(const struct token_info *t)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", t->id);
    cJSON_AddStringToObject(o, "description", t->description);
    cJSON_AddStringToObject(o, "scope", t->scope[0] ? t->scope : "full");
    json_add_time(o, "createdAt", t->created_ms);
    json_add_time(o, "expiresAt", t->expires_ms);
    json_add_time(o, "lastUsedAt", t->last_used_ms);
    if (t->secret[0])
        cJSON_AddStringToObject(o, "token", t->secret);
    return o;
}

static void print_tokens(const struct token_info *all, size_t n)
{
    static const char *const heads[] = {"ID", "SCOPE", "AGE", "LEFT", "USED", "DESCRIPTION", NULL};
    struct columns *c = columns_create(heads);
    int64_t now = clock_wall_ms();

    for (size_t i = 0; i < n; i++) {
        columns_text(c, all[i].id);
        columns_text(c, all[i].scope[0] ? all[i].scope : "full");
        columns_span(c, all[i].created_ms ? now - all[i].created_ms : 0);
        columns_span(c, all[i].expires_ms ? all[i].expires_ms - now : 0);
        columns_span(c, all[i].last_used_ms ? now - all[i].last_used_ms : 0);
        columns_text(c, all[i].description);
    }
    columns_print(c);
}

static void on_tokens(void *user, const struct token_info *all, size_t n, const struct err *e)
{
    struct errand *x = user;
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(list, token_json(&all[i]));
    if (!e && x->json)
        json_print(cJSON_Duplicate(list, true));
    else if (!e)
        print_tokens(all, n);
    cJSON_Delete(list);
    errand_done(x, e);
}

static void on_created(void *user, const struct token_info *t, const struct err *e)
{
    struct errand *x = user;

    if (t && x->json) {
        json_print(token_json(t));
    } else if (t) {
        foreign_print(t->secret);
        say("token %s; it is shown this once", t->id);
    }
    errand_done(x, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    token_list(x->remote, on_tokens, x);
    return errand_wait(x);
}

static int run_create(struct errand *x, const void *arguments, int n, char **words)
{
    const struct token_args *a = arguments;
    struct token_options o = {.description = a->description, .observe = a->observe};
    int64_t life_ms = a->life ? duration_parse(a->life, &x->session.err) : 0;

    if (life_ms < 0)
        return err_wrap(&x->session.err, "--expires");
    o.life_s = (life_ms + 999) / 1000;
    token_create(x->remote, &o, on_created, x);
    return errand_wait(x);
}

static int run_revoke(struct errand *x, const void *arguments, int n, char **words)
{
    int result = 0;

    for (int i = 0; i < n && !result; i++) {
        token_revoke(x->remote, words[i], errand_on_done, x);
        result = errand_wait(x);
    }
    return result;
}

static void on_token(void *user, const struct token_info *t, const struct err *e)
{
    struct errand *x = user;

    if (t && x->json)
        json_print(token_json(t));
    else if (t)
        print_tokens(t, 1);
    errand_done(x, e);
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    token_get(x->remote, words[0], on_token, x);
    return errand_wait(x);
}

/* --- who we are there --- */

static void on_status(void *user, const struct auth_status *a, const struct err *e)
{
    struct errand *x = user;

    if (a && x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddBoolToObject(o, "authenticated", a->is_authenticated);
        cJSON_AddStringToObject(o, "tokenType", a->token_type);
        cJSON_AddStringToObject(o, "scope", a->scope[0] ? a->scope : "full");
        json_add_time(o, "expiresAt", a->expires_ms);
        json_print(o);
    } else if (a) {
        foreign_print(a->is_authenticated ? a->token_type : "not authenticated");
    }
    errand_done(x, e);
}

static int run_status(struct errand *x, const void *arguments, int n, char **words)
{
    auth_status(x->remote, on_status, x);
    return errand_wait(x);
}

static void on_info(void *user, const struct auth_info *a, const struct err *e)
{
    struct errand *x = user;

    if (a && x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "message", a->message);
        cJSON_AddStringToObject(o, "instructions", a->instructions);
        cJSON_AddItemToObject(o, "endpoints", cJSON_Duplicate(a->endpoints, true));
        json_print(o);
    } else if (a) {
        const cJSON *item;

        foreign_print(a->message);
        foreign_print(a->instructions);
        cJSON_ArrayForEach (item, a->endpoints)
            foreign_print(cJSON_IsString(item) ? item->valuestring : "");
    }
    errand_done(x, e);
}

static int run_info(struct errand *x, const void *arguments, int n, char **words)
{
    auth_info(x->remote, on_info, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"show", "ID", 1, 1, false, run_show},
    {"status", "", 0, 0, false, run_status},
    {"info", "", 0, 0, false, run_info},
    {"create", "", 0, 0, true, run_create},
    {"revoke", "ID...", 1, 1 << 20, true, run_revoke},
    {0},
};

static int run_token(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct token_args *a = arguments;

    return errand_run(&cmd_token, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_token = {
    .name = "token",
    .usage = "NAME [VERB [ID]]",
    .summary = "Give others access to a sandbox, and take it back",
    .details =
        "Verbs: list (when none is given), create, show ID, revoke ID..., status (whose token "
        "this program has there),\ninfo (how one gets in). The new token is printed, this "
        "once; what was revoked ends at once,\nwith its open connections.",
    .args = args,
    .args_size = sizeof(struct token_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_token,
};
