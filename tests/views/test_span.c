/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "base/alloc.h"
#include "views/span.h"

static void span__age__is_coarse_and_says_when_it_changes(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
        int64_t change_ms;
    } cases[] = {
        {-5, "<1m", 60000},        {1500, "<1m", 58500},        {59999, "<1m", 1},
        {60000, "1m", 60000},      {754500, "12m", 25500},      {3600000, "1h00m", 60000},
        {7500000, "2h05m", 60000}, {86400000, "1d0h", 3600000}, {93601000, "1d2h", 3599000},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CLOCK_SPAN_SIZE];

        assert_int_equal(span_age(text, cases[i].ms), cases[i].change_ms);
        assert_string_equal(text, cases[i].text);
    }
}

static void span__left__shows_seconds_near_the_end(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
        int64_t change_ms;
    } cases[] = {
        {500, "0s", 501},        {45500, "45s", 501}, {240000, "4m00s", 1},
        {599999, "9m59s", 1000}, {600000, "10m", 1},  {8400500, "2h20m", 501},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CLOCK_SPAN_SIZE];

        assert_int_equal(span_left(text, cases[i].ms), cases[i].change_ms);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(span__age__is_coarse_and_says_when_it_changes),
        cmocka_unit_test(span__left__shows_seconds_near_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
