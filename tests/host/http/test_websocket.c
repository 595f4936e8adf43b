/* SPDX-License-Identifier: MIT
 *
 * WebSockets over raw sockets: frames in every shape, back-pressure, closing from either side.
 */
#include "tests/cm.h"

#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/host/http/rig.h"

static void on_message(struct websocket *ws, bool binary, const char *bytes, size_t n)
{
    struct rig *rig = websocket_user(ws);

    rig->n_messages++;
    buf_clear(&rig->last);
    buf_append(&rig->last, bytes, n);
    if (n >= 4 && !memcmp(bytes, "echo", 4))
        websocket_send(ws, binary, bytes, n);
    if (n == 3 && !memcmp(bytes, "bye", 3))
        websocket_close(ws, 1000, "bye");
    if (n == 5 && !memcmp(bytes, "pause", 5))
        websocket_pause(ws, true);
}

static void on_drain(struct websocket *ws)
{
    struct rig *rig = websocket_user(ws);

    assert_true(websocket_queued(ws) < WEBSOCKET_QUEUE_LOW);
    rig->n_drains++;
}

static void on_close(struct websocket *ws)
{
    struct rig *rig = websocket_user(ws);

    rig->n_closes++;
    if (rig->ws == ws)
        rig->ws = NULL;
}

static const struct websocket_ops ops = {on_message, on_drain, on_close};

static void on_ws(struct http_request *r, void *user)
{
    struct rig *rig = user;
    struct websocket *ws = http_upgrade(r, &ops, rig);

    if (!ws)
        return;
    rig->ws = ws;
    websocket_send(ws, false, "hello", 5);
}

static void on_ws_held(struct http_request *r, void *user)
{
    ((struct rig *)user)->held = r;
}

static const struct http_route routes[] = {
    {"GET", "/ws", HTTP_OPEN, on_ws, 0, 0},
    {"GET", "/later", HTTP_OPEN, on_ws_held, 0, 0},
    {NULL, NULL, HTTP_OPEN, NULL, 0, 0},
};
static const struct http_config config = {.routes = routes};

struct fixture {
    struct rig rig;
    struct peer p;
};

/* Connected, the greeting read. */
static void open_fixture(struct fixture *f)
{
    rig_open(&f->rig, &config);
    peer_open(&f->p, &f->rig);
    peer_upgrade(&f->p, "/ws");
    rig_until(&f->rig, &f->p, f->p.in.len >= 7);
    assert_memory_equal(f->p.in.data, "\x81\x05hello", 7);
    buf_consume(&f->p.in, 7);
}

static void close_fixture(struct fixture *f)
{
    rig_close(&f->rig);
    peer_close(&f->p);
}

static void send_frame(struct fixture *f, int first_byte, const void *payload, size_t n)
{
    cleanup_buf struct buf frame = {0};

    frame_append(&frame, first_byte, payload, n);
    peer_send(&f->p, frame.data, frame.len);
}

static void websocket__refuse__no_proper_handshake(void **state)
{
    struct fixture f;

    (void)state;
    rig_open(&f.rig, &config);
    peer_open(&f.p, &f.rig);
    assert_int_equal(peer_ask(&f.p, "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    assert_int_equal(peer_ask(&f.p, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
                     426);
    assert_int_equal(peer_ask(&f.p, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                    "Origin: http://evil.example\r\n"
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
                     403);
    assert_null(f.rig.ws);
    close_fixture(&f);
}

static void websocket__echo__whole_fragmented_and_pinged(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f);
    send_frame(&f, 0x82, "echo\0x", 6);
    rig_until(&f.rig, &f.p, f.p.in.len >= 8);
    assert_memory_equal(f.p.in.data,
                        "\x82\x06"
                        "echo\0x",
                        8);
    buf_clear(&f.p.in);
    send_frame(&f, 0x01, "ec", 2);
    send_frame(&f, 0x89, "ping!", 5);
    send_frame(&f, 0x00, "ho", 2);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "\x8a\x05ping!"));
    assert_int_equal(f.rig.n_messages, 1);
    send_frame(&f, 0x80, "ed", 2);
    rig_until(&f.rig, &f.p,
              peer_has(&f.p, "\x81\x06"
                             "echoed"));
    close_fixture(&f);
}

static void websocket__take__frames_sent_with_the_handshake(void **state)
{
    struct fixture f;
    cleanup_buf struct buf all = {0};

    (void)state;
    rig_open(&f.rig, &config);
    peer_open(&f.p, &f.rig);
    buf_append_str(&all, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    frame_append(&all, 0x81, "echo1", 5);
    frame_append(&all, 0x81, "echo2", 5);
    peer_send(&f.p, all.data, all.len);
    rig_until(&f.rig, &f.p,
              peer_has(&f.p, "\x81\x05"
                             "echo2"));
    assert_true(peer_has(&f.p, "\x81\x05hello\x81\x05"
                               "echo1"));
    close_fixture(&f);
}

static void websocket__upgrade__later_or_after_the_peer_went(void **state)
{
    struct fixture f;

    (void)state;
    rig_open(&f.rig, &config);
    for (int i = 0; i < 2; i++) {
        peer_open(&f.p, &f.rig);
        peer_text(&f.p, "GET /later HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        f.rig.held = NULL;
        rig_until(&f.rig, &f.p, f.rig.held);
        if (i == 0)
            peer_close(&f.p);
        for (int turn = 0; turn < 5; turn++)
            rig_turn(&f.rig, NULL);
        on_ws(f.rig.held, &f.rig);
        if (i == 0)
            assert_null(f.rig.ws);
    }
    rig_until(&f.rig, &f.p, peer_has(&f.p, "\x81\x05hello"));
    close_fixture(&f);
}

static void websocket__echo__large_messages(void **state)
{
    struct fixture f;
    size_t n = 900 * 1024;
    cleanup_free char *bytes = xmalloc(n);

    (void)state;
    open_fixture(&f);
    memset(bytes, 'e', n);
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a payload, not a string */
    memcpy(bytes, "echo", 4);
    for (int i = 0; i < 3; i++) {
        buf_clear(&f.p.in);
        send_frame(&f, 0x82, bytes, n);
        rig_until(&f.rig, &f.p, f.p.in.len == n + 10);
    }
    /* One that is larger than any message may be closes the connection. */
    uint8_t first[] = {0x82, 0xff, 0, 0, 0, 0, 0, 0x90, 0, 0, 1, 2, 3, 4, 'x'};
    peer_send(&f.p, first, sizeof first);
    rig_until(&f.rig, &f.p, f.p.eof && f.rig.n_closes == 1);
    close_fixture(&f);
}

static void websocket__close__on_garbage_only_that_connection(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10}, /* reserved bits and opcode */
        {"\x81\x05hello", 7},                             /* not masked */
        {"\x89\xff\0\0\0\0\0\0\x01\0\0\0\0\0", 14},       /* a ping too long */
        {"\x80\x80\0\0\0\0", 6},                          /* continues nothing */
        {"\x81\x82\0\0\0\0\xc3\x28", 8},                  /* no UTF-8 */
    };
    struct rig rig;
    struct peer good;

    (void)state;
    rig_open(&rig, &config);
    peer_open(&good, &rig);
    peer_upgrade(&good, "/ws");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer p;

        peer_open(&p, &rig);
        peer_upgrade(&p, "/ws");
        peer_send(&p, cases[i].bytes, cases[i].n);
        rig_until(&rig, &p, p.eof);
        peer_close(&p);
        rig_until(&rig, NULL, rig.n_closes == (int)i + 1);
    }
    cleanup_buf struct buf frame = {0};
    frame_append(&frame, 0x81, "echo", 4);
    peer_send(&good, frame.data, frame.len);
    rig_until(&rig, &good,
              peer_has(&good, "\x81\x04"
                              "echo"));
    rig_close(&rig);
    peer_close(&good);
}

static void websocket__close__from_either_side(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f);
    send_frame(&f, 0x88, "\x03\xe8", 2);
    rig_until(&f.rig, &f.p, f.p.eof);
    assert_memory_equal(f.p.in.data, "\x88\x02\x03\xe8", 4);
    peer_close(&f.p);
    rig_until(&f.rig, NULL, f.rig.n_closes == 1);

    peer_open(&f.p, &f.rig);
    peer_upgrade(&f.p, "/ws");
    send_frame(&f, 0x81, "bye", 3);
    rig_until(&f.rig, &f.p,
              peer_has(&f.p, "\x88\x05\x03\xe8"
                             "bye"));
    /* A peer that never answers the close frame is let go. */
    rig_until(&f.rig, &f.p, f.rig.n_closes == 2 && f.p.eof);
    peer_close(&f.p);

    peer_open(&f.p, &f.rig);
    peer_upgrade(&f.p, "/ws");
    peer_close(&f.p);
    rig_until(&f.rig, NULL, f.rig.n_closes == 3);
    rig_close(&f.rig);
}

static void websocket__send__full_then_drained(void **state)
{
    struct fixture f;
    char bytes[16384] = {0};
    size_t n_sent = 0;

    (void)state;
    open_fixture(&f);
    f.p.deaf = true;
    while (websocket_send(f.rig.ws, true, bytes, sizeof bytes)) {
        n_sent++;
        rig_turn(&f.rig, &f.p);
        assert_true(n_sent < 10000);
    }
    n_sent++;
    assert_true(websocket_queued(f.rig.ws) > WEBSOCKET_QUEUE_HIGH);
    assert_int_equal(f.rig.n_drains, 0);
    f.p.deaf = false;
    rig_until(&f.rig, &f.p, f.p.in.len == n_sent * (sizeof bytes + 4));
    assert_int_equal(f.rig.n_drains, 1);
    close_fixture(&f);
}

static void websocket__send__too_slow_a_reader_goes(void **state)
{
    struct fixture f;
    char bytes[16384] = {0};

    (void)state;
    open_fixture(&f);
    f.p.deaf = true;
    for (int i = 0; i < 10000 && f.rig.n_closes == 0; i++) {
        if (f.rig.ws)
            websocket_send(f.rig.ws, true, bytes, sizeof bytes);
        rig_turn(&f.rig, &f.p);
    }
    assert_int_equal(f.rig.n_closes, 1);
    close_fixture(&f);
}

static void websocket__bound__pings_nobody_reads_the_pongs_of(void **state)
{
    struct fixture f;
    cleanup_buf struct buf pings = {0};
    char payload[125] = {0};

    (void)state;
    open_fixture(&f);
    f.p.deaf = true;
    for (int i = 0; i < 500; i++)
        frame_append(&pings, 0x89, payload, sizeof payload);
    for (int i = 0; i < 2000; i++) {
        send(f.p.fd, pings.data, pings.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        uv_run(&f.rig.loop, UV_RUN_NOWAIT);
        assert_true(websocket_queued(f.rig.ws) < WEBSOCKET_QUEUE_MAX / 2);
    }
    close_fixture(&f);
}

static void websocket__pause__and_go_on(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f);
    send_frame(&f, 0x81, "pause", 5);
    rig_until(&f.rig, &f.p, f.rig.n_messages == 1);
    send_frame(&f, 0x81, "echo", 4);
    for (int i = 0; i < 10; i++)
        rig_turn(&f.rig, &f.p);
    assert_int_equal(f.rig.n_messages, 1);
    websocket_pause(f.rig.ws, false);
    rig_until(&f.rig, &f.p,
              peer_has(&f.p, "\x81\x04"
                             "echo"));
    /* A peer that goes while paused is noticed all the same. */
    websocket_pause(f.rig.ws, true);
    peer_close(&f.p);
    rig_until(&f.rig, NULL, f.rig.n_closes == 1);
    rig_close(&f.rig);
}

static void websocket__stop__open_and_opening(void **state)
{
    struct fixture f;
    struct peer second;

    (void)state;
    open_fixture(&f);
    peer_open(&second, &f.rig);
    peer_text(&second, "GET /later HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    rig_until(&f.rig, &second, f.rig.held);
    on_ws(f.rig.held, &f.rig);
    rig_close(&f.rig);
    assert_int_equal(f.rig.n_closes, 2);
    while (!f.p.eof) {
        char bytes[256];
        ssize_t n = recv(f.p.fd, bytes, sizeof bytes, 0);

        if (n > 0)
            buf_append(&f.p.in, bytes, (size_t)n);
        f.p.eof = n <= 0;
    }
    assert_memory_equal(f.p.in.data, "\x88\x02\x03\xe9", 4);
    peer_close(&f.p);
    peer_close(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(websocket__refuse__no_proper_handshake),
        cmocka_unit_test(websocket__echo__whole_fragmented_and_pinged),
        cmocka_unit_test(websocket__take__frames_sent_with_the_handshake),
        cmocka_unit_test(websocket__upgrade__later_or_after_the_peer_went),
        cmocka_unit_test(websocket__echo__large_messages),
        cmocka_unit_test(websocket__close__on_garbage_only_that_connection),
        cmocka_unit_test(websocket__close__from_either_side),
        cmocka_unit_test(websocket__send__full_then_drained),
        cmocka_unit_test(websocket__send__too_slow_a_reader_goes),
        cmocka_unit_test(websocket__bound__pings_nobody_reads_the_pongs_of),
        cmocka_unit_test(websocket__pause__and_go_on),
        cmocka_unit_test(websocket__stop__open_and_opening),
    };

    return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
