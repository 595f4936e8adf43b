/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/host/gateway/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/cgroup.h"

#define MANY 1200 /* files: copying them takes long enough to come in between */

static char *path_of(const struct host *h, const char *id, const char *file)
{
    return xasprintf("%s/sandboxes/%s/root/%s", h->state, id, file);
}

static void put_file(const struct host *h, const char *id, const char *file, const char *text)
{
    cleanup_free char *path = path_of(h, id, file);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        fail_msg("%s", path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void put_many(const struct host *h, const char *id, int n)
{
    for (int i = 0; i < n; i++) {
        cleanup_free char *name = xasprintf("srv/%d", i);

        put_file(h, id, name, "x");
    }
}

static int count_in(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *d;
    int n = 0;

    while (folder && (d = readdir(folder)))
        n += d->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return n;
}

static void assert_file(const struct host *h, const char *id, const char *file, const char *text)
{
    cleanup_free char *path = path_of(h, id, file);
    char found[64] = "";
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        fail_msg("%s is not there", path);
    assert_true(read(fd, found, sizeof found - 1) >= 0);
    assert_string_equal(found, text);
}

/* The status; *id, owned, is the snapshot's when there is one. */
static int snapshot(const struct host *h, const char *sandbox, char **id)
{
    cleanup_free char *body = xasprintf(
        "{\"sandboxId\":\"%s\",\"name\":\"nightly\",\"metadata\":{\"k\":[1,\"v\"]}}", sandbox);
    cJSON *json;
    int status = host_ask(h, "POST", "/v1/snapshots", body, &json);

    if (id)
        *id = status == 200 ? xstrdup(text_in(json, "id")) : NULL;
    else if (status == 200)
        fail_msg("a snapshot was made");
    cJSON_Delete(json);
    return status;
}

static int count_snapshots(const struct host *h)
{
    cJSON *json;

    assert_int_equal(host_ask(h, "GET", "/v1/snapshots", NULL, &json), 200);
    int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "data"));
    cJSON_Delete(json);
    return n;
}

static char *create_from(const struct host *h, const char *snapshot_id)
{
    cleanup_free char *body = xasprintf("{\"snapshotId\":\"%s\"}", snapshot_id);

    return host_create(h, body);
}

static int delete_snapshot(const struct host *h, const char *id)
{
    cleanup_free char *path = xasprintf("/v1/snapshots/%s", id);

    return host_ask(h, "DELETE", path, NULL, NULL);
}

static int count_folders(const struct host *h, const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", h->state, name);

    return count_in(path);
}

static void snapshot__made_and_used__is_what_it_was(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{\"name\":\"original\",\"envs\":{\"A\":\"b\"}}");
    cleanup_free char *id = NULL;
    cJSON *json;

    put_file(h, sandbox, "home/user/data", "v1");
    assert_int_equal(snapshot(h, sandbox, &id), 200);
    put_file(h, sandbox, "home/user/data", "v2");
    assert_int_equal(host_ask(h, "GET", "/v1/snapshots", NULL, &json), 200);
    cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "data"), 0);
    assert_string_equal(text_in(one, "id"), id);
    assert_string_equal(text_in(one, "name"), "nightly");
    assert_string_equal(text_in(one, "sandboxId"), sandbox);
    assert_string_equal(text_in(one, "provider"), "computesdk");
    assert_true(clock_parse_iso(text_in(one, "createdAt")) > 0);
    cleanup_free char *metadata =
        cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(one, "metadata"));
    assert_string_equal(metadata, "{\"k\":[1,\"v\"]}");
    cJSON_Delete(json);
    cleanup_free char *copy = create_from(h, id);
    assert_string_not_equal(copy, sandbox);
    assert_file(h, copy, "home/user/data", "v1");
    assert_file(h, sandbox, "home/user/data", "v2");
    assert_int_equal(delete_snapshot(h, id), 200);
    assert_int_equal(count_snapshots(h), 0);
    assert_int_equal(delete_snapshot(h, id), 200); /* idempotent */
    wait_until(count_folders(h, "snapshots") == 0);
    assert_file(h, copy, "home/user/data", "v1");
}

static void snapshot__find_or_create__from_it_once(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *id = NULL;
    cJSON *first, *second;

    put_file(h, sandbox, "opt/data", "kept");
    assert_int_equal(snapshot(h, sandbox, &id), 200);
    cleanup_free char *body =
        xasprintf("{\"namespace\":\"n\",\"name\":\"x\",\"snapshotId\":\"%s\"}", id);
    assert_int_equal(host_ask(h, "POST", "/v1/sandboxes/find-or-create", body, &first), 200);
    assert_int_equal(host_ask(h, "POST", "/v1/sandboxes/find-or-create", body, &second), 200);
    assert_string_equal(text_in(first, "sandboxId"), text_in(second, "sandboxId"));
    assert_file(h, text_in(first, "sandboxId"), "opt/data", "kept");
    cJSON_Delete(first);
    cJSON_Delete(second);
}

static void snapshot__bad_requests__are_refused(void **state)
{
    struct host *h = *state;
    static const struct {
        const char *path, *body;
        int status;
    } cases[] = {
        {"/v1/snapshots", "{\"sandboxId\":\"no-such-sandbox\"}", 404},
        {"/v1/snapshots", "{\"sandboxId\":\"../../etc\"}", 404},
        {"/v1/snapshots", "{}", 400},
        {"/v1/snapshots", "{\"sandboxId\":7}", 400},
        {"/v1/snapshots", "{\"sandboxId\":\"x\",\"metadata\":[]}", 400},
        {"/v1/snapshots", "{\"sandboxId\":\"x\",\"name\":\"a\\u0007\"}", 400},
        {"/v1/snapshots", "nonsense", 400},
        {"/v1/sandboxes", "{\"snapshotId\":\"nosuchsnapshot\"}", 404},
        {"/v1/sandboxes", "{\"snapshotId\":\"../templates\"}", 404},
        {"/v1/sandboxes", "{\"snapshotId\":\"a\",\"templateId\":\"b\"}", 400},
    };
    cJSON *json;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int status = host_ask(h, "POST", cases[i].path, cases[i].body, &json);

        if (status != cases[i].status || !text_in(json, "error")[0])
            fail_msg("%s %s: %d", cases[i].path, cases[i].body, status);
        cJSON_Delete(json);
    }
    assert_int_equal(count_folders(h, "sandboxes"), 0);
    assert_int_equal(count_folders(h, "snapshots"), 0);
}

static void snapshot__killed_gateway__keeps_whole_ones_only(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *id = NULL;
    cleanup_free char *orphan = xasprintf("%s/snapshots/halfmade0000", h->state);
    cleanup_free char *orphan_root = xasprintf("%s/root", orphan);

    put_file(h, sandbox, "opt/data", "kept");
    assert_int_equal(snapshot(h, sandbox, &id), 200);
    put_many(h, sandbox, MANY);
    cleanup_free char *request =
        xasprintf("POST /v1/snapshots HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                  "X-ComputeSDK-API-Key: test-key\r\nContent-Length: 28\r\n\r\n"
                  "{\"sandboxId\":\"%s\"}",
                  h->port, sandbox);
    int fd = host_connect(h);
    send_text(fd, request);
    wait_until(count_folders(h, "snapshots") == 2); /* in the middle of it */
    host_end(h, SIGKILL);
    close(fd);
    assert_int_equal(mkdir(orphan, 0700), 0);
    assert_int_equal(mkdir(orphan_root, 0700), 0);
    host_start(h, NULL);
    assert_int_equal(count_snapshots(h), count_folders(h, "snapshots"));
    assert_int_not_equal(access(orphan, F_OK), 0);
    cleanup_free char *copy = create_from(h, id);
    assert_file(h, copy, "opt/data", "kept");
    assert_int_equal(host_ask_sandbox(h, sandbox, "/health", NULL),
                     200); /* it does not stand still */
}

static void snapshot__lost_folder__is_said_and_forgotten(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *id = NULL;

    assert_int_equal(snapshot(h, sandbox, &id), 200);
    cleanup_free char *from = xasprintf("%s/snapshots/%s", h->state, id);
    cleanup_free char *to = xasprintf("%s/moved-away", h->state);
    assert_int_equal(host_end(h, SIGTERM), 0);
    assert_int_equal(rename(from, to), 0);
    host_start(h, NULL);
    assert_int_equal(count_snapshots(h), 0);
}

static int begin(const struct host *h, const char *method, const char *path, const char *body)
{
    cleanup_free char *text = xasprintf("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                                        "X-ComputeSDK-API-Key: test-key\r\n"
                                        "Content-Length: %zu\r\n\r\n%s",
                                        method, path, h->port, strlen(body), body);
    int fd = host_connect(h);

    send_text(fd, text);
    return fd;
}

static void snapshot__deleted_in_use__who_uses_it_gets_all(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *id = NULL;
    cJSON *json;

    put_many(h, sandbox, MANY);
    assert_int_equal(snapshot(h, sandbox, &id), 200);
    cleanup_free char *body = xasprintf("{\"snapshotId\":\"%s\"}", id);
    int fd = begin(h, "POST", "/v1/sandboxes", body);
    wait_until(count_folders(h, "sandboxes") == 2);
    assert_int_equal(delete_snapshot(h, id), 200);
    assert_int_equal(count_snapshots(h), 0);
    assert_int_equal(read_reply(fd, &json), 200);
    close(fd);
    cleanup_free char *srv = path_of(h, text_in(json, "sandboxId"), "srv");
    assert_int_equal(count_in(srv), MANY);
    cJSON_Delete(json);
    wait_until(count_folders(h, "snapshots") == 0);
}

static void snapshot__sandbox_destroyed_meanwhile__no_half_one(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *body = xasprintf("{\"sandboxId\":\"%s\"}", sandbox);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", sandbox);
    cJSON *json;

    put_many(h, sandbox, MANY);
    int fd = begin(h, "POST", "/v1/snapshots", body);
    wait_until(count_folders(h, "snapshots") == 1);
    assert_int_equal(host_ask(h, "DELETE", path, NULL, NULL), 200);
    int status = read_reply(fd, &json);
    close(fd);
    if (status == 200) { /* it was faster */
        cleanup_free char *srv =
            xasprintf("%s/snapshots/%s/root/srv", h->state, text_in(json, "id"));

        assert_int_equal(count_in(srv), MANY);
    } else {
        assert_int_equal(status, 404);
        assert_non_null(strstr(text_in(json, "error"), "was destroyed while it was copied"));
        wait_until(count_folders(h, "snapshots") == 0);
    }
    cJSON_Delete(json);
    assert_int_equal(snapshot(h, sandbox, NULL), 404);
}

/* Creating one from a snapshot is undone when it is destroyed, or the gateway killed, on the way.
 */
static void snapshot__creation_interrupted__leaves_nothing(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *id = NULL;
    cJSON *json, *item;

    put_many(h, sandbox, MANY);
    assert_int_equal(snapshot(h, sandbox, &id), 200);
    cleanup_free char *body = xasprintf("{\"snapshotId\":\"%s\",\"name\":\"new\"}", id);
    int fd = begin(h, "POST", "/v1/sandboxes", body);
    wait_until(count_folders(h, "sandboxes") == 2);
    assert_int_equal(host_ask(h, "GET", "/v1/sandboxes", NULL, &json), 200);
    item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(
                                  cJSON_GetObjectItemCaseSensitive(json, "data"), "sandboxes"),
                              1);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", text_in(item, "sandboxId"));
    cJSON_Delete(json);
    assert_int_equal(host_ask(h, "DELETE", path, NULL, NULL), 200);
    assert_int_not_equal(read_reply(fd, NULL), 0);
    close(fd);
    wait_until(count_folders(h, "sandboxes") == 1);
    fd = begin(h, "POST", "/v1/sandboxes", body);
    wait_until(count_folders(h, "sandboxes") == 2);
    host_end(h, SIGKILL);
    close(fd);
    host_start(h, NULL);
    /* Either it was complete, or nobody sees it. */
    assert_int_equal(host_ask(h, "GET", "/v1/sandboxes", NULL, &json), 200);
    int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(json, "data"), "sandboxes"));
    cJSON_Delete(json);
    wait_until(count_folders(h, "sandboxes") == n);
}

static void snapshot__stop_while_copying__is_clean(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *body = xasprintf("{\"sandboxId\":\"%s\"}", sandbox);

    put_many(h, sandbox, MANY);
    int fd = begin(h, "POST", "/v1/snapshots", body);
    int waiting = begin(h, "POST", "/v1/snapshots", body);
    int waiting_more = begin(h, "POST", "/v1/snapshots", body);
    wait_until(count_folders(h, "snapshots") >= 1);
    assert_int_equal(host_end(h, SIGTERM), 0); /* also: no leak */
    close(fd);
    close(waiting);
    close(waiting_more);
    host_start(h, NULL);
    assert_int_equal(count_snapshots(h), count_folders(h, "snapshots"));
}

static int number_in(const struct host *h, const char *id, const char *file)
{
    cleanup_free char *path = path_of(h, id, file);
    FILE *f = fopen(path, "re");
    int n = -1;

    if (!f || fscanf(f, "%d", &n) != 1)
        fail_msg("%s holds no number", path);
    fclose(f);
    return n;
}

/* Two files that are written in turn, with many others to copy between them. */
static void snapshot__of_a_busy_sandbox__is_of_one_moment(void **state)
{
    struct host *h = *state;
    cleanup_free char *token = NULL;
    cleanup_free char *sandbox = host_create_with(h, "{}", &token);
    cleanup_free char *body = xasprintf("{\"sandboxId\":\"%s\"}", sandbox);
    cJSON *json;

    put_many(h, sandbox, 300);
    free(host_sh(
        h, sandbox, token,
        "mkdir /tmp/one /workspace/two; echo 0 >/tmp/one/n; cp /tmp/one/n /workspace/two/n\n"
        "(i=0; while :; do i=$((i+1)); for d in /tmp/one /workspace/two; do\n"
        " echo $i >$d/new; mv $d/new $d/n; done; done) >/dev/null 2>&1 &"));
    wait_until(number_in(h, sandbox, "workspace/two/n") > 1);
    assert_int_equal(host_ask(h, "POST", "/v1/snapshots", body, &json), 200);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    bool consistent = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(data, "consistent"));
    cleanup_free char *id = create_from(h, text_in(json, "id"));
    cJSON_Delete(json);
    int before = number_in(h, sandbox, "tmp/one/n");
    wait_until(number_in(h, sandbox, "tmp/one/n") > before); /* it goes on */
    assert_int_equal(consistent, cgroup_support()->freezer);
    if (!consistent)
        return;
    int one = number_in(h, id, "tmp/one/n"), two = number_in(h, id, "workspace/two/n");
    assert_in_range(one - two, 0, 1);
}

static void snapshot__copy__is_opened_by_its_own_token_only(void **state)
{
    struct host *h = *state;
    cJSON *json;
    cleanup_free char *id = NULL;

    assert_int_equal(host_ask(h, "POST", "/v1/sandboxes", "{}", &json), 200);
    cleanup_free char *token = xstrdup(text_in(json, "token"));
    cleanup_free char *sandbox = xstrdup(text_in(json, "sandboxId"));
    cJSON_Delete(json);
    assert_int_equal(snapshot(h, sandbox, &id), 200);
    cleanup_free char *copy = create_from(h, id);
    cleanup_free char *path = xasprintf("/info?token=%s", token);
    assert_int_equal(host_ask_sandbox(h, sandbox, path, NULL), 200);
    assert_int_equal(host_ask_sandbox(h, copy, path, NULL), 401);
    cleanup_free char *folder = xasprintf("%s/snapshots", h->state);
    struct stat st;
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        CASE(snapshot__made_and_used__is_what_it_was),
        CASE(snapshot__find_or_create__from_it_once),
        CASE(snapshot__bad_requests__are_refused),
        CASE(snapshot__killed_gateway__keeps_whole_ones_only),
        CASE(snapshot__lost_folder__is_said_and_forgotten),
        CASE(snapshot__deleted_in_use__who_uses_it_gets_all),
        CASE(snapshot__sandbox_destroyed_meanwhile__no_half_one),
        CASE(snapshot__creation_interrupted__leaves_nothing),
        CASE(snapshot__stop_while_copying__is_clean),
        CASE(snapshot__of_a_busy_sandbox__is_of_one_moment),
        CASE(snapshot__copy__is_opened_by_its_own_token_only),
    };
#undef CASE

    return cmocka_run_group_tests_name("snapshots", tests, NULL, NULL);
}
