/* SPDX-License-Identifier: MIT
 *
 * Servers over HTTP.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsontext.h"

#define END_EXTRA_MS 10000 /* beyond the stop timeout, until a stop has its answer */

static cJSON *envelope(const char *message, cJSON **data)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    *data = cJSON_AddObjectToObject(o, "data");
    return o;
}

static void reply_server(struct http_request *r, int status, const char *message,
                         const struct server *s)
{
    cJSON *data, *o = envelope(message, &data);

    cJSON_AddItemToObject(data, "server", server_info(s));
    http_reply_json(r, status, o);
}

static struct server *find(struct http_request *r, struct daemon *d)
{
    struct buf slug = {0};
    struct server *s = NULL;

    if (!http_param_decode(r, "slug", &slug, NULL) && slug.data)
        s = server_find(&d->servers, slug.data);
    buf_finish(&slug);
    if (!s)
        http_reply_error(r, 404, "Server not found");
    return s;
}

/* --- making --- */

struct creation {
    struct state_saved saved;
    struct http_request *request;
    struct daemon *d;
    char slug[SLUG_MAX + 1];
};

static void on_saved(struct state_saved *saved, const struct err *e)
{
    struct creation *c = (struct creation *)saved;
    struct server *s = server_find(&c->d->servers, c->slug);

    if (!s)
        http_reply_error(c->request, 409, "the server was deleted meanwhile");
    else if (e && e->code == ERR_CANCELLED)
        http_reply_error(c->request, 503, "%s", e->text);
    else if (e) {
        http_reply_error(c->request, 507, "the server cannot be kept: %s", e->text);
        server_end(s, AFTER_DELETE, NULL);
    } else
        reply_server(c->request, 201, "Server started", s);
    free(c);
}

void api_server_create(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *body = http_body_object(r);
    struct creation *c;
    struct server *s;
    struct err e;

    if (!body)
        return;
    s = server_start(&d->servers, body, &e);
    cJSON_Delete(body);
    if (!s) {
        http_reply_error(r,
                         e.code == ERR_CONFLICT ? 409
                         : e.code == ERR_LIMIT  ? 429
                                                : 400,
                         "%s", e.text);
        return;
    }
    c = xcalloc(1, sizeof *c);
    c->saved.on_saved = on_saved;
    c->request = r;
    c->d = d;
    memcpy(c->slug, s->spec.slug, strlen(s->spec.slug));
    servers_save(&d->servers, &c->saved);
}

/* --- looking --- */

void api_server_list(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *data, *list, *o = envelope("Servers", &data);
    const struct server *s;

    list = cJSON_AddArrayToObject(data, "servers");
    for (s = d->servers.by_slug; s; s = s->hh.next)
        cJSON_AddItemToArray(list, server_info(s));
    http_reply_json(r, 200, o);
}

void api_server_get(struct http_request *r, void *user)
{
    const struct server *s = find(r, user);

    if (s)
        reply_server(r, 200, "Server", s);
}

void api_server_status(struct http_request *r, void *user)
{
    struct server *s = find(r, user);
    cJSON *body = s ? http_body_object(r) : NULL;
    const char *status;

    if (!body)
        return;
    status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "status"));
    if (status && server_set_status(s, status))
        reply_server(r, 200, "Status updated", s);
    else
        http_reply_error(r, 400, "status is missing or none of the known ones");
    cJSON_Delete(body);
}

/* --- logs --- */

struct log_request {
    struct log_reader reader;
    struct http_request *request;
    char slug[SLUG_MAX + 1];
    const char *stream;
};

static void on_read(struct log_reader *reader, struct buf *text)
{
    struct log_request *l = (struct log_request *)reader;
    cJSON *data, *o;

    if (!text) {
        http_reply_error(l->request, 404, "Server not found");
        free(l);
        return;
    }
    o = envelope("Server logs", &data);
    cJSON_AddStringToObject(data, "slug", l->slug);
    cJSON_AddStringToObject(data, "stream", l->stream);
    cJSON_AddNumberToObject(data, "offset", (double)reader->from);
    cJSON_AddNumberToObject(data, "next", (double)reader->next);
    json_add_bytes(data, "logs", text->data ? text->data : "", text->len);
    http_reply_json(l->request, 200, o);
    free(l);
}

static const struct {
    const char *name;
    enum log_stream streams;
} streams[] = {{"combined", LOG_COMBINED}, {"stdout", LOG_STDOUT}, {"stderr", LOG_STDERR}};

/* False: 400 was replied. */
static bool read_query(struct http_request *r, struct log_request *l)
{
    struct buf stream = {0}, since = {0};
    char *end = NULL;
    bool ok = false;

    if (!http_query_get(r, "stream", &stream) || !stream.len) {
        buf_clear(&stream);
        buf_append_str(&stream, "combined");
    }
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        if (strcmp(stream.data, streams[i].name) != 0)
            continue;
        l->stream = streams[i].name;
        l->reader.streams = streams[i].streams;
        ok = true;
    }
    if (!ok)
        http_reply_error(r, 400, "stream is not stdout, stderr or combined");
    if (ok && http_query_get(r, "since", &since)) {
        buf_append_str(&since, "");
        l->reader.since = strtoull(since.data, &end, 10);
        ok = *since.data >= '0' && *since.data <= '9' && !*end;
        if (!ok)
            http_reply_error(r, 400, "since is not an offset");
    }
    buf_finish(&stream);
    buf_finish(&since);
    return ok;
}

void api_server_logs(struct http_request *r, void *user)
{
    struct server *s = find(r, user);
    struct log_request *l;

    if (!s)
        return;
    l = xcalloc(1, sizeof *l);
    if (!read_query(r, l)) {
        free(l);
        return;
    }
    l->request = r;
    l->reader.on_read = on_read;
    memcpy(l->slug, s->spec.slug, strlen(s->spec.slug));
    server_log_read(&s->log, &l->reader);
}

/* --- ending --- */

struct ending {
    struct server_waiter waiter;
    struct state_saved saved;
    struct http_request *request;
    struct daemon *d;
    struct server *server; /* until it is done */
    enum server_after after;
    char slug[SLUG_MAX + 1];
};

static void on_end_saved(struct state_saved *saved, const struct err *e)
{
    struct ending *end = (struct ending *)((char *)saved - offsetof(struct ending, saved));
    const struct server *s = server_find(&end->d->servers, end->slug);

    if (e && e->code == ERR_CANCELLED)
        http_reply_error(end->request, 503, "%s", e->text);
    else if (e)
        http_reply_error(end->request, 507, "done, but it cannot be kept: %s", e->text);
    else if (end->after == AFTER_DELETE)
        http_reply_empty(end->request, 204);
    else if (!s)
        http_reply_error(end->request, 409, "the server was deleted meanwhile");
    else
        reply_server(end->request, 200,
                     end->after == AFTER_STOP ? "Server stopped" : "Server restarted", s);
    free(end);
}

static void on_done(struct server_waiter *w, const struct server *s)
{
    struct ending *end = (struct ending *)w;

    (void)s;
    http_on_gone(end->request, NULL, NULL);
    servers_save(&end->d->servers, &end->saved);
}

static void on_gone(struct http_request *r, void *user)
{
    struct ending *end = user;

    (void)r;
    server_unwait(end->server, &end->waiter);
    free(end);
}

static void end_server(struct http_request *r, struct daemon *d, enum server_after after)
{
    struct server *s = find(r, d);
    struct ending *end;

    if (!s)
        return;
    end = xcalloc(1, sizeof *end);
    end->waiter.on_done = on_done;
    end->request = r;
    end->server = s;
    end->d = d;
    end->saved.on_saved = on_end_saved;
    memcpy(end->slug, s->spec.slug, strlen(s->spec.slug));
    end->after = after;
    http_set_timeout(r, s->spec.stop_timeout_ms + END_EXTRA_MS);
    http_on_gone(r, on_gone, end);
    server_end(s, after, &end->waiter);
}

void api_server_stop(struct http_request *r, void *user)
{
    end_server(r, user, AFTER_STOP);
}

void api_server_restart(struct http_request *r, void *user)
{
    end_server(r, user, AFTER_RESTART);
}

void api_server_delete(struct http_request *r, void *user)
{
    end_server(r, user, AFTER_DELETE);
}
