/* SPDX-License-Identifier: MIT
 *
 * Bytes from the network into the HTTP server: heads, bodies, pipelines and, after a handshake of
 * ours when the first byte is odd, WebSocket frames.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/targets.h"
#include "host/http/http.h"

static void on_echo(struct http_request *r, void *user)
{
    cJSON *object = http_body_object(r);

    (void)user;
    if (object)
        http_reply_json(r, 200, object);
}

static void on_param(struct http_request *r, void *user)
{
    struct buf value = {0};
    struct err e;

    (void)user;
    http_cookie(r, "a", &value);
    http_query_get(r, "a", &value);
    if (http_param_decode(r, "path", &value, &e))
        http_reply_err(r, &e);
    else
        http_reply_error(r, 404, "%s", value.data ? value.data : "");
    buf_finish(&value);
}

static void on_message(struct websocket *ws, bool binary, const char *bytes, size_t n)
{
    websocket_send(ws, binary, bytes, n);
}

static void on_ws(struct http_request *r, void *user)
{
    static const struct websocket_ops ops = {.on_message = on_message};

    http_upgrade(r, &ops, user);
}

static void on_done(void *user)
{
    *(bool *)user = true;
}

static void deliver(uv_loop_t *loop, int fd, const uint8_t *data, size_t size)
{
    char reply[4096];

    for (int i = 0; i < 50 && size; i++) {
        ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
        for (int turn = 0; turn < 4; turn++)
            uv_run(loop, UV_RUN_NOWAIT);
        while (recv(fd, reply, sizeof reply, MSG_DONTWAIT) > 0)
            continue;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_route routes[] = {
        {"POST", "/echo", HTTP_OPEN, on_echo, 4096, 0},
        {"GET", "/files/*path", HTTP_OPEN, on_param, 0, 0},
        {"GET", "/ws", HTTP_OPEN, on_ws, 0, 0},
        {NULL, NULL, HTTP_OPEN, NULL, 0, 0},
    };
    static const struct http_config config = {.routes = routes};
    static const char handshake[] = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    uv_loop_t loop;
    int fds[2];
    bool done = false;

    if (!size || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
        return 0;
    uv_loop_init(&loop);
    struct http_server *s = http_server_create(&loop, &config, NULL);
    if (!s || http_server_adopt(s, fds[0], NULL))
        abort();
    if (data[0] & 1)
        deliver(&loop, fds[1], (const uint8_t *)handshake, sizeof handshake - 1);
    deliver(&loop, fds[1], data + 1, size - 1);
    http_server_destroy(s, on_done, &done);
    while (!done)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&loop))
        abort(); /* something was left open */
    close(fds[1]);
    return 0;
}
