/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "app/questions.h"
#include "base/alloc.h"
#include "base/text.h"
#include "vterm/term.h"

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
        "\033[c",         "\033[0c",           "\033[>c",       "\033[=c",
        "\033[5n",        "\033[6n",           "\033[?6n",      "\033[?996n",
        "\033Z",          "\033[?2026$p",      "\033[4$p",      "\033[>0q",
        "\033[?u",        "\033[18t",          "\033[21t",      "\033[?1;1;0S",
        "\033]11;?\a",    "\033]4;1;?\033\\",  "\033]52;c;?\a", "\033]52;c;?;x\a",
        "\033P$qm\033\\", "\033P+q544e\033\\",
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
        "gr\xc3\xbc\xc3\x9f\r\n",
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
    /* An escape ends what was begun; a question after it is one all the same, and x no part of what
     * was begun. */
    check_questions("\033[1\033[cx", "x");
    check_questions("\033\033[1m", "\033[1m");
    check_questions("\033[12\x18;3", "\x18;3");
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

/* In one piece, a byte at a time, and cut where the bounds are. */
static void check_long(const struct buf *stream, const char *left)
{
    const size_t cuts[] = {0, 1, QUESTION_MAX - 1, QUESTION_MAX, QUESTION_MAX + 1, stream->len - 1};

    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct questions q = {0};
        cleanup_buf struct buf out = {0};

        questions_drop(&q, stream->data, cuts[i], &out);
        if (!i)
            questions_drop(&q, stream->data, stream->len, &out);
        for (size_t k = cuts[i]; i && k < stream->len; k++)
            questions_drop(&q, stream->data + k, 1, &out);
        assert_string_equal(out.data ? out.data : "", left);
    }
}

static void append_many(struct buf *out, const char *text, int n)
{
    while (n-- > 0)
        buf_append_str(out, text);
}

static void questions_drop__asked_late__is_found(void **state)
{
    static const struct {
        const char *begin, *often, *rest;
        bool asks;
    } cases[] = {
        {"\033]4", ";1;rgb:0/0/0", ";7;?\a", true},
        {"\033]4", ";1;rgb:0/0/0", ";7;?\033\\", true},
        {"\033]10", ";#102030", ";?;#102030\302\234", true},
        {"\033]4", ";1;rgb:0/0/0", "\a", false},
        {"\033]11;", "\n", "?\a", true},
        {"\033]52;", "c", ";?\a", true},
        {"\033]52;c;", "\n", "?\a", true},
        {"\033]52;c;?", ";QUJD", "\a", true},
        {"\033]52;c;", "QUJD", "\a", false},
        {"\033]", "0", "11;?\a", true},
        {"\033P", "\n", "$qm\033\\", true},
        {"\033P", "\n", "1;2qcn~\033\\", true}, /* cannot be told: dropped */
        {"\033]0;", "really", ";?\a", false},
        {"\033]8;;http://x/", "?a=;", ";?\033\\", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf stream = {0};

        buf_append_str(&stream, "a");
        buf_append_str(&stream, cases[i].begin);
        append_many(&stream, cases[i].often, 2 * QUESTION_MAX);
        buf_append_str(&stream, cases[i].rest);
        buf_append_str(&stream, "b");
        check_long(&stream, cases[i].asks ? "ab" : stream.data);
    }
}

/* All of a palette passes; so much that it cannot be held does not. */
static void questions_drop__colours__are_bounded(void **state)
{
    cleanup_buf struct buf palette = {0}, more = {0};

    buf_append_str(&palette, "\033]4");
    for (int i = 0; i < 256; i++)
        buf_printf(&palette, ";%d;rgb:ffff/ffff/ffff", i);
    buf_append_str(&palette, "\ab");
    check_long(&palette, palette.data);
    buf_append_str(&more, "a\033]4");
    append_many(&more, ";255;rgb:ffff/ffff/ffff", QUESTION_STRING_MAX / 8);
    buf_append_str(&more, ";1;?\ab");
    check_long(&more, "ab");
}

/* --- against the terminal that answers instead --- */

static void on_reply(void *user, const char *bytes, size_t n)
{
    buf_append(user, bytes, n);
}

struct seen {
    struct term *term;
    struct buf answers;
};

static void open_term(struct seen *s)
{
    static const struct term_ops ops = {.on_reply = on_reply};

    s->term = term_create(4, 40, &(struct term_config){.ops = &ops, .user = &s->answers});
}

static void close_term(struct seen *s)
{
    term_destroy(s->term);
    buf_finish(&s->answers);
}

static void filter(struct questions *q, struct seen *s, const char *bytes, size_t n)
{
    cleanup_buf struct buf out = {0};

    questions_drop(q, bytes, n, &out);
    term_feed(s->term, out.data ? out.data : "", out.len);
}

static void assert_same_screen(const struct seen *direct, const struct seen *filtered,
                               const char *stream)
{
    cleanup_buf struct buf a = {0}, b = {0};

    term_snapshot(direct->term, 0, &a);
    term_snapshot(filtered->term, 0, &b);
    if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
        fail_msg("shown otherwise: %s", stream);
}

/* The stream in two pieces, then a letter: the terminal behind the filter shows what the other one
 * shows and answers nothing. Returns how often that one answers. */
static size_t check_against_terminal(const char *stream, size_t n, size_t cut)
{
    struct seen direct = {0}, filtered = {0};
    struct questions q = {0};
    cleanup_buf struct buf shown = {0};

    for (size_t i = 0; i < n; i++)
        buf_printf(&shown, "%02x ", (unsigned char)stream[i]);
    open_term(&direct);
    open_term(&filtered);
    term_feed(direct.term, stream, n);
    filter(&q, &filtered, stream, cut);
    filter(&q, &filtered, stream + cut, n - cut);
    size_t answers = direct.answers.len;
    if (filtered.answers.len)
        fail_msg("cut at %zu it answers, too: %s", cut, shown.data);
    /* Whatever was left open is cancelled. */
    term_feed(direct.term, "\030x", 2);
    filter(&q, &filtered, "\030x", 2);
    assert_same_screen(&direct, &filtered, shown.data);
    close_term(&direct);
    close_term(&filtered);
    return answers;
}

static void questions_drop__cancelled_strings_and_c1__as_the_terminal_has_it(void **state)
{
    static const struct {
        const char *stream;
        bool is_answered;
    } cases[] = {
        {"\033]0;a\033[cb", true},
        {"\033_a\033[cb", true},
        {"\033[1\033[cx", true},
        {"\033]0;a\030\033[c", true},
        {"\033]0;a\032\033[c", true},
        {"\033]0;a\033\033[c", true},
        {"\033]0;a\033]11;?\a", true},
        {"\033]11;?\033[c", true},
        {"\033]11;?\030b", false},
        {"\033]1\n1;\r?\a", true},
        {"\033]11;?\302\234b", true},
        {"\033]11;\303\234?\a", false},
        {"\033Pq\033[?2026$p", true},
        {"\033P$q\302\234", true},
        {"\033P$q\am\033\\", true},
        {"\033Pq\a\302\233c\033\\", false},
        {"\033ktitle\a\302\233c\033\\", false},
        {"\033_a\033[c", true},
        {"\033_a\302\23511;?\ab", false},
        {"\033Xa\302\234\302\233c", true},
        {"\302\233c", true},
        {"\302\2330\n;1c", true},
        {"\302\23511;?\a", true},
        {"\302\23511;?\302\234", true},
        {"\302\23511;?\033\\b", true},
        {"\302\220$qm\033\\", true},
        {"\302\232", true},
        {"\033[\302\233c", true},
        {"\033[3\302\232", true},
        {"\033\302\232", true},
        {"\033]0;\302\232\a", false},
        {"\302\033[c", true},
        {"\302\033[c\233c", true},
        {"\033 \033[c6", true},
        {"\302\302\233c", true},
        {"\360\237\302\233c", true},
        {"\302\251 \302\205c", false},
        {"\342\233c", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = strlen(cases[i].stream);

        for (size_t cut = 0; cut <= n; cut++)
            if ((check_against_terminal(cases[i].stream, n, cut) > 0) != cases[i].is_answered)
                fail_msg("%zu: is it answered?", i);
    }
}

static void questions_drop__any_bytes__as_the_terminal_has_it(void **state)
{
    static const char *const pieces[] = {
        "\033",      "\033[",   "\033]",    "\033P",    "\033_",    "\033\\",   "\033]11;",
        "\033]4;1;", "\302",    "\302\233", "\302\235", "\234",     "\235",     "\a",
        "\030",      "\n",      "\302\220", "\177",     "\302\234", "\303\234", "\251",
        "?",         "?\a",     ";?",       ";",        "1",        "6",        "$",
        "$q",        "+q",      "p",        "c",        "n",        "q",        "Z",
        "\\",        "\033[6n", "a",        "(",        " ",
    };
    uint32_t random = 1;
    size_t n_answered = 0;

    for (int round = 0; round < 10000; round++) {
        cleanup_buf struct buf stream = {0};

        for (int i = 0; i < 9; i++) {
            random = random * 1664525 + 1013904223;
            buf_append_str(&stream, pieces[(random >> 16) % ARRAY_LEN(pieces)]);
        }
        n_answered += check_against_terminal(stream.data, stream.len, random % stream.len) > 0;
    }
    assert_true(n_answered > 500);
}

/* Nor does it end in a text, which would then be shown. */
static void questions_drop__a_csi_too_long__is_dropped(void **state)
{
    cleanup_buf struct buf stream = {0};

    for (int i = 0; i < 2; i++) {
        buf_append_str(&stream, "\033[");
        for (int k = 0; k < QUESTION_MAX + 9; k++)
            buf_append_char(&stream, '0');
        buf_append_str(&stream, i ? "$pb" : "ca");
    }
    check_questions(stream.data, "ab");
}

/* What it is of can no longer be told. */
static void questions_drop__a_number_without_an_end__is_dropped_at_its_bound(void **state)
{
    char stream[QUESTION_MAX + 64];

    memset(stream, '1', sizeof stream);
    memcpy(stream, "\033]", 2);
    stream[sizeof stream - 1] = '\0';
    check_questions(stream, "");
}

static void questions_drop__colours_without_an_end__hide_no_more_than_the_terminal(void **state)
{
    static const char *const ends[] = {"\033[1m", "\030", "\302\234"};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        cleanup_buf struct buf stream = {0};

        buf_append_str(&stream, "a\033]4");
        for (int k = 0; k < 60; k++)
            buf_printf(&stream, ";%d;?", k);
        buf_printf(&stream, "%sb\033[c", ends[i]);
        for (size_t cut = 0; cut <= stream.len; cut++)
            assert_true(check_against_terminal(stream.data, stream.len, cut) > 0);
        check_questions(stream.data, i == 0 ? "a\033[1mb" : i == 1 ? "a\030b" : "ab");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_drop__all_that_ask__and_nothing_else),
        cmocka_unit_test(questions_drop__many_colours__are_swallowed_to_the_end),
        cmocka_unit_test(questions_drop__a_sequence_without_an_end__passes),
        cmocka_unit_test(questions_drop__cancelled_strings_and_c1__as_the_terminal_has_it),
        cmocka_unit_test(questions_drop__any_bytes__as_the_terminal_has_it),
        cmocka_unit_test(questions_drop__a_csi_too_long__is_dropped),
        cmocka_unit_test(questions_drop__asked_late__is_found),
        cmocka_unit_test(questions_drop__colours__are_bounded),
        cmocka_unit_test(questions_drop__a_number_without_an_end__is_dropped_at_its_bound),
        cmocka_unit_test(questions_drop__colours_without_an_end__hide_no_more_than_the_terminal),
    };

    text_init_locale();
    return cmocka_run_group_tests_name("questions", tests, NULL, NULL);
}
