/* SPDX-License-Identifier: MIT
 *
 * Servers through the real daemon.
 */
#include "tests/host/daemon/world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define DEADLINE_MS 30000

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static void start(struct world *w, const char *body)
{
    cJSON_Delete(world_ask(w, "POST", "/servers", body, 201));
}

static void change(struct world *w, const char *method, const char *slug, const char *action,
                   int expected)
{
    cleanup_free char *path = xasprintf("/servers/%s%s", slug, action);

    cJSON_Delete(world_ask(w, method, path, NULL, expected));
}

static const cJSON *field(const cJSON *reply, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(data_of(reply, "server"), name);
}

static bool is(const cJSON *item, const char *text)
{
    return text ? cJSON_IsString(item) && !strcmp(item->valuestring, text) : item != NULL;
}

static char told[2000]; /* of a failure, which frees nothing any more */

/* Until the server's field has this text (NULL: any value); the caller deletes. */
static cJSON *await(struct world *w, const char *slug, const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("/servers/%s", slug);
    int64_t end = clock_mono_ms() + DEADLINE_MS;
    cJSON *reply;

    for (;;) {
        reply = world_ask(w, "GET", path, NULL, 200);
        if (is(field(reply, name), text))
            return reply;
        if (clock_mono_ms() > end) {
            char *json = cJSON_PrintUnformatted(reply);

            snprintf(told, sizeof told, "%s of %s is not %s: %s", name, slug, text ? text : "there",
                     json);
            cJSON_Delete(reply);
            free(json);
            fail_msg("%s", told);
        }
        cJSON_Delete(reply);
        poll(NULL, 0, 10);
    }
}

static void await_status(struct world *w, const char *slug, const char *status)
{
    cJSON_Delete(await(w, slug, "status", status));
}

static char *logs(struct world *w, const char *slug, const char *query)
{
    cleanup_free char *path = xasprintf("/servers/%s/logs%s", slug, query);
    cJSON *reply = world_ask(w, "GET", path, NULL, 200);
    char *text = xstrdup(data_of(reply, "logs")->valuestring);

    cJSON_Delete(reply);
    return text;
}

static void await_log(struct world *w, const char *slug, const char *part)
{
    int64_t end = clock_mono_ms() + DEADLINE_MS;

    for (;;) {
        char *text = logs(w, slug, "");
        bool found = strstr(text, part) != NULL;
        size_t n = strlen(text);

        snprintf(told, sizeof told, "no \"%s\" in: %s", part, text + (n > 1900 ? n - 1900 : 0));
        free(text);
        if (found)
            return;
        if (clock_mono_ms() > end)
            fail_msg("%s", told);
        poll(NULL, 0, 10);
    }
}

static void expect_log(struct world *w, const char *slug, const char *query, const char *expected)
{
    cleanup_free char *text = logs(w, slug, query);

    assert_string_equal(text, expected);
}

static void expect_sh(struct world *w, const char *command, const char *expected)
{
    cleanup_free char *out = world_sh(w, command);

    assert_string_equal(out, expected);
}

/* --- */

static void server__start__environment_path_and_logs(void **state)
{
    WORLD(state)
    cJSON *reply;

    expect_sh(w, "mkdir -p /srv/a; printf 'F=\"from file\"\\nBOTH=file\\n' > /srv/a/.env", "");
    start(w, "{\"slug\":\"env\",\"path\":\"/srv/a\",\"env_file\":\".env\","
             "\"environment\":{\"BOTH\":\"inline\"},"
             "\"start\":\"echo $PWD $F $BOTH $FROM_CREATE; echo oops >&2; exec sleep 1000\"}");
    await_log(w, "env", "oops");
    expect_log(w, "env", "?stream=stdout", "/srv/a from file inline yes\n");
    expect_log(w, "env", "?stream=stderr", "oops\n");
    expect_log(w, "env", "?since=1000", "");
    cJSON_Delete(world_ask(w, "GET", "/servers/env/logs?stream=stdin", NULL, 400));
    cJSON_Delete(world_ask(w, "GET", "/servers/env/logs?since=-1", NULL, 400));
    reply = await(w, "env", "status", "running");
    assert_string_equal(field(reply, "path")->valuestring, "/srv/a");
    assert_true(field(reply, "pid")->valueint > 1);
    cJSON_Delete(reply);
    change(w, "DELETE", "env", "", 204);
    change(w, "GET", "env", "", 404);
    expect_sh(w, "ls /var/lib/sandpit/servers; stat -c %a /var/lib/sandpit", "700\n");
}

static void server__start__refuses(void **state)
{
    WORLD(state)
    start(w, "{\"slug\":\"one\",\"start\":\"exec sleep 1000\"}");
    cJSON_Delete(world_ask(w, "POST", "/servers", "{\"slug\":\"one\",\"start\":\"x\"}", 409));
    cJSON_Delete(world_ask(w, "POST", "/servers", "{\"slug\":\"two\"}", 400));
    cJSON_Delete(world_ask(w, "POST", "/servers", "[]", 400));
    cJSON_Delete(world_ask(w, "POST", "/servers",
                           "{\"slug\":\"two\",\"start\":\"x\",\"depends_on\":[\"none\"]}", 400));
    cJSON_Delete(world_ask(w, "PATCH", "/servers/one/status", "{\"status\":\"odd\"}", 400));
    cJSON_Delete(world_ask(w, "PATCH", "/servers/one/status", "{\"status\":\"ready\"}", 200));
    await_status(w, "one", "ready");
    change(w, "POST", "none", "/stop", 404);
    change(w, "DELETE", "none", "", 404);
    change(w, "DELETE", "one", "", 204);
}

static void server__start__says_why_it_cannot(void **state)
{
    WORLD(state)
    cJSON *reply;

    start(w, "{\"slug\":\"nowhere\",\"path\":\"/no/such\",\"start\":\"true\"}");
    reply = await(w, "nowhere", "status", "failed");
    assert_string_equal(field(reply, "error")->valuestring, "Directory not found: /no/such");
    cJSON_Delete(reply);
    expect_sh(w, "mkfifo /tmp/fifo", "");
    start(w, "{\"slug\":\"fifo\",\"env_file\":\"/tmp/fifo\",\"start\":\"true\"}");
    await_status(w, "fifo", "failed");
    start(w, "{\"slug\":\"bad\",\"install\":\"echo trying; exit 5\",\"start\":\"touch /tmp/bad\"}");
    reply = await(w, "bad", "status", "failed");
    assert_int_equal(field(reply, "exit_code")->valueint, 5);
    cJSON_Delete(reply);
    expect_sh(w, "test ! -e /tmp/bad", "");
    /* None of them is in the way of another try. */
    start(w, "{\"slug\":\"bad\",\"install\":\"touch /tmp/bad\",\"start\":\"exec sleep 1000\"}");
    await_status(w, "bad", "running");
    expect_sh(w, "test -e /tmp/bad", "");
    change(w, "DELETE", "nowhere", "", 204);
    change(w, "DELETE", "fifo", "", 204);
    change(w, "DELETE", "bad", "", 204);
}

static void server__start__waits_for_its_overlays(void **state)
{
    WORLD(state)
    cJSON *reply;

    expect_sh(w, "mkdir -p /srv/template; echo content > /srv/template/file", "");
    start(w, "{\"slug\":\"over\",\"start\":\"cat copied/file; exec sleep 1000\","
             "\"overlay\":{\"source\":\"/srv/template\",\"target\":\"copied\","
             "\"strategy\":\"copy\"}}");
    await_log(w, "over", "content\n");
    reply = await(w, "over", "status", "running");
    assert_int_equal(cJSON_GetArraySize(field(reply, "depends_on")), 1);
    cJSON_Delete(reply);
    cJSON_Delete(world_ask(w, "POST", "/servers",
                           "{\"slug\":\"none\",\"start\":\"x\",\"overlays\":[{\"source\":"
                           "\"/no/such\",\"target\":\"t\"}]}",
                           400));
    change(w, "DELETE", "over", "", 204);
}

static void server__exit__restarts_as_its_policy_says(void **state)
{
    WORLD(state)
    cJSON *reply;

    start(w, "{\"slug\":\"f\",\"start\":\"echo run; exit 7\",\"restart_policy\":\"on-failure\","
             "\"max_restarts\":2,\"restart_delay_ms\":0}");
    reply = await(w, "f", "status", "failed");
    assert_int_equal(field(reply, "restart_count")->valueint, 2);
    assert_int_equal(field(reply, "exit_code")->valueint, 7);
    cJSON_Delete(reply);
    expect_log(w, "f", "", "run\nrun\nrun\n");
    start(w, "{\"slug\":\"c\",\"start\":\"echo run\",\"restart_policy\":\"on-failure\"}");
    await_status(w, "c", "stopped");
    expect_log(w, "c", "", "run\n");
    /* A restart that is due does not survive a stop, nor is it counted by hand. */
    start(w, "{\"slug\":\"d\",\"start\":\"echo run\",\"restart_policy\":\"always\","
             "\"restart_delay_ms\":60000}");
    await_status(w, "d", "restarting");
    change(w, "POST", "d", "/stop", 200);
    await_status(w, "d", "stopped");
    change(w, "POST", "d", "/restart", 200);
    await_status(w, "d", "restarting");
    expect_log(w, "d", "", "run\nrun\n");
    reply = await(w, "d", "status", "restarting");
    assert_int_equal(field(reply, "restart_count")->valueint, 0);
    cJSON_Delete(reply);
    change(w, "DELETE", "f", "", 204);
    change(w, "DELETE", "c", "", 204);
    change(w, "DELETE", "d", "", 204);
}

static void server__stop__term_first_then_kill_with_children(void **state)
{
    WORLD(state)
    int64_t begun;

    start(w, "{\"slug\":\"nice\",\"stop_timeout_ms\":10000,\"start\":"
             "\"trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done\"}");
    await_log(w, "nice", "up");
    change(w, "POST", "nice", "/stop", 200);
    expect_log(w, "nice", "?stream=stdout", "up\nbye\n");
    start(w, "{\"slug\":\"deaf\",\"stop_timeout_ms\":200,\"start\":"
             "\"trap '' TERM; sleep 7651 & echo up; while :; do sleep 0.02; done\"}");
    await_log(w, "deaf", "up");
    begun = clock_mono_ms();
    change(w, "POST", "deaf", "/stop", 200);
    assert_true(clock_mono_ms() - begun >= 190);
    assert_true(clock_mono_ms() - begun < 5000);
    expect_sh(w, "pgrep -fc '^sleep 7651' || true", "0\n");
    /* What it leaves behind by itself goes, too. */
    start(w, "{\"slug\":\"left\",\"start\":\"sleep 7652 & exit 0\"}");
    await_status(w, "left", "stopped");
    expect_sh(w, "pgrep -fc '^sleep 7652' || true", "0\n");
    change(w, "DELETE", "nice", "", 204);
    change(w, "DELETE", "deaf", "", 204);
    change(w, "DELETE", "left", "", 204);
}

static const char listen_code[] =
    "exec python3 -u -c 'import socket,os,time;"
    "s=socket.create_server((\\\"127.0.0.1\\\",int(os.environ[\\\"PORT\\\"])));time.sleep(1000)'";

static int start_listening(struct world *w, const char *slug, int port, bool strict, int expected)
{
    cleanup_free char *body =
        xasprintf("{\"slug\":\"%s\",\"start\":\"%s\",\"port\":%d,\"strict_port\":%s}", slug,
                  listen_code, port, strict ? "true" : "false");
    cJSON *reply = world_ask(w, "POST", "/servers", body, expected);
    const cJSON *given = expected == 201 ? field(reply, "port") : NULL;
    int got = given ? given->valueint : 0;

    cJSON_Delete(reply);
    return got;
}

static void server__port__moves_on_unless_strict(void **state)
{
    WORLD(state)
    int a = start_listening(w, "a", 23400, false, 201);
    int b = start_listening(w, "b", a, false, 201); /* promised, though a does not listen yet */
    cleanup_free char *url = xasprintf("http://box-%d.localhost:7780", b);
    cJSON *reply;

    assert_true(a >= 23400 && b > a);
    await_status(w, "a", "ready");
    reply = await(w, "b", "status", "ready");
    assert_string_equal(field(reply, "url")->valuestring, url);
    cJSON_Delete(reply);
    start_listening(w, "c", a, true, 409);
    change(w, "GET", "c", "", 404);
    change(w, "POST", "a", "/stop", 200);
    assert_int_equal(start_listening(w, "c", a, true, 201), a);
    await_status(w, "c", "ready");
    change(w, "DELETE", "a", "", 204);
    change(w, "DELETE", "b", "", 204);
    change(w, "DELETE", "c", "", 204);
}

static void server__health__ready_when_it_answers(void **state)
{
    WORLD(state)
    cJSON *reply;
    int status;

    expect_sh(w, "mkdir -p /srv/h", "");
    start(w, "{\"slug\":\"h\",\"path\":\"/srv/h\",\"port\":23500,"
             "\"start\":\"exec python3 -u -m http.server --bind 127.0.0.1 $PORT\","
             "\"health_check\":{\"path\":\"/go\",\"interval_ms\":50,\"delay_ms\":0}}");
    cJSON_Delete(await(w, "h", "url", NULL));
    await_log(w, "h", "GET /go");
    reply = world_call(w, "GET", "/ready", NULL, NULL, &status);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(reply, "ready")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(reply, "healthy")));
    cJSON_Delete(reply);
    await_status(w, "h", "running");
    expect_sh(w, "touch /srv/h/go", "");
    reply = await(w, "h", "status", "ready");
    assert_true(cJSON_IsTrue(field(reply, "healthy")));
    assert_int_equal(cJSON_GetObjectItem(field(reply, "health_status"), "last_status")->valueint,
                     200);
    cJSON_Delete(reply);
    expect_sh(w, "rm /srv/h/go", "");
    reply = await(w, "h", "status", "running");
    assert_true(cJSON_IsFalse(field(reply, "healthy")));
    cJSON_Delete(reply);
    change(w, "DELETE", "h", "", 204);
}

static void server__log__comes_over_the_socket(void **state)
{
    WORLD(state)
    struct ws ws;

    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "server:", "talk");
    start(w, "{\"slug\":\"talk\",\"start\":\"echo first; sleep 0.2; echo second >&2; exit 3\"}");
    ws_wait_frame(&ws, "\"stream\":\"stdout\",\"output\":\"first\\u000a\",\"offset\":0");
    ws_wait_frame(&ws, "\"stream\":\"stderr\",\"output\":\"second\\u000a\",\"offset\":6");
    ws_wait_frame(&ws, "\"status\":\"failed\"");
    expect_log(w, "talk", "?since=6", "second\n");
    ws_close(&ws);
    change(w, "DELETE", "talk", "", 204);
}

/* A flood costs the daemon neither memory nor disk beyond its bounds, and the newest stays. */
static void server__log__flood_is_bounded(void **state)
{
    WORLD(state)
    start(w, "{\"slug\":\"flood\",\"start\":\"yes 0123456789 | head -c 20000000; echo END\"}");
    await_status(w, "flood", "stopped");
    await_log(w, "flood", "END\n");
    expect_sh(w,
              "test $(cat /var/lib/sandpit/servers/flood.* | wc -c) -lt 4500000 && "
              "test $(grep VmRSS /proc/1/status | tr -dc 0-9) -lt 400000",
              "");
    change(w, "DELETE", "flood", "", 204);
}

static void server__daemon_killed__starts_again_what_ran(void **state)
{
    WORLD(state)
    cJSON *reply;

    start(w, "{\"slug\":\"again\",\"install\":\"echo x >> /srv/installs\","
             "\"start\":\"echo run; exec sleep 1000\"}");
    start(w, "{\"slug\":\"not\",\"start\":\"echo run; exec sleep 1000\",\"autostart\":false}");
    start(w, "{\"slug\":\"stopped\",\"start\":\"echo run; exec sleep 1000\"}");
    await_log(w, "again", "run\n");
    await_log(w, "stopped", "run\n");
    change(w, "POST", "stopped", "/stop", 200);
    world_restart(w);
    await_status(w, "again", "running");
    await_log(w, "again", "run\nrun\n");
    await_status(w, "not", "stopped");
    await_status(w, "stopped", "stopped");
    expect_sh(w, "cat /srv/installs", "x\n");
    /* Spoiled definitions cost what they define, not the daemon. */
    change(w, "DELETE", "stopped", "", 204);
    expect_sh(w, "sed -i 's/\"slug\":\"not\"/\"slug\":\"..\"/' /var/lib/sandpit/servers.json", "");
    world_restart(w);
    await_status(w, "again", "running");
    reply = world_ask(w, "GET", "/servers", NULL, 200);
    assert_int_equal(cJSON_GetArraySize(data_of(reply, "servers")), 1);
    cJSON_Delete(reply);
    expect_sh(w, "rm /var/lib/sandpit/servers.json; mkfifo /var/lib/sandpit/servers.json", "");
    world_restart(w);
    reply = world_ask(w, "GET", "/servers", NULL, 200);
    assert_int_equal(cJSON_GetArraySize(data_of(reply, "servers")), 0);
    cJSON_Delete(reply);
}

/* What a test that failed left would be in the way of the next. */
static int delete_servers(void **state)
{
    struct world *w = *state;

    if (!w)
        return 0;
    cJSON *reply = world_ask(w, "GET", "/servers", NULL, 200);
    const cJSON *server;

    cJSON_ArrayForEach (server, data_of(reply, "servers")) {
        const char *slug = cJSON_GetObjectItemCaseSensitive(server, "slug")->valuestring;

        change(w, "DELETE", slug, "", 204);
    }
    cJSON_Delete(reply);
    return 0;
}
#define with_servers(test) cmocka_unit_test_teardown(test, delete_servers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_servers(server__start__environment_path_and_logs),
        with_servers(server__start__refuses),
        with_servers(server__start__says_why_it_cannot),
        with_servers(server__start__waits_for_its_overlays),
        with_servers(server__exit__restarts_as_its_policy_says),
        with_servers(server__stop__term_first_then_kill_with_children),
        with_servers(server__port__moves_on_unless_strict),
        with_servers(server__health__ready_when_it_answers),
        with_servers(server__log__comes_over_the_socket),
        with_servers(server__log__flood_is_bounded),
        with_servers(server__daemon_killed__starts_again_what_ran),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
