/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/host/http/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"

void rig_open(struct rig *rig, const struct http_config *config)
{
    struct http_config with_user = *config;
    struct err e;

    *rig = (struct rig){0};
    with_user.user = rig;
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    rig->server = http_server_create(&rig->loop, &with_user, &e);
    assert_non_null(rig->server);
}

static void on_stopped(void *user)
{
    ((struct rig *)user)->stopped = true;
}

void rig_close(struct rig *rig)
{
    http_server_destroy(rig->server, on_stopped, rig);
    rig_until(rig, NULL, rig->stopped);
    uv_run(&rig->loop, UV_RUN_NOWAIT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    buf_finish(&rig->last);
}

static void drain(struct peer *p)
{
    char bytes[65536];
    ssize_t n;

    while (!p->eof && (n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT)) != -1) {
        if (n == 0)
            p->eof = true;
        else
            buf_append(&p->in, bytes, (size_t)n);
    }
    if (!p->eof && errno != EAGAIN)
        p->eof = true;
}

void rig_turn(struct rig *rig, struct peer *p)
{
    uv_run(&rig->loop, UV_RUN_NOWAIT);
    if (p && !p->deaf)
        drain(p);
    struct pollfd fds[2] = {{uv_backend_fd(&rig->loop), POLLIN, 0},
                            {p && !p->eof && !p->deaf ? p->fd : -1, POLLIN, 0}};
    int wait_ms = uv_backend_timeout(&rig->loop);
    poll(fds, 2, wait_ms < 0 || wait_ms > 20 ? 20 : wait_ms);
}

void peer_open(struct peer *p, struct rig *rig)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n_addr = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct err e;

    *p = (struct peer){.rig = rig, .fd = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&addr, &n_addr);
    assert_int_equal(connect(p->fd, (struct sockaddr *)&addr, sizeof addr), 0);
    int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    close(listener);
    uv_update_time(&rig->loop); /* as in a turn of it: deadlines count from now */
    assert_int_equal(http_server_adopt(rig->server, accepted, &e), 0);
}

void peer_close(struct peer *p)
{
    close(p->fd);
    buf_finish(&p->in);
}

void peer_send(struct peer *p, const void *bytes, size_t n)
{
    const char *from = bytes;
    int64_t end = clock_mono_ms() + RIG_DEADLINE_MS;

    while (n && !p->eof) {
        ssize_t sent = send(p->fd, from, n, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent > 0) {
            from += sent;
            n -= (size_t)sent;
        } else if (errno != EAGAIN) {
            return;
        }
        if (n)
            rig_turn(p->rig, p);
        assert_true(clock_mono_ms() < end);
    }
}

void peer_text(struct peer *p, const char *text)
{
    peer_send(p, text, strlen(text));
}

int peer_count(const struct peer *p, const char *text)
{
    int n = 0;

    for (const char *at = p->in.data; at && (at = strstr(at, text)); at++)
        n++;
    return n;
}

bool peer_has(const struct peer *p, const char *text)
{
    return p->in.data && memmem(p->in.data, p->in.len, text, strlen(text));
}

static bool reply_complete(const struct peer *p)
{
    const char *end = p->in.data ? strstr(p->in.data, "\r\n\r\n") : NULL;
    const char *length = p->in.data ? strstr(p->in.data, "Content-Length: ") : NULL;

    if (!end)
        return false;
    size_t n = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    return p->in.len >= (size_t)(end + 4 - p->in.data) + n;
}

int peer_ask(struct peer *p, const char *text)
{
    buf_clear(&p->in);
    peer_text(p, text);
    int64_t end = clock_mono_ms() + RIG_DEADLINE_MS;
    while (!reply_complete(p) && !p->eof) {
        rig_turn(p->rig, p);
        if (clock_mono_ms() > end)
            fail_msg("no complete reply to %s: %s", text, p->in.data ? p->in.data : "nothing");
    }
    return p->in.len > 12 ? atoi(p->in.data + 9) : 0;
}

void frame_append(struct buf *out, int first_byte, const void *payload, size_t n)
{
    static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
    const unsigned char *p = payload;

    buf_append_char(out, (char)first_byte);
    if (n < 126) {
        buf_append_char(out, (char)(0x80 | n));
    } else if (n < 65536) {
        buf_append_char(out, (char)(0x80 | 126));
        buf_append_char(out, (char)(n >> 8));
        buf_append_char(out, (char)n);
    } else {
        buf_append_char(out, (char)(0x80 | 127));
        for (int i = 7; i >= 0; i--)
            buf_append_char(out, (char)((uint64_t)n >> (8 * i)));
    }
    buf_append(out, mask, 4);
    char *to = buf_reserve(out, n);
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(p[i] ^ mask[i % 4]);
    out->len += n;
}

void peer_upgrade(struct peer *p, const char *path)
{
    cleanup_free char *head =
        xasprintf("GET %s HTTP/1.1\r\nHost: a.localhost:7780\r\nUpgrade: websocket\r\n"
                  "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                  path);

    peer_text(p, head);
    rig_until(p->rig, p, peer_has(p, "\r\n\r\n"));
    assert_true(peer_has(p, "HTTP/1.1 101 "));
    assert_true(peer_has(p, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    size_t n = (size_t)(strstr(p->in.data, "\r\n\r\n") + 4 - p->in.data);
    buf_consume(&p->in, n);
}
