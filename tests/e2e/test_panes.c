/* SPDX-License-Identifier: MIT
 *
 * Panes and tabs with real shells of the real host: what is split, moved, made larger and closed
 * reaches the programs, and all of it stands there again at the next start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/e2e/desk.h"

#define C_LEFT "\033[1;5D"
#define C_UP   "\033[1;5A"

struct size {
    int rows, cols;
};

/* As the program in the pane with the keys is told. */
static struct size size_of(struct pty *p, const char *tag)
{
    struct size size = {0};
    char text[64];

    desk_ask(p, tag, "stty size", text, sizeof text);
    if (sscanf(text, "%d %d", &size.rows, &size.cols) != 2)
        fail_msg("stty size: %s", text);
    return size;
}

/* Three shells that know their names: one at the left, two above three at the right. */
static struct pty *open_three(struct lab *l, int rows, int cols)
{
    struct pty *p = desk_open(l, rows, cols, "t/one");

    desk_run(p, "N=ONE; clear; echo I-am-$N", "I-am-ONE");
    desk_split(p, "%", 2);
    desk_run(p, "N=TWO; clear; echo I-am-$N", "I-am-TWO");
    desk_split(p, "\"", 3);
    desk_run(p, "N=THREE; clear; echo I-am-$N", "I-am-THREE");
    return p;
}

static void assert_who(struct pty *p, const char *tag, const char *name)
{
    char text[64];

    desk_ask(p, tag, "echo $N", text, sizeof text);
    assert_string_equal(text, name);
}

static void panes__split_and_resize__reach_the_programs(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 31, 121);
    /* A status line, a title for each, a border between. */
    struct size three = size_of(p, "a");
    pty_send(p, PREFIX "k");
    struct size two = size_of(p, "b");
    pty_send(p, PREFIX "h");
    struct size one = size_of(p, "c");
    assert_int_equal(one.rows, 29);
    assert_int_equal(two.rows + three.rows, 28);
    assert_int_equal(two.cols, three.cols);
    assert_int_equal(one.cols + two.cols, 120);
    pty_send(p, PREFIX C_LEFT PREFIX C_LEFT PREFIX C_LEFT);
    struct size smaller = size_of(p, "d");
    assert_int_equal(smaller.cols, one.cols - 6);
    pty_send(p, PREFIX "l");
    assert_int_equal(size_of(p, "e").cols, two.cols + 6);
    pty_send(p, PREFIX C_UP);
    assert_int_equal(size_of(p, "f").rows, two.rows - 2);
    /* Zoomed it has all, and its old size again afterwards. */
    pty_send(p, PREFIX "z");
    struct size zoomed = size_of(p, "g");
    assert_int_equal(zoomed.cols, 121);
    assert_true(zoomed.rows >= 29);
    pty_send(p, PREFIX "z");
    assert_int_equal(size_of(p, "h").rows, two.rows - 2);
    /* The outer terminal's size reaches them all. */
    pty_resize(p, 41, 161);
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    two = size_of(p, "i");
    pty_send(p, PREFIX "j");
    three = size_of(p, "j");
    pty_send(p, PREFIX "h");
    one = size_of(p, "k");
    assert_int_equal(one.cols + two.cols, 160);
    assert_int_equal(two.rows + three.rows, 38);
    desk_leave(p);
}

static int column_of(struct pty *p, const char *text)
{
    int row, col;

    assert_screen(p, text);
    assert_true(pty_find(p, text, &row, &col));
    return col;
}

static void panes__title__names_what_runs(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 31, 161);
    pty_send(p, "sleep 1000\r");
    assert_screen(p, " 2 t/one \xe2\x96\xb8sleep ");
    pty_send(p, PREFIX "k");
    assert_screen(p, " 2 t/one \xe2\x96\xb8sleep ");
    pty_send(p, PREFIX "j\003");
    assert_true(pty_wait_gone(p, WAIT_MS, "\xe2\x96\xb8", NULL));
    desk_leave(p);
}

static void panes__swap_and_layouts__keep_every_shell(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 41, 121);
    pty_send(p, PREFIX "h");
    assert_who(p, "a", "ONE");
    assert_int_equal(column_of(p, "a=[ONE]"), 0);
    pty_send(p, PREFIX "}");
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    assert_true(column_of(p, "a=[ONE]") > 50);
    assert_int_equal(column_of(p, "I-am-TWO"), 0);
    assert_who(p, "b", "ONE"); /* the keys stay with the shell */
    pty_send(p, PREFIX "{");
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    assert_int_equal(column_of(p, "b=[ONE]"), 0);
    /* In each of the layouts the shells go on and have all the room there is. */
    for (int i = 0; i < 5; i++) {
        struct size sizes[3];

        pty_send(p, PREFIX " ");
        for (int k = 0; k < 3; k++) {
            char tag[3] = {(char)('l' + i), (char)('a' + k), '\0'}, text[64];

            desk_ask(p, tag, "echo $N $(stty size)", text, sizeof text);
            assert_int_equal(sscanf(text, "%*s %d %d", &sizes[k].rows, &sizes[k].cols), 2);
            pty_send(p, PREFIX "o");
        }
        int cells = 0;
        for (int k = 0; k < 3; k++)
            cells += sizes[k].rows * sizes[k].cols;
        if (cells < 40 * 121 - 3 * 121 - 2 * 40)
            fail_msg("layout %d: %d cells", i, cells);
    }
    desk_leave(p);
}

static void panes__tabs_and_break__keep_every_shell(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 31, 121);
    pty_send(p, PREFIX "!");
    assert_true(pty_wait_gone(p, WAIT_MS, "I-am-ONE", NULL));
    assert_who(p, "a", "THREE");
    assert_int_equal(size_of(p, "b").cols, 121);
    pty_send(p, PREFIX "c");
    assert_screen(p, "2:t/one*", "$");
    desk_run(p, "N=FOUR; clear; echo I-am-$N", "I-am-FOUR");
    pty_send(p, PREFIX ",\025fourth\r");
    assert_screen(p, "2:fourth*");
    pty_send(p, PREFIX "0");
    assert_screen(p, "I-am-ONE", "I-am-TWO");
    pty_send(p, PREFIX "p"); /* before the first comes the last */
    assert_screen(p, "2:fourth*");
    assert_who(p, "c", "FOUR");
    pty_send(p, PREFIX "\t");
    assert_screen(p, "I-am-ONE", "I-am-TWO");
    /* A closed pane's terminal runs on and can be had again. */
    pty_send(p, PREFIX "h" PREFIX "x");
    assert_true(pty_wait_gone(p, WAIT_MS, "I-am-ONE", NULL));
    assert_who(p, "d", "TWO");
    assert_int_equal(lab_run(l, "exec", "t/one", "--", "sh", "-c", "ps ax | grep -c [b]ash", NULL),
                     0);
    assert_int_equal(atoi(l->out), 4);
    desk_leave(p);
}

static void panes__mouse__focuses_and_drags(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 31, 121);
    pty_send(p, "\033[<0;5;10M\033[<0;5;10m");
    assert_who(p, "a", "ONE");
    struct size before = size_of(p, "b");
    char drag[96];
    snprintf(drag, sizeof drag, "\033[<0;%d;10M\033[<32;31;10M\033[<0;31;10m", before.cols + 1);
    pty_send(p, drag);
    assert_int_equal(size_of(p, "c").cols, 30);
    pty_send(p, "\033[<0;100;25M\033[<0;100;25m");
    assert_who(p, "d", "THREE");
    desk_leave(p);
}

static void panes__broadcast__a_password_stays_where_it_is_asked(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 31, 121);
    pty_send(p, PREFIX "m" PREFIX "k" PREFIX "m");
    assert_screen(p, "2 marked");
    desk_run(p, "clear; read -sp Say-$((6*7)) x; echo \"[$x]\"", "Say-42");
    pty_send(p, PREFIX "b");
    assert_screen(p, "BROADCAST 2");
    pty_send(p, "hunter2");
    assert_screen(p, "does not echo what is typed");
    assert_true(pty_wait_gone(p, WAIT_MS, "BROADCAST 2", NULL));
    pty_send(p, "idden\r");
    assert_screen(p, "[hidden]");
    pty_send(p, PREFIX "j");
    char text[64];
    pty_send(p, "=there\r");
    assert_screen(p, "h=there");
    desk_ask(p, "a", "echo $h", text, sizeof text);
    assert_string_equal(text, "there");
    desk_leave(p);
}

static void panes__next_start__has_the_same_shells_and_screens(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = open_three(l, 31, 121);
    desk_run(p, "clear; seq -f 'row-%g.' 1 60", "row-60.");
    pty_send(p, PREFIX "k" PREFIX C_LEFT);
    desk_run(p, "clear; printf '\\033[1;35m%s\\033[m\\n' bright", "bright");
    pty_send(p, PREFIX "c");
    assert_screen(p, "1:t/one*", "$");
    desk_run(p, "N=FOUR; clear; echo I-am-$N", "I-am-FOUR");
    pty_send(p, PREFIX ",\025fourth\r");
    assert_screen(p, "1:fourth*");
    pty_send(p, PREFIX "0");
    assert_screen(p, "row-60.", "bright", "I-am-ONE");
    assert_true(pty_wait_quiet(p, 300, WAIT_MS));
    cleanup_free char *before = desk_picture(p);
    desk_leave(p);
    p = lab_pty(l, 31, 121, NULL);
    assert_screen(p, "row-60.", "bright", "I-am-ONE", "1:fourth");
    assert_true(pty_wait_quiet(p, 500, WAIT_MS));
    cleanup_free char *after = desk_picture(p);
    assert_string_equal(after, before);
    int row, col;
    assert_true(pty_find(p, "bright", &row, &col));
    assert_true(pty_cell(p, row, col).bold);
    /* They are the shells of before. */
    assert_who(p, "a", "TWO");
    pty_send(p, PREFIX "j");
    assert_who(p, "b", "THREE");
    pty_send(p, PREFIX "h");
    assert_who(p, "c", "ONE");
    pty_send(p, PREFIX "n");
    assert_screen(p, "I-am-FOUR");
    assert_who(p, "d", "FOUR");
    desk_leave(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(panes__split_and_resize__reach_the_programs),
        LAB_TEST(panes__title__names_what_runs),
        LAB_TEST(panes__swap_and_layouts__keep_every_shell),
        LAB_TEST(panes__tabs_and_break__keep_every_shell),
        LAB_TEST(panes__mouse__focuses_and_drags),
        LAB_TEST(panes__broadcast__a_password_stays_where_it_is_asked),
        LAB_TEST(panes__next_start__has_the_same_shells_and_screens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
