/* SPDX-License-Identifier: MIT
 *
 * The sandbox's HTTP calls: terminals, commands, info. A call waits for the token if there is none
 * yet, and once more if the token it had was refused.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/remote_internal.h"
#include "wire/json.h"
#include "wire/names.h"

#define TERMINALS_MAX      4096
#define COMMAND_TIMEOUT_MS 30000

struct remote_call {
    struct request request;
    TAILQ_ENTRY(remote_call) link;
    struct remote *remote; /* held */
    const char *method;
    char *path, *body; /* owned; body may be NULL */
    char *token;       /* it was sent with */
    int64_t timeout_ms;
    bool is_waiting, is_second_try;
    /* With the answer (data is its "data", or all of it), or with e. */
    void (*on_answer)(struct remote_call *c, const cJSON *data, const struct err *e);
    union {
        terminal_cb terminal;
        terminals_cb terminals;
        gateway_done_cb done;
        command_cb command;
        remote_info_cb info;
    } cb;
    void *user;
};

static void stop_waiting(struct remote_call *c)
{
    if (c->is_waiting)
        TAILQ_REMOVE(&c->remote->waiting, c, link);
    c->is_waiting = false;
}

static void on_cleanup(struct request *r)
{
    struct remote_call *c = (struct remote_call *)r;

    stop_waiting(c);
    free(c->path);
    free(c->body);
    free(c->token);
    remote_release(c->remote);
}

static void wait_for_token(struct remote_call *c)
{
    c->is_waiting = true;
    TAILQ_INSERT_TAIL(&c->remote->waiting, c, link);
    remote_ask(c->remote);
}

static void on_leg(struct request *r, const struct err *transport);

static void send_call(struct remote_call *c)
{
    struct remote *r = c->remote;
    cleanup_free char *url = NULL, *authorization = NULL;
    struct url parsed;
    struct err e;
    size_t n_url;

    if (url_parse(&parsed, r->url, &e)) {
        request_pause(&c->request, 0, &e, on_leg);
        return;
    }
    url_finish(&parsed);
    for (n_url = strlen(r->url); n_url && r->url[n_url - 1] == '/';)
        n_url--;
    url = xasprintf("%.*s%s", (int)n_url, r->url, c->path);
    authorization = xasprintf("Authorization: Bearer %s", r->token);
    free(c->token);
    c->token = xstrdup(r->token);
    const char *const headers[] = {authorization, "Accept: application/json",
                                   c->body ? "Content-Type: application/json" : NULL, NULL};

    request_send(&c->request,
                 &(struct http_send){.method = c->method,
                                     .url = url,
                                     .headers = headers,
                                     .body = c->body,
                                     .body_len = c->body ? strlen(c->body) : 0,
                                     .timeout_ms = c->timeout_ms},
                 on_leg);
}

static struct request *start(struct remote_call *c)
{
    struct err e;

    if (c->remote->is_gone) {
        err_set(&e, ERR_NOT_FOUND, "%s", c->remote->error.text);
        request_pause(&c->request, 0, &e, on_leg);
    } else if (c->remote->token) {
        send_call(c);
    } else {
        wait_for_token(c);
    }
    return &c->request;
}

void calls_go_on(struct remote *r, const struct err *e)
{
    struct remote_call *c;

    while ((c = TAILQ_FIRST(&r->waiting))) {
        stop_waiting(c);
        if (e)
            request_pause(&c->request, 0, e, on_leg);
        else
            send_call(c);
    }
}

static void answer(struct remote_call *c, const cJSON *data, const struct err *e)
{
    c->on_answer(c, data, e);
    request_finish(&c->request);
}

static void on_leg(struct request *request, const struct err *transport)
{
    struct remote_call *c = (struct remote_call *)request;
    struct remote *r = c->remote;
    struct peer peer = {"sandbox", r->id, false};
    struct err e;

    if (transport) {
        e = *transport;
        /* What the gateway said has its own name in it. */
        if (c->token)
            explain_peer(&e, &peer);
        answer(c, NULL, &e);
        return;
    }
    if (request->status == 401 && !c->is_second_try) {
        c->is_second_try = true;
        remote_forget_token(r, c->token);
        start(c);
        return;
    }
    if (request->status < 200 || request->status > 299) {
        explain_status(&e, &peer, request->status, request->body.data, request->body.len);
        answer(c, NULL, &e);
        return;
    }
    cJSON *root = request_json(request);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");

    if (!root && request->status != 204) {
        err_set(&e, ERR_PROTOCOL, "answers %d, but not in JSON", request->status);
        explain_peer(&e, &peer);
        answer(c, NULL, &e);
    } else {
        answer(c, cJSON_IsObject(data) ? data : root, NULL);
    }
    cJSON_Delete(root);
}

static struct remote_call *call_create(struct remote *r, const char *method, char *path, void *user)
{
    struct remote_call *c = (struct remote_call *)request_create(r->client, sizeof *c, on_cleanup);

    c->remote = r;
    c->method = method;
    c->path = path;
    c->user = user;
    remote_hold(r);
    return c;
}

static char *print_and_delete(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    cJSON_Delete(object);
    return text;
}

/* --- reading JSON --- */

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *object, const char *key, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

static int count_of(const cJSON *object, const char *key)
{
    double n = number_of(object, key, 0);

    return n > 0 && n <= 65535 ? (int)n : 0;
}

static bool read_terminal(struct terminal_info *t, const cJSON *object)
{
    int64_t created_ms = clock_parse_iso(text_of(object, "created_at"));

    *t = (struct terminal_info){
        .id = text_of(object, "id"),
        .status = text_of(object, "status"),
        .title = text_of(object, "title"),
        .command = text_of(object, "command"),
        .pty = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "pty")),
        .rows = count_of(object, "rows"),
        .cols = count_of(object, "cols"),
        .n_viewers = count_of(object, "viewers"),
        .created_ms = created_ms > 0 ? created_ms : 0,
    };
    return t->id[0] && strlen(t->id) < MESSAGE_NAME_MAX / 2;
}

/* --- terminals --- */

static void on_terminal(struct remote_call *c, const cJSON *data, const struct err *error)
{
    struct terminal_info t;
    struct err e;

    if (!error && !read_terminal(&t, data)) {
        err_set(&e, ERR_PROTOCOL, "sandbox %s: the new terminal has no id", c->remote->id);
        error = &e;
    }
    c->cb.terminal(c->user, error ? NULL : &t, error);
}

struct request *terminal_create(struct remote *r, const struct terminal_options *o, terminal_cb cb,
                                void *user)
{
    struct remote_call *c = call_create(r, "POST", xstrdup("/terminals"), user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddTrueToObject(body, "pty");
    if (o && o->shell)
        cJSON_AddStringToObject(body, "shell", o->shell);
    if (o && o->cwd)
        cJSON_AddStringToObject(body, "cwd", o->cwd);
    if (o && o->rows > 0 && o->cols > 0) {
        cJSON_AddNumberToObject(body, "rows", o->rows);
        cJSON_AddNumberToObject(body, "cols", o->cols);
    }
    c->body = print_and_delete(body);
    c->on_answer = on_terminal;
    c->cb.terminal = cb;
    return start(c);
}

static void on_terminals(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "terminals"), *item;
    int n_items = cJSON_GetArraySize(list);
    struct terminal_info *all = xcalloc((size_t)n_items + 1, sizeof(*all));
    size_t n = 0;

    cJSON_ArrayForEach (item, list) {
        if (n < TERMINALS_MAX && read_terminal(&all[n], item))
            n++;
    }
    c->cb.terminals(c->user, e ? NULL : all, n, e);
    free(all);
}

struct request *terminal_list(struct remote *r, terminals_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "GET", xstrdup("/terminals"), user);

    c->on_answer = on_terminals;
    c->cb.terminals = cb;
    return start(c);
}

static void on_done(struct remote_call *c, const cJSON *data, const struct err *e)
{
    c->cb.done(c->user, e);
}

struct request *terminal_destroy(struct remote *r, const char *id, gateway_done_cb cb, void *user)
{
    struct buf path = {0};

    buf_append_str(&path, "/terminals/");
    url_encode(&path, SLICE(id));
    struct remote_call *c = call_create(r, "DELETE", buf_steal(&path), user);

    c->on_answer = on_done;
    c->cb.done = cb;
    return start(c);
}

/* --- commands --- */

static void on_command(struct remote_call *c, const cJSON *data, const struct err *e)
{
    cleanup_free char *out = xstrdup(text_of(data, "stdout"));
    cleanup_free char *err = xstrdup(text_of(data, "stderr"));
    struct command_result result = {
        .out = out,
        .err = err,
        .out_len = strlen(out),
        .err_len = strlen(err),
        .exit_code = (int)number_of(data, "exit_code", 0),
        .duration_ms = (int64_t)number_of(data, "duration_ms", 0),
        .terminal_id = text_of(data, "terminal_id"),
        .command_id = text_of(data, "cmd_id"),
    };

    json_restore_nul(out, result.out_len);
    json_restore_nul(err, result.err_len);
    c->cb.command(c->user, e ? NULL : &result, e);
}

struct request *command_run(struct remote *r, const struct command_options *o, command_cb cb,
                            void *user)
{
    struct remote_call *c = call_create(r, "POST", xstrdup("/run/command"), user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "command", o->command);
    if (o->cwd)
        cJSON_AddStringToObject(body, "cwd", o->cwd);
    if (o->env)
        cJSON_AddItemToObject(body, "env", cJSON_Duplicate(o->env, true));
    if (o->background)
        cJSON_AddTrueToObject(body, "background");
    c->body = print_and_delete(body);
    c->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : COMMAND_TIMEOUT_MS;
    c->on_answer = on_command;
    c->cb.command = cb;
    return start(c);
}

/* --- info --- */

static bool lists(const cJSON *extensions, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, extensions) {
        if (cJSON_IsString(item) && !strcmp(item->valuestring, name))
            return true;
    }
    return false;
}

static void on_info(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(data, "extensions");
    struct remote_info info = {
        .version = text_of(data, "version"),
        .url = text_of(data, "sandbox_url"),
        .has_snapshot = lists(extensions, EXT_SNAPSHOT),
        .has_input_ack = lists(extensions, EXT_INPUT_ACK),
        .has_terminal_size = lists(extensions, EXT_TERMINAL_SIZE),
    };

    c->cb.info(c->user, e ? NULL : &info, e);
}

struct request *remote_info(struct remote *r, remote_info_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "GET", xstrdup("/info"), user);

    c->on_answer = on_info;
    c->cb.info = cb;
    return start(c);
}
