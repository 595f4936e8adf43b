/* SPDX-License-Identifier: MIT
 *
 * A call to a sandbox goes: created → (waits for the token) → sent → (401: the token is fetched
 * again, sent once more) → answered. Its resource builds the request and reads the answer.
 */
#include "client/call.h"

#include <string.h>

#include "base/alloc.h"

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
    free(c->base);
    free(c->path);
    free(c->body);
    free(c->token);
    if (c->on_free && c->state)
        c->on_free(c->state);
    else
        free(c->state);
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
    const char *base = c->base ? c->base : r->url;
    cleanup_free char *url = NULL, *authorization = NULL;
    struct url parsed;
    struct err e;
    size_t n_url;

    if (url_parse(&parsed, base, &e)) {
        request_pause(&c->request, 0, &e, on_leg);
        return;
    }
    url_finish(&parsed);
    for (n_url = strlen(base); n_url && base[n_url - 1] == '/';)
        n_url--;
    url = xasprintf("%.*s%s", (int)n_url, base, c->path);
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
                                     .timeout_ms = c->timeout_ms,
                                     .readonly = r->gateway->readonly},
                 on_leg);
}

struct request *call_start(struct remote_call *c)
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

void call_again(struct remote_call *c, const char *method, char *path, cJSON *body,
                void (*on_answer)(struct remote_call *c, const cJSON *data, const struct err *e))
{
    c->goes_on = true;
    c->is_second_try = false;
    c->method = method;
    free(c->path);
    c->path = path;
    free(steal_pointer(&c->body));
    if (body)
        call_set_body(c, body);
    c->on_answer = on_answer;
    call_start(c);
}

static void on_pause_over(struct request *r, const struct err *e)
{
    call_start((struct remote_call *)r);
}

void call_again_later(struct remote_call *c, int64_t ms)
{
    c->goes_on = true;
    c->is_second_try = false;
    request_pause(&c->request, ms, NULL, on_pause_over);
}

struct request *call_fail(struct remote_call *c, const struct err *e)
{
    request_pause(&c->request, 0, e, on_leg);
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
    c->goes_on = false;
    c->on_answer(c, data, e);
    if (!c->goes_on)
        request_finish(&c->request);
}

void call_unreadable(const struct remote_call *c, struct err *e, const char *what)
{
    err_set(e, ERR_PROTOCOL, "sandbox %.200s: %s", c->remote->id, what);
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
        call_start(c);
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

struct remote_call *call_create(struct remote *r, const char *method, char *path,
                                void (*on_answer)(struct remote_call *c, const cJSON *data,
                                                  const struct err *e),
                                call_cb cb, void *user)
{
    struct remote_call *c = (struct remote_call *)request_create(r->client, sizeof *c, on_cleanup);

    c->remote = r;
    c->method = method;
    c->path = path;
    c->on_answer = on_answer;
    c->cb = cb;
    c->user = user;
    remote_hold(r);
    return c;
}

void call_set_body(struct remote_call *c, cJSON *body)
{
    c->body = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
}

char *call_path(const char *prefix, const char *id, const char *rest)
{
    struct buf path = {0};

    buf_append_str(&path, prefix);
    buf_append_char(&path, '/');
    url_encode(&path, SLICE(id));
    buf_append_str(&path, rest);
    return buf_steal(&path);
}

void call_on_done(struct remote_call *c, const cJSON *data, const struct err *e)
{
    ((gateway_done_cb)c->cb)(c->user, e);
}
