/* SPDX-License-Identifier: MIT */
#include "views/tick.h"

#include "base/alloc.h"

struct tick {
    uv_timer_t timer;
    void (*on_tick)(void *user); /* NULL once destroyed */
    void *user;
};

struct tick *tick_create(uv_loop_t *loop, void (*on_tick)(void *user), void *user)
{
    struct tick *t = xcalloc(1, sizeof *t);

    t->on_tick = on_tick;
    t->user = user;
    uv_timer_init(loop, &t->timer);
    t->timer.data = t;
    return t;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void tick_destroy(struct tick *t)
{
    if (!t)
        return;
    t->on_tick = NULL;
    uv_close((uv_handle_t *)&t->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    struct tick *t = timer->data;

    if (t->on_tick)
        t->on_tick(t->user);
}

void tick_after(struct tick *t, int64_t delay_ms)
{
    if (delay_ms < 0) {
        uv_timer_stop(&t->timer);
        return;
    }
    /* The loop's idea of now is as old as this turn. */
    uv_update_time(t->timer.loop);
    uv_timer_start(&t->timer, on_timer, (uint64_t)delay_ms, 0);
}
