/* SPDX-License-Identifier: MIT
 *
 * sandpit servers: the servers of a sandbox, started, stopped, looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "client/server.h"

struct servers_args {
    bool json, strict_port, no_autostart;
    const char *install, *path, *env_file, *port, *policy, *max_restarts, *restart_delay,
        *stop_timeout, *health, *health_interval, *health_timeout, *health_delay;
    struct arg_list envs;
};

#define FIELD(name) offsetof(struct servers_args, name)
static const struct arg_def args[] = {
    {"install", 0, ARG_TEXT, FIELD(install), "COMMAND", "run this once before it starts"},
    {"path", 'w', ARG_TEXT, FIELD(path), "DIR", "start it in DIR"},
    {"env-file", 0, ARG_TEXT, FIELD(env_file), "FILE", "its variables, relative to --path"},
    {"env", 'e', ARG_LIST, FIELD(envs), "K[=V]", "set a variable for it"},
    {"port", 'p', ARG_TEXT, FIELD(port), "PORT", "the port it is to use (given as $PORT)"},
    {"strict-port", 0, ARG_FLAG, FIELD(strict_port), NULL, "fail rather than take another port"},
    {"no-autostart", 0, ARG_FLAG, FIELD(no_autostart), NULL, "do not start it with the sandbox"},
    {"restart", 0, ARG_TEXT, FIELD(policy), "never|on-failure|always",
     "when it has ended by itself"},
    {"max-restarts", 0, ARG_TEXT, FIELD(max_restarts), "N", "give up after N restarts"},
    {"restart-delay", 0, ARG_TEXT, FIELD(restart_delay), "TIME", "wait before a restart"},
    {"stop-timeout", 0, ARG_TEXT, FIELD(stop_timeout), "TIME", "kill it TIME after asking"},
    {"health", 0, ARG_TEXT, FIELD(health), "PATH", "it is ready when GET PATH answers 2xx"},
    {"health-interval", 0, ARG_TEXT, FIELD(health_interval), "TIME", "between checks"},
    {"health-timeout", 0, ARG_TEXT, FIELD(health_timeout), "TIME", "of one check"},
    {"health-delay", 0, ARG_TEXT, FIELD(health_delay), "TIME", "before the first check"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

/* --- printing --- */

static cJSON *server_json(const struct server_info *s)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "slug", s->slug);
    cJSON_AddStringToObject(o, "status", s->status);
    cJSON_AddStringToObject(o, "start", s->start);
    cJSON_AddStringToObject(o, "path", s->path);
    cJSON_AddNumberToObject(o, "port", s->port);
    cJSON_AddStringToObject(o, "url", s->url);
    cJSON_AddNumberToObject(o, "pid", (double)s->pid);
    cJSON_AddStringToObject(o, "restartPolicy", s->restart_policy);
    cJSON_AddNumberToObject(o, "restartCount", s->restart_count);
    cJSON_AddNumberToObject(o, "maxRestarts", s->max_restarts);
    if (s->has_exit_code)
        cJSON_AddNumberToObject(o, "exitCode", s->exit_code);
    if (s->has_health)
        cJSON_AddBoolToObject(o, "healthy", s->is_healthy);
    if (s->error[0])
        cJSON_AddStringToObject(o, "error", s->error);
    json_add_time(o, "createdAt", s->created_ms);
    json_add_time(o, "updatedAt", s->updated_ms);
    return o;
}

static void add_row(struct columns *c, const struct server_info *s)
{
    columns_text(c, s->slug);
    columns_text(c, s->status);
    columns_text(c, s->has_health ? (s->is_healthy ? "ok" : "failing") : NULL);
    if (s->port)
        columns_number(c, s->port);
    else
        columns_text(c, NULL);
    columns_number(c, s->restart_count);
    if (s->has_exit_code)
        columns_number(c, s->exit_code);
    else
        columns_text(c, NULL);
    columns_span(c, s->created_ms ? clock_wall_ms() - s->created_ms : 0);
    columns_text(c, s->url);
}

static void print_servers(const struct errand *x, const struct server_info *all, size_t n)
{
    static const char *const heads[] = {"SERVER", "STATUS", "HEALTH", "PORT", "RESTARTS",
                                        "EXIT",   "AGE",    "URL",    NULL};
    cJSON *list = x->json ? cJSON_CreateArray() : NULL;
    struct columns *c = x->json ? NULL : columns_create(heads);

    for (size_t i = 0; i < n; i++) {
        if (list)
            cJSON_AddItemToArray(list, server_json(&all[i]));
        else
            add_row(c, &all[i]);
    }
    if (list)
        json_print(list);
    else
        columns_print(c);
}

static void on_servers(void *user, const struct server_info *all, size_t n, const struct err *e)
{
    struct errand *x = user;

    if (!e)
        print_servers(x, all, n);
    errand_done(x, e);
}

static void on_shown(void *user, const struct server_info *s, const struct err *e)
{
    struct errand *x = user;

    if (s && x->json)
        json_print(server_json(s));
    else if (s)
        print_servers(x, s, 1);
    errand_done(x, e);
}

static void on_changed(void *user, const struct server_info *s, const struct err *e)
{
    struct errand *x = user;

    if (s && x->json)
        json_print(server_json(s));
    else if (s)
        say("%s is %s", s->slug, s->status);
    if (s && s->error[0])
        say("%s", s->error);
    errand_done(x, e);
}

/* --- verbs --- */

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    server_list(x->remote, on_servers, x);
    return errand_wait(x);
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    server_get(x->remote, words[0], on_shown, x);
    return errand_wait(x);
}

/* A number from 1 on, or 0 when there is no text. */
static int read_number(const char *text, const char *option, int *number, struct err *e)
{
    char *end;
    long value = text ? strtol(text, &end, 10) : 0;

    *number = (int)value;
    if (text && (*end || value < 1 || value > 1000000))
        return err_set(e, ERR_ARG, "%s: \"%.60s\" is not a number", option, text);
    return 0;
}

static int read_time(const char *text, const char *option, int64_t *ms, struct err *e)
{
    int64_t value = text ? duration_parse(text, e) : -1;

    *ms = value;
    return text && value < 0 ? err_wrap(e, "%s", option) : 0;
}

static int read_options(const struct servers_args *a, struct server_options *o, struct err *e)
{
    int result = read_number(a->port, "--port", &o->port, e);

    o->install = a->install;
    o->path = a->path;
    o->env_file = a->env_file;
    o->strict_port = a->strict_port;
    o->no_autostart = a->no_autostart;
    o->restart_policy = a->policy;
    o->health.path = a->health;
    if (!result)
        result = read_number(a->max_restarts, "--max-restarts", &o->max_restarts, e);
    if (!result)
        result = read_time(a->restart_delay, "--restart-delay", &o->restart_delay_ms, e);
    if (!result)
        result = read_time(a->stop_timeout, "--stop-timeout", &o->stop_timeout_ms, e);
    if (!result)
        result = read_time(a->health_interval, "--health-interval", &o->health.interval_ms, e);
    if (!result)
        result = read_time(a->health_timeout, "--health-timeout", &o->health.timeout_ms, e);
    if (!result)
        result = read_time(a->health_delay, "--health-delay", &o->health.delay_ms, e);
    return result;
}

static int run_start(struct errand *x, const void *arguments, int n, char **words)
{
    const struct servers_args *a = arguments;
    struct server_options o = {.slug = words[0], .start = words[1]};
    int result = read_options(a, &o, &x->session.err);
    cJSON *environment = result ? NULL : env_list_json(&a->envs, &x->session.err);

    if (!environment)
        return -(int)x->session.err.code;
    o.environment = a->envs.n ? environment : NULL;
    server_start(x->remote, &o, on_changed, x);
    cJSON_Delete(environment);
    return errand_wait(x);
}

static int run_stop(struct errand *x, const void *arguments, int n, char **words)
{
    server_stop(x->remote, words[0], on_changed, x);
    return errand_wait(x);
}

static int run_restart(struct errand *x, const void *arguments, int n, char **words)
{
    server_restart(x->remote, words[0], on_changed, x);
    return errand_wait(x);
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    int result = 0;

    for (int i = 0; i < n && !result; i++) {
        server_delete(x->remote, words[i], errand_on_done, x);
        result = errand_wait(x);
    }
    return result;
}

static int run_status(struct errand *x, const void *arguments, int n, char **words)
{
    server_set_status(x->remote, words[0], words[1], on_changed, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"show", "SERVER", 1, 1, false, run_show},
    {"start", "SERVER COMMAND", 2, 2, true, run_start},
    {"stop", "SERVER", 1, 1, true, run_stop},
    {"restart", "SERVER", 1, 1, true, run_restart},
    {"rm", "SERVER...", 1, 1 << 20, true, run_remove},
    {"status", "SERVER STATUS", 2, 2, true, run_status},
    {0},
};

static int run_servers(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct servers_args *a = arguments;

    return errand_run(&cmd_servers, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_servers = {
    .name = "servers",
    .usage = "NAME [VERB [SERVER]]",
    .summary = "List, start and stop the servers of a sandbox",
    .details = "Verbs: list (when none is given), show SERVER, start SERVER COMMAND, stop SERVER,\n"
               "restart SERVER, rm SERVER..., status SERVER STATUS (overrides what the host "
               "thinks).\nThe other options are those of start. Logs: `sandpit logs`.",
    .args = args,
    .args_size = sizeof(struct servers_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_servers,
};
