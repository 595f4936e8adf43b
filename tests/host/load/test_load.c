/* SPDX-License-Identifier: MIT
 *
 * Many at once, on a real gateway: sockets, commands, terminals, sandboxes, connections. Every
 * answer is checked for being the right one; how long it takes is for `./dev bench`.
 */
#include "tests/host/hostile/guest.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

static struct host host;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    host_init(&host, false);
    host_start(&host, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_finish(&host);
    return 0;
}

static void subscribe(struct ws *ws, const char *terminal)
{
    ws_say(ws, "{\"type\":\"subscribe\",\"channel\":\"terminal:%s\"}", terminal);
}

static void type(struct ws *ws, const char *terminal, const char *text)
{
    ws_say(ws, "{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"%s\",\"input\":\"%s\"}}",
           terminal, text);
}

static void end_sandbox(struct guest *g)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", g->id);

    assert_int_equal(host_ask(&host, "DELETE", path, NULL, NULL), 200);
    guest_finish(g);
}

/* --- 500 WebSockets --- */

static void load__echo__on_500_websockets(void **state)
{
    enum { N = 500, N_TERMINALS = 25 };
    static struct ws sockets[N];
    char *terminals[N_TERMINALS];
    struct guest g;

    (void)state;
    need_files(N + 200);
    guest_create(&g, &host, "{}");
    for (int i = 0; i < N_TERMINALS; i++)
        terminals[i] = guest_pty(&g);
    for (int i = 0; i < N; i++) {
        assert_int_equal(ws_open(&sockets[i], &g, g.token, i % 2 ? "json" : "binary"), 101);
        subscribe(&sockets[i], terminals[i % N_TERMINALS]);
    }
    /* All are written to before the first is read. */
    for (int i = 0; i < N; i++) {
        cleanup_free char *line = xasprintf("echo from-$((%d+1000000))-\\n", i);

        type(&sockets[i], terminals[i % N_TERMINALS], line);
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *answer = xasprintf("from-%d-", i + 1000000);

        ws_wait(&sockets[i], answer);
    }
    assert_int_equal(guest_ask_as(&g, NULL, "GET", "/health", NULL, NULL), 200);
    for (int i = 0; i < N; i++)
        ws_close(&sockets[i]);
    for (int i = 0; i < N_TERMINALS; i++)
        free(terminals[i]);
    end_sandbox(&g);
}

/* --- 200 commands --- */

static void check_command(int fd, int i)
{
    cleanup_free char *out = xasprintf("out %d\n%d\n", i, i * i);
    cleanup_free char *err = xasprintf("err %d\n", i);
    cJSON *json;

    assert_int_equal(read_reply(fd, &json), 200);
    const cJSON *data = cJSON_GetObjectItem(json, "data");
    assert_string_equal(text_in(json, "stdout"), out);
    assert_string_equal(text_in(json, "stderr"), err);
    assert_int_equal(cJSON_GetObjectItem(data, "exit_code")->valueint, i % 256);
    cJSON_Delete(json);
}

/* None is ready before the last has started: they really run side by side. */
static void load__run__200_commands_at_once(void **state)
{
    enum { N = 200 };
    int fds[N];
    struct guest g;
    int exit_code;

    (void)state;
    need_files(N + 200);
    guest_create(&g, &host, "{}");
    free(guest_sh(&g, "mkfifo /tmp/go && mkdir /tmp/here", NULL));
    for (int i = 0; i < N; i++) {
        cleanup_free char *command =
            xasprintf("touch /tmp/here/%d; read x </tmp/go; echo out %d; echo err %d >&2;"
                      " echo $((%d * %d)); exit %d",
                      i, i, i, i, i, i % 256);
        cleanup_free char *body = command_body(command);

        fds[i] = guest_send(&g, g.token, "POST", "/run/command", body);
    }
    /* A FIFO opened for writing lets all of them read on, to its end. */
    free(guest_sh(&g,
                  "while [ \"$(ls /tmp/here | wc -l)\" -lt 200 ]; do sleep 0.05; done; : >/tmp/go",
                  &exit_code));
    assert_int_equal(exit_code, 0);
    for (int i = 0; i < N; i++) {
        check_command(fds[i], i);
        close(fds[i]);
    }
    end_sandbox(&g);
}

/* --- 50 terminals on one socket --- */

/* Adds the output in a JSON frame to its terminal's text; the terminal's number, or -1. */
static int take_output(const struct frame *f, char *const *terminals, struct buf *texts, int n)
{
    cJSON *o = f->opcode == 1 ? cJSON_ParseWithLength(f->payload.data, f->payload.len) : NULL;
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItem(o, "type"));
    const char *channel = cJSON_GetStringValue(cJSON_GetObjectItem(o, "channel"));
    int found = -1;

    if (kind && channel && !strcmp(kind, "terminal:output")) {
        for (int i = 0; i < n; i++)
            if (!strcmp(channel + strcspn(channel, ":") + 1, terminals[i]))
                found = i;
        assert_true(found >= 0);
        buf_append_str(&texts[found], text_in(o, "output"));
    }
    cJSON_Delete(o);
    return found;
}

static int marks_of_others(const struct buf *text, int self, int n)
{
    int found = 0;

    for (int i = 0; i < n; i++) {
        cleanup_free char *mark = xasprintf("mark-%d-", i + 1000);

        if (i != self && memmem(text->data, text->len, mark, strlen(mark)))
            found++;
    }
    return found;
}

static void load__keep_apart__50_terminals_on_one_socket(void **state)
{
    enum { N = 50, N_LINES = 40 };
    char *terminals[N];
    struct buf texts[N] = {{0}};
    bool done[N] = {false};
    int64_t end = clock_mono_ms() + HOST_DEADLINE_MS;
    struct guest g;
    struct ws ws;

    (void)state;
    guest_create(&g, &host, "{}");
    assert_int_equal(ws_open(&ws, &g, g.token, "json"), 101);
    for (int i = 0; i < N; i++) {
        terminals[i] = guest_pty(&g);
        subscribe(&ws, terminals[i]);
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *line =
            xasprintf("for i in $(seq %d); do echo mark-$((%d+1000))-; done; echo last-$((6*7))\\n",
                      N_LINES, i);

        type(&ws, terminals[i], line);
    }
    for (int n_done = 0; n_done < N;) {
        struct frame f;
        int i;

        assert_int_equal(ws_next(&ws, &f, end), 1);
        i = take_output(&f, terminals, texts, N);
        if (i >= 0 && !done[i] && memmem(texts[i].data, texts[i].len, "last-42", 7)) {
            done[i] = true;
            n_done++;
        }
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *mark = xasprintf("mark-%d-\r\n", i + 1000);
        const char *p = texts[i].data, *stop = p + texts[i].len;
        int n_marks = 0;

        while ((p = memmem(p, (size_t)(stop - p), mark, strlen(mark)))) {
            n_marks++;
            p++;
        }
        assert_int_equal(n_marks, N_LINES);
        assert_int_equal(marks_of_others(&texts[i], i, N), 0);
        buf_finish(&texts[i]);
        free(terminals[i]);
    }
    ws_close(&ws);
    end_sandbox(&g);
}

/* --- 50 sandboxes --- */

static int gateway_send(const char *method, const char *path, const char *body)
{
    cleanup_free char *text =
        xasprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nX-ComputeSDK-API-Key: test-key\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  method, path, strlen(body), body);
    int fd = host_connect(&host);

    send_text(fd, text);
    return fd;
}

static void load__live__50_sandboxes_at_once(void **state)
{
    enum { N = 50 };
    struct guest guests[N];
    int fds[N];

    (void)state;
    for (int i = 0; i < N; i++)
        fds[i] = gateway_send("POST", "/v1/sandboxes", "{}");
    for (int i = 0; i < N; i++) {
        cJSON *json;

        assert_int_equal(read_reply(fds[i], &json), 200);
        close(fds[i]);
        guests[i] = (struct guest){.host = &host,
                                   .id = xstrdup(text_in(json, "sandboxId")),
                                   .token = xstrdup(text_in(json, "token"))};
        snprintf(guests[i].name, sizeof guests[i].name, "%s.localhost:%d", guests[i].id, host.port);
        cJSON_Delete(json);
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *body = command_body("echo $(hostname)");

        fds[i] = guest_send(&guests[i], guests[i].token, "POST", "/run/command", body);
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *expected = xasprintf("%s\n", guests[i].id);
        cJSON *json;

        assert_int_equal(read_reply(fds[i], &json), 200);
        assert_string_equal(text_in(json, "stdout"), expected);
        cJSON_Delete(json);
        close(fds[i]);
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *path = xasprintf("/v1/sandboxes/%s", guests[i].id);

        fds[i] = gateway_send("DELETE", path, "");
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(read_reply(fds[i], NULL), 200);
        close(fds[i]);
        guest_finish(&guests[i]);
    }
}

/* --- 1,000 connections --- */

static void load__pass__a_burst_of_1000_connections(void **state)
{
    enum { N = 1000 };
    static int fds[N];
    struct guest g;

    (void)state;
    need_files(N + 200);
    guest_create(&g, &host, "{}");
    /* While the daemon is stopped they fill its socket, and then our queue. */
    pid_t pid = host_daemon_pid(&host, g.id);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    for (int i = 0; i < N; i++)
        fds[i] = guest_send(&g, NULL, "GET", "/health", NULL);
    assert_int_equal(host_ask(&host, "GET", "/health", NULL, NULL), 200);
    assert_int_equal(kill(pid, SIGCONT), 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(read_reply(fds[i], NULL), 200);
        close(fds[i]);
    }
    end_sandbox(&g);
}

/* --- no descriptors left --- */

/* -1: who reads it must be root, for the gateway's memory is its own. */
static int open_files(pid_t pid)
{
    cleanup_free char *path = xasprintf("/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    int n = 0;

    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void load__recover__from_having_no_descriptors(void **state)
{
    enum { N = 400, N_FILES = 300 };
    int fds[N];
    struct host small;
    struct guest g;
    struct ws ws;

    (void)state;
    need_files(N + 100);
    host_init(&small, false);
    small.n_files = N_FILES;
    host_start(&small, NULL);
    if (open_files(small.pid) < 0) {
        small.n_files = 0;
        host_finish(&small);
        skip();
    }
    guest_create(&g, &small, "{}");
    cleanup_free char *terminal = guest_pty(&g);
    assert_int_equal(ws_open(&ws, &g, g.token, "json"), 101);
    subscribe(&ws, terminal);
    int before = open_files(small.pid);
    for (int i = 0; i < N; i++) {
        fds[i] = host_connect(&small);
        send(fds[i], "GET / HT", 8, MSG_NOSIGNAL);
    }
    wait_until(open_files(small.pid) >= N_FILES - 20);
    /* What is open goes on: the gateway has no part in it. */
    type(&ws, terminal, "echo open-$((6*7))\\n");
    ws_wait(&ws, "open-42");
    for (int i = 0; i < N; i++)
        close(fds[i]);
    wait_until(open_files(small.pid) <= before + 2);
    assert_int_equal(guest_ask(&g, "GET", "/info", NULL, NULL), 200);
    cleanup_free char *second = host_create(&small, "{}");
    ws_close(&ws);
    guest_finish(&g);
    small.n_files = 0;
    host_finish(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load__echo__on_500_websockets),
        cmocka_unit_test(load__run__200_commands_at_once),
        cmocka_unit_test(load__keep_apart__50_terminals_on_one_socket),
        cmocka_unit_test(load__live__50_sandboxes_at_once),
        cmocka_unit_test(load__pass__a_burst_of_1000_connections),
        cmocka_unit_test(load__recover__from_having_no_descriptors),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("load", tests, set_up, tear_down);
}
