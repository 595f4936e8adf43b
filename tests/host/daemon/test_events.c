/* SPDX-License-Identifier: MIT
 *
 * What the daemon tells the gateway of what happens in it.
 */
#include "tests/host/daemon/world.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static cJSON *next_event(struct world *w)
{
    for (;;) {
        cJSON *packet = world_packet(w);

        if (!strcmp(cJSON_GetObjectItem(packet, "op")->valuestring, "event"))
            return packet;
        cJSON_Delete(packet);
    }
}

/* Skips to the next event of the type, with that value of that member. */
static void expect_event(struct world *w, const char *type, const char *name, const char *value)
{
    for (;;) {
        cJSON *event = next_event(w);
        bool is = !strcmp(cJSON_GetObjectItem(event, "type")->valuestring, type);
        cleanup_free char *found = cJSON_PrintUnformatted(data_of(event, name));

        cJSON_Delete(event);
        if (!is)
            continue;
        if (strcmp(found ? found : "", value) != 0)
            fail_msg("%s: %s is %s and not %s", type, name, found, value);
        return;
    }
}

static char *delete_path(const char *folder, const cJSON *reply, const char *name)
{
    const cJSON *id = data_of(reply, name);

    return xasprintf("%s/%s", folder, (id ? id : cJSON_GetObjectItem(reply, name))->valuestring);
}

static void events__ready__once(void **state)
{
    WORLD(state)
    expect_event(w, "sandbox.ready", "sandboxId", "\"box\"");
    world_expect(w, "POST", "/files", "{\"path\":\"/tmp/x\"}", 201);
    cJSON *event = next_event(w);
    assert_string_equal(cJSON_GetObjectItem(event, "type")->valuestring, "file.written");
    cJSON_Delete(event);
}

static void events__terminals__created_exited_destroyed(void **state)
{
    WORLD(state)
    cleanup_free char *pty = world_pty(w, ""), *path = NULL;
    struct ws ws;
    cJSON *reply;

    expect_event(w, "terminal.created", "pty", "true");
    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "terminal:", pty);
    ws_input(&ws, pty, "exit\n");
    expect_event(w, "terminal.exited", "pty", "true");
    ws_close(&ws);
    reply = world_ask(w, "POST", "/terminals", "{\"pty\":false}", 201);
    expect_event(w, "terminal.created", "pty", "false");
    path = delete_path("/terminals", reply, "id");
    cJSON_Delete(reply);
    world_expect(w, "DELETE", path, NULL, 204);
    expect_event(w, "terminal.destroyed", "pty", "false");
    cJSON_Delete(world_run(w, "exit 4"));
    expect_event(w, "execution.started", "command", "\"exit 4\"");
    expect_event(w, "execution.completed", "exitCode", "4");
}

static void events__files__written_and_deleted(void **state)
{
    WORLD(state)
    struct buf body = {0};

    world_expect(w, "POST", "/files", "{\"path\":\"/tmp/x\",\"content\":\"hidden\"}", 201);
    expect_event(w, "file.written", "size", "6");
    world_expect(w, "POST", "/files", "{\"path\":\"/usr/x\",\"content\":\"hidden\"}", 403);
    world_expect(w, "DELETE", "/files//tmp/x", NULL, 204);
    expect_event(w, "file.deleted", "path", "\"/tmp/x\"");
    buf_append_str(&body, "{\"files\":[{\"path\":\"/tmp/none\",\"operation\":\"delete\"}");
    for (int i = 0; i < 60; i++)
        buf_printf(&body, ",{\"path\":\"/tmp/b%d\",\"operation\":\"write\"}", i);
    buf_append_str(&body, "]}");
    world_expect(w, "POST", "/files/batch", body.data, 207);
    buf_finish(&body);
    expect_event(w, "file.batch", "written", "60");
    world_expect(w, "POST", "/env?file=.env", "{\"variables\":{\"A\":\"hidden\"}}", 200);
    expect_event(w, "file.written", "variables", "");
}

static void events__tokens__without_the_secret(void **state)
{
    WORLD(state)
    cJSON *reply = world_ask(w, "POST", "/auth/session_tokens", "{\"description\":\"d\"}", 201),
          *event;
    cleanup_free char *path = delete_path("/auth/session_tokens", reply, "id");
    cleanup_free char *secret = xstrdup(cJSON_GetObjectItem(reply, "token")->valuestring);
    const char *type = "";

    cJSON_Delete(reply);
    world_expect(w, "DELETE", path, NULL, 204);
    for (; strcmp(type, "token.revoked") != 0; cJSON_Delete(event)) {
        cleanup_free char *text = NULL;

        event = next_event(w);
        type = !strcmp(cJSON_GetObjectItem(event, "type")->valuestring, "token.revoked")
                   ? "token.revoked"
                   : "";
        text = cJSON_PrintUnformatted(event);
        assert_null(strstr(text, secret));
        assert_null(strstr(text, "hash"));
    }
    world_expect(w, "POST", "/auth/magic-links", "{}", 201);
    expect_event(w, "token.created", "kind", "\"magic-link\"");
}

static void events__servers__every_status(void **state)
{
    WORLD(state)
    world_expect(w, "POST", "/servers",
                 "{\"slug\":\"web\",\"start\":\"sleep 100\",\"environment\":{\"K\":\"hidden\"}}",
                 201);
    expect_event(w, "server.starting", "slug", "\"web\"");
    expect_event(w, "server.started", "status", "\"running\"");
    world_expect(w, "POST", "/servers/web/stop", NULL, 200);
    expect_event(w, "server.stopped", "slug", "\"web\"");
    world_expect(w, "POST", "/servers",
                 "{\"slug\":\"bad\",\"start\":\"exit 3\",\"restart_policy\":\"never\"}", 201);
    expect_event(w, "server.failed", "exitCode", "3");
}

static void events__rest__watchers_overlays_signals(void **state)
{
    WORLD(state)
    cJSON *reply = world_ask(w, "POST", "/watchers", "{\"path\":\"/tmp\"}", 201);
    cleanup_free char *path = delete_path("/watchers", reply, "id");

    cJSON_Delete(reply);
    expect_event(w, "watcher.created", "path", "\"/tmp\"");
    world_expect(w, "DELETE", path, NULL, 204);
    expect_event(w, "watcher.destroyed", "path", "\"/tmp\"");
    world_expect(w, "POST", "/filesystem/overlays", "{\"source\":\"/tmp\",\"target\":\"o\"}", 201);
    expect_event(w, "overlay.completed", "target", "\"o\"");
    world_expect(w, "POST", "/signals/port/3000/open", NULL, 200);
    expect_event(w, "port.opened", "port", "3000");
    world_expect(w, "POST", "/signals/port", "{\"port\":3000,\"type\":\"close\"}", 200);
    expect_event(w, "port.closed", "port", "3000");
    world_expect(w, "POST", "/signals/error", "{\"message\":\"hidden\"}", 200);
    expect_event(w, "signal.emitted", "message", "");
}

static void count_events(struct world *w, int *n, int *n_dropped)
{
    struct pollfd ready = {w->link, POLLIN, 0};

    while (poll(&ready, 1, 0) == 1) {
        cJSON *packet = world_packet(w);
        const cJSON *type = cJSON_GetObjectItem(packet, "type");

        if (cJSON_IsString(type) && !strcmp(type->valuestring, "event.dropped"))
            *n_dropped += data_of(packet, "count")->valueint;
        else
            *n += cJSON_IsString(type);
        cJSON_Delete(packet);
    }
}

static void events__flood__counted(void **state)
{
    WORLD(state)
    int n = 0, n_dropped = 0, n_writes = 1500;
    struct buf body = {0};

    for (int i = 0; i < 50; i++)
        buf_printf(&body, "%s{\"path\":\"/tmp/b%d\",\"operation\":\"write\"}",
                   i ? "," : "{\"files\":[", i);
    buf_append_str(&body, "]}");
    for (int i = 0; i < 30; i++)
        world_expect(w, "POST", "/files/batch", body.data, 200);
    buf_finish(&body);
    /* What was dropped last is told with the next event there is room for. */
    for (; n + n_dropped < n_writes; n_writes++) {
        world_expect(w, "POST", "/files", "{\"path\":\"/tmp/last\"}", 201);
        count_events(w, &n, &n_dropped);
    }
    assert_true(n >= 400);
    assert_true(n_dropped >= 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(events__ready__once),
        TEST(events__terminals__created_exited_destroyed),
        TEST(events__files__written_and_deleted),
        TEST(events__tokens__without_the_secret),
        TEST(events__servers__every_status),
        TEST(events__rest__watchers_overlays_signals),
        TEST(events__flood__counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
