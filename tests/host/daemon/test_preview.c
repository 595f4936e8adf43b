/* SPDX-License-Identifier: MIT
 *
 * Relays to the ports of a sandbox, and the signals about them.
 */
#include "tests/host/daemon/world.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define DEADLINE_MS 30000

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static int bound_socket(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int free_port(void)
{
    int port;

    close(bound_socket(&port));
    return port;
}

/* All that comes until the end. */
static char *read_all(int fd)
{
    struct buf in = {0};
    ssize_t n;

    while ((n = recv(fd, buf_reserve(&in, 65536), 65536, 0)) > 0)
        in.len += (size_t)n;
    assert_int_equal(n, 0);
    buf_append_str(&in, "");
    return buf_steal(&in);
}

static char *get(struct world *w, int port)
{
    static const char request[] = "GET / HTTP/1.0\r\nHost: box-1.localhost\r\n\r\n";
    int fd = world_connect_port(w, port);
    char *text;

    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    text = read_all(fd);
    close(fd);
    return text;
}

/* Runs python inside until the test's daemon ends it; returns once it listens. */
static void serve(struct world *w, const char *code, int port)
{
    cJSON *request = cJSON_CreateObject(), *reply;
    int64_t end = clock_mono_ms() + DEADLINE_MS;
    cleanup_free char *command = xasprintf("exec python3 -u -c '%s' %d", code, port);
    cleanup_free char *look = xasprintf("grep -qi \":%04X 0\\+:0000 0A\" /proc/net/tcp{,6}", port);
    char *body;
    int status, up = 1;

    cJSON_AddStringToObject(request, "command", command);
    cJSON_AddBoolToObject(request, "background", true);
    body = cJSON_PrintUnformatted(request);
    reply = world_call(w, "POST", "/run/command", WORLD_TOKEN, body, &status);
    assert_int_equal(status, 200);
    cJSON_Delete(reply);
    cJSON_Delete(request);
    free(body);
    while (up && clock_mono_ms() < end) {
        reply = world_run(w, look);
        up = data_of(reply, "exit_code")->valueint;
        cJSON_Delete(reply);
    }
    assert_int_equal(up, 0);
}

static void preview__get__from_v4_and_v6(void **state)
{
    WORLD(state)
    static const char *const codes[] = {
        "import http.server,sys;"
        "http.server.HTTPServer((\"127.0.0.1\",int(sys.argv[1])),"
        "http.server.SimpleHTTPRequestHandler).serve_forever()",
        "import http.server,sys,socket;"
        "c=http.server.HTTPServer;c.address_family=socket.AF_INET6;"
        "c((\"::1\",int(sys.argv[1])),http.server.SimpleHTTPRequestHandler).serve_forever()",
    };

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        int port = free_port();
        char *text;

        if (i && access("/proc/net/if_inet6", F_OK))
            continue;
        serve(w, codes[i], port);
        text = get(w, port);
        if (!strstr(text, " 200 OK\r\n") || !strstr(text, "Directory listing"))
            fail_msg("%s", text);
        free(text);
    }
}

static void preview__get__never_from_somebody_else(void **state)
{
    WORLD(state)
    int port, fd = bound_socket(&port), closed = free_port();
    struct pollfd called = {fd, POLLIN, 0};
    char *foreign, *nobody;

    /* A service of the machine, on the network that the sandbox shares. */
    assert_int_equal(listen(fd, 4), 0);
    foreign = get(w, port);
    nobody = get(w, closed);
    assert_non_null(strstr(foreign, "HTTP/1.1 502 "));
    assert_non_null(strstr(foreign, "{\"error\":\"no process of this sandbox listens on port"));
    assert_int_equal(poll(&called, 1, 0), 0);
    /* Nor can it be told from a port where nobody is. */
    memset(strrchr(foreign, ' '), 0, 1);
    memset(strrchr(nobody, ' '), 0, 1);
    assert_string_equal(foreign, nobody);
    free(foreign);
    free(nobody);
    close(fd);
}

static const char echo_code[] =
    "import socket,sys,threading\n"
    "s=socket.create_server((\"127.0.0.1\",int(sys.argv[1])))\n"
    "def run(c):\n"
    "  while True:\n"
    "    d=c.recv(65536)\n"
    "    if not d: break\n"
    "    c.sendall(d)\n"
    "  c.sendall(b\"END\"); c.close()\n"
    "while True: threading.Thread(target=run,args=(s.accept()[0],),daemon=True).start()\n";

static void send_some(int fd, size_t *sent, size_t n)
{
    static char block[65536];
    size_t size = n - *sent < sizeof block ? n - *sent : sizeof block;
    ssize_t did;

    for (size_t i = 0; i < size; i++)
        block[i] = (char)((*sent + i) % 251);
    did = send(fd, block, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (did < 0)
        assert_int_equal(errno, EAGAIN);
    else
        *sent += (size_t)did;
}

static size_t check_some(int fd, size_t at)
{
    static unsigned char block[65536];
    ssize_t n = recv(fd, block, sizeof block, MSG_DONTWAIT);

    for (ssize_t i = 0; i < n; i++)
        if (block[i] != (at + (size_t)i) % 251)
            fail_msg("byte %zu is wrong", at + (size_t)i);
    return n > 0 ? (size_t)n : 0;
}

/* As a WebSocket does: bytes both ways, neither side waiting for the other; then half a close. */
static void preview__relay__every_byte_both_ways_and_the_end(void **state)
{
    WORLD(state)
    const size_t n = (size_t)8 * 1024 * 1024;
    int64_t end = clock_mono_ms() + DEADLINE_MS;
    size_t sent = 0, got = 0;
    int port = free_port(), fd;
    char *rest;

    serve(w, echo_code, port);
    fd = world_connect_port(w, port);
    while (got < n && clock_mono_ms() < end) {
        struct pollfd p = {fd, (short)(POLLIN | (sent < n ? POLLOUT : 0)), 0};

        poll(&p, 1, 1000);
        if (sent < n && (p.revents & POLLOUT))
            send_some(fd, &sent, n);
        if (p.revents & POLLIN)
            got += check_some(fd, got);
    }
    assert_int_equal(got, n);
    shutdown(fd, SHUT_WR);
    rest = read_all(fd);
    assert_string_equal(rest, "END");
    free(rest);
    close(fd);
}

/* Who does not read stops who sends, by what the kernel and one buffer hold, and no more. */
static void preview__relay__holds_back(void **state)
{
    WORLD(state)
    int port = free_port(), fd;
    char memory[2][32] = {"", ""};
    char *text;
    size_t sent = 0;

    serve(w,
          "import socket,sys,time;s=socket.create_server((\"127.0.0.1\",int(sys.argv[1])));"
          "c=s.accept()[0];time.sleep(1000)",
          port);
    fd = world_connect_port(w, port);
    text = world_sh(w, "grep VmRSS /proc/1/status | tr -dc 0-9");
    snprintf(memory[0], sizeof memory[0], "%s", text);
    free(text);
    for (int quiet = 0; quiet < 20 && sent < (size_t)256 * 1024 * 1024;) {
        struct pollfd p = {fd, POLLOUT, 0};

        if (poll(&p, 1, 50) == 1) {
            send_some(fd, &sent, SIZE_MAX);
            quiet = 0;
        } else {
            quiet++;
        }
    }
    assert_true(sent < (size_t)128 * 1024 * 1024);
    text = world_sh(w, "grep VmRSS /proc/1/status | tr -dc 0-9");
    snprintf(memory[1], sizeof memory[1], "%s", text);
    free(text);
    assert_true(strtol(memory[1], NULL, 10) < strtol(memory[0], NULL, 10) + 4096);
    close(fd);
}

static void expect(struct world *w, const char *path, const char *body, int expected)
{
    int status;

    cJSON_Delete(world_call(w, "POST", path, WORLD_TOKEN, body, &status));
    if (status != expected)
        fail_msg("%s %s: %d", path, body ? body : "", status);
}

static void signals__ports__are_told_when_they_open_and_close(void **state)
{
    WORLD(state)
    int port = free_port();
    char text[128];
    struct ws ws;

    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "signals", "");
    expect(w, "/signals/start", NULL, 200);
    expect(w, "/signals/start", NULL, 200);
    expect(w, "/signals/error", "{\"message\":\"hello\"}", 200);
    ws_wait_frame(&ws, "\"message\":\"hello\"");
    /* One look at a time, in turn: when this says that nobody listens, the first is behind us. */
    free(get(w, port));
    serve(w, echo_code, port);
    snprintf(text, sizeof text,
             "\"port\":%d,\"type\":\"open\",\"url\":\"http://box-%d.localhost:7780\"", port, port);
    ws_wait_frame(&ws, text);
    snprintf(text, sizeof text, "pkill -f 'argv.*[)].* %d$'", port);
    cJSON_Delete(world_run(w, text));
    snprintf(text, sizeof text, "\"port\":%d,\"type\":\"close\"", port);
    ws_wait_frame(&ws, text);
    expect(w, "/signals/stop", NULL, 200);
    expect(w, "/signals/stop", NULL, 200);
    ws_close(&ws);
}

static void signals__emit__refuses_nonsense(void **state)
{
    WORLD(state)
    expect(w, "/signals/port", "{\"port\":80,\"type\":\"open\"}", 200);
    expect(w, "/signals/port", "{\"port\":80,\"type\":\"ajar\"}", 400);
    expect(w, "/signals/port", "{\"port\":0,\"type\":\"open\"}", 400);
    expect(w, "/signals/port", "{\"port\":1e99,\"type\":\"open\"}", 400);
    expect(w, "/signals/port", "{\"port\":80,\"type\":\"open\",\"url\":5}", 400);
    expect(w, "/signals/port/80/close", NULL, 200);
    expect(w, "/signals/port/080000/close", NULL, 400);
    expect(w, "/signals/port/65536/close", NULL, 400);
    expect(w, "/signals/port/x/close", NULL, 400);
    expect(w, "/signals/port/80/ajar", NULL, 400);
    expect(w, "/signals/server-ready", "{\"port\":80}", 200);
    expect(w, "/signals/server-ready", "{}", 400);
    expect(w, "/signals/error", "{\"message\":7}", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preview__get__from_v4_and_v6),
        cmocka_unit_test(preview__get__never_from_somebody_else),
        cmocka_unit_test(preview__relay__every_byte_both_ways_and_the_end),
        cmocka_unit_test(preview__relay__holds_back),
        cmocka_unit_test(signals__ports__are_told_when_they_open_and_close),
        cmocka_unit_test(signals__emit__refuses_nonsense),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
