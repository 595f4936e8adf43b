/* SPDX-License-Identifier: MIT
 *
 * Terminals on one socket: output, input that arrives once and in order whatever breaks, sizes.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "client/feed.h"
#include "client/remote_internal.h"
#include "tests/client/world.h"

static void channel__open__connects_to_the_name_with_the_token(void **state)
{
    struct world *w = *state;
    cleanup_free char *host = xasprintf("\r\nHost: abc.localhost:%d\r\n", w->script.port);

    open_channel(w);
    assert_non_null(strcasestr(w->ws_head, host));
    assert_string_equal(text_of(&w->told), "subscribe terminal:t1\n");
    assert_int_equal(w->n_gets, 1);
    assert_int_equal(remote_lost_at_ms(w->remote), 0);
}

static void channel__output__in_every_coding(void **state)
{
    struct world *w = *state;
    struct message m;

    open_channel(w);
    send_output(w, "binary ", true);
    send_output(w, "text ", false);
    message_init(&m, MSG_TERMINAL_OUTPUT, SLICE("terminal:t1"));
    message_add_string(&m, "output", SLICE("YmFzZTY0"));
    message_add_string(&m, "encoding", SLICE("base64"));
    conn_message(sandbox_socket(w), &m, true);
    message_init(&m, MSG_TERMINAL_OUTPUT, SLICE("terminal:other"));
    message_add_string(&m, "output", SLICE("not ours"));
    conn_message(sandbox_socket(w), &m, true);
    message_init(&m, MSG_TERMINAL_OUTPUT, (struct slice){0});
    message_add_string(&m, "terminal_id", SLICE("t1"));
    message_add_string(&m, "output", SLICE(" by id"));
    conn_message(sandbox_socket(w), &m, false);
    await(&w->loop, 20000, w->output.len >= 24);
    assert_string_equal(w->output.data, "binary text base64 by id");
}

static void channel__output__fragmented_with_a_ping_between(void **state)
{
    struct world *w = *state;
    struct message m;
    struct buf out = {0};

    open_channel(w);
    message_init(&m, MSG_TERMINAL_OUTPUT, SLICE("terminal:t1"));
    message_add_string(&m, "output", SLICE("in pieces"));
    message_encode_json(&m, &out);
    struct conn *c = sandbox_socket(w);
    char head[2] = {1, 20};

    conn_raw(c, head, 2);
    conn_raw(c, out.data, 20);
    conn_frame(c, 9, "ping", 4);
    head[0] = (char)0x80;
    head[1] = (char)(out.len - 20);
    conn_raw(c, head, 2);
    conn_raw(c, out.data + 20, out.len - 20);
    buf_finish(&out);
    await(&w->loop, 20000, w->output.len);
    assert_string_equal(w->output.data, "in pieces");
}

static void channel__large_output__arrives_whole(void **state)
{
    struct world *w = *state;
    size_t n = 3000000;
    char *big = xcalloc(1, n + 1);

    open_channel(w);
    memset(big, 'x', n);
    send_output(w, big, true);
    free(big);
    await(&w->loop, 10000, w->output.len == n);
}

static void channel__refused_output__stops_reading_until_resumed(void **state)
{
    struct world *w = *state;
    char kib[1025] = "";

    open_channel(w);
    memset(kib, 'y', 1024);
    w->refuse_output = true;
    send_output(w, kib, true);
    await(&w->loop, 20000, w->output.len);
    loop_turn(&w->loop);
    size_t before = w->output.len;

    for (int i = 0; i < 100; i++)
        send_output(w, kib, true);
    for (int i = 0; i < 5; i++)
        loop_turn(&w->loop);
    assert_int_equal(w->output.len, before);
    w->refuse_output = false;
    channel_resume(w->channel);
    await(&w->loop, 20000, w->output.len == (101u << 10));
}

static void channel__several_of_one_terminal__all_hear_of_it(void **state)
{
    struct world *w = *state;
    struct channel *more[6];

    open_channel(w);
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        more[i] = channel_open(w->remote, "t1", &world_channel_ops, w);
    type(w, "x");
    await(&w->loop, 20000, !channel_pending(w->channel));
    send_output(w, "1234567", true);
    await(&w->loop, 20000, w->output.len == 7 * 7);
    channel_close(more[0]);
    send_output(w, "!", true);
    await(&w->loop, 20000, w->output.len == 7 * 7 + 6);
    type(w, "y");
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_null(strstr(w->told.data, "unsubscribe"));
    for (size_t i = 1; i < ARRAY_LEN(more); i++)
        channel_close(more[i]);
}

static void channel__nonsense__is_ignored(void **state)
{
    struct world *w = *state;
    struct conn *c;

    open_channel(w);
    c = sandbox_socket(w);
    conn_frame(c, 2, "\3\0\0", 3);
    conn_frame(c, 2, "", 0);
    conn_text(c, "{\"type\":\"terminal:output\",\"channel\":\"terminal:t1\"}");
    conn_text(c, "{\"type\":\"terminal:resized\",\"channel\":\"terminal:t1\",\"data\":"
                 "{\"rows\":-1,\"cols\":1e99}}");
    conn_text(c, "{\"type\":\"terminal:ack\",\"channel\":\"terminal:t1\",\"data\":"
                 "{\"client\":\"x\",\"seq\":1e18}}");
    send_output(w, "still here", true);
    await(&w->loop, 20000, w->output.len);
    assert_int_equal(w->rows, 0);
    assert_int_equal(w->n_destroyed, 0);
}

static void channel__closed_in_its_callback__is_harmless(void **state)
{
    struct world *w = *state;

    open_channel(w);
    w->close_on_output = true;
    send_output(w, "bye", true);
    send_output(w, "never", true);
    await(&w->loop, 20000, !sandbox_socket(w));
    assert_string_equal(w->output.data, "bye");
}

static void channel__closed__unsubscribes(void **state)
{
    struct world *w = *state;
    struct channel *other;

    open_channel(w);
    other = channel_open(w->remote, "t2", &world_channel_ops, w);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe terminal:t2\n"));
    channel_close(other);
    await(&w->loop, 20000, strstr(text_of(&w->told), "unsubscribe terminal:t2\n"));
    assert_int_equal(remote_state(w->remote), LINK_UP);
}

/* Before the loop had a chance to write any of it. */
static void fill_socket(struct world *w)
{
    cleanup_free char *kib64 = xcalloc(1, 65537);
    struct message m;

    memset(kib64, 'x', 65536);
    for (size_t n = 65536; n; n /= 2) {
        kib64[n] = '\0';
        message_init(&m, "fill", (struct slice){0});
        message_add_string(&m, "t", SLICE(kib64));
        while (remote_send(w->remote, &m))
            continue;
    }
}

static void channel__closed_while_the_socket_is_full__unsubscribes(void **state)
{
    struct world *w = *state;
    struct channel *other;
    struct feed *feed;

    open_channel(w);
    other = channel_open(w->remote, "t2", &world_channel_ops, w);
    feed = feed_open(w->remote, "things", &(struct feed_ops){0}, NULL);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe terminal:t2\n"));
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe things\n"));
    assert_true(feed_is_up(feed));
    buf_clear(&w->told);
    fill_socket(w);
    channel_close(other);
    feed_close(feed);
    other = channel_open(w->remote, "t2", &world_channel_ops, w);
    await(&w->loop, 20000, strstr(text_of(&w->told), "\nsubscribe terminal:t2\n"));
    char *end = strstr(w->told.data, "unsubscribe terminal:t2\n");
    assert_non_null(end);
    assert_non_null(strstr(end, "unsubscribe things\n"));
    assert_non_null(strstr(end, "\nsubscribe terminal:t2\n"));
    /* What is due when the connection breaks is not said on the next one. */
    fill_socket(w);
    channel_close(other);
    buf_clear(&w->told);
    cut(w);
    await(&w->loop, 20000, remote_state(w->remote) != LINK_UP);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe terminal:t1\n"));
    type(w, "x");
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_null(strstr(strstr(w->told.data, "subscribe terminal:t1\n"), "unsubscribe"));
}

static void say_answers(struct world *w, bool you)
{
    struct message m;

    message_init(&m, MSG_TERMINAL_ANSWERS, SLICE("terminal:t1"));
    message_add_boolean(&m, "you", you);
    conn_message(sandbox_socket(w), &m, true);
}

static void channel__answers__are_the_hosts_once_it_says_so(void **state)
{
    struct world *w = *state;

    open_channel(w);
    channel_colours(w->channel, "002b36");
    send_output(w, "x", true);
    await(&w->loop, 5000, w->output.len);
    /* A host that says nothing of it leaves them to us, and is not told colours. */
    assert_true(channel_answers(w->channel));
    assert_null(strstr(text_of(&w->told), "terminal:colours"));
    say_answers(w, false);
    await(&w->loop, 5000, strstr(text_of(&w->told), "terminal:colours"));
    assert_false(channel_answers(w->channel));
    say_answers(w, true);
    await(&w->loop, 5000, channel_answers(w->channel));
    say_answers(w, false);
    await(&w->loop, 5000, !channel_answers(w->channel));
    /* Each connection says it anew. */
    cut(w);
    await(&w->loop, 5000, remote_state(w->remote) != LINK_UP);
    await(&w->loop, 5000, remote_state(w->remote) == LINK_UP);
    await(&w->loop, 5000, channel_answers(w->channel));
}

static void channel__answers__are_not_asked_of_a_plain_host(void **state)
{
    struct world *w = *state;

    open_channel(w);
    assert_null(strstr(text_of(&w->told), "answers:"));
}

static void channel__answers__are_left_to_the_host(void **state)
{
    struct world *w = *state;

    w->extensions = "[\"answers\"]";
    open_channel(w);
    assert_non_null(strstr(text_of(&w->told), "subscribe terminal:t1\nanswers: host\n"));
}

/* --- input --- */

static void input__typed__arrives_and_is_acknowledged(void **state)
{
    struct world *w = *state;

    open_channel(w);
    type(w, "l");
    type(w, "s\r");
    assert_int_equal(channel_pending(w->channel), 3);
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "ls\r");
    assert_int_equal(w->n_inputs, 1); /* keys of one turn share a frame */
    assert_true(remote_round_trip_us(w->remote) >= 0);
    assert_false(w->saw_bytes_field);
}

static void input__taken_but_cut_before_the_acknowledgement__arrives_once(void **state)
{
    struct world *w = *state;

    open_channel(w);
    w->is_quiet = true;
    type(w, "one ");
    await(&w->loop, 20000, w->taken.len == 4);
    type(w, "two ");
    await(&w->loop, 20000, w->taken.len == 8);
    assert_int_equal(channel_pending(w->channel), 8);
    cut(w);
    await(&w->loop, 20000, remote_state(w->remote) == LINK_DOWN);
    assert_true(remote_lost_at_ms(w->remote) > 0);
    assert_int_equal(remote_error(w->remote)->code, ERR_CLOSED);
    type(w, "three");
    w->is_quiet = false;
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "one two three");
    assert_int_equal(w->n_inputs, 5); /* two, both again, and the third */
    assert_int_equal(remote_lost_at_ms(w->remote), 0);
}

static void input__lost_in_the_break__is_sent_again(void **state)
{
    struct world *w = *state;

    open_channel(w);
    for (int i = 0; i < 10; i++) {
        char text[16];

        snprintf(text, sizeof text, "%d ", i);
        type(w, text);
        if (i % 2) {
            cut(w); /* before the loop had a chance to deliver it */
            await(&w->loop, 20000, remote_state(w->remote) != LINK_UP);
            await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
        }
    }
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "0 1 2 3 4 5 6 7 8 9 ");
}

static void input__reopened_channel__is_not_taken_for_a_repetition(void **state)
{
    struct world *w = *state;

    open_channel(w);
    type(w, "a");
    await(&w->loop, 20000, !channel_pending(w->channel));
    channel_close(w->channel);
    w->channel = channel_open(w->remote, "t1", &world_channel_ops, w);
    type(w, "b");
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "ab");
}

static void input__not_utf8__keeps_its_bytes(void **state)
{
    struct world *w = *state;

    open_channel(w);
    type(w, "\x1b[M \xc5\xff");
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_memory_equal(w->taken.data, "\x1b[M \xc5\xff", 6);
    assert_true(w->saw_bytes_field);
}

static void input__plain_host__sends_whole_characters_and_keeps_nothing(void **state)
{
    struct world *w = *state;

    w->extensions = "[]";
    w->is_quiet = true;
    open_channel(w);
    type(w, "x\xe4\xb8");
    await(&w->loop, 20000, w->taken.len == 1);
    loop_turn(&w->loop);
    assert_int_equal(channel_pending(w->channel), 2);
    type(w, "\x96y");
    await(&w->loop, 20000, !channel_pending(w->channel));
    await(&w->loop, 20000, w->taken.len == 5);
    assert_string_equal(w->taken.data, "x世y");
    assert_false(w->saw_bytes_field);
}

static void input__too_much__is_refused_whole(void **state)
{
    struct world *w = *state;
    char *big = xcalloc(1, INPUT_QUEUE_MAX);
    struct err e;

    open_channel(w);
    memset(big, 'z', INPUT_QUEUE_MAX);
    assert_int_equal(channel_input(w->channel, big, INPUT_QUEUE_MAX - 1, &e), 0);
    assert_int_equal(channel_input(w->channel, big, 2, &e), -ERR_LIMIT);
    assert_true(e.hint[0]);
    assert_int_equal(channel_pending(w->channel), INPUT_QUEUE_MAX - 1);
    await(&w->loop, 10000, !channel_pending(w->channel));
    assert_int_equal(w->taken.len, INPUT_QUEUE_MAX - 1);
    assert_int_equal(channel_input(w->channel, big, 2, &e), 0);
    free(big);
}

static void resize__several__are_one_and_come_again_after_a_cut(void **state)
{
    struct world *w = *state;
    struct message m;

    open_channel(w);
    channel_resize(w->channel, 24, 80);
    channel_resize(w->channel, 30, 100);
    channel_resize(w->channel, 0, 100);
    channel_resize(w->channel, 50, 200);
    await(&w->loop, 20000, strstr(text_of(&w->told), "resize 200x50\n"));
    assert_null(strstr(w->told.data, "80x24"));
    buf_clear(&w->told);
    cut(w);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe terminal:t1\n"));
    assert_string_equal(w->told.data, "resize 200x50\nsubscribe terminal:t1\n");
    message_init(&m, MSG_TERMINAL_RESIZED, SLICE("terminal:t1"));
    message_add_number(&m, "rows", 10);
    message_add_number(&m, "cols", 20);
    conn_message(sandbox_socket(w), &m, true);
    await(&w->loop, 20000, w->rows == 10 && w->cols == 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(channel__open__connects_to_the_name_with_the_token),
        with_world(channel__output__in_every_coding),
        with_world(channel__output__fragmented_with_a_ping_between),
        with_world(channel__large_output__arrives_whole),
        with_world(channel__refused_output__stops_reading_until_resumed),
        with_world(channel__several_of_one_terminal__all_hear_of_it),
        with_world(channel__nonsense__is_ignored),
        with_world(channel__closed_in_its_callback__is_harmless),
        with_world(channel__answers__are_the_hosts_once_it_says_so),
        with_world(channel__answers__are_not_asked_of_a_plain_host),
        with_world(channel__answers__are_left_to_the_host),
        with_world(channel__closed__unsubscribes),
        with_world(channel__closed_while_the_socket_is_full__unsubscribes),
        with_world(input__typed__arrives_and_is_acknowledged),
        with_world(input__taken_but_cut_before_the_acknowledgement__arrives_once),
        with_world(input__lost_in_the_break__is_sent_again),
        with_world(input__reopened_channel__is_not_taken_for_a_repetition),
        with_world(input__not_utf8__keeps_its_bytes),
        with_world(input__plain_host__sends_whole_characters_and_keeps_nothing),
        with_world(input__too_much__is_refused_whole),
        with_world(resize__several__are_one_and_come_again_after_a_cut),
    };
    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
