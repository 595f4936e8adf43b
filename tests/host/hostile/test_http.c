/* SPDX-License-Identifier: MIT
 *
 * Malformed HTTP on raw sockets, at the gateway and at a sandbox: each is answered with the status
 * that fits and JSON, and costs nobody else anything.
 */
#include "tests/host/hostile/guest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

static struct host host;
static struct guest guest;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    host_init(&host, false);
    host_start(&host, NULL);
    guest_create(&guest, &host, "{}");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guest_finish(&guest);
    host_finish(&host);
    return 0;
}

/* --- one malformed request each --- */

#define BYTES(text) (text), sizeof(text) - 1
#define H           "Host: $H\r\n"
#define GET         "GET /health HTTP/1.1\r\n"
#define POST        "POST /run/command HTTP/1.1\r\n" H "Authorization: Bearer $T\r\n"

struct hostile {
    const char *text; /* $H: the host asked, $T: its token */
    size_t n;
    int at_gateway, at_sandbox; /* the status; 0: the same at both */
};

static const struct hostile heads[] = {
    {BYTES("garbage\r\n\r\n"), 400},
    {BYTES("GARBAGE\r\n\r\n"), 400},
    {BYTES("\r\n\r\n" GET H "\r\n"), 400},
    {BYTES("\0\0\0\0"), 400},
    {BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400},
    {BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400},
    {BYTES("GET\r\n" H "\r\n"), 400},
    {BYTES("GET /health\r\n" H "\r\n"), 400},
    {BYTES("GET  /health HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES("GET /health HTTP/1.1 x\r\n" H "\r\n"), 400},
    {BYTES("GET /health HTTX/1.1\r\n" H "\r\n"), 400},
    {BYTES("GET /health HTTP/0.9\r\n" H "\r\n"), 505},
    {BYTES("GET /health HTTP/2.0\r\n" H "\r\n"), 505},
    {BYTES("G\1T /health HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES("BREW /health HTTP/1.1\r\n" H "\r\n"), 405},
    {BYTES("TRACE /health HTTP/1.1\r\n" H "\r\n"), 405},
    {BYTES("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES("CONNECT a:80 HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES("GET http://$H/health HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES("GET health HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES("GET //health HTTP/1.1\r\n" H "\r\n"), 404},
    {BYTES("GET /%68ealth HTTP/1.1\r\n" H "\r\n"), 404},
    {BYTES("GET /x/../health HTTP/1.1\r\n" H "\r\n"), 404},
    {BYTES("GET /%2e%2e/health HTTP/1.1\r\n" H "\r\n"), 404},
    {BYTES("GET /hea\0lth HTTP/1.1\r\n" H "\r\n"), 400},
    {BYTES(GET "\r\n"), 400},
    {BYTES("GET /health HTTP/1.0\r\n\r\n"), 400},
    {BYTES(GET "Host:\r\n\r\n"), 400},
    {BYTES(GET H H "\r\n"), 400},
    {BYTES(GET H "Host: evil.example\r\n\r\n"), 400},
    {BYTES(GET "Host: evil.example\r\n" H "\r\n"), 421},
    {BYTES(GET "Host: user@$H\r\n\r\n"), 421, 404},
    {BYTES(GET "Host: $H.\r\n\r\n"), 421},
    {BYTES(GET "Host: $H:1\r\n\r\n"), 421},
    {BYTES(GET "Host: $H\0x\r\n\r\n"), 400},
    {BYTES(GET "Host : $H\r\n\r\n"), 400},
    {BYTES(GET " Host: $H\r\n\r\n"), 400},
    {BYTES(GET "X: a\r\n Host: $H\r\n" H "\r\n"), 400},
    {BYTES(GET H "X: a\0b\r\n\r\n"), 400},
    {BYTES(GET H "X: a\rb\r\n\r\n"), 400},
    {BYTES(GET H "no colon\r\n\r\n"), 400},
    {BYTES(GET H ": nameless\r\n\r\n"), 400},
    {BYTES(POST "Content-Length: -1\r\n\r\n{}"), 400},
    {BYTES(POST "Content-Length: +2\r\n\r\n{}"), 400},
    {BYTES(POST "Content-Length: 0x2\r\n\r\n{}"), 400},
    {BYTES(POST "Content-Length: 2, 2\r\n\r\n{}"), 400},
    {BYTES(POST "Content-Length:\r\n\r\n{}"), 400},
    {BYTES(POST "Content-Length: 99999999999999999999\r\n\r\n{}"), 413},
    {BYTES(POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), 400},
    {BYTES(POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
    {BYTES(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), 400},
    {BYTES(POST "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"), 400},
    {BYTES(GET H "Origin: http://evil.example\r\n\r\n"), 403},
    {BYTES("HEAD /health HTTP/1.0\r\n" H "Content-Length: x\r\n\r\n"), 400},
    {BYTES("GET /files//a%00b HTTP/1.1\r\n" H "Authorization: Bearer $T\r\n\r\n"), 404, 400},
    {BYTES("GET /files//a%zz HTTP/1.1\r\n" H "Authorization: Bearer $T\r\n\r\n"), 404, 400},
    {BYTES("GET /files//a% HTTP/1.1\r\n" H "Authorization: Bearer $T\r\n\r\n"), 404, 400},
    {BYTES("GET /files//%c0%ae%c0%ae/x HTTP/1.1\r\n" H "Authorization: Bearer $T\r\n\r\n"), 404},
    {BYTES("GET /files//\xff\xfe HTTP/1.1\r\n" H "Authorization: Bearer $T\r\n\r\n"), 404},
    {BYTES("GET /files//%2e%2e/%2e%2e/etc/shadow?content=true HTTP/1.1\r\n" H
           "Authorization: Bearer $T\r\n\r\n"),
     404},
    {BYTES("GET /v1/sandboxes/%00 HTTP/1.1\r\n" H "X-API-Key: test-key\r\n\r\n"), 404},
    {BYTES("GET /ws?token=$T HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
     404, 426},
    {BYTES("GET /ws?token=$T HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n"),
     404, 400},
    {BYTES("POST /ws?token=$T HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
     404, 405},
    /* odd, and still right */
    {BYTES("GET /health HTTP/1.0\r\n" H "\r\n"), 200},
    {BYTES("GET /health HTTP/1.1\nHost: $H\n\n"), 200},
    {BYTES("GET /health? HTTP/1.1\r\nhOsT: \t $H \t\r\n\r\n"), 200},
    {BYTES(GET H "Expect: nonsense\r\n\r\n"), 200},
    {BYTES(GET H "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
                 "\r\n"),
     200},
};

static void fill_in(struct buf *out, const char *text, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '$' && i + 1 < n && (text[i + 1] == 'H' || text[i + 1] == 'T'))
            buf_append_str(out, text[++i] == 'H' ? name : guest.token);
        else
            buf_append_char(out, text[i]);
    }
}

static int ask_bytes(const struct buf *bytes, cJSON **json)
{
    cleanup_fd int fd = host_connect(&host);

    send(fd, bytes->data, bytes->len, MSG_NOSIGNAL);
    return read_reply(fd, json);
}

static void try_head(size_t i, const char *name, int expected)
{
    cleanup_buf struct buf bytes = {0};
    cJSON *json;

    fill_in(&bytes, heads[i].text, heads[i].n, name);
    int status = ask_bytes(&bytes, &json);
    if (status != expected)
        fail_msg("case %zu at %s: %d, not %d: %s", i, name, status, expected, heads[i].text);
    if (!cJSON_IsObject(json) || (status >= 400 && !*text_in(json, "error")))
        fail_msg("case %zu at %s: no JSON with an error", i, name);
    cJSON_Delete(json);
}

static void http__refuse__malformed_heads_in_json(void **state)
{
    cleanup_free char *gateway = xasprintf("localhost:%d", host.port);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        try_head(i, gateway, heads[i].at_gateway);
        try_head(i, guest.name, heads[i].at_sandbox ? heads[i].at_sandbox : heads[i].at_gateway);
    }
    assert_int_equal(guest_health_ms(&guest, 1) >= 0, true);
}

/* --- heads without measure --- */

static void append_times(struct buf *out, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        buf_append_str(out, text);
}

static void http__refuse__heads_without_measure(void **state)
{
    static const struct {
        const char *before, *piece;
        int times;
        const char *after;
        int status;
    } cases[] = {
        {GET H, "X: y\r\n", 900, "\r\n", 200},
        {GET H, "X: y\r\n", 2000, "\r\n", 431},
        {GET H, "X: y\r\n", 50000, "\r\n", 431},
        {GET H "X: ", "0123456789", 3100, "\r\n\r\n", 200},
        {GET H "X: ", "0123456789", 3500, "\r\n\r\n", 431},
        {GET H "X: ", "0123456789", 6600, "\r\n\r\n", 431},
        {GET H "X: ", "0123456789", 60000, "", 431},
        {GET H "Cookie: a=b", "; a=b", 3000, "\r\n\r\n", 431},
        {"GET /health?a", "&a=b", 3000, " HTTP/1.1\r\n" H "\r\n", 431},
        {"GET /", "0123456789", 3500, " HTTP/1.1\r\n" H "\r\n", 431},
        {"GET /", "0123456789", 20000, "", 431},
        {GET "X: ", "0123456789", 1000, "\r\n" H "\r\n", 200},
        {GET "Host: ", "long.", 100, "$H\r\n\r\n", 421},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf bytes = {0};
        cleanup_buf struct buf text = {0};
        cJSON *json;

        buf_append_str(&text, cases[i].before);
        append_times(&text, cases[i].piece, cases[i].times);
        buf_append_str(&text, cases[i].after);
        fill_in(&bytes, text.data, text.len, guest.name);
        int status = ask_bytes(&bytes, &json);
        /* The reset for what was not read may overtake the answer. */
        if (status != cases[i].status && (status || bytes.len < 200000))
            fail_msg("case %zu: %d, not %d", i, status, cases[i].status);
        if (status >= 400)
            assert_true(*text_in(json, "error"));
        cJSON_Delete(json);
    }
}

/* --- bodies that do not end as they should --- */

static void http__refuse__broken_chunks_and_run_nothing(void **state)
{
    static const char *const bodies[] = {
        "zz\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "22\r\n{\"command\":\"touch /tmp/ran; true\"}xx0\r\n\r\n",
        "\r\n\r\n",
    };
    int exit_code;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        cleanup_fd int fd = host_connect(&host);
        cleanup_free char *text =
            xasprintf("POST /run/command HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n%s",
                      guest.name, guest.token, bodies[i]);
        char byte;

        send_text(fd, text);
        int status = read_reply(fd, NULL);
        if (status != 400 && status != 413)
            fail_msg("case %zu: %d", i, status);
        assert_int_equal(recv(fd, &byte, 1, 0), 0);
    }
    free(guest_sh(&guest, "test -e /tmp/ran", &exit_code));
    assert_int_equal(exit_code, 1);
    /* Extensions and trailers are legal, and mean nothing. */
    cleanup_fd int fd = host_connect(&host);
    cleanup_free char *text =
        xasprintf("POST /run/command HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n14;a=\"b\"\r\n{\"command\":\"echo hi\"\r\n"
                  "1\r\n}\r\n0\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\n"
                  "GET /health HTTP/1.1\r\nHost: %s\r\n\r\n",
                  guest.name, guest.token, guest.name);
    cJSON *json;
    send_text(fd, text);
    assert_int_equal(read_reply(fd, &json), 200);
    assert_string_equal(text_in(json, "stdout"), "hi\n");
    cJSON_Delete(json);
    assert_int_equal(read_reply(fd, NULL), 200);
}

/* What comes behind a good request is judged by itself. */
static void http__answer__the_good_part_of_a_pipeline(void **state)
{
    static const struct {
        const char *second;
        int status; /* 0: the connection just ends */
    } cases[] = {
        {"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
        {"GET /nothing HTTP/1.1\r\nHost: $H\r\n\r\n", 404},
        {"garbage\r\n\r\n", 0},
        {"\x16\x03\x01\x02\r\n\r\n", 0},
        {"GET /health\r\n\r\n", 400},
        {"GET /health HTTP/1.1\r\nHost: $H\r\nno colon\r\n\r\n", 400},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf text = {0};
        cleanup_fd int fd = host_connect(&host);

        fill_in(&text, BYTES(GET H "\r\n"), guest.name);
        fill_in(&text, cases[i].second, strlen(cases[i].second), guest.name);
        send(fd, text.data, text.len, MSG_NOSIGNAL);
        assert_int_equal(read_reply(fd, NULL), 200);
        int status = read_reply(fd, NULL);
        if (status != cases[i].status)
            fail_msg("case %zu: %d", i, status);
    }
}

/* --- those that dawdle --- */

static void http__serve__others_beside_dawdlers(void **state)
{
    enum { N_BODIES = 100, N_HALVES = 50, N_DEAF = 20, N = N_BODIES + N_HALVES + N_DEAF };
    cleanup_free char *head =
        xasprintf("POST /run/command HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
                  "Content-Length: 1000\r\n\r\n{",
                  guest.name, guest.token);
    cleanup_free char *half = xasprintf("GET /health HTTP/1.1\r\nHost: %s\r\n\r\n", guest.name);
    int fds[N];

    (void)state;
    free(guest_sh(&guest, "head -c 4000000 /dev/zero | tr '\\0' x >/tmp/large", NULL));
    int64_t quiet = guest_health_ms(&guest, 30);
    for (int i = 0; i < N_BODIES; i++) {
        fds[i] = host_connect(&host);
        send_text(fds[i], head);
    }
    for (int i = N_BODIES; i < N_BODIES + N_HALVES; i++) {
        fds[i] = host_connect(&host);
        send_text(fds[i], half);
        shutdown(fds[i], SHUT_WR);
    }
    for (int i = N_BODIES + N_HALVES; i < N; i++)
        fds[i] = guest_send(&guest, guest.token, "GET", "/files//tmp/large?content=true", NULL);
    int64_t busy = guest_health_ms(&guest, 30);
    if (busy > 10 * quiet + 100)
        fail_msg("health takes %d ms beside them, %d ms without", (int)busy, (int)quiet);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    /* Everything they held is given back. */
    assert_true(guest_health_ms(&guest, 10) <= 10 * quiet + 100);
}

/* --- bodies that ask for too much --- */

static void http__refuse__bodies_that_bomb(void **state)
{
    static const struct {
        const char *method, *path;
        const char *before, *piece;
        int times;
        const char *after;
    } cases[] = {
        {"POST", "/run/command", "", "[", 100000, ""},
        {"POST", "/run/command", "", "{\"a\":", 100000, ""},
        {"POST", "/files/batch", "", "[", 500000, ""},
        {"POST", "/files/batch", "{\"files\":[", "{\"path\":\"/tmp/x\",\"operation\":\"delete\"},",
         20000, "{}]}"},
        {"POST", "/servers", "{\"slug\":\"", "a", 900000, "\",\"start\":\"true\"}"},
        {"POST", "/watchers", "{\"path\":\"/tmp\",\"ignored\":[", "\"*\",", 5000, "\"*\"]}"},
        {"POST", "/filesystem/overlays", "{\"source\":\"/etc\",\"target\":\"x\",\"ignore\":[",
         "\"**\",", 5000, "\"*\"]}"},
        {"POST", "/auth/session_tokens", "{\"description\":\"", "a", 100000, "\"}"},
        {"POST", "/env?file=.bomb", "{\"variables\":{", "\"A\":1,", 1000, "\"B\":2}}"},
        {"POST", "/signals/error", "{\"message\":\"", "a", 1048570, "\"}"},
        {"POST", "/run/command", "{\"command\":\"", "a", 2000000, "\"}"},
        {"POST", "/terminals", "{\"pty\":true,\"cols\":1e", "9", 100, "}"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf body = {0};
        cJSON *json;

        buf_append_str(&body, cases[i].before);
        append_times(&body, cases[i].piece, cases[i].times);
        buf_append_str(&body, cases[i].after);
        int status = guest_ask(&guest, cases[i].method, cases[i].path, body.data, &json);
        if (status < 400 || status >= 500 || !*text_in(json, "error"))
            fail_msg("case %zu (%s): %d", i, cases[i].path, status);
        cJSON_Delete(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__refuse__malformed_heads_in_json),
        cmocka_unit_test(http__refuse__heads_without_measure),
        cmocka_unit_test(http__refuse__broken_chunks_and_run_nothing),
        cmocka_unit_test(http__answer__the_good_part_of_a_pipeline),
        cmocka_unit_test(http__serve__others_beside_dawdlers),
        cmocka_unit_test(http__refuse__bodies_that_bomb),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("hostile_http", tests, set_up, tear_down);
}
