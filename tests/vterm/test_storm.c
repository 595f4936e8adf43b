/* SPDX-License-Identifier: MIT
 *
 * Storms: a thousand sizes from 1x1 up while output flows, floods of links, of strings that never
 * end, of whatever makes a terminal keep something. Nothing of the text is lost, bounds hold.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vterm/same.h"
#include "vterm/selection.h"

#define SIZES 1000

static void feed(struct term *t, const char *text)
{
    term_feed(t, text, strlen(text));
}

static struct term *make(int rows, int cols, size_t lines)
{
    return term_create(rows, cols, &(struct term_config){.scrollback_lines = lines});
}

/* A line of 0 to 120 characters that tells its number. */
static void put_line(struct buf *out, int number, bool wide)
{
    int words = rand() % 20;

    buf_printf(out, "line-%d", number);
    for (int i = 0; i < words; i++)
        buf_append_str(out, wide && rand() % 3 == 0 ? " 漢字e\xcc\x81" : " word");
}

/* All text, soft wraps joined. */
static void check_text(struct term *t, const struct buf *expected)
{
    struct selection s = {0};
    cleanup_buf struct buf got = {0};

    selection_begin(&s, t, SELECTION_CHARACTERS, term_scrollback_first(t), 0);
    selection_extend(&s, term_end(t), 0);
    assert_true(selection_text(&s, SIZE_MAX, &got));
    while (got.len && got.data[got.len - 1] == '\n')
        got.data[--got.len] = '\0';
    if (strcmp(got.data, expected->data) != 0) {
        size_t i = 0;

        while (got.data[i] == expected->data[i])
            i++;
        i -= i < 30 ? i : 30;
        fail_msg("\"%.60s\", expected \"%.60s\"", got.data + i, expected->data + i);
    }
    selection_clear(&s);
}

/* Each size finds the output in the middle of a line, often of a character. */
static void storm(bool wide, bool alternate)
{
    struct term *t = make(24, 80, 100000);
    struct buf sent = {0}, expected = {0};
    size_t done = 0;

    srand(wide ? 5 : 6);
    for (int i = 0; i < SIZES; i++) {
        put_line(&sent, i, wide);
        buf_append_str(&sent, "\r\n");
    }
    buf_append_str(&sent, "end");
    for (const char *p = sent.data; *p; p++)
        if (*p != '\r')
            buf_append_char(&expected, *p);
    for (int i = 0; i < SIZES; i++) {
        size_t n = i == SIZES - 1
                       ? sent.len - done
                       : (size_t)rand() % (2 * (sent.len - done) / (size_t)(SIZES - i) + 1);

        if (n > sent.len - done)
            n = sent.len - done;
        /* The start of a wrapped row is the middle of a wider one: a CR alone does not survive. */
        if (done + n < sent.len && sent.data[done + n] == '\n')
            n++;
        term_feed(t, sent.data + done, n);
        done += n;
        if (alternate && i % 10 == 3)
            feed(t, "\033[?1049h\033[2Jother\r\nscreen\033[5;5Hx");
        if (i < 4 && !wide)
            term_resize(t, 1, 1);
        else
            term_resize(t, 1 + rand() % 60, 1 + wide + rand() % 200);
        if (alternate && i % 10 == 3)
            feed(t, "\033[?1049l");
    }
    check_text(t, &expected);
    term_resize(t, 24, 80);
    check_text(t, &expected);
    buf_finish(&sent);
    buf_finish(&expected);
    term_destroy(t);
}

static void storm__of_sizes__loses_no_text(void **state)
{
    storm(false, false);
}

static void storm__of_sizes__loses_no_wide_characters(void **state)
{
    storm(true, false);
}

static void storm__of_sizes__under_the_alternate_screen(void **state)
{
    storm(false, true);
}

/* A program that redraws when its size changes shows just what it drew. */
static void storm__of_sizes__leaves_a_redrawn_screen_clean(void **state)
{
    struct term *t = make(24, 80, 100), *fresh;
    char why[256], line[64];

    srand(9);
    for (int i = 0; i <= SIZES; i++) {
        int rows = i == SIZES ? 24 : 1 + rand() % 60, cols = i == SIZES ? 80 : 1 + rand() % 200;
        bool torn = i < SIZES && rand() % 2;

        feed(t, i == 0 ? "\033[?1049h" : "");
        term_resize(t, rows, cols);
        feed(t, "\033[r\033[m\033[H\033[2J");
        for (int row = 1; row <= (torn ? rows / 2 : rows); row++) {
            snprintf(line, sizeof line, "\033[%d;1H\033[3%dmrow %d\033[K\033[%d;%dH漢", row,
                     row % 8, row, row, cols - 1);
            feed(t, line);
        }
        feed(t, torn ? "\033[3;7r\033[31" : "\033[1;1H");
    }
    fresh = make(24, 80, 100);
    feed(fresh, "\033[?1049h\033[2J");
    for (int row = 1; row <= 24; row++) {
        snprintf(line, sizeof line, "\033[%d;1H\033[3%dmrow %d\033[K\033[%d;79H漢", row, row % 8,
                 row, row);
        feed(fresh, line);
    }
    if (!same_rows(t, fresh, why, sizeof why))
        fail_msg("%s", why);
    term_destroy(t);
    term_destroy(fresh);
}

/* A scrollback of few lines keeps them all through sizes in which they take many more rows. */
static void storm__of_narrow_sizes__loses_no_lines_that_fit(void **state)
{
    struct term *t = make(24, 80, 300);
    struct buf expected = {0};

    srand(11);
    for (int i = 0; i < 290; i++) {
        cleanup_buf struct buf line = {0};

        put_line(&line, i, false);
        if (line.len > 79)
            line.len = 79;
        while (line.data[line.len - 1] == ' ')
            line.len--; /* a blank at an end is none of the text */
        buf_append(&expected, line.data, line.len);
        buf_append_char(&expected, '\n');
        buf_append_str(&line, "\r\n");
        term_feed(t, line.data, line.len);
        if (i % 3 == 0)
            term_resize(t, 1 + rand() % 30, 1 + rand() % 80);
    }
    buf_append_str(&expected, "end");
    feed(t, "end");
    term_resize(t, 1, 1);
    check_text(t, &expected);
    term_resize(t, 24, 80);
    check_text(t, &expected);
    assert_true(term_scrollback_end(t) - term_scrollback_first(t) <= 300);
    /* The bound holds again once all of it was pushed out. */
    term_resize(t, 24, 8);
    for (int i = 0; i < 4000; i++)
        feed(t, "more\r\n");
    assert_int_equal(term_scrollback_end(t) - term_scrollback_first(t), 300);
    buf_finish(&expected);
    term_destroy(t);
}

/* --- packed lines wrapped as they are, and unpacked: the same --- */

#define FOLLOWED 200

/* Text, empty cells, styles, links, wide and combining characters, marks, long lines. */
static void put_mixture(struct buf *out)
{
    static const char *const pieces[] = {
        "word ",
        "\033[31m",
        "\033[48;2;1;2;3m",
        "\033[m",
        "\t",
        "漢字",
        "e\xcc\x81",
        "\033[7C",
        "\033[K",
        "\r\n",
        "\033[4:3;58;5;9m",
        "\033]133;A\a$ ",
        "\r\n",
        "\033]8;;http://a\a",
        "\033]8;;\a",
        "漢",
        "\033]133;D;7\a",
        "a fairly long run of plain text that soon wraps",
    };

    buf_append_str(out, pieces[(size_t)rand() % ARRAY_LEN(pieces)]);
}

/* Lines with a place that is followed are unpacked: one in every line makes all of them so. */
static void follow_all(struct term *t, struct term_anchor anchors[FOLLOWED])
{
    uint64_t line = term_scrollback_first(t);

    assert_true(term_end(t) - line <= FOLLOWED);
    for (int i = 0; i < FOLLOWED && line < term_end(t); i++)
        term_anchor_add(t, &anchors[i], line++, 0);
}

static void refold__equals__unpacking(void **state)
{
    char why[256];

    srand(12);
    for (int round = 0; round < 1500; round++) {
        int rows = 1 + rand() % 6, cols = 1 + rand() % 40;
        struct term *packed = make(rows, cols, 190), *unpacked = make(rows, cols, 190);
        struct term_anchor anchors[FOLLOWED] = {0};
        cleanup_buf struct buf text = {0};

        for (int i = rand() % 60; i > 0; i--)
            put_mixture(&text);
        term_feed(packed, text.data ? text.data : "", text.len);
        term_feed(unpacked, text.data ? text.data : "", text.len);
        for (int i = 0; i < 3 && term_end(unpacked) - term_scrollback_first(unpacked) <= FOLLOWED;
             i++) {
            rows = 1 + rand() % 6;
            cols = 1 + rand() % 60;
            follow_all(unpacked, anchors);
            term_resize(packed, rows, cols);
            term_resize(unpacked, rows, cols);
            for (int k = 0; k < FOLLOWED; k++)
                term_anchor_remove(&anchors[k]);
            if (!same_terms(unpacked, packed, why, sizeof why))
                fail_msg("round %d, %dx%d: %s", round, cols, rows, why);
        }
        term_destroy(packed);
        term_destroy(unpacked);
    }
}

/* --- floods --- */

static void flood__of_links__is_bounded_and_gives_numbers_back(void **state)
{
    struct term *t = make(5, 20, 50);
    char text[128];

    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "\033]8;;http://host/%d\033\\x%s", i,
                 i % 20 == 19 ? "\r\n" : "");
        feed(t, text);
    }
    feed(t, "\033]8;;\033\\\033[2J\033[3J");
    /* All were let go of: a new one finds room, at once or when its turn comes. */
    bool found = false;
    for (int i = 0; i < 10000 && !found; i++) {
        feed(t, "\033[H\033]8;;http://last/\033\\y\033]8;;\033\\");
        const char *uri = term_link(t, term_row(t, 0)[0].style.link);

        found = uri && strcmp(uri, "http://last/") == 0;
    }
    assert_true(found);
    term_destroy(t);
}

/* A link that stands in the scrollback keeps its address whatever comes after. */
static void flood__of_links__changes_none_that_is_seen(void **state)
{
    struct term *t = make(5, 20, 100000);
    struct cell cells[20];
    char text[128];

    for (int i = 0; i < 60000; i++) {
        snprintf(text, sizeof text, "\033]8;;http://host/%d\033\\%d\r\n", i, i);
        feed(t, text);
    }
    for (uint64_t line = term_scrollback_first(t); line < term_scrollback_end(t); line++) {
        term_line(t, line, cells, 20);
        const char *uri = term_link(t, cells[0].style.link);
        char number[24] = "";

        for (int i = 0; i < 20 && cells[i].glyph; i++)
            number[i] = (char)cells[i].glyph;
        snprintf(text, sizeof text, "http://host/%s", number);
        if (uri)
            assert_string_equal(uri, text);
    }
    term_destroy(t);
}

static void flood__of_long_links__is_bounded(void **state)
{
    struct term *t = make(5, 20, 50);
    char text[2200];

    for (int i = 0; i < 5000; i++) {
        int n = snprintf(text, sizeof text, "\033]8;id=%d;http://host/", i);

        memset(text + n, 'a', 2000);
        memcpy(text + n + 2000, "\ax", 3);
        feed(t, text);
    }
    term_destroy(t);
}

static void flood__of_strings__keeps_no_more_than_its_bound(void **state)
{
    static const char *const begins[] = {"\033]52;c;", "\033]8;;", "\033P+q", "\033]4;",
                                         "\033_",      "\033]2;",  "\033]7;", "\033P$q"};
    struct term *t = make(5, 20, 50);
    char block[4096];

    memset(block, 'A', sizeof block);
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        feed(t, begins[i]);
        for (int k = 0; k < 1000; k++)
            term_feed(t, block, sizeof block);
        feed(t, "\033\\");
    }
    feed(t, "\033[2J\033[Hok");
    assert_int_equal(term_row(t, 0)[0].glyph, 'o');
    assert_string_equal(term_title(t), "");
    term_destroy(t);
}

static size_t replied;

static void count_reply(void *user, const char *bytes, size_t n)
{
    replied += n;
}

/* What comes back is never much more than what asked for it. */
static void flood__of_queries__is_not_amplified(void **state)
{
    static const struct term_ops ops = {.on_reply = count_reply};
    static const char *const queries[] = {"\033[c",
                                          "\033[>c",
                                          "\033[=c",
                                          "\033[6n",
                                          "\033[18t",
                                          "\033[>q",
                                          "\033[x",
                                          "\033[?u",
                                          "\033]10;?\a",
                                          "\033]4;1;?;2;?;3;?\a",
                                          "\033[?6$p",
                                          "\033P$qm\033\\",
                                          "\033P+q544e;436f\033\\",
                                          "\033]10;?;?;?\a",
                                          "\033[?996n"};
    struct term *t = term_create(24, 80, &(struct term_config){.ops = &ops});

    term_set_cell_pixels(t, 16, 8);
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        replied = 0;
        feed(t, queries[i]);
        assert_true(replied > 0);
        assert_true(replied <= 8 * strlen(queries[i]) + 16);
    }
    term_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storm__of_sizes__loses_no_text),
        cmocka_unit_test(storm__of_sizes__loses_no_wide_characters),
        cmocka_unit_test(storm__of_sizes__under_the_alternate_screen),
        cmocka_unit_test(storm__of_sizes__leaves_a_redrawn_screen_clean),
        cmocka_unit_test(storm__of_narrow_sizes__loses_no_lines_that_fit),
        cmocka_unit_test(refold__equals__unpacking),
        cmocka_unit_test(flood__of_links__is_bounded_and_gives_numbers_back),
        cmocka_unit_test(flood__of_links__changes_none_that_is_seen),
        cmocka_unit_test(flood__of_long_links__is_bounded),
        cmocka_unit_test(flood__of_strings__keeps_no_more_than_its_bound),
        cmocka_unit_test(flood__of_queries__is_not_amplified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
