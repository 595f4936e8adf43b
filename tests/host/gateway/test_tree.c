/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "host/gateway/internal.h"

static void tree__remove__deep_odd_and_linked(void **state)
{
    char folder[] = "/tmp/sandpit-tree-XXXXXX", outside[] = "/tmp/sandpit-keep-XXXXXX";
    struct err e;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_non_null(mkdtemp(outside));
    int top = open(folder, O_RDONLY | O_DIRECTORY), at = dup(top);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(mkdirat(at, "deep", 0755), 0);
        int next = openat(at, "deep", O_RDONLY | O_DIRECTORY);
        close(at);
        at = next;
    }
    close(openat(at, "file", O_CREAT | O_WRONLY, 0));
    close(at);
    assert_int_equal(symlinkat(outside, top, "link"), 0);
    assert_int_equal(mkdirat(top, ".moved-0", 0), 0);
    assert_int_equal(mkdirat(top, "closed", 0700), 0);
    assert_int_equal(mkdirat(top, "closed/inner", 0700), 0);
    assert_int_equal(fchmodat(top, "closed", 0, 0), 0);
    assert_int_equal(mkfifoat(top, "fifo", 0600), 0);
    close(top);
    if (tree_remove(folder, &e))
        fail_msg("%s", e.text);
    assert_int_not_equal(access(folder, F_OK), 0);
    assert_int_equal(rmdir(outside), 0); /* it was not followed */
    assert_int_equal(tree_remove(folder, &e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree__remove__deep_odd_and_linked),
    };

    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
