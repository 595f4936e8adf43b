/* SPDX-License-Identifier: MIT
 *
 * One search over all panes and tabs.
 */
#include "tests/views/two_shells.h"

#include <string.h>

#include "views/pane_search.h"
#include "views/terminals.h"

/* Tab 0: t1 and t2; tab 1: t3 with scrollback; the focus is there. */
static struct stage *open_three(void)
{
    struct stage *s = two_shells_open(24, 80);

    stage_output_of(s, "t1", "\r\nError: one\r\nfine\r\n");
    stage_output_of(s, "t2", "\r\nno errors, error error\r\n");
    stage_await(s, "no errors");
    stage_keys(s, "C-b c");
    two_shells_await(s, 3, "t3", "third shell");
    stage_output_of(s, "t3", "\x1b]0;vim notes\x07\r\nerror \x1b[31mthree\r\n");
    for (int i = 0; i < 40; i++)
        stage_output_of(s, "t3", "more\r\n");
    stage_output_of(s, "t3", "at the end");
    stage_await(s, "at the end");
    return s;
}

static void search_for(struct stage *s, const char *pattern)
{
    stage_keys(s, "C-b f");
    stage_await(s, "Search all panes");
    stage_type(s, pattern);
    stage_keys(s, "Enter");
}

static void pane_search__hits__are_of_all_tabs(void **state)
{
    struct stage *s = open_three();

    search_for(s, "error");
    stage_await(s, "3 lines in 3 of 3 terminals");
    stage_await(s, "Error: one");
    stage_await(s, "error three");
    stage_forget_toast(s);
    stage_golden_sizes(s, "pane-hits");
    stage_close(s);
}

static void pane_search__enter__goes_to_the_pane_in_copy_mode(void **state)
{
    struct stage *s = open_three();
    int row, col;

    search_for(s, "error");
    stage_await(s, "3 lines in 3 of 3 terminals");
    /* Another tab, a line with three hits. */
    stage_keys(s, "g g j Enter");
    stage_await(s, "0 of 0 lines back");
    stage_await(s, "1/3 hits");
    stage_await(s, "0:alice/demo*");
    assert_true(stage_cursor(s, &row, &col));
    assert_int_equal(row, 2);
    assert_int_equal(col, 41 + 3);
    stage_keys(s, "n");
    stage_await(s, "3/3 hits");
    stage_keys(s, "q");
    stage_type(s, "z");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_string_equal(s->typed_into, "t2");
    /* Behind the list, in scrollback. */
    stage_keys(s, "C-b 1");
    stage_await(s, "Error: one");
    stage_keys(s, "G Enter");
    stage_await(s, "error three");
    stage_await(s, "1/1 hit");
    /* The list is behind the shell now; the next one takes its place. */
    stage_keys(s, "q");
    search_for(s, "at the end");
    stage_await(s, "1 line in 1 of 3 terminals");
    stage_keys(s, "Enter");
    stage_await(s, "1/1 hit");
    stage_keys(s, "q C-b w");
    stage_await(s, "behind it: hits");
    cleanup_free char *screen = stage_screen(s);
    assert_null(strstr(strstr(screen, "behind it: hits") + 1, "behind it: hits"));
    stage_close(s);
}

static void pane_search__line_that_changed__is_searched_again(void **state)
{
    struct stage *s = open_three();

    search_for(s, "error: one");
    stage_await(s, "1 line in 1 of 3 terminals");
    stage_output_of(s, "t1", "\x1b[2J\x1b[H\r\nquiet");
    stage_output_of(s, "t2", "\r\nError: one more");
    await(&s->loop, 20000, term_cursor(attachment_term(s->env.state->open[1])).row == 3);
    await(&s->loop, 20000, term_cursor(attachment_term(s->env.state->open[0])).col == 5);
    stage_keys(s, "Enter");
    stage_await(s, "Error: one more");
    stage_await(s, "1 line in 1 of 3 terminals");
    stage_keys(s, "Enter");
    stage_await(s, "0:alice/demo*");
    stage_await(s, "1/1 hit");
    stage_close(s);
}

static void pane_search__terminal_that_is_gone__is_said(void **state)
{
    struct stage *s = open_three();

    search_for(s, "at the end");
    stage_await(s, "1 line in 1 of 3 terminals");
    two_shells_end(s, "t3", "exited");
    await(&s->loop, 20000, *attachment_ended(s->env.state->open[2]));
    /* The text of a program that has ended stays where it is as long as its pane. */
    stage_keys(s, "Enter");
    stage_await(s, "1/1 hit");
    stage_keys(s, "q C-b f");
    stage_type(s, "first shell");
    stage_keys(s, "Enter");
    stage_await(s, "1 line in 1 of 3 terminals");
    stage_keys(s, "C-b 0 C-b h C-b x C-b 1");
    terminals_remove(&s->env, s->env.state->open[0]);
    stage_await(s, "TEXT");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "not open here any more"));
    stage_close(s);
}

static void pane_search__pattern__that_is_none_or_hits_nothing(void **state)
{
    struct stage *s = open_three();

    search_for(s, "(");
    stage_await(s, "parenthes");
    stage_await(s, "Search all panes");
    stage_keys(s, "C-u");
    stage_type(s, "nowhere to be seen");
    stage_keys(s, "Enter");
    stage_await(s, "Found nowhere");
    stage_await(s, "Found in none of 3 terminals");
    stage_keys(s, "q");
    stage_await(s, "at the end");
    stage_close(s);
}

static void pane_search__up__has_what_was_searched_for(void **state)
{
    struct stage *s = open_three();

    search_for(s, "three");
    stage_await(s, "in 1 of 3 terminals");
    stage_keys(s, "q");
    stage_await(s, "at the end");
    stage_forget_toast(s);
    stage_keys(s, "C-b f Up");
    stage_await(s, "Search  three");
    stage_keys(s, "Enter");
    stage_await(s, "in 1 of 3 terminals");
    stage_close(s);
}

static void pane_search__without_terminals__says_so(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_keys(s, "C-b f");
    await(&s->loop, 20000, strstr(stage_toast(s), "No terminal is open here"));
    stage_close(s);
}

/* More lines than a step takes, and than are listed. */
static void pane_search__many__are_bounded(void **state)
{
    struct stage *s = two_shells_open(24, 80);
    cleanup_buf struct buf text = {0};

    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "needle %d\r\n", i);
    buf_append_str(&text, "all there");
    buf_append_char(&text, '\0');
    stage_output_of(s, "t1", text.data);
    stage_await(s, "all there");
    search_for(s, "needle");
    stage_await(s, "1000 lines, and there are more, in 1 of 2 terminals");
    stage_await(s, "needle 4999");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pane_search__hits__are_of_all_tabs),
        cmocka_unit_test(pane_search__enter__goes_to_the_pane_in_copy_mode),
        cmocka_unit_test(pane_search__line_that_changed__is_searched_again),
        cmocka_unit_test(pane_search__terminal_that_is_gone__is_said),
        cmocka_unit_test(pane_search__pattern__that_is_none_or_hits_nothing),
        cmocka_unit_test(pane_search__up__has_what_was_searched_for),
        cmocka_unit_test(pane_search__without_terminals__says_so),
        cmocka_unit_test(pane_search__many__are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
