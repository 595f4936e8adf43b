/* SPDX-License-Identifier: MIT
 *
 * Watchers, signals and events: what comes from several sandboxes as it comes.
 */
#include "tests/views/scenes.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "wire/names.h"

static struct stage *open_two(void)
{
    struct stage *s = scene_open(1);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "b2", "class", "two", "running", 0, 3600000, 0);
    stage_await(s, "b2");
    stage_keys(s, "*");
    return s;
}

/* --- watchers --- */

static struct stage *open_watchers(int n)
{
    struct stage *s = scene_open(1);

    scene_watchers(s, n);
    stage_keys(s, "6");
    stage_await(s, n ? "IGNORES" : "No watchers");
    return s;
}

static void watchers__new__sends_what_was_typed(void **state)
{
    struct stage *s = open_watchers(0);

    stage_answer(s, "POST /watchers", 200,
                 "{\"id\":\"w9\",\"path\":\"/srv/app\",\"status\":\"active\"}");
    stage_keys(s, "n");
    stage_await(s, "New watcher");
    stage_type(s, "/srv/app");
    stage_keys(s, "Down Right Down");
    stage_type(s, "*.log  .git");
    stage_keys(s, "Enter");
    stage_await(s, "/srv/app is watched");
    assert_non_null(strstr(s->last_body, "\"path\":\"/srv/app\""));
    assert_non_null(strstr(s->last_body, "\"includeContent\":true"));
    assert_non_null(strstr(s->last_body, "[\"*.log\",\".git\"]"));
    stage_close(s);
}

static void watchers__follow__tells_changes_with_their_content(void **state)
{
    struct stage *s = open_watchers(1);

    stage_keys(s, "Enter");
    stage_await(s, "Nothing has changed yet");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    scene_change_file(s, "add", "/home/user/project-0/src/main.c", "int main(void)\n{\n}\n");
    scene_change_file(s, "change", "/home/user/project-0/src/main.c", NULL);
    scene_change_file(s, "addDir", "/home/user/project-0/src/new", NULL);
    scene_change_file(s, "unlink", "/home/user/project-0/src/a\x1b[31mb\x1b[2J\nc", NULL);
    stage_await(s, "4 lines");
    stage_keys(s, "g g Enter");
    stage_await(s, "int main(void)");
    stage_keys(s, "Esc j Enter");
    stage_await(s, "No content came with it");
    stage_keys(s, "Esc G");
    stage_host_down(s);
    stage_await(s, "connection lost, trying again");
    stage_close(s);
}

/* The host's bound is not ours. */
static void watchers__follow__bounds_what_it_keeps(void **state)
{
    struct stage *s = open_watchers(1);
    char *large = xmalloc(200001);

    memset(large, 'x', 200000);
    large[200000] = '\0';
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    scene_change_file(s, "change", "/large", large);
    stage_await(s, "200000 bytes");
    stage_keys(s, "Enter G");
    stage_await(s, "more bytes");
    free(large);
    stage_close(s);
}

static void watchers__readonly__refuses(void **state)
{
    struct stage *s = open_watchers(1);

    s->env.readonly = true;
    stage_keys(s, "n");
    stage_await(s, "read-only");
    stage_forget_toast(s);
    stage_keys(s, "D");
    stage_await(s, "read-only");
    assert_int_equal(s->last_request[0], '\0');
    stage_close(s);
}

/* --- signals --- */

static struct stage *open_signals(const char *status)
{
    struct stage *s = scene_open(1);
    cleanup_free char *data = xasprintf("{\"status\":\"%s\",\"channel\":\"signals\"}", status);

    stage_answer(s, "GET /signals/status", 200, data);
    stage_keys(s, "7");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    return s;
}

static void signals__off__says_so_and_starts(void **state)
{
    struct stage *s = open_signals("stopped");

    stage_await(s, "signals are off: S starts them");
    stage_golden_sizes(s, "signals-off");
    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\"}");
    stage_keys(s, "S");
    stage_await(s, "started the signals of");
    assert_string_equal(s->last_request, "POST /signals/start");
    stage_await_gone(s, "signals are off");
    stage_keys(s, "X");
    stage_await(s, "Stop signals");
    stage_keys(s, "y");
    stage_await(s, "stopped the signals of");
    assert_string_equal(s->last_request, "POST /signals/stop");
    stage_close(s);
}

static void signals__error__is_said_where_the_action_was(void **state)
{
    struct stage *s = open_signals("stopped");

    stage_await(s, "signals are off");
    stage_answer(s, "POST /signals/start", 500, "{\"error\":\"no inotify here\"}");
    stage_keys(s, "S");
    stage_await(s, "no inotify here");
    stage_close(s);
}

static void signals__emit__needs_what_belongs_to_it(void **state)
{
    struct stage *s = open_signals("active");

    stage_keys(s, "i");
    stage_await(s, "Signal");
    stage_keys(s, "Enter");
    stage_await(s, "needs a port");
    stage_keys(s, "Down");
    stage_type(s, "8080");
    stage_keys(s, "Enter");
    stage_await(s, "signalled alice/demo");
    assert_string_equal(s->last_request, "POST /signals/port");
    assert_non_null(strstr(s->last_body, "8080"));
    stage_keys(s, "i Left Enter");
    stage_await(s, "needs a message");
    stage_close(s);
}

static void signals__url__is_copied_and_checked(void **state)
{
    struct stage *s = open_signals("active");

    scene_signal_port(s, "open", "#3000", "http://a1-3000.localhost:7780");
    stage_await(s, "port opened");
    stage_keys(s, "C");
    stage_await(s, "copied the URL");
    stage_forget_toast(s);
    setenv("SSH_TTY", "/dev/pts/1", 1);
    stage_keys(s, "o");
    stage_await(s, "there is no browser here");
    unsetenv("SSH_TTY");
    scene_signal_port(s, "close", "#3000", NULL);
    stage_await(s, "port closed");
    stage_keys(s, "C");
    stage_await(s, "has no URL");
    stage_close(s);
}

static void signals__many__are_merged(void **state)
{
    struct stage *s = open_two();

    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"stopped\"}");
    stage_keys(s, "7");
    stage_await(s, "signals are off in 2 of 2 sandboxes");
    stage_await(s, "signals of 2 sandboxes");
    stage_close(s);
}

static void signals__add__follows_another_one_too(void **state)
{
    struct stage *s = open_two();

    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\"}");
    stage_keys(s, "U 7");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_keys(s, "a");
    stage_await(s, "Follow another sandbox");
    stage_keys(s, "Down Enter");
    stage_await(s, "signals of 2 sandboxes");
    await(&s->loop, 20000, s->n_attached == 2);
    stage_keys(s, "Esc 8");
    stage_await(s, "events");
    stage_close(s);
}

static void signals__readonly__refuses(void **state)
{
    static const char *const keys[] = {"S", "X", "i"};
    struct stage *s = open_signals("active");

    s->env.readonly = true;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        stage_keys(s, keys[i]);
        stage_await(s, "read-only:");
        stage_forget_toast(s);
    }
    assert_int_equal(s->last_request[0], '\0');
    stage_close(s);
}

/* --- events --- */

static struct stage *open_events(int n)
{
    struct stage *s = scene_open(1);

    scene_events(s, n);
    stage_keys(s, "8");
    stage_await(s, n ? "deploy.done" : "No events");
    return s;
}

static void events__pretty__and_detail(void **state)
{
    struct stage *s = open_events(2);

    stage_keys(s, "p");
    stage_await(s, "\"version\":");
    stage_golden(s, "events-pretty-80x24");
    stage_keys(s, "p Enter");
    stage_await(s, "\"ok\": true");
    stage_close(s);
}

static void pipe_to(struct stage *s, const char *command)
{
    stage_keys(s, "|");
    stage_await(s, "Pipe the lines to");
    stage_type(s, command);
    stage_keys(s, "Enter");
}

static void events__pipe__shows_what_a_command_here_writes(void **state)
{
    struct stage *s = open_events(3);

    pipe_to(s, "echo here-$(wc -l) >&2; exit 3");
    stage_await(s, "here-3");
    stage_await(s, "exit 3");
    stage_keys(s, "q v");
    pipe_to(s, "echo here-$(wc -l)");
    stage_await(s, "here-1");
    stage_await(s, "exit 0");
    /* A search of what came, as in any text. */
    stage_keys(s, "/ n o p e Enter");
    stage_await(s, "nowhere in this text");
    stage_keys(s, "Esc q Esc &");
    stage_type(s, "failed");
    stage_keys(s, "Enter");
    pipe_to(s, "echo lines-$(grep -c deploy /dev/stdin); printf 'a\\033[2Jb\\n'");
    stage_await(s, "lines-1");
    stage_await(s, "a\xc2\xb7[2Jb");
    stage_keys(s, "q");
    stage_close(s);
}

static void events__pipe__ends_with_its_reason(void **state)
{
    struct stage *s = open_events(3);

    pipe_to(s, "exec <&-; exit 0");
    stage_await(s, "Nothing was written");
    stage_keys(s, "q");
    pipe_to(s, "kill -9 $$");
    stage_await(s, "signal 9");
    stage_keys(s, "q");
    pipe_to(s, "yes");
    stage_await(s, "more than 1 MiB");
    stage_keys(s, "q");
    setenv("SHELL", "/nonexistent/sh", 1);
    /* What was typed before comes back. */
    stage_keys(s, "|");
    stage_await(s, "Pipe the lines to");
    stage_keys(s, "Up Up Enter");
    stage_await(s, "signal 9");
    unsetenv("SHELL");
    stage_keys(s, "q");
    stage_close(s);
}

static void events__pipe__is_cancelled_with_all_it_started(void **state)
{
    struct stage *s = open_events(3);

    pipe_to(s, "sleep 1000 & sleep 1000");
    stage_await(s, "Esc cancels");
    stage_keys(s, "Esc");
    stage_await(s, "Cancelled: running sleep 1000");
    /* The program ends while one runs: nothing is left behind. */
    pipe_to(s, "sleep 1000");
    stage_await(s, "Esc cancels");
    stage_close(s);
}

/* Descriptors for neither pipe, for one of them, and for both but not for the process. */
static void events__pipe__without_descriptors__says_so(void **state)
{
    struct stage *s = open_events(3);
    struct rlimit before, few;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 128;
    for (int n_left = 0; n_left <= 4; n_left += 2) {
        int taken[128] = {0}, n = 0;

        stage_keys(s, "|");
        stage_await(s, "Pipe the lines to");
        stage_type(s, "cat");
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        while ((taken[n] = dup(STDERR_FILENO)) >= 0)
            n++;
        for (int i = 0; i < n_left; i++)
            close(taken[--n]);
        stage_keys(s, "Enter");
        await(&s->loop, 20000, strstr(stage_toast(s), "cannot start /"));
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        while (n)
            close(taken[--n]);
        stage_forget_toast(s);
    }
    pipe_to(s, "echo here-$(wc -l)");
    stage_await(s, "here-3");
    stage_close(s);
}

/* What it left behind still writes; the shell that led it is reaped. */
static void events__pipe__leader_is_gone__the_rest_is_ended(void **state)
{
    struct stage *s = open_events(3);
    char path[] = "/tmp/sandpit-pipe-XXXXXX";
    int fd = mkstemp(path), pid = 0;
    cleanup_free char *command = xasprintf("sleep 1000 & echo $! >%s", path);

    assert_true(fd >= 0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pipe_to(s, command);
    stage_await(s, "Esc cancels");
    FILE *file = fdopen(fd, "r");
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    unlink(path);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    stage_keys(s, "Esc");
    await(&s->loop, 20000, waitpid(pid, NULL, WNOHANG) == pid);
    stage_close(s);
}

static void events__choose__asks_again(void **state)
{
    struct stage *s = open_events(3);

    stage_keys(s, "f");
    stage_await(s, "Which events");
    stage_type(s, "deploy.failed");
    stage_keys(s, "Enter");
    stage_await(s, "type deploy.failed");
    stage_await_gone(s, "deploy.done");
    stage_await(s, "deploy.failed     {");
    stage_close(s);
}

static void events__store__checks_the_json(void **state)
{
    struct stage *s = open_events(0);

    stage_answer(s, "POST /events", 200, "{\"id\":\"e1\",\"type\":\"deploy\"}");
    stage_keys(s, "i");
    stage_type(s, "deploy");
    stage_keys(s, "Down");
    stage_type(s, "[1");
    stage_keys(s, "Enter");
    stage_await(s, "a JSON object");
    assert_int_equal(s->last_request[0], '\0');
    stage_keys(s, "C-u");
    stage_type(s, "{\"a\":1}");
    stage_keys(s, "Enter");
    stage_await(s, "stored an event");
    assert_non_null(strstr(s->last_body, "\"a\":1"));
    stage_close(s);
}

static void events__lost__says_so(void **state)
{
    struct stage *s = open_events(3);

    stage_host_down(s);
    stage_await(s, "no live stream");
    stage_await(s, "lost");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watchers__new__sends_what_was_typed),
        cmocka_unit_test(watchers__follow__tells_changes_with_their_content),
        cmocka_unit_test(watchers__follow__bounds_what_it_keeps),
        cmocka_unit_test(watchers__readonly__refuses),
        cmocka_unit_test(signals__off__says_so_and_starts),
        cmocka_unit_test(signals__error__is_said_where_the_action_was),
        cmocka_unit_test(signals__emit__needs_what_belongs_to_it),
        cmocka_unit_test(signals__url__is_copied_and_checked),
        cmocka_unit_test(signals__many__are_merged),
        cmocka_unit_test(signals__add__follows_another_one_too),
        cmocka_unit_test(signals__readonly__refuses),
        cmocka_unit_test(events__pretty__and_detail),
        cmocka_unit_test(events__pipe__shows_what_a_command_here_writes),
        cmocka_unit_test(events__pipe__ends_with_its_reason),
        cmocka_unit_test(events__pipe__is_cancelled_with_all_it_started),
        cmocka_unit_test(events__pipe__without_descriptors__says_so),
        cmocka_unit_test(events__pipe__leader_is_gone__the_rest_is_ended),
        cmocka_unit_test(events__choose__asks_again),
        cmocka_unit_test(events__store__checks_the_json),
        cmocka_unit_test(events__lost__says_so),
    };

    signal(SIGPIPE, SIG_IGN);
    setenv("TZ", "UTC", 1);
    setenv("COMPUTESDK_PUBSUB_HOST", "127.0.0.1", 1);
    setenv("COMPUTESDK_PUBSUB_PORT", "1", 1); /* nobody: the history alone */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
