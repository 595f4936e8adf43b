/* SPDX-License-Identifier: MIT
 *
 * The events port (protocol.md section 4): lines come in, lines and events as Redis arrays go out.
 *
 * A subscriber that does not read is dropped when QUEUE_MAX bytes wait for it; nobody else notices.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"

#define CLIENTS_MAX       1024
#define LINE_MAX_BYTES    1024
#define SUBSCRIPTIONS_MAX 16
#define ERRORS_MAX        16
#define QUEUE_MAX         ((size_t)1024 * 1024)
#define IDLE_TIMEOUT_MS   60000 /* of those who have not subscribed */
#define KEEPALIVE_S       60

TAILQ_HEAD(client_list, pubsub_client);

struct pubsub {
    struct gateway *gateway;
    uv_tcp_t listener;
    struct client_list clients;
    int n_clients;
    bool closed;
};

struct pubsub_client {
    TAILQ_ENTRY(pubsub_client) entry;
    struct pubsub *pubsub;
    uv_tcp_t tcp;
    uv_timer_t timer;
    int n_handles;
    bool ending;
    unsigned n_errors, n_ids;
    struct subscription {
        char id[SANDBOX_ID_LEN + 1];
        char session[SESSION_HASH_CHARS + 1]; /* "": by the access token */
    } ids[SUBSCRIPTIONS_MAX];
    size_t n;
    char line[LINE_MAX_BYTES];
};

static void on_closed(uv_handle_t *handle)
{
    struct pubsub_client *c = handle->data;

    if (--c->n_handles)
        return;
    c->pubsub->n_clients--;
    free(c);
}

static void drop(struct pubsub_client *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    TAILQ_REMOVE(&c->pubsub->clients, c, entry);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_timeout(uv_timer_t *timer)
{
    drop(timer->data);
}

struct sending {
    uv_write_t request;
    char bytes[];
};

static void on_sent(uv_write_t *request, int status)
{
    struct pubsub_client *c = request->handle->data;

    free(request->data);
    if (status)
        drop(c);
}

static void send_bytes(struct pubsub_client *c, const char *bytes, size_t n)
{
    uv_stream_t *stream = (uv_stream_t *)&c->tcp;
    struct sending *s;
    uv_buf_t buf;

    if (uv_is_closing((uv_handle_t *)stream))
        return;
    if (uv_stream_get_write_queue_size(stream) + n > QUEUE_MAX) {
        drop(c);
        return;
    }
    s = xmalloc(sizeof *s + n);
    memcpy(s->bytes, bytes, n);
    s->request.data = s;
    buf = uv_buf_init(s->bytes, (unsigned)n);
    if (uv_write(&s->request, stream, &buf, 1, on_sent)) {
        free(s);
        drop(c);
    }
}

static void answer(struct pubsub_client *c, const char *text)
{
    send_bytes(c, text, strlen(text));
}

static void refuse(struct pubsub_client *c, const char *text)
{
    answer(c, text);
    if (++c->n_errors >= ERRORS_MAX)
        c->ending = true;
}

/* --- subscriptions --- */

static struct subscription *find_subscription(struct pubsub_client *c, const char *id)
{
    for (unsigned i = 0; i < c->n_ids; i++)
        if (!strcmp(c->ids[i].id, id))
            return &c->ids[i];
    return NULL;
}

static void subscribe(struct pubsub_client *c, char *rest)
{
    char *save = NULL;
    const char *id = strtok_r(rest, " ", &save), *token = strtok_r(NULL, " ", &save);
    bool complete = token && !strtok_r(NULL, " ", &save);
    struct credential who;
    struct subscription *sub;

    if (!complete) {
        refuse(c, "-ERR usage: SUBSCRIBE <sandbox id> <token>\r\n");
        return;
    }
    who = credential_find(c->pubsub->gateway, token, id);
    if (!who.sandbox || strcmp(who.sandbox->info.id, id) != 0) {
        refuse(c, "-ERR unknown sandbox or wrong token\r\n");
        return;
    }
    sub = find_subscription(c, id);
    if (!sub && c->n_ids == SUBSCRIPTIONS_MAX) {
        refuse(c, "-ERR too many subscriptions\r\n");
        return;
    }
    if (!sub)
        sub = &c->ids[c->n_ids++];
    memcpy(sub->id, who.sandbox->info.id, sizeof sub->id);
    memcpy(sub->session, who.session, sizeof sub->session);
    uv_timer_stop(&c->timer);
    answer(c, "+OK subscribed\r\n");
}

static void unsubscribe(struct pubsub_client *c, char *rest)
{
    (void)rest;
    c->n_ids = 0;
    uv_timer_start(&c->timer, on_timeout, IDLE_TIMEOUT_MS, IDLE_TIMEOUT_MS);
    answer(c, "+OK unsubscribed\r\n");
}

static void ping(struct pubsub_client *c, char *rest)
{
    (void)rest;
    answer(c, "+PONG\r\n");
}

void pubsub_publish(struct gateway *g, const struct event *event)
{
    cleanup_buf struct buf frame = {0};
    struct pubsub_client *c, *next;

    if (!g->pubsub)
        return;
    for (c = TAILQ_FIRST(&g->pubsub->clients); c; c = next) {
        next = TAILQ_NEXT(c, entry);
        if (!find_subscription(c, event->sandbox))
            continue;
        if (!frame.len) {
            cleanup_free char *line = event_line(event);
            cleanup_free char *channel = xasprintf("sandbox:%s:events", event->sandbox);

            buf_printf(&frame, "*3\r\n$7\r\nmessage\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
                       strlen(channel), channel, strlen(line), line);
        }
        send_bytes(c, frame.data, frame.len);
    }
}

void pubsub_end(struct gateway *g, const char *id, const char *session)
{
    struct pubsub_client *c, *next;

    if (!g->pubsub)
        return;
    for (c = TAILQ_FIRST(&g->pubsub->clients); c; c = next) {
        const struct subscription *sub = find_subscription(c, id);

        next = TAILQ_NEXT(c, entry);
        if (sub && (!session || !strcmp(sub->session, session)))
            drop(c);
    }
}

/* --- lines --- */

static const struct {
    const char *name;
    void (*handle)(struct pubsub_client *c, char *rest);
} commands[] = {{"PING", ping}, {"SUBSCRIBE", subscribe}, {"UNSUBSCRIBE", unsubscribe}};

static void take_line(struct pubsub_client *c, char *line)
{
    size_t n = strcspn(line, " ");

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strlen(commands[i].name) != n || memcmp(line, commands[i].name, n) != 0)
            continue;
        commands[i].handle(c, line + n);
        return;
    }
    refuse(c, "-ERR unknown command\r\n");
}

static void take_lines(struct pubsub_client *c)
{
    char *newline;

    while (!c->ending && !uv_is_closing((uv_handle_t *)&c->tcp) &&
           (newline = memchr(c->line, '\n', c->n))) {
        size_t n = (size_t)(newline - c->line) + 1;

        *newline = '\0';
        if (newline > c->line && newline[-1] == '\r')
            newline[-1] = '\0';
        take_line(c, c->line);
        memmove(c->line, c->line + n, c->n - n);
        c->n -= n;
    }
    if (!c->ending && c->n == sizeof c->line) {
        answer(c, "-ERR line too long\r\n");
        c->ending = true;
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct pubsub_client *c = handle->data;

    (void)suggested;
    *buf = uv_buf_init(c->line + c->n, (unsigned)(sizeof c->line - c->n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct pubsub_client *c = stream->data;

    (void)buf;
    if (n > 0) {
        c->n += (size_t)n;
        if (!c->n_ids)
            uv_timer_again(&c->timer);
        take_lines(c);
    }
    if (n < 0 || c->ending)
        drop(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct pubsub *p = listener->data;
    struct pubsub_client *c;

    if (status < 0)
        return;
    c = xcalloc(1, sizeof *c);
    c->pubsub = p;
    c->n_handles = 2;
    uv_tcp_init(&p->gateway->loop, &c->tcp);
    uv_timer_init(&p->gateway->loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    TAILQ_INSERT_TAIL(&p->clients, c, entry);
    p->n_clients++;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) || p->n_clients > CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read)) {
        drop(c);
        return;
    }
    uv_timer_start(&c->timer, on_timeout, IDLE_TIMEOUT_MS, IDLE_TIMEOUT_MS);
    uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
    uv_tcp_nodelay(&c->tcp, 1);
}

int pubsub_open(struct gateway *g, char url[128], struct err *e)
{
    int fd, port, result = listen_on(g->config.pubsub, &fd, url, &port, e);
    struct pubsub *p;

    if (result)
        return result;
    g->pubsub_port = port;
    p = xcalloc(1, sizeof *p);
    p->gateway = g;
    TAILQ_INIT(&p->clients);
    uv_tcp_init(&g->loop, &p->listener);
    p->listener.data = p;
    g->pubsub = p;
    result = uv_tcp_open(&p->listener, fd);
    if (result)
        close(fd);
    else
        result = uv_listen((uv_stream_t *)&p->listener, 128, on_connection);
    return result ? err_set_errno(e, -result, "listen on %s", g->config.pubsub) : 0;
}

void pubsub_close(struct gateway *g)
{
    struct pubsub *p = g->pubsub;

    if (!p || p->closed)
        return;
    p->closed = true;
    uv_close((uv_handle_t *)&p->listener, NULL);
    while (!TAILQ_EMPTY(&p->clients))
        drop(TAILQ_FIRST(&p->clients));
}

/* After the loop has run out. */
void pubsub_free(struct gateway *g)
{
    free(steal_pointer(&g->pubsub));
}
