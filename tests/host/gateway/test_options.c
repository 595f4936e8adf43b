/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"

static int read_text(struct create_options *o, const char *text, bool name_needed, struct err *e)
{
    cJSON *body = cJSON_Parse(text);

    assert_non_null(body);
    int result = create_options_read(o, body, "e2b", name_needed, e);
    cJSON_Delete(body);
    return result;
}

static void options__read__everything_and_defaults(void **state)
{
    struct create_options o;
    struct err e;

    (void)state;
    assert_int_equal(read_text(&o, "{}", false, &e), 0);
    assert_string_equal(o.ns, "default");
    assert_string_equal(o.name, "");
    assert_string_equal(o.metadata, "");
    assert_string_equal(o.envs, "{}");
    assert_string_equal(o.provider, "e2b");
    assert_int_equal(o.expires_ms, 0);
    create_options_finish(&o);
    assert_int_equal(read_text(&o,
                               "{\"namespace\":\"a:x\",\"name\":\"b\",\"metadata\":{\"k\":[1]},"
                               "\"envs\":{\"_A1\":\"\"},\"timeout\":1000,\"image\":7}",
                               true, &e),
                     0);
    assert_string_equal(o.ns, "a:x");
    assert_string_equal(o.metadata, "{\"k\":[1]}");
    assert_true(o.expires_ms > clock_wall_ms());
    create_options_finish(&o);
}

static void options__refuse__naming_the_field(void **state)
{
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"{\"name\":1}", "name"},
        {"{\"namespace\":[]}", "namespace"},
        {"{\"name\":\"a\\nb\"}", "name"},
        {"{\"name\":\"a\\u009bb\"}", "name"},
        {"{\"metadata\":\"x\"}", "metadata"},
        {"{\"envs\":[]}", "envs"},
        {"{\"servers\":7}", "servers"},
        {"{\"overlays\":[1]}", "overlays"},
        {"{\"directory\":1}", "directory"},
        {"{\"limits\":[]}", "limits"},
        {"{\"limits\":{\"memoryBytes\":-1}}", "memoryBytes"},
        {"{\"limits\":{\"processes\":9.5}}", "processes"},
        {"{\"network\":\"none\"}", "network"},
        {"{\"templateId\":\"a\",\"snapshotId\":\"b\"}", "exclude"},
        {"{\"envs\":{\"A\":1}}", "envs"},
        {"{\"envs\":{\"1A\":\"\"}}", "envs"},
        {"{\"envs\":{\"A=B\":\"\"}}", "envs"},
        {"{\"envs\":{\"\":\"\"}}", "envs"},
        {"{\"timeout\":\"5\"}", "timeout"},
    };
    struct create_options o;
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(read_text(&o, cases[i].text, false, &e) < 0);
        assert_int_equal(e.code, ERR_ARG);
        if (!strstr(e.text, cases[i].named))
            fail_msg("%s: %s", cases[i].text, e.text);
    }
    assert_true(read_text(&o, "{\"name\":\"\"}", true, &e) < 0);
    assert_true(read_text(&o, "{}", true, &e) < 0);
}

static int read_filled(struct create_options *o, const char *before, size_t n, const char *after)
{
    cleanup_buf struct buf text = {0};
    struct err e;

    buf_append_str(&text, before);
    memset(buf_reserve(&text, n), 'x', n);
    text.len += n;
    buf_append_str(&text, after);
    return read_text(o, text.data, false, &e);
}

static void options__refuse__what_is_too_large(void **state)
{
    struct create_options o;

    (void)state;
    assert_true(read_filled(&o, "{\"name\":\"", 257, "\"}") < 0);
    assert_int_equal(read_filled(&o, "{\"name\":\"", 256, "\"}"), 0);
    create_options_finish(&o);
    assert_true(read_filled(&o, "{\"metadata\":{\"x\":\"", 70000, "\"}}") < 0);
    assert_true(read_filled(&o, "{\"envs\":{\"x\":\"", 300000, "\"}}") < 0);
}

static void options__clamp__lifetimes(void **state)
{
    (void)state;
    assert_int_equal(expiry_after(1000, 0), 0);
    assert_int_equal(expiry_after(1000, -5), 0);
    assert_int_equal(expiry_after(1000, NAN), 0);
    assert_int_equal(expiry_after(1000, 0.2), 1001);
    assert_int_equal(expiry_after(1000, 500), 1500);
    int64_t longest = expiry_after(1000, 1e20);
    assert_true(longest > (int64_t)99 * 365 * 24 * 3600 * 1000);
    assert_int_equal(expiry_after(1000, INFINITY), longest);
    assert_int_equal(expiry_after(1000, 1e308), longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__read__everything_and_defaults),
        cmocka_unit_test(options__refuse__naming_the_field),
        cmocka_unit_test(options__refuse__what_is_too_large),
        cmocka_unit_test(options__clamp__lifetimes),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
