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
    feed(t, "\033[3J");
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
/* Its text is all there, and the newest links. */
static void term__snapshot__of_long_links_is_bounded(void **state)
{
    struct term *t = make(4, 80, 1000), *copy = make(4, 80, 1000);
    cleanup_buf struct buf links = {0}, bytes = {0};
    char address[2001];

    memset(address, 'x', sizeof address - 1);
    address[sizeof address - 1] = '\0';
    for (int i = 0; i < 80; i++)
        buf_printf(&links, "\033]8;;http://%c/%s\033\\%c", 'a' + i % 2, address, 'A' + i % 26);
    for (int i = 0; i < 1000; i++)
        term_feed(t, links.data, links.len);
    term_snapshot(t, SIZE_MAX, &bytes);
    assert_in_range(bytes.len, 1000 * 80, 10 << 20);
    term_feed(copy, bytes.data, bytes.len);
    for (uint64_t line = 0; line < 1000; line += 111) {
        struct cell a[80], b[80];

        assert_int_equal(term_line(t, line, a, 80), term_line(copy, line, b, 80));
        for (int col = 0; col < 80; col++)
            assert_int_equal(a[col].glyph, b[col].glyph);
    }
    const struct cell *last = term_row(copy, 3);
    assert_string_equal(term_link(copy, last[79].style.link),
                        term_link(t, term_row(t, 3)[79].style.link));
    term_destroy(t);
    term_destroy(copy);
}

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

static void term__prompts__are_found_in_both_directions(void **state)
{
    struct term *t = make(3, 20, 100);
    uint64_t line = 0;

    assert_false(term_prompt_before(t, UINT64_MAX, &line));
    for (int i = 0; i < 4; i++)
        feed(t, "\033]133;A\a$ cmd\r\n\033]133;C\aout\r\n\033]133;D;0\a");
    feed(t, "\033]133;A\a$ "); /* lines 0, 2, 4, 6, 8 */
    assert_int_equal(term_end(t), 9);
    assert_true(term_prompt_before(t, UINT64_MAX, &line) && line == 8);
    assert_true(term_prompt_before(t, 8, &line) && line == 6);
    assert_true(term_prompt_before(t, 1, &line) && line == 0);
    assert_false(term_prompt_before(t, 0, &line));
    assert_true(term_prompt_after(t, 0, &line) && line == 2);
    assert_true(term_prompt_after(t, 7, &line) && line == 8);
    assert_false(term_prompt_after(t, 8, &line));
    assert_int_equal(term_line_marks(t, 2).exit_status, 0);
    assert_int_equal(term_line_marks(t, 3).exit_status, -1);
    assert_int_equal(term_line_marks(t, 99).exit_status, -1);
    term_destroy(t);
}

static void term__line__is_of_scrollback_and_screen(void **state)
{
    struct term *t = make(2, 10, 100);
    struct cell cells[10];

    feed(t, "0123456789abc\r\nx\r\ny");
    assert_int_equal(term_line(t, 0, cells, 10), 10);
    assert_int_equal(cells[0].glyph, '0');
    assert_true(term_line_wrapped(t, 0));
    assert_int_equal(term_line_start(t, 1), 0);
    assert_false(term_line_wrapped(t, 1));
    assert_int_equal(term_line(t, 3, cells, 10), 1);
    assert_int_equal(cells[0].glyph, 'y');
    assert_int_equal(term_line(t, 4, cells, 10), 0);
    assert_int_equal(term_line(t, 3, cells, 3), 1);
    feed(t, "\r\n0123456789ab");
    assert_true(term_line_wrapped(t, term_scrollback_end(t)));
    feed(t, "\r\n");
    assert_true(term_line_wrapped(t, term_scrollback_end(t) - 1));
    feed(t, "\033[?1049h"); /* the scrollback does not go on there */
    assert_false(term_line_wrapped(t, term_scrollback_end(t) - 1));
    assert_int_equal(term_line_start(t, term_scrollback_end(t)), term_scrollback_end(t));
    term_destroy(t);
}

static void term__anchor__stays_with_its_character(void **state)
{
    struct term *t = make(3, 10, 100);
    struct term_anchor a = {0}, b = {0};
    struct cell cells[100];
    uint64_t layout = term_layout(t);

    term_anchor_remove(&a);
    feed(t, "one\r\n0123456789abXdef\r\n");
    term_anchor_add(t, &a, 2, 2);
    term_anchor_add(t, &b, 0, 1);
    for (int cols = 30; cols > 1; cols--) {
        term_resize(t, 3 + cols % 3, cols);
        term_line(t, a.line, cells, cols);
        assert_int_equal(cells[a.col].glyph, 'X');
        term_line(t, b.line, cells, cols);
        assert_int_equal(cells[b.col].glyph, 'n');
    }
    assert_true(term_layout(t) > layout);
    term_anchor_remove(&a);
    term_anchor_remove(&b);
    term_destroy(t);
}

static void term__link__is_known_by_its_number(void **state)
{
    struct term *t = make(3, 10, 100);

    feed(t, "\033]8;id=1;http://a/\aa\033[58;5;3mb\033]8;id=2;http://a/\ac\033]8;;\ad");
    const struct cell *row = term_row(t, 0);
    assert_string_equal(term_link(t, row[0].style.link), "http://a/");
    assert_string_equal(term_link(t, row[1].style.link), "http://a/");
    assert_int_not_equal(row[0].style.link, row[2].style.link);
    assert_null(term_link(t, row[3].style.link));
    assert_null(term_link(t, 0));
    assert_null(term_link(t, 65535));
    term_destroy(t);
}

/* The end of a frame is something to draw, even when its last piece changed nothing. */
static void term__synchronised__ends_with_a_new_revision(void **state)
{
    struct term *t = make(3, 10, 100);

    feed(t, "\033[?2026hx");
    assert_true(term_synchronised_until(t) > 0);
    uint64_t before = term_revision(t);
    feed(t, "\033[?2026l");
    assert_true(term_revision(t) > before);
    assert_int_equal(term_synchronised_until(t), 0);
    /* Frames one after the other have one allowance. */
    feed(t, "\033[?2026h");
    int64_t until = term_synchronised_until(t);
    feed(t, "\033[?2026l\033[?2026h");
    int64_t again = term_synchronised_until(t);
    assert_true(again == 0 || until == 0 || again == until);
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
        cmocka_unit_test(term__snapshot__of_long_links_is_bounded),
        cmocka_unit_test(term__snapshot__makes_the_same_terminal_of_random_sessions),
        cmocka_unit_test(term__resize__loses_no_text),
        cmocka_unit_test(term__prompts__are_found_in_both_directions),
        cmocka_unit_test(term__line__is_of_scrollback_and_screen),
        cmocka_unit_test(term__anchor__stays_with_its_character),
        cmocka_unit_test(term__link__is_known_by_its_number),
        cmocka_unit_test(term__synchronised__ends_with_a_new_revision),
        cmocka_unit_test(term__cell_text__gives_a_space_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
