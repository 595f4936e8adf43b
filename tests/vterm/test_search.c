/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "vterm/search.h"

static struct term *make(int rows, int cols, size_t lines, const char *text)
{
    struct term_config config = {.scrollback_lines = lines};
    struct term *t = term_create(rows, cols, &config);

    term_feed(t, text, strlen(text));
    return t;
}

static void feed(struct term *t, const char *text)
{
    term_feed(t, text, strlen(text));
}

static void finish(struct search *s)
{
    for (int i = 0; search_step(s, 100); i++)
        assert_true(i < 100000);
}

/* All hits as "line:col-line:col …", lines counted from the first kept. */
static void check(struct term *t, struct search *s, const char *expected)
{
    char text[1024] = "";
    uint64_t first = term_scrollback_first(t);

    finish(s);
    for (size_t i = 0; i < search_count(s); i++) {
        const struct search_hit *h = search_hit(s, i);
        size_t n = strlen(text);

        snprintf(text + n, sizeof text - n, "%s%d:%d-%d:%d", n ? " " : "", (int)(h->line - first),
                 h->col, (int)(h->end_line - first), h->end_col);
    }
    assert_string_equal(text, expected);
}

static void check_pattern(const char *text, const char *pattern, const char *expected)
{
    struct term *t = make(4, 10, 100, text);
    struct search *s = search_create(t);

    assert_int_equal(search_set(s, pattern, NULL), 0);
    check(t, s, expected);
    search_destroy(s);
    term_destroy(t);
}

static void search__step__finds_in_scrollback_and_screen(void **state)
{
    check_pattern("ab\r\nxab ab\r\n\r\nc\r\nd\r\nab", "ab", "0:0-0:2 1:1-1:3 1:4-1:6 5:0-5:2");
    check_pattern("ab", "", "");
    check_pattern("ab", "c", "");
}

static void search__step__reads_over_soft_wraps(void **state)
{
    check_pattern("0123456789abcdefghijKLM", "9abc", "0:9-1:3");
    check_pattern("0123456789abcdefghijKLM", "jk", "1:9-2:1");
    check_pattern("0123456789\r\nabc", "9a", "");
    check_pattern("012345678漢字", "8漢字$", "0:8-1:4");
    check_pattern("ab\033[1;10Hxcd", "b       xcd", "0:1-1:2");
}

static void search__step__gives_wide_characters_whole(void **state)
{
    check_pattern("a漢b字", "漢", "0:1-0:3");
    check_pattern("a漢b字", "漢b", "0:1-0:4");
    check_pattern("e\xcc\x81x", "e\xcc\x81x", "0:0-0:2");
}

static void search__set__ignores_case_without_capitals(void **state)
{
    check_pattern("ab AB aB", "ab", "0:0-0:2 0:3-0:5 0:6-0:8");
    check_pattern("ab AB aB", "aB", "0:6-0:8");
    check_pattern("ab AB 12", "\\Wab", "0:2-0:5");
    check_pattern("ä Ä", "ä", "0:0-0:1 0:2-0:3");
}

static void search__step__knows_no_empty_hits(void **state)
{
    check_pattern("aaxa", "a*", "0:0-0:2 0:3-0:4");
    check_pattern("ab", "$|^|\\b", "");
    check_pattern("abc  ", "c *$", "0:2-0:5");
}

static void search__set__refuses_what_is_no_pattern(void **state)
{
    struct term *t = make(4, 10, 100, "(a");
    struct search *s = search_create(t);
    struct err e;

    assert_int_equal(search_set(s, "(a", &e), -ERR_ARG);
    assert_non_null(strstr(e.text, "parenthesis"));
    check(t, s, "");
    assert_int_equal(search_set(s, "\\(a", &e), 0);
    check(t, s, "0:0-0:2");
    search_destroy(s);
    term_destroy(t);
}

static void search__step__follows_what_goes_on(void **state)
{
    struct term *t = make(3, 10, 4, "hit 1\r\n");
    struct search *s = search_create(t);

    search_set(s, "hit", NULL);
    check(t, s, "0:0-0:3");
    feed(t, "hit 2\r\nhi");
    check(t, s, "0:0-0:3 1:0-1:3");
    feed(t, "t 3");
    check(t, s, "0:0-0:3 1:0-1:3 2:0-2:3");
    feed(t, "\r\033[K");
    check(t, s, "0:0-0:3 1:0-1:3");
    feed(t, "3\r\n4\r\n5\r\nhit 6\r\n7\r\n8");
    check(t, s, "0:0-0:3 4:0-4:3"); /* the first line was dropped */
    feed(t, "\r\n9\r\n10\r\n11\r\n12");
    check(t, s, "0:0-0:3");
    feed(t, "\033[3J");
    check(t, s, "");
    feed(t, "\r\nhit");
    check(t, s, "3:0-3:3");
    search_destroy(s);
    term_destroy(t);
}

static void search__step__begins_anew_after_a_resize(void **state)
{
    struct term *t = make(3, 10, 100, "0123456789abcdef\r\nx\r\ny\r\nz\r\n");
    struct search *s = search_create(t);

    search_set(s, "9ab", NULL);
    check(t, s, "0:9-1:2");
    term_resize(t, 3, 5);
    check(t, s, "1:4-2:2");
    term_resize(t, 3, 40);
    check(t, s, "0:9-0:12");
    search_destroy(s);
    term_destroy(t);
}

static void search__next__goes_both_ways_and_round(void **state)
{
    struct term *t = make(4, 10, 100, "x x\r\n\r\nx");
    struct search *s = search_create(t);
    size_t i;
    bool round;

    assert_false(search_next(s, 0, 0, false, &i, &round));
    search_set(s, "x", NULL);
    finish(s);
    assert_true(search_next(s, 0, 0, false, &i, &round) && i == 1 && !round);
    assert_true(search_next(s, 0, 2, false, &i, &round) && i == 2 && !round);
    assert_true(search_next(s, 2, 0, false, &i, &round) && i == 0 && round);
    assert_true(search_next(s, 2, 0, true, &i, &round) && i == 1 && !round);
    assert_true(search_next(s, 0, 0, true, &i, &round) && i == 2 && round);
    assert_int_equal(search_from(s, 0), 0);
    assert_int_equal(search_from(s, 1), 2);
    assert_int_equal(search_from(s, 3), 3);
    search_destroy(s);
    term_destroy(t);
}

/* The work of one step does not depend on how much there is. */
static void search__step__is_bounded(void **state)
{
    struct term *t = make(24, 80, 100000, "");
    struct search *s = search_create(t);
    int steps = 0;

    for (int i = 0; i < 100000; i++) {
        char line[64];

        snprintf(line, sizeof line, "line %d of many with some text%s\r\n", i,
                 i % 1000 == 500 ? " needle" : "");
        feed(t, line);
    }
    search_set(s, "needle", NULL);
    assert_true(search_step(s, 1000));
    assert_true(search_progress(s) > 0.005 && search_progress(s) < 0.05);
    assert_int_equal(search_count(s), 1); /* the newest first */
    while (search_step(s, 1000))
        steps++;
    assert_true(steps >= 90 && steps <= 110);
    assert_int_equal(search_count(s), 100);
    assert_true(search_progress(s) == 1);
    search_destroy(s);
    term_destroy(t);
}

static void search__step__bounds_hits_and_gives_up_on_bombs(void **state)
{
    struct term *t = make(24, 80, 100000, "");
    struct search *s = search_create(t);
    char line[80];

    memset(line, 'a', sizeof line);
    for (int i = 0; i < 3000; i++) {
        term_feed(t, line, 60);
        feed(t, "\r\n");
    }
    search_set(s, "a", NULL);
    finish(s);
    assert_int_equal(search_count(s), SEARCH_HITS_MAX);
    feed(t, "aaa\r\n");
    finish(s);
    assert_int_equal(search_count(s), SEARCH_HITS_MAX);
    search_set(s, "^(a|aa)+[bc]", NULL);
    search_step(s, 300);
    assert_true(search_gave_up(s));
    assert_true(search_progress(s) < 0.1);
    search_destroy(s);
    term_destroy(t);
}

/* However it is cut into steps and interleaved with output, the hits are those of a fresh search.
 */
static void search__step__finds_the_same_as_a_fresh_search(void **state)
{
    static const char *const pieces[] = {
        "ab",        "b a",     "\r\n",    "xxxxxxxxxxxxxxxxxxxxxxxx",
        "\033[H",    "\033[2J", "\033[3J", "漢字ab",
        "\033[9;1H", "\033[K",  "\033[L",  "\033M"};

    srand(7);
    for (int round = 0; round < 200; round++) {
        struct term *t = make(1 + rand() % 9, 1 + rand() % 20, (size_t)rand() % 30, "");
        struct search *s = search_create(t), *fresh = search_create(t);

        search_set(s, "ab", NULL);
        search_set(fresh, "ab", NULL);
        for (int i = 0; i < 300; i++) {
            feed(t, pieces[(size_t)rand() % ARRAY_LEN(pieces)]);
            if (rand() % 3 == 0)
                search_step(s, (size_t)rand() % 8);
            if (rand() % 60 == 0)
                term_resize(t, 1 + rand() % 9, 1 + rand() % 20);
        }
        finish(s);
        finish(fresh);
        assert_int_equal(search_count(s), search_count(fresh));
        for (size_t i = 0; i < search_count(s); i++)
            assert_memory_equal(search_hit(s, i), search_hit(fresh, i), sizeof(struct search_hit));
        search_destroy(s);
        search_destroy(fresh);
        term_destroy(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search__step__finds_in_scrollback_and_screen),
        cmocka_unit_test(search__step__reads_over_soft_wraps),
        cmocka_unit_test(search__step__gives_wide_characters_whole),
        cmocka_unit_test(search__set__ignores_case_without_capitals),
        cmocka_unit_test(search__step__knows_no_empty_hits),
        cmocka_unit_test(search__set__refuses_what_is_no_pattern),
        cmocka_unit_test(search__step__follows_what_goes_on),
        cmocka_unit_test(search__step__begins_anew_after_a_resize),
        cmocka_unit_test(search__next__goes_both_ways_and_round),
        cmocka_unit_test(search__step__is_bounded),
        cmocka_unit_test(search__step__bounds_hits_and_gives_up_on_bombs),
        cmocka_unit_test(search__step__finds_the_same_as_a_fresh_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
