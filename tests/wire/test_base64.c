/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "wire/base64.h"

static void base64__encode__rfc4648_vectors(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfd", "//79"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct buf coded = {0}, plain = {0};

        base64_encode(&coded, vectors[i][0], strlen(vectors[i][0]));
        assert_string_equal(coded.data, vectors[i][1]);
        assert_int_equal(base64_decode(&plain, coded.data, coded.len, NULL), 0);
        assert_string_equal(plain.data, vectors[i][0]);
        buf_finish(&coded);
        buf_finish(&plain);
    }
}

static void base64__decode__refuses_malformed_and_appends_nothing(void **state)
{
    static const char *const bad[] = {"Z",    "Zg",   "Zg=",    "Zg==Zg==", "====", "Z===", "Zh==",
                                      "Zm9=", "Zm 9", "Zm9v\n", "Zm-_",     "=Zg=", "Zg=a"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf out = {0};
        struct err e = {0};

        buf_append_str(&out, "kept");
        assert_int_equal(base64_decode(&out, bad[i], strlen(bad[i]), &e), -ERR_ARG);
        assert_string_equal(out.data, "kept");
        assert_int_equal(e.code, ERR_ARG);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64__encode__rfc4648_vectors),
        cmocka_unit_test(base64__decode__refuses_malformed_and_appends_nothing),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
