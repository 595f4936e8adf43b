/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/client/script.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "wire/base64.h"

#define FINISH_MS 10000

/* --- the loop --- */

static void on_turn(uv_timer_t *timer)
{
}

/* One turn that ends in 50 ms at the latest, so that a deadline is seen. */
void loop_turn(uv_loop_t *loop)
{
    static uv_timer_t timer;

    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, on_turn, 50, 0);
    uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}

static void on_leftover(uv_handle_t *handle, void *n)
{
    (*(int *)n)++;
    fprintf(stderr, "left open: %s %p\n", uv_handle_type_name(uv_handle_get_type(handle)),
            (void *)handle);
}

void loop_finish(uv_loop_t *loop)
{
    int64_t until = clock_mono_ms() + FINISH_MS;
    int n = 0;

    while (uv_loop_alive(loop) && clock_mono_ms() < until)
        loop_turn(loop);
    uv_walk(loop, on_leftover, &n);
    assert_int_equal(n, 0);
    assert_int_equal(uv_loop_close(loop), 0);
}

/* --- connections --- */

static void on_conn_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;

    free(c->target);
    free(c->head);
    buf_finish(&c->in);
    free(c);
}

void conn_close(struct conn *c)
{
    if (c->is_closing)
        return;
    c->is_closing = true;
    LIST_REMOVE(c, link);
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

static void on_written(uv_write_t *write, int status)
{
    free(write);
}

void conn_raw(struct conn *c, const void *bytes, size_t n)
{
    if (c->is_closing)
        return;
    uv_write_t *write = xmalloc(sizeof *write + n);
    char *copy = (char *)(write + 1);

    memcpy(copy, bytes, n);
    uv_buf_t b = uv_buf_init(copy, (unsigned)n);

    uv_write(write, (uv_stream_t *)&c->tcp, &b, 1, on_written);
}

void conn_reply(struct conn *c, int status, const char *body)
{
    cleanup_free char *text = xasprintf("HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n"
                                        "Content-Length: %zu\r\n\r\n%s",
                                        status, strlen(body), body);

    conn_raw(c, text, strlen(text));
}

static char *header_of(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);

    if (!at)
        return NULL;
    at += strlen(name);
    at += strspn(at, " ");
    return xstrndup(at, strcspn(at, "\r\n"));
}

bool conn_has_header(const struct conn *c, const char *line)
{
    return c->head && strcasestr(c->head, line);
}

void conn_upgrade(struct conn *c)
{
    cleanup_free char *key = header_of(c->head, "Sec-WebSocket-Key:");
    cleanup_free char *joined = xasprintf("%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    unsigned char digest[20];
    struct buf accept = {0};

    lws_SHA1((const unsigned char *)joined, strlen(joined), digest);
    base64_encode(&accept, digest, sizeof digest);
    cleanup_free char *reply =
        xasprintf("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                  accept.data);

    conn_raw(c, reply, strlen(reply));
    c->is_websocket = true;
    c->script->n_upgrades++;
    buf_finish(&accept);
}

void conn_frame(struct conn *c, int op, const void *bytes, size_t n)
{
    struct buf frame = {0};

    buf_append_char(&frame, (char)(0x80 | op));
    if (n < 126) {
        buf_append_char(&frame, (char)n);
    } else if (n < 65536) {
        buf_append(&frame, (char[]){126, (char)(n >> 8), (char)n}, 3);
    } else {
        buf_append_char(&frame, 127);
        for (int i = 56; i >= 0; i -= 8)
            buf_append_char(&frame, (char)((uint64_t)n >> i));
    }
    buf_append(&frame, bytes, n);
    conn_raw(c, frame.data, frame.len);
    buf_finish(&frame);
}

void conn_text(struct conn *c, const char *text)
{
    conn_frame(c, 1, text, strlen(text));
}

void conn_message(struct conn *c, const struct message *m, bool is_binary)
{
    struct buf out = {0};

    if (is_binary)
        message_encode_binary(m, &out);
    else
        message_encode_json(m, &out);
    conn_frame(c, is_binary ? 2 : 1, out.data, out.len);
    buf_finish(&out);
}

/* --- reading --- */

/* Returns the bytes used, 0 when the request is not all there. */
static size_t take_request(struct conn *c)
{
    char *end = memmem(c->in.data, c->in.len, "\r\n\r\n", 4);

    if (!end)
        return 0;
    size_t n_head = (size_t)(end - c->in.data) + 4;

    free(c->head);
    c->head = slice_dup((struct slice){c->in.data, n_head});
    cleanup_free char *length = header_of(c->head, "\nContent-Length:");
    size_t n_body = length ? strtoul(length, NULL, 10) : 0;

    if (c->in.len < n_head + n_body)
        return 0;
    cleanup_free char *line = slice_dup((struct slice){c->head, strcspn(c->head, "\r\n")});
    cleanup_free char *body = slice_dup((struct slice){c->in.data + n_head, n_body});
    char *version = strstr(line, " HTTP/");

    if (version)
        *version = '\0';
    free(c->target);
    c->target = xstrdup(strchr(line, ' ') ? strchr(line, ' ') + 1 : "");
    c->script->n_requests++;
    if (c->script->on_request)
        c->script->on_request(c, line, body, c->script->user);
    else
        conn_reply(c, 404, "{\"error\":\"not found\"}");
    return n_head + n_body;
}

static size_t take_frame(struct conn *c)
{
    const unsigned char *b = (const unsigned char *)c->in.data;
    size_t n_head = 2, n;

    if (c->in.len < 2)
        return 0;
    n = b[1] & 127;
    n_head += n == 126 ? 2 : n == 127 ? 8 : 0;
    if (c->in.len < n_head + 4)
        return 0;
    if (n == 126 || n == 127) {
        size_t n_length = n == 126 ? 2 : 8;

        n = 0;
        for (size_t i = 0; i < n_length; i++)
            n = n << 8 | b[2 + i];
    }
    if (c->in.len < n_head + 4 + n)
        return 0;
    cleanup_free char *plain = xmalloc(n + 1);

    for (size_t i = 0; i < n; i++)
        plain[i] = (char)(b[n_head + 4 + i] ^ b[n_head + i % 4]);
    plain[n] = '\0';
    if ((b[0] & 15) == 9)
        conn_frame(c, 10, plain, n);
    if (c->script->on_frame)
        c->script->on_frame(c, b[0] & 15, plain, n, c->script->user);
    return n_head + 4 + n;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
    struct conn *c = handle->data;

    *b = uv_buf_init(buf_reserve(&c->in, 65536), 65536);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = stream->data;
    size_t used;

    if (n < 0) {
        conn_close(c);
        return;
    }
    c->in.len += (size_t)n;
    while (!c->is_closing && c->in.len &&
           (used = c->is_websocket ? take_frame(c) : take_request(c)))
        buf_consume(&c->in, used);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct script *s = listener->data;
    struct conn *c = xcalloc(1, sizeof *c);

    c->script = s;
    uv_tcp_init(s->loop, &c->tcp);
    c->tcp.data = c;
    LIST_INSERT_HEAD(&s->conns, c, link);
    s->n_conns++;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp)) {
        conn_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    if (!s->is_deaf)
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

/* --- the server --- */

void script_listen(struct script *s)
{
    struct sockaddr_in address;
    int n = sizeof address;

    uv_ip4_addr("127.0.0.1", s->port, &address);
    assert_int_equal(uv_tcp_init(s->loop, &s->listener), 0);
    s->listener.data = s;
    assert_int_equal(uv_tcp_bind(&s->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&s->listener, 64, on_connection), 0);
    uv_tcp_getsockname(&s->listener, (struct sockaddr *)&address, &n);
    s->port = ntohs(address.sin_port);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", s->port);
}

void script_start(struct script *s, uv_loop_t *loop)
{
    *s = (struct script){.loop = loop};
    LIST_INIT(&s->conns);
    script_listen(s);
}

static void on_unlistened(uv_handle_t *handle)
{
    ((struct script *)handle->data)->listener.data = NULL;
}

void script_unlisten(struct script *s)
{
    if (!s->listener.data || uv_is_closing((uv_handle_t *)&s->listener))
        return;
    uv_close((uv_handle_t *)&s->listener, on_unlistened);
    while (s->listener.data)
        uv_run(s->loop, UV_RUN_NOWAIT);
}

void script_cut(struct script *s)
{
    while (!LIST_EMPTY(&s->conns))
        conn_close(LIST_FIRST(&s->conns));
}

void script_set_deaf(struct script *s, bool is_deaf)
{
    struct conn *c;

    s->is_deaf = is_deaf;
    LIST_FOREACH (c, &s->conns, link) {
        if (is_deaf)
            uv_read_stop((uv_stream_t *)&c->tcp);
        else
            uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    }
}

void script_stop(struct script *s)
{
    script_unlisten(s);
    script_cut(s);
    uv_run(s->loop, UV_RUN_NOWAIT);
}

struct conn *script_websocket(struct script *s)
{
    struct conn *c;

    LIST_FOREACH (c, &s->conns, link) {
        if (c->is_websocket)
            return c;
    }
    return NULL;
}

int script_n_websockets(const struct script *s)
{
    const struct conn *c;
    int n = 0;

    LIST_FOREACH (c, &s->conns, link) {
        n += c->is_websocket;
    }
    return n;
}
