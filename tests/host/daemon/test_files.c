/* SPDX-License-Identifier: MIT
 *
 * /files, /env and overlays through the real daemon.
 */
#include "tests/host/daemon/world.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static void expect_content(struct world *w, const char *path, const char *content)
{
    cJSON *reply = world_ask(w, "GET", path, NULL, 200);

    assert_string_equal(data_of(reply, "content")->valuestring, content);
    cJSON_Delete(reply);
}

static void expect_sh(struct world *w, const char *command, const char *out)
{
    cleanup_free char *text = world_sh(w, command);

    assert_string_equal(text, out);
}

static void files__path__every_spelling(void **state)
{
    WORLD(state)
    static const char *const spellings[] = {
        "/files//tmp/f/x?content=true",
        "/files/%2Ftmp%2Ff%2Fx?content=true",
        "/files//tmp//f/./x?content=true",
        "/files//tmp/f/../f/x?content=1",
        "/files/..%2F..%2Ftmp/f/x?content=true",
        "/files//..%2f../tmp/f/x?content=true",
        "/files/../../../../tmp/f/x?content=true",
    };

    world_expect(w, "POST", "/files", "{\"path\":\"/tmp/f/x\",\"content\":\"hello\"}", 201);
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
        expect_content(w, spellings[i], "hello");
    world_expect(w, "HEAD", "/files//tmp/f/x", NULL, 200);
    world_expect(w, "HEAD", "/files//tmp/f/x/y", NULL, 404);
    world_expect(w, "GET", "/files//tmp/f/x%00y", NULL, 400);
    world_expect(w, "GET", "/files//tmp/f/%zz", NULL, 400);
    world_expect(w, "GET", "/files/", NULL, 400);
    world_expect(w, "POST", "/files", "{\"path\":\"rel/y\",\"content\":\"r\"}", 201);
    expect_content(w, "/files/rel/y?content=true", "r");
    expect_sh(w, "cat rel/y ~/rel/y", "rr");
}

static void files__content__bytes(void **state)
{
    WORLD(state)
    cJSON *reply;

    world_expect(w, "POST", "/files",
                 "{\"path\":\"/tmp/b\",\"content\":\"a\\u0000\\ud83d\\ude80\\n\"}", 201);
    expect_sh(w, "od -An -tx1 /tmp/b", " 61 00 f0 9f 9a 80 0a\n");
    cJSON_Delete(world_run(w, "printf 'x\\377y\\0z' > /tmp/b"));
    reply = world_ask(w, "GET", "/files//tmp/b?content=true", NULL, 200);
    /* cJSON ends the text at NUL. */
    assert_string_equal(data_of(reply, "content")->valuestring, "x\xef\xbf\xbdy");
    cJSON_Delete(reply);
    world_expect(w, "POST", "/files", "{\"path\":\"/tmp/b\",\"content\":\"\\x\"}", 400);
    expect_sh(w, "wc -c < /tmp/b; ls -A /tmp | grep -c sandpit-tmp || true", "5\n0\n");
}

static void files__odd_files__are_refused_at_once(void **state)
{
    WORLD(state)
    cJSON_Delete(world_run(w, "mkdir /tmp/o; cd /tmp/o; mkfifo fifo; ln -s / root; ln -s fifo lf;"
                              "mkdir d; ln -s /proc/1/fd fds; echo x > f; chmod 444 f"));
    world_expect(w, "GET", "/files//tmp/o/fifo?content=true", NULL, 400);
    world_expect(w, "GET", "/files//tmp/o/lf?content=true", NULL, 400);
    world_expect(w, "GET", "/files//dev/zero?content=true", NULL, 400);
    world_expect(w, "GET", "/files//tmp/o/d?content=true", NULL, 400);
    world_expect(w, "POST", "/files", "{\"path\":\"/tmp/o/fifo\",\"content\":\"x\"}", 400);
    world_expect(w, "POST", "/files", "{\"path\":\"/tmp/o/f\",\"content\":\"y\"}", 403);
    world_expect(w, "POST", "/files", "{\"path\":\"/usr/x\",\"content\":\"y\"}", 403);
    world_expect(w, "GET", "/files//tmp/o/root/tmp/o/f?content=true", NULL, 200);
    world_expect(w, "GET", "/files?path=/tmp/o/f", NULL, 400);
    world_expect(w, "GET", "/files?path=/tmp/o/none", NULL, 404);
    world_expect(w, "DELETE", "/files//", NULL, 403);
    world_expect(w, "DELETE", "/files//tmp/..", NULL, 403);
    world_expect(w, "DELETE", "/files//proc", NULL, 403);
    world_expect(w, "DELETE", "/files//tmp/o/root/", NULL, 204);
    world_expect(w, "DELETE", "/files//tmp/o/fifo", NULL, 204);
    expect_sh(w, "ls /tmp/o", "d\nf\nfds\nlf\n");
    world_expect(w, "DELETE", "/files//tmp/o", NULL, 204);
    world_expect(w, "DELETE", "/files//tmp/o", NULL, 404);
}

/* The daemon would open these with its own rights. */
static void files__proc__the_daemon_stays_closed(void **state)
{
    WORLD(state)
    static const char *const paths[] = {
        "/proc/self/environ", "/proc/1/maps", "/proc/self/fd/5", "/proc/thread-self/mem",
        "/proc/1/root/etc",   "/tmp/fds/5",   "/tmp/fds/3",      "/proc/self/cwd/etc/passwd",
    };

    cJSON_Delete(world_run(w, "ln -s /proc/self/fd /tmp/fds"));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        cleanup_free char *get = xasprintf("/files/%s?content=true", paths[i]);
        cleanup_free char *body = xasprintf("{\"path\":\"%s\",\"content\":\"x\"}", paths[i]);
        int status;

        cJSON_Delete(world_call(w, "GET", get, WORLD_TOKEN, NULL, &status));
        assert_in_range(status, 400, 499);
        cJSON_Delete(world_call(w, "POST", "/files", WORLD_TOKEN, body, &status));
        assert_in_range(status, 400, 499);
    }
    world_expect(w, "GET", "/files?path=/proc/self/fd", NULL, 403);
    world_expect(w, "GET", "/files?path=/tmp/fds", NULL, 403);
    world_expect(w, "GET", "/files//proc/meminfo?content=true", NULL, 200);
}

static void files__batch__order_doubles_and_failures(void **state)
{
    WORLD(state)
    cJSON *reply = world_ask(w, "POST", "/files/batch",
                             "{\"files\":["
                             "{\"path\":\"/tmp/t/z\",\"operation\":\"write\",\"content\":\"1\"},"
                             "{\"path\":\"/tmp//t/./z\",\"operation\":\"write\",\"content\":\"2\"},"
                             "{\"path\":\"/tmp/t/none\",\"operation\":\"delete\"},"
                             "{\"path\":\"/tmp/t/a\",\"operation\":\"write\"}]}",
                             207);
    const cJSON *results = data_of(reply, "results");

    assert_int_equal(cJSON_GetArraySize(results), 3);
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(results, 0), "path")->valuestring,
                        "/tmp/t/a");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(results, 1), "success")));
    cJSON_Delete(reply);
    expect_sh(w, "cat /tmp/t/z; wc -c < /tmp/t/a", "20\n");
    world_expect(w, "POST", "/files/batch", "{\"files\":5}", 400);
    world_expect(w, "POST", "/files/batch", "{\"files\":[{\"path\":\"/x\",\"operation\":\"go\"}]}",
                 400);
    world_expect(w, "POST", "/files/batch", "{\"files\":[5]}", 400);
    world_expect(w, "POST", "/files/batch", "{\"files\":[]}", 200);
}

static void env__change__serial_and_whole(void **state)
{
    WORLD(state)
    cJSON *reply;

    world_expect(w, "GET", "/env?file=.env", NULL, 404);
    world_expect(w, "DELETE", "/env?file=.env", "{\"keys\":[\"A\"]}", 404);
    world_expect(w, "POST", "/env?file=.env", "{\"variables\":{\"A\":\"1\",\"content\":\"c\"}}",
                 200);
    reply = world_ask(w, "GET", "/env?file=.env", NULL, 200);
    assert_string_equal(cJSON_GetObjectItem(data_of(reply, "variables"), "content")->valuestring,
                        "c");
    cJSON_Delete(reply);
    world_expect(w, "HEAD", "/env?file=.env", NULL, 200);
    world_expect(w, "HEAD", "/env?file=/tmp", NULL, 404);
    world_expect(w, "POST", "/env?file=.env", "{\"variables\":{\"A B\":\"1\"}}", 400);
    world_expect(w, "POST", "/env?file=.env", "{\"variables\":{\"A\":null}}", 400);
    world_expect(w, "POST", "/env?file=.env", "{\"variables\":{\"A\":\"x\\u0000\"}}", 400);
    world_expect(w, "POST", "/env?file=.env", "{\"variables\":[]}", 400);
    world_expect(w, "POST", "/env?file=/dev/zero", "{\"variables\":{\"A\":\"1\"}}", 400);
    reply = world_ask(w, "DELETE", "/env?file=.env", "{\"keys\":[\"A\",\"B\"]}", 200);
    assert_int_equal(cJSON_GetArraySize(data_of(reply, "keys")), 1);
    cJSON_Delete(reply);
    expect_sh(w, "cat ~/.env", "content=c\n");
}

static cJSON *wait_overlay(struct world *w, const char *id)
{
    cleanup_free char *path = xasprintf("/filesystem/overlays/%s", id);

    for (int i = 0; i < 1000; i++) {
        cJSON *reply = world_ask(w, "GET", path, NULL, 200);
        const char *status = cJSON_GetObjectItem(reply, "copy_status")->valuestring;

        if (!strcmp(status, "complete") || !strcmp(status, "failed"))
            return reply;
        cJSON_Delete(reply);
        poll(NULL, 0, 10);
    }
    fail_msg("the overlay is never complete");
    return NULL;
}

static void overlay__create__copied_listed_and_forgotten(void **state)
{
    WORLD(state)
    cJSON *reply, *done;
    cleanup_free char *path = NULL;

    cJSON_Delete(world_run(w, "mkdir -p /tmp/tpl/sub; echo a > /tmp/tpl/a; echo l > /tmp/tpl/x.log;"
                              "chmod 000 /tmp/tpl/sub"));
    reply = world_ask(w, "POST", "/filesystem/overlays",
                      "{\"source\":\"/tmp/tpl\",\"target\":\"app\",\"ignore\":[\"*.log\",\"sub\"]}",
                      201);
    done = wait_overlay(w, cJSON_GetObjectItem(reply, "id")->valuestring);
    assert_string_equal(cJSON_GetObjectItem(done, "copy_status")->valuestring, "complete");
    path = xasprintf("/filesystem/overlays/%s", cJSON_GetObjectItem(reply, "id")->valuestring);
    cJSON_Delete(done);
    cJSON_Delete(reply);
    expect_sh(w, "ls ~/app; cat ~/app/a", "a\na\n");
    world_expect(w, "DELETE", path, NULL, 204);
    world_expect(w, "DELETE", path, NULL, 404);
    reply = world_ask(w, "POST", "/filesystem/overlays",
                      "{\"source\":\"/tmp/tpl\",\"target\":\"app2\"}", 201);
    done = wait_overlay(w, cJSON_GetObjectItem(reply, "id")->valuestring);
    assert_non_null(cJSON_GetObjectItem(done, "copy_status"));
    cJSON_Delete(done);
    cJSON_Delete(reply);
}

static void overlay__stop__in_the_middle(void **state)
{
    WORLD(state)
    cJSON_Delete(world_run(w, "mkdir -p /tmp/m/a; head -c 20000000 /dev/zero > /tmp/m/a/zeros;"
                              "for i in 1 2 3 4 5; do cp /tmp/m/a/zeros /tmp/m/a/z$i; done"));
    for (int i = 0; i < 4; i++) {
        cleanup_free char *body =
            xasprintf("{\"source\":\"/tmp/m\",\"target\":\"m%d\",\"strategy\":\"copy\"}", i);

        world_expect(w, "POST", "/filesystem/overlays", body, 201);
    }
    world_expect(w, "DELETE", "/files//tmp/m", NULL, 204);
    /* The teardown stops the daemon and looks for what it left. */
}

static void overlay__wait__answers_when_it_is_complete(void **state)
{
    WORLD(state)
    cJSON *reply;

    cJSON_Delete(world_run(w, "mkdir -p /tmp/s/d; echo x > /tmp/s/d/f"));
    reply = world_ask(w, "POST", "/filesystem/overlays",
                      "{\"source\":\"/tmp/s\",\"target\":\"t\",\"waitForCompletion\":true}", 201);
    assert_string_equal(cJSON_GetObjectItem(reply, "copy_status")->valuestring, "complete");
    cJSON_Delete(reply);
    expect_sh(w, "cat ~/t/d/f", "x\n");
    world_expect(
        w, "POST", "/filesystem/overlays",
        "{\"source\":\"/tmp/s\",\"target\":\"t\",\"waitForCompletion\":{\"maxRetries\":3}}", 201);
    world_expect(w, "POST", "/filesystem/overlays",
                 "{\"source\":\"/tmp/s\",\"target\":\"t\",\"waitForCompletion\":3}", 400);
}

/* The second is killed while it is copied, at whatever point. */
static void overlay__restart__kept_and_gone_on_with(void **state)
{
    WORLD(state)
    cJSON *reply, *done;
    char *ids[3];

    cJSON_Delete(world_run(w, "mkdir -p /tmp/s/d /tmp/big; echo x > /tmp/s/d/f; touch /tmp/s/x.log;"
                              "cd /tmp/big; for i in 1 2 3 4 5 6; do mkdir $i; for k in $(seq 300);"
                              "do echo $i$k > $i/$k; done; done"));
    static const char *const bodies[] = {
        "{\"source\":\"/tmp/"
        "s\",\"target\":\"a\",\"ignore\":[\"*.log\"],\"waitForCompletion\":true}",
        "{\"source\":\"/tmp/s\",\"target\":\"b\",\"waitForCompletion\":true}",
        "{\"source\":\"/tmp/big\",\"target\":\"c\",\"strategy\":\"copy\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        reply = world_ask(w, "POST", "/filesystem/overlays", bodies[i], 201);
        ids[i] = xstrdup(cJSON_GetObjectItem(reply, "id")->valuestring);
        cJSON_Delete(reply);
    }
    cleanup_free char *second = xasprintf("/filesystem/overlays/%s", ids[1]);
    world_expect(w, "DELETE", second, NULL, 204);
    world_restart(w);
    world_expect(w, "GET", second, NULL, 404);
    done = wait_overlay(w, ids[0]);
    const cJSON *stats = cJSON_GetObjectItem(done, "stats");
    assert_string_equal(cJSON_GetObjectItem(done, "copy_status")->valuestring, "complete");
    assert_int_equal(cJSON_GetObjectItem(stats, "copied_files")->valueint, 1);
    assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(stats, "skipped"), 0)->valuestring,
                        "x.log");
    cJSON_Delete(done);
    done = wait_overlay(w, ids[2]);
    assert_string_equal(cJSON_GetObjectItem(done, "copy_status")->valuestring, "complete");
    cJSON_Delete(done);
    expect_sh(w, "diff -r /tmp/big ~/c && echo same", "same\n");
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        free(ids[i]);
}

static void overlay__create__refuses(void **state)
{
    WORLD(state)
    static const struct {
        const char *body;
        int status;
    } cases[] = {
        {"{}", 400},
        {"{\"source\":\"/tmp\"}", 400},
        {"{\"source\":\"tmp\",\"target\":\"x\"}", 400},
        {"{\"source\":\"/tmp\",\"target\":\"/x\"}", 400},
        {"{\"source\":\"/tmp\",\"target\":\"../x\"}", 400},
        {"{\"source\":\"/none\",\"target\":\"x\"}", 404},
        {"{\"source\":\"/etc/passwd\",\"target\":\"x\"}", 400},
        {"{\"source\":\"/tmp\",\"target\":\"x\",\"ignore\":\"*\"}", 400},
        {"{\"source\":\"/proc/self/fd\",\"target\":\"x\"}", 404},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        world_expect(w, "POST", "/filesystem/overlays", cases[i].body, cases[i].status);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files__path__every_spelling, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(files__content__bytes, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(files__odd_files__are_refused_at_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(files__proc__the_daemon_stays_closed, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(files__batch__order_doubles_and_failures, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(env__change__serial_and_whole, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(overlay__create__copied_listed_and_forgotten, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(overlay__stop__in_the_middle, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(overlay__wait__answers_when_it_is_complete, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(overlay__restart__kept_and_gone_on_with, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(overlay__create__refuses, world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
