/* SPDX-License-Identifier: MIT
 *
 * Facts, search, frozen input, hands, notices and taking part, at the real host.
 */
#include "tests/client/hosted.h"

#include <stdlib.h>

#include "client/activity.h"
#include "client/classroom.h"

static char terminal_id[64];

/* --- what the feed told last of the terminal --- */

static struct {
    int n_ups, n_gone;
    unsigned n_commands, n_failed_row;
    char with[256], note[256], error[256];
    bool is_up, is_frozen;
} facts;

static void on_terminal(void *user, const struct activity *a)
{
    if (strcmp(a->terminal_id, terminal_id) != 0)
        return;
    facts.n_commands = a->n_commands;
    facts.n_failed_row = a->n_failed_row;
    facts.is_up = a->hand_ms != 0;
    facts.is_frozen = a->frozen_until_ms != 0;
    snprintf(facts.with, sizeof facts.with, "%s", a->with);
    snprintf(facts.note, sizeof facts.note, "%s", a->note);
    snprintf(facts.error, sizeof facts.error, "%s", a->error);
}

static void on_terminal_gone(void *user, const char *id)
{
    facts.n_gone += !strcmp(id, terminal_id);
}

static void on_facts_up(void *user)
{
    facts.n_ups++;
}

static const struct activity_ops activity_ops = {
    .on_terminal = on_terminal, .on_terminal_gone = on_terminal_gone, .on_up = on_facts_up};

static void on_created(void *user, const struct terminal_info *t, const struct err *e)
{
    hosted_take(user, e);
    snprintf(terminal_id, sizeof terminal_id, "%s", t ? t->id : "");
}

static struct activity_feed *feed;
static struct channel *channel;
static const struct channel_ops channel_ops;

static void begin(struct hosted *h)
{
    memset(&facts, 0, sizeof facts);
    terminal_create(h->remote, &(struct terminal_options){.shell = "/bin/bash"}, on_created, h);
    hosted_answered(h);
    channel = channel_open(h->remote, terminal_id, &channel_ops, h);
    feed = activity_open(h->remote, &activity_ops, h);
    await(&h->loop, 10000, facts.n_ups == 1);
}

static void end(struct hosted *h)
{
    channel_close(channel);
    terminal_destroy(h->remote, terminal_id, hosted_on_done, h);
    hosted_answered(h);
    await(&h->loop, 10000, facts.n_gone == 1);
    activity_close(feed);
}

static void type(const char *text)
{
    struct err e;

    assert_int_equal(channel_input(channel, text, strlen(text), &e), 0);
}

static void activity__failing_student__is_seen(void **state)
{
    struct hosted *h = *state;

    begin(h);
    type("cat /no/such\ncat /no/such\nhand stuck on cat\n");
    await(&h->loop, 15000, facts.n_commands == 3 && facts.is_up);
    assert_string_equal(facts.note, "stuck on cat");
    type("cat /no/such\n");
    await(&h->loop, 10000, facts.n_failed_row == 1);
    assert_string_equal(facts.error, "cat: /no/such: No such file or directory");
    classroom_hand(h->remote, terminal_id, false, NULL, hosted_on_done, h);
    hosted_answered(h);
    await(&h->loop, 10000, !facts.is_up);
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, facts.n_ups == 2);
    type("true\n");
    await(&h->loop, 10000, facts.n_commands == 5);
    end(h);
}

/* --- search --- */

static void on_hits(void *user, const struct classroom_hit *hits, size_t n, bool truncated,
                    const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%.*s ", hits[i].to - hits[i].from, hits[i].text + hits[i].from);
    buf_append_str(&h->text, truncated ? "more" : "all");
}

static void search__hits__come_newest_first(void **state)
{
    struct hosted *h = *state;

    begin(h);
    type("stty -echo; seq 1000 1400; ! :\n");
    await(&h->loop, 10000, facts.n_commands == 1);
    classroom_search(h->remote, "^1[0-9]99$", SEARCH_SMART, 0, on_hits, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "1399 1299 1199 1099 all");
    classroom_search(h->remote, "^1[0-9]99$", SEARCH_EXACT, 2, on_hits, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "1399 1299 more");
    classroom_search(h->remote, "a(", SEARCH_ANY_CASE, 0, on_hits, h);
    hosted_failed(h, ERR_ARG);
    assert_non_null(strstr(h->error.text, "parenthesis"));
    end(h);
}

/* --- freezing, taking part --- */

static void on_frozen(void *user, const struct freeze *f, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (f)
        buf_printf(&h->text, "%s %d", f->by, f->left_ms > 0 && f->left_ms <= 60000);
}

static void freeze__terminal__is_told(void **state)
{
    struct hosted *h = *state;

    begin(h);
    classroom_freeze(h->remote, terminal_id, 60, "Ann", on_frozen, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "Ann 1");
    await(&h->loop, 10000, facts.is_frozen);
    classroom_freeze(h->remote, terminal_id, 0, NULL, on_frozen, h);
    hosted_answered(h);
    await(&h->loop, 10000, !facts.is_frozen);
    classroom_freeze(h->remote, "term-none", 1, NULL, on_frozen, h);
    hosted_failed(h, ERR_NOT_FOUND);
    end(h);
}

static void participation__name__is_told_over_connections(void **state)
{
    struct hosted *h = *state;
    struct participation *p;

    begin(h);
    p = participation_open(h->remote, terminal_id, "Ann");
    await(&h->loop, 10000, !strcmp(facts.with, "Ann"));
    facts.with[0] = '\0';
    proxy_cut(&h->proxy);
    await(&h->loop, 10000, facts.n_ups == 2 && !strcmp(facts.with, "Ann"));
    participation_close(p);
    await(&h->loop, 10000, !facts.with[0]);
    end(h);
}

/* --- notices --- */

static char notice_id[64];

static void on_notified(void *user, const struct notice *n, const struct err *e)
{
    hosted_take(user, e);
    snprintf(notice_id, sizeof notice_id, "%s", n ? n->id : "");
}

static void on_notices(void *user, const struct notice *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s %s %s\n", all[i].text, all[i].from, all[i].url);
}

static void on_notice(void *user, const struct notice *n)
{
    buf_printf(&((struct hosted *)user)->text, "notice %s/%s/%s\n", n->text, n->from, n->url);
}

static void on_notice_gone(void *user, const char *id)
{
    buf_printf(&((struct hosted *)user)->text, "gone %s\n", id);
}

static const struct notice_tail_ops notice_ops = {.on_notice = on_notice,
                                                  .on_gone = on_notice_gone};

static void notice__sent__comes_to_tails_and_to_late_ones(void **state)
{
    struct hosted *h = *state;
    struct notice_tail *early = notice_tail_open(h->remote, &notice_ops, h), *late;
    cleanup_free char *gone = NULL;

    classroom_notify(h->remote,
                     &(struct notice){.text = "Pause", .from = "Ann", .url = "http://e.org/"},
                     on_notified, h);
    hosted_answered(h);
    await(&h->loop, 10000, hosted_saw(h, "notice Pause/Ann/http://e.org/\n"));
    hosted_text(h);
    late = notice_tail_open(h->remote, &notice_ops, h);
    await(&h->loop, 10000, hosted_saw(h, "notice Pause/Ann/http://e.org/\n"));
    hosted_text(h);
    classroom_notices(h->remote, on_notices, h);
    hosted_answered(h);
    assert_true(hosted_saw(h, "Pause Ann http://e.org/\n"));
    classroom_notice_delete(h->remote, notice_id, hosted_on_done, h);
    hosted_answered(h);
    gone = xasprintf("gone %s\n", notice_id);
    await(&h->loop, 10000, hosted_saw(h, gone));
    classroom_notice_delete(h->remote, notice_id, hosted_on_done, h);
    hosted_failed(h, ERR_NOT_FOUND);
    classroom_notify(h->remote, &(struct notice){.text = "x", .url = "javascript:1"}, on_notified,
                     h);
    hosted_failed(h, ERR_ARG);
    notice_tail_close(early);
    notice_tail_close(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(activity__failing_student__is_seen),
        with_host(search__hits__come_newest_first),
        with_host(freeze__terminal__is_told),
        with_host(participation__name__is_told_over_connections),
        with_host(notice__sent__comes_to_tails_and_to_late_ones),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, hosted_setup, hosted_teardown);
}
