/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "tui/diff.h"

/* What a diff says, a sign and a text a line, folded runs left out. */
static char *told(const char *before, const char *after)
{
    struct diff d = {0};
    struct buf out = {0};

    diff_texts(&d, before, strlen(before), after, strlen(after));
    for (size_t i = 0; i < d.n_rows; i++) {
        const struct diff_row *row = &d.rows[i];

        if (row->left == row->right)
            buf_printf(&out, " %s\n", row->left);
        else
            buf_printf(&out, "%s%s|%s%s\n", row->left ? "-" : "", row->left ? row->left : "",
                       row->right ? "+" : "", row->right ? row->right : "");
    }
    diff_finish(&d);
    return buf_steal(&out);
}

static void diff__texts__shortest(void **state)
{
    static const struct {
        const char *before, *after, *expected;
    } cases[] = {
        {"", "", ""},
        {"a\n", "a\n", " a\n"},
        {"", "a\nb\n", "|+a\n|+b\n"},
        {"a\nb\n", "", "-a|\n-b|\n"},
        {"a\nb\nc\n", "a\nx\nc\n", " a\n-b|+x\n c\n"},
        {"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n",
         "-a|\n-b|\n c\n|+b\n a\n b\n-b|\n a\n|+c\n"},
        {"one\ntwo\nthree\nfour\n", "zero\none\nthree\nfour\nfive\n",
         "|+zero\n one\n-two|\n three\n four\n|+five\n"},
        {"no end", "no end\n", " no end\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *text = told(cases[i].before, cases[i].after);

        assert_string_equal(text, cases[i].expected);
    }
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16;
}

/* Whatever the texts, the left sides are the one and the right sides the other. */
static void diff__texts__both_sides_are_whole(void **state)
{
    unsigned seed = 7;

    for (int round = 0; round < 300; round++) {
        cleanup_buf struct buf a = {0}, b = {0}, left = {0}, right = {0};
        struct diff d = {0};

        for (unsigned i = next_random(&seed) % 40; i; i--)
            buf_printf(&a, "%u\n", next_random(&seed) % 5);
        for (unsigned i = next_random(&seed) % 40; i; i--)
            buf_printf(&b, "%u\n", next_random(&seed) % 5);
        buf_append_str(&a, "");
        buf_append_str(&b, "");
        diff_texts(&d, a.data, a.len, b.data, b.len);
        for (size_t i = 0; i < d.n_rows; i++) {
            if (d.rows[i].left)
                buf_printf(&left, "%s\n", d.rows[i].left);
            if (d.rows[i].right)
                buf_printf(&right, "%s\n", d.rows[i].right);
        }
        assert_int_equal(left.len, a.len);
        assert_int_equal(right.len, b.len);
        assert_memory_equal(left.data ? left.data : "", a.data, a.len);
        assert_memory_equal(right.data ? right.data : "", b.data, b.len);
        diff_finish(&d);
    }
}

static void diff__texts__too_many_changes_end(void **state)
{
    cleanup_buf struct buf a = {0}, b = {0};
    struct diff d = {0};

    for (int i = 0; i < 5000; i++) {
        buf_printf(&a, "left %d\n", i);
        buf_printf(&b, "right %d\n", i);
    }
    diff_texts(&d, a.data, a.len, b.data, b.len);
    assert_int_equal(d.n_removed, 5000);
    assert_int_equal(d.n_added, 5000);
    diff_finish(&d);
}

static void diff__lines__are_harmless(void **state)
{
    struct diff d = {0};

    diff_texts(&d, "\x1b[2J\n", 5, "\xff\n", 2);
    assert_null(strchr(d.rows[0].left, '\x1b'));
    assert_string_equal(d.rows[0].right, "\xef\xbf\xbd");
    diff_finish(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diff__texts__shortest),
        cmocka_unit_test(diff__texts__both_sides_are_whole),
        cmocka_unit_test(diff__texts__too_many_changes_end),
        cmocka_unit_test(diff__lines__are_harmless),
    };

    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
