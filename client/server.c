/* SPDX-License-Identifier: MIT
 *
 * Servers over HTTP.
 */
#include "client/server.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/server_internal.h"

#define SERVERS_MAX  10000
#define END_MAX_MS   INT64_C(180000) /* a stop waits for the server's own stop timeout */
#define NS_PER_MS    1000000
#define DELAY_MAX_NS (INT64_C(24) * 3600 * 1000 * NS_PER_MS)

/* --- reading --- */

static void read_health(struct server_info *s, const cJSON *json)
{
    const cJSON *check = cJSON_GetObjectItemCaseSensitive(json, "health_check");
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(json, "health_status");

    s->health_path = field_text(check, "path");
    s->has_health =
        cJSON_IsObject(check) || cJSON_IsObject(status) || cJSON_HasObjectItem(json, "healthy");
    s->is_healthy = field_bool(json, "healthy");
    s->last_health_status = (int)field_int(status, "last_status", 0, 999, 0);
    s->n_health_failures = (int)field_int(status, "consecutive_failures", 0, 1 << 30, 0);
    s->last_health_ms = field_time(status, "last_check");
}

bool server_read(void *out, const cJSON *json)
{
    struct server_info *s = out;

    *s = (struct server_info){
        .slug = field_text(json, "slug"),
        .start = field_text(json, "start"),
        .install = field_text(json, "install"),
        .path = field_text(json, "path"),
        .env_file = field_text(json, "env_file"),
        .status = field_text(json, "status"),
        .url = field_text(json, "url"),
        .restart_policy = field_text(json, "restart_policy"),
        .error = field_text(json, "error"),
        .port = field_count(json, "port"),
        .pid = field_int(json, "pid", 1, INT32_MAX, 0),
        .max_restarts = (int)field_int(json, "max_restarts", 0, 1 << 30, 0),
        .restart_count = (int)field_int(json, "restart_count", 0, 1 << 30, 0),
        .has_exit_code = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "exit_code")),
        .exit_code = (int)field_int(json, "exit_code", -65535, 65535, 0),
        .restart_delay_ms = field_int(json, "restart_delay", 0, DELAY_MAX_NS, 0) / NS_PER_MS,
        .stop_timeout_ms = field_int(json, "stop_timeout", 0, DELAY_MAX_NS, 0) / NS_PER_MS,
        .created_ms = field_time(json, "created_at"),
        .updated_ms = field_time(json, "updated_at"),
    };
    read_health(s, json);
    return s->slug[0];
}

const struct listing_kind server_listing = {
    .path = "/servers",
    .array = "servers",
    .item_size = sizeof(struct server_info),
    .id_offset = offsetof(struct server_info, slug),
    .read = server_read,
};

static void on_server(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct server_info s;
    bool is_there = server_read(&s, cJSON_GetObjectItemCaseSensitive(data, "server"));
    struct err own;

    if (strcmp(c->method, "GET") != 0)
        listings_poke(c->remote, &server_listing);
    if (!e && !is_there && !c->state) {
        call_unreadable(c, &own, "the answer holds no server");
        e = &own;
    }
    ((server_cb)c->cb)(c->user, e || !is_there ? NULL : &s, e);
}

static void on_servers(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    struct server_info *all = listing_read(&server_listing, data, SERVERS_MAX, &n);

    ((servers_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

static void on_deleted(struct remote_call *c, const cJSON *data, const struct err *e)
{
    listings_poke(c->remote, &server_listing);
    call_on_done(c, data, e);
}

/* --- starting --- */

static void add_health(cJSON *body, const struct health_check *h)
{
    if (!h->path)
        return;
    cJSON *check = cJSON_AddObjectToObject(body, "health_check");

    cJSON_AddStringToObject(check, "path", h->path);
    if (h->interval_ms > 0)
        cJSON_AddNumberToObject(check, "interval_ms", (double)h->interval_ms);
    if (h->timeout_ms > 0)
        cJSON_AddNumberToObject(check, "timeout_ms", (double)h->timeout_ms);
    if (h->delay_ms > 0)
        cJSON_AddNumberToObject(check, "delay_ms", (double)h->delay_ms);
}

static void add_restart(cJSON *body, const struct server_options *o)
{
    field_add_text(body, "restart_policy", o->restart_policy);
    if (o->max_restarts > 0)
        cJSON_AddNumberToObject(body, "max_restarts", o->max_restarts);
    if (o->restart_delay_ms >= 0)
        cJSON_AddNumberToObject(body, "restart_delay_ms", (double)o->restart_delay_ms);
    if (o->stop_timeout_ms >= 0)
        cJSON_AddNumberToObject(body, "stop_timeout_ms", (double)o->stop_timeout_ms);
}

static cJSON *start_body(const struct server_options *o)
{
    cJSON *body = cJSON_CreateObject();

    field_add_text(body, "slug", o->slug);
    field_add_text(body, "start", o->start);
    field_add_text(body, "install", o->install);
    field_add_text(body, "path", o->path);
    field_add_text(body, "env_file", o->env_file);
    field_add_tree(body, "environment", o->environment);
    if (o->port > 0)
        cJSON_AddNumberToObject(body, "port", o->port);
    if (o->strict_port)
        cJSON_AddTrueToObject(body, "strict_port");
    if (o->no_autostart)
        cJSON_AddFalseToObject(body, "autostart");
    add_restart(body, o);
    add_health(body, &o->health);
    field_add_tree(body, "overlays", o->overlays);
    if (o->depends_on) {
        cJSON *list = cJSON_AddArrayToObject(body, "depends_on");

        for (const char *const *id = o->depends_on; *id; id++)
            cJSON_AddItemToArray(list, cJSON_CreateString(*id));
    }
    return body;
}

struct request *server_start(struct remote *r, const struct server_options *o, server_cb cb,
                             void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/servers"), on_server, (call_cb)cb, user);

    call_set_body(c, start_body(o));
    return call_start(c);
}

/* --- the others --- */

struct request *server_list(struct remote *r, servers_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/servers"), on_servers, (call_cb)cb, user));
}

struct request *server_get(struct remote *r, const char *slug, server_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", call_path("/servers", slug, ""), on_server, (call_cb)cb, user));
}

/* Hosts answer a stop with the server or with a message only. */
static struct request *end_server(struct remote *r, const char *slug, const char *verb,
                                  server_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "POST", call_path("/servers", slug, verb), on_server, (call_cb)cb, user);

    c->state = xstrdup(verb);
    c->timeout_ms = END_MAX_MS;
    return call_start(c);
}

struct request *server_stop(struct remote *r, const char *slug, server_cb cb, void *user)
{
    return end_server(r, slug, "/stop", cb, user);
}

struct request *server_restart(struct remote *r, const char *slug, server_cb cb, void *user)
{
    return end_server(r, slug, "/restart", cb, user);
}

struct request *server_delete(struct remote *r, const char *slug, gateway_done_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "DELETE", call_path("/servers", slug, ""), on_deleted, (call_cb)cb, user);

    c->timeout_ms = END_MAX_MS;
    return call_start(c);
}

struct request *server_set_status(struct remote *r, const char *slug, const char *status,
                                  server_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "PATCH", call_path("/servers", slug, "/status"),
                                        on_server, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "status", status);
    call_set_body(c, body);
    c->state = xstrdup(status);
    return call_start(c);
}

/* --- logs --- */

const char *server_stream_name(enum server_stream stream)
{
    static const char *const names[] = {"combined", "stdout", "stderr"};

    return names[stream];
}

static void on_logs(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct server_log_text t = {.offset = field_int(data, "offset", 0, INT64_C(1) << 53, -1),
                                .next = field_int(data, "next", 0, INT64_C(1) << 53, -1)};
    cleanup_free char *text = field_bytes(data, "logs", &t.n);

    t.text = text;
    ((server_log_cb)c->cb)(c->user, e ? NULL : &t, e);
}

struct request *server_log_get(struct remote *r, const char *slug, enum server_stream stream,
                               int64_t since, server_log_cb cb, void *user)
{
    char rest[96];
    int n = snprintf(rest, sizeof rest, "/logs?stream=%s", server_stream_name(stream));

    if (since >= 0)
        snprintf(rest + n, sizeof rest - (size_t)n, "&since=%lld", (long long)since);
    return call_start(
        call_create(r, "GET", call_path("/servers", slug, rest), on_logs, (call_cb)cb, user));
}
