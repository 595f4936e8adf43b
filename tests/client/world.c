/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/client/world.h"

#include <stdio.h>
#include <string.h>

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
    else if (!strcmp(line, "GET /info") && w->n_infos++ >= 0 && w->is_info_broken)
        conn_reply(c, 502, "{\"error\":\"starting\"}");
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
    if (m.kind == MESSAGE_SUBSCRIBE && m.n_fields)
        buf_printf(&w->told, "answers: %.*s\n", (int)message_string(&m, "answers").len,
                   message_string(&m, "answers").data);
}

const char *text_of(const struct buf *b)
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

static void on_destroyed(void *user, const struct channel_end *end)
{
    struct world *w = user;

    w->n_destroyed++;
    snprintf(w->destroyed, sizeof w->destroyed, "%s", end->reason);
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

const struct channel_ops world_channel_ops = {
    .on_output = on_output,
    .on_destroyed = on_destroyed,
    .on_resized = on_resized,
    .on_state = on_state,
};

int world_setup(void **state)
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

int world_teardown(void **state)
{
    struct world *w = *state;

    channel_close(w->channel);
    remote_release(w->remote);
    gateway_destroy(w->gateway);
    client_destroy(w->client, on_closed, w);
    await(&w->loop, 20000, w->is_closed);
    script_stop(&w->script);
    loop_finish(&w->loop);
    buf_finish(&w->told);
    buf_finish(&w->taken);
    buf_finish(&w->output);
    free(w);
    return 0;
}

struct conn *sandbox_socket(struct world *w)
{
    struct conn *c;

    LIST_FOREACH (c, &w->script.conns, link) {
        if (c->is_websocket && !strncmp(c->target, "/ws?", 4))
            return c;
    }
    return NULL;
}

void cut(struct world *w)
{
    conn_close(sandbox_socket(w));
}

void open_channel(struct world *w)
{
    w->channel = channel_open(w->remote, "t1", &world_channel_ops, w);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe terminal:t1\n"));
    assert_int_equal(remote_state(w->remote), LINK_UP);
    /* Until the host's extensions are known. */
    await(&w->loop, 20000, w->script.n_requests >= 6);
    loop_turn(&w->loop);
}

void send_output(struct world *w, const char *text, bool is_binary)
{
    struct message m;

    message_init(&m, MSG_TERMINAL_OUTPUT, SLICE("terminal:t1"));
    message_add_string(&m, "terminal_id", SLICE("t1"));
    message_add_string(&m, "output", SLICE(text));
    conn_message(sandbox_socket(w), &m, is_binary);
}

void type(struct world *w, const char *text)
{
    assert_int_equal(channel_input(w->channel, text, strlen(text), NULL), 0);
}
