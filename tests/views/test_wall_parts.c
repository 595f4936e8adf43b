/* SPDX-License-Identifier: MIT
 *
 * The wall's pure parts: the grid of tiles, a screen in small.
 */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "views/wall_layout.h"
#include "views/wall_overview.h"

static const struct {
    int rows, cols;
} screens[] = {{10, 40}, {22, 80}, {38, 120}, {48, 200}, {3, 12}, {7, 33}, {60, 317}};

static void grid__fit__covers_the_page_without_overlap(void **state)
{
    for (size_t k = 0; k < sizeof screens / sizeof screens[0]; k++) {
        for (size_t n = 1; n <= 150; n += 7) {
            for (int size = WALL_FIT; size < wall_sizes(); size++) {
                struct wall_grid g = wall_grid_make(n, screens[k].rows, screens[k].cols, size);
                int area = 0;

                assert_true(g.rows > 0 && g.cols > 0);
                for (size_t i = 0; i < (size_t)g.rows * (size_t)g.cols; i++) {
                    struct rect r = wall_grid_place(&g, i);

                    area += r.h * r.w;
                    assert_true(r.y >= 0 && r.x >= 0);
                    assert_true(r.y + r.h <= screens[k].rows && r.x + r.w <= screens[k].cols);
                    assert_true(r.h >= WALL_TILE_MIN_ROWS);
                    assert_true(r.w >= WALL_TILE_MIN_COLS);
                    assert_int_equal(wall_grid_at(&g, r.y, r.x), (long)i);
                    assert_int_equal(wall_grid_at(&g, r.y + r.h - 1, r.x + r.w - 1), (long)i);
                }
                assert_int_equal(area, screens[k].rows * screens[k].cols);
            }
        }
    }
}

static void grid__fit__shows_all_where_they_fit(void **state)
{
    static const struct {
        size_t n;
        int rows, cols;
    } cases[] = {{1, 22, 80},   {4, 22, 80},    {30, 22, 80},
                 {30, 48, 200}, {100, 48, 200}, {3, 10, 40}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wall_grid g = wall_grid_make(cases[i].n, cases[i].rows, cases[i].cols, WALL_FIT);

        assert_true((size_t)g.rows * (size_t)g.cols >= cases[i].n);
    }
    /* Text, as long as there is room for it. */
    struct wall_grid text = wall_grid_make(64, 48, 200, WALL_FIT);
    assert_true(text.height / text.rows > WALL_TEXT_ROWS);
    assert_true(text.width / text.cols > WALL_TEXT_COLS);
    /* What cannot be seen on one page is paged at a size that can be read. */
    struct wall_grid g = wall_grid_make(1000, 22, 80, WALL_FIT);
    assert_true(g.rows * g.cols < 1000);
    assert_true(g.rows * g.cols > 1);
}

static void grid__make__has_no_room_for_a_tile(void **state)
{
    static const struct {
        int rows, cols;
    } cases[] = {{0, 0}, {2, 80}, {24, 11}, {-1, -1}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wall_grid g = wall_grid_make(4, cases[i].rows, cases[i].cols, WALL_FIT);

        assert_int_equal(g.rows * g.cols, 0);
        assert_int_equal(wall_grid_at(&g, 0, 0), -1);
    }
    assert_int_equal(wall_grid_make(0, 24, 80, WALL_FIT).rows, 0);
}

static void grid__step__goes_from_what_is_shown(void **state)
{
    struct wall_grid g = wall_grid_make(30, 48, 200, WALL_FIT);
    int larger = wall_size_step(&g, WALL_FIT, 1), smaller = wall_size_step(&g, WALL_FIT, -1);
    struct rect now = wall_grid_place(&g, 0);

    g = wall_grid_make(30, 48, 200, larger);
    assert_true(wall_grid_place(&g, 0).h > now.h);
    g = wall_grid_make(30, 48, 200, smaller);
    assert_true(wall_grid_place(&g, 0).h < now.h);
    assert_int_equal(wall_size_step(&g, 0, -1), 0);
    assert_int_equal(wall_size_step(&g, wall_sizes() - 1, 1), wall_sizes() - 1);
}

/* --- overview --- */

static char *overview(const char *bytes, int rows, int cols, struct cell *cells)
{
    struct term *t = term_create(24, 80, &(struct term_config){0});
    struct canvas c = {cells, cols, rows, cols};
    struct buf text = {0};

    memset(cells, 0, sizeof *cells * (size_t)rows * (size_t)cols);
    term_feed(t, bytes, strlen(bytes));
    wall_overview_draw(c, t);
    canvas_dump(c, &text);
    term_destroy(t);
    return buf_steal(&text);
}

static void overview__empty__is_blank(void **state)
{
    struct cell cells[6 * 20];
    char *text = overview("", 6, 20, cells);

    assert_int_equal(strspn(text, " \n"), strlen(text));
    free(text);
}

static void overview__line__shows_where_and_in_which_colour(void **state)
{
    struct cell cells[12 * 40];
    char *text = overview("\033[31mXXXXXXXX\033[0m", 12, 40, cells);

    /* Eight columns of the top row are four cells' upper halves. */
    assert_int_equal(strncmp(text, "\xe2\x96\x80\xe2\x96\x80\xe2\x96\x80\xe2\x96\x80\n", 13), 0);
    assert_true(cells[0].style.fg == COLOUR_INDEX(1));
    assert_int_equal(cells[4].style.fg, COLOUR_DEFAULT);
    free(text);
}

static void overview__ground__counts_as_ink(void **state)
{
    struct cell cells[12 * 40];
    char *text = overview("\033[44m    \r\n    \033[0m\033[10;1H\033[7m    \033[0m", 12, 40, cells);

    assert_int_equal(strncmp(text, "\xe2\x96\x88\xe2\x96\x88\n", 7), 0);
    assert_true(cells[0].style.fg == COLOUR_INDEX(4));
    assert_int_equal(GLYPH_AT(cells[4 * 40].glyph, 0), 0x2584);
    free(text);
}

static void overview__screen__is_never_enlarged(void **state)
{
    struct cell cells[30 * 100];
    char *text = overview("\033[24;80HX", 30, 100, cells);

    assert_int_equal(GLYPH_AT(cells[11 * 100 + 39].glyph, 0), 0x2597);
    free(text);
}

int main(void)
{
    text_init_locale();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid__fit__covers_the_page_without_overlap),
        cmocka_unit_test(grid__fit__shows_all_where_they_fit),
        cmocka_unit_test(grid__make__has_no_room_for_a_tile),
        cmocka_unit_test(grid__step__goes_from_what_is_shown),
        cmocka_unit_test(overview__empty__is_blank),
        cmocka_unit_test(overview__line__shows_where_and_in_which_colour),
        cmocka_unit_test(overview__ground__counts_as_ink),
        cmocka_unit_test(overview__screen__is_never_enlarged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
