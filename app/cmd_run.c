/* SPDX-License-Identifier: MIT
 *
 * sandpit run: code, and commands in the background: started, listed, waited for, ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/columns.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/shell_quote.h"
#include "client/command.h"

#define CODE_MAX     ((size_t)512 << 10)
#define NO_TIMEOUT   (INT64_C(7) * 24 * 3600 * 1000)
#define EXIT_TIMEOUT 124

struct run_args {
    bool json;
    const char *language, *cwd, *timeout;
    struct arg_list envs;
};

#define FIELD(name) offsetof(struct run_args, name)
static const struct arg_def args[] = {
    {"language", 'L', ARG_TEXT, FIELD(language), "python|node|bash|sh|ruby",
     "of code; found out when not given"},
    {"cwd", 'w', ARG_TEXT, FIELD(cwd), "DIR", "start it in DIR"},
    {"env", 'e', ARG_LIST, FIELD(envs), "K[=V]", "set a variable for what is started"},
    {"timeout", 't', ARG_TEXT, FIELD(timeout), "TIME", "wait gives up after TIME, with 124"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

/* What was found of one command: its two ids. */
struct found {
    struct errand *errand;
    const char *wanted;
    char *terminal_id, *command_id; /* owned */
};

static cJSON *command_json(const struct command_result *c, bool with_output)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", c->command_id);
    cJSON_AddStringToObject(o, "terminalId", c->terminal_id);
    cJSON_AddStringToObject(o, "command", c->command);
    cJSON_AddStringToObject(o, "status", c->status);
    json_add_time(o, "startedAt", c->started_ms);
    json_add_time(o, "finishedAt", c->finished_ms);
    cJSON_AddNumberToObject(o, "durationMs", (double)c->duration_ms);
    if (!c->is_running)
        cJSON_AddNumberToObject(o, "exitCode", c->exit_code);
    if (with_output) {
        json_add_text(o, "stdout", c->out, c->out_len);
        json_add_text(o, "stderr", c->err, c->err_len);
    }
    return o;
}

static void print_output(struct errand *x, const struct command_result *c)
{
    if (x->json) {
        json_print(command_json(c, true));
        return;
    }
    foreign_write(&(struct foreign_stream){0}, stdout, c->out, c->out_len);
    fflush(stdout);
    foreign_write(&(struct foreign_stream){0}, stderr, c->err, c->err_len);
}

/* --- listing --- */

static void on_commands(void *user, const struct command_result *all, size_t n, const struct err *e)
{
    static const char *const heads[] = {"ID", "STATUS", "EXIT", "AGE", "TIME", "COMMAND", NULL};
    struct errand *x = user;
    struct columns *c = x->json || e ? NULL : columns_create(heads);
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, command_json(&all[i], false));
    for (size_t i = 0; i < n && c; i++) {
        columns_text(c, all[i].command_id);
        columns_text(c, all[i].status);
        if (all[i].is_running)
            columns_text(c, NULL);
        else
            columns_number(c, all[i].exit_code);
        columns_span(c, all[i].started_ms ? clock_wall_ms() - all[i].started_ms : 0);
        columns_span(c, all[i].duration_ms);
        columns_text(c, all[i].command);
    }
    if (list)
        json_print(list);
    if (c)
        columns_print(c);
    errand_done(x, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    command_list_all(x->remote, on_commands, x);
    return errand_wait(x);
}

/* --- one of them --- */

static void on_looked_up(void *user, const struct command_result *all, size_t n,
                         const struct err *e)
{
    struct found *f = user;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].command_id, f->wanted) != 0)
            continue;
        f->terminal_id = xstrdup(all[i].terminal_id);
        f->command_id = xstrdup(all[i].command_id);
        break;
    }
    errand_done(f->errand, e);
}

static int find(struct found *f, struct errand *x, const char *id)
{
    *f = (struct found){.errand = x, .wanted = id};
    command_list_all(x->remote, on_looked_up, f);
    if (errand_wait(x) < 0)
        return -(int)x->session.err.code;
    if (f->command_id)
        return 0;
    err_set(&x->session.err, ERR_NOT_FOUND, "there is no command %.100s", id);
    err_hint(&x->session.err, "`sandpit run %.60s list` shows them", x->name);
    return -ERR_NOT_FOUND;
}

static void found_finish(struct found *f)
{
    free(f->terminal_id);
    free(f->command_id);
}

static void on_shown(void *user, const struct command_result *c, const struct err *e)
{
    struct errand *x = user;

    if (c)
        print_output(x, c);
    errand_done(x, e);
}

static void on_waited(void *user, const struct command_result *c, const struct err *e)
{
    struct errand *x = user;

    if (c && !c->is_running)
        x->status = c->exit_code & 255;
    on_shown(user, c, e);
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    struct found f;
    int result = find(&f, x, words[0]);

    if (!result) {
        command_get(x->remote, f.terminal_id, f.command_id, on_shown, x);
        result = errand_wait(x);
    }
    found_finish(&f);
    return result;
}

static int run_wait(struct errand *x, const void *arguments, int n, char **words)
{
    const struct run_args *a = arguments;
    int64_t timeout_ms = a->timeout ? duration_parse(a->timeout, &x->session.err) : NO_TIMEOUT;
    int64_t until_ms = clock_mono_ms() + timeout_ms, left_ms;
    struct found f;
    int result;

    if (timeout_ms < 0)
        return err_wrap(&x->session.err, "--timeout");
    result = find(&f, x, words[0]);
    /* One question waits 300 s at most. */
    while (!result && (left_ms = until_ms - clock_mono_ms()) > 0) {
        command_wait(x->remote, f.terminal_id, f.command_id, left_ms, on_waited, x);
        result = errand_wait(x);
        if (result != -ERR_TIMEOUT)
            break;
        result = 0;
        x->status = EXIT_TIMEOUT;
    }
    if (x->status == EXIT_TIMEOUT && clock_mono_ms() >= until_ms)
        say("%s runs on", words[0]);
    found_finish(&f);
    return result;
}

static int run_kill(struct errand *x, const void *arguments, int n, char **words)
{
    struct found f;
    int result = find(&f, x, words[0]);

    if (!result) {
        terminal_destroy(x->remote, f.terminal_id, errand_on_done, x);
        result = errand_wait(x);
    }
    found_finish(&f);
    return result;
}

/* --- starting --- */

static void on_started(void *user, const struct command_result *c, const struct err *e)
{
    struct errand *x = user;

    if (c && x->json)
        json_print(command_json(c, false));
    else if (c)
        foreign_print(c->command_id);
    errand_done(x, e);
}

static int run_start(struct errand *x, const void *arguments, int n, char **words)
{
    const struct run_args *a = arguments;
    cJSON *envs = env_list_json(&a->envs, &x->session.err);
    cleanup_buf struct buf line = {0};

    if (!envs)
        return -ERR_ARG;
    if (n == 1)
        buf_append_str(&line, words[0]);
    else
        shell_quote_all(&line, n, words);
    command_run(x->remote,
                &(struct command_options){.command = line.data,
                                          .cwd = a->cwd,
                                          .env = a->envs.n ? envs : NULL,
                                          .background = true},
                on_started, x);
    cJSON_Delete(envs);
    return errand_wait(x);
}

static void on_code(void *user, const struct code_result *c, const struct err *e)
{
    struct errand *x = user;

    if (c && x->json) {
        cJSON *o = cJSON_CreateObject();

        json_add_text(o, "output", c->output, c->n_output);
        cJSON_AddNumberToObject(o, "exitCode", c->exit_code);
        cJSON_AddStringToObject(o, "language", c->language);
        json_print(o);
    } else if (c) {
        fwrite(c->output, 1, c->n_output, stdout);
    }
    if (c)
        x->status = c->exit_code & 255;
    errand_done(x, e);
}

static char *read_code(struct err *e)
{
    struct buf code = {0};

    while (!feof(stdin) && !ferror(stdin) && code.len <= CODE_MAX)
        code.len += fread(buf_reserve(&code, 65536), 1, 65536, stdin);
    buf_append(&code, "", 0);
    if (code.len > CODE_MAX) {
        buf_finish(&code);
        err_set(e, ERR_LIMIT, "the code is longer than %zu KiB", CODE_MAX >> 10);
        return NULL;
    }
    return buf_steal(&code);
}

static int run_code(struct errand *x, const void *arguments, int n, char **words)
{
    const struct run_args *a = arguments;
    bool is_input = !n || !strcmp(words[0], "-");
    cleanup_free char *code = is_input ? read_code(&x->session.err) : xstrdup(words[0]);

    if (!code)
        return -ERR_LIMIT;
    code_run(x->remote, code, a->language, NO_TIMEOUT, on_code, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"start", "COMMAND [ARG]...", 1, 1 << 20, true, run_start},
    {"show", "ID", 1, 1, false, run_show},
    {"wait", "ID", 1, 1, false, run_wait},
    {"kill", "ID", 1, 1, true, run_kill},
    {"code", "[TEXT|-]", 0, 1, true, run_code},
    {0},
};

static int run_run(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct run_args *a = arguments;

    return errand_run(&cmd_run, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_run = {
    .name = "run",
    .usage = "NAME [OPTION]... [VERB [ARG]...]",
    .summary = "Run commands in the background, or code",
    .details = "Verbs: list (when none is given), start COMMAND [ARG]... (prints an id), show ID "
               "(its output so far),\nwait ID (its output and exit status), kill ID, code [TEXT|-] "
               "(standard input without TEXT).\nIn the foreground: `sandpit exec`.",
    .args = args,
    .args_size = sizeof(struct run_args),
    .verbs = verbs,
    .leading = 2,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_run,
};
