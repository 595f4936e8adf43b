/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void buf__append__keeps_bytes_and_terminator(void **state)
{
    struct buf b = {0};

    buf_append(&b, "a\0b", 3);
    buf_append_str(&b, "c");
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "a\0bc", 5);
    buf_finish(&b);
    assert_null(b.data);
}

static void buf__printf__grows(void **state)
{
    struct buf b = {0};

    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(strlen(b.data), b.len);
    buf_finish(&b);
}

static void buf__consume__drops_the_front(void **state)
{
    struct buf b = {0};

    buf_append_str(&b, "hello");
    buf_consume(&b, 2);
    assert_string_equal(b.data, "llo");
    buf_consume(&b, 99);
    assert_string_equal(b.data, "");
    buf_finish(&b);
}

static void buf__steal__never_gives_null(void **state)
{
    struct buf b = {0};
    char *text = buf_steal(&b);

    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf__append__keeps_bytes_and_terminator),
        cmocka_unit_test(buf__printf__grows),
        cmocka_unit_test(buf__consume__drops_the_front),
        cmocka_unit_test(buf__steal__never_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
