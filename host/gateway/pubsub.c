/* SPDX-License-Identifier: MIT
 *
 * The events port (protocol.md section 4). It answers PING; events themselves are not offered yet,
 * so everything else gets an error and the connection ends.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/gateway/internal.h"

#define CLIENTS_MAX     256
#define LINE_MAX_BYTES  1024
#define IDLE_TIMEOUT_MS 60000

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

/* Short answers: a client whose socket does not take them is not waited for. */
static void answer(struct pubsub_client *c, const char *text)
{
    uv_buf_t bytes = uv_buf_init((char *)text, (unsigned)strlen(text));

    if (uv_try_write((uv_stream_t *)&c->tcp, &bytes, 1) != (int)bytes.len)
        drop(c);
}

static void take_line(struct pubsub_client *c, const char *line)
{
    if (!strcmp(line, "PING")) {
        answer(c, "+PONG\r\n");
        return;
    }
    answer(c, "-ERR not available\r\n");
    c->ending = true;
}

static void take_lines(struct pubsub_client *c)
{
    char *newline;

    while (!c->ending && (newline = memchr(c->line, '\n', c->n))) {
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
}

int pubsub_open(struct gateway *g, char url[128], struct err *e)
{
    int fd, port, result = listen_on(g->config.pubsub, &fd, url, &port, e);
    struct pubsub *p;

    if (result)
        return result;
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
