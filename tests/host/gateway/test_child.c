/* SPDX-License-Identifier: MIT
 *
 * Child sandboxes: who may make them, what they are, when they end.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "tests/host/gateway/host.h"

static char *make_child(struct host *h, const char *id, const char *token, const char *body)
{
    cJSON *json;
    int status = host_call(h, id, token, "POST", "/sandboxes", body, &json);

    if (status != 201)
        fail_msg("%d %s", status, text_in(json, "error"));
    assert_string_equal(text_in(json, "status"), "running");
    char *child = xstrdup(text_in(json, "subdomain"));
    cJSON_Delete(json);
    return child;
}

static int count_in_info(struct host *h, const char *id, const char *token)
{
    cJSON *json;

    assert_int_equal(host_call(h, id, token, "GET", "/info", NULL, &json), 200);
    int n = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandbox_count")->valueint;
    cJSON_Delete(json);
    return n;
}

static bool exists(struct host *h, const char *id)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);

    return host_ask(h, "GET", path, NULL, NULL) == 200;
}

static int end_child(struct host *h, const char *id, const char *token, const char *child,
                     const char *query)
{
    cleanup_free char *path = xasprintf("/sandboxes/%s%s", child, query);

    return host_call(h, id, token, "DELETE", path, NULL, NULL);
}

static void child__live__with_its_parent(void **state)
{
    struct host *h = *state;
    cleanup_free char *token = NULL;
    cleanup_free char *id =
        host_create_with(h, "{\"namespace\":\"n\",\"envs\":{\"WHO\":\"p\"}}", &token);
    cleanup_free char *child =
        make_child(h, id, token, "{\"directory\":\"/srv/x\",\"envs\":{\"WHO\":\"c\"}}");
    cleanup_free char *out = host_sh(h, child, token, "pwd; echo $WHO; echo mine > f");
    cJSON *json;

    assert_string_equal(out, "/srv/x\np\n");
    assert_int_equal(count_in_info(h, id, token), 2);
    assert_int_equal(host_call(h, id, token, "GET", "/sandboxes", NULL, &json), 200);
    const cJSON *list = cJSON_GetObjectItem(json, "sandboxes");
    assert_int_equal(cJSON_GetArraySize(list), 1);
    assert_string_equal(text_in(cJSON_GetArrayItem(list, 0), "directory"), "/srv/x");
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "is_main")));
    cJSON_Delete(json);
    /* Ended by whoever owns the gateway, it ends for its parent, too. */
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    assert_int_equal(host_ask(h, "DELETE", path, NULL, NULL), 200);
    wait_until(!exists(h, child));
}

static void child__delete__keeps_files_unless_told(void **state)
{
    struct host *h = *state;
    cleanup_free char *token = NULL;
    cleanup_free char *id = host_create_with(h, "{}", &token);
    cleanup_free char *a = make_child(h, id, token, "{}");
    cleanup_free char *b = make_child(h, id, token, "{}");
    cleanup_free char *kept = xasprintf("%s/sandboxes/%s/kept", h->state, id);
    cleanup_free char *kept_a = xasprintf("%s/%s/home/user/f", kept, a);
    cleanup_free char *kept_b = xasprintf("%s/%s", kept, b);
    cleanup_free char *out = host_sh(h, a, token, "echo x > ~/f");

    assert_int_equal(end_child(h, id, token, a, "?delete_files=maybe"), 400);
    assert_int_equal(end_child(h, id, token, a, "?delete_files=false"), 204);
    assert_int_equal(access(kept_a, F_OK), 0);
    assert_int_equal(end_child(h, id, token, a, ""), 404);
    assert_int_equal(end_child(h, id, token, b, "?delete_files=true"), 204);
    assert_int_not_equal(access(kept_b, F_OK), 0);
    assert_int_equal(count_in_info(h, id, token), 1);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    assert_int_equal(host_ask(h, "DELETE", path, NULL, NULL), 200);
    wait_until(access(kept, F_OK));
}

static void child__refuse__what_is_not_allowed(void **state)
{
    struct host *h = *state;
    cleanup_free char *token = NULL;
    cleanup_free char *id = host_create_with(h, "{}", &token);
    cleanup_free char *other_token = NULL;
    cleanup_free char *other = host_create_with(h, "{}", &other_token);
    cleanup_free char *child = make_child(h, id, token, "{}");
    cleanup_free char *large = xasprintf("{\"directory\":\"%070000d\"}", 0);
    cleanup_free char *path = xasprintf("/sandboxes/%s", child);
    cJSON *json;

    /* Sessions of the parent are not the child's, and observers make none. */
    assert_int_equal(
        host_call(h, id, token, "POST", "/auth/session_tokens", "{\"scope\":\"observe\"}", &json) /
            100,
        2);
    const char *observer = cJSON_GetStringValue(cJSON_GetObjectItem(json, "token"));
    assert_int_equal(host_call(h, id, observer, "GET", "/sandboxes", NULL, NULL), 200);
    assert_int_equal(host_call(h, id, observer, "POST", "/sandboxes", "{}", NULL), 403);
    assert_int_equal(host_call(h, child, observer, "GET", "/terminals", NULL, NULL), 401);
    cJSON_Delete(json);
    assert_int_equal(host_call(h, other, other_token, "GET", path, NULL, NULL), 404);
    assert_int_equal(end_child(h, other, other_token, child, ""), 404);
    assert_int_equal(host_call(h, child, other_token, "GET", "/terminals", NULL, NULL), 401);
    assert_int_equal(host_call(h, id, token, "POST", "/sandboxes", large, NULL), 413);
    assert_int_equal(
        host_call(h, id, token, "POST", "/sandboxes", "{\"servers\":[{\"slug\":\"x\"}]}", &json),
        400);
    assert_non_null(strstr(text_in(json, "error"), "start"));
    cJSON_Delete(json);
    assert_int_equal(host_call(h, id, token, "GET", "/sandboxes/none", NULL, NULL), 404);
    assert_int_equal(count_in_info(h, id, token), 2);
    /* Children of children, to a depth. */
    cleanup_free char *second = make_child(h, child, token, "{}");
    cleanup_free char *third = make_child(h, second, token, "{}");
    assert_int_equal(host_call(h, third, token, "POST", "/sandboxes", "{}", NULL), 403);
    assert_int_equal(end_child(h, id, token, child, "?delete_files=true"), 204);
    wait_until(!exists(h, third) && !exists(h, second));
}

static void child__survive__a_gateway_but_not_their_parent(void **state)
{
    struct host *h = *state;
    cleanup_free char *token = NULL;
    cleanup_free char *id = host_create_with(h, "{}", &token);
    cleanup_free char *child = make_child(h, id, token, "{}");
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *ask = xasprintf("POST /sandboxes HTTP/1.1\r\nHost: %s.localhost:%d\r\n"
                                       "Authorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}",
                                       id, h->port, token);
    cleanup_free char *warm =
        xasprintf("GET /health HTTP/1.1\r\nHost: %s.localhost:%d\r\n\r\n", id, h->port);
    cJSON *json;

    send_text(fd, warm);
    assert_int_equal(read_reply(fd, NULL), 200);
    host_end(h, SIGKILL);
    /* Over a connection that was open: nobody is there to make one. */
    send_text(fd, ask);
    assert_int_equal(read_reply(fd, &json), 503);
    assert_non_null(strstr(text_in(json, "error"), "gateway"));
    cJSON_Delete(json);
    host_start(h, NULL);
    wait_until(count_in_info(h, id, token) == 2);
    cleanup_free char *out = host_sh(h, child, token, "echo still");
    assert_string_equal(out, "still\n");
    cleanup_free char *more = make_child(h, id, token, "{}");
    pid_t pid = host_daemon_pid(h, more);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    assert_int_equal(host_ask(h, "DELETE", path, NULL, NULL), 200);
    wait_until(!exists(h, child) && !exists(h, more) && !pid_lives(pid));
}

static void child__end__when_the_parents_time_is_over(void **state)
{
    struct host *h = *state;
    cleanup_free char *token = NULL;
    cleanup_free char *id = host_create_with(h, "{\"timeout\":4000}", &token);
    cleanup_free char *child = make_child(h, id, token, "{}");

    wait_until(!exists(h, id));
    wait_until(!exists(h, child));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child__live__with_its_parent),
        cmocka_unit_test(child__delete__keeps_files_unless_told),
        cmocka_unit_test(child__refuse__what_is_not_allowed),
        cmocka_unit_test(child__survive__a_gateway_but_not_their_parent),
        cmocka_unit_test(child__end__when_the_parents_time_is_over),
    };

    return cmocka_run_group_tests_name("child", tests, host_setup, host_teardown);
}
