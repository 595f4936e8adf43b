/* SPDX-License-Identifier: MIT
 *
 * Commands over HTTP: in the foreground, in the background, code, and what exec terminals know of
 * theirs.
 */
#include "client/command.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/command_internal.h"
#include "client/fields.h"
#include "client/listing.h"

#define COMMANDS_MAX       10000
#define COMMAND_TIMEOUT_MS 30000
#define WAIT_MAX_MS        300000
#define ANSWER_MS          10000 /* beyond a wait, for its answer */

/* --- reading --- */

bool command_read(struct command_text *text, const cJSON *object)
{
    const char *status = field_text(object, "status");

    text->out = field_bytes(object, "stdout", &text->result.out_len);
    text->err = field_bytes(object, "stderr", &text->result.err_len);
    text->result.out = text->out;
    text->result.err = text->err;
    text->result.is_running = !strcmp(status, "running") || !strcmp(status, "pending");
    text->result.exit_code = (int)field_int(object, "exit_code", -256, 65535, 0);
    text->result.duration_ms = (int64_t)field_number(object, "duration_ms", 0);
    text->result.terminal_id = field_text(object, "terminal_id");
    text->result.command_id = field_text(object, "cmd_id");
    text->result.command = field_text(object, "command");
    text->result.status = status;
    text->result.started_ms = field_time(object, "started_at");
    text->result.finished_ms = field_time(object, "finished_at");
    return text->result.command_id[0];
}

void command_text_finish(struct command_text *text)
{
    free(text->out);
    free(text->err);
}

static void on_command(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct command_text text = {0};

    command_read(&text, data);
    ((command_cb)c->cb)(c->user, e ? NULL : &text.result, e);
    command_text_finish(&text);
}

/* --- running --- */

cJSON *command_body(const struct command_options *o)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "command", o->command);
    field_add_text(body, "shell", o->shell);
    field_add_text(body, "cwd", o->cwd);
    field_add_tree(body, "env", o->env);
    return body;
}

struct request *command_run(struct remote *r, const struct command_options *o, command_cb cb,
                            void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/run/command"), on_command, (call_cb)cb, user);
    cJSON *body = command_body(o);

    if (o->background)
        cJSON_AddTrueToObject(body, "background");
    call_set_body(c, body);
    c->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : COMMAND_TIMEOUT_MS;
    return call_start(c);
}

struct request *command_execute(struct remote *r, const char *terminal_id, const char *command,
                                bool background, command_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "POST", call_path("/terminals", terminal_id, "/execute"),
                                        on_command, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "command", command);
    cJSON_AddBoolToObject(body, "background", background);
    call_set_body(c, body);
    c->timeout_ms = COMMAND_TIMEOUT_MS;
    return call_start(c);
}

static char *commands_path(const char *terminal_id, const char *command_id, const char *rest)
{
    cleanup_free char *commands = call_path("/terminals", terminal_id, "/commands");

    return call_path(commands, command_id, rest);
}

struct request *command_get(struct remote *r, const char *terminal_id, const char *command_id,
                            command_cb cb, void *user)
{
    return call_start(call_create(r, "GET", commands_path(terminal_id, command_id, ""), on_command,
                                  (call_cb)cb, user));
}

struct request *command_wait(struct remote *r, const char *terminal_id, const char *command_id,
                             int64_t timeout_ms, command_cb cb, void *user)
{
    int64_t ms = timeout_ms > 0 && timeout_ms < WAIT_MAX_MS ? timeout_ms : WAIT_MAX_MS;
    char rest[64];

    snprintf(rest, sizeof rest, "/wait?timeout=%lld", (long long)(ms + 999) / 1000);
    struct remote_call *c = call_create(r, "GET", commands_path(terminal_id, command_id, rest),
                                        on_command, (call_cb)cb, user);

    c->timeout_ms = ms + ANSWER_MS;
    return call_start(c);
}

/* --- lists --- */

struct command_list {
    char **terminals; /* owned: exec terminals still to ask */
    size_t n_terminals, next;
    struct command_text *all; /* owned */
    size_t n;
};

static void list_free(void *state)
{
    struct command_list *l = state;

    for (size_t i = 0; i < l->n; i++) {
        command_text_finish(&l->all[i]);
        cJSON_Delete(l->all[i].kept);
    }
    for (size_t i = 0; i < l->n_terminals; i++)
        free(l->terminals[i]);
    free(l->all);
    free(l->terminals);
    free(l);
}

static void list_take(struct command_list *l, const cJSON *data, const char *terminal_id)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "commands"), *item;

    cJSON_ArrayForEach (item, list) {
        struct command_text text = {.kept = cJSON_Duplicate(item, true)};

        if (l->n == COMMANDS_MAX || !command_read(&text, text.kept)) {
            command_text_finish(&text);
            cJSON_Delete(text.kept);
            continue;
        }
        text.result.terminal_id = terminal_id;
        l->all = xreallocarray(l->all, l->n + 1, sizeof *l->all);
        l->all[l->n++] = text;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct command_result *x = a, *y = b;

    return (x->started_ms > y->started_ms) - (x->started_ms < y->started_ms);
}

static void list_tell(struct remote_call *c)
{
    const struct command_list *l = c->state;
    struct command_result *results = xcalloc(l->n + 1, sizeof *results);

    for (size_t i = 0; i < l->n; i++)
        results[i] = l->all[i].result;
    qsort(results, l->n, sizeof *results, by_start);
    ((commands_cb)c->cb)(c->user, results, l->n, NULL);
    free(results);
}

static void on_commands(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct command_list *l = c->state;

    /* One that ended meanwhile took its commands along; that is an answer when several are asked.
     */
    if (e && (e->code != ERR_NOT_FOUND || l->n_terminals == 1)) {
        ((commands_cb)c->cb)(c->user, NULL, 0, e);
        return;
    }
    if (!e)
        list_take(l, data, l->terminals[l->next]);
    if (++l->next < l->n_terminals)
        call_again(c, "GET", call_path("/terminals", l->terminals[l->next], "/commands"), NULL,
                   on_commands);
    else
        list_tell(c);
}

static struct remote_call *list_create(struct remote *r, char *path, commands_cb cb, void *user,
                                       void (*on_answer)(struct remote_call *c, const cJSON *data,
                                                         const struct err *e))
{
    struct remote_call *c = call_create(r, "GET", path, on_answer, (call_cb)cb, user);

    c->state = xcalloc(1, sizeof(struct command_list));
    c->on_free = list_free;
    return c;
}

static void list_add_terminal(struct command_list *l, const char *id)
{
    l->terminals = xreallocarray(l->terminals, l->n_terminals + 1, sizeof *l->terminals);
    l->terminals[l->n_terminals++] = xstrdup(id);
}

struct request *command_list(struct remote *r, const char *terminal_id, commands_cb cb, void *user)
{
    struct remote_call *c =
        list_create(r, call_path("/terminals", terminal_id, "/commands"), cb, user, on_commands);

    list_add_terminal(c->state, terminal_id);
    return call_start(c);
}

static void on_terminals(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct command_list *l = c->state;
    size_t n;
    struct terminal_info *all = listing_read(&terminal_listing, data, COMMANDS_MAX, &n);

    for (size_t i = 0; i < n; i++) {
        if (!all[i].pty)
            list_add_terminal(l, all[i].id);
    }
    free(all);
    if (e)
        ((commands_cb)c->cb)(c->user, NULL, 0, e);
    else if (l->n_terminals)
        call_again(c, "GET", call_path("/terminals", l->terminals[0], "/commands"), NULL,
                   on_commands);
    else
        list_tell(c);
}

struct request *command_list_all(struct remote *r, commands_cb cb, void *user)
{
    return call_start(list_create(r, xstrdup("/terminals"), cb, user, on_terminals));
}

/* --- code --- */

static void on_code(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct code_result result = {.exit_code = (int)field_int(data, "exit_code", -256, 65535, 0),
                                 .language = field_text(data, "language")};
    cleanup_free char *output = field_bytes(data, "output", &result.n_output);

    result.output = output;
    ((code_cb)c->cb)(c->user, e ? NULL : &result, e);
}

struct request *code_run(struct remote *r, const char *code, const char *language,
                         int64_t timeout_ms, code_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/run/code"), on_code, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "code", code);
    field_add_text(body, "language", language);
    call_set_body(c, body);
    c->timeout_ms = timeout_ms > 0 ? timeout_ms : COMMAND_TIMEOUT_MS;
    return call_start(c);
}
