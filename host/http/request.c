/* SPDX-License-Identifier: MIT
 *
 * A request from its first line to its end.
 *
 * MHD calls request_on_uri with the raw target, request_on_access when the head is complete, again
 * for each piece of the body and once at its end, and request_on_completed last. What is wrong with
 * the head is answered only after the body was read and thrown away: closing with unread bytes in
 * the socket would reset the connection and lose the answer. Only a body too large to wait for, or
 * without a clear end, is not read.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "host/http/internal.h"
#include "wire/url.h"

#define SKIP_MAX ((size_t)64 * 1024 * 1024)

void *request_on_uri(void *user, const char *uri, struct MHD_Connection *mhd)
{
    struct http_server *s = user;
    struct conn *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct http_request *r = xcalloc(1, sizeof *r);

    r->server = s;
    r->conn = c;
    r->held_by_mhd = true;
    r->target = xstrdup(uri ? uri : "");
    url_split_target(SLICE(r->target), &r->path, &r->query);
    LIST_INSERT_HEAD(&s->requests, r, entry);
    c->request = r;
    if (c->phase == CONN_HEAD) /* the first head's deadline goes on */
        c->phase = CONN_BODY;
    else
        conn_set_deadline(c, CONN_BODY, s->config.timeout_ms);
    return r;
}

void request_hold(struct http_request *r, size_t n)
{
    r->n_held += n;
    r->server->n_held += n;
}

bool http_has_room(const struct http_server *s)
{
    return s->n_held < s->config.held_max;
}

void request_free(struct http_request *r)
{
    if (r->held_by_mhd || r->held_by_handler || r->flushing)
        return;
    LIST_REMOVE(r, entry);
    r->server->n_held -= r->n_held;
    if (r->response)
        MHD_destroy_response(r->response);
    for (size_t i = 0; i < r->n_headers; i++) {
        free(r->headers[i].name);
        free(r->headers[i].value);
    }
    body_drop(r);
    free(r->target);
    free(r->method);
    free(r);
}

void request_release_handler(struct http_request *r)
{
    if (!r->held_by_handler)
        return;
    r->held_by_handler = false;
    request_free(r);
}

/* A handler that left no on_gone does not know: it keeps the request until it replies. */
void request_tell_gone(struct http_request *r)
{
    if (!r->held_by_handler || r->told_gone)
        return;
    r->told_gone = true;
    if (!r->on_gone)
        return;
    r->on_gone(r, r->on_gone_user);
    request_release_handler(r);
}

void request_resume(struct http_request *r)
{
    if (!r->suspended || !r->conn || r->flushing)
        return;
    r->suspended = false;
    conn_watch_peer(r->conn, false);
    MHD_resume_connection(r->conn->mhd);
    server_kick(r->server);
}

void request_on_completed(void *user, struct MHD_Connection *mhd, void **slot,
                          enum MHD_RequestTerminationCode code)
{
    struct http_request *r = *slot;
    struct conn *c;

    (void)user;
    (void)mhd;
    (void)code;
    *slot = NULL;
    if (!r)
        return;
    c = r->conn;
    if (c) {
        c->request = NULL;
        conn_watch_peer(c, false);
        if (r->status != 101)
            conn_set_deadline(c, CONN_IDLE, 2 * r->server->config.timeout_ms);
    }
    r->conn = NULL;
    if (r->ws)
        websocket_abandon(r->ws);
    request_tell_gone(r); /* still held by us: it lives through the callback */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): not freed while held_by_mhd is set */
    r->held_by_mhd = false;
    request_free(r);
}

/* --- the head --- */

struct head {
    size_t n_bytes;
    int n_host, n_length, n_encoding, n_expect;
    const char *encoding, *length, *origin;
    char host[HTTP_HOST_MAX + 2]; /* longer ones are cut, and refused */
};

/* Blanks behind a value are no part of it; libmicrohttpd leaves them there. */
static void take_host(struct head *head, const char *text)
{
    size_t n = strlen(text);

    while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    if (n > HTTP_HOST_MAX)
        n = HTTP_HOST_MAX + 1;
    memcpy(head->host, text, n);
    head->host[n] = '\0';
    head->n_host++;
}

static enum MHD_Result count_header(void *user, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct head *head = user;
    const char *text = value ? value : "";

    (void)kind;
    head->n_bytes += strlen(name) + strlen(text) + 4;
    if (!strcasecmp(name, "Host")) {
        take_host(head, text);
    } else if (!strcasecmp(name, "Content-Length")) {
        head->n_length++;
        head->length = text;
    } else if (!strcasecmp(name, "Transfer-Encoding")) {
        head->n_encoding++;
        head->encoding = text;
    } else if (!strcasecmp(name, "Expect")) {
        head->n_expect++;
    } else if (!strcasecmp(name, "Origin")) {
        head->origin = text;
    }
    return MHD_YES;
}

static bool origin_is_host(const char *origin, const char *host)
{
    if (!strncasecmp(origin, "http://", 7))
        return !strcasecmp(origin + 7, host);
    if (!strncasecmp(origin, "https://", 8))
        return !strcasecmp(origin + 8, host);
    return false;
}

/* A connection was routed by the Host of its first request: another one would end up at the wrong
 * sandbox. */
static bool host_stays(struct conn *c, const char *host)
{
    if (!c->host[0]) {
        memcpy(c->host, host, strnlen(host, HTTP_HOST_MAX));
        return true;
    }
    return !strcasecmp(c->host, host);
}

/* Everything that makes a request's end or its recipient ambiguous is refused. */
static int check_form(struct http_request *r, const struct head *head, const char *version)
{
    if (head->n_bytes + strlen(r->target) > r->server->config.header_max)
        http_reply_error(r, 431, "the request head is larger than %zu bytes",
                         r->server->config.header_max);
    else if (r->target[0] != '/')
        http_reply_error(r, 400, "the request target must be a path");
    else if (head->n_host != 1 || !head->host[0] || strlen(head->host) > HTTP_HOST_MAX)
        http_reply_error(r, 400, "exactly one Host header is needed");
    else if (head->n_length > 1 || head->n_encoding > 1 || (head->n_length && head->n_encoding))
        http_reply_error(r, 400, "ambiguous length: give Content-Length or chunked, once");
    else if (head->n_encoding &&
             (strcasecmp(head->encoding, "chunked") != 0 || strcmp(version, "HTTP/1.1") != 0))
        http_reply_error(r, 400, "the only transfer encoding is chunked");
    else
        return 0;
    return -1;
}

static int check_origin(struct http_request *r, const struct head *head)
{
    const struct http_config *config = &r->server->config;

    if (!host_stays(r->conn, head->host) ||
        (config->host_allowed && !config->host_allowed(SLICE(head->host), config->user)))
        http_reply_error(r, 421, "this host name is not served here: %s", head->host);
    else if (head->origin && !origin_is_host(head->origin, head->host))
        http_reply_error(r, 403, "requests from other web sites are not allowed");
    else
        return 0;
    return -1;
}

static int check_route(struct http_request *r)
{
    cleanup_buf struct buf allow = {0};
    int status = route_find(r, &allow);

    if (status == 405) {
        http_reply_header(r, "Allow", allow.data);
        http_reply_error(r, 405, "%s is not possible here, only %s", r->method, allow.data);
    } else if (status) {
        http_reply_error(r, 404, "no such route: %s %.*s", r->method, (int)r->path.len,
                         r->path.data);
    }
    return status ? -1 : 0;
}

static int check_access(struct http_request *r)
{
    if (r->route->access == HTTP_OPEN || r->route->access <= http_who(r)->access)
        return 0;
    if (r->who.access == HTTP_OPEN)
        http_reply_error(r, 401, "authentication is missing, wrong or expired");
    else
        http_reply_error(r, 403, "this credential does not allow it");
    return -1;
}

/* Returns whether it is clear where the request ends. */
static bool check_head(struct http_request *r, const struct head *head, const char *version)
{
    if (check_form(r, head, version))
        return false;
    if (check_origin(r, head) || check_route(r) || check_access(r))
        return true;
    r->body_max = r->route->body_max ? r->route->body_max : r->server->config.body_max;
    r->timeout_ms = r->route->timeout_ms ? r->route->timeout_ms : r->server->config.timeout_ms;
    if (head->n_length && strtoull(head->length, NULL, 10) > r->body_max)
        http_reply_error(r, 413, "the body is larger than %zu bytes", r->body_max);
    else if (head->n_length && !body_fits(r->server, strtoull(head->length, NULL, 10)))
        http_reply_error(r, 507, "no space left on the disk for a body of %s bytes", head->length);
    return true;
}

static enum MHD_Result queue_reply(struct http_request *r, struct MHD_Connection *mhd)
{
    enum MHD_Result result = MHD_queue_response(mhd, (unsigned)r->status, r->response);

    MHD_destroy_response(steal_pointer(&r->response));
    if (r->conn)
        conn_set_deadline(r->conn, CONN_REPLY, 0);
    return result;
}

static enum MHD_Result start(struct http_request *r, struct MHD_Connection *mhd,
                             const char *version)
{
    struct head head = {0};

    MHD_get_connection_values(mhd, MHD_HEADER_KIND, count_header, &head);
    bool clear = check_head(r, &head, version);
    if (r->status && (!clear || head.n_expect ||
                      (head.n_length && strtoull(head.length, NULL, 10) > SKIP_MAX))) {
        MHD_add_response_header(r->response, "Connection", "close");
        return queue_reply(r, mhd);
    }
    return MHD_YES;
}

/* --- body and handler --- */

static enum MHD_Result take_body(struct http_request *r, const char *bytes, size_t n)
{
    if (!r->status) {
        body_take(r, bytes, n);
        return MHD_YES;
    }
    r->n_skipped += n;
    /* What fitted but for the disk is read to its end, so that its sender gets to know. */
    return r->n_skipped > SKIP_MAX && (r->status != 507 || r->n_skipped > r->body_max) ? MHD_NO
                                                                                       : MHD_YES;
}

static void dispatch(struct http_request *r)
{
    r->dispatched = true;
    if (r->status)
        return;
    if (r->server->stopping) {
        http_reply_error(r, 503, "stopping");
        return;
    }
    conn_set_deadline(r->conn, CONN_HANDLER, r->timeout_ms);
    r->held_by_handler = true;
    r->route->handler(r, r->server->config.user);
}

static enum MHD_Result finish(struct http_request *r, struct MHD_Connection *mhd)
{
    if (r->response)
        return queue_reply(r, mhd);
    if (!r->held_by_handler || r->told_gone)
        return MHD_NO;
    MHD_suspend_connection(mhd);
    r->suspended = true;
    conn_watch_peer(r->conn, true);
    return MHD_YES;
}

enum MHD_Result request_on_access(void *user, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    struct http_request *r = *slot;

    (void)user;
    (void)url;
    if (!r || !r->conn)
        return MHD_NO;
    if (!r->started) {
        r->started = true;
        r->method = xstrdup(method);
        return start(r, mhd, version);
    }
    if (*upload_size) {
        size_t n = *upload_size;

        *upload_size = 0;
        return take_body(r, upload, n);
    }
    if (!r->dispatched && !body_complete(r))
        return MHD_YES;
    if (!r->dispatched)
        dispatch(r);
    return finish(r, mhd);
}

/* --- what a handler asks --- */

const char *http_method(const struct http_request *r)
{
    return r->method;
}

struct slice http_path(const struct http_request *r)
{
    return r->path;
}

struct slice http_query(const struct http_request *r)
{
    return r->query;
}

struct slice http_param(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_params; i++) {
        if (slice_equal(r->param_names[i], name))
            return r->params[i];
    }
    return (struct slice){"", 0};
}

int http_param_decode(const struct http_request *r, const char *name, struct buf *out,
                      struct err *e)
{
    return url_decode(out, http_param(r, name), e);
}

bool http_query_get(const struct http_request *r, const char *key, struct buf *value)
{
    return url_query_get(r->query, key, value);
}

const char *http_header(const struct http_request *r, const char *name)
{
    return r->conn ? MHD_lookup_connection_value(r->conn->mhd, MHD_HEADER_KIND, name) : NULL;
}

bool http_cookie(const struct http_request *r, const char *name, struct buf *value)
{
    const char *p = http_header(r, "Cookie");
    size_t n_name = strlen(name);

    while (p && *p) {
        p += strspn(p, "; \t");
        size_t n = strcspn(p, ";");

        if (n > n_name && p[n_name] == '=' && !memcmp(p, name, n_name)) {
            buf_append(value, p + n_name + 1, n - n_name - 1);
            return true;
        }
        p += n;
    }
    return false;
}

struct slice http_body(const struct http_request *r)
{
    if (r->spool)
        return r->mapped;
    return (struct slice){r->body.data ? r->body.data : "", r->body.len};
}

static bool is_blank(struct slice b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (!isspace((unsigned char)b.data[i]))
            return false;
    }
    return true;
}

cJSON *http_body_object(struct http_request *r)
{
    struct slice body = http_body(r);
    cJSON *object;

    if (is_blank(body))
        return cJSON_CreateObject();
    /* The NUL behind the bytes counts: it is how cJSON is made to refuse what follows the value. */
    object = memchr(body.data, '\0', body.len)
                 ? NULL
                 : cJSON_ParseWithLengthOpts(body.data, body.len + 1, NULL, true);
    if (cJSON_IsObject(object))
        return object;
    http_reply_error(r, 400, object ? "the body must be a JSON object" : "the body is no JSON");
    cJSON_Delete(object);
    return NULL;
}

const struct http_identity *http_who(const struct http_request *r)
{
    /* Found out on the first question, also on open routes. */
    struct http_request *known = (struct http_request *)r;

    if (!r->who_known) {
        known->who_known = true;
        if (r->server->config.authorise)
            known->who = r->server->config.authorise(known, r->server->config.user);
    }
    return &r->who;
}

void http_on_gone(struct http_request *r, void (*on_gone)(struct http_request *r, void *user),
                  void *user)
{
    r->on_gone = on_gone;
    r->on_gone_user = user;
}

void http_set_timeout(struct http_request *r, int64_t timeout_ms)
{
    r->timeout_ms = timeout_ms;
    if (r->conn && r->conn->phase == CONN_HANDLER)
        conn_set_deadline(r->conn, CONN_HANDLER, timeout_ms);
}
