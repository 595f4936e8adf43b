/* SPDX-License-Identifier: MIT
 *
 * Ways out of a sandbox, tried from inside as its guest through the API, and ways into a neighbour
 * with one's own token. What host/test_jail and daemon/test_files try is not repeated.
 */
#include "tests/host/hostile/guest.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/http/http.h"

/* The tables of host/daemon/api.c and host/gateway/routes.c; their headers do not go together. */
extern const struct http_route daemon_routes[], gateway_routes[];

static struct host host;
static struct guest a, b;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    host_init(&host, false);
    host_start(&host, NULL);
    guest_create(&a, &host, "{}");
    guest_create(&b, &host, "{}");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guest_finish(&a);
    guest_finish(&b);
    host_finish(&host);
    return 0;
}

static void assert_sh(const struct guest *g, const char *command, const char *expected)
{
    cleanup_free char *out = guest_sh(g, command, NULL);

    assert_string_equal(out, expected);
}

/* --- system calls and /proc --- */

static void copy_program(const char *from, const char *to)
{
    cleanup_fd int in = open(from, O_RDONLY | O_CLOEXEC);
    cleanup_fd int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    char bytes[65536];
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    assert_int_equal(fchmod(out, 0755), 0);
}

static void escape__probe__nothing_works(void **state)
{
    cleanup_free char *probe =
        xasprintf("%s/tests/host/hostile/probe", getenv("SANDPIT_BUILD_ROOT"));
    cleanup_free char *inside = xasprintf("%s/sandboxes/%s/root/tmp/probe", host.state, a.id);
    pid_t daemon = host_daemon_pid(&host, a.id);

    (void)state;
    copy_program(probe, inside);
    assert_sh(&a, "/tmp/probe", "done\n");
    assert_sh(&a, "echo on", "on\n");
    assert_int_equal(host_daemon_pid(&host, a.id), daemon);
    /* The shell of a terminal has the same walls. */
    cleanup_free char *terminal = guest_pty(&a);
    struct ws ws;
    assert_int_equal(ws_open(&ws, &a, a.token, "json"), 101);
    ws_say(&ws, "{\"type\":\"subscribe\",\"channel\":\"terminal:%s\"}", terminal);
    ws_say(&ws,
           "{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"%s\","
           "\"input\":\"[ $(/tmp/probe) = done ] && echo shut-$((6*7))\\n\"}}",
           terminal);
    ws_wait(&ws, "shut-42");
    ws_close(&ws);
}

/* While pid 1 starts processes it blocks its signals, and the kernel does not ignore them then. */
static void escape__signals__pid_1_outlives_a_storm(void **state)
{
    pid_t daemon = host_daemon_pid(&host, a.id);

    (void)state;
    free(guest_sh(&a, "for i in 1 2; do /tmp/probe signals 300 >/tmp/storm.$i 2>&1 & done", NULL));
    for (int i = 0; i < 40; i++)
        assert_sh(&a, "echo on", "on\n");
    assert_sh(&a,
              "while ! grep -q done /tmp/storm.1 || ! grep -q done /tmp/storm.2; do "
              "sleep 0.05; done; cat /tmp/storm.*",
              "done\ndone\n");
    assert_int_equal(host_daemon_pid(&host, a.id), daemon);
}

/* --- paths of the API that lead out --- */

static void escape__files__links_lead_nowhere_else(void **state)
{
    static const char *const targets[] = {"/proc/1/environ",
                                          "/proc/1/mem",
                                          "/proc/1/maps",
                                          "/proc/1/fd/3",
                                          "/proc/1/fd/4",
                                          "/proc/1/fd/6",
                                          "/proc/1/cwd",
                                          "/proc/1/root",
                                          "/proc/1/exe",
                                          "/proc/self/mem",
                                          "/proc/self/environ",
                                          "/proc/self/fd/4",
                                          "/proc/self/fd/6",
                                          "/proc/thread-self/fd/6",
                                          "/proc/self/root/etc/shadow",
                                          "/proc/1/task/1/environ",
                                          "/proc/kcore",
                                          "/dev/mem"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        cleanup_free char *link =
            xasprintf("ln -sfn %s /tmp/leads; ln -sfn /tmp/leads /tmp/far", targets[i]);
        cleanup_free char *direct = xasprintf("/files/%s?content=true", targets[i]);
        const char *const paths[] = {direct, "/files//tmp/leads?content=true",
                                     "/files//tmp/far?content=true"};

        free(guest_sh(&a, link, NULL));
        for (size_t k = 0; k < ARRAY_LEN(paths); k++) {
            int status = guest_ask(&a, "GET", paths[k], NULL, NULL);

            if (status < 400 || status >= 500)
                fail_msg("%s for %s: %d", paths[k], targets[i], status);
        }
        int status =
            guest_ask(&a, "POST", "/files", "{\"path\":\"/tmp/far\",\"content\":\"x\"}", NULL);
        if (status < 400 && !strncmp(targets[i], "/proc/1", 7))
            fail_msg("written through a link to %s", targets[i]);
    }
}

/* The state folder is outside: no path, no link of a guest's leads there, or changes it. */
static void escape__files__the_state_folder_is_out_of_sight(void **state)
{
    cleanup_free char *secret = xasprintf("%s/secret", host.folder);
    cleanup_free char *link =
        xasprintf("ln -sfn %s /tmp/out; ln -sfn %s /tmp/dir", secret, host.folder);
    cleanup_free char *direct = xasprintf("/files/%s?content=true", secret);
    cleanup_free char *above = xasprintf("/files//../../..%s?content=true", secret);
    cleanup_free char *coded = xasprintf("/files/%%2e%%2e/%%2e%%2e/%%2e%%2e%s", secret);
    const char *const paths[] = {direct, above, coded, "/files//tmp/out?content=true",
                                 "/files//tmp/dir/secret?content=true"};
    FILE *f = fopen(secret, "w");

    (void)state;
    fputs("secret", f);
    fclose(f);
    free(guest_sh(&a, link, NULL));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        assert_int_equal(guest_ask(&a, "GET", paths[i], NULL, NULL), 404);
    guest_ask(&a, "DELETE", "/files//tmp/dir/secret", NULL, NULL);
    guest_ask(&a, "DELETE", "/files//tmp/dir", NULL, NULL);
    guest_ask(&a, "POST", "/filesystem/overlays", "{\"source\":\"/tmp/dir\",\"target\":\"o\"}",
              NULL);
    assert_int_equal(access(secret, F_OK), 0);
    assert_sh(&a, "ls -A /home/user/o 2>/dev/null", "");
    /* A guest's links in its root lead nobody astray who cleans it away. */
    struct guest c;
    guest_create(&c, &host, "{}");
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", c.id);
    cleanup_free char *gone = xasprintf("%s/sandboxes/%s", host.state, c.id);
    free(guest_sh(&c, link, NULL));
    assert_int_equal(host_ask(&host, "DELETE", path, NULL, NULL), 200);
    wait_until(access(gone, F_OK) != 0);
    assert_int_equal(access(secret, F_OK), 0);
    guest_finish(&c);
}

/* --- one's own token elsewhere --- */

/* A path for the route: any value for its parameters. */
static char *path_for(const char *pattern)
{
    struct buf path = {0};

    for (const char *p = pattern; *p; p++) {
        if (*p == ':' || *p == '*') {
            buf_append_str(&path, *p == ':' ? "x" : "/etc/passwd");
            p += strcspn(p, "/") - 1;
        } else {
            buf_append_char(&path, *p);
        }
    }
    return buf_steal(&path);
}

static char *session_token(const struct guest *g)
{
    cJSON *json;

    assert_in_range(guest_ask(g, "POST", "/auth/session_tokens", "{}", &json), 200, 201);
    char *token = xstrdup(cJSON_GetObjectItem(json, "token")->valuestring);
    cJSON_Delete(json);
    return token;
}

static void escape__token__opens_no_route_of_another(void **state)
{
    cleanup_free char *session = session_token(&a);
    const char *const tokens[] = {a.token, session, a.id, "test-key", "", NULL};

    (void)state;
    for (const struct http_route *r = daemon_routes; r->method; r++) {
        cleanup_free char *path = path_for(r->pattern);

        if (r->access == HTTP_OPEN)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
            int status = guest_ask_as(&b, tokens[i], r->method, path, NULL, NULL);

            if (status != 401)
                fail_msg("%s %s with token %zu: %d", r->method, path, i, status);
        }
    }
    struct ws ws;
    assert_int_equal(ws_open(&ws, &b, session, "json"), 401);
    assert_int_equal(ws_open(&ws, &b, a.token, "binary"), 401);
}

static void escape__token__is_no_api_key(void **state)
{
    (void)state;
    for (const struct http_route *r = gateway_routes; r->method; r++) {
        cleanup_free char *path = path_for(r->pattern);
        cleanup_fd int fd = host_connect(&host);
        cleanup_free char *text =
            xasprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                      "X-API-Key: %s\r\nX-ComputeSDK-API-Key: %s\r\nCookie: token=%s\r\n\r\n",
                      r->method, path, a.token, a.token, a.token, a.token);

        if (r->access == HTTP_OPEN)
            continue;
        send_text(fd, text);
        int status = read_reply(fd, NULL);
        if (status != 401)
            fail_msg("%s %s: %d", r->method, path, status);
    }
}

/* From inside the machine's ports are in reach (the network is shared): they open nothing more. */
static void escape__network__the_gateway_knows_its_guests(void **state)
{
    cleanup_free char *body =
        xasprintf("ask() { exec 3<>/dev/tcp/127.0.0.1/%d\n"
                  "  printf '%%s /%%s HTTP/1.1\\r\\nHost: %%s\\r\\nAuthorization: Bearer %s\\r\\n"
                  "X-API-Key: %s\\r\\nConnection: close\\r\\n\\r\\n' $1 $2 $3 >&3\n"
                  "  head -n 1 <&3 | cut -d' ' -f2; exec 3>&-; }\n"
                  "ask GET v1/sandboxes localhost; ask DELETE v1/sandboxes/%s localhost\n"
                  "ask GET v1/snapshots localhost; ask GET events/%s localhost\n"
                  "ask GET info %s.localhost; ask GET files//etc/passwd %s.localhost\n"
                  "ask GET info %s.localhost",
                  host.port, a.token, a.token, b.id, b.id, b.id, b.id, a.id);
    cleanup_free char *out = guest_sh(&a, body, NULL);

    (void)state;
    /* Not every gateway has snapshots. */
    for (char *p = strstr(out, "404"); p; p = strstr(p, "404"))
        p[2] = '1';
    assert_string_equal(out, "401\n401\n401\n401\n401\n401\n200\n");
}

/* --- previews --- */

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int ask_preview(const struct guest *g, int port)
{
    cleanup_fd int fd = host_connect(&host);
    cleanup_free char *text = xasprintf("GET / HTTP/1.1\r\nHost: %s-%d.localhost:%d\r\n"
                                        "X-API-Key: test-key\r\n\r\n",
                                        g->id, port, host.port);

    send_text(fd, text);
    return read_reply(fd, NULL);
}

static void escape__preview__leads_to_nobody_else(void **state)
{
    int port_of_b, port_of_machine;
    cleanup_fd int listener = listen_somewhere(&port_of_machine);
    struct pollfd knock = {listener, POLLIN, 0};

    (void)state;
    /* A number that was free a moment ago. */
    close(listen_somewhere(&port_of_b));
    cleanup_free char *serve =
        xasprintf("printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi' >/tmp/reply\n"
                  "command -v python3 >/dev/null || { echo none; exit; }\n"
                  "cat >/tmp/serve.py <<'EOF'\n"
                  "import socket\n"
                  "s = socket.create_server(('127.0.0.1', %d))\n"
                  "while True:\n"
                  "    c, _ = s.accept()\n"
                  "    c.recv(4096)\n"
                  "    c.sendall(open('/tmp/reply', 'rb').read())\n"
                  "    c.close()\n"
                  "EOF\n"
                  "python3 /tmp/serve.py >/dev/null 2>&1 & echo started",
                  port_of_b);
    cleanup_free char *said = guest_sh(&b, serve, NULL);
    if (!strcmp(said, "started\n")) {
        wait_until(ask_preview(&b, port_of_b) == 200);
        assert_in_range(ask_preview(&a, port_of_b), 400, 599);
    }
    assert_in_range(ask_preview(&a, port_of_machine), 400, 599);
    assert_int_equal(poll(&knock, 1, 0), 0);
    assert_in_range(ask_preview(&a, host.port), 400, 599);
    assert_in_range(ask_preview(&a, host.pubsub_port), 400, 599);
    assert_in_range(ask_preview(&a, 22), 400, 599);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escape__probe__nothing_works),
        cmocka_unit_test(escape__signals__pid_1_outlives_a_storm),
        cmocka_unit_test(escape__files__links_lead_nowhere_else),
        cmocka_unit_test(escape__files__the_state_folder_is_out_of_sight),
        cmocka_unit_test(escape__token__opens_no_route_of_another),
        cmocka_unit_test(escape__token__is_no_api_key),
        cmocka_unit_test(escape__network__the_gateway_knows_its_guests),
        cmocka_unit_test(escape__preview__leads_to_nobody_else),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("hostile_escape", tests, set_up, tear_down);
}
