/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/filter.h"

static const char *label(void *user, const char *key)
{
    return strcmp(key, "team") == 0 ? "Blue" : strcmp(key, "empty") == 0 ? "" : NULL;
}

static bool passes(const char *filter, const char *text)
{
    struct filter f = {0};

    assert_true(filter_set(&f, filter));
    bool hit = filter_match(&f, text, label, NULL);
    filter_finish(&f);
    return hit;
}

static void filter__match__follows_the_grammar(void **state)
{
    static const struct {
        const char *filter, *text;
        bool hit;
    } cases[] = {
        {"", "anything", true},
        {"   ", "anything", true},
        {"web", "my-WEB-1", true},
        {"Web", "my-WEB-1", false},
        {"^my.*[0-9]$", "my-web-1", true},
        {"\\Web", "  eb", true}, /* \W is a class */
        {"!web", "my-web-1", false},
        {"!web", "db", true},
        {"! web", "db", true},
        {"!", "db", true},
        {"-f mw1", "my-web-1", true},
        {"-f 1wm", "my-web-1", false},
        {"-f MW", "my-web-1", false},
        {"!-f mw1", "my-web-1", false},
        {"-f ", "x", true},
        {"-l team", "x", true},
        {"-l team=blue", "x", true},
        {"-l team=red", "x", false},
        {"-l other", "x", false},
        {"-l empty=", "x", true},
        {"!-l team=red", "x", true},
        {"-l", "x", true},
        {"-list", "a -list", true}, /* not the option */
        {"\xc3\xa9t\xc3\xa9", "l'\xc3\x89T\xc3\x89", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (passes(cases[i].filter, cases[i].text) != cases[i].hit)
            fail_msg("%s on %s", cases[i].filter, cases[i].text);
}

static void filter__set__keeps_the_last_valid_pattern(void **state)
{
    struct filter f = {0};

    assert_true(filter_set(&f, "web"));
    assert_string_equal(f.error, "");
    assert_false(filter_set(&f, "web["));
    assert_string_equal(f.text, "web[");
    assert_non_null(strstr(f.error, "character"));
    assert_true(filter_match(&f, "web", NULL, NULL));
    assert_false(filter_match(&f, "db", NULL, NULL));
    assert_true(filter_set(&f, "web[0-9]"));
    assert_string_equal(f.error, "");
    assert_false(filter_set(&f, "-l =x"));
    assert_false(filter_set(&f, "\xff"));
    char *longest = xcalloc(1, FILTER_TEXT_MAX + 1);
    memset(longest, 'a', FILTER_TEXT_MAX);
    assert_false(filter_set(&f, longest));
    free(longest);
    filter_finish(&f);
}

static void filter__match__is_bounded(void **state)
{
    struct filter f = {0};
    char text[256];

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_true(filter_set(&f, "(a+)+$z|(a*)*b"));
    int64_t start = clock_mono_ms();
    for (int i = 0; i < 20; i++)
        assert_false(filter_match(&f, text, NULL, NULL));
    assert_true(clock_mono_ms() - start < 2000);
    filter_finish(&f);
}

static void filter__span__finds_each_hit(void **state)
{
    struct filter f = {0};
    size_t start = 0, len, letter = 0;

    filter_set(&f, "b+");
    assert_true(filter_span(&f, "abba b", &start, &len, &letter));
    assert_int_equal(start, 1);
    assert_int_equal(len, 2);
    start += len;
    assert_true(filter_span(&f, "abba b", &start, &len, &letter));
    assert_int_equal(start, 5);
    start += len;
    assert_false(filter_span(&f, "abba b", &start, &len, &letter));

    filter_set(&f, "x*");
    start = 0;
    assert_false(filter_span(&f, "abc", &start, &len, &letter));

    filter_set(&f, "-f ac");
    start = letter = 0;
    assert_true(filter_span(&f, "abc", &start, &len, &letter));
    assert_int_equal(start, 0);
    start += len;
    assert_true(filter_span(&f, "abc", &start, &len, &letter));
    assert_int_equal(start, 2);
    start += len;
    assert_false(filter_span(&f, "abc", &start, &len, &letter));
    filter_finish(&f);
}

static void filter__fuzzy_score__prefers_words_and_runs(void **state)
{
    assert_true(fuzzy_score("", "x", false) == 0);
    assert_true(fuzzy_score("x", "", false) < 0);
    assert_true(fuzzy_score("del", "delete", false) > fuzzy_score("del", "model", false));
    assert_true(fuzzy_score("sd", "sandbox-delete", false) > fuzzy_score("sd", "resend", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter__match__follows_the_grammar),
        cmocka_unit_test(filter__set__keeps_the_last_valid_pattern),
        cmocka_unit_test(filter__match__is_bounded),
        cmocka_unit_test(filter__span__finds_each_hit),
        cmocka_unit_test(filter__fuzzy_score__prefers_words_and_runs),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
