/* SPDX-License-Identifier: MIT
 *
 * sandpit terminals: the terminals of a sandbox from outside: made, listed, typed into, ended.
 * Living in one: cmd_attach.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/shell_quote.h"
#include "client/command.h"

#define POLL_MS        20
#define ARRIVAL_MS     10000
#define SIZE_MAX_CELLS 1000

struct terminals_args {
    bool json, exec, no_enter;
    const char *shell, *cwd;
};

#define FIELD(name) offsetof(struct terminals_args, name)
static const struct arg_def args[] = {
    {"exec", 0, ARG_FLAG, FIELD(exec), NULL, "create: one for exec, without a screen"},
    {"shell", 0, ARG_TEXT, FIELD(shell), "PATH", "create: what runs in it"},
    {"cwd", 'w', ARG_TEXT, FIELD(cwd), "DIR", "create: where it begins"},
    {"no-enter", 0, ARG_FLAG, FIELD(no_enter), NULL, "send: without Enter behind the text"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static cJSON *terminal_json(const struct terminal_info *t)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", t->id);
    cJSON_AddStringToObject(o, "status", t->status);
    cJSON_AddBoolToObject(o, "pty", t->pty);
    cJSON_AddStringToObject(o, "title", t->title);
    cJSON_AddStringToObject(o, "command", t->command);
    cJSON_AddNumberToObject(o, "cols", t->cols);
    cJSON_AddNumberToObject(o, "rows", t->rows);
    cJSON_AddNumberToObject(o, "viewers", t->n_viewers);
    json_add_time(o, "createdAt", t->created_ms);
    return o;
}

static void print_terminals(const struct terminal_info *all, size_t n)
{
    static const char *const heads[] = {"ID",  "KIND",    "STATUS", "SIZE",
                                        "AGE", "VIEWERS", "TITLE",  NULL};
    struct columns *c = columns_create(heads);

    for (size_t i = 0; i < n; i++) {
        cleanup_free char *size = all[i].cols ? xasprintf("%dx%d", all[i].cols, all[i].rows) : NULL;

        columns_text(c, all[i].id);
        columns_text(c, all[i].pty ? "pty" : "exec");
        columns_text(c, all[i].status);
        columns_text(c, size);
        columns_span(c, all[i].created_ms ? clock_wall_ms() - all[i].created_ms : 0);
        columns_number(c, all[i].n_viewers);
        columns_text(c, *all[i].title ? all[i].title : all[i].command);
    }
    columns_print(c);
}

static void on_terminals(void *user, const struct terminal_info *all, size_t n, const struct err *e)
{
    struct errand *x = user;
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, terminal_json(&all[i]));
    if (list)
        json_print(list);
    else if (!e)
        print_terminals(all, n);
    errand_done(x, e);
}

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct errand *x = user;

    if (t && x->json)
        json_print(terminal_json(t));
    else if (t)
        print_terminals(t, 1);
    errand_done(x, e);
}

static void on_created(void *user, const struct terminal_info *t, const struct err *e)
{
    struct errand *x = user;

    if (t && !x->json)
        foreign_print(t->id);
    else if (t)
        json_print(terminal_json(t));
    errand_done(x, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    terminal_list(x->remote, on_terminals, x);
    return errand_wait(x);
}

static int run_create(struct errand *x, const void *arguments, int n, char **words)
{
    const struct terminals_args *a = arguments;

    terminal_create(
        x->remote,
        &(struct terminal_options){
            .shell = a->shell, .cwd = a->cwd, .rows = 24, .cols = 80, .no_pty = a->exec},
        on_created, x);
    return errand_wait(x);
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    terminal_get(x->remote, words[0], on_terminal, x);
    return errand_wait(x);
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    int result = 0;

    for (int i = 0; i < n && !result; i++) {
        terminal_destroy(x->remote, words[i], errand_on_done, x);
        result = errand_wait(x);
    }
    return result;
}

/* --- commands of an exec terminal --- */

static void on_executed(void *user, const struct command_result *c, const struct err *e)
{
    struct errand *x = user;

    if (c && x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "id", c->command_id);
        json_add_text(o, "stdout", c->out, c->out_len);
        json_add_text(o, "stderr", c->err, c->err_len);
        cJSON_AddNumberToObject(o, "exitCode", c->exit_code);
        json_print(o);
    } else if (c) {
        fwrite(c->out, 1, c->out_len, stdout);
        fflush(stdout);
        fwrite(c->err, 1, c->err_len, stderr);
    }
    if (c)
        x->status = c->exit_code & 255;
    errand_done(x, e);
}

static int run_exec(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_buf struct buf line = {0};

    if (n == 2)
        buf_append_str(&line, words[1]);
    else
        shell_quote_all(&line, n - 1, words + 1);
    command_execute(x->remote, words[0], line.data, false, on_executed, x);
    return errand_wait(x);
}

/* --- over the WebSocket: until it has arrived --- */

struct sending {
    struct errand *errand;
    struct channel *channel;
    int rows, cols; /* of a size to set; 0: none */
    bool is_there;
};

static bool on_output(void *user, const char *bytes, size_t n)
{
    return true;
}

static void on_destroyed(void *user, const struct channel_end *end)
{
    struct sending *s = user;
    struct err e;

    err_set(&e, ERR_NOT_FOUND, "the terminal is gone: %.200s", *end->reason ? end->reason : "exit");
    errand_done(s->errand, &e);
}

static void on_state(void *user)
{
    struct errand *x = ((struct sending *)user)->errand;

    if (remote_state(x->remote) == LINK_FAILED)
        errand_done(x, remote_error(x->remote));
}

static const struct channel_ops ops = {
    .on_output = on_output, .on_destroyed = on_destroyed, .on_state = on_state};

/* A size is there when the host says so, or says nothing about sizes. */
static void on_looked(void *user, const struct terminal_info *t, const struct err *e)
{
    struct sending *s = user;

    s->is_there = t && (!s->cols || !t->cols || (t->cols == s->cols && t->rows == s->rows));
    errand_done(s->errand, e);
}

/* What was sent has arrived when the host has acknowledged it, or shows it. */
static int wait_arrival(struct sending *s, const char *id)
{
    struct errand *x = s->errand;
    int64_t until_ms = clock_mono_ms() + ARRIVAL_MS;
    int result = 0;

    s->is_there = false;
    while (!result && (!s->is_there || channel_pending(s->channel))) {
        if (clock_mono_ms() > until_ms)
            return err_set(&x->session.err, ERR_TIMEOUT, "the sandbox did not take it in %d s",
                           ARRIVAL_MS / 1000);
        if (remote_state(x->remote) == LINK_UP)
            terminal_get(x->remote, id, on_looked, s);
        result = remote_state(x->remote) == LINK_UP ? errand_wait(x) : errand_pause(x, POLL_MS);
    }
    return result;
}

static int with_channel(struct errand *x, struct sending *s, const char *id, const char *text)
{
    int result;

    /* First over HTTP: a channel waits for what may come yet. */
    terminal_get(x->remote, id, on_looked, s);
    result = errand_wait(x);
    if (result < 0)
        return result;
    s->channel = channel_open(x->remote, id, &ops, s);
    if (s->cols)
        channel_resize(s->channel, s->rows, s->cols);
    else
        result = channel_input(s->channel, text, strlen(text), &x->session.err);
    if (!result)
        result = wait_arrival(s, id);
    channel_close(s->channel);
    return result;
}

static int run_send(struct errand *x, const void *arguments, int n, char **words)
{
    const struct terminals_args *a = arguments;
    struct sending s = {.errand = x};
    cleanup_free char *text = xasprintf("%s%s", words[1], a->no_enter ? "" : "\r");

    return *text ? with_channel(x, &s, words[0], text) : 0;
}

static int read_size(struct errand *x, const char *text, int *size)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*end || value < 1 || value > SIZE_MAX_CELLS)
        return err_set(&x->session.err, ERR_ARG, "\"%.60s\" is not a size from 1 to %d", text,
                       SIZE_MAX_CELLS);
    *size = (int)value;
    return 0;
}

static int run_resize(struct errand *x, const void *arguments, int n, char **words)
{
    struct sending s = {.errand = x};

    if (read_size(x, words[1], &s.cols) < 0 || read_size(x, words[2], &s.rows) < 0)
        return -ERR_ARG;
    return with_channel(x, &s, words[0], "");
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"create", "", 0, 0, true, run_create},
    {"show", "ID", 1, 1, false, run_show},
    {"send", "ID TEXT", 2, 2, true, run_send},
    {"resize", "ID COLUMNS ROWS", 3, 3, true, run_resize},
    {"exec", "ID COMMAND [ARG]...", 2, 1 << 20, true, run_exec},
    {"rm", "ID...", 1, 1 << 20, true, run_remove},
    {0},
};

static int run_terminals(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct terminals_args *a = arguments;

    return errand_run(&cmd_terminals, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_terminals = {
    .name = "terminals",
    .usage = "NAME [OPTION]... [VERB [ARG]...]",
    .summary = "List, make, type into and end terminals of a sandbox",
    .details = "Verbs: list (when none is given), create (prints an id), show ID, send ID TEXT (as "
               "if typed, with Enter),\nresize ID COLUMNS ROWS, exec ID COMMAND [ARG]... (in one "
               "made with --exec), rm ID...\nTo live in one: `sandpit attach NAME`.",
    .args = args,
    .args_size = sizeof(struct terminals_args),
    .verbs = verbs,
    .leading = 2,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_terminals,
};
