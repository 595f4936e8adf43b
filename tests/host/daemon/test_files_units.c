/* SPDX-License-Identifier: MIT
 *
 * What the file API is made of and needs no jail: paths, JSON bodies, env files, ignore globs.
 */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/envfile.h"
#include "host/daemon/ignore.h"
#include "host/daemon/jsoncut.h"
#include "host/daemon/path.h"

/* --- path --- */

static void path__resolve__text_only(void **state)
{
    static const char *const cases[][2] = {
        {"/a/b", "/a/b"},
        {"/a//b/./c/", "/a/b/c"},
        {"/", "/"},
        {"//", "/"},
        {"/..", "/"},
        {"/../../etc", "/etc"},
        {"a", "/home/user/a"},
        {"./a", "/home/user/a"},
        {".", "/home/user"},
        {"../x", "/home/x"},
        {"../../../../x", "/x"},
        {"/a/..", "/"},
        {"/a/../b", "/b"},
        {"...", "/home/user/..."},
        {"/a/.../b", "/a/.../b"},
        {"/.hidden", "/.hidden"},
        {"a/..b", "/home/user/a/..b"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *path = path_resolve("/home/user", cases[i][0]);

        assert_string_equal(path, cases[i][1]);
    }
}

static void path__resolve_below__says_what_leads_out(void **state)
{
    static const struct {
        const char *path;
        bool inside;
    } cases[] = {
        {"project", true},    {"./a/b", true},         {"a/../b", true},
        {".", true},          {"..", false},           {"a/../..", false},
        {"../user/a", false}, {"../../escape", false}, {"/abs", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool inside;

        free(path_resolve_below("/home/user", cases[i].path, &inside));
        if (inside != cases[i].inside)
            fail_msg("%s", cases[i].path);
    }
}

static void path__name_and_absolute(void **state)
{
    cleanup_free char *a = path_absolute("/home/user", "x//y"), *b = path_absolute("/", "x");

    assert_string_equal(a, "/home/user/x//y");
    assert_string_equal(b, "/x");
    assert_string_equal(path_name("/a/b"), "b");
    assert_string_equal(path_name("/"), "/");
    assert_true(path_is_root("/"));
    assert_false(path_is_root("/a"));
}

/* --- jsoncut --- */

static char *decode_all(struct slice raw, size_t piece, size_t *n_out, int *result)
{
    struct buf out = {0};

    do {
        char *to = buf_reserve(&out, piece);

        *result = json_text_decode(&raw, to, piece, NULL);
        out.len += *result > 0 ? (size_t)*result : 0;
    } while (*result > 0);
    *n_out = out.len;
    return buf_steal(&out);
}

static void check_content(const char *body, const char *expected, size_t n)
{
    struct json_cut cut;
    struct slice raw;
    bool bad;

    assert_int_equal(json_cut_parse(&cut, SLICE(body), NULL), 0);
    assert_true(json_cut_content(&cut, cut.root, &raw, &bad));
    for (size_t piece = 4; piece < 70; piece++) {
        size_t n_out;
        int result;
        cleanup_free char *text = decode_all(raw, piece, &n_out, &result);

        assert_int_equal(result, 0);
        assert_int_equal(n_out, n);
        assert_memory_equal(text, expected, n);
    }
    json_cut_finish(&cut);
}

static void jsoncut__content__any_text(void **state)
{
    check_content("{\"path\":\"/a\",\"content\":\"plain\"}", "plain", 5);
    check_content("{ \"content\" : \"a\\u0000b\" , \"path\":\"x\"}", "a\0b", 3);
    check_content("{\"content\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}", "\"\\/\b\f\n\r\t\xc3\xa9",
                  10);
    check_content("{\"content\":\"\\ud83d\\ude80\"}", "\xf0\x9f\x9a\x80", 4);
    check_content("{\"content\":\"\\ud83dx\\ude80\"}", "\xef\xbf\xbdx\xef\xbf\xbd", 7);
    check_content("{\"content\":\"ends in \\\\\"}", "ends in \\", 9);
    check_content("{\"content\":\"\"}", "", 0);
    check_content("{\"x\":\"\\\"content\\\":\\\"no\\\"\",\"content\":\"yes\"}", "yes", 3);
}

static void jsoncut__content__broken_escapes_are_told(void **state)
{
    static const char *const bodies[] = {
        "{\"content\":\"\\x\"}",
        "{\"content\":\"\\u12\"}",
        "{\"content\":\"\\u12g4\"}",
        "{\"content\":\"a\nb\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct json_cut cut;
        struct slice raw;
        size_t n;
        int result;
        bool bad;

        assert_int_equal(json_cut_parse(&cut, SLICE(bodies[i]), NULL), 0);
        assert_true(json_cut_content(&cut, cut.root, &raw, &bad));
        free(decode_all(raw, 64, &n, &result));
        assert_true(result < 0);
        json_cut_finish(&cut);
    }
}

static void jsoncut__parse__refuses(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{",
        "{\"content\":\"x\"",
        "{\"content\":\"x",
        "{\"path\":\"a\\u0000b\"}",
        "{} x",
        "null",
        "{\"content\":\"x\\\"}",
    };
    struct json_cut cut;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        if (!json_cut_parse(&cut, SLICE(bodies[i]), NULL))
            fail_msg("%s", bodies[i]);
}

static void jsoncut__content__no_text_and_forged_names(void **state)
{
    static const char *const bodies[] = {
        "{\"content\":5}",
        "{\"content\":{}}",
        "{\"c\\u006fntent\":\"9\"}",
        "{\"c\\u006fntent\":\"text\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct json_cut cut;
        struct slice raw;
        bool bad;

        assert_int_equal(json_cut_parse(&cut, SLICE(bodies[i]), NULL), 0);
        assert_false(json_cut_content(&cut, cut.root, &raw, &bad));
        assert_true(bad);
        json_cut_finish(&cut);
    }
}

/* --- ignore --- */

static void ignore__matches__table(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"node_modules", "node_modules", true},
        {"node_modules", "a/node_modules/b", true},
        {"node_modules", "my_node_modules", false},
        {"*.log", "src/trace.log", true},
        {"*.log", "trace.log.txt", false},
        {"src/*.log", "src/a.log", true},
        {"src/*.log", "src/x/a.log", false},
        {"src/*.log", "x/src/a.log", false},
        {"/src", "src", true},
        {"/src", "a/src", false},
        {"src/", "src/a", true},
        {"dist/**", "dist", true},
        {"dist/**", "dist/a/b", true},
        {"**/dist", "dist", true},
        {"**/dist", "a/b/dist/c", true},
        {"a/**/z", "a/z", true},
        {"a/**/z", "a/b/c/z", true},
        {"a/**/z", "b/z", false},
        {"**/a/**/b", "x/a/y/z/b", true},
        {"./out", "out", true},
        {"**/node_modules/**", "src/node_modules", true},
        {"**/node_modules/**", "src/node_modules/a/b", true},
        {"src/gen", "lib/gen", false},
        {"src/**/x.o", "src/deep/er/x.o", true},
        {"dist/*", "dist", false},
        {"dist/*", "dist/a/b", true},
        {"?.txt", "a.txt", true},
        {"?.txt", "ab.txt", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[", "[", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"*", ".hidden", true},
        {".git", ".gitignore", false},
        {"a*b*c", "aXbYbZc", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *list = cJSON_CreateStringArray(&cases[i].pattern, 1);
        struct ignore ig;

        assert_int_equal(ignore_read(&ig, list, NULL), 0);
        if (ignore_matches(&ig, cases[i].path) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].path);
        ignore_finish(&ig);
        cJSON_Delete(list);
    }
}

static void ignore__matches__many_stars_take_no_time(void **state)
{
    const char *pattern = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab";
    cJSON *list = cJSON_CreateStringArray(&pattern, 1);
    char path[4001];
    struct ignore ig;

    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(ignore_read(&ig, list, NULL), 0);
    assert_false(ignore_matches(&ig, path));
    ignore_finish(&ig);
    cJSON_Delete(list);
}

static void ignore__read__refuses_what_is_no_list_of_texts(void **state)
{
    static const char *const lists[] = {"5", "\"x\"", "[5]", "{}"};
    struct ignore ig;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        cJSON *list = cJSON_Parse(lists[i]);

        assert_true(ignore_read(&ig, list, NULL) < 0);
        cJSON_Delete(list);
    }
    assert_int_equal(ignore_read(&ig, NULL, NULL), 0);
    assert_false(ignore_matches(&ig, "a"));
}

/* --- envfile --- */

static void check_env(const char *text, const char *name, const char *expected)
{
    struct envfile f;
    struct buf value = {0};
    const struct envfile_item *item;

    envfile_parse(&f, SLICE(text));
    item = envfile_find(&f, SLICE(name));
    if (item)
        envfile_value(&f, item, &value);
    if (!item != !expected || (item && strcmp(value.data ? value.data : "", expected) != 0))
        fail_msg("%s: %s is %s", text, name, item ? value.data : "absent");
    buf_finish(&value);
    envfile_finish(&f);
}

static void envfile__parse__table(void **state)
{
    static const char *const cases[][3] = {
        {"A=1", "A", "1"},
        {"A=1\nA=2\n", "A", "2"},
        {"# A=1\n\nB=2", "A", NULL},
        {"export A=1", "A", "1"},
        {"export\tA = 1 ", "A", "1"},
        {"export=1", "export", "1"},
        {"export A", "A", NULL},
        {" A = padded \n", "A", "padded"},
        {"A=\n", "A", ""},
        {"A= # c\n", "A", ""},
        {"A=#c\n", "A", ""},
        {"A=a#b\n", "A", "a#b"},
        {"A=a #b\n", "A", "a"},
        {"A=\"a # b\" # c\n", "A", "a # b"},
        {"A='a # b'#c\n", "A", "a # b"},
        {"A=\"1\n2\n\"\nB=3", "A", "1\n2\n"},
        {"A='1\n2'\nB=3", "B", "3"},
        {"A=\"x\\ny\\t\\\"q\\\" \\\\ \\d\"", "A", "x\ny\t\"q\" \\ \\d"},
        {"A='x\\ny'", "A", "x\\ny"},
        {"A=x\\ny", "A", "x\\ny"},
        {"A=\"open\nB=2\n", "A", "\"open"},
        {"A=\"open\nB=2\n", "B", "2"},
        {"A='a'b'\n", "A", "'a'b'"},
        {"A=1\r\nB=2\r\n", "A", "1"},
        {"A='1'\r\nB=2\r\n", "A", "1"},
        {"\xef\xbb\xbf"
         "A=1",
         "A", "1"},
        {"1A=1", "1A", NULL},
        {"A B=1", "B", NULL},
        {"URL=http://x/?a=b&c=d", "URL", "http://x/?a=b&c=d"},
        {"a.b-c=1", "a.b-c", "1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_env(cases[i][0], cases[i][1], cases[i][2]);
}

static void envfile__set__nothing_else_changes(void **state)
{
    static const char *const cases[][4] = {
        {"# db\nDB=old\n\n# c\nC=r\n", "DB", "new", "# db\nDB=new\n\n# c\nC=r\n"},
        {"export  A =  'x'  # why\nB=1", "A", "two words", "export  A =  'two words'  # why\nB=1"},
        {"A=1\r\nB=2\r\n", "A", "3", "A=3\r\nB=2\r\n"},
        {"A=1\r\n", "B", "2", "A=1\r\nB=2\r\n"},
        {"A=1", "B", "2", "A=1\nB=2\n"},
        {"", "B", "", "B=\n"},
        {"A=1\nB=2\nA=3\n", "A", "x", "A=x\nB=2\nA=x\n"},
        {"A=\"1\n2\"\nB=2\n", "A", "x", "A=x\nB=2\n"},
        {"A=# c\n", "A", "x", "A=x # c\n"},
        {"A=\"q\"#c\n", "A", "x", "A=x #c\n"},
        {"\tA=1", "A", "l1\nl2", "\tA='l1\nl2'"},
        {"A=1\n", "A", "it's \"$x\" \\", "A=\"it's \\\"\\$x\\\" \\\\\"\n"},
        {"A=1\n", "A", "it's\nb", "A=\"it's\nb\"\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf out = {0};

        assert_true(envfile_set(SLICE(cases[i][0]), SLICE(cases[i][1]), SLICE(cases[i][2]), &out));
        assert_string_equal(out.data, cases[i][3]);
        check_env(out.data, cases[i][1], cases[i][2]);
    }
}

static void envfile__set__an_open_quote_does_not_swallow_lines(void **state)
{
    const char *text = "X='oops\nY=1\n";
    cleanup_buf struct buf out = {0};

    assert_true(envfile_set(SLICE(text), SLICE("Z"), SLICE("# x"), &out));
    check_env(out.data, "Z", "# x");
    check_env(out.data, "X", "'oops");
    check_env(out.data, "Y", "1");
}

static void envfile__remove__whole_assignments_only(void **state)
{
    static const struct {
        const char *text, *name, *result;
        int n;
    } cases[] = {
        {"# a\nA=1\nB=2\n", "A", "# a\nB=2\n", 1}, {"A=\"1\n2\n3\" # c\nB=2\n", "A", "B=2\n", 1},
        {"A=1\nB=2\nA=3", "A", "B=2\n", 2},        {"B=2\n", "A", "B=2\n", 0},
        {"A=1\r\nB=2\r\n", "A", "B=2\r\n", 1},     {"A=1", "A", "", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf out = {0};

        assert_int_equal(envfile_remove(SLICE(cases[i].text), SLICE(cases[i].name), &out),
                         cases[i].n);
        assert_string_equal(out.data ? out.data : "", cases[i].result);
    }
}

static void envfile__change__is_refused_when_other_lines_would_mean_something_else(void **state)
{
    /* Without B's line, the quote of A would end in C's. */
    const char *text = "A='open\nB=b'x\nC=y'\n";
    cleanup_buf struct buf out = {0};

    check_env(text, "A", "'open");
    check_env(text, "C", "y'");
    assert_true(envfile_remove(SLICE(text), SLICE("B"), &out) < 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(path__resolve__text_only),
        cmocka_unit_test(path__resolve_below__says_what_leads_out),
        cmocka_unit_test(path__name_and_absolute),
        cmocka_unit_test(jsoncut__content__any_text),
        cmocka_unit_test(jsoncut__content__broken_escapes_are_told),
        cmocka_unit_test(jsoncut__parse__refuses),
        cmocka_unit_test(jsoncut__content__no_text_and_forged_names),
        cmocka_unit_test(ignore__matches__table),
        cmocka_unit_test(ignore__matches__many_stars_take_no_time),
        cmocka_unit_test(ignore__read__refuses_what_is_no_list_of_texts),
        cmocka_unit_test(envfile__parse__table),
        cmocka_unit_test(envfile__set__nothing_else_changes),
        cmocka_unit_test(envfile__set__an_open_quote_does_not_swallow_lines),
        cmocka_unit_test(envfile__remove__whole_assignments_only),
        cmocka_unit_test(envfile__change__is_refused_when_other_lines_would_mean_something_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
