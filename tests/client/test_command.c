/* SPDX-License-Identifier: MIT
 *
 * Commands and code at the real host: in the foreground, in the background, streamed, over lost
 * connections.
 */
#include "tests/client/hosted.h"

#include "client/listing.h"

/* One at a time; it outlives a test that fails in the middle, and the teardown ends it. */
static struct streaming {
    struct command_stream *stream;
    struct buf out, err, expected;
    int n_exits, n_fails, exit_code, n_ups, n_downs;
    struct err error;
} streaming;

static void on_output(void *user, bool is_stderr, const char *bytes, size_t n)
{
    struct streaming *s = user;

    buf_append(is_stderr ? &s->err : &s->out, bytes, n);
}

static void on_exit_code(void *user, int exit_code)
{
    struct streaming *s = user;

    s->n_exits++;
    s->exit_code = exit_code;
}

static void on_fail(void *user, const struct err *e)
{
    struct streaming *s = user;

    s->n_fails++;
    s->error = *e;
}

static void on_link(void *user, const struct err *e)
{
    struct streaming *s = user;

    s->n_ups += !e;
    s->n_downs += e != NULL;
}

static const struct command_stream_ops ops = {
    .on_output = on_output, .on_exit = on_exit_code, .on_fail = on_fail, .on_link = on_link};

static struct streaming *begin(struct hosted *h, const struct command_options *o)
{
    streaming.stream = command_stream(h->remote, o, &ops, &streaming);
    return &streaming;
}

static int finish(void **state)
{
    command_stream_destroy(streaming.stream);
    buf_finish(&streaming.out);
    buf_finish(&streaming.err);
    buf_finish(&streaming.expected);
    streaming = (struct streaming){0};
    return 0;
}
#define with_stream(test) cmocka_unit_test_setup_teardown(test, hosted_begin, finish)

static void run__foreground__gives_everything(void **state)
{
    struct hosted *h = *state;
    cJSON *env = cJSON_Parse("{\"A\":\"b c\"}");
    struct command_options o = {
        .command = "echo \"$A\" in $PWD; echo bad >&2; exit 7", .cwd = "/tmp", .env = env};

    command_run(h->remote, &o, hosted_on_command, h);
    cJSON_Delete(env);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "7 b c in /tmp\nbad\n");
}

static char terminal_id[64], command_id[64];

static void on_background(void *user, const struct command_result *c, const struct err *e)
{
    hosted_take(user, e);
    snprintf(terminal_id, sizeof terminal_id, "%s", c ? c->terminal_id : "");
    snprintf(command_id, sizeof command_id, "%s", c ? c->command_id : "");
    assert_true(!c || c->is_running);
}

static void on_commands(void *user, const struct command_result *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s/%s %s\n", all[i].terminal_id, all[i].command_id, all[i].command);
}

static void run__background__is_waited_for_and_listed(void **state)
{
    struct hosted *h = *state;
    struct command_options o = {.command = "read x <>/tmp/never; echo end", .background = true};
    cleanup_free char *line = NULL;

    hosted_run(h, "mkfifo /tmp/never");
    command_run(h->remote, &o, on_background, h);
    hosted_answered(h);
    command_wait(h->remote, terminal_id, command_id, 100, hosted_on_command, h);
    hosted_failed(h, ERR_TIMEOUT);
    hosted_run(h, "echo >/tmp/never");
    command_wait(h->remote, terminal_id, command_id, 0, hosted_on_command, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "0 end\n");
    command_get(h->remote, terminal_id, command_id, hosted_on_command, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "0 end\n");
    line = xasprintf("%s/%s %s\n", terminal_id, command_id, o.command);
    command_list(h->remote, terminal_id, on_commands, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), line);
    command_list_all(h->remote, on_commands, h);
    hosted_answered(h);
    assert_non_null(strstr(hosted_text(h), line));
    command_list(h->remote, "none", on_commands, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

static void on_code(void *user, const struct code_result *c, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (c)
        buf_printf(&h->text, "%d %s %s", c->exit_code, c->language, c->output);
}

static void code__bash__runs(void **state)
{
    struct hosted *h = *state;

    code_run(h->remote, "echo $((6 * 7)); exit 3", "bash", 0, on_code, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "3 bash 42\n");
    code_run(h->remote, "x", "cobol", 0, on_code, h);
    hosted_failed(h, ERR_ARG);
}

static struct streaming *run(struct hosted *h, const char *command)
{
    return begin(h, &(struct command_options){.command = command});
}

static void stream__output__comes_as_it_is_written(void **state)
{
    struct hosted *h = *state;

    hosted_run(h, "rm -f /tmp/gate; mkfifo /tmp/gate");
    struct streaming *s =
        run(h, "echo one; echo bad >&2; read x </tmp/gate; printf 'two €'; exit 9");

    await(&h->loop, 10000, s->out.len && s->err.len);
    assert_string_equal(s->out.data, "one\n");
    assert_string_equal(s->err.data, "bad\n");
    assert_int_equal(s->n_exits, 0);
    hosted_run(h, "echo >/tmp/gate");
    await(&h->loop, 10000, s->n_exits);
    assert_string_equal(s->out.data, "one\ntwo €");
    assert_int_equal(s->exit_code, 9);
    assert_int_equal(s->n_fails, 0);
}

/* Two gates: through one, a shell that is slow to close it would let the command pass twice. */
static void stream__connection_cut__loses_and_repeats_nothing(void **state)
{
    struct hosted *h = *state;

    hosted_run(h, "rm -f /tmp/gate1 /tmp/gate2; mkfifo /tmp/gate1 /tmp/gate2");
    struct streaming *s = run(h, "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); "
                                 "[ $i != 500 ] || read x </tmp/gate1; "
                                 "[ $i != 1000 ] || read x </tmp/gate2; done; exit 5");

    for (int i = 0; i < 2000; i++)
        buf_printf(&s->expected, "line %d\n", i);
    await(&h->loop, 10000, s->out.data && strstr(s->out.data, "line 499\n"));
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, s->n_downs);
    await(&h->loop, 10000, s->n_ups);
    hosted_run(h, "echo >/tmp/gate1");
    await(&h->loop, 10000, strstr(s->out.data, "line 999\n"));
    int n_downs = s->n_downs;

    proxy_cut(&h->proxy);
    await(&h->loop, 10000, s->n_downs > n_downs);
    hosted_run(h, "echo >/tmp/gate2");
    await(&h->loop, 20000, s->n_exits || s->n_fails);
    assert_string_equal(s->error.text, "");
    assert_string_equal(s->out.data, s->expected.data);
    assert_int_equal(s->exit_code, 5);
}

static void stream__killed__ends(void **state)
{
    struct hosted *h = *state;
    struct streaming *s = run(h, "echo $$; exec sleep 1000");

    await(&h->loop, 10000, s->out.len);
    cleanup_free char *look = xasprintf("kill -0 %d 2>&1 || echo gone", atoi(s->out.data));

    command_stream_kill(s->stream);
    await(&h->loop, 10000, s->n_exits || s->n_fails);
    await(&h->loop, 10000, strstr(hosted_run(h, look), "gone"));
}

static void stream__unknown_folder__is_told(void **state)
{
    struct hosted *h = *state;
    struct streaming *s =
        begin(h, &(struct command_options){.command = "echo here", .cwd = "/no/such"});

    await(&h->loop, 10000, s->n_exits || s->n_fails);
    assert_true(s->n_fails || s->exit_code);
    assert_int_equal(s->out.len, 0);
}

static void stream__destroyed_early__is_harmless(void **state)
{
    struct hosted *h = *state;
    struct streaming *s = run(h, "echo x");

    finish(state);
    run(h, "yes");
    await(&h->loop, 10000, s->out.len > 100000);
    command_stream_kill(s->stream);
    finish(state);
}

static void terminals__listing__is_kept(void **state)
{
    struct hosted *h = *state;
    struct listing *l = listing_open(h->remote, &terminal_listing, NULL, NULL);
    struct listing *same = listing_open(h->remote, &terminal_listing, NULL, NULL);

    assert_false(listing_is_loaded(l));
    await(&h->loop, 10000, listing_is_loaded(l));
    uint64_t before = listing_revision(l);
    size_t n = listing_count(l);

    command_run(h->remote, &(struct command_options){.command = "sleep 1000", .background = true},
                on_background, h);
    hosted_answered(h);
    listing_refresh(same);
    await(&h->loop, 10000, listing_count(l) == n + 1);
    assert_true(listing_revision(l) > before);
    assert_non_null(listing_find(l, terminal_id));
    assert_true(listing_confirmed_ms(l) > 0);
    terminal_destroy(h->remote, terminal_id, hosted_on_done, h);
    hosted_answered(h);
    await(&h->loop, 10000, !listing_find(same, terminal_id));
    listing_close(l);
    listing_close(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(run__foreground__gives_everything),
        with_host(run__background__is_waited_for_and_listed),
        with_host(code__bash__runs),
        with_stream(stream__output__comes_as_it_is_written),
        with_stream(stream__connection_cut__loses_and_repeats_nothing),
        with_stream(stream__killed__ends),
        with_stream(stream__unknown_folder__is_told),
        with_stream(stream__destroyed_early__is_harmless),
        with_host(terminals__listing__is_kept),
    };
    return cmocka_run_group_tests_name("command", tests, hosted_setup, hosted_teardown);
}
