/* SPDX-License-Identifier: MIT
 *
 * Durations, shell words, escapes, near names.
 */
#include <stdlib.h>
#include <string.h>

#include "app/closest.h"
#include "app/duration.h"
#include "app/escape.h"
#include "app/questions.h"
#include "base/alloc.h"
#include "base/shell_quote.h"
#include "tests/cm.h"

static void duration_parse__what_people_type(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"90", 90000},        {"45s", 45000}, {"90m", 5400000},     {"2h", 7200000},
        {"1d12h", 129600000}, {"500ms", 500}, {"1h30m5s", 5405000}, {"1w", 604800000},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(duration_parse(cases[i].text, NULL), cases[i].ms);
}

static void duration_parse__nonsense__is_refused(void **state)
{
    static const char *const cases[] = {"",       "0",   "h",   "2x",  "-1h",
                                        "1.5h",   "2h ", " 2h", "2h-", "99999999999999999999d",
                                        "20000d", "1hh"};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};

        assert_int_equal(duration_parse(cases[i], &e), -ERR_ARG);
        assert_true(e.text[0]);
    }
}

static void shell_quote__words__survive_a_shell(void **state)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"ls", "ls"},         {"", "''"},         {"a b", "'a b'"},         {"it's", "'it'\\''s'"},
        {"$HOME", "'$HOME'"}, {"a=b", "'a=b'"},   {"/x-1_2.c", "/x-1_2.c"}, {"*", "'*'"},
        {"ü", "'ü'"},         {"a\nb", "'a\nb'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf out = {0};

        shell_quote(&out, cases[i].text);
        assert_string_equal(out.data, cases[i].quoted);
    }
}

/* Types keys in two pieces at every cut; the outcome must not depend on it. */
static void check_escape(const char *keys, const char *sent, enum escape_command last)
{
    for (size_t cut = 0; cut <= strlen(keys); cut++) {
        struct escape s = ESCAPE_INIT;
        cleanup_buf struct buf out = {0};
        enum escape_command command = ESCAPE_NONE;
        size_t used = 0;

        command = escape_filter(&s, keys, cut, &out, &used);
        if (command == ESCAPE_NONE)
            command = escape_filter(&s, keys + cut, strlen(keys) - cut, &out, &used);
        assert_string_equal(out.data ? out.data : "", sent);
        assert_int_equal(command, last);
    }
}

static void escape_filter__only_after_enter(void **state)
{
    check_escape("~.", "", ESCAPE_DETACH);
    check_escape("ls\r~.", "ls\r", ESCAPE_DETACH);
    check_escape("a~.", "a~.", ESCAPE_NONE);
    check_escape("\r~~.", "\r~.", ESCAPE_NONE);
    check_escape("\r~x~.", "\r~x~.", ESCAPE_NONE);
    check_escape("\r~?", "\r", ESCAPE_HELP);
    check_escape("\r~\r~.", "\r~\r", ESCAPE_DETACH);
    check_escape("cd ~\r", "cd ~\r", ESCAPE_NONE);
}

/* In two pieces at every cut, and a byte at a time. */
static void check_questions(const char *stream, const char *left)
{
    size_t n = strlen(stream);

    for (size_t cut = 0; cut <= n; cut++) {
        struct questions q = {0};
        cleanup_buf struct buf out = {0};

        questions_drop(&q, stream, cut, &out);
        for (size_t i = cut; i < n; i++)
            questions_drop(&q, stream + i, 1, &out);
        questions_flush(&q, &out);
        assert_string_equal(out.data ? out.data : "", left);
    }
}

static void questions_drop__all_that_ask__and_nothing_else(void **state)
{
    static const char *const asking[] = {
        "\033[c",        "\033[0c",     "\033[>c",          "\033[=c",       "\033[5n",
        "\033[6n",       "\033[?6n",    "\033[?996n",       "\033Z",         "\033[?2026$p",
        "\033[4$p",      "\033[>0q",    "\033[?u",          "\033[18t",      "\033[21t",
        "\033[?1;1;0S",  "\033]11;?\a", "\033]4;1;?\033\\", "\033]52;c;?\a", "\033P$qm\033\\",
        "\033P+q544e\a",
    };
    static const char *const plain[] = {
        "\033[31m",
        "\033[2J",
        "\033[>4;1m",
        "\033[>4n",
        "\033[22;0t",
        "\033[8;24;80t",
        "\033[!p",
        "\033[2 q",
        "\033[u",
        "\033[>1u",
        "\033[3S",
        "\033[1;2;3;4$x",
        "\033]0;really;?\a",
        "\033]11;#102030\a",
        "\033]8;;http://x/?\033\\",
        "\033(0",
        "\033\033[1m",
        "gr\xc3\xbc\xc3\x9f\r\n",
        "\033[12\x18;3",
        "\033]0;cut",
        "\033P1;2qcn~\033\\",
    };

    for (size_t i = 0; i < ARRAY_LEN(asking); i++) {
        cleanup_free char *stream = xasprintf("a%sb", asking[i]);

        check_questions(stream, "ab");
        for (size_t k = 0; k < ARRAY_LEN(plain); k++) {
            cleanup_free char *both = xasprintf("%s%s", asking[i], plain[k]);

            check_questions(both, plain[k]);
        }
    }
    /* An escape ends what was begun; a question after it is one all the same. */
    check_questions("\033[1\033[cx", "\033[1x");
    /* A control character within is carried out, and the sequence goes on. */
    check_questions("a\033[\nc\033\r[6\tnb", "a\n\r\tb");
    check_questions("\033[3\r1mb", "\r\033[31mb");
    check_questions("\033]4;1;?;2;rgb:0/0/0\ab", "b");
}

static void questions_drop__many_colours__are_swallowed_to_the_end(void **state)
{
    static const char *const ends[] = {"\a", "\033\\"};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        cleanup_buf struct buf asked = {0}, set = {0};

        buf_append_str(&asked, "a\033]4");
        buf_append_str(&set, "a\033]4");
        for (int k = 0; k < 100; k++) {
            buf_printf(&asked, ";%d;?", k);
            buf_printf(&set, ";%d;rgb:0/0/0", k);
        }
        buf_printf(&asked, "%sb\033[1m\033[cd", ends[i]);
        buf_printf(&set, "%sb", ends[i]);
        check_questions(asked.data, "ab\033[1md");
        check_questions(set.data, set.data);
    }
}

static void questions_drop__a_sequence_without_an_end__passes(void **state)
{
    char stream[2 * QUESTION_MAX + 8], expected[sizeof stream];

    memset(stream, '?', sizeof stream);
    memcpy(stream, "\033]11;", 5);
    stream[sizeof stream - 2] = '\a';
    stream[sizeof stream - 1] = '\0';
    memcpy(expected, stream, sizeof stream);
    check_questions(stream, expected);
}

static void questions_is_answer__tells_terminals_from_people(void **state)
{
    static const char *const answers[] = {
        "\033[?62;22c", "\033[>1;2;0c",           "\033[0n",
        "\033[12;40R",  "\033]11;rgb:00/00/00\a", "\033P1$r0m\033\\"};
    static const char *const typed[] = {"c",      "\033",  "\033[A", "\033[5~",
                                        "\033OP", "\033c", "ls\r"};

    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        assert_true(questions_is_answer(answers[i], strlen(answers[i])));
    for (size_t i = 0; i < ARRAY_LEN(typed); i++)
        assert_false(questions_is_answer(typed[i], strlen(typed[i])));
}

static void edit_distance__counts_slips(void **state)
{
    assert_int_equal(edit_distance("demo", "demo", 3), 0);
    assert_int_equal(edit_distance("dmeo", "demo", 3), 1);
    assert_int_equal(edit_distance("demos", "demo", 3), 1);
    assert_int_equal(edit_distance("dxyo", "demo", 3), 2);
    assert_int_equal(edit_distance("", "abc", 3), 3);
    assert_int_equal(edit_distance("abcdefgh", "zyxwvuts", 2), 3);
}

static void closest_sandbox__prefers_the_namespace_asked_for(void **state)
{
    struct sandbox_info all[] = {
        {.ns = (char *)"bob", .name = (char *)"demo", .id = (char *)"1"},
        {.ns = (char *)"alice", .name = (char *)"demon", .id = (char *)"2"},
        {.ns = (char *)"alice", .name = (char *)"database", .id = (char *)"3"},
        {.ns = (char *)"alice", .name = (char *)"", .id = (char *)"4"},
    };
    static const struct {
        const char *ns, *name, *expected;
    } cases[] = {
        {"alice", "demo", "bob/demo"},          {"alice", "demom", "alice/demon"},
        {"alice", "databse", "alice/database"}, {"alice", "zebra", NULL},
        {"carol", "daemon", "alice/demon"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *best = closest_sandbox(all, ARRAY_LEN(all), cases[i].ns, cases[i].name);

        if (cases[i].expected)
            assert_string_equal(best, cases[i].expected);
        else
            assert_null(best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duration_parse__what_people_type),
        cmocka_unit_test(duration_parse__nonsense__is_refused),
        cmocka_unit_test(shell_quote__words__survive_a_shell),
        cmocka_unit_test(escape_filter__only_after_enter),
        cmocka_unit_test(questions_drop__all_that_ask__and_nothing_else),
        cmocka_unit_test(questions_drop__many_colours__are_swallowed_to_the_end),
        cmocka_unit_test(questions_drop__a_sequence_without_an_end__passes),
        cmocka_unit_test(questions_is_answer__tells_terminals_from_people),
        cmocka_unit_test(edit_distance__counts_slips),
        cmocka_unit_test(closest_sandbox__prefers_the_namespace_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
