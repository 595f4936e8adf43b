/* SPDX-License-Identifier: MIT
 *
 * One sandbox's socket against a scripted host: what is typed arrives once and in order whatever
 * breaks, and every end is told with its reason.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/command.h"
#include "tests/client/script.h"
#include "wire/base64.h"
#include "wire/names.h"

struct world {
    uv_loop_t loop;
    struct script script;
    struct client *client;
    struct gateway *gateway;
    struct remote *remote;
    struct channel *channel;
    /* The host. */
    const char *token;      /* that it takes */
    const char *given;      /* that the gateway gives */
    const char *extensions; /* of the sandbox */
    const char *terminals;  /* JSON array */
    bool is_gone, is_quiet; /* quiet: takes input without acknowledging */
    int n_gets, n_commands, n_inputs;
    char ws_head[2048], last_body[512];
    struct buf told;  /* subscribe and resize, a line each */
    struct buf taken; /* input, duplicates dropped */
    char taken_client[64];
    double taken_seq;
    bool saw_bytes_field;
    /* The client. */
    struct buf output;
    char destroyed[256];
    int n_destroyed, n_states, rows, cols, n_answers;
    bool refuse_output, close_on_output, is_closed;
    struct err error;
    char answer[256];
};

static bool is_for_sandbox(const struct conn *c)
{
    return conn_has_header(c, "\nHost: abc.localhost:");
}

static void reply_list(struct conn *c, const char *key, const char *list)
{
    cleanup_free char *text = xasprintf("{\"data\":{\"%s\":%s}}", key, list);

    conn_reply(c, 200, text);
}

static void reply_sandbox(struct world *w, struct conn *c, const char *line, const char *body)
{
    cleanup_free char *authorization = xasprintf("\nAuthorization: Bearer %s\r\n", w->token);

    snprintf(w->last_body, sizeof w->last_body, "%s", body);
    if (!conn_has_header(c, authorization))
        conn_reply(c, 401, "{\"error\":\"bad token\"}");
    else if (!strcmp(line, "GET /info"))
        reply_list(c, "extensions", w->extensions);
    else if (!strcmp(line, "GET /terminals"))
        reply_list(c, "terminals", w->terminals);
    else if (!strcmp(line, "POST /terminals"))
        conn_reply(c, 201, "{\"data\":{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"}}");
    else if (!strncmp(line, "DELETE /terminals/", 18))
        conn_raw(c, "HTTP/1.1 204 No Content\r\n\r\n", 27);
    else if (!strcmp(line, "POST /run/command"))
        conn_reply(c, 200,
                   "{\"data\":{\"stdout\":\"hi\\u0000\\n\",\"stderr\":\"\",\"exit_code\":3}}");
    else
        conn_reply(c, 404, "{\"error\":\"not found\"}");
}

static void reply_view(struct world *w, struct conn *c)
{
    cleanup_free char *text =
        xasprintf("{\"data\":{\"sandboxId\":\"abc\",\"url\":\"http://abc.localhost:%d\","
                  "\"token\":\"%s\"}}",
                  w->script.port, w->given);

    w->n_gets++;
    conn_reply(c, w->is_gone ? 404 : 200, w->is_gone ? "{\"error\":\"no\"}" : text);
}

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    struct world *w = user;
    cleanup_free char *ws = xasprintf("GET /ws?token=%s&protocol=binary", w->token);

    if (!strcmp(line, ws)) {
        snprintf(w->ws_head, sizeof w->ws_head, "%s", c->head);
        conn_upgrade(c);
    } else if (!strncmp(line, "GET /ws?", 8)) {
        conn_reply(c, w->is_gone ? 404 : 401, "{\"error\":\"bad token\"}");
    } else if (is_for_sandbox(c)) {
        reply_sandbox(w, c, line, body);
    } else if (!strncmp(line, "GET /v1/ws", 10)) {
        conn_upgrade(c);
    } else if (!strcmp(line, "GET /info")) {
        conn_reply(c, 200, "{\"data\":{\"extensions\":[\"list\"]}}");
    } else if (!strcmp(line, "GET /v1/sandboxes/abc")) {
        reply_view(w, c);
    } else {
        conn_reply(c, 404, "{\"error\":\"not found\"}");
    }
}

static void take_input(struct world *w, struct conn *c, const struct message *m)
{
    struct slice client = message_string(m, "client"), input = message_string(m, "input");
    double seq = message_number(m, "seq", 0);
    struct message ack;

    w->n_inputs++;
    w->saw_bytes_field |= message_field(m, "input")->type == FIELD_BYTES;
    if (!slice_equal(client, w->taken_client)) {
        snprintf(w->taken_client, sizeof w->taken_client, "%.*s", (int)client.len, client.data);
        w->taken_seq = 0;
    }
    if (seq == w->taken_seq + 1) {
        buf_append(&w->taken, input.data, input.len);
        w->taken_seq = seq;
    }
    if (w->is_quiet)
        return;
    message_init(&ack, MSG_TERMINAL_ACK, SLICE("terminal:t1"));
    message_add_string(&ack, "terminal_id", SLICE("t1"));
    message_add_string(&ack, "client", client);
    message_add_number(&ack, "seq", w->taken_seq);
    conn_message(c, &ack, true);
}

static void on_frame(struct conn *c, int op, const char *bytes, size_t n, void *user)
{
    struct world *w = user;
    struct message m;

    if (op != 2 || message_parse_binary(&m, bytes, n, NULL))
        return;
    if (slice_equal(m.type, MSG_TERMINAL_INPUT))
        take_input(w, c, &m);
    else if (slice_equal(m.type, MSG_TERMINAL_RESIZE))
        buf_printf(&w->told, "resize %gx%g\n", message_number(&m, "cols", 0),
                   message_number(&m, "rows", 0));
    else
        buf_printf(&w->told, "%.*s %.*s\n", (int)m.type.len, m.type.data, (int)m.channel.len,
                   m.channel.data);
}

static const char *text_of(const struct buf *b)
{
    return b->data ? b->data : "";
}

/* --- the client's side --- */

static bool on_output(void *user, const char *bytes, size_t n)
{
    struct world *w = user;

    buf_append(&w->output, bytes, n);
    if (w->close_on_output) {
        channel_close(steal_pointer(&w->channel));
        remote_release(steal_pointer(&w->remote));
    }
    return !w->refuse_output;
}

static void on_destroyed(void *user, const char *reason)
{
    struct world *w = user;

    w->n_destroyed++;
    snprintf(w->destroyed, sizeof w->destroyed, "%s", reason);
}

static void on_resized(void *user, int rows, int cols)
{
    struct world *w = user;

    w->rows = rows;
    w->cols = cols;
}

static void on_state(void *user)
{
    ((struct world *)user)->n_states++;
}

static const struct channel_ops ops = {
    .on_output = on_output,
    .on_destroyed = on_destroyed,
    .on_resized = on_resized,
    .on_state = on_state,
};

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    uv_loop_init(&w->loop);
    script_start(&w->script, &w->loop);
    w->script.on_request = on_request;
    w->script.on_frame = on_frame;
    w->script.user = w;
    w->token = w->given = "tok";
    w->extensions = "[\"input-ack\",\"snapshot\"]";
    w->terminals = "[{\"id\":\"t1\",\"rows\":24,\"cols\":80},{\"id\":\"t2\"},{\"no\":1}]";
    w->client = client_create(&w->loop, NULL);
    w->gateway =
        gateway_create(w->client, &(struct gateway_config){.url = w->script.url, .api_key = "key"});
    w->remote = remote_acquire(w->gateway, "abc");
    *state = w;
    return 0;
}

static void on_closed(void *user)
{
    ((struct world *)user)->is_closed = true;
}

static int teardown(void **state)
{
    struct world *w = *state;

    channel_close(w->channel);
    remote_release(w->remote);
    gateway_destroy(w->gateway);
    client_destroy(w->client, on_closed, w);
    await(&w->loop, 5000, w->is_closed);
    script_stop(&w->script);
    loop_finish(&w->loop);
    buf_finish(&w->told);
    buf_finish(&w->taken);
    buf_finish(&w->output);
    free(w);
    return 0;
}

static struct conn *sandbox_socket(struct world *w)
{
    struct conn *c;

    LIST_FOREACH (c, &w->script.conns, link) {
        if (c->is_websocket && !strncmp(c->target, "/ws?", 4))
            return c;
    }
    return NULL;
}

static void cut(struct world *w)
{
    conn_close(sandbox_socket(w));
}

static void open_channel(struct world *w)
{
    w->channel = channel_open(w->remote, "t1", &ops, w);
    await(&w->loop, 5000, strstr(text_of(&w->told), "subscribe terminal:t1\n"));
    assert_int_equal(remote_state(w->remote), LINK_UP);
    /* Until the host's extensions are known. */
    await(&w->loop, 5000, w->script.n_requests >= 6);
    loop_turn(&w->loop);
}

static void send_output(struct world *w, const char *text, bool is_binary)
{
    struct message m;

    message_init(&m, MSG_TERMINAL_OUTPUT, SLICE("terminal:t1"));
    message_add_string(&m, "terminal_id", SLICE("t1"));
    message_add_string(&m, "output", SLICE(text));
    conn_message(sandbox_socket(w), &m, is_binary);
}

static void type(struct world *w, const char *text)
{
    assert_int_equal(channel_input(w->channel, text, strlen(text), NULL), 0);
}

/* --- streams --- */

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
    await(&w->loop, 5000, w->output.len >= 24);
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
    await(&w->loop, 5000, w->output.len);
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
    await(&w->loop, 5000, w->output.len);
    loop_turn(&w->loop);
    size_t before = w->output.len;

    for (int i = 0; i < 100; i++)
        send_output(w, kib, true);
    for (int i = 0; i < 5; i++)
        loop_turn(&w->loop);
    assert_int_equal(w->output.len, before);
    w->refuse_output = false;
    channel_resume(w->channel);
    await(&w->loop, 5000, w->output.len == (101u << 10));
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
    await(&w->loop, 5000, w->output.len);
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
    await(&w->loop, 5000, !sandbox_socket(w));
    assert_string_equal(w->output.data, "bye");
}

static void channel__closed__unsubscribes(void **state)
{
    struct world *w = *state;
    struct channel *other;

    open_channel(w);
    other = channel_open(w->remote, "t2", &ops, w);
    await(&w->loop, 5000, strstr(text_of(&w->told), "subscribe terminal:t2\n"));
    channel_close(other);
    await(&w->loop, 5000, strstr(text_of(&w->told), "unsubscribe terminal:t2\n"));
    assert_int_equal(remote_state(w->remote), LINK_UP);
}

/* --- input --- */

static void input__typed__arrives_and_is_acknowledged(void **state)
{
    struct world *w = *state;

    open_channel(w);
    type(w, "l");
    type(w, "s\r");
    assert_int_equal(channel_pending(w->channel), 3);
    await(&w->loop, 5000, !channel_pending(w->channel));
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
    await(&w->loop, 5000, w->taken.len == 4);
    type(w, "two ");
    await(&w->loop, 5000, w->taken.len == 8);
    assert_int_equal(channel_pending(w->channel), 8);
    cut(w);
    await(&w->loop, 5000, remote_state(w->remote) == LINK_DOWN);
    assert_true(remote_lost_at_ms(w->remote) > 0);
    assert_int_equal(remote_error(w->remote)->code, ERR_CLOSED);
    type(w, "three");
    w->is_quiet = false;
    await(&w->loop, 5000, !channel_pending(w->channel));
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
            await(&w->loop, 5000, remote_state(w->remote) != LINK_UP);
            await(&w->loop, 5000, remote_state(w->remote) == LINK_UP);
        }
    }
    await(&w->loop, 5000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "0 1 2 3 4 5 6 7 8 9 ");
}

static void input__reopened_channel__is_not_taken_for_a_repetition(void **state)
{
    struct world *w = *state;

    open_channel(w);
    type(w, "a");
    await(&w->loop, 5000, !channel_pending(w->channel));
    channel_close(w->channel);
    w->channel = channel_open(w->remote, "t1", &ops, w);
    type(w, "b");
    await(&w->loop, 5000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "ab");
}

static void input__not_utf8__keeps_its_bytes(void **state)
{
    struct world *w = *state;

    open_channel(w);
    type(w, "\x1b[M \xc5\xff");
    await(&w->loop, 5000, !channel_pending(w->channel));
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
    await(&w->loop, 5000, w->taken.len == 1);
    loop_turn(&w->loop);
    assert_int_equal(channel_pending(w->channel), 2);
    type(w, "\x96y");
    await(&w->loop, 5000, !channel_pending(w->channel));
    await(&w->loop, 5000, w->taken.len == 5);
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
    await(&w->loop, 5000, strstr(text_of(&w->told), "resize 200x50\n"));
    assert_null(strstr(w->told.data, "80x24"));
    buf_clear(&w->told);
    cut(w);
    await(&w->loop, 5000, strstr(text_of(&w->told), "subscribe terminal:t1\n"));
    assert_string_equal(w->told.data, "resize 200x50\nsubscribe terminal:t1\n");
    message_init(&m, MSG_TERMINAL_RESIZED, SLICE("terminal:t1"));
    message_add_number(&m, "rows", 10);
    message_add_number(&m, "cols", 20);
    conn_message(sandbox_socket(w), &m, true);
    await(&w->loop, 5000, w->rows == 10 && w->cols == 20);
}

/* --- the link --- */

static void link__cut__is_back_within_two_seconds_of_the_host(void **state)
{
    struct world *w = *state;

    open_channel(w);
    script_unlisten(&w->script);
    script_cut(&w->script);
    await(&w->loop, 5000, remote_error(w->remote)->code == ERR_REFUSED);
    for (int i = 0; i < 30; i++)
        loop_turn(&w->loop);
    assert_int_equal(remote_state(w->remote), LINK_DOWN);
    script_listen(&w->script);
    int64_t back_ms = clock_mono_ms();

    await(&w->loop, 5000, remote_state(w->remote) == LINK_UP);
    assert_true(clock_mono_ms() - back_ms < 2500);
    assert_int_equal(w->n_destroyed, 0);
}

static void link__told_to_retry__does_so_at_once(void **state)
{
    struct world *w = *state;

    open_channel(w);
    script_unlisten(&w->script);
    script_cut(&w->script);
    for (int i = 0; i < 30; i++)
        loop_turn(&w->loop);
    script_listen(&w->script);
    int64_t told_ms = clock_mono_ms();

    remote_retry(w->remote);
    await(&w->loop, 5000, remote_state(w->remote) == LINK_UP);
    assert_true(clock_mono_ms() - told_ms < 500);
}

static void link__token_replaced__is_fetched_again(void **state)
{
    struct world *w = *state;

    open_channel(w);
    w->token = w->given = "new";
    cut(w);
    await(&w->loop, 5000, remote_state(w->remote) != LINK_UP);
    await(&w->loop, 5000, remote_state(w->remote) == LINK_UP);
    assert_int_equal(w->n_gets, 2);
}

static void link__frozen_host__is_noticed_by_its_silence(void **state)
{
    struct world *w = *state;

    open_channel(w);
    script_set_deaf(&w->script, true);
    type(w, "hello?");
    int64_t typed_ms = clock_mono_ms();

    await(&w->loop, 15000, remote_state(w->remote) == LINK_DOWN);
    assert_int_equal(remote_error(w->remote)->code, ERR_TIMEOUT);
    assert_true(clock_mono_ms() - typed_ms >= 7000);
    assert_true(clock_mono_ms() - typed_ms <= 11000);
    script_cut(&w->script);
    script_set_deaf(&w->script, false);
    await(&w->loop, 5000, !channel_pending(w->channel));
    assert_string_equal(w->taken.data, "hello?");
}

static void on_prepare(uv_prepare_t *prepare)
{
    ++*(int *)prepare->data;
}

static void on_second(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void link__idle__wakes_nobody(void **state)
{
    struct world *w = *state;
    uv_prepare_t prepare;
    uv_timer_t timer;
    int n_turns = 0;

    open_channel(w);
    type(w, "x");
    await(&w->loop, 5000, !channel_pending(w->channel));
    for (int i = 0; i < 5; i++)
        loop_turn(&w->loop);
    uv_prepare_init(&w->loop, &prepare);
    prepare.data = &n_turns;
    uv_prepare_start(&prepare, on_prepare);
    uv_timer_init(&w->loop, &timer);
    uv_timer_start(&timer, on_second, 1500, 0);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&prepare, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    loop_turn(&w->loop);
    assert_true(n_turns <= 3);
}

/* --- ends --- */

static void end__sandbox_not_there__is_told_once(void **state)
{
    struct world *w = *state;

    w->is_gone = true;
    w->channel = channel_open(w->remote, "t1", &ops, w);
    await(&w->loop, 5000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the sandbox is gone");
    assert_int_equal(remote_state(w->remote), LINK_FAILED);
    struct channel *late = channel_open(w->remote, "t2", &ops, w);

    await(&w->loop, 5000, w->n_destroyed == 2);
    channel_close(late);
    assert_int_equal(channel_input(w->channel, "x", 1, NULL), -ERR_NOT_FOUND);
}

static void end__sandbox_destroyed_under_a_shell__is_told(void **state)
{
    struct world *w = *state;

    open_channel(w);
    w->is_gone = true;
    w->token = "none";
    cut(w);
    await(&w->loop, 2000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the sandbox is gone");
    loop_turn(&w->loop);
    assert_int_equal(w->n_destroyed, 1);
}

static void tell_list(struct world *w, const char *text)
{
    struct conn *c;

    LIST_FOREACH (c, &w->script.conns, link) {
        if (c->is_websocket && !strncmp(c->target, "/v1/ws", 6))
            conn_text(c, text);
    }
}

static void end__gateway_says_lost__is_told_with_the_reason(void **state)
{
    struct world *w = *state;

    open_channel(w);
    tell_list(w,
              "{\"type\":\"sandbox:updated\",\"data\":{\"sandboxId\":\"abc\",\"status\":\"lost\","
              "\"reason\":\"its daemon was killed\"}}");
    await(&w->loop, 5000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the sandbox was lost: its daemon was killed");
    await(&w->loop, 5000, !sandbox_socket(w));
}

static void end__shell_exit__is_told_with_its_status(void **state)
{
    struct world *w = *state;
    struct message m;

    open_channel(w);
    message_init(&m, MSG_TERMINAL_DESTROYED, SLICE("terminal:t1"));
    message_add_number(&m, "exit_code", 3);
    conn_message(sandbox_socket(w), &m, false);
    conn_message(sandbox_socket(w), &m, false);
    await(&w->loop, 5000, w->n_destroyed);
    loop_turn(&w->loop);
    assert_int_equal(w->n_destroyed, 1);
    assert_string_equal(w->destroyed, "the shell ended with status 3");
}

static void end__terminal_missing_after_a_cut__is_told(void **state)
{
    struct world *w = *state;

    open_channel(w);
    w->terminals = "[{\"id\":\"t2\"}]";
    cut(w);
    await(&w->loop, 5000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the terminal is gone");
}

static void end__released_while_connecting__leaves_nothing(void **state)
{
    struct world *w = *state;

    w->channel = channel_open(w->remote, "t1", &ops, w);
    channel_input(w->channel, "x", 1, NULL);
    await(&w->loop, 5000, w->n_gets);
    channel_close(steal_pointer(&w->channel));
    remote_release(steal_pointer(&w->remote));
    w->remote = remote_acquire(w->gateway, "abc");
    w->channel = channel_open(w->remote, "t1", &ops, w);
}

/* --- calls --- */

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    snprintf(w->answer, sizeof w->answer, "%s", t ? t->id : "");
}

static void on_terminals(void *user, const struct terminal_info *t, size_t n, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    snprintf(w->answer, sizeof w->answer, "%zu %s %dx%d", n, n ? t[0].id : "", n ? t[0].cols : 0,
             n ? t[0].rows : 0);
}

static void on_done(void *user, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
}

static void on_command(void *user, const struct command_result *c, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    if (c)
        snprintf(w->answer, sizeof w->answer, "%d %zu %s", c->exit_code, c->out_len, c->out);
}

static void calls__terminals_and_commands__work(void **state)
{
    struct world *w = *state;

    terminal_create(w->remote, &(struct terminal_options){.rows = 24, .cols = 80}, on_terminal, w);
    await(&w->loop, 5000, w->n_answers == 1);
    assert_string_equal(w->answer, "t1");
    assert_string_equal(w->last_body, "{\"pty\":true,\"rows\":24,\"cols\":80}");
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 5000, w->n_answers == 2);
    assert_string_equal(w->answer, "2 t1 80x24");
    terminal_destroy(w->remote, "t1", on_done, w);
    await(&w->loop, 5000, w->n_answers == 3);
    assert_int_equal(w->error.code, 0);
    command_run(w->remote, &(struct command_options){.command = "echo hi"}, on_command, w);
    await(&w->loop, 5000, w->n_answers == 4);
    assert_string_equal(w->answer, "3 4 hi");
    assert_string_equal(w->last_body, "{\"command\":\"echo hi\"}");
    assert_int_equal(w->n_gets, 1);
    assert_int_equal(script_n_websockets(&w->script) <= 1, 1);
}

static void calls__token_refused__is_fetched_again_once(void **state)
{
    struct world *w = *state;

    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 5000, w->n_answers == 1);
    w->token = w->given = "new";
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 5000, w->n_answers == 2);
    assert_int_equal(w->error.code, 0);
    assert_int_equal(w->n_gets, 2);
    w->token = "newer";
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 5000, w->n_answers == 3);
    assert_int_equal(w->error.code, ERR_AUTH);
    assert_non_null(strstr(w->error.text, "sandbox abc"));
    assert_int_equal(w->n_gets, 3);
}

static void calls__sandbox_gone__fail_with_the_reason(void **state)
{
    struct world *w = *state;

    w->is_gone = true;
    terminal_list(w->remote, on_terminals, w);
    request_cancel(terminal_list(w->remote, on_terminals, w));
    await(&w->loop, 5000, w->n_answers);
    assert_int_equal(w->error.code, ERR_NOT_FOUND);
    assert_non_null(strstr(w->error.text, "gone"));
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 5000, w->n_answers == 2);
    assert_int_equal(w->error.code, ERR_NOT_FOUND);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(channel__open__connects_to_the_name_with_the_token),
        with_world(channel__output__in_every_coding),
        with_world(channel__output__fragmented_with_a_ping_between),
        with_world(channel__large_output__arrives_whole),
        with_world(channel__refused_output__stops_reading_until_resumed),
        with_world(channel__nonsense__is_ignored),
        with_world(channel__closed_in_its_callback__is_harmless),
        with_world(channel__closed__unsubscribes),
        with_world(input__typed__arrives_and_is_acknowledged),
        with_world(input__taken_but_cut_before_the_acknowledgement__arrives_once),
        with_world(input__lost_in_the_break__is_sent_again),
        with_world(input__reopened_channel__is_not_taken_for_a_repetition),
        with_world(input__not_utf8__keeps_its_bytes),
        with_world(input__plain_host__sends_whole_characters_and_keeps_nothing),
        with_world(input__too_much__is_refused_whole),
        with_world(resize__several__are_one_and_come_again_after_a_cut),
        with_world(link__cut__is_back_within_two_seconds_of_the_host),
        with_world(link__told_to_retry__does_so_at_once),
        with_world(link__token_replaced__is_fetched_again),
        with_world(link__idle__wakes_nobody),
        with_world(link__frozen_host__is_noticed_by_its_silence),
        with_world(end__sandbox_not_there__is_told_once),
        with_world(end__sandbox_destroyed_under_a_shell__is_told),
        with_world(end__gateway_says_lost__is_told_with_the_reason),
        with_world(end__shell_exit__is_told_with_its_status),
        with_world(end__terminal_missing_after_a_cut__is_told),
        with_world(end__released_while_connecting__leaves_nothing),
        with_world(calls__terminals_and_commands__work),
        with_world(calls__token_refused__is_fetched_again_once),
        with_world(calls__sandbox_gone__fail_with_the_reason),
    };
    return cmocka_run_group_tests_name("remote", tests, NULL, NULL);
}
