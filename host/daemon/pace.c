/* SPDX-License-Identifier: MIT */
#include "host/daemon/pace.h"

#include "host/daemon/internal.h"
#include "host/daemon/session.h"

#define SHARE_MIN ((size_t)1024)

static bool in_this_tick(const struct session *s, uint64_t now_ms)
{
    return now_ms - s->pace.since_ms < PACE_TICK_MS;
}

static void begin_tick(struct session *s, uint64_t now_ms)
{
    s->pace.since_ms = now_ms;
    s->pace.n = 0;
}

static bool is_held(const struct session *s, uint64_t now_ms)
{
    return in_this_tick(s, now_ms) && s->pace.n >= s->d->pace.share;
}

static unsigned end_tick(struct daemon *d)
{
    unsigned n_held = 0;

    for (struct terminal *t = d->terminals.by_id; t; t = t->hh.next) {
        if (!t->session)
            continue;
        n_held += t->session->paused;
        begin_tick(t->session, 0);
    }
    return n_held;
}

static void on_tick(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    unsigned n_held = end_tick(d);

    d->pace.share = PACE_BYTES / (n_held ? n_held : 1);
    if (d->pace.share < SHARE_MIN)
        d->pace.share = SHARE_MIN;
    for (struct terminal *t = d->terminals.by_id; t; t = t->hh.next)
        if (t->session && t->session->paused)
            session_update_flow(t->session);
}

void pace_init(struct daemon *d)
{
    uv_timer_init(d->loop, &d->pace.tick);
    d->pace.tick.data = d;
    d->pace.share = PACE_BYTES;
}

void pace_close(struct daemon *d)
{
    d->pace.typed = NULL;
    uv_close((uv_handle_t *)&d->pace.tick, NULL);
}

void pace_typed(struct session *s)
{
    struct pace *p = &s->d->pace;
    uint64_t now_ms = uv_now(s->d->loop);

    p->typed = s;
    p->typed_ms = s->pace.typed_ms = now_ms;
    if (now_ms - p->hushed_ms >= PACE_HUSH_MS + PACE_TICK_MS)
        p->hushed_ms = now_ms;
}

size_t pace_room(struct session *s)
{
    struct pace *p = &s->d->pace;
    uint64_t now_ms = uv_now(s->d->loop);

    if (!p->typed || p->typed == s || now_ms - p->typed_ms >= PACE_TYPED_MS ||
        now_ms - s->pace.typed_ms < PACE_OWN_MS)
        return SESSION_READ;
    bool hushed = now_ms - p->hushed_ms < PACE_HUSH_MS;

    if (!hushed && !is_held(s, now_ms))
        return p->share - (in_this_tick(s, now_ms) ? s->pace.n : 0);
    uint64_t over_ms = hushed ? p->hushed_ms + PACE_HUSH_MS : s->pace.since_ms + PACE_TICK_MS;

    if (!uv_is_active((uv_handle_t *)&p->tick))
        uv_timer_start(&p->tick, on_tick, over_ms - now_ms, 0);
    return 0;
}

void pace_read(struct session *s, size_t n)
{
    uint64_t now_ms = uv_now(s->d->loop);

    if (!in_this_tick(s, now_ms))
        begin_tick(s, now_ms);
    s->pace.n += n;
}
