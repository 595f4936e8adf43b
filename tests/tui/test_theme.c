/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tui/colours.h"
#include "tui/pairs.h"
#include "tui/theme.h"

static int load_text(struct theme *t, const char *text, struct err *e)
{
    char path[] = "/tmp/sandpit-theme-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");

    fputs(text, f);
    fclose(f);
    int status = theme_load(t, path, e);
    unlink(path);
    return status;
}

static char *shipped(const char *name)
{
    return xasprintf("%s/themes/%s.ini", getenv("SANDPIT_SOURCE_ROOT"), name);
}

static void theme__load__shipped_ones_are_whole(void **state)
{
    static const char *const names[] = {"dark", "light",     "high-contrast",
                                        "mono", "16-colour", "solarized"};

    unsetenv("NO_COLOR");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cleanup_free char *path = shipped(names[i]);
        struct theme t;
        struct err e = {0};

        /* A colour no theme has shows which role a file forgot. */
        memset(&t, 0xa5, sizeof t);
        assert_int_equal(theme_load(&t, path, &e), 0);
        assert_string_equal(t.name, names[i]);
        for (int role = 0; role < ROLE_COUNT; role++)
            assert_int_not_equal(t.styles[role].fg, 0xa5a5a5a5);
        struct theme compiled_in;
        assert_true(theme_shipped(&compiled_in, names[i]));
        assert_string_equal(compiled_in.name, names[i]);
        for (int role = 0; role < ROLE_COUNT; role++)
            assert_true(style_equal(compiled_in.styles[role], t.styles[role]));
    }
}

static void theme__shipped__unknown_name_is_refused(void **state)
{
    struct theme t;

    assert_false(theme_shipped(&t, "neon"));
}

static void theme__default__is_the_shipped_dark(void **state)
{
    cleanup_free char *path = shipped("dark");
    struct theme built_in, loaded = {0};
    struct err e;

    theme_default(&built_in);
    assert_int_equal(theme_load(&loaded, path, &e), 0);
    assert_string_equal(built_in.name, loaded.name);
    for (int role = 0; role < ROLE_COUNT; role++)
        assert_true(style_equal(built_in.styles[role], loaded.styles[role]));
}

static void theme__load__reads_every_form(void **state)
{
    struct theme t;
    struct err e;

    theme_default(&t);
    assert_int_equal(load_text(&t,
                               "[theme]\nname = mine\n[roles]\ngood = #102030 bright-red bold\n"
                               "bad = default 200 underline italic\nwarn = reverse\n",
                               &e),
                     0);
    assert_string_equal(t.name, "mine");
    assert_int_equal(t.styles[ROLE_GOOD].fg, COLOUR_RGB(0x10, 0x20, 0x30));
    assert_int_equal(t.styles[ROLE_GOOD].bg, COLOUR_INDEX(9));
    assert_int_equal(t.styles[ROLE_GOOD].attrs, ATTR_BOLD);
    assert_int_equal(t.styles[ROLE_BAD].fg, COLOUR_DEFAULT);
    assert_int_equal(t.styles[ROLE_BAD].bg, COLOUR_INDEX(200));
    assert_int_equal(t.styles[ROLE_BAD].attrs, ATTR_UNDERLINE | ATTR_ITALIC);
    assert_int_equal(t.styles[ROLE_WARN].attrs, ATTR_REVERSE);
}

static void theme__load__reports_the_line_and_keeps_the_rest(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"[roles]\ngood = purpleish\nbad = 5\n", ":2: \"purpleish\" is no colour or attribute"},
        {"[roles]\ngood = 1 2 3\nbad = 5\n", ":2: \"3\" is no colour or attribute"},
        {"[roles]\ngood = #12345\nbad = 5\n", ":2: \"#12345\" is no colour or attribute"},
        {"[roles]\ngood = 256\nbad = 5\n", ":2: \"256\" is no colour or attribute"},
        {"[roles]\nugly = 1\nbad = 5\n", ":2: unknown role \"ugly\""},
        {"[rolls]\ngood = 1\n[roles]\nbad = 5\n", ":2: unknown entry \"good\" in [rolls]"},
        {"[roles]\n\nnonsense\nbad = 5\n", ":3: not of the form \"name = value\" or \"[section]\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct theme t;
        struct err e = {0};

        theme_default(&t);
        struct style before = t.styles[ROLE_GOOD];
        assert_int_equal(load_text(&t, cases[i].text, &e), -ERR_ARG);
        assert_non_null(strstr(e.text, cases[i].reason));
        assert_true(style_equal(t.styles[ROLE_GOOD], before));
        assert_int_equal(t.styles[ROLE_BAD].fg, COLOUR_INDEX(5));
    }
    struct theme t;
    struct err e;
    assert_int_equal(theme_load(&t, "/proc/nowhere/theme.ini", &e), -ERR_NOT_FOUND);
}

static void theme__no_color__leaves_attributes_only(void **state)
{
    struct theme t;
    struct err e;

    setenv("NO_COLOR", "1", 1);
    theme_default(&t);
    assert_int_equal(load_text(&t, "[roles]\ngood = red green italic\n", &e), 0);
    unsetenv("NO_COLOR");
    for (int role = 0; role < ROLE_COUNT; role++) {
        assert_int_equal(t.styles[role].fg, COLOUR_DEFAULT);
        assert_int_equal(t.styles[role].bg, COLOUR_DEFAULT);
    }
    assert_int_equal(t.styles[ROLE_GOOD].attrs, ATTR_ITALIC);
    assert_int_equal(t.styles[ROLE_SELECTED].attrs, ATTR_REVERSE);
}

static void colours__nearest__finds_the_exact_ones(void **state)
{
    for (int i = 16; i < 256; i++)
        assert_int_equal(colours_rgb(colours_nearest(colours_rgb(i), 256)), colours_rgb(i));
    for (int i = 0; i < 16; i++)
        assert_int_equal(colours_nearest(colours_rgb(i), 16), i);
    assert_int_equal(colours_nearest(0xfe0102, 8), 1);
    assert_int_equal(colours_nearest(0xff8700, 256), 208);
    assert_int_equal(colours_nearest(0x121212, 256), 233);
}

/* Against the search through all of them. */
static void colours__nearest__is_close_to_the_best(void **state)
{
    for (uint32_t rgb = 0; rgb < 0x1000000; rgb += 0x010307) {
        uint32_t got = colours_rgb(colours_nearest(rgb, 256));

        for (int shift = 0; shift < 24; shift += 8)
            assert_true(abs((int)(got >> shift & 255) - (int)(rgb >> shift & 255)) <= 56);
    }
}

/* Bold black is black on many terminals of 8 colours. */
static void colours__text_of_8_colours__is_seen_on_its_ground(void **state)
{
    static const struct {
        colour fg, bg;
        int n_colours, number;
        uint16_t attrs;
    } cases[] = {
        {COLOUR_INDEX(8), COLOUR_DEFAULT, 8, -1, ATTR_DIM},
        {COLOUR_INDEX(238), COLOUR_DEFAULT, 8, -1, ATTR_DIM},
        {COLOUR_RGB(0x40, 0x40, 0x40), COLOUR_DEFAULT, 8, -1, ATTR_DIM},
        {COLOUR_INDEX(8), COLOUR_INDEX(0), 8, 7, 0},
        {COLOUR_INDEX(8), COLOUR_INDEX(7), 8, 0, ATTR_BOLD},
        {COLOUR_INDEX(0), COLOUR_DEFAULT, 8, 0, 0},
        {COLOUR_RGB(0, 0, 0), COLOUR_INDEX(0), 8, 0, 0},
        {COLOUR_INDEX(9), COLOUR_DEFAULT, 8, 1, ATTR_BOLD},
        {COLOUR_DEFAULT, COLOUR_DEFAULT, 8, -1, 0},
        {COLOUR_INDEX(8), COLOUR_DEFAULT, 16, 8, 0},
        {COLOUR_INDEX(8), COLOUR_DEFAULT, 256, 8, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint16_t attrs = 0;

        assert_int_equal(colours_text(cases[i].fg, cases[i].bg, cases[i].n_colours, false, &attrs),
                         cases[i].number);
        assert_int_equal(attrs, cases[i].attrs);
    }
}

static void pairs__get__numbers_combinations_up_to_the_limit(void **state)
{
    struct pairs *p = pairs_create(1000);
    bool fresh;

    assert_int_equal(pairs_get(p, -1, -1, &fresh), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            assert_int_equal(pairs_get(p, i % 25 - 1, i / 25 * 1000 + 5, &fresh), i + 1);
            assert_int_equal(fresh, round == 0);
        }
    }
    assert_int_equal(pairs_get(p, 77, 77, &fresh), PAIRS_FULL);
    pairs_clear(p);
    assert_int_equal(pairs_get(p, 77, 77, &fresh), 1);
    assert_true(fresh);
    pairs_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theme__load__shipped_ones_are_whole),
        cmocka_unit_test(theme__shipped__unknown_name_is_refused),
        cmocka_unit_test(theme__default__is_the_shipped_dark),
        cmocka_unit_test(theme__load__reads_every_form),
        cmocka_unit_test(theme__load__reports_the_line_and_keeps_the_rest),
        cmocka_unit_test(theme__no_color__leaves_attributes_only),
        cmocka_unit_test(colours__nearest__finds_the_exact_ones),
        cmocka_unit_test(colours__nearest__is_close_to_the_best),
        cmocka_unit_test(colours__text_of_8_colours__is_seen_on_its_ground),
        cmocka_unit_test(pairs__get__numbers_combinations_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
