/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static void text__utf8_decode__substitutes_maximal_subparts(void **state)
{
    static const struct {
        const char *bytes;
        size_t used;
        uint32_t codepoint;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc3\xa9", 2, 0xe9},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xc0\x80", 1, 0xfffd},         /* overlong */
        {"\xed\xa0\x80", 1, 0xfffd},     /* surrogate */
        {"\xf4\x90\x80\x80", 1, 0xfffd}, /* past U+10FFFF */
        {"\xe2\x82", 2, 0xfffd},         /* truncated */
        {"\xe2\x28\xa1", 1, 0xfffd},
        {"\x80", 1, 0xfffd},
        {"\xff", 1, 0xfffd},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t codepoint;
        size_t n = strlen(cases[i].bytes);

        assert_int_equal(utf8_decode(cases[i].bytes, n, &codepoint), cases[i].used);
        assert_int_equal(codepoint, cases[i].codepoint);
    }
}

static void text__utf8_encode__is_the_inverse(void **state)
{
    for (uint32_t c = 1; c < 0x110000; c += 37) {
        char bytes[4];
        uint32_t back;
        size_t n = utf8_encode(c, bytes);

        assert_int_equal(utf8_decode(bytes, n, &back), n);
        assert_int_equal(back, c >= 0xd800 && c <= 0xdfff ? 0xfffd : c);
    }
}

static void text__utf8_incomplete_tail__finds_what_more_bytes_could_complete(void **state)
{
    static const struct {
        const char *bytes;
        size_t tail;
    } cases[] = {
        {"", 0},
        {"abc", 0},
        {"a\xc3", 1},
        {"a\xc3\xa9", 0},
        {"\xe2\x82", 2},
        {"\xf0\x9f\x98", 3},
        {"\xf0\x9f\x98\x80", 0},
        {"\x80\x80", 0},
        {"\xff", 0},
        {"\xed\xa0", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(utf8_incomplete_tail(cases[i].bytes, strlen(cases[i].bytes)),
                         cases[i].tail);
}

static void text__width__counts_columns(void **state)
{
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_width("\xf0\x9f\x98\x80"), 2);
    assert_int_equal(text_prefix("\xe6\xbc\xa2\xe5\xad\x97", 3), 3);
    assert_int_equal(text_prefix("abc", 0), 0);
}

static void text__sanitise__leaves_nothing_that_acts(void **state)
{
    char out[64];

    text_sanitise(out, sizeof out, "a\x1b]0;x\x07\n\xc2\x9b", 10);
    assert_string_equal(out, "a ]0;x   ");
    text_sanitise(out, sizeof out, "\xe2\x80\xaeqp", 5);
    assert_string_equal(out, " qp");
    text_sanitise(out, sizeof out, "a\0b", 3);
    assert_string_equal(out, "a b");
}

static void text__sanitise__cuts_between_characters(void **state)
{
    char out[8];

    text_sanitise(out, sizeof out, "abcdefghij", 10);
    assert_string_equal(out, "abcd\xe2\x80\xa6");
    text_sanitise(out, sizeof out, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 9);
    assert_true(utf8_valid(out, strlen(out)));
    text_sanitise(out, 1, "abc", 3);
    assert_string_equal(out, "");
    text_sanitise(out, 4, "abc", 3);
    assert_string_equal(out, "abc");
}

static void text__utf8__repairs_and_holds_back(void **state)
{
    static const char text[] = "gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 \xf0\x9f\x9a\x80";
    struct buf out = {0};

    /* However the stream is cut, holding back the incomplete end gives valid pieces. */
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        size_t hold = utf8_incomplete_tail(text, cut);

        assert_true(utf8_valid(text, cut - hold));
        assert_true(utf8_valid(text + cut - hold, sizeof text - 1 - cut + hold));
    }
    utf8_repair(&out, "a\xff\xc3(\xed\xa0\x80z", 8);
    assert_true(utf8_valid(out.data, out.len));
    assert_int_equal(out.data[0], 'a');
    assert_int_equal(out.data[out.len - 1], 'z');
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__utf8__repairs_and_holds_back),
        cmocka_unit_test(text__utf8_decode__substitutes_maximal_subparts),
        cmocka_unit_test(text__utf8_encode__is_the_inverse),
        cmocka_unit_test(text__utf8_incomplete_tail__finds_what_more_bytes_could_complete),
        cmocka_unit_test(text__width__counts_columns),
        cmocka_unit_test(text__sanitise__leaves_nothing_that_acts),
        cmocka_unit_test(text__sanitise__cuts_between_characters),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
