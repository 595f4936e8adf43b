/* SPDX-License-Identifier: MIT
 *
 * kill -9 at any moment of a storm of changes: what was acknowledged is there afterwards.
 */
#include "tests/host/hostile/changes.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"

#define CHANGES_MAX 4000
#define BATCH       12 /* changes under way at the same time */

static struct host host;

struct storm {
    struct guest guest;
    struct change done[CHANGES_MAX]; /* acknowledged */
    int n, number;
};
static struct storm storm;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    host_init(&host, false);
    host_start(&host, NULL);
    storm = (struct storm){0};
    guest_create(&storm.guest, &host, "{}");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < storm.n; i++)
        free(storm.done[i].id);
    guest_finish(&storm.guest);
    host_finish(&host);
    return 0;
}

/* Kills the process after a time nobody can foresee. */
static pid_t kill_later(pid_t victim, int max_ms)
{
    unsigned char bytes[2];

    random_bytes(bytes, sizeof bytes);
    int ms = (bytes[0] << 8 | bytes[1]) % max_ms;
    print_message("# killed after %d ms\n", ms);
    pid_t pid = fork();
    if (pid == 0) {
        poll(NULL, 0, ms);
        kill(victim, SIGKILL);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

/* True: all were acknowledged. */
static bool batch(struct storm *s, int n_kinds)
{
    int fds[BATCH], first = s->number, n_failed = 0;

    for (int i = 0; i < BATCH; i++)
        fds[i] = change_send(&s->guest, i % n_kinds, s->number++);
    for (int i = 0; i < BATCH; i++) {
        char *error;
        int status;

        assert_true(s->n < CHANGES_MAX);
        if (change_finish(fds[i], i % n_kinds, first + i, &s->done[s->n], &status, &error)) {
            s->n++;
        } else {
            n_failed++;
            /* Without a crash under way there is no reason for another one. 401: the gateway knows
             * no token of a sandbox that is lost. */
            if (status && status != 502 && status != 503 && status != 401)
                fail_msg("%s: %d %s", change_names[i % n_kinds], status, error);
        }
        free(error);
    }
    return !n_failed;
}

static void assert_all(const struct storm *s)
{
    for (int i = 0; i < s->n; i++)
        change_assert_present(&s->guest, &s->done[i]);
}

static void crash__gateway__loses_nothing_acknowledged(void **state)
{
    enum { N_KILLS = 6 };

    (void)state;
    for (int k = 0; k < N_KILLS; k++) {
        pid_t killer = kill_later(host.pid, 150);
        int status;

        /* Sandboxes are slow to make: in every second storm. */
        while (batch(&storm, k % 2 ? CHANGE_KINDS : CHANGE_SANDBOX))
            continue;
        assert_int_equal(waitpid(killer, NULL, 0), killer);
        assert_int_equal(waitpid(host.pid, &status, 0), host.pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        host_start(&host, NULL);
    }
    assert_true(storm.n > 0);
    assert_all(&storm);
}

static const char *status_of(const struct guest *g, char out[32])
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", g->id);
    cJSON *json;

    assert_int_equal(host_ask(&host, "GET", path, NULL, &json), 200);
    snprintf(out, 32, "%s", text_in(json, "status"));
    cJSON_Delete(json);
    return out;
}

/* Until it serves again; given up is a failure. */
static void wait_for_daemon(const struct guest *g)
{
    int64_t end = clock_mono_ms() + HOST_DEADLINE_MS;
    char status[32];

    while (clock_mono_ms() < end) {
        if (guest_ask_as(g, NULL, "GET", "/health", NULL, NULL) == 200)
            return;
        assert_string_not_equal(status_of(g, status), "lost");
        poll(NULL, 0, 5);
    }
    fail_msg("the sandbox does not come back");
}

static void crash__daemon__loses_nothing_acknowledged(void **state)
{
    enum { N_KILLS = 2 }; /* a sandbox whose daemon dies more often is given up */

    (void)state;
    for (int k = 0; k < N_KILLS; k++) {
        pid_t daemon = host_daemon_pid(&host, storm.guest.id);
        pid_t killer = kill_later(daemon, 100);

        while (batch(&storm, CHANGE_SANDBOX))
            continue;
        assert_int_equal(waitpid(killer, NULL, 0), killer);
        wait_for_daemon(&storm.guest);
    }
    assert_true(storm.n > 0);
    assert_all(&storm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(crash__gateway__loses_nothing_acknowledged, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(crash__daemon__loses_nothing_acknowledged, set_up,
                                        tear_down),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("hostile_crash", tests, NULL, NULL);
}
