/* SPDX-License-Identifier: MIT
 *
 * Who is read how fast while somebody types: the daemon's sessions without programs.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"

#define N_SESSIONS 4

struct room {
    uv_loop_t loop;
    struct daemon d;
    struct terminal terminals[N_SESSIONS];
    struct session sessions[N_SESSIONS];
};

static int set_up(void **state)
{
    struct room *r = xcalloc(1, sizeof *r);

    uv_loop_init(&r->loop);
    r->d.loop = &r->loop;
    pace_init(&r->d);
    for (size_t i = 0; i < N_SESSIONS; i++) {
        struct terminal *t = &r->terminals[i];
        struct session *s = &r->sessions[i];

        snprintf(t->id, sizeof t->id, "t%zu", i);
        t->d = s->d = &r->d;
        t->session = s;
        s->terminal = t;
        s->master = -1;
        TAILQ_INIT(&s->subscriptions);
        uv_timer_init(&r->loop, &s->stall);
        HASH_ADD_STR(r->d.terminals.by_id, id, t);
    }
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct room *r = *state;

    HASH_CLEAR(hh, r->d.terminals.by_id);
    for (size_t i = 0; i < N_SESSIONS; i++)
        uv_close((uv_handle_t *)&r->sessions[i].stall, NULL);
    pace_close(&r->d);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    free(r);
    return 0;
}

/* As much as it may; whether it is held then. */
static size_t read_all(struct session *s)
{
    size_t total = 0, room;

    while ((room = pace_room(s)) && total < 4 * PACE_BYTES) {
        pace_read(s, room);
        total += room;
    }
    session_update_flow(s);
    return total;
}

/* Time stands still between the turns of the loop. */
static void await_resumed(struct room *r, const struct session *s)
{
    for (int i = 0; s->paused && i < 1000; i++)
        uv_run(&r->loop, UV_RUN_ONCE);
    assert_false(s->paused);
}

static void pace__nobody_types__nobody_waits(void **state)
{
    struct room *r = *state;

    assert_true(read_all(&r->sessions[0]) >= 4 * PACE_BYTES);
    assert_false(r->sessions[0].paused);
    assert_false(uv_is_active((uv_handle_t *)&r->d.pace.tick));
}

static void pace__typed_elsewhere__waits_for_the_next_tick(void **state)
{
    struct room *r = *state;
    struct session *flood = &r->sessions[1];

    pace_typed(&r->sessions[0]);
    assert_int_equal(read_all(flood), 0);
    assert_true(flood->paused);
    await_resumed(r, flood);
    assert_int_equal(read_all(flood), PACE_BYTES);
    assert_true(flood->paused);
    await_resumed(r, flood);
    assert_true(pace_room(flood) > 0);
}

static void pace__typed_here__is_not_held(void **state)
{
    struct room *r = *state;

    pace_typed(&r->sessions[0]);
    assert_true(read_all(&r->sessions[0]) >= 4 * PACE_BYTES);
    assert_false(r->sessions[0].paused);
}

static void pace__typed_in_two__neither_waits_for_the_other(void **state)
{
    struct room *r = *state;

    pace_typed(&r->sessions[1]);
    pace_typed(&r->sessions[0]);
    assert_true(read_all(&r->sessions[1]) >= 4 * PACE_BYTES);
    assert_int_equal(read_all(&r->sessions[2]), 0);
}

static void pace__typed_without_end__others_are_read_all_the_same(void **state)
{
    struct room *r = *state;
    struct session *flood = &r->sessions[1];
    uint64_t until_ms = uv_now(&r->loop) + 200;
    size_t total = 0;

    while (uv_now(&r->loop) < until_ms) {
        pace_typed(&r->sessions[0]);
        total += read_all(flood);
        usleep(1000);
        uv_update_time(&r->loop);
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
    assert_true(total >= 2 * PACE_BYTES);
}

static void pace__many__share_what_there_is(void **state)
{
    struct room *r = *state;
    size_t total = 0;

    pace_typed(&r->sessions[0]);
    for (int round = 0; round < 2; round++) { /* hushed, then each as if it were alone */
        for (size_t i = 1; i < N_SESSIONS; i++)
            read_all(&r->sessions[i]);
        for (size_t i = 1; i < N_SESSIONS; i++)
            await_resumed(r, &r->sessions[i]);
    }
    for (size_t i = 1; i < N_SESSIONS; i++) {
        size_t n = read_all(&r->sessions[i]);

        assert_int_equal(n, PACE_BYTES / (N_SESSIONS - 1));
        total += n;
    }
    assert_true(total <= PACE_BYTES);
}

static void pace__typing_over__nobody_waits(void **state)
{
    struct room *r = *state;
    struct session *flood = &r->sessions[1];
    uint64_t typed_ms = uv_now(&r->loop);

    pace_typed(&r->sessions[0]);
    while (uv_now(&r->loop) - typed_ms < PACE_TYPED_MS) {
        read_all(flood);
        if (uv_now(&r->loop) - typed_ms < PACE_TYPED_MS)
            await_resumed(r, flood);
    }
    assert_true(read_all(flood) >= 4 * PACE_BYTES);
    assert_false(flood->paused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pace__nobody_types__nobody_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pace__typed_elsewhere__waits_for_the_next_tick, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pace__typed_here__is_not_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pace__typed_in_two__neither_waits_for_the_other, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pace__typed_without_end__others_are_read_all_the_same,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(pace__many__share_what_there_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pace__typing_over__nobody_waits, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
