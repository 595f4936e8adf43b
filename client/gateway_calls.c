/* SPDX-License-Identifier: MIT
 *
 * The gateway's HTTP calls. Each answer about a sandbox goes into the model before the caller hears
 * of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "client/fields.h"
#include "client/gateway_internal.h"
#include "wire/names.h"

#define LIST_MAX          100000
#define CREATING_FIRST_MS 500
#define CREATING_STEP_MAX 2000
#define CREATING_MAX_MS   60000

struct call {
    struct request request;
    struct gateway *gateway;
    gateway_sandbox_cb on_sandbox;
    gateway_list_cb on_list;
    gateway_done_cb on_done;
    void *user;
    const char *method;
    char *path, *body, *id; /* owned, or NULL */
    bool is_absent_fine;    /* 404 is an answer, not a failure */
    int64_t poll_ms, poll_until_ms;
    struct sandbox_info *items; /* owned, of a listing */
    size_t n_items, cap_items;
    size_t next_known;
};

static void on_cleanup(struct request *r)
{
    struct call *c = (struct call *)r;

    for (size_t i = 0; i < c->n_items; i++)
        sandbox_info_finish(&c->items[i]);
    free(c->items);
    free(c->path);
    free(c->body);
    free(c->id);
    gateway_drop(c->gateway);
}

static struct call *call_create(struct gateway *g, const char *method, char *path, void *user)
{
    struct call *c = (struct call *)request_create(g->client, sizeof *c, on_cleanup);

    c->gateway = g;
    c->method = method;
    c->path = path;
    c->user = user;
    gateway_hold(g);
    return c;
}

void gateway_send(struct gateway *g, struct request *r, const struct gateway_send *send,
                  request_leg on_leg)
{
    const char *base = send->base ? send->base : g->url;
    cleanup_free char *url = xasprintf("%s%s", base, send->path);
    struct url parsed;
    struct err e;

    if (url_parse(&parsed, base, &e)) {
        request_pause(r, 0, &e, on_leg);
        return;
    }
    url_finish(&parsed);
    request_send(r,
                 &(struct http_send){.method = send->method,
                                     .url = url,
                                     .headers = (const char *const *)g->headers,
                                     .body = send->body,
                                     .body_len = send->body ? strlen(send->body) : 0,
                                     .timeout_ms = send->timeout_ms,
                                     .readonly = g->readonly},
                 on_leg);
}

static struct request *start(struct call *c, request_leg on_leg)
{
    gateway_send(c->gateway, &c->request,
                 &(struct gateway_send){.method = c->method, .path = c->path, .body = c->body},
                 on_leg);
    return &c->request;
}

int gateway_reply(struct gateway *g, const struct request *r, const struct err *transport,
                  cJSON **root, struct err *e)
{
    *root = NULL;
    if (transport) {
        *e = *transport;
        explain_peer(e, &g->peer);
        return -(int)e->code;
    }
    if (r->status < 200 || r->status > 299) {
        explain_status(e, &g->peer, r->status, r->body.data, r->body.len);
        return -(int)e->code;
    }
    *root = request_json(r);
    if (*root)
        return 0;
    err_set(e, ERR_PROTOCOL, "answers %d, but not in JSON", r->status);
    e->http_status = r->status;
    explain_peer(e, &g->peer);
    return -(int)e->code;
}

/* --- calls about one sandbox --- */

/* What is none of this gateway's is asked for by the name it has here: no gateway knows that. */
static char *sandbox_path(const struct gateway *g, const char *id, const char *rest)
{
    cleanup_free char *there = gateway_id_there(g, id);
    struct buf path = {0};

    buf_append_str(&path, "/v1/sandboxes/");
    url_encode(&path, SLICE(there ? there : id));
    buf_append_str(&path, rest);
    return buf_steal(&path);
}

static void on_sandbox_leg(struct request *r, const struct err *transport);

static void send_again(struct request *r, const struct err *e)
{
    struct call *c = (struct call *)r;

    if (e) {
        on_sandbox_leg(r, e);
        return;
    }
    start(c, on_sandbox_leg);
}

/* Still being made: the same question again, later. */
static bool poll_on(struct call *c, const struct sandbox_info *info)
{
    int64_t now = clock_mono_ms();

    if ((strcmp(info->status, STATUS_CREATING) != 0 &&
         strcmp(info->status, STATUS_RESTARTING) != 0) ||
        strcmp(c->method, "POST") != 0)
        return false;
    if (!c->poll_until_ms)
        c->poll_until_ms = now + CREATING_MAX_MS;
    if (now >= c->poll_until_ms)
        return false;
    int64_t next = c->poll_ms ? c->poll_ms * 3 / 2 : CREATING_FIRST_MS;

    c->poll_ms = next < CREATING_STEP_MAX ? next : CREATING_STEP_MAX;
    /* Creating again would make a second one. */
    if (!strcmp(c->path, "/v1/sandboxes")) {
        free(c->path);
        c->path = sandbox_path(c->gateway, info->id, "");
        c->method = "GET";
        free(steal_pointer(&c->body));
    }
    request_pause(&c->request, c->poll_ms, NULL, send_again);
    return true;
}

static void answer_absent(struct call *c)
{
    if (c->id) {
        model_mark_gone(c->gateway, c->id);
        known_save(c->gateway);
    }
    c->on_sandbox(c->user, NULL, NULL);
    request_finish(&c->request);
}

static void answer_error(struct call *c, struct err *e)
{
    if (c->on_sandbox)
        c->on_sandbox(c->user, NULL, e);
    else if (c->on_list)
        c->on_list(c->user, NULL, 0, e);
    else
        c->on_done(c->user, e);
    request_finish(&c->request);
}

static void on_sandbox_leg(struct request *r, const struct err *transport)
{
    struct call *c = (struct call *)r;
    struct sandbox_info info;
    cJSON *root;
    struct err e;

    if (!transport && r->status == 404 && c->is_absent_fine) {
        answer_absent(c);
        return;
    }
    int result = gateway_reply(c->gateway, r, transport, &root, &e);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");

    if (!result && cJSON_IsNull(data) && c->is_absent_fine) {
        cJSON_Delete(root);
        answer_absent(c);
        return;
    }
    if (!result) {
        result = sandbox_info_from_json(&info, data, &e);
        if (result)
            explain_peer(&e, &c->gateway->peer);
    }
    cJSON_Delete(root);
    if (result) {
        answer_error(c, &e);
        return;
    }
    gateway_take_in(c->gateway, &info);
    model_put(c->gateway, &info);
    known_save(c->gateway);
    if (!poll_on(c, &info)) {
        c->on_sandbox(c->user, &info, NULL);
        request_finish(r);
    }
    sandbox_info_finish(&info);
}

static char *create_body(const struct create_options *o)
{
    cJSON *body = cJSON_CreateObject();

    if (o->name)
        cJSON_AddStringToObject(body, "name", o->name);
    if (o->ns || o->name)
        cJSON_AddStringToObject(body, "namespace", o->ns ? o->ns : "default");
    if (o->timeout_ms > 0)
        cJSON_AddNumberToObject(body, "timeout", (double)o->timeout_ms);
    field_add_text(body, "templateId", o->template_id);
    field_add_text(body, "image", o->image);
    field_add_text(body, "snapshotId", o->snapshot_id);
    field_add_text(body, "directory", o->directory);
    field_add_tree(body, "metadata", o->metadata);
    field_add_tree(body, "envs", o->envs);
    field_add_tree(body, "limits", o->limits);
    field_add_text(body, "network", o->network);
    field_add_tree(body, "overlays", o->overlays);
    field_add_tree(body, "servers", o->servers);
    char *text = cJSON_PrintUnformatted(body);

    cJSON_Delete(body);
    return text;
}

static struct request *create_with(struct gateway *g, const char *path,
                                   const struct create_options *o, gateway_sandbox_cb cb,
                                   void *user)
{
    struct call *c = call_create(g, "POST", xstrdup(path), user);

    c->on_sandbox = cb;
    c->body = create_body(o);
    return start(c, on_sandbox_leg);
}

struct request *gateway_create_sandbox(struct gateway *g, const struct create_options *o,
                                       gateway_sandbox_cb cb, void *user)
{
    return create_with(g, "/v1/sandboxes", o, cb, user);
}

struct request *gateway_find_or_create(struct gateway *g, const struct create_options *o,
                                       gateway_sandbox_cb cb, void *user)
{
    return create_with(g, "/v1/sandboxes/find-or-create", o, cb, user);
}

struct request *gateway_get(struct gateway *g, const char *id, gateway_sandbox_cb cb, void *user)
{
    struct call *c = call_create(g, "GET", sandbox_path(g, id, ""), user);

    c->on_sandbox = cb;
    c->is_absent_fine = true;
    c->id = xstrdup(id);
    return start(c, on_sandbox_leg);
}

struct request *gateway_find(struct gateway *g, const char *ns, const char *name,
                             gateway_sandbox_cb cb, void *user)
{
    struct call *c = call_create(g, "POST", xstrdup("/v1/sandboxes/find"), user);

    c->on_sandbox = cb;
    c->is_absent_fine = true;
    c->body = create_body(&(struct create_options){.ns = ns, .name = name});
    return start(c, on_sandbox_leg);
}

/* --- delete, extend, check --- */

static void on_done_leg(struct request *r, const struct err *transport)
{
    struct call *c = (struct call *)r;
    bool was_absent = !transport && r->status == 404 && c->is_absent_fine;
    cJSON *root = NULL;
    struct err e;

    if (!was_absent && gateway_reply(c->gateway, r, transport, &root, &e)) {
        answer_error(c, &e);
        return;
    }
    cJSON_Delete(root);
    if (c->id && !strcmp(c->method, "DELETE")) {
        model_mark_gone(c->gateway, c->id);
        known_save(c->gateway);
    }
    c->on_done(c->user, NULL);
    request_finish(r);
}

struct request *gateway_delete(struct gateway *g, const char *id, gateway_done_cb cb, void *user)
{
    struct call *c = call_create(g, "DELETE", sandbox_path(g, id, ""), user);

    c->on_done = cb;
    c->is_absent_fine = true;
    c->id = xstrdup(id);
    return start(c, on_done_leg);
}

struct request *gateway_extend(struct gateway *g, const char *id, int64_t duration_ms,
                               gateway_done_cb cb, void *user)
{
    struct call *c = call_create(g, "POST", sandbox_path(g, id, "/extend"), user);

    c->on_done = cb;
    c->body = xasprintf("{\"duration\":%lld}", (long long)duration_ms);
    return start(c, on_done_leg);
}

/* A sandbox that does not exist: JSON of any kind says gateway, 401 says wrong key. */
static void on_check_leg(struct request *r, const struct err *transport)
{
    struct call *c = (struct call *)r;
    cJSON *root = NULL;
    struct err e;
    int result = 0;

    if (!transport && r->status == 404) {
        root = request_json(r);
        if (!root) {
            result = err_set(&e, ERR_PROTOCOL, "answers 404, but not in JSON");
            e.http_status = 404;
            explain_peer(&e, &c->gateway->peer);
        }
    } else {
        result = gateway_reply(c->gateway, r, transport, &root, &e);
    }
    cJSON_Delete(root);
    if (result) {
        answer_error(c, &e);
        return;
    }
    c->on_done(c->user, NULL);
    request_finish(r);
}

struct request *gateway_check(struct gateway *g, gateway_done_cb cb, void *user)
{
    char name[17];
    struct call *c = call_create(g, "GET", sandbox_path(g, random_name(name, 16), ""), user);

    c->on_done = cb;
    return start(c, on_check_leg);
}

/* --- listing --- */

static void add_item(struct call *c, const struct sandbox_info *info)
{
    if (c->n_items == c->cap_items) {
        c->cap_items = c->cap_items ? c->cap_items * 2 : 64;
        c->items = xreallocarray(c->items, c->cap_items, sizeof(*c->items));
    }
    sandbox_info_copy(&c->items[c->n_items++], info);
}

static void answer_list(struct call *c)
{
    c->on_list(c->user, c->items, c->n_items, NULL);
    request_finish(&c->request);
}

static void ask_next_known(struct call *c);

static void on_known_leg(struct request *r, const struct err *transport)
{
    struct call *c = (struct call *)r;
    struct sandbox_info info;
    cJSON *root = NULL;
    struct err e;

    if (!transport && r->status == 404) {
        model_mark_gone(c->gateway, c->id);
    } else if (gateway_reply(c->gateway, r, transport, &root, &e)) {
        answer_error(c, &e);
        return;
    } else if (!sandbox_info_from_json(&info, cJSON_GetObjectItemCaseSensitive(root, "data"),
                                       NULL)) {
        gateway_take_in(c->gateway, &info);
        model_put(c->gateway, &info);
        add_item(c, &info);
        sandbox_info_finish(&info);
    }
    cJSON_Delete(root);
    ask_next_known(c);
}

/* The gateway has no list: what is known of it, one by one. */
static void ask_next_known(struct call *c)
{
    const struct sandbox *s;

    do
        s = gateway_at(c->gateway, c->next_known++);
    while (s && s->gone);
    if (!s) {
        known_save(c->gateway);
        answer_list(c);
        return;
    }
    free(c->id);
    free(c->path);
    c->id = xstrdup(s->info.id);
    c->path = sandbox_path(c->gateway, c->id, "");
    start(c, on_known_leg);
}

static void on_page(struct request *r, const struct err *transport);

static bool ask_next_page(struct call *c, const cJSON *data)
{
    const cJSON *cursor = cJSON_GetObjectItemCaseSensitive(data, "next_cursor");
    struct buf path = {0};

    if (!cJSON_IsString(cursor) || !cursor->valuestring[0] || c->n_items >= LIST_MAX)
        return false;
    buf_append_str(&path, "/v1/sandboxes?limit=500&cursor=");
    url_encode(&path, SLICE(cursor->valuestring));
    /* The same page again would never end. */
    bool is_new = strcmp(path.data, c->path) != 0;

    free(c->path);
    c->path = buf_steal(&path);
    if (is_new)
        start(c, on_page);
    return is_new;
}

static void on_page(struct request *r, const struct err *transport)
{
    struct call *c = (struct call *)r;
    const cJSON *item;
    cJSON *root;
    struct err e;

    if (!transport && (r->status == 404 || r->status == 405)) {
        ask_next_known(c);
        return;
    }
    if (gateway_reply(c->gateway, r, transport, &root, &e)) {
        answer_error(c, &e);
        return;
    }
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");

    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(data, "sandboxes")) {
        struct sandbox_info info;

        if (sandbox_info_from_json(&info, item, NULL))
            continue;
        gateway_take_in(c->gateway, &info);
        model_put(c->gateway, &info);
        add_item(c, &info);
        sandbox_info_finish(&info);
    }
    bool goes_on = ask_next_page(c, data);

    cJSON_Delete(root);
    if (!goes_on)
        answer_list(c);
}

struct request *gateway_list(struct gateway *g, gateway_list_cb cb, void *user)
{
    struct call *c = call_create(g, "GET", xstrdup("/v1/sandboxes?limit=500"), user);

    c->on_list = cb;
    return start(c, on_page);
}
