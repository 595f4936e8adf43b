/* SPDX-License-Identifier: MIT
 *
 * The tree of tabs, panes and open terminals.
 */
#include "tests/views/two_shells.h"

#include <string.h>

/* Tab 0: two shells; tab 1: one with a list behind it; and a terminal in no pane. */
static struct stage *open_tree(void)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b \"");
    two_shells_await(s, 3, "t3", "third shell");
    stage_keys(s, "C-b x");
    stage_await_gone(s, "third shell");
    stage_keys(s, "C-b c");
    two_shells_await(s, 4, "t4", "fourth shell");
    stage_keys(s, "C-b w");
    stage_await(s, "Tabs and panes");
    return s;
}

static void tree__rows__are_tabs_panes_and_what_is_in_none(void **state)
{
    struct stage *s = open_tree();

    stage_output_of(s, "t1", "\x1b]0;vim notes\x07");
    stage_output_of(s, "t3", "\a");
    stage_await(s, "! bell");
    stage_await(s, "0 # new output alice/demo  vim notes");
    stage_await(s, "in no pane: ! bell alice/demo");
    stage_forget_toast(s);
    stage_golden_sizes(s, "tree");
    stage_close(s);
}

static void tree__typing__filters_and_enter_goes_there(void **state)
{
    struct stage *s = open_tree();

    stage_output_of(s, "t1", "\x1b]0;vim notes\x07");
    stage_await(s, "vim notes");
    stage_type(s, "vim");
    stage_await(s, "1/1");
    stage_keys(s, "Enter");
    stage_await_gone(s, "Tabs and panes");
    stage_await(s, "0:alice/demo*");
    stage_type(s, "z");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_string_equal(s->typed_into, "t1");
    stage_close(s);
}

static void tree__terminal_in_no_pane__is_shown_here(void **state)
{
    struct stage *s = open_tree();

    stage_type(s, "no pane");
    stage_await(s, "1/1");
    stage_await(s, "third shell"); /* its preview */
    stage_keys(s, "Enter");
    stage_await_gone(s, "Tabs and panes");
    stage_await(s, "third shell");
    stage_await(s, "1:alice/demo*");
    stage_close(s);
}

static void tree__x__closes_panes_and_tabs(void **state)
{
    struct stage *s = open_tree();

    stage_keys(s, "x");
    stage_await(s, "in no pane: alice/demo");
    stage_await_gone(s, "1: alice/demo");
    /* The tab with its two panes. */
    stage_keys(s, "PgUp");
    stage_await(s, "Select one of its panes");
    stage_keys(s, "x");
    stage_await_gone(s, "2 panes");
    assert_string_equal(s->last_request, "POST /terminals");
    stage_keys(s, "Esc");
    stage_await_gone(s, "Tabs and panes");
    stage_await(s, "STATUS");
    stage_close(s);
}

static void tree__view_behind__is_brought_up(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, "sandbox:created", "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    two_shells_await(s, 1, "t1", "first shell");
    stage_keys(s, "C-b w");
    stage_await(s, "behind it: sandboxes");
    stage_keys(s, "Down Enter");
    stage_await(s, "STATUS");
    /* The shell is behind now. */
    stage_keys(s, "Esc");
    stage_await(s, "first shell");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree__rows__are_tabs_panes_and_what_is_in_none),
        cmocka_unit_test(tree__typing__filters_and_enter_goes_there),
        cmocka_unit_test(tree__terminal_in_no_pane__is_shown_here),
        cmocka_unit_test(tree__x__closes_panes_and_tabs),
        cmocka_unit_test(tree__view_behind__is_brought_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
