/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "tests/cm.h"
#include "tui/keymap.h"

static void read_text(struct config *c, const char *text)
{
    config_init(c);
    config_read_text(c, "config.ini", text, strlen(text));
}

static void config_read__a_good_file__sets_everything(void **state)
{
    struct config c;

    read_text(&c, "# comment\n[general]\ntheme = light\nprefix = C-a\nmouse = off\n"
                  "clipboard = osc52\nprediction = Off\nscrollback = 500\ncontext = "
                  "prod\nnamespace = team\n\n"
                  "[context prod]\nurl = https://gw.example.com\napi_key_file = ~/key\n"
                  "provider = e2b\nnamespace = live\nreadonly = yes\ntheme = red\n"
                  "[context lab]\nurl = http://lab:7780\n");
    assert_int_equal(c.n_problems, 0);
    assert_string_equal(c.theme, "light");
    assert_true(c.has_prefix);
    assert_true(key_equal(c.prefix, (struct key){'a', MOD_CTRL}));
    assert_false(c.mouse);
    assert_int_equal(c.clipboard, CLIPBOARD_OSC52);
    assert_int_equal(c.prediction, PREDICT_OFF);
    assert_int_equal(c.scrollback_lines, 500);
    assert_string_equal(c.context, "prod");
    assert_string_equal(c.ns, "team");
    assert_int_equal(c.n_contexts, 2);
    const struct context_config *prod = config_context(&c, "prod");
    assert_non_null(prod);
    assert_string_equal(prod->url, "https://gw.example.com");
    assert_string_equal(prod->api_key_file, "~/key");
    assert_string_equal(prod->provider, "e2b");
    assert_string_equal(prod->ns, "live");
    assert_true(prod->readonly);
    assert_string_equal(prod->theme, "red");
    assert_null(config_context(&c, "nowhere"));
    config_finish(&c);
}

static void config_read__broken_lines__are_reported_and_the_rest_loads(void **state)
{
    struct config c;

    read_text(&c, "theme = early\n"      /* 1 */
                  "[general]\n"          /* 2 */
                  "mouse\n"              /* 3 */
                  "  mouse = maybe\n"    /* 4 */
                  "themme = dark\n"      /* 5 */
                  "prefix = Hyper-q\n"   /* 6 */
                  "scrollback = lots\n"  /* 7 */
                  "[general\n"           /* 8 */
                  "theme = light\n"      /* 9 */
                  "[colours]\n"          /* 10 */
                  "red = blue\n"         /* 11 */
                  "[context ]\n"         /* 12 */
                  "url = x\n"            /* 13 */
                  "[context a]\n"        /* 14 */
                  "url = http://a\n"     /* 15 */
                  "readonly = perhaps"); /* 16 */
    static const char *const expected[] = {
        "config.ini:1: \"theme\" stands before any [section]",
        "config.ini:3: not of the form \"name = value\"",
        "config.ini:4: mouse = \"maybe\": expected on or off",
        /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one text */
        "config.ini:5: unknown setting \"themme\"; known here: theme, prefix, mouse, restore, "
        "clipboard, "
        "prediction, scrollback, context, namespace",
        "config.ini:6: prefix = \"Hyper-q\": expected a key such as C-b",
        "config.ini:7: scrollback = \"lots\": expected a number from 1 to 1000000",
        "config.ini:8: a section without its closing \"]\"",
        "config.ini:11: unknown section [colours]; known: [general], [context NAME]",
        "config.ini:13: unknown section [context ]; known: [general], [context NAME]",
        "config.ini:16: readonly = \"perhaps\": expected on or off",
    };
    assert_int_equal(c.n_problems, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_string_equal(c.problems[i], expected[i]);
    assert_string_equal(c.theme, "light");
    assert_string_equal(config_context(&c, "a")->url, "http://a");
    config_finish(&c);
}

static void config_read__hostile_bytes__are_made_harmless(void **state)
{
    static const char text[] = "[general]\nth\033[31mme = x\nbad\0line = y\ntheme = ok\n";
    struct config c;

    config_init(&c);
    config_read_text(&c, "config.ini", text, sizeof text - 1);
    assert_int_equal(c.n_problems, 2);
    assert_null(strchr(c.problems[0], '\033'));
    assert_string_equal(c.problems[1], "config.ini:3: holds a NUL byte");
    assert_string_equal(c.theme, "ok");
    config_finish(&c);
}

static void config_read__a_line_too_long__is_one_problem(void **state)
{
    cleanup_buf struct buf text = {0};
    struct config c;

    buf_append_str(&text, "[general]\ntheme = ");
    for (int i = 0; i < 1000; i++)
        buf_append_char(&text, 'x');
    buf_append_str(&text, "\nmouse = off\n");
    read_text(&c, text.data);
    assert_int_equal(c.n_problems, 1);
    assert_string_equal(c.problems[0], "config.ini:2: too long");
    assert_null(c.theme);
    assert_false(c.mouse);
    config_finish(&c);
}

static void config_read__thousands_of_problems__are_bounded(void **state)
{
    cleanup_buf struct buf text = {0};
    struct config c;

    for (int i = 0; i < 5000; i++)
        buf_append_str(&text, "what\n");
    read_text(&c, text.data);
    assert_int_equal(c.n_problems, CONFIG_PROBLEMS_MAX);
    config_finish(&c);
}

static void config_read__absent_or_unreadable_file(void **state)
{
    struct config c;

    config_init(&c);
    config_read(&c, "/proc/nowhere/config.ini");
    assert_int_equal(c.n_problems, 0);
    config_read(&c, "/proc/self"); /* a folder */
    assert_int_equal(c.n_problems, 1);
    assert_true(c.mouse);
    config_finish(&c);
}

static const struct action_def actions[] = {
    {"list", "D", "sandbox-delete", "delete", false},
    {"list", "n", "sandbox-new", "new", false},
    {NULL, NULL, NULL, NULL, false},
};

static void config_read_keys__good_and_broken_lines(void **state)
{
    static const char text[] = "[list]\nsandbox-delete = X\nsandbox-nothing = Y\nno value\n"
                               "sandbox-new = N\n";
    struct keymap *m = keymap_create();
    struct config c;
    char hint[32];

    keymap_add(m, actions);
    config_init(&c);
    config_read_keys_text(&c, "keys.ini", text, sizeof text - 1, m);
    assert_int_equal(c.n_problems, 2);
    assert_memory_equal(c.problems[0], "keys.ini:3: ", 12);
    assert_string_equal(c.problems[1], "keys.ini:4: not of the form \"name = value\"");
    assert_string_equal(keymap_hint(m, "list", "sandbox-delete", hint, sizeof hint), "X");
    assert_string_equal(keymap_hint(m, "list", "sandbox-new", hint, sizeof hint), "N");
    config_finish(&c);
    keymap_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_read__a_good_file__sets_everything),
        cmocka_unit_test(config_read__broken_lines__are_reported_and_the_rest_loads),
        cmocka_unit_test(config_read__hostile_bytes__are_made_harmless),
        cmocka_unit_test(config_read__a_line_too_long__is_one_problem),
        cmocka_unit_test(config_read__thousands_of_problems__are_bounded),
        cmocka_unit_test(config_read__absent_or_unreadable_file),
        cmocka_unit_test(config_read_keys__good_and_broken_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
