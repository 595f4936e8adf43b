/* SPDX-License-Identifier: MIT
 *
 * What the machine denies: descriptors, a registry that takes nothing. What was promised stays
 * true, what cannot be promised is refused.
 */
#include "tests/cm.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "tests/host/gateway/host.h"

/* Runs SQL on the registry of a gateway that does not run; returns the first number it gives. */
static int registry_sql(const struct host *h, const char *sql)
{
    cleanup_free char *path = xasprintf("%s/gateway.db", h->state);
    sqlite3_stmt *statement;
    sqlite3 *db;
    int number = 0;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

/* A host whose registry refuses what the trigger says. */
static void start_with_trigger(struct host *h, const char *trigger)
{
    host_init(h, false);
    host_start(h, NULL);
    assert_int_equal(host_end(h, SIGTERM), 0);
    registry_sql(h, trigger);
    host_start(h, NULL);
}

static int sandbox_count(const struct host *h)
{
    cJSON *json;

    assert_int_equal(host_ask(h, "GET", "/info", NULL, &json), 200);
    int n = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "sandbox_count")->valueint;
    cJSON_Delete(json);
    return n;
}

/* The next gateway would take it for half-created and destroy it. */
static void trouble__create__is_refused_when_it_cannot_be_recorded(void **state)
{
    struct host h;
    cJSON *json;

    (void)state;
    start_with_trigger(&h, "CREATE TRIGGER full BEFORE UPDATE OF status ON sandboxes"
                           " WHEN NEW.status = 'running' BEGIN"
                           " SELECT RAISE(ABORT, 'no space'); END");
    assert_int_equal(host_ask(&h, "POST", "/v1/sandboxes", "{\"name\":\"a\"}", &json), 500);
    assert_non_null(strstr(text_in(json, "error"), "no space"));
    cJSON_Delete(json);
    assert_int_equal(host_ask(&h, "POST", "/v1/sandboxes/find", "{\"name\":\"a\"}", NULL), 404);
    wait_until(sandbox_count(&h) == 0);
    host_finish(&h);
}

static void trouble__extend__is_refused_when_it_cannot_be_recorded(void **state)
{
    struct host h;
    cJSON *json;

    (void)state;
    start_with_trigger(&h, "CREATE TRIGGER full BEFORE UPDATE OF expires_ms ON sandboxes"
                           " WHEN NEW.expires_ms > NEW.created_ms + 600000 BEGIN"
                           " SELECT RAISE(ABORT, 'no space'); END");
    cleanup_free char *id = host_create(&h, "{\"timeout\":60000}");
    cleanup_free char *get = xasprintf("/v1/sandboxes/%s", id);
    cleanup_free char *extend = xasprintf("%s/extend", get);
    assert_int_equal(host_ask(&h, "GET", get, NULL, &json), 200);
    cleanup_free char *before = xstrdup(text_in(json, "expiresAt"));
    cJSON_Delete(json);
    assert_int_equal(host_ask(&h, "POST", extend, "{\"duration\":900000}", &json), 500);
    assert_non_null(strstr(text_in(json, "error"), "no space"));
    cJSON_Delete(json);
    assert_int_equal(host_ask(&h, "GET", get, NULL, &json), 200);
    assert_string_equal(text_in(json, "expiresAt"), before);
    cJSON_Delete(json);
    host_finish(&h);
}

static void trouble__destroy__is_recorded_as_soon_as_it_can_be(void **state)
{
    struct host h;
    cleanup_free char *trigger = xasprintf("CREATE TRIGGER full BEFORE DELETE ON sandboxes"
                                           " WHEN CAST(strftime('%%s', 'now') AS INTEGER) < %lld"
                                           " BEGIN SELECT RAISE(ABORT, 'no space'); END",
                                           (long long)time(NULL) + 3);

    (void)state;
    start_with_trigger(&h, trigger);
    cleanup_free char *id = host_create(&h, "{\"name\":\"a\"}");
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    assert_int_equal(host_ask(&h, "DELETE", path, NULL, NULL), 200);
    wait_until(sandbox_count(&h) == 0);
    host_end(&h, SIGKILL);
    assert_int_equal(registry_sql(&h, "SELECT count(*) FROM sandboxes"), 0);
    host_finish(&h);
}

static void trouble__start__refuses_too_few_descriptors(void **state)
{
    struct host h;
    cleanup_buf struct buf said = {0};

    (void)state;
    host_init(&h, false);
    const char *const args[] = {"sandpitd", "gateway", "--state", h.state, NULL};
    h.n_files = 64;
    assert_int_equal(host_start_failing(&h, args, &said), 1);
    assert_non_null(strstr(said.data, "open files"));
    assert_non_null(strstr(said.data, "ulimit -n"));
    h.n_files = 0;
    host_finish(&h);
}

static int pretend_daemon(const struct host *h, const char *id)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    cleanup_free char *dir = xasprintf("%s/sandboxes/%s", h->state, id);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    assert_int_equal(mkdir(dir, 0700), 0);
    assert_true(snprintf(addr.sun_path, sizeof addr.sun_path, "%s/daemon.sock", dir) <
                (int)sizeof addr.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* It would call those lost whose socket it could not open, and a lost one is replaced. */
static void trouble__restart__needs_descriptors_for_all_that_run(void **state)
{
    enum { N = 130 };
    struct host h;
    int fds[N];
    cleanup_buf struct buf said = {0};

    (void)state;
    host_init(&h, false);
    host_start(&h, NULL);
    assert_int_equal(host_end(&h, SIGTERM), 0);
    for (int i = 0; i < N; i++) {
        cleanup_free char *id = xasprintf("fullfull%04d", i);
        cleanup_free char *row =
            xasprintf("INSERT INTO sandboxes(id, namespace, name, status, reason, provider, token,"
                      " metadata, envs, created_ms, expires_ms)"
                      " VALUES('%s', 'default', '', 'running', '', '', 't', '', '{}', 1, 0)",
                      id);

        registry_sql(&h, row);
        fds[i] = pretend_daemon(&h, id);
    }
    const char *const args[] = {"sandpitd",    "gateway",  "--state",     h.state, "--listen",
                                "127.0.0.1:0", "--pubsub", "127.0.0.1:0", NULL};
    h.n_files = 256;
    assert_int_equal(host_start_failing(&h, args, &said), 1);
    assert_non_null(strstr(said.data, "open files"));
    h.n_files = 0;
    assert_int_equal(registry_sql(&h, "SELECT count(*) FROM sandboxes WHERE status = 'running'"),
                     N);
    /* Before a gateway takes this process for their daemon. */
    for (int i = 0; i < N; i++)
        close(fds[i]);
    registry_sql(&h, "DELETE FROM sandboxes");
    host_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble__create__is_refused_when_it_cannot_be_recorded),
        cmocka_unit_test(trouble__extend__is_refused_when_it_cannot_be_recorded),
        cmocka_unit_test(trouble__destroy__is_recorded_as_soon_as_it_can_be),
        cmocka_unit_test(trouble__start__refuses_too_few_descriptors),
        cmocka_unit_test(trouble__restart__needs_descriptors_for_all_that_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
