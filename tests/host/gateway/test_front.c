/* SPDX-License-Identifier: MIT
 *
 * The one port against web pages, slow clients and noise; the events port.
 */
#include "tests/cm.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "tests/host/gateway/host.h"

static struct host host;

static int set_up(void **state)
{
    (void)state;
    host_init(&host, false);
    host_start(&host, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_finish(&host);
    return 0;
}

static int ask_raw(const char *text)
{
    cleanup_fd int fd = host_connect(&host);

    send_text(fd, text);
    return read_reply(fd, NULL);
}

static void front__answer__by_host_name(void **state)
{
    cleanup_free char *id = host_create(&host, "{}");
    cleanup_free char *with_origin =
        xasprintf("GET /health HTTP/1.1\r\nHost: %s.localhost\r\nOrigin: http://x\r\n\r\n", id);
    cleanup_free char *upper = xasprintf("GET /health HTTP/1.1\r\nHOST:%s.LOCALHOST\r\n\r\n", id);

    (void)state;
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), 200);
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\nHost: [::1]:7780\r\n\r\n"), 200);
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
    assert_int_equal(ask_raw(upper), 200);
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\nHost: nosuchnosuch.localhost\r\n\r\n"), 404);
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\nHost: evil.example:7780\r\n\r\n"), 421);
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\n\r\n"), 400);
    assert_int_equal(ask_raw("\x16\x03\x01\x02"), 400);
    assert_int_equal(ask_raw("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Origin: http://evil.example\r\n\r\n"),
                     403);
    assert_int_equal(ask_raw(with_origin), 403);
}

/* Half of the smallest receive buffer that a client of ours has: one always fits when half is free.
 */
static void front__segments__fit_a_small_receive_buffer(void **state)
{
    cleanup_fd int fd = host_connect(&host);
    int bytes = 0;
    socklen_t n = sizeof bytes;

    (void)state;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &bytes, &n), 0);
    assert_in_range(bytes, 1, 16384);
}

static void front__serve__others_while_visitors_dawdle(void **state)
{
    enum { N = 300 };
    int fds[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        fds[i] = host_connect(&host);
        send_text(fds[i], i % 2 ? "GET / HTTP/1.1\r\nHo" : "G");
    }
    int64_t start = clock_mono_ms();
    assert_int_equal(host_ask(&host, "GET", "/v1/sandboxes", NULL, NULL), 200);
    assert_true(clock_mono_ms() - start < 2000);
    /* Half a head, then the other half: it is not lost. */
    send_text(fds[1], "st: localhost\r\nX: y\r\n\r\n");
    assert_int_equal(read_reply(fds[1], NULL), 404);
    /* One that closes its half is let go of, and so are those past the deadline. */
    shutdown(fds[2], SHUT_WR);
    assert_int_equal(read_reply(fds[2], NULL), 0);
    assert_int_equal(read_reply(fds[3], NULL), 408);
    for (int i = 0; i < N; i++)
        close(fds[i]);
}

static void front__refuse__a_head_without_end(void **state)
{
    cleanup_fd int fd = host_connect(&host);
    cleanup_buf struct buf text = {0};
    char reply[64] = "";

    (void)state;
    buf_append_str(&text, "GET / HTTP/1.1\r\nX: ");
    memset(buf_reserve(&text, 60000), 'x', 60000);
    text.len += 60000;
    send(fd, text.data, text.len, MSG_NOSIGNAL);
    ssize_t n = recv(fd, reply, sizeof reply - 1, MSG_WAITALL);
    assert_true(n < 12 || !strncmp(reply, "HTTP/1.1 431", 12));
}

static void front__pass__many_connections_at_once(void **state)
{
    enum { N = 200 };
    cleanup_free char *id = host_create(&host, "{}");
    cleanup_free char *ask = xasprintf("GET /health HTTP/1.1\r\nHost: %s.localhost\r\n\r\n", id);
    int fds[N];

    (void)state;
    /* The daemon cannot take them while it is stopped: they wait in the socket and in our queue. */
    pid_t pid = host_daemon_pid(&host, id);
    kill(pid, SIGSTOP);
    for (int i = 0; i < N; i++) {
        fds[i] = host_connect(&host);
        send_text(fds[i], ask);
    }
    assert_int_equal(host_ask(&host, "GET", "/v1/sandboxes", NULL, NULL), 200);
    kill(pid, SIGCONT);
    for (int i = 0; i < N; i++) {
        assert_int_equal(read_reply(fds[i], NULL), 200);
        close(fds[i]);
    }
}

static void events_port__answer__one_line_after_the_other(void **state)
{
    static const char expected[] = "+PONG\r\n-ERR unknown sandbox or wrong token\r\n"
                                   "-ERR unknown command\r\n+PONG\r\n";
    struct host pubsub = host;
    char reply[sizeof expected] = "";

    (void)state;
    pubsub.port = host.pubsub_port;
    cleanup_fd int fd = host_connect(&pubsub);
    send_text(fd, "PING\r\nSUBSCRIBE a b\r\nFLY\r\nPING\n");
    ssize_t n = recv(fd, reply, sizeof reply - 1, MSG_WAITALL);
    assert_int_equal(n, sizeof reply - 1);
    assert_string_equal(reply, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(front__answer__by_host_name),
        cmocka_unit_test(front__segments__fit_a_small_receive_buffer),
        cmocka_unit_test(front__serve__others_while_visitors_dawdle),
        cmocka_unit_test(front__refuse__a_head_without_end),
        cmocka_unit_test(front__pass__many_connections_at_once),
        cmocka_unit_test(events_port__answer__one_line_after_the_other),
    };

    return cmocka_run_group_tests_name("front", tests, set_up, tear_down);
}
