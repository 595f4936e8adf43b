/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/spool.h"

static struct spool *create(void)
{
    struct err e;
    struct spool *s = spool_create("/tmp", &e);

    if (!s && e.code == ERR_UNSUPPORTED)
        skip();
    assert_non_null(s);
    return s;
}

static void spool__append__read_and_mapped(void **state)
{
    struct spool *s = create();
    char page[4096], back[10];
    struct err e;

    (void)state;
    memset(page, 'x', sizeof page);
    assert_int_equal(spool_append(s, "0123456789", 10), 0);
    assert_int_equal(spool_append(s, page, sizeof page - 10), 0);
    assert_int_equal(spool_len(s), 4096);
    assert_int_equal(spool_read(s, 5, back, 10), 10);
    assert_memory_equal(back, "56789xxxxx", 10);
    assert_int_equal(spool_read(s, 4096, back, 10), 0);
    const char *map = spool_map(s, &e);
    assert_non_null(map);
    assert_memory_equal(map, "0123456789x", 11);
    /* A page's worth of bytes, and still a NUL to read behind. */
    assert_int_equal(map[4096], 0);
    assert_int_equal(spool_len(s), 4096);
    spool_ref(s);
    spool_unref(s);
    assert_int_equal(map[0], '0');
    spool_unref(s);
}

static void spool__append__all_or_nothing(void **state)
{
    struct rlimit old, small = {8192, 8192};
    struct spool *s = create();
    char bytes[6000] = "a", back[4];

    (void)state;
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(spool_append(s, bytes, sizeof bytes), 0);
    assert_int_equal(spool_append(s, bytes, sizeof bytes), -EFBIG);
    assert_int_equal(spool_len(s), sizeof bytes);
    assert_int_equal(spool_append(s, "tail", 4), 0);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(spool_read(s, sizeof bytes, back, 4), 4);
    assert_memory_equal(back, "tail", 4);
    spool_unref(s);
}

static void spool__create__says_where_it_cannot_be(void **state)
{
    struct err e;

    (void)state;
    assert_null(spool_create("/proc", &e));
    /* Who may not write there is not told what it lacks. */
    assert_int_equal(e.code, access("/proc", W_OK) ? ERR_FORBIDDEN : ERR_UNSUPPORTED);
    assert_null(spool_create("/nowhere", &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    spool_unref(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(spool__append__read_and_mapped),
        cmocka_unit_test(spool__append__all_or_nothing),
        cmocka_unit_test(spool__create__says_where_it_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
