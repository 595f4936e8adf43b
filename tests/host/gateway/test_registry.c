/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/gateway/internal.h"

static char folder[] = "/tmp/sandpit-registry-XXXXXX";

static int set_up(void **state)
{
    char *made;

    memcpy(folder, "/tmp/sandpit-registry-XXXXXX", sizeof folder);
    made = mkdtemp(folder);

    *state = xasprintf("%s/gateway.db", folder);
    return made ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return tree_remove(folder, NULL);
}

static int add(struct registry *r, const char *id, const char *ns, const char *name, struct err *e)
{
    struct registry_row row = {.envs = "{\"A\":\"b\"}"};

    row.info = (struct sandbox_info){.id = (char *)id,
                                     .ns = (char *)ns,
                                     .name = (char *)name,
                                     .status = (char *)"running",
                                     .provider = (char *)"p",
                                     .token = (char *)"t",
                                     .metadata = (char *)"{}",
                                     .created_ms = 5,
                                     .expires_ms = 1LL << 50};
    return registry_add(r, &row, e);
}

static void on_row(const struct registry_row *row, void *user)
{
    buf_printf(user, "%s|%s|%s|%s|%s|%s|%s|%lld ", row->info.id, row->info.ns, row->info.name,
               row->info.status, row->info.reason, row->info.token, row->envs,
               (long long)row->info.expires_ms);
}

static void registry__keep__rows_across_opening(void **state)
{
    cleanup_buf struct buf seen = {0};
    struct err e;
    struct stat st;
    struct registry *r = registry_open(*state, &e);

    assert_non_null(r);
    assert_int_equal(add(r, "b", "n", "x", &e), 0);
    assert_int_equal(add(r, "a", "n", "", &e), 0);
    assert_int_equal(registry_set_status(r, "a", "lost", "it's gone", &e), 0);
    assert_int_equal(registry_set_expiry(r, "b", 77, &e), 0);
    registry_close(r);
    assert_int_equal(stat(*state, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    r = registry_open(*state, &e);
    assert_non_null(r);
    assert_int_equal(registry_each(r, on_row, &seen, &e), 0);
    assert_string_equal(seen.data, "b|n|x|running||t|{\"A\":\"b\"}|77 "
                                   "a|n||lost|it's gone|t|{\"A\":\"b\"}|1125899906842624 ");
    assert_int_equal(registry_remove(r, "b", &e), 0);
    buf_clear(&seen);
    assert_int_equal(registry_each(r, on_row, &seen, &e), 0);
    assert_true(strncmp(seen.data, "a|", 2) == 0);
    registry_close(r);
}

static void registry__remember__when_a_gateway_was_there(void **state)
{
    struct err e;
    struct registry *r = registry_open(*state, &e);

    assert_non_null(r);
    assert_int_equal(registry_seen(r), 0);
    assert_int_equal(registry_set_seen(r, 5, &e), 0);
    registry_begin(r);
    assert_int_equal(registry_set_seen(r, 1125899906842624, &e), 0);
    assert_int_equal(add(r, "a", "n", "x", &e), 0);
    assert_int_equal(registry_end(r, NULL), 0);
    registry_close(r);
    r = registry_open(*state, &e);
    assert_non_null(r);
    assert_true(registry_seen(r) == 1125899906842624);
    assert_int_equal(add(r, "b", "n", "x", &e), -ERR_CONFLICT);
    registry_close(r);
}

static void registry__refuse__a_pair_twice(void **state)
{
    struct err e;
    struct registry *r = registry_open(*state, &e);

    assert_non_null(r);
    assert_int_equal(add(r, "a", "n", "x", &e), 0);
    assert_int_equal(add(r, "b", "n", "x", &e), -ERR_CONFLICT);
    assert_int_equal(add(r, "b", "n:x", "y", &e), 0);
    assert_int_equal(add(r, "c", "n", "x:y", &e), 0);
    assert_int_equal(add(r, "d", "n", "", &e), 0);
    assert_int_equal(add(r, "e", "n", "", &e), 0);
    /* A name is free as soon as its sandbox is being destroyed. */
    assert_int_equal(registry_set_status(r, "a", "destroying", "", &e), 0);
    assert_int_equal(add(r, "f", "n", "x", &e), 0);
    registry_close(r);
}

static void registry__refuse__what_is_no_registry(void **state)
{
    struct err e;
    FILE *f = fopen(*state, "w");

    fputs("this is no database, and long enough to be told from an empty file", f);
    fclose(f);
    assert_null(registry_open(*state, &e));
    assert_non_null(strstr(e.text, "gateway.db"));
    assert_null(registry_open("/dev/null/x", &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registry__keep__rows_across_opening, set_up, tear_down),
        cmocka_unit_test_setup_teardown(registry__remember__when_a_gateway_was_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(registry__refuse__a_pair_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(registry__refuse__what_is_no_registry, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
