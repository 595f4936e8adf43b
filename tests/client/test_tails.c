/* SPDX-License-Identifier: MIT
 *
 * What a sandbox tells by itself, at the real host: watchers, signals, events; over lost
 * connections.
 */
#include "tests/client/hosted.h"

#include "client/event.h"
#include "client/event_internal.h"
#include "client/signals.h"
#include "client/watcher.h"

/* --- watchers --- */

static char watcher_id[64];

static void on_watcher(void *user, const struct watcher_info *w, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    snprintf(watcher_id, sizeof watcher_id, "%s", w ? w->id : "");
    if (w)
        buf_printf(&h->text, "%s %d %zu", w->path, w->include_content, w->n_ignored);
}

static void on_watchers(void *user, const struct watcher_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s ", all[i].id);
}

static void on_file_event(void *user, const struct file_event *e)
{
    struct hosted *h = user;

    buf_printf(&h->text, "%s %s", e->event, e->path);
    if (e->content) {
        buf_append_str(&h->text, " = ");
        buf_append(&h->text, e->content, e->n_content);
    }
    buf_append_char(&h->text, '\n');
}

static void on_gap(void *user)
{
    buf_append_str(&((struct hosted *)user)->text, "gap\n");
}

static void on_up(void *user)
{
    buf_append_str(&((struct hosted *)user)->text, "up\n");
}

static void on_tail_end(void *user, const struct err *e)
{
    buf_append_str(&((struct hosted *)user)->text, "end\n");
}

static const struct watcher_tail_ops watcher_ops = {
    .on_event = on_file_event, .on_gap = on_gap, .on_up = on_up, .on_end = on_tail_end};

static void watcher__events__come_with_any_content(void **state)
{
    static const char *const ignored[] = {"*.tmp", NULL};
    struct hosted *h = *state;
    struct watcher_tail *tail;

    hosted_run(h, "rm -rf /tmp/w; mkdir /tmp/w");
    watcher_create(
        h->remote,
        &(struct watcher_options){.path = "/tmp/w", .include_content = true, .ignored = ignored},
        on_watcher, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "/tmp/w 1 1");
    cleanup_free char *line = xasprintf("%s ", watcher_id);

    watcher_list(h->remote, on_watchers, h);
    hosted_answered(h);
    assert_non_null(strstr(hosted_text(h), line));
    tail = watcher_tail_open(h->remote, watcher_id, &watcher_ops, h);
    await(&h->loop, 10000, hosted_saw(h, "up\n"));
    command_run(h->remote,
                &(struct command_options){
                    .command = "cd /tmp/w; echo no >x.tmp; mkdir d; printf 'a\\377b' >f"},
                hosted_on_command, h);
    hosted_answered(h);
    await(&h->loop, 10000, hosted_saw(h, "addDir /tmp/w/d\n"));
    await(&h->loop, 10000,
          hosted_saw(h, "/tmp/w/f = a\xff"
                        "b\n"));
    command_run(h->remote, &(struct command_options){.command = "rm /tmp/w/f"}, hosted_on_command,
                h);
    hosted_answered(h);
    await(&h->loop, 10000, hosted_saw(h, "unlink /tmp/w/f\n"));
    assert_false(hosted_saw(h, "x.tmp"));
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, hosted_saw(h, "gap\n"));
    watcher_destroy(h->remote, watcher_id, hosted_on_done, h);
    hosted_answered(h);
    await(&h->loop, 10000, hosted_saw(h, "end\n"));
    watcher_tail_close(tail);
    watcher_get(h->remote, watcher_id, on_watcher, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

/* --- signals --- */

static void on_status(void *user, const struct signal_status *s, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    buf_append_str(&h->text, s && s->is_active ? "active" : "stopped");
}

static void on_signal(void *user, const struct signal_event *s)
{
    buf_printf(&((struct hosted *)user)->text, "%s %s %d %s\n", s->signal, s->type, s->port,
               s->message);
}

static const struct signal_tail_ops signal_ops = {
    .on_signal = on_signal, .on_up = on_up, .on_gap = on_gap};

static void signals__emitted__come(void **state)
{
    struct hosted *h = *state;
    struct signal_tail *tail = signal_tail_open(h->remote, &signal_ops, h);

    await(&h->loop, 10000, hosted_saw(h, "up\n"));
    signals_start(h->remote, hosted_on_done, h);
    hosted_answered(h);
    signals_status(h->remote, on_status, h);
    hosted_answered(h);
    assert_true(hosted_saw(h, "active"));
    signal_emit_port(h->remote, 3000, true, NULL, hosted_on_done, h);
    hosted_answered(h);
    signal_emit_ready(h->remote, 3000, "http://x/", hosted_on_done, h);
    hosted_answered(h);
    signal_emit_error(h->remote, "oh no", hosted_on_done, h);
    hosted_answered(h);
    await(&h->loop, 10000, hosted_saw(h, "port open 3000 \n"));
    await(&h->loop, 10000, hosted_saw(h, "server-ready  3000 \n"));
    await(&h->loop, 10000, hosted_saw(h, "error  0 oh no\n"));
    signal_emit_port(h->remote, 70000, true, NULL, hosted_on_done, h);
    hosted_failed(h, ERR_ARG);
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, hosted_saw(h, "gap\n"));
    signals_stop(h->remote, hosted_on_done, h);
    hosted_answered(h);
    signal_tail_close(tail);
}

/* --- events --- */

static void on_stored(void *user, const struct event_info *event, const struct err *e)
{
    hosted_take(user, e);
}

static void store(struct hosted *h, const char *type, int n)
{
    cJSON *data = cJSON_CreateObject();

    cJSON_AddNumberToObject(data, "n", n);
    event_store(h->remote, type, data, on_stored, h);
    cJSON_Delete(data);
    hosted_answered(h);
}

static void write_event(struct hosted *h, const struct event_info *event)
{
    const cJSON *n = cJSON_GetObjectItem(event->data, "n");

    if (n) /* the host has events of its own */
        buf_printf(&h->text, "%s %d\n", event->type, n->valueint);
}

static void on_history(void *user, const struct event_info *all, size_t n, const struct err *e)
{
    hosted_take(user, e);
    for (size_t i = 0; i < n; i++)
        write_event(user, &all[i]);
}

static void events__history__by_type_and_limit(void **state)
{
    struct hosted *h = *state;

    store(h, "alpha", 1);
    store(h, "beta", 2);
    store(h, "alpha", 3);
    event_history(h->gateway, h->sandbox, &(struct event_query){.type = "alpha", .since_ms = -1},
                  on_history, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "alpha 1\nalpha 3\n");
    event_history(h->gateway, h->sandbox,
                  &(struct event_query){.type = "alpha", .since_ms = -1, .limit = 1}, on_history,
                  h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "alpha 3\n");
    event_history(h->gateway, h->sandbox,
                  &(struct event_query){.type = "beta", .since_ms = INT64_C(9000000000000)},
                  on_history, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "");
    event_history(h->gateway, h->sandbox, &(struct event_query){.since_ms = -1, .limit = 5000},
                  on_history, h);
    hosted_failed(h, ERR_ARG);
}

struct listening {
    struct hosted *h;
    struct buf text;
    int n_live, n_down;
};

static void on_event(void *user, const struct event_info *event)
{
    struct listening *l = user;
    const cJSON *n = cJSON_GetObjectItem(event->data, "n");

    if (n)
        buf_printf(&l->text, "%d ", n->valueint);
}

static void on_live(void *user)
{
    ((struct listening *)user)->n_live++;
}

static void on_down(void *user, const struct err *e)
{
    ((struct listening *)user)->n_down++;
}

static const struct event_tail_ops event_ops = {
    .on_event = on_event, .on_live = on_live, .on_down = on_down};

static bool has(const struct listening *l, const char *text)
{
    return l->text.len && strstr(l->text.data, text);
}

/* The stream goes through a proxy of its own, which can be cut. */
static void events__live__each_once_over_a_cut(void **state)
{
    struct hosted *h = *state;
    struct listening l = {.h = h};
    struct proxy proxy;
    char port[8];
    const char *at = strstr(h->real.printed.data, "pubsub on ");

    assert_non_null(at);
    proxy_start(&proxy, &h->loop, atoi(strchr(at, ':') + 1));
    snprintf(port, sizeof port, "%d", proxy.port);
    setenv("COMPUTESDK_PUBSUB_PORT", port, 1);
    store(h, "live", 10);
    struct event_tail *tail = event_tail_open(
        h->remote, &(struct event_tail_options){.type = "live", .since_ms = -1}, &event_ops, &l);

    await(&h->loop, 10000, l.n_live == 1);
    store(h, "live", 11);
    store(h, "other", 12);
    store(h, "live", 13);
    await(&h->loop, 10000, has(&l, "11 13 "));
    proxy_unlisten(&proxy);
    proxy_cut(&proxy);
    await(&h->loop, 10000, l.n_down);
    store(h, "live", 14);
    await(&h->loop, 10000, has(&l, "14 ")); /* from the history */
    proxy_listen(&proxy);
    await(&h->loop, 20000, l.n_live == 2);
    store(h, "live", 15);
    await(&h->loop, 10000, has(&l, "15 "));
    assert_string_equal(l.text.data, "11 13 14 15 ");
    event_tail_close(tail);
    unsetenv("COMPUTESDK_PUBSUB_PORT");
    proxy_stop(&proxy);
    buf_finish(&l.text);
}

static void events__since__begins_in_the_past(void **state)
{
    struct hosted *h = *state;
    struct listening l = {.h = h};

    store(h, "past", 20);
    /* The port that the gateway names. */
    struct event_tail *tail = event_tail_open(
        h->remote, &(struct event_tail_options){.type = "past", .since_ms = 0}, &event_ops, &l);

    await(&h->loop, 10000, l.n_live == 1);
    assert_string_equal(l.text.data, "20 ");
    event_tail_close(tail);
    tail = event_tail_open(h->remote, &(struct event_tail_options){.since_ms = 0}, &event_ops, &l);
    event_tail_close(tail);
    buf_finish(&l.text);
}

/* --- the lines --- */

static void pubsub__replies__are_told_apart(void **state)
{
    static const struct {
        const char *bytes;
        enum pubsub_reply reply;
        size_t n_used;
        const char *payload;
    } cases[] = {
        {"+OK subscribed\r\nmore", PUBSUB_OK, 16, "OK subscribed"},
        {"+PONG\n", PUBSUB_OTHER, 6, "PONG"},
        {"-ERR no\r\n", PUBSUB_ERROR, 9, "ERR no"},
        {"+OK", PUBSUB_MORE, 0, ""},
        {"", PUBSUB_MORE, 0, ""},
        {"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\n{}\r\n+", PUBSUB_EVENT, 32, "{}"},
        {"*3\r\n$5\r\nother\r\n$1\r\nc\r\n$2\r\n{}\r\n", PUBSUB_OTHER, 30, "{}"},
        {"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\n{", PUBSUB_MORE, 0, ""},
        {"*3\r\n$7\r\nmessagexx", PUBSUB_BAD, 0, ""},
        {"*3\r\n$-1\r\n", PUBSUB_BAD, 0, ""},
        {"*3\r\n$99999999\r\n", PUBSUB_BAD, 0, ""},
        {"*3\r\nx\r\n", PUBSUB_BAD, 0, ""},
        {"*4\r\n", PUBSUB_BAD, 0, ""},
        {"\r\n", PUBSUB_BAD, 0, ""},
        {"HTTP/1.1 400 Bad\r\n", PUBSUB_BAD, 0, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = strlen(cases[i].bytes), n_used = 0;
        /* At its exact size, so that reading beyond is seen. */
        cleanup_free char *copy = memcpy(xmalloc(n + !n), cases[i].bytes, n);
        struct slice payload;

        assert_int_equal(pubsub_read(copy, n, &n_used, &payload), cases[i].reply);
        if (cases[i].n_used) {
            assert_int_equal(n_used, cases[i].n_used);
            assert_true(slice_equal(payload, cases[i].payload));
        }
    }
}

static void pubsub__endless_line__is_refused(void **state)
{
    struct slice payload;
    size_t n_used;
    char *line = xmalloc(10000);

    memset(line, '+', 10000);
    assert_int_equal(pubsub_read(line, 10000, &n_used, &payload), PUBSUB_BAD);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(watcher__events__come_with_any_content),
        with_host(signals__emitted__come),
        with_host(events__history__by_type_and_limit),
        with_host(events__live__each_once_over_a_cut),
        with_host(events__since__begins_in_the_past),
        cmocka_unit_test(pubsub__replies__are_told_apart),
        cmocka_unit_test(pubsub__endless_line__is_refused),
    };
    return cmocka_run_group_tests_name("tails", tests, hosted_setup, hosted_teardown);
}
