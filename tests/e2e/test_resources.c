/* SPDX-License-Identifier: MIT
 *
 * The commands about what a sandbox has, against the real sandpitd: data on stdout, talk on stderr,
 * exit statuses, streams that end on C-c.
 */
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/e2e/lab.h"

static void begin(struct lab *l)
{
    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
}

/* Runs a script that must end with 0 and print exactly this. */
static void expect(struct lab *l, const char *script, const char *out)
{
    int status = lab_sh(l, script);

    if (status)
        fail_msg("%s: status %d: %s%s", script, status, l->out, l->err);
    assert_string_equal(l->out, out);
}

static void exec__input__goes_along(void **state)
{
    struct lab *l = *state;

    begin(l);
    expect(l, "printf 'a\\nb' | $S exec demo -- wc -c", "3\n");
    expect(l, "head -c 3000000 /dev/zero | $S exec demo 'wc -c; ls -A /tmp'", "3000000\n");
    expect(l, "echo x | $S exec demo -N 'wc -c'", "0\n");
    expect(l, ": | $S exec demo cat", "");
    expect(l, "printf 'one\\ntwo\\n' | while read w; do $S exec demo -N \"echo $w\"; done",
           "one\ntwo\n");
    assert_int_not_equal(lab_sh(l, "echo x | $S exec demo --cwd /no/such cat"), 0);
    expect(l, "$S exec demo 'ls -A /tmp'", "");
}

static void exec__output__streams(void **state)
{
    struct lab *l = *state;
    struct pty *p;

    begin(l);
    p = lab_pty(l, 24, 80, "exec", "demo",
                "echo first; mkfifo /tmp/gate; read x </tmp/gate; exit 4", NULL);
    assert_screen(p, "first");
    lab_do(l, "exec", "demo", "while [ ! -p /tmp/gate ]; do sleep 0.1; done; echo >/tmp/gate",
           NULL);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 4);
    pty_destroy(p);
    expect(l, "$S run demo --json", "[]\n");
}

static void exec__interrupted__ends_the_command(void **state)
{
    struct lab *l = *state;
    struct pty *p;

    begin(l);
    p = lab_pty(l, 24, 80, "exec", "demo", "echo began; exec sleep 4321", NULL);
    assert_screen(p, "began");
    pty_send(p, "\x03");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 130);
    pty_destroy(p);
    expect(l,
           "$S exec demo 'i=0; while [ $i -lt 50 ] && cat /proc/*/cmdline | tr \"\\0\" \" \" | "
           "grep -q \"sleep 432[1]\"; do sleep 0.1; i=$((i+1)); done; [ $i -lt 50 ] && echo gone'",
           "gone\n");
}

static void exec__reader_gone__ends(void **state)
{
    struct lab *l = *state;

    begin(l);
    expect(l, "$S exec demo yes | head -2", "y\ny\n");
}

static void run__background__is_listed_and_waited_for(void **state)
{
    struct lab *l = *state;

    begin(l);
    cleanup_free char *id =
        xstrdup(lab_do(l, "run", "demo", "start", "echo out; echo bad >&2; exit 6", NULL));

    assert_int_equal(lab_run(l, "run", "demo", "wait", id, NULL), 6);
    assert_string_equal(l->out, "out\n");
    assert_string_equal(l->err, "bad\n");
    assert_int_equal(lab_run(l, "run", "demo", NULL), 0);
    assert_has(l->out, id);
    assert_int_equal(lab_run(l, "run", "demo", "--json", "show", id, NULL), 0);
    assert_has(l->out, "\"exitCode\":\t6");
    lab_do(l, "run", "demo", "kill", id, NULL);
    assert_int_equal(lab_run(l, "run", "demo", "show", id, NULL), 1);
    assert_has(l->err, "there is no command");
    assert_int_equal(lab_sh(l, "echo 'echo $((6*7)); exit 3' | $S run demo -L bash code"), 3);
    assert_string_equal(l->out, "42\n");
}

static void servers__life__and_logs(void **state)
{
    struct lab *l = *state;
    struct pty *p;

    begin(l);
    lab_do(l, "servers", "demo", "start", "web", "echo one; echo two; exec sleep 1000", "--restart",
           "never", NULL);
    assert_int_equal(lab_run(l, "servers", "demo", NULL), 0);
    assert_has(l->out, "web");
    assert_has(l->out, "RESTARTS");
    assert_int_equal(lab_run(l, "servers", "demo", "start", "web", "true", NULL), 1);
    p = lab_pty(l, 24, 80, "logs", "demo", "web", "-f", NULL);
    assert_screen(p, "one\ntwo");
    expect(l, "$S logs demo web -l 1", "two\n");
    pty_send(p, "\x03");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 130);
    pty_destroy(p);
    assert_int_equal(lab_run(l, "servers", "demo", "stop", "web", "--json", NULL), 0);
    assert_has(l->out, "\"status\":\t\"stopped\"");
    lab_do(l, "servers", "demo", "rm", "web", NULL);
    assert_int_equal(lab_run(l, "logs", "demo", "web", NULL), 1);
    assert_int_equal(lab_run(l, "servers", "demo", "frob", NULL), 2);
    assert_int_equal(lab_run(l, "servers", "demo", "start", "x", "y", "--port", "many", NULL), 2);
    assert_int_equal(lab_run(l, "--readonly", "servers", "demo", "stop", "web", NULL), 1);
    assert_has(l->err, "read-only");
}

static void files__bytes__are_kept(void **state)
{
    struct lab *l = *state;

    begin(l);
    expect(
        l,
        "head -c 2500000 /dev/urandom >in; $S files demo put a/b <in; $S files demo cat a/b >out;"
        " cmp in out && echo same; $S files demo ls a --json | grep -c '\"size\":\t2500000'",
        "same\n1\n");
    expect(l, "$S files demo mkdir d; $S files demo mv a/b d/c; $S exec demo 'find a d'",
           "a\nd\nd/c\n");
    expect(l, "$S files demo rm a d; $S exec demo 'ls'", "");
    assert_int_equal(lab_run(l, "files", "demo", "cat", "none", NULL), 1);
    assert_has(l->err, "there is no such file");
}

static void cp__trees__both_ways(void **state)
{
    struct lab *l = *state;

    begin(l);
    expect(
        l,
        "mkdir -p t/sub; echo 1 >t/one; head -c 200000 /dev/urandom >t/sub/two; ln -s ../one "
        "t/sub/l; chmod 700 t/one; $S cp -r t demo:; $S cp -r demo:t back; diff -r t back && "
        "readlink back/sub/l && stat -c %a back/one; $S cp t/one demo:/tmp/; $S cp demo:/tmp/one "
        "two; cat two",
        "../one\n700\n1\n");
    assert_int_equal(lab_sh(l, "$S cp t demo:x"), 1);
    assert_has(l->err, "-r copies folders");
    assert_int_equal(lab_sh(l, "$S cp t/one two"), 2);
    assert_int_equal(lab_sh(l, "$S cp demo:none here"), 1);
    expect(l, "$S cp -r --json demo:t json | tr -d '\\n\\t'",
           "{\"files\":5,\"bytes\":200002,"
           "\"leftOut\":0}");
}

static void env__secrets__stay_masked(void **state)
{
    struct lab *l = *state;

    begin(l);
    expect(l, "printf 'A=1\\nKEY=s3cret\\n' | $S env demo set; $S env demo",
           "A=********\nKEY=********"
           "\n");
    expect(l, "$S env demo get KEY; $S env demo rm A; $S env demo -x", "s3cret\nA\nKEY=s3cret\n");
    expect(l, "$S env demo -F other set KEY=s3cret NEW=1; $S env demo diff other -x || echo $?",
           "+NEW=1\n1\n");
    assert_int_equal(lab_run(l, "env", "demo", "get", "NONE", NULL), 1);
}

static void watch_and_signals__until_interrupted(void **state)
{
    struct lab *l = *state;
    struct pty *p;

    begin(l);
    p = lab_pty(l, 24, 100, "watch", "demo", "/tmp", NULL);
    assert_screen(p, "watching");
    lab_do(l, "exec", "demo", "echo >/tmp/seen", NULL);
    assert_screen(p, "/tmp/seen");
    pty_send(p, "\x03");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 130);
    pty_destroy(p);
    expect(l, "$S watch demo --json", "[]\n"); /* its watcher went with it */
    lab_do(l, "signals", "demo", "start", NULL);
    p = lab_pty(l, 24, 100, "signals", "demo", NULL);
    assert_screen(p, "listening");
    lab_do(l, "signals", "demo", "port", "3000", "open", NULL);
    assert_screen(p, "port 3000 open");
    kill(pty_pid(p), SIGTERM);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 143);
    pty_destroy(p);
    assert_int_equal(lab_run(l, "signals", "demo", "port", "0", "open", NULL), 2);
}

static void events__stored__are_listed_and_followed(void **state)
{
    struct lab *l = *state;
    struct pty *p;

    begin(l);
    lab_do(l, "events", "demo", "emit", "my.type", "{\"a\":1}", NULL);
    expect(l, "$S events demo -t my.type | sed 's/.*my.type/my.type/; s/  */ /g'",
           "my.type {\"a\":1}\n");
    p = lab_pty(l, 24, 120, "events", "demo", "-f", "-t", "my.type", "--since", "1h", NULL);
    assert_screen(p, "{\"a\":1}");
    lab_do(l, "events", "demo", "emit", "my.type", "{\"b\":2}", NULL);
    assert_screen(p, "{\"b\":2}");
    pty_send(p, "\x03");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 130);
    pty_destroy(p);
    assert_int_equal(lab_run(l, "events", "demo", "emit", "t", "[1]", NULL), 2);
}

static void tokens_links_overlays__work(void **state)
{
    struct lab *l = *state;

    begin(l);
    assert_true(strlen(lab_do(l, "token", "demo", "create", "-d", "guest", "--observe", NULL)) >
                20);
    cleanup_free char *secret = xstrdup(l->out);

    assert_int_equal(lab_run(l, "token", "demo", NULL), 0);
    assert_has(l->out, "guest");
    assert_null(strstr(l->out, secret));
    expect(l,
           "id=$($S token demo | sed -n '2s/ .*//p'); $S token demo revoke $id; $S token demo "
           "--json",
           "[]\n");
    assert_has(lab_do(l, "link", "demo", NULL), "/auth/magic/");
    expect(l,
           "$S exec demo 'mkdir src; echo 1 >src/f'; $S overlay demo create /home/user/src dst "
           ">id; $S exec demo 'cat dst/f'; $S overlay demo rm $(cat id); $S overlay demo --json",
           "1\n[]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(exec__input__goes_along),
        LAB_TEST(exec__output__streams),
        LAB_TEST(exec__interrupted__ends_the_command),
        LAB_TEST(exec__reader_gone__ends),
        LAB_TEST(run__background__is_listed_and_waited_for),
        LAB_TEST(servers__life__and_logs),
        LAB_TEST(files__bytes__are_kept),
        LAB_TEST(cp__trees__both_ways),
        LAB_TEST(env__secrets__stay_masked),
        LAB_TEST(watch_and_signals__until_interrupted),
        LAB_TEST(events__stored__are_listed_and_followed),
        LAB_TEST(tokens_links_overlays__work),
    };
    return cmocka_run_group_tests_name("resources", tests, NULL, NULL);
}
