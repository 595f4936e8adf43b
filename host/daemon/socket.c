/* SPDX-License-Identifier: MIT */
#include "host/daemon/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"
#include "host/daemon/socket_internal.h"
#include "wire/base64.h"
#include "wire/names.h"

#define STUCK_MS 30000
/* What is so small, and the first so long, is an echo or as good as one. */
#define FIRST_MAX    2048
#define FIRST_GAP_MS 4

/* When terminal:created is said again, after its making, until the socket subscribes: the official
 * client installs its handler some time after the answer it waits for. */
static const unsigned announce_ms[] = {0, 5, 20, 60, 150, 400, 1000};

struct announcement {
    TAILQ_ENTRY(announcement) entry;
    char terminal_id[24];
    uint64_t since_ms;
    unsigned step;
};

void sockets_init(struct sockets *s)
{
    TAILQ_INIT(&s->list);
    s->n = 0;
}

/* --- sending --- */

static void send_frame(struct socket *s, bool binary, const char *bytes, size_t n)
{
    if (s->closed)
        return;
    if (!websocket_send(s->ws, binary, bytes, n) && !s->full) {
        s->full = true;
        s->full_since_ms = uv_now(s->d->loop);
        uv_timer_again(&s->watchdog);
    }
}

void socket_send_json(struct socket *s, const char *type, const char *channel, cJSON *data)
{
    cJSON *object = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(object, "type", type);
    if (channel)
        cJSON_AddStringToObject(object, "channel", channel);
    cJSON_AddItemToObject(object, "data", data);
    text = cJSON_PrintUnformatted(object);
    if (text)
        send_frame(s, false, text, strlen(text));
    free(text);
    cJSON_Delete(object);
}

void socket_send_message(struct socket *s, const struct message *m)
{
    struct buf frame = {0};

    message_encode_json(m, &frame);
    send_frame(s, false, frame.data, frame.len);
    buf_finish(&frame);
}

struct channel *socket_find_channel(struct socket *s, const char *name, size_t len)
{
    struct channel *c;

    HASH_FIND(hh, s->channels, name, len, c);
    return c;
}

bool sockets_publish(struct daemon *d, const struct message *m)
{
    struct buf frame = {0};
    bool full = false;
    struct socket *s;

    message_encode_json(m, &frame);
    TAILQ_FOREACH (s, &d->sockets.list, entry) {
        if (!socket_find_channel(s, m->channel.data, m->channel.len))
            continue;
        send_frame(s, false, frame.data, frame.len);
        full |= s->full;
    }
    buf_finish(&frame);
    return full;
}

bool sockets_publish_native(struct daemon *d, const struct message *m)
{
    struct buf frames[2] = {0}; /* text, binary */
    bool full = false;
    struct socket *s;

    TAILQ_FOREACH (s, &d->sockets.list, entry) {
        struct buf *frame = &frames[s->binary];

        if (!socket_find_channel(s, m->channel.data, m->channel.len))
            continue;
        if (!frame->len && s->binary)
            message_encode_binary(m, frame);
        else if (!frame->len)
            message_encode_json(m, frame);
        send_frame(s, s->binary, frame->data, frame->len);
        full |= s->full;
    }
    buf_finish(&frames[0]);
    buf_finish(&frames[1]);
    return full;
}

bool sockets_channel_full(struct daemon *d, const char *channel)
{
    struct socket *s;

    TAILQ_FOREACH (s, &d->sockets.list, entry)
        if (s->full && socket_find_channel(s, channel, strlen(channel)))
            return true;
    return false;
}

/* --- terminal output --- */

/* An echo goes before the floods of others; a terminal that wrote just now does not again. */
static bool goes_first(const struct socket *s, struct subscription *sub)
{
    uint64_t now = uv_now(s->d->loop);

    if (outbox_len(&sub->waiting) > FIRST_MAX || now - sub->first_ms < FIRST_GAP_MS)
        return false;
    sub->first_ms = now;
    return true;
}

void socket_mark_ready(struct socket *s, struct subscription *sub)
{
    if (sub->ready)
        return;
    sub->ready = true;
    s->n_ready++;
    if (goes_first(s, sub))
        TAILQ_INSERT_HEAD(&s->ready, sub, ready_entry);
    else
        TAILQ_INSERT_TAIL(&s->ready, sub, ready_entry);
}

void socket_drop_subscription(struct subscription *sub)
{
    struct socket *s = sub->socket;

    if (sub->ready) {
        TAILQ_REMOVE(&s->ready, sub, ready_entry);
        s->n_ready--;
    }
    TAILQ_REMOVE(&s->subscriptions, sub, of_socket);
    if (sub->session) {
        TAILQ_REMOVE(&sub->session->subscriptions, sub, of_session);
        sub->session->n_subscriptions--;
        answer_assign(sub->session);
        session_update_flow(sub->session);
        activity_changed(sub->session);
    }
    outbox_clear(&sub->waiting);
    daemon_changed(s->d);
    free(sub);
}

static void send_output(struct socket *s, const struct subscription *sub, const char *bytes,
                        size_t n)
{
    static struct buf frame, text;
    struct message m;
    char channel[64];
    int len = snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%s", sub->terminal_id);
    struct slice out = {bytes, n};

    buf_clear(&frame);
    buf_clear(&text);
    if (sub->base64) {
        base64_encode(&text, bytes, n);
        out = (struct slice){text.data, text.len};
    } else if (!utf8_valid(bytes, n)) {
        utf8_repair(&text, bytes, n);
        out = (struct slice){text.data, text.len};
    }
    message_init(&m, MSG_TERMINAL_OUTPUT, (struct slice){channel, (size_t)len});
    message_add_string(&m, "terminal_id", SLICE(sub->terminal_id));
    message_add_string(&m, "output", out);
    message_add_string(&m, "encoding", SLICE(sub->base64 ? "base64" : "raw"));
    if (s->binary)
        message_encode_binary(&m, &frame);
    else
        message_encode_json(&m, &frame);
    send_frame(s, s->binary, frame.data, frame.len);
}

/* A frame of it; true when there is more. */
static bool send_waiting(struct socket *s, struct subscription *sub)
{
    size_t n = outbox_len(&sub->waiting);

    if (n > FRAME_MAX) {
        n = FRAME_MAX;
        n -= utf8_incomplete_tail(outbox_front(&sub->waiting), n);
    }
    if (n) {
        send_output(s, sub, outbox_front(&sub->waiting), n);
        outbox_take(&sub->waiting, n);
        sub->owed -= n < sub->owed ? n : sub->owed;
    }
    return outbox_len(&sub->waiting) || sub->lagging || sub->ended;
}

static void send_destroyed(struct socket *s, const struct subscription *sub)
{
    char channel[64];
    cJSON *data = cJSON_CreateObject();

    snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%s", sub->terminal_id);
    cJSON_AddStringToObject(data, "terminal_id", sub->terminal_id);
    cJSON_AddStringToObject(data, "id", sub->terminal_id);
    if (sub->exit_code >= 0)
        cJSON_AddNumberToObject(data, "exit_code", sub->exit_code);
    else
        cJSON_AddStringToObject(data, "reason", "the terminal was closed");
    socket_send_json(s, MSG_TERMINAL_DESTROYED, channel, data);
}

void socket_start_from_snapshot(struct subscription *sub)
{
    sub->lagging = false;
    session_snapshot(sub->session, &sub->waiting.bytes);
    sub->owed = outbox_len(&sub->waiting);
}

/* Nothing of it waits any more: what comes next? False: it was freed. */
static bool go_on(struct socket *s, struct subscription *sub)
{
    if (sub->ended) {
        send_destroyed(s, sub);
        socket_drop_subscription(sub);
        return false;
    }
    if (sub->lagging)
        socket_start_from_snapshot(sub);
    return true;
}

void socket_pump(struct socket *s)
{
    struct subscription *sub;

    while ((sub = TAILQ_FIRST(&s->ready)) && !s->closed) {
        /* The analyzer does not see that what is freed has left its lists: */
        struct session *session = sub->session; // NOLINT(clang-analyzer-unix.Malloc)
        bool more;

        /* The end of a terminal is told even to a socket that is behind, it costs little. */
        if (s->full && !(sub->ended && !outbox_len(&sub->waiting)))
            break;
        TAILQ_REMOVE(&s->ready, sub, ready_entry);
        sub->ready = false;
        s->n_ready--;
        more = send_waiting(s, sub);
        if (!outbox_len(&sub->waiting) && more)
            more = go_on(s, sub);
        if (more)
            socket_mark_ready(s, sub);
        if (session && session->paused)
            session_update_flow(session);
    }
}

static void on_watchdog(uv_timer_t *timer)
{
    struct socket *s = timer->data;

    if (!s->full)
        uv_timer_stop(timer);
    else if (uv_now(s->d->loop) - s->full_since_ms >= STUCK_MS && !s->closed)
        websocket_close(s->ws, 1008, "too slow");
}

static void on_drain(struct websocket *ws)
{
    struct socket *s = websocket_user(ws);

    s->full = false;
    uv_timer_stop(&s->watchdog);
    socket_pump(s);
    if (!s->full) {
        commands_resume(s->d);
        watchers_resume(s->d);
    }
    if (!s->full && s->missed_activity)
        activity_sync(s);
}

/* --- announcements --- */

static void announcement_free(struct socket *s, struct announcement *a)
{
    TAILQ_REMOVE(&s->announcements, a, entry);
    free(a);
}

struct subscription *socket_find_subscription(struct socket *s, const char *id, size_t len)
{
    struct subscription *sub;

    TAILQ_FOREACH (sub, &s->subscriptions, of_socket)
        if (strlen(sub->terminal_id) == len && !memcmp(sub->terminal_id, id, len) && !sub->ended)
            return sub;
    return NULL;
}

/* Says it if it is due; false when it is done with. */
static bool announce(struct socket *s, struct announcement *a, uint64_t now)
{
    const struct terminal *t = terminal_find(&s->d->terminals, SLICE(a->terminal_id));
    char channel[64];

    if (!t || socket_find_subscription(s, a->terminal_id, strlen(a->terminal_id)))
        return false;
    if (now < a->since_ms + announce_ms[a->step])
        return true;
    snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%s", t->id);
    socket_send_json(s, MSG_TERMINAL_CREATED, channel, terminal_info(t));
    return ++a->step < ARRAY_LEN(announce_ms);
}

static void on_announce(uv_timer_t *timer);

static void run_announcements(struct socket *s)
{
    uint64_t now = uv_now(s->d->loop), next_ms = UINT64_MAX;
    struct announcement *a, *next;

    for (a = TAILQ_FIRST(&s->announcements); a; a = next) {
        next = TAILQ_NEXT(a, entry);
        if (!announce(s, a, now)) {
            announcement_free(s, a);
            continue;
        }
        if (a->since_ms + announce_ms[a->step] < next_ms)
            next_ms = a->since_ms + announce_ms[a->step];
    }
    if (next_ms != UINT64_MAX)
        uv_timer_start(&s->timer, on_announce, next_ms > now ? next_ms - now : 0, 0);
}

static void on_announce(uv_timer_t *timer)
{
    run_announcements(timer->data);
}

static void add_announcement(struct socket *s, const struct terminal *t)
{
    struct announcement *a = xcalloc(1, sizeof *a);

    memcpy(a->terminal_id, t->id, sizeof a->terminal_id);
    a->since_ms = uv_now(s->d->loop);
    TAILQ_INSERT_TAIL(&s->announcements, a, entry);
}

void sockets_announce(struct daemon *d, const struct terminal *t)
{
    struct socket *s;

    uv_update_time(d->loop);
    TAILQ_FOREACH (s, &d->sockets.list, entry) {
        add_announcement(s, t);
        run_announcements(s);
    }
}

/* --- reading --- */

/* What cannot be read is ignored: a frame of a newer client must not cost the connection. */
static void on_message(struct websocket *ws, bool binary, const char *bytes, size_t n)
{
    struct socket *s = websocket_user(ws);
    struct message m;
    int r;

    if (s->closed)
        return;
    r = binary ? message_parse_binary(&m, bytes, n, NULL) : message_parse_json(&m, bytes, n, NULL);

    if (r)
        return;
    socket_dispatch(s, &m);
    message_finish(&m);
}

void sockets_unblock(struct daemon *d, struct session *session)
{
    struct socket *s;

    TAILQ_FOREACH (s, &d->sockets.list, entry) {
        if (s->blocked_by != session)
            continue;
        s->blocked_by = NULL;
        websocket_pause(s->ws, false);
    }
}

/* --- life --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct socket *s = handle->data;

    if (--s->n_handles == 0)
        free(s);
}

static void on_close(struct websocket *ws)
{
    struct socket *s = websocket_user(ws);
    struct subscription *sub;
    struct announcement *a;
    struct channel *c, *next;

    s->closed = true;
    TAILQ_REMOVE(&s->d->sockets.list, s, entry);
    s->d->sockets.n--;
    while ((sub = TAILQ_FIRST(&s->subscriptions)))
        socket_drop_subscription(sub); // NOLINT(clang-analyzer-unix.Malloc)
    while ((a = TAILQ_FIRST(&s->announcements)))
        announcement_free(s, a); // NOLINT(clang-analyzer-unix.Malloc)
    participants_forget(s);
    HASH_ITER (hh, s->channels, c, next) {
        socket_drop_channel(s, c);
    }
    commands_resume(s->d);
    watchers_resume(s->d);
    daemon_changed(s->d);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
    uv_close((uv_handle_t *)&s->watchdog, on_handle_closed);
}

static const struct websocket_ops ops = {
    .on_message = on_message, .on_drain = on_drain, .on_close = on_close};

static void socket_init(struct socket *s, struct daemon *d)
{
    s->d = d;
    TAILQ_INIT(&s->subscriptions);
    TAILQ_INIT(&s->ready);
    TAILQ_INIT(&s->announcements);
    TAILQ_INIT(&s->participants);
    uv_timer_init(d->loop, &s->timer);
    uv_timer_init(d->loop, &s->watchdog);
    /* Armed by uv_timer_again. */
    uv_timer_start(&s->watchdog, on_watchdog, STUCK_MS, STUCK_MS / 2);
    uv_timer_stop(&s->watchdog);
    s->timer.data = s->watchdog.data = s;
    s->n_handles = 2;
    TAILQ_INSERT_TAIL(&d->sockets.list, s, entry);
    d->sockets.n++;
}

void api_ws(struct http_request *r, void *user)
{
    struct daemon *d = user;
    struct buf protocol = {0};
    const struct terminal *t;
    struct socket *s;
    bool binary;

    if (d->stopping || d->sockets.n >= SOCKETS_MAX) {
        http_reply_error(r, 503, "too many connections to this sandbox");
        return;
    }
    binary = http_query_get(r, "protocol", &protocol) && protocol.data &&
             !strcmp(protocol.data, "binary");
    buf_finish(&protocol);
    s = xcalloc(1, sizeof *s);
    s->binary = binary;
    s->ws = http_upgrade(r, &ops, s);
    if (!s->ws) {
        free(s);
        return;
    }
    socket_init(s, d);
    uv_update_time(d->loop);
    for (t = d->terminals.by_id; t; t = t->hh.next)
        if (t->session)
            add_announcement(s, t);
    run_announcements(s);
}

void sockets_close(struct sockets *sockets)
{
    struct socket *s;

    TAILQ_FOREACH (s, &sockets->list, entry)
        if (!s->closed)
            websocket_close(s->ws, 1001, "the sandbox ends");
}

void sockets_close_of(struct sockets *sockets, const char *who, const char *why)
{
    struct socket *s;

    TAILQ_FOREACH (s, &sockets->list, entry) {
        if (s->closed || strcmp(websocket_who(s->ws)->name, who) != 0)
            continue;
        s->closed = true;
        websocket_close(s->ws, 1008, why);
    }
}

unsigned sockets_count_viewers(const struct sockets *sockets)
{
    const struct socket *s;
    unsigned n = 0;

    TAILQ_FOREACH (s, &sockets->list, entry)
        n += !TAILQ_EMPTY(&s->subscriptions);
    return n;
}
