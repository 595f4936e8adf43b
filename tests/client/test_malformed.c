/* SPDX-License-Identifier: MIT
 *
 * Hosts that answer nonsense: every call ends in exactly one callback, with a result that is no
 * more than what was said, or a reason. All against a scripted host.
 */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/child.h"
#include "client/classroom.h"
#include "client/command.h"
#include "client/env.h"
#include "client/event.h"
#include "client/file.h"
#include "client/overlay.h"
#include "client/server.h"
#include "client/signals.h"
#include "client/snapshot.h"
#include "client/stats.h"
#include "client/token.h"
#include "client/transfer.h"
#include "client/watcher.h"
#include "tests/client/script.h"

struct world {
    uv_loop_t loop;
    struct script script;
    struct client *client;
    struct gateway *gateway;
    struct remote *remote;
    int status;
    const char *body; /* of every answer but the gateway's view of the sandbox */
    int n_answers, n_errors;
    size_t n_items;
    struct err error;
    bool is_closed;
};

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    struct world *w = user;
    cleanup_free char *view =
        xasprintf("{\"data\":{\"sandboxId\":\"abc\",\"url\":\"http://abc.localhost:%d\","
                  "\"token\":\"t\"}}",
                  w->script.port);

    if (!strcmp(line, "GET /v1/sandboxes/abc"))
        conn_reply(c, 200, view);
    else
        conn_reply(c, w->status, w->body);
}

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    uv_loop_init(&w->loop);
    script_start(&w->script, &w->loop);
    w->script.on_request = on_request;
    w->script.user = w;
    w->status = 200;
    w->body = "{}";
    w->client = client_create(&w->loop, NULL);
    w->gateway =
        gateway_create(w->client, &(struct gateway_config){.url = w->script.url, .api_key = "key"});
    w->remote = remote_acquire(w->gateway, "abc");
    *state = w;
    return 0;
}

static void on_closed(void *user)
{
    ((struct world *)user)->is_closed = true;
}

static int teardown(void **state)
{
    struct world *w = *state;

    remote_release(w->remote);
    gateway_destroy(w->gateway);
    client_destroy(w->client, on_closed, w);
    await(&w->loop, 20000, w->is_closed);
    script_stop(&w->script);
    loop_finish(&w->loop);
    free(w);
    return 0;
}

static void take(struct world *w, size_t n, const struct err *e)
{
    w->n_answers++;
    w->n_errors += e != NULL;
    w->n_items = n;
    w->error = e ? *e : (struct err){0};
    if (e)
        assert_true(e->code && e->text[0]);
}

/* A callback for each shape of answer. */
#define ONE(name, type)                                                                            \
    static void name(void *user, const struct type *x, const struct err *e)                        \
    {                                                                                              \
        assert_true(!x == !!e);                                                                    \
        take(user, 1, e);                                                                          \
    }
#define MANY(name, type)                                                                           \
    static void name(void *user, const struct type *x, size_t n, const struct err *e)              \
    {                                                                                              \
        assert_true(!x == !!e);                                                                    \
        take(user, n, e);                                                                          \
    }
ONE(on_server, server_info)
MANY(on_servers, server_info)
ONE(on_logs, server_log_text)
ONE(on_watcher, watcher_info)
MANY(on_watchers, watcher_info)
ONE(on_status, signal_status)
ONE(on_token, token_info)
MANY(on_tokens, token_info)
ONE(on_link, magic_link)
ONE(on_overlay, overlay_info)
MANY(on_overlays, overlay_info)
ONE(on_child, child_info)
MANY(on_children, child_info)
MANY(on_env, env_variable)
ONE(on_file, file_info)
MANY(on_files, file_info)
MANY(on_batch, file_result)
ONE(on_command, command_result)
MANY(on_commands, command_result)
ONE(on_code, code_result)
ONE(on_event, event_info)
MANY(on_events, event_info)
ONE(on_snapshot, snapshot_info)
MANY(on_snapshots, snapshot_info)
ONE(on_version, file_version)
ONE(on_stats, sandbox_stats)
ONE(on_freeze, freeze)
ONE(on_notice, notice)
MANY(on_notices, notice)

static void on_hits(void *user, const struct classroom_hit *x, size_t n, bool truncated,
                    const struct err *e)
{
    assert_true(!x == !!e);
    take(user, n, e);
}

static void on_text(void *user, const char *x, size_t n, const struct err *e)
{
    assert_true(!x == !!e);
    take(user, n, e);
}

static void on_load(void *user, const char *bytes, size_t n, const struct file_version *v,
                    const struct err *e)
{
    assert_true(!bytes == !!e);
    take(user, n, e);
}

static void on_done(void *user, const struct err *e)
{
    take(user, 0, e);
}

static void ask_server(struct world *w)
{
    server_get(w->remote, "s", on_server, w);
}
static void ask_servers(struct world *w)
{
    server_list(w->remote, on_servers, w);
}
static void ask_logs(struct world *w)
{
    server_log_get(w->remote, "s", SERVER_STDOUT, 3, on_logs, w);
}
static void ask_watcher(struct world *w)
{
    watcher_create(w->remote, &(struct watcher_options){.path = "/"}, on_watcher, w);
}
static void ask_watchers(struct world *w)
{
    watcher_list(w->remote, on_watchers, w);
}
static void ask_signals(struct world *w)
{
    signals_status(w->remote, on_status, w);
}
static void ask_token(struct world *w)
{
    token_create(w->remote, &(struct token_options){0}, on_token, w);
}
static void ask_tokens(struct world *w)
{
    token_list(w->remote, on_tokens, w);
}
static void ask_link(struct world *w)
{
    magic_link_create(w->remote, NULL, on_link, w);
}
static void ask_overlay(struct world *w)
{
    overlay_create(w->remote, &(struct overlay_options){.source = "/a", .target = "b"}, NULL,
                   on_overlay, w);
}
static void ask_overlays(struct world *w)
{
    overlay_list(w->remote, on_overlays, w);
}
static void ask_child(struct world *w)
{
    child_create(w->remote, &(struct child_options){0}, on_child, w);
}
static void ask_children(struct world *w)
{
    child_list(w->remote, on_children, w);
}
static void ask_env(struct world *w)
{
    env_get(w->remote, ".env", on_env, w);
}
static void ask_file(struct world *w)
{
    file_stat(w->remote, "/f", on_file, w);
}
static void ask_files(struct world *w)
{
    file_list(w->remote, "/", on_files, w);
}
static void ask_content(struct world *w)
{
    file_read(w->remote, "/f", on_text, w);
}
static void ask_batch(struct world *w)
{
    file_batch(w->remote, NULL, 0, on_batch, w);
}
static void ask_load(struct world *w)
{
    file_load(w->remote, "/f", on_load, w);
}
static void ask_save(struct world *w)
{
    file_save(w->remote, "/f", "x", 1, NULL, on_version, w);
}
static void ask_home(struct world *w)
{
    file_home(w->remote, on_text, w);
}
static void ask_command(struct world *w)
{
    command_run(w->remote, &(struct command_options){.command = "true"}, on_command, w);
}
static void ask_commands(struct world *w)
{
    command_list_all(w->remote, on_commands, w);
}
static void ask_code(struct world *w)
{
    code_run(w->remote, "1", NULL, 0, on_code, w);
}
static void ask_event(struct world *w)
{
    event_store(w->remote, "t", NULL, on_event, w);
}
static void ask_events(struct world *w)
{
    event_history(w->gateway, "abc", &(struct event_query){.since_ms = -1}, on_events, w);
}
static void ask_snapshot(struct world *w)
{
    snapshot_create(w->gateway, "abc", "n", NULL, on_snapshot, w);
}
static void ask_snapshots(struct world *w)
{
    snapshot_list(w->gateway, on_snapshots, w);
}
static void ask_stats(struct world *w)
{
    sandbox_stats(w->remote, on_stats, w);
}
static void ask_search(struct world *w)
{
    classroom_search(w->remote, "x", SEARCH_SMART, 0, on_hits, w);
}
static void ask_freeze(struct world *w)
{
    classroom_freeze(w->remote, "t", 1, NULL, on_freeze, w);
}
static void ask_notice(struct world *w)
{
    classroom_notify(w->remote, &(struct notice){.text = "x"}, on_notice, w);
}
static void ask_notices(struct world *w)
{
    classroom_notices(w->remote, on_notices, w);
}
static void ask_delete(struct world *w)
{
    file_delete(w->remote, "/f", on_done, w);
}

static const struct question {
    const char *name;
    void (*ask)(struct world *w);
    bool takes_anything; /* an answer without what was asked for is an answer */
} questions[] = {
    {"server", ask_server, false},     {"servers", ask_servers, true},
    {"logs", ask_logs, true},          {"watcher", ask_watcher, false},
    {"watchers", ask_watchers, true},  {"signals", ask_signals, true},
    {"token", ask_token, false},       {"tokens", ask_tokens, true},
    {"link", ask_link, false},         {"overlay", ask_overlay, false},
    {"overlays", ask_overlays, true},  {"child", ask_child, false},
    {"children", ask_children, true},  {"env", ask_env, false},
    {"file", ask_file, false},         {"files", ask_files, false},
    {"content", ask_content, false},   {"batch", ask_batch, false},
    {"load", ask_load, false},         {"save", ask_save, true},
    {"home", ask_home, false},         {"command", ask_command, true},
    {"commands", ask_commands, true},  {"code", ask_code, true},
    {"event", ask_event, false},       {"events", ask_events, false},
    {"snapshot", ask_snapshot, false}, {"snapshots", ask_snapshots, false},
    {"delete", ask_delete, true},      {"stats", ask_stats, false},
    {"search", ask_search, false},     {"freeze", ask_freeze, true},
    {"notice", ask_notice, false},     {"notices", ask_notices, false},
};

static void ask(struct world *w, const struct question *q)
{
    w->n_answers = w->n_errors = 0;
    w->n_items = 0;
    q->ask(w);
    assert_int_equal(w->n_answers, 0);
    await(&w->loop, 20000, w->n_answers);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    if (w->n_answers != 1)
        fail_msg("%s answered %d times", q->name, w->n_answers);
}

static void answers__not_json_or_cut_off__are_errors(void **state)
{
    static const char *const bodies[] = {
        "", "<html>", "{\"data\":{\"id\":", "[1,2]", "\"text\"", "{\"data\":\"\xff\xfe"};
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        for (size_t k = 0; k < ARRAY_LEN(bodies); k++) {
            w->body = bodies[k];
            ask(w, &questions[i]);
            if (!w->n_errors)
                fail_msg("%s took \"%s\"", questions[i].name, bodies[k]);
        }
    }
}

static void answers__empty_or_of_wrong_types__hold_nothing(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"data\":{}}",
        "{\"data\":{\"server\":7,\"servers\":{\"a\":1},\"watchers\":\"x\",\"tokens\":[1,null,[]],"
        "\"overlays\":[{}],\"sandboxes\":[{\"subdomain\":5}],\"variables\":[],\"file\":[],"
        "\"files\":7,\"content\":{},\"results\":\"\",\"commands\":[[]],\"events\":{},"
        "\"terminals\":[{\"id\":[]}],\"id\":true,\"magic_url\":1,\"stdout\":1,\"exit_code\":\"x\","
        "\"logs\":[1],\"output\":{},\"next\":-1e308}}",
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        for (size_t k = 0; k < ARRAY_LEN(bodies); k++) {
            w->body = bodies[k];
            ask(w, &questions[i]);
            if (questions[i].takes_anything != !w->n_errors)
                fail_msg("%s: %s", questions[i].name, w->error.text);
            assert_true(w->n_items <= 1);
        }
    }
}

static void answers__failures__keep_their_reason(void **state)
{
    static const struct {
        int status;
        enum err_code code;
    } cases[] = {{400, ERR_ARG},
                 {403, ERR_FORBIDDEN},
                 {409, ERR_CONFLICT},
                 {429, ERR_LIMIT},
                 {500, ERR_HTTP}};
    struct world *w = *state;

    w->body = "{\"error\":\"out of \\u001b[31mcheese\"}";
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
            w->status = cases[k].status;
            ask(w, &questions[i]);
            if (w->error.code != cases[k].code || !strstr(w->error.text, "cheese"))
                fail_msg("%s %d: %s", questions[i].name, cases[k].status, w->error.text);
            assert_null(strchr(w->error.text, '\x1b'));
        }
    }
}

static void answers__cancelled__never_come(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 20; i++)
        request_cancel(file_save(w->remote, "/f", "x", 1, NULL, on_version, w));
    struct request *r = server_list(w->remote, on_servers, w);

    loop_turn(&w->loop);
    request_cancel(r);
    for (int i = 0; i < 5; i++)
        loop_turn(&w->loop);
    assert_int_equal(w->n_answers, 0);
}

static void answers__many_items__are_bounded(void **state)
{
    struct world *w = *state;
    struct buf body = {0};

    buf_append_str(&body, "{\"data\":{\"servers\":[");
    for (int i = 0; i < 12000; i++)
        buf_printf(&body, "%s{\"slug\":\"s%d\"}", i ? "," : "", i);
    buf_append_str(&body, "]}}");
    w->body = body.data;
    ask(w, &questions[1]);
    assert_int_equal(w->n_items, 10000);
    buf_finish(&body);
}

/* --- trees --- */

static int n_copied;
static struct err copy_error;

static void on_copied(void *user, const struct transfer_progress *p, const struct err *e)
{
    n_copied++;
    copy_error = e ? *e : (struct err){0};
}

/* Listings, in base64, of a sandbox that wants to write elsewhere. */
static void transfer__hostile_listings__write_nothing(void **state)
{
    static const char *const bodies[] = {
        /* "41ed 0 .\n81a4 1 ./../evil\n--\n" */
        "{\"data\":{\"exit_code\":0,\"stdout\":\"NDFlZCAwIC4KODFhNCAxIC4vLi4vZXZpbAotLQo=\"}}",
        /* "81a4 1 ./a/evil\n--\n": a file without its folder */
        "{\"data\":{\"exit_code\":0,\"stdout\":\"ODFhNCAxIC4vYS9ldmlsCi0tCg==\"}}",
        /* "41ed 0 .\n--\n./l\n../../etc\n" */
        "{\"data\":{\"exit_code\":0,\"stdout\":\"NDFlZCAwIC4KLS0KLi9sCi4uLy4uL2V0Ywo=\"}}",
        "{\"data\":{\"exit_code\":0,\"stdout\":\"AAAA\"}}",
        "{\"data\":{\"exit_code\":0,\"stdout\":\"***\"}}",
        "{\"data\":{\"exit_code\":0,\"stdout\":\"\"}}",
    };
    struct world *w = *state;
    char folder[] = "/tmp/sandpit-hostile-XXXXXX";

    assert_non_null(mkdtemp(folder));
    cleanup_free char *to = xasprintf("%s/to", folder), *evil = xasprintf("%s/evil", folder);
    struct transfer_options o = {
        .is_recursive = true, .local = to, .remote = "/x", .on_done = on_copied};

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        n_copied = 0;
        w->body = bodies[i];
        transfer_start(w->remote, &o, w);
        await(&w->loop, 20000, n_copied);
        assert_int_not_equal(access(evil, F_OK), 0);
        rmdir(to);
    }
    assert_int_equal(rmdir(folder), 0);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(answers__not_json_or_cut_off__are_errors),
        with_world(answers__empty_or_of_wrong_types__hold_nothing),
        with_world(answers__failures__keep_their_reason),
        with_world(answers__cancelled__never_come),
        with_world(answers__many_items__are_bounded),
        with_world(transfer__hostile_listings__write_nothing),
    };
    return cmocka_run_group_tests_name("malformed", tests, NULL, NULL);
}
