/* SPDX-License-Identifier: MIT
 *
 * Malformed WebSocket frames and messages at a sandbox: they end their own connection at most; the
 * witness, another connection of the same sandbox, goes on.
 */
#include "tests/host/hostile/guest.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

static struct host host;
static struct guest guest;
static struct ws witness;
static char *terminal;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    host_init(&host, false);
    host_start(&host, NULL);
    guest_create(&guest, &host, "{}");
    terminal = guest_pty(&guest);
    assert_int_equal(ws_open(&witness, &guest, guest.token, "json"), 101);
    ws_say(&witness, "{\"type\":\"subscribe\",\"channel\":\"terminal:%s\"}", terminal);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ws_close(&witness);
    free(terminal);
    guest_finish(&guest);
    host_finish(&host);
    return 0;
}

/* The terminal answers the witness, with something new each time. */
static void assert_witness(void)
{
    static int n;
    cleanup_free char *answer = xasprintf("witness-%d-", ++n * 7);

    ws_say(&witness,
           "{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"%s\","
           "\"input\":\"\\necho witness-$((%d*7))-\\n\"}}",
           terminal, n);
    ws_wait(&witness, answer);
}

#define BYTES(text) (text), sizeof(text) - 1
#define MASK        "\0\0\0\0"

static void frame__close__what_is_no_frame(void **state)
{
    static const struct {
        const char *what, *bytes;
        size_t n;
    } cases[] = {
        {"unmasked", BYTES("\x81\x02{}")},
        {"reserved bit 1", BYTES("\xc1\x82" MASK "{}")},
        {"reserved bit 2", BYTES("\xa1\x82" MASK "{}")},
        {"reserved bit 3", BYTES("\x91\x82" MASK "{}")},
        {"reserved opcode 3", BYTES("\x83\x82" MASK "{}")},
        {"reserved opcode 7", BYTES("\x87\x80" MASK)},
        {"reserved opcode 15", BYTES("\x8f\x80" MASK)},
        {"a length with the highest bit", BYTES("\x82\xff\x80\0\0\0\0\0\0\0" MASK "x")},
        {"a length of 2^63-1", BYTES("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" MASK "x")},
        {"a length of 1 TiB", BYTES("\x82\xff\0\0\1\0\0\0\0\0" MASK "x")},
        {"a message above the bound", BYTES("\x82\xff\0\0\0\0\x01\x00\x00\x01" MASK "x")},
        {"a fragmented ping", BYTES("\x09\x81" MASK "x")},
        {"a ping of 126 bytes", BYTES("\x89\xfe\0\x7e" MASK)},
        {"a fragmented close", BYTES("\x08\x80" MASK)},
        {"a close with one byte", BYTES("\x88\x81" MASK "x")},
        {"a close with code 1005", BYTES("\x88\x82" MASK "\x03\xed")},
        {"a close with broken text", BYTES("\x88\x84" MASK "\x03\xe8\xff\xfe")},
        {"text that is not UTF-8", BYTES("\x81\x82" MASK "\xff\xfe")},
        {"text with a surrogate", BYTES("\x81\x83" MASK "\xed\xa0\x80")},
        {"a continuation of nothing", BYTES("\x80\x82" MASK "{}")},
        {"a text within a text", BYTES("\x01\x81" MASK "{\x81\x81" MASK "}")},
        {"noise", BYTES("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ws ws;

        print_message("# %s\n", cases[i].what);
        assert_int_equal(ws_open(&ws, &guest, guest.token, "binary"), 101);
        assert_int_equal(send(ws.fd, cases[i].bytes, cases[i].n, MSG_NOSIGNAL),
                         (ssize_t)cases[i].n);
        ws_wait_end(&ws);
        ws_close(&ws);
    }
    assert_witness();
}

/* Only the sum of the fragments passes the bound. */
static void frame__close__a_message_too_large_in_fragments(void **state)
{
    cleanup_buf struct buf piece = {0};
    cleanup_free char *bytes = xcalloc(1, 65536);
    struct ws ws;
    int64_t end = clock_mono_ms() + HOST_DEADLINE_MS;

    (void)state;
    memset(bytes, ' ', 65536);
    assert_int_equal(ws_open(&ws, &guest, guest.token, "binary"), 101);
    frame_append(&piece, 2, true, bytes, 65536);
    while (send(ws.fd, piece.data, piece.len, MSG_NOSIGNAL) > 0) {
        assert_true(clock_mono_ms() < end);
        piece.data[0] = 0; /* a continuation */
    }
    ws_close(&ws);
    assert_witness();
}

static void append_number(struct buf *out, uint32_t number, int n_bytes)
{
    while (n_bytes--)
        buf_append_char(out, (char)(number >> (8 * n_bytes)));
}

static void append_field(struct buf *out, const char *key, int type, const void *value, size_t n)
{
    append_number(out, (uint32_t)strlen(key), 2);
    buf_append_str(out, key);
    append_number(out, (uint32_t)type, 1);
    append_number(out, (uint32_t)n, 4);
    buf_append(out, value, n);
}

/* A message of protocol.md section 3. */
static void append_message(struct buf *out, int kind, const char *channel, const char *type,
                           const struct buf *data)
{
    append_number(out, (uint32_t)kind, 1);
    append_number(out, (uint32_t)strlen(channel), 2);
    buf_append_str(out, channel);
    append_number(out, (uint32_t)strlen(type), 2);
    buf_append_str(out, type);
    append_number(out, (uint32_t)data->len, 4);
    buf_append(out, data->data, data->len);
}

static void message__ignore__truncated_at_every_byte(void **state)
{
    cleanup_buf struct buf data = {0};
    cleanup_buf struct buf none = {0};
    struct buf messages[4] = {{0}};
    cleanup_free char *channel = xasprintf("terminal:%s", terminal);
    struct ws ws;

    (void)state;
    append_number(&data, 2, 2);
    append_field(&data, "terminal_id", 1, terminal, strlen(terminal));
    append_field(&data, "input", 1, "true\n", 5);
    append_message(&messages[0], 3, "", "terminal:input", &data);
    buf_clear(&data);
    append_number(&data, 3, 2);
    append_field(&data, "terminal_id", 1, terminal, strlen(terminal));
    append_field(&data, "cols", 2, "\x40\x54\0\0\0\0\0\0", 8);
    append_field(&data, "rows", 2, "\x40\x38\0\0\0\0\0\0", 8);
    append_message(&messages[1], 3, "", "terminal:resize", &data);
    append_number(&none, 0, 2);
    append_message(&messages[2], 1, channel, "subscribe", &none);
    append_message(&messages[3], 2, channel, "unsubscribe", &none);
    assert_int_equal(ws_open(&ws, &guest, guest.token, "binary"), 101);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        for (size_t n = 0; n <= messages[i].len; n++)
            ws_send(&ws, 2, messages[i].data, n);
    }
    /* Garbage in every byte, too. */
    for (size_t i = 0; i < messages[0].len; i++) {
        char saved = messages[0].data[i];

        messages[0].data[i] = (char)0xff;
        ws_send(&ws, 2, messages[0].data, messages[0].len);
        messages[0].data[i] = saved;
    }
    ws_sync(&ws);
    ws_close(&ws);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        buf_finish(&messages[i]);
    assert_witness();
}

static void message__ignore__json_without_measure(void **state)
{
    static const struct {
        const char *before, *piece;
        int times;
        const char *after;
    } cases[] = {
        {"", "[", 100000, ""},
        {"{\"type\":\"subscribe\",\"channel\":", "[", 100000, ""},
        {"{\"type\":\"terminal:input\",\"data\":", "{\"data\":", 100000, ""},
        {"{\"type\":\"", "a", 1000000, "\"}"},
        {"{\"type\":\"subscribe\",\"channel\":\"", "a", 70000, "\"}"},
        {"{", "\"type\":\"subscribe\",", 50000, "\"channel\":\"x\"}"},
        {"{\"type\":\"terminal:resize\",\"data\":{\"cols\":", "9", 100000, "}}"},
    };
    struct ws ws;

    (void)state;
    assert_int_equal(ws_open(&ws, &guest, guest.token, "json"), 101);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf text = {0};

        buf_append_str(&text, cases[i].before);
        for (int k = 0; k < cases[i].times; k++)
            buf_append_str(&text, cases[i].piece);
        buf_append_str(&text, cases[i].after);
        ws_send(&ws, 1, text.data, text.len);
    }
    ws_sync(&ws);
    ws_close(&ws);
    assert_witness();
}

static void subscription__bound__ten_thousand_channels(void **state)
{
    enum { N = 10000 };
    struct ws ws;

    (void)state;
    assert_int_equal(ws_open(&ws, &guest, guest.token, "json"), 101);
    for (int i = 0; i < N; i++)
        ws_say(&ws, "{\"type\":\"subscribe\",\"channel\":\"nothing:%d\"}", i);
    ws_sync(&ws);
    assert_witness();
    /* Room is made again. */
    for (int i = 0; i < N; i++)
        ws_say(&ws, "{\"type\":\"unsubscribe\",\"channel\":\"nothing:%d\"}", i);
    ws_say(&ws, "{\"type\":\"subscribe\",\"channel\":\"terminal:%s\"}", terminal);
    ws_say(&ws,
           "{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"%s\","
           "\"input\":\"echo room-$((6*7))-\\n\"}}",
           terminal);
    ws_wait(&ws, "room-42-");
    ws_close(&ws);
}

static void subscription__storm__on_and_off(void **state)
{
    cleanup_buf struct buf storm = {0};
    cleanup_free char *on =
        xasprintf("{\"type\":\"subscribe\",\"channel\":\"terminal:%s\"}", terminal);
    cleanup_free char *off =
        xasprintf("{\"type\":\"unsubscribe\",\"channel\":\"terminal:%s\"}", terminal);
    struct frame f;
    struct ws ws;

    (void)state;
    assert_int_equal(ws_open(&ws, &guest, guest.token, "json"), 101);
    for (int i = 0; i < 1000; i++) {
        frame_append(&storm, 0x81, true, on, strlen(on));
        frame_append(&storm, 0x81, true, off, strlen(off));
    }
    for (size_t sent = 0; sent < storm.len;) {
        ssize_t n = send(ws.fd, storm.data + sent, storm.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        sent += n > 0 ? (size_t)n : 0;
        if (n <= 0 && !ws_next(&ws, &f, clock_mono_ms() + 10))
            fail_msg("the connection ended");
    }
    ws_sync(&ws);
    ws_close(&ws);
    assert_witness();
}

/* Bound: 512 on one sandbox. Further ones are refused in JSON, and room comes back. */
static void socket__bound__refused_then_room_again(void **state)
{
    enum { N = 600 };
    struct ws sockets[N];
    int n_open = 0, n_refused = 0;

    (void)state;
    need_files(N + 100);
    for (int i = 0; i < N; i++) {
        int status = ws_open(&sockets[i], &guest, guest.token, "json");

        n_open += status == 101;
        n_refused += status >= 400;
    }
    assert_int_equal(n_open + n_refused, N);
    assert_true(n_open >= 500 && n_refused > 0);
    for (int i = 0; i < N; i++)
        ws_close(&sockets[i]);
    wait_until(ws_open(&sockets[0], &guest, guest.token, "json") == 101);
    ws_close(&sockets[0]);
    assert_witness();
}

static void handshake__refuse__whoever_may_not(void **state)
{
    static const char *const tokens[] = {"", "wrong", "%00", "test-key"};
    struct guest other;
    struct ws ws;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        assert_int_equal(ws_open(&ws, &guest, tokens[i], "json"), 401);
    guest_create(&other, &host, "{}");
    assert_int_equal(ws_open(&ws, &guest, other.token, "json"), 401);
    assert_int_equal(ws_open(&ws, &other, guest.token, "binary"), 401);
    guest_finish(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame__close__what_is_no_frame),
        cmocka_unit_test(frame__close__a_message_too_large_in_fragments),
        cmocka_unit_test(message__ignore__truncated_at_every_byte),
        cmocka_unit_test(message__ignore__json_without_measure),
        cmocka_unit_test(subscription__bound__ten_thousand_channels),
        cmocka_unit_test(subscription__storm__on_and_off),
        cmocka_unit_test(socket__bound__refused_then_room_again),
        cmocka_unit_test(handshake__refuse__whoever_may_not),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("hostile_frames", tests, set_up, tear_down);
}
