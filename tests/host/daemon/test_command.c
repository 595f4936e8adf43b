/* SPDX-License-Identifier: MIT
 *
 * Commands through the real daemon: foreground, background, exec terminals, streams.
 */
#include "tests/host/daemon/world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static cJSON *post(struct world *w, const char *path, const char *body, int expected)
{
    int status;
    cJSON *reply = world_call(w, "POST", path, WORLD_TOKEN, body, &status);

    if (status != expected)
        fail_msg("%s: %d %s", body, status, cJSON_PrintUnformatted(reply));
    return reply;
}

static char *text_of(const cJSON *reply, const char *name)
{
    return xstrdup(data_of(reply, name)->valuestring);
}

static void command__run__exit_codes(void **state)
{
    WORLD(state)
    static const struct {
        const char *command;
        int code;
    } cases[] = {
        {"true", 0},
        {"exit 3", 3},
        {"exit 256", 0},
        {"no-such-command-here", 127},
        {"/etc/passwd", 126},
        {"kill -9 $$", 137},
        {"kill -TERM $$", 143},
        {"sleep 100 & kill -9 $!; wait $!", 137},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *reply = world_run(w, cases[i].command);

        if (data_of(reply, "exit_code")->valueint != cases[i].code)
            fail_msg("%s: %d", cases[i].command, data_of(reply, "exit_code")->valueint);
        cJSON_Delete(reply);
    }
}

static void command__run__streams_apart_and_any_bytes(void **state)
{
    WORLD(state)
    cJSON *reply = world_run(w, "printf 'o\\377\\0303\\303\\274'; echo err >&2; cat; sleep 0.1");

    assert_string_equal(data_of(reply, "stdout")->valuestring, "o\xef\xbf\xbd\x18"
                                                               "3\xc3\xbc");
    assert_string_equal(data_of(reply, "stderr")->valuestring, "err\n");
    assert_in_range(data_of(reply, "duration_ms")->valueint, 90, 5000);
    cJSON_Delete(reply);
}

static void command__run__large_output_is_whole(void **state)
{
    WORLD(state)
    char *out = world_sh(w, "yes 0123456789 | head -c 9000000");

    assert_int_equal(strlen(out), 9000000);
    free(out);
}

static void command__run__a_daemon_on_its_pipes_does_not_hold_it(void **state)
{
    WORLD(state)
    int64_t start = clock_mono_ms();
    cJSON *reply = world_run(w, "(sleep 0.5; echo late; echo late; touch /tmp/late) & echo early");
    int i;

    assert_string_equal(data_of(reply, "stdout")->valuestring, "early\n");
    assert_true(clock_mono_ms() - start < 450);
    cJSON_Delete(reply);
    /* And it was not killed by a closed pipe. */
    for (i = 0; i < 500; i++) {
        char *out = world_sh(w, "test -e /tmp/late && echo yes || true");
        bool yes = !strcmp(out, "yes\n");

        free(out);
        if (yes)
            break;
        poll(NULL, 0, 10);
    }
    assert_true(i < 500);
}

/* Root is not counted by the kernel; the bound is set all the same. */
static void command__run__processes_are_bounded(void **state)
{
    WORLD(state)
    char *out = world_sh(w, "test $(ulimit -Hu) -le 4096 && echo bounded");

    assert_string_equal(out, "bounded\n");
    free(out);
}

static void command__run__cwd_env_and_shell(void **state)
{
    WORLD(state)
    cJSON *reply = post(w, "/run/command",
                        "{\"command\":\"pwd; echo $A-$B-$FROM_CREATE; echo $0\",\"cwd\":\"/tmp\","
                        "\"env\":{\"A\":\"x y\",\"B\":7},\"shell\":\"/bin/sh\"}",
                        200);

    assert_string_equal(data_of(reply, "stdout")->valuestring, "/tmp\nx y-7-yes\n/bin/sh\n");
    cJSON_Delete(reply);
}

static void command__run__refuses_bad_requests(void **state)
{
    WORLD(state)
    static const char *const bad[] = {
        "{}",
        "{\"command\":\"\"}",
        "{\"command\":7}",
        "{\"command\":\"echo ran\",\"cwd\":\"/no/such\"}",
        "{\"command\":\"echo ran\",\"cwd\":\"/etc/passwd\"}",
        "{\"command\":\"echo ran\",\"cwd\":7}",
        "{\"command\":\"echo ran\",\"env\":[]}",
        "{\"command\":\"echo ran\",\"env\":{\"A\":{}}}",
        "{\"command\":\"echo ran\",\"env\":{\"A=B\":\"\"}}",
        "{\"command\":\"echo ran\",\"shell\":\"sh\"}",
        "{\"command\":\"echo ran\",\"shell\":\"/no/shell\"}",
        "{\"command\":\"echo ran\",\"background\":\"yes\"}",
        "{\"command\":\"echo ran\",\"background\":true,\"cwd\":\"/no/such\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cJSON *reply = post(w, "/run/command", bad[i], 400);

        assert_true(cJSON_IsString(cJSON_GetObjectItem(reply, "error")));
        cJSON_Delete(reply);
    }
    cJSON *list = NULL;
    int status;
    list = world_call(w, "GET", "/terminals", WORLD_TOKEN, NULL, &status);
    assert_int_equal(cJSON_GetArraySize(data_of(list, "terminals")), 0);
    cJSON_Delete(list);
}

static cJSON *get(struct world *w, const char *path, int expected)
{
    int status;
    cJSON *reply = world_call(w, "GET", path, WORLD_TOKEN, NULL, &status);

    if (status != expected)
        fail_msg("%s: %d", path, status);
    return reply;
}

static void command__background__wait_gives_the_result(void **state)
{
    WORLD(state)
    cJSON *reply = post(w, "/run/command",
                        "{\"command\":\"sleep 1.2; echo done; exit 5\",\"background\":true}", 200);
    cleanup_free char *id = text_of(reply, "cmd_id"), *terminal = text_of(reply, "terminal_id");
    cleanup_free char *path = xasprintf("/terminals/%s/commands/%s/wait", terminal, id);
    cleanup_free char *soon = xasprintf("%s?timeout=0.2", path);
    int status;

    assert_string_equal(data_of(reply, "status")->valuestring, "running");
    assert_null(data_of(reply, "exit_code"));
    cJSON_Delete(reply);
    cJSON_Delete(get(w, soon, 408));
    for (int i = 0; i < 2; i++) {
        reply = get(w, path, 200);
        assert_int_equal(data_of(reply, "exit_code")->valueint, 5);
        assert_string_equal(data_of(reply, "stdout")->valuestring, "done\n");
        assert_string_equal(data_of(reply, "status")->valuestring, "failed");
        cJSON_Delete(reply);
    }
    cleanup_free char *terminal_path = xasprintf("/terminals/%s", terminal);
    cJSON_Delete(world_call(w, "DELETE", terminal_path, WORLD_TOKEN, NULL, &status));
    assert_int_equal(status, 204);
    cJSON_Delete(get(w, path, 404));
}

static void command__exec_terminal__lists_what_it_ran(void **state)
{
    WORLD(state)
    cJSON *reply = post(w, "/terminals", "{}", 201);
    cleanup_free char *terminal = text_of(reply, "id");
    cleanup_free char *execute = xasprintf("/terminals/%s/execute", terminal);
    cleanup_free char *commands = xasprintf("/terminals/%s/commands", terminal);
    cleanup_free char *nope = xasprintf("%s/cmd-nope", commands);

    assert_false(cJSON_IsTrue(data_of(reply, "pty")));
    assert_null(data_of(reply, "channel"));
    cJSON_Delete(reply);
    reply = post(w, execute, "{\"command\":\"echo one\"}", 200);
    assert_string_equal(data_of(reply, "stdout")->valuestring, "one\n");
    assert_string_equal(data_of(reply, "terminal_id")->valuestring, terminal);
    cJSON_Delete(reply);
    cJSON_Delete(post(w, execute, "{\"command\":\"exit 2\"}", 200));
    reply = get(w, commands, 200);
    assert_int_equal(data_of(reply, "count")->valueint, 2);
    cJSON_Delete(reply);
    cJSON_Delete(get(w, nope, 404));
    cJSON_Delete(get(w, "/terminals/term-nope/commands", 404));
    char *pty = world_pty(w, "");
    cleanup_free char *refused = xasprintf("/terminals/%s/commands", pty);
    cJSON_Delete(get(w, refused, 400));
    free(pty);
}

static int count(const struct buf *b, const char *text)
{
    int n = 0;

    for (const char *p = b->data; p && (p = strstr(p, text)); p++)
        n++;
    return n;
}

static void command__stream__starts_when_told_and_exit_is_last(void **state)
{
    WORLD(state)
    cJSON *reply = post(
        w, "/run/command",
        "{\"command\":\"touch /tmp/started; echo o1; echo e1 >&2; exit 6\",\"stream\":true}", 200);
    cleanup_free char *id = text_of(reply, "cmd_id"), *channel = text_of(reply, "channel");
    cleanup_free char *start =
        xasprintf("{\"type\":\"command:start\",\"data\":{\"cmd_id\":\"%s\"}}", id);
    struct ws ws;
    const char *exit_frame;

    assert_string_equal(data_of(reply, "status")->valuestring, "pending");
    cJSON_Delete(reply);
    free(world_sh(w, "test ! -e /tmp/started"));
    ws_open(&ws, w, "binary");
    ws_subscribe(&ws, "", channel);
    ws_send(&ws, start);
    ws_send(&ws, start);
    ws_wait_frame(&ws, "command:exit");
    exit_frame = strstr(ws.log.data, "command:exit");
    assert_non_null(strstr(exit_frame, "\"exit_code\":6"));
    assert_non_null(strstr(ws.log.data, "\"output\":\"o1"));
    assert_non_null(strstr(ws.log.data, "\"output\":\"e1"));
    assert_true(strstr(ws.log.data, "\"output\":\"o1") < exit_frame);
    assert_true(strstr(ws.log.data, "\"output\":\"e1") < exit_frame);
    assert_int_equal(count(&ws.log, "command:exit"), 1);
    assert_non_null(strstr(ws.log.data, "command:stdout"));
    assert_non_null(strstr(ws.log.data, "command:stderr"));
    ws_close(&ws);
}

static void command__stream__floods_wait_for_a_slow_reader(void **state)
{
    WORLD(state)
    enum { N = 16 };
    struct ws ws;
    char *ids[N];

    ws_open(&ws, w, "json");
    for (int i = 0; i < N; i++) {
        cJSON *reply = post(
            w, "/run/command",
            "{\"command\":\"yes abcdefghi | head -c 1000000; echo end\",\"stream\":true}", 200);
        cleanup_free char *channel = text_of(reply, "channel");

        ids[i] = text_of(reply, "cmd_id");
        ws_subscribe(&ws, "", channel);
        cJSON_Delete(reply);
    }
    for (int i = 0; i < N; i++) {
        cleanup_free char *start =
            xasprintf("{\"type\":\"command:start\",\"data\":{\"cmd_id\":\"%s\"}}", ids[i]);

        ws_send(&ws, start);
    }
    /* Meanwhile we do not read, and what does not fit waits in the pipes. */
    free(world_sh(w, "sleep 0.5"));
    for (int i = 0; i < N; i++) {
        ws_wait_frame(&ws, ids[i]);
        free(ids[i]);
    }
    while (count(&ws.log, "command:exit") < N)
        ws_read_for(&ws, 50);
    assert_int_equal(count(&ws.log, "end\\u000a") + count(&ws.log, "end\\n"), N);
    assert_true(ws.log.len > N * 1000000u);
    ws_close(&ws);
}

static void command__gone__a_foreground_command_ends_with_its_request(void **state)
{
    WORLD(state)
    struct ws half = {.fd = world_connect(w)};
    int i;

    static const char request[] =
        "POST /run/command HTTP/1.1\r\nHost: " WORLD_HOST "\r\nAuthorization: Bearer " WORLD_TOKEN
        "\r\nContent-Length: 24\r\n\r\n{\"command\":\"sleep 7654\"}";

    assert_int_equal(send(half.fd, request, sizeof request - 1, 0), sizeof request - 1);
    for (i = 0; i < 1000; i++) {
        char *out = world_sh(w, "pgrep -fc '^sleep 7654' || true");
        bool there = !strcmp(out, "1\n");

        free(out);
        if (there && half.fd >= 0) {
            close(half.fd);
            half.fd = -1;
        } else if (!there && half.fd < 0) {
            break;
        }
        poll(NULL, 0, 5);
    }
    assert_true(i < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command__run__exit_codes),
        cmocka_unit_test(command__run__streams_apart_and_any_bytes),
        cmocka_unit_test(command__run__large_output_is_whole),
        cmocka_unit_test(command__run__a_daemon_on_its_pipes_does_not_hold_it),
        cmocka_unit_test(command__run__processes_are_bounded),
        cmocka_unit_test(command__run__cwd_env_and_shell),
        cmocka_unit_test(command__run__refuses_bad_requests),
        cmocka_unit_test(command__background__wait_gives_the_result),
        cmocka_unit_test(command__exec_terminal__lists_what_it_ran),
        cmocka_unit_test(command__stream__starts_when_told_and_exit_is_last),
        cmocka_unit_test(command__stream__floods_wait_for_a_slow_reader),
        cmocka_unit_test(command__gone__a_foreground_command_ends_with_its_request),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
