/* SPDX-License-Identifier: MIT
 *
 * The link to one sandbox: address and token from the gateway, then the WebSocket; again after
 * every loss.
 *
 *   connect → (no token, or the last attempt failed: ask the gateway) → socket → UP
 *   loss → DOWN, back-off → connect;   404, deleted or lost → gone for good
 */
#include "client/remote.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "client/remote_internal.h"
#include "wire/names.h"

static struct peer peer_of(const struct remote *r)
{
    return (struct peer){"sandbox", r->id, false};
}

/* --- life --- */

static struct remote *find(struct gateway *g, const char *id)
{
    struct remote *r;

    LIST_FOREACH (r, &g->remotes, link) {
        if (!strcmp(r->id, id))
            return r;
    }
    return NULL;
}

struct remote *remote_acquire(struct gateway *g, const char *sandbox_id)
{
    struct remote *r = find(g, sandbox_id);

    if (r) {
        r->refs++;
        return r;
    }
    r = xcalloc(1, sizeof *r);
    r->gateway = g;
    r->client = g->client;
    r->refs = 1;
    r->id = xstrdup(sandbox_id);
    r->round_trip_us = -1;
    r->backoff_ms = BACKOFF_FIRST_MS;
    random_name(r->client_name, sizeof r->client_name - 1);
    LIST_INIT(&r->channels);
    LIST_INIT(&r->feeds);
    LIST_INIT(&r->listings);
    STAILQ_INIT(&r->farewells);
    TAILQ_INIT(&r->waiting);
    gateway_hold(g);
    client_hold(r->client);
    uv_timer_init(r->client->loop, &r->retry);
    uv_timer_init(r->client->loop, &r->ack);
    r->retry.data = r->ack.data = r;
    r->n_timers = 2;
    LIST_INSERT_HEAD(&g->remotes, r, link);
    return r;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct remote *r = handle->data;
    struct client *c = r->client;

    if (--r->n_timers)
        return;
    remote_forget_farewells(r);
    free(r->id);
    free(r->url);
    free(r->token);
    free(r);
    client_drop(c);
}

void remote_hold(struct remote *r)
{
    r->refs++;
}

static void stop_link(struct remote *r)
{
    request_cancel(steal_pointer(&r->asking));
    request_cancel(steal_pointer(&r->info));
    request_cancel(steal_pointer(&r->check));
    socket_close(steal_pointer(&r->socket));
    uv_timer_stop(&r->retry);
    uv_timer_stop(&r->ack);
}

void remote_release(struct remote *r)
{
    if (!r || --r->refs)
        return;
    /* The calls stopped here hold the remote themselves: it must not end twice. */
    r->refs = 1u << 30;
    stop_link(r);
    LIST_REMOVE(r, link);
    gateway_drop(r->gateway);
    uv_close((uv_handle_t *)&r->retry, on_timer_closed);
    uv_close((uv_handle_t *)&r->ack, on_timer_closed);
}

/* --- state --- */

static bool is_wanted(const struct remote *r)
{
    return !LIST_EMPTY(&r->channels) || !LIST_EMPTY(&r->feeds);
}

static void set_state(struct remote *r, enum link_state state, const struct err *e)
{
    struct err told = e ? *e : (struct err){0};

    r->state = state;
    r->error = told;
    remote_hold(r);
    channels_state_changed(r);
    if (state != LINK_UP)
        feeds_down(r, &told);
    remote_release(r);
}

static void set_gone(struct remote *r, const char *reason)
{
    struct err e;

    if (r->is_gone)
        return;
    remote_hold(r);
    r->is_gone = true;
    stop_link(r);
    if (!r->lost_at_ms)
        r->lost_at_ms = clock_mono_ms();
    err_set(&e, ERR_NOT_FOUND, "%s", reason);
    set_state(r, LINK_FAILED, &e);
    calls_go_on(r, &e);
    channels_destroyed(r, reason);
    feeds_gone(r, &e);
    remote_release(r);
}

static const char *end_of(const struct sandbox_info *info, bool gone, char *text, size_t cap)
{
    if (gone)
        return "the sandbox is gone";
    if (strcmp(info->status, STATUS_LOST) != 0)
        return NULL;
    snprintf(text, cap, "the sandbox was lost%s%.200s", info->reason[0] ? ": " : "", info->reason);
    return text;
}

void remotes_look(struct gateway *g)
{
    struct remote *r;
    char text[256];

again:
    LIST_FOREACH (r, &g->remotes, link) {
        const struct sandbox *s = gateway_find_id(g, r->id);
        const char *end = s && !r->is_gone ? end_of(&s->info, s->gone, text, sizeof text) : NULL;

        if (end) {
            set_gone(r, end); /* may release any remote */
            goto again;
        }
    }
}

static void on_retry(uv_timer_t *timer)
{
    struct remote *r = timer->data;

    remote_hold(r);
    if (r->is_gone) {
        channels_destroyed(r, r->error.text);
        feeds_gone(r, &r->error);
    } else {
        remote_connect(r);
    }
    remote_release(r);
}

void remote_tell_gone_soon(struct remote *r)
{
    uv_timer_start(&r->retry, on_retry, 0, 0);
}

/* Without a channel or feed nobody waits for the link; the next one connects. */
static void set_down(struct remote *r, const struct err *e)
{
    bool is_final = e->code == ERR_TLS || e->code == ERR_FORBIDDEN || e->code == ERR_AUTH;

    if (!r->lost_at_ms)
        r->lost_at_ms = clock_mono_ms();
    if (!is_final && is_wanted(r)) {
        uv_timer_start(&r->retry, on_retry, (uint64_t)r->backoff_ms, 0);
        r->backoff_ms = r->backoff_ms * 2 < BACKOFF_MAX_MS ? r->backoff_ms * 2 : BACKOFF_MAX_MS;
    }
    set_state(r, is_final ? LINK_FAILED : LINK_DOWN, e);
}

void remote_retry(struct remote *r)
{
    if (r->is_gone || r->state == LINK_UP)
        return;
    uv_timer_stop(&r->retry);
    r->backoff_ms = BACKOFF_FIRST_MS;
    remote_connect(r);
}

/* --- what the gateway says --- */

void remote_forget_token(struct remote *r, const char *token)
{
    if (r->token && !strcmp(r->token, token))
        free(steal_pointer(&r->token));
}

static void take_address(struct remote *r, const struct sandbox_info *s)
{
    free(r->url);
    free(r->token);
    r->url = xstrdup(s->url);
    /* protocol.md: a sandbox without a token of its own takes the key. */
    r->token = xstrdup(s->token[0] ? s->token : r->gateway->api_key);
    r->ask_gateway = false;
}

static void on_asked(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct remote *r = user;
    char text[256];
    const char *end = s || !e ? end_of(s, !s, text, sizeof text) : NULL;
    struct err told;

    remote_hold(r);
    r->asking = NULL;
    if (end) {
        set_gone(r, end);
    } else if (e) {
        told = *e;
        calls_go_on(r, &told);
        if (!r->is_gone && !r->socket)
            set_down(r, &told);
    } else {
        take_address(r, s);
        calls_go_on(r, NULL);
        remote_connect(r);
    }
    remote_release(r);
}

void remote_ask(struct remote *r)
{
    if (!r->asking && !r->is_gone)
        r->asking = gateway_get(r->gateway, r->id, on_asked, r);
}

/* --- the link --- */

static void on_terminals(void *user, const struct terminal_info *t, size_t n, const struct err *e)
{
    struct remote *r = user;

    r->check = NULL;
    if (!e)
        channels_end_missing(r, t, n);
}

static void on_info(void *user, const struct remote_info *info, const struct err *e)
{
    struct remote *r = user;

    r->info = NULL;
    /* A host that does not know the question has no extensions; one that broke is taken for such
     * until the next connection. */
    r->is_info_broken = e && e->http_status >= 500;
    if (info || (e && e->http_status))
        remote_know(r, info);
    else if (socket_is_open(r->socket))
        socket_want_drain(r->socket);
}

static void on_open(void *user)
{
    struct remote *r = user;

    r->lost_at_ms = 0;
    r->backoff_ms = BACKOFF_FIRST_MS;
    r->ask_gateway = false;
    channels_restart(r);
    if ((!r->is_info_known || r->is_info_broken) && !r->info)
        r->info = remote_info(r, on_info, r);
    request_cancel(steal_pointer(&r->check));
    channels_mark(r);
    r->check = terminal_list(r, on_terminals, r);
    set_state(r, LINK_UP, NULL);
}

static void on_message(void *user, const char *bytes, size_t n, bool is_binary)
{
    channels_take(user, bytes, n, is_binary);
}

static void on_drain(void *user)
{
    struct remote *r = user;

    remote_hold(r);
    channels_pump(r);
    feeds_pump(r);
    remote_release(r);
}

/* Smoothed as TCP does it (RFC 6298: an eighth of each new sample). */
void remote_note_round_trip(struct remote *r, int64_t sample_us)
{
    if (r->round_trip_us < 0)
        r->round_trip_us = sample_us;
    else
        r->round_trip_us += (sample_us - r->round_trip_us) / 8;
}

static void on_pong(void *user, int64_t round_trip_us)
{
    remote_note_round_trip(user, round_trip_us);
}

static void on_close(void *user, const struct err *e)
{
    struct remote *r = user;
    bool was_up = r->state == LINK_UP;
    struct peer peer = peer_of(r);
    struct err told = *e;

    r->socket = NULL;
    uv_timer_stop(&r->ack);
    r->ask_gateway = !was_up || told.http_status;
    if (told.code == ERR_AUTH || told.code == ERR_FORBIDDEN || told.code == ERR_NOT_FOUND) {
        /* The gateway knows better: another token, or the end. */
        free(steal_pointer(&r->token));
        told.code = ERR_CLOSED;
    }
    explain_peer(&told, &peer);
    set_down(r, &told);
}

static const struct socket_ops socket_callbacks = {
    .on_open = on_open,
    .on_message = on_message,
    .on_drain = on_drain,
    .on_pong = on_pong,
    .on_close = on_close,
};

void remote_connect(struct remote *r)
{
    if (r->is_gone || r->socket || r->asking || !is_wanted(r))
        return;
    uv_timer_stop(&r->retry);
    if (!r->token || r->ask_gateway) {
        remote_ask(r);
        return;
    }
    struct buf target = {0};

    buf_append_str(&target, "/ws?token=");
    url_encode(&target, SLICE(r->token));
    buf_append_str(&target, "&protocol=binary");
    r->socket = socket_open(r->client, r->url, target.data, NULL, &socket_callbacks, r);
    buf_finish(&target);
}

void remote_know(struct remote *r, const struct remote_info *info)
{
    r->is_info_known = true;
    r->has_input_ack |= info && info->has_input_ack; /* an acknowledgement may have said so */
    r->has_server_log = info && info->has_server_log;
    r->has_activity = info && info->has_activity;
    r->has_notice = info && info->has_notice;
    r->has_answers = info && info->has_answers;
    if (!r->has_input_ack)
        channels_drop_sent(r);
    feeds_known(r);
}

/* --- reading --- */

const char *remote_sandbox_id(const struct remote *r)
{
    return r->id;
}

enum link_state remote_state(const struct remote *r)
{
    return r->state;
}

const struct err *remote_error(const struct remote *r)
{
    return &r->error;
}

int64_t remote_lost_at_ms(const struct remote *r)
{
    return r->lost_at_ms;
}

bool remote_acknowledges(const struct remote *r)
{
    return r->has_input_ack;
}

int64_t remote_round_trip_us(const struct remote *r)
{
    return r->round_trip_us;
}
