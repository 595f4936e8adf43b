/* SPDX-License-Identifier: MIT
 *
 * A WebSocket: libwebsockets for the protocol, with its name resolution, queueing and time limits
 * replaced by our own.
 *
 * socket_open → resolve (uv_getaddrinfo; localhost is known) → connect → on_open … on_close. What
 * libwebsockets reports as the end only ever starts a timer, so that on_close runs from the loop
 * and never inside a call of ours. A socket is freed when its owner let go or was told,
 * libwebsockets has forgotten it and its uv handles are closed.
 */
#include <arpa/inet.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/internal.h"
#include "client/socket_context.h"
#include "wire/message.h"

#define ADDRESSES_MAX  4
#define HEADERS_MAX    24
#define SILENCE_MAX_MS 19000
#define PROBE_MS       10000
#define UNREAD_BYTES   32768 /* the kernel doubles it */

struct outgoing {
    STAILQ_ENTRY(outgoing) link;
    size_t len;
    bool is_binary;
    unsigned char bytes[]; /* LWS_PRE bytes of headroom first */
};

struct socket {
    LIST_ENTRY(socket) link;
    struct client *client;
    struct lws *wsi; /* NULL before the connection and after its end */
    const struct socket_ops *ops;
    void *user;
    struct url url;
    char *target;
    char *headers[HEADERS_MAX + 1];
    char addresses[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    size_t n_addresses, next_address;
    uv_getaddrinfo_t resolver;
    uv_timer_t timer; /* one of: connect deadline, probe deadline, end to be told */
    bool is_resolving, is_open, is_probing, is_ending, is_let_go, is_timer_closed;
    bool ping_due, drain_wanted, is_paused;
    int64_t heard_ms, ping_sent_ns;
    STAILQ_HEAD(outgoing_list, outgoing) queue;
    size_t queued_bytes;
    struct buf incoming; /* the pieces of a message so far */
    struct err error;
};

static void connect_next(struct socket *s);
static void on_end(uv_timer_t *timer);

static bool is_tls(const struct socket *s)
{
    return strcmp(s->url.scheme, "https") == 0 || strcmp(s->url.scheme, "wss") == 0;
}

static void free_if_over(struct socket *s)
{
    if (!s->is_timer_closed || s->is_resolving)
        return;
    struct client *c = s->client;

    while (!STAILQ_EMPTY(&s->queue)) {
        struct outgoing *o = STAILQ_FIRST(&s->queue);

        STAILQ_REMOVE_HEAD(&s->queue, link);
        free(o);
    }
    for (size_t i = 0; s->headers[i]; i++)
        free(s->headers[i]);
    url_finish(&s->url);
    free(s->target);
    buf_finish(&s->incoming);
    free(s);
    client_drop(c);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct socket *s = handle->data;

    s->is_timer_closed = true;
    free_if_over(s);
}

static void release(struct socket *s)
{
    LIST_REMOVE(s, link);
    if (s->is_resolving)
        uv_cancel((uv_req_t *)&s->resolver);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

/* There is no connection any more, or never was: tell it from the loop. */
static void end_soon(struct socket *s)
{
    s->is_ending = true;
    uv_timer_start(&s->timer, on_end, 0, 0);
}

static void fail_soon(struct socket *s, const struct err *e)
{
    s->error = *e;
    end_soon(s);
}

static void on_end(uv_timer_t *timer)
{
    struct socket *s = timer->data;

    if (!s->is_let_go) {
        bool may_retry = !s->error.code && s->next_address < s->n_addresses;

        if (may_retry) {
            s->is_ending = false;
            connect_next(s);
            return;
        }
        if (!s->error.code)
            err_set(&s->error, ERR_REFUSED, "no connection");
        s->is_let_go = true;
        s->ops->on_close(s->user, &s->error);
    }
    release(s);
}

/* libwebsockets closes it on its own next turn; both calls wake it up, whatever it waits for. */
static void kill_connection(struct socket *s)
{
    if (!s->wsi)
        return;
    lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_callback_on_writable(s->wsi);
    lws_cancel_service(lws_get_context(s->wsi));
}

static void on_deadline(uv_timer_t *timer)
{
    struct socket *s = timer->data;

    if (s->is_open)
        err_set(&s->error, ERR_TIMEOUT, "the connection is silent");
    else
        err_set(&s->error, ERR_TIMEOUT, "no answer in time");
    if (s->wsi)
        kill_connection(s);
    else
        end_soon(s);
}

/* The connection is over for libwebsockets. */
static void on_gone(struct socket *s, struct lws *wsi)
{
    lws_set_opaque_user_data(wsi, NULL);
    s->wsi = NULL;
    if (s->is_open) {
        s->is_open = false;
        client_socket_closed(s->client);
        if (!s->error.code)
            err_set(&s->error, ERR_CLOSED, "the connection was closed");
    }
    end_soon(s);
}

static void on_heard(struct socket *s)
{
    s->heard_ms = clock_mono_ms();
    if (s->is_probing) {
        s->is_probing = false;
        uv_timer_stop(&s->timer);
    }
}

static int on_refused(struct socket *s, struct lws *wsi, const char *text, size_t n)
{
    unsigned status = lws_http_client_http_response(wsi);
    struct buf detail = {0};

    buf_append(&detail, text ? text : "", text ? n : 0);
    if (s->error.code) {
        /* Ours, from the deadline. */
    } else if (status && status != 101) {
        explain_status(&s->error, NULL, (int)status, NULL, 0);
    } else if (is_tls(s) && detail.data &&
               (strcasestr(detail.data, "cert") || strcasestr(detail.data, "ssl") ||
                strcasestr(detail.data, "tls"))) {
        explain_tls(&s->error, detail.data);
    } else if (detail.data && strcasestr(detail.data, "HS:")) {
        err_set(&s->error, ERR_PROTOCOL, "does not speak WebSocket: %s", detail.data);
    }
    buf_finish(&detail);
    on_gone(s, wsi);
    return 0;
}

static int on_add_headers(struct socket *s, struct lws *wsi, unsigned char **p, size_t n)
{
    unsigned char *end = *p + n;

    for (size_t i = 0; s->headers[i]; i++) {
        const char *colon = strchr(s->headers[i], ':');
        cleanup_free char *name = NULL;

        if (!colon)
            continue;
        name = slice_dup((struct slice){s->headers[i], (size_t)(colon + 1 - s->headers[i])});
        const char *value = colon + 1 + strspn(colon + 1, " ");

        if (lws_add_http_header_by_name(wsi, (unsigned char *)name, (const unsigned char *)value,
                                        (int)strlen(value), p, end))
            return -1;
    }
    return 0;
}

/* What the kernel holds for us unread is in front of every echo: megabytes, if it may choose. From
 * the beginning: a peer takes half of the largest window it was ever shown for a segment (over lo),
 * and one that never fits again would go out by window probes only. */
static void bound_unread(struct lws *wsi)
{
    const int bytes = UNREAD_BYTES;

    setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static int on_established(struct socket *s)
{
    s->is_open = true;
    uv_timer_stop(&s->timer);
    client_socket_opened(s->client);
    on_heard(s);
    s->ops->on_open(s->user);
    return s->is_let_go ? -1 : 0;
}

static int on_receive(struct socket *s, struct lws *wsi, const char *bytes, size_t n)
{
    bool is_whole = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);
    bool is_binary = lws_frame_is_binary(wsi);

    on_heard(s);
    if (s->incoming.len + n > MESSAGE_SIZE_MAX) {
        err_set(&s->error, ERR_LIMIT, "a message is larger than %u MiB", MESSAGE_SIZE_MAX >> 20);
        return -1;
    }
    if (is_whole && !s->incoming.len) {
        s->ops->on_message(s->user, bytes, n, is_binary);
    } else {
        buf_append(&s->incoming, bytes, n);
        if (is_whole) {
            s->ops->on_message(s->user, s->incoming.data, s->incoming.len, is_binary);
            buf_clear(&s->incoming);
        }
    }
    return s->is_let_go ? -1 : 0;
}

static int write_ping(struct socket *s, struct lws *wsi)
{
    unsigned char empty[LWS_PRE + 1] = {0};

    s->ping_due = false;
    s->ping_sent_ns = clock_mono_ns();
    return lws_write(wsi, empty + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static int write_first(struct socket *s, struct lws *wsi)
{
    struct outgoing *o = STAILQ_FIRST(&s->queue);
    int n = lws_write(wsi, o->bytes + LWS_PRE, o->len,
                      o->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
    int result = n < (int)o->len ? -1 : 0;

    STAILQ_REMOVE_HEAD(&s->queue, link);
    s->queued_bytes -= o->len;
    free(o);
    return result;
}

/* One write each time: libwebsockets would buffer a second one without a bound. */
static int on_writeable(struct socket *s, struct lws *wsi)
{
    int result = 0;

    if (s->error.code)
        return -1;
    if (s->drain_wanted && STAILQ_EMPTY(&s->queue)) {
        s->drain_wanted = false;
        s->ops->on_drain(s->user);
        if (s->is_let_go)
            return -1;
    }
    if (s->ping_due)
        result = write_ping(s, wsi);
    else if (!STAILQ_EMPTY(&s->queue))
        result = write_first(s, wsi);
    if (!STAILQ_EMPTY(&s->queue) || s->drain_wanted || s->ping_due)
        lws_callback_on_writable(wsi);
    return result;
}

static void on_pong(struct socket *s)
{
    on_heard(s);
    if (s->ping_sent_ns && s->ops->on_pong)
        s->ops->on_pong(s->user, (clock_mono_ns() - s->ping_sent_ns) / 1000);
    s->ping_sent_ns = 0;
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *unused, void *in,
                  size_t n)
{
    struct socket *s = lws_get_opaque_user_data(wsi);

    if (!s)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        return on_refused(s, wsi, in, n);
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        on_gone(s, wsi);
        return 0;
    default:
        break;
    }
    if (s->is_let_go)
        return -1;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return on_add_headers(s, wsi, in, n);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        return on_established(s);
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(s, wsi, in, n);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        on_pong(s);
        return s->is_let_go ? -1 : 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writeable(s, wsi);
    default:
        return 0;
    }
}

/* Name, and the port where it is not the scheme's own: what goes into Host. */
static char *host_header(const struct socket *s)
{
    const struct url *u = &s->url;
    bool is_v6 = strchr(u->host, ':') != NULL;
    const char *open = is_v6 ? "[" : "", *close = is_v6 ? "]" : "";

    if (u->port == (is_tls(s) ? 443 : 80))
        return xasprintf("%s%s%s", open, u->host, close);
    return xasprintf("%s%s%s:%d", open, u->host, close, u->port);
}

static void connect_next(struct socket *s)
{
    struct lws_context *context = socket_context_get(s->client, is_tls(s), on_lws, &s->error);

    if (!context) {
        end_soon(s);
        return;
    }
    cleanup_free char *host = host_header(s);
    cleanup_free char *path = xasprintf("%s%s", s->url.path, s->target);
    struct lws_client_connect_info info = {
        .context = context,
        .address = s->addresses[s->next_address++],
        .port = s->url.port,
        .ssl_connection = is_tls(s) ? LCCSCF_USE_SSL : 0,
        .path = path,
        .host = host,
        .alpn = "http/1.1",
        .local_protocol_name = SOCKET_PROTOCOL,
        .ietf_version_or_minus_one = -1,
        .opaque_user_data = s,
        .pwsi = &s->wsi,
    };

    uv_timer_start(&s->timer, on_deadline, CONNECT_TIMEOUT_MS, 0);
    if (!lws_client_connect_via_info(&info) && !s->is_ending) {
        s->wsi = NULL;
        end_soon(s);
    } else if (s->wsi) {
        bound_unread(s->wsi);
    }
}

static void on_resolved(uv_getaddrinfo_t *resolver, int status, struct addrinfo *found)
{
    struct socket *s = resolver->data;

    s->is_resolving = false;
    for (struct addrinfo *a = found; a && s->n_addresses < ADDRESSES_MAX; a = a->ai_next) {
        char *to = s->addresses[s->n_addresses];

        if (!getnameinfo(a->ai_addr, a->ai_addrlen, to, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST))
            s->n_addresses++;
    }
    uv_freeaddrinfo(found);
    if (s->is_let_go) {
        free_if_over(s);
    } else if (s->is_ending) {
        /* The deadline was faster. */
    } else if (!s->n_addresses) {
        err_set(&s->error, ERR_DNS, "%s does not resolve", s->url.host);
        end_soon(s);
    } else {
        connect_next(s);
    }
}

static void resolve(struct socket *s)
{
    struct in6_addr ignored;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    if (url_host_is_localhost(s->url.host))
        snprintf(s->addresses[s->n_addresses++], INET6_ADDRSTRLEN, "127.0.0.1");
    else if (inet_pton(AF_INET, s->url.host, &ignored) == 1 ||
             inet_pton(AF_INET6, s->url.host, &ignored) == 1)
        snprintf(s->addresses[s->n_addresses++], INET6_ADDRSTRLEN, "%s", s->url.host);
    if (s->n_addresses) {
        connect_next(s);
        return;
    }
    s->resolver.data = s;
    s->is_resolving =
        !uv_getaddrinfo(s->client->loop, &s->resolver, on_resolved, s->url.host, NULL, &hints);
    uv_timer_start(&s->timer, on_deadline, CONNECT_TIMEOUT_MS, 0);
    if (!s->is_resolving)
        end_soon(s);
}

struct socket *socket_open(struct client *c, const char *base, const char *target,
                           const char *const *headers, const struct socket_ops *ops, void *user)
{
    struct socket *s = xcalloc(1, sizeof *s);
    struct err e;

    s->client = c;
    s->ops = ops;
    s->user = user;
    s->target = xstrdup(target);
    STAILQ_INIT(&s->queue);
    for (size_t i = 0; headers && headers[i] && i < HEADERS_MAX; i++)
        s->headers[i] = xstrdup(headers[i]);
    uv_timer_init(c->loop, &s->timer);
    s->timer.data = s;
    client_hold(c);
    LIST_INSERT_HEAD(&c->sockets, s, link);
    if (url_parse(&s->url, base, &e))
        fail_soon(s, &e);
    else
        resolve(s);
    return s;
}

void socket_close(struct socket *s)
{
    if (!s || s->is_let_go)
        return;
    s->is_let_go = true;
    if (s->wsi)
        kill_connection(s);
    else if (!s->is_ending)
        end_soon(s);
}

bool socket_is_open(const struct socket *s)
{
    return s && s->is_open && !s->is_let_go && !s->error.code;
}

bool socket_send(struct socket *s, const void *bytes, size_t n, bool is_binary)
{
    if (!socket_is_open(s))
        return false;
    if (s->queued_bytes && s->queued_bytes + n > SOCKET_QUEUE_MAX) {
        s->drain_wanted = true;
        return false;
    }
    struct outgoing *o = xmalloc(sizeof *o + LWS_PRE + n);

    o->len = n;
    o->is_binary = is_binary;
    memcpy(o->bytes + LWS_PRE, bytes, n);
    STAILQ_INSERT_TAIL(&s->queue, o, link);
    s->queued_bytes += n;
    lws_callback_on_writable(s->wsi);
    return true;
}

void socket_want_drain(struct socket *s)
{
    if (!socket_is_open(s))
        return;
    s->drain_wanted = true;
    lws_callback_on_writable(s->wsi);
}

void socket_pause(struct socket *s, bool paused)
{
    if (!socket_is_open(s) || s->is_paused == paused)
        return;
    s->is_paused = paused;
    lws_rx_flow_control(s->wsi, !paused);
}

void socket_probe(struct socket *s, int64_t timeout_ms)
{
    /* A socket that we do not read has no chance to answer. */
    if (!socket_is_open(s) || s->is_probing || s->is_paused)
        return;
    s->is_probing = s->ping_due = true;
    lws_callback_on_writable(s->wsi);
    uv_timer_start(&s->timer, on_deadline, (uint64_t)timeout_ms, 0);
}

void sockets_close_all(struct client *c)
{
    struct socket *s;

    LIST_FOREACH (s, &c->sockets, link) {
        socket_close(s);
    }
}

void sockets_sweep(struct client *c)
{
    int64_t now = clock_mono_ms();
    struct socket *s;

    LIST_FOREACH (s, &c->sockets, link) {
        if (now - s->heard_ms > SILENCE_MAX_MS)
            socket_probe(s, PROBE_MS);
    }
}
