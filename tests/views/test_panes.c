/* SPDX-License-Identifier: MIT
 *
 * Panes and tabs: views beside each other.
 */
#include "tests/views/two_shells.h"

#include <stdio.h>
#include <string.h>

#include "views/broadcast.h"
#include "views/terminals.h"
#include "wire/base64.h"
#include "wire/names.h"

static struct stage *open_shell(int rows, int cols)
{
    struct stage *s = stage_open_synced(rows, cols);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_output(s, "first shell");
    stage_await(s, "first shell");
    return s;
}

static void panes__split__is_created_in_its_size(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b %");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /terminals"));
    two_shells_await(s, 2, "t2", "second shell");
    assert_non_null(strstr(s->last_body, "\"cols\":39"));
    assert_non_null(strstr(s->last_body, "\"rows\":22"));
    stage_keys(s, "C-b \"");
    two_shells_await(s, 3, "t3", "third shell");
    stage_await(s, "2 alice/demo 39x10");
    stage_golden(s, "panes-80x24");
    stage_resize(s, 50, 200);
    stage_await(s, "2 alice/demo 99x23");
    stage_golden(s, "panes-200x50");
    stage_resize(s, 12, 40);
    stage_await(s, "alice/demo 19x4");
    stage_golden(s, "panes-40x12");
    stage_close(s);
}

static void push_size(struct stage *s, int rows, int cols)
{
    char row_text[16], col_text[16];
    const char *const fields[] = {"rows", row_text, "cols", col_text, NULL};

    snprintf(row_text, sizeof row_text, "#%d", rows);
    snprintf(col_text, sizeof col_text, "#%d", cols);
    stage_push(s, "a1", MSG_TERMINAL_RESIZED, "terminal:t1", fields);
}

/* Each would wrap the whole scrollback anew. */
static void panes__others_sizes__are_taken_in_bounded_work(void **state)
{
    enum { N = 300 };
    struct stage *s = two_shells_open(24, 80);
    struct term *t = attachment_term(attachment_find(&s->env, "a1", "t1"));
    int64_t begun = clock_mono_ms();
    uint64_t layout = term_layout(t);
    struct cell cells[80];
    char text[32];

    stage_output_of(s, "t1", "\r\n");
    for (int i = 0; i < N; i++) {
        push_size(s, 10, 60 + i % 2);
        snprintf(text, sizeof text, "%c\r\n", 'a' + i % 26);
        stage_output_of(s, "t1", text);
    }
    push_size(s, 12, 30);
    stage_output_of(s, "t1", "and that is all");
    stage_await(s, "and that is all");
    assert_int_equal(term_rows(t), 12);
    assert_int_equal(term_cols(t), 30);
    assert_in_range(term_layout(t) - layout, 1, (clock_mono_ms() - begun) / 50 + 2);
    /* Nothing is lost, and in its order. */
    uint64_t last = term_scrollback_end(t) + (uint64_t)term_cursor(t).row;
    for (int i = 0; i < N; i++) {
        term_line(t, last - N + (uint64_t)i, cells, 80);
        assert_int_equal(GLYPH_AT(cells[0].glyph, 0), 'a' + i % 26);
    }
    /* A size of ours behind another's that waits. */
    push_size(s, 10, 60);
    push_size(s, 10, 61);
    await(&s->loop, 20000, !attachment_sizes(attachment_find(&s->env, "a1", "t1")));
    s->cols = 0;
    stage_keys(s, "C-b h x");
    await(&s->loop, 20000, !strcmp(s->resized, "t1") && s->cols);
    await(&s->loop, 20000, term_rows(t) == s->rows && term_cols(t) == s->cols);
    stage_close(s);
}

static void panes__keys__go_to_the_focused_one_only(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_type(s, "x");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_string_equal(s->typed_into, "t2");
    stage_keys(s, "C-b h");
    stage_type(s, "y");
    await(&s->loop, 20000, s->typed.len == 2);
    assert_string_equal(s->typed_into, "t1");
    stage_keys(s, "C-b ; z");
    await(&s->loop, 20000, s->typed.len == 3);
    assert_string_equal(s->typed_into, "t2");
    stage_mouse(s, (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 5, .col = 3});
    stage_type(s, "w");
    await(&s->loop, 20000, s->typed.len == 4);
    assert_string_equal(s->typed_into, "t1");
    stage_close(s);
}

static void panes__zoom_and_close__resize_what_stays(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_keys(s, "C-b z");
    stage_await_gone(s, "first shell");
    stage_await(s, "zoomed, 1 hidden  alice/demo");
    await(&s->loop, 20000, s->cols == 80 && s->rows == 23 && !strcmp(s->resized, "t2"));
    stage_golden_sizes(s, "zoomed");
    stage_keys(s, "C-b z");
    stage_await(s, "first shell");
    stage_await_gone(s, "zoomed");
    await(&s->loop, 20000, s->cols == 39);
    stage_keys(s, "C-b x");
    stage_await_gone(s, "second shell");
    await(&s->loop, 20000, s->cols == 80 && s->rows == 23 && !strcmp(s->resized, "t1"));
    /* Only the pane is gone: the terminal is still in the list of those open here. */
    stage_keys(s, "C-b w");
    stage_await(s, "Tabs and panes");
    stage_keys(s, "Down Down Enter");
    stage_await(s, "second shell");
    stage_close(s);
}

static void ignore(void *user)
{
}

static bool is_hidden(void *user)
{
    return false;
}

static void panes__close__goes_back_to_the_size_focused_before(void **state)
{
    struct stage *s = open_shell(24, 80);
    struct attachment *a = terminals_at(&s->env, 1);
    struct attachment_viewer panes[3];

    assert_non_null(a);
    await(&s->loop, 20000, attachment_settled(a));
    for (int i = 0; i < 3; i++) {
        panes[i] = (struct attachment_viewer){.on_change = ignore, .is_shown = is_hidden};
        attachment_watch(a, &panes[i]);
        attachment_resize(&panes[i], 10, 31 + i);
    }
    attachment_focus(&panes[1]);
    attachment_focus(&panes[2]);
    attachment_focus(&panes[0]);
    assert_int_equal(term_cols(attachment_term(a)), 31);
    attachment_unwatch(&panes[0]);
    assert_int_equal(term_cols(attachment_term(a)), 33);
    attachment_unwatch(&panes[2]);
    assert_int_equal(term_cols(attachment_term(a)), 32);
    attachment_unwatch(&panes[1]);
    assert_int_equal(term_cols(attachment_term(a)), 80);
    stage_close(s);
}

static void panes__tabs__are_opened_named_and_switched(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b c");
    two_shells_await(s, 2, "t2", "second shell");
    stage_await(s, "0:alice/demo- 1:alice/demo*");
    stage_keys(s, "C-b ,");
    stage_await(s, "Rename this tab");
    stage_type(s, "build");
    stage_keys(s, "Enter");
    stage_await(s, "1:build*");
    stage_keys(s, "C-b p");
    stage_await(s, "first shell");
    stage_await(s, "0:alice/demo* 1:build-");
    stage_output_of(s, "t2", "\r\nmore");
    stage_await(s, "1:build#");
    stage_output_of(s, "t2", "\a");
    stage_await(s, "1:build!");
    stage_golden(s, "tabs-80x24");
    stage_keys(s, "C-b 1");
    stage_await(s, "more");
    stage_await(s, "1:build*");
    stage_keys(s, "C-b &");
    stage_await(s, "first shell");
    stage_await_gone(s, "build");
    stage_close(s);
}

static void panes__tabs__without_room_are_counted(void **state)
{
    struct stage *s = open_shell(24, 80);

    for (int n = 2; n <= 4; n++) {
        cleanup_free char *terminal = xasprintf("t%d", n), *output = xasprintf("shell %d", n);

        stage_keys(s, "C-b c");
        two_shells_await(s, n, terminal, output);
    }
    stage_await(s, " 0:demo  1:demo  2:demo- 3:demo*  alice/demo");
    stage_resize(s, 24, 120);
    stage_await(s, " 0:alice/demo  1:alice/demo  2:alice/demo- 3:alice/demo*  alice/demo");
    stage_resize(s, 12, 40);
    stage_await(s, " <2  2:demo- 3:demo*  alice/demo");
    stage_output_of(s, "t1", "\a");
    stage_await(s, " <2! 2:demo- 3:demo*");
    stage_forget_toast(s);
    stage_golden(s, "tabs-hidden-40x12");
    stage_keys(s, "C-b 0");
    stage_await(s, " 0:demo* 1:demo  >2  ");
    stage_close(s);
}

static void panes__tabs__leave_room_for_the_way_out_of_a_mode(void **state)
{
    struct stage *s = open_shell(24, 80);

    for (int n = 2; n <= 8; n++) {
        cleanup_free char *terminal = xasprintf("t%d", n), *output = xasprintf("shell %d", n);

        stage_keys(s, "C-b c");
        two_shells_await(s, n, terminal, output);
    }
    stage_keys(s, "C-b %");
    two_shells_await(s, 9, "t9", "shell 9");
    stage_keys(s, "C-b z");
    stage_await(s, "zoomed, 1 hidden");
    stage_keys(s, "C-b [");
    stage_await(s, "7:demo*");
    stage_await(s, "q back");
    stage_resize(s, 12, 40);
    stage_await(s, "7:demo*");
    stage_await(s, "zoomed +1");
    stage_await(s, "q back");
    stage_resize(s, 5, 20);
    stage_await(s, " <7  7:demo  q back");
    stage_keys(s, "q");
    stage_resize(s, 24, 80);
    stage_await_gone(s, "q back");
    stage_close(s);
}

static void panes__lists__stand_beside_shells(void **state)
{
    struct stage *s = open_shell(24, 100);

    stage_keys(s, "C-b e");
    stage_await(s, "STATUS");
    stage_keys(s, "C-b %");
    stage_await(s, "first shell");
    stage_keys(s, "C-b h");
    stage_golden(s, "list-and-shell-100x24");
    /* The same terminal in two panes has one size: that of the pane which was focused last. */
    stage_keys(s, "Enter");
    stage_await_gone(s, "STATUS");
    stage_keys(s, "C-b C-Left");
    await(&s->loop, 20000, s->cols == 48);
    stage_keys(s, "C-b l");
    await(&s->loop, 20000, s->cols == 51);
    stage_close(s);
}

static void panes__close__the_last_one_shows_the_list(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b x");
    stage_await(s, "STATUS");
    stage_keys(s, "C-b x");
    stage_await(s, "STATUS");
    stage_keys(s, "j");
    stage_close(s);
}

static void panes__break_and_swap__move_views(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b !");
    assert_non_null(strstr(stage_toast(s), "a tab of its own already"));
    stage_forget_toast(s);
    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_keys(s, "C-b {");
    stage_await(s, "second shell                            \xe2\x94\x82"
                   "first shell");
    stage_keys(s, "C-b !");
    stage_await_gone(s, "first shell");
    stage_await(s, "1:alice/demo*");
    stage_keys(s, "C-b 0");
    stage_await(s, "first shell");
    stage_await_gone(s, "second shell");
    stage_close(s);
}

static void panes__numbers__jump(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_keys(s, "C-b q");
    stage_await(s, "  0  ");
    stage_keys(s, "0 k");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_string_equal(s->typed_into, "t1");
    stage_close(s);
}

static void panes__mouse__drags_a_border(void **state)
{
    struct stage *s = open_shell(24, 81);

    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_mouse(s, (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 5, .col = 40});
    stage_mouse(s, (struct mouse){.kind = MOUSE_MOVE, .button = MOUSE_LEFT, .row = 6, .col = 20});
    stage_mouse(s,
                (struct mouse){.kind = MOUSE_RELEASE, .button = MOUSE_LEFT, .row = 6, .col = 20});
    free(stage_screen(s));
    await(&s->loop, 20000, s->cols == 60 || (s->cols == 20 && !strcmp(s->resized, "t1")));
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void panes__mouse__clicks_tabs(void **state)
{
    struct stage *s = two_shells_open(24, 80);
    struct mouse click = {.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 23, .col = 2};

    stage_keys(s, "C-b c");
    two_shells_await(s, 3, "t3", "third shell");
    stage_await(s, " 0:alice/demo- 1:alice/demo*");
    stage_mouse(s, click);
    stage_await(s, " 0:alice/demo* 1:alice/demo-");
    stage_await(s, "first shell");
    click.col = 17;
    stage_mouse(s, click);
    stage_await(s, " 0:alice/demo- 1:alice/demo*");
    stage_await(s, "third shell");
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

/* It is for what is under the pointer, wherever the focus is. */
static void panes__mouse__wheel_is_for_what_is_under_it(void **state)
{
    struct stage *s = open_shell(24, 100);
    struct mouse wheel = {.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_UP, .row = 10, .col = 80};
    char name[16], line[32];

    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "sb%02d", i);
        stage_sandbox(s, MSG_SANDBOX_CREATED, name, "alice", name, "running", 0, 3600000, 0);
        snprintf(line, sizeof line, "line %d\r\n", i);
        stage_output(s, line);
    }
    stage_keys(s, "C-b e");
    stage_await(s, "sb10");
    stage_keys(s, "C-b %");
    stage_await(s, "line 39");
    stage_keys(s, "C-b h");
    stage_mouse(s, wheel);
    stage_await(s, "lines back");
    stage_await(s, "line 20");
    wheel.button = MOUSE_WHEEL_DOWN;
    stage_mouse(s, wheel);
    stage_await_gone(s, "lines back");
    wheel.col = 10;
    for (int i = 0; i < 45; i++)
        stage_mouse(s, wheel);
    stage_await(s, "sb39");
    stage_await(s, "line 39");
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

/* An echo that comes may take as long as this machine does. */
#define PATIENT_MS 20000

/* Behind it: what is there before is all. */
static void assert_typed(struct stage *s, const char *bytes)
{
    stage_type(s, ".");
    await(&s->loop, 20000, s->typed.len && s->typed.data[s->typed.len - 1] == '.');
    s->typed.data[s->typed.len - 1] = '\0';
    assert_string_equal(s->typed.data, bytes);
    buf_clear(&s->typed);
}

static void mouse_at(struct stage *s, enum mouse_kind kind, int row, int col)
{
    stage_mouse(s, (struct mouse){.kind = kind, .button = MOUSE_LEFT, .row = row, .col = col});
}

static void click_at(struct stage *s, int row, int col)
{
    mouse_at(s, MOUSE_PRESS, row, col);
    mouse_at(s, MOUSE_RELEASE, row, col);
}

static void panes__mouse__selection_released_beside_is_its_own(void **state)
{
    struct stage *s = two_shells_open(24, 81);
    cleanup_buf struct buf osc = {0};

    click_at(s, 1, 44);
    click_at(s, 1, 30);
    mouse_at(s, MOUSE_PRESS, 1, 0);
    mouse_at(s, MOUSE_MOVE, 1, 3);
    mouse_at(s, MOUSE_MOVE, 1, 4);
    mouse_at(s, MOUSE_RELEASE, 1, 60);
    buf_append_str(&osc, "\x1b]52;c;");
    base64_encode(&osc, "first", strlen("first"));
    buf_append_str(&osc, "\x07");
    const struct buf *written = stage_written(s);
    assert_true(written->len >= osc.len);
    assert_memory_equal(written->data + written->len - osc.len, osc.data, osc.len);
    stage_await_gone(s, "lines back");
    /* On the title, so nobody's. */
    mouse_at(s, MOUSE_PRESS, 0, 3);
    mouse_at(s, MOUSE_MOVE, 1, 3);
    mouse_at(s, MOUSE_MOVE, 1, 50);
    mouse_at(s, MOUSE_RELEASE, 1, 50);
    free(stage_screen(s));
    stage_await_gone(s, "lines back");
    stage_close(s);
}

static void panes__mouse__program_gets_its_release_beside(void **state)
{
    struct stage *s = two_shells_open(24, 81);
    const char *wants = "\x1b[?1002h\x1b[?1006h\r\n";

    stage_output_of(s, "t1", wants);
    stage_output_of(s, "t1", "left mouse");
    stage_output_of(s, "t2", wants);
    stage_output_of(s, "t2", "right mouse");
    stage_await(s, "left mouse");
    stage_await(s, "right mouse");
    mouse_at(s, MOUSE_PRESS, 5, 5);
    mouse_at(s, MOUSE_MOVE, 5, 60);
    mouse_at(s, MOUSE_RELEASE, 0, 60);
    assert_typed(s, "\x1b[<0;6;5M\x1b[<32;40;5M\x1b[<0;40;1m");
    assert_string_equal(s->typed_into, "t1");
    /* Its release was lost; what follows is of the next press. */
    mouse_at(s, MOUSE_PRESS, 5, 5);
    assert_typed(s, "\x1b[<0;6;5M");
    mouse_at(s, MOUSE_PRESS, 5, 41);
    mouse_at(s, MOUSE_RELEASE, 5, 5);
    assert_typed(s, "\x1b[<0;1;5M\x1b[<0;1;5m");
    assert_string_equal(s->typed_into, "t2");
    /* Two buttons: it is theirs until the last is released. */
    mouse_at(s, MOUSE_PRESS, 5, 41);
    stage_mouse(s, (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_RIGHT, .row = 5, .col = 41});
    stage_mouse(s, (struct mouse){.kind = MOUSE_RELEASE, .button = MOUSE_RIGHT, .row = 5});
    mouse_at(s, MOUSE_RELEASE, 5, 5);
    assert_typed(s, "\x1b[<0;1;5M\x1b[<2;1;5M\x1b[<2;1;5m\x1b[<0;1;5m");
    /* Nor is it for who comes when it has gone. */
    mouse_at(s, MOUSE_PRESS, 5, 41);
    assert_typed(s, "\x1b[<0;1;5M");
    stage_keys(s, "C-b x");
    mouse_at(s, MOUSE_MOVE, 5, 41);
    mouse_at(s, MOUSE_RELEASE, 5, 41);
    assert_typed(s, "");
    assert_string_equal(s->typed_into, "t1");
    stage_close(s);
}

static void panes__mouse__border_goes_while_it_is_dragged(void **state)
{
    struct stage *s = two_shells_open(24, 81);

    mouse_at(s, MOUSE_PRESS, 5, 40);
    mouse_at(s, MOUSE_MOVE, 5, 30);
    stage_keys(s, "C-b x");
    mouse_at(s, MOUSE_MOVE, 5, 20);
    mouse_at(s, MOUSE_MOVE, 5, 10);
    mouse_at(s, MOUSE_RELEASE, 5, 10);
    stage_await(s, "first shell");
    stage_await_gone(s, "lines back");
    stage_close(s);
}

static void panes__mouse__selection_scrolls_at_the_edge(void **state)
{
    struct stage *s = two_shells_open(24, 81);
    char line[32];

    for (int i = 0; i < 40; i++) {
        snprintf(line, sizeof line, "\r\nline %d", i);
        stage_output_of(s, "t2", line);
    }
    stage_await(s, "line 39");
    mouse_at(s, MOUSE_PRESS, 10, 50);
    for (int i = 0; i < 5; i++)
        mouse_at(s, MOUSE_MOVE, 0, 50);
    mouse_at(s, MOUSE_MOVE, 10, 50);
    stage_await(s, "5 of 19 lines back");
    mouse_at(s, MOUSE_MOVE, 23, 50);
    mouse_at(s, MOUSE_MOVE, 10, 50);
    stage_await(s, "4 of 19 lines back");
    mouse_at(s, MOUSE_MOVE, 23, 20);
    mouse_at(s, MOUSE_MOVE, 23, 80);
    mouse_at(s, MOUSE_MOVE, 500, 500);
    stage_await(s, "0 of 19 lines back");
    /* Held still there it goes on. */
    mouse_at(s, MOUSE_MOVE, 0, 50);
    stage_await(s, "19 of 19 lines back");
    mouse_at(s, MOUSE_MOVE, 23, 50);
    stage_await(s, "0 of 19 lines back");
    mouse_at(s, MOUSE_RELEASE, 23, 10);
    stage_await_gone(s, "lines back");
    stage_close(s);
}

static void broadcast__keys__go_to_marked_ones_only(void **state)
{
    struct stage *s = open_shell(24, 80);

    s->env.echo_ms = PATIENT_MS;
    stage_keys(s, "C-b b");
    assert_non_null(strstr(stage_toast(s), "Mark two terminals"));
    stage_keys(s, "C-b m C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_keys(s, "C-b \"");
    two_shells_await(s, 3, "t3", "third shell");
    stage_keys(s, "C-b m C-b b");
    stage_await(s, "BROADCAST 2");
    stage_golden(s, "broadcast-80x24");
    /* Beside a title that says so, a narrow pane's text is left alone; a zoomed one has room. */
    stage_output_of(s, "t3", "\x1b[1;1Hcolumns up to the very edge of the pane");
    stage_await(s, "the very edge of the pane");
    stage_keys(s, "C-b z");
    stage_await(s, "typing goes to 2 terminals");
    stage_keys(s, "C-b z");
    stage_await_gone(s, "typing goes to 2 terminals");
    stage_await(s, "BROADCAST 2");
    stage_type(s, "x");
    await(&s->loop, 20000, s->typed.len == 2);
    stage_paste(s, "yz");
    assert_non_null(strstr(stage_toast(s), "Not pasted: a terminal has not shown the last key"));
    stage_output_of(s, "t1", "x");
    stage_output_of(s, "t3", "[x");
    stage_await(s, "[x");
    stage_paste(s, "yz");
    await(&s->loop, 20000, s->typed.len == 4);
    stage_output_of(s, "t1", "y");
    stage_output_of(s, "t3", "y");
    await(&s->loop, 20000, s->typed.len == 6);
    /* The one in between is not marked: what is typed there is its own. */
    stage_keys(s, "C-b k");
    stage_type(s, "w");
    await(&s->loop, 20000, s->typed.len == 7);
    assert_string_equal(s->typed_into, "t2");
    stage_keys(s, "C-b ; C-b b");
    stage_await_gone(s, "BROADCAST");
    stage_type(s, "v");
    await(&s->loop, 20000, s->typed.len == 8);
    assert_string_equal(s->typed_into, "t3");
    stage_close(s);
}

static struct stage *open_broadcast(int64_t echo_ms)
{
    struct stage *s = open_shell(24, 80);

    s->env.echo_ms = echo_ms;
    stage_keys(s, "C-b m C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    stage_keys(s, "C-b m C-b b");
    stage_await(s, "BROADCAST 2");
    return s;
}

static void broadcast__password__is_not_sent(void **state)
{
    struct stage *s = open_broadcast(PATIENT_MS);

    stage_output_of(s, "t1", "\r\n[sudo] password for ann: ");
    stage_await(s, "password for ann");
    stage_type(s, "x");
    assert_non_null(strstr(stage_toast(s), "asks for a password; nothing was sent"));
    stage_await_gone(s, "BROADCAST");
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void broadcast__no_echo__ends_it(void **state)
{
    struct stage *s = open_broadcast(0);

    stage_type(s, "x");
    await(&s->loop, 20000, s->typed.len == 2);
    stage_output_of(s, "t1", "x");
    await(&s->loop, 20000, strstr(stage_toast(s), "does not echo"));
    stage_await_gone(s, "BROADCAST");
    stage_close(s);
}

/* Of a password typed where nothing is echoed the others get the first key. */
static void broadcast__no_echo__holds_what_follows(void **state)
{
    struct stage *s = open_broadcast(0);

    stage_type(s, "secret\r");
    stage_output_of(s, "t1", "s");
    await(&s->loop, 20000, strstr(stage_toast(s), "does not echo"));
    assert_non_null(strstr(stage_toast(s), "(a password?); 6 keys were not sent"));
    stage_await_gone(s, "BROADCAST");
    stage_type(s, "!");
    await(&s->loop, 20000, s->typed.len == 3);
    assert_memory_equal(s->typed.data, "ss!", 3);
    assert_string_equal(s->typed_into, "t2");
    stage_close(s);
}

static void broadcast__echo__lets_the_next_keys_go(void **state)
{
    struct stage *s = open_broadcast(PATIENT_MS);

    stage_type(s, "l");
    await(&s->loop, 20000, s->typed.len == 2);
    stage_type(s, "s\r");
    stage_output_of(s, "t1", "1l");
    stage_await(s, "1l");
    assert_int_equal(s->typed.len, 2);
    stage_output_of(s, "t2", "2l");
    await(&s->loop, 20000, s->typed.len == 4);
    stage_output_of(s, "t1", "s");
    stage_output_of(s, "t2", "s");
    await(&s->loop, 20000, s->typed.len == 6);
    assert_memory_equal(s->typed.data, "llss\r\r", 6);
    stage_await(s, "BROADCAST 2");
    /* What fills the screen need not show each key. */
    stage_output_of(s, "t1", "\033[?1049h\033[Hone");
    stage_output_of(s, "t2", "\033[?1049h\033[Htwo");
    stage_await(s, "one");
    stage_await(s, "two");
    stage_type(s, "gg");
    await(&s->loop, 20000, s->typed.len == 10);
    stage_close(s);
}

/* Longer than an echo takes, since it has not taken the key yet; not for ever. */
static void broadcast__no_answer__holds_and_then_ends_it(void **state)
{
    struct stage *s = open_broadcast(0);
    int64_t typed_ms = clock_mono_ms();

    s->unacked = "t1";
    stage_type(s, "ls");
    stage_output_of(s, "t2", "l");
    await(&s->loop, 20000,
          strstr(stage_toast(s), "alice/demo does not answer; 1 key was not sent"));
    assert_true(clock_mono_ms() - typed_ms >= BROADCAST_ANSWER_MS);
    stage_await_gone(s, "BROADCAST");
    assert_int_equal(s->typed.len, 2);
    stage_close(s);
}

/* The first character of a paste goes ahead, to see whether anything is echoed. */
static void broadcast__paste__waits_for_the_echo_of_its_first(void **state)
{
    struct stage *s = open_broadcast(PATIENT_MS);

    stage_paste(s, "make all");
    await(&s->loop, 20000, s->typed.len == 2);
    stage_type(s, "!");
    stage_output_of(s, "t1", "1m");
    stage_await(s, "1m");
    assert_int_equal(s->typed.len, 2);
    stage_output_of(s, "t2", "2m");
    await(&s->loop, 20000, s->typed.len == 16);
    assert_memory_equal(s->typed.data, "mmake allake all", 16);
    stage_output_of(s, "t1", "ake all");
    stage_output_of(s, "t2", "ake all");
    await(&s->loop, 20000, s->typed.len == 18);
    assert_memory_equal(s->typed.data + 16, "!!", 2);
    /* A program that fills the screen gets it as one. */
    stage_output_of(s, "t1", "\033[?1049h\033[Hone");
    stage_output_of(s, "t2", "!");
    stage_await(s, "one");
    stage_paste(s, "dd");
    await(&s->loop, 20000, s->typed.len == 22);
    assert_memory_equal(s->typed.data + 18, "dddd", 4);
    stage_close(s);
}

static void broadcast__paste_of_a_secret__goes_no_further_than_its_first(void **state)
{
    struct stage *s = open_broadcast(0);

    stage_paste(s, "hunter2");
    stage_output_of(s, "t1", "h");
    await(&s->loop, 20000, strstr(stage_toast(s), "does not echo"));
    assert_non_null(strstr(stage_toast(s), "of the paste only the first character was sent"));
    stage_await_gone(s, "BROADCAST");
    assert_int_equal(s->typed.len, 2);
    assert_memory_equal(s->typed.data, "hh", 2);
    stage_close(s);
}

static void broadcast__off__says_what_was_held(void **state)
{
    struct stage *s = open_broadcast(PATIENT_MS);

    stage_type(s, "ls");
    stage_keys(s, "C-b b");
    assert_non_null(strstr(stage_toast(s), "off: as asked; 1 key was not sent"));
    stage_await_gone(s, "BROADCAST");
    stage_keys(s, "C-b b");
    stage_await(s, "BROADCAST 2");
    /* Nothing of before is left. */
    stage_output_of(s, "t1", "l");
    stage_output_of(s, "t2", "l");
    stage_type(s, "!");
    await(&s->loop, 20000, s->typed.len == 4);
    assert_memory_equal(s->typed.data, "ll!!", 4);
    stage_close(s);
}

static void broadcast__held_key_is_refused__ends_it(void **state)
{
    static const char much[4096];
    struct stage *s = open_broadcast(PATIENT_MS);

    stage_type(s, "ls\r");
    await(&s->loop, 20000, s->typed.len == 2);
    stage_host_down(s);
    await(&s->loop, 20000, remote_state(attachment_remote(s->env.state->open[1])) != LINK_UP);
    for (size_t n = sizeof much; n; n /= 2)
        while (attachment_input(s->env.state->open[1], much, n))
            ;
    await(&s->loop, 20000,
          strstr(stage_toast(s), "off: a terminal takes no more input; 1 key was not sent"));
    stage_await_gone(s, "BROADCAST");
    stage_close(s);
}

/* With t1 in a1 and t2 in b2, and b2 cut off. */
static struct stage *open_cut_off(void)
{
    struct stage *s = open_shell(24, 100);

    s->env.echo_ms = PATIENT_MS;
    stage_sandbox(s, MSG_SANDBOX_CREATED, "b2", "alice", "other", "running", 0, 3600000, 0);
    stage_keys(s, "C-b m C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    shell_view_open(&s->env, "b2", NULL, SHELL_NEW, PLACE_HERE);
    two_shells_await(s, 3, "t3", "shell of another");
    stage_keys(s, "C-b m C-b h C-b b");
    stage_await(s, "BROADCAST 2");
    stage_cut_off(s, "b2", "a1");
    return s;
}

/* It holds nobody up, is said, and gets what was typed once. */
static void broadcast__lost_connection__is_counted_and_keys_wait(void **state)
{
    struct stage *s = open_cut_off();

    stage_await(s, "BROADCAST 2, 1 lost");
    assert_non_null(strstr(stage_toast(s), "1 of 2 is lost; what is typed waits for it"));
    stage_type(s, "l");
    await(&s->loop, 20000, s->typed.len == 1);
    stage_output_of(s, "t1", "l");
    stage_await(s, "first shelll");
    stage_type(s, "s\r");
    await(&s->loop, 20000, s->typed.len == 2);
    stage_output_of(s, "t1", "s");
    await(&s->loop, 20000, s->typed.len == 3);
    stage_await(s, "3 bytes ty");
    stage_keys(s, "C-b z");
    stage_await(s, "typing goes to 2 terminals, 1 lost");
    stage_keys(s, "C-b b");
    stage_await_gone(s, "BROADCAST");
    stage_keys(s, "C-b b");
    assert_non_null(strstr(stage_toast(s), "go to 2, 1 lost"));
    stage_keys(s, "C-b z");
    assert_string_equal(s->typed_into, "t1");
    stage_cut_off(s, NULL, "a1");
    remote_retry(attachment_remote(attachment_find(&s->env, "b2", "t3")));
    await(&s->loop, 20000, strstr(stage_toast(s), "all 2 are reached again"));
    await(&s->loop, 20000, s->typed.len == 6);
    assert_memory_equal(s->typed.data, "ls\rls\r", 6);
    assert_string_equal(s->typed_into, "t3");
    stage_await_gone(s, ", 1 lost");
    stage_await(s, "BROADCAST 2");
    stage_close(s);
}

static void broadcast__lost_connection__that_keeps_no_more_ends_it(void **state)
{
    static const char much[4096];
    struct stage *s = open_cut_off();
    struct attachment *lost = attachment_find(&s->env, "b2", "t3");

    stage_await(s, "BROADCAST 2, 1 lost");
    for (size_t n = sizeof much; n; n /= 2)
        while (attachment_input(lost, much, n))
            ;
    stage_type(s, "l");
    await(&s->loop, 20000, s->typed.len == 1); /* the other one has it */
    assert_non_null(strstr(stage_toast(s), "Broadcast is off: a terminal takes no more input"));
    stage_await_gone(s, "BROADCAST");
    stage_close(s);
}

static void broadcast__silence__ends_it(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    s->env.broadcast_ms = 300;
    stage_keys(s, "C-b m C-b h C-b m C-b b");
    stage_await(s, "BROADCAST 2");
    stage_type(s, "x");
    stage_output_of(s, "t1", "x");
    stage_output_of(s, "t2", "x");
    await(&s->loop, 20000, strstr(stage_toast(s), "nothing was typed for"));
    stage_await_gone(s, "BROADCAST");
    stage_type(s, "y");
    await(&s->loop, 20000, s->typed.len == 3);
    stage_close(s);
}

static void broadcast__target_that_ends__is_left_out(void **state)
{
    struct stage *s = two_shells_open(24, 80);

    stage_keys(s, "C-b \"");
    two_shells_await(s, 3, "t3", "third shell");
    stage_keys(s, "C-b m C-b k C-b m C-b h C-b m C-b b");
    stage_await(s, "BROADCAST 3");
    two_shells_end(s, "t3", "the shell ended");
    await(&s->loop, 20000, strstr(stage_toast(s), "Broadcast lost alice/demo; 2 left"));
    stage_type(s, "x");
    await(&s->loop, 20000, s->typed.len == 2);
    two_shells_end(s, "t2", "the shell ended");
    await(&s->loop, 20000, strstr(stage_toast(s), "fewer than two terminals are left"));
    stage_await_gone(s, "BROADCAST");
    stage_close(s);
}

static void panes__lost_link__every_title_says_so(void **state)
{
    struct stage *s = open_shell(24, 80);

    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    script_unlisten(&s->script);
    script_cut(&s->script);
    s->shell = NULL;
    stage_await(s, " 0 alice/demo \xe2\x9c\x97 lost ");
    stage_await(s, " 1 alice/demo \xe2\x9c\x97 lost ");
    stage_await(s, "\n alice/demo \xe2\x9c\x97 lost ");
    stage_keys(s, "C-b h"); /* it holds where it was seen, too */
    stage_await(s, " 1 alice/demo \xe2\x9c\x97 lost ");
    stage_await(s, " 0 alice/demo \xe2\x9c\x97 lost ");
    script_listen(&s->script);
    await(&s->loop, 10000, s->shell);
    stage_await_gone(s, "demo \xe2\x9c\x97 lost");
    stage_close(s);
}

static void broadcast__lost_target__is_said(void **state)
{
    struct stage *s = open_broadcast(PATIENT_MS);

    stage_keys(s, "C-b X");
    stage_await(s, "End this terminal");
    stage_keys(s, "y");
    await(&s->loop, 20000, strstr(stage_toast(s), "fewer than two") || s->n_terminals == 2);
    stage_await_gone(s, "BROADCAST");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panes__split__is_created_in_its_size),
        cmocka_unit_test(panes__others_sizes__are_taken_in_bounded_work),
        cmocka_unit_test(panes__keys__go_to_the_focused_one_only),
        cmocka_unit_test(panes__zoom_and_close__resize_what_stays),
        cmocka_unit_test(panes__close__goes_back_to_the_size_focused_before),
        cmocka_unit_test(panes__tabs__are_opened_named_and_switched),
        cmocka_unit_test(panes__tabs__without_room_are_counted),
        cmocka_unit_test(panes__tabs__leave_room_for_the_way_out_of_a_mode),
        cmocka_unit_test(panes__lists__stand_beside_shells),
        cmocka_unit_test(panes__close__the_last_one_shows_the_list),
        cmocka_unit_test(panes__break_and_swap__move_views),
        cmocka_unit_test(panes__numbers__jump),
        cmocka_unit_test(panes__mouse__drags_a_border),
        cmocka_unit_test(panes__mouse__clicks_tabs),
        cmocka_unit_test(panes__mouse__wheel_is_for_what_is_under_it),
        cmocka_unit_test(panes__mouse__selection_released_beside_is_its_own),
        cmocka_unit_test(panes__mouse__program_gets_its_release_beside),
        cmocka_unit_test(panes__mouse__border_goes_while_it_is_dragged),
        cmocka_unit_test(panes__mouse__selection_scrolls_at_the_edge),
        cmocka_unit_test(broadcast__keys__go_to_marked_ones_only),
        cmocka_unit_test(broadcast__password__is_not_sent),
        cmocka_unit_test(broadcast__no_echo__ends_it),
        cmocka_unit_test(broadcast__no_echo__holds_what_follows),
        cmocka_unit_test(broadcast__echo__lets_the_next_keys_go),
        cmocka_unit_test(broadcast__no_answer__holds_and_then_ends_it),
        cmocka_unit_test(broadcast__paste__waits_for_the_echo_of_its_first),
        cmocka_unit_test(broadcast__paste_of_a_secret__goes_no_further_than_its_first),
        cmocka_unit_test(broadcast__off__says_what_was_held),
        cmocka_unit_test(broadcast__held_key_is_refused__ends_it),
        cmocka_unit_test(broadcast__lost_connection__is_counted_and_keys_wait),
        cmocka_unit_test(broadcast__lost_connection__that_keeps_no_more_ends_it),
        cmocka_unit_test(broadcast__silence__ends_it),
        cmocka_unit_test(broadcast__target_that_ends__is_left_out),
        cmocka_unit_test(panes__lost_link__every_title_says_so),
        cmocka_unit_test(broadcast__lost_target__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
