/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/text.h"
#include "tests/tui/dump.h"
#include "tui/help.h"

static const struct action_def defs[] = {
    {"list", "j Down", "list-down", "Move down", true},
    {"list", "D", "thing-delete", "Delete the thing"},
    {"list", "d", "thing-describe", "Describe the thing"},
    {"prefix", "c", "shell-new", "Open a new shell"},
    {"global", "q", "quit", "Leave"},
    {0},
};
static const struct help_context contexts[] = {
    {"list", "Here"}, {"prefix", "In a shell"}, {"global", "Everywhere"}, {0}};

static struct keymap *keymap;
static struct picker picker;

static int start(void **state)
{
    keymap = keymap_create();
    keymap_add(keymap, defs);
    help_init(&picker, keymap, contexts, "C-b");
    return 0;
}

static int finish(void **state)
{
    picker_finish(&picker);
    keymap_destroy(keymap);
    return 0;
}

static enum picker_result press(const char *script)
{
    enum picker_result last = PICKER_IGNORED;
    char *copy = xstrdup(script), *rest = copy, *name;

    while ((name = strsep(&rest, " "))) {
        struct key key;

        assert_true(key_parse(name, &key));
        last = picker_key(&picker, key);
    }
    free(copy);
    return last;
}

static char *draw(int rows, int cols)
{
    struct theme theme;
    struct canvas c = dump_canvas(rows, cols);

    theme_default(&theme);
    picker_draw(&picker, c, &theme);
    return dump_text(c);
}

static void help__draw__lists_contexts_with_keys(void **state)
{
    char *text = draw(11, 50);

    assert_string_equal(text, "┌─ Keys ─────────────────────────────────────────┐\n"
                              "│ :                                              │\n"
                              "│ Here                                           │\n"
                              "│ ▸ D      Delete the thing         thing-delete │\n"
                              "│   d      Describe the thing     thing-describe │\n"
                              "│ In a shell                                     │\n"
                              "│   C-b c  Open a new shell            shell-new │\n"
                              "│ Everywhere                                     │\n"
                              "│   q      Leave                            quit │\n"
                              "│                                                │\n"
                              "└─────────────────────────────── 1/4  Enter run ─┘\n");
    free(text);
}

static void help__type__finds_and_runs(void **state)
{
    press("s h e l l");
    assert_string_equal(picker_value(&picker), "shell-new");
    assert_int_equal(picker.n_shown, 1);
    assert_int_equal(press("Enter"), PICKER_ACCEPT);
    /* A key finds what it does. */
    press("C-u D");
    assert_string_equal(picker_value(&picker), "thing-delete");
    press("C-u d");
    assert_string_equal(picker_value(&picker), "thing-describe");
    press("C-u x y z");
    assert_null(picker_value(&picker));
    assert_int_equal(press("Enter"), PICKER_HANDLED);
    assert_int_equal(press("Esc"), PICKER_CANCEL);
}

static void help__move__stays_inside(void **state)
{
    press("Down Down Down Down Down");
    assert_string_equal(picker_value(&picker), "quit");
    press("PgUp");
    assert_string_equal(picker_value(&picker), "thing-delete");
    press("Up");
    assert_string_equal(picker_value(&picker), "thing-delete");
    picker_select(&picker, "quit");
    assert_string_equal(picker_value(&picker), "quit");
}

static void help__draw__fits_any_size(void **state)
{
    press("Down Down");
    for (int rows = 1; rows <= 20; rows++) {
        for (int cols = 1; cols <= 80; cols++) {
            char *text = draw(rows, cols);

            if (rows > 2 && cols > 20)
                assert_non_null(strstr(text, "Open"));
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(help__draw__lists_contexts_with_keys, start, finish),
        cmocka_unit_test_setup_teardown(help__type__finds_and_runs, start, finish),
        cmocka_unit_test_setup_teardown(help__move__stays_inside, start, finish),
        cmocka_unit_test_setup_teardown(help__draw__fits_any_size, start, finish),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
