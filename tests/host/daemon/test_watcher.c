/* SPDX-License-Identifier: MIT */
#include "tests/host/daemon/world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w) {                                                                                      \
        skip();                                                                                    \
        return;                                                                                    \
    }

struct watching {
    struct ws ws;
    char *id;
};

static void run(struct world *w, const char *command)
{
    free(world_sh(w, command));
}

static char *create(struct world *w, const char *body)
{
    int status;
    cJSON *reply = world_call(w, "POST", "/watchers", WORLD_TOKEN, body, &status);
    char *id;

    assert_int_equal(status, 201);
    id = xstrdup(data_of(reply, "id")->valuestring);
    cJSON_Delete(reply);
    return id;
}

/* Watches /w, afresh. */
static void watch(struct watching *v, struct world *w, const char *more)
{
    cleanup_free char *body = xasprintf("{\"path\":\"/tmp/w\"%s}", more);

    v->id = create(w, body);
    ws_open(&v->ws, w, "json");
    ws_subscribe(&v->ws, "watcher:", v->id);
}

static void end(struct watching *v, struct world *w)
{
    cleanup_free char *path = xasprintf("/watchers/%s", v->id);
    int status;

    cJSON_Delete(world_call(w, "DELETE", path, WORLD_TOKEN, NULL, &status));
    assert_int_equal(status, 204);
    ws_wait_frame(&v->ws, "watcher:destroyed");
    ws_close(&v->ws);
    free(v->id);
    cJSON_Delete(world_call(w, "DELETE", path, WORLD_TOKEN, NULL, &status));
    assert_int_equal(status, 404);
    run(w, "rm -rf /tmp/w /tmp/out");
}

static void wait_event(struct watching *v, const char *event, const char *path)
{
    cleanup_free char *text = xasprintf("\"event\":\"%s\",\"path\":\"%s\"", event, path);

    ws_wait_frame(&v->ws, text);
}

/* From *at on, which moves behind what was looked at. */
static unsigned count_from(const struct watching *v, const char *text, size_t *at)
{
    const struct buf *log = &v->ws.log;
    const char *found;
    unsigned n = 0;

    while (*at < log->len &&
           (found = memmem(log->data + *at, log->len - *at, text, strlen(text)))) {
        *at = (size_t)(found - log->data) + strlen(text);
        n++;
    }
    return n;
}

static unsigned count(const struct watching *v, const char *text)
{
    size_t at = 0;

    return count_from(v, text, &at);
}

static void wait_count(struct watching *v, const char *text, unsigned n)
{
    int64_t end_ms = clock_mono_ms() + 60000;
    size_t at = 0;

    unsigned found = count_from(v, text, &at);

    while (found < n && clock_mono_ms() < end_ms) {
        ws_read_for(&v->ws, 20);
        found += count_from(v, text, &at);
    }
    assert_int_equal(found, n);
}

static void watcher__create__refuses_bad_input(void **state)
{
    WORLD(state)
    static const struct {
        const char *body;
        int status;
    } bad[] = {
        {"{}", 400},
        {"{\"path\":7}", 400},
        {"{\"path\":\"\"}", 400},
        {"{\"path\":\"/tmp\",\"ignored\":\"x\"}", 400},
        {"{\"path\":\"/tmp\",\"ignored\":[1]}", 400},
        {"{\"path\":\"/tmp\",\"ignored\":{}}", 400},
        {"{\"path\":\"/tmp\",\"includeContent\":\"yes\"}", 400},
        {"{\"path\":\"/tmp\",\"encoding\":\"hex\"}", 400},
        {"{\"path\":\"/no/such\"}", 404},
        {"{\"path\":\"/proc/1/fd\"}", 403},
        {"{\"path\":\"/proc/self\"}", 400},
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int status;

        cJSON_Delete(world_call(w, "POST", "/watchers", WORLD_TOKEN, bad[i].body, &status));
        if (bad[i].status != 403) /* 403, 404 or 400: as the kernel lets the daemon see itself */
            assert_int_equal(status, bad[i].status);
        else
            assert_in_range(status, 400, 404);
    }
}

/* Folders made and filled while nobody watches them yet: everything is told, and once. */
static void watcher__burst__misses_and_repeats_nothing(void **state)
{
    WORLD(state)
    struct watching v;

    run(w, "mkdir -p /tmp/w");
    watch(&v, w, "");
    run(w, "for i in $(seq 30); do mkdir -p /tmp/w/a$i/b/c; for k in 1 2 3 4 5 6 7 8 9 10; do "
           ": >/tmp/w/a$i/b/c/f$k; done; done");
    wait_count(&v, "\"event\":\"add\"", 300);
    wait_count(&v, "\"event\":\"addDir\"", 90);
    run(w, "rm -rf /tmp/w/a*");
    wait_count(&v, "\"event\":\"unlink\"", 300);
    wait_count(&v, "\"event\":\"unlinkDir\"", 90);
    assert_int_equal(count(&v, "\"event\":\"add\""), 300);
    assert_int_equal(count(&v, "\"event\":\"addDir\""), 90);
    end(&v, w);
}

static void watcher__move__tells_the_whole_folder(void **state)
{
    WORLD(state)
    struct watching v;

    run(w, "mkdir -p /tmp/w/old/sub /tmp/out; touch /tmp/w/old/1 /tmp/w/old/sub/2");
    watch(&v, w, "");
    run(w, "mv /tmp/w/old /tmp/w/new");
    wait_event(&v, "unlink", "/tmp/w/old/sub/2");
    wait_event(&v, "unlinkDir", "/tmp/w/old");
    wait_event(&v, "add", "/tmp/w/new/sub/2");
    run(w, "touch /tmp/w/new/sub/3");
    wait_event(&v, "add", "/tmp/w/new/sub/3");
    run(w, "mv /tmp/w/new /tmp/out/new; echo x >/tmp/out/new/unseen; echo x >>/tmp/out/new/sub/3");
    wait_event(&v, "unlinkDir", "/tmp/w/new");
    run(w, "mv /tmp/out/new /tmp/w/back");
    wait_event(&v, "add", "/tmp/w/back/unseen");
    assert_null(strstr(v.ws.log.data, "/tmp/w/new/unseen"));
    assert_null(strstr(v.ws.log.data, "/tmp/w/old/sub/3"));
    end(&v, w);
}

static void watcher__root__may_go_and_come_again(void **state)
{
    WORLD(state)
    struct watching v;

    run(w, "mkdir -p /tmp/w; touch /tmp/w/1");
    watch(&v, w, "");
    run(w, "rm -rf /tmp/w");
    wait_event(&v, "unlinkDir", "/tmp/w");
    run(w, "mkdir /tmp/w; touch /tmp/w/2");
    wait_event(&v, "addDir", "/tmp/w");
    wait_event(&v, "add", "/tmp/w/2");
    end(&v, w);
}

static void watcher__parent__may_go_move_and_come_again(void **state)
{
    WORLD(state)
    struct watching v = {0};

    run(w, "mkdir -p /tmp/out/a/b/w; touch /tmp/out/a/b/w/1");
    v.id = create(w, "{\"path\":\"/tmp/out/a/b/w\"}");
    ws_open(&v.ws, w, "json");
    ws_subscribe(&v.ws, "watcher:", v.id);
    /* The parent. */
    run(w, "mv /tmp/out/a/b /tmp/out/a/c");
    wait_event(&v, "unlink", "/tmp/out/a/b/w/1");
    wait_event(&v, "unlinkDir", "/tmp/out/a/b/w");
    run(w, "touch /tmp/out/a/c/w/unseen; mkdir -p /tmp/out/a/b/w; touch /tmp/out/a/b/w/2");
    wait_event(&v, "add", "/tmp/out/a/b/w/2");
    run(w, "rm -r /tmp/out/a/b");
    wait_event(&v, "unlink", "/tmp/out/a/b/w/2");
    /* Its parent, in whose place another one is. */
    run(w, "mkdir -p /tmp/out/a/b/w; touch /tmp/out/a/b/w/3");
    wait_event(&v, "add", "/tmp/out/a/b/w/3");
    run(w, "mkdir -p /tmp/out/d/b/w; touch /tmp/out/d/b/w/4; cd /tmp/out; mv a e; mv d a");
    wait_event(&v, "unlink", "/tmp/out/a/b/w/3");
    wait_event(&v, "add", "/tmp/out/a/b/w/4");
    run(w, "touch /tmp/out/e/b/w/unseen; touch /tmp/out/a/b/w/5");
    wait_event(&v, "add", "/tmp/out/a/b/w/5");
    assert_null(strstr(v.ws.log.data, "unseen"));
    end(&v, w);
}

static void watcher__content__too_long_is_said(void **state)
{
    WORLD(state)
    struct watching v;

    run(w, "mkdir -p /tmp/w");
    watch(&v, w, ",\"includeContent\":true");
    run(w, "head -c 600000 /dev/zero >/tmp/w/long; echo x >/tmp/w/short");
    ws_wait_frame(&v.ws, "\"path\":\"/tmp/w/long\",\"content_omitted\":true");
    ws_wait_frame(&v.ws, "\"path\":\"/tmp/w/short\",\"content\":\"x\\u000a\"");
    end(&v, w);
}

static void watcher__queue__waits_for_the_first_subscription(void **state)
{
    WORLD(state)
    struct watching v = {0};

    run(w, "mkdir -p /tmp/w");
    v.id = create(w, "{\"path\":\"/tmp/w/\",\"includeContent\":true}");
    run(w, "echo early >/tmp/w/1; mkfifo /tmp/w/pipe; ln -s /etc/passwd /tmp/w/link");
    ws_open(&v.ws, w, "json");
    ws_subscribe(&v.ws, "watcher:", v.id);
    ws_wait_frame(&v.ws, "\"path\":\"/tmp/w/1\",\"content\":\"early\\u000a\"");
    wait_event(&v, "add", "/tmp/w/pipe");
    wait_event(&v, "add", "/tmp/w/link");
    assert_null(strstr(v.ws.log.data, "nologin"));
    end(&v, w);
}

static long queued_events_max(void)
{
    FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    long max = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld", &max), 1);
    fclose(f);
    return max;
}

static void make_files(struct world *w, int n)
{
    cleanup_free char *folder = xasprintf("%s/root/tmp/w", w->dir);
    cleanup_fd int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < n; i++) {
        char name[64];

        snprintf(name, sizeof name, "a-file-with-a-long-name-%d", i);
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        close(fd);
    }
}

/* The daemon stands still while the kernel's queue overflows: afterwards the picture is whole
 * nevertheless. */
static void watcher__overflow__is_said_and_healed(void **state)
{
    WORLD(state)
    enum { N = 25000 }; /* two events each */
    struct watching v;

    if (queued_events_max() >= 2 * N)
        skip();
    run(w, "mkdir -p /tmp/w");
    watch(&v, w, "");
    pid_t daemon = world_daemon_pid(w);

    assert_int_equal(kill(daemon, SIGSTOP), 0);
    make_files(w, N);
    assert_int_equal(kill(daemon, SIGCONT), 0);
    wait_count(&v, "\"event\":\"add\"", N);
    assert_non_null(strstr(v.ws.log.data, "watcher:overflow"));
    run(w, "touch /tmp/w/after");
    wait_event(&v, "add", "/tmp/w/after");
    end(&v, w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watcher__create__refuses_bad_input),
        cmocka_unit_test(watcher__burst__misses_and_repeats_nothing),
        cmocka_unit_test(watcher__move__tells_the_whole_folder),
        cmocka_unit_test(watcher__root__may_go_and_come_again),
        cmocka_unit_test(watcher__parent__may_go_move_and_come_again),
        cmocka_unit_test(watcher__content__too_long_is_said),
        cmocka_unit_test(watcher__queue__waits_for_the_first_subscription),
        cmocka_unit_test(watcher__overflow__is_said_and_healed),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
