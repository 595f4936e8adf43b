/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/tui/dump.h"
#include "tui/confirm.h"
#include "tui/wrap.h"

static struct confirm question;

static enum confirm_result press(const char *script)
{
    enum confirm_result last = CONFIRM_IGNORED;
    char *copy = xstrdup(script), *rest = copy, *name;

    while ((name = strsep(&rest, " "))) {
        struct key key;

        assert_true(key_parse(name, &key));
        last = confirm_key(&question, key);
    }
    free(copy);
    return last;
}

static void ask(size_t n)
{
    confirm_init(&question, "Delete sandbox", "delete",
                 "Its files and everything that runs in it are lost.");
    for (size_t i = 0; i < n; i++) {
        char name[24];

        snprintf(name, sizeof name, "alice/demo%zu", i);
        confirm_add(&question, name);
    }
}

static char *draw(int rows, int cols)
{
    struct theme theme;
    struct canvas c = dump_canvas(rows, cols);

    theme_default(&theme);
    confirm_draw(&question, c, &theme);
    return dump_text(c);
}

static void assert_shows(int rows, int cols, const char *what)
{
    char *text = draw(rows, cols);

    if (!strstr(text, what))
        fail_msg("no \"%s\" in:\n%s", what, text);
    free(text);
}

static void confirm__one__wants_y(void **state)
{
    ask(1);
    assert_int_equal(press("Enter"), CONFIRM_HANDLED);
    assert_int_equal(press("x"), CONFIRM_HANDLED);
    assert_int_equal(press("C-y"), CONFIRM_HANDLED);
    assert_int_equal(press("n"), CONFIRM_NO);
    assert_int_equal(press("Esc"), CONFIRM_NO);
    assert_int_equal(press("C-c"), CONFIRM_NO);
    assert_int_equal(press("y"), CONFIRM_YES);
    confirm_finish(&question);
}

static void confirm__many__want_the_count(void **state)
{
    ask(12);
    assert_shows(20, 60, "Type 12 to delete:");
    assert_shows(20, 60, "alice/demo7");
    assert_shows(20, 60, "and 4 more");
    assert_int_equal(press("y Enter"), CONFIRM_HANDLED);
    assert_shows(20, 60, "not 12");
    assert_int_equal(press("C-u 1 Enter"), CONFIRM_HANDLED);
    assert_int_equal(press("2 Enter"), CONFIRM_YES);
    assert_int_equal(press("Esc"), CONFIRM_NO);
    confirm_finish(&question);
}

static void confirm__harmless__takes_enter(void **state)
{
    ask(0);
    question.harmless = true;
    assert_int_equal(press("Enter"), CONFIRM_YES);
    confirm_finish(&question);
}

static void confirm__draw__keeps_target_and_answer_at_any_size(void **state)
{
    ask(1);
    for (int rows = 1; rows <= 12; rows++)
        for (int cols = 1; cols <= 80; cols++)
            free(draw(rows, cols));
    assert_shows(5, 20, "alice/demo0");
    assert_shows(5, 20, "y delete");
    assert_shows(2, 20, "y delete");
    struct rect r = confirm_place(&question, 24, 80);
    assert_shows(r.h, r.w, "lost.");
    confirm_finish(&question);

    ask(12);
    for (int rows = 1; rows <= 20; rows++)
        for (int cols = 1; cols <= 80; cols++)
            free(draw(rows, cols));
    confirm_finish(&question);
}

static void wrap__count__breaks_at_blanks_and_inside_long_words(void **state)
{
    assert_int_equal(wrap_count("", 10), 0);
    assert_int_equal(wrap_count("one two three", 7), 2);
    assert_int_equal(wrap_count("one two three", 3), 4);
    assert_int_equal(wrap_count("abcdefghij", 4), 3);
    assert_int_equal(wrap_count("a\n\nb", 4), 3);
    assert_int_equal(wrap_count("\xe6\xbc\xa2\xe5\xad\x97", 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirm__one__wants_y),
        cmocka_unit_test(confirm__many__want_the_count),
        cmocka_unit_test(confirm__harmless__takes_enter),
        cmocka_unit_test(confirm__draw__keeps_target_and_answer_at_any_size),
        cmocka_unit_test(wrap__count__breaks_at_blanks_and_inside_long_words),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
