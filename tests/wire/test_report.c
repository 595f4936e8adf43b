/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "wire/report.h"

static void input_kinds__tells_reports_from_typing(void **state)
{
    static const struct {
        const char *bytes;
        bool is_typed, is_answer;
    } cases[] = {
        {"a", true, false},
        {"\033", true, false},
        {"\033[", true, false},
        {"\033[A", true, false},
        {"\033OA", true, false},
        {"\033[3~", true, false},
        {"\033[200~x\033[201~", true, false},
        {"\033[97;5u", true, false},
        {"\033]", true, false},
        {"\033P", true, false},
        {"\033]11;", true, false},
        {"\033[<35;4;5M", false, false},
        {"\033[<0;4;5m\033[<35;4;6M", false, false},
        {"\033[M !!", false, false},
        {"\033[I", false, false},
        {"\033[O", false, false},
        {"\033[3;4R", false, true},
        {"\033[?62;22c", false, true},
        {"\033[0n", false, true},
        {"\033[?2026;2$y", false, true},
        {"\033[8;24;80t", false, true},
        {"\033[?1u", false, true},
        {"\033]11;rgb:0/0/0\a", false, true},
        {"\033]11;rgb:0/0/0\033\\\033P1$r0m\033\\", false, true},
        {"\033[4;2$y", false, true},
        {"\033[2;1;1;128;128;1;0x", false, true},
        {"\033[?1;0;1024S", false, true},
        {"\033[1;2S", true, false}, /* F4 with Shift */
        {"\033[I\033[?62cls\n", true, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct input_kinds kinds = input_kinds(cases[i].bytes, strlen(cases[i].bytes));

        if (kinds.is_typed != cases[i].is_typed || kinds.is_answer != cases[i].is_answer)
            fail_msg("%zu: typed %d, answer %d", i, kinds.is_typed, kinds.is_answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_kinds__tells_reports_from_typing),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
