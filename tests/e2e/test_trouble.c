/* SPDX-License-Identifier: MIT
 *
 * What can go wrong around a running shell and before one: each with a message on the screen,
 * nothing lost, and the terminal intact.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"
#include "tests/e2e/proxy.h"

/* The dashboard in the shell of `name` (a sandbox of namespace t), which is there already. */
static struct pty *enter_shell(struct lab *l, const char *name)
{
    struct pty *p = lab_pty(l, 24, 100, NULL);
    cleanup_free char *filter = xasprintf("/^t/%s\r", name);
    cleanup_free char *title = xasprintf("t/%s", name);

    assert_screen(p, "NAME", name);
    pty_send(p, filter);
    assert_true(pty_wait_quiet(p, 150, WAIT_MS));
    pty_send(p, "\r");
    assert_screen(p, "$", title);
    return p;
}

static void leave(struct pty *p)
{
    pty_send(p, "\002d");
    if (pty_exit_status(p, WAIT_MS) != 0)
        fail_msg("status %d: %s", pty_exit_status(p, 0), pty_screen_text(p));
    assert_false(pty_state(p).alternate_screen);
    pty_destroy(p);
}

static bool one_gateway_runs(struct pty *p, void *lab)
{
    pid_t pids[4];

    return lab_pids(lab, "sandpitd gateway", pids, 4) == 1;
}

static void gateway_killed__typing_goes_on_and_the_list_returns(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/one", NULL);
    lab_do(l, "new", "t/two", NULL);
    struct pty *p = enter_shell(l, "one");
    cleanup_free char *url = xstrdup(l->url);
    lab_gateway_kill(l);
    pty_send(p, "echo go-$((50+5))\r");
    assert_screen(p, "go-55");
    /* Back to the list: the embedded gateway comes back by itself, at its address. */
    pty_send(p, "\002e");
    assert_screen(p, "one");
    pty_send(p, "/\025\r");
    assert_screen(p, "one", "two", "running");
    assert_true(pty_wait(p, WAIT_MS, one_gateway_runs, l));
    lab_do(l, "new", "t/three", NULL);
    assert_true(pty_wait_gone(p, WAIT_MS, "disconnected", NULL));
    cleanup_free char *record = lab_read(l, "state/sandpitd/gateway.json");
    assert_has(record, url);
    assert_screen(p, "three");
    pty_destroy(p);
}

static void gateway_moved__is_followed(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/before", NULL);
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "before", "running");
    /* Held while another one takes over, or it would start its own. */
    kill(pty_pid(p), SIGSTOP);
    lab_gateway_kill(l);
    lab_gateway(l, NULL);
    kill(pty_pid(p), SIGCONT);
    lab_do(l, "new", "t/after", NULL);
    assert_screen(p, "before", "after", strstr(l->url, "127."));
    pty_destroy(p);
}

static void daemon_killed__the_pane_says_so_and_others_go_on(void **state)
{
    struct lab *l = *state;
    pid_t pids[16];

    lab_gateway(l, NULL);
    cleanup_free char *id = xstrdup(lab_do(l, "new", "t/victim", NULL));
    lab_do(l, "new", "t/bystander", NULL);
    struct pty *a = enter_shell(l, "victim"), *b = enter_shell(l, "bystander");
    size_t n = lab_inside_pids(l, id, pids, 16);
    assert_true(n >= 2); /* the daemon, which is the oldest, and its shell */
    pid_t daemon = pids[0];
    for (size_t i = 1; i < n; i++)
        if (pids[i] < daemon)
            daemon = pids[i];
    int64_t start = clock_mono_ms();
    assert_int_equal(kill(daemon, SIGKILL), 0);
    assert_true(pty_wait_screen(a, 2000, "\xe2\x96\xa0", NULL)); /* the sign of an ended terminal */
    assert_true(clock_mono_ms() - start < 2500);
    pty_send(b, "echo fine-$((3*3))\r");
    assert_screen(b, "fine-9");
    leave(b);
    leave(a);
    /* It comes back with another daemon, and a new shell can be had. */
    assert_int_equal(lab_run(l, "exec", "t/victim", "--", "echo", "back", NULL), 0);
    assert_has(l->out, "back");
    assert_int_equal(lab_run(l, "ls", NULL), 0);
    assert_has(l->out, "running");
    assert_null(strstr(l->out, "lost"));
}

static void connection_cut__resumes_and_keys_arrive_once(void **state)
{
    struct lab *l = *state;
    struct proxy *proxy = proxy_create();
    cleanup_free char *listen = xasprintf("127.0.0.2:%d", proxy_port(proxy));

    lab_gateway(l, listen);
    lab_do(l, "new", "t/cut", NULL);
    struct pty *p = enter_shell(l, "cut");
    pty_send(p, "clear; seq -f 'before-%g.' 1 5\r");
    assert_screen(p, "before-5.");
    for (int round = 1; round <= 3; round++) {
        cleanup_free char *keys =
            xasprintf("echo round-%d >> log; echo done-$((%d*11))\r", round, round);
        cleanup_free char *done = xasprintf("done-%d", round * 11);

        proxy_cut(proxy);
        assert_screen(p, "connection lost");
        pty_send(p, keys);
        int64_t start = clock_mono_ms();
        proxy_mend(proxy);
        assert_screen(p, done, "before-5.");
        assert_true(clock_mono_ms() - start < 2500);
        assert_true(pty_wait_gone(p, WAIT_MS, "connection lost", NULL));
    }
    pty_send(p, "clear; wc -l < log; tr '\\n' , < log\r");
    assert_screen(p, "3", "round-1,round-2,round-3,");
    leave(p);
    proxy_destroy(proxy);
}

static void sandbox_destroyed__under_an_open_shell__says_so(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/gone", NULL);
    struct pty *p = enter_shell(l, "gone");
    pty_send(p, "echo last-words\r");
    assert_screen(p, "last-words");
    lab_do(l, "rm", "-y", "t/gone", NULL);
    assert_screen(p, "\xe2\x96\xa0", "last-words");
    leave(p);
}

static void wrong_key__says_so(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_write(l, "wrong-key", "not-the-key\n");
    cleanup_free char *file = lab_path(l, "wrong-key");
    struct pty *p = lab_pty(l, 24, 100, "--gateway", l->url, "--api-key-file", file, NULL);
    assert_screen(p, "no connection", "does not take the key (401)", "check the API key");
    pty_destroy(p);
    assert_int_equal(lab_run(l, "--gateway", l->url, "--api-key-file", file, "ls", NULL), 1);
    assert_has(l->err, "does not take the key (401)");
    assert_null(strstr(l->err, "not-the-key"));
}

static void gateway_down__says_so_and_connects_when_it_comes(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    cleanup_free char *url = xstrdup(l->url);
    lab_do(l, "new", "t/kept", NULL);
    lab_gateway_kill(l);
    cleanup_free char *file = lab_path(l, "state/sandpitd/api-key");
    struct pty *p = lab_pty(l, 24, 100, "--gateway", url, "--api-key-file", file, NULL);
    assert_screen(p, "disconnected", "refused");
    lab_gateway(l, url + strlen("http://"));
    assert_screen(p, "kept", "running");
    pty_destroy(p);
    lab_gateway_kill(l);
    assert_int_equal(lab_run(l, "--gateway", url, "--api-key-file", file, "ls", NULL), 1);
    assert_has(l->err, "refused");
}

static void bwrap_missing__says_what_to_install(void **state)
{
    struct lab *l = *state;

    lab_env(l, "PATH=/nonexistent");
    assert_int_equal(lab_run(l, "new", "t/x", NULL), 1);
    assert_has(l->err, "bwrap");
    assert_has(l->err, "bubblewrap");
    assert_int_equal(lab_run(l, "doctor", NULL), 1);
    assert_has(l->out, "bubblewrap");
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "No sandboxes yet");
    pty_send(p, "n");
    assert_screen(p, "New sandbox");
    pty_send(p, "t/x\r");
    assert_screen(p, "bubblewrap");
    pty_destroy(p);
}

static void sandpitd_missing__says_so(void **state)
{
    struct lab *l = *state;

    lab_env(l, "SANDPITD=/nonexistent/sandpitd");
    assert_int_equal(lab_run(l, "ls", NULL), 1);
    assert_has(l->err, "cannot find sandpitd");
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "cannot find sandpitd", "--gateway", "q leaves");
    pty_send(p, "q");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    pty_destroy(p);
}

static void state_folder_not_writable__says_what_to_do(void **state)
{
    struct lab *l = *state;

    lab_write(l, "file", "in the way");
    lab_env(l, "XDG_STATE_HOME=%s/file", l->dir);
    assert_int_equal(lab_run(l, "ls", NULL), 1);
    assert_has(l->err, "state folder");
    assert_has(l->err, "XDG_STATE_HOME");
    lab_env(l, "XDG_STATE_HOME=/proc/sandpit");
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "state folder", "XDG_STATE_HOME", "q leaves");
    pty_send(p, "q");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    assert_false(pty_state(p).alternate_screen);
    pty_destroy(p);
}

static void port_taken__another_is_used(void **state)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(7780), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct lab *l = *state;
    int on = 1;

    /* Taken by us, or by somebody else on this machine: either will do. Connections of others that
     * have ended do not take it. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
        assert_int_equal(listen(fd, 1), 0);
    struct pty *p = lab_pty(l, 24, 100, NULL);
    assert_screen(p, "No sandboxes yet");
    pty_destroy(p);
    lab_do(l, "new", "t/x", NULL);
    assert_int_equal(lab_run(l, "exec", "t/x", "echo works", NULL), 0);
    assert_string_equal(l->out, "works\n");
    cleanup_free char *record = lab_read(l, "state/sandpitd/gateway.json");
    assert_null(strstr(record, ":7780"));
    close(fd);
}

static void no_provider__lists_the_credentials(void **state)
{
    struct lab *l = *state;

    lab_env(l, "COMPUTESDK_API_KEY=some-key");
    assert_int_equal(lab_run(l, "ls", NULL), 1);
    assert_has(l->err, "e2b: E2B_API_KEY");
    assert_has(l->err, "modal: MODAL_TOKEN_ID, MODAL_TOKEN_SECRET");
    assert_null(strstr(l->err, "some-key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(gateway_killed__typing_goes_on_and_the_list_returns),
        LAB_TEST(gateway_moved__is_followed),
        LAB_TEST(daemon_killed__the_pane_says_so_and_others_go_on),
        LAB_TEST(connection_cut__resumes_and_keys_arrive_once),
        LAB_TEST(sandbox_destroyed__under_an_open_shell__says_so),
        LAB_TEST(wrong_key__says_so),
        LAB_TEST(gateway_down__says_so_and_connects_when_it_comes),
        LAB_TEST(bwrap_missing__says_what_to_install),
        LAB_TEST(sandpitd_missing__says_so),
        LAB_TEST(state_folder_not_writable__says_what_to_do),
        LAB_TEST(port_taken__another_is_used),
        LAB_TEST(no_provider__lists_the_credentials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
