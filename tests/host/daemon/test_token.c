/* SPDX-License-Identifier: MIT */
#include "tests/host/daemon/world.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w) {                                                                                      \
        skip();                                                                                    \
        return;                                                                                    \
    }

static const char *text_of(const cJSON *o, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static cJSON *create(struct world *w, const char *body)
{
    int status;
    cJSON *token = world_call(w, "POST", "/auth/session_tokens", WORLD_TOKEN, body, &status);

    assert_int_equal(status, 201);
    return token;
}

static int status_of(struct world *w, const char *method, const char *path, const char *token,
                     const char *body)
{
    int status;

    cJSON_Delete(world_call(w, method, path, token, body, &status));
    return status;
}

static void end_token(struct world *w, const cJSON *token)
{
    cleanup_free char *path = xasprintf("/auth/session_tokens/%s", text_of(token, "id"));

    assert_int_equal(status_of(w, "DELETE", path, WORLD_TOKEN, NULL), 204);
}

static const char run_body[] = "{\"command\":\"true\"}";

static void token__create__refuses_bad_input(void **state)
{
    WORLD(state)
    static const char *const bad[] = {
        "{\"expiresIn\":0}",
        "{\"expiresIn\":-5}",
        "{\"expiresIn\":\"1h\"}",
        "{\"description\":7}",
        "{\"scope\":\"everything\"}",
        "{\"scope\":1}",
        "{\"description\":[]}",
        "[]",
        "{",
        "{\"expiresIn\":\"NaN\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(status_of(w, "POST", "/auth/session_tokens", WORLD_TOKEN, bad[i]), 400);
}

static void token__session__works_and_cannot_manage(void **state)
{
    WORLD(state)
    cJSON *token = create(w, "{\"description\":\"d\",\"expiresIn\":1e300}");
    const char *secret = text_of(token, "token");

    assert_int_equal(status_of(w, "POST", "/run/command", secret, run_body), 200);
    assert_int_equal(status_of(w, "POST", "/auth/session_tokens", secret, "{}"), 403);
    assert_int_equal(status_of(w, "GET", "/auth/session_tokens", secret, NULL), 403);
    assert_int_equal(status_of(w, "POST", "/auth/magic-links", secret, "{}"), 403);
    assert_int_equal(status_of(w, "POST", "/run/command", text_of(token, "id"), run_body), 401);
    end_token(w, token);
    assert_int_equal(status_of(w, "POST", "/run/command", secret, run_body), 401);
    end_token(w, token);
    cJSON_Delete(token);
}

static void wait_closed(struct ws *ws)
{
    struct pollfd p = {ws->fd, POLLIN, 0};
    char bytes[4096];

    while (poll(&p, 1, 10000) == 1)
        if (recv(ws->fd, bytes, sizeof bytes, 0) <= 0)
            return;
    fail_msg("the WebSocket is still open");
}

static void open_with(struct ws *ws, struct world *w, const char *secret)
{
    ws_open_as(ws, w, secret, "json");
}

static void token__revoke__closes_its_sockets_only(void **state)
{
    WORLD(state)
    cJSON *token = create(w, "{}"), *other = create(w, "{}");
    char *id = world_pty(w, "");
    struct ws mine, others;

    open_with(&mine, w, text_of(token, "token"));
    open_with(&others, w, text_of(other, "token"));
    ws_subscribe(&others, "terminal:", id);
    end_token(w, token);
    ws_input(&mine, id, "echo never-by-revoked\n");
    wait_closed(&mine);
    ws_input(&others, id, "echo still-\"here\"\n");
    ws_wait(&others, "still-here");
    assert_null(strstr(others.text.data, "never-by-revoked"));
    end_token(w, other);
    wait_closed(&others);
    ws_close(&mine);
    ws_close(&others);
    cJSON_Delete(token);
    cJSON_Delete(other);
    free(id);
}

static void token__expiry__ends_it_and_its_sockets(void **state)
{
    WORLD(state)
    cJSON *token = create(w, "{\"expiresIn\":0.4}");
    struct ws ws;

    open_with(&ws, w, text_of(token, "token"));
    wait_closed(&ws);
    assert_int_equal(status_of(w, "GET", "/info", text_of(token, "token"), NULL), 401);
    ws_close(&ws);
    cJSON_Delete(token);
}

static void token__observe__reads_everything_writes_nothing(void **state)
{
    WORLD(state)
    cJSON *token = create(w, "{\"scope\":\"observe\"}");
    const char *secret = text_of(token, "token");
    char *id = world_pty(w, "");
    cleanup_free char *path = xasprintf("/terminals/%s", id);
    struct ws ws, driver;

    assert_int_equal(status_of(w, "GET", "/terminals", secret, NULL), 200);
    assert_int_equal(status_of(w, "POST", "/run/command", secret, run_body), 403);
    assert_int_equal(status_of(w, "POST", "/terminals", secret, "{}"), 403);
    assert_int_equal(status_of(w, "DELETE", path, secret, NULL), 403);
    open_with(&ws, w, secret);
    ws_subscribe(&ws, "terminal:", id);
    ws_input(&ws, id, "echo by-\"observer\"\n");
    ws_wait_frame(&ws, "read-only token");
    ws_open(&driver, w, "json");
    ws_input(&driver, id, "echo by-\"driver\"\n");
    ws_wait(&ws, "by-driver");
    assert_null(strstr(ws.text.data, "by-observer"));
    ws_close(&ws);
    ws_close(&driver);
    end_token(w, token);
    cJSON_Delete(token);
    free(id);
}

static void magic__create__refuses_other_hosts(void **state)
{
    WORLD(state)
    static const char *const bad[] = {"//evil.example",
                                      "https://evil.example",
                                      "/\\\\evil.example",
                                      "/a\\r\\nSet-Cookie: x=1",
                                      "\\\\evil",
                                      "",
                                      "play",
                                      "/\\t/evil.example",
                                      "/a\\u0001",
                                      "/gr\\u00fc\\u00dfe"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cleanup_free char *body = xasprintf("{\"redirectUrl\":\"%s\"}", bad[i]);

        assert_int_equal(status_of(w, "POST", "/auth/magic-links", WORLD_TOKEN, body), 400);
    }
    assert_int_equal(status_of(w, "POST", "/auth/magic-links", WORLD_TOKEN, "{\"redirectUrl\":1}"),
                     400);
}

static void magic__redeem__once(void **state)
{
    WORLD(state)
    int status;
    cJSON *link = world_call(w, "POST", "/auth/magic-links", WORLD_TOKEN, "{}", &status);
    const char *url = data_of(link, "magic_url")->valuestring;
    const char *path = strstr(url, "/auth/");

    assert_int_equal(status, 201);
    assert_ptr_equal(strstr(url, "http://" WORLD_HOST "/"), url);
    /* A link is no token. */
    assert_int_equal(status_of(w, "GET", "/info", strrchr(url, '/') + 1, NULL), 401);
    assert_int_equal(status_of(w, "GET", path, NULL, NULL), 302);
    assert_int_equal(status_of(w, "GET", path, NULL, NULL), 410);
    cJSON_Delete(link);
}

/* Seconds from now until a link made with the body cannot be opened any more. */
static double link_life_s(struct world *w, const char *body)
{
    int status;
    cJSON *link = world_call(w, "POST", "/auth/magic-links", WORLD_TOKEN, body, &status);
    double left =
        (double)(clock_parse_iso(data_of(link, "expires_at")->valuestring) - clock_wall_ms()) /
        1000;

    assert_int_equal(status, 201);
    cJSON_Delete(link);
    return left;
}

static void magic__life__is_bounded(void **state)
{
    WORLD(state)
    static const char *const wrong[] = {"{\"expiresIn\":0}", "{\"expiresIn\":-5}",
                                        "{\"expiresIn\":\"1h\"}", "{\"expiresIn\":true}"};
    double week = 7 * 24 * 3600, default_life = link_life_s(w, "{}");
    double day = link_life_s(w, "{\"expiresIn\":86400}");
    double longest = link_life_s(w, "{\"expiresIn\":1e300}");

    assert_true(default_life > 240 && default_life <= 300);
    assert_true(day > 86400 - 60 && day <= 86400);
    assert_true(longest > week - 60 && longest <= week);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(status_of(w, "POST", "/auth/magic-links", WORLD_TOKEN, wrong[i]), 400);
}

static void magic__scope__is_the_sessions(void **state)
{
    WORLD(state)
    static const char *const bodies[] = {"{\"scope\":\"observe\"}", "{\"scope\":\"full\"}"};
    int status;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        cJSON *link = world_call(w, "POST", "/auth/magic-links", WORLD_TOKEN, bodies[i], &status);
        const char *path = strstr(data_of(link, "magic_url")->valuestring, "/auth/");
        cJSON *list;

        assert_int_equal(status_of(w, "GET", path, NULL, NULL), 302);
        list = world_call(w, "GET", "/auth/session_tokens", WORLD_TOKEN, NULL, &status);
        const cJSON *all = data_of(list, "tokens");
        const cJSON *session = cJSON_GetArrayItem(all, cJSON_GetArraySize(all) - 1);
        assert_string_equal(text_of(session, "scope"), i ? "full" : "observe");
        end_token(w, session);
        cJSON_Delete(list);
        cJSON_Delete(link);
    }
    assert_int_equal(status_of(w, "POST", "/auth/magic-links", WORLD_TOKEN, "{\"scope\":\"all\"}"),
                     400);
}

/* Whatever is tried from inside, with the daemon's own uid. */
static void token__store__is_closed_to_guests(void **state)
{
    WORLD(state)
    cJSON *token = create(w, "{\"description\":\"find-me-if-you-can\"}");
    char *out = world_sh(
        w, "for d in /proc/[0-9]*/fd; do ls -l $d; done 2>/dev/null | grep -c -e store -e daemon\n"
           "cat /proc/1/fd/6 /proc/1/fd/7 /proc/1/task/1/fd/6 /proc/1/map_files/* 2>/dev/null\n"
           "(: >/proc/1/fd/6) 2>/dev/null && echo opened\n"
           "ls /proc/self/fd | tr '\\n' ' '\n"
           "python3 - <<'P'\n"
           "import ctypes, os\n"
           "libc = ctypes.CDLL(None, use_errno=True)\n"
           "fd = libc.syscall(434, 1, 0)\n"                /* pidfd_open */
           "print('pidfd', libc.syscall(438, fd, 6, 0))\n" /* pidfd_getfd */
           "print('attach', libc.ptrace(16, 1, 0, 0))\n"
           "P\n"
           "grep -rlsa find-me-if-you-can / --exclude-dir=proc --exclude-dir=sys "
           "--exclude-dir=usr --exclude-dir=dev 2>/dev/null\ntrue");

    assert_string_equal(out, "0\n0 1 2 3 pidfd -1\nattach -1\n");
    free(out);
    end_token(w, token);
    cJSON_Delete(token);
}

static void token__store__survives_kill_9(void **state)
{
    WORLD(state)
    cJSON *kept = create(w, "{\"description\":\"kept\",\"scope\":\"observe\"}");
    cJSON *gone = create(w, "{}"), *list;
    int status;
    cJSON *link = world_call(w, "POST", "/auth/magic-links", WORLD_TOKEN, "{}", &status);
    const char *path = strstr(data_of(link, "magic_url")->valuestring, "/auth/");

    end_token(w, gone);
    world_restart(w);
    assert_int_equal(status_of(w, "GET", "/info", text_of(kept, "token"), NULL), 200);
    assert_int_equal(status_of(w, "POST", "/run/command", text_of(kept, "token"), run_body), 403);
    assert_int_equal(status_of(w, "GET", "/info", text_of(gone, "token"), NULL), 401);
    assert_int_equal(status_of(w, "GET", path, NULL, NULL), 302);
    assert_int_equal(status_of(w, "GET", path, NULL, NULL), 410);
    world_restart(w);
    assert_int_equal(status_of(w, "GET", path, NULL, NULL), 410);
    list = world_call(w, "GET", "/auth/session_tokens", WORLD_TOKEN, NULL, &status);
    assert_int_equal(cJSON_GetArraySize(data_of(list, "tokens")), 3); /* two of magic links */
    cJSON_Delete(list);
    end_token(w, kept);
    cJSON_Delete(kept);
    cJSON_Delete(gone);
    cJSON_Delete(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token__create__refuses_bad_input),
        cmocka_unit_test(token__session__works_and_cannot_manage),
        cmocka_unit_test(token__revoke__closes_its_sockets_only),
        cmocka_unit_test(token__expiry__ends_it_and_its_sockets),
        cmocka_unit_test(token__observe__reads_everything_writes_nothing),
        cmocka_unit_test(magic__create__refuses_other_hosts),
        cmocka_unit_test(magic__redeem__once),
        cmocka_unit_test(magic__life__is_bounded),
        cmocka_unit_test(magic__scope__is_the_sessions),
        cmocka_unit_test(token__store__is_closed_to_guests),
        cmocka_unit_test(token__store__survives_kill_9),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
