/* SPDX-License-Identifier: MIT
 *
 * Durations, shell words, escapes, near names.
 */
#include <stdlib.h>
#include <string.h>

#include "app/closest.h"
#include "app/duration.h"
#include "app/escape.h"
#include "base/alloc.h"
#include "base/shell_quote.h"
#include "tests/cm.h"

static void duration_parse__what_people_type(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"90", 90000},        {"45s", 45000}, {"90m", 5400000},     {"2h", 7200000},
        {"1d12h", 129600000}, {"500ms", 500}, {"1h30m5s", 5405000}, {"1w", 604800000},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(duration_parse(cases[i].text, NULL), cases[i].ms);
}

static void duration_parse__nonsense__is_refused(void **state)
{
    static const char *const cases[] = {"",       "0",   "h",   "2x",  "-1h",
                                        "1.5h",   "2h ", " 2h", "2h-", "99999999999999999999d",
                                        "20000d", "1hh"};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};

        assert_int_equal(duration_parse(cases[i], &e), -ERR_ARG);
        assert_true(e.text[0]);
    }
}

static void shell_quote__words__survive_a_shell(void **state)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"ls", "ls"},         {"", "''"},         {"a b", "'a b'"},         {"it's", "'it'\\''s'"},
        {"$HOME", "'$HOME'"}, {"a=b", "'a=b'"},   {"/x-1_2.c", "/x-1_2.c"}, {"*", "'*'"},
        {"ü", "'ü'"},         {"a\nb", "'a\nb'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf out = {0};

        shell_quote(&out, cases[i].text);
        assert_string_equal(out.data, cases[i].quoted);
    }
}

/* Types keys in two pieces at every cut; the outcome must not depend on it. */
static void check_escape(const char *keys, const char *sent, enum escape_command last)
{
    for (size_t cut = 0; cut <= strlen(keys); cut++) {
        struct escape s = ESCAPE_INIT;
        cleanup_buf struct buf out = {0};
        enum escape_command command = ESCAPE_NONE;
        size_t used = 0;

        command = escape_filter(&s, keys, cut, &out, &used);
        if (command == ESCAPE_NONE)
            command = escape_filter(&s, keys + cut, strlen(keys) - cut, &out, &used);
        assert_string_equal(out.data ? out.data : "", sent);
        assert_int_equal(command, last);
    }
}

static void escape_filter__only_after_enter(void **state)
{
    check_escape("~.", "", ESCAPE_DETACH);
    check_escape("ls\r~.", "ls\r", ESCAPE_DETACH);
    check_escape("a~.", "a~.", ESCAPE_NONE);
    check_escape("\r~~.", "\r~.", ESCAPE_NONE);
    check_escape("\r~x~.", "\r~x~.", ESCAPE_NONE);
    check_escape("\r~?", "\r", ESCAPE_HELP);
    check_escape("\r~\r~.", "\r~\r", ESCAPE_DETACH);
    check_escape("cd ~\r", "cd ~\r", ESCAPE_NONE);
}

static void edit_distance__counts_slips(void **state)
{
    assert_int_equal(edit_distance("demo", "demo", 3), 0);
    assert_int_equal(edit_distance("dmeo", "demo", 3), 1);
    assert_int_equal(edit_distance("demos", "demo", 3), 1);
    assert_int_equal(edit_distance("dxyo", "demo", 3), 2);
    assert_int_equal(edit_distance("", "abc", 3), 3);
    assert_int_equal(edit_distance("abcdefgh", "zyxwvuts", 2), 3);
}

static void closest_sandbox__prefers_the_namespace_asked_for(void **state)
{
    struct sandbox_info all[] = {
        {.ns = (char *)"bob", .name = (char *)"demo", .id = (char *)"1"},
        {.ns = (char *)"alice", .name = (char *)"demon", .id = (char *)"2"},
        {.ns = (char *)"alice", .name = (char *)"database", .id = (char *)"3"},
        {.ns = (char *)"alice", .name = (char *)"", .id = (char *)"4"},
    };
    static const struct {
        const char *ns, *name, *expected;
    } cases[] = {
        {"alice", "demo", "bob/demo"},          {"alice", "demom", "alice/demon"},
        {"alice", "databse", "alice/database"}, {"alice", "zebra", NULL},
        {"carol", "daemon", "alice/demon"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *best = closest_sandbox(all, ARRAY_LEN(all), cases[i].ns, cases[i].name);

        if (cases[i].expected)
            assert_string_equal(best, cases[i].expected);
        else
            assert_null(best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duration_parse__what_people_type),
        cmocka_unit_test(duration_parse__nonsense__is_refused),
        cmocka_unit_test(shell_quote__words__survive_a_shell),
        cmocka_unit_test(escape_filter__only_after_enter),
        cmocka_unit_test(edit_distance__counts_slips),
        cmocka_unit_test(closest_sandbox__prefers_the_namespace_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
