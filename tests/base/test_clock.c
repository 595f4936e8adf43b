/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "base/alloc.h"
#include "base/clock.h"

static void clock__iso__round_trips(void **state)
{
    static const int64_t times[] = {0, 1, 999, 1767323045678, 253402300799999};

    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        char text[CLOCK_ISO_SIZE];

        assert_int_equal(clock_parse_iso(clock_format_iso(text, times[i])), times[i]);
    }
}

static void clock__parse_iso__reads_offsets_and_refuses_nonsense(void **state)
{
    assert_int_equal(clock_parse_iso("1970-01-01T01:00:00+01:00"), 0);
    assert_int_equal(clock_parse_iso("1970-01-01T00:00:01.5Z"), 1500);
    assert_int_equal(clock_parse_iso("yesterday"), -1);
    assert_int_equal(clock_parse_iso("1970-01-01T00:00:00"), -1);
    assert_int_equal(clock_parse_iso(""), -1);
}

static void clock__span__picks_units(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {-5, "0s"},         {59999, "59s"},     {60000, "1m00s"},      {3599000, "59m59s"},
        {3600000, "1h00m"}, {86400000, "1d0h"}, {INT64_MAX, ">9999d"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CLOCK_SPAN_SIZE];

        assert_string_equal(clock_format_span(text, cases[i].ms), cases[i].text);
    }
}

static void clock__mono__does_not_go_back(void **state)
{
    int64_t a = clock_mono_ns();

    assert_true(clock_mono_ns() >= a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock__iso__round_trips),
        cmocka_unit_test(clock__parse_iso__reads_offsets_and_refuses_nonsense),
        cmocka_unit_test(clock__span__picks_units),
        cmocka_unit_test(clock__mono__does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
