/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <qrencode.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/qr.h"

#define ROWS 100
#define COLS 200

static struct cell grid[ROWS][COLS];
static const struct canvas canvas = {
    .cells = &grid[0][0], .stride = COLS, .rows = ROWS, .cols = COLS};

static int set_up(void **state)
{
    text_init_locale();
    memset(grid, 0, sizeof grid);
    return 0;
}

/* What a camera sees: is the module of this row and column light? */
static bool lit(int y, int x, int row, int col)
{
    const struct cell *cell = &grid[y + row / 2][x + col];
    uint32_t glyph = GLYPH_AT(cell->glyph, 0);

    assert_int_equal(cell->style.fg, COLOUR_RGB(255, 255, 255));
    assert_int_equal(cell->style.bg, COLOUR_RGB(0, 0, 0));
    if (glyph == 0x2588)
        return true;
    return glyph == (row % 2 ? 0x2584u : 0x2580u);
}

static void assert_drawn(const char *text)
{
    QRcode *expected = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    struct qr q;
    int size;

    assert_non_null(expected);
    assert_true(qr_init(&q, text));
    size = expected->width;
    assert_int_equal(q.size, size);
    assert_true(qr_draw(&q, canvas, 3, 5));
    for (int row = 0; row < size; row++)
        for (int col = 0; col < size; col++)
            assert_int_equal(lit(3, 5, row + QR_BORDER, col + QR_BORDER),
                             !(expected->data[row * size + col] & 1));
    for (int i = 0; i < qr_cols(&q); i++) {
        assert_true(lit(3, 5, 0, i) && lit(3, 5, 1, i));
        assert_true(lit(3, 5, size + QR_BORDER, i) && lit(3, 5, size + QR_BORDER + 1, i));
        assert_true(lit(3, 5, i, 0) && lit(3, 5, i, 1));
        assert_true(lit(3, 5, i, size + QR_BORDER) && lit(3, 5, i, size + QR_BORDER + 1));
    }
    qr_finish(&q);
    QRcode_free(expected);
}

static void qr__draw__shows_every_module(void **state)
{
    assert_drawn("x");
    assert_drawn("http://sb-0123456789abcdef.localhost:7780/auth/magic/0123456789abcdef0123456789");
    assert_drawn("https://example.org/\xc3\xa4?a=1&b=%20");
}

static void qr__draw__draws_all_or_nothing(void **state)
{
    struct qr q;

    assert_true(qr_init(&q, "http://localhost/"));
    struct canvas small = canvas_sub(canvas, (struct rect){0, 0, qr_rows(&q) - 1, COLS});
    assert_false(qr_draw(&q, small, 0, 0));
    assert_false(qr_draw(&q, canvas, 0, COLS - qr_cols(&q) + 1));
    assert_false(qr_draw(&q, canvas, -1, 0));
    for (int x = 0; x < COLS; x++)
        assert_int_equal(grid[0][x].glyph, 0);
    assert_true(qr_draw(&q, canvas, ROWS - qr_rows(&q), COLS - qr_cols(&q)));
    qr_finish(&q);
}

static void qr__init__refuses_what_no_code_holds(void **state)
{
    char *text = xmalloc(4000);
    struct qr q;

    memset(text, 'a', 3999);
    text[3999] = '\0';
    assert_false(qr_init(&q, text));
    assert_false(qr_draw(&q, canvas, 0, 0));
    qr_finish(&q);
    assert_false(qr_init(&q, ""));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(qr__draw__shows_every_module, set_up),
        cmocka_unit_test_setup(qr__draw__draws_all_or_nothing, set_up),
        cmocka_unit_test_setup(qr__init__refuses_what_no_code_holds, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
