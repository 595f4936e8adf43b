/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/vterm/cast.h"
#include "tests/vterm/same.h"

#define MS(n) ((int64_t)(n)*1000000)

static struct replay *open_text(struct buf *file, const char *text)
{
    struct err e = {0};

    buf_append_str(file, text);
    struct replay *r = cast_replay(file, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static void advance(struct replay *r, int64_t ms)
{
    for (int i = 0; !replay_advance(r, ms, 1000); i++)
        assert_true(i < 1000000);
}

static void check_row(struct replay *r, const char *expected)
{
    char text[200] = "";

    for (int col = 0; col < term_cols(replay_term(r)); col++) {
        const struct cell *cell = &term_row(replay_term(r), 0)[col];
        char one[13];

        cell_text(cell, one);
        if (cell->glyph)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s", one);
    }
    assert_string_equal(text, expected);
}

static void replay__advance__many_sizes_are_not_one_piece(void **state)
{
    cleanup_buf struct buf file = {0}, text = {0};

    buf_append_str(&text, "{\"version\":2,\"width\":30,\"height\":4}\n");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "[1,\"r\",\"%dx4\"]\n", 40 + i % 2);
    struct replay *r = open_text(&file, text.data);
    int n_pieces = 1;

    while (!replay_advance(r, 2000, 256 << 10))
        n_pieces++;
    assert_in_range(n_pieces, 10, 100);
    assert_int_equal(term_cols(replay_term(r)), 41);
    replay_destroy(r);
}

static void replay__advance__plays_up_to_a_time(void **state)
{
    struct buf file = {0};
    struct replay *r = open_text(&file, "{\"version\": 2, \"width\": 30, \"height\": 4, \"title\": "
                                        "\"x\\u001by\", \"command\": \"sh\", \"timestamp\": 7}\n"
                                        "[0.5, \"o\", \"a\"]\n"
                                        "[1.0, \"i\", \"typed\"]\n\n"
                                        "[1.5, \"o\", \"\\u001b[1mb\\u0000c\"]\n"
                                        "[2.0, \"m\", \"mark\"]\n"
                                        "[2.5, \"r\", \"40x5\"]\n"
                                        "[3.25, \"o\", \"d\"]");

    assert_string_equal(replay_title(r), "x y");
    assert_int_equal(replay_timestamp(r), 7);
    assert_int_equal(replay_duration_ms(r), 3250);
    assert_int_equal(replay_next_ms(r), 500);
    advance(r, 499);
    check_row(r, "");
    assert_int_equal(replay_time_ms(r), 499);
    advance(r, 500);
    check_row(r, "a");
    advance(r, 1999);
    check_row(r, "abc");
    advance(r, 2000);
    check_row(r, "abc");
    advance(r, 2600);
    assert_int_equal(term_cols(replay_term(r)), 40);
    assert_int_equal(term_rows(replay_term(r)), 5);
    assert_int_equal(replay_next_ms(r), 3250);
    advance(r, 1000000);
    check_row(r, "abcd");
    assert_int_equal(replay_next_ms(r), -1);
    assert_int_equal(replay_time_ms(r), 3250);
    replay_seek(r, 700);
    advance(r, 700);
    check_row(r, "a");
    assert_int_equal(term_cols(replay_term(r)), 30);
    assert_int_equal(replay_skipped(r), 0);
    replay_destroy(r);
    buf_finish(&file);
}

static void check_refused(const char *text, enum err_code code, const char *why)
{
    struct buf file = {0};
    struct err e = {0};

    buf_append_str(&file, text);
    assert_null(cast_replay(&file, &e));
    assert_int_equal(e.code, code);
    if (!strstr(e.text, why))
        fail_msg("%s", e.text);
    buf_finish(&file);
}

static void replay__create__refuses_what_is_no_recording(void **state)
{
    check_refused("", ERR_PROTOCOL, "no header");
    check_refused("hello\n", ERR_PROTOCOL, "no header");
    check_refused("[1,2]\n", ERR_PROTOCOL, "no header");
    check_refused("{\"version\":3,\"width\":8,\"height\":8}\n", ERR_UNSUPPORTED, "version 3");
    check_refused("{\"version\":2}\n", ERR_PROTOCOL, "no size");
    check_refused("{\"version\":2,\"width\":-8,\"height\":1e99}\n", ERR_PROTOCOL, "no size");
}

static long read_error(void *user, uint64_t offset, char *out, size_t n)
{
    errno = EIO;
    return -1;
}

static void replay__create__says_why_it_cannot_read(void **state)
{
    struct replay_source source = {.read = read_error};
    struct err e = {0};

    assert_null(replay_create(&source, 0, &e));
    assert_non_null(strstr(e.text, "cannot be read"));
}

static void replay__advance__skips_what_it_cannot_read(void **state)
{
    struct buf file = {0};
    cleanup_buf struct buf text = {0};

    buf_append_str(&text, "{\"version\":2,\"width\":30,\"height\":4}\r\n"
                          "[0.1,\"o\",\"a\"]\r\n"
                          "nonsense\n[1]\n[1,2,3]\n[\"1\",\"o\",\"x\"]\n[1,\"oo\",\"x\"]\n{}\n"
                          "[-5,\"o\",\"b\"]\n"
                          "[1,\"r\",\"nonsense\"]\n[1,\"z\",\"later\"]\n[1,\"o\",\"");
    for (size_t i = 0; i < REPLAY_LINE_MAX / 8 + 100; i++)
        buf_append_str(&text, "too long");
    buf_append_str(&text, "\"]\n[1e300,\"o\",\"c\"]\n[0,\"o\",\"d\"]\n[2,\"o\",\"unfinished");
    struct replay *r = open_text(&file, text.data);
    advance(r, INT64_MAX);
    check_row(r, "abcd");
    assert_int_equal(replay_skipped(r), 8);
    replay_destroy(r);
    buf_finish(&file);
}

/* A long session; what each moment showed is compared with what seeking there shows. */
static void record_session(struct buf *file, struct term *t, int events)
{
    static const char *const pieces[] = {
        "text ",
        "\r\n",
        "\033[31m",
        "\033[m",
        "\033[2J",
        "\033[5;5H",
        "漢\xe5",
        "\xad\x97",
        "\033[?1049h",
        "\033[?1049l",
        "\033]2;t\033",
        "\\\033[K",
        "\033]8;;http://a/\a",
        "\033]8;;\a",
    };
    struct recording *r = cast_record(file, 10, 40);

    srand(12);
    for (int i = 0; i < events; i++) {
        const char *piece = pieces[(size_t)rand() % ARRAY_LEN(pieces)];

        if (i % 211 == 210) {
            term_resize(t, 5 + rand() % 10, 20 + rand() % 40);
            recording_resize(r, MS(i * 100), term_rows(t), term_cols(t));
        }
        term_feed(t, piece, strlen(piece));
        recording_output(r, MS(i * 100), piece, strlen(piece));
    }
    recording_destroy(r, MS(events * 100));
}

static void replay__seek__shows_what_playing_shows(void **state)
{
    struct buf file = {0};
    struct term *t = term_create(10, 40, &(struct term_config){.scrollback_lines = 1000});
    char why[256];

    record_session(&file, t, 3000);
    struct replay *r = cast_replay(&file, NULL), *plain = cast_replay(&file, NULL);
    assert_int_equal(replay_duration_ms(r), 299900);
    advance(r, INT64_MAX);
    if (!same_rows(t, replay_term(r), why, sizeof why))
        fail_msg("at the end: %s", why);
    for (int i = 0; i < 60; i++) {
        int64_t ms = rand() % 300000;

        replay_seek(r, ms);
        assert_true(replay_time_ms(r) <= ms || ms >= 299900);
        /* Going back costs no more than one interval of playing. */
        assert_true(ms - replay_time_ms(r) <= 10100 || ms > replay_time_ms(r));
        advance(r, ms);
        replay_seek(plain, 0);
        advance(plain, ms);
        if (!same_rows(replay_term(plain), replay_term(r), why, sizeof why))
            fail_msg("at %d: %s", (int)ms, why);
    }
    replay_destroy(r);
    replay_destroy(plain);
    term_destroy(t);
    buf_finish(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay__advance__plays_up_to_a_time),
        cmocka_unit_test(replay__advance__many_sizes_are_not_one_piece),
        cmocka_unit_test(replay__create__refuses_what_is_no_recording),
        cmocka_unit_test(replay__create__says_why_it_cannot_read),
        cmocka_unit_test(replay__advance__skips_what_it_cannot_read),
        cmocka_unit_test(replay__seek__shows_what_playing_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
