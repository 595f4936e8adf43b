/* SPDX-License-Identifier: MIT
 *
 * A hundred sandboxes appear in an open dashboard, and then it rests.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"

#define N_SANDBOXES 100
#define IDLE_MS     3000
#define IDLE_CPU_MS 20

/* Costs next to nothing for a while, its output being read. */
static void assert_rests(struct pty *p)
{
    assert_true(pty_wait_quiet(p, 500, WAIT_MS));
    long before = process_cpu_ms(pty_pid(p));
    int64_t end = clock_mono_ms() + IDLE_MS;

    assert_true(before >= 0);
    while (clock_mono_ms() < end) {
        poll(NULL, 0, 100);
        assert_true(pty_pump(p));
    }
    long used = process_cpu_ms(pty_pid(p)) - before;
    if (used > IDLE_CPU_MS)
        fail_msg("%ld ms of CPU in %d ms of rest", used, IDLE_MS);
}

static void many__appear_live_and_then_rest(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    struct pty *p = lab_pty(l, 120, 120, NULL), *scripts[2];
    assert_screen(p, "No sandboxes yet");
    /* The script of the user: two at a time, each `sandpit new` in a loop. */
    for (int half = 0; half < 2; half++) {
        cleanup_free char *loop =
            xasprintf("i=%d; while [ $i -lt %d ]; do %s new many/box-$i. || exit 1; "
                      "i=$((i+2)); done",
                      half, N_SANDBOXES, l->sandpit);
        const char *argv[] = {"sh", "-c", loop, NULL};

        scripts[half] = pty_start(argv, (const char *const *)l->env, 24, 80);
    }
    for (int half = 0; half < 2; half++) {
        if (pty_exit_status(scripts[half], 120000) != 0)
            fail_msg("%s", pty_screen_text(scripts[half]));
        pty_destroy(scripts[half]);
    }
    assert_screen(p, "box-0.", "box-99.");
    for (int i = 0; i < N_SANDBOXES; i++) {
        char name[16];

        snprintf(name, sizeof name, "box-%d.", i);
        assert_screen(p, name);
    }
    /* Ages in seconds change once a second for the first minute, so the rest is looked at where no
     * age shows; the hundred are still watched. */
    pty_send(p, "\r");
    assert_screen(p, "$");
    assert_rests(p);
    pty_destroy(p);
}

static void idle__one_sandbox_and_a_shell__use_no_cpu(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/idle", NULL);
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "idle");
    pty_send(p, "\r");
    assert_screen(p, "$");
    assert_rests(p);
    pty_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(many__appear_live_and_then_rest),
        LAB_TEST(idle__one_sandbox_and_a_shell__use_no_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
