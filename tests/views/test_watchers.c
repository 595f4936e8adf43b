/* SPDX-License-Identifier: MIT
 *
 * Watchers, signals and events: what comes from several sandboxes as it comes.
 */
#include "tests/views/stage.h"

#include <string.h>

#include "wire/base64.h"
#include "wire/names.h"

static struct stage *open_sandbox(void)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    return s;
}

static struct stage *open_two(void)
{
    struct stage *s = open_sandbox();

    stage_sandbox(s, MSG_SANDBOX_CREATED, "b2", "class", "two", "running", 0, 3600000, 0);
    stage_await(s, "b2");
    stage_keys(s, "*");
    return s;
}

/* --- watchers --- */

static char *watchers_json(int n)
{
    struct buf out = {0};

    buf_append_str(&out, "{\"watchers\":[");
    for (int i = 0; i < n; i++)
        buf_printf(&out,
                   "%s{\"id\":\"w%d\",\"path\":\"/home/user/project-%d/src\",\"status\":\"active\","
                   "\"includeContent\":%s,\"ignored\":[\"*.log\"],\"channel\":\"watcher:w%d\"}",
                   i ? "," : "", i, i, i % 2 ? "true" : "false", i);
    buf_append_str(&out, "]}");
    return buf_steal(&out);
}

static struct stage *open_watchers(int n)
{
    struct stage *s = open_sandbox();
    cleanup_free char *watchers = watchers_json(n);

    stage_answer(s, "GET /watchers", 200, watchers);
    stage_keys(s, "6");
    stage_await(s, n ? "IGNORES" : "No watchers");
    return s;
}

static void change_file(struct stage *s, const char *event, const char *path, const char *content)
{
    struct buf coded = {0};

    if (content)
        base64_encode(&coded, content, strlen(content));
    const char *const fields[] = {
        "event",    event,      "path",   path, content ? "content" : NULL,
        coded.data, "encoding", "base64", NULL};
    stage_push(s, "a1", MSG_FILE_CHANGED, "watcher:w0", fields);
    buf_finish(&coded);
}

static void watchers__golden__looks_as_reviewed(void **state)
{
    static const struct {
        const char *name;
        int n;
    } cases[] = {{"watchers-empty", 0}, {"watchers-one", 1}, {"watchers-many", 60}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage *s = open_watchers(cases[i].n);

        stage_golden_sizes(s, cases[i].name);
        stage_close(s);
    }
}

static void watchers__golden__trouble(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /watchers", 0, NULL);
    stage_keys(s, "6");
    stage_await(s, "asking alice/demo");
    stage_golden_sizes(s, "watchers-loading");
    stage_close(s);

    s = open_sandbox();
    stage_answer(s, "GET /watchers", 500, "{\"error\":\"out of inotify watches\"}");
    stage_keys(s, "6");
    stage_await(s, "out of inotify watches");
    stage_golden_sizes(s, "watchers-error");
    stage_close(s);

    s = open_watchers(2);
    stage_host_down(s);
    stage_await(s, "it does not answer");
    stage_await(s, "lost");
    stage_golden_sizes(s, "watchers-lost");
    stage_close(s);
}

static void watchers__new__sends_what_was_typed(void **state)
{
    struct stage *s = open_watchers(0);

    stage_answer(s, "POST /watchers", 200,
                 "{\"id\":\"w9\",\"path\":\"/srv/app\",\"status\":\"active\"}");
    stage_keys(s, "n");
    stage_await(s, "New watcher");
    stage_type(s, "/srv/app");
    stage_keys(s, "Down Right Down");
    stage_type(s, "*.log  .git");
    stage_golden(s, "watcher-new-80x24");
    stage_keys(s, "Enter");
    stage_await(s, "/srv/app is watched");
    assert_non_null(strstr(s->last_body, "\"path\":\"/srv/app\""));
    assert_non_null(strstr(s->last_body, "\"includeContent\":true"));
    assert_non_null(strstr(s->last_body, "[\"*.log\",\".git\"]"));
    stage_close(s);
}

static void watchers__follow__tells_changes_with_their_content(void **state)
{
    struct stage *s = open_watchers(1);

    stage_keys(s, "Enter");
    stage_await(s, "Nothing has changed yet");
    await(&s->loop, 5000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    stage_golden_sizes(s, "watching-empty");
    change_file(s, "add", "/home/user/project-0/src/main.c", "int main(void)\n{\n}\n");
    change_file(s, "change", "/home/user/project-0/src/main.c", NULL);
    change_file(s, "addDir", "/home/user/project-0/src/new", NULL);
    change_file(s, "unlink", "/home/user/project-0/src/a\x1b[31mb\x1b[2J\nc", NULL);
    stage_await(s, "4 lines");
    stage_golden_sizes(s, "watching-one");
    stage_keys(s, "g g Enter");
    stage_await(s, "int main(void)");
    stage_keys(s, "Esc j Enter");
    stage_await(s, "No content came with it");
    stage_keys(s, "Esc G");
    stage_host_down(s);
    stage_await(s, "connection lost, trying again");
    stage_golden_sizes(s, "watching-lost");
    stage_close(s);
}

/* The host's bound is not ours. */
static void watchers__follow__bounds_what_it_keeps(void **state)
{
    struct stage *s = open_watchers(1);
    char *large = xmalloc(200001);

    memset(large, 'x', 200000);
    large[200000] = '\0';
    stage_keys(s, "Enter");
    await(&s->loop, 5000, s->n_attached == 1);
    change_file(s, "change", "/large", large);
    stage_await(s, "200000 bytes");
    stage_keys(s, "Enter");
    stage_await(s, "more bytes");
    free(large);
    stage_close(s);
}

static void watchers__readonly__refuses(void **state)
{
    struct stage *s = open_watchers(1);

    s->env.readonly = true;
    stage_keys(s, "n");
    stage_await(s, "read-only");
    stage_forget_toast(s);
    stage_keys(s, "D");
    stage_await(s, "read-only");
    assert_int_equal(s->last_request[0], '\0');
    stage_close(s);
}

/* --- signals --- */

static void signal_port(struct stage *s, const char *type, const char *port, const char *url)
{
    const char *const fields[] = {"signal",           "port", "type", type, "port", port,
                                  url ? "url" : NULL, url,    NULL};

    stage_push(s, "a1", MSG_SIGNAL, "signals", fields);
}

static struct stage *open_signals(const char *status)
{
    struct stage *s = open_sandbox();
    cleanup_free char *data = xasprintf("{\"status\":\"%s\",\"channel\":\"signals\"}", status);

    stage_answer(s, "GET /signals/status", 200, data);
    stage_keys(s, "7");
    await(&s->loop, 5000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    return s;
}

static void signals__golden__looks_as_reviewed(void **state)
{
    static const char *const ready[] = {
        "signal", "server-ready", "port", "#3000", "url", "http://a1-3000.localhost:7780", NULL};
    static const char *const trouble[] = {"signal", "error", "message", "disk is full\x1b[2J\nnow",
                                          NULL};
    struct stage *s = open_signals("active");

    stage_await(s, "Nothing has been signalled yet");
    stage_golden_sizes(s, "signals-empty");
    signal_port(s, "open", "#3000", "http://a1-3000.localhost:7780");
    stage_await(s, "port opened");
    stage_golden_sizes(s, "signals-one");
    stage_push(s, "a1", MSG_SIGNAL, "signals", ready);
    signal_port(s, "close", "#3000", NULL);
    stage_push(s, "a1", MSG_SIGNAL, "signals", trouble);
    for (int i = 0; i < 60; i++) {
        cleanup_free char *port = xasprintf("#%d", 4000 + i);

        signal_port(s, "open", port, NULL);
    }
    stage_await(s, "4059");
    stage_golden_sizes(s, "signals-many");
    stage_host_down(s);
    stage_await(s, "connection lost, trying again");
    stage_golden_sizes(s, "signals-lost");
    stage_close(s);
}

static void signals__off__says_so_and_starts(void **state)
{
    struct stage *s = open_signals("stopped");

    stage_await(s, "signals are off: S starts them");
    stage_golden_sizes(s, "signals-off");
    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\"}");
    stage_keys(s, "S");
    stage_await(s, "started the signals of");
    assert_string_equal(s->last_request, "POST /signals/start");
    stage_await_gone(s, "signals are off");
    stage_keys(s, "X");
    stage_await(s, "Stop signals");
    stage_keys(s, "y");
    stage_await(s, "stopped the signals of");
    assert_string_equal(s->last_request, "POST /signals/stop");
    stage_close(s);
}

static void signals__error__is_said_where_the_action_was(void **state)
{
    struct stage *s = open_signals("stopped");

    stage_await(s, "signals are off");
    stage_answer(s, "POST /signals/start", 500, "{\"error\":\"no inotify here\"}");
    stage_keys(s, "S");
    stage_await(s, "no inotify here");
    stage_golden_sizes(s, "signals-error");
    stage_close(s);
}

static void signals__emit__needs_what_belongs_to_it(void **state)
{
    struct stage *s = open_signals("active");

    stage_keys(s, "i");
    stage_await(s, "Signal");
    stage_golden(s, "signal-new-80x24");
    stage_keys(s, "Enter");
    stage_await(s, "needs a port");
    stage_keys(s, "Down");
    stage_type(s, "8080");
    stage_keys(s, "Enter");
    stage_await(s, "signalled alice/demo");
    assert_string_equal(s->last_request, "POST /signals/port");
    assert_non_null(strstr(s->last_body, "8080"));
    stage_keys(s, "i Left Enter");
    stage_await(s, "needs a message");
    stage_close(s);
}

static void signals__url__is_copied_and_checked(void **state)
{
    struct stage *s = open_signals("active");

    signal_port(s, "open", "#3000", "http://a1-3000.localhost:7780");
    stage_await(s, "port opened");
    stage_keys(s, "C");
    stage_await(s, "copied the URL");
    stage_forget_toast(s);
    setenv("SSH_TTY", "/dev/pts/1", 1);
    stage_keys(s, "o");
    stage_await(s, "there is no browser here");
    unsetenv("SSH_TTY");
    signal_port(s, "close", "#3000", NULL);
    stage_await(s, "port closed");
    stage_keys(s, "C");
    stage_await(s, "has no URL");
    stage_close(s);
}

static void signals__many__are_merged(void **state)
{
    struct stage *s = open_two();

    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"stopped\"}");
    stage_keys(s, "7");
    stage_await(s, "signals are off in 2 of 2 sandboxes");
    stage_await(s, "signals of 2 sandboxes");
    stage_close(s);
}

static void signals__add__follows_another_one_too(void **state)
{
    struct stage *s = open_two();

    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\"}");
    stage_keys(s, "U 7");
    await(&s->loop, 5000, s->n_attached == 1);
    stage_keys(s, "a");
    stage_await(s, "Follow another sandbox");
    stage_keys(s, "Down Enter");
    stage_await(s, "signals of 2 sandboxes");
    await(&s->loop, 5000, s->n_attached == 2);
    stage_keys(s, "Esc 8");
    stage_await(s, "events");
    stage_close(s);
}

static void signals__readonly__refuses(void **state)
{
    static const char *const keys[] = {"S", "X", "i"};
    struct stage *s = open_signals("active");

    s->env.readonly = true;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        stage_keys(s, keys[i]);
        stage_await(s, "read-only:");
        stage_forget_toast(s);
    }
    assert_int_equal(s->last_request[0], '\0');
    stage_close(s);
}

/* --- events --- */

static char *events_json(int n)
{
    struct buf out = {0};

    buf_append_str(&out, "{\"events\":[");
    for (int i = 0; i < n; i++)
        buf_printf(&out,
                   "%s{\"id\":\"e%d\",\"sandboxId\":\"a1\",\"type\":\"%s\",\"timestamp\":%lld,"
                   "\"data\":{\"version\":%d,\"ok\":true}}",
                   i ? "," : "", i, i % 3 == 2 ? "deploy.failed" : "deploy.done",
                   1767323045678LL + i * 61000LL, i);
    buf_append_str(&out, "]}");
    return buf_steal(&out);
}

static struct stage *open_events(int n)
{
    struct stage *s = open_sandbox();
    cleanup_free char *events = events_json(n);

    stage_answer(s, "GET /events", 200, events);
    stage_keys(s, "8");
    stage_await(s, n ? "deploy.done" : "No events");
    return s;
}

static void events__golden__looks_as_reviewed(void **state)
{
    static const struct {
        const char *name;
        int n;
    } cases[] = {{"events-empty", 0}, {"events-one", 1}, {"events-many", 60}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage *s = open_events(cases[i].n);

        stage_await(s, "no live stream"); /* nobody listens there */
        stage_golden_sizes(s, cases[i].name);
        stage_close(s);
    }
}

static void streams__golden__connecting(void **state)
{
    struct stage *s = open_watchers(1);

    s->hold_sockets = true;
    stage_keys(s, "Enter");
    stage_await(s, "connecting");
    stage_golden_sizes(s, "watching-loading");
    stage_close(s);

    s = open_two();
    s->hold_sockets = true;
    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\"}");
    stage_keys(s, "7");
    stage_await(s, "2 of 2 sandboxes: connecting");
    stage_golden_sizes(s, "signals-loading");
    stage_close(s);

    s = open_sandbox();
    stage_answer(s, "GET /info", 0, NULL);
    stage_keys(s, "8");
    stage_await(s, "connecting");
    stage_golden_sizes(s, "events-loading");
    stage_close(s);
}

static void events__golden__refused(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /events", 403, "{\"error\":\"this key may not read events\"}");
    stage_keys(s, "8");
    stage_await(s, "this key may not read events");
    stage_keys(s, "t"); /* when that was */
    stage_golden_sizes(s, "events-error");
    stage_close(s);
}

static void events__pretty__and_detail(void **state)
{
    struct stage *s = open_events(2);

    stage_keys(s, "p");
    stage_await(s, "\"version\":");
    stage_golden(s, "events-pretty-80x24");
    stage_keys(s, "p Enter");
    stage_await(s, "\"ok\": true");
    stage_close(s);
}

static void events__choose__asks_again(void **state)
{
    struct stage *s = open_events(3);

    stage_keys(s, "f");
    stage_await(s, "Which events");
    stage_type(s, "deploy.failed");
    stage_golden(s, "events-choose-80x24");
    stage_keys(s, "Enter");
    stage_await(s, "type deploy.failed");
    stage_await_gone(s, "deploy.done");
    stage_await(s, "deploy.failed  {");
    stage_close(s);
}

static void events__store__checks_the_json(void **state)
{
    struct stage *s = open_events(0);

    stage_answer(s, "POST /events", 200, "{\"id\":\"e1\",\"type\":\"deploy\"}");
    stage_keys(s, "i");
    stage_type(s, "deploy");
    stage_keys(s, "Down");
    stage_type(s, "[1");
    stage_keys(s, "Enter");
    stage_await(s, "a JSON object");
    assert_int_equal(s->last_request[0], '\0');
    stage_keys(s, "C-u");
    stage_type(s, "{\"a\":1}");
    stage_keys(s, "Enter");
    stage_await(s, "stored an event");
    assert_non_null(strstr(s->last_body, "\"a\":1"));
    stage_close(s);
}

static void events__lost__says_so(void **state)
{
    struct stage *s = open_events(3);

    stage_host_down(s);
    stage_await(s, "no live stream");
    stage_await(s, "lost");
    stage_golden_sizes(s, "events-lost");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watchers__golden__looks_as_reviewed),
        cmocka_unit_test(watchers__golden__trouble),
        cmocka_unit_test(watchers__new__sends_what_was_typed),
        cmocka_unit_test(watchers__follow__tells_changes_with_their_content),
        cmocka_unit_test(watchers__follow__bounds_what_it_keeps),
        cmocka_unit_test(watchers__readonly__refuses),
        cmocka_unit_test(signals__golden__looks_as_reviewed),
        cmocka_unit_test(signals__off__says_so_and_starts),
        cmocka_unit_test(signals__error__is_said_where_the_action_was),
        cmocka_unit_test(signals__emit__needs_what_belongs_to_it),
        cmocka_unit_test(signals__url__is_copied_and_checked),
        cmocka_unit_test(signals__many__are_merged),
        cmocka_unit_test(signals__add__follows_another_one_too),
        cmocka_unit_test(signals__readonly__refuses),
        cmocka_unit_test(events__golden__looks_as_reviewed),
        cmocka_unit_test(streams__golden__connecting),
        cmocka_unit_test(events__golden__refused),
        cmocka_unit_test(events__pretty__and_detail),
        cmocka_unit_test(events__choose__asks_again),
        cmocka_unit_test(events__store__checks_the_json),
        cmocka_unit_test(events__lost__says_so),
    };

    setenv("TZ", "UTC", 1);
    setenv("COMPUTESDK_PUBSUB_HOST", "127.0.0.1", 1);
    setenv("COMPUTESDK_PUBSUB_PORT", "1", 1); /* nobody: the history alone */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
