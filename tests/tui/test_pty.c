/* SPDX-License-Identifier: MIT
 *
 * The harness that whole-program tests stand on, tried on the shell.
 */
#include "tests/cm.h"

#include <string.h>

#include "tests/pty.h"

static struct pty *shell(const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};

    return pty_start(argv, NULL, 24, 80);
}

static void pty__run__shows_screen_and_status(void **state)
{
    struct pty *p = shell("printf 'a\\033[3;5H\\033[1;31mhi \\344\\275\\240\\033[m'; exit 7");
    int row, col;

    assert_true(pty_wait_screen(p, 5000, "hi 你", NULL));
    assert_true(pty_find(p, "你", &row, &col));
    assert_int_equal(row, 2);
    assert_int_equal(col, 7);
    assert_string_equal(pty_cell(p, 2, 4).text, "h");
    assert_true(pty_cell(p, 2, 4).bold);
    assert_int_equal(pty_cell(p, 2, 4).fg_index, 1);
    assert_int_equal(pty_cell(p, 2, 7).width, 2);
    assert_int_equal(pty_exit_status(p, 5000), 7);
    assert_string_equal(pty_row_text(p, 0), "a");
    pty_destroy(p);
}

static void pty__send__types_and_resizes(void **state)
{
    struct pty *p = shell("echo ready; while read x; do echo got $x; stty size; done");

    assert_true(pty_wait_screen(p, 5000, "ready", NULL));
    pty_send(p, "abc\r");
    assert_true(pty_wait_screen(p, 5000, "got abc", NULL));
    pty_resize(p, 10, 40);
    pty_send(p, "d\r");
    assert_true(pty_wait_screen(p, 5000, "10 40", "got d", NULL));
    pty_send(p, "\x04");
    assert_int_equal(pty_exit_status(p, 5000), 0);
    pty_destroy(p);
}

static void pty__state__follows_modes(void **state)
{
    struct pty *p = shell("printf '\\033[?1049h\\033[?25l\\033[?2004h\\033[?1002h\\033]2;t\\007';"
                          "read x; kill -TERM $$");

    assert_true(pty_wait_quiet(p, 100, 5000));
    struct pty_state s = pty_state(p);
    assert_true(s.alternate_screen);
    assert_false(s.cursor_visible);
    assert_true(s.bracketed_paste);
    assert_false(s.focus_reports);
    assert_int_equal(s.mouse, 2);
    assert_string_equal(s.title, "t");
    pty_send(p, "\r");
    assert_int_equal(pty_exit_status(p, 5000), 128 + 15);
    pty_destroy(p);
}

static void pty__destroy__kills_what_still_runs(void **state)
{
    struct pty *p = shell("trap '' HUP TERM; echo up; while :; do read x; done");

    assert_true(pty_wait_screen(p, 5000, "up", NULL));
    assert_int_equal(pty_exit_status(p, 0), -1);
    pty_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pty__run__shows_screen_and_status),
        cmocka_unit_test(pty__send__types_and_resizes),
        cmocka_unit_test(pty__state__follows_modes),
        cmocka_unit_test(pty__destroy__kills_what_still_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
