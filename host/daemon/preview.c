/* SPDX-License-Identifier: MIT
 *
 * look up the owner → connect → look up again → relay until both sides have ended.
 */
#include "host/daemon/preview.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"

#define LOOKUP_AGE_MS   1000 /* how old the first look may be */
#define CONNECT_MAX_MS  10000
#define IDLE_MS         60000
#define BYTES_PER_TURN  ((size_t)256 * 1024)
#define KEEPALIVE_S     60
#define KEEPALIVE_TRIES 4

/* One of the two sockets, and what was read from it but not yet written to the other. */
struct side {
    struct relay *relay;
    struct side *other;
    int fd; /* owned; -1: none yet */
    uv_poll_t poll;
    bool is_open; /* the handle lives */
    char *bytes;  /* owned, RELAY_BUFFER */
    size_t start, len;
    bool ended; /* nothing more to read */
    bool shut;  /* the end was passed on to the other */
};

enum relay_phase { RELAY_LOOKUP, RELAY_CONNECTING, RELAY_CHECKING, RELAY_RUNNING, RELAY_CLOSED };

struct relay {
    TAILQ_ENTRY(relay) entry;
    struct preview *preview;
    struct ports_question question;
    enum relay_phase phase;
    int port;
    unsigned family;  /* PORT_V4 or PORT_V6: how it is being tried */
    unsigned allowed; /* what may still be tried */
    struct side visitor, inside;
    uv_timer_t timer; /* to connect */
    int n_handles;
    uint64_t used_ms;
};

char *preview_url(const struct daemon *d, int port)
{
    const char *url = d->settings.url;
    const char *rest = strstr(url, "://");
    size_t n_first;

    rest = rest ? rest + 3 : url;
    n_first = (size_t)(rest - url) + strcspn(rest, ".:/");
    return xasprintf("%.*s-%d%s", (int)n_first, url, port, url + n_first);
}

/* --- the end --- */

static void relay_free(struct relay *r)
{
    free(r->visitor.bytes);
    free(r->inside.bytes);
    free(r);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct relay *r = handle->data;

    if (--r->n_handles == 0)
        relay_free(r);
}

static void on_side_closed(uv_handle_t *handle)
{
    struct side *s = handle->data;
    struct relay *r = s->relay;

    close(s->fd);
    if (--r->n_handles == 0)
        relay_free(r);
}

static void side_close(struct side *s)
{
    if (s->is_open)
        uv_close((uv_handle_t *)&s->poll, on_side_closed);
    else if (s->fd >= 0)
        close(steal_fd(&s->fd));
    s->is_open = false;
}

static void relay_close(struct relay *r)
{
    struct preview *p = r->preview;

    if (r->phase == RELAY_CLOSED)
        return;
    r->phase = RELAY_CLOSED;
    ports_forget(&p->d->ports, &r->question);
    TAILQ_REMOVE(&p->relays, r, entry);
    p->n_relays--;
    side_close(&r->visitor);
    side_close(&r->inside);
    uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

static void send_refusal(int fd, const char *status, const char *text)
{
    char body[256], head[256], unread[4096];
    int n_body = snprintf(body, sizeof body, "{\"error\":\"%s\"}", text);
    int n_head = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
                          "Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n",
                          status, n_body);

    /* Bytes left unread would turn the close into a reset, which can overtake the answer. */
    for (int i = 0; i < 64 && recv(fd, unread, sizeof unread, MSG_DONTWAIT) > 0; i++)
        continue;
    if (send(fd, head, (size_t)n_head, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE) > 0)
        send(fd, body, (size_t)n_body, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
}

/* The same words whether nobody listens or somebody else does: that is not the visitor's business.
 */
static void refuse(struct relay *r)
{
    char text[96];

    snprintf(text, sizeof text, "no process of this sandbox listens on port %d", r->port);
    send_refusal(r->visitor.fd, "502 Bad Gateway", text);
    relay_close(r);
}

/* --- relaying --- */

static void on_side(uv_poll_t *poll, int status, int events);

static void set_events(struct side *s)
{
    int events = 0;

    if (!s->ended && s->len < RELAY_BUFFER)
        events |= UV_READABLE;
    if (s->other->len)
        events |= UV_WRITABLE;
    if (events)
        uv_poll_start(&s->poll, events, on_side);
    else
        uv_poll_stop(&s->poll);
}

/* False: the connection is broken. */
static bool side_read(struct side *s)
{
    ssize_t n;

    if (s->ended || s->len == RELAY_BUFFER)
        return true;
    if (s->start) {
        memmove(s->bytes, s->bytes + s->start, s->len);
        s->start = 0;
    }
    n = recv(s->fd, s->bytes + s->len, RELAY_BUFFER - s->len, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        s->ended = true;
    s->len += (size_t)n;
    return true;
}

/* Passes what was read from s on to the other. */
static bool side_pass_on(struct side *s)
{
    while (s->len) {
        ssize_t n = send(s->other->fd, s->bytes + s->start, s->len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        s->start += (size_t)n;
        s->len -= (size_t)n;
    }
    s->start = 0;
    if (s->ended && !s->shut) {
        s->shut = true;
        shutdown(s->other->fd, SHUT_WR);
    }
    return true;
}

static void relay_use(struct relay *r)
{
    struct preview *p = r->preview;

    r->used_ms = uv_now(p->d->loop);
    TAILQ_REMOVE(&p->relays, r, entry);
    TAILQ_INSERT_TAIL(&p->relays, r, entry);
}

static void on_half_closed(uv_timer_t *timer)
{
    relay_close(timer->data);
}

static void pump(struct relay *r, struct side *from)
{
    if (!side_read(from) || !side_pass_on(from) || !side_pass_on(from->other) ||
        (r->visitor.shut && r->inside.shut)) {
        relay_close(r);
        return;
    }
    relay_use(r);
    /* Half an end may be the whole one, of a peer that is not listened to any more. */
    if (r->visitor.ended || r->inside.ended)
        uv_timer_start(&r->timer, on_half_closed, IDLE_MS, 0);
    set_events(&r->visitor);
    set_events(&r->inside);
}

static void on_connected(struct relay *r);

static void on_side(uv_poll_t *poll, int status, int events)
{
    struct side *s = poll->data;
    struct relay *r = s->relay;

    if (r->phase == RELAY_CONNECTING)
        on_connected(r);
    else if (status < 0)
        relay_close(r);
    else
        pump(r, s);
}

static bool side_open(struct side *s)
{
    if (uv_poll_init(s->relay->preview->d->loop, &s->poll, s->fd))
        return false;
    s->poll.data = s;
    s->is_open = true;
    s->relay->n_handles++;
    return true;
}

/* A peer that vanished without a word must not be kept for ever. */
static void watch_peer(int fd)
{
    int on = 1, idle_s = KEEPALIVE_S, every_s = KEEPALIVE_S / 4, tries = KEEPALIVE_TRIES;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void run(struct relay *r)
{
    if (!side_open(&r->visitor)) {
        relay_close(r);
        return;
    }
    r->phase = RELAY_RUNNING;
    uv_timer_stop(&r->timer);
    r->visitor.bytes = xmalloc(RELAY_BUFFER);
    r->inside.bytes = xmalloc(RELAY_BUFFER);
    watch_peer(r->visitor.fd);
    watch_peer(r->inside.fd);
    relay_use(r);
    set_events(&r->visitor);
    set_events(&r->inside);
}

/* --- connecting --- */

static void try_next(struct relay *r);

static void on_second_look(struct ports_question *q, const struct listeners *l)
{
    struct relay *r = (struct relay *)((char *)q - offsetof(struct relay, question));

    if (listeners_reachable(l, r->port) & r->family)
        run(r);
    else
        refuse(r);
}

static void on_connected(struct relay *r)
{
    int error = 0;
    socklen_t n = sizeof error;

    uv_poll_stop(&r->inside.poll);
    if (getsockopt(r->inside.fd, SOL_SOCKET, SO_ERROR, &error, &n) || error) {
        /* The handle still knows this descriptor: both stay until the relay ends. */
        refuse(r);
        return;
    }
    r->phase = RELAY_CHECKING;
    r->question.on_ports = on_second_look;
    ports_ask(&r->preview->d->ports, &r->question, 0);
}

static int connect_inside(struct relay *r)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)r->port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool six = r->family == PORT_V6;
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 &&
        connect(fd, six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
                six ? sizeof v6 : sizeof v4) &&
        errno != EINPROGRESS)
        close(steal_fd(&fd));
    return fd;
}

/* To a loopback address the answer is there at once, so a refusal shows before there is a handle.
 */
static void try_next(struct relay *r)
{
    while (r->allowed) {
        r->family = r->allowed & PORT_V4 ? PORT_V4 : PORT_V6;
        r->allowed &= ~r->family;
        r->inside.fd = connect_inside(r);
        if (r->inside.fd < 0)
            continue;
        r->phase = RELAY_CONNECTING;
        if (!side_open(&r->inside))
            break;
        uv_poll_start(&r->inside.poll, UV_WRITABLE, on_side);
        return;
    }
    refuse(r);
}

static void on_first_look(struct ports_question *q, const struct listeners *l)
{
    struct relay *r = (struct relay *)((char *)q - offsetof(struct relay, question));

    r->allowed = listeners_reachable(l, r->port);
    try_next(r);
}

/* What was seen a moment ago may be outdated: when it says no, look anew. */
static void on_old_look(struct ports_question *q, const struct listeners *l)
{
    struct relay *r = (struct relay *)((char *)q - offsetof(struct relay, question));

    if (listeners_reachable(l, r->port)) {
        on_first_look(q, l);
        return;
    }
    q->on_ports = on_first_look;
    ports_ask(&r->preview->d->ports, q, 0);
}

static void on_timeout(uv_timer_t *timer)
{
    struct relay *r = timer->data;

    send_refusal(r->visitor.fd, "504 Gateway Timeout", "the port inside does not answer");
    relay_close(r);
}

void preview_init(struct preview *p, struct daemon *d)
{
    p->d = d;
    p->n_relays = 0;
    TAILQ_INIT(&p->relays);
}

static bool make_room(struct preview *p)
{
    struct relay *oldest = TAILQ_FIRST(&p->relays);

    if (p->n_relays < RELAYS_MAX)
        return true;
    if (uv_now(p->d->loop) - oldest->used_ms < IDLE_MS)
        return false;
    relay_close(oldest);
    return true;
}

void preview_take(struct preview *p, int fd, int port)
{
    struct relay *r;

    if (p->d->stopping || !make_room(p)) {
        send_refusal(fd, "503 Service Unavailable", "too many connections to this sandbox");
        close(fd);
        return;
    }
    r = xcalloc(1, sizeof *r);
    r->preview = p;
    r->port = port;
    r->visitor = (struct side){.relay = r, .other = &r->inside, .fd = fd};
    r->inside = (struct side){.relay = r, .other = &r->visitor, .fd = -1};
    r->used_ms = uv_now(p->d->loop);
    uv_timer_init(p->d->loop, &r->timer);
    r->timer.data = r;
    r->n_handles = 1;
    TAILQ_INSERT_TAIL(&p->relays, r, entry);
    p->n_relays++;
    uv_timer_start(&r->timer, on_timeout, CONNECT_MAX_MS, 0);
    r->question.on_ports = on_old_look;
    ports_ask(&p->d->ports, &r->question, LOOKUP_AGE_MS);
}

void preview_stop(struct preview *p)
{
    while (!TAILQ_EMPTY(&p->relays))
        relay_close(TAILQ_FIRST(&p->relays));
}
