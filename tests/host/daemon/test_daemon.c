/* SPDX-License-Identifier: MIT
 *
 * The daemon's link, authorisation and walls.
 */
#include "tests/host/daemon/world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/link.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static void daemon__health__through_a_passed_connection(void **state)
{
    WORLD(state)
    int status;
    cJSON *reply = world_call(w, "GET", "/health", NULL, NULL, &status);

    assert_int_equal(status, 200);
    assert_string_equal(cJSON_GetObjectItem(reply, "status")->valuestring, "ok");
    cJSON_Delete(reply);
}

static void daemon__authorise__open_routes_and_closed_ones(void **state)
{
    WORLD(state)
    static const struct {
        const char *path, *token;
        int status;
    } cases[] = {
        {"/health", "wrong", 200},
        {"/ready", NULL, 200},
        {"/auth/status", "wrong", 200},
        {"/auth/info", NULL, 200},
        {"/info", NULL, 401},
        {"/info", "wrong", 401},
        {"/info", WORLD_TOKEN "x", 401},
        {"/info", "token-of-the-test-012345678", 401},
        {"/info", WORLD_TOKEN, 200},
        {"/info?token=" WORLD_TOKEN, NULL, 200},
        {"/info?token=wrong", NULL, 401},
        {"/terminals", NULL, 401},
        {"/terminals", WORLD_TOKEN, 200},
        {"/nowhere", WORLD_TOKEN, 404},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int status;
        cJSON *reply = world_call(w, "GET", cases[i].path, cases[i].token, NULL, &status);

        if (status != cases[i].status)
            fail_msg("%s with %s: %d", cases[i].path, cases[i].token, status);
        if (status >= 400)
            assert_true(cJSON_IsString(cJSON_GetObjectItem(reply, "error")));
        cJSON_Delete(reply);
    }
}

static void daemon__info__names_the_extensions(void **state)
{
    WORLD(state)
    int status;
    cJSON *reply = world_call(w, "GET", "/info", WORLD_TOKEN, NULL, &status);
    char *extensions = cJSON_PrintUnformatted(data_of(reply, "extensions"));

    assert_string_equal(extensions, "[\"snapshot\",\"terminal-size\",\"input-ack\",\"answers\","
                                    "\"observe\",\"server-log\",\"stats\","
                                    "\"activity\",\"freeze\",\"search\",\"notice\"]");
    assert_string_equal(data_of(reply, "sandbox_url")->valuestring, "http://" WORLD_HOST);
    free(extensions);
    cJSON_Delete(reply);
}

static void expect_state(struct world *w, int terminals, int viewers)
{
    for (;;) {
        cJSON *packet = world_packet(w);
        const char *op = cJSON_GetObjectItem(packet, "op")->valuestring;
        if (!strcmp(op, "event") || !strcmp(op, "setup")) {
            cJSON_Delete(packet);
            continue;
        }
        int t = cJSON_GetObjectItem(packet, "terminals")->valueint;
        int v = cJSON_GetObjectItem(packet, "viewers")->valueint;

        assert_string_equal(cJSON_GetObjectItem(packet, "op")->valuestring, "state");
        assert_string_equal(cJSON_GetObjectItem(packet, "id")->valuestring, "box");
        cJSON_Delete(packet);
        if (t == terminals && v == viewers)
            return;
    }
}

static void daemon__link__tells_the_state_and_survives_a_new_gateway(void **state)
{
    WORLD(state)
    struct ws ws;
    char *id;
    int status;

    world_relink(w);
    expect_state(w, 0, 0);
    id = world_pty(w, "");
    expect_state(w, 1, 0);
    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "terminal:", id);
    expect_state(w, 1, 1);
    world_relink(w);
    expect_state(w, 1, 1);
    ws_input(&ws, id, "echo still-\"here\"\n");
    ws_wait(&ws, "still-here");
    ws_close(&ws);
    expect_state(w, 1, 0);
    cleanup_free char *path = xasprintf("/terminals/%s", id);
    world_call(w, "DELETE", path, WORLD_TOKEN, NULL, &status);
    assert_int_equal(status, 204);
    expect_state(w, 0, 0);
    free(id);
}

static void daemon__link__ignores_garbage(void **state)
{
    WORLD(state)
    int status, pipes[2];

    assert_int_equal(link_send(w->link, "", 0, -1), 0);
    world_relink(w);
    assert_int_equal(link_send(w->link, "{", 1, -1), 0);
    assert_int_equal(link_send(w->link, "{\"op\":7}", 8, -1), 0);
    assert_int_equal(link_send(w->link, "{\"op\":\"dance\"}", 14, -1), 0);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(link_send(w->link, "x", 1, pipes[0]), 0);
    assert_int_equal(link_send(w->link, "c", 1, pipes[0]), 0);
    assert_int_equal(link_send(w->link, "c", 1, -1), 0);
    close(pipes[0]);
    close(pipes[1]);
    cJSON_Delete(world_call(w, "GET", "/health", NULL, NULL, &status));
    assert_int_equal(status, 200);
}

/* --- walls --- */

static void assert_sh(struct world *w, const char *command, const char *expected)
{
    char *out = world_sh(w, command);

    assert_string_equal(out, expected);
    free(out);
}

static void jail__daemon__cannot_be_harmed_from_inside(void **state)
{
    WORLD(state)
    assert_sh(w,
              "for s in KILL STOP SEGV TERM HUP INT QUIT ABRT USR1 CHLD; do kill -$s 1; done\n"
              "prlimit --pid 1 --cpu=0 2>/dev/null && echo prlimit\n"
              "prlimit --pid 1 --nofile=4 2>/dev/null && echo nofile\n"
              "renice -n 10 -p 1 >/dev/null 2>&1 && echo renice\n"
              "taskset -p 1 1 >/dev/null 2>&1 && echo affinity\n"
              "echo alive",
              "alive\n");
    assert_sh(w, "echo again", "again\n");
}

static void jail__daemon__keeps_its_secrets(void **state)
{
    WORLD(state)
    assert_sh(w,
              "cat /proc/1/environ 2>/dev/null | head -c 10\n"
              "for f in /proc/1/fd/*; do readlink $f; head -c 1 $f; done 2>/dev/null\n"
              "head -c 1 /proc/1/mem 2>/dev/null\n"
              "cat /proc/1/maps 2>/dev/null | head -1\n"
              "readlink /proc/1/exe /proc/1/root 2>/dev/null\n"
              "grep -c token-of-the-test /proc/1/cmdline\n"
              "env | grep -c token-of-the-test\n"
              "ls /proc/self/fd | tr '\\n' ' '",
              "0\n0\n0 1 2 3 ");
}

static void jail__child__has_no_way_out(void **state)
{
    WORLD(state)
    char *script = xasprintf("ls -A /root; ls %s 2>/dev/null\n"
                             "unshare -U true 2>/dev/null && echo userns\n"
                             "mount -t tmpfs x /mnt 2>/dev/null && echo mount\n"
                             "grep -h -E '^(CapEff|CapBnd|NoNewPrivs):' /proc/self/status |"
                             " tr -s '\\t\\n' ' '",
                             w->dir);

    assert_sh(w, script, "CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 ");
    free(script);
}

static void daemon__child__has_a_helpful_environment(void **state)
{
    WORLD(state)
    assert_sh(
        w,
        "pwd; echo $HOME $USER $TERM $COLORTERM $LANG $SHELL $FROM_CREATE; ulimit -n >/tmp/n; "
        "whoami; hostname",
        "/home/user\n/home/user user xterm-256color truecolor C.UTF-8 /bin/bash yes\n"
        "user\nbox\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(daemon__health__through_a_passed_connection),
        cmocka_unit_test(daemon__authorise__open_routes_and_closed_ones),
        cmocka_unit_test(daemon__info__names_the_extensions),
        cmocka_unit_test(daemon__link__tells_the_state_and_survives_a_new_gateway),
        cmocka_unit_test(daemon__link__ignores_garbage),
        cmocka_unit_test(jail__daemon__cannot_be_harmed_from_inside),
        cmocka_unit_test(jail__daemon__keeps_its_secrets),
        cmocka_unit_test(jail__child__has_no_way_out),
        cmocka_unit_test(daemon__child__has_a_helpful_environment),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
