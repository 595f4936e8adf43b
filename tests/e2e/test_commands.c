/* SPDX-License-Identifier: MIT
 *
 * The commands, against the real sandpitd.
 */
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/e2e/lab.h"

static void commands__without_a_gateway__start_one_and_share_it(void **state)
{
    struct lab *l = *state;
    pid_t pids[8];

    assert_int_equal(lab_run(l, "ls", NULL), 0);
    assert_string_equal(l->out, "");
    assert_has(l->err, "no sandboxes");
    assert_int_equal(lab_pids(l, "sandpitd gateway", pids, 8), 1);
    pid_t first = pids[0];
    assert_string_equal(lab_do(l, "ls", "--json", NULL), "[]");
    assert_int_equal(lab_pids(l, "sandpitd gateway", pids, 8), 1);
    assert_int_equal(pids[0], first);
}

static void commands__eight_at_once__end_with_one_gateway(void **state)
{
    struct lab *l = *state;
    struct pty *all[8];
    pid_t pids[16];

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        all[i] = lab_pty(l, 24, 120, "ls", NULL);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (pty_exit_status(all[i], WAIT_MS) != 0)
            fail_msg("%s", pty_screen_text(all[i]));
        pty_destroy(all[i]);
    }
    assert_int_equal(lab_pids(l, "sandpitd gateway", pids, 16), 1);
}

static void new__then_ls__shows_it(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    cleanup_free char *id = xstrdup(lab_do(l, "new", "alice/demo", "--timeout", "2h", NULL));
    assert_true(id[0]);
    lab_do(l, "ls", "--json", NULL);
    l->out[strlen(l->out)] = '\n'; /* lab_do cut it at the first line */
    cJSON *all = cJSON_Parse(l->out);
    const cJSON *one = cJSON_GetArrayItem(all, 0);
    assert_int_equal(cJSON_GetArraySize(all), 1);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "sandboxId")), id);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "namespace")), "alice");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "name")), "demo");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "status")), "running");
    assert_non_null(cJSON_GetStringValue(cJSON_GetObjectItem(one, "expiresAt")));
    assert_null(cJSON_GetObjectItem(one, "token"));
    cJSON_Delete(all);
    assert_int_equal(lab_run(l, "ls", NULL), 0);
    assert_has(l->out, "alice      demo  running");
    assert_has(l->out, "1h59m");
    assert_string_equal(lab_do(l, "ls", "-q", NULL), id);
    assert_int_equal(lab_run(l, "ls", "-n", "bob", NULL), 0);
    assert_string_equal(l->out, "");
}

static void new__taken_name__fails_unless_found_will_do(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    cleanup_free char *id = xstrdup(lab_do(l, "new", "demo", NULL));
    assert_int_equal(lab_run(l, "new", "demo", NULL), 1);
    assert_string_equal(l->out, "");
    assert_has(l->err, "default/demo exists already");
    assert_has(l->err, "--find");
    assert_string_equal(lab_do(l, "new", "--find", "demo", NULL), id);
    assert_has(l->err, "found default/demo");
    /* The pair is the key. */
    assert_string_not_equal(lab_do(l, "new", "other/demo", NULL), id);
}

static void new__bad_arguments__say_so(void **state)
{
    struct lab *l = *state;

    assert_int_equal(lab_run(l, "new", "a", "--timeout", "soon", NULL), 2);
    assert_has(l->err, "\"soon\" is not a duration");
    assert_int_equal(lab_run(l, "new", "a", "--env", "secret", NULL), 2);
    assert_null(strstr(l->err, "secret"));
    assert_int_equal(lab_run(l, "new", "a", "b", NULL), 2);
    assert_has(l->err, "unexpected argument \"b\"");
    assert_int_equal(lab_run(l, "new", "/x", NULL), 2);
    assert_int_equal(lab_run(l, "nwe", NULL), 2);
    assert_has(l->err, "did you mean new?");
}

static void exec__passes_output_and_status_on(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", "-e", "FROM_NEW=yes", NULL);
    assert_int_equal(
        lab_run(l, "exec", "demo", "--", "sh", "-c", "echo out; echo err >&2; exit 7", NULL), 7);
    assert_string_equal(l->out, "out\n");
    assert_string_equal(l->err, "err\n");
    assert_int_equal(lab_run(l, "exec", "demo", "-w", "/tmp", "-e", "A=it's", "--",
                             "pwd; echo $A $FROM_NEW", NULL),
                     0);
    assert_string_equal(l->out, "/tmp\nit's yes\n");
    assert_int_equal(lab_run(l, "exec", "demo", "printf", "%s|", "a b", "$HOME", "*", NULL), 0);
    assert_string_equal(l->out, "a b|$HOME|*|");
    assert_int_equal(lab_run(l, "exec", "demo", "no-such-program", NULL), 127);
    assert_int_equal(lab_run(l, "exec", "demo", "/etc/passwd", NULL), 126);
    assert_int_equal(lab_run(l, "exec", "demo", "kill -KILL $$", NULL), 137);
    assert_int_equal(lab_run(l, "exec", "demo", "cat", NULL), 0); /* stdin is empty */
    assert_int_equal(lab_run(l, "exec", "demo", "--json", "echo x; exit 4", NULL), 4);
    assert_has(l->out, "\"exitCode\":\t4");
}

static void exec__timeout__kills_the_command(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    assert_int_equal(lab_run(l, "exec", "demo", "-t", "300ms", "--", "sleep 777", NULL), 124);
    assert_int_equal(lab_run(l, "exec", "demo", "pgrep -f 'sleep 77[7]'", NULL), 1);
}

static void exec__own_failures__are_125(void **state)
{
    struct lab *l = *state;

    assert_int_equal(lab_run(l, "exec", "demo", NULL), 125);
    assert_has(l->err, "usage: sandpit exec");
    lab_gateway(l, NULL);
    assert_int_equal(lab_run(l, "exec", "demo", "true", NULL), 125);
    assert_has(l->err, "no sandbox \"demo\" in namespace default");
    lab_do(l, "new", "alice/demo", NULL);
    assert_int_equal(lab_run(l, "exec", "demo", "true", NULL), 125);
    assert_has(l->err, "did you mean alice/demo?");
    assert_int_equal(lab_run(l, "--gateway", "http://127.0.0.1:1", "--api-key-file",
                             "/etc/hostname", "exec", "demo", "true", NULL),
                     125);
    assert_has(l->err, "127.0.0.1:1");
}

static void names__resolve_by_namespace_and_id(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    cleanup_free char *id = xstrdup(lab_do(l, "new", "alice/demo", NULL));
    assert_int_equal(lab_run(l, "exec", id, "true", NULL), 0);
    assert_int_equal(lab_run(l, "-n", "alice", "exec", "demo", "true", NULL), 0);
    assert_int_equal(lab_run(l, "exec", "-n", "alice", "demo", "true", NULL), 0);
    assert_int_equal(lab_run(l, "exec", "alice/dmeo", "true", NULL), 125);
    assert_has(l->err, "did you mean alice/demo?");
}

static void rm__without_a_terminal__wants_yes(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    assert_int_equal(lab_run(l, "rm", "demo", NULL), 2);
    assert_has(l->err, "-y");
    assert_true(lab_do(l, "ls", "-q", NULL)[0]);
    assert_int_equal(lab_run(l, "rm", "-y", "demo", "nothing", NULL), 1);
    assert_has(l->err, "destroyed default/demo");
    assert_has(l->err, "no sandbox \"nothing\"");
    assert_int_equal(lab_run(l, "rm", "-y", "-f", "nothing", NULL), 0);
    assert_string_equal(lab_do(l, "ls", "-q", NULL), "");
}

static void rm__on_a_terminal__asks_and_wants_the_count(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "one", NULL);
    lab_do(l, "new", "two", NULL);
    struct pty *p = lab_pty(l, 24, 80, "rm", "one", "two", NULL);
    assert_screen(p, "default/one", "default/two", "Type 2:");
    pty_send(p, "y\r");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    assert_screen(p, "nothing was destroyed");
    pty_destroy(p);
    p = lab_pty(l, 24, 80, "rm", "one", "two", NULL);
    assert_screen(p, "Type 2:");
    pty_send(p, "2\r");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
    assert_string_equal(lab_do(l, "ls", "-q", NULL), "");
}

static void readonly__refuses_what_changes(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    static const char *const refused[][3] = {
        {"new", "x", NULL}, {"rm", "-y", "demo"}, {"exec", "demo", "true"}};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        int status = lab_run(l, "--readonly", refused[i][0], refused[i][1], refused[i][2], NULL);

        assert_int_equal(status, i == 2 ? 125 : 1);
        assert_has(l->err, "read-only");
    }
    assert_int_equal(lab_run(l, "--readonly", "ls", "-q", NULL), 0);
    assert_true(l->out[0]);
}

static void attach__types_resizes_and_detaches(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    struct pty *p = lab_pty(l, 24, 80, "attach", "demo", NULL);
    struct termios before = pty_termios(p);
    assert_screen(p, "$");
    pty_send(p, "echo mark-$((6*7))\r");
    assert_screen(p, "mark-42");
    pty_resize(p, 30, 100);
    pty_send(p, "stty size\r");
    assert_screen(p, "30 100");
    pty_send(p, "\r~.");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    assert_screen(p, "detached; the terminal runs on");
    assert_true(before.c_lflag & ICANON);
    assert_true(pty_termios(p).c_lflag & ICANON);
    pty_destroy(p);
    /* The same terminal, with what it shows. */
    p = lab_pty(l, 24, 80, "attach", "demo", NULL);
    assert_screen(p, "mark-42");
    pty_send(p, "exit 7\r");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 7);
    assert_screen(p, "the terminal ended");
    pty_destroy(p);
}

static void attach__several__are_told_apart(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    struct pty *one = lab_pty(l, 24, 80, "attach", "demo", "--new", NULL);
    assert_screen(one, "$");
    struct pty *two = lab_pty(l, 24, 80, "attach", "demo", "--new", NULL);
    assert_screen(two, "$");
    struct pty *bad = lab_pty(l, 24, 200, "attach", "demo", "-t", "term-", NULL);
    assert_int_equal(pty_exit_status(bad, WAIT_MS), 1);
    assert_screen(bad, "is the beginning of 2 terminals");
    const char *id = strstr(strstr(pty_screen_text(bad), "running: "), ", term-") + 2;
    cleanup_free char *second = xstrndup(id, strcspn(id, " \r\n,"));
    pty_destroy(bad);
    struct pty *watch =
        lab_pty(l, 30, 100, "attach", "demo", "--terminal", second, "--observe", NULL);
    assert_screen(watch, "$");
    pty_send(watch, "exit 5\r");
    assert_screen(watch, "watching at its size, 80x24; keys are not sent");
    /* Half a sequence before a screen that is sent whole does not take in its beginning. */
    pty_send(two, "printf '\\033[1\\033c\\033[3Jhid%s\\n' den-not\r");
    assert_screen(watch, "hidden-not");
    pty_send(two, "echo two-$((6*7)); stty size\r");
    assert_screen(watch, "two-42");
    assert_screen(two, "24 80");
    /* Its shell's status for all who are there; none when it was closed from elsewhere. */
    pty_send(two, "exit 7\r");
    assert_int_equal(pty_exit_status(two, WAIT_MS), 7);
    assert_int_equal(pty_exit_status(watch, WAIT_MS), 7);
    pty_send(one, "printf '\\e]0;the shell ended with status 9\\a'; exit 0\r");
    assert_int_equal(pty_exit_status(one, WAIT_MS), 0);
    pty_destroy(one);
    pty_destroy(two);
    pty_destroy(watch);
}

/* Who is there already keeps the size until something is typed here. */
static void attach__second__leaves_the_size_until_it_types(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    struct pty *first = lab_pty(l, 24, 80, "attach", "demo", NULL);
    assert_screen(first, "$");
    struct pty *second = lab_pty(l, 30, 100, "attach", "demo", NULL);
    assert_screen(second, "$");
    pty_send(first, "stty size; echo first-$((6*7))\r");
    assert_screen(second, "first-42");
    assert_screen(first, "24 80");
    /* Its terminal tells focus, the mouse and a mode: nobody typed. */
    pty_send(first, "clear; stty raw -echo; echo rea''dy; head -c 20 | wc -c; stty sane; stty "
                    "size; echo to''ld\r");
    assert_screen(second, "ready");
    pty_send(second, "\033[I");
    pty_send(second, "\033[<35;4;5M\033[4;2$y");
    assert_screen(second, "told");
    assert_screen(first, "24 80");
    pty_send(second, "clear; stty size\r");
    assert_screen(second, "30 100");
    pty_send(second, "\r~?");
    assert_screen(second, "~. detaches");
    pty_send(second, "\r~.");
    assert_int_equal(pty_exit_status(second, WAIT_MS), 0);
    pty_destroy(second);
    pty_destroy(first);
}

struct viewers {
    struct pty *all[4];
    struct pty *by;
    char *shown;
};

/* Each is a terminal that answers. */
static bool is_shown(void *user)
{
    const struct viewers *v = user;

    for (size_t i = 0; i < ARRAY_LEN(v->all); i++)
        if (v->all[i])
            pty_pump(v->all[i]);
    return pty_screen_has(v->by, v->shown);
}

/* A program asks its terminal; how many answers does it get? Typed by one of the viewers. */
static void assert_one_answers(struct viewers *v, int by, const char *tag)
{
    cleanup_free char *line = xasprintf("clear; stty -icanon -echo min 0 time 8; printf '\\033[c'; "
                                        "n=$(tr -cd c | wc -c); stty sane; echo \"%s:$n:\"\r",
                                        tag);
    cleanup_free char *shown = xasprintf("%s:1:", tag);

    v->by = v->all[by];
    v->shown = shown;
    pty_send(v->by, line);
    if (!lab_wait(WAIT_MS, is_shown, v))
        fail_msg("%s: %s", tag, pty_screen_text(v->by));
}

static void leave(struct viewers *v, int which, const char *keys)
{
    pty_send(v->all[which], keys);
    assert_int_equal(pty_exit_status(v->all[which], WAIT_MS), 0);
    pty_destroy(v->all[which]);
    v->all[which] = NULL;
}

static void attach__several__one_answers_what_programs_ask(void **state)
{
    struct lab *l = *state;
    struct viewers v = {0};

    lab_gateway(l, NULL);
    lab_do(l, "new", "t/demo", NULL);
    v.all[0] = lab_pty(l, 24, 80, "attach", "t/demo", NULL);
    assert_screen(v.all[0], "$");
    assert_one_answers(&v, 0, "alone");
    for (int i = 1; i < 4; i++) {
        v.all[i] = lab_pty(l, i == 1 ? 24 : 25, 80, i == 1 ? "attach" : "shell", "t/demo", NULL);
        assert_screen(v.all[i], "alone:1:");
    }
    assert_one_answers(&v, 1, "attached");
    assert_one_answers(&v, 2, "board");
    assert_one_answers(&v, 3, "other-board");
    assert_one_answers(&v, 0, "first");
    leave(&v, 0, "\r~.");
    assert_one_answers(&v, 2, "without-first");
    leave(&v, 1, "\r~.");
    assert_one_answers(&v, 2, "two-boards");
    assert_one_answers(&v, 3, "in-turn");
    leave(&v, 2, "\002d");
    assert_one_answers(&v, 3, "last");
    leave(&v, 3, "\002d");
}

static void attach__killed__gives_the_terminal_back(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGSEGV};
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct pty *p = lab_pty(l, 24, 80, "attach", "demo", NULL);

        assert_screen(p, "$");
        kill(pty_pid(p), signals[i]);
        assert_int_not_equal(pty_exit_status(p, WAIT_MS), 0);
        assert_true(pty_termios(p).c_lflag & ICANON);
        assert_true(pty_termios(p).c_lflag & ECHO);
        pty_destroy(p);
    }
}

static void attach__without_a_terminal__points_to_exec(void **state)
{
    struct lab *l = *state;

    assert_int_equal(lab_run(l, "attach", "demo", NULL), 1);
    assert_has(l->err, "sandpit exec");
}

static void info__prints_paths_and_starts_nothing(void **state)
{
    struct lab *l = *state;
    pid_t pids[2];

    assert_int_equal(lab_run(l, "info", NULL), 0);
    assert_has(l->out, l->dir);
    assert_has(l->out, "not running; started when needed");
    assert_has(l->out, "libuv");
    assert_int_equal(lab_pids(l, "sandpitd gateway", pids, 2), 0);
    assert_int_equal(lab_run(l, "info", "--json", NULL), 0);
    cJSON *json = cJSON_Parse(l->out);
    assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "paths"), "config"));
    assert_non_null(cJSON_GetObjectItem(json, "versions"));
    cJSON_Delete(json);
    assert_int_equal(lab_run(l, "--version", NULL), 0);
    assert_has(l->out, "sandpit ");
    assert_has(l->out, "libwebsockets");
}

static void help__every_command_has_one(void **state)
{
    static const char *const names[] = {"ls",     "new",  "rm",   "exec",
                                        "attach", "info", "keys", "doctor"};
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(lab_run(l, names[i], "--help", NULL), 0);
        assert_has(l->out, "Usage: sandpit");
        assert_has(l->out, names[i]);
    }
    assert_int_equal(lab_run(l, "--help", NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_has(l->out, names[i]);
}

static void keys__has_no_conflicts_and_follows_keys_ini(void **state)
{
    struct lab *l = *state;

    assert_int_equal(lab_run(l, "keys", NULL), 0);
    assert_has(l->out, "sandbox-delete");
    lab_write(l, "config/sandpit/keys.ini",
              "[sandboxes]\nsandbox-delete = X\nsandbox-nonsense = Y\n");
    assert_int_equal(lab_run(l, "keys", NULL), 0);
    assert_has(l->out, "  X                sandbox-delete");
    assert_has(l->err, "keys.ini:3:");
    assert_has(l->out, "  C-b              send-prefix");
    lab_env(l, "TMUX=/tmp/tmux-0/default,1,0");
    assert_int_equal(lab_run(l, "keys", NULL), 0);
    assert_has(l->out, "  C-a              send-prefix");
    lab_write(l, "config/sandpit/config.ini", "[general]\nprefix = C-o\n");
    assert_int_equal(lab_run(l, "keys", NULL), 0);
    assert_has(l->out, "  C-o              send-prefix");
}

static void doctor__all_well__says_so(void **state)
{
    struct lab *l = *state;

    assert_int_equal(lab_run(l, "doctor", NULL), 0);
    assert_has(l->out, "ok  terminal");
    assert_has(l->out, "bubblewrap");
}

/* What each --help of sandpitd names stands in sandpitd(8), too. sandpit(1): tests/app. */
static void sandpitd__help__is_in_the_manual(void **state)
{
    struct lab *l = *state;
    cleanup_free char *script = xasprintf(
        "for c in '' gateway key template doctor; do '%s' $c --help; done 2>&1 | "
        "grep -oe '--[a-z][a-z-]*' | sort -u >options; [ $(wc -l <options) -gt 8 ] || exit 1; "
        "while read o; do grep -qe \" ${o#-}\\( \\|$\\)\" "
        "\"$SANDPIT_SOURCE_ROOT/docs/sandpitd.8\" || echo $o; done <options",
        l->sandpitd);

    assert_int_equal(lab_sh(l, script), 0);
    assert_string_equal(l->out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(commands__without_a_gateway__start_one_and_share_it),
        LAB_TEST(commands__eight_at_once__end_with_one_gateway),
        LAB_TEST(new__then_ls__shows_it),
        LAB_TEST(new__taken_name__fails_unless_found_will_do),
        LAB_TEST(new__bad_arguments__say_so),
        LAB_TEST(exec__passes_output_and_status_on),
        LAB_TEST(exec__timeout__kills_the_command),
        LAB_TEST(exec__own_failures__are_125),
        LAB_TEST(names__resolve_by_namespace_and_id),
        LAB_TEST(rm__without_a_terminal__wants_yes),
        LAB_TEST(rm__on_a_terminal__asks_and_wants_the_count),
        LAB_TEST(readonly__refuses_what_changes),
        LAB_TEST(attach__types_resizes_and_detaches),
        LAB_TEST(attach__several__are_told_apart),
        LAB_TEST(attach__second__leaves_the_size_until_it_types),
        LAB_TEST(attach__several__one_answers_what_programs_ask),
        LAB_TEST(attach__killed__gives_the_terminal_back),
        LAB_TEST(attach__without_a_terminal__points_to_exec),
        LAB_TEST(info__prints_paths_and_starts_nothing),
        LAB_TEST(help__every_command_has_one),
        LAB_TEST(keys__has_no_conflicts_and_follows_keys_ini),
        LAB_TEST(doctor__all_well__says_so),
        LAB_TEST(sandpitd__help__is_in_the_manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
