/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tui/keymap.h"

static const struct action_def defs[] = {
    {"global", "q", "quit", "quit", false},
    {"global", ": C-Space", "palette", "run a command", false},
    {"list", "j Down", "down", "next row", true},
    {"list", "g+g Home", "first", "first row", true},
    {"list", "G", "last", "last row", true},
    {"boxes", "D", "delete", "delete", false},
    {"boxes", "", "rename", "rename", false},
    {"boxes", "+ C-+", "grow", "grow", false},
    {0},
};
static const char *const contexts[] = {"boxes", "list", "global", NULL};

static struct keymap *make(void)
{
    struct keymap *m = keymap_create();

    keymap_add(m, defs);
    return m;
}

static const char *look(const struct keymap *m, const char *first, const char *second)
{
    struct key keys[2];

    assert_true(key_parse(first, &keys[0]));
    if (second)
        assert_true(key_parse(second, &keys[1]));
    const char *action = keymap_lookup(m, contexts, keys, second ? 2 : 1);
    return action ? action : "none";
}

static void keymap__lookup__innermost_context_first(void **state)
{
    struct keymap *m = make();
    struct err e;

    assert_string_equal(look(m, "j", NULL), "down");
    assert_string_equal(look(m, "Down", NULL), "down");
    assert_string_equal(look(m, "q", NULL), "quit");
    assert_string_equal(look(m, "C-Space", NULL), "palette");
    assert_string_equal(look(m, "x", NULL), "none");
    assert_string_equal(look(m, "+", NULL), "grow");
    assert_string_equal(look(m, "C-+", NULL), "grow");
    assert_int_equal(keymap_bind(m, "boxes", "rename", "q", &e), 0);
    assert_string_equal(look(m, "q", NULL), "rename");
    keymap_destroy(m);
}

static void keymap__lookup__sequences(void **state)
{
    struct keymap *m = make();

    assert_ptr_equal(look(m, "g", NULL), KEYMAP_MORE);
    assert_string_equal(look(m, "g", "g"), "first");
    assert_string_equal(look(m, "g", "x"), "none");
    assert_string_equal(look(m, "j", "j"), "none");
    keymap_destroy(m);
}

static void keymap__bind__replaces_unbinds_and_takes_over(void **state)
{
    struct keymap *m = make();
    char hint[32];
    struct err e;

    assert_int_equal(keymap_bind(m, "list", "down", "n  C-n", &e), 0);
    assert_string_equal(look(m, "j", NULL), "none");
    assert_string_equal(look(m, "n", NULL), "down");
    assert_string_equal(look(m, "C-n", NULL), "down");
    assert_string_equal(keymap_hint(m, "list", "down", hint, sizeof hint), "n");
    assert_string_equal(keymap_hint(m, "list", "first", hint, sizeof hint), "g g");
    assert_int_equal(keymap_bind(m, "boxes", "delete", "", &e), 0);
    assert_string_equal(look(m, "D", NULL), "none");
    assert_string_equal(keymap_hint(m, "boxes", "delete", hint, sizeof hint), "");
    assert_int_equal(keymap_bind(m, "boxes", "rename", "Semicolon", &e), 0);
    assert_string_equal(look(m, ";", NULL), "rename");
    keymap_destroy(m);
}

static void keymap__bind__errors_are_clear_and_change_nothing(void **state)
{
    struct keymap *m = make();
    struct err e;

    assert_int_equal(keymap_bind(m, "boxes", "fly", "f", &e), -ERR_ARG);
    assert_string_equal(e.text, "there is no action \"fly\" in [boxes]");
    assert_int_equal(keymap_bind(m, "birds", "fly", "f", &e), -ERR_ARG);
    assert_string_equal(e.text, "there is no key context \"birds\"");
    assert_int_equal(keymap_bind(m, "list", "down", "n Hyper-x", &e), -ERR_ARG);
    assert_string_equal(e.text, "\"Hyper-x\" is no key");
    assert_int_equal(keymap_bind(m, "list", "down", "a+b+c", &e), -ERR_ARG);
    assert_string_equal(look(m, "j", NULL), "down");
    assert_string_equal(look(m, "n", NULL), "none");
    keymap_destroy(m);
}

static void append_line(void *user, const char *line)
{
    buf_printf(user, "%s\n", line);
}

static void keymap__conflicts__names_both_sides(void **state)
{
    struct keymap *m = make();
    cleanup_buf struct buf out = {0};
    struct err e;

    assert_int_equal(keymap_conflicts(m, NULL, NULL), 0);
    keymap_bind(m, "boxes", "rename", "D", &e);
    keymap_bind(m, "list", "last", "g", &e);
    assert_int_equal(keymap_conflicts(m, append_line, &out), 2);
    assert_string_equal(out.data, "[list] g+g is first and g is last\n"
                                  "[boxes] D is delete and rename\n");
    /* The later one wins. */
    assert_string_equal(look(m, "D", NULL), "rename");
    assert_string_equal(look(m, "g", NULL), "last");
    keymap_destroy(m);
}

static void append_def(void *user, const struct action_def *def, const char *keys)
{
    buf_printf(user, "%s=%s\n", def->action, keys);
}

static void keymap__each__lists_present_keys(void **state)
{
    struct keymap *m = make();
    cleanup_buf struct buf one = {0}, all = {0};
    struct err e;

    keymap_bind(m, "list", "last", "End G", &e);
    keymap_each(m, "list", append_def, &one);
    assert_string_equal(one.data, "down=j Down\nfirst=g+g Home\nlast=End G\n");
    keymap_each(m, NULL, append_def, &all);
    assert_non_null(strstr(all.data, "quit=q\n"));
    assert_non_null(strstr(all.data, "rename=\n"));
    keymap_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keymap__lookup__innermost_context_first),
        cmocka_unit_test(keymap__lookup__sequences),
        cmocka_unit_test(keymap__bind__replaces_unbinds_and_takes_over),
        cmocka_unit_test(keymap__bind__errors_are_clear_and_change_nothing),
        cmocka_unit_test(keymap__conflicts__names_both_sides),
        cmocka_unit_test(keymap__each__lists_present_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
