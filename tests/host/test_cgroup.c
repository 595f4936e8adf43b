/* SPDX-License-Identifier: MIT
 *
 * Groups made, entered, frozen and removed, where this machine lets us; says so where it does not.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/cgroup.h"

static char id[32];

#define NEED_GROUPS()                                                                              \
    do {                                                                                           \
        if (!cgroup_support()->version) {                                                          \
            print_message("# %s\n", cgroup_support()->why_not);                                    \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static pid_t enter(const struct limits *limits)
{
    struct cgroup group;
    struct err e;
    int ready[2];
    char byte;

    snprintf(id, sizeof id, "test-%d", (int)getpid());
    if (cgroup_create(&group, id, limits, &e))
        fail_msg("%s", e.text);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (cgroup_join(&group) || write(ready[1], "x", 1) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    cgroup_finish(&group);
    return pid;
}

static void leave(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static bool says(pid_t pid, const char *file, const char *text)
{
    cleanup_free char *path = xasprintf("/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    char line[1024];
    bool found = false;

    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        found = found || strstr(line, text);
    fclose(f);
    return found;
}

static void cgroup__join__is_where_the_process_is(void **state)
{
    struct limits limits = {.memory_bytes = 64 << 20, .n_processes = 20};

    (void)state;
    NEED_GROUPS();
    pid_t pid = enter(&limits);
    cleanup_free char *group = xasprintf("/sandpit/%s\n", id);
    assert_true(says(pid, "cgroup", group));
    leave(pid);
    assert_int_equal(cgroup_remove(id, 1000), 0);
}

static void cgroup__remove__waits_for_the_last_process(void **state)
{
    (void)state;
    NEED_GROUPS();
    pid_t pid = enter(&(struct limits){0});
    assert_true(cgroup_remove(id, 0) < 0);
    cgroup_sweep();
    cleanup_free char *group = xasprintf("/sandpit/%s\n", id);
    assert_true(says(pid, "cgroup", group));
    leave(pid);
    assert_int_equal(cgroup_remove(id, 1000), 0);
    assert_int_equal(cgroup_remove(id, 0), 0);
}

static void cgroup__freeze__stands_still_until_thawed(void **state)
{
    struct err e;

    (void)state;
    NEED_GROUPS();
    if (!cgroup_support()->freezer)
        skip();
    pid_t pid = enter(&(struct limits){0});
    assert_int_equal(cgroup_freeze(id, &e), 0);
    kill(pid, SIGKILL);
    poll(NULL, 0, 20);
    assert_int_equal(cgroup_thaw(id, &e), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(cgroup_remove(id, 1000), 0);
    assert_true(cgroup_freeze(id, &e) < 0);
}

static void cgroup__create__refuses_names_that_lead_elsewhere(void **state)
{
    (void)state;
    NEED_GROUPS();
    assert_int_equal(cgroup_remove("..", 0), 0);
    assert_int_equal(cgroup_remove("a/b", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cgroup__join__is_where_the_process_is),
        cmocka_unit_test(cgroup__remove__waits_for_the_last_process),
        cmocka_unit_test(cgroup__freeze__stands_still_until_thawed),
        cmocka_unit_test(cgroup__create__refuses_names_that_lead_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
