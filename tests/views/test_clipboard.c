/* SPDX-License-Identifier: MIT
 *
 * What was copied here: on its way to the terminal's clipboard, and in the list to paste from.
 */
#include "tests/views/two_shells.h"

#include <string.h>

static void assert_typed(struct stage *s, const char *text)
{
    await(&s->loop, 20000, s->typed.len >= strlen(text));
    assert_int_equal(s->typed.len, strlen(text));
    assert_memory_equal(s->typed.data, text, s->typed.len);
}

static void buffers__enter__pastes_an_older_one(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    views_copy(&s->env, "a", "first\x1b[31m thing");
    views_copy(&s->env, "b", "\n  second \xc2\x9bthing\nand more of it");
    views_copy(&s->env, "c", "third thing");
    stage_forget_toast(s);
    stage_keys(s, "C-b =");
    stage_await(s, "Copied here");
    stage_await(s, "<1m       11 B  third thing");
    stage_golden_sizes(s, "buffers");
    stage_keys(s, "Down Down Enter");
    stage_await_gone(s, "Copied here");
    assert_typed(s, "first\x1b[31m thing");
    assert_string_equal(s->typed_into, "t2");
    buf_clear(&s->typed);
    stage_keys(s, "C-b =");
    stage_type(s, "thir");
    stage_await(s, "1/1");
    stage_keys(s, "Enter");
    assert_typed(s, "third thing");
    buf_clear(&s->typed);
    stage_keys(s, "C-b = Esc");
    stage_await_gone(s, "Copied here");
    stage_type(s, "x");
    assert_typed(s, "x");
    stage_close(s);
}

static void buffers__d__forgets_one(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    views_copy(&s->env, "a", "one");
    views_copy(&s->env, "b", "two");
    views_copy(&s->env, "c", "three");
    stage_keys(s, "C-b = Down d");
    stage_await_gone(s, " two");
    stage_await(s, "2/2");
    assert_int_equal(s->env.state->n_buffers, 2);
    stage_keys(s, "Enter");
    assert_typed(s, "one");
    stage_keys(s, "C-b = d Del");
    stage_await(s, "Nothing has been copied yet");
    assert_null(views_buffer(&s->env));
    stage_keys(s, "d Enter Esc");
    stage_await_gone(s, "Copied here");
    stage_close(s);
}

static void buffers__empty__says_how_to_copy(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b =");
    stage_await(s, "Nothing has been copied yet");
    stage_await(s, "C-b [ looks back; there v selects and y copies");
    stage_forget_toast(s);
    stage_golden_sizes(s, "buffers-empty");
    stage_close(s);
}

static void buffers__secret__is_not_shown_and_goes(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    views_copy(&s->env, "a", "plain");
    views_copy_secret(&s->env, "a token", "tok_5eCr3t");
    stage_forget_toast(s);
    stage_keys(s, "C-b =");
    stage_await(s, "a secret, for 45 s");
    stage_await_gone(s, "5eCr3t");
    stage_type(s, "5eCr3t");
    stage_await(s, "0/0");
    stage_keys(s, "C-u");
    stage_await(s, "1/2");
    /* When its time is over the list shows it no longer. */
    views_clipboard_forget(&s->env);
    stage_keys(s, "Enter");
    assert_typed(s, "plain");
    stage_close(s);
}

static void buffers__pane_without_keys__is_said(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    views_copy(&s->env, "a", "text");
    two_shells_end(s, "t2", "exited");
    stage_await(s, "Enter new shell");
    stage_keys(s, "C-b = Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "Not pasted: this terminal takes no keys"));
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers__enter__pastes_an_older_one),
        cmocka_unit_test(buffers__d__forgets_one),
        cmocka_unit_test(buffers__empty__says_how_to_copy),
        cmocka_unit_test(buffers__secret__is_not_shown_and_goes),
        cmocka_unit_test(buffers__pane_without_keys__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
