/* SPDX-License-Identifier: MIT
 *
 * The server on the loop: libmicrohttpd's epoll descriptor under a uv_poll, its timeout under a
 * uv_timer, one struct conn per connection with the deadlines MHD does not know.
 *
 * MHD closes idle connections by itself but lets a peer that sends a byte now and then go on for
 * ever, so head and body have a deadline of ours. MHD cannot be told to drop a connection; shutting
 * its socket down has that effect.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/http/internal.h"

static void stop_step(struct http_server *s);

static void on_handle_closed(uv_handle_t *handle)
{
    server_handle_closed(handle->data);
}

void server_handle_closed(struct http_server *s)
{
    assert(s->n_handles > 0);
    if (--s->n_handles || !s->stopped)
        return;
    void (*done)(void *user) = s->done;
    void *user = s->done_user;

    while (!LIST_EMPTY(&s->requests)) { /* handlers that never answered */
        LIST_FIRST(&s->requests)->held_by_handler = false;
        request_free(LIST_FIRST(&s->requests));
    }
    free(s);
    if (done)
        done(user);
}

/* --- running MHD --- */

static void on_timer(uv_timer_t *timer);

static void schedule(struct http_server *s)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    if (MHD_get_timeout(s->mhd, &wait_ms) == MHD_YES)
        uv_timer_start(&s->timer, on_timer, wait_ms, 0);
    else
        uv_timer_stop(&s->timer);
}

static void turn(struct http_server *s)
{
    if (s->stopped)
        return;
    /* Before MHD_run, so that a kick from one of its callbacks is not lost in schedule(). */
    uv_timer_stop(&s->timer);
    if (s->stopping) {
        stop_step(s);
        return;
    }
    MHD_run(s->mhd);
    if (!uv_is_active((uv_handle_t *)&s->timer))
        schedule(s);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    turn(poll->data);
}

void server_kick(struct http_server *s)
{
    if (!s->stopped)
        uv_timer_start(&s->timer, on_timer, 0, 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
    websocket_flush_dirty(prepare->data);
}

/* --- connections --- */

static void on_conn_handle_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;
    struct http_server *s = c->server;

    if (--c->n_handles == 0)
        free(c);
    server_handle_closed(s);
}

static void send_timeout_reply(struct conn *c)
{
    static const char reply[] = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\n"
                                "Connection: close\r\nContent-Length: 49\r\n\r\n"
                                "{\"error\":\"the request took too long to arrive\"}\r\n";

    /* Nothing else is being written in these phases, so the bytes cannot land inside a reply. */
    send(c->fd, reply, sizeof reply - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_deadline(uv_timer_t *timer)
{
    struct conn *c = timer->data;

    if (c->phase == CONN_HANDLER) {
        struct http_request *r = c->request;

        r->overdue = true;
        http_reply_error(r, 504, "no answer within the deadline");
        request_tell_gone(r);
        return;
    }
    if (c->phase != CONN_IDLE)
        send_timeout_reply(c);
    shutdown(c->fd, SHUT_RDWR);
    server_kick(c->server);
}

void conn_set_deadline(struct conn *c, enum conn_phase phase, int64_t timeout_ms)
{
    c->phase = phase;
    if (timeout_ms > 0)
        uv_timer_start(&c->timer, on_deadline, (uint64_t)timeout_ms, 0);
    else
        uv_timer_stop(&c->timer);
}

static void on_peer(uv_poll_t *poll, int status, int events)
{
    struct conn *c = poll->data;
    struct http_request *r = c->request;

    (void)status;
    (void)events;
    uv_poll_stop(poll);
    if (!r || !r->suspended)
        return;
    request_tell_gone(r);
    request_resume(r);
}

void conn_watch_peer(struct conn *c, bool watch)
{
    if (watch && !c->has_peer && !uv_poll_init(c->server->loop, &c->peer, c->fd)) {
        c->has_peer = true;
        c->peer.data = c;
        c->n_handles++;
        c->server->n_handles++;
    }
    if (!c->has_peer)
        return;
    if (watch)
        uv_poll_start(&c->peer, UV_DISCONNECT, on_peer);
    else
        uv_poll_stop(&c->peer);
}

static void conn_open(struct http_server *s, struct MHD_Connection *mhd, void **slot)
{
    struct conn *c = xcalloc(1, sizeof *c);

    c->server = s;
    c->mhd = mhd;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    uv_timer_init(s->loop, &c->timer);
    c->timer.data = c;
    c->n_handles++;
    s->n_handles++;
    conn_set_deadline(c, CONN_HEAD, s->config.timeout_ms);
    *slot = c;
}

static void on_connection(void *user, struct MHD_Connection *mhd, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    struct conn *c = *slot;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_open(user, mhd, slot);
        return;
    }
    if (!c)
        return;
    *slot = NULL;
    if (c->request)
        c->request->conn = NULL;
    if (c->has_peer)
        uv_close((uv_handle_t *)&c->peer, on_conn_handle_closed);
    uv_close((uv_handle_t *)&c->timer, on_conn_handle_closed);
}

int http_server_adopt(struct http_server *s, int fd, struct err *e)
{
    struct sockaddr_storage addr = {0};
    socklen_t n_addr = sizeof addr;
    int on = 1, idle_s = 60;

    if (s->stopping) {
        close(fd);
        return err_set(e, ERR_CLOSED, "the server is stopping");
    }
    if (getpeername(fd, (struct sockaddr *)&addr, &n_addr)) {
        int reason = errno;

        close(fd);
        return err_set_errno(e, reason, "adopt connection");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    if (n_addr < sizeof(sa_family_t)) { /* a socketpair has no name */
        addr.ss_family = AF_UNIX;
        n_addr = sizeof(sa_family_t);
    }
    /* MHD closes the descriptor in any case. */
    if (MHD_add_connection(s->mhd, fd, (struct sockaddr *)&addr, n_addr) != MHD_YES)
        return err_set(e, ERR_LIMIT, "too many connections");
    server_kick(s);
    return 0;
}

/* --- life --- */

/* Escapes are ours to interpret: /files//a%2Fb must arrive as it was sent. */
static size_t unescape_nothing(void *user, struct MHD_Connection *mhd, char *text)
{
    (void)user;
    (void)mhd;
    return strlen(text);
}

static void on_mhd_log(void *user, const char *format, va_list args)
{
    char line[512];

    (void)user;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(line, sizeof line, format, args);
#pragma GCC diagnostic pop
    line[strcspn(line, "\r\n")] = '\0';
    log_debug("http: %s", line);
}

static struct MHD_Daemon *start_mhd(struct http_server *s)
{
    unsigned idle_s = (unsigned)(s->config.timeout_ms * 2 / 1000) + 10;

    /* Twice the header limit: so that ours is the one that answers, in JSON. The pool is mapped
     * lazily above 32 KiB, and a body is read through what remains of it. */
    return MHD_start_daemon(
        MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
            MHD_USE_ERROR_LOG,
        0, NULL, NULL, request_on_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, s,
        MHD_OPTION_URI_LOG_CALLBACK, request_on_uri, s, MHD_OPTION_UNESCAPE_CALLBACK,
        unescape_nothing, NULL, MHD_OPTION_NOTIFY_COMPLETED, request_on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_LIMIT,
        s->config.connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)(2 * s->config.header_max + 64 * 1024), MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

static void fill_defaults(struct http_config *config)
{
    if (!config->body_max)
        config->body_max = 16 * 1024 * 1024;
    if (!config->header_max)
        config->header_max = 32 * 1024;
    if (!config->timeout_ms)
        config->timeout_ms = 35000;
    if (!config->held_max)
        config->held_max = (size_t)1024 * 1024 * 1024;
    if (!config->connections_max)
        config->connections_max = 4096;
}

struct http_server *http_server_create(uv_loop_t *loop, const struct http_config *config,
                                       struct err *e)
{
    struct http_server *s = xcalloc(1, sizeof *s);

    s->loop = loop;
    s->config = *config;
    fill_defaults(&s->config);
    LIST_INIT(&s->requests);
    TAILQ_INIT(&s->websockets);
    TAILQ_INIT(&s->dirty);
    s->mhd = start_mhd(s);
    const union MHD_DaemonInfo *info =
        s->mhd ? MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || uv_poll_init(loop, &s->poll, info->epoll_fd)) {
        if (s->mhd)
            MHD_stop_daemon(s->mhd);
        free(s);
        err_set(e, ERR_IO, "start the HTTP server: no epoll descriptor");
        return NULL;
    }
    s->poll.data = s->timer.data = s->prepare.data = s;
    uv_timer_init(loop, &s->timer);
    uv_prepare_init(loop, &s->prepare);
    s->n_handles = 3;
    uv_poll_start(&s->poll, UV_READABLE, on_readable);
    uv_prepare_start(&s->prepare, on_prepare);
    return s;
}

/* Runs on turns of its own until the last websocket is closed. */
static void stop_step(struct http_server *s)
{
    struct http_request *r, *next;

    for (r = LIST_FIRST(&s->requests); r; r = next) {
        next = LIST_NEXT(r, entry);
        if (r->suspended) {
            request_tell_gone(r);
            request_resume(r);
        }
    }
    websocket_close_all(s);
    MHD_run(s->mhd);
    if (!TAILQ_EMPTY(&s->websockets)) {
        if (!uv_is_active((uv_handle_t *)&s->timer))
            uv_timer_start(&s->timer, on_timer, 20, 0);
        return;
    }
    LIST_FOREACH (r, &s->requests, entry) {
        if (r->suspended && !r->flushing) {
            server_kick(s);
            return;
        }
    }
    if (s->n_pool) { /* each kicks when it is done */
        uv_timer_stop(&s->timer);
        return;
    }
    s->stopped = true;
    uv_poll_stop(&s->poll);
    uv_close((uv_handle_t *)&s->poll, on_handle_closed);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
    uv_close((uv_handle_t *)&s->prepare, on_handle_closed);
    MHD_stop_daemon(s->mhd);
    s->mhd = NULL;
}

void http_server_destroy(struct http_server *s, void (*done)(void *user), void *user)
{
    if (!s) {
        if (done)
            done(user);
        return;
    }
    s->done = done;
    s->done_user = user;
    s->stopping = true;
    server_kick(s);
}
