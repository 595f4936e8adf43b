/* SPDX-License-Identifier: MIT
 *
 *   receive    prints MB_S_CLIENT MB_S_BARE
 *
 * How fast the client's WebSocket takes messages of 16 KiB, and how fast somebody who only reads
 * takes the same bytes from the same server: a process of its own, on the scripted host of the
 * tests.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/internal.h"
#include "tests/client/script.h"

#define MESSAGE_BYTES 16384
#define MESSAGES      8192
#define FRAME_BYTES   (MESSAGE_BYTES + 4)
#define TOTAL_BYTES   ((size_t)MESSAGES * MESSAGE_BYTES)

/* --- the server --- */

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    static char bytes[MESSAGE_BYTES];

    (void)line, (void)body, (void)user;
    memset(bytes, 'x', sizeof bytes);
    conn_upgrade(c);
    for (int i = 0; i < MESSAGES; i++)
        conn_frame(c, 2, bytes, sizeof bytes);
}

static void serve(int announce)
{
    uv_loop_t loop;
    struct script s;

    uv_loop_init(&loop);
    script_start(&s, &loop);
    s.on_request = on_request;
    if (write(announce, &s.port, sizeof s.port) == sizeof s.port)
        uv_run(&loop, UV_RUN_DEFAULT);
    _exit(1);
}

/* --- those who read --- */

struct receiver {
    struct client *client;
    struct socket *socket;
    size_t bytes;
    int64_t begin_ns, end_ns;
};

static void on_open(void *user)
{
    struct receiver *r = user;

    r->begin_ns = clock_mono_ns();
}

static void on_message(void *user, const char *bytes, size_t n, bool is_binary)
{
    struct receiver *r = user;

    (void)bytes, (void)is_binary;
    r->bytes += n;
    if (r->bytes < TOTAL_BYTES)
        return;
    r->end_ns = clock_mono_ns();
    socket_close(r->socket);
    client_destroy(r->client, NULL, NULL);
}

static void on_close(void *user, const struct err *e)
{
    (void)user;
    fprintf(stderr, "receive: %s\n", e->text);
    exit(1);
}

static double client_mb_s(const char *url)
{
    static const struct socket_ops ops = {
        .on_open = on_open, .on_message = on_message, .on_close = on_close};
    struct receiver r = {0};
    struct err e = {0};
    uv_loop_t loop;

    uv_loop_init(&loop);
    r.client = client_create(&loop, &e);
    if (!r.client) {
        fprintf(stderr, "receive: %s\n", e.text);
        exit(1);
    }
    r.socket = socket_open(r.client, url, "/ws", NULL, &ops, &r);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return (double)r.bytes * 1e3 / (double)(r.end_ns - r.begin_ns);
}

static double bare_mb_s(int port)
{
    static const char request[] =
        "GET /ws HTTP/1.1\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    static char bytes[65536];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t got = 0;
    ssize_t n;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) ||
        write(fd, request, sizeof request - 1) != (ssize_t)(sizeof request - 1)) {
        perror("receive");
        exit(1);
    }
    int64_t begin_ns = clock_mono_ns();
    while (got < (size_t)MESSAGES * FRAME_BYTES && (n = read(fd, bytes, sizeof bytes)) > 0)
        got += (size_t)n;
    return (double)got * 1e3 / (double)(clock_mono_ns() - begin_ns);
}

int main(void)
{
    int ends[2], port = 0;
    char url[64];

    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends))
        return 1;
    pid_t server = fork();
    if (server == 0)
        serve(ends[1]);
    if (server < 0 || read(ends[0], &port, sizeof port) != sizeof port)
        return 1;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    double client = client_mb_s(url), bare = bare_mb_s(port);
    printf("%.1f %.1f\n", client, bare);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}
