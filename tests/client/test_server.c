/* SPDX-License-Identifier: MIT
 *
 * Servers at the real host: started, watched, stopped; their logs over lost connections.
 */
#include "tests/client/hosted.h"

#include "client/server.h"

static void on_server(void *user, const struct server_info *s, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (s)
        buf_printf(&h->text, "%s %s", s->slug, s->status);
}

static void on_full(void *user, const struct server_info *s, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (s)
        buf_printf(&h->text, "%s|%s|%s|%s|%d|%lld|%lld|%s|%s", s->start, s->install,
                   s->restart_policy, s->env_file, s->max_restarts, (long long)s->restart_delay_ms,
                   (long long)s->stop_timeout_ms, s->health_path, s->path);
}

static void on_servers(void *user, const struct server_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s ", all[i].slug);
}

static void on_logs(void *user, const struct server_log_text *t, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (t)
        buf_append(&h->text, t->text, t->n);
}

static void start(struct hosted *h, const char *slug, const char *command)
{
    struct server_options o = {
        .slug = slug, .start = command, .restart_delay_ms = -1, .stop_timeout_ms = 500};

    server_start(h->remote, &o, on_server, h);
    hosted_answered(h);
    hosted_text(h);
}

static void drop(struct hosted *h, const char *slug)
{
    server_delete(h->remote, slug, hosted_on_done, h);
    hosted_answered(h);
}

static void server__life__start_stop_restart_delete(void **state)
{
    struct hosted *h = *state;

    start(h, "web", "exec sleep 1000");
    server_start(h->remote,
                 &(struct server_options){
                     .slug = "web", .start = "true", .restart_delay_ms = -1, .stop_timeout_ms = -1},
                 on_server, h);
    hosted_failed(h, ERR_CONFLICT);
    server_get(h->remote, "web", on_server, h);
    hosted_answered(h);
    assert_non_null(strstr(hosted_text(h), "web "));
    server_restart(h->remote, "web", on_server, h);
    hosted_answered(h);
    server_stop(h->remote, "web", on_server, h);
    hosted_answered(h);
    assert_non_null(strstr(hosted_text(h), "web stopped"));
    server_list(h->remote, on_servers, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "web ");
    server_set_status(h->remote, "web", "failed", on_server, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "web failed");
    drop(h, "web");
    server_get(h->remote, "web", on_server, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

static void server__every_option__arrives(void **state)
{
    struct hosted *h = *state;
    cJSON *environment = cJSON_Parse("{\"COLOUR\":\"red\"}");
    struct server_options o = {
        .slug = "full",
        .start = "echo $COLOUR $SIZE; exec sleep 1000",
        .install = "echo installing",
        .path = "/tmp",
        .env_file = "full.env",
        .environment = environment,
        .restart_policy = "on-failure",
        .max_restarts = 4,
        .restart_delay_ms = 250,
        .stop_timeout_ms = 750,
        .health = {.path = "/ok", .interval_ms = 5000, .timeout_ms = 400, .delay_ms = 100},
    };

    hosted_run(h, "echo SIZE=large >/tmp/full.env");
    server_start(h->remote, &o, on_full, h);
    cJSON_Delete(environment);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "echo $COLOUR $SIZE; exec sleep 1000|echo installing|"
                                        "on-failure|full.env|4|250|750|/ok|/tmp");
    do {
        server_log_get(h->remote, "full", SERVER_STDOUT, -1, on_logs, h);
        hosted_answered(h);
    } while (!strstr(hosted_text(h), "red large\n"));
    drop(h, "full");
    o.slug = "bad slug!";
    o.environment = NULL;
    server_start(h->remote, &o, on_full, h);
    hosted_failed(h, ERR_ARG);
}

static void server__listing__follows(void **state)
{
    struct hosted *h = *state;
    struct listing *l = listing_open(h->remote, &server_listing, NULL, NULL);
    const struct server_info *s;

    await(&h->loop, 10000, listing_is_loaded(l));
    assert_int_equal(listing_count(l), 0);
    start(h, "one", "exec sleep 1000");
    await(&h->loop, 10000, listing_count(l) == 1);
    await(&h->loop, 10000, (s = listing_at(l, 0)) && !strcmp(s->status, "running"));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(listing_json(l, 0), "slug")),
                        "one");
    uint64_t revision = listing_row_revision(l, 0);

    server_stop(h->remote, "one", on_server, h);
    hosted_answered(h);
    await(&h->loop, 10000, (s = listing_find(l, "one")) && !strcmp(s->status, "stopped"));
    assert_true(listing_row_revision(l, 0) > revision);
    proxy_unlisten(&h->proxy);
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, listing_error(l)->code);
    assert_non_null(listing_find(l, "one"));
    proxy_listen(&h->proxy);
    await(&h->loop, 10000, !listing_error(l)->code);
    drop(h, "one");
    await(&h->loop, 10000, !listing_count(l));
    listing_close(l);
}

/* --- logs --- */

struct tailing {
    struct server_tail *tail;
    struct buf out, err;
    int n_live, n_gaps, n_ends, n_down;
    char status[32];
};

static void on_output(void *user, enum server_stream stream, const char *bytes, size_t n,
                      int64_t offset)
{
    struct tailing *t = user;

    assert_true(offset >= 0);
    buf_append(stream == SERVER_STDERR ? &t->err : &t->out, bytes, n);
}

static void on_gap(void *user)
{
    ((struct tailing *)user)->n_gaps++;
}

static void on_live(void *user)
{
    ((struct tailing *)user)->n_live++;
}

static void on_down(void *user, const struct err *e)
{
    ((struct tailing *)user)->n_down++;
}

static void on_end(void *user, const struct err *e)
{
    ((struct tailing *)user)->n_ends++;
}

static void on_status(void *user, const struct server_info *s)
{
    struct tailing *t = user;

    snprintf(t->status, sizeof t->status, "%s", s->status);
}

static const struct server_tail_ops ops = {.on_output = on_output,
                                           .on_gap = on_gap,
                                           .on_live = on_live,
                                           .on_down = on_down,
                                           .on_end = on_end,
                                           .on_status = on_status};

static void close_tail(struct tailing *t)
{
    server_tail_close(t->tail);
    buf_finish(&t->out);
    buf_finish(&t->err);
}

static bool saw(const struct buf *b, const char *text)
{
    return b->len && strstr(b->data, text);
}

static void tail__log__past_and_present(void **state)
{
    struct hosted *h = *state;
    struct tailing t = {0};

    hosted_run(h, "rm -f /tmp/gate; mkfifo /tmp/gate");
    start(h, "log", "echo before; read x </tmp/gate; echo after; echo bad >&2; exec sleep 1000");
    t.tail = server_tail_open(h->remote, "log", SERVER_COMBINED, -1, &ops, &t);
    await(&h->loop, 10000, t.n_live == 1 && saw(&t.out, "before\n"));
    hosted_run(h, "echo >/tmp/gate");
    await(&h->loop, 10000, saw(&t.out, "after\n") && saw(&t.err, "bad\n"));
    assert_string_equal(t.out.data, "before\nafter\n");
    assert_int_equal(t.n_gaps, 0);
    server_stop(h->remote, "log", on_server, h);
    hosted_answered(h);
    await(&h->loop, 10000, !strcmp(t.status, "stopped"));
    drop(h, "log");
    server_tail_close(t.tail);
    t.tail = server_tail_open(h->remote, "log", SERVER_COMBINED, -1, &ops, &t);
    await(&h->loop, 10000, t.n_ends == 1);
    close_tail(&t);
}

static void tail__flood_and_cuts__each_line_once(void **state)
{
    struct hosted *h = *state;
    struct buf expected = {0};
    struct tailing t = {0};

    for (int i = 0; i < 5000; i++)
        buf_printf(&expected, "line %d\n", i);
    start(h, "flood",
          "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); "
          "[ $((i % 500)) != 0 ] || sleep 0.1; done; exec sleep 1000");
    t.tail = server_tail_open(h->remote, "flood", SERVER_STDOUT, 0, &ops, &t);
    await(&h->loop, 10000, saw(&t.out, "line 400\n"));
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, saw(&t.out, "line 2600\n"));
    proxy_cut(&h->proxy);
    await(&h->loop, 20000, saw(&t.out, "line 4999\n"));
    assert_string_equal(t.out.data, expected.data);
    assert_int_equal(t.n_gaps, 0);
    assert_true(t.n_down >= 2);
    close_tail(&t);
    drop(h, "flood");
    buf_finish(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(server__life__start_stop_restart_delete),
        with_host(server__every_option__arrives),
        with_host(server__listing__follows),
        with_host(tail__log__past_and_present),
        with_host(tail__flood_and_cuts__each_line_once),
    };
    return cmocka_run_group_tests_name("server", tests, hosted_setup, hosted_teardown);
}
