/* SPDX-License-Identifier: MIT
 *
 * HTTP calls: libcurl's multi interface on libuv.
 *
 * curl names the descriptors it waits for and the time it wants to be called (on_curl_socket,
 * on_curl_timer); both only note that, and curl is entered again from the loop alone. A call is a
 * row of legs, each an exchange or a pause; the leg's function decides what comes next.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/internal.h"
#include "wire/json.h"

struct curl_poll {
    uv_poll_t poll;
    struct client *client;
    curl_socket_t fd;
};

/* Questions that are asked with POST. */
static bool is_question(const char *method, const char *url)
{
    static const char *const posts[] = {"/v1/sandboxes/find"};
    size_t n = strlen(url);

    if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(posts); i++) {
        size_t len = strlen(posts[i]);

        if (!strcmp(method, "POST") && n >= len && !strcmp(url + n - len, posts[i]))
            return true;
    }
    return false;
}

/* Tells the monitor of a change that has ended. */
static void report(struct request *r, const struct err *e, bool is_cancelled)
{
    struct client *c = r->client;
    cleanup_free char *method = steal_pointer(&r->method);
    cleanup_free char *url = steal_pointer(&r->url);

    if (!method || !c->monitor)
        return;
    struct client_report told = {
        .method = method,
        .url = url,
        .body = r->sent.data ? r->sent.data : "",
        .body_len = r->sent.len,
        .status = r->status,
        .error = e,
        .is_cancelled = is_cancelled,
        .duration_ms = clock_mono_ms() - r->sent_at_ms,
    };
    c->monitor(c->monitor_user, &told);
}

static void end_leg(struct request *r)
{
    if (r->easy) {
        curl_multi_remove_handle(r->client->multi, r->easy);
        curl_easy_cleanup(r->easy);
        r->easy = NULL;
    }
    curl_slist_free_all(r->headers);
    r->headers = NULL;
}

static void complete(struct request *r, CURLcode code)
{
    long status = 0, os_errno = 0;

    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &os_errno);
    end_leg(r);
    r->status = (int)status;
    if (r->too_big)
        err_set(&r->failure, ERR_LIMIT, "the answer is larger than %u MiB", REPLY_SIZE_MAX >> 20);
    else if (code != CURLE_OK)
        explain_curl(&r->failure, code, os_errno, r->error);
    bool failed = r->too_big || code != CURLE_OK;

    report(r, failed ? &r->failure : NULL, false);
    r->on_leg(r, failed ? &r->failure : NULL);
}

static void take_finished(struct client *c)
{
    CURLMsg *message;
    int n_left;

    while (c->multi && (message = curl_multi_info_read(c->multi, &n_left))) {
        struct request *r = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        complete(r, code);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct curl_poll *p = poll->data;
    struct client *c = p->client;
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0) | (status < 0 ? CURL_CSELECT_ERR : 0);
    int n_running;

    /* p may be closed by curl in here, but lives until the loop's next turn. */
    curl_multi_socket_action(c->multi, p->fd, flags, &n_running);
    take_finished(c);
}

static void on_timeout(uv_timer_t *timer)
{
    struct client *c = timer->data;
    int n_running;

    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &n_running);
    take_finished(c);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct client *c = user;

    if (timeout_ms < 0)
        uv_timer_stop(&c->curl_timer);
    else /* 0 asks for a call at once, which must not happen in here */
        uv_timer_start(&c->curl_timer, on_timeout, timeout_ms ? (uint64_t)timeout_ms : 1, 0);
    return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct curl_poll *p = handle->data;
    struct client *c = p->client;

    free(p);
    client_drop(c);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct client *c = user;
    struct curl_poll *p = known;

    if (what == CURL_POLL_REMOVE) {
        if (p)
            uv_close((uv_handle_t *)&p->poll, on_poll_closed);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!p) {
        p = xcalloc(1, sizeof *p);
        p->client = c;
        p->fd = fd;
        if (uv_poll_init(c->loop, &p->poll, fd)) {
            free(p);
            return -1;
        }
        p->poll.data = p;
        client_hold(c);
        curl_multi_assign(c->multi, fd, p);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

    uv_poll_start(&p->poll, events, on_poll);
    return 0;
}

int request_machinery_init(struct client *c, struct err *e)
{
    static bool is_curl_ready; /* libcurl's own process-wide state, which it counts badly */

    if (!is_curl_ready && curl_global_init(CURL_GLOBAL_DEFAULT))
        return err_set(e, ERR_INTERNAL, "libcurl does not start");
    is_curl_ready = true;
    c->multi = curl_multi_init();
    if (!c->multi)
        return err_set(e, ERR_INTERNAL, "libcurl has no memory");
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    /* Commands in the foreground each hold one for as long as they run. */
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 16L);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 128L);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 32L);
    return 0;
}

void request_machinery_finish(struct client *c)
{
    CURLM *multi = steal_pointer(&c->multi);

    /* Connections kept alive have no poll of ours any more, but curl may say goodbye on them. */
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, NULL);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, NULL);
    curl_multi_cleanup(multi);
}

struct request *request_create(struct client *c, size_t size, void (*on_cleanup)(struct request *))
{
    struct request *r = xcalloc(1, size);

    r->client = c;
    r->on_cleanup = on_cleanup;
    uv_timer_init(c->loop, &r->timer);
    r->timer.data = r;
    client_hold(c);
    LIST_INSERT_HEAD(&c->requests, r, link);
    return r;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    struct request *r = user;

    if (r->body.len + n > REPLY_SIZE_MAX) {
        r->too_big = true;
        return 0;
    }
    buf_append(&r->body, bytes, n);
    return n;
}

static void set_trust(CURL *easy)
{
    const char *file = getenv("SSL_CERT_FILE");

    /* libcurl itself does not read the variable; only its command does. */
    if (file && *file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
}

static void set_route(CURL *easy, const char *url)
{
    struct url u;

    if (url_parse(&u, url, NULL))
        return;
    if (url_host_is_localhost(u.host)) {
        /* This machine, whatever the resolver or a proxy says. */
        curl_easy_setopt(easy, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
    url_finish(&u);
}

static void set_body(struct request *r, const struct http_send *send)
{
    buf_clear(&r->sent);
    buf_append(&r->sent, send->body ? send->body : "", send->body ? send->body_len : 0);
    curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, send->method);
    if (send->body || !strcmp(send->method, "POST")) {
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->sent.data);
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->sent.len);
    }
    for (const char *const *h = send->headers; h && *h; h++)
        r->headers = curl_slist_append(r->headers, *h);
    /* No wait for 100-continue: no body is large enough for it to pay. */
    r->headers = curl_slist_append(r->headers, "Expect:");
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
}

/* False: refused, and on_leg will hear of it. */
static bool begin_change(struct request *r, const struct http_send *send, request_leg on_leg)
{
    struct err e;

    if (is_question(send->method, send->url))
        return true;
    if (send->readonly) {
        err_set(&e, ERR_FORBIDDEN, "read-only: %s was not sent", send->method);
        err_hint(&e, "this context changes nothing; see --readonly and config.ini");
        request_pause(r, 0, &e, on_leg);
        return false;
    }
    r->method = xstrdup(send->method);
    r->url = xstrdup(send->url);
    r->sent_at_ms = clock_mono_ms();
    return true;
}

void request_send(struct request *r, const struct http_send *send, request_leg on_leg)
{
    end_leg(r);
    report(r, NULL, true);
    if (!begin_change(r, send, on_leg))
        return;
    buf_clear(&r->body);
    r->status = 0;
    r->too_big = false;
    r->error[0] = '\0';
    r->on_leg = on_leg;
    r->easy = curl_easy_init();
    if (!r->easy)
        abort(); /* out of memory, as base/alloc.h */
    curl_easy_setopt(r->easy, CURLOPT_URL, send->url);
    curl_easy_setopt(r->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(r->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(r->easy, CURLOPT_FOLLOWLOCATION, 0L); /* a redirect would get the key */
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(r->easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(r->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(r->easy, CURLOPT_TIMEOUT_MS,
                     (long)(send->timeout_ms > 0 ? send->timeout_ms : r->client->timeout_ms));
    curl_easy_setopt(r->easy, CURLOPT_USERAGENT, "sandpit/" SANDPIT_VERSION);
    curl_easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->error);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
    set_trust(r->easy);
    set_route(r->easy, send->url);
    set_body(r, send);
    if (curl_multi_add_handle(r->client->multi, r->easy)) {
        struct err e;

        curl_easy_cleanup(steal_pointer(&r->easy));
        err_set(&e, ERR_INTERNAL, "libcurl takes no request");
        request_pause(r, 0, &e, on_leg);
    }
}

static void on_pause_over(uv_timer_t *timer)
{
    struct request *r = timer->data;

    r->on_leg(r, r->failure.code ? &r->failure : NULL);
}

void request_pause(struct request *r, int64_t ms, const struct err *e, request_leg on_leg)
{
    r->failure = e ? *e : (struct err){0};
    r->on_leg = on_leg;
    uv_timer_start(&r->timer, on_pause_over, (uint64_t)ms, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct request *r = handle->data;
    struct client *c = r->client;

    free(r);
    client_drop(c);
}

static void discard(struct request *r)
{
    r->is_over = true;
    end_leg(r);
    report(r, NULL, true);
    LIST_REMOVE(r, link);
    if (r->on_cleanup)
        r->on_cleanup(r);
    buf_finish(&r->sent);
    buf_finish(&r->body);
    uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

/* The caller's callback may have cancelled it already; its memory lives until the loop turns. */
void request_finish(struct request *r)
{
    if (!r->is_over)
        discard(r);
}

void request_cancel(struct request *r)
{
    if (r)
        request_finish(r);
}

cJSON *request_json(const struct request *r)
{
    cJSON *root = r->body.len ? json_parse(r->body.data, r->body.len, NULL) : NULL;

    /* Deep metadata, or text that is not quite UTF-8. */
    if (!root && r->body.len)
        root = cJSON_ParseWithLength(r->body.data, r->body.len);

    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return NULL;
    }
    return root;
}
