/* SPDX-License-Identifier: MIT
 *
 * The HTTP server over raw sockets: what it answers, refuses and gives up on.
 */
#include "tests/cm.h"

#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/host/http/rig.h"

#define H "Host: a.localhost:7780\r\n"

static void on_echo(struct http_request *r, void *user)
{
    struct rig *rig = user;
    cJSON *object = cJSON_CreateObject();
    cleanup_free char *body = xstrndup(http_body(r).data, http_body(r).len);
    cleanup_free char *path = xstrndup(http_path(r).data, http_path(r).len);
    cleanup_free char *query = xstrndup(http_query(r).data, http_query(r).len);

    rig->n_calls++;
    cJSON_AddStringToObject(object, "method", http_method(r));
    cJSON_AddStringToObject(object, "path", path);
    cJSON_AddStringToObject(object, "query", query);
    cJSON_AddStringToObject(object, "body", body);
    http_reply_json(r, 200, object);
}

static void on_param(struct http_request *r, void *user)
{
    cleanup_buf struct buf value = {0};
    struct err e;
    cJSON *object = cJSON_CreateObject();

    (void)user;
    if (http_param_decode(r, "path", &value, &e)) {
        cJSON_Delete(object);
        http_reply_err(r, &e);
        return;
    }
    cJSON_AddStringToObject(object, "decoded", value.data ? value.data : "");
    http_reply_json(r, 200, object);
}

static void on_object(struct http_request *r, void *user)
{
    cJSON *object = http_body_object(r);

    (void)user;
    if (object)
        http_reply_json(r, 201, object);
}

static void on_gone(struct http_request *r, void *user)
{
    struct rig *rig = user;

    assert_ptr_equal(r, rig->held);
    rig->held = NULL;
    rig->n_gone++;
}

static void on_hold(struct http_request *r, void *user)
{
    struct rig *rig = user;

    rig->n_calls++;
    rig->held = r;
    http_on_gone(r, on_gone, rig);
}

static void on_hold_blind(struct http_request *r, void *user)
{
    struct rig *rig = user;

    rig->n_calls++;
    rig->held = r;
}

static void on_empty(struct http_request *r, void *user)
{
    (void)user;
    http_reply_header(r, "X-Note", "yes");
    http_reply_empty(r, 204);
}

static void on_large(struct http_request *r, void *user)
{
    size_t n = 4 * 1024 * 1024;
    char *bytes = xmalloc(n);

    (void)user;
    memset(bytes, 'x', n);
    http_reply_bytes(r, 200, "text/plain", bytes, n);
}

static const struct http_route routes[] = {
    {"GET", "/echo", HTTP_OPEN, on_echo, 0, 0},
    {"POST", "/echo", HTTP_OPEN, on_echo, 0, 0},
    {"DELETE", "/echo", HTTP_OPEN, on_echo, 0, 0},
    {"HEAD", "/echo", HTTP_OPEN, on_echo, 0, 0},
    {"POST", "/object", HTTP_OPEN, on_object, 0, 0},
    {"GET", "/files/*path", HTTP_OPEN, on_param, 0, 0},
    {"GET", "/one/:path/x", HTTP_OPEN, on_param, 0, 0},
    {"GET", "/hold", HTTP_OPEN, on_hold, 0, 0},
    {"GET", "/hold-blind", HTTP_OPEN, on_hold_blind, 0, 150},
    {"GET", "/hold-short", HTTP_OPEN, on_hold, 0, 150},
    {"GET", "/empty", HTTP_OPEN, on_empty, 0, 0},
    {"POST", "/empty", HTTP_OPEN, on_empty, 0, 0},
    {"POST", "/hold", HTTP_OPEN, on_hold, 0, 0},
    {"GET", "/large", HTTP_OPEN, on_large, 0, 0},
    {"GET", "/read", HTTP_READ, on_echo, 0, 0},
    {"POST", "/write", HTTP_WRITE, on_echo, 0, 0},
    {NULL, NULL, HTTP_OPEN, NULL, 0, 0},
};

static struct http_identity authorise(struct http_request *r, void *user)
{
    struct http_identity who = {HTTP_OPEN, ""};
    cleanup_buf struct buf cookie = {0};
    const char *key = http_header(r, "x-key");

    (void)user;
    if (key && !strcmp(key, "reader"))
        who.access = HTTP_READ;
    if ((key && !strcmp(key, "writer")) ||
        (http_cookie(r, "token", &cookie) && !strcmp(cookie.data, "w")))
        who.access = HTTP_WRITE;
    return who;
}

static bool host_allowed(struct slice host, void *user)
{
    (void)user;
    return memmem(host.data, host.len, "localhost", 9) != NULL;
}

static const struct http_config config = {
    .routes = routes,
    .authorise = authorise,
    .host_allowed = host_allowed,
    .body_max = 100000,
    .header_max = 8192,
};

struct fixture {
    struct rig rig;
    struct peer p;
};

static void open_fixture(struct fixture *f, const struct http_config *c)
{
    rig_open(&f->rig, c);
    peer_open(&f->p, &f->rig);
}

static void close_fixture(struct fixture *f)
{
    rig_close(&f->rig);
    peer_close(&f->p);
}

static void http__answer__keep_alive_and_raw_target(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    assert_int_equal(peer_ask(&f.p, "GET /echo?a=1+2&b=%2F HTTP/1.1\r\n" H
                                    "Content-Type: application/json\r\n\r\n"),
                     200);
    assert_true(peer_has(&f.p, "\"query\":\"a=1+2&b=%2F\""));
    assert_true(peer_has(&f.p, "Content-Type: application/json"));
    assert_int_equal(peer_ask(&f.p, "GET /files//tmp%2Fx/../y%20z HTTP/1.1\r\n" H "\r\n"), 200);
    assert_true(peer_has(&f.p, "\"decoded\":\"/tmp/x/../y z\""));
    assert_int_equal(peer_ask(&f.p, "GET /files/ HTTP/1.1\r\n" H "\r\n"), 200);
    assert_int_equal(peer_ask(&f.p, "GET /files/%zz HTTP/1.1\r\n" H "\r\n"), 400);
    assert_int_equal(peer_ask(&f.p, "GET /one/a%2Fb/x HTTP/1.1\r\n" H "\r\n"), 200);
    assert_true(peer_has(&f.p, "\"decoded\":\"a/b\""));
    assert_int_equal(peer_ask(&f.p, "GET /one//x HTTP/1.1\r\n" H "\r\n"), 404);
    assert_int_equal(peer_ask(&f.p, "GET /empty HTTP/1.1\r\n" H "\r\n"), 204);
    assert_true(peer_has(&f.p, "X-Note: yes"));
    close_fixture(&f);
}

static void http__answer__bodies_in_every_form(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    assert_int_equal(peer_ask(&f.p, "DELETE /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"),
                     200);
    assert_true(peer_has(&f.p, "\"body\":\"hello\""));
    assert_int_equal(peer_ask(&f.p, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
                                    "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n"),
                     200);
    assert_true(peer_has(&f.p, "\"body\":\"abcde\""));
    assert_int_equal(peer_ask(&f.p, "POST /echo HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"), 200);
    buf_clear(&f.p.in);
    peer_text(&f.p,
              "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 100 "));
    peer_text(&f.p, "ok");
    rig_until(&f.rig, &f.p, peer_has(&f.p, "\"body\":\"ok\""));
    /* HEAD: the length, no body, and the next reply is not disturbed. */
    buf_clear(&f.p.in);
    peer_text(&f.p, "HEAD /echo HTTP/1.1\r\n" H "\r\nGET /empty HTTP/1.1\r\n" H "\r\n");
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 204 "));
    assert_false(peer_has(&f.p, "\"method\""));
    close_fixture(&f);
}

static void http__answer__pipelined_requests_in_order(void **state)
{
    struct fixture f;
    cleanup_buf struct buf all = {0};

    (void)state;
    open_fixture(&f, &config);
    for (int i = 0; i < 50; i++)
        buf_printf(&all, "POST /echo?n=%d HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nbody", i);
    peer_send(&f.p, all.data, all.len);
    rig_until(&f.rig, &f.p, peer_count(&f.p, "HTTP/1.1 200") == 50 && peer_has(&f.p, "n=49"));
    assert_true(strstr(f.p.in.data, "n=7\"") < strstr(f.p.in.data, "n=8\""));
    assert_int_equal(f.rig.n_calls, 50);
    close_fixture(&f);
}

static void http__answer__a_byte_at_a_time(void **state)
{
    static const char text[] = "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nxyz";
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        peer_send(&f.p, text + i, 1);
        rig_turn(&f.rig, &f.p);
    }
    rig_until(&f.rig, &f.p, peer_has(&f.p, "\"body\":\"xyz\""));
    close_fixture(&f);
}

static void http__answer__large_reply_to_a_slow_reader(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    f.p.deaf = true;
    peer_text(&f.p, "GET /large HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 20; i++)
        rig_turn(&f.rig, &f.p);
    f.p.deaf = false;
    rig_until(&f.rig, &f.p, f.p.in.len > 4 * 1024 * 1024);
    close_fixture(&f);
}

static void http__refuse__ambiguous_requests(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"POST /echo HTTP/1.1\r\n" H
         "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        {"GET http://a.localhost:7780/echo HTTP/1.1\r\n" H "\r\n", 400},
        {"GET /echo HTTP/1.1\r\n\r\n", 400},
        {"GET /echo HTTP/1.1\r\n" H "Host: b.localhost\r\n\r\n", 400},
        {"GET /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
        {"GET /echo HTTP/1.1\r\n" H "Origin: http://evil.example\r\n\r\n", 403},
        {"GET /echo HTTP/1.1\r\n" H "Origin: null\r\n\r\n", 403},
        {"GET /echo HTTP/1.1\r\n" H "Origin: http://a.localhost:7780\r\n\r\n", 200},
        {"GET /nothing HTTP/1.1\r\n" H "\r\n", 404},
        {"PUT /echo HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab", 405},
        {"POST /object HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{]", 400},
        {"POST /object HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\n{} x", 400},
        {"POST /object HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n[]", 400},
        {"POST /object HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 201},
        {"POST /object HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\n{\"a\":1}\r\n", 201},
        {"GET /read HTTP/1.1\r\n" H "\r\n", 401},
        {"GET /read HTTP/1.1\r\n" H "X-Key: reader\r\n\r\n", 200},
        {"POST /write HTTP/1.1\r\n" H "X-Key: reader\r\nContent-Length: 2\r\n\r\nhi", 403},
        {"POST /write HTTP/1.1\r\n" H "Cookie: a=b; token=w\r\nContent-Length: 2\r\n\r\nhi", 200},
        {"GET /echo HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400},
        {"garbage\r\n\r\n", 400},
    };
    struct rig rig;

    (void)state;
    rig_open(&rig, &config);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer p;

        peer_open(&p, &rig);
        int status = peer_ask(&p, cases[i].text);
        if (status != cases[i].status && !(status == 0 && cases[i].status == 400))
            fail_msg("case %zu: %d, not %d: %s", i, status, cases[i].status, cases[i].text);
        if (cases[i].status >= 400 && i + 2 < ARRAY_LEN(cases))
            assert_true(peer_has(&p, "{\"error\":\""));
        peer_close(&p);
    }
    rig_close(&rig);
}

static void http__refuse__another_host_on_the_same_connection(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    assert_int_equal(peer_ask(&f.p, "GET /echo HTTP/1.1\r\n" H "\r\n"), 200);
    assert_int_equal(peer_ask(&f.p, "GET /echo HTTP/1.1\r\nHost: b.localhost:7780\r\n\r\n"), 421);
    assert_int_equal(peer_ask(&f.p, "GET /echo HTTP/1.1\r\nHost: A.localhost:7780\r\n\r\n"), 200);
    close_fixture(&f);
}

static void http__refuse__body_too_large_and_go_on(void **state)
{
    struct fixture f;
    cleanup_buf struct buf body = {0};
    cleanup_buf struct buf chunked = {0};

    (void)state;
    open_fixture(&f, &config);
    memset(buf_reserve(&body, 300000), 'x', 300000);
    body.len = 300000;
    peer_text(&f.p, "POST /echo HTTP/1.1\r\n" H "Content-Length: 300000\r\n\r\n");
    peer_send(&f.p, body.data, body.len);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 413 ") && peer_has(&f.p, "\"}"));
    buf_printf(&chunked, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n%x\r\n",
               300000);
    buf_append(&chunked, body.data, body.len);
    buf_append_str(&chunked, "\r\n0\r\n\r\n");
    buf_clear(&f.p.in);
    peer_send(&f.p, chunked.data, chunked.len);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 413 ") && peer_has(&f.p, "\"}"));
    assert_int_equal(peer_ask(&f.p, "GET /echo HTTP/1.1\r\n" H "\r\n"), 200);
    /* Too much to wait for. */
    assert_int_equal(
        peer_ask(&f.p, "POST /echo HTTP/1.1\r\n" H "Content-Length: 99999999999\r\n\r\n"), 413);
    rig_until(&f.rig, &f.p, f.p.eof);
    assert_int_equal(f.rig.n_calls, 1);
    close_fixture(&f);
}

static void ask_with_body(struct peer *p, const char *path, const struct buf *body)
{
    cleanup_free char *head =
        xasprintf("POST %s HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", path, body->len);

    buf_clear(&p->in);
    peer_text(p, head);
    peer_send(p, body->data, body->len);
}

static void http__refuse__large_bodies_beyond_the_memory_for_all(void **state)
{
    struct http_config small = config;
    cleanup_buf struct buf body = {0};
    struct fixture f;
    struct peer second;

    (void)state;
    small.body_max = (size_t)4 * 1024 * 1024;
    small.held_max = (size_t)2 * 1024 * 1024;
    open_fixture(&f, &small);
    peer_open(&second, &f.rig);
    memset(buf_reserve(&body, (size_t)1536 * 1024), 'x', (size_t)1536 * 1024);
    body.len = (size_t)1536 * 1024;
    ask_with_body(&f.p, "/hold", &body);
    rig_until(&f.rig, &f.p, f.rig.held);
    ask_with_body(&second, "/empty", &body);
    rig_until(&f.rig, &second, peer_has(&second, "HTTP/1.1 503 ") && peer_has(&second, "\"}"));
    assert_int_equal(peer_ask(&second, "POST /empty HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx"),
                     204);
    http_reply_empty(f.rig.held, 204);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 204 "));
    ask_with_body(&second, "/empty", &body);
    rig_until(&f.rig, &second, peer_has(&second, "HTTP/1.1 204 "));
    peer_close(&second);
    close_fixture(&f);
}

static void http__refuse__huge_heads(void **state)
{
    static const size_t sizes[] = {9000, 60000, 500000};
    struct rig rig;

    (void)state;
    rig_open(&rig, &config);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct peer p;
        cleanup_buf struct buf head = {0};

        buf_append_str(&head, "GET /echo HTTP/1.1\r\n" H "X-Fill: ");
        memset(buf_reserve(&head, sizes[i]), 'x', sizes[i]);
        head.len += sizes[i];
        buf_append_str(&head, "\r\n\r\n");
        peer_open(&p, &rig);
        peer_send(&p, head.data, head.len);
        rig_until(&rig, &p, p.eof || peer_has(&p, "\r\n\r\n"));
        if (p.in.len) /* a reset may overtake the answer to what was not read */
            assert_true(peer_has(&p, "HTTP/1.1 431 "));
        else
            assert_true(i == 2);
        peer_close(&p);
    }
    assert_int_equal(rig.n_calls, 0);
    rig_close(&rig);
}

static void http__drop__slow_head_and_slow_body(void **state)
{
    static const char *const texts[] = {
        "GET /echo HTTP/1.1\r\nHost: a",
        "POST /echo HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\nsome",
        "",
    };
    struct http_config hasty = config;
    struct rig rig;

    (void)state;
    hasty.timeout_ms = 150;
    rig_open(&rig, &hasty);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct peer p;
        int64_t start = clock_mono_ms();

        peer_open(&p, &rig);
        peer_text(&p, texts[i]);
        while (!p.eof) { /* a drop now and then does not help */
            if (texts[i][0])
                send(p.fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
            rig_turn(&rig, &p);
            assert_true(clock_mono_ms() - start < RIG_DEADLINE_MS);
        }
        assert_true(clock_mono_ms() - start >= 140);
        assert_true(peer_has(&p, "HTTP/1.1 408 "));
        peer_close(&p);
    }
    assert_int_equal(rig.n_calls, 0);
    rig_close(&rig);
}

static void http__reply__later_and_the_rest_of_the_pipeline(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    peer_text(&f.p, "GET /hold HTTP/1.1\r\n" H "\r\nGET /echo HTTP/1.1\r\n" H "\r\n");
    rig_until(&f.rig, &f.p, f.rig.held);
    for (int i = 0; i < 5; i++)
        rig_turn(&f.rig, &f.p);
    assert_int_equal(f.p.in.len, 0);
    http_reply_error(f.rig.held, 418, "later");
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 200 "));
    assert_true(peer_has(&f.p, "HTTP/1.1 418 "));
    assert_int_equal(f.rig.n_gone, 0);
    close_fixture(&f);
}

static void http__tell__peer_gone_before_the_reply(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    peer_text(&f.p, "GET /hold HTTP/1.1\r\n" H "\r\n");
    rig_until(&f.rig, &f.p, f.rig.held);
    peer_close(&f.p);
    rig_until(&f.rig, NULL, f.rig.n_gone == 1);
    /* Without on_gone the handler may still reply; nobody reads it. */
    peer_open(&f.p, &f.rig);
    peer_text(&f.p, "GET /hold-blind HTTP/1.1\r\n" H "\r\n");
    rig_until(&f.rig, &f.p, f.rig.held);
    close(f.p.fd);
    for (int i = 0; i < 10; i++)
        rig_turn(&f.rig, NULL);
    http_reply_empty(f.rig.held, 204);
    buf_finish(&f.p.in);
    rig_close(&f.rig);
}

static void http__answer__504_past_the_deadline(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    assert_int_equal(peer_ask(&f.p, "GET /hold-short HTTP/1.1\r\n" H "\r\n"), 504);
    assert_int_equal(f.rig.n_gone, 1);
    assert_int_equal(peer_ask(&f.p, "GET /hold-blind HTTP/1.1\r\n" H "\r\n"), 504);
    http_reply_empty(f.rig.held, 204); /* too late: dropped */
    assert_int_equal(peer_ask(&f.p, "GET /echo HTTP/1.1\r\n" H "\r\n"), 200);
    close_fixture(&f);
}

static void http__limit__connections(void **state)
{
    struct http_config narrow = config;
    struct fixture f;
    struct peer second;

    (void)state;
    narrow.connections_max = 1;
    open_fixture(&f, &narrow);
    int fds[2];
    struct err e;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_true(http_server_adopt(f.rig.server, fds[0], &e) < 0);
    assert_int_equal(e.code, ERR_LIMIT);
    close(fds[1]);
    assert_int_equal(peer_ask(&f.p, "GET /echo HTTP/1.1\r\n" H "Connection: close\r\n\r\n"), 200);
    rig_until(&f.rig, &f.p, f.p.eof);
    peer_open(&second, &f.rig);
    assert_int_equal(peer_ask(&second, "GET /echo HTTP/1.1\r\n" H "\r\n"), 200);
    peer_close(&second);
    close_fixture(&f);
}

static void http__stop__with_requests_in_every_state(void **state)
{
    struct rig rig;
    struct peer p[6];
    static const char *const texts[] = {
        "",
        "GET /ec",
        "POST /echo HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nab",
        "GET /hold HTTP/1.1\r\n" H "\r\n",
        "GET /large HTTP/1.1\r\n" H "\r\n",
        "GET /echo HTTP/1.1\r\n" H "\r\n",
    };

    (void)state;
    rig_open(&rig, &config);
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        peer_open(&p[i], &rig);
        p[i].deaf = true;
        peer_text(&p[i], texts[i]);
    }
    rig_until(&rig, NULL, rig.held && rig.n_calls == 2);
    rig_close(&rig);
    assert_int_equal(rig.n_gone, 1);
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        peer_close(&p[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__answer__keep_alive_and_raw_target),
        cmocka_unit_test(http__answer__bodies_in_every_form),
        cmocka_unit_test(http__answer__pipelined_requests_in_order),
        cmocka_unit_test(http__answer__a_byte_at_a_time),
        cmocka_unit_test(http__answer__large_reply_to_a_slow_reader),
        cmocka_unit_test(http__refuse__ambiguous_requests),
        cmocka_unit_test(http__refuse__another_host_on_the_same_connection),
        cmocka_unit_test(http__refuse__body_too_large_and_go_on),
        cmocka_unit_test(http__refuse__large_bodies_beyond_the_memory_for_all),
        cmocka_unit_test(http__refuse__huge_heads),
        cmocka_unit_test(http__drop__slow_head_and_slow_body),
        cmocka_unit_test(http__reply__later_and_the_rest_of_the_pipeline),
        cmocka_unit_test(http__tell__peer_gone_before_the_reply),
        cmocka_unit_test(http__answer__504_past_the_deadline),
        cmocka_unit_test(http__limit__connections),
        cmocka_unit_test(http__stop__with_requests_in_every_state),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
