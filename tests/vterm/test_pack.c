/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "vterm/internal.h"

static struct style random_style(unsigned *seed)
{
    static const colour colours[] = {COLOUR_DEFAULT, COLOUR_INDEX(0), COLOUR_INDEX(255),
                                     COLOUR_RGB(0, 0, 0), COLOUR_RGB(255, 1, 2)};
    unsigned r = *seed = *seed * 1103515245u + 12345u;

    return (struct style){
        .fg = colours[(r >> 8) % 5],
        .bg = colours[(r >> 12) % 5],
        .attrs = (uint16_t)((r >> 16) % 3 ? 0 : r >> 20 & 0x3ff),
        .link = (uint16_t)((r >> 24) % 5 ? 0 : r >> 16),
    };
}

/* A line of all kinds of cells. Returns how many. */
static int random_line(struct cell *cells, int max, unsigned *seed)
{
    static const uint32_t glyphs[] = {'a', ' ', 0xe9, 0x6f22, 0x1f600, 0x10ffff, 0x7f, 3};
    struct style style = {0};
    int n = 0;

    memset(cells, 0, (size_t)max * sizeof *cells);
    while (n + 1 < max) {
        unsigned r = *seed = *seed * 1103515245u + 12345u;

        if ((r >> 8) % 4 == 0)
            style = random_style(seed);
        cells[n].style = style;
        if ((r >> 12) % 6) {
            cells[n].glyph = glyphs[(r >> 16) % 8];
            cells[n].width = 1;
            if ((r >> 20) % 5 == 0)
                cells[n].glyph |= (uint64_t)0x301 << 21 | (uint64_t)0x302 << 42;
            if ((r >> 24) % 4 == 0) {
                cells[n].width = 2;
                cells[++n] = (struct cell){.style = style, .flags = CELL_CONTINUATION};
            }
        }
        n++;
    }
    return n;
}

static void pack__line__comes_back_the_same(void **state)
{
    unsigned seed = 1;

    for (int round = 0; round < 300; round++) {
        struct cell cells[600], out[600];
        int max = round < 20 ? round + 2 : 600, n = random_line(cells, max, &seed);
        cleanup_free unsigned char *record = xmalloc(pack_bound(n));
        unsigned flags = line_flags(round & 1, (unsigned)round % 32, (unsigned)round & 0xff);
        size_t size = pack_line(cells, n, flags, record);

        assert_true(size <= pack_bound(n));
        assert_int_equal(packed_flags(record) & ~(unsigned)LINE_LINKS, flags);
        unpack_line(record, out, max);
        for (int i = 0; i < max; i++) {
            assert_true(cell_equal(&cells[i], &out[i]));
            assert_int_equal(cells[i].width, out[i].width);
        }
    }
}

static void pack__line__drops_blank_cells_at_the_end_only(void **state)
{
    struct cell cells[6] = {[1] = {.glyph = 'x', .width = 1}, [3] = {.style.bg = COLOUR_INDEX(1)}};
    unsigned char record[512];

    pack_line(cells, 6, 0, record);
    assert_int_equal(packed_cols(record), 4);
    pack_line(cells, 1, 0, record);
    assert_int_equal(packed_cols(record), 0);
}

static void unpack__line__cuts_a_wide_character_at_the_edge(void **state)
{
    struct cell cells[3] = {
        {.glyph = 'a', .width = 1}, {.glyph = 0x6f22, .width = 2}, {.flags = CELL_CONTINUATION}};
    struct cell out[2];
    unsigned char record[128];

    pack_line(cells, 3, 0, record);
    assert_int_equal(unpack_line(record, out, 2), 2);
    assert_int_equal(out[0].glyph, 'a');
    assert_int_equal(out[1].glyph, 0);
}

static void push_number(struct scrollback *s, int number)
{
    struct cell cells[8] = {0};
    char text[16];
    int n = snprintf(text, sizeof text, "%d", number);

    for (int i = 0; i < n; i++)
        cells[i] = (struct cell){.glyph = (unsigned char)text[i], .width = 1};
    scrollback_push(s, cells, n, 0);
}

static int number_at(const struct scrollback *s, size_t i)
{
    struct cell cells[8];
    int n = scrollback_get(s, i, cells, 8, NULL), number = 0;

    for (int k = 0; k < n; k++)
        number = number * 10 + (int)cells[k].glyph - '0';
    return number;
}

static void scrollback__push__keeps_the_newest_lines_and_their_numbers(void **state)
{
    struct scrollback *s = scrollback_create(1000, 0);

    for (int i = 0; i < 25000; i++)
        push_number(s, i);
    assert_int_equal(scrollback_count(s), 1000);
    assert_int_equal(scrollback_first(s), 24000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(number_at(s, (size_t)i), 24000 + i);
    assert_true(scrollback_size(s) < 100000);
    scrollback_destroy(s);
}

static void scrollback__push__is_bounded_in_bytes(void **state)
{
    struct scrollback *s = scrollback_create(1000000, 250000);

    for (int i = 0; i < 100000; i++)
        push_number(s, i);
    assert_true(scrollback_size(s) < 1000000);
    assert_true(scrollback_count(s) > 1000);
    assert_int_equal(number_at(s, scrollback_count(s) - 1), 99999);
    scrollback_destroy(s);
}

static void scrollback__pop__takes_the_newest(void **state)
{
    struct scrollback *s = scrollback_create(100000, 0);

    for (int i = 0; i < 10000; i++)
        push_number(s, i);
    for (int i = 9999; i > 0; i--) {
        assert_int_equal(number_at(s, scrollback_count(s) - 1), i);
        scrollback_pop(s);
    }
    push_number(s, 7);
    assert_int_equal(number_at(s, 0), 0);
    assert_int_equal(number_at(s, 1), 7);
    scrollback_destroy(s);
}

static void scrollback__clear__goes_on_numbering(void **state)
{
    struct scrollback *s = scrollback_create(10, 0);

    for (int i = 0; i < 30; i++)
        push_number(s, i);
    scrollback_clear(s);
    assert_int_equal(scrollback_count(s), 0);
    assert_int_equal(scrollback_first(s), 30);
    push_number(s, 5);
    assert_int_equal(number_at(s, 0), 5);
    scrollback_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pack__line__comes_back_the_same),
        cmocka_unit_test(pack__line__drops_blank_cells_at_the_end_only),
        cmocka_unit_test(unpack__line__cuts_a_wide_character_at_the_edge),
        cmocka_unit_test(scrollback__push__keeps_the_newest_lines_and_their_numbers),
        cmocka_unit_test(scrollback__push__is_bounded_in_bytes),
        cmocka_unit_test(scrollback__pop__takes_the_newest),
        cmocka_unit_test(scrollback__clear__goes_on_numbering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
