/* SPDX-License-Identifier: MIT
 *
 * A sandbox's link: what it does when it breaks, and how every end is told with its reason.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "tests/client/world.h"

static void link__cut__is_back_within_two_seconds_of_the_host(void **state)
{
    struct world *w = *state;

    open_channel(w);
    script_unlisten(&w->script);
    script_cut(&w->script);
    await(&w->loop, 20000, remote_error(w->remote)->code == ERR_REFUSED);
    for (int i = 0; i < 30; i++)
        loop_turn(&w->loop);
    assert_int_equal(remote_state(w->remote), LINK_DOWN);
    script_listen(&w->script);
    int64_t back_ms = clock_mono_ms();

    await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
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
    await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
    assert_true(clock_mono_ms() - told_ms < 500);
}

static void link__token_replaced__is_fetched_again(void **state)
{
    struct world *w = *state;

    open_channel(w);
    w->token = w->given = "new";
    cut(w);
    await(&w->loop, 20000, remote_state(w->remote) != LINK_UP);
    await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
    assert_int_equal(w->n_gets, 2);
}

/* No answer is not the answer that there are no extensions. */
static void link__broken_info__is_asked_again_with_the_next_connection(void **state)
{
    struct world *w = *state;

    w->is_info_broken = true;
    open_channel(w);
    assert_int_equal(w->n_infos, 1);
    w->is_info_broken = false;
    for (int n = 2; n <= 3; n++) { /* what is known then stays so */
        cut(w);
        await(&w->loop, 20000, remote_state(w->remote) != LINK_UP);
        await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
        type(w, "x");
        await(&w->loop, 20000, w->taken.len == (size_t)n - 1 && w->n_infos == 2);
    }
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
    await(&w->loop, 20000, !channel_pending(w->channel));
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
    await(&w->loop, 20000, !channel_pending(w->channel));
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
    w->channel = channel_open(w->remote, "t1", &world_channel_ops, w);
    await(&w->loop, 20000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the sandbox is gone");
    assert_int_equal(remote_state(w->remote), LINK_FAILED);
    struct channel *late = channel_open(w->remote, "t2", &world_channel_ops, w);

    await(&w->loop, 20000, w->n_destroyed == 2);
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
    await(&w->loop, 20000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the sandbox was lost: its daemon was killed");
    await(&w->loop, 20000, !sandbox_socket(w));
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
    await(&w->loop, 20000, w->n_destroyed);
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
    await(&w->loop, 20000, w->n_destroyed);
    assert_string_equal(w->destroyed, "the terminal is gone");
}

static void end__released_while_connecting__leaves_nothing(void **state)
{
    struct world *w = *state;

    w->channel = channel_open(w->remote, "t1", &world_channel_ops, w);
    channel_input(w->channel, "x", 1, NULL);
    await(&w->loop, 20000, w->n_gets);
    channel_close(steal_pointer(&w->channel));
    remote_release(steal_pointer(&w->remote));
    w->remote = remote_acquire(w->gateway, "abc");
    w->channel = channel_open(w->remote, "t1", &world_channel_ops, w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(link__cut__is_back_within_two_seconds_of_the_host),
        with_world(link__told_to_retry__does_so_at_once),
        with_world(link__token_replaced__is_fetched_again),
        with_world(link__broken_info__is_asked_again_with_the_next_connection),
        with_world(link__frozen_host__is_noticed_by_its_silence),
        with_world(link__idle__wakes_nobody),
        with_world(end__sandbox_not_there__is_told_once),
        with_world(end__sandbox_destroyed_under_a_shell__is_told),
        with_world(end__gateway_says_lost__is_told_with_the_reason),
        with_world(end__shell_exit__is_told_with_its_status),
        with_world(end__terminal_missing_after_a_cut__is_told),
        with_world(end__released_while_connecting__leaves_nothing),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
