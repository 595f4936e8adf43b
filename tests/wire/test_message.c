/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/message.h"
#include "wire/names.h"

#define BYTES(text) text, sizeof(text) - 1

static void message__encode_binary__subscribe_is_bytes_of_the_protocol(void **state)
{
    struct message m;
    struct buf out = {0};

    message_init(&m, MSG_SUBSCRIBE, SLICE("terminal:t"));
    message_encode_binary(&m, &out);
    static const char expected[] = "\x01\0\x0aterminal:t\0\x09subscribe\0\0\0\x02\0";

    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    buf_finish(&out);
}

static void message__encode_binary__resize_is_bytes_of_the_protocol(void **state)
{
    struct message m;
    struct buf out = {0};

    message_init(&m, MSG_TERMINAL_RESIZE, (struct slice){0});
    message_add_string(&m, "id", SLICE("t"));
    message_add_number(&m, "cols", 80);
    message_add_boolean(&m, "b", true);
    message_encode_binary(&m, &out);
    static const char expected[] = "\x03\0\0\0\x0fterminal:resize\0\0\0\x28\0\x03"
                                   "\0\x02id\x01\0\0\0\x01t"
                                   "\0\x04"
                                   "cols\x02\0\0\0\x08\x40\x54\0\0\0\0\0\0"
                                   "\0\x01"
                                   "b\x03\0\0\0\x01\x01";

    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.data, expected, sizeof expected - 1);
    buf_finish(&out);
}

static void fill(struct message *m)
{
    message_init(m, MSG_TERMINAL_OUTPUT, SLICE("terminal:t1"));
    message_add_string(m, "output", (struct slice){BYTES("é世\0\x1b[1m\"\\\x7f\n")});
    message_add_string(m, "empty", SLICE(""));
    message_add_number(m, "cols", 132);
    message_add_number(m, "ratio", -0.125);
    message_add_boolean(m, "yes", true);
    message_add_boolean(m, "no", false);
}

static void check_filled(const struct message *m)
{
    struct slice output = message_string(m, "output");

    assert_int_equal(m->kind, MESSAGE_DATA);
    assert_true(slice_equal(m->type, MSG_TERMINAL_OUTPUT));
    assert_true(slice_equal(m->channel, "terminal:t1"));
    assert_int_equal(m->n_fields, 6);
    assert_int_equal(output.len, 14);
    assert_memory_equal(output.data, "é世\0\x1b[1m\"\\\x7f\n", 14);
    assert_non_null(message_field(m, "empty"));
    assert_true(message_number(m, "cols", 0) == 132);
    assert_true(message_number(m, "ratio", 0) == -0.125);
    assert_true(message_field(m, "yes")->boolean);
    assert_false(message_field(m, "no")->boolean);
}

static void message__round_trip__both_codings(void **state)
{
    struct message m, back;
    struct buf out = {0};

    fill(&m);
    message_encode_binary(&m, &out);
    assert_int_equal(message_parse_binary(&back, out.data, out.len, NULL), 0);
    check_filled(&back);
    message_finish(&back);
    buf_clear(&out);
    message_encode_json(&m, &out);
    assert_int_equal(message_parse_json(&back, out.data, out.len, NULL), 0);
    check_filled(&back);
    message_finish(&back);
    buf_finish(&out);
}

static void message__string__wrong_type_is_empty(void **state)
{
    struct message m;

    fill(&m);
    assert_int_equal(message_string(&m, "cols").len, 0);
    assert_int_equal(message_string(&m, "absent").len, 0);
    assert_true(message_number(&m, "output", 7) == 7);
    assert_true(message_number(&m, "absent", 7) == 7);
    assert_null(message_field(&m, "outputs"));
}

/* Every prefix and every extension of a good frame, each in an exact allocation. */
static void message__parse_binary__truncated_anywhere_is_an_error(void **state)
{
    struct message m, back;
    struct buf out = {0};

    fill(&m);
    message_encode_binary(&m, &out);
    for (size_t n = 0; n < out.len; n++) {
        char *exact = xmalloc(n + !n);
        struct err e = {0};

        memcpy(exact, out.data, n);
        assert_int_equal(message_parse_binary(&back, exact, n, &e), -ERR_PROTOCOL);
        assert_int_equal(e.code, ERR_PROTOCOL);
        free(exact);
    }
    buf_append_char(&out, 'x');
    assert_int_equal(message_parse_binary(&back, out.data, out.len, NULL), -ERR_PROTOCOL);
    buf_finish(&out);
}

/* Every single byte changed to every extreme: never a crash, and what parses has sane slices. */
static void message__parse_binary__corrupted_anywhere_stays_in_bounds(void **state)
{
    static const unsigned char values[] = {0, 1, 4, 5, 0x7f, 0x80, 0xff};
    struct message m, back;
    struct buf out = {0};

    fill(&m);
    message_encode_binary(&m, &out);
    for (size_t i = 0; i < out.len; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            char *exact = xmalloc(out.len);

            memcpy(exact, out.data, out.len);
            exact[i] = (char)values[v];
            if (!message_parse_binary(&back, exact, out.len, NULL)) {
                for (size_t f = 0; f < back.n_fields; f++)
                    assert_true(back.fields[f].text.len <= out.len);
                message_finish(&back);
            }
            free(exact);
        }
    }
    buf_finish(&out);
}

static void check_binary_error(const char *bytes, size_t n, int code)
{
    struct message m;
    struct err e = {0};

    assert_int_equal(message_parse_binary(&m, bytes, n, &e), -code);
    assert_int_equal(e.code, code);
}

static void message__parse_binary__refuses_kinds_and_duplicates(void **state)
{
    check_binary_error(BYTES("\0\0\0\0\1a\0\0\0\0"), ERR_PROTOCOL);
    check_binary_error(BYTES("\x06\0\0\0\1a\0\0\0\0"), ERR_PROTOCOL);
    check_binary_error(BYTES("\xff\0\0\0\1a\0\0\0\0"), ERR_PROTOCOL);
    check_binary_error(BYTES("\3\0\0\0\1a\xff\xff\xff\xff"), ERR_PROTOCOL);
    check_binary_error(BYTES("\3\0\0\0\1a\0\0\0\x12\0\2\0\1k\1\0\0\0\0\0\1k\1\0\0\0\0"),
                       ERR_PROTOCOL);
}

static void message__parse_binary__limits(void **state)
{
    struct buf out = {0};
    struct message m;

    buf_append(&out, "\3\0\0\0\1a\0\0", 8);
    size_t n = MESSAGE_FIELDS_MAX + 1;
    char head[4] = {(char)((2 + n * 9) >> 8), (char)(2 + n * 9), 0, (char)n};

    buf_append(&out, head, 4);
    for (size_t i = 0; i < n; i++) {
        char field[9] = {0, 2, (char)('a' + i / 10), (char)('0' + i % 10), 1, 0, 0, 0, 0};

        buf_append(&out, field, 9);
    }
    check_binary_error(out.data, out.len, ERR_LIMIT);
    buf_finish(&out);

    message_init(&m, "a", (struct slice){0});
    message_encode_binary(&m, &out);
    char *names = xcalloc(1, MESSAGE_NAME_MAX + 64);
    size_t n_name = MESSAGE_NAME_MAX + 1;

    names[0] = 3;
    names[1] = (char)(n_name >> 8);
    names[2] = (char)n_name;
    check_binary_error(names, 3 + n_name + 2 + 4, ERR_LIMIT);
    free(names);
    char *big = xcalloc(1, MESSAGE_SIZE_MAX + 1);

    check_binary_error(big, MESSAGE_SIZE_MAX + 1, ERR_LIMIT);
    free(big);
    buf_finish(&out);
}

/* protocol.md: some types carry raw payloads on binary connections. */
static void message__parse_binary__payload_of_another_coding_has_no_fields(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } payloads[] = {
        {BYTES("\4\0\0\0\1a\0\0\0\x02{}")},                    /* JSON */
        {BYTES("\3\0\0\0\1a\0\0\0\x01x")},                     /* too short for a count */
        {BYTES("\3\0\0\0\1a\0\0\0\x03\0\0x")},                 /* bytes after the fields */
        {BYTES("\3\0\0\0\1a\0\0\0\x0a\0\1\0\1k\5\0\0\0\0")},   /* unknown field type */
        {BYTES("\3\0\0\0\1a\0\0\0\x0b\0\1\0\1k\2\0\0\0\1x")},  /* number of one byte */
        {BYTES("\3\0\0\0\1a\0\0\0\x0b\0\1\0\1k\3\0\0\0\1\2")}, /* boolean 2 */
        {BYTES("\5\0\0\0\1a\0\0\0\0")},
    };
    struct message m;

    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        assert_int_equal(message_parse_binary(&m, payloads[i].bytes, payloads[i].n, NULL), 0);
        assert_int_equal(m.n_fields, 0);
        message_finish(&m);
    }
}

static int parse_json(struct message *m, const char *text)
{
    return message_parse_json(m, text, strlen(text), NULL);
}

static void message__parse_json__kinds_follow_types(void **state)
{
    static const struct {
        const char *text;
        enum message_kind kind;
    } cases[] = {
        {"{\"type\":\"subscribe\",\"channel\":\"c\"}", MESSAGE_SUBSCRIBE},
        {"{\"type\":\"unsubscribe\",\"channel\":\"c\",\"data\":null}", MESSAGE_UNSUBSCRIBE},
        {"{\"type\":\"error\",\"channel\":null,\"data\":{\"message\":\"no\"}}", MESSAGE_ERROR},
        {"{\"type\":\"connected\"}", MESSAGE_CONNECTED},
        {" {\"type\" : \"signal\"} ", MESSAGE_DATA},
    };
    struct message m;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(parse_json(&m, cases[i].text), 0);
        assert_int_equal(m.kind, cases[i].kind);
        message_finish(&m);
    }
}

static void message__parse_json__strings_keep_nul_and_escapes(void **state)
{
    struct message m;

    assert_int_equal(parse_json(&m, "{\"type\":\"a\",\"data\":{\"s\":\"x\\u0000\\\\u0000\\u00e9"
                                    "\\ud83d\\ude00\\\"\"}}"),
                     0);
    struct slice s = message_string(&m, "s");

    assert_int_equal(s.len, 2 + 6 + 2 + 4 + 1);
    assert_memory_equal(s.data, "x\0\\u0000é😀\"", s.len);
    message_finish(&m);
}

static void message__parse_json__leaves_out_what_is_not_flat(void **state)
{
    struct message m;

    assert_int_equal(parse_json(&m,
                                "{\"type\":\"a\",\"data\":{\"o\":{\"x\":[1]},\"l\":[],\"n\":null,"
                                "\"k\":\"v\"}}"),
                     0);
    assert_int_equal(m.n_fields, 1);
    assert_true(slice_equal(message_string(&m, "k"), "v"));
    message_finish(&m);
}

static void message__parse_json__refuses_malformed(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "[]",
        "null",
        "{",
        "{}",
        "{\"type\":1}",
        "{\"type\":\"\"}",
        "{\"type\":\"a\"",
        "{\"type\":\"a\"} x",
        "{\"type\":\"a\",\"channel\":5}",
        "{\"type\":\"a\",\"data\":[]}",
        "{\"type\":\"a\",\"data\":\"x\"}",
        "{\"type\":\"a\",\"data\":{\"k\":1,\"k\":2}}",
        "{\"type\":\"a\",\"data\":{\"k\":\"\\ud800\"}}",
        "{\"type\":\"a\xff\"}",
        "{\"type\":\"a\",\"data\":{\"k\":\"",
        "{\"type\":\"a\\",
    };
    struct message m;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err e = {0};

        assert_int_equal(message_parse_json(&m, bad[i], strlen(bad[i]), &e), -ERR_PROTOCOL);
        assert_int_equal(e.code, ERR_PROTOCOL);
        assert_null(m.owned);
    }
    assert_int_equal(message_parse_json(&m, BYTES("{\"type\":\"a\"}\0"), NULL), -ERR_PROTOCOL);
}

static void message__parse_json__limits(void **state)
{
    struct buf text = {0};
    struct message m;

    buf_append_str(&text, "{\"type\":\"a\",\"data\":{\"k\":");
    for (int i = 0; i < 100000; i++)
        buf_append_char(&text, '[');
    assert_int_equal(message_parse_json(&m, text.data, text.len, NULL), -ERR_PROTOCOL);
    struct err e;

    assert_int_equal(message_parse_json(&m, text.data, text.len, &e), -ERR_LIMIT);
    buf_clear(&text);
    buf_append_str(&text, "{\"type\":\"a\",\"data\":{\"k\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}}");
    assert_int_equal(message_parse_json(&m, text.data, text.len, &e), 0);
    message_finish(&m);
    buf_clear(&text);
    buf_append_str(&text, "{\"type\":\"a\",\"data\":{\"k\":0");
    for (int i = 0; i < MESSAGE_FIELDS_MAX; i++)
        buf_printf(&text, ",\"k%d\":0", i);
    buf_append_str(&text, "}}");
    assert_int_equal(message_parse_json(&m, text.data, text.len, &e), -ERR_LIMIT);
    buf_clear(&text);
    while (text.len <= MESSAGE_SIZE_MAX)
        buf_append_str(&text, "                                                                ");
    assert_int_equal(message_parse_json(&m, text.data, text.len, &e), -ERR_LIMIT);
    buf_finish(&text);
}

static void message__encode_json__makes_any_value_valid_json(void **state)
{
    struct message m, back;
    struct buf out = {0};

    message_init(&m, "a\xff", SLICE("c\x80"));
    message_add_string(&m, "s", SLICE("\xc3\x28 \xed\xa0\x80"));
    message_add_number(&m, "nan", (double)NAN);
    message_add_number(&m, "inf", (double)INFINITY);
    message_add_number(&m, "big", 1e300);
    message_encode_json(&m, &out);
    assert_int_equal(message_parse_json(&back, out.data, out.len, NULL), 0);
    assert_true(slice_equal(back.type, "a\xef\xbf\xbd"));
    assert_true(message_number(&back, "big", 0) == 1e300);
    assert_null(message_field(&back, "nan"));
    message_finish(&back);
    buf_clear(&out);
    message_init(&m, MSG_SUBSCRIBE, SLICE("terminal:t"));
    message_encode_json(&m, &out);
    assert_string_equal(out.data, "{\"type\":\"subscribe\",\"channel\":\"terminal:t\"}");
    buf_clear(&out);
    message_init(&m, MSG_SANDBOX_SYNCED, (struct slice){0});
    message_encode_json(&m, &out);
    assert_string_equal(out.data, "{\"type\":\"sandbox:synced\",\"data\":{}}");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__encode_binary__subscribe_is_bytes_of_the_protocol),
        cmocka_unit_test(message__encode_binary__resize_is_bytes_of_the_protocol),
        cmocka_unit_test(message__round_trip__both_codings),
        cmocka_unit_test(message__string__wrong_type_is_empty),
        cmocka_unit_test(message__parse_binary__truncated_anywhere_is_an_error),
        cmocka_unit_test(message__parse_binary__corrupted_anywhere_stays_in_bounds),
        cmocka_unit_test(message__parse_binary__refuses_kinds_and_duplicates),
        cmocka_unit_test(message__parse_binary__limits),
        cmocka_unit_test(message__parse_binary__payload_of_another_coding_has_no_fields),
        cmocka_unit_test(message__parse_json__kinds_follow_types),
        cmocka_unit_test(message__parse_json__strings_keep_nul_and_escapes),
        cmocka_unit_test(message__parse_json__leaves_out_what_is_not_flat),
        cmocka_unit_test(message__parse_json__refuses_malformed),
        cmocka_unit_test(message__parse_json__limits),
        cmocka_unit_test(message__encode_json__makes_any_value_valid_json),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
