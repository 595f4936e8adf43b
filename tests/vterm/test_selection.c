/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "vterm/selection.h"

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

static void check_text(const struct selection *s, const char *expected)
{
    cleanup_buf struct buf out = {0};

    assert_true(selection_text(s, 100000, &out));
    assert_string_equal(out.data ? out.data : "", expected);
}

/* Selects from (a, b) to (c, d), lines from the first kept. */
static void select_in(struct selection *s, struct term *t, enum selection_kind kind, int a, int b,
                      int c, int d)
{
    uint64_t first = term_scrollback_first(t);

    selection_begin(s, t, kind, first + (uint64_t)a, b);
    selection_extend(s, first + (uint64_t)c, d);
}

static void check(const char *text, enum selection_kind kind, int a, int b, int c, int d,
                  const char *expected)
{
    struct term *t = make(4, 10, 100, text);
    struct selection s = {0};

    select_in(&s, t, kind, a, b, c, d);
    check_text(&s, expected);
    selection_swap(&s);
    check_text(&s, expected);
    selection_clear(&s);
    term_destroy(t);
}

static void selection__text__of_characters(void **state)
{
    check("abcdef", SELECTION_CHARACTERS, 0, 1, 0, 3, "bcd");
    check("abc  \r\n\r\ndef", SELECTION_CHARACTERS, 0, 1, 2, 1, "bc\n\nde");
    check("abc", SELECTION_CHARACTERS, 0, 9, 3, 9, "\n\n\n");
    check("1\r\n2\r\n3\r\n4\r\n5\r\n6", SELECTION_CHARACTERS, 0, 0, 5, 9, "1\n2\n3\n4\n5\n6");
}

static void selection__text__joins_soft_wraps(void **state)
{
    check("0123456789abc\r\nd", SELECTION_CHARACTERS, 0, 5, 2, 0, "56789abc\nd");
    check("01234567  abc", SELECTION_CHARACTERS, 0, 5, 1, 2, "567  abc");
    check("012345678漢x", SELECTION_CHARACTERS, 0, 7, 1, 2, "78漢x");
}

static void selection__text__takes_wide_characters_whole(void **state)
{
    check("a漢字b", SELECTION_CHARACTERS, 0, 2, 0, 3, "漢字");
    check("a漢字b", SELECTION_BLOCK, 0, 0, 0, 1, "a漢");
}

static void selection__text__of_lines(void **state)
{
    check("0123456789abc\r\nd\r\ne", SELECTION_LINES, 1, 2, 1, 2, "0123456789abc");
    check("0123456789abc\r\nd\r\ne", SELECTION_LINES, 0, 9, 2, 0, "0123456789abc\nd");
}

static void selection__text__of_a_block(void **state)
{
    check("abcdef\r\ngh\r\nijklmn", SELECTION_BLOCK, 0, 3, 2, 1, "bcd\nh\njkl");
    check("abcdef\r\ngh\r\nijklmn", SELECTION_BLOCK, 2, 1, 0, 3, "bcd\nh\njkl");
}

static void selection__text__is_bounded(void **state)
{
    struct term *t = make(4, 10, 100, "ab漢\r\ncd");
    struct selection s = {0};
    struct buf out = {0};

    select_in(&s, t, SELECTION_CHARACTERS, 0, 0, 1, 9);
    assert_false(selection_text(&s, 4, &out));
    assert_string_equal(out.data, "ab");
    assert_false(selection_text(&s, 5, &out));
    assert_string_equal(out.data, "abab漢");
    assert_true(selection_text(&s, 8, &out));
    buf_finish(&out);
    selection_clear(&s);
    term_destroy(t);
}

static void selection__columns__are_those_of_the_text(void **state)
{
    struct term *t = make(4, 10, 100, "a漢c\r\ndef\r\ng");
    struct selection s = {0};
    int from, to;

    assert_false(selection_columns(&s, 0, &from, &to));
    select_in(&s, t, SELECTION_CHARACTERS, 0, 2, 2, 0);
    assert_true(selection_columns(&s, 0, &from, &to) && from == 1 && to == 10);
    assert_true(selection_columns(&s, 1, &from, &to) && from == 0 && to == 10);
    assert_true(selection_columns(&s, 2, &from, &to) && from == 0 && to == 1);
    assert_false(selection_columns(&s, 3, &from, &to));
    selection_set_kind(&s, SELECTION_BLOCK);
    assert_true(selection_columns(&s, 1, &from, &to) && from == 0 && to == 3);
    selection_clear(&s);
    assert_false(selection_columns(&s, 1, &from, &to));
    term_destroy(t);
}

static void selection__anchors__stay_as_lines_scroll_and_are_dropped(void **state)
{
    struct term *t = make(3, 10, 4, "one\r\ntwo\r\nthree");
    struct selection s = {0};

    select_in(&s, t, SELECTION_CHARACTERS, 1, 0, 2, 2);
    check_text(&s, "two\nthr");
    for (int i = 0; i < 5; i++)
        feed(t, "\r\nmore");
    check_text(&s, "two\nthr");
    feed(t, "\r\nmore");
    check_text(&s, "thr");
    feed(t, "\r\nmore\r\nmore");
    check_text(&s, "");
    selection_clear(&s);
    term_destroy(t);
}

static void selection__anchors__stay_as_parts_of_the_screen_scroll(void **state)
{
    struct term *t = make(5, 10, 0, "1\r\n2\r\n3\r\n4\r\n5");
    struct selection s = {0};

    select_in(&s, t, SELECTION_LINES, 2, 0, 3, 0);
    check_text(&s, "3\n4");
    feed(t, "\033[2;4r\033[4;1H\n"); /* inside a region, up by one */
    check_text(&s, "3\n4");
    feed(t, "\033[2;1H\033M");
    check_text(&s, "3\n4");
    feed(t, "\033[r\033[H\033[M"); /* a deleted line above */
    check_text(&s, "3\n4");
    feed(t, "\033[1;3r\033[3;1H\n"); /* a region at the top: the rows below stay in their place */
    check_text(&s, "3\n4");
    selection_clear(&s);
    term_destroy(t);
}

static void selection__anchors__follow_a_resize(void **state)
{
    struct term *t = make(4, 10, 100, "first\r\n0123456789abcdefghijKLMNO\r\nlast");
    struct selection s = {0};

    select_in(&s, t, SELECTION_CHARACTERS, 1, 8, 2, 3);
    check_text(&s, "89abcd");
    srand(3);
    for (int i = 0; i < 200; i++) {
        term_resize(t, 1 + rand() % 6, 1 + rand() % 30);
        check_text(&s, "89abcd");
    }
    selection_clear(&s);
    term_destroy(t);
}

static void selection__word__goes_over_soft_wraps(void **state)
{
    struct term *t = make(4, 10, 100, "see http://a.example/x?y=1 (now) 漢字 +");
    struct selection s = {0};

    selection_word(&s, t, 1, 3);
    check_text(&s, "http://a.example/x?y=1");
    selection_word(&s, t, 0, 0);
    check_text(&s, "see");
    selection_word(&s, t, 2, 7);
    check_text(&s, "(");
    selection_word(&s, t, 3, 4);
    check_text(&s, "漢字");
    selection_word(&s, t, 3, 99);
    selection_word(&s, t, 99, 0);
    selection_clear(&s);
    term_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selection__text__of_characters),
        cmocka_unit_test(selection__text__joins_soft_wraps),
        cmocka_unit_test(selection__text__takes_wide_characters_whole),
        cmocka_unit_test(selection__text__of_lines),
        cmocka_unit_test(selection__text__of_a_block),
        cmocka_unit_test(selection__text__is_bounded),
        cmocka_unit_test(selection__columns__are_those_of_the_text),
        cmocka_unit_test(selection__anchors__stay_as_lines_scroll_and_are_dropped),
        cmocka_unit_test(selection__anchors__stay_as_parts_of_the_screen_scroll),
        cmocka_unit_test(selection__anchors__follow_a_resize),
        cmocka_unit_test(selection__word__goes_over_soft_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
