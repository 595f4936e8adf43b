/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/tui/dump.h"
#include "tui/form.h"

static bool no_blank(const char *value, char *reason, size_t cap)
{
    if (!strchr(value, ' '))
        return true;
    snprintf(reason, cap, "no blanks");
    return false;
}

static void split(struct form *f, int field)
{
    const char *slash = strchr(form_text(f, field), '/');

    if (!slash)
        return;
    char *ns = xstrndup(form_text(f, field), (size_t)(slash - form_text(f, field)));
    char *name = xstrdup(slash + 1);
    form_set(f, 0, ns);
    form_set(f, field, name);
    free(ns);
    free(name);
}

static const char *const sizes[] = {"small", "large", NULL};
static const struct form_field fields[] = {
    {.label = "Namespace", .initial = "default", .required = true},
    {.label = "Name", .help = "letters", .required = true, .check = no_blank, .changed = split},
    {.label = "Timeout",
     .kind = FORM_DURATION,
     .placeholder = "none",
     .min = 60000,
     .max = 3600000},
    {.label = "Size", .kind = FORM_CHOICE, .choices = sizes},
    {.label = "Count", .kind = FORM_NUMBER, .initial = "1", .min = 1, .max = 9},
};

static struct form form;

static enum form_result press(const char *script)
{
    enum form_result last = FORM_IGNORED;
    char *copy = xstrdup(script), *rest = copy, *name;

    while ((name = strsep(&rest, " "))) {
        struct key key;

        assert_true(key_parse(name, &key));
        last = form_key(&form, key);
    }
    free(copy);
    return last;
}

static int start(void **state)
{
    form_init(&form, "New", "create", fields, 5);
    return 0;
}

static int finish(void **state)
{
    form_finish(&form);
    return 0;
}

static char *draw(int rows, int cols, int64_t now_ms)
{
    struct theme theme;
    struct canvas c = dump_canvas(rows, cols);

    theme_default(&theme);
    form_draw(&form, c, &theme, now_ms);
    return dump_text(c);
}

static void assert_shows(int rows, int cols, int64_t now_ms, const char *what, bool shown)
{
    char *text = draw(rows, cols, now_ms);

    if ((strstr(text, what) != NULL) != shown)
        fail_msg("%s \"%s\" in:\n%s", shown ? "no" : "unexpected", what, text);
    free(text);
}

static void form__parse_duration__needs_units(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"90s", 90000}, {"30m", 1800000}, {"1h30m", 5400000}, {"2d", 172800000}};
    static const char *const bad[] = {"", "5", "m", "5x", "1h30", "-5m", "1 h", "9999999999s"};
    int64_t ms;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(form_parse_duration(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(form_parse_duration(bad[i], &ms));
}

static void form__keys__check_while_typing(void **state)
{
    assert_shows(15, 60, 0, "needed", false); /* no complaint before a key */
    press("Tab a Space");
    assert_shows(15, 60, 0, "no blanks", true);
    press("BS");
    assert_shows(15, 60, 0, "no blanks", false);
    press("Tab 5");
    assert_shows(15, 60, 0, "a time such as", true);
    press("s");
    assert_shows(15, 60, 0, "at least 1m00s", true);
    press("C-u 2 h");
    assert_shows(15, 60, 0, "at most 1h00m", true);
    press("C-u 3 0 m Down Space");
    assert_string_equal(form_text(&form, 3), "large");
    press("Left");
    assert_string_equal(form_text(&form, 3), "small");
    press("S-Tab");
    assert_int_equal(form.focus, 2);
    assert_int_equal(press("Enter"), FORM_SUBMIT);
    assert_int_equal(form_number(&form, 2), 1800000);
    assert_int_equal(form_number(&form, 4), 1);
}

static void form__submit__goes_to_the_first_invalid_field(void **state)
{
    press("S-Tab x");
    assert_int_equal(press("Enter"), FORM_HANDLED);
    assert_int_equal(form.focus, 1);
    assert_shows(15, 60, 0, "needed", true);
}

static void form__changed__fills_other_fields(void **state)
{
    press("Tab");
    form_paste(&form, "alice/demo", 10);
    assert_string_equal(form_text(&form, 0), "alice");
    assert_string_equal(form_text(&form, 1), "demo");
}

static void form__fail__keeps_what_was_typed(void **state)
{
    struct err e;

    press("Tab d e m o");
    assert_int_equal(press("Enter"), FORM_SUBMIT);
    form_busy(&form, 1000);
    assert_shows(15, 60, 1100, "working", false);
    assert_shows(15, 60, 1200, "working", true);
    assert_shows(15, 60, 4200, "working 3s", true);
    assert_int_equal(press("x"), FORM_HANDLED);
    assert_string_equal(form_text(&form, 1), "demo");
    assert_int_equal(press("Esc"), FORM_ABORT);
    err_set(&e, ERR_CONFLICT, "default/demo exists already");
    err_hint(&e, "pick another name");
    form_fail(&form, &e);
    assert_shows(15, 70, 5000, "default/demo exists already: pick another name", true);
    assert_shows(5, 20, 5000, "\xe2\x9c\x97 default/demo", true);
    assert_string_equal(form_text(&form, 1), "demo");
    press("2");
    assert_shows(15, 70, 5000, "exists already", false);
}

static void form__escape__asks_only_when_something_was_typed(void **state)
{
    assert_int_equal(press("Esc"), FORM_CANCEL);
    press("Tab x");
    assert_int_equal(press("Esc"), FORM_HANDLED);
    assert_shows(15, 60, 0, "Esc again", true);
    press("y");
    assert_int_equal(press("Esc"), FORM_HANDLED);
    assert_int_equal(press("Esc"), FORM_CANCEL);
}

static void form__draw__fits_any_size(void **state)
{
    press("Tab d e m o");
    for (int rows = 1; rows <= 20; rows++) {
        for (int cols = 1; cols <= 80; cols++) {
            char *text = draw(rows, cols, 0);

            free(text);
            assert_true(form.cursor.row < rows && form.cursor.col < cols + 1);
        }
    }
    char *text = draw(form_place(&form, 24, 80).h, 40, 0);
    assert_string_equal(text, "┌─ New ────────────────────────────────┐\n"
                              "│ Namespace  default                   │\n"
                              "│                                      │\n"
                              "│ Name       demo                      │\n"
                              "│            letters                   │\n"
                              "│ Timeout    none                      │\n"
                              "│                                      │\n"
                              "│ Size       small                     │\n"
                              "│                                      │\n"
                              "│ Count      1                         │\n"
                              "│                                      │\n"
                              "│                                      │\n"
                              "│                                      │\n"
                              "│ Enter create  Tab next  Esc cancel   │\n"
                              "└──────────────────────────────────────┘\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(form__parse_duration__needs_units, start, finish),
        cmocka_unit_test_setup_teardown(form__keys__check_while_typing, start, finish),
        cmocka_unit_test_setup_teardown(form__submit__goes_to_the_first_invalid_field, start,
                                        finish),
        cmocka_unit_test_setup_teardown(form__changed__fills_other_fields, start, finish),
        cmocka_unit_test_setup_teardown(form__fail__keeps_what_was_typed, start, finish),
        cmocka_unit_test_setup_teardown(form__escape__asks_only_when_something_was_typed, start,
                                        finish),
        cmocka_unit_test_setup_teardown(form__draw__fits_any_size, start, finish),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
