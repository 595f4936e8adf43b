/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "views/attention.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define NOW    (1000 * MINUTE)

static const struct activity quiet = {
    .terminal_id = "t1",
    .title = "",
    .command = "bash",
    .with = "",
    .error = "",
    .note = "",
    .output_ms = NOW,
    .input_ms = NOW,
};
static const struct activity_sandbox well = {.failed_server = "", .error_signal = ""};

static struct attention judge_at(const struct activity *a, const struct activity_sandbox *s,
                                 int64_t now_ms)
{
    struct attention out;

    attention_of(&out, a, s, now_ms);
    return out;
}

static struct attention judge(const struct activity *a)
{
    return judge_at(a, &well, NOW);
}

static void attention__of__somebody_at_work_is_nothing(void **state)
{
    struct attention out = judge(&quiet);
    char sign[64];

    assert_int_equal(out.score, 0);
    assert_int_equal(out.n, 0);
    assert_string_equal(attention_sign(&out, sign, sizeof sign), "");
    /* The next thing that can happen by itself is idleness. */
    assert_int_equal(out.next_ms, NOW + 5 * MINUTE);
}

static void attention__of__nothing_known_is_nothing(void **state)
{
    struct attention out = judge_at(NULL, NULL, NOW);

    assert_int_equal(out.score, 0);
    assert_int_equal(out.next_ms, 0);
}

static void attention__hand__beats_everything_else_together(void **state)
{
    struct activity hand = quiet, rest = quiet;
    struct activity_sandbox ill = {.n_servers_failed = 9,
                                   .failed_server = "web",
                                   .error_signal = "boom",
                                   .error_signal_ms = NOW};

    hand.hand_ms = NOW;
    rest.n_failed_row = rest.n_same_error = 90;
    rest.error = "No such file";
    rest.exit_ms = NOW;
    rest.n_bells = 90;
    rest.bell_ms = NOW;
    assert_true(judge(&hand).score > judge_at(&rest, &ill, NOW).score);
}

static void attention__hand__says_since_when_and_what(void **state)
{
    struct activity a = quiet;
    struct attention out;

    a.hand_ms = NOW - 2 * MINUTE - 5 * SECOND;
    a.note = "how do I quit\tvi\033[1m";
    out = judge(&a);
    assert_string_equal(out.reasons[0].text, "hand up 2m: how do I quit vi [1m");
    assert_int_equal(out.next_ms, NOW + 55 * SECOND);
    assert_int_equal(out.reasons[0].kind, ATTENTION_HAND);
}

static void attention__hand__who_waits_longer_comes_first(void **state)
{
    struct activity early = quiet, late = quiet;

    early.hand_ms = NOW - 4 * MINUTE;
    late.hand_ms = NOW - 2 * MINUTE;
    assert_true(judge(&early).score > judge(&late).score);
}

static void attention__failing__grows_and_decays(void **state)
{
    struct activity a = quiet;
    struct attention out;

    a.n_failed_row = 4;
    a.last_exit = 1;
    a.exit_ms = NOW;
    a.error = "ModuleNotFoundError: no numpy";
    out = judge(&a);
    assert_string_equal(out.reasons[0].text,
                        "failed 4 in a row: exit 1: ModuleNotFoundError: no numpy");
    assert_int_equal(out.score, 200);
    a.n_failed_row = 5;
    assert_true(judge(&a).score > out.score);
    /* At the moment it named itself, not before. */
    a.input_ms = a.output_ms = NOW + 10 * MINUTE;
    out = judge_at(&a, &well, NOW + 10 * MINUTE - 1);
    assert_int_equal(out.score, 240);
    assert_int_equal(out.next_ms, NOW + 10 * MINUTE);
    out = judge_at(&a, &well, NOW + 10 * MINUTE);
    assert_int_equal(out.score, 120);
    a.input_ms = a.output_ms = NOW + 30 * MINUTE;
    assert_int_equal(judge_at(&a, &well, NOW + 30 * MINUTE).score, 0);
}

static void attention__failed__once_is_how_people_work(void **state)
{
    struct activity a = quiet;

    a.n_failed_row = 1;
    a.last_exit = 2;
    a.exit_ms = NOW;
    assert_in_range(judge(&a).score, 1, ATTENTION_NEEDED - 1);
    a.last_exit = 130;
    assert_int_equal(judge(&a).score, 0);
}

static void attention__same_error__counts_beside_the_row(void **state)
{
    struct activity a = quiet;
    struct attention out;

    a.n_failed_row = a.n_same_error = 3;
    a.last_exit = 127;
    a.exit_ms = NOW;
    a.error = "pyhton: command not found";
    out = judge(&a);
    assert_int_equal(out.n, 2);
    assert_string_equal(out.reasons[0].text, "same error 3 times: pyhton: command not found");
    assert_int_equal(out.score, out.reasons[0].weight + out.reasons[1].weight);
    assert_true(out.reasons[0].weight >= out.reasons[1].weight);
}

static void attention__silent__since_enter_only(void **state)
{
    struct activity a = quiet;
    struct attention out;

    a.command = "python3 loop.py";
    a.command_ms = a.input_ms = NOW;
    a.output_ms = NOW + 5;
    out = judge_at(&a, &well, NOW + 19 * SECOND);
    assert_int_equal(out.score, 0);
    assert_int_equal(out.next_ms, NOW + 20 * SECOND);
    out = judge_at(&a, &well, NOW + 45 * SECOND);
    assert_true(out.score >= ATTENTION_NEEDED);
    assert_string_equal(out.reasons[0].text, "no output since Enter 40s: python3 loop.py");
    assert_int_equal(out.next_ms, NOW + 50 * SECOND);
    /* It answered, so it is not stuck. */
    a.output_ms = NOW + SECOND;
    assert_int_equal(judge_at(&a, &well, NOW + 45 * SECOND).score, 0);
    /* Reading in an editor is not being stuck either. */
    a.output_ms = NOW + 5;
    a.command = "/usr/bin/vim notes";
    assert_int_equal(judge_at(&a, &well, NOW + 45 * SECOND).score, 0);
}

static void attention__mute__keys_without_an_echo(void **state)
{
    struct activity a = quiet;
    struct attention out;

    a.output_ms = NOW - MINUTE;
    assert_int_equal(judge_at(&a, &well, NOW + 9 * SECOND).score, 0);
    out = judge_at(&a, &well, NOW + 10 * SECOND);
    assert_string_equal(out.reasons[0].text, "no answer to keys 10s");
    assert_true(out.score >= ATTENTION_NEEDED);
}

static void attention__idle__alone_needs_nobody(void **state)
{
    struct attention out = judge_at(&quiet, &well, NOW + 12 * MINUTE);

    assert_string_equal(out.reasons[0].text, "idle 10m");
    assert_in_range(out.score, 1, ATTENTION_NEEDED - 1);
    assert_int_equal(out.next_ms, NOW + 15 * MINUTE);
    assert_int_equal(judge_at(&quiet, &well, NOW + 7 * 60 * MINUTE).score, 0);
}

static void attention__sandbox__servers_and_signals(void **state)
{
    struct activity_sandbox s = {.n_servers_failed = 1,
                                 .failed_server = "web",
                                 .error_signal = "out of memory",
                                 .error_signal_ms = NOW};
    struct attention out = judge_at(&quiet, &s, NOW);

    assert_int_equal(out.n, 2);
    assert_string_equal(out.reasons[0].text, "server web failed");
    assert_string_equal(out.reasons[1].text, "error signal: out of memory");
    /* Also of a sandbox without a terminal. */
    assert_int_equal(judge_at(NULL, &s, NOW).score, out.score);
    assert_int_equal(judge_at(NULL, &s, NOW + 10 * MINUTE).n, 1);
}

static void attention__next__is_when_something_changes(void **state)
{
    struct activity a = quiet;

    a.hand_ms = NOW - 3 * SECOND;
    a.n_bells = 2;
    a.bell_ms = NOW - SECOND;
    a.n_failed_row = 1;
    a.exit_ms = NOW - 2 * SECOND;
    /* Whatever stands at a moment stands until the next one. */
    for (int64_t now = NOW; now < NOW + 40 * MINUTE;) {
        struct attention here = judge_at(&a, &well, now), there;

        assert_true(here.next_ms > now);
        there = judge_at(&a, &well, here.next_ms - 1);
        assert_int_equal(here.score, there.score);
        assert_int_equal(here.n, there.n);
        for (size_t i = 0; i < here.n; i++)
            assert_string_equal(here.reasons[i].text, there.reasons[i].text);
        now = here.next_ms;
    }
}

static void attention__age__steps_coarsely(void **state)
{
    static const struct {
        int64_t age_ms;
        const char *text;
    } cases[] = {
        {-5, "0s"},          {9 * SECOND, "0s"},     {59 * SECOND, "50s"},
        {MINUTE, "1m"},      {299 * SECOND, "4m"},   {59 * MINUTE, "55m"},
        {60 * MINUTE, "1h"}, {100 * MINUTE, "1h30"}, {7 * 60 * MINUTE, "6h"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[ATTENTION_AGE_SIZE];

        assert_string_equal(attention_age(out, NOW - cases[i].age_ms, NOW, NULL), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention__of__somebody_at_work_is_nothing),
        cmocka_unit_test(attention__of__nothing_known_is_nothing),
        cmocka_unit_test(attention__hand__beats_everything_else_together),
        cmocka_unit_test(attention__hand__says_since_when_and_what),
        cmocka_unit_test(attention__hand__who_waits_longer_comes_first),
        cmocka_unit_test(attention__failing__grows_and_decays),
        cmocka_unit_test(attention__failed__once_is_how_people_work),
        cmocka_unit_test(attention__same_error__counts_beside_the_row),
        cmocka_unit_test(attention__silent__since_enter_only),
        cmocka_unit_test(attention__mute__keys_without_an_echo),
        cmocka_unit_test(attention__idle__alone_needs_nobody),
        cmocka_unit_test(attention__sandbox__servers_and_signals),
        cmocka_unit_test(attention__next__is_when_something_changes),
        cmocka_unit_test(attention__age__steps_coarsely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
