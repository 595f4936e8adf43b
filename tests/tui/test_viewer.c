/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/viewer.h"

static char *drawn(struct viewer *v, int rows, int cols)
{
    cleanup_free struct cell *cells = xcalloc((size_t)rows * (size_t)cols, sizeof *cells);
    struct canvas c = {cells, cols, rows, cols};
    struct theme theme;
    struct buf out = {0};

    theme_default(&theme);
    canvas_fill(c, (struct rect){.h = rows, .w = cols}, theme.styles[ROLE_TEXT]);
    viewer_draw(v, c, &theme);
    canvas_dump(c, &out);
    return buf_steal(&out);
}

static void open_text(struct viewer *v, const char *text)
{
    viewer_init(v, text, strlen(text), false);
}

static void viewer__text__wraps_and_numbers(void **state)
{
    struct viewer v;
    bool missed;

    open_text(&v, "abcdefgh\n\tx\nlast");
    cleanup_free char *wrapped = drawn(&v, 5, 6);
    assert_string_equal(wrapped, "abcdef\ngh\n    x\nlast\n\n");
    viewer_act(&v, "viewer-wrap", &missed);
    cleanup_free char *cut = drawn(&v, 4, 6);
    assert_string_equal(cut, "abcde\xe2\x80\xa6\n    x\nlast\n\n");
    viewer_act(&v, "viewer-numbers", &missed);
    cleanup_free char *numbered = drawn(&v, 4, 8);
    assert_string_equal(numbered, "1 abcde\xe2\x80\xa6\n2     x\n3 last\n\n");
    viewer_finish(&v);
}

static void viewer__hostile__is_harmless(void **state)
{
    struct viewer v;

    open_text(&v, "a\x1b[31mred\x07\xc2\x9b\n");
    cleanup_free char *text = drawn(&v, 2, 30);
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\x07'));
    assert_non_null(strstr(text, "[31mred"));
    viewer_finish(&v);
}

static void viewer__binary__is_hex(void **state)
{
    struct viewer v;

    viewer_init(&v,
                "\x7f"
                "ELF\0\1\2\3abcdefgh!",
                17, false);
    assert_true(v.hex);
    cleanup_free char *text = drawn(&v, 3, 80);
    assert_non_null(strstr(text, "00000000  7f 45 4c 46 00 01 02 03  61 62 63"));
    assert_non_null(strstr(text, ".ELF....abcdefgh"));
    assert_non_null(strstr(text, "00000010  21"));
    viewer_finish(&v);
}

static void type(struct viewer *v, const char *text, bool *missed)
{
    for (; *text; text++)
        viewer_key(v, (struct key){.code = (unsigned char)*text}, missed);
    viewer_key(v, (struct key){.code = KEY_ENTER}, missed);
}

static void viewer__search__goes_round(void **state)
{
    struct buf text = {0};
    struct viewer v;
    bool missed;

    for (int i = 0; i < 100; i++)
        buf_printf(&text, "line %d\n", i);
    viewer_init(&v, text.data, text.len, false);
    buf_finish(&text);
    cleanup_free char *before = drawn(&v, 10, 40);
    viewer_act(&v, "viewer-search", &missed);
    type(&v, "e [39]0$", &missed);
    assert_false(missed);
    cleanup_free char *first = drawn(&v, 10, 40);
    assert_non_null(strstr(first, "line 30\n"));
    viewer_act(&v, "viewer-next", &missed);
    cleanup_free char *second = drawn(&v, 10, 40);
    assert_non_null(strstr(second, "line 90\n"));
    viewer_act(&v, "viewer-next", &missed);
    cleanup_free char *again = drawn(&v, 10, 40);
    assert_non_null(strstr(again, "line 30\n"));
    viewer_act(&v, "viewer-search", &missed);
    type(&v, "nowhere", &missed);
    assert_true(missed);
    viewer_finish(&v);
}

static void viewer__long__says_that_it_is_cut(void **state)
{
    size_t n = VIEWER_BYTES_MAX + 1;
    cleanup_free char *bytes = xmalloc(n);
    struct viewer v;

    memset(bytes, 'x', n);
    viewer_init(&v, bytes, n, false);
    cleanup_free char *text = drawn(&v, 4, 80);
    assert_non_null(strstr(text, "only the beginning is shown"));
    viewer_finish(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewer__text__wraps_and_numbers),
        cmocka_unit_test(viewer__hostile__is_harmless),
        cmocka_unit_test(viewer__binary__is_hex),
        cmocka_unit_test(viewer__search__goes_round),
        cmocka_unit_test(viewer__long__says_that_it_is_cut),
    };

    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
