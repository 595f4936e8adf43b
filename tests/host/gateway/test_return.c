/* SPDX-License-Identifier: MIT
 *
 * Daemons that die, and machines that do: sandboxes come back with what they had.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "tests/host/gateway/host.h"

static char *view_text(struct host *h, const char *id, const char *key)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    cJSON *json;

    host_ask(h, "GET", path, NULL, &json);
    char *text = xstrdup(text_in(json, key));
    cJSON_Delete(json);
    return text;
}

static bool is_status(struct host *h, const char *id, const char *status)
{
    cleanup_free char *is = view_text(h, id, "status");

    return !strcmp(is, status);
}

static int kill_daemon(struct host *h, const char *id)
{
    pid_t pid = host_daemon_pid(h, id);

    assert_true(pid > 1);
    kill(pid, SIGKILL);
    wait_until(!pid_lives(pid));
    return pid;
}

static int count_events(struct host *h, const char *id, const char *type)
{
    cleanup_free char *path = xasprintf("/events/%s?type=%s", id, type);
    cJSON *json;

    assert_int_equal(host_ask(h, "GET", path, NULL, &json), 200);
    int n = cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "events"));
    cJSON_Delete(json);
    return n;
}

static const char with_server[] =
    "{\"namespace\":\"k\",\"name\":\"x\",\"envs\":{\"WHO\":\"me\"},\"timeout\":600000,"
    "\"servers\":[{\"slug\":\"s\",\"start\":\"sleep 1000\",\"autostart\":true}]}";

/* Makes one with everything that is to be kept, and looks for it after `end` took it down. */
struct kept {
    char *id, *token, *session, *terminal;
};

static void make(struct host *h, struct kept *k)
{
    cJSON *json;

    k->id = host_create_with(h, with_server, &k->token);
    assert_int_equal(host_call(h, k->id, k->token, "POST", "/files",
                               "{\"path\":\"/home/user/f\",\"content\":\"kept\"}", NULL),
                     201);
    assert_int_equal(
        host_call(h, k->id, k->token, "POST", "/auth/session_tokens", "{}", &json) / 100, 2);
    k->session = xstrdup(cJSON_GetStringValue(cJSON_GetObjectItem(json, "token")));
    cJSON_Delete(json);
    assert_int_equal(
        host_call(h, k->id, k->token, "POST", "/terminals", "{\"pty\":true}", &json) / 100, 2);
    k->terminal = xstrdup(text_in(json, "id"));
    cJSON_Delete(json);
}

static bool server_runs(struct host *h, const struct kept *k)
{
    cJSON *json;
    int status = host_call(h, k->id, k->token, "GET", "/servers/s", NULL, &json);
    const cJSON *server = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "server");
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(server, "status"));
    bool runs = status == 200 && text && !strcmp(text, "running");

    cJSON_Delete(json);
    return runs;
}

static void look(struct host *h, const struct kept *k)
{
    cleanup_free char *out = host_sh(h, k->id, k->token, "cat ~/f; printf $WHO");
    cleanup_free char *again = host_sh(h, k->id, k->session, "echo $WHO");
    cleanup_free char *path = xasprintf("/terminals/%s", k->terminal);

    assert_string_equal(out, "keptme");
    assert_string_equal(again, "me\n");
    assert_int_equal(host_call(h, k->id, k->token, "GET", path, NULL, NULL), 404);
    wait_until(server_runs(h, k));
    cleanup_free char *name = view_text(h, k->id, "name");
    assert_string_equal(name, "x");
}

static void unmake(struct kept *k)
{
    free(k->id);
    free(k->token);
    free(k->session);
    free(k->terminal);
}

static void return__restart__a_daemon_that_was_killed(void **state)
{
    struct host h;
    struct kept k;
    cJSON *json;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    make(&h, &k);
    int pid = kill_daemon(&h, k.id);
    /* Who asks meanwhile waits, for its API and for itself. */
    assert_int_equal(host_call(&h, k.id, k.token, "GET", "/info", NULL, NULL), 200);
    assert_int_equal(host_ask(&h, "POST", "/v1/sandboxes/find-or-create", with_server, &json), 200);
    assert_string_equal(text_in(json, "sandboxId"), k.id);
    assert_string_equal(text_in(json, "token"), k.token);
    assert_string_equal(text_in(json, "status"), "running");
    cJSON_Delete(json);
    assert_int_not_equal(host_daemon_pid(&h, k.id), pid);
    look(&h, &k);
    wait_until(count_events(&h, k.id, "sandbox.restarted") == 1);
    unmake(&k);
    host_finish(&h);
}

static void return__give_up__after_too_many_deaths(void **state)
{
    static const char body[] = "{\"namespace\":\"k\",\"name\":\"x\"}";
    struct host h;
    cJSON *json;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *id = host_create(&h, body);
    cleanup_free char *other = host_create(&h, "{}");
    for (int i = 0; i < RETURNS_MAX; i++) {
        kill_daemon(&h, id);
        wait_until(is_status(&h, id, "running") &&
                   count_events(&h, id, "sandbox.restarted") == i + 1);
    }
    kill_daemon(&h, id);
    wait_until(is_status(&h, id, "lost"));
    cleanup_free char *reason = view_text(&h, id, "reason");
    assert_non_null(strstr(reason, "daemon"));
    assert_non_null(strstr(reason, "3 times"));
    assert_int_equal(host_ask_sandbox(&h, id, "/health", &json), 503);
    assert_non_null(strstr(text_in(json, "error"), "lost"));
    cJSON_Delete(json);
    assert_int_equal(host_ask_sandbox(&h, other, "/health", NULL), 200);
    /* The next gateway tries once more: the cause may have been mended. */
    assert_int_equal(host_end(&h, SIGTERM), 0);
    host_start(&h, NULL);
    wait_until(is_status(&h, id, "running"));
    assert_int_equal(host_ask_sandbox(&h, id, "/health", NULL), 200);
    host_finish(&h);
}

static void return__replace__one_that_is_lost(void **state)
{
    static const char body[] = "{\"namespace\":\"k\",\"name\":\"x\"}";
    struct host h;
    cJSON *json;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *id = host_create(&h, body);
    cleanup_free char *root = xasprintf("%s/sandboxes/%s/root", h.state, id);
    cleanup_free char *away = xasprintf("%s/away", h.folder);
    /* Nothing to start it on. */
    assert_int_equal(rename(root, away), 0);
    kill_daemon(&h, id);
    wait_until(is_status(&h, id, "lost"));
    assert_int_equal(host_ask(&h, "POST", "/v1/sandboxes/find-or-create", body, &json), 200);
    assert_string_not_equal(text_in(json, "sandboxId"), id);
    cJSON_Delete(json);
    host_finish(&h);
}

static void sql(const struct host *h, const char *text)
{
    cleanup_free char *path = xasprintf("%s/gateway.db", h->state);
    sqlite3 *db;
    char *why = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static void return__restart__all_after_the_machine(void **state)
{
    enum { N = 7 };
    struct host h;
    struct kept k;
    char *more[N];

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    make(&h, &k);
    for (int i = 0; i < N; i++)
        more[i] = host_create(&h, "{}");
    host_end(&h, SIGKILL);
    kill_daemon(&h, k.id);
    for (int i = 0; i < N; i++)
        kill_daemon(&h, more[i]);
    /* All of it was a day ago. */
    sql(&h, "UPDATE sandboxes SET created_ms = created_ms - 86400000,"
            " expires_ms = expires_ms - 86400000 WHERE expires_ms");
    host_start(&h, NULL);
    assert_true(is_status(&h, k.id, "running"));
    for (int i = 0; i < N; i++)
        wait_until(is_status(&h, more[i], "running"));
    look(&h, &k);
    /* It was never written when we were there: there is none but the time of creation. */
    cleanup_free char *gone = view_text(&h, k.id, "expiresAt");
    host_end(&h, SIGKILL);
    kill_daemon(&h, k.id);
    cleanup_free char *seen = xasprintf("UPDATE sandboxes SET created_ms = created_ms - 86400000,"
                                        " expires_ms = %lld WHERE expires_ms;"
                                        "REPLACE INTO seen(one, ms) VALUES(1, %lld);",
                                        (long long)clock_wall_ms() - 86400000 + 500000,
                                        (long long)clock_wall_ms() - 86400000);
    sql(&h, seen);
    host_start(&h, NULL);
    cleanup_free char *expires = view_text(&h, k.id, "expiresAt");
    int64_t left_ms = clock_parse_iso(expires) - clock_wall_ms();
    if (left_ms < 400000 || left_ms > 501000)
        fail_msg("left: %lld ms (%s, before %s)", (long long)left_ms, expires, gone);
    for (int i = 0; i < N; i++)
        free(more[i]);
    unmake(&k);
    host_finish(&h);
}

static void return__spare__the_folder_of_a_living_daemon(void **state)
{
    struct host h;

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *id = host_create(&h, "{}");
    cleanup_free char *dir = xasprintf("%s/sandboxes/%s", h.state, id);
    assert_int_equal(host_end(&h, SIGTERM), 0);
    sql(&h, "DELETE FROM sandboxes");
    host_start(&h, NULL);
    pid_t pid = host_daemon_pid(&h, id);
    assert_true(pid_lives(pid));
    kill(pid, SIGKILL);
    wait_until(!pid_lives(pid));
    assert_int_equal(host_end(&h, SIGTERM), 0);
    host_start(&h, NULL);
    assert_int_not_equal(access(dir, F_OK), 0);
    host_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(return__restart__a_daemon_that_was_killed),
        cmocka_unit_test(return__give_up__after_too_many_deaths),
        cmocka_unit_test(return__replace__one_that_is_lost),
        cmocka_unit_test(return__restart__all_after_the_machine),
        cmocka_unit_test(return__spare__the_folder_of_a_living_daemon),
    };

    return cmocka_run_group_tests_name("return", tests, NULL, NULL);
}
