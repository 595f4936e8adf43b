/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/tail.h"

static void add(struct tail *t, const char *source, int64_t time_ms, const char *text)
{
    tail_add(t, tail_source(t, source), time_ms, text, strlen(text));
}

static void add_many(struct tail *t, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[32];

        snprintf(text, sizeof text, "line %d", i);
        add(t, "web", i, text);
    }
}

static char *draw(struct tail *t, int rows, int cols)
{
    struct cell *cells = xcalloc((size_t)rows * (size_t)cols, sizeof *cells);
    struct canvas c = {.cells = cells, .stride = cols, .rows = rows, .cols = cols};
    struct theme theme;
    struct buf out = {0};

    theme_default(&theme);
    tail_draw(t, c, &theme);
    canvas_dump(c, &out);
    free(cells);
    return buf_steal(&out);
}

static void assert_drawn(struct tail *t, int rows, int cols, const char *expected)
{
    cleanup_free char *drawn = draw(t, rows, cols);

    assert_string_equal(drawn, expected);
}

static void assert_title(const struct tail *t, const char *expected)
{
    cleanup_buf struct buf out = {0};

    tail_title(t, &out);
    assert_string_equal(out.data, expected);
}

static void type(struct tail *t, const char *text)
{
    for (; *text; text++)
        tail_key(t, (struct key){.code = (unsigned char)*text});
}

static void tail__follow__shows_the_end_and_pause_stays_put(void **state)
{
    struct tail t;

    tail_init(&t);
    assert_drawn(&t, 3, 10, "\n\n\n");
    add_many(&t, 1, 2);
    assert_drawn(&t, 3, 10, "line 1\nline 2\n\n");
    add_many(&t, 3, 5);
    assert_drawn(&t, 3, 10, "line 3\nline 4\nline 5\n");
    assert_title(&t, " 5 lines");
    tail_act(&t, "list-up");
    assert_drawn(&t, 3, 10, "line 3\nline 4\nline 5\n");
    add_many(&t, 6, 8);
    assert_drawn(&t, 3, 10, "line 3\nline 4\nline 5\n");
    assert_title(&t, " 8 lines \xe2\x80\x96 +3 new");
    tail_act(&t, "list-top");
    assert_drawn(&t, 3, 10, "line 1\nline 2\nline 3\n");
    tail_act(&t, "list-bottom");
    assert_drawn(&t, 3, 10, "line 6\nline 7\nline 8\n");
    assert_title(&t, " 8 lines");
    tail_finish(&t);
}

static void tail__wheel__scrolls_but_not_to_the_side(void **state)
{
    struct mouse wheel = {.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_RIGHT};
    struct tail t;

    tail_init(&t);
    add_many(&t, 1, 8);
    assert_drawn(&t, 2, 10, "line 7\nline 8\n");
    tail_act(&t, "list-top");
    assert_drawn(&t, 2, 10, "line 1\nline 2\n");
    assert_int_equal(tail_mouse(&t, wheel), VIEW_IGNORED);
    assert_drawn(&t, 2, 10, "line 1\nline 2\n");
    wheel.button = MOUSE_WHEEL_DOWN;
    assert_int_equal(tail_mouse(&t, wheel), VIEW_HANDLED);
    assert_drawn(&t, 2, 10, "line 3\nline 4\n");
    tail_finish(&t);
}

static void tail__clean__leaves_nothing_that_acts(void **state)
{
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"\x1b[31merror\x1b[0m: x", "error: x"},
        {"\x1b]0;title\atext", "text"},
        {"\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"},
        {"\x1b(Bplain", "plain"},
        {"10%\r50%\r100%\r", "100%"},
        {"a\tb", "a       b"},
        {"end\x1b[", "end"},
        {"end\x1b", "end"},
        {"bell\a\x01\x7f", "bell   "},
        {"\xc2\x9b"
         "31m",
         " 31m"},
        {"bad \xff\xfe", "bad \xef\xbf\xbd\xef\xbf\xbd"},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tail t;

        tail_init(&t);
        add(&t, "web", 1, cases[i].text);
        assert_string_equal(tail_current(&t)->text, cases[i].clean);
        tail_finish(&t);
    }
}

static void tail__long_lines__are_cut_at_characters(void **state)
{
    cleanup_buf struct buf text = {0};
    struct tail t;

    while (text.len < TAIL_LINE_MAX + 100)
        buf_append_str(&text, "\xc3\xa9");
    tail_init(&t);
    tail_add(&t, tail_source(&t, "web"), 1, text.data, text.len);
    assert_non_null(strstr(tail_current(&t)->text, " more bytes"));
    assert_null(strstr(tail_current(&t)->text, "\xef\xbf\xbd\xc3"));
    tail_finish(&t);
}

static void tail__wrap__and_without(void **state)
{
    struct tail t;

    tail_init(&t);
    add(&t, "web", 1, "short");
    add(&t, "web", 2, "0123456789abcdefghij!");
    assert_drawn(&t, 3, 10, "0123456789\nabcdefghij\n!\n");
    assert_drawn(&t, 2, 10, "abcdefghij\n!\n");
    tail_act(&t, "tail-wrap");
    assert_drawn(&t, 3, 10, "short\n0123456789\n\n");
    tail_act(&t, "tail-right");
    assert_drawn(&t, 3, 10, "\n89abcdefgh\n\n");
    tail_finish(&t);
}

static void tail__merge__orders_by_time_and_names_sources(void **state)
{
    struct tail t;

    tail_init(&t);
    add(&t, "a/web", 10, "first");
    add(&t, "a/web", 30, "third");
    add(&t, "b/api", 20, "second");
    assert_drawn(&t, 3, 30,
                 "a/web \xe2\x94\x82 first\nb/api \xe2\x94\x82 second\na/web \xe2\x94\x82 third\n");
    tail_act(&t, "list-up");
    add(&t, "b/api", 15, "late");
    assert_string_equal(tail_current(&t)->text, "second");
    tail_finish(&t);
}

static void tail__keep__shows_matching_lines_only(void **state)
{
    struct tail t;

    tail_init(&t);
    add_many(&t, 1, 30);
    tail_act(&t, "tail-keep");
    assert_true(tail_grabs_keys(&t));
    type(&t, "2$");
    tail_key(&t, (struct key){.code = KEY_ENTER});
    assert_drawn(&t, 4, 10, "line 2\nline 12\nline 22\n&2$\n");
    add_many(&t, 31, 32);
    assert_drawn(&t, 4, 10, "line 12\nline 22\nline 32\n&2$\n");
    tail_act(&t, "list-up");
    assert_string_equal(tail_current(&t)->text, "line 22");
    tail_act(&t, "tail-keep");
    type(&t, "(");
    assert_drawn(&t, 4, 60,
                 "line 12\nline 22\nline 32\n&2$(              missing closing parenthesis at "
                 "character 3\n");
    tail_key(&t, (struct key){.code = KEY_ESCAPE});
    assert_int_equal(tail_act(&t, "escape"), VIEW_HANDLED);
    assert_int_equal(tail_act(&t, "escape"), VIEW_IGNORED);
    tail_finish(&t);
}

static void tail__search__goes_to_hits_and_errors(void **state)
{
    struct tail t;

    tail_init(&t);
    add(&t, "web", 1, "GET /a 200");
    add(&t, "web", 2, "ERROR: no route");
    add(&t, "web", 3, "GET /b 200, 0 errors");
    add(&t, "web", 4, "{\"level\":\"error\",\"msg\":\"x\"}");
    add(&t, "web", 5, "GET /c 200");
    tail_act(&t, "tail-search");
    type(&t, "get");
    tail_key(&t, (struct key){.code = KEY_ENTER});
    assert_string_equal(tail_current(&t)->text, "GET /c 200");
    tail_act(&t, "tail-previous");
    assert_int_equal(tail_current(&t)->time_ms, 3);
    tail_act(&t, "tail-next");
    tail_act(&t, "tail-next");
    assert_int_equal(tail_current(&t)->time_ms, 5);
    tail_act(&t, "tail-previous-error");
    assert_int_equal(tail_current(&t)->time_ms, 4);
    tail_act(&t, "tail-previous-error");
    assert_int_equal(tail_current(&t)->time_ms, 2);
    tail_act(&t, "tail-next-error");
    assert_int_equal(tail_current(&t)->time_ms, 4);
    tail_finish(&t);
}

static void tail__pretty__shows_json_over_rows(void **state)
{
    struct tail t;

    tail_init(&t);
    add(&t, "web", 1, "{\"a\":1}");
    add(&t, "web", 2, "{not json");
    tail_act(&t, "tail-pretty");
    assert_drawn(&t, 5, 20, "{\n \"a\": 1\n}\n{not json\n\n");
    tail_finish(&t);
}

static void tail__bounds__drop_the_oldest_and_say_so(void **state)
{
    struct tail t;

    tail_init(&t);
    t.cap_bytes = 1000;
    add_many(&t, 1, 1);
    tail_act(&t, "list-up");
    add_many(&t, 2, 500);
    assert_true(t.n < 50 && t.bytes <= 1000);
    cleanup_free char *drawn = draw(&t, 2, 10);
    assert_memory_equal(drawn, "line ", 5);
    cleanup_buf struct buf title = {0};
    tail_title(&t, &title);
    assert_non_null(strstr(title.data, "older dropped"));
    tail_finish(&t);
}

static void tail__select__takes_lines_out(void **state)
{
    cleanup_buf struct buf out = {0};
    struct tail t;

    tail_init(&t);
    add_many(&t, 1, 5);
    tail_act(&t, "tail-select");
    tail_act(&t, "list-up");
    tail_act(&t, "list-up");
    tail_selected(&t, &out);
    assert_string_equal(out.data, "line 3\nline 4\nline 5\n");
    tail_finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tail__follow__shows_the_end_and_pause_stays_put),
        cmocka_unit_test(tail__wheel__scrolls_but_not_to_the_side),
        cmocka_unit_test(tail__clean__leaves_nothing_that_acts),
        cmocka_unit_test(tail__long_lines__are_cut_at_characters),
        cmocka_unit_test(tail__wrap__and_without),
        cmocka_unit_test(tail__merge__orders_by_time_and_names_sources),
        cmocka_unit_test(tail__keep__shows_matching_lines_only),
        cmocka_unit_test(tail__search__goes_to_hits_and_errors),
        cmocka_unit_test(tail__pretty__shows_json_over_rows),
        cmocka_unit_test(tail__bounds__drop_the_oldest_and_say_so),
        cmocka_unit_test(tail__select__takes_lines_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
