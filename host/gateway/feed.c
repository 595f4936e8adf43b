/* SPDX-License-Identifier: MIT
 *
 * The list as it changes: /v1/ws, channel `sandboxes` (wire/names.h).
 *
 * A subscriber is first told of every sandbox, in order of creation and as fast as it reads
 * (next_seq is how far it is), then "synced", then of what changes among those it knows. Changes
 * are collected for FEED_DELAY_MS, so a busy sandbox costs one message at a time.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/gateway/internal.h"
#include "host/gateway/keys.h"
#include "wire/names.h"

#define FEED_DELAY_MS 40
#define CLOSE_POLICY  1008
#define FEEDS_MAX     256

struct feed {
    TAILQ_ENTRY(feed) entry;
    struct gateway *gateway;
    struct websocket *ws;
    char key[KEY_HASH_CHARS + 1]; /* "": the main one */
    bool binary, subscribed, synced;
    int64_t next_seq; /* sandboxes from here on were not told yet */
};

static bool is_shown(const struct sandbox *s)
{
    return s->phase != PHASE_DESTROYING && !s->doomed;
}

/* False: the subscriber cannot take more now. */
static bool send_message(struct feed *f, const struct message *m)
{
    cleanup_buf struct buf text = {0};

    if (f->binary)
        message_encode_binary(m, &text);
    else
        message_encode_json(m, &text);
    return websocket_send(f->ws, f->binary, text.data, text.len);
}

static bool send_sandbox(struct feed *f, const char *type, const struct sandbox *s)
{
    struct message m;
    struct sandbox_times times;

    message_init(&m, type, SLICE(CHANNEL_SANDBOXES));
    sandbox_info_to_message(&s->info, &m, &times);
    bool more = send_message(f, &m);
    message_finish(&m);
    return more;
}

static void tell_existing(struct feed *f)
{
    struct sandbox *s, *next;
    bool more = true;

    if (!f->subscribed || f->synced)
        return;
    HASH_ITER (hh, f->gateway->sandboxes, s, next) {
        if (s->seq < f->next_seq)
            continue;
        if (!more)
            return; /* goes on when what is queued has gone out */
        f->next_seq = s->seq + 1;
        if (is_shown(s))
            more = send_sandbox(f, MSG_SANDBOX_CREATED, s);
    }
    struct message m;
    message_init(&m, MSG_SANDBOX_SYNCED, SLICE(CHANNEL_SANDBOXES));
    f->synced = true;
    send_message(f, &m);
    message_finish(&m);
}

/* --- what happens in the gateway --- */

static bool knows(const struct feed *f, const struct sandbox *s)
{
    return f->subscribed && s->seq < f->next_seq;
}

void feed_created(struct sandbox *s)
{
    struct feed *f;

    TAILQ_FOREACH (f, &s->gateway->feeds, entry) {
        if (!f->subscribed || !f->synced)
            continue;
        f->next_seq = s->seq + 1;
        send_sandbox(f, MSG_SANDBOX_CREATED, s);
    }
}

void feed_deleted(struct sandbox *s)
{
    struct feed *f;
    struct message m;

    message_init(&m, MSG_SANDBOX_DELETED, SLICE(CHANNEL_SANDBOXES));
    message_add_string(&m, "sandboxId", SLICE(s->info.id));
    message_add_string(&m, "namespace", SLICE(s->info.ns));
    message_add_string(&m, "name", SLICE(s->info.name));
    s->changed = false;
    TAILQ_FOREACH (f, &s->gateway->feeds, entry) {
        if (knows(f, s))
            send_message(f, &m);
    }
    message_finish(&m);
}

static void on_feed_timer(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    struct sandbox *s, *next;
    struct feed *f;

    HASH_ITER (hh, g->sandboxes, s, next) {
        if (!s->changed)
            continue;
        s->changed = false;
        if (!is_shown(s))
            continue;
        TAILQ_FOREACH (f, &g->feeds, entry) {
            if (knows(f, s))
                send_sandbox(f, MSG_SANDBOX_UPDATED, s);
        }
    }
}

void feed_changed(struct sandbox *s)
{
    struct gateway *g = s->gateway;

    s->changed = true;
    if (!g->stopping && !uv_is_active((uv_handle_t *)&g->feed_timer))
        uv_timer_start(&g->feed_timer, on_feed_timer, FEED_DELAY_MS, 0);
}

/* --- what the subscriber says --- */

static void on_message(struct websocket *ws, bool binary, const char *bytes, size_t n)
{
    struct feed *f = websocket_user(ws);
    struct message m;
    int result =
        binary ? message_parse_binary(&m, bytes, n, NULL) : message_parse_json(&m, bytes, n, NULL);

    if (result)
        return;
    if (slice_equal(m.channel, CHANNEL_SANDBOXES)) {
        if (m.kind == MESSAGE_SUBSCRIBE && !f->subscribed) {
            f->subscribed = true;
            f->synced = false;
            f->next_seq = 0;
            tell_existing(f);
        } else if (m.kind == MESSAGE_UNSUBSCRIBE) {
            f->subscribed = false;
        }
    }
    message_finish(&m);
}

static void on_drain(struct websocket *ws)
{
    tell_existing(websocket_user(ws));
}

static void on_close(struct websocket *ws)
{
    struct feed *f = websocket_user(ws);

    TAILQ_REMOVE(&f->gateway->feeds, f, entry);
    free(f);
}

void feeds_check_keys(struct gateway *g)
{
    struct feed *f;

    TAILQ_FOREACH (f, &g->feeds, entry) {
        if (f->key[0] && !keys_find_hash(g->keys, f->key)) {
            f->subscribed = false;
            websocket_close(f->ws, CLOSE_POLICY, "the key was revoked");
        }
    }
}

void feed_open(struct http_request *r, void *user)
{
    static const struct websocket_ops ops = {on_message, on_drain, on_close};
    struct gateway *g = user;
    cleanup_buf struct buf protocol = {0};
    struct feed *f, *other;
    int n = 0;

    TAILQ_FOREACH (other, &g->feeds, entry)
        n++;
    if (n >= FEEDS_MAX) {
        http_reply_error(r, 429, "%d clients watch the list already", FEEDS_MAX);
        return;
    }
    f = xcalloc(1, sizeof *f);
    f->gateway = g;
    f->binary = http_query_get(r, "protocol", &protocol) && protocol.len &&
                !strcmp(protocol.data, "binary");
    gateway_key_hash(r, g, f->key);
    f->ws = http_upgrade(r, &ops, f);
    if (!f->ws) {
        free(f);
        return;
    }
    TAILQ_INSERT_TAIL(&g->feeds, f, entry);
}
