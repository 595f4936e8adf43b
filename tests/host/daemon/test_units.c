/* SPDX-License-Identifier: MIT
 *
 * The daemon's parts that need no jail.
 */
#include "tests/cm.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/acks.h"
#include "host/daemon/children.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsontext.h"
#include "host/daemon/outbox.h"
#include "host/daemon/process.h"
#include "host/daemon/stats.h"

/* --- acks --- */

static void acks__take__each_number_once_per_client(void **state)
{
    struct acks a = {0};

    assert_true(acks_take(&a, SLICE("x"), 1));
    assert_false(acks_take(&a, SLICE("x"), 1));
    assert_true(acks_take(&a, SLICE("y"), 1));
    assert_true(acks_take(&a, SLICE("x"), 3));
    assert_false(acks_take(&a, SLICE("x"), 2));
    assert_true(acks_take(&a, SLICE("x"), 4));
}

static void acks__take__forgets_the_client_that_was_quiet_longest(void **state)
{
    struct acks a = {0};
    char name[8];

    acks_take(&a, SLICE("first"), 1);
    for (int i = 0; i < ACKS_CLIENTS_MAX - 1; i++) {
        snprintf(name, sizeof name, "c%d", i);
        acks_take(&a, SLICE(name), 1);
    }
    assert_false(acks_take(&a, SLICE("first"), 1));
    acks_take(&a, SLICE("one more"), 1);
    assert_false(acks_take(&a, SLICE("first"), 1));
    assert_true(acks_take(&a, SLICE("c0"), 1));
}

static void acks__valid__refuses_what_is_no_number(void **state)
{
    char longname[ACKS_NAME_MAX + 2];

    memset(longname, 'x', sizeof longname);
    longname[sizeof longname - 1] = '\0';
    assert_true(acks_valid(SLICE("a"), 1));
    assert_true(acks_valid((struct slice){longname, ACKS_NAME_MAX}, 0x1p53));
    assert_false(acks_valid(SLICE(longname), 1));
    assert_false(acks_valid(SLICE(""), 1));
    assert_false(acks_valid(SLICE("a"), 0));
    assert_false(acks_valid(SLICE("a"), -1));
    assert_false(acks_valid(SLICE("a"), 1.5));
    assert_false(acks_valid(SLICE("a"), NAN));
    assert_false(acks_valid(SLICE("a"), INFINITY));
}

static void jsontext__add__any_bytes_are_a_string(void **state)
{
    cJSON *o = cJSON_CreateObject();
    char *text;

    json_add_bytes(o, "s", "a\0\"\\\n\t\x1b\xff\xc3\xbc", 10);
    text = cJSON_PrintUnformatted(o);
    assert_string_equal(text, "{\"s\":\"a\\u0000\\\"\\\\\\n\\u0009\\u001b\xef\xbf\xbd\xc3\xbc\"}");
    free(text);
    cJSON_Delete(o);
}

static void outbox__take__keeps_order(void **state)
{
    struct outbox o = {0};
    size_t taken = 0, given = 0;
    char byte;

    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 300; i++) {
            byte = (char)given++;
            outbox_append(&o, &byte, 1);
        }
        for (int i = 0; i < 290; i++) {
            assert_int_equal(*outbox_front(&o), (char)taken++);
            outbox_take(&o, 1);
        }
    }
    assert_int_equal(outbox_len(&o), given - taken);
    assert_true(o.bytes.cap < 524288);
    outbox_clear(&o);
}

/* --- processes --- */

static void environ__set__replaces_and_refuses(void **state)
{
    struct environ_list list = {0}, copy;

    assert_true(environ_set(&list, "A", "1"));
    assert_true(environ_set(&list, "AB", "2"));
    assert_true(environ_set(&list, "A", "3=4"));
    assert_false(environ_set(&list, "", "x"));
    assert_false(environ_set(&list, "A=B", "x"));
    assert_int_equal(list.n, 2);
    assert_string_equal(environ_get(&list, "A"), "3=4");
    assert_null(environ_get(&list, "B"));
    environ_copy(&copy, &list);
    environ_finish(&list);
    assert_string_equal(copy.items[1], "AB=2");
    assert_null(copy.items[2]);
    environ_finish(&copy);
}

struct waited {
    struct child child;
    int status, n;
};

static void on_exit_counted(struct child *child, int status)
{
    struct waited *w = (struct waited *)((char *)child - offsetof(struct waited, child));

    w->status = status;
    w->n++;
}

static pid_t start(const char *script, const char *cwd, struct err *e)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct environ_list environment = {0};
    pid_t pid;

    environ_set(&environment, "PATH", "/usr/bin:/bin");
    pid = process_start(
        &(struct process_spec){
            .argv = argv, .environment = &environment, .cwd = cwd, .in = 0, .out = 1, .errout = 2},
        e);
    environ_finish(&environment);
    return pid;
}

static void children__reap__tells_each_its_own_status(void **state)
{
    uv_loop_t loop;
    struct children c;
    struct waited a = {.child.on_exit = on_exit_counted}, b = a, forgotten = a;
    pid_t stranger;

    uv_loop_init(&loop);
    assert_int_equal(children_init(&c, &loop, NULL), 0);
    children_add(&c, &a.child, start("exit 7", NULL, NULL));
    children_add(&c, &b.child, start("kill -9 $$", NULL, NULL));
    children_add(&c, &forgotten.child, start("exit 1", NULL, NULL));
    children_forget(&c, &forgotten.child);
    children_forget(&c, &forgotten.child);
    stranger = start("exit 2", NULL, NULL);
    assert_true(stranger > 0);
    while (uv_run(&loop, UV_RUN_ONCE) && (!a.n || !b.n))
        continue;
    assert_int_equal(process_exit_code(a.status), 7);
    assert_int_equal(process_exit_code(b.status), 137);
    while (children_reap(&c))
        usleep(1000);
    assert_int_equal(a.n + b.n, 2);
    assert_int_equal(forgotten.n, 0);
    assert_int_equal(waitpid(stranger, NULL, WNOHANG), -1);
    children_stop(&c);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

static void process__start__says_what_is_missing(void **state)
{
    const char *argv[] = {"/no/such/program", NULL};
    struct environ_list environment = {0};
    struct err e;

    environ_set(&environment, "A", "1");
    assert_int_equal(start("true", "/no/such/dir", &e), -ERR_NOT_FOUND);
    assert_string_equal(e.text, "Directory not found: /no/such/dir");
    assert_int_equal(
        process_start(
            &(struct process_spec){
                .argv = argv, .environment = &environment, .in = 0, .out = 1, .errout = 2},
            &e),
        -ERR_NOT_FOUND);
    environ_finish(&environment);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

static void process__signal_session__reaches_every_group(void **state)
{
    pid_t pid = start("set -m; sleep 1000 & sleep 1000 & wait", NULL, NULL);
    int n = 0;

    assert_true(pid > 0);
    while (process_signal_session(pid, 0) < 3 && n++ < 5000)
        usleep(1000);
    assert_int_equal(process_signal_session(pid, SIGKILL), 3);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (n = 0; process_signal_session(pid, 0) && n < 5000; n++)
        usleep(1000);
    assert_true(n < 5000);
    assert_int_equal(process_signal_session(1, 0), 0);
    assert_int_equal(process_signal_session(0, 0), 0);
}

/* --- stats --- */

static void stats__add__sums_up_whatever_a_process_is_called(void **state)
{
    struct stats s = {0};

    (void)state;
    assert_true(stats_add(&s,
                          "7 (a) R 1 (b) S 1 7 7 0 -1 4194304 100 200 0 0 10 20 30 40 20 0 3 0 99",
                          "1000 50 20 1 0 30 0\n", 4096, 100));
    assert_true(stats_add(&s, "8 (x) S 1 8 8 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 99", "9 5 9 1 0 3 0\n",
                          4096, 100));
    assert_int_equal(s.n_processes, 2);
    assert_int_equal(s.n_threads, 4);
    assert_int_equal(s.cpu_ms, 1010);
    assert_int_equal(s.resident_bytes, 55 * 4096);
    assert_int_equal(s.memory_bytes, 30 * 4096);
    assert_false(stats_add(&s, "8 (x", "9 5 9", 4096, 100));
    assert_false(stats_add(&s, "", "", 4096, 100));
    assert_int_equal(s.n_processes, 2);
}

static void stats__read__finds_this_process(void **state)
{
    struct stats s;

    (void)state;
    stats_read(&s);
    assert_true(s.n_processes >= 1);
    assert_true(s.n_threads >= s.n_processes);
    assert_true(s.memory_bytes > 0);
    assert_true(s.resident_bytes >= s.memory_bytes);
}

/* --- routes --- */

/* What the observe scope opens is reading, whatever routes there will be. */
static void routes__for_observers__only_read(void **state)
{
    const struct http_route *route;
    int n = 0;

    (void)state;
    for (route = daemon_routes; route->method; route++) {
        bool reads = !strcmp(route->method, "GET") || !strcmp(route->method, "HEAD");

        if (reads || !strcmp(route->pattern, "/terminals/search"))
            continue;
        if (route->access < HTTP_WRITE)
            fail_msg("%s %s is open to observers", route->method, route->pattern);
        n++;
    }
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acks__take__each_number_once_per_client),
        cmocka_unit_test(acks__take__forgets_the_client_that_was_quiet_longest),
        cmocka_unit_test(acks__valid__refuses_what_is_no_number),
        cmocka_unit_test(jsontext__add__any_bytes_are_a_string),
        cmocka_unit_test(outbox__take__keeps_order),
        cmocka_unit_test(environ__set__replaces_and_refuses),
        cmocka_unit_test(children__reap__tells_each_its_own_status),
        cmocka_unit_test(process__start__says_what_is_missing),
        cmocka_unit_test(process__signal_session__reaches_every_group),
        cmocka_unit_test(stats__add__sums_up_whatever_a_process_is_called),
        cmocka_unit_test(stats__read__finds_this_process),
        cmocka_unit_test(routes__for_observers__only_read),
    };
    text_init_locale();
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
