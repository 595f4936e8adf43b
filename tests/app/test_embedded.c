/* SPDX-License-Identifier: MIT
 *
 * Starting the embedded gateway when things go wrong: shell scripts stand in for a sandpitd that
 * fails in ways the real one cannot be made to. With the real one: tests/e2e.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/embedded.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/private_file.h"
#include "tests/cm.h"

struct fixture {
    char dir[64];
    struct paths paths;
    char *url, *key;
    struct err e;
};

static void put_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
}

static void put_in(struct fixture *f, const char *name, const char *text, mode_t mode)
{
    cleanup_free char *path = xasprintf("%s/%s", f->dir, name);

    put_file(path, text, mode);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    snprintf(f->dir, sizeof f->dir, "/tmp/sandpit-embedded-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->paths.host_state_dir = xasprintf("%s/state/sandpitd", f->dir);
    f->paths.sandpitd = xasprintf("%s/sandpitd", f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    pid_t pid = fork();

    if (pid == 0) {
        execlp("rm", "rm", "-rf", f->dir, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    free(f->url);
    free(f->key);
    paths_finish(&f->paths);
    free(f);
    return 0;
}

static int ensure(struct fixture *f, const char *script)
{
    if (script)
        put_in(f, "sandpitd", script, 0755);
    return embedded_ensure_sync(&f->paths, &f->url, &f->key, &f->e);
}

static void embedded__sandpitd_missing__says_so(void **state)
{
    struct fixture *f = *state;

    free(f->paths.sandpitd);
    f->paths.sandpitd = NULL;
    assert_int_equal(ensure(f, NULL), -ERR_NOT_FOUND);
    assert_non_null(strstr(f->e.text, "cannot find sandpitd"));
    assert_non_null(strstr(f->e.hint, "--gateway"));
}

static void embedded__crash_at_start__shows_its_last_words(void **state)
{
    struct fixture *f = *state;

    assert_true(ensure(f, "#!/bin/sh\necho 'sandpitd: registry: disk I/O error' >&2\nexit 1\n") <
                0);
    assert_non_null(strstr(f->e.text, "did not start"));
    assert_non_null(strstr(f->e.text, "registry: disk I/O error"));
    assert_non_null(strstr(f->e.hint, "gateway.log"));
}

static void embedded__silent_crash__sends_to_the_doctor(void **state)
{
    struct fixture *f = *state;

    assert_true(ensure(f, "#!/bin/sh\nkill -SEGV $$\n") < 0);
    assert_non_null(strstr(f->e.hint, "doctor"));
}

static void embedded__old_log_lines__are_not_the_reason(void **state)
{
    struct fixture *f = *state;

    assert_true(ensure(f, "#!/bin/sh\necho 'sandpitd: first reason' >&2\nexit 1\n") < 0);
    assert_true(ensure(f, "#!/bin/sh\necho 'sandpitd: second reason' >&2\nexit 1\n") < 0);
    assert_non_null(strstr(f->e.text, "second reason"));
    assert_null(strstr(f->e.text, "first reason"));
}

static void embedded__port_taken__takes_another(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        ensure(f, "#!/bin/sh\n"
                  "case \"$*\" in\n"
                  "*'--listen 127.0.0.1:0'*) ;;\n"
                  "*) echo 'sandpitd: 127.0.0.1:7780: Address already in use' >&2; exit 1;;\n"
                  "esac\n"
                  "[ -z \"$SANDPIT_API_KEY$COMPUTESDK_API_KEY\" ] || exit 3\n"
                  "echo the-key > \"$3/api-key\"\n"
                  "echo 'sandpitd: pubsub on 127.0.0.1:1'\n"
                  "echo 'sandpitd: listening on http://127.0.0.1:4242'\n"),
        0);
    assert_string_equal(f->url, "http://127.0.0.1:4242");
    assert_string_equal(f->key, "the-key");
}

static void embedded__state_folder_in_the_way__says_what_to_do(void **state)
{
    struct fixture *f = *state;

    put_in(f, "state", "a file", 0600);
    assert_true(ensure(f, "#!/bin/sh\nexit 0\n") < 0);
    assert_non_null(strstr(f->e.text, "state folder"));
    assert_non_null(strstr(f->e.hint, "XDG_STATE_HOME"));
}

/* A server that answers every connection with 200, until it is killed. */
static pid_t start_server(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *port = ntohs(at.sin_port);
    pid_t pid = fork();
    if (pid)
        return close(fd), pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed assertion jumps over the kill */
    for (;;) {
        static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        char request[1024];
        int c = accept(fd, NULL, NULL);

        if (read(c, request, sizeof request) > 0 && write(c, reply, sizeof reply - 1) < 0)
            _exit(1);
        close(c);
    }
}

static char *record_for(int port)
{
    return xasprintf("{\"pid\":1,\"url\":\"http://127.0.0.1:%d\",\"version\":\"9\"}", port);
}

static void embedded__another_is_starting__joins_it(void **state)
{
    struct fixture *f = *state;
    int port;
    pid_t server = start_server(&port);
    cleanup_free char *record = record_for(port);
    /* The winner is ready only after the loser has given up. */
    cleanup_free char *script =
        xasprintf("#!/bin/sh\necho 'sandpitd: another gateway uses this state folder' >&2\n"
                  "(sleep 0.3; echo k > \"$3/api-key\"; echo '%s' > \"$3/t\"; "
                  "mv \"$3/t\" \"$3/gateway.json\") >/dev/null 2>&1 &\nexit 1\n",
                  record);
    int rc = ensure(f, script);

    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    assert_int_equal(rc, 0);
    assert_string_equal(f->key, "k");
}

static void embedded__one_runs__is_used_without_a_start(void **state)
{
    struct fixture *f = *state;
    int port;
    pid_t server = start_server(&port);
    cleanup_free char *record = record_for(port);

    assert_int_equal(private_make_dir(f->paths.host_state_dir, NULL), 0);
    put_in(f, "state/sandpitd/gateway.json", record, 0600);
    put_in(f, "state/sandpitd/api-key", "abc\n", 0600);
    int rc = ensure(f, "#!/bin/sh\nexit 1\n");
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    assert_int_equal(rc, 0);
    assert_string_equal(f->key, "abc");
}

static void embedded_record__broken_or_foreign__counts_as_none(void **state)
{
    static const char *const cases[] = {
        "",
        "{",
        "[]",
        "{\"url\":5}",
        "{\"url\":\"http://evil.example.com:7780\"}",
        "{\"url\":\"https://127.0.0.1:1\"}",
        "{\"pid\":3}",
    };
    struct fixture *f = *state;
    struct embedded_record r;

    assert_int_equal(private_make_dir(f->paths.host_state_dir, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        put_in(f, "state/sandpitd/gateway.json", cases[i], 0600);
        assert_false(embedded_record_read(&r, f->paths.host_state_dir));
        embedded_record_finish(&r);
    }
    put_in(f, "state/sandpitd/gateway.json",
           "{\"pid\":77,\"url\":\"http://127.0.0.1:7780\",\"version\":\"0.1.0\"}\n", 0600);
    assert_true(embedded_record_read(&r, f->paths.host_state_dir));
    assert_int_equal(r.pid, 77);
    assert_string_equal(r.version, "0.1.0");
    embedded_record_finish(&r);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(embedded__sandpitd_missing__says_so),
        CASE(embedded__crash_at_start__shows_its_last_words),
        CASE(embedded__silent_crash__sends_to_the_doctor),
        CASE(embedded__old_log_lines__are_not_the_reason),
        CASE(embedded__port_taken__takes_another),
        CASE(embedded__state_folder_in_the_way__says_what_to_do),
        CASE(embedded__another_is_starting__joins_it),
        CASE(embedded__one_runs__is_used_without_a_start),
        CASE(embedded_record__broken_or_foreign__counts_as_none),
    };

    setenv("SANDPIT_API_KEY", "secret", 1);
    setenv("COMPUTESDK_API_KEY", "secret", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
