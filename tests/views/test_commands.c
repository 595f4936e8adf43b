/* SPDX-License-Identifier: MIT
 *
 * Commands: the list, one with its output, one in many sandboxes with the matrix of results.
 */
#include "tests/views/stage.h"

#include <string.h>

#include "views/commands_run.h"
#include "views/line_diff.h"
#include "wire/names.h"

static void add_sandbox(struct stage *s, const char *id, const char *name)
{
    stage_sandbox(s, MSG_SANDBOX_CREATED, id, "class", name, "running", 0, 3600000, 0);
    stage_await(s, name);
}

static struct stage *open_sandboxes(int n)
{
    static const char *const ids[] = {"a1", "b2", "c3", "d4"};
    struct stage *s = stage_open_synced(24, 80);

    for (int i = 0; i < n; i++) {
        cleanup_free char *name = xasprintf("student-%d", i + 1);
        cleanup_free char *line = xasprintf("GET /v1/sandboxes/%s", ids[i]);
        cleanup_free char *view =
            xasprintf("{\"sandboxId\":\"%s\",\"url\":\"%s\",\"token\":\"secret-%s\",\"namespace\":"
                      "\"class\",\"name\":\"%s\"}",
                      ids[i], s->script.url, ids[i], name);

        stage_answer(s, line, 200, view);
        add_sandbox(s, ids[i], name);
    }
    return s;
}

/* n commands in one exec terminal. */
static void script_commands(struct stage *s, int n)
{
    cleanup_buf struct buf out = {0};
    char iso[CLOCK_ISO_SIZE];

    buf_append_str(&out, "{\"commands\":[");
    for (int i = 0; i < n; i++) {
        clock_format_iso(iso, clock_wall_ms() - 60000LL * (n - i) - 30000);
        buf_printf(&out,
                   "%s{\"cmd_id\":\"cmd%d\",\"command\":\"make test-%d\",\"status\":\"completed\","
                   "\"exit_code\":%d,\"duration_ms\":%d,\"started_at\":\"%s\"}",
                   i ? "," : "", i, i, i % 5 == 3 ? 2 : 0, 40 + i * 1000, iso);
    }
    buf_append_str(&out, "]}");
    stage_answer(s, "GET /terminals", 200,
                 n ? "{\"terminals\":[{\"id\":\"ex1\",\"pty\":false,\"status\":\"running\"}]}"
                   : "{\"terminals\":[]}");
    stage_answer(s, "GET /terminals/ex1/commands", 200, out.data);
}

static struct stage *open_commands(int n)
{
    struct stage *s = open_sandboxes(1);

    script_commands(s, n);
    stage_keys(s, "9");
    stage_await(s, n ? "make test-" : "No commands");
    return s;
}

static void commands__golden__looks_as_reviewed(void **state)
{
    static const struct {
        const char *name;
        int n;
    } cases[] = {{"commands-empty", 0}, {"commands-one", 1}, {"commands-many", 40}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage *s = open_commands(cases[i].n);

        stage_golden_sizes(s, cases[i].name);
        stage_close(s);
    }
}

static void commands__golden__trouble(void **state)
{
    struct stage *s = open_sandboxes(1);

    stage_answer(s, "GET /terminals", 0, NULL);
    stage_keys(s, "9");
    stage_await(s, "asking class/student-1");
    stage_golden_sizes(s, "commands-loading");
    stage_close(s);

    s = open_sandboxes(1);
    stage_answer(s, "GET /terminals", 500, "{\"error\":\"the daemon is tired\"}");
    stage_keys(s, "9");
    stage_await(s, "the daemon is tired");
    stage_golden_sizes(s, "commands-error");
    stage_close(s);

    s = open_commands(3);
    stage_host_down(s);
    stage_await(s, "it does not answer");
    stage_await(s, "lost");
    stage_golden_sizes(s, "commands-lost");
    stage_close(s);
}

static void write_output(struct stage *s, const char *id, const char *text)
{
    const char *const fields[] = {"terminal_id", "ex9", "cmd_id", "c9", "output", text, NULL};

    stage_push(s, id, MSG_COMMAND_STDOUT, "command:c9", fields);
}

static void write_exit(struct stage *s, const char *id, const char *code)
{
    const char *const fields[] = {"terminal_id", "ex9", "cmd_id", "c9", "exit_code", code, NULL};

    stage_push(s, id, MSG_COMMAND_EXIT, "command:c9", fields);
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
    await(&s->loop, 5000, s->n_attached == n);
}

static void commands__run__follows_its_output(void **state)
{
    struct stage *s = open_sandboxes(1);

    run_streamed(s, 1);
    stage_await(s, "Nothing was written yet");
    stage_golden(s, "output-empty-80x24");
    write_output(s, "a1", "one\ntwo\x1b[2J\nthr");
    stage_await(s, "two");
    write_output(s, "a1", "ee\n");
    stage_await(s, "three");
    write_exit(s, "a1", "#3");
    stage_await(s, "exit 3 after");
    stage_await(s, "output class/student-1 exit 3 make check");
    /* It is in the list afterwards, with its output. */
    script_commands(s, 0);
    stage_keys(s, "Esc 9");
    stage_await(s, "\xe2\x9c\x97 exit 3");
    stage_keys(s, "Enter");
    stage_await(s, "three");
    stage_close(s);
}

static void commands__run__form(void **state)
{
    struct stage *s = open_sandboxes(1);

    stage_keys(s, "x");
    stage_await(s, "Run in class/student-1");
    stage_golden(s, "command-new-80x24");
    stage_keys(s, "Enter");
    assert_int_equal(s->last_request[0], '\0');
    stage_type(s, "env");
    stage_keys(s, "Down Down Down");
    stage_type(s, "A=1 novalue");
    stage_keys(s, "Enter");
    stage_await(s, "is not NAME=value");
    stage_keys(s, "C-w Enter");
    await(&s->loop, 5000, !strcmp(s->last_request, "POST /run/command"));
    assert_non_null(strstr(s->last_body, "\"A\":\"1\""));
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
    stage_golden(s, "command-delete-80x24");
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

/* How long each took is another each time. */
static void hide_times(struct stage *s)
{
    for (struct run *run = NULL; (run = runs_next(&s->env, run));)
        run->finished_ms = run->started_ms + 250;
}

/* Code answers at once, and each sandbox with its own output. */
static struct stage *open_matrix(void)
{
    struct stage *s = open_sandboxes(4);

    stage_answer(s, "POST /run/code", 200,
                 "{\"output\":\"reading\\n3 passed\\n\",\"exit_code\":0,\"language\":\"python\"}");
    stage_answer(s, "POST /run/code @c3", 200,
                 "{\"output\":\"reading\\n2 passed\\u001b[31m, 1 failed\\n\",\"exit_code\":1}");
    stage_answer(s, "POST /run/code @d4", 500, "{\"error\":\"no python here\"}");
    stage_keys(s, "* x");
    stage_await(s, "Run in 4 sandboxes");
    stage_type(s, "python3 check.py");
    stage_keys(s, "Down Left Enter");
    stage_await(s, "4 of 4 ended");
    hide_times(s);
    return s;
}

static void matrix__golden__looks_as_reviewed(void **state)
{
    struct stage *s = open_matrix();

    stage_golden_sizes(s, "matrix");
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
    struct stage *s = open_sandboxes(3);

    stage_keys(s, "*");
    run_streamed(s, 3);
    stage_await(s, "0 of 3 ended");
    write_output(s, "b2", "working\n");
    stage_await(s, "working");
    for (struct run *run = NULL; (run = runs_next(&s->env, run));)
        run->started_ms = clock_wall_ms();
    stage_golden(s, "matrix-running-80x24");
    write_exit(s, "b2", "#0");
    stage_await(s, "1 of 3 ended");
    write_output(s, "a1", "working\n");
    write_exit(s, "a1", "#0");
    stage_await(s, "as most");
    stage_host_down(s);
    stage_await(s, "no link");
    stage_close(s);
}

static void matrix__one_first__asks_before_the_rest(void **state)
{
    struct stage *s = open_sandboxes(4);

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
    stage_golden(s, "matrix-diff-80x24");
    stage_keys(s, "Esc k =");
    stage_await(s, "It is the same");
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

static void assert_diff(const char *a, const char *b, const char *expected)
{
    cleanup_buf struct buf out = {0};

    line_diff(&out, a, strlen(a), b, strlen(b), 1);
    assert_string_equal(out.data ? out.data : "", expected);
}

static void line_diff__texts__are_told_apart(void **state)
{
    assert_diff("a\nb\n", "a\nb\n", "");
    assert_diff("", "", "");
    assert_diff("a\nb\nc\nd\n", "a\nb\nx\nd\n", "  b\n- c\n+ x\n  d\n");
    assert_diff("a\nb\n", "b\n", "- a\n  b\n");
    assert_diff("", "a\n", "+ a\n");
    assert_diff("1\n2\n3\n4\n5\n", "1\n3\nx\n4\n", "  1\n- 2\n  3\n+ x\n  4\n- 5\n");
    assert_diff("a\n", "a\x1b[2J\n", "- a\n+ a [2J\n");
}

static void line_diff__large__is_bounded(void **state)
{
    cleanup_buf struct buf a = {0}, b = {0}, out = {0};

    for (int i = 0; i < 5000; i++) {
        buf_printf(&a, "a%d\n", i);
        buf_printf(&b, "b%d\n", i);
    }
    line_diff(&out, a.data, a.len, b.data, b.len, 3);
    assert_non_null(strstr(out.data, "6000 more lines"));
}

static void run__output__keeps_the_latest(void **state)
{
    struct stage *s = open_sandboxes(1);
    char *chunk = xmalloc(300001);

    memset(chunk, 'x', 300000);
    chunk[299999] = '\n';
    chunk[300000] = '\0';
    run_streamed(s, 1);
    struct run *run = runs_next(&s->env, NULL);
    for (int i = 0; i < 10; i++)
        write_output(s, "a1", chunk);
    write_output(s, "a1", "the end\n");
    stage_await(s, "the end");
    assert_true(run->output.len <= RUN_OUTPUT_MAX * 5 / 4);
    assert_int_equal(run->n_dropped + run->output.len, 3000008);
    free(chunk);
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands__golden__looks_as_reviewed),
        cmocka_unit_test(commands__golden__trouble),
        cmocka_unit_test(commands__run__follows_its_output),
        cmocka_unit_test(commands__run__form),
        cmocka_unit_test(commands__background__is_looked_at_to_its_end),
        cmocka_unit_test(commands__host_ones__show_their_output),
        cmocka_unit_test(commands__delete__asks_by_its_text),
        cmocka_unit_test(commands__again__runs_the_marked_ones),
        cmocka_unit_test(commands__readonly__refuses),
        cmocka_unit_test(matrix__golden__looks_as_reviewed),
        cmocka_unit_test(matrix__running__counts),
        cmocka_unit_test(matrix__one_first__asks_before_the_rest),
        cmocka_unit_test(matrix__diff__is_against_most),
        cmocka_unit_test(matrix__again__runs_in_the_marked),
        cmocka_unit_test(line_diff__texts__are_told_apart),
        cmocka_unit_test(line_diff__large__is_bounded),
        cmocka_unit_test(run__output__keeps_the_latest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
