/* SPDX-License-Identifier: MIT
 *
 * Search, frozen input, notices; and that observers cannot write: every route, every message.
 */
#include "tests/host/daemon/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

/* The secret of a new session token; the caller frees. */
static char *new_token(struct world *w, const char *scope)
{
    cleanup_free char *body = xasprintf("{\"scope\":\"%s\"}", scope);
    int status;
    cJSON *reply = world_call(w, "POST", "/auth/session_tokens", WORLD_TOKEN, body, &status);
    char *token = xstrdup(cJSON_GetStringValue(cJSON_GetObjectItem(reply, "token")));

    assert_in_range(status, 200, 201);
    cJSON_Delete(reply);
    return token;
}

static void delete_terminal(struct world *w, char *id)
{
    cleanup_free char *path = xasprintf("/terminals/%s", id);

    world_expect(w, "DELETE", path, NULL, 204);
    free(id);
}

/* --- search --- */

static cJSON *search(struct world *w, const char *body)
{
    return world_ask(w, "POST", "/terminals/search", body, 200);
}

static const cJSON *hit(const cJSON *reply, int i)
{
    const cJSON *item = cJSON_GetArrayItem(data_of(reply, "hits"), i);

    assert_non_null(item);
    return item;
}

static int hit_number(const cJSON *reply, int i, const char *key)
{
    return cJSON_GetObjectItem(hit(reply, i), key)->valueint;
}

static const char *hit_text(const cJSON *reply, int i, const char *key)
{
    return cJSON_GetObjectItem(hit(reply, i), key)->valuestring;
}

static int n_hits(const cJSON *reply)
{
    return cJSON_GetArraySize(data_of(reply, "hits"));
}

/* A terminal that has written this and is done. */
static char *written(struct world *w, const char *command)
{
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\",\"cols\":80,\"rows\":24");
    cleanup_free char *line = xasprintf("PS1=; stty -echo; clear; %s; printf en\"\"d\n", command);
    struct ws ws;

    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "terminal:", id);
    ws_input(&ws, id, line);
    ws_wait(&ws, "end");
    ws_close(&ws);
    return id;
}

static void search__screen_and_scrollback__newest_first(void **state)
{
    WORLD(state)
    char *id = written(w, "seq 1 300 | sed 's/^/number /'");
    cJSON *reply = search(w, "{\"pattern\":\"number 2[0-9]+5$\"}");

    assert_int_equal(n_hits(reply), 10);
    assert_string_equal(hit_text(reply, 0, "text"), "number 295");
    assert_string_equal(hit_text(reply, 9, "text"), "number 205");
    assert_string_equal(hit_text(reply, 0, "terminal_id"), id);
    assert_int_equal(hit_number(reply, 0, "line"), 6);
    assert_int_equal(hit_number(reply, 9, "line"), 96);
    assert_int_equal(hit_number(reply, 0, "from"), 0);
    assert_int_equal(hit_number(reply, 0, "to"), 10);
    assert_true(cJSON_IsFalse(data_of(reply, "truncated")));
    cJSON_Delete(reply);
    reply = search(w, "{\"pattern\":\"number\",\"limit\":7}");
    assert_int_equal(n_hits(reply), 7);
    assert_true(cJSON_IsTrue(data_of(reply, "truncated")));
    cJSON_Delete(reply);
    delete_terminal(w, id);
}

static void search__case__is_minded_by_capitals_or_by_wish(void **state)
{
    WORLD(state)
    static const struct {
        const char *body;
        int n;
    } cases[] = {
        {"{\"pattern\":\"zebra\"}", 2},
        {"{\"pattern\":\"Zebra\"}", 1},
        {"{\"pattern\":\"zebra\",\"case\":true}", 1},
        {"{\"pattern\":\"ZEBRA\",\"case\":false}", 2},
        {"{\"pattern\":\"\\\\Sebra\"}", 2},
    };
    char *id = written(w, "printf 'Zebra\\nzebra\\n'");

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *reply = search(w, cases[i].body);

        assert_int_equal(n_hits(reply), cases[i].n);
        cJSON_Delete(reply);
    }
    delete_terminal(w, id);
}

static void search__long_line__is_cut_around_the_hit(void **state)
{
    WORLD(state)
    char *id = written(w, "printf '%0500d\\303\\274needle\\303\\274%0500d\\n' 0 0");
    cJSON *reply = search(w, "{\"pattern\":\"needle\"}");
    const char *text = hit_text(reply, 0, "text");
    int from = hit_number(reply, 0, "from");

    assert_int_equal(n_hits(reply), 1);
    assert_in_range(strlen(text), 290, 300);
    assert_memory_equal(text + from, "needle", 6);
    assert_int_equal(hit_number(reply, 0, "to"), from + 6);
    /* Wrapped over the first 13 lines of 24, the hit in the seventh of them. */
    assert_int_equal(hit_number(reply, 0, "line"), 17);
    cJSON_Delete(reply);
    delete_terminal(w, id);
}

static void search__pattern__that_is_none_says_why(void **state)
{
    WORLD(state)
    static const char *const bodies[] = {
        "{}",
        "{\"pattern\":\"\"}",
        "{\"pattern\":7}",
        "{\"pattern\":\"a\",\"limit\":0}",
        "{\"pattern\":\"a\",\"limit\":1001}",
        "{\"pattern\":\"a\",\"case\":\"x\"}",
    };
    int status;
    cJSON *reply =
        world_call(w, "POST", "/terminals/search", WORLD_TOKEN, "{\"pattern\":\"a(b\"}", &status);

    assert_int_equal(status, 400);
    assert_non_null(strstr(cJSON_GetObjectItem(reply, "error")->valuestring, "parenthesis"));
    cJSON_Delete(reply);
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        world_expect(w, "POST", "/terminals/search", bodies[i], 400);
}

/* A pattern that never ends by itself, and a terminal that floods: both are let go of. */
static void search__pathological__ends_and_holds_nobody_up(void **state)
{
    WORLD(state)
    char *id = written(w, "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -n 3000");
    char *flood = world_pty(w, ",\"shell\":\"/bin/sh\"");
    int64_t began = clock_mono_ms();
    struct ws ws;

    ws_open(&ws, w, "json");
    ws_input(&ws, flood, "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    cJSON_Delete(search(w, "{\"pattern\":\"(a+)+$x|(a|aa)+y\"}"));
    assert_in_range(clock_mono_ms() - began, 0, 9000);
    ws_close(&ws);
    delete_terminal(w, flood);
    delete_terminal(w, id);
}

/* --- frozen input --- */

static void freeze(struct world *w, const char *id, const char *seconds, int status)
{
    cleanup_free char *path = xasprintf("/terminals/%s/freeze", id);
    cleanup_free char *body = xasprintf("{\"seconds\":%s,\"by\":\"Ann\"}", seconds);

    world_expect(w, "POST", path, body, status);
}

static void freeze__guests_input__is_refused_and_the_owners_passes(void **state)
{
    WORLD(state)
    cleanup_free char *token = new_token(w, "full"), *numbered = NULL, *path = NULL;
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");
    struct ws guest, owner;
    int status;

    ws_open_as(&guest, w, token, "json");
    ws_open(&owner, w, "json");
    ws_subscribe(&guest, "terminal:", id);
    ws_subscribe(&guest, "activity", "");
    freeze(w, id, "600", 200);
    ws_wait_frame(&guest, "\"frozen_by\":\"Ann\"");
    ws_input(&guest, id, "echo for\"bidden\"\n");
    ws_wait_frame(&guest, "\"code\":\"frozen\"");
    assert_non_null(strstr(guest.log.data, "input is frozen by Ann for 600 more seconds"));
    numbered = xasprintf("{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"%s\",\"client\":"
                         "\"me\",\"seq\":1,\"input\":\"echo for\\\"bidden\\\"\\n\"}}",
                         id);
    ws_send(&guest, numbered);
    ws_wait_frame(&guest, "terminal:ack");
    ws_input(&owner, id, "echo al\"lowed\"\n");
    ws_wait(&guest, "allowed");
    path = xasprintf("/terminals/%s", id);
    cJSON_Delete(world_call(w, "DELETE", path, token, NULL, &status));
    assert_int_equal(status, 403);
    cJSON_Delete(world_call(w, "POST", "/terminals", token, "{\"pty\":true}", &status));
    assert_int_equal(status, 403);
    freeze(w, id, "0", 200);
    ws_input(&guest, id, "echo a\"gain\"\n");
    ws_wait(&guest, "again");
    assert_null(strstr(guest.text.data, "forbidden"));
    ws_close(&guest);
    ws_close(&owner);
    delete_terminal(w, id);
}

static void freeze__its_end__is_told_and_input_passes(void **state)
{
    WORLD(state)
    cleanup_free char *token = new_token(w, "full");
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");
    struct ws guest;

    ws_open_as(&guest, w, token, "json");
    ws_subscribe(&guest, "terminal:", id);
    ws_subscribe(&guest, "activity", "");
    ws_wait_frame(&guest, "activity:synced");
    freeze(w, id, "0.3", 200);
    ws_wait_frame(&guest, "\"frozen_by\":\"Ann\"");
    buf_clear(&guest.log);
    ws_wait_frame(&guest, "\"frozen_left\":0");
    ws_input(&guest, id, "echo a\"gain\"\n");
    ws_wait(&guest, "again");
    ws_close(&guest);
    delete_terminal(w, id);
}

static void freeze__arguments__are_checked(void **state)
{
    WORLD(state)
    char *id = world_pty(w, "");
    cleanup_free char *token = new_token(w, "full");
    cleanup_free char *path = xasprintf("/terminals/%s/freeze", id);
    int status;

    freeze(w, id, "-1", 400);
    freeze(w, id, "3601", 400);
    freeze(w, id, "\"x\"", 400);
    freeze(w, "term-none", "1", 404);
    cJSON_Delete(world_call(w, "POST", path, token, "{\"seconds\":1}", &status));
    assert_int_equal(status, 403);
    delete_terminal(w, id);
}

/* --- notices --- */

static void notice__sent__reaches_who_is_there_and_who_comes(void **state)
{
    WORLD(state)
    cleanup_free char *id = NULL, *path = NULL;
    struct ws early, late;
    cJSON *reply;

    ws_open(&early, w, "json");
    ws_subscribe(&early, "activity", "");
    ws_wait_frame(&early, "activity:synced");
    reply = world_ask(
        w, "POST", "/notices",
        "{\"text\":\"Pause\\nuntil ten\",\"from\":\"Ann\",\"url\":\"https://e.org/x\"}", 201);
    id = xstrdup(data_of(reply, "id")->valuestring);
    assert_true(data_of(reply, "at")->valuedouble > 1e12);
    cJSON_Delete(reply);
    ws_wait_frame(&early, "until ten\",\"from\":\"Ann\",\"url\":\"https://e.org/x\"");
    ws_open(&late, w, "json");
    ws_subscribe(&late, "activity", "");
    ws_wait_frame(&late, id);
    path = xasprintf("/notices/%s", id);
    world_expect(w, "DELETE", path, NULL, 204);
    ws_wait_frame(&late, "notice:deleted");
    world_expect(w, "DELETE", path, NULL, 404);
    ws_close(&early);
    ws_close(&late);
}

static void notice__many__the_last_twenty_are_kept(void **state)
{
    WORLD(state)
    cJSON *reply;

    for (int i = 0; i < 25; i++) {
        cleanup_free char *body = xasprintf("{\"text\":\"no %d\"}", i);

        world_expect(w, "POST", "/notices", body, 201);
    }
    reply = world_ask(w, "GET", "/notices", NULL, 200);
    assert_int_equal(cJSON_GetArraySize(data_of(reply, "notices")), 20);
    assert_string_equal(
        cJSON_GetObjectItem(cJSON_GetArrayItem(data_of(reply, "notices"), 0), "text")->valuestring,
        "no 5");
    cJSON_Delete(reply);
}

static void notice__arguments__are_checked(void **state)
{
    WORLD(state)
    static const char *const bodies[] = {
        "{}",
        "{\"text\":\"\"}",
        "{\"text\":7}",
        "{\"text\":\"\\u001b[2J\"}",
        "{\"text\":\"x\",\"from\":[]}",
        "{\"text\":\"x\",\"url\":\"javascript:alert(1)\"}",
        "{\"text\":\"x\",\"url\":\" javascript:alert(1)\"}",
        "{\"text\":\"x\",\"url\":\"data:text/html,x\"}",
        "{\"text\":\"x\",\"url\":\"ftp://e.org/\"}",
    };
    cleanup_free char *fits = xcalloc(1, 2001), *body = NULL;
    cleanup_free char *token = new_token(w, "full");
    int status;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        world_expect(w, "POST", "/notices", bodies[i], 400);
    memset(fits, 'x', 2000);
    body = xasprintf("{\"text\":\"%s\",\"url\":\"../docs?a=b:c\"}", fits);
    world_expect(w, "POST", "/notices", body, 201);
    free(body);
    body = xasprintf("{\"text\":\"%sx\"}", fits);
    world_expect(w, "POST", "/notices", body, 400);
    cJSON_Delete(world_call(w, "POST", "/notices", token, "{\"text\":\"x\"}", &status));
    assert_int_equal(status, 403);
    cJSON_Delete(world_call(w, "GET", "/notices", token, NULL, &status));
    assert_int_equal(status, 200);
}

/* --- observers cannot write --- */

/* The pattern with the id for its %s; the caller frees. */
static char *fill(const char *pattern, const char *id)
{
    const char *place = strstr(pattern, "%s");

    if (!place)
        return xstrdup(pattern);
    return xasprintf("%.*s%s%s", (int)(place - pattern), pattern, id, place + 2);
}

static void observer__http__every_writing_route_is_refused(void **state)
{
    WORLD(state)
    static const struct {
        const char *method, *path, *body;
    } routes[] = {
        {"POST", "/auth/session_tokens", "{}"},
        {"GET", "/auth/session_tokens", NULL},
        {"GET", "/auth/session_tokens/x", NULL},
        {"DELETE", "/auth/session_tokens/x", NULL},
        {"POST", "/auth/magic-links", "{}"},
        {"POST", "/run/command", "{\"command\":\"touch /tmp/written\"}"},
        {"POST", "/execute", "{\"command\":\"touch /tmp/written\"}"},
        {"POST", "/run/code", "{\"code\":\"open('/tmp/written','w')\"}"},
        {"POST", "/terminals", "{\"pty\":true}"},
        {"DELETE", "/terminals/%s", NULL},
        {"POST", "/terminals/%s/execute", "{\"command\":\"touch /tmp/written\"}"},
        {"POST", "/terminals/%s/hand", "{\"up\":true}"},
        {"POST", "/terminals/%s/freeze", "{\"seconds\":1}"},
        {"POST", "/notices", "{\"text\":\"x\"}"},
        {"DELETE", "/notices/x", NULL},
        {"POST", "/watchers", "{\"path\":\"/tmp\"}"},
        {"DELETE", "/watchers/x", NULL},
        {"POST", "/servers", "{\"slug\":\"x\",\"start\":\"touch /tmp/written\"}"},
        {"DELETE", "/servers/x", NULL},
        {"POST", "/servers/x/stop", NULL},
        {"POST", "/servers/x/restart", NULL},
        {"PATCH", "/servers/x/status", "{\"status\":\"ready\"}"},
        {"POST", "/signals/start", NULL},
        {"POST", "/signals/stop", NULL},
        {"POST", "/signals/port", "{\"port\":80,\"type\":\"open\"}"},
        {"POST", "/signals/port/80/open", NULL},
        {"POST", "/signals/error", "{\"message\":\"x\"}"},
        {"POST", "/signals/server-ready", "{\"port\":80}"},
        {"POST", "/files", "{\"path\":\"/tmp/written\"}"},
        {"POST", "/files/batch",
         "{\"files\":[{\"path\":\"/tmp/written\",\"operation\":\"write\"}]}"},
        {"DELETE", "/files//tmp/kept", NULL},
        {"POST", "/env?file=/tmp/written", "{\"variables\":{\"A\":\"b\"}}"},
        {"DELETE", "/env?file=/tmp/kept", "{\"keys\":[\"A\"]}"},
        {"POST", "/filesystem/overlays", "{\"source\":\"/tmp\",\"target\":\"written\"}"},
        {"DELETE", "/filesystem/overlays/x", NULL},
        {"POST", "/sandboxes", "{}"},
        {"DELETE", "/sandboxes/x", NULL},
    };
    cleanup_free char *token = new_token(w, "observe");
    char *id = world_pty(w, "");

    free(world_sh(w, "rm -rf /tmp/written; echo A=1 > /tmp/kept"));
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        cleanup_free char *path = fill(routes[i].path, id);
        int status;

        cJSON_Delete(world_call(w, routes[i].method, path, token, routes[i].body, &status));
        if (status != 403)
            fail_msg("%s %s: %d", routes[i].method, path, status);
    }
    free(world_sh(w, "test ! -e /tmp/written && grep -q A=1 /tmp/kept"));
    delete_terminal(w, id);
}

static void observer__http__reading_is_allowed(void **state)
{
    WORLD(state)
    static const struct {
        const char *method, *path, *body;
    } routes[] = {
        {"GET", "/info", NULL},
        {"GET", "/stats", NULL},
        {"GET", "/terminals", NULL},
        {"GET", "/notices", NULL},
        {"GET", "/files?path=/tmp", NULL},
        {"GET", "/servers", NULL},
        {"GET", "/watchers", NULL},
        {"GET", "/signals/status", NULL},
        {"GET", "/filesystem/overlays", NULL},
        {"POST", "/terminals/search", "{\"pattern\":\"x\"}"},
    };
    cleanup_free char *token = new_token(w, "observe");

    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        int status;

        cJSON_Delete(
            world_call(w, routes[i].method, routes[i].path, token, routes[i].body, &status));
        if (status != 200)
            fail_msg("%s %s: %d", routes[i].method, routes[i].path, status);
    }
}

static void observer__socket__every_writing_message_is_refused(void **state)
{
    WORLD(state)
    static const char *const messages[] = {
        "{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"%s\",\"input\":\"touch "
        "/tmp/written\\n\"}}",
        "{\"type\":\"terminal:input\",\"channel\":\"terminal:x\",\"data\":{\"terminal_id\":"
        "\"%s\",\"client\":\"x\",\"seq\":1,\"input\":\"touch /tmp/written\\n\"}}",
        "{\"type\":\"terminal:resize\",\"data\":{\"terminal_id\":\"%s\",\"cols\":33,\"rows\":11}}",
        "{\"type\":\"terminal:participate\",\"data\":{\"terminal_id\":\"%s\",\"who\":\"Eve\"}}",
        "{\"type\":\"command:start\",\"data\":{\"cmd_id\":\"%s\"}}",
    };
    static const char *const protocols[] = {"json", "binary"};
    cleanup_free char *token = new_token(w, "observe");

    for (size_t p = 0; p < ARRAY_LEN(protocols); p++) {
        char *id = world_pty(w, ",\"cols\":80,\"rows\":24");
        struct ws observer, owner;

        ws_open_as(&observer, w, token, protocols[p]);
        ws_open(&owner, w, "json");
        ws_subscribe(&owner, "activity", "");
        ws_subscribe(&observer, "activity", "");
        ws_wait_frame(&observer, "activity:synced");
        ws_subscribe(&observer, "terminal:", id);
        for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
            cleanup_free char *text = fill(messages[i], id);

            buf_clear(&observer.log);
            ws_send(&observer, text);
            ws_wait_frame(&observer, "read-only token");
        }
        ws_input(&owner, id, "stty size; test -e /tmp/written || echo in\"tact\"\n");
        ws_wait(&observer, "24 80");
        ws_wait(&observer, "intact");
        assert_null(strstr(observer.text.data, "written\r\n24"));
        ws_read_for(&owner, 600);
        assert_null(strstr(owner.log.data, "Eve"));
        ws_close(&observer);
        ws_close(&owner);
        delete_terminal(w, id);
    }
}

/* A session token may type, but is no instructor. */
static void session_token__socket__cannot_take_part(void **state)
{
    WORLD(state)
    cleanup_free char *token = new_token(w, "full"), *text = NULL;
    char *id = world_pty(w, "");
    struct ws ws;

    ws_open_as(&ws, w, token, "json");
    text = xasprintf("{\"type\":\"terminal:participate\",\"data\":{\"terminal_id\":\"%s\",\"who\":"
                     "\"Eve\"}}",
                     id);
    ws_send(&ws, text);
    ws_wait_frame(&ws, "access token required");
    ws_close(&ws);
    delete_terminal(w, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search__screen_and_scrollback__newest_first),
        cmocka_unit_test(search__case__is_minded_by_capitals_or_by_wish),
        cmocka_unit_test(search__long_line__is_cut_around_the_hit),
        cmocka_unit_test(search__pattern__that_is_none_says_why),
        cmocka_unit_test(search__pathological__ends_and_holds_nobody_up),
        cmocka_unit_test(freeze__guests_input__is_refused_and_the_owners_passes),
        cmocka_unit_test(freeze__its_end__is_told_and_input_passes),
        cmocka_unit_test(freeze__arguments__are_checked),
        cmocka_unit_test(notice__sent__reaches_who_is_there_and_who_comes),
        cmocka_unit_test(notice__many__the_last_twenty_are_kept),
        cmocka_unit_test(notice__arguments__are_checked),
        cmocka_unit_test(observer__http__every_writing_route_is_refused),
        cmocka_unit_test(observer__http__reading_is_allowed),
        cmocka_unit_test(observer__socket__every_writing_message_is_refused),
        cmocka_unit_test(session_token__socket__cannot_take_part),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
