/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void err__set__returns_the_negative_code(void **state)
{
    struct err e;

    assert_int_equal(err_set(&e, ERR_AUTH, "key %d", 7), -ERR_AUTH);
    assert_string_equal(e.text, "key 7");
    assert_int_equal(err_set(NULL, ERR_DNS, "x"), -ERR_DNS);
}

static void err__wrap__reads_from_general_to_particular(void **state)
{
    struct err e;

    err_set_errno(&e, ECONNREFUSED, "connect");
    assert_int_equal(err_wrap(&e, "gateway %s", "a:1"), -ERR_REFUSED);
    assert_string_equal(e.text, "gateway a:1: connect: Connection refused");
}

static void err__set__makes_foreign_text_harmless(void **state)
{
    struct err e;
    char huge[4096];

    err_set(&e, ERR_IO, "a\x1b[31m\nb\xff");
    assert_string_equal(e.text, "a [31m b\xef\xbf\xbd");
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    err_set(&e, ERR_IO, "%s", huge);
    assert_true(strlen(e.text) < sizeof e.text);
    err_wrap(&e, "%s", huge);
    assert_true(strlen(e.text) < sizeof e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err__set__returns_the_negative_code),
        cmocka_unit_test(err__wrap__reads_from_general_to_particular),
        cmocka_unit_test(err__set__makes_foreign_text_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
