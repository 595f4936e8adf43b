/* SPDX-License-Identifier: MIT
 *
 * Events over HTTP (protocol.md section 4): sandboxes store them with their token, the key's owner
 * reads them. What is stored goes to the subscribers of pubsub.c, too.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "host/gateway/internal.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

int gateway_event(struct gateway *g, struct event *event, struct err *e)
{
    int r = events_add(g->events, event, e);

    if (!r)
        pubsub_publish(g, event);
    return r;
}

static void reply_data(struct http_request *r, int status, cJSON *data)
{
    cJSON *answer = cJSON_CreateObject();

    cJSON_AddTrueToObject(answer, "success");
    cJSON_AddItemToObject(answer, "data", data);
    http_reply_json(r, status, answer);
}

static struct sandbox *sandbox_of(struct http_request *r, struct gateway *g)
{
    const char *header = http_header(r, "Authorization");
    struct credential who = {0};

    if (header && !strncasecmp(header, "Bearer ", 7))
        who = credential_find(g, header + 7 + strspn(header + 7, " "), NULL);
    if (!who.sandbox)
        http_reply_error(r, 401, "the sandbox's token is missing, wrong or expired");
    else if (who.observes)
        http_reply_error(r, 403, "this token may only read");
    return who.observes ? NULL : who.sandbox;
}

/* NULL, or what is wrong. */
static const char *read_event(const cJSON *body, struct event *event, char **data)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "type"));
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, "data");

    if (!type || !*type || strlen(type) > EVENT_TYPE_MAX)
        return "type is not a text of 1 to 256 bytes";
    if (item && !cJSON_IsObject(item) && !cJSON_IsNull(item))
        return "data is not an object";
    event->type = type;
    *data = cJSON_IsObject(item) ? cJSON_PrintUnformatted(item) : xstrdup("{}");
    event->data = *data;
    return *data && strlen(*data) <= EVENT_DATA_MAX ? NULL : "data is too large";
}

void events_take(struct sandbox *s, const cJSON *packet)
{
    struct event event = {.sandbox = s->info.id};
    cleanup_free char *text = NULL;
    struct err e;

    if (s->phase == PHASE_DESTROYING || read_event(packet, &event, &text))
        return;
    if (gateway_event(s->gateway, &event, &e))
        log_warn("sandbox %s: %s", s->info.id, e.text);
}

static void store(struct http_request *r, struct gateway *g, const char *sandbox, const cJSON *body)
{
    struct event event = {.sandbox = sandbox};
    cleanup_free char *text = NULL;
    const char *wrong = read_event(body, &event, &text);
    cJSON *data;
    struct err e;

    if (wrong) {
        http_reply_error(r, 400, "%s", wrong);
        return;
    }
    if (gateway_event(g, &event, &e)) {
        http_reply_err(r, &e);
        return;
    }
    data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "eventId", event.id);
    cJSON_AddStringToObject(data, "sandboxId", sandbox);
    cJSON_AddStringToObject(data, "type", event.type);
    cJSON_AddNumberToObject(data, "timestamp", (double)event.timestamp_ms);
    reply_data(r, 201, data);
}

void events_on_store(struct http_request *r, void *user)
{
    struct gateway *g = user;
    struct sandbox *s = sandbox_of(r, g);
    struct slice text = http_body(r);
    cJSON *body;

    if (!s)
        return;
    if (!utf8_valid(text.data, text.len)) {
        http_reply_error(r, 400, "the body is not UTF-8");
        return;
    }
    body = http_body_object(r);
    if (body)
        store(r, g, s->info.id, body);
    cJSON_Delete(body);
}

static bool read_number(struct http_request *r, const char *key, int64_t *n)
{
    cleanup_buf struct buf text = {0};

    if (!http_query_get(r, key, &text))
        return true;
    if (!text.len || text.len > 15 || strspn(text.data, "0123456789") != text.len)
        return false;
    *n = strtoll(text.data, NULL, 10);
    return true;
}

void events_on_find(struct http_request *r, void *user)
{
    struct gateway *g = user;
    cleanup_buf struct buf sandbox = {0};
    cleanup_buf struct buf type = {0};
    struct events_query q = {.since_ms = -1, .limit = LIMIT_DEFAULT};
    bool typed = http_query_get(r, "type", &type);
    cJSON *list, *data;
    struct err e;

    if (http_param_decode(r, "id", &sandbox, NULL) || !sandbox.len || sandbox.len > 128 ||
        !utf8_valid(sandbox.data, sandbox.len) || memchr(sandbox.data, 0, sandbox.len)) {
        http_reply_error(r, 400, "this is no sandbox id");
        return;
    }
    if (!read_number(r, "since", &q.since_ms)) {
        http_reply_error(r, 400, "since is not a time in milliseconds");
        return;
    }
    if (!read_number(r, "limit", &q.limit) || q.limit < 1 || q.limit > LIMIT_MAX) {
        http_reply_error(r, 400, "limit is not a number from 1 to %d", LIMIT_MAX);
        return;
    }
    q.sandbox = sandbox.data;
    q.type = typed ? (type.data ? type.data : "") : NULL;
    list = events_find(g->events, &q, &e);
    if (!list) {
        http_reply_err(r, &e);
        return;
    }
    data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "sandboxId", sandbox.data);
    cJSON_AddItemToObject(data, "events", list);
    cJSON_AddNumberToObject(data, "count", cJSON_GetArraySize(list));
    reply_data(r, 200, data);
}
