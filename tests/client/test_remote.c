/* SPDX-License-Identifier: MIT
 *
 * A sandbox's HTTP calls: terminals, commands, and the token they are made with.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "tests/client/world.h"

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    snprintf(w->answer, sizeof w->answer, "%s", t ? t->id : "");
}

static void on_terminals(void *user, const struct terminal_info *t, size_t n, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    snprintf(w->answer, sizeof w->answer, "%zu %s %dx%d", n, n ? t[0].id : "", n ? t[0].cols : 0,
             n ? t[0].rows : 0);
}

static void on_done(void *user, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
}

static void on_command(void *user, const struct command_result *c, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    if (c)
        snprintf(w->answer, sizeof w->answer, "%d %zu %s", c->exit_code, c->out_len, c->out);
}

static void calls__terminals_and_commands__work(void **state)
{
    struct world *w = *state;

    terminal_create(w->remote, &(struct terminal_options){.rows = 24, .cols = 80}, on_terminal, w);
    await(&w->loop, 20000, w->n_answers == 1);
    assert_string_equal(w->answer, "t1");
    assert_string_equal(w->last_body, "{\"pty\":true,\"rows\":24,\"cols\":80}");
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 20000, w->n_answers == 2);
    assert_string_equal(w->answer, "2 t1 80x24");
    terminal_destroy(w->remote, "t1", on_done, w);
    await(&w->loop, 20000, w->n_answers == 3);
    assert_int_equal(w->error.code, 0);
    command_run(w->remote, &(struct command_options){.command = "echo hi"}, on_command, w);
    await(&w->loop, 20000, w->n_answers == 4);
    assert_string_equal(w->answer, "3 4 hi");
    assert_string_equal(w->last_body, "{\"command\":\"echo hi\"}");
    assert_int_equal(w->n_gets, 1);
    assert_int_equal(script_n_websockets(&w->script) <= 1, 1);
}

static void calls__token_refused__is_fetched_again_once(void **state)
{
    struct world *w = *state;

    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 20000, w->n_answers == 1);
    w->token = w->given = "new";
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 20000, w->n_answers == 2);
    assert_int_equal(w->error.code, 0);
    assert_int_equal(w->n_gets, 2);
    w->token = "newer";
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 20000, w->n_answers == 3);
    assert_int_equal(w->error.code, ERR_AUTH);
    assert_non_null(strstr(w->error.text, "sandbox abc"));
    assert_int_equal(w->n_gets, 3);
}

static void calls__sandbox_gone__fail_with_the_reason(void **state)
{
    struct world *w = *state;

    w->is_gone = true;
    terminal_list(w->remote, on_terminals, w);
    request_cancel(terminal_list(w->remote, on_terminals, w));
    await(&w->loop, 20000, w->n_answers);
    assert_int_equal(w->error.code, ERR_NOT_FOUND);
    assert_non_null(strstr(w->error.text, "gone"));
    terminal_list(w->remote, on_terminals, w);
    await(&w->loop, 20000, w->n_answers == 2);
    assert_int_equal(w->error.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(calls__terminals_and_commands__work),
        with_world(calls__token_refused__is_fetched_again_once),
        with_world(calls__sandbox_gone__fail_with_the_reason),
    };
    return cmocka_run_group_tests_name("remote", tests, NULL, NULL);
}
