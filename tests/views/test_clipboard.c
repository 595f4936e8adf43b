/* SPDX-License-Identifier: MIT
 *
 * What was copied here: on its way to the terminal's clipboard, and in the list to paste from.
 */
#include "tests/views/two_shells.h"

#include <stdlib.h>
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

/* --- on its way to the terminal --- */

static void clipboard__tmux__gets_it_plain_and_wrapped(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    assert_int_equal(setenv("TMUX", "/tmp/tmux-0/default,1,0", 1), 0);
    views_copy(&s->env, "a name", "demo");
    unsetenv("TMUX");
    assert_string_equal(stage_written(s)->data, "\x1b]52;c;ZGVtbw==\a"
                                                "\x1bPtmux;\x1b\x1b]52;c;ZGVtbw==\a\x1b\\");
    stage_close(s);
}

/* The pieces, taken out of their DCS as GNU screen does, are the plain sequence. */
static void assert_pieces(const struct buf *written, size_t n_pieces, const struct buf *plain)
{
    cleanup_buf struct buf joined = {0};
    const char *at = written->data, *end = at + written->len;
    size_t n = 0;

    for (; at < end; n++) {
        const char *last = memmem(at, (size_t)(end - at), "\x1b\\", 2);

        assert_non_null(last);
        assert_memory_equal(at, "\x1bP", 2);
        assert_true(last + 2 - at <= 768);
        buf_append(&joined, at + 2, (size_t)(last - at - 2));
        at = last + 2;
    }
    assert_int_equal(n, n_pieces);
    assert_int_equal(joined.len, plain->len);
    assert_memory_equal(joined.data, plain->data, plain->len);
}

static void clipboard__screen__gets_it_in_pieces(void **state)
{
    struct stage *s = stage_open_synced(24, 80);
    cleanup_buf struct buf plain = {0}, piece = {0};
    char text[2001];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    views_copy(&s->env, "it", text);
    buf_append(&plain, stage_written(s)->data, stage_written(s)->len);
    assert_int_equal(setenv("STY", "123.pts-0.host", 1), 0);
    views_copy(&s->env, "it", text);
    buf_append(&piece, stage_written(s)->data + plain.len, stage_written(s)->len - plain.len);
    assert_pieces(&piece, 4, &plain);
    size_t before = stage_written(s)->len;
    views_copy(&s->env, "it", "demo");
    unsetenv("STY");
    assert_string_equal(stage_written(s)->data + before, "\x1bP\x1b]52;c;ZGVtbw==\a\x1b\\");
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
        cmocka_unit_test(clipboard__tmux__gets_it_plain_and_wrapped),
        cmocka_unit_test(clipboard__screen__gets_it_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
