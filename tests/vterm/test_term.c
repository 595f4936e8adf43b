/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "tests/vterm/same.h"

static struct term *make(int rows, int cols, size_t lines)
{
    struct term_config config = {.scrollback_lines = lines};

    return term_create(rows, cols, &config);
}

static void feed(struct term *t, const char *text)
{
    term_feed(t, text, strlen(text));
}

/* Feeds and checks which of the rows (as bits) have a newer revision, and the terminal too. */
static void check_damage(struct term *t, const char *text, unsigned rows, bool any)
{
    uint64_t before[16] = {0}, whole = term_revision(t);

    for (int i = 0; i < term_rows(t); i++)
        before[i] = term_row_revision(t, i);
    feed(t, text);
    for (int i = 0; i < term_rows(t); i++) {
        assert_true(term_row_revision(t, i) >= before[i]);
        assert_int_equal(term_row_revision(t, i) > before[i], rows >> i & 1);
        assert_true(term_row_revision(t, i) <= term_revision(t));
    }
    assert_int_equal(term_revision(t) > whole, any);
}

static void term__revision__grows_for_the_rows_that_changed(void **state)
{
    struct term *t = make(5, 10, 10);

    check_damage(t, "a", 1 << 0, true);
    check_damage(t, "\033[3;1Hx\033[5;1Hy", 1 << 2 | 1 << 4, true);
    check_damage(t, "\033[2;1H", 0, true); /* the cursor alone */
    check_damage(t, "\033[2;1H", 0, false);
    check_damage(t, "\007\033[31m", 0, false);
    check_damage(t, "\033[?25l", 0, true);
    check_damage(t, "\033]2;title\007", 0, true);
    check_damage(t, "\033]2;title\007", 0, false);
    check_damage(t, "\033[5;1H\n", 0x1f, true);
    check_damage(t, "\033[2;4r\033[4;1H\n", 0x0e, true);
    check_damage(t, "\033[r\033[1;1Hz", 1 << 0, true);
    check_damage(t, "\033[3J", 0, true);
    check_damage(t, "\033[?1049h", 0x1f, true);
    check_damage(t, "\033[?1049l", 0x1f, true);
    term_destroy(t);
}

static void term__revision__of_a_row_survives_scrolls_of_other_regions(void **state)
{
    struct term *t = make(6, 10, 10);

    feed(t, "\033[6;1H\n");
    uint64_t whole_scroll = term_row_revision(t, 5);
    check_damage(t, "\033[2;3r\033[3;1H\n", 0x06, true);
    assert_int_equal(term_row_revision(t, 5), whole_scroll);
    check_damage(t, "\033[4;5r\033[5;1H\n", 0x18, true);
    assert_int_equal(term_row_revision(t, 5), whole_scroll);
    assert_true(term_row_revision(t, 1) > whole_scroll);
    term_destroy(t);
}

static void term__resize__damages_all_rows(void **state)
{
    struct term *t = make(4, 10, 10);
    uint64_t before = term_revision(t);

    term_resize(t, 4, 12);
    for (int i = 0; i < 4; i++)
        assert_true(term_row_revision(t, i) > before);
    before = term_revision(t);
    term_resize(t, 4, 12);
    assert_int_equal(term_revision(t), before);
    term_destroy(t);
}

static void term__scrollback__numbers_lines_for_ever(void **state)
{
    struct term *t = make(2, 10, 3);
    struct cell cells[10];

    for (int i = 0; i < 10; i++) {
        char text[8];

        snprintf(text, sizeof text, "%d\r\n", i);
        feed(t, text);
    }
    assert_int_equal(term_scrollback_end(t), 9);
    assert_int_equal(term_scrollback_first(t), 6);
    assert_int_equal(term_scrollback_line(t, 7, cells, 10), 1);
    assert_int_equal(cells[0].glyph, '7');
    assert_int_equal(cells[1].glyph, 0);
    assert_int_equal(term_scrollback_line(t, 5, cells, 10), 0);
    assert_int_equal(term_scrollback_line(t, 9, cells, 10), 0);
    term_scrollback_clear(t);
    assert_int_equal(term_scrollback_first(t), 9);
    assert_int_equal(term_scrollback_end(t), 9);
    term_destroy(t);
}

static void term__snapshot__keeps_as_many_lines_as_asked_for(void **state)
{
    struct term *t = make(2, 10, 100), *copy = make(2, 10, 100);
    struct buf bytes = {0};
    struct cell cells[10];

    for (int i = 0; i < 50; i++)
        feed(t, i % 2 ? "odd\r\n" : "even\r\n");
    term_snapshot(t, 7, &bytes);
    term_feed(copy, bytes.data, bytes.len);
    assert_int_equal(term_scrollback_end(copy) - term_scrollback_first(copy), 7);
    term_scrollback_line(copy, term_scrollback_end(copy) - 1, cells, 10);
    assert_int_equal(cells[0].glyph, 'e');
    assert_memory_equal(bytes.data, "\033c\033[3J", 6);
    buf_finish(&bytes);
    term_destroy(t);
    term_destroy(copy);
}

static const char *const pieces[] = {
    "hello ",
    "\r\n",
    "\n",
    "漢字",
    "e\xcc\x81",
    "\033[31m",
    "\033[0;44m",
    "\033[m",
    "\033[1;38;2;1;2;3m",
    "\033[K",
    "\033[1K",
    "\033[2J",
    "\033[J",
    "\033[3;7H",
    "\033[A",
    "\033[99C",
    "\033[2;4r",
    "\033[r",
    "\033[L",
    "\033[M",
    "\033[2P",
    "\033[2@",
    "\033[3X",
    "\033[S",
    "\033[T",
    "\033M",
    "\0337",
    "\0338",
    "\033[?6h",
    "\033[?6l",
    "\033[?7l",
    "\033[?7h",
    "\033[4h",
    "\033[4l",
    "\033(0lqk\033(B",
    "\033[?1049h",
    "\033[?1049l",
    "\t",
    "\033H",
    "0123456789012345678901234567890123456789",
    "\033[?69h\033[3;9s",
    "\033[2;20s",
    "\033[?69l",
    "\0336",
    "\0339",
    "\033[2'}",
    "\033[2'~",
    "\033[2 @",
    "\033[2 A",
    "\033[1\"q",
    "\033[0\"q",
    "\033[?J",
    "\033[?1K",
    "\033]8;;http://a.example/x\033\\",
    "\033]8;id=k;http://b.example/\a",
    "\033]8;;\a",
    "\033[4:3;58:2::1:2:3m",
    "\033[4:4;58:5:9m",
    "\033[59;53m",
    "\033]133;A\a",
    "\033]133;C\a",
    "\033]133;D;7\a",
    "\033]133;D\a",
    "\033]7;file://h/a%20b\a",
    "\033]2;t\a\033[22t",
    "\033]2;u\a",
    "\033[23t",
    "\033]4;1;#102030\a\033]11;#fff\a",
    "\033]104\a",
    "\033[>1u",
    "\033[<u",
    "\033[?2026h",
    "\033[?2026l",
    "\033[?7l\033[?1007l\033[?40h",
    "\033[?3h",
    "\033[!p",
    "\033[5b",
    "\033[?47h",
};

/* What the copy holds behind its cells shows when both go on. */
static void term__snapshot__makes_the_same_terminal_of_random_sessions(void **state)
{
    char why[256];

    srand(4711);
    for (int session = 0; session < 400; session++) {
        int rows = 1 + rand() % 8, cols = 1 + rand() % 30;
        struct term *t = make(rows, cols, 200), *copy = make(rows, cols, 1000);
        struct buf bytes = {0};

        for (int i = rand() % 120; i > 0; i--)
            feed(t, pieces[(size_t)rand() % ARRAY_LEN(pieces)]);
        term_snapshot(t, SIZE_MAX, &bytes);
        term_feed(copy, bytes.data, bytes.len);
        if (!same_terms(t, copy, why, sizeof why))
            fail_msg("session %d: %s", session, why);
        for (int i = 0; i < 20; i++) {
            const char *piece = pieces[(size_t)rand() % (ARRAY_LEN(pieces) - 2)];

            feed(t, piece);
            feed(copy, piece);
        }
        if (!same_rows(t, copy, why, sizeof why) || !same_rest(t, copy, why, sizeof why))
            fail_msg("session %d, going on: %s", session, why);
        buf_finish(&bytes);
        term_destroy(t);
        term_destroy(copy);
    }
}

static void collect_text(const struct term *t, struct buf *out)
{
    struct cell cells[200];

    for (uint64_t i = term_scrollback_first(t); i < term_scrollback_end(t) + (uint64_t)term_rows(t);
         i++) {
        bool on_screen = i >= term_scrollback_end(t);

        if (!on_screen)
            term_scrollback_line(t, i, cells, 200);
        const struct cell *line =
            on_screen ? term_row(t, (int)(i - term_scrollback_end(t))) : cells;
        for (int col = 0; col < term_cols(t); col++)
            if (line[col].glyph && line[col].glyph != ' ')
                buf_append_char(out, (char)line[col].glyph);
    }
    buf_append(out, "", 0);
}

static void term__resize__loses_no_text(void **state)
{
    struct term *t = make(10, 80, 1000);
    struct buf before = {0}, after = {0};

    srand(42);
    for (int i = 0; i < 300; i++) {
        char line[200];
        int n = rand() % 190;

        for (int k = 0; k < n; k++)
            line[k] = (char)(rand() % 6 ? 'a' + rand() % 26 : ' ');
        term_feed(t, line, (size_t)n);
        feed(t, "\r\n");
    }
    collect_text(t, &before);
    for (int i = 0; i < 40; i++) {
        term_resize(t, 1 + rand() % 40, 50 + rand() % 100);
        buf_clear(&after);
        collect_text(t, &after);
        assert_string_equal(before.data, after.data);
    }
    term_resize(t, 10, 80);
    buf_finish(&before);
    buf_finish(&after);
    term_destroy(t);
}

static void term__cell_text__gives_a_space_for_nothing(void **state)
{
    struct cell cell = {0};
    char text[13];

    assert_int_equal(cell_text(&cell, text), 1);
    assert_string_equal(text, " ");
    cell.glyph = 0x1f600 | (uint64_t)0x1f601 << 21 | (uint64_t)0x1f602 << 42;
    assert_int_equal(cell_text(&cell, text), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(term__revision__grows_for_the_rows_that_changed),
        cmocka_unit_test(term__revision__of_a_row_survives_scrolls_of_other_regions),
        cmocka_unit_test(term__resize__damages_all_rows),
        cmocka_unit_test(term__scrollback__numbers_lines_for_ever),
        cmocka_unit_test(term__snapshot__keeps_as_many_lines_as_asked_for),
        cmocka_unit_test(term__snapshot__makes_the_same_terminal_of_random_sessions),
        cmocka_unit_test(term__resize__loses_no_text),
        cmocka_unit_test(term__cell_text__gives_a_space_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
