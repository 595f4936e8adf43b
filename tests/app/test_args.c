/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <string.h>

#include "app/args.h"
#include "base/alloc.h"
#include "tests/cm.h"

struct fields {
    bool yes;
    const char *dir;
    struct arg_list envs;
};

struct globals {
    const char *gateway;
    bool help;
};

static const struct arg_def own[] = {
    {"yes", 'y', ARG_FLAG, offsetof(struct fields, yes), NULL, "do not ask"},
    {"workdir", 'w', ARG_TEXT, offsetof(struct fields, dir), "DIR", "run it in DIR"},
    {"env", 'e', ARG_LIST, offsetof(struct fields, envs), "K=V", "set a variable"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static const struct arg_def global[] = {
    {"gateway", 0, ARG_TEXT, offsetof(struct globals, gateway), "URL", "talk to this gateway"},
    {"help", 'h', ARG_FLAG, offsetof(struct globals, help), NULL, "print this"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct result {
    struct fields f;
    struct globals g;
    char **rest;
    int n, rc;
    struct err e;
};

static void parse(struct result *r, int leading, const char *const *words)
{
    struct arg_table tables[2] = {{global, &r->g}, {own, &r->f}};
    int argc = 0;

    *r = (struct result){0};
    while (words[argc])
        argc++;
    r->rc = args_parse(argc, (char **)words, tables, leading, &r->rest, &r->n, &r->e);
}

static void finish(struct result *r)
{
    struct arg_table table = {own, &r->f};

    args_finish(&table);
    free(r->rest);
}

#define PARSE(r, leading, ...) parse(r, leading, (const char *const[]){__VA_ARGS__, NULL})

static void args_parse__options_between_names__are_found(void **state)
{
    struct result r;

    PARSE(&r, INT_MAX, "rm", "a", "-y", "b", "--gateway", "http://g", "c");
    assert_int_equal(r.rc, 0);
    assert_true(r.f.yes);
    assert_string_equal(r.g.gateway, "http://g");
    assert_int_equal(r.n, 3);
    assert_string_equal(r.rest[0], "a");
    assert_string_equal(r.rest[2], "c");
    assert_null(r.rest[3]);
    finish(&r);
}

static void args_parse__behind_the_leading_one__options_belong_to_the_command(void **state)
{
    struct result r;

    PARSE(&r, 1, "exec", "demo", "-w", "/tmp", "-e", "A=1", "--env=B=2", "ls", "-y", "--gateway");
    assert_int_equal(r.rc, 0);
    assert_false(r.f.yes);
    assert_null(r.g.gateway);
    assert_string_equal(r.f.dir, "/tmp");
    assert_int_equal(r.f.envs.n, 2);
    assert_string_equal(r.f.envs.items[1], "B=2");
    assert_int_equal(r.n, 4);
    assert_string_equal(r.rest[1], "ls");
    assert_string_equal(r.rest[3], "--gateway");
    finish(&r);
}

static void args_parse__double_dash__ends_the_options(void **state)
{
    struct result r;

    PARSE(&r, 1, "exec", "demo", "--", "-y", "--", "x");
    assert_int_equal(r.rc, 0);
    assert_false(r.f.yes);
    assert_int_equal(r.n, 4);
    assert_string_equal(r.rest[1], "-y");
    assert_string_equal(r.rest[2], "--");
    finish(&r);
    PARSE(&r, INT_MAX, "rm", "--", "-y");
    assert_int_equal(r.n, 1);
    assert_string_equal(r.rest[0], "-y");
    finish(&r);
}

static void args_parse__a_dash_dash_value__is_the_value(void **state)
{
    struct result r;

    PARSE(&r, INT_MAX, "x", "-w", "--", "-y", "a");
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.f.dir, "--");
    assert_true(r.f.yes);
    assert_int_equal(r.n, 1);
    finish(&r);
}

static void args_parse__mistakes__are_named(void **state)
{
    static const struct {
        const char *words[4];
        const char *text;
    } cases[] = {
        {{"x", "--nope"}, "unknown option --nope"},
        {{"x", "a", "-Q"}, "unknown option -Q"},
        {{"x", "-w"}, "option --workdir wants a value"},
        {{"x", "--workdir"}, "option --workdir wants a value"},
        {{"x", "--yes=1"}, "option --yes takes no value"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct result r;

        parse(&r, INT_MAX, cases[i].words);
        assert_int_equal(r.rc, -ERR_ARG);
        assert_string_equal(r.e.text, cases[i].text);
        finish(&r);
    }
}

static void args_help__each_option__is_one_line(void **state)
{
    cleanup_buf struct buf out = {0};

    args_help(own, &out);
    assert_string_equal(out.data, "  -y, --yes                    do not ask\n"
                                  "  -w, --workdir DIR            run it in DIR\n"
                                  "  -e, --env K=V                set a variable\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(args_parse__options_between_names__are_found),
        cmocka_unit_test(args_parse__behind_the_leading_one__options_belong_to_the_command),
        cmocka_unit_test(args_parse__double_dash__ends_the_options),
        cmocka_unit_test(args_parse__a_dash_dash_value__is_the_value),
        cmocka_unit_test(args_parse__mistakes__are_named),
        cmocka_unit_test(args_help__each_option__is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
