/* SPDX-License-Identifier: MIT
 *
 * Messages to a sandbox, as its panes show them.
 */
#include "tests/views/two_shells.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "views/bulletin.h"
#include "views/journal.h"
#include "wire/names.h"

#define EXTENSIONS "\"list\",\"snapshot\",\"terminal-size\",\"input-ack\""
/* 12:03 of some day. */
#define AT "#1767355380000"

/* A shell in alice/demo, of a host that has messages, or not: they and who takes part are a
 * subscription each. */
static struct stage *open_shell(bool has_notices)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_answer(s, "GET /info", 200,
                 has_notices ? "{\"extensions\":[" EXTENSIONS
                               ",\"activity\",\"notice\"],\"version\":\"1\"}"
                             : "{\"extensions\":[" EXTENSIONS "],\"version\":\"1\"}");
    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    two_shells_await(s, has_notices ? 3 : 1, "t1", "first shell");
    stage_output(s, "\r\n$ ");
    stage_await(s, "$");
    return s;
}

static void tell(struct stage *s, const char *id, const char *from, const char *text)
{
    const char *fields[] = {"id", id, "at", AT, "text", text, "from", from, "url", "", NULL};

    stage_push(s, "a1", MSG_NOTICE, CHANNEL_ACTIVITY, fields);
}

static void bulletin__message__stands_in_the_pane_until_it_is_read(void **state)
{
    struct stage *s = open_shell(true);

    tell(s, "n1", "ann", "Five minutes left");
    stage_await(s, "\xc2\xbb ann 12:03  Five minutes left");
    stage_await(s, "C-b M reads");
    /* It came again with a new connection. */
    tell(s, "n1", "ann", "Five minutes left");
    tell(s, "n2", "bob", "Look at the board\nor at the door");
    stage_await(s, "\xc2\xbb bob 12:03  Look at the board or at the door");
    stage_await(s, "+1  C-b M reads");
    stage_await(s, "2 messages");
    stage_golden_sizes(s, "bulletin-two");
    stage_keys(s, "C-b M");
    stage_await(s, "Messages to alice/demo");
    stage_await(s, "or at the door");
    stage_await(s, "Five minutes left");
    stage_keys(s, "Esc");
    stage_await_gone(s, "12:03");
    stage_await_gone(s, "2 messages");
    tell(s, "n1", "ann", "Five minutes left");
    tell(s, "n3", "ann", "Stop");
    stage_await(s, "1 message ");
    stage_mouse(s, (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 22, .col = 9});
    stage_await(s, "Messages to alice/demo");
    stage_keys(s, "Esc");
    stage_await_gone(s, "12:03");
    stage_close(s);
}

static void bulletin__click__is_not_the_programs(void **state)
{
    struct stage *s = open_shell(true);
    struct mouse m = {.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 22, .col = 9};

    stage_output(s, "\x1b[?1002h\x1b[?1006hmouse");
    stage_await(s, "mouse");
    tell(s, "n1", "ann", "Five minutes left");
    stage_await(s, "1 message ");
    stage_mouse(s, m);
    stage_await(s, "Messages to alice/demo");
    stage_keys(s, "Esc");
    stage_await_gone(s, "12:03");
    m.kind = MOUSE_MOVE;
    stage_mouse(s, m);
    m.kind = MOUSE_RELEASE;
    stage_mouse(s, m);
    m = (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 2, .col = 4};
    stage_mouse(s, m);
    await(&s->loop, 20000, s->typed.len >= 9);
    assert_string_equal(s->typed.data, "\x1b[<0;5;3M");
    stage_close(s);
}

/* Not over the lines one types in. */
static void bulletin__line__stands_away_from_the_cursor(void **state)
{
    struct stage *s = open_shell(true);

    stage_output(s, "\x1b[2J\x1b[Htyped here");
    tell(s, "n1", "ann", "Five minutes left");
    stage_await(s, "Five minutes left");
    cleanup_free char *screen = stage_screen(s);
    assert_int_equal(strncmp(screen, "typed here", 10), 0);
    stage_output(s, "\x1b[20;1H");
    stage_await_gone(s, "typed here");
    stage_close(s);
}

static void bulletin__withdrawn__goes(void **state)
{
    static const char *const fields[] = {"id", "n1", NULL};
    struct stage *s = open_shell(true);

    tell(s, "n1", "ann", "Wrong room");
    stage_await(s, "Wrong room");
    stage_push(s, "a1", MSG_NOTICE_DELETED, CHANNEL_ACTIVITY, fields);
    stage_await_gone(s, "Wrong room");
    stage_keys(s, "C-b M");
    stage_await(s, "There are no messages to alice/demo");
    stage_close(s);
}

static void bulletin__hidden_pane__is_said_by_a_toast_and_the_journal(void **state)
{
    struct stage *s = open_shell(true);

    stage_keys(s, "C-b c");
    two_shells_await(s, 4, "t2", "second shell");
    stage_keys(s, "C-b e");
    stage_await(s, "alice 1");
    tell(s, "n1", "ann", "Come back");
    stage_await(s, "\xc2\xbb ann to alice/demo: Come back");
    const struct journal_entry *e = journal_at(s->env.journal, 0);
    assert_string_equal(e->url, "message of ann to alice/demo: Come back");
    /* A flood of them does not push out what else was done. */
    for (int i = 0; i < 2 * NOTICES_MAX; i++) {
        char id[16];

        snprintf(id, sizeof id, "f%d", i);
        tell(s, id, "ann", i == 2 * NOTICES_MAX - 1 ? "the last" : "more");
    }
    stage_keys(s, "C-b n");
    stage_await(s, "the last");
    assert_true(journal_count(s->env.journal) <= NOTICES_MAX + 4);
    stage_close(s);
}

static void bulletin__own__is_not_told_back(void **state)
{
    struct stage *s = open_shell(true);

    bulletin_sent(&s->env, &(struct notice){.text = "Mine", .from = "ann"});
    tell(s, "n1", "ann", "Mine");
    tell(s, "n2", "bob", "Mine");
    stage_await(s, "\xc2\xbb bob 12:03  Mine");
    stage_await(s, "1 message ");
    stage_close(s);
}

static void bulletin__hostile__is_made_harmless(void **state)
{
    struct stage *s = open_shell(true);
    char *large = xmalloc(100001);
    char id[32];

    memset(large, 'x', 100000);
    large[100000] = '\0';
    tell(s, large, large, large);
    tell(s, "n0", "a\x1b]0;b\x07\xc2\x9b\xe2\x80\xae", "\x1b[2J\x1b[31mred\r\nnext");
    stage_await(s, "\xc2\xbb a ]0;b");
    stage_await(s, "[31mred");
    tell(s, "n1", large, large);
    stage_await(s, "xxx");
    for (int i = 2; i < 2 * NOTICES_MAX; i++) {
        snprintf(id, sizeof id, "n%d", i);
        tell(s, id, "", "again");
    }
    stage_await(s, "\xc2\xbb somebody 12:03  again");
    stage_await(s, "20 messages");
    stage_keys(s, "C-b M");
    stage_await(s, "Messages to");
    stage_close(s);
    free(large);
}

/* Nothing is subscribed that would bring nothing. */
static void bulletin__other_hosts__are_not_asked(void **state)
{
    struct stage *s = open_shell(false);

    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_keys(s, "C-b M");
    stage_await(s, "There are no messages");
    assert_int_equal(s->n_attached, 2);
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulletin__message__stands_in_the_pane_until_it_is_read),
        cmocka_unit_test(bulletin__click__is_not_the_programs),
        cmocka_unit_test(bulletin__line__stands_away_from_the_cursor),
        cmocka_unit_test(bulletin__withdrawn__goes),
        cmocka_unit_test(bulletin__hidden_pane__is_said_by_a_toast_and_the_journal),
        cmocka_unit_test(bulletin__own__is_not_told_back),
        cmocka_unit_test(bulletin__hostile__is_made_harmless),
        cmocka_unit_test(bulletin__other_hosts__are_not_asked),
    };

    signal(SIGPIPE, SIG_IGN);
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
