/* SPDX-License-Identifier: MIT
 *
 * Commands: the list, one with its output, one in many sandboxes with the matrix of results.
 */
#include "tests/views/scenes.h"

#include <string.h>

#include "views/commands_run.h"
#include "wire/names.h"

static struct stage *open_commands(int n)
{
    struct stage *s = scene_open_class(1);

    scene_commands(s, n);
    stage_keys(s, "9");
    stage_await(s, n ? "make test-" : "No commands");
    return s;
}

/* Types the form and waits until every command listens. */
static void run_streamed(struct stage *s, int n)
{
    stage_answer(s, "POST /run/command", 200,
                 "{\"cmd_id\":\"c9\",\"channel\":\"command:c9\",\"terminal_id\":\"ex9\",\"status\":"
                 "\"pending\"}");
    stage_keys(s, "x");
    stage_await(s, "Run in");
    stage_type(s, "make check");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == n);
}

static void commands__run__follows_its_output(void **state)
{
    struct stage *s = scene_open_class(1);

    run_streamed(s, 1);
    stage_await(s, "Nothing was written yet");
    scene_output(s, "a1", "one\ntwo\x1b[2J\nthr");
    stage_await(s, "two");
    scene_output(s, "a1", "ee\n");
    stage_await(s, "three");
    scene_exit(s, "a1", "#3");
    stage_await(s, "exit 3 after");
    stage_await(s, "output class/student-1 exit 3 make check");
    /* It is in the list afterwards, with its output. */
    scene_commands(s, 0);
    stage_keys(s, "Esc 9");
    stage_await(s, "\xe2\x9c\x97 exit 3");
    stage_keys(s, "Enter");
    stage_await(s, "three");
    stage_close(s);
}

static void commands__run__form(void **state)
{
    struct stage *s = scene_open_class(1);

    stage_keys(s, "x");
    stage_await(s, "Run in class/student-1");
    stage_keys(s, "Enter");
    assert_int_equal(s->last_request[0], '\0');
    stage_type(s, "env");
    stage_keys(s, "Down Down Down");
    stage_type(s, "A=1 novalue");
    stage_keys(s, "Enter");
    stage_await(s, "is not NAME=value");
    stage_keys(s, "C-w Enter");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /run/command"));
    assert_non_null(strstr(s->last_body, "\"A\":\"1\""));
    stage_close(s);
}

static void run_and_leave(struct stage *s, const char *command)
{
    stage_keys(s, "x");
    stage_await(s, "Run in");
    stage_type(s, command);
    s->last_request[0] = '\0';
    stage_keys(s, "Enter");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /run/command"));
    stage_await(s, "Nothing was written yet");
    stage_keys(s, "Esc");
    stage_await(s, "student-1");
}

static void commands__form__recalls_commands_without_secrets(void **state)
{
    struct stage *s = scene_open_class(1);

    stage_answer(s, "POST /run/command", 200,
                 "{\"cmd_id\":\"c9\",\"channel\":\"command:c9\",\"terminal_id\":\"ex9\",\"status\":"
                 "\"pending\"}");
    run_and_leave(s, "echo first");
    run_and_leave(s, "API_TOKEN=abc deploy");
    run_and_leave(s, "mysql --password abc");
    run_and_leave(s, "echo second");
    stage_keys(s, "x");
    stage_await(s, "Run in");
    stage_type(s, "draft");
    stage_keys(s, "Up");
    stage_await(s, "echo second");
    stage_keys(s, "Up");
    stage_await(s, "echo first");
    stage_keys(s, "Up Down Down");
    stage_await(s, "draft");
    /* On to the fields below, from where it goes back. */
    stage_keys(s, "Down Up Up Enter");
    await(&s->loop, 20000, strstr(s->last_body, "echo second"));
    stage_close(s);
}

static void commands__background__is_looked_at_to_its_end(void **state)
{
    struct stage *s = open_commands(1);

    stage_answer(s, "POST /run/command", 200,
                 "{\"cmd_id\":\"cmd0\",\"terminal_id\":\"ex1\",\"status\":\"running\"}");
    stage_answer(s, "GET /terminals/ex1/commands/cmd0", 200,
                 "{\"cmd_id\":\"cmd0\",\"status\":\"running\",\"stdout\":\"working\\n\"}");
    stage_keys(s, "n");
    stage_type(s, "sleep 100");
    stage_keys(s, "Down Right Enter");
    stage_await(s, "working");
    assert_non_null(strstr(s->last_body, "\"background\":true"));
    stage_answer(s, "GET /terminals/ex1/commands/cmd0", 200,
                 "{\"cmd_id\":\"cmd0\",\"status\":\"completed\",\"exit_code\":0,\"stdout\":"
                 "\"working\\ndone\\n\"}");
    stage_await(s, "done");
    stage_await(s, "exit 0 after");
    /* The host lists it, too: it is one row. */
    stage_keys(s, "Esc");
    stage_await(s, "commands class/student-1 1/1");
    stage_await(s, "background");
    stage_close(s);
}

static void commands__host_ones__show_their_output(void **state)
{
    struct stage *s = open_commands(1);

    stage_answer(s, "GET /terminals/ex1/commands/cmd0", 200,
                 "{\"cmd_id\":\"cmd0\",\"status\":\"running\",\"stdout\":\"first\\n\"}");
    stage_keys(s, "Enter");
    stage_await(s, "first");
    stage_answer(s, "GET /terminals/ex1/commands/cmd0", 200,
                 "{\"cmd_id\":\"cmd0\",\"status\":\"completed\",\"exit_code\":0,\"stdout\":"
                 "\"first\\nsecond\\n\",\"stderr\":\"oops\\n\"}");
    stage_await(s, "second");
    stage_await(s, "oops");
    stage_await(s, "exit 0 after");
    stage_close(s);
}

static void commands__delete__asks_by_its_text(void **state)
{
    struct stage *s = open_commands(1);

    stage_keys(s, "D");
    stage_await(s, "make test-0 in class/student-1");
    stage_keys(s, "y");
    stage_await(s, "deleted make test-0");
    assert_string_equal(s->last_request, "DELETE /terminals/ex1");
    stage_close(s);
}

/* What is started while the marked rows are gone through moves the rows. */
static void commands__again__runs_the_marked_ones(void **state)
{
    struct stage *s = open_commands(5);

    stage_answer(s, "POST /run/command", 0, NULL);
    stage_keys(s, "Space j j Space .");
    stage_await(s, "results 0 of 2 ended");
    struct run *second = runs_next(&s->env, NULL), *first = runs_next(&s->env, second);
    assert_non_null(first);
    assert_null(runs_next(&s->env, first));
    assert_string_not_equal(first->text, second->text);
    bool has_4 = !strcmp(first->text, "make test-4") || !strcmp(second->text, "make test-4");
    bool has_1 = !strcmp(first->text, "make test-1") || !strcmp(second->text, "make test-1");
    assert_true(has_4 && has_1);
    stage_close(s);
}

static void commands__readonly__refuses(void **state)
{
    static const char *const keys[] = {"n", ".", "X", "D"};
    struct stage *s = open_commands(1);

    s->env.readonly = true;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        stage_keys(s, keys[i]);
        stage_await(s, "read-only:");
        stage_forget_toast(s);
    }
    assert_int_equal(s->last_request[0], '\0');
    stage_close(s);
}

static struct stage *open_matrix(void)
{
    struct stage *s = scene_open_class(4);

    scene_matrix(s);
    return s;
}

static void matrix__results__tell_who_differs(void **state)
{
    struct stage *s = open_matrix();

    stage_await(s, "2 differ");
    stage_keys(s, "/");
    stage_type(s, "differs");
    stage_keys(s, "Enter");
    stage_await_gone(s, "student-1");
    stage_await(s, "student-3");
    stage_keys(s, "Esc Enter");
    stage_await(s, "reading");
    stage_close(s);
}

static void matrix__running__counts(void **state)
{
    struct stage *s = scene_open_class(3);

    stage_keys(s, "*");
    run_streamed(s, 3);
    stage_await(s, "0 of 3 ended");
    scene_output(s, "b2", "working\n");
    stage_await(s, "working");
    for (struct run *run = NULL; (run = runs_next(&s->env, run));)
        run->started_ms = clock_wall_ms();
    stage_golden(s, "matrix-running-80x24");
    scene_exit(s, "b2", "#0");
    stage_await(s, "1 of 3 ended");
    scene_output(s, "a1", "working\n");
    scene_exit(s, "a1", "#0");
    stage_await(s, "as most");
    stage_host_down(s);
    stage_await(s, "no link");
    stage_close(s);
}

static void matrix__one_first__asks_before_the_rest(void **state)
{
    struct stage *s = scene_open_class(4);

    stage_answer(s, "POST /run/code", 200,
                 "{\"output\":\"3 passed\\n\",\"exit_code\":0,\"language\":\"python\"}");
    stage_keys(s, "* x");
    stage_await(s, "Order");
    stage_type(s, "python3 check.py");
    stage_keys(s, "Down Left S-Tab S-Tab Right Enter");
    stage_await(s, "Run it in the rest, too?");
    stage_await(s, "ended with exit 0. 3 wait.");
    stage_keys(s, "n");
    stage_await(s, "1 of 1 ended, 3 wait");
    stage_keys(s, "a");
    stage_await(s, "Run it in the rest, too?");
    stage_keys(s, "y");
    stage_await(s, "4 of 4 ended");
    stage_await_gone(s, "wait");
    stage_keys(s, "a");
    assert_non_null(strstr(stage_toast(s), "It runs in all of them"));
    stage_close(s);
}

static void matrix__diff__is_against_most(void **state)
{
    struct stage *s = open_matrix();

    stage_keys(s, "U j j =");
    stage_await(s, "- 3 passed");
    stage_await(s, "+ 2 passed [31m, 1 failed");
    stage_await(s, "+ exit 1");
    stage_keys(s, "Esc k =");
    stage_await(s, "Nothing differs");
    stage_keys(s, "Esc 6"); /* what else the row's sandbox has */
    stage_await(s, "watchers class/student-2");
    stage_close(s);
}

static void matrix__again__runs_in_the_marked(void **state)
{
    struct stage *s = open_matrix();

    stage_keys(s, "Space Space .");
    stage_await(s, "2 of 2 ended");
    stage_keys(s, "Esc");
    stage_await(s, "4 of 4 ended");
    s->env.readonly = true;
    stage_keys(s, ".");
    stage_await(s, "read-only:");
    stage_close(s);
}

/* --- what they are made of --- */

static void run__output__keeps_the_latest(void **state)
{
    struct stage *s = scene_open_class(1);
    char *chunk = xmalloc(300001);

    memset(chunk, 'x', 300000);
    chunk[299999] = '\n';
    chunk[300000] = '\0';
    run_streamed(s, 1);
    struct run *run = runs_next(&s->env, NULL);
    for (int i = 0; i < 10; i++)
        scene_output(s, "a1", chunk);
    scene_output(s, "a1", "the end\n");
    stage_await(s, "the end");
    assert_true(run->output.len <= RUN_OUTPUT_MAX * 5 / 4);
    assert_int_equal(run->n_dropped + run->output.len, 3000008);
    free(chunk);
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands__run__follows_its_output),
        cmocka_unit_test(commands__run__form),
        cmocka_unit_test(commands__form__recalls_commands_without_secrets),
        cmocka_unit_test(commands__background__is_looked_at_to_its_end),
        cmocka_unit_test(commands__host_ones__show_their_output),
        cmocka_unit_test(commands__delete__asks_by_its_text),
        cmocka_unit_test(commands__again__runs_the_marked_ones),
        cmocka_unit_test(commands__readonly__refuses),
        cmocka_unit_test(matrix__results__tell_who_differs),
        cmocka_unit_test(matrix__running__counts),
        cmocka_unit_test(matrix__one_first__asks_before_the_rest),
        cmocka_unit_test(matrix__diff__is_against_most),
        cmocka_unit_test(matrix__again__runs_in_the_marked),
        cmocka_unit_test(run__output__keeps_the_latest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
