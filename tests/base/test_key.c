/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "base/alloc.h"
#include "base/key.h"

static void key__name__round_trips(void **state)
{
    static const char *const names[] = {"a",       "A",       "C-b", "M-x", "S-Tab",
                                        "C-M-Del", "Esc",     "F5",  "F24", "PgUp",
                                        "Space",   "C-Space", "-",   "C--", "\xc3\xa9"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct key key;
        char name[KEY_NAME_SIZE];

        assert_true(key_parse(names[i], &key));
        assert_string_equal(key_name(name, key), names[i]);
    }
}

static void key__parse__refuses_what_is_no_key(void **state)
{
    static const char *const names[] = {"", "C-", "F0", "F25", "Fx", "ab", "X-a", "C-C-a", "\xff"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct key key;

        assert_false(key_parse(names[i], &key));
    }
}

static void key__parse__folds_case_under_ctrl(void **state)
{
    struct key upper, lower;

    assert_true(key_parse("C-B", &upper));
    assert_true(key_parse("C-b", &lower));
    assert_true(key_equal(upper, lower));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key__name__round_trips),
        cmocka_unit_test(key__parse__refuses_what_is_no_key),
        cmocka_unit_test(key__parse__folds_case_under_ctrl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
