/* SPDX-License-Identifier: MIT
 *
 * What a sandbox is born with: directory, overlays, servers, and how the view tells of them.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "tests/host/gateway/host.h"

static struct host host;

static int set_up(void **state)
{
    (void)state;
    host_init(&host, false);
    host_start(&host, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_finish(&host);
    return 0;
}

/* data.LIST[0].KEY of the sandbox's view, owned. */
static char *first_of(const char *id, const char *list, const char *key)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    cJSON *json;

    assert_int_equal(host_ask(&host, "GET", path, NULL, &json), 200);
    const cJSON *data = cJSON_GetObjectItem(json, "data");
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(data, list), 0);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(item, key));
    char *copy = xstrdup(text ? text : "");
    cJSON_Delete(json);
    return copy;
}

static bool is(const char *id, const char *list, const char *key, const char *value)
{
    cleanup_free char *text = first_of(id, list, key);

    return !strcmp(text, value);
}

static void destroy(const char *id)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);

    assert_int_equal(host_ask(&host, "DELETE", path, NULL, NULL), 200);
}

static void setup__report__servers_and_overlays(void **state)
{
    cleanup_free char *token = NULL;
    cleanup_free char *id = host_create_with(
        &host,
        "{\"overlays\":[{\"source\":\"/etc/alternatives\",\"target\":\"app/alt\"}],"
        "\"servers\":[{\"slug\":\"web\",\"path\":\"app\",\"start\":\"exec python3 -u -m "
        "http.server "
        "$PORT\",\"port\":18500}]}",
        &token);

    (void)state;
    assert_true(is(id, "servers", "slug", "web"));
    assert_true(is(id, "overlays", "source", "/etc/alternatives"));
    assert_true(is(id, "overlays", "target", "app/alt"));
    /* It starts where the overlay makes its directory, so it must have waited for it. */
    wait_until(is(id, "servers", "status", "ready") || is(id, "servers", "status", "running"));
    assert_true(is(id, "overlays", "copy_status", "complete"));
    cJSON *json;
    assert_int_equal(host_call(&host, id, token, "GET", "/ready", NULL, &json), 200);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "servers")), 1);
    cJSON_Delete(json);
    /* Not in the list: there is one for each of thousands. */
    assert_int_equal(host_ask(&host, "GET", "/v1/sandboxes", NULL, &json), 200);
    const cJSON *all = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandboxes");
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "servers"));
    cJSON_Delete(json);
    assert_int_equal(host_call(&host, id, token, "POST", "/servers/web/stop", "", NULL), 200);
    wait_until(is(id, "servers", "status", "stopped"));
    destroy(id);
}

static void setup__refuse__with_the_daemons_reason(void **state)
{
    static const struct {
        const char *payload, *says;
    } cases[] = {
        {"\"servers\":[{\"start\":\"true\"}]", "slug"},
        {"\"servers\":[{\"slug\":\"a\",\"start\":\"true\",\"port\":-1}]", "port"},
        {"\"servers\":[{\"slug\":\"a\",\"start\":\"true\"},{\"slug\":\"a\",\"start\":\"true\"}]",
         "twice"},
        {"\"overlays\":[{\"source\":\"/none\",\"target\":\"x\"}]", "/none"},
        {"\"overlays\":[{\"source\":\"/etc\",\"target\":\"../../../x\"}]", "target"},
        {"\"directory\":\"/etc/hosts\"", "directory"},
        {"\"directory\":\"/proc/nothing/here\"", "directory"},
    };
    cJSON *json;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *body =
            xasprintf("{\"namespace\":\"bad\",\"name\":\"one\",%s}", cases[i].payload);
        int status = host_ask(&host, "POST", "/v1/sandboxes", body, &json);

        if (status != 400 || !strstr(text_in(json, "error"), cases[i].says))
            fail_msg("%s: %d %s", body, status, text_in(json, "error"));
        cJSON_Delete(json);
    }
    /* The name is free, and nothing is left. */
    cleanup_free char *id = host_create(&host, "{\"namespace\":\"bad\",\"name\":\"one\"}");
    destroy(id);
}

static void setup__directory__is_where_everything_begins(void **state)
{
    cleanup_free char *token = NULL;
    cleanup_free char *id = host_create_with(
        &host,
        "{\"directory\":\"work/deep\",\"servers\":[{\"slug\":\"s\",\"path\":\".\",\"start\":"
        "\"pwd > where; sleep 1000\"}]}",
        &token);
    cleanup_free char *pwd = host_sh(&host, id, token, "pwd");
    cJSON *json;

    (void)state;
    assert_string_equal(pwd, "/home/user/work/deep\n");
    assert_int_equal(host_call(&host, id, token, "POST", "/files",
                               "{\"path\":\"sub/f\",\"content\":\"x\"}", NULL),
                     201);
    cleanup_free char *found = host_sh(&host, id, token, "cat /home/user/work/deep/sub/f");
    assert_string_equal(found, "x");
    assert_int_equal(host_call(&host, id, token, "POST", "/run/command",
                               "{\"command\":\"pwd\",\"cwd\":\"sub\"}", &json),
                     200);
    assert_string_equal(text_in(json, "stdout"), "/home/user/work/deep/sub\n");
    cJSON_Delete(json);
    cleanup_free char *where = host_sh(
        &host, id, token, "while [ ! -s where ]; do sleep 0.05; done; cat where; rm -r ../deep");
    assert_string_equal(where, "/home/user/work/deep\n");
    /* Removed by those who live there: the home is left. */
    cleanup_free char *after = host_sh(&host, id, token, "pwd");
    assert_string_equal(after, "/home/user\n");
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    assert_int_equal(host_ask(&host, "GET", path, NULL, &json), 200);
    assert_string_equal(text_in(json, "directory"), "/home/user/work/deep");
    cJSON_Delete(json);
    destroy(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup__report__servers_and_overlays),
        cmocka_unit_test(setup__refuse__with_the_daemons_reason),
        cmocka_unit_test(setup__directory__is_where_everything_begins),
    };

    return cmocka_run_group_tests_name("setup", tests, set_up, tear_down);
}
