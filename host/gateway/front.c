/* SPDX-License-Identifier: MIT
 *
 * The one port: accept, look at the request head without taking it, send the connection where its
 * Host says.
 *
 * A visitor is a connection whose Host is not known yet. MSG_PEEK leaves the bytes for who gets the
 * socket; SO_RCVLOWAT keeps the loop asleep until there are more than were seen. Visitors have a
 * deadline and a bound; the oldest makes room.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"

#define PEEK_MAX         40960 /* more than a head may have */
#define ACCEPTS_PER_TURN 64
#define ACCEPT_RETRY_MS  100
#define SEGMENT_BYTES    16384
#define READS_MAX        64 /* of one who writes faster than we throw away */

struct visitor {
    TAILQ_ENTRY(visitor) entry;
    struct gateway *gateway;
    int fd; /* owned; -1: given away or closed */
    size_t n_seen;
    uv_poll_t poll;
    uv_timer_t timer;
    int n_handles;
    bool watched;
};

/* --- a visitor's end --- */

static void on_closed(uv_handle_t *handle)
{
    struct visitor *v = handle->data;
    struct gateway *g = v->gateway;

    if (--v->n_handles)
        return;
    free(v);
    g->n_visitors--;
    if (g->stopping)
        gateway_stop_step(g);
}

/* Ends the visit; the caller may have taken v->fd out. */
static void leave(struct visitor *v)
{
    TAILQ_REMOVE(&v->gateway->visitors, v, entry);
    if (v->watched)
        uv_close((uv_handle_t *)&v->poll, on_closed);
    uv_close((uv_handle_t *)&v->timer, on_closed);
    if (v->fd >= 0)
        close(v->fd);
}

static void refuse(struct visitor *v, const char *status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void refuse(struct visitor *v, const char *status, const char *format, ...)
{
    char text[256], body[512], head[256], unread[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p; p++) { /* part of it was the client's */
        if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\')
            *p = '?';
    }
    int n_body = snprintf(body, sizeof body, "{\"error\":\"%s\"}", text);
    int n_head = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
                          "Content-Length: %d\r\n\r\n",
                          status, n_body);
    /* Bytes left unread would turn the close into a reset, which can overtake the answer. */
    for (int i = 0; i < READS_MAX && recv(v->fd, unread, sizeof unread, MSG_DONTWAIT) > 0; i++)
        continue;
    if (send(v->fd, head, (size_t)n_head, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE) > 0)
        send(v->fd, body, (size_t)n_body, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(v->fd, SHUT_WR);
    leave(v);
}

static void route(struct visitor *v, struct slice text)
{
    struct gateway *g = v->gateway;
    struct host host = host_parse(text, g->config.domain);
    int n_shown = text.len > 100 ? 100 : (int)text.len, one = 1;
    struct sandbox *s;
    struct err e;

    if (host.kind == HOST_FOREIGN) {
        refuse(v, "421 Misdirected Request", "this host name is not served here: %.*s", n_shown,
               text.data);
        return;
    }
    setsockopt(v->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
    if (host.kind == HOST_GATEWAY) {
        int fd = steal_fd(&v->fd);

        leave(v);
        if (http_server_adopt(g->http, fd, &e))
            log_warn("front: %s", e.text);
        return;
    }
    s = sandbox_find(g, host.id, strlen(host.id));
    if (!s) {
        refuse(v, "404 Not Found", "no such sandbox: %.*s", n_shown, text.data);
    } else if (s->link_fd < 0 && s->phase != PHASE_RESTARTING) {
        refuse(v, "503 Service Unavailable", "sandbox %s is %s%s%s", s->info.id, s->info.status,
               s->info.reason[0] ? ": " : "", s->info.reason);
    } else {
        int fd = steal_fd(&v->fd);

        leave(v);
        daemon_link_pass(s, fd, host.port);
    }
}

/* --- peeking --- */

static void on_readable(uv_poll_t *poll, int status, int events);

static bool watch(struct visitor *v)
{
    if (v->watched)
        return true;
    if (uv_poll_init(&v->gateway->loop, &v->poll, v->fd))
        return false;
    v->poll.data = v;
    v->watched = true;
    v->n_handles++;
    uv_poll_start(&v->poll, UV_READABLE, on_readable);
    return true;
}

/* 1: *host is where it goes; 0: wait for more of it; -1: the visitor is gone. */
static int judge(struct visitor *v, const char *bytes, size_t n, struct slice *host)
{
    struct head_verdict verdict = {.status = 400,
                                   .reason = "this is no HTTP request with a Host "
                                             "header"};
    int found = head_find_host(bytes, n, host);

    /* What goes to a port inside is for whom listens there to judge. */
    if (found > 0 && !host_parse(*host, v->gateway->config.domain).port)
        found = head_check(bytes, n, &verdict);
    if (found < 0)
        refuse(v, head_status_line(verdict.status), "%s", verdict.reason);
    return found;
}

static void peek(struct visitor *v)
{
    static char bytes[PEEK_MAX];
    ssize_t n = recv(v->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    struct slice host;
    int found;

    /* Woken without a further byte: the other side has closed. */
    if (n == 0 || (n < 0 && errno != EAGAIN) || (n > 0 && (size_t)n == v->n_seen)) {
        leave(v);
        return;
    }
    n = n < 0 ? 0 : n;
    found = judge(v, bytes, (size_t)n, &host);
    if (found < 0)
        return;
    if (found > 0) {
        route(v, host);
    } else if (n == PEEK_MAX) {
        refuse(v, "431 Request Header Fields Too Large", "the request head is larger than %d bytes",
               PEEK_MAX - 1);
    } else {
        int low = (int)n + 1;

        v->n_seen = (size_t)n;
        setsockopt(v->fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low);
        if (!watch(v))
            leave(v);
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status < 0)
        leave(poll->data);
    else
        peek(poll->data);
}

static void on_timeout(uv_timer_t *timer)
{
    struct visitor *v = timer->data;

    refuse(v, "408 Request Timeout", "the request took too long to arrive");
}

static void welcome(struct gateway *g, int fd)
{
    struct visitor *v = xcalloc(1, sizeof *v);
    int on = 1;

    if (g->n_visitors >= VISITORS_MAX && !TAILQ_EMPTY(&g->visitors))
        leave(TAILQ_FIRST(&g->visitors));
    v->gateway = g;
    v->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    uv_timer_init(&g->loop, &v->timer);
    v->timer.data = v;
    v->n_handles = 1;
    g->n_visitors++;
    TAILQ_INSERT_TAIL(&g->visitors, v, entry);
    uv_timer_start(&v->timer, on_timeout, PEEK_TIMEOUT_MS, 0);
    peek(v);
}

/* --- the port --- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_accept_again(uv_timer_t *timer)
{
    struct gateway *g = timer->data;

    uv_poll_start(&g->listener, UV_READABLE, on_connection);
}

/* Without a free descriptor the connection would stay in the backlog and wake us for ever: the
 * spare one is used to take it and close it. */
static void refuse_without_fd(struct gateway *g)
{
    log_error("front: no free file descriptors");
    if (g->spare_fd >= 0) {
        close(g->spare_fd);
        int fd = accept4(g->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            close(fd);
        g->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    uv_poll_stop(&g->listener);
    uv_timer_start(&g->accept_timer, on_accept_again, ACCEPT_RETRY_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct gateway *g = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(g->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            welcome(g, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            refuse_without_fd(g);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static int split_address(const char *address, char host[128], char port[8], struct err *e)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;

    if (!n || n >= 128 || strlen(colon + 1) > 5 || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || atoi(colon + 1) > 65535)
        return err_set(e, ERR_ARG, "\"%s\" is not ADDRESS:PORT", address);
    if (address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    }
    memcpy(host, address, n);
    host[n] = '\0';
    snprintf(port, 8, "%s", colon + 1);
    return 0;
}

static int bind_first(const struct addrinfo *found, const char *address, struct err *e)
{
    cleanup_fd int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1, segment = SEGMENT_BYTES;

    if (fd < 0)
        return err_set_errno(e, errno, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Inherited. Over lo a segment may be 64 KiB, and one that does not fit in what a small receive
     * buffer has free is not cut: it waits for the next window probe, 200 ms. */
    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    if (bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, 1024)) {
        int reason = errno, result = err_set_errno(e, reason, "listen on %s", address);

        if (reason == EADDRINUSE)
            err_hint(e, "another program uses this port; choose another, port 0 picks one");
        return result;
    }
    return steal_fd(&fd);
}

int listen_on(const char *address, int *fd, char url[128], int *port, struct err *e)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    struct sockaddr_storage bound = {0};
    socklen_t n_bound = sizeof bound;
    char host[128], service[8];
    int result = split_address(address, host, service, e);

    if (result)
        return result;
    result = getaddrinfo(host, service, &hints, &found);
    if (result)
        return err_set(e, ERR_ARG, "listen on %s: %s", address, gai_strerror(result));
    *fd = bind_first(found, address, e);
    freeaddrinfo(found);
    if (*fd < 0)
        return *fd;
    if (getsockname(*fd, (struct sockaddr *)&bound, &n_bound))
        return err_set_errno(e, errno, "listen on %s", address);
    getnameinfo((struct sockaddr *)&bound, n_bound, host, sizeof host, service, sizeof service,
                NI_NUMERICHOST | NI_NUMERICSERV);
    *port = atoi(service);
    snprintf(url, 128, bound.ss_family == AF_INET6 ? "[%.100s]:%s" : "%.100s:%s", host, service);
    return 0;
}

int front_open(struct gateway *g, struct err *e)
{
    char address[128];
    int result = listen_on(g->config.listen, &g->listen_fd, address, &g->port, e);

    if (result)
        return result;
    g->url = xasprintf("http://%s", address);
    g->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uv_timer_init(&g->loop, &g->accept_timer);
    uv_poll_init(&g->loop, &g->listener, g->listen_fd);
    g->accept_timer.data = g->listener.data = g;
    return 0;
}

void front_start(struct gateway *g)
{
    uv_poll_start(&g->listener, UV_READABLE, on_connection);
}

void front_close(struct gateway *g)
{
    if (g->listen_fd < 0)
        return;
    uv_close((uv_handle_t *)&g->listener, NULL);
    uv_close((uv_handle_t *)&g->accept_timer, NULL);
    close(steal_fd(&g->listen_fd));
    if (g->spare_fd >= 0)
        close(steal_fd(&g->spare_fd));
    while (!TAILQ_EMPTY(&g->visitors))
        leave(TAILQ_FIRST(&g->visitors));
}
