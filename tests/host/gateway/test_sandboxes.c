/* SPDX-License-Identifier: MIT
 *
 * Creating, finding, listing, extending and destroying, against the real sandpitd with real jails.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/host/gateway/host.h"

static struct host host;

static int set_up(void **state)
{
    (void)state;
    host_init(&host, true);
    host_start(&host, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_finish(&host);
    return 0;
}

/* The status of GET on it; *text becomes the value of the key, owned. */
static int get(const char *id, const char *key, char **text)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    cJSON *json;
    int status = host_ask(&host, "GET", path, NULL, &json);

    if (text)
        *text = xstrdup(text_in(json, key));
    cJSON_Delete(json);
    return status;
}

static int destroy(const char *id)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);

    return host_ask(&host, "DELETE", path, NULL, NULL);
}

static bool folder_exists(const char *id)
{
    cleanup_free char *path = xasprintf("%s/sandboxes/%s", host.state, id);

    return access(path, F_OK) == 0;
}

static void sandboxes__live__from_create_to_delete(void **state)
{
    cJSON *json;

    (void)state;
    assert_int_equal(host_ask(&host, "POST", "/v1/sandboxes",
                              "{\"name\":\"demo\",\"namespace\":\"alice\","
                              "\"metadata\":{\"k\":[1]},\"envs\":{\"A\":\"b\"}}",
                              &json),
                     200);
    cleanup_free char *id = xstrdup(text_in(json, "sandboxId"));
    assert_string_equal(text_in(json, "status"), "running");
    assert_string_equal(text_in(json, "namespace"), "alice");
    assert_int_equal(strlen(text_in(json, "token")), 50);
    cleanup_free char *url = xasprintf("http://%s.localhost:%d", id, host.port);
    assert_string_equal(text_in(json, "url"), url);
    cJSON *data = cJSON_GetObjectItem(json, "data");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(data, "expiresAt")));
    assert_true(cJSON_IsArray(cJSON_GetObjectItem(cJSON_GetObjectItem(data, "metadata"), "k")));
    cJSON_Delete(json);
    assert_int_equal(host_ask_sandbox(&host, id, "/health", NULL), 200);

    assert_int_equal(host_ask(&host, "GET", "/v1/sandboxes?namespace=alice", NULL, &json), 200);
    cJSON *list = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandboxes");
    assert_int_equal(cJSON_GetArraySize(list), 1);
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "token"));
    cJSON_Delete(json);

    pid_t pid = host_daemon_pid(&host, id);
    assert_true(pid_lives(pid));
    assert_int_equal(destroy(id), 200);
    assert_false(pid_lives(pid));
    assert_int_equal(get(id, "", NULL), 404);
    assert_int_equal(destroy(id), 200);
    assert_int_equal(host_ask_sandbox(&host, id, "/health", NULL), 404);
    wait_until(!folder_exists(id));
}

static void sandboxes__agree__on_one_for_a_pair(void **state)
{
    static const char body[] = "{\"namespace\":\"race\",\"name\":\"x\"}";
    cleanup_free char *text =
        xasprintf("POST /v1/sandboxes/find-or-create HTTP/1.1\r\nHost: localhost\r\n"
                  "X-ComputeSDK-API-Key: test-key\r\nContent-Length: %zu\r\n\r\n%s",
                  strlen(body), body);
    int fds[8];
    cleanup_free char *id = NULL;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = host_connect(&host);
        send_text(fds[i], text);
    }
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        cJSON *json;

        assert_int_equal(read_reply(fds[i], &json), 200);
        assert_string_equal(text_in(json, "status"), "running");
        if (id)
            assert_string_equal(text_in(json, "sandboxId"), id);
        else
            id = xstrdup(text_in(json, "sandboxId"));
        cJSON_Delete(json);
        close(fds[i]);
    }
    assert_int_equal(host_ask(&host, "POST", "/v1/sandboxes", body, NULL), 409);
    assert_int_equal(host_ask(&host, "POST", "/v1/sandboxes/find", body, NULL), 200);
    assert_int_equal(host_ask(&host, "POST", "/v1/sandboxes/find",
                              "{\"namespace\":\"rac\",\"name\":\"ex\"}", NULL),
                     404);
    /* The name is free at once, and never means the one that goes. */
    assert_int_equal(destroy(id), 200);
    assert_int_equal(host_ask(&host, "POST", "/v1/sandboxes/find", body, NULL), 404);
    cleanup_free char *second = host_create(&host, body);
    assert_string_not_equal(second, id);
    assert_int_equal(destroy(second), 200);
}

static void sandboxes__refuse__bad_requests(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status;
    } cases[] = {
        {"POST", "/v1/sandboxes", "{\"name\":7}", 400},
        {"POST", "/v1/sandboxes", "{\"name\":", 400},
        {"POST", "/v1/sandboxes", "[]", 400},
        {"POST", "/v1/sandboxes/find-or-create", "{\"namespace\":\"x\",\"name\":\"\"}", 400},
        {"POST", "/v1/sandboxes/find-or-create", "", 400},
        {"POST", "/v1/sandboxes/none/extend", "{\"duration\":1000}", 404},
        {"GET", "/v1/sandboxes?limit=0", "", 400},
        {"GET", "/v1/sandboxes?limit=x", "", 400},
        {"GET", "/v1/sandboxes?cursor=-1", "", 400},
        {"GET", "/v1/sandboxes/none", "", 404},
        {"DELETE", "/v1/sandboxes/none", "", 200},
        {"PUT", "/v1/sandboxes", "{}", 405},
        {"GET", "/v1/nothing", "", 404},
        {"GET", "/v1/ws", "", 400},
        {"GET", "/info", "", 200},
        {"GET", "/ready", "", 200},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *json;
        int status = host_ask(&host, cases[i].method, cases[i].path, cases[i].body, &json);

        if (status != cases[i].status || !json)
            fail_msg("%s %s: %d", cases[i].method, cases[i].path, status);
        if (status >= 400)
            assert_true(text_in(json, "error")[0]);
        cJSON_Delete(json);
    }
}

static void sandboxes__refuse__wrong_keys(void **state)
{
    static const char *const keys[] = {"", "X-ComputeSDK-API-Key: test-kex\r\n",
                                       "X-ComputeSDK-API-Key: test-key1\r\n",
                                       "X-ComputeSDK-API-Key: \r\n"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        cleanup_fd int fd = host_connect(&host);
        cleanup_free char *text =
            xasprintf("GET /v1/sandboxes HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
                      "GET /health HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                      keys[i], keys[i]);

        send_text(fd, text);
        assert_int_equal(read_reply(fd, NULL), 401);
        assert_int_equal(read_reply(fd, NULL), 200);
    }
}

static void sandboxes__list__page_by_page(void **state)
{
    char *ids[5];
    cleanup_free char *cursor = xstrdup("");
    int seen = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        ids[i] = host_create(&host, "{\"namespace\":\"pages\"}");
    do {
        cleanup_free char *path = xasprintf("/v1/sandboxes?namespace=pages&limit=2%s%s",
                                            *cursor ? "&cursor=" : "", cursor);
        cJSON *json, *item;

        assert_int_equal(host_ask(&host, "GET", path, NULL, &json), 200);
        cJSON_ArrayForEach (item,
                            cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandboxes"))
            assert_string_equal(text_in(item, "sandboxId"), ids[seen++]);
        free(cursor);
        cursor = xstrdup(text_in(json, "next_cursor"));
        cJSON_Delete(json);
    } while (*cursor);
    assert_int_equal(seen, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(destroy(ids[i]), 200);
        free(ids[i]);
    }
}

static void sandboxes__expire__unless_extended(void **state)
{
    cleanup_free char *a = host_create(&host, "{\"timeout\":1500}");
    cleanup_free char *b = host_create(&host, "{\"timeout\":1500}");
    cleanup_free char *c = host_create(&host, "{\"timeout\":1e20}");
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s/extend", b);
    cleanup_free char *before = NULL;
    cleanup_free char *after = NULL;
    pid_t pid = host_daemon_pid(&host, a);

    (void)state;
    assert_int_equal(host_ask(&host, "POST", path, "{\"duration\":600000}", NULL), 200);
    assert_int_equal(get(b, "expiresAt", &before), 200);
    assert_int_equal(host_ask(&host, "POST", path, "{\"duration\":1000}", NULL), 200);
    assert_int_equal(get(b, "expiresAt", &after), 200);
    assert_string_equal(after, before);
    assert_int_equal(host_ask(&host, "POST", path, "{\"duration\":0}", NULL), 400);
    assert_int_equal(host_ask(&host, "POST", path, "{\"duration\":\"9\"}", NULL), 400);
    wait_until(get(a, "", NULL) == 404);
    wait_until(!pid_lives(pid));
    wait_until(!folder_exists(a));
    assert_int_equal(get(b, "", NULL), 200);
    assert_int_equal(get(c, "", NULL), 200);
    assert_int_equal(destroy(b), 200);
    assert_int_equal(destroy(c), 200);
}

/* A frozen daemon does not hear "stop". */
static void sandboxes__destroy__a_frozen_daemon(void **state)
{
    cleanup_free char *id = host_create(&host, "{}");
    pid_t pid = host_daemon_pid(&host, id);

    (void)state;
    kill(pid, SIGSTOP);
    assert_int_equal(destroy(id), 200);
    assert_false(pid_lives(pid));
    wait_until(!folder_exists(id));
}

/* --- the list's WebSocket --- */

static void subscribe(int fd)
{
    static const char head[] = "GET /v1/ws?protocol=json HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                               "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                               "X-ComputeSDK-API-Key: test-key\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    static const char text[] = "{\"type\":\"subscribe\",\"channel\":\"sandboxes\"}";
    char frame[128] = {(char)0x81, (char)(0x80 | (sizeof text - 1)), 0, 0, 0, 0};

    send_text(fd, head);
    memcpy(frame + 6, text, sizeof text - 1);
    assert_int_equal(read_reply(fd, NULL), 101);
    assert_int_equal(send(fd, frame, 6 + sizeof text - 1, 0), 6 + (ssize_t)sizeof text - 1);
}

static void recv_all(int fd, void *bytes, size_t n)
{
    assert_int_equal(recv(fd, bytes, n, MSG_WAITALL), (ssize_t)n);
}

/* The next message: its type, and its sandbox's id and status; owned JSON. */
static cJSON *next_message(int fd)
{
    unsigned char head[4];
    char text[65536];
    size_t n;

    recv_all(fd, head, 2);
    assert_int_equal(head[0], 0x81);
    n = head[1];
    if (n == 126) {
        recv_all(fd, head + 2, 2);
        n = (size_t)head[2] << 8 | head[3];
    }
    recv_all(fd, text, n);
    return cJSON_ParseWithLength(text, n);
}

static const char *type_of(const cJSON *m)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(m, "type"));

    return type ? type : "";
}

/* Updates that do not matter here (counts, a reason that follows) may come between. */
static void expect(int fd, const char *type, const char *id, const char *status)
{
    cJSON *m = next_message(fd);

    while (!strcmp(type_of(m), "sandbox:updated") &&
           (strcmp(type_of(m), type) != 0 || (id && strcmp(text_in(m, "sandboxId"), id) != 0) ||
            (status && strcmp(text_in(m, "status"), status) != 0))) {
        cJSON_Delete(m);
        m = next_message(fd);
    }
    assert_string_equal(type_of(m), type);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(m, "channel")), "sandboxes");
    if (id)
        assert_string_equal(text_in(m, "sandboxId"), id);
    if (status)
        assert_string_equal(text_in(m, "status"), status);
    assert_string_equal(text_in(m, "token"), "");
    cJSON_Delete(m);
}

static void sandboxes__push__the_list_and_its_changes(void **state)
{
    cleanup_free char *first = host_create(&host, "{\"name\":\"first\"}");
    cleanup_fd int fd = host_connect(&host);

    (void)state;
    subscribe(fd);
    expect(fd, "sandbox:created", first, "running");
    expect(fd, "sandbox:synced", NULL, NULL);
    cleanup_free char *second = host_create(&host, "{\"name\":\"second\"}");
    expect(fd, "sandbox:created", second, "creating");
    expect(fd, "sandbox:updated", second, "running");
    kill(host_daemon_pid(&host, second), SIGKILL);
    expect(fd, "sandbox:updated", second, "restarting");
    expect(fd, "sandbox:updated", second, "running");
    assert_int_equal(destroy(first), 200);
    expect(fd, "sandbox:deleted", first, NULL);
    assert_int_equal(destroy(second), 200);
    expect(fd, "sandbox:deleted", second, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandboxes__live__from_create_to_delete),
        cmocka_unit_test(sandboxes__agree__on_one_for_a_pair),
        cmocka_unit_test(sandboxes__refuse__bad_requests),
        cmocka_unit_test(sandboxes__refuse__wrong_keys),
        cmocka_unit_test(sandboxes__list__page_by_page),
        cmocka_unit_test(sandboxes__expire__unless_extended),
        cmocka_unit_test(sandboxes__destroy__a_frozen_daemon),
        cmocka_unit_test(sandboxes__push__the_list_and_its_changes),
    };

    return cmocka_run_group_tests_name("sandboxes", tests, set_up, tear_down);
}
