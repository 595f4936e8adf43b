/* SPDX-License-Identifier: MIT
 *
 * The list of the terminals that run in sandboxes.
 */
#include "tests/views/two_shells.h"

#include <stdio.h>
#include <string.h>

#include "wire/names.h"

/* Ages of 90 s and 3 h, so that no cell changes while a golden screen is taken. */
static char *terminals(void)
{
    int64_t now = clock_wall_ms();
    char young[CLOCK_ISO_SIZE], old[CLOCK_ISO_SIZE], quiet[CLOCK_ISO_SIZE];

    clock_format_iso(young, now - 90000);
    clock_format_iso(old, now - 10830000);
    clock_format_iso(quiet, now - 330000);
    return xasprintf(
        "{\"terminals\":[{\"id\":\"t0\",\"pty\":true,\"status\":\"running\",\"title\":\"make -j8\","
        "\"command\":\"/bin/bash\",\"rows\":50,\"cols\":200,\"viewers\":2,\"created_at\":\"%s\","
        "\"last_output_at\":\"%s\"},{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"title\":"
        "\"vim \\u001b[31mnotes\",\"command\":\"/bin/sh\",\"rows\":24,\"cols\":80,\"viewers\":0,"
        "\"created_at\":\"%s\"},{\"id\":\"e1\",\"pty\":false,\"status\":\"ready\"}]}",
        old, quiet, young);
}

static struct stage *open_terminals(char **data)
{
    struct stage *s = stage_open_synced(24, 80);

    *data = terminals();
    s->terminals = *data;
    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", STATUS_RUNNING, 2, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "a");
    stage_await(s, "make -j8");
    return s;
}

static void terminals__list__shows_what_runs_and_attaches(void **state)
{
    cleanup_free char *data = NULL;
    struct stage *s = open_terminals(&data);

    stage_golden_sizes(s, "terminals");
    stage_keys(s, "/ v i m Enter");
    stage_await_gone(s, "make -j8");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_output_of(s, "t1", "in vim");
    stage_await(s, "in vim");
    assert_string_equal(s->last_request, "");
    stage_keys(s, "C-b m C-b e a");
    stage_await(s, "\xe2\x97\x86 marked");
    stage_close(s);
}

static void terminals__observe__sends_nothing(void **state)
{
    cleanup_free char *data = NULL;
    struct stage *s = open_terminals(&data);

    stage_keys(s, "o");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_output_of(s, "t1", "hello");
    stage_output_of(s, "t0", "hello");
    stage_await(s, "watching, keys are not sent");
    stage_keys(s, "x y");
    loop_turn(&s->loop);
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void terminals__kill__counts_what_is_marked(void **state)
{
    cleanup_free char *data = NULL;
    struct stage *s = open_terminals(&data);

    stage_keys(s, "* D");
    stage_await(s, "What runs in it is killed");
    stage_await(s, "make -j8 in alice/demo");
    stage_keys(s, "y");
    loop_turn(&s->loop);
    assert_string_equal(s->last_request, "");
    stage_keys(s, "BS 2 Enter");
    await(&s->loop, 20000, !strncmp(s->last_request, "DELETE /terminals/t", 19));
    await(&s->loop, 20000, strstr(stage_toast(s), "ended 2 terminals"));
    stage_close(s);
}

/* What it completes is asked for meanwhile; without an answer Tab goes to the next field. */
static bool completes(struct stage *s, const char *text)
{
    stage_keys(s, "Tab");
    cleanup_free char *screen = stage_screen(s);
    bool found = strstr(screen, text);

    if (!found)
        stage_keys(s, "S-Tab");
    return found;
}

static void terminals__new__completes_shell_and_directory(void **state)
{
    cleanup_free char *data = NULL;
    struct stage *s = open_terminals(&data);

    stage_answer(s, "GET /files//etc/shells", 200,
                 "{\"content\":\"# shells\\n/bin/sh\\n/usr/bin/zsh\\n\"}");
    stage_answer(s, "GET /files?path=%2Fsrv%2F", 200,
                 "{\"files\":[{\"name\":\"aside.txt\",\"path\":\"/srv/aside.txt\"},{\"name\":"
                 "\"app\",\"path\":\"/srv/app\",\"is_dir\":true}]}");
    stage_keys(s, "n");
    stage_await(s, "New terminal");
    stage_type(s, "/usr");
    await(&s->loop, 20000, completes(s, "/usr/bin/zsh"));
    stage_keys(s, "Down");
    stage_type(s, "/srv/a");
    await(&s->loop, 20000, completes(s, "/srv/app/"));
    stage_golden(s, "terminal-form-80x24");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /terminals"));
    assert_non_null(strstr(s->last_body, "\"shell\":\"/usr/bin/zsh\""));
    assert_non_null(strstr(s->last_body, "\"cwd\":\"/srv/app/\""));
    await(&s->loop, 20000, s->n_attached == 1);
    stage_close(s);
}

static void terminals__new__refused_keeps_what_was_typed(void **state)
{
    cleanup_free char *data = NULL;
    struct stage *s = open_terminals(&data);

    stage_answer(s, "POST /terminals", 400, "{\"error\":\"no such shell\"}");
    stage_keys(s, "n");
    stage_await(s, "New terminal");
    stage_type(s, "/bin/none");
    stage_keys(s, "Enter");
    stage_await(s, "no such shell");
    stage_await(s, "/bin/none");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminals__list__shows_what_runs_and_attaches),
        cmocka_unit_test(terminals__observe__sends_nothing),
        cmocka_unit_test(terminals__kill__counts_what_is_marked),
        cmocka_unit_test(terminals__new__completes_shell_and_directory),
        cmocka_unit_test(terminals__new__refused_keeps_what_was_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
