/* SPDX-License-Identifier: MIT
 *
 * The feed of facts against a scripted host: ages become times, nonsense becomes nothing, a host
 * without the extension says so, what was lost is subscribed again.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "client/activity.h"
#include "tests/client/world.h"

struct seen {
    struct world *w;
    struct activity_feed *feed;
    struct activity last;
    char text[1024]; /* of the last: id, title, command, with, error, note */
    struct activity_sandbox sandbox;
    char server[64], gone[64];
    int n_terminals, n_sandboxes, n_ups, n_downs, n_ends;
    enum err_code end;
    bool close_on_terminal;
};

static void on_terminal(void *user, const struct activity *a)
{
    struct seen *s = user;

    s->n_terminals++;
    s->last = *a;
    snprintf(s->text, sizeof s->text, "%s|%s|%s|%s|%s|%s", a->terminal_id, a->title, a->command,
             a->with, a->error, a->note);
    if (!s->close_on_terminal)
        return;
    activity_close(s->feed);
    s->feed = NULL;
}

static void on_terminal_gone(void *user, const char *id)
{
    struct seen *s = user;

    snprintf(s->gone, sizeof s->gone, "%s", id);
}

static void on_sandbox(void *user, const struct activity_sandbox *a)
{
    struct seen *s = user;

    s->n_sandboxes++;
    s->sandbox = *a;
    snprintf(s->server, sizeof s->server, "%s", a->failed_server);
}

static void on_up(void *user)
{
    ((struct seen *)user)->n_ups++;
}

static void on_down(void *user, const struct err *e)
{
    ((struct seen *)user)->n_downs += e != NULL;
}

static void on_end(void *user, const struct err *e)
{
    struct seen *s = user;

    s->n_ends++;
    s->end = e->code;
}

static const struct activity_ops ops = {.on_terminal = on_terminal,
                                        .on_terminal_gone = on_terminal_gone,
                                        .on_sandbox = on_sandbox,
                                        .on_up = on_up,
                                        .on_down = on_down,
                                        .on_end = on_end};

static void open_feed(struct seen *s, struct world *w, const char *extensions)
{
    memset(s, 0, sizeof *s);
    s->w = w;
    w->extensions = extensions;
    s->feed = activity_open(w->remote, &ops, s);
}

static void tell(struct seen *s, const char *type, const char *data)
{
    cleanup_free char *text =
        xasprintf("{\"type\":\"%s\",\"channel\":\"activity\",\"data\":%s}", type, data);

    conn_text(sandbox_socket(s->w), text);
}

static void activity__facts__ages_become_times(void **state)
{
    struct world *w = *state;
    struct seen s;
    int64_t now;

    open_feed(&s, w, "[\"activity\"]");
    await(&w->loop, 20000, s.n_ups == 1);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe activity"));
    tell(&s, MSG_TERMINAL_ACTIVITY,
         "{\"terminal_id\":\"t1\",\"title\":\"a title\",\"command\":\"vi\",\"with\":\"Ann\","
         "\"error\":\"no \\u001b[31m\",\"note\":\"help\",\"rows\":24,\"cols\":80,\"viewers\":2,"
         "\"output_bytes\":5000000000,\"bells\":3,\"commands\":7,\"failed_row\":2,"
         "\"same_error\":1,\"last_exit\":127,\"output_age\":1000,\"input_age\":-1,"
         "\"bell_age\":0,\"hand_age\":2000,\"command_age\":-1,\"exit_age\":3000,"
         "\"frozen_left\":60000,\"integrated\":true}");
    await(&w->loop, 20000, s.n_terminals == 1);
    now = clock_mono_ms();
    assert_string_equal(s.text, "t1|a title|vi|Ann|no  [31m|help");
    assert_int_equal(s.last.rows, 24);
    assert_int_equal(s.last.n_viewers, 2);
    assert_true(s.last.n_output_bytes == 5000000000);
    assert_int_equal(s.last.n_bells, 3);
    assert_int_equal(s.last.n_commands, 7);
    assert_int_equal(s.last.n_failed_row, 2);
    assert_int_equal(s.last.n_same_error, 1);
    assert_int_equal(s.last.last_exit, 127);
    assert_in_range(now - s.last.output_ms, 1000, 4000);
    assert_int_equal(s.last.input_ms, 0);
    assert_in_range(now - s.last.bell_ms, 0, 3000);
    assert_in_range(now - s.last.hand_ms, 2000, 5000);
    assert_int_equal(s.last.command_ms, 0);
    assert_in_range(s.last.frozen_until_ms - now, 56000, 60000);
    assert_true(s.last.is_integrated);
    tell(&s, MSG_SANDBOX_ACTIVITY,
         "{\"servers_failed\":2,\"failed_server\":\"web\",\"error_signal\":\"x\","
         "\"error_signal_age\":-1}");
    await(&w->loop, 20000, s.n_sandboxes == 1);
    assert_int_equal(s.sandbox.n_servers_failed, 2);
    assert_string_equal(s.server, "web");
    assert_int_equal(s.sandbox.error_signal_ms, 0);
    tell(&s, MSG_TERMINAL_DESTROYED, "{\"terminal_id\":\"t1\"}");
    await(&w->loop, 20000, !strcmp(s.gone, "t1"));
    activity_close(s.feed);
}

static void activity__nonsense__becomes_nothing(void **state)
{
    struct world *w = *state;
    struct seen s;

    open_feed(&s, w, "[\"activity\"]");
    await(&w->loop, 20000, s.n_ups == 1);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe activity"));
    tell(&s, MSG_TERMINAL_ACTIVITY, "{}");
    tell(&s, MSG_TERMINAL_ACTIVITY, "{\"terminal_id\":7}");
    tell(&s, MSG_TERMINAL_DESTROYED, "{}");
    tell(&s, "no:such", "{\"terminal_id\":\"t1\"}");
    tell(&s, MSG_TERMINAL_ACTIVITY,
         "{\"terminal_id\":\"t2\",\"title\":[],\"rows\":-5,\"cols\":1e300,\"viewers\":\"x\","
         "\"output_bytes\":1e300,\"bells\":-1,\"last_exit\":1e9,\"output_age\":1e300,"
         "\"input_age\":-1e300,\"frozen_left\":1e300,\"integrated\":\"yes\"}");
    await(&w->loop, 20000, s.n_terminals);
    assert_int_equal(s.n_terminals, 1);
    assert_string_equal(s.text, "t2|||||");
    assert_string_equal(s.gone, "");
    assert_int_equal(s.last.rows, 0);
    assert_int_equal(s.last.n_viewers, 0);
    assert_int_equal(s.last.n_bells, 0);
    assert_int_equal(s.last.last_exit, 0);
    assert_true(s.last.output_ms > 0);
    assert_int_equal(s.last.input_ms, 0);
    assert_true(s.last.frozen_until_ms - clock_mono_ms() <= 24 * 3600 * 1000);
    assert_false(s.last.is_integrated);
    activity_close(s.feed);
}

static void activity__host_without_it__ends_the_feed(void **state)
{
    struct world *w = *state;
    struct seen s;

    open_feed(&s, w, "[\"snapshot\"]");
    await(&w->loop, 20000, s.n_ends);
    assert_int_equal(s.end, ERR_UNSUPPORTED);
    activity_close(s.feed);
    /* It is known now: the next one ends at once, but not inside the call. */
    open_feed(&s, w, "[\"snapshot\"]");
    assert_int_equal(s.n_ends, 0);
    await(&w->loop, 20000, s.n_ends == 1);
    assert_int_equal(s.n_ups, 0);
    activity_close(s.feed);
}

static void activity__lost_connection__is_subscribed_again(void **state)
{
    struct world *w = *state;
    struct seen s;

    open_feed(&s, w, "[\"activity\"]");
    await(&w->loop, 20000, s.n_ups == 1);
    cut(w);
    await(&w->loop, 20000, s.n_downs == 1);
    await(&w->loop, 20000, s.n_ups == 2);
    await(&w->loop, 20000, sandbox_socket(w));
    buf_clear(&w->told);
    activity_close(s.feed);
    await(&w->loop, 20000, strstr(text_of(&w->told), "unsubscribe activity"));
}

static void activity__closed_in_its_callback__nothing_more_comes(void **state)
{
    struct world *w = *state;
    struct seen s;

    open_feed(&s, w, "[\"activity\"]");
    await(&w->loop, 20000, s.n_ups == 1);
    await(&w->loop, 20000, strstr(text_of(&w->told), "subscribe activity"));
    s.close_on_terminal = true;
    tell(&s, MSG_TERMINAL_ACTIVITY, "{\"terminal_id\":\"t1\"}");
    tell(&s, MSG_TERMINAL_ACTIVITY, "{\"terminal_id\":\"t2\"}");
    await(&w->loop, 20000, strstr(text_of(&w->told), "unsubscribe activity"));
    assert_int_equal(s.n_terminals, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(activity__facts__ages_become_times),
        with_world(activity__nonsense__becomes_nothing),
        with_world(activity__host_without_it__ends_the_feed),
        with_world(activity__lost_connection__is_subscribed_again),
        with_world(activity__closed_in_its_callback__nothing_more_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
