/* SPDX-License-Identifier: MIT */
#include "app/drain.h"

#define DRAIN_MS 500

static void on_deadline(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

size_t drain(uv_loop_t *loop, size_t (*pending)(void *user, bool *can_go), void *user)
{
    bool is_over = false, can_go = true;
    uv_timer_t deadline;
    size_t n = pending(user, &can_go);

    if (!n || !can_go)
        return n;
    uv_timer_init(loop, &deadline);
    deadline.data = &is_over;
    uv_timer_start(&deadline, on_deadline, DRAIN_MS, 0);
    while (n && can_go && !is_over) {
        uv_run(loop, UV_RUN_ONCE);
        n = pending(user, &can_go);
    }
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(loop, UV_RUN_NOWAIT); /* the timer is on this stack */
    return n;
}
