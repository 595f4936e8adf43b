/* SPDX-License-Identifier: MIT
 *
 * Events over HTTP: stored with the sandbox's token, read with the key.
 */
#include "client/event.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/event_internal.h"
#include "client/fields.h"
#include "client/gateway_ask.h"

#define EVENTS_MAX  1000
#define HOSTED_TAIL ".computesdk.com"

/* Hosted gateways keep events elsewhere (protocol.md section 5). */
bool events_are_hosted(const struct gateway *g)
{
    size_t n = strlen(HOSTED_TAIL), n_host;
    struct url u;
    bool hosted;

    if (url_parse(&u, g->url, NULL))
        return false;
    n_host = strlen(u.host);
    hosted = n_host > n && !strcmp(u.host + n_host - n, HOSTED_TAIL);
    url_finish(&u);
    return hosted;
}

static const char *events_base(const struct gateway *g)
{
    return events_are_hosted(g) ? "https://" EVENTS_HOSTED : g->url;
}

bool event_read(struct event_info *event, const cJSON *json)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    const char *id = field_text(json, "id");

    *event = (struct event_info){
        .id = *id ? id : field_text(json, "eventId"),
        .sandbox_id = field_text(json, "sandboxId"),
        .type = field_text(json, "type"),
        .data = cJSON_IsObject(data) ? data : NULL,
        .timestamp_ms = field_int(json, "timestamp", 0, INT64_C(1) << 53, 0),
    };
    return event->id[0] && event->type[0];
}

/* --- storing --- */

static void on_stored(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct event_info event;
    struct err own;

    if (!e && !event_read(&event, data)) {
        call_unreadable(c, &own, "the stored event has no id");
        e = &own;
    }
    ((event_cb)c->cb)(c->user, e ? NULL : &event, e);
}

struct request *event_store(struct remote *r, const char *type, const cJSON *data, event_cb cb,
                            void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/events"), on_stored, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    c->base = xstrdup(events_base(r->gateway));
    cJSON_AddStringToObject(body, "type", type);
    field_add_tree(body, "data", data);
    call_set_body(c, body);
    return call_start(c);
}

/* --- history --- */

static void on_history(struct gateway_question *q, const cJSON *data, const struct err *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "events"), *item;
    struct event_info *all = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *all);
    struct err own;
    size_t n = 0;

    if (!e && !cJSON_IsArray(list)) {
        err_set(&own, ERR_PROTOCOL, "the answer holds no events");
        explain_peer(&own, &q->gateway->peer);
        e = &own;
    }
    cJSON_ArrayForEach (item, list) {
        if (n < EVENTS_MAX && event_read(&all[n], item))
            n++;
    }
    ((events_cb)q->cb)(q->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *event_history(struct gateway *g, const char *sandbox_id,
                              const struct event_query *query, events_cb cb, void *user)
{
    cleanup_free char *id = gateway_id_there(g, sandbox_id);
    cleanup_free char *head = call_path("/events", id ? id : sandbox_id, "?");
    cleanup_buf struct buf path = {0};

    buf_append_str(&path, head);
    if (query->limit > 0)
        buf_printf(&path, "limit=%d&", query->limit);
    if (query->since_ms >= 0)
        buf_printf(&path, "since=%lld&", (long long)query->since_ms);
    if (query->type) {
        buf_append_str(&path, "type=");
        url_encode(&path, SLICE(query->type));
        buf_append_char(&path, '&');
    }
    path.data[--path.len] = '\0'; /* the last separator */
    return gateway_ask(g, events_base(g), "GET", path.data, NULL, 0, on_history, (call_cb)cb, user);
}
