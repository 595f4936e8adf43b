/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/canvas.h"

#define ROWS 4
#define COLS 12

/* Guard cells around it show what draws outside. */
static struct cell grid[ROWS + 2][COLS + 2];
static struct canvas canvas;
static struct buf out;

static int set_up(void **state)
{
    text_init_locale();
    memset(grid, 0, sizeof grid);
    for (int y = 0; y < ROWS + 2; y++)
        for (int x = 0; x < COLS + 2; x++)
            if (y == 0 || y > ROWS || x == 0 || x > COLS)
                grid[y][x].glyph = '#';
    canvas = (struct canvas){.cells = &grid[1][1], .stride = COLS + 2, .rows = ROWS, .cols = COLS};
    return 0;
}

static int tear_down(void **state)
{
    buf_finish(&out);
    for (int y = 0; y < ROWS + 2; y++)
        for (int x = 0; x < COLS + 2; x++)
            if ((y == 0 || y > ROWS || x == 0 || x > COLS) && grid[y][x].glyph != '#')
                return -1;
    return 0;
}

static const char *dump(void)
{
    buf_clear(&out);
    canvas_dump(canvas, &out);
    return out.data;
}

static const struct style red = {.fg = COLOUR_INDEX(1), .attrs = ATTR_BOLD};

static void canvas__text__clips_on_every_side(void **state)
{
    assert_int_equal(canvas_text(canvas, 0, 8, -1, red, "abcdef"), 4);
    assert_int_equal(canvas_text(canvas, 1, -2, -1, red, "abcdef"), 6);
    assert_int_equal(canvas_text(canvas, 2, 0, 3, red, "abcdef"), 3);
    canvas_text(canvas, -1, 0, -1, red, "outside");
    canvas_text(canvas, ROWS, 0, -1, red, "outside");
    canvas_text(canvas, 3, INT_MAX, -1, red, "outside");
    canvas_text(canvas, 3, INT_MIN, -1, red, "outside");
    assert_string_equal(dump(), "        abcd\ncdef\nabc\n\n");
    assert_int_equal(grid[1][9].style.fg, COLOUR_INDEX(1));
}

static void canvas__text__keeps_wide_characters_whole(void **state)
{
    assert_int_equal(canvas_text(canvas, 0, 0, -1, red, "你好"), 4);
    assert_int_equal(grid[1][1].width, 2);
    assert_int_equal(grid[1][2].flags, CELL_CONTINUATION);
    assert_int_equal(canvas_text(canvas, 1, 11, -1, red, "你"), 1);
    assert_int_equal(canvas_text(canvas, 2, -1, -1, red, "你x"), 3);
    assert_int_equal(canvas_text(canvas, 3, 0, 3, red, "你好"), 3);
    assert_string_equal(dump(), "你好\n\n x\n你\n");
    assert_int_equal(grid[2][12].glyph, ' ');
}

static void canvas__text__overwriting_a_half_empties_the_other(void **state)
{
    canvas_text(canvas, 0, 0, -1, red, "你好");
    canvas_text(canvas, 0, 1, -1, red, "x");
    assert_string_equal(dump(), " x好\n\n\n\n");
    canvas_text(canvas, 0, 2, -1, red, "y");
    assert_string_equal(dump(), " xy\n\n\n\n");
    canvas_text(canvas, 0, 1, -1, red, "你");
    canvas_text(canvas, 0, 0, -1, red, "你");
    assert_string_equal(dump(), "你\n\n\n\n");
}

static void canvas__text__joins_marks_and_disarms_controls(void **state)
{
    assert_int_equal(canvas_text(canvas, 0, 0, -1, red, "e\xcc\x81z"), 2);
    assert_int_equal(GLYPH_AT(grid[1][1].glyph, 1), 0x301);
    canvas_text(canvas, 1, 0, -1, red, "a\x1b[31mb\nc\x7f");
    canvas_text(canvas, 2, 0, -1, red, "x\xe2\x80\xaey\xff");
    canvas_text(canvas, 3, 0, -1, red, "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84.");
    assert_string_equal(dump(), "e\xcc\x81z\na [31mb c\nx y\xef\xbf\xbd\ne\xcc\x81\xcc\x82.\n");
}

static void canvas__label__cuts_and_pads(void **state)
{
    canvas_text(canvas, 0, 0, -1, red, "############");
    canvas_label(canvas, 0, 1, 6, red, "abc");
    canvas_label(canvas, 1, 0, 4, red, "abcdef");
    canvas_label(canvas, 2, 0, 4, red, "你好吗");
    canvas_label(canvas, 3, 10, 9, red, "abcdef");
    canvas_label(canvas, 3, 0, 0, red, "none");
    assert_string_equal(dump(), "#abc   #####\nabc…\n你…\n          ab\n");
}

static void canvas__parts__are_whole_or_absent(void **state)
{
    assert_int_equal(canvas_parts(canvas, 0, 0, 10, red, "a b  你好  xy"), 9);
    assert_int_equal(canvas_parts(canvas, 1, 0, 8, red, "a b  你好  x"), 3);
    assert_int_equal(canvas_parts(canvas, 2, 0, 2, red, "abc  d"), 0);
    assert_int_equal(canvas_parts(canvas, 2, 0, -3, red, "abc"), 0);
    assert_int_equal(canvas_parts_width("a b  cd   e", 7), 7);
    assert_int_equal(canvas_parts_width("a b  cd   e", 80), 11);
    assert_int_equal(canvas_parts_width("", 5), 0);
}

static void canvas__sub__draws_inside_only(void **state)
{
    struct canvas sub = canvas_sub(canvas, (struct rect){.y = 1, .x = 2, .h = 2, .w = 3});

    canvas_text(sub, 0, 0, -1, red, "abcdef");
    canvas_text(sub, 2, 0, -1, red, "outside");
    assert_string_equal(dump(), "\n  abc\n\n\n");
    sub = canvas_sub(canvas, (struct rect){.y = -1, .x = 10, .h = 3, .w = INT_MAX});
    assert_int_equal(sub.rows, 2);
    assert_int_equal(sub.cols, 2);
    sub = canvas_sub(canvas, (struct rect){.y = 9, .x = 0, .h = 1, .w = 1});
    assert_int_equal(sub.rows, 0);
    sub = canvas_sub(canvas, (struct rect){.y = INT_MIN, .x = 0, .h = 5, .w = 5});
    assert_int_equal(sub.rows, 0);
    canvas_text(sub, 0, 0, -1, red, "nowhere");
}

static void canvas__fill_and_restyle__change_what_they_should(void **state)
{
    canvas_text(canvas, 0, 0, -1, red, "你好");
    canvas_fill(canvas, (struct rect){.y = 0, .x = 1, .h = 1, .w = 2}, (struct style){0});
    assert_string_equal(dump(), "\n\n\n\n");
    canvas_text(canvas, 1, 0, -1, red, "abc");
    canvas_restyle(canvas, (struct rect){.y = 1, .x = 1, .h = 9, .w = 1},
                   (struct style){.bg = COLOUR_INDEX(4), .attrs = ATTR_UNDERLINE});
    assert_int_equal(grid[2][2].style.fg, COLOUR_INDEX(1));
    assert_int_equal(grid[2][2].style.bg, COLOUR_INDEX(4));
    assert_int_equal(grid[2][2].style.attrs, ATTR_BOLD | ATTR_UNDERLINE);
    assert_int_equal(grid[2][3].style.bg, COLOUR_DEFAULT);
    assert_int_equal(grid[2][2].glyph, 'b');
}

static void canvas__cells__cut_halves_become_spaces(void **state)
{
    struct cell row[6] = {{.glyph = 0x4f60, .width = 2}, {.flags = CELL_CONTINUATION},
                          {.glyph = 'x', .width = 1},    {.glyph = 'y', .width = 1},
                          {.glyph = 0x597d, .width = 2}, {.flags = CELL_CONTINUATION}};

    canvas_cells(canvas, 0, 0, row, 6);
    canvas_cells(canvas, 1, -1, row, 6);
    canvas_cells(canvas, 2, 7, row, 6);
    canvas_cells(canvas, 3, 0, row, 5);
    canvas_cells(canvas, 3, 12, row, 6);
    canvas_cells(canvas, 3, INT_MIN, row, 6);
    canvas_cells(canvas, 9, 0, row, 6);
    assert_string_equal(dump(), "你xy好\n xy好\n       你xy\n你xy\n");
}

static void canvas__frame__draws_a_box_with_title(void **state)
{
    canvas_frame(canvas, (struct rect){.h = ROWS, .w = COLS}, red, "title");
    assert_string_equal(dump(), "┌─ title ──┐\n│          │\n│          │\n└──────────┘\n");
    canvas_frame(canvas, (struct rect){.h = ROWS, .w = COLS}, red, "a longer title");
    assert_memory_equal(dump(), "┌─ a long…─┐\n", strlen("┌─ a long…─┐\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(canvas__text__clips_on_every_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canvas__text__keeps_wide_characters_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(canvas__text__overwriting_a_half_empties_the_other, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(canvas__text__joins_marks_and_disarms_controls, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(canvas__label__cuts_and_pads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canvas__parts__are_whole_or_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canvas__sub__draws_inside_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canvas__fill_and_restyle__change_what_they_should, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(canvas__cells__cut_halves_become_spaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canvas__frame__draws_a_box_with_title, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
