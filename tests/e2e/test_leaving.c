/* SPDX-License-Identifier: MIT
 *
 * What stays when one leaves: the keys typed just before are not lost, and the terminal is the
 * user's again, with its history.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/e2e/desk.h"
#include "vterm/term.h"

#define SILENCE_MS 60000 /* until a host that says nothing counts as lost */

static void assert_row(const struct term *t, int row, const char *expected)
{
    char text[81] = "";

    for (int i = 0; i < (int)strlen(expected) && i < 80; i++) {
        char piece[13];

        cell_text(&term_row(t, row)[i], piece);
        text[i] = piece[0];
    }
    assert_string_equal(text, expected);
}

/* Prints what each mode would change. */
static void assert_plain(struct term *t)
{
    static const char probe[] =
        "\x1b[10;5Hx\ny\x1b[20;1HABC\x1b[20;1HX\x1b[22;78Hwrapped\x1b[24;1H\x0elqk\x0f\n";

    assert_false(term_modes(t).alternate_screen);
    assert_true(term_modes(t).mouse == TERM_MOUSE_NONE);
    assert_false(term_modes(t).bracketed_paste || term_modes(t).reverse_video);
    term_feed(t, probe, sizeof probe - 1);
    assert_int_equal(term_row(t, 9)[5].glyph, 'y');
    assert_row(t, 18, "XBC");
    assert_row(t, 21, "pped");
    assert_row(t, 22, "lqk");
}

static void attach__left__the_terminal_is_the_users_again(void **state)
{
    static const char worst[] =
        "printf '\\033[?1049h\\033[5;10r\\033[?6h\\033[4h\\033[?7l\\033)0"
        "\\033[20h\\033[?1003h\\033[?2004h\\033[?5h\\033]2;guest\\033\\\\'; read x\r";
    struct lab *l = *state;
    const struct term_config config = {.scrollback_lines = 1000};
    struct term *t = term_create(24, 80, &config);
    size_t n;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/demo", NULL);
    for (int i = 0; i < 40; i++)
        term_feed(t, "mine\r\n", 6);
    for (int i = 0; i < 2; i++) { /* once in the worst state, once coming back to it */
        struct pty *p = lab_pty(l, 24, 80, "attach", "t/demo", NULL);

        assert_screen(p, i ? "" : "$");
        if (!i)
            pty_send(p, worst);
        assert_true(pty_wait_quiet(p, 300, WAIT_MS));
        pty_send(p, "\r~.");
        assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
        const char *bytes = pty_output(p, &n);
        assert_null(memmem(bytes, n, TERM_SNAPSHOT_BEGIN, strlen(TERM_SNAPSHOT_BEGIN)));
        term_feed(t, bytes, n);
        assert_plain(t);
        pty_destroy(p);
    }
    int found = 0;
    for (uint64_t i = term_scrollback_first(t); i < term_scrollback_end(t); i++) {
        struct cell cells[80];

        term_scrollback_line(t, i, cells, 80);
        found += cells[0].glyph == 'm' && cells[3].glyph == 'e';
    }
    assert_int_equal(found, 40);
    term_destroy(t);
}

static void leaving__at_once__sends_what_was_typed(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/demo", NULL);
    struct pty *p = lab_pty(l, 24, 80, "attach", "t/demo", NULL);
    assert_screen(p, "$");
    pty_send(p, "echo attach > first\r~.");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
    p = desk_open(l, 24, 80, "t/demo");
    pty_send(p, "echo board > second\r" PREFIX "d");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
    assert_string_equal(lab_do(l, "exec", "t/demo", "cat first second | tr '\\n' ' '", NULL),
                        "attach board ");
}

static void leaving__without_a_connection__asks_and_says_what_is_lost(void **state)
{
    struct lab *l = *state;
    pid_t pids[16];
    size_t n;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/demo", NULL);
    struct pty *board = desk_open(l, 24, 80, "t/demo");
    struct pty *attached = lab_pty(l, 24, 80, "attach", "t/demo", NULL);

    assert_screen(attached, "$");
    cleanup_free char *id = xstrdup(lab_do(l, "ls", "-q", NULL));
    n = lab_inside_pids(l, id, pids, ARRAY_LEN(pids));
    for (size_t i = 0; i < n; i++)
        kill(pids[i], SIGSTOP);
    pty_send(board, "#");
    pty_send(attached, "#");
    assert_true(pty_wait_screen(board, SILENCE_MS, "connection lost", NULL));
    assert_true(pty_wait_screen(attached, SILENCE_MS, "connection lost", NULL));
    pty_send(board, "abc");
    pty_send(attached, "echo\r");
    assert_screen(board, "4 bytes");
    pty_send(board, PREFIX "d");
    assert_screen(board, "4 bytes typed wait for a connection and will be lost");
    pty_send(board, "y");
    assert_int_equal(pty_exit_status(board, WAIT_MS), 0);
    assert_screen(board, "4 bytes typed did not reach their terminal");
    pty_send(attached, "~.");
    assert_int_equal(pty_exit_status(attached, WAIT_MS), 0);
    assert_screen(attached, "6 bytes typed did not reach it");
    for (size_t i = 0; i < n; i++)
        kill(pids[i], SIGCONT);
    pty_destroy(attached);
    pty_destroy(board);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(attach__left__the_terminal_is_the_users_again),
        LAB_TEST(leaving__at_once__sends_what_was_typed),
        LAB_TEST(leaving__without_a_connection__asks_and_says_what_is_lost),
    };

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
