/* SPDX-License-Identifier: MIT
 *
 * What clients say on /ws: subscriptions, input, sizes, who takes part; a table says what each
 * needs to be allowed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"
#include "host/daemon/socket_internal.h"
#include "wire/names.h"
#include "wire/report.h"

/* --- refusals --- */

static cJSON *terminal_error(struct slice id, const char *text, char **channel)
{
    cleanup_free char *name = xstrndup(id.len ? id.data : "", id.len < 64 ? id.len : 64);
    cJSON *data = cJSON_CreateObject();

    *channel = xasprintf(CHANNEL_TERMINAL_PREFIX "%s", name);
    cJSON_AddStringToObject(data, "terminal_id", utf8_valid(name, strlen(name)) ? name : "");
    cJSON_AddStringToObject(data, "error", text);
    cJSON_AddStringToObject(data, "message", text);
    return data;
}

static void send_terminal_error(struct socket *s, struct slice id, const char *text)
{
    cleanup_free char *channel = NULL;
    cJSON *data = terminal_error(id, text, &channel);

    socket_send_json(s, MSG_TERMINAL_ERROR, channel, data);
}

static void send_frozen(struct socket *s, struct slice id, const struct session *session)
{
    int64_t left = activity_frozen_left(session);
    cleanup_free char *channel = NULL, *text = activity_frozen_text(session);
    cJSON *data = terminal_error(id, text, &channel);

    cJSON_AddStringToObject(data, "code", ERROR_FROZEN);
    cJSON_AddNumberToObject(data, "left", (double)left);
    socket_send_json(s, MSG_TERMINAL_ERROR, channel, data);
}

/* --- subscriptions --- */

static void subscribe_terminal(struct socket *s, struct slice id, const struct message *m)
{
    struct terminal *t = terminal_find(&s->d->terminals, id);
    struct subscription *sub;
    struct session *session;

    if (!t || !t->session) {
        send_terminal_error(s, id, "no such terminal");
        return;
    }
    if (socket_find_subscription(s, id.data, id.len))
        return;
    session = t->session;
    sub = xcalloc(1, sizeof *sub);
    sub->socket = s;
    sub->session = session;
    memcpy(sub->terminal_id, t->id, sizeof sub->terminal_id);
    sub->base64 = session->base64;
    TAILQ_INSERT_TAIL(&s->subscriptions, sub, of_socket);
    TAILQ_INSERT_TAIL(&session->subscriptions, sub, of_session);
    session->n_subscriptions++;
    answer_begin(sub, m, websocket_who(s->ws)->access >= HTTP_WRITE);
    if (!session->subscribed && !session->backlog_lost) {
        outbox_append(&sub->waiting, session->backlog.data ? session->backlog.data : "",
                      session->backlog.len);
        sub->owed = outbox_len(&sub->waiting);
    } else {
        socket_start_from_snapshot(sub);
    }
    session->subscribed = true;
    buf_finish(&session->backlog);
    activity_changed(session);
    daemon_changed(s->d);
    socket_mark_ready(s, sub);
    socket_pump(s);
}

static bool terminal_channel(struct slice channel, struct slice *id)
{
    size_t n = strlen(CHANNEL_TERMINAL_PREFIX);

    if (channel.len <= n || memcmp(channel.data, CHANNEL_TERMINAL_PREFIX, n) != 0)
        return false;
    *id = (struct slice){channel.data + n, channel.len - n};
    return true;
}

static void tell_activity(struct socket *s)
{
    if (s->full)
        s->missed_activity = true;
    else
        activity_sync(s);
}

static void on_subscribe(struct socket *s, const struct message *m)
{
    struct slice id;
    struct channel *c;

    if (terminal_channel(m->channel, &id)) {
        subscribe_terminal(s, id, m);
        return;
    }
    if (!m->channel.len || m->channel.len > MESSAGE_NAME_MAX)
        return;
    /* Asked again, it is told again: two of one connection's users may not know of each other. */
    if (s->watches && slice_equal(m->channel, CHANNEL_ACTIVITY))
        tell_activity(s);
    if (socket_find_channel(s, m->channel.data, m->channel.len) ||
        HASH_COUNT(s->channels) >= CHANNELS_MAX)
        return;
    c = xcalloc(1, sizeof *c);
    c->name = xstrndup(m->channel.data, m->channel.len);
    HASH_ADD_KEYPTR(hh, s->channels, c->name, strlen(c->name), c);
    watchers_subscribed(s->d, c->name);
    if (!strcmp(c->name, CHANNEL_ACTIVITY)) {
        s->watches = true;
        s->d->activity.n_watchers++;
        tell_activity(s);
    }
}

void socket_drop_channel(struct socket *s, struct channel *c)
{
    if (s->watches && !strcmp(c->name, CHANNEL_ACTIVITY)) {
        s->watches = s->missed_activity = false;
        s->d->activity.n_watchers--;
    }
    HASH_DEL(s->channels, c); // NOLINT(clang-analyzer-unix.Malloc): nor HASH_DEL
    free(c->name);
    free(c);
}

static void on_unsubscribe(struct socket *s, const struct message *m)
{
    struct slice id;

    if (terminal_channel(m->channel, &id)) {
        struct subscription *sub = socket_find_subscription(s, id.data, id.len);

        if (sub)
            socket_drop_subscription(sub);
    } else {
        struct channel *c = socket_find_channel(s, m->channel.data, m->channel.len);

        if (c)
            socket_drop_channel(s, c);
    }
}

/* --- terminals and commands --- */

static void send_ack(struct socket *s, struct slice id, struct slice client, double seq)
{
    struct message m;
    char channel[64];
    int n = snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%.*s", (int)id.len, id.data);

    message_init(&m, MSG_TERMINAL_ACK, (struct slice){channel, (size_t)n});
    message_add_string(&m, "terminal_id", id);
    message_add_string(&m, "client", client);
    message_add_number(&m, "seq", seq);
    socket_send_message(s, &m);
    message_finish(&m);
}

static struct session *session_of(struct socket *s, struct slice id)
{
    struct terminal *t = terminal_find(&s->d->terminals, id);

    if (!t || !t->session)
        send_terminal_error(s, id, t ? "not a PTY terminal" : "no such terminal");
    return t ? t->session : NULL;
}

/* What is refused is acknowledged, too: it must not come again after the frost. */
static void take_input(struct socket *s, struct session *session, struct slice id,
                       struct slice input)
{
    bool is_guest = websocket_who(s->ws)->access < HTTP_OWNER;

    if (input.len && is_guest && activity_frozen_left(session)) {
        send_frozen(s, id, session);
        return;
    }
    struct input_kinds kinds = input_kinds(input.data, input.len);

    if (kinds.is_answer)
        answer_shown(s, session);
    if (kinds.is_typed) {
        activity_input(session, input.len);
        pace_typed(session);
    }
    if (!session_input(session, input.data, input.len)) {
        s->blocked_by = session;
        websocket_pause(s->ws, true);
    }
}

static void on_input(struct socket *s, const struct message *m)
{
    struct slice id = message_string(m, "terminal_id"), input = message_string(m, "input");
    struct slice client = message_string(m, "client");
    double seq = message_number(m, "seq", 0);
    struct session *session = session_of(s, id);
    bool numbered = acks_valid(client, seq);

    if (!session)
        return;
    if (!numbered || acks_take(&session->acks, client, seq))
        take_input(s, session, id, input);
    if (numbered)
        send_ack(s, id, client, seq);
}

static void on_resize(struct socket *s, const struct message *m)
{
    struct slice id = message_string(m, "terminal_id");
    struct session *session = session_of(s, id);
    struct subscription *sub;
    struct message told;
    char channel[64];
    int n;

    if (!session)
        return;
    answer_shown(s, session);
    if (!session_resize(session, message_number(m, "cols", 0), message_number(m, "rows", 0)))
        return;
    n = snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%.*s", (int)id.len, id.data);
    message_init(&told, MSG_TERMINAL_RESIZED, (struct slice){channel, (size_t)n});
    message_add_string(&told, "terminal_id", id);
    message_add_number(&told, "cols", term_cols(session->term));
    message_add_number(&told, "rows", term_rows(session->term));
    TAILQ_FOREACH (sub, &session->subscriptions, of_session)
        if (sub->socket != s)
            socket_send_message(sub->socket, &told);
    message_finish(&told);
}

static void on_command_start(struct socket *s, const struct message *m)
{
    struct command *c = command_find(&s->d->commands, message_string(m, "cmd_id"));

    if (c)
        command_start(c, NULL);
}

static const struct {
    const char *type;
    enum http_access access;
    void (*handle)(struct socket *s, const struct message *m);
} handlers[] = {
    {MSG_SUBSCRIBE, HTTP_READ, on_subscribe},
    {MSG_UNSUBSCRIBE, HTTP_READ, on_unsubscribe},
    {MSG_TERMINAL_INPUT, HTTP_WRITE, on_input},
    {MSG_TERMINAL_RESIZE, HTTP_WRITE, on_resize},
    {MSG_TERMINAL_COLOURS, HTTP_WRITE, answer_colours},
    {MSG_TERMINAL_PARTICIPATE, HTTP_OWNER, participant_say},
    {MSG_COMMAND_START, HTTP_WRITE, on_command_start},
};

void socket_dispatch(struct socket *s, const struct message *m)
{
    struct slice type = m->type;

    if (m->kind == MESSAGE_SUBSCRIBE)
        type = SLICE(MSG_SUBSCRIBE);
    else if (m->kind == MESSAGE_UNSUBSCRIBE)
        type = SLICE(MSG_UNSUBSCRIBE);
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        if (!slice_equal(type, handlers[i].type))
            continue;
        enum http_access access = websocket_who(s->ws)->access;

        if (access >= handlers[i].access)
            handlers[i].handle(s, m);
        else
            send_terminal_error(s, message_string(m, "terminal_id"),
                                access < HTTP_WRITE ? "read-only token" : "access token required");
        return;
    }
}
