/* SPDX-License-Identifier: MIT
 *
 * A terminal on the screen: what goes in and out, several of them, and every way it can fail.
 */
#include "tests/views/stage.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/views/screen_memory.h"
#include "views/shell.h"
#include "wire/names.h"

static struct stage *open_list(void)
{
    struct stage *s = stage_open_synced(12, 60);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb1", "alice", "demo", STATUS_RUNNING, 0, 5500, 0);
    stage_await(s, "demo");
    return s;
}

/* A shell in alice/demo with a prompt. */
static struct stage *open_shell(void)
{
    struct stage *s = open_list();

    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    stage_output(s, "$ ");
    stage_await(s, "$\n");
    return s;
}

static void type_and_await(struct stage *s, const char *keys, const char *typed)
{
    stage_keys(s, keys);
    await(&s->loop, 20000, s->typed.len >= strlen(typed));
    assert_string_equal(s->typed.data, typed);
    buf_clear(&s->typed);
}

static void end_terminal(struct stage *s, const char *reason)
{
    struct message m;

    message_init(&m, MSG_TERMINAL_DESTROYED, SLICE("terminal:t1"));
    message_add_string(&m, "id", SLICE("t1"));
    message_add_string(&m, "reason", SLICE(reason));
    conn_message(s->shell, &m, false);
    message_finish(&m);
}

static void shell__open__creates_one_and_shows_it(void **state)
{
    struct stage *s = open_shell();
    int row, col;

    assert_string_equal(s->last_request, "POST /terminals");
    assert_non_null(strstr(s->last_body, "\"rows\":11"));
    assert_non_null(strstr(s->last_body, "\"cols\":60"));
    assert_true(stage_cursor(s, &row, &col));
    assert_int_equal(row, 0);
    assert_int_equal(col, 2);
    stage_output(s, "\x1b[1;31mred\x1b[0m \xe6\xbc\xa2\r\nsecond\x1b]0;vim notes\x07");
    stage_await(s, "second");
    stage_await(s, "alice/demo vim notes 60x11");
    stage_close(s);
}

/* As many keys as wait for a shell, and one more. */
static void shell__typed_before_it_is_there__says_what_is_lost(void **state)
{
    for (size_t n_more = 0; n_more < 2; n_more++) {
        struct stage *s = open_list();
        char keys[SHELL_TYPED_MAX + 2] = "";

        s->hold = true;
        stage_keys(s, "Enter");
        memset(keys, 'k', SHELL_TYPED_MAX + n_more);
        stage_type(s, keys);
        await(&s->loop, 20000, s->held);
        stage_release(s);
        await(&s->loop, 20000, s->shell && s->typed.len >= SHELL_TYPED_MAX);
        stage_output(s, "echoed");
        stage_await(s, "echoed");
        assert_int_equal(s->typed.len, SHELL_TYPED_MAX);
        cleanup_free char *screen = stage_screen(s);
        assert_int_equal(strstr(screen, "not sent: too much") != NULL, n_more);
        stage_close(s);
    }
}

static void shell__colours__are_those_of_the_users_terminal(void **state)
{
    struct term_theme colours = {.fg = 0x010203, .bg = 0xfdf6e3, .palette = {[3] = 0xb58900}};
    struct stage *s = open_list();

    s->env.colours = &colours;
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    stage_output(s, "\x1b]10;?\x07\x1b]11;?\x07\x1b]4;3;?\x07 asked");
    await(&s->loop, 20000, s->typed.len && strstr(s->typed.data, "\x1b]4;"));
    assert_non_null(strstr(s->typed.data, "\x1b]10;rgb:0101/0202/0303"));
    assert_non_null(strstr(s->typed.data, "\x1b]11;rgb:fdfd/f6f6/e3e3"));
    assert_non_null(strstr(s->typed.data, "\x1b]4;3;rgb:b5b5/8989/0000"));
    stage_close(s);
}

static void shell__links__reach_the_screen(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\r\x1b]8;id=1;https://a.example/x\x1b\\here\x1b]8;;\x1b\\ "
                    "\x1b]8;;file:///etc/passwd\x1b\\file\x1b]8;;\x1b\\ "
                    "\x1b[4:3;58:5:9mwavy\x1b[0m \x1b[9mgone\x1b[0m\r\n"
                    "\x1b]8;id=1;https://a.example/x\x1b\\there\x1b]8;;\x1b\\ end");
    stage_await(s, "end");
    struct canvas c = screen_memory_canvas();
    assert_string_equal(screen_memory_link(0, 0), "https://a.example/x");
    assert_int_equal(c.cells[0].style.link, c.cells[c.stride].style.link);
    assert_null(screen_memory_link(0, 4));
    assert_null(screen_memory_link(0, 5)); /* not this machine's file */
    assert_true(c.cells[10].style.attrs & ATTR_UNDERLINE_CURLY);
    assert_int_not_equal(c.cells[10].style.link, 0); /* its colour */
    assert_null(screen_memory_link(0, 10));
    assert_true(c.cells[15].style.attrs & ATTR_STRIKE);
    stage_keys(s, "C-b [");
    stage_await(s, "there end");
    assert_string_equal(screen_memory_link(1, 0), "https://a.example/x");
    stage_close(s);
}

/* Whatever their order and numbers, and also those that lead to nothing. */
static void shell__links__are_looked_up_once_a_frame(void **state)
{
    struct stage *s = open_shell();
    cleanup_buf struct buf out = {0};

    for (int i = 0; i < 64; i++)
        buf_printf(&out, "\r\x1b]8;;https://a.example/%d\x1b\\x", i);
    buf_append_char(&out, '\r');
    for (int i = 0; i < 100; i++)
        buf_append_str(&out, "\x1b]8;;https://a.example/0\x1b\\a"
                             "\x1b]8;;file:///etc/passwd\x1b\\b" /* 64 numbers further */
                             "\x1b[58:5:9m\x1b]8;;https://a.example/0\x1b\\c\x1b[59m");
    buf_append_str(&out, "\x1b]8;;\x1b\\ end");
    stage_output(s, out.data);
    stage_await(s, "end");
    const struct cell *row = screen_memory_canvas().cells;
    for (int x = 0; x < 60; x += 3) {
        assert_string_equal(screen_memory_link(0, x), "https://a.example/0");
        assert_int_equal(row[x + 1].style.link, 0);
        assert_string_equal(screen_memory_link(0, x + 2), "https://a.example/0");
        assert_int_not_equal(row[x + 2].style.link, row[x].style.link); /* its underline's colour */
    }
    assert_int_equal(screen_memory_lookups(), 3);
    stage_close(s);
}

static void shell__keys__all_pass_but_the_prefix(void **state)
{
    struct stage *s = open_shell();

    type_and_await(s, "l s Enter", "ls\r");
    type_and_await(s, "Esc", "\x1b");
    type_and_await(s, "q ? : / C-c C-z Tab", "q?:/\x03\x1a\t");
    type_and_await(s, "Up", "\x1b[A");
    type_and_await(s, "C-b C-b", "\x02");
    stage_output(s, "\x1b[?1happ");
    stage_await(s, "$ app");
    type_and_await(s, "Up", "\x1bOA");
    stage_close(s);
}

static void shell__paste__asks_when_the_program_does_not_know_pastes(void **state)
{
    struct stage *s = open_shell();

    stage_paste(s, "one line");
    await(&s->loop, 20000, s->typed.len >= 8);
    assert_string_equal(s->typed.data, "one line");
    buf_clear(&s->typed);
    stage_paste(s, "rm -rf x\nls\n");
    stage_await(s, "Paste several lines?");
    stage_await(s, "2 lines");
    stage_keys(s, "Esc");
    stage_await_gone(s, "Paste several");
    assert_int_equal(s->typed.len, 0);
    stage_paste(s, "a\nb");
    stage_keys(s, "y");
    await(&s->loop, 20000, s->typed.len >= 3);
    buf_clear(&s->typed);
    stage_output(s, "\x1b[?2004hready");
    stage_await(s, "ready");
    stage_paste(s, "a\nb\x1b[201~c");
    await(&s->loop, 20000, s->typed.len && strstr(s->typed.data, "\x1b[201~"));
    assert_non_null(strstr(s->typed.data, "\x1b[200~"));
    /* Only one end: the embedded one is gone. */
    assert_null(strstr(strstr(s->typed.data, "\x1b[201~") + 1, "\x1b[201~"));
    stage_close(s);
}

static void shell__scroll__stays_put_and_counts_new_lines(void **state)
{
    struct stage *s = open_shell();
    char line[32];

    for (int i = 1; i <= 50; i++) {
        snprintf(line, sizeof line, "line %d\r\n", i);
        stage_output(s, line);
    }
    stage_await(s, "line 50");
    stage_keys(s, "C-b [");
    stage_await(s, "of 40 lines back");
    stage_keys(s, "g g");
    stage_await(s, "$ line 1 ");
    stage_output(s, "later\r\nlater\r\n");
    stage_await(s, "+2 new");
    stage_await(s, "$ line 1 ");
    stage_keys(s, "G");
    stage_await(s, "later");
    stage_await(s, "0 of 42 lines back");
    stage_keys(s, "q");
    stage_await_gone(s, "lines back");
    struct mouse wheel = {.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_UP};
    stage_mouse(s, wheel);
    stage_await(s, "3 of 42 lines back");
    stage_keys(s, "q");
    stage_await_gone(s, "lines back");
    /* In a full-screen program that did not ask for the mouse, the wheel means arrows. */
    stage_output(s, "\x1b[?1049hfull");
    stage_await(s, "full");
    stage_mouse(s, wheel);
    await(&s->loop, 20000, s->typed.len >= 9);
    assert_string_equal(s->typed.data, "\x1b[A\x1b[A\x1b[A");
    buf_clear(&s->typed);
    stage_output(s, "\x1b[?1000h\x1b[?1006hmouse");
    stage_await(s, "mouse");
    stage_mouse(s, wheel);
    await(&s->loop, 20000, s->typed.len >= 9);
    assert_string_equal(s->typed.data, "\x1b[<64;1;1M");
    stage_close(s);
}

static void await_mouse(struct stage *s, enum mouse_kind kind, enum mouse_button button,
                        uint8_t mods, const char *bytes)
{
    struct mouse m = {.kind = kind, .button = button, .mods = mods, .row = 2, .col = 4};

    stage_mouse(s, m);
    stage_type(s, "."); /* behind it: what is there before is all */
    await(&s->loop, 20000, s->typed.len && s->typed.data[s->typed.len - 1] == '.');
    s->typed.data[s->typed.len - 1] = '\0';
    assert_string_equal(s->typed.data, bytes);
    buf_clear(&s->typed);
}

static void shell__mouse__is_whose_the_press_is_until_the_release(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b[?1049h\x1b[?1003h\x1b[?1006hmouse");
    stage_await(s, "mouse");
    await_mouse(s, MOUSE_MOVE, MOUSE_NO_BUTTON, 0, "\x1b[<35;5;3M");
    /* With Shift it is the user's, and the program's again from the release on. */
    await_mouse(s, MOUSE_PRESS, MOUSE_LEFT, MOD_SHIFT, "");
    await_mouse(s, MOUSE_RELEASE, MOUSE_LEFT, 0, "");
    await_mouse(s, MOUSE_MOVE, MOUSE_NO_BUTTON, 0, "\x1b[<35;5;3M");
    /* The wheel takes nothing of a press away. */
    await_mouse(s, MOUSE_PRESS, MOUSE_LEFT, 0, "\x1b[<0;5;3M");
    await_mouse(s, MOUSE_WHEEL, MOUSE_WHEEL_DOWN, MOD_SHIFT, "\x1b[B\x1b[B\x1b[B");
    await_mouse(s, MOUSE_MOVE, MOUSE_LEFT, 0, "\x1b[<32;5;3M");
    await_mouse(s, MOUSE_RELEASE, MOUSE_LEFT, 0, "\x1b[<0;5;3m");
    /* Released in another pane. */
    await_mouse(s, MOUSE_PRESS, MOUSE_RIGHT, MOD_SHIFT, "");
    await_mouse(s, MOUSE_WHEEL, MOUSE_WHEEL_DOWN, 0, "\x1b[<65;5;3M");
    await_mouse(s, MOUSE_MOVE, MOUSE_NO_BUTTON, 0, "\x1b[<35;5;3M");
    stage_close(s);
}

static void shell__wheel__sends_keys_only_with_mode_1007(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b[?1049hfull\x1b[?1007l");
    stage_await(s, "full");
    await_mouse(s, MOUSE_WHEEL, MOUSE_WHEEL_UP, 0, "");
    stage_await_gone(s, "lines back");
    stage_output(s, "\x1b[?1007h arrows");
    stage_await(s, "arrows");
    await_mouse(s, MOUSE_WHEEL, MOUSE_WHEEL_UP, 0, "\x1b[A\x1b[A\x1b[A");
    stage_close(s);
}

static void shell__link__lost_is_signed_and_resumes(void **state)
{
    struct stage *s = open_shell();

    script_unlisten(&s->script);
    script_cut(&s->script);
    s->shell = NULL;
    stage_await(s, "connection lost");
    stage_keys(s, "x y");
    stage_await(s, "2 bytes typed wait");
    stage_await(s, "\xe2\x9c\x97 connection lost ");
    stage_await(s, "trying again, 2 bytes");
    script_listen(&s->script);
    await(&s->loop, 10000, s->shell);
    stage_output(s, "\x1b"
                    "c$ xy");
    await(&s->loop, 20000, s->typed.len >= 2);
    stage_await_gone(s, "connection lost");
    assert_string_equal(s->typed.data, "xy");
    stage_close(s);
}

static void shell__end__with_its_sandbox_says_that(void **state)
{
    struct stage *s = open_shell();

    end_terminal(s, "the terminal was closed");
    stage_await(s, "\xe2\x96\xa0 the terminal was closed");
    stage_tell(s, MSG_SANDBOX_DELETED, "\"sandboxId\":\"sb1\"");
    stage_await(s, "\xe2\x96\xa0 alice/demo is gone: deleted, or its time ran out");
    stage_await(s, "Enter sandboxes  x close");
    stage_close(s);
}

static void shell__end__says_why_and_what_to_press(void **state)
{
    struct stage *s = open_shell();

    end_terminal(s, "exited with status 3");
    s->terminals = NULL;
    stage_await(s, "exited with status 3");
    stage_await(s, "Enter new shell");
    stage_golden(s, "shell-ended-60x12");
    stage_resize(s, 5, 20);
    stage_golden(s, "shell-ended-20x5");
    s->last_request[0] = '\0';
    stage_keys(s, "Enter");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /terminals"));
    stage_close(s);
}

static void shell__end__q_goes_back(void **state)
{
    struct stage *s = open_shell();

    end_terminal(s, "the sandbox was deleted");
    stage_await(s, "the sandbox was deleted");
    stage_keys(s, "q");
    stage_await(s, "STATUS");
    assert_int_equal(s->env.state->n_open, 0);
    stage_close(s);
}

static void shell__failure__says_why_and_tries_again(void **state)
{
    struct stage *s = open_list();

    s->status = 500;
    stage_keys(s, "Enter");
    stage_await(s, "No shell in alice/demo");
    s->status = 0;
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    stage_close(s);
}

static void shell__slow__shows_progress_and_is_cancelled(void **state)
{
    struct stage *s = open_list();

    s->hold = true;
    stage_keys(s, "Enter");
    stage_await(s, "opening a shell in alice/demo");
    stage_keys(s, "Esc");
    stage_await(s, "STATUS");
    stage_close(s);
}

static void shell__several__are_switched_and_survive_leaving(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "first");
    stage_await(s, "first");
    /* The list, and back: the same terminal with its screen, without another request. */
    s->last_request[0] = '\0';
    stage_keys(s, "C-b e");
    stage_await(s, "STATUS");
    stage_output(s, "meanwhile\x07");
    await(&s->loop, 20000, strstr(stage_toast(s), "Bell in alice/demo"));
    stage_keys(s, "Enter");
    stage_await(s, "meanwhile");
    assert_string_equal(s->last_request, "");
    stage_keys(s, "C-b 7");
    assert_non_null(strstr(stage_toast(s), "no tab 7"));
    stage_forget_toast(s);
    stage_keys(s, "C-b w");
    stage_await(s, "Tabs and panes");
    stage_keys(s, "Enter C-b i");
    stage_await(s, "This terminal");
    stage_keys(s, "Esc C-b ?");
    stage_await(s, "New tab with a shell here");
    stage_keys(s, "Esc C-b d");
    assert_true(s->quit);
    stage_close(s);
}

static void shell__kill__asks_and_goes_back(void **state)
{
    struct stage *s = open_shell();

    stage_keys(s, "C-b X");
    stage_await(s, "What runs in it is killed");
    stage_keys(s, "n");
    stage_await_gone(s, "is killed");
    stage_keys(s, "C-b X y");
    await(&s->loop, 20000, !strcmp(s->last_request, "DELETE /terminals/t1"));
    stage_await(s, "STATUS");
    await(&s->loop, 20000, strstr(stage_toast(s), "ended alice/demo"));
    stage_close(s);
}

static void shell__attach__takes_what_runs_and_then_sets_the_size(void **state)
{
    struct stage *s = open_list();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,"
                   "\"cols\":90}]}";
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    assert_string_equal(s->last_request, "");
    /* The snapshot is for the size the terminal has; only after it ours is told. */
    assert_int_equal(s->rows, 0);
    stage_output(s, "\x1b"
                    "csnapshot");
    stage_await(s, "snapshot");
    await(&s->loop, 20000, s->rows == 11);
    assert_int_equal(s->cols, 60);
    stage_resize(s, 20, 70);
    free(stage_screen(s));
    await(&s->loop, 20000, s->rows == 19);
    assert_int_equal(s->cols, 70);
    stage_close(s);
}

static void shell__attach__leaves_the_size_to_who_is_there_until_a_key(void **state)
{
    struct stage *s = open_list();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,"
                   "\"cols\":90,\"viewers\":1}]}";
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    /* The question is answered by who drives. */
    stage_output(s, "hello\x1b[6n");
    stage_await(s, "its size is 90x30, typing fits it here");
    stage_resize(s, 20, 70);
    stage_await(s, "hello");
    assert_int_equal(s->rows, 0);
    assert_int_equal(s->typed.len, 0);
    stage_keys(s, "x");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_int_equal(s->rows, 19);
    assert_int_equal(s->cols, 70);
    stage_await_gone(s, "its size");
    stage_close(s);
}

static void shell__size__is_no_sign_in_a_small_pane(void **state)
{
    struct stage *s = open_list();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,"
                   "\"cols\":90,\"viewers\":1}]}";
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    stage_output(s, "hello");
    stage_await(s, "its size is 90x30, typing fits it here");
    stage_keys(s, "C-b %");
    stage_resize(s, 24, 60);
    stage_await(s, " its size is 90x30 \xe2\x94\x82");
    stage_resize(s, 5, 20);
    stage_await(s, "hello");
    stage_await_gone(s, "its");
    stage_resize(s, 24, 60);
    stage_await(s, "its size is 90x30");
    stage_keys(s, "C-b Space C-b Space"); /* columns, rows */
    stage_await_gone(s, "\xe2\x94\x82");
    stage_resize(s, 5, 24);
    stage_await(s, "hello");
    stage_await_gone(s, "its");
    stage_close(s);
}

static void shell__colours__are_told_by_who_sets_the_size(void **state)
{
    static const char *const answers[] = {"terminal_id", "t1", NULL};
    static const char *const size[] = {"terminal_id", "t1", "rows", "#40", "cols", "#100", NULL};
    struct term_theme colours = {.bg = 0xfdf6e3};
    struct stage *s = open_list();

    s->env.colours = &colours;
    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,"
                   "\"cols\":90,\"viewers\":1}]}";
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    stage_push(s, "sb1", MSG_TERMINAL_ANSWERS, "terminal:t1", answers);
    stage_output(s, "hello");
    stage_await(s, "hello");
    assert_int_equal(s->n_colours, 0);
    stage_keys(s, "x");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_int_equal(s->n_colours, 1);
    /* Somebody else had it in between. */
    stage_push(s, "sb1", MSG_TERMINAL_RESIZED, "terminal:t1", size);
    stage_output(s, "\r\nlarger");
    stage_await(s, "larger");
    stage_keys(s, "y z");
    await(&s->loop, 20000, s->typed.len == 3);
    assert_int_equal(s->n_colours, 2);
    stage_close(s);
}

/* A size that somebody else set stays until something is typed, also over a cut. */
static void shell__size__is_taken_back_by_typing_alone(void **state)
{
    static const char *const size[] = {"terminal_id", "t1", "rows", "#40", "cols", "#100", NULL};
    struct stage *s = open_shell(); /* 60x11 are its own */

    stage_keys(s, "x");
    await(&s->loop, 20000, s->typed.len == 1);
    for (int i = 0; i < 2; i++) {
        s->rows = s->cols = 0;
        stage_push(s, "sb1", MSG_TERMINAL_RESIZED, "terminal:t1", size);
        stage_output(s, i ? "\r\nonce more" : "\r\nlarger");
        stage_await(s, i ? "once more" : "larger");
        if (i == 1) {
            script_cut(&s->script);
            s->shell = NULL;
            await(&s->loop, 20000, s->shell);
            stage_output(s, "\x1b"
                            "cagain");
            stage_await(s, "again");
        }
        assert_int_equal(s->rows, 0);
        stage_keys(s, "y");
        await(&s->loop, 20000, s->typed.len == 2 + (size_t)i && s->rows == 11 && s->cols == 60);
    }
    stage_close(s);
}

static void shell__paste__too_long_is_refused_aloud(void **state)
{
    struct stage *s = open_shell();
    char *text = xmalloc(INPUT_QUEUE_MAX + 2);

    memset(text, 'a', INPUT_QUEUE_MAX + 1);
    text[INPUT_QUEUE_MAX + 1] = '\0';
    stage_paste(s, text);
    assert_non_null(strstr(stage_toast(s), "Not pasted: with what waits already"));
    stage_keys(s, "k");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_memory_equal(s->typed.data, "k", 1);
    text[300000] = '\0';
    stage_paste(s, text);
    await(&s->loop, 20000, s->typed.len == 300001);
    free(text);
    stage_close(s);
}

static void shell__observe__sends_nothing_and_crops(void **state)
{
    struct stage *s = open_list();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,"
                   "\"cols\":90}]}";
    stage_keys(s, "o");
    await(&s->loop, 20000, s->shell);
    stage_output(s, "hello\x1b[6n");
    stage_await(s, "hello");
    stage_await(s, "watching, keys are not sent");
    stage_await(s, "its size is 90x30");
    stage_keys(s, "x");
    loop_turn(&s->loop);
    assert_int_equal(s->rows, 0);
    assert_int_equal(s->typed.len, 0);
    stage_keys(s, "q");
    stage_await(s, "STATUS");
    stage_close(s);
}

static void shell__observe__pans_where_the_user_wants(void **state)
{
    struct stage *s = open_list();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,"
                   "\"cols\":90}]}";
    stage_keys(s, "o");
    await(&s->loop, 20000, s->shell);
    stage_output(s, "\x1b[1;1Htop\x1b[5;84Hright\x1b[30;1Hbottom\x1b[2;2H");
    stage_await(s, "top");
    stage_await(s, "its size is 90x30, arrows move");
    stage_keys(s, "$");
    stage_await(s, "right");
    stage_await(s, "its size is 90x30, G follows the cursor");
    stage_await_gone(s, "top");
    /* What the program does meanwhile does not move it. */
    stage_output(s, "\x1b[20;1Hx");
    stage_await(s, "right");
    stage_keys(s, "0 C-d C-d C-d C-d");
    stage_await(s, "bottom");
    stage_await_gone(s, "right");
    stage_keys(s, "G");
    stage_await(s, "arrows move");
    stage_output(s, "\x1b[1;1H");
    stage_await(s, "top");
    stage_mouse(s, (struct mouse){.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_RIGHT});
    stage_await(s, "G follows");
    stage_golden(s, "observe-panned-60x12");
    assert_int_equal(s->rows, 0);
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void shell__info__is_complete_and_live(void **state)
{
    struct stage *s = open_list();

    s->terminals =
        "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\",\"rows\":30,\"cols\":"
        "90,"
        "\"viewers\":2,\"command\":\"/bin/bash\",\"created_at\":\"2026-01-02T03:04:05.000Z\"}]}";
    stage_resize(s, 24, 80);
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->shell);
    stage_output(s, "\x1b]0;vim \x01notes\x07\x1b]7;file://demo/srv/app\x07hello");
    stage_await(s, "hello");
    stage_keys(s, "C-b i");
    stage_await(s, "command:     /bin/bash");
    stage_await(s, "directory:   /srv/app");
    stage_await(s, "environment: TERM=xterm-256color");
    stage_await(s, "size:        90x30; this pane is 80x23, typing fits it");
    stage_await(s, "viewers:     2, one of them elsewhere");
    stage_await(s, "here:        typing goes there");
    stage_await(s, "recording:   no");
    stage_await(s, "opened:      ");
    end_terminal(s, "the shell ended with status 3");
    stage_await(s, "ended:       the shell ended with status 3");
    stage_keys(s, "Esc");
    stage_await_gone(s, "This terminal");
    stage_close(s);
}

static void shell__replies__answer_the_program(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b[6n");
    await(&s->loop, 20000, s->typed.len >= 6);
    assert_string_equal(s->typed.data, "\x1b[1;3R");
    stage_output(s, "\x07");
    await(&s->loop, 20000, stage_bells(s) == 1);
    stage_close(s);
}

static bool wrote(const struct stage *s, const char *text)
{
    const struct buf *out = stage_written(s);

    return out->len && memmem(out->data, out->len, text, strlen(text));
}

static void shell__guest_copies__only_after_a_yes(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b]52;c;c2VjcmV0\x07"
                    "ready");
    stage_await(s, "wants 6 bytes on your clipboard");
    assert_false(wrote(s, "]52;"));
    stage_keys(s, "Enter"); /* the first answer is no */
    stage_await_gone(s, "wants 6 bytes");
    assert_false(wrote(s, "]52;"));
    /* One that nags is not heard. */
    stage_output(s, "\x1b]52;c;c2VjcmV0\x07"
                    "again");
    stage_await(s, "again");
    stage_await_gone(s, "wants 6 bytes");
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void shell__guest_copies__always_asks_no_more(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b]52;c;c2VjcmV0\x07");
    stage_await(s, "wants 6 bytes on your clipboard");
    stage_keys(s, "Down Down Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "copied 6 bytes from alice/demo"));
    assert_true(wrote(s, "]52;c;c2VjcmV0"));
    stage_output(s, "\x1b]52;c;b3RoZXI=\x07");
    await(&s->loop, 20000, strstr(stage_toast(s), "copied 5 bytes"));
    /* A question for what is there is never answered. */
    stage_output(s, "\x1b]52;c;?\x07"
                    "done");
    stage_await(s, "done");
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void shell__clipboard_off__keeps_a_buffer_only(void **state)
{
    struct stage *s = open_shell();

    s->env.no_clipboard = true;
    stage_output(s, "\x1b]52;c;c2VjcmV0\x07"
                    "word");
    stage_await(s, "word");
    stage_keys(s, "C-b [ b y");
    await(&s->loop, 20000, strstr(stage_toast(s), "clipboard = off"));
    assert_false(wrote(s, "]52;"));
    assert_string_equal(views_buffer(&s->env), "word");
    stage_close(s);
}

static void shell__split__opens_in_the_same_directory(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b]7;file://demo/srv/app\x07"
                    "there");
    stage_await(s, "there");
    stage_keys(s, "C-b %");
    await(&s->loop, 20000, s->n_terminals == 2);
    assert_non_null(strstr(s->last_body, "\"cwd\":\"/srv/app\""));
    stage_close(s);
}

static void shell__link__is_copied_in_copy_mode(void **state)
{
    struct stage *s = open_shell();

    stage_output(s, "\x1b]8;;https://example.org/x\x07"
                    "link\x1b]8;;\x07");
    stage_await(s, "link");
    stage_keys(s, "C-b [ 0 l l g x");
    await(&s->loop, 20000, strstr(stage_toast(s), "https://example.org/x"));
    assert_string_equal(views_buffer(&s->env), "https://example.org/x");
    stage_keys(s, "$ l g x");
    stage_close(s);
}

static void shell__frame_in_pieces__is_drawn_whole(void **state)
{
    struct stage *s = open_shell();
    int64_t begun = clock_mono_ms();

    stage_output(s, "\x1b[?2026h\x1b[Hhalf");
    while (clock_mono_ms() - begun < 60) {
        loop_turn(&s->loop);
        cleanup_free char *screen = stage_screen(s);
        /* So long a frame may take; a turn on a busy machine can be longer. */
        assert_true(!strstr(screen, "half") || clock_mono_ms() - begun >= 150);
    }
    stage_output(s, " whole\x1b[?2026l");
    stage_await(s, "half whole");
    /* One that never ends its frame shows all the same. */
    stage_output(s, "\x1b[?2026h\x1b[Hlate");
    stage_await(s, "late");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shell__open__creates_one_and_shows_it),
        cmocka_unit_test(shell__typed_before_it_is_there__says_what_is_lost),
        cmocka_unit_test(shell__colours__are_those_of_the_users_terminal),
        cmocka_unit_test(shell__colours__are_told_by_who_sets_the_size),
        cmocka_unit_test(shell__size__is_taken_back_by_typing_alone),
        cmocka_unit_test(shell__paste__too_long_is_refused_aloud),
        cmocka_unit_test(shell__links__reach_the_screen),
        cmocka_unit_test(shell__links__are_looked_up_once_a_frame),
        cmocka_unit_test(shell__keys__all_pass_but_the_prefix),
        cmocka_unit_test(shell__paste__asks_when_the_program_does_not_know_pastes),
        cmocka_unit_test(shell__scroll__stays_put_and_counts_new_lines),
        cmocka_unit_test(shell__mouse__is_whose_the_press_is_until_the_release),
        cmocka_unit_test(shell__wheel__sends_keys_only_with_mode_1007),
        cmocka_unit_test(shell__link__lost_is_signed_and_resumes),
        cmocka_unit_test(shell__end__says_why_and_what_to_press),
        cmocka_unit_test(shell__end__with_its_sandbox_says_that),
        cmocka_unit_test(shell__end__q_goes_back),
        cmocka_unit_test(shell__failure__says_why_and_tries_again),
        cmocka_unit_test(shell__slow__shows_progress_and_is_cancelled),
        cmocka_unit_test(shell__several__are_switched_and_survive_leaving),
        cmocka_unit_test(shell__kill__asks_and_goes_back),
        cmocka_unit_test(shell__attach__takes_what_runs_and_then_sets_the_size),
        cmocka_unit_test(shell__attach__leaves_the_size_to_who_is_there_until_a_key),
        cmocka_unit_test(shell__size__is_no_sign_in_a_small_pane),
        cmocka_unit_test(shell__observe__sends_nothing_and_crops),
        cmocka_unit_test(shell__observe__pans_where_the_user_wants),
        cmocka_unit_test(shell__info__is_complete_and_live),
        cmocka_unit_test(shell__replies__answer_the_program),
        cmocka_unit_test(shell__guest_copies__only_after_a_yes),
        cmocka_unit_test(shell__guest_copies__always_asks_no_more),
        cmocka_unit_test(shell__clipboard_off__keeps_a_buffer_only),
        cmocka_unit_test(shell__split__opens_in_the_same_directory),
        cmocka_unit_test(shell__link__is_copied_in_copy_mode),
        cmocka_unit_test(shell__frame_in_pieces__is_drawn_whole),
    };
    signal(SIGPIPE, SIG_IGN);
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
