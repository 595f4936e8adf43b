/* SPDX-License-Identifier: MIT
 *
 * The dashboard as a user meets it: first start, a sandbox, its shell, leaving and coming back.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/e2e/lab.h"

/* The dashboard with a shell of the sandbox "alice/demo", which is made if need be. */
static struct pty *open_shell(struct lab *l, int rows, int cols)
{
    lab_do(l, "new", "--find", "alice/demo", NULL);
    struct pty *p = lab_pty(l, rows, cols, NULL);

    assert_screen(p, "alice", "demo", "running");
    pty_send(p, "\r");
    assert_screen(p, "$", "alice/demo");
    return p;
}

static void leave(struct pty *p)
{
    pty_send(p, "\002d");
    if (pty_exit_status(p, WAIT_MS) != 0)
        fail_msg("status %d: %s", pty_exit_status(p, 0), pty_screen_text(p));
    assert_false(pty_state(p).alternate_screen);
    assert_true(pty_termios(p).c_lflag & ICANON);
    assert_true(pty_termios(p).c_lflag & ECHO);
    pty_destroy(p);
}

static void dashboard__first_start__needs_nothing_and_ends_in_a_shell(void **state)
{
    struct lab *l = *state;
    struct pty *p = lab_pty(l, 24, 80, NULL);

    assert_screen(p, "No sandboxes yet", "n creates one");
    pty_send(p, "n");
    assert_screen(p, "New sandbox", "Name");
    pty_send(p, "alice/demo\r");
    assert_screen(p, "alice", "demo", "running");
    assert_true(pty_wait_gone(p, WAIT_MS, "New sandbox", NULL));
    pty_send(p, "\r");
    assert_screen(p, "$", "alice/demo");
    pty_send(p, "echo sum-$((40+2))\r");
    assert_screen(p, "sum-42");
    leave(p);
    assert_int_equal(lab_run(l, "ls", NULL), 0);
    assert_has(l->out, "alice");
}

static void shell__resize__reaches_the_program(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_shell(l, 24, 80);
    /* The status line takes a row. */
    pty_send(p, "stty size\r");
    assert_screen(p, "23 80");
    pty_resize(p, 40, 120);
    assert_screen(p, "120x39");
    pty_send(p, "clear; stty size\r");
    assert_screen(p, "39 120");
    pty_resize(p, 10, 30);
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    pty_send(p, "clear; stty size\r");
    assert_screen(p, "9 30");
    leave(p);
}

static void shell__vim_and_less__draw_and_quit(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_shell(l, 24, 80);
    pty_send(p, "seq 1 500 > n.txt; less n.txt\r");
    assert_screen(p, "n.txt", "22");
    pty_send(p, "G");
    assert_screen(p, "500", "(END)");
    pty_send(p, "q");
    assert_true(pty_wait_gone(p, WAIT_MS, "(END)", NULL));
    pty_send(p, "clear; vim.tiny -u NONE n.txt || vi n.txt\r");
    assert_screen(p, "500 lines");
    pty_send(p, "iHELLO\033");
    assert_screen(p, "HELLO1");
    pty_send(p, ":q!\r");
    assert_true(pty_wait_gone(p, WAIT_MS, "HELLO1", NULL));
    pty_send(p, "echo back\r");
    assert_screen(p, "back");
    leave(p);
}

static struct pty_cell cell_of(struct pty *p, const char *text)
{
    int row, col;

    assert_true(pty_find(p, text, &row, &col));
    return pty_cell(p, row, col);
}

static void shell__colours_and_wide_characters__are_right(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_shell(l, 24, 80);
    pty_send(p, "clear; printf '\\033[38;5;208mORANGE\\033[0m \\033[1;4;31mBOLD\\033[0m "
                "\\033[48;5;21mBACK\\033[0m\\n'; printf '%s|%s|\\n' '漢字' '😀e\u0301'\r");
    assert_screen(p, "ORANGE BOLD BACK", "漢字|😀");
    struct pty_cell orange = cell_of(p, "ORANGE"), bold = cell_of(p, "BOLD"),
                    back = cell_of(p, "BACK"), wide = cell_of(p, "漢字");
    assert_int_equal(orange.fg_index, 208);
    assert_true(bold.bold && bold.underline);
    assert_int_equal(bold.fg_index & 7, 1);
    assert_int_equal(back.bg_index, 21);
    assert_int_equal(wide.width, 2);
    assert_string_equal(wide.text, "漢");
    int row, col;
    assert_true(pty_find(p, "漢字|😀", &row, &col));
    assert_string_equal(pty_cell(p, row, col + 4).text, "|");
    assert_int_equal(pty_cell(p, row, col + 5).width, 2);
    assert_string_equal(pty_cell(p, row, col + 7).text, "e\u0301");
    leave(p);
}

static void shell__left_and_entered_again__is_the_same(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_shell(l, 24, 80);
    pty_send(p, "MARK=kept; clear; seq -f 'line-%g.' 1 200\r");
    assert_screen(p, "line-200.", "line-185.");
    leave(p);
    /* It stands there again at the next start, unless that is not wanted. */
    p = lab_pty(l, 24, 80, "--no-restore", NULL);
    assert_screen(p, "alice", "running");
    pty_send(p, "q");
    assert_screen(p, "Quit sandpit?");
    pty_send(p, "y");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
    p = lab_pty(l, 24, 80, NULL);
    assert_screen(p, "line-200.", "line-185.");
    pty_send(p, "echo $MARK-$((1+1))\r");
    assert_screen(p, "kept-2");
    /* The scrollback came along. */
    pty_send(p, "\002[");
    for (int i = 0; i < 12; i++)
        pty_send(p, "\033[5~");
    assert_screen(p, "line-1.", "line-2.");
    pty_send(p, "q");
    leave(p);
}

static void dashboard__attached_and_commands__see_one_world(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "No sandboxes yet");
    lab_do(l, "new", "bob/live", NULL);
    assert_screen(p, "bob", "live", "running"); /* without a key */
    lab_do(l, "rm", "-y", "bob/live", NULL);
    assert_true(pty_wait_gone(p, WAIT_MS, "running", NULL));
    pty_send(p, "\003\003");
    pty_destroy(p);
}

static void dashboard__two_at_once__share_one_gateway(void **state)
{
    struct lab *l = *state;
    struct pty *a = lab_pty(l, 24, 80, NULL), *b = lab_pty(l, 24, 80, NULL);
    pid_t pids[8];

    assert_screen(a, "No sandboxes yet");
    assert_screen(b, "No sandboxes yet");
    assert_int_equal(lab_pids(l, "sandpitd gateway", pids, 8), 1);
    lab_do(l, "new", "x/shared", NULL);
    assert_screen(a, "shared");
    assert_screen(b, "shared");
    pty_destroy(a);
    pty_destroy(b);
}

static void dashboard__signals__give_the_terminal_back(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT};
    struct lab *l = *state;

    lab_gateway(l, NULL);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct pty *p = lab_pty(l, 24, 80, NULL);

        assert_screen(p, "No sandboxes yet");
        assert_true(pty_state(p).alternate_screen);
        kill(pty_pid(p), signals[i]);
        int status = pty_exit_status(p, WAIT_MS);
        /* A sanitizer answers a crash with its own status. */
        if (status != 128 + signals[i] && !(signals[i] == SIGSEGV && status == 1))
            fail_msg("signal %d: status %d: %s", signals[i], status, pty_screen_text(p));
        assert_false(pty_state(p).alternate_screen);
        assert_true(pty_state(p).cursor_visible);
        assert_int_equal(pty_state(p).mouse, 0);
        assert_false(pty_state(p).bracketed_paste);
        assert_true(pty_termios(p).c_lflag & ICANON);
        assert_true(pty_termios(p).c_lflag & ECHO);
        pty_destroy(p);
    }
}

static void dashboard__tiny_terminal__works(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = lab_pty(l, 5, 20, NULL);
    assert_screen(p, "No sandboxes");
    lab_do(l, "new", "a/tiny", NULL);
    assert_screen(p, "tiny");
    pty_send(p, "?");
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    pty_send(p, "\033");
    assert_screen(p, "tiny");
    pty_send(p, "\r");
    assert_screen(p, "$");
    pty_send(p, "clear; stty size\r");
    assert_screen(p, "4 20");
    pty_resize(p, 1, 1);
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    pty_resize(p, 24, 80);
    pty_send(p, "clear; echo st\"\"ill\r");
    assert_screen(p, "still");
    leave(p);
}

static void dashboard__unknown_term__is_taken_for_xterm(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_env(l, "TERM=no-such-terminal");
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "No sandboxes yet");
    pty_destroy(p);
}

static void dashboard__dumb_or_no_terminal__points_to_the_commands(void **state)
{
    struct lab *l = *state;

    assert_int_equal(lab_run(l, NULL), 1);
    assert_has(l->err, "sandpit ls");
    lab_env(l, "TERM=dumb");
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    assert_screen(p, "TERM=dumb", "sandpit ls");
    pty_destroy(p);
}

static void dashboard__lang_c__still_speaks_utf8(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_env(l, "LANG=C");
    lab_env(l, "LC_ALL=C");
    struct pty *p = open_shell(l, 24, 80);
    pty_send(p, "clear; printf '\\346\\274\\242|\\n'\r");
    assert_screen(p, "漢|");
    leave(p);
}

static void dashboard__broken_config__starts_and_names_the_line(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_write(l, "config/sandpit/config.ini", "[general]\nmouse = perhaps\nprefix = C-a\n");
    lab_do(l, "new", "alice/demo", NULL);
    assert_has(l->err, "config.ini:2: mouse = \"perhaps\": expected on or off");
    struct pty *p = lab_pty(l, 24, 140, NULL);
    assert_screen(p, "config.ini:2:", "demo");
    pty_send(p, "\r");
    assert_screen(p, "$", "C-a keys"); /* the rest of the file counts */
    pty_send(p, "\001?Send the prefix");
    assert_screen(p, "C-a C-a", "Send the prefix key itself");
    pty_send(p, "\033");
    assert_screen(p, "$", "C-a keys");
    lab_write(l, "config/sandpit/config.ini", "[general]\nprefix = C-o\n");
    assert_screen(p, "$", "C-o keys");
    pty_send(p, "\017?Send the prefix");
    assert_screen(p, "C-o C-o", "Send the prefix key itself");
    pty_send(p, "\033");
    assert_screen(p, "$", "C-o keys");
    pty_send(p, "\017d");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

static void dashboard__unknown_view_or_context__is_refused(void **state)
{
    struct lab *l = *state;
    struct pty *p = lab_pty(l, 24, 100, "-c", "nonsense", NULL);

    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    assert_screen(p, "there is no view \"nonsense\"");
    pty_destroy(p);
    p = lab_pty(l, 24, 100, "--context", "nowhere", NULL);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    assert_screen(p, "unknown context \"nowhere\"", "embedded");
    pty_destroy(p);
}

static void dashboard__readonly__offers_nothing_that_changes(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = lab_pty(l, 24, 100, "--readonly", NULL);
    assert_screen(p, "No sandboxes yet", "read-only");
    pty_send(p, "n");
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    assert_false(pty_screen_has(p, "New sandbox"));
    pty_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(dashboard__first_start__needs_nothing_and_ends_in_a_shell),
        LAB_TEST(shell__resize__reaches_the_program),
        LAB_TEST(shell__vim_and_less__draw_and_quit),
        LAB_TEST(shell__colours_and_wide_characters__are_right),
        LAB_TEST(shell__left_and_entered_again__is_the_same),
        LAB_TEST(dashboard__attached_and_commands__see_one_world),
        LAB_TEST(dashboard__two_at_once__share_one_gateway),
        LAB_TEST(dashboard__signals__give_the_terminal_back),
        LAB_TEST(dashboard__tiny_terminal__works),
        LAB_TEST(dashboard__unknown_term__is_taken_for_xterm),
        LAB_TEST(dashboard__dumb_or_no_terminal__points_to_the_commands),
        LAB_TEST(dashboard__lang_c__still_speaks_utf8),
        LAB_TEST(dashboard__broken_config__starts_and_names_the_line),
        LAB_TEST(dashboard__unknown_view_or_context__is_refused),
        LAB_TEST(dashboard__readonly__offers_nothing_that_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
