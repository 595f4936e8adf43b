/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/slice.h"

#define RESET_ON_FORK 1
#define SHORT_NS      1400000 /* below any slice that the kernel gives by itself */

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

static struct attributes own(void)
{
    struct attributes a = {.size = sizeof a};

    if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0))
        abort();
    return a;
}

/* 0 before Linux 6.12, which tells no slices and takes none. */
static int is_short(struct attributes a)
{
    return a.runtime_ns && a.runtime_ns < SHORT_NS;
}

/* The exit status names what is wrong; in a child, whose scheduling ends with it. */
static int look(void)
{
    struct attributes before = own();

    if (setpriority(PRIO_PROCESS, 0, 7))
        return 1;
    slice_shorten();
    struct attributes a = own();
    if (a.nice != 7 || a.policy != before.policy)
        return 2;
    if (!(a.flags & RESET_ON_FORK) || is_short(a) != (before.runtime_ns != 0))
        return 3;
    pid_t pid = fork();
    if (!pid)
        _exit(own().runtime_ns == before.runtime_ns && !(own().flags & RESET_ON_FORK) ? 0 : 1);
    int status;
    return waitpid(pid, &status, 0) == pid && !status ? 0 : 4;
}

static void slice__shortened__for_this_process_alone(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (!pid)
        _exit(look());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice__shortened__for_this_process_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
