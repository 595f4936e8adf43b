/* SPDX-License-Identifier: MIT
 *
 * The list of sandboxes: what it shows in each state of the gateway, at several sizes, and what its
 * keys do.
 */
#include "tests/views/stage.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "wire/names.h"

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {50, 200}, {12, 40}, {5, 20}};

/* One golden file for each size. */
static void golden_sizes(struct stage *s, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char file[64];

        stage_resize(s, sizes[i].rows, sizes[i].cols);
        snprintf(file, sizeof file, "%s-%dx%d", name, sizes[i].cols, sizes[i].rows);
        stage_golden(s, file);
    }
}

static void add_some(struct stage *s)
{
    /* The first to come has the cursor for good, so it is the first of the list. */
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-9aa10", "alice", "api", STATUS_RUNNING, 0, 93600500,
                  0);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-7f3k2", "alice", "demo", STATUS_RUNNING, 2, 754500,
                  8400500);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-c0ffe", "bob", "train-resnet", STATUS_LOST, 0,
                  5400500, 0);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-1x1x1", "class", "student-10", STATUS_CREATING, 0,
                  1500, 3600500);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-2y2y2", "class", "student-9", STATUS_RUNNING, 1,
                  1801500, 45500);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-3z3z3", "class", "\xe5\xad\xa6\xe7\x94\x9f",
                  STATUS_DESTROYING, 1, 1801500, 240500);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-nonam", "default", "", STATUS_RUNNING, 0, 30500, 0);
    stage_await(s, "sb-nonam");
}

static void sandboxes__empty__says_what_to_press(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_await(s, "No sandboxes yet");
    golden_sizes(s, "empty");
    stage_close(s);
}

static void sandboxes__loading__says_where_to(void **state)
{
    struct stage *s = stage_open(24, 80);

    for (size_t i = 0; i + 1 < ARRAY_LEN(sizes); i++) {
        stage_resize(s, sizes[i].rows, sizes[i].cols);
        stage_await(s, "\xe2\x80\xa6 connecting to http://127.0.0.1");
    }
    stage_resize(s, 5, 20);
    stage_await(s, "\xe2\x80\xa6 connecting to");
    stage_close(s);
}

static void sandboxes__one__and_many(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-7f3k2", "alice", "demo", STATUS_RUNNING, 1, 12500, 0);
    stage_await(s, "demo");
    golden_sizes(s, "one");
    stage_tell(s, MSG_SANDBOX_DELETED, "\"sandboxId\":\"sb-7f3k2\"");
    stage_await(s, "No sandboxes yet");
    stage_resize(s, 24, 80);
    add_some(s);
    stage_keys(s, "Space j");
    golden_sizes(s, "many");
    stage_resize(s, 24, 80);
    stage_keys(s, "d");
    stage_await(s, "status:      \xe2\x9c\x97 lost: its daemon was killed (signal 9)");
    stage_await(s, "UTC (1h30m ago)");
    stage_keys(s, "Esc y");
    stage_await(s, "\"sandboxId\":");
    stage_close(s);
}

/* Lost and refused connections: the seconds shown are those of the first moment. */
static void sandboxes__lost__says_stale_why_and_when(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    script_unlisten(&s->script);
    script_cut(&s->script);
    await(&s->loop, 20000,
          gateway_state(s->gateway) == LINK_DOWN && gateway_error(s->gateway)->code == ERR_REFUSED);
    stage_await(s, "disconnected");
    stage_await(s, "stale");
    stage_await(s, "? running");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        stage_resize(s, sizes[i].rows, sizes[i].cols);
        stage_await(s, "\xe2\x9c\x97 disc");
        if (sizes[i].cols > 20)
            stage_await(s, "stale");
    }
    stage_resize(s, 24, 80);
    stage_await(s, "C-r now");
    script_listen(&s->script);
    stage_keys(s, "C-r");
    await(&s->loop, 20000, s->n_subscribed == 2);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-7f3k2", "alice", "demo", STATUS_RUNNING, 2, 754500,
                  0);
    stage_tell(s, MSG_SANDBOX_SYNCED, "");
    stage_await_gone(s, "disconnected");
    stage_await_gone(s, "student-9");
    stage_close(s);
}

static void sandboxes__wrong_key__is_told_with_what_to_do(void **state)
{
    struct stage *s = stage_open(24, 80);

    s->info_status = 401;
    s->refuse_list = true;
    await(&s->loop, 20000, gateway_state(s->gateway) == LINK_FAILED);
    stage_golden(s, "wrong-key-80x24");
    stage_resize(s, 12, 40);
    stage_golden(s, "wrong-key-40x12");
    stage_resize(s, 5, 20);
    stage_await(s, "no connection");
    stage_close(s);
}

static void sandboxes__filter__is_live(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    stage_keys(s, "/");
    stage_type(s, "stu");
    stage_await(s, "2 of 7");
    stage_await_gone(s, "train");
    stage_type(s, "[");
    stage_await(s, "missing terminating ]");
    stage_await(s, "student-9"); /* the last valid pattern stays in force */
    stage_keys(s, "Enter");
    stage_await(s, "missing terminating ]"); /* and what was typed stays open */
    stage_keys(s, "BS Enter");
    stage_keys(s, "/ Esc");
    stage_await(s, "train-resnet");
    stage_keys(s, "/");
    stage_type(s, "!running");
    stage_await(s, "3 of 7");
    stage_keys(s, "Esc /");
    stage_type(s, "nothing-like-it");
    stage_await(s, "No sandbox is like that");
    stage_keys(s, "Enter Esc");
    stage_await(s, "train-resnet");
    stage_close(s);
}

static void sandboxes__new__splits_the_name_and_survives_an_error(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_await(s, "No sandboxes yet");
    stage_keys(s, "n");
    stage_type(s, "bob/web");
    stage_await(s, "bob");
    stage_keys(s, "Down");
    stage_type(s, "90");
    stage_await(s, "a time such as 90s");
    stage_keys(s, "Enter");
    assert_string_equal(s->last_request, "");
    stage_type(s, "m");
    s->status = 409;
    stage_keys(s, "Enter");
    stage_await(s, "the host says no (409)");
    stage_await(s, "90m");
    assert_string_equal(s->last_request, "POST /v1/sandboxes");
    assert_non_null(strstr(s->last_body, "\"namespace\":\"bob\""));
    assert_non_null(strstr(s->last_body, "\"name\":\"web\""));
    assert_non_null(strstr(s->last_body, "5400000"));
    /* Cancelled while under way: the form is still there. */
    s->status = 0;
    s->hold = true;
    stage_keys(s, "Enter");
    stage_await(s, "working");
    await(&s->loop, 20000, s->held);
    stage_keys(s, "Esc");
    stage_await_gone(s, "working");
    stage_await(s, "90m");
    assert_non_null(strstr(stage_toast(s), "may make it all the same"));
    s->hold = false;
    stage_keys(s, "Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "created"));
    stage_await_gone(s, "New sandbox");
    stage_close(s);
}

static void sandboxes__delete__asks_and_reports(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    stage_keys(s, "D");
    stage_await(s, "alice/api");
    stage_keys(s, "Enter n");
    stage_await_gone(s, "Delete sandbox");
    assert_string_equal(s->last_request, "");
    stage_keys(s, "D y");
    await(&s->loop, 20000, strstr(stage_toast(s), "deleted alice/api"));
    assert_string_equal(s->last_request, "DELETE /v1/sandboxes/sb-9aa10");
    stage_await_gone(s, "api  ");
    /* Several want their number typed. */
    stage_keys(s, "Space Space D");
    stage_await(s, "Type 2 to delete");
    stage_keys(s, "y Enter");
    stage_await(s, "not 2");
    s->status = 500;
    stage_keys(s, "BS 2 Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "0 of 2"));
    s->status = 0;
    stage_keys(s, "D 2 Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "deleted 2 sandboxes"));
    /* Marks go with their rows. */
    stage_await_gone(s, "train-resnet");
    stage_await_gone(s, "marked");
    stage_close(s);
}

static void sandboxes__more_time__says_where_there_is_no_end(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    stage_await(s, "\xe2\x96\xb8 api");
    stage_keys(s, "t");
    stage_await(s, "no end is known");
    stage_await(s, "Enter extend  Esc cancel");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "alice/api has no end"));
    stage_keys(s, "j");
    stage_await(s, "\xe2\x96\xb8 demo");
    stage_keys(s, "t");
    stage_await(s, "an end that is later stays");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "more time for alice/demo"));
    stage_close(s);
}

static void sandboxes__identity__survives_changes(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    stage_keys(s, "j");
    stage_await(s, "\xe2\x96\xb8 demo");
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-0", "aaa", "first", STATUS_RUNNING, 0, 500, 0);
    stage_await(s, "first");
    stage_await(s, "\xe2\x96\xb8 demo");
    stage_tell(s, MSG_SANDBOX_DELETED, "\"sandboxId\":\"sb-9aa10\"");
    stage_await_gone(s, "api");
    stage_await(s, "\xe2\x96\xb8 demo");
    stage_close(s);
}

static void sandboxes__readonly__changes_nothing(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    s->env.readonly = true;
    add_some(s);
    stage_keys(s, "D");
    assert_non_null(strstr(stage_toast(s), "read-only"));
    stage_forget_toast(s);
    stage_keys(s, "n");
    assert_non_null(strstr(stage_toast(s), "read-only"));
    assert_string_equal(s->last_request, "");
    stage_close(s);
}

static void sandboxes__copy__goes_to_the_clipboard(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    stage_keys(s, "c");
    assert_string_equal(stage_written(s)->data, "\x1b]52;c;YWxpY2UvYXBp\x07");
    stage_close(s);
}

static void sandboxes__help_and_palette__run_what_they_list(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    add_some(s);
    stage_keys(s, "?");
    stage_type(s, "create");
    stage_keys(s, "Enter");
    stage_await(s, "New sandbox");
    stage_keys(s, "Esc :");
    stage_type(s, "quit");
    stage_keys(s, "Enter");
    stage_await(s, "Quit sandpit?");
    assert_false(s->quit);
    stage_keys(s, "Enter");
    assert_true(s->quit);
    stage_close(s);
}

static void sandboxes__quit__asks_at_the_root_only(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_keys(s, "Esc");
    stage_await_gone(s, "Quit sandpit?");
    stage_keys(s, "q");
    stage_await(s, "Quit sandpit?");
    stage_keys(s, "Esc");
    stage_await_gone(s, "Quit sandpit?");
    assert_false(s->quit);
    stage_keys(s, "C-c C-c");
    stage_await(s, "Quit sandpit?");
    stage_keys(s, "y");
    assert_true(s->quit);
    stage_close(s);
}

static void sandboxes__hostile_names__are_harmless(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_tell(s, MSG_SANDBOX_CREATED,
               "\"sandboxId\":\"x1\",\"namespace\":\"e\\u001b[31mvil\",\"name\":\"a\\nb\\u009b\","
               "\"status\":\"run\\u0007ning\"");
    stage_await(s, "a b");
    cleanup_free char *screen = stage_screen(s);
    for (const char *p = screen; *p; p++)
        assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
    stage_keys(s, "d");
    stage_keys(s, "Esc y");
    stage_close(s);
}

static void sandboxes__idle__ticks_only_when_an_age_changes(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "x", "old", STATUS_RUNNING, 0, 90000000, 0);
    stage_await(s, "old");
    free(stage_screen(s));
    assert_true(stage_next_tick_ms(s) == 0 || stage_next_tick_ms(s) > 60000);
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandboxes__empty__says_what_to_press),
        cmocka_unit_test(sandboxes__loading__says_where_to),
        cmocka_unit_test(sandboxes__one__and_many),
        cmocka_unit_test(sandboxes__lost__says_stale_why_and_when),
        cmocka_unit_test(sandboxes__wrong_key__is_told_with_what_to_do),
        cmocka_unit_test(sandboxes__filter__is_live),
        cmocka_unit_test(sandboxes__new__splits_the_name_and_survives_an_error),
        cmocka_unit_test(sandboxes__delete__asks_and_reports),
        cmocka_unit_test(sandboxes__more_time__says_where_there_is_no_end),
        cmocka_unit_test(sandboxes__identity__survives_changes),
        cmocka_unit_test(sandboxes__readonly__changes_nothing),
        cmocka_unit_test(sandboxes__copy__goes_to_the_clipboard),
        cmocka_unit_test(sandboxes__help_and_palette__run_what_they_list),
        cmocka_unit_test(sandboxes__quit__asks_at_the_root_only),
        cmocka_unit_test(sandboxes__hostile_names__are_harmless),
        cmocka_unit_test(sandboxes__idle__ticks_only_when_an_age_changes),
    };
    signal(SIGPIPE, SIG_IGN);
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
