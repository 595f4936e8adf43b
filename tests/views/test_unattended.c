/* SPDX-License-Identifier: MIT
 *
 * The prefix given away and taken back, and terminals that want to be looked at.
 */
#include "tests/views/stage.h"

#include <string.h>

#include "client/remote_internal.h"
#include "tests/views/two_shells.h"

static bool has_pending(const struct remote *r)
{
    const struct channel *c;

    LIST_FOREACH (c, &r->channels, link)
        if (channel_pending(c))
            return true;
    return false;
}

/* As fast as the fastest, however busy this machine is. */
static void settle_round_trip(struct stage *s)
{
    struct remote *r = fleet_remote(s->fleet, "a1");

    await(&s->loop, 20000, remote_round_trip_us(r) >= 0 && !has_pending(r));
    r->round_trip_us = 500;
    remote_release(r);
    tui_enter(s->tui);
}

static void lock__prefix__is_the_programs_until_unlocked(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b L");
    stage_await(s, "\xe2\x8a\x98 LOCKED F12 unlocks");
    stage_await_gone(s, "C-b keys");
    stage_keys(s, "C-b x");
    await(&s->loop, 20000, s->typed.len == 2);
    assert_string_equal(s->typed.data, "\x02x");
    settle_round_trip(s);
    stage_golden(s, "locked-80x24");
    stage_resize(s, 12, 40);
    stage_await(s, "LOCKED F12");
    stage_golden(s, "locked-40x12");
    stage_keys(s, "F12");
    stage_await_gone(s, "LOCKED");
    assert_int_equal(s->typed.len, 2);
    stage_keys(s, "C-b x");
    stage_await_gone(s, "second shell");
    assert_int_equal(s->typed.len, 2);
    stage_close(s);
}

static void lock__click__unlocks(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b L");
    stage_await(s, "LOCKED");
    stage_mouse(s, (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 23, .col = 3});
    stage_await_gone(s, "LOCKED");
    stage_close(s);
}

static void lock__without_a_key_out__is_refused(void **state)
{
    struct stage *s = two_shells_open(24, 80);
    struct err e;

    assert_int_equal(keymap_bind(s->keymap, "locked", "unlock", "", &e), 0);
    stage_keys(s, "C-b L");
    assert_non_null(strstr(stage_toast(s), "no key unlocks"));
    stage_keys(s, "C-b C-b");
    await(&s->loop, 20000, s->typed.len == 1);
    stage_close(s);
}

static void unattended__bell__comes_before_what_ended(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b c");
    two_shells_await(s, 3, "t3", "third shell");
    stage_keys(s, "C-b a");
    assert_non_null(strstr(stage_toast(s), "No terminal needs attention"));
    two_shells_end(s, "t1", "the shell ended with status 3");
    stage_await(s, "0:alice/demox");
    stage_output_of(s, "t2", "\a");
    stage_await(s, "0:alice/demo!");
    stage_keys(s, "C-b a");
    assert_non_null(strstr(stage_toast(s), "The bell rang in alice/demo"));
    stage_await(s, "second shell");
    stage_type(s, "x");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_string_equal(s->typed_into, "t2");
    /* The one that ended is beside it and says so, also once somebody was there. */
    stage_await(s, "\xe2\x94\x80 0 alice/demo \xe2\x96\xa0 ended");
    stage_keys(s, "C-b a");
    stage_await(s, "\xe2\x94\x81 0 alice/demo \xe2\x96\xa0 ended");
    stage_forget_toast(s);
    stage_keys(s, "C-b a");
    assert_non_null(strstr(stage_toast(s), "No terminal needs attention"));
    stage_close(s);
}

static void unattended__beside__is_signed_in_its_title(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    s->env.silence_ms = 60;
    stage_output_of(s, "t1", "\a");
    stage_await(s, " 0 ! bell alice/demo");
    stage_golden(s, "bell-beside-80x24");
    stage_keys(s, "C-b h");
    stage_await_gone(s, "! bell");
    for (int64_t until = clock_mono_ms() + 120; clock_mono_ms() < until;)
        loop_turn(&s->loop);
    stage_output_of(s, "t2", "\r\nbuild finished");
    stage_await(s, " 1 + new output alice/demo");
    stage_keys(s, "C-b a");
    stage_await_gone(s, "new output");
    assert_non_null(strstr(stage_toast(s), "Output after a silence in alice/demo"));
    stage_close(s);
}

static void unattended__resized__paints_anew_which_is_no_news(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    s->env.silence_ms = 1500;
    for (int64_t until = clock_mono_ms() + 1600; clock_mono_ms() < until;)
        loop_turn(&s->loop);
    stage_keys(s, "C-b C-Left");
    stage_output_of(s, "t1", "\r\npainted");
    stage_await(s, "painted");
    stage_await_gone(s, "new output");
    for (int64_t until = clock_mono_ms() + 1600; clock_mono_ms() < until;)
        loop_turn(&s->loop);
    stage_output_of(s, "t1", "\r\nfinished");
    stage_await(s, " 0 + new output alice/demo");
    stage_close(s);
}

static void unattended__in_no_pane__is_gone_to_from_the_list(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b x C-b e");
    stage_await(s, "STATUS");
    stage_output_of(s, "t2", "\a");
    await(&s->loop, 20000, strstr(stage_toast(s), "Bell in alice/demo"));
    stage_keys(s, "C-b a");
    stage_await(s, "second shell");
    stage_close(s);
}

static void unattended__lost_link__is_signed(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_host_down(s);
    stage_await(s, "\xe2\x94\x80 0 alice/demo \xe2\x9c\x97 lost");
    stage_keys(s, "C-b a");
    stage_await(s, "\xe2\x94\x81 0 alice/demo \xe2\x9c\x97 lost");
    stage_host_up(s);
    stage_await_gone(s, "connection lost");
    stage_close(s);
}

static void unattended__after_a_cut__only_another_screen_is_news(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    s->env.silence_ms = 1;
    stage_keys(s, "C-b c");
    two_shells_await(s, 3, "t3", "third shell");
    stage_await(s, "0:alice/demo- ");
    stage_host_down(s);
    stage_await(s, "connection lost");
    stage_await(s, "0:alice/demo? ");
    s->n_attached = 0;
    stage_host_up(s);
    await(&s->loop, 20000, s->n_attached == 3);
    stage_output_of(s, "t1",
                    "\x1b"
                    "cfirst shell");
    stage_output_of(s, "t2",
                    "\x1b"
                    "csecond shell");
    stage_output_of(s, "t3",
                    "\x1b"
                    "cthird shell, again");
    stage_await(s, "again");
    struct attachment *all[] = {attachment_find(&s->env, "a1", "t1"),
                                attachment_find(&s->env, "a1", "t2")};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        await(&s->loop, 20000, attachment_settled(all[i]));
    stage_await(s, "0:alice/demo- ");
    stage_host_down(s);
    stage_await(s, "0:alice/demo? ");
    s->n_attached = 0;
    stage_host_up(s);
    await(&s->loop, 20000, s->n_attached == 3);
    stage_output_of(s, "t1",
                    "\x1b"
                    "cfirst shell\r\nbuild finished");
    stage_await(s, "0:alice/demo+ ");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock__prefix__is_the_programs_until_unlocked),
        cmocka_unit_test(lock__click__unlocks),
        cmocka_unit_test(lock__without_a_key_out__is_refused),
        cmocka_unit_test(unattended__bell__comes_before_what_ended),
        cmocka_unit_test(unattended__beside__is_signed_in_its_title),
        cmocka_unit_test(unattended__resized__paints_anew_which_is_no_news),
        cmocka_unit_test(unattended__in_no_pane__is_gone_to_from_the_list),
        cmocka_unit_test(unattended__lost_link__is_signed),
        cmocka_unit_test(unattended__after_a_cut__only_another_screen_is_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
