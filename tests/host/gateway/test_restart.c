/* SPDX-License-Identifier: MIT
 *
 * Starting, stopping and killing the gateway: what it says, what it leaves, what it finds again.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "tests/host/gateway/host.h"

static int status_of(struct host *h, const char *id, char **status)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    cJSON *json;
    int result = host_ask(h, "GET", path, NULL, &json);

    *status = xstrdup(text_in(json, "status"));
    cJSON_Delete(json);
    return result;
}

static void assert_status(struct host *h, const char *id, const char *status)
{
    cleanup_free char *is = NULL;

    assert_int_equal(status_of(h, id, &is), 200);
    assert_string_equal(is, status);
}

static void restart__find__sandboxes_again_after_kill_9(void **state)
{
    struct host h;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *a = host_create(&h, "{\"name\":\"a\"}");
    cleanup_free char *b = host_create(&h, "{\"name\":\"b\"}");
    pid_t pid = host_daemon_pid(&h, a), pid_b = host_daemon_pid(&h, b);
    cleanup_fd int fd = host_connect(&h);
    cleanup_free char *ask =
        xasprintf("GET /health HTTP/1.1\r\nHost: %s.localhost:%d\r\n\r\n", a, h.port);
    send_text(fd, ask);
    assert_int_equal(read_reply(fd, NULL), 200);
    host_end(&h, SIGKILL);
    send_text(fd, ask); /* a connection that was open goes on without a gateway */
    assert_int_equal(read_reply(fd, NULL), 200);
    kill(pid_b, SIGKILL);
    wait_until(!pid_lives(pid_b));
    host_start(&h, NULL);
    assert_status(&h, a, "running");
    assert_status(&h, b, "running"); /* on the same files, with another daemon */
    assert_int_not_equal(host_daemon_pid(&h, b), pid_b);
    assert_int_equal(host_daemon_pid(&h, a), pid);
    assert_int_equal(host_ask_sandbox(&h, a, "/health", NULL), 200);
    /* It can be destroyed by the new one, which is not its parent. */
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", a);
    assert_int_equal(host_ask(&h, "DELETE", path, NULL, NULL), 200);
    assert_false(pid_lives(pid));
    host_finish(&h);
}

static void restart__stop__leaves_sandboxes_unless_ephemeral(void **state)
{
    struct host h;
    struct stat st;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *id = host_create(&h, "{}");
    cleanup_free char *json = xasprintf("%s/gateway.json", h.state);
    pid_t pid = host_daemon_pid(&h, id);
    assert_int_equal(stat(json, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(host_end(&h, SIGTERM), 0);
    assert_int_not_equal(access(json, F_OK), 0);
    assert_true(pid_lives(pid));
    host_start(&h, "--ephemeral");
    assert_status(&h, id, "running");
    assert_int_equal(host_end(&h, SIGINT), 0);
    assert_false(pid_lives(pid));
    cleanup_free char *folder = xasprintf("%s/sandboxes/%s", h.state, id);
    assert_int_not_equal(access(folder, F_OK), 0);
    host_finish(&h);
}

static void restart__stop__with_a_creation_in_flight(void **state)
{
    struct host h;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    int fds[4];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = host_connect(&h);
        send_text(fds[i], "POST /v1/sandboxes HTTP/1.1\r\nHost: localhost\r\n"
                          "X-ComputeSDK-API-Key: test-key\r\nContent-Length: 2\r\n\r\n{}");
    }
    assert_int_equal(host_end(&h, SIGTERM), 0);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    host_finish(&h);
}

static void add_rows(const char *state, int n, const char *id, const char *status,
                     const char *metadata)
{
    cleanup_free char *path = xasprintf("%s/gateway.db", state);
    struct err e;
    struct registry *r = registry_open(path, &e);

    assert_non_null(r);
    for (int i = 0; i < n; i++) {
        cleanup_free char *own_id = xasprintf("%s%04d", id, i);
        cleanup_free char *name = xasprintf("half%d", i);
        struct registry_row row = {.envs = "{}"};

        row.info = (struct sandbox_info){.id = own_id,
                                         .ns = (char *)"default",
                                         .name = name,
                                         .status = (char *)status,
                                         .metadata = (char *)metadata};
        assert_int_equal(registry_add(r, &row, &e), 0);
    }
    registry_close(r);
}

/* More than a WebSocket's queue holds: the list is told as fast as it is read. */
static void restart__push__a_list_longer_than_the_queue(void **state)
{
    enum { N = 2500 };
    static const char ask[] = "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nX-ComputeSDK-API-Key: test-key\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    static const char subscribe[] = "\x81\xaa\0\0\0\0"
                                    "{\"type\":\"subscribe\",\"channel\":\"sandboxes\"}";
    struct host h;
    char metadata[700];
    cleanup_buf struct buf seen = {0};
    int n_created = 0;

    (void)state;
    snprintf(metadata, sizeof metadata, "{\"x\":\"%0*d\"}", 600, 0);
    host_init(&h, false);
    host_start(&h, NULL);
    assert_int_equal(host_end(&h, SIGTERM), 0);
    add_rows(h.state, N, "longlong", "lost", metadata);
    host_start(&h, NULL);
    cleanup_fd int fd = host_connect(&h);
    send_text(fd, ask);
    assert_int_equal(read_reply(fd, NULL), 101);
    assert_int_equal(send(fd, subscribe, sizeof subscribe - 1, 0), (ssize_t)sizeof subscribe - 1);
    poll(NULL, 0, 200); /* a reader that is late; nothing depends on how late */
    while (!seen.data || !memmem(seen.data, seen.len, "sandbox:synced", 14)) {
        ssize_t n = recv(fd, buf_reserve(&seen, 65536), 65536, 0);

        assert_true(n > 0);
        seen.len += (size_t)n;
    }
    for (char *at = seen.data, *end = seen.data + seen.len;
         (at = memmem(at, (size_t)(end - at), "sandbox:created", 15)); at++)
        n_created++;
    assert_int_equal(n_created, N);
    assert_true(seen.len > 1500000);
    host_finish(&h);
}

static void restart__clean__what_was_left_half_done(void **state)
{
    struct host h;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    assert_int_equal(host_end(&h, SIGTERM), 0);
    add_rows(h.state, 1, "halfhalf", "creating", "");
    cleanup_free char *half = xasprintf("%s/sandboxes/halfhalf0000", h.state);
    cleanup_free char *orphan = xasprintf("%s/sandboxes/orphanorphan", h.state);
    assert_int_equal(mkdir(half, 0700), 0);
    assert_int_equal(mkdir(orphan, 0700), 0);
    host_start(&h, NULL);
    wait_until(access(half, F_OK) && access(orphan, F_OK));
    cleanup_free char *again = host_create(&h, "{\"name\":\"half0\"}");
    host_finish(&h);
}

static void restart__refuse__with_a_reason(void **state)
{
    struct host h;
    cleanup_buf struct buf said = {0};

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *taken = xasprintf("127.0.0.1:%d", h.port);
    cleanup_free char *other = xasprintf("%s/other", h.folder);
    const struct {
        const char *args[12], *says;
    } cases[] = {
        {{"sandpitd", "gateway", "--state", h.state, "--listen", "127.0.0.1:0", NULL},
         "another gateway runs"},
        {{"sandpitd", "gateway", "--state", other, "--listen", taken, NULL}, "listen on 127.0.0.1"},
        {{"sandpitd", "gateway", "--state", other, "--listen", "127.0.0.1:0", "--pubsub", taken,
          NULL},
         "listen on 127.0.0.1"},
        {{"sandpitd", "gateway", "--state", "/dev/null/x", NULL}, "/dev/null"},
        {{"sandpitd", "gateway", "--state", "/proc", NULL}, "not writable"},
        {{"sandpitd", "gateway", "--state", other, "--listen", "nonsense", NULL}, "ADDRESS:PORT"},
        {{"sandpitd", "gateway", "--state", other, "--domain", "a/b", NULL}, "domain"},
        {{"sandpitd", "gateway", "--nonsense", NULL}, "usage"},
        {{"sandpitd", "gateway", "more", NULL}, "unexpected"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&said);
        int status = host_start_failing(&h, cases[i].args, &said);
        if (status < 1 || status > 2 || !strstr(said.data ? said.data : "", cases[i].says))
            fail_msg("case %zu: status %d: %s", i, status, said.data);
    }
    /* The one that runs was not disturbed. */
    cleanup_free char *json = xasprintf("%s/gateway.json", h.state);
    assert_int_equal(access(json, F_OK), 0);
    assert_int_equal(host_ask(&h, "GET", "/v1/sandboxes", NULL, NULL), 200);
    host_finish(&h);
}

static void restart__say__that_bwrap_is_missing(void **state)
{
    struct host h;
    cleanup_free char *path = xstrdup(getenv("PATH"));
    cJSON *json;

    (void)state;
    host_init(&h, false);
    setenv("PATH", "/nowhere", 1);
    host_start(&h, NULL);
    setenv("PATH", path, 1);
    assert_int_equal(host_ask(&h, "POST", "/v1/sandboxes", "{}", &json), 501);
    assert_true(strstr(text_in(json, "error"), "bwrap"));
    assert_true(strstr(text_in(json, "error"), "install"));
    cJSON_Delete(json);
    assert_int_equal(host_ask(&h, "GET", "/v1/sandboxes", NULL, &json), 200);
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandboxes")), 0);
    cJSON_Delete(json);
    host_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restart__find__sandboxes_again_after_kill_9),
        cmocka_unit_test(restart__stop__leaves_sandboxes_unless_ephemeral),
        cmocka_unit_test(restart__stop__with_a_creation_in_flight),
        cmocka_unit_test(restart__clean__what_was_left_half_done),
        cmocka_unit_test(restart__push__a_list_longer_than_the_queue),
        cmocka_unit_test(restart__refuse__with_a_reason),
        cmocka_unit_test(restart__say__that_bwrap_is_missing),
    };

    return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
