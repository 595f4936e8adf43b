/* SPDX-License-Identifier: MIT */
#include "host/daemon/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define HEAD_MAX 256 /* of the answer; only its first line counts */

struct probe {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    char *request; /* owned */
    char head[HEAD_MAX];
    size_t n_head;
    void (*on_probe)(void *user, int status);
    void *user;
    bool ended;
    int n_handles;
};

int probe_parse(const char *head, size_t n)
{
    static const char start[] = "HTTP/1.";
    size_t n_start = sizeof start - 1;

    if (memcmp(head, start, n < n_start ? n : n_start) != 0)
        return 0;
    if (n < n_start + 6)
        return -1;
    head += n_start + 1;
    if (head[0] != ' ' || head[1] < '1' || head[1] > '5' || head[2] < '0' || head[2] > '9' ||
        head[3] < '0' || head[3] > '9')
        return 0;
    return (head[1] - '0') * 100 + (head[2] - '0') * 10 + head[3] - '0';
}

static void on_closed(uv_handle_t *handle)
{
    struct probe *p = handle->data;

    if (--p->n_handles)
        return;
    free(p->request);
    free(p);
}

static void end(struct probe *p, int status)
{
    if (p->ended)
        return;
    p->ended = true;
    uv_close((uv_handle_t *)&p->tcp, on_closed);
    uv_close((uv_handle_t *)&p->timer, on_closed);
    if (p->on_probe)
        p->on_probe(p->user, status);
}

void probe_cancel(struct probe *p)
{
    if (!p)
        return;
    p->on_probe = NULL;
    end(p, 0);
}

static void on_timer(uv_timer_t *timer)
{
    end(timer->data, 0);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct probe *p = handle->data;

    (void)wanted;
    *buf = uv_buf_init(p->head + p->n_head, (unsigned)(sizeof p->head - p->n_head));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct probe *p = stream->data;
    int status;

    (void)buf;
    if (n < 0) {
        end(p, 0);
        return;
    }
    p->n_head += (size_t)n;
    status = probe_parse(p->head, p->n_head);
    if (status >= 0)
        end(p, status);
}

static void on_written(uv_write_t *write, int status)
{
    if (status)
        end(write->data, 0);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct probe *p = connect->data;
    uv_buf_t request;

    if (p->ended)
        return;
    request = uv_buf_init(p->request, (unsigned)strlen(p->request));
    if (status || uv_write(&p->write, (uv_stream_t *)&p->tcp, &request, 1, on_written) ||
        uv_read_start((uv_stream_t *)&p->tcp, on_room, on_read))
        end(p, 0);
}

struct probe *probe_start(uv_loop_t *loop, int port, bool v6, const char *path, int64_t timeout_ms,
                          void (*on_probe)(void *user, int status), void *user)
{
    struct probe *p = xcalloc(1, sizeof *p);
    struct sockaddr_storage address;

    p->on_probe = on_probe;
    p->user = user;
    p->n_handles = 2;
    p->request = xasprintf("GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUser-Agent: sandpit\r\n"
                           "Accept: */*\r\nConnection: close\r\n\r\n",
                           path, port);
    uv_tcp_init(loop, &p->tcp);
    uv_timer_init(loop, &p->timer);
    p->tcp.data = p->timer.data = p->connect.data = p->write.data = p;
    uv_timer_start(&p->timer, on_timer, (uint64_t)timeout_ms, 0);
    if (v6)
        uv_ip6_addr("::1", port, (struct sockaddr_in6 *)&address);
    else
        uv_ip4_addr("127.0.0.1", port, (struct sockaddr_in *)&address);
    /* A failure that shows at once is told on a later turn, like any other. */
    if (uv_tcp_connect(&p->connect, &p->tcp, (struct sockaddr *)&address, on_connected))
        uv_timer_start(&p->timer, on_timer, 0, 0);
    return p;
}
