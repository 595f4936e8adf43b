/* SPDX-License-Identifier: MIT
 *
 * Running commands over HTTP: in the foreground, in the background, streamed, and what an exec
 * terminal knows about its commands.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "wire/names.h"

#define FOREGROUND_MAX_MS (24LL * 3600 * 1000)
#define WAIT_MAX_S        300

/* --- a request that waits for a command --- */

struct wait {
    struct command_waiter waiter;
    struct http_request *request;
    struct command *command;
    bool owns;        /* the command ends when the request goes away */
    uv_timer_t timer; /* the wait's own end */
    const char *message;
};

static void on_wait_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_command_ended(struct command *c, void *user)
{
    struct wait *w = user;

    command_reply(c, w->request, w->message);
    uv_close((uv_handle_t *)&w->timer, on_wait_closed);
}

static void on_request_gone(struct http_request *r, void *user)
{
    struct wait *w = user;

    command_unawait(w->command, &w->waiter);
    if (w->owns)
        command_destroy(w->command);
    uv_close((uv_handle_t *)&w->timer, on_wait_closed);
}

static void on_wait_timeout(uv_timer_t *timer)
{
    struct wait *w = timer->data;

    command_unawait(w->command, &w->waiter);
    http_reply_error(w->request, 408, "the command is still running");
    uv_close((uv_handle_t *)&w->timer, on_wait_closed);
}

static void wait_for(struct http_request *r, struct command *c, bool owns, int64_t timeout_ms)
{
    struct wait *w = xcalloc(1, sizeof *w);

    w->request = r;
    w->command = c;
    w->owns = owns;
    w->message = "Command completed";
    w->waiter.on_end = on_command_ended;
    w->waiter.user = w;
    uv_timer_init(c->d->loop, &w->timer);
    w->timer.data = w;
    if (timeout_ms)
        uv_timer_start(&w->timer, on_wait_timeout, (uint64_t)timeout_ms, 0);
    http_set_timeout(r, timeout_ms ? timeout_ms + 5000 : FOREGROUND_MAX_MS);
    http_on_gone(r, on_request_gone, w);
    command_await(c, &w->waiter);
}

/* --- reading requests --- */

/* A text or absent; anything else was answered with 400. */
static bool get_text(struct http_request *r, const cJSON *body, const char *name, const char **text)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, name);

    *text = NULL;
    if (!item || cJSON_IsNull(item))
        return true;
    if (!cJSON_IsString(item)) {
        http_reply_error(r, 400, "%s is not a text", name);
        return false;
    }
    if (*item->valuestring)
        *text = item->valuestring;
    return true;
}

static bool get_flag(struct http_request *r, const cJSON *body, const char *name, bool *flag)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, name);

    *flag = cJSON_IsTrue(item);
    if (item && !cJSON_IsBool(item) && !cJSON_IsNull(item)) {
        http_reply_error(r, 400, "%s is not true or false", name);
        return false;
    }
    return true;
}

struct run {
    struct command_spec spec;
    bool background;
};

static bool read_run(struct http_request *r, const cJSON *body, struct run *run)
{
    if (!get_text(r, body, "command", &run->spec.text) ||
        !get_text(r, body, "shell", &run->spec.shell) ||
        !get_text(r, body, "cwd", &run->spec.cwd) ||
        !get_flag(r, body, "background", &run->background) ||
        !get_flag(r, body, "stream", &run->spec.streaming))
        return false;
    if (!run->spec.text) {
        http_reply_error(r, 400, "command is missing");
        return false;
    }
    if (run->spec.shell && run->spec.shell[0] != '/') {
        http_reply_error(r, 400, "shell is not an absolute path");
        return false;
    }
    run->spec.env = cJSON_GetObjectItemCaseSensitive(body, "env");
    return true;
}

static void reply_failure(struct http_request *r, const struct err *e)
{
    http_reply_error(r, e->code == ERR_LIMIT ? 429 : e->code == ERR_IO ? 500 : 400, "%s", e->text);
}

static void start(struct http_request *r, struct daemon *d, const struct run *run)
{
    struct command_spec spec = run->spec;
    struct terminal *made = NULL;
    struct command *c;
    struct err e;

    if (!spec.terminal && (run->background || spec.streaming)) {
        made = spec.terminal = terminal_create_exec(d, true, &e);
        if (!made) {
            reply_failure(r, &e);
            return;
        }
    }
    c = command_create(d, &spec, &e);
    if (c && !spec.streaming && command_start(c, &e)) {
        command_destroy(c);
        c = NULL;
    }
    if (!c) {
        if (made)
            terminal_destroy(made);
        reply_failure(r, &e);
    } else if (spec.streaming) {
        command_reply(c, r, "Command ready to start");
    } else if (run->background) {
        command_reply(c, r, "Command started");
    } else {
        wait_for(r, c, !spec.terminal, 0);
    }
}

void api_run(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    struct run run = {0};

    if (body && read_run(r, body, &run))
        start(r, user, &run);
    cJSON_Delete(body);
}

/* --- commands of an exec terminal --- */

static struct terminal *exec_terminal(struct http_request *r, struct daemon *d)
{
    struct terminal *t = terminal_find(&d->terminals, http_param(r, "id"));

    if (!t)
        http_reply_error(r, 404, "Terminal not found");
    else if (t->session)
        http_reply_error(r, 400, "Commands are tracked in exec mode only; this is a PTY terminal");
    return t && !t->session ? t : NULL;
}

static struct command *terminal_command(struct http_request *r, struct daemon *d)
{
    struct terminal *t = exec_terminal(r, d);
    struct command *c = t ? command_find(&d->commands, http_param(r, "cmd")) : NULL;

    if (t && (!c || c->terminal != t)) {
        http_reply_error(r, 404, "Command not found");
        return NULL;
    }
    return c;
}

void api_command_execute(struct http_request *r, void *user)
{
    struct terminal *t = exec_terminal(r, user);
    cJSON *body = t ? http_body_object(r) : NULL;
    struct run run = {.spec.terminal = t};

    if (body && read_run(r, body, &run))
        start(r, user, &run);
    cJSON_Delete(body);
}

void api_command_list(struct http_request *r, void *user)
{
    struct terminal *t = exec_terminal(r, user);
    const struct command *c;
    cJSON *o, *data, *list;

    if (!t)
        return;
    o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "message", "Commands of the terminal");
    data = cJSON_AddObjectToObject(o, "data");
    list = cJSON_AddArrayToObject(data, "commands");
    TAILQ_FOREACH (c, &t->commands, of_terminal)
        cJSON_AddItemToArray(list, command_info(c));
    cJSON_AddNumberToObject(data, "count", t->n_commands);
    http_reply_json(r, 200, o);
}

void api_command_get(struct http_request *r, void *user)
{
    struct command *c = terminal_command(r, user);

    if (c)
        command_reply(c, r, "Command");
}

void api_command_wait(struct http_request *r, void *user)
{
    struct command *c = terminal_command(r, user);
    struct buf text = {0};
    double seconds = 0;

    if (!c)
        return;
    if (http_query_get(r, "timeout", &text) && text.data)
        seconds = strtod(text.data, NULL);
    buf_finish(&text);
    if (!(seconds > 0))
        seconds = WAIT_MAX_S;
    if (c->state == COMMAND_FINISHED)
        command_reply(c, r, "Command completed");
    else
        wait_for(r, c, false, (int64_t)(fmin(seconds, WAIT_MAX_S) * 1000) + 1);
}
