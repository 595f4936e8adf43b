/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/vterm/cast.h"

#define MS(n) ((int64_t)(n)*1000000)

static const char header[] =
    "{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":1700000000}\n";

/* What was written behind the header. */
static void check(const struct buf *file, const char *expected)
{
    assert_memory_equal(file->data, header, sizeof header - 1);
    assert_string_equal(file->data + sizeof header - 1, expected);
}

static void recording__output__is_timed_lines_of_json(void **state)
{
    struct buf file = {0};
    struct recording *r = cast_record(&file, 24, 80);

    recording_output(r, MS(1500), "a\"\\\n\033[1m\x7f\0b", 11);
    recording_resize(r, MS(2000), 24, 80);
    recording_resize(r, MS(2001), 50, 132);
    recording_destroy(r, MS(70002));
    check(&file, "[1.500000,\"o\",\"a\\\"\\\\\\n\\u001b[1m\x7f"
                 "b\"]\n[2.001000,\"r\",\"132x50\"]\n");
    buf_finish(&file);
}

static void recording__header__names_what_ran(void **state)
{
    struct buf file = {0};
    struct recording_config config = {.rows = 1,
                                      .cols = 2,
                                      .title = "a \"title\"\n",
                                      .command = "bash",
                                      .term = "xterm-256color",
                                      .on_write = cast_on_write,
                                      .user = &file};

    recording_destroy(recording_create(&config, 0), 0);
    assert_string_equal(
        file.data, "{\"version\":2,\"width\":2,\"height\":1,\"timestamp\":0,\"title\":\"a "
                   "\\\"title\\\" \",\"command\":\"bash\",\"env\":{\"TERM\":\"xterm-256color\"}"
                   "}\n");
    buf_finish(&file);
}

static void recording__output__holds_a_cut_character(void **state)
{
    struct buf file = {0};
    struct recording *r = cast_record(&file, 24, 80);

    recording_output(r, MS(1), "a\xe6", 2);
    recording_output(r, MS(2), "\xbc", 1);
    recording_output(r, MS(3), "\xa2\xff\xe6", 3);
    recording_destroy(r, MS(4));
    check(&file, "[0.001000,\"o\",\"a\"]\n[0.003000,\"o\",\"漢\xef\xbf\xbd\"]\n"
                 "[0.004000,\"o\",\"\xef\xbf\xbd\"]\n");
    buf_finish(&file);
}

static void recording__pause__stops_its_time(void **state)
{
    struct buf file = {0};
    struct recording *r = cast_record(&file, 24, 80);
    struct term *t = term_create(24, 90, &(struct term_config){0});

    term_feed(t, "now", 3);
    recording_output(r, MS(1000), "a", 1);
    recording_pause(r, MS(2000));
    assert_true(recording_paused(r));
    recording_output(r, MS(3000), "b", 1);
    recording_resize(r, MS(3000), 1, 1);
    assert_int_equal(recording_elapsed_ns(r, MS(9000)), MS(2000));
    recording_resume(r, MS(10000), t);
    recording_output(r, MS(10500), "c", 1);
    recording_destroy(r, MS(11000));
    assert_non_null(strstr(file.data, "[2.000000,\"r\",\"90x24\"]\n[2.000000,\"o\",\"\\u001bc"));
    assert_non_null(strstr(file.data, "now"));
    assert_non_null(strstr(file.data, "[2.500000,\"o\",\"c\"]\n"));
    assert_null(strstr(file.data, "\"b\""));
    term_destroy(t);
    buf_finish(&file);
}

static size_t longest;

static void on_write(void *user, const char *bytes, size_t n)
{
    if (n > longest)
        longest = n;
    assert_int_equal(bytes[n - 1], '\n');
    assert_true(utf8_valid(bytes, n));
    buf_append(user, bytes, n);
}

static void recording__output__is_bounded(void **state)
{
    struct buf file = {0};
    struct recording_config config = {
        .rows = 24, .cols = 80, .bytes_max = 1000000, .on_write = on_write, .user = &file};
    struct recording *r = recording_create(&config, 0);
    size_t n = 200000;
    char *bytes = malloc(n);

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(rand() % 3 ? 1 : rand());
    recording_output(r, MS(1), bytes, n);
    assert_true(recording_full(r) || file.len > n);
    for (int i = 0; i < 10; i++)
        recording_output(r, MS(2), bytes, n);
    assert_true(recording_full(r));
    assert_true(file.len <= 1000000 && file.len > 850000);
    assert_true(longest <= RECORDING_LINE_MAX);
    recording_destroy(r, MS(3));
    free(bytes);
    buf_finish(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recording__output__is_timed_lines_of_json),
        cmocka_unit_test(recording__header__names_what_ran),
        cmocka_unit_test(recording__output__holds_a_cut_character),
        cmocka_unit_test(recording__pause__stops_its_time),
        cmocka_unit_test(recording__output__is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
