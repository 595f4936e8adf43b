/* SPDX-License-Identifier: MIT
 *
 * Extension `activity`: what shells, programs and people do in terminals, as told to those who do
 * not watch them; hands; who takes part.
 */
#include "tests/host/daemon/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

#define DEADLINE_MS 30000

/* --- a connection with the channel, and a terminal to type in --- */

struct watch {
    struct ws ws;
    char *id; /* of the terminal */
};

static void watch_open(struct watch *a, struct world *w, const char *more)
{
    memset(a, 0, sizeof *a);
    a->id = world_pty(w, more);
    ws_open(&a->ws, w, "json");
    ws_subscribe(&a->ws, "activity", "");
    ws_wait_frame(&a->ws, "activity:synced");
}

static void watch_close(struct watch *a, struct world *w)
{
    cleanup_free char *path = xasprintf("/terminals/%s", a->id);

    world_expect(w, "DELETE", path, NULL, 204);
    ws_close(&a->ws);
    free(a->id);
}

/* The last facts told of the terminal, or NULL. */
static cJSON *last_facts(const struct watch *a)
{
    cJSON *found = NULL;
    cleanup_free char *log = xstrndup(a->ws.log.data ? a->ws.log.data : "", a->ws.log.len);
    char *rest = NULL;

    for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        cJSON *frame, *data;

        if (!strstr(line, "\"terminal:activity\"") || !strstr(line, a->id))
            continue;
        frame = cJSON_Parse(line);
        data = cJSON_DetachItemFromObject(frame, "data");
        cJSON_Delete(frame);
        cJSON_Delete(found);
        found = data;
    }
    return found;
}

static double number(const cJSON *facts, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(facts, key);

    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static const char *text(const cJSON *facts, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(facts, key));

    assert_non_null(value);
    return value;
}

/* Reads until the last facts have the number; the caller deletes them. */
static cJSON *await_number(struct watch *a, const char *key, double value)
{
    int64_t until = clock_mono_ms() + DEADLINE_MS;

    for (;;) {
        cJSON *facts = last_facts(a);

        if (facts && number(facts, key) == value)
            return facts;
        if (clock_mono_ms() > until)
            fail_msg("%s is %g, not %g", key, facts ? number(facts, key) : -99, value);
        cJSON_Delete(facts);
        ws_read_for(&a->ws, 20);
    }
}

static cJSON *await_text(struct watch *a, const char *key, const char *value)
{
    int64_t until = clock_mono_ms() + DEADLINE_MS;

    for (;;) {
        cJSON *facts = last_facts(a);

        if (facts && !strcmp(text(facts, key), value))
            return facts;
        if (clock_mono_ms() > until)
            fail_msg("%s is \"%s\", not \"%s\"", key, facts ? text(facts, key) : "?", value);
        cJSON_Delete(facts);
        ws_read_for(&a->ws, 20);
    }
}

static void type_line(struct watch *a, const char *line)
{
    cleanup_free char *input = xasprintf("%s\n", line);

    ws_input(&a->ws, a->id, input);
}

/* Types a line and waits for the end of its command, the n-th. */
static cJSON *run(struct watch *a, const char *line, int n)
{
    type_line(a, line);
    return await_number(a, "commands", n);
}

/* A home with this .bashrc for the time of a test. */
static void write_rc(struct world *w, const char *text)
{
    cleanup_free char *command = xasprintf("cat > ~/.bashrc <<'END'\n%s\nEND", text);

    free(world_sh(w, command));
}

/* --- commands --- */

static void activity__bash__counts_commands_and_failures(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
    f = run(&a, "true", 1);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(f, "integrated")));
    assert_true(number(f, "last_exit") == 0 && number(f, "failed_row") == 0);
    assert_string_equal(text(f, "error"), "");
    assert_true(number(f, "exit_age") >= 0 && number(f, "command_age") == -1);
    cJSON_Delete(f);
    f = run(&a, "ls /no/such/file; false", 2);
    assert_int_equal(number(f, "failed_row"), 1);
    assert_int_equal(number(f, "last_exit"), 1);
    cJSON_Delete(f);
    watch_close(&a, w);
}

static void activity__bash__names_the_same_error_again(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
    for (int i = 1; i <= 3; i++) {
        f = run(&a, "cat /no/such", i);
        assert_int_equal(number(f, "failed_row"), i);
        assert_int_equal(number(f, "same_error"), i);
        assert_int_equal(number(f, "last_exit"), 1);
        assert_string_equal(text(f, "error"), "cat: /no/such: No such file or directory");
        cJSON_Delete(f);
    }
    f = run(&a, "sh -c 'echo; echo \"  other  \"; echo; exit 7'", 4);
    assert_int_equal(number(f, "failed_row"), 4);
    assert_int_equal(number(f, "same_error"), 1);
    assert_int_equal(number(f, "last_exit"), 7);
    assert_string_equal(text(f, "error"), "other");
    cJSON_Delete(f);
    f = run(&a, "false", 5);
    assert_int_equal(number(f, "failed_row"), 5);
    assert_int_equal(number(f, "same_error"), 0);
    assert_string_equal(text(f, "error"), "");
    cJSON_Delete(f);
    f = run(&a, "true", 6);
    assert_int_equal(number(f, "failed_row"), 0);
    cJSON_Delete(f);
    watch_close(&a, w);
}

/* A shell says nothing of a line that it cannot parse but its status, and that again and again. */
static void activity__bash__syntax_errors_count_and_empty_lines_do_not(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
    f = run(&a, "echo )", 1);
    assert_int_equal(number(f, "failed_row"), 1);
    assert_int_equal(number(f, "last_exit"), 2);
    assert_non_null(strstr(text(f, "error"), "syntax error"));
    cJSON_Delete(f);
    type_line(&a, "");
    type_line(&a, "");
    f = run(&a, "echo )", 2);
    assert_int_equal(number(f, "same_error"), 2);
    cJSON_Delete(f);
    watch_close(&a, w);
}

static void activity__command__is_named_while_it_runs(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
    cJSON_Delete(await_text(&a, "command", "bash"));
    type_line(&a, "sleep 60");
    f = await_text(&a, "command", "sleep");
    assert_true(number(f, "command_age") >= 0);
    cJSON_Delete(f);
    ws_input(&a.ws, a.id, "\003");
    f = await_number(&a, "commands", 1);
    assert_int_equal(number(f, "last_exit"), 130);
    assert_int_equal(number(f, "failed_row"), 0);
    assert_int_equal(number(f, "command_age"), -1);
    assert_string_equal(text(f, "command"), "bash");
    cJSON_Delete(f);
    watch_close(&a, w);
}

/* A shell that marks nothing: what is in front tells. */
static void activity__dash__is_not_integrated_and_still_named(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    watch_open(&a, w, ",\"shell\":\"/bin/sh\"");
    type_line(&a, "echo go; sleep 60");
    f = await_text(&a, "command", "sleep");
    assert_true(number(f, "command_age") >= 0);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(f, "integrated")));
    cJSON_Delete(f);
    watch_close(&a, w);
}

/* --- the user's own settings --- */

static void activity__bashrc__that_replaces_the_hooks_changes_nothing(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    write_rc(w, "PROMPT_COMMAND='SEEN=$?'\nPS1='mine> '\nPS0='[go]'\nset -u\nMINE=yes");
    watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
    ws_subscribe(&a.ws, "terminal:", a.id);
    ws_wait(&a.ws, "mine> ");
    f = run(&a, "(exit 9)", 1);
    assert_int_equal(number(f, "last_exit"), 9);
    cJSON_Delete(f);
    cJSON_Delete(run(&a, "echo $MINE-$SEEN-$?-\"$PROMPT_COMMAND\"-\"$PS1\"-", 2));
    ws_wait(&a.ws, "[go]yes-9-9-SEEN=$?-mine> -");
    /* Later, too. */
    cJSON_Delete(run(&a, "PROMPT_COMMAND=:; PS1='x> '; PS0=", 3));
    f = run(&a, "(exit 8)", 4);
    assert_int_equal(number(f, "last_exit"), 8);
    assert_int_equal(number(f, "failed_row"), 1);
    cJSON_Delete(f);
    cJSON_Delete(run(&a, "history | grep -c sandpit", 5));
    watch_close(&a, w);
    free(world_sh(w, "rm ~/.bashrc"));
}

static void activity__bash__tracing_and_errexit_show_nothing_of_it(void **state)
{
    WORLD(state)
    struct watch a;

    watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
    ws_subscribe(&a.ws, "terminal:", a.id);
    cJSON_Delete(run(&a, "set -xe; ! true", 1));
    cJSON_Delete(run(&a, "echo still here", 2));
    ws_wait(&a.ws, "+ echo still here");
    assert_null(strstr(a.ws.text.data, "__sandpit"));
    watch_close(&a, w);
}

static void activity__bash__login_and_inner_shells_mark_too(void **state)
{
    WORLD(state)
    static const char *const shells[] = {"bash -l", "bash"};
    struct watch a;
    cJSON *f;

    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        watch_open(&a, w, ",\"shell\":\"/bin/bash\"");
        type_line(&a, shells[i]);
        f = run(&a, "sh -c 'exit 5'", 1);
        assert_int_equal(number(f, "last_exit"), 5);
        cJSON_Delete(f);
        cJSON_Delete(run(&a, "hand in here", 2));
        cJSON_Delete(await_text(&a, "note", "in here"));
        watch_close(&a, w);
    }
}

static void activity__zsh__counts_commands_with_the_users_files(void **state)
{
    WORLD(state)
    struct watch a;
    cJSON *f;

    if (access("/usr/bin/zsh", X_OK))
        skip();
    free(world_sh(w, "echo 'A=env' > ~/.zshenv; echo 'PS1=\"z> \"; B=rc' > ~/.zshrc"));
    watch_open(&a, w, ",\"shell\":\"/usr/bin/zsh\"");
    ws_subscribe(&a.ws, "terminal:", a.id);
    ws_wait(&a.ws, "z> ");
    f = run(&a, "(exit 6)", 1);
    assert_int_equal(number(f, "last_exit"), 6);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(f, "integrated")));
    cJSON_Delete(f);
    cJSON_Delete(run(&a, "echo $?-$A-$B-${ZDOTDIR-none}-${SANDPIT_ZDOTDIR-none}.", 2));
    ws_wait(&a.ws, "6-env-rc-none-none.");
    watch_close(&a, w);
    free(world_sh(w, "rm ~/.zshenv ~/.zshrc"));
}

/* --- hands --- */

static void activity__hand__goes_up_with_a_note_and_down(void **state)
{
    WORLD(state)
    struct watch a;
    cleanup_free char *path = NULL;
    int64_t began;
    cJSON *f;

    watch_open(&a, w, "");
    path = xasprintf("/terminals/%s/hand", a.id);
    ws_subscribe(&a.ws, "terminal:", a.id);
    began = clock_mono_ms();
    type_line(&a, "hand 'f\303\274r; loop' never ends");
    f = await_text(&a, "note", "f\303\274r; loop never ends");
    assert_in_range(clock_mono_ms() - began, 0, 3000);
    assert_true(number(f, "hand_age") >= 0);
    cJSON_Delete(f);
    ws_wait(&a.ws, "your hand is up");
    type_line(&a, "hand \"$(printf 'two\\nlines\\t*')\"");
    cJSON_Delete(await_text(&a, "note", "two lines *"));
    type_line(&a, "hand \"$(printf 'a\\033]0;b')\"");
    ws_wait(&a.ws, "control characters");
    type_line(&a, "hand down");
    cJSON_Delete(await_number(&a, "hand_age", -1));
    world_expect(w, "POST", path, "{\"up\":true,\"note\":\"by \\u001b[31mhttp\"}", 200);
    f = await_text(&a, "note", "by  [31mhttp");
    assert_true(number(f, "hand_age") >= 0);
    cJSON_Delete(f);
    world_expect(w, "POST", path, "{\"up\":false}", 200);
    f = await_number(&a, "hand_age", -1);
    assert_string_equal(text(f, "note"), "");
    cJSON_Delete(f);
    world_expect(w, "POST", path, "{}", 400);
    world_expect(w, "POST", path, "{\"up\":\"yes\"}", 400);
    world_expect(w, "POST", path, "{\"up\":true,\"note\":7}", 400);
    world_expect(w, "POST", "/terminals/term-none/hand", "{\"up\":true}", 404);
    watch_close(&a, w);
}

static void activity__hand__without_a_terminal_says_so(void **state)
{
    WORLD(state)
    cJSON *reply = world_run(w, "hand help");
    const cJSON *code = data_of(reply, "exit_code"), *err = data_of(reply, "stderr");

    assert_int_equal(code->valueint, 1);
    assert_non_null(strstr(err->valuestring, "no terminal"));
    cJSON_Delete(reply);
}

/* --- the rest --- */

static void activity__participate__is_told_until_the_connection_ends(void **state)
{
    WORLD(state)
    struct watch a;
    struct ws helper;
    char say[160];

    watch_open(&a, w, "");
    ws_open(&helper, w, "json");
    snprintf(say, sizeof say,
             "{\"type\":\"terminal:participate\",\"data\":{\"terminal_id\":\"%s\",\"who\":"
             "\"Ann, B\\u0007\"}}",
             a.id);
    ws_send(&helper, say);
    cJSON_Delete(await_text(&a, "with", "Ann  B "));
    ws_close(&helper);
    cJSON_Delete(await_text(&a, "with", ""));
    watch_close(&a, w);
}

static void activity__bell_size_viewers__are_told(void **state)
{
    WORLD(state)
    struct watch a;
    char say[160];
    cJSON *f;

    watch_open(&a, w, ",\"cols\":70,\"rows\":20");
    type_line(&a, "sleep 0.1; printf 'a\\ab\\a'; sleep 60");
    f = await_number(&a, "bells", 2);
    assert_true(number(f, "bell_age") >= 0 && number(f, "input_age") >= 0);
    assert_int_equal(number(f, "cols"), 70);
    assert_true(number(f, "output_bytes") > 0);
    cJSON_Delete(f);
    ws_input(&a.ws, a.id, "x");
    cJSON_Delete(await_number(&a, "bells", 0));
    ws_subscribe(&a.ws, "terminal:", a.id);
    cJSON_Delete(await_number(&a, "viewers", 1));
    snprintf(say, sizeof say,
             "{\"type\":\"terminal:resize\",\"data\":{\"terminal_id\":\"%s\",\"cols\":90,"
             "\"rows\":30}}",
             a.id);
    ws_send(&a.ws, say);
    cJSON_Delete(await_number(&a, "cols", 90));
    watch_close(&a, w);
}

static int count(const struct buf *log, const char *what)
{
    int n = 0;

    for (const char *p = log->data; p && (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void activity__flood__is_told_twice_a_second(void **state)
{
    WORLD(state)
    struct watch a;
    int64_t begun;
    int before;

    watch_open(&a, w, ",\"shell\":\"/bin/sh\"");
    type_line(&a, "yes");
    cJSON_Delete(await_text(&a, "command", "yes"));
    before = count(&a.ws.log, "terminal:activity");
    begun = clock_mono_ms();
    ws_read_for(&a.ws, 2000);
    int64_t halves = (clock_mono_ms() - begun) / 500;

    assert_in_range(count(&a.ws.log, "terminal:activity") - before, 2, halves + 2);
    watch_close(&a, w);
}

static void activity__idle__nothing_is_told(void **state)
{
    WORLD(state)
    struct watch a;
    int64_t end = clock_mono_ms() + DEADLINE_MS;
    int before;

    watch_open(&a, w, "");
    cJSON_Delete(await_number(&a, "command_age", -1));
    do {
        before = count(&a.ws.log, "\n");
        ws_read_for(&a.ws, 1200);
    } while (count(&a.ws.log, "\n") != before && clock_mono_ms() < end);
    ws_read_for(&a.ws, 1500);
    assert_int_equal(count(&a.ws.log, "\n"), before);
    watch_close(&a, w);
}

static void activity__terminal__its_end_and_a_new_one_are_told(void **state)
{
    WORLD(state)
    struct watch a;
    cleanup_free char *other = NULL, *path = NULL;

    watch_open(&a, w, "");
    other = world_pty(w, "");
    path = xasprintf("\"terminal_id\":\"%s\",\"title\"", other);
    ws_wait_frame(&a.ws, path);
    free(path);
    path = xasprintf("/terminals/%s", other);
    world_expect(w, "DELETE", path, NULL, 204);
    ws_wait_frame(&a.ws, "\"terminal:destroyed\",\"channel\":\"activity\"");
    watch_close(&a, w);
}

static void activity__sandbox__tells_of_servers_and_signals(void **state)
{
    WORLD(state)
    struct watch a;

    watch_open(&a, w, "");
    world_expect(w, "POST", "/servers",
                 "{\"slug\":\"broken\",\"start\":\"exit 3\",\"restart_policy\":\"never\"}", 201);
    ws_wait_frame(&a.ws, "\"servers_failed\":1,\"failed_server\":\"broken\"");
    world_expect(w, "POST", "/signals/error", "{\"message\":\"it \\u001b broke\"}", 200);
    ws_wait_frame(&a.ws, "\"error_signal\":\"it   broke\"");
    world_expect(w, "DELETE", "/servers/broken", NULL, 204);
    ws_wait_frame(&a.ws, "\"servers_failed\":0");
    watch_close(&a, w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activity__bash__counts_commands_and_failures),
        cmocka_unit_test(activity__bash__names_the_same_error_again),
        cmocka_unit_test(activity__bash__syntax_errors_count_and_empty_lines_do_not),
        cmocka_unit_test(activity__command__is_named_while_it_runs),
        cmocka_unit_test(activity__dash__is_not_integrated_and_still_named),
        cmocka_unit_test(activity__bashrc__that_replaces_the_hooks_changes_nothing),
        cmocka_unit_test(activity__bash__tracing_and_errexit_show_nothing_of_it),
        cmocka_unit_test(activity__bash__login_and_inner_shells_mark_too),
        cmocka_unit_test(activity__zsh__counts_commands_with_the_users_files),
        cmocka_unit_test(activity__hand__goes_up_with_a_note_and_down),
        cmocka_unit_test(activity__hand__without_a_terminal_says_so),
        cmocka_unit_test(activity__participate__is_told_until_the_connection_ends),
        cmocka_unit_test(activity__bell_size_viewers__are_told),
        cmocka_unit_test(activity__flood__is_told_twice_a_second),
        cmocka_unit_test(activity__idle__nothing_is_told),
        cmocka_unit_test(activity__terminal__its_end_and_a_new_one_are_told),
        cmocka_unit_test(activity__sandbox__tells_of_servers_and_signals),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
