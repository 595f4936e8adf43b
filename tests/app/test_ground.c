/* SPDX-License-Identifier: MIT
 *
 * What a terminal says of its ground; and pairs and sizes as forms read them.
 */
#include "tests/cm.h"

#include <string.h>

#include "app/ground.h"
#include "base/alloc.h"
#include "views/pairs.h"

static void ground__answers__are_read(void **state)
{
    static const struct {
        const char *bytes;
        enum ground ground;
    } cases[] = {
        {"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c", GROUND_LIGHT},
        {"\x1b]11;rgb:fd/f6/e3\x07", GROUND_LIGHT},
        {"x\x1b]11;rgb:0000/2b2b/3636\x1b\\", GROUND_DARK},
        {"\x1b]11;rgb:0/0/0\x07", GROUND_DARK},
        {"\x1b[?1;2c", GROUND_UNKNOWN},
        {"\x1b]11;rgb:", GROUND_UNKNOWN},
        {"\x1b]11;rgb:ff/", GROUND_UNKNOWN},
        {"\x1b]11;rgb:fffffff/0/0\x07", GROUND_UNKNOWN},
        {"", GROUND_UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(ground_read(cases[i].bytes, strlen(cases[i].bytes)), cases[i].ground);
}

static void ground__colours__are_read(void **state)
{
    static const char answers[] = "\x1b]10;rgb:eeee/e8e8/d5d5\x1b\\\x1b]11;rgb:00/2b/36\x07"
                                  "\x1b]4;1;rgb:dcdc/3232/2f2f\x1b\\\x1b]4;11;rgb:1/2/3\x07"
                                  "\x1b]4;2;rgb:zz\x07\x1b[?62c";
    struct term *plain = term_create(1, 1, &(struct term_config){0});
    struct term_theme t;

    ground_read_colours(answers, sizeof answers - 1, &t);
    assert_int_equal(t.fg, 0xeee8d5);
    assert_int_equal(t.bg, 0x002b36);
    assert_int_equal(t.cursor, t.fg);
    assert_int_equal(t.palette[1], 0xdc322f);
    assert_int_equal(t.palette[11], 0x112233);
    assert_int_equal(t.palette[2], term_colour(plain, 2));
    term_destroy(plain);
}

static void pairs__quotes_and_last_ones(void **state)
{
    char reason[128];
    cJSON *o = pairs_parse(" A=1 B='two words' A=2 C= ", reason, sizeof reason);

    assert_int_equal(cJSON_GetArraySize(o), 3);
    assert_string_equal(cJSON_GetObjectItem(o, "A")->valuestring, "2");
    assert_string_equal(cJSON_GetObjectItem(o, "B")->valuestring, "two words");
    assert_string_equal(cJSON_GetObjectItem(o, "C")->valuestring, "");
    cJSON_Delete(o);
    assert_null(pairs_parse("=1", reason, sizeof reason));
    assert_null(pairs_parse("A", reason, sizeof reason));
    assert_non_null(strstr(reason, "NAME=value"));
}

static void size__units(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {{"4096", 4096},
                {"512m", 536870912},
                {"2G", 2147483648},
                {"1.5k", 1536},
                {"2gb", 2147483648}};
    static const char *const bad[] = {"", "0", "-1", "m", "2x", "2gg", "1e300", "nan", "99999999t"};
    int64_t bytes;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(size_parse(good[i].text, &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(size_parse(bad[i], &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ground__answers__are_read),
        cmocka_unit_test(ground__colours__are_read),
        cmocka_unit_test(pairs__quotes_and_last_ones),
        cmocka_unit_test(size__units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
