/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/names.h"
#include "wire/sandbox.h"

static const char full[] =
    "{\"sandboxId\":\"abc\",\"url\":\"http://abc.localhost:7780\",\"token\":\"tok\","
    "\"provider\":\"computesdk\",\"namespace\":\"alice\",\"name\":\"demo\",\"status\":\"lost\","
    "\"reason\":\"killed\",\"createdAt\":\"2026-01-02T03:04:05.678Z\","
    "\"expiresAt\":\"2026-01-02T04:04:05.678Z\",\"terminals\":2,\"viewers\":1,"
    "\"metadata\":{\"a\":[1]}}";

static int from_text(struct sandbox_info *s, const char *text, struct err *e)
{
    cJSON *object = cJSON_Parse(text);
    int result = sandbox_info_from_json(s, object, e);

    cJSON_Delete(object);
    return result;
}

static void check_full(const struct sandbox_info *s, const char *token)
{
    assert_string_equal(s->id, "abc");
    assert_string_equal(s->ns, "alice");
    assert_string_equal(s->name, "demo");
    assert_string_equal(s->status, STATUS_LOST);
    assert_string_equal(s->reason, "killed");
    assert_string_equal(s->provider, "computesdk");
    assert_string_equal(s->url, "http://abc.localhost:7780");
    assert_string_equal(s->token, token);
    assert_string_equal(s->metadata, "{\"a\":[1]}");
    assert_int_equal(s->created_ms, 1767323045678);
    assert_int_equal(s->expires_ms, 1767326645678);
    assert_int_equal(s->n_terminals, 2);
    assert_int_equal(s->n_viewers, 1);
}

static void sandbox_info__round_trip__json(void **state)
{
    struct sandbox_info s, copy, back;

    assert_int_equal(from_text(&s, full, NULL), 0);
    sandbox_info_copy(&copy, &s);
    sandbox_info_finish(&s);
    check_full(&copy, "tok");
    cJSON *object = sandbox_info_to_json(&copy);

    assert_int_equal(sandbox_info_from_json(&back, object, NULL), 0);
    check_full(&back, "tok");
    cJSON_Delete(object);
    sandbox_info_finish(&copy);
    sandbox_info_finish(&back);
}

static void sandbox_info__round_trip__message_without_token(void **state)
{
    struct sandbox_info s, back;
    struct sandbox_times times;
    struct message m, parsed;
    struct buf out = {0};

    assert_int_equal(from_text(&s, full, NULL), 0);
    message_init(&m, MSG_SANDBOX_CREATED, SLICE(CHANNEL_SANDBOXES));
    sandbox_info_to_message(&s, &m, &times);
    message_encode_json(&m, &out);
    assert_null(strstr(out.data, "tok\""));
    assert_int_equal(message_parse_json(&parsed, out.data, out.len, NULL), 0);
    assert_int_equal(sandbox_info_from_message(&back, &parsed, NULL), 0);
    check_full(&back, "");
    message_finish(&parsed);
    sandbox_info_finish(&s);
    sandbox_info_finish(&back);
    buf_finish(&out);
}

static void sandbox_info__from_json__fills_what_is_not_said(void **state)
{
    struct sandbox_info s;

    assert_int_equal(from_text(&s,
                               "{\"sandboxId\":\"x\",\"expiresAt\":null,\"terminals\":\"two\","
                               "\"createdAt\":\"soon\",\"metadata\":{\"name\":\"n\"}}",
                               NULL),
                     0);
    assert_string_equal(s.ns, "default");
    assert_string_equal(s.name, "n");
    assert_string_equal(s.status, STATUS_RUNNING);
    assert_string_equal(s.url, "");
    assert_string_equal(s.token, "");
    assert_int_equal(s.created_ms, 0);
    assert_int_equal(s.expires_ms, 0);
    assert_int_equal(s.n_terminals, -1);
    assert_int_equal(s.n_viewers, -1);
    sandbox_info_finish(&s);
}

static void sandbox_info__from_json__refuses_malformed(void **state)
{
    static const char *const bad[] = {"[]", "{}", "null", "{\"sandboxId\":5}",
                                      "{\"sandboxId\":\"\"}"};
    struct sandbox_info s;
    struct err e = {0};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(from_text(&s, bad[i], &e), -ERR_PROTOCOL);
        assert_null(s.id);
    }
    assert_int_equal(sandbox_info_from_json(&s, NULL, &e), -ERR_PROTOCOL);
    struct buf text = {0};

    buf_append_str(&text, "{\"sandboxId\":\"x\",\"name\":\"");
    for (int i = 0; i < 70000; i++)
        buf_append_char(&text, 'n');
    buf_append_str(&text, "\"}");
    assert_int_equal(from_text(&s, text.data, &e), -ERR_LIMIT);
    assert_null(s.id);
    buf_finish(&text);
}

static void sandbox_info__from_message__drops_metadata_that_is_no_object(void **state)
{
    struct sandbox_info s;
    struct message m;

    message_init(&m, MSG_SANDBOX_UPDATED, SLICE(CHANNEL_SANDBOXES));
    message_add_string(&m, "sandboxId", SLICE("x"));
    message_add_string(&m, "metadata", SLICE("[1"));
    message_add_number(&m, "terminals", -5);
    assert_int_equal(sandbox_info_from_message(&s, &m, NULL), 0);
    assert_string_equal(s.metadata, "");
    assert_int_equal(s.n_terminals, -1);
    sandbox_info_finish(&s);
    message_init(&m, MSG_SANDBOX_UPDATED, SLICE(CHANNEL_SANDBOXES));
    assert_int_equal(sandbox_info_from_message(&s, &m, NULL), -ERR_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandbox_info__round_trip__json),
        cmocka_unit_test(sandbox_info__round_trip__message_without_token),
        cmocka_unit_test(sandbox_info__from_json__fills_what_is_not_said),
        cmocka_unit_test(sandbox_info__from_json__refuses_malformed),
        cmocka_unit_test(sandbox_info__from_message__drops_metadata_that_is_no_object),
    };
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
