/* SPDX-License-Identifier: MIT
 *
 * Ports and health of servers: which port one gets, which one it listens on, whether it answers.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/daemon/internal.h"
#include "host/daemon/probe.h"

#define PORT_TRIES 256

/* --- choosing a port --- */

static bool can_bind(int family, int port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    cleanup_fd int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return family == AF_INET6; /* a machine without IPv6 */
    /* Passes over connections that have ended, not over one who listens. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET)
        return !bind(fd, (struct sockaddr *)&v4, sizeof v4);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return !bind(fd, (struct sockaddr *)&v6, sizeof v6) || errno == EADDRNOTAVAIL;
}

/* Has another server of this sandbox got it, though it may not listen yet? */
static bool promised(const struct server *s, int port)
{
    const struct server *other;

    for (other = s->d->servers.by_slug; other; other = other->hh.next)
        if (other != s && other->phase != SERVER_IDLE &&
            (other->port == port || other->given == port))
            return true;
    return false;
}

bool server_port_free(const struct server *s, int port)
{
    return !promised(s, port) && can_bind(AF_INET, port) && can_bind(AF_INET6, port);
}

int server_pick_port(const struct server *s)
{
    int last = s->spec.strict_port ? s->spec.port : s->spec.port + PORT_TRIES;

    for (int port = s->spec.port; port <= last && port <= 65535; port++)
        if (server_port_free(s, port))
            return port;
    return 0;
}

/* --- health --- */

static void on_check(uv_timer_t *timer);

static void check_again(struct server *s, int64_t delay_ms)
{
    uv_timer_start(&s->check, on_check, (uint64_t)delay_ms, 0);
}

static void on_probe(void *user, int status)
{
    struct server *s = user;
    bool was = s->healthy;

    s->probe = NULL;
    s->last_status = status;
    s->last_check_wall_ms = clock_wall_ms();
    s->healthy = status >= 200 && status < 300;
    s->n_failures = s->healthy ? 0 : s->n_failures + 1;
    if (s->healthy && s->status != STATUS_SERVER_READY)
        server_set(s, STATUS_SERVER_READY);
    else if (!s->healthy && was)
        server_set(s, STATUS_SERVER_RUNNING);
    check_again(s, s->spec.health.interval_ms);
}

static void on_check(uv_timer_t *timer)
{
    struct server *s = timer->data;

    if (!s->listening || s->probe)
        return;
    s->probe = probe_start(s->d->loop, s->port, !(s->reach & PORT_V4), s->spec.health.path,
                           s->spec.health.timeout_ms, on_probe, s);
}

void server_unwatch(struct server *s)
{
    uv_timer_stop(&s->check);
    probe_cancel(s->probe);
    s->probe = NULL;
    s->listening = s->healthy = false;
    s->n_failures = s->last_status = 0;
    s->last_check_wall_ms = 0;
}

/* --- listening --- */

static void on_listening(struct server *s)
{
    bool first = !s->heard;

    s->listening = s->heard = true;
    if (s->spec.health.wanted) {
        server_set(s, s->status); /* the port is news, too */
        check_again(s, first ? s->spec.health.delay_ms : 0);
    } else {
        server_set(s, STATUS_SERVER_READY);
    }
}

static void on_silent(struct server *s)
{
    s->listening = s->healthy = false;
    uv_timer_stop(&s->check);
    probe_cancel(s->probe);
    s->probe = NULL;
    server_set(s, STATUS_SERVER_RUNNING);
}

/* The port it was told to use, else the one it is known by, else the lowest one. */
static int find_port(const struct server *s, const struct listeners *l)
{
    int found = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->items[i].session != s->sid)
            continue;
        if (l->items[i].port == s->given)
            return s->given;
        if (!found || (s->listening && l->items[i].port == s->port))
            found = l->items[i].port;
    }
    return found;
}

static void see_ports(struct server *s, const struct listeners *l)
{
    int port = find_port(s, l);
    bool moved = port && s->listening && port != s->port;

    if (port) {
        s->port = port;
        s->reach = listeners_reachable(l, port);
    }
    if (port && (!s->listening || moved))
        on_listening(s);
    else if (!port && s->listening)
        on_silent(s);
}

static void on_look(uv_timer_t *timer);

/* Often while one has just started, seldom later. */
static int64_t next_look_ms(const struct servers *all)
{
    int64_t now = clock_mono_ms(), next = 0;
    const struct server *s;

    for (s = all->by_slug; s; s = s->hh.next) {
        int64_t age = now - s->started_ms, ms;

        if (s->phase != SERVER_RUNNING)
            continue;
        ms = s->listening ? 2000 : age / 8;
        if (ms < 40)
            ms = 40;
        if (ms > 2000)
            ms = 2000;
        if (!next || ms < next)
            next = ms;
    }
    return next;
}

static void on_ports(struct ports_question *q, const struct listeners *l)
{
    struct servers *all = (struct servers *)((char *)q - offsetof(struct servers, question));
    struct server *s;
    int64_t next_ms;

    for (s = all->by_slug; s && !l->failed; s = s->hh.next)
        if (s->phase == SERVER_RUNNING && s->sid)
            see_ports(s, l);
    next_ms = next_look_ms(all);
    if (next_ms)
        uv_timer_start(&all->look, on_look, (uint64_t)next_ms, 0);
}

static void on_look(uv_timer_t *timer)
{
    struct servers *all = timer->data;

    if (!all->question.waiting)
        ports_ask(&all->d->ports, &all->question, 20);
}

void servers_watch(struct servers *all)
{
    all->question.on_ports = on_ports;
    uv_timer_start(&all->look, on_look, 20, 0);
}
