/* SPDX-License-Identifier: MIT
 *
 * API keys with names, and what the list and the information tell.
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
#include "host/gateway/keys.h"
#include "tests/host/gateway/host.h"

static int ask_with(const struct host *h, const char *key, const char *method, const char *path,
                    cJSON **json)
{
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *text = xasprintf("%s %s HTTP/1.1\r\nHost: localhost\r\n"
                                        "X-ComputeSDK-API-Key: %s\r\nContent-Length: 2\r\n\r\n{}",
                                        method, path, key);

    send_text(fd, text);
    return read_reply(fd, json);
}

static bool ends(int fd)
{
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);

    return n == 0 || (n > 0 && memmem(bytes, (size_t)n, "\x88", 1));
}

static void keys__live__while_the_gateway_runs(void **state)
{
    static const char ask[] = "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nX-ComputeSDK-API-Key: %s\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct host h;
    char value[KEY_CHARS + 1], other[KEY_CHARS + 1];
    struct stat st;
    struct err e;
    cJSON *json;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    assert_int_equal(keys_add(h.state, "alice", value, &e), 0);
    assert_int_equal(keys_add(h.state, "bob", other, &e), 0);
    assert_int_equal(keys_add(h.state, "alice", other, &e), -(int)ERR_CONFLICT);
    assert_int_equal(ask_with(&h, value, "POST", "/v1/sandboxes", &json), 200);
    assert_string_equal(text_in(json, "createdBy"), "alice");
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", text_in(json, "sandboxId"));
    cJSON_Delete(json);
    assert_int_equal(host_ask(&h, "POST", "/v1/sandboxes", "{}", &json), 200);
    assert_string_equal(text_in(json, "createdBy"), "default");
    cJSON_Delete(json);
    /* The value is nowhere on the disk, and the file is for its owner. */
    cleanup_free char *file = xasprintf("%s/keys", h.state);
    char text[4096] = "";
    FILE *f = fopen(file, "r");
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_null(strstr(text, value));
    assert_non_null(strstr(text, "alice"));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* Revoked: at the next request, and on an open list. */
    cleanup_fd int fd = host_connect(&h);
    cleanup_free char *upgrade = xasprintf(ask, value);
    send_text(fd, upgrade);
    assert_int_equal(read_reply(fd, NULL), 101);
    assert_int_equal(keys_remove(h.state, "alice", &e), 0);
    assert_int_equal(ask_with(&h, value, "GET", path, NULL), 401);
    assert_true(ends(fd));
    assert_int_equal(keys_remove(h.state, "alice", &e), -(int)ERR_NOT_FOUND);
    assert_int_equal(host_ask(&h, "GET", path, NULL, NULL), 200);
    /* The next gateway knows them, too. */
    assert_int_equal(host_end(&h, SIGTERM), 0);
    assert_int_equal(keys_add(h.state, "carol", value, &e), 0);
    host_start(&h, NULL);
    assert_int_equal(ask_with(&h, value, "GET", "/v1/sandboxes", NULL), 200);
    host_finish(&h);
}

static void keys__refuse__bad_names_and_words(void **state)
{
    static const char *const names[] = {"", "default", "-x", ".x", "a b", "a/b", "a\nb"};
    struct host h;
    char value[KEY_CHARS + 1];
    cleanup_buf struct buf said = {0};
    struct err e;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(keys_add(h.state, names[i], value, &e), -(int)ERR_ARG);
    const struct {
        const char *args[8];
        int status;
        const char *says;
    } cases[] = {
        {{"sandpitd", "key", NULL}, 2, "usage"},
        {{"sandpitd", "key", "add", NULL}, 2, "usage"},
        {{"sandpitd", "key", "add", "a/b", "--state", h.state, NULL}, 1, "letters"},
        {{"sandpitd", "key", "rm", "none", "--state", h.state, NULL}, 1, "no key named none"},
        {{"sandpitd", "key", "add", "x", "--state", h.state, NULL}, 0, ""},
        {{"sandpitd", "key", "list", "--state", h.state, NULL}, 0, ""},
        {{"sandpitd", "gateway", "--limits", "memory=1", NULL}, 2, "memoryBytes"},
        {{"sandpitd", "gateway", "--limits", "cpu=1", NULL}, 2, "memory="},
        {{"sandpitd", "gateway", "--network", "none", NULL}, 2, "shared"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&said);
        int status = host_start_failing(&h, cases[i].args, &said);
        if (status != cases[i].status || !strstr(said.data ? said.data : "", cases[i].says))
            fail_msg("case %zu: %d %s", i, status, said.data ? said.data : "");
    }
    struct keys *k = keys_create(h.state);
    keys_refresh(k);
    assert_string_equal(keys_at(k, 0)->name, "x");
    assert_null(keys_at(k, 1));
    keys_destroy(k);
    host_finish(&h);
}

static int count(const struct host *h, const char *query, char next[32])
{
    cleanup_free char *path = xasprintf("/v1/sandboxes?%s", query);
    cJSON *json;

    assert_int_equal(host_ask(h, "GET", path, NULL, &json), 200);
    int n = cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandboxes"));
    snprintf(next, 32, "%s", text_in(json, "next_cursor"));
    cJSON_Delete(json);
    return n;
}

static void list__filter__and_page_while_some_end(void **state)
{
    struct host h;
    char next[32];
    char *ids[4];
    cJSON *json;

    (void)state;
    host_init(&h, false);
    host_start(&h, "--limits=processes=300,files=2k");
    ids[0] = host_create(&h, "{\"namespace\":\"a\",\"name\":\"web-1\",\"metadata\":{\"k\":\"v\"}}");
    ids[1] = host_create(&h, "{\"namespace\":\"a\",\"name\":\"web-2\",\"metadata\":{\"k\":7}}");
    ids[2] = host_create(&h, "{\"namespace\":\"b\",\"name\":\"web-3\"}");
    ids[3] = host_create(&h, "{\"limits\":{\"processes\":100}}");
    assert_int_equal(count(&h, "namespace=a", next), 2);
    assert_int_equal(count(&h, "name=web-", next), 3);
    assert_int_equal(count(&h, "name=web-2&namespace=b", next), 0);
    assert_int_equal(count(&h, "metadata=k%3Dv", next), 1);
    assert_int_equal(count(&h, "metadata=k=7", next), 1);
    assert_int_equal(count(&h, "metadata=k=8", next), 0);
    assert_int_equal(count(&h, "status=running", next), 4);
    assert_int_equal(count(&h, "status=lost", next), 0);
    assert_int_equal(count(&h, "namespace=", next), 0);
    assert_int_equal(host_ask(&h, "GET", "/v1/sandboxes?metadata=k", NULL, NULL), 400);
    /* The page's last one ends, and the one after it: none is told twice, none is missed. */
    assert_int_equal(count(&h, "limit=2", next), 2);
    for (int i = 1; i <= 2; i++) {
        cleanup_free char *path = xasprintf("/v1/sandboxes/%s", ids[i]);
        assert_int_equal(host_ask(&h, "DELETE", path, NULL, NULL), 200);
    }
    cleanup_free char *query = xasprintf("limit=2&cursor=%s", next);
    assert_int_equal(count(&h, query, next), 1);
    assert_string_equal(next, "");
    assert_int_equal(host_ask(&h, "GET", "/info", NULL, &json), 200);
    const cJSON *data = cJSON_GetObjectItem(json, "data");
    const cJSON *counts = cJSON_GetObjectItem(data, "sandboxes");
    assert_int_equal(cJSON_GetObjectItem(counts, "running")->valueint, 2);
    assert_int_equal(
        cJSON_GetObjectItem(cJSON_GetObjectItem(data, "limits"), "processes")->valueint, 300);
    assert_true(cJSON_IsNumber(cJSON_GetObjectItem(data, "uptime_seconds")));
    cJSON_Delete(json);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", ids[3]);
    assert_int_equal(host_ask(&h, "GET", path, NULL, &json), 200);
    const cJSON *limits = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "limits");
    assert_int_equal(cJSON_GetObjectItem(limits, "processes")->valueint, 100);
    assert_int_equal(cJSON_GetObjectItem(limits, "openFiles")->valueint, 2048);
    assert_string_equal(text_in(json, "network"), "shared");
    cJSON_Delete(json);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        free(ids[i]);
    host_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys__live__while_the_gateway_runs),
        cmocka_unit_test(keys__refuse__bad_names_and_words),
        cmocka_unit_test(list__filter__and_page_while_some_end),
    };

    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
