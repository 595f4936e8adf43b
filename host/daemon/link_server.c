/* SPDX-License-Identifier: MIT */
#include "host/daemon/link_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/daemon/internal.h"

#define PEERS_MAX        8
#define PACKETS_PER_TURN 64
#define EVENTS_WAITING   1024 /* further ones are dropped */
#define SETUP_WAITING    16   /* then the newest is sent when the others are gone */

struct packet {
    STAILQ_ENTRY(packet) entry;
    size_t n;
    char text[];
};

struct link_peer {
    TAILQ_ENTRY(link_peer) entry;
    struct link_server *server;
    uv_poll_t poll;
    int fd;
    bool untold;    /* the state did not fit into the socket, or something waits before it */
    bool gateway;   /* has said hello; others only look */
    bool deaf;      /* it has closed; what it sent before that is still to be read */
    bool unsettled; /* the setup is due when the queue is empty */
    STAILQ_HEAD(, packet) queue;
    size_t n_queue;
};

static void on_peer(uv_poll_t *poll, int status, int events);

static void drop_queue(struct link_peer *p)
{
    struct packet *packet;

    while ((packet = STAILQ_FIRST(&p->queue))) {
        STAILQ_REMOVE_HEAD(&p->queue, entry);
        free(packet);
    }
    p->n_queue = 0;
}

static void on_peer_closed(uv_handle_t *handle)
{
    struct link_peer *p = handle->data;

    drop_queue(p);
    close(p->fd);
    free(p);
}

static void peer_close(struct link_peer *p)
{
    TAILQ_REMOVE(&p->server->peers, p, entry);
    p->server->n_peers--;
    if (p->gateway)
        api_child_gateway_gone(p->server->d);
    uv_close((uv_handle_t *)&p->poll, on_peer_closed);
}

static void peer_deafen(struct link_peer *p)
{
    p->deaf = true;
    p->untold = p->unsettled = false;
    drop_queue(p);
}

static void peer_watch(struct link_peer *p)
{
    bool more = p->untold || p->unsettled || p->n_queue;

    uv_poll_start(&p->poll, more ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_peer);
}

static void peer_tell(struct link_peer *p)
{
    struct daemon *d = p->server->d;
    char text[256];
    int n, r;

    p->untold = p->n_queue && !d->setup.refusal;
    if (p->n_queue || p->deaf || d->setup.refusal) {
        peer_watch(p);
        return;
    }
    n = snprintf(
        text, sizeof text, "{\"op\":\"state\",\"id\":\"%.64s\",\"terminals\":%u,\"viewers\":%u}",
        d->settings.id, terminals_count_pty(&d->terminals), sockets_count_viewers(&d->sockets));
    r = link_send(p->fd, text, (size_t)n, -1);
    p->untold = r == -EAGAIN;
    if (r && !p->untold)
        peer_deafen(p);
    peer_watch(p);
}

static void peer_flush(struct link_peer *p)
{
    struct packet *packet;

    while ((packet = STAILQ_FIRST(&p->queue))) {
        int r = link_send(p->fd, packet->text, packet->n, -1);

        if (r == -EAGAIN)
            break;
        if (r) {
            peer_deafen(p);
            break;
        }
        STAILQ_REMOVE_HEAD(&p->queue, entry);
        p->n_queue--;
        free(packet);
    }
    peer_watch(p);
}

static void enqueue(struct link_peer *p, const char *text, size_t n)
{
    struct packet *packet;

    if (!n || n > LINK_PACKET_MAX || p->deaf)
        return;
    packet = xmalloc(sizeof *packet + n);
    packet->n = n;
    memcpy(packet->text, text, n);
    STAILQ_INSERT_TAIL(&p->queue, packet, entry);
    p->n_queue++;
}

static void enqueue_object(struct link_peer *p, const cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    enqueue(p, text, text ? strlen(text) : 0);
    free(text);
}

static void enqueue_setup(struct link_peer *p)
{
    struct daemon *d = p->server->d;
    cJSON *packets = setup_packets(d);
    const cJSON *packet;

    p->unsettled = false;
    cJSON_ArrayForEach (packet, packets)
        enqueue_object(p, packet);
    cJSON_Delete(packets);
}

static void enqueue_refusal(struct link_peer *p)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "op", "refused");
    cJSON_AddStringToObject(object, "error", p->server->d->setup.refusal);
    enqueue_object(p, object);
    cJSON_Delete(object);
}

static void say(struct link_server *l, const cJSON *object, size_t waiting_max)
{
    char *text = cJSON_PrintUnformatted(object);
    size_t n = text ? strlen(text) : 0;
    struct link_peer *p;

    TAILQ_FOREACH (p, &l->peers, entry) {
        if (p->n_queue >= waiting_max)
            continue;
        enqueue(p, text, n);
        peer_flush(p);
    }
    free(text);
}

bool link_server_order(struct link_server *l, const cJSON *object)
{
    struct link_peer *p;

    TAILQ_FOREACH_REVERSE(p, &l->peers, link_peer_list, entry)
    {
        if (!p->gateway || p->deaf || p->n_queue >= SETUP_WAITING)
            continue;
        enqueue_object(p, object);
        peer_flush(p);
        return !p->deaf;
    }
    return false;
}

void link_server_setup(struct link_server *l)
{
    struct link_peer *p;

    if (l->d->setup.refusal)
        return;
    TAILQ_FOREACH (p, &l->peers, entry) {
        if (p->n_queue < SETUP_WAITING)
            enqueue_setup(p);
        else
            p->unsettled = true;
        peer_flush(p);
    }
}

void link_server_say(struct link_server *l, cJSON *object)
{
    say(l, object, SIZE_MAX);
    cJSON_Delete(object);
}

void link_server_event(struct link_server *l, const char *type, cJSON *data)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "op", "event");
    cJSON_AddStringToObject(object, "type", type);
    cJSON_AddItemToObject(object, "data", data);
    say(l, object, EVENTS_WAITING);
    cJSON_Delete(object);
}

void link_server_tell(struct link_server *l)
{
    struct link_peer *p;

    TAILQ_FOREACH (p, &l->peers, entry)
        peer_tell(p);
}

static void take_connection(struct daemon *d, int fd)
{
    int lowat = 16384;
    struct err e;

    /* What waits in the kernel cannot be overtaken by an echo; keep it short. */
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
    if (d->stopping || !d->http)
        close(fd);
    else if (http_server_adopt(d->http, fd, &e))
        log_warn("connection not taken: %s", e.text);
}

static void take_hello(struct link_peer *p, const cJSON *order)
{
    const cJSON *children = cJSON_GetObjectItemCaseSensitive(order, "children");

    p->gateway = true;
    p->untold = true;
    if (cJSON_IsNumber(children))
        p->server->d->n_children = children->valueint;
}

static void take_order(struct link_peer *p, const char *text, size_t n)
{
    struct daemon *d = p->server->d;
    cJSON *order = cJSON_ParseWithLength(text, n);
    const cJSON *op = cJSON_GetObjectItemCaseSensitive(order, "op");
    const char *name = cJSON_IsString(op) ? op->valuestring : "";

    if (!strcmp(name, "hello"))
        take_hello(p, order);
    else if (!strcmp(name, "reply"))
        api_child_reply(d, order);
    else if (!strcmp(name, "stop"))
        daemon_stop(d);
    else
        log_warn("link: an order that is not understood");
    cJSON_Delete(order);
}

/* "p" and a port. 0: it is something else. */
static int port_of(const char *bytes, size_t n)
{
    char digits[6] = "";
    int port;

    if (n < 2 || n > 6 || bytes[0] != 'p')
        return 0;
    memcpy(digits, bytes + 1, n - 1);
    if (strspn(digits, "0123456789") != n - 1)
        return 0;
    port = (int)strtol(digits, NULL, 10);
    return port <= 65535 ? port : 0;
}

static void take_packet(struct link_peer *p, const char *bytes, size_t n, int fd)
{
    if (fd < 0)
        take_order(p, bytes, n);
    else if (n == 1 && bytes[0] == 'c')
        take_connection(p->server->d, fd);
    else if (port_of(bytes, n))
        preview_take(&p->server->d->preview, fd, port_of(bytes, n));
    else
        close(fd);
}

static void on_peer(uv_poll_t *poll, int status, int events)
{
    static char bytes[LINK_PACKET_MAX];
    struct link_peer *p = poll->data;

    for (int i = 0; i < PACKETS_PER_TURN; i++) {
        int fd;
        ssize_t n = link_recv(p->fd, bytes, sizeof bytes, &fd);

        if (n == -EAGAIN)
            break;
        if (n <= 0 && n != -EBADMSG) {
            peer_close(p);
            return;
        }
        if (n > 0)
            take_packet(p, bytes, (size_t)n, fd);
    }
    if (p->unsettled && !p->n_queue)
        enqueue_setup(p);
    if (p->n_queue)
        peer_flush(p);
    if (p->untold)
        peer_tell(p);
}

static void peer_open(struct link_server *l, int fd)
{
    struct link_peer *p;

    if (l->n_peers >= PEERS_MAX) {
        close(fd);
        return;
    }
    p = xcalloc(1, sizeof *p);
    p->server = l;
    p->fd = fd;
    STAILQ_INIT(&p->queue);
    p->poll.data = p;
    if (uv_poll_init(l->d->loop, &p->poll, fd)) {
        close(fd);
        free(p);
        return;
    }
    TAILQ_INSERT_TAIL(&l->peers, p, entry);
    l->n_peers++;
    if (l->d->setup.refusal)
        enqueue_refusal(p);
    else
        enqueue_setup(p);
    peer_flush(p);
    peer_tell(p);
    tokens_announce(&l->d->tokens);
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
    struct link_server *l = poll->data;
    int fd;

    while ((fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        peer_open(l, fd);
        events_check_ready(l->d);
    }
}

int link_server_start(struct link_server *l, struct daemon *d, int fd, struct err *e)
{
    int r;

    l->d = d;
    l->fd = fd;
    TAILQ_INIT(&l->peers);
    if (listen(fd, 128))
        return err_set_errno(e, errno, "link: listen");
    r = uv_poll_init(d->loop, &l->poll, fd);
    if (r)
        return err_set_errno(e, -r, "link");
    l->poll.data = l;
    uv_poll_start(&l->poll, UV_READABLE, on_listener);
    return 0;
}

void link_server_stop(struct link_server *l)
{
    struct link_peer *p;

    uv_close((uv_handle_t *)&l->poll, NULL);
    while ((p = TAILQ_FIRST(&l->peers)))
        peer_close(p);
}
