/* SPDX-License-Identifier: MIT
 *
 * The completion in real shells, against the real host.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"

/* What bash makes of the words, the last of which is being completed; one a line. */
static const char *bash(struct lab *l, const char *words)
{
    cleanup_free char *script = xasprintf("cat >try.bash <<'END'\n"
                                          "PATH=${S%%/*}:$PATH\n"
                                          "source <(sandpit completion bash)\n"
                                          "COMP_WORDS=(%s)\n"
                                          "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                          "compopt() { :; }\n"
                                          "_sandpit\n"
                                          "printf '%%s\\n' \"${COMPREPLY[@]}\"\n"
                                          "END\n"
                                          "S=$S bash --norc try.bash",
                                          words);

    assert_int_equal(lab_sh(l, script), 0);
    assert_string_equal(l->err, "");
    return l->out;
}

static void expect(struct lab *l, const char *words, const char *first, ...)
    __attribute__((sentinel));
/* Each of the texts (list ends with NULL) is a line of it; one that begins with "!" is none. */
static void expect(struct lab *l, const char *words, const char *first, ...)
{
    cleanup_free char *lines = xasprintf("\n%s", bash(l, words));
    va_list args;

    va_start(args, first);
    for (const char *text = first; text; text = va_arg(args, const char *)) {
        bool is_wanted = *text != '!';
        cleanup_free char *line = xasprintf("\n%s\n", text + !is_wanted);

        if (!strstr(lines, line) == is_wanted)
            fail_msg("%s: \"%s\" is%s among:%s", words, text + !is_wanted, is_wanted ? " not" : "",
                     lines);
    }
    va_end(args);
}

static void completion__bash__knows_the_tables(void **state)
{
    struct lab *l = *state;

    expect(l, "sandpit se", "servers", "!show", NULL);
    expect(l, "sandpit ''", "ls", "terminals", "completion", "help", NULL);
    expect(l, "sandpit --re", "--readonly", NULL);
    expect(l, "sandpit new --t", "--timeout", "--template", "!--json", NULL);
    expect(l, "sandpit help ru", "run", NULL);
    expect(l, "sandpit servers demo st", "start", "stop", "status", "!restart", NULL);
    expect(l, "sandpit servers demo status web r", "running", "ready", "restarting", NULL);
    expect(l, "sandpit servers demo --restart ''", "never", "on-failure", "always", NULL);
    expect(l, "sandpit logs --stream = s", "stdout", "stderr", "!combined", NULL);
    expect(l, "sandpit -c tok", "tokens", NULL);
    expect(l, "sandpit signals demo port 3000 ''", "open", "close", NULL);
    expect(l, "sandpit completion ''", "bash", "zsh", NULL);
    expect(l, "sandpit nothing ''", "", NULL);
}

static void completion__bash__asks_for_names(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "demo", NULL);
    lab_do(l, "new", "alice/api", NULL);
    lab_do(l, "servers", "demo", "start", "web", "sleep 1000", NULL);
    lab_do(l, "env", "demo", "set", "SECRET_NAME=hidden-value", NULL);
    lab_write(l, "config/sandpit/config.ini", "[context work]\nurl = http://127.0.0.1:1\n");
    expect(l, "sandpit shell ''", "demo", "alice/api", NULL);
    expect(l, "sandpit shell alice/", "alice/api", "!demo", NULL);
    expect(l, "sandpit -n alice shell ''", "api", "!demo", "default/demo", NULL);
    expect(l, "sandpit rm demo ''", "alice/api", NULL);
    expect(l, "sandpit cp d", "demo:", NULL);
    expect(l, "sandpit cp demo : /tmp/x tr", "try.bash", NULL);
    cleanup_free char *terminal = xstrdup(lab_do(l, "terminals", "demo", "create", NULL));
    terminal[strcspn(terminal, "\n")] = '\0';
    expect(l, "sandpit attach ''", "demo", "alice/api", NULL);
    expect(l, "sandpit attach --", "--new", "--observe", "--terminal", NULL);
    expect(l, "sandpit attach demo term", terminal, NULL);
    expect(l, "sandpit attach demo --terminal term", terminal, NULL);
    expect(l, "sandpit attach demo -t ''", terminal, NULL);
    lab_do(l, "exec", "demo", "mkdir -p src/deep; echo >src/main.c; echo >'not;plain'", NULL);
    expect(l, "sandpit files demo cat ''", "src/", "!not;plain", NULL);
    expect(l, "sandpit files demo cat src/", "src/main.c", "src/deep/", NULL);
    expect(l, "sandpit watch demo path /home/us", "/home/user/", NULL);
    expect(l, "sandpit cp demo : src/m", "src/main.c", NULL);
    expect(l, "sandpit cp demo : src/nope/x", "", NULL);
    expect(l, "sandpit logs demo ''", "web", NULL);
    expect(l, "sandpit servers demo stop ''", "web", NULL);
    expect(l, "sandpit env demo get ''", "SECRET_NAME", "!hidden-value", NULL);
    expect(l, "sandpit -n ''", "alice", "default", NULL);
    expect(l, "sandpit --context ''", "work", "embedded", NULL);
    expect(l, "sandpit --log tr", "try.bash", NULL);
    expect(l, "sandpit --context work shell ''", "!demo", NULL);
}

/* A name that the shell would run, or take apart, is not put into a command line. */
static void completion__hostile_names__are_left_out(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_do(l, "new", "plain", NULL);
    if (lab_run(l, "new", "x$(touch oops);y", NULL) != 0)
        assert_has(l->err, "name");
    expect(l, "sandpit shell ''", "plain", NULL);
    assert_null(strstr(l->out, "$("));
}

static void completion__no_gateway__is_quick_and_silent(void **state)
{
    struct lab *l = *state;
    int64_t begun_ms = clock_mono_ms();

    expect(l, "sandpit shell ''", "", NULL);
    expect(l, "sandpit --gateway http://127.0.0.1:1 servers demo stop ''", "", NULL);
    assert_true(clock_mono_ms() - begun_ms < 5000);
    assert_null(lab_read(l, "state/sandpitd/gateway.json"));
}

static void completion__mute_gateway__is_not_waited_for(void **state)
{
    struct lab *l = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int64_t begun_ms = clock_mono_ms();

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    lab_write(l, "key", "some-key\n");
    cleanup_free char *words =
        xasprintf("sandpit --api-key-file key --gateway http://127.0.0.1:%d servers demo stop ''",
                  ntohs(at.sin_port));

    expect(l, words, "", NULL);
    assert_true(clock_mono_ms() - begun_ms < 8000);
    close(fd);
}

/* A shell at its prompt; the program is found in PATH. */
static struct pty *shell(struct lab *l, const char *const argv[], const char *load)
{
    struct pty *p = pty_start(argv, (const char *const *)l->env, 24, 80);
    cleanup_free char *line =
        xasprintf("cd '%s'; PS1='ready> '; PATH='%.*s':$PATH; %s; clear\r", l->dir,
                  (int)(strrchr(l->sandpit, '/') - l->sandpit), l->sandpit, load);

    pty_send(p, line);
    assert_screen(p, "ready>");
    assert_true(pty_wait_gone(p, WAIT_MS, "PATH=", NULL));
    return p;
}

static void complete_by_tab(struct lab *l, struct pty *p)
{
    pty_send(p, "sandpit serv\t");
    assert_screen(p, "sandpit servers");
    pty_send(p, "al\t");
    assert_screen(p, "sandpit servers alice/api");
    pty_send(p, "sto\t");
    assert_screen(p, "sandpit servers alice/api stop");
    pty_send(p, "w\t");
    assert_screen(p, "sandpit servers alice/api stop web");
    pty_send(p, "\r");
    assert_screen(p, "stopped");
    pty_send(p, "\025clear\rsandpit cp notes.t\t");
    assert_screen(p, "sandpit cp notes.txt");
    pty_send(p, "alice/a\t");
    assert_screen(p, "sandpit cp notes.txt alice/api:");
    /* No blank behind the colon: the path goes on. */
    pty_send(p, "copied.txt\r");
    assert_int_equal(lab_sh(l, "i=0; until [ \"$($S files alice/api cat copied.txt)\" = text ]; do "
                               "[ $((i += 1)) -lt 100 ] || exit 1; sleep 0.1; done"),
                     0);
}

static void prepare(struct lab *l)
{
    lab_gateway(l, NULL);
    lab_do(l, "new", "alice/api", NULL);
    lab_do(l, "servers", "alice/api", "start", "web", "sleep 1000", NULL);
    lab_write(l, "notes.txt", "text\n");
}

static void completion__bash__by_tab(void **state)
{
    static const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};
    struct lab *l = *state;

    prepare(l);
    struct pty *p = shell(l, argv, "source <(sandpit completion bash)");

    complete_by_tab(l, p);
    pty_destroy(p);
}

static void completion__zsh__by_tab(void **state)
{
    static const char *const argv[] = {"zsh", "-f", "-i", NULL};
    struct lab *l = *state;

    if (access("/usr/bin/zsh", X_OK) != 0 && access("/bin/zsh", X_OK) != 0)
        skip();
    prepare(l);
    struct pty *p =
        shell(l, argv, "autoload -Uz compinit; compinit -D -u; source <(sandpit completion zsh)");

    complete_by_tab(l, p);
    pty_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(completion__bash__knows_the_tables),
        LAB_TEST(completion__bash__asks_for_names),
        LAB_TEST(completion__hostile_names__are_left_out),
        LAB_TEST(completion__no_gateway__is_quick_and_silent),
        LAB_TEST(completion__mute_gateway__is_not_waited_for),
        LAB_TEST(completion__bash__by_tab),
        LAB_TEST(completion__zsh__by_tab),
    };
    return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
