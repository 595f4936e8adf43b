/* SPDX-License-Identifier: MIT
 *
 * The wall on a scripted host: tiles, order, marks, sizes, looking back.
 */
#include "tests/views/stage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/activity.h"
#include "tui/internal.h"
#include "views/attachment.h"
#include "views/wall_history.h"
#include "views/wall_internal.h"
#include "wire/names.h"

/* Sandboxes s1…sN of namespace "class", named by name; each with terminal t<number>. */
static void add_students(struct stage *s, int n)
{
    for (int i = 1; i <= n; i++) {
        char id[16], name[16];

        char line[64], view[256];

        snprintf(id, sizeof id, "s%d", i);
        snprintf(name, sizeof name, "st%02d", i);
        /* What the sandbox's own page says of it, with the address for its socket. */
        snprintf(line, sizeof line, "GET /v1/sandboxes/%s", id);
        snprintf(view, sizeof view,
                 "{\"sandboxId\":\"%s\",\"url\":\"%s\",\"token\":\"secret-%s\",\"namespace\":"
                 "\"class\",\"name\":\"%s\",\"provider\":\"computesdk\"}",
                 id, s->script.url, id, name);
        stage_answer(s, line, 200, view);
        stage_sandbox(s, MSG_SANDBOX_CREATED, id, "class", name, "running", 1, 3600000, 0);
    }
}

static bool has_field(const char *const *fields, const char *name)
{
    for (; fields && *fields; fields += 2)
        if (!strcmp(*fields, name))
            return true;
    return false;
}

static void tell(struct stage *s, int i, const char *const *fields)
{
    char sandbox[16], terminal[16];
    const char *common[] = {"terminal_id", terminal, "rows",        "#24", "cols",     "#80",
                            "output_age",  "#0",     "input_age",   "#0",  "command",  "bash",
                            "hand_age",    "#-1",    "bell_age",    "#-1", "exit_age", "#-1",
                            "command_age", "#-1",    "frozen_left", "#0",  NULL};
    const char *all[64] = {NULL};
    size_t n = 0;

    for (size_t k = 0; fields && fields[k]; k++)
        all[n++] = fields[k];
    for (size_t k = 0; common[k]; k += 2) {
        if (has_field(fields, common[k]))
            continue;
        all[n++] = common[k];
        all[n++] = common[k + 1];
    }
    snprintf(sandbox, sizeof sandbox, "s%d", i);
    snprintf(terminal, sizeof terminal, "t%d", i);
    stage_push(s, sandbox, "terminal:activity", "activity", all);
}

static void print(struct stage *s, int i, const char *bytes)
{
    char sandbox[16], terminal[16], channel[32];
    const char *fields[] = {"terminal_id", terminal, "output", bytes, NULL};

    snprintf(sandbox, sizeof sandbox, "s%d", i);
    snprintf(terminal, sizeof terminal, "t%d", i);
    snprintf(channel, sizeof channel, "terminal:%s", terminal);
    stage_push(s, sandbox, MSG_TERMINAL_OUTPUT, channel, fields);
}

/* A wall of n students, each with a prompt. */
static struct stage *open_wall(int rows, int cols, int n)
{
    struct stage *s = stage_open_synced(rows, cols);

    stage_answer(s, "GET /info", 200,
                 "{\"extensions\":[\"list\",\"snapshot\",\"terminal-size\",\"input-ack\","
                 "\"activity\",\"search\",\"freeze\",\"notice\"],\"version\":\"1\"}");
    add_students(s, n);
    stage_await(s, "st01");
    stage_keys(s, "W");
    await(&s->loop, 20000, s->n_attached == n);
    for (int i = 1; i <= n; i++)
        tell(s, i, NULL);
    await(&s->loop, 20000, s->n_attached > n);
    while (uv_run(&s->loop, UV_RUN_NOWAIT), n <= 6 && s->n_attached < 2 * n)
        ;
    return s;
}

static void on_timer(uv_timer_t *timer)
{
}

/* Things that must not happen need a time in which they could. */
static void run_for(struct stage *s, int64_t ms)
{
    int64_t until = clock_mono_ms() + ms;
    uv_timer_t timer;

    uv_timer_init(&s->loop, &timer);
    uv_timer_start(&timer, on_timer, 1, 1);
    while (clock_mono_ms() < until)
        uv_run(&s->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&s->loop, UV_RUN_NOWAIT);
}

static void wall__open__shows_each_terminal(void **state)
{
    struct stage *s = open_wall(24, 80, 4);

    await(&s->loop, 20000, s->n_attached == 8);
    for (int i = 1; i <= 4; i++) {
        char text[64];

        snprintf(text, sizeof text, "student %d$ ", i);
        print(s, i, text);
    }
    stage_await(s, "student 4$");
    stage_golden_sizes(s, "wall-4");
    stage_close(s);
}

/* What students do, by turns. */
static void let_work(struct stage *s, int n)
{
    static const char *const hand[] = {"hand_age", "#130000", "note", "how do I quit vi?", NULL};
    static const char *const failing[] = {
        "commands",   "#9",    "failed_row", "#4",
        "same_error", "#4",    "last_exit",  "#1",
        "exit_age",   "#2000", "error",      "ModuleNotFoundError: No module named 'numpy'",
        NULL};
    static const char *const idle[] = {"output_age", "#780000", "input_age", "#780000", NULL};
    static const char *const busy[] = {
        "command", "python3 plot.py", "command_age", "#4000", "viewers", "#2", NULL};
    static const char *const helped[] = {"with",      "Ada",   "commands",   "#3",
                                         "last_exit", "#2",    "failed_row", "#1",
                                         "exit_age",  "#1000", NULL};
    static const char *const *const kinds[] = {NULL, hand, failing, idle, busy, helped};
    char text[512];

    for (int i = 1; i <= n; i++) {
        int kind = i % 7 == 3    ? 2
                   : i % 11 == 5 ? 1
                   : i % 5 == 2  ? 3
                   : i % 6 == 4  ? 4
                   : i % 13 == 8 ? 5
                                 : 0;

        tell(s, i, kinds[kind]);
        snprintf(
            text, sizeof text,
            "st%02d@class:~$ ls\r\n\033[34mnotes\033[0m  plot.py  README.md\r\nst%02d@class:~$ "
            "python3 plot.py\r\n%sst%02d@class:~$ ",
            i, i,
            kind == 2 ? "\033[31mModuleNotFoundError: No module named 'numpy'\033[0m\r\n" : "", i);
        print(s, i, text);
    }
}

static struct stage *open_class(int rows, int cols, int n)
{
    struct stage *s = open_wall(rows, cols, n);

    await(&s->loop, 20000, s->n_attached >= 2 * n || s->n_attached > n + 20);
    let_work(s, n);
    return s;
}

static void wall__thirty__golden(void **state)
{
    struct stage *s = open_class(50, 200, 30);

    stage_await(s, "\xe2\x9c\x8b hand");
    stage_await(s, "plot.py");
    stage_golden_sizes(s, "wall-30");
    stage_close(s);
}

static void wall__hundred__golden(void **state)
{
    struct stage *s = open_class(50, 200, 100);

    stage_await(s, "\xe2\x9c\x8b hand");
    stage_golden_sizes(s, "wall-100");
    stage_close(s);
}

/* The page's tiles, in order: the names at the beginnings of headers on the screen's first row. */
static bool is_first(const char *screen, const char *name)
{
    size_t skip = strspn(screen, "\xe2\x96\xb6");

    return strncmp(screen + skip, name, strlen(name)) == 0;
}

static void assert_first(struct stage *s, const char *name)
{
    cleanup_free char *screen = stage_screen(s);

    if (!is_first(screen, name))
        fail_msg("%s is not first:\n%s", name, screen);
}

static void await_first(struct stage *s, const char *name, int64_t within_ms)
{
    int64_t until = clock_mono_ms() + within_ms;

    for (;;) {
        cleanup_free char *screen = stage_screen(s);

        if (is_first(screen, name))
            return;
        if (clock_mono_ms() > until)
            fail_msg("%s is not first after %lld ms:\n%s", name, (long long)within_ms, screen);
        uv_run(&s->loop, UV_RUN_ONCE);
    }
}

static const char *const hand_up[] = {"hand_age", "#1000", "note", "help me", NULL};

static void wall__hand__comes_first_and_is_jumped_to(void **state)
{
    struct stage *s = open_wall(24, 80, 6);

    tell(s, 5, hand_up);
    await_first(s, "st05", 3000);
    /* As long as nobody has chosen another. */
    stage_await(s, "\xe2\x96\xb6st05");
    stage_await(s, "hand up 0s: help me");
    stage_keys(s, "l");
    stage_await(s, "\xe2\x96\xb6st01");
    stage_keys(s, "a");
    stage_await(s, "\xe2\x96\xb6st05");
    stage_keys(s, "a");
    assert_non_null(strstr(stage_toast(s), "Nobody else needs somebody now"));
    stage_keys(s, "!");
    stage_await_gone(s, "st01");
    stage_keys(s, "d");
    stage_await(s, "attention 2000");
    stage_keys(s, "Esc Esc");
    stage_await(s, "st01");
    tell(s, 5, NULL);
    stage_await_gone(s, "hand");
    stage_close(s);
}

static void wall__order__rests_after_a_key(void **state)
{
    struct stage *s = open_wall(24, 80, 6);

    stage_await(s, "st06");
    stage_keys(s, "l");
    int64_t pressed = clock_mono_ms();
    tell(s, 5, hand_up);
    stage_await(s, "\xe2\x9c\x8b");
    if (clock_mono_ms() - pressed < 1500)
        assert_first(s, "st01");
    await_first(s, "st05", 5000);
    /* Held, it stays. */
    stage_keys(s, "Z");
    stage_await(s, "held");
    tell(s, 5, NULL);
    stage_await_gone(s, "\xe2\x9c\x8b");
    assert_first(s, "st05");
    stage_close(s);
}

static void wall__zoom__watches_in_the_size_that_is_there(void **state)
{
    struct stage *s = open_wall(24, 80, 2);

    print(s, 2, "second student");
    stage_await(s, "second student");
    stage_answer(s, "GET /terminals @s2", 200,
                 "{\"terminals\":[{\"id\":\"t2\",\"pty\":true,\"status\":\"running\",\"rows\":24,"
                 "\"cols\":80,\"viewers\":2}]}");
    stage_keys(s, "l Enter");
    stage_await(s, "watching, keys are not sent");
    stage_await(s, "second student");
    stage_type(s, "x");
    /* Taking part types, and says so, and leaves the size alone. */
    stage_keys(s, "i");
    stage_await(s, "taking part, C-b e leaves");
    stage_type(s, "y");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_memory_equal(s->typed.data, "y", 1);
    assert_string_equal(s->typed_into, "t2");
    assert_string_equal(s->resized, "");
    stage_keys(s, "C-b e");
    stage_await(s, "st01");
    stage_keys(s, "z");
    assert_int_equal(s->typed.len, 1);
    assert_string_equal(s->resized, "");
    stage_close(s);
}

static void wall__marks__are_what_a_command_runs_in(void **state)
{
    struct stage *s = open_wall(24, 80, 5);

    stage_keys(s, "l Space l V");
    stage_await(s, "*3 marked");
    stage_keys(s, "b");
    stage_await(s, "Run in 3 sandboxes");
    stage_keys(s, "Esc U");
    stage_await_gone(s, "marked");
    stage_keys(s, "*");
    stage_await(s, "*5 marked");
    stage_close(s);
}

static void wall__quiet__draws_nothing(void **state)
{
    struct stage *s = open_wall(24, 80, 6);

    stage_await(s, "st06");
    run_for(s, 500);
    int64_t drawn = s->tui->last_frame_ms;
    run_for(s, 1500);
    assert_int_equal(s->tui->last_frame_ms, drawn);
    stage_close(s);
}

static void wall__flood__is_drawn_at_a_bounded_rate(void **state)
{
    struct stage *s = open_wall(24, 80, 2);
    int n_frames = 0;
    int64_t last = 0, until = clock_mono_ms() + 1000;

    await(&s->loop, 20000, s->n_attached == 4);
    for (int i = 0; clock_mono_ms() < until; i++) {
        char line[64];

        snprintf(line, sizeof line, "line %d\r\n", i);
        print(s, 1, line);
        run_for(s, 5);
        n_frames += s->tui->last_frame_ms != last;
        last = s->tui->last_frame_ms;
    }
    assert_in_range(n_frames, 3, 12);
    stage_close(s);
}

static void wall__bell__rings_nobody(void **state)
{
    struct stage *s = open_wall(24, 80, 2);

    await(&s->loop, 20000, s->n_attached == 4);
    print(s, 1, "ding\a");
    stage_await(s, "ding");
    assert_int_equal(stage_bells(s), 0);
    stage_close(s);
}

static void wall__page__only_what_shows_is_subscribed(void **state)
{
    struct stage *s = open_wall(12, 40, 30);

    stage_await(s, "page 1/");
    int n = s->n_attached - 30;
    assert_in_range(n, 1, 8);
    stage_keys(s, "PgDn");
    stage_await(s, "page 2/");
    await(&s->loop, 20000, s->n_attached - 30 == 2 * n);
    /* After a while the page before is let go. */
    const struct wall *w = wall_of_view(tui_focused(s->tui));
    run_for(s, WALL_LINGER_MS + 500);
    int n_attached = 0;
    const struct wall_tile *t;
    TAILQ_FOREACH (t, &w->tiles, link) {
        n_attached += t->attachment != NULL;
        assert_true(!t->attachment || t->on_page);
    }
    assert_int_equal(n_attached, n);
    stage_close(s);
}

static void wall__travel__shows_all_as_they_were(void **state)
{
    struct stage *s = open_wall(24, 80, 2);

    await(&s->loop, 20000, s->n_attached == 4);
    print(s, 1, "one before");
    print(s, 2, "two before");
    stage_await(s, "two before");
    run_for(s, 5200);
    print(s, 1, "\033[2J\033[Hone after");
    print(s, 2, "\033[2J\033[Htwo after");
    stage_await(s, "two after");
    stage_keys(s, "[");
    stage_await(s, "LOOKING BACK");
    stage_await(s, "one before");
    stage_await(s, "two before");
    stage_await_gone(s, "after");
    stage_await(s, "UTC, 5s ago");
    stage_await(s, "T live");
    stage_keys(s, "T");
    stage_await(s, "two after");
    stage_await_gone(s, "LOOKING BACK");
    stage_close(s);
}

static void wall__travel__in_the_size_it_had(void **state)
{
    static const char *const size[] = {"terminal_id", "t1", "rows", "#10", "cols", "#40", NULL};
    struct stage *s = open_wall(24, 80, 1);

    print(s, 1, "before it");
    stage_await(s, "before it");
    stage_push(s, "s1", MSG_TERMINAL_RESIZED, "terminal:t1", size);
    print(s, 1, "\033[10;31Hover there");
    stage_await(s, "over there");
    const struct wall *w = wall_of_view(tui_focused(s->tui));
    struct term *past = wall_history_at(TAILQ_FIRST(&w->tiles), clock_mono_ms());
    assert_non_null(past);
    assert_int_equal(term_rows(past), 10);
    assert_int_equal(term_cols(past), 40);
    assert_int_equal(term_row(past, 9)[39].glyph, 'e');
    term_destroy(past);
    stage_close(s);
}

static void wall__ends__are_shown(void **state)
{
    struct stage *s = open_wall(24, 80, 3);
    static const char *const gone[] = {"terminal_id", "t2", NULL};

    stage_await(s, "st03");
    print(s, 2, "last words");
    stage_await(s, "last words");
    stage_push(s, "s2", MSG_TERMINAL_DESTROYED, "terminal:t2", gone);
    stage_await(s, "\xe2\x96\xa0 ended");
    stage_await(s, "the shell ended");
    stage_sandbox(s, MSG_SANDBOX_UPDATED, "s3", "class", "st03", "lost", 0, 3600000, 0);
    stage_await(s, "the sandbox was lost");
    stage_tell(s, MSG_SANDBOX_DELETED, "\"sandboxId\":\"s1\"");
    stage_await(s, "the sandbox is gone");
    stage_close(s);
}

static void wall__host_gone__is_told_on_every_tile(void **state)
{
    struct stage *s = open_wall(24, 80, 2);

    print(s, 1, "still here");
    stage_await(s, "still here");
    stage_host_down(s);
    stage_await(s, "\xe2\x9c\x97 stale");
    stage_await(s, "still here");
    stage_close(s);
}

static void wall__empty__says_what_to_do(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_keys(s, "W");
    stage_await(s, "There is no sandbox to show");
    stage_golden(s, "wall-empty-80x24");
    stage_resize(s, 6, 24);
    stage_await(s, "There is no sandbox");
    stage_close(s);
}

static void wall__mouse__selects_and_opens(void **state)
{
    struct stage *s = open_wall(24, 80, 4);
    struct mouse press = {.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 14, .col = 60};

    stage_await(s, "st04");
    stage_mouse(s, (struct mouse){.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_LEFT});
    stage_await(s, "\xe2\x96\xb6st01");
    stage_mouse(s, (struct mouse){.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_DOWN});
    stage_await_gone(s, "\xe2\x96\xb6st01");
    stage_mouse(s, (struct mouse){.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_UP});
    stage_await(s, "\xe2\x96\xb6st01");
    stage_mouse(s, press);
    stage_await(s, "\xe2\x96\xb6st04");
    stage_mouse(s, press);
    stage_await_gone(s, "st01");
    stage_close(s);
}

static void wall__search__goes_to_the_line(void **state)
{
    struct stage *s = open_wall(24, 80, 3);

    stage_answer(s, "POST /terminals/search", 200, "{\"hits\":[],\"truncated\":false}");
    stage_answer(s, "POST /terminals/search @s2", 200,
                 "{\"hits\":[{\"terminal_id\":\"t2\",\"line\":20,\"from\":0,\"to\":5,\"text\":"
                 "\"Error: \\u001b[31mno such table\",\"age\":61000}],\"truncated\":false}");
    stage_answer(s, "GET /terminals @s2", 200,
                 "{\"terminals\":[{\"id\":\"t2\",\"pty\":true,\"status\":\"running\",\"rows\":24,"
                 "\"cols\":80,\"viewers\":1}]}");
    print(s, 2, "first\r\n\r\nsecond\r\nError: no such table\r\n");
    stage_await(s, "no such table");
    stage_keys(s, "/");
    stage_await(s, "Search all these terminals");
    stage_type(s, "Error:");
    stage_keys(s, "Enter");
    stage_await(s, "1 hit in 3 sandboxes");
    stage_await(s, "class/st02");
    stage_await(s, "Error:  [31mno such table");
    stage_forget_toast(s);
    stage_golden(s, "wall-hits-80x24");
    assert_non_null(strstr(s->last_body, "\"pattern\":\"Error:\""));
    stage_keys(s, "Enter");
    stage_await(s, "0 of 0 lines back");
    int row, col;
    assert_true(stage_cursor(s, &row, &col));
    assert_int_equal(row, 3);
    stage_keys(s, "q q q");
    stage_await(s, "wall 3");
    stage_close(s);
}

static void wall__search__says_what_is_wrong_with_a_pattern(void **state)
{
    struct stage *s = open_wall(24, 80, 2);

    stage_answer(s, "POST /terminals/search", 400, "{\"error\":\"missing closing parenthesis\"}");
    stage_keys(s, "/");
    stage_type(s, "(");
    stage_keys(s, "Enter");
    stage_await(s, "missing closing parenthesis");
    stage_close(s);
}

static void wall__class__is_told_frozen_and_helped(void **state)
{
    struct stage *s = open_wall(24, 80, 3);

    stage_answer(s, "POST /notices", 200, "{\"id\":\"n1\",\"at\":1}");
    stage_answer(s, "POST /terminals/t", 200,
                 "{\"terminal_id\":\"t1\",\"frozen_left\":60000,\"by\":\"Ada\"}");
    stage_keys(s, "* M");
    stage_await(s, "Message to all of these");
    stage_type(s, "break until ten");
    stage_keys(s, "Enter");
    stage_await(s, "told 3 sandboxes");
    assert_string_equal(s->last_request, "POST /notices");
    assert_non_null(strstr(s->last_body, "\"text\":\"break until ten\""));
    stage_keys(s, "U F");
    stage_await(s, "Freeze its input");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /terminals/t1/freeze"));
    assert_non_null(strstr(s->last_body, "\"seconds\":60"));
    static const char *const frozen[] = {"frozen_left", "#60000", NULL};
    tell(s, 1, frozen);
    stage_await(s, "\xe2\x9d\x84 frozen 1m");
    stage_keys(s, "H");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /terminals/t1/hand"));
    assert_non_null(strstr(s->last_body, "\"up\":false"));
    stage_close(s);
}

static void wall__message__is_taken_back(void **state)
{
    struct stage *s = open_wall(24, 80, 3);

    stage_answer(s, "GET /notices", 200, "{\"notices\":[]}");
    stage_keys(s, "u");
    stage_await(s, "There are no messages to class/st01");
    stage_answer(s, "GET /notices", 200,
                 "{\"notices\":[{\"id\":\"n1\",\"text\":\"break\",\"from\":\"ada\",\"at\":1},"
                 "{\"id\":\"n2\",\"text\":\"wrong\\u001b[2J\",\"from\":\"ada\",\"at\":2}]}");
    stage_answer(s, "GET /notices @s3", 200,
                 "{\"notices\":[{\"id\":\"n9\",\"text\":\"break\",\"from\":\"bob\",\"at\":1}]}");
    stage_answer(s, "DELETE /notices", 200, "{}");
    stage_keys(s, "* u");
    stage_await(s, "Take back which message to 3?");
    stage_await(s, "wrong [2J");
    stage_keys(s, "Down Enter");
    stage_await(s, "took it back from 2 of 3; first failure: class/st03: that message does not");
    assert_string_equal(s->last_request, "DELETE /notices/n1");
    stage_answer(s, "GET /notices", 0, NULL);
    stage_keys(s, "U u");
    stage_await(s, "asking for the messages");
    stage_keys(s, "Esc");
    stage_await(s, "Cancelled: asking for the messages");
    s->env.readonly = true;
    stage_keys(s, "u");
    stage_await(s, "read-only");
    stage_close(s);
}

/* A shell of one's own in s1, then the wall. */
static struct stage *open_with_shell(void)
{
    struct stage *s = open_wall(24, 80, 3);

    stage_answer(s, "GET /terminals @s1", 200,
                 "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"}]}");
    stage_answer(s, "POST /notices", 200, "{\"id\":\"n1\",\"at\":1}");
    stage_answer(s, "POST /auth/magic-links", 200,
                 "{\"magic_url\":\"http://s1.localhost/auth/magic/ml_1\"}");
    stage_keys(s, "q");
    stage_await(s, "STATUS");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->env.state->n_open == 1);
    stage_keys(s, "C-b e W");
    stage_await(s, "wall 3");
    return s;
}

static void wall__present__sends_links_for_watching(void **state)
{
    struct stage *s = open_with_shell();

    stage_answer(s, "GET /info @s1", 200, "{\"extensions\":[\"observe\"],\"version\":\"1\"}");
    stage_keys(s, "* P");
    stage_await(s, "Show which terminal to 3?");
    stage_keys(s, "Enter");
    stage_await(s, "showed it to 3 sandboxes");
    assert_string_equal(s->last_request, "POST /notices");
    assert_non_null(strstr(s->last_body, "\"url\":\"http://s1.localhost/auth/magic/ml_1\""));
    stage_close(s);
}

static void wall__present__not_with_links_that_allow_everything(void **state)
{
    struct stage *s = open_with_shell();

    s->last_request[0] = '\0';
    stage_keys(s, "P Enter");
    stage_await(s, "no links for watching only");
    assert_string_equal(s->last_request, "");
    stage_close(s);
}

static void wall__present__is_cancelled(void **state)
{
    struct stage *s = open_with_shell();

    stage_answer(s, "GET /info @s1", 0, NULL);
    stage_keys(s, "* P");
    stage_await(s, "Show which terminal to 3?");
    stage_keys(s, "Enter");
    run_for(s, 50);
    stage_keys(s, "C-c");
    assert_non_null(strstr(stage_toast(s), "Cancelled 3 requests"));
    stage_close(s);
}

static void wall__flood__keeps_little_of_it(void **state)
{
    struct stage *s = open_wall(24, 80, 2);
    cleanup_buf struct buf lines = {0};

    for (int i = 0; i < 2000; i++)
        buf_printf(&lines, "line %d of a flood\r\n", i);
    for (int i = 0; i < 60; i++) {
        print(s, 1, lines.data);
        run_for(s, 20);
    }
    const struct wall *w = wall_of_view(tui_focused(s->tui));
    assert_in_range(w->n_history_bytes, 1, 128 << 10);
    /* And its last screen is there to go back to, once it has been read: what is only glanced at is
     * read slowly. A second later that screen was kept. */
    const struct attachment *flooded = attachment_find(&s->env, "s1", "t1");
    assert_non_null(flooded);
    await(&s->loop, 20000, attachment_traffic(flooded).output_bytes >= 60 * lines.len);
    run_for(s, 1500);
    print(s, 1, "\033[2J\033[Hquiet now");
    stage_await(s, "quiet now");
    run_for(s, 4700);
    stage_keys(s, "[");
    stage_await(s, "line 1999 of a flood");
    stage_close(s);
}

static size_t count_files(const char *dir, bool remove_them)
{
    DIR *d = opendir(dir);
    size_t n = 0;

    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (entry->d_name[0] == '.')
            continue;
        n++;
        if (remove_them)
            unlinkat(dirfd(d), entry->d_name, 0);
    }
    if (d)
        closedir(d);
    return n;
}

static void wall__record__all_marked(void **state)
{
    char dir[] = "/tmp/sandpit-wall-XXXXXX";
    struct stage *s = open_wall(24, 80, 3);

    assert_non_null(mkdtemp(dir));
    s->env.recordings_dir = dir;
    stage_keys(s, "* R");
    assert_non_null(strstr(stage_toast(s), "recording 3 terminals"));
    stage_await(s, "\xe2\x97\x8f REC");
    assert_int_equal(count_files(dir, false), 3);
    stage_forget_toast(s);
    stage_keys(s, "R");
    assert_non_null(strstr(stage_toast(s), "3 recordings ended"));
    stage_await_gone(s, "REC");
    stage_close(s);
    count_files(dir, true);
    rmdir(dir);
}

/* A host that does not count: its list of terminals is asked for instead. */
static void wall__plain_host__shows_its_terminals(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"},"
                   "{\"id\":\"t2\",\"pty\":true,\"status\":\"running\"},"
                   "{\"id\":\"cmd\",\"pty\":false,\"status\":\"running\"}]}";
    add_students(s, 1);
    stage_await(s, "st01");
    stage_keys(s, "W");
    stage_await(s, "st01:2");
    stage_await(s, "wall 2");
    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"}]}";
    stage_await(s, "\xe2\x96\xa0 ended");
    stage_close(s);
}

static void wall__readonly__changes_nothing(void **state)
{
    struct stage *s = open_wall(24, 80, 2);

    s->env.readonly = true;
    s->last_request[0] = '\0';
    stage_keys(s, "M");
    assert_non_null(strstr(stage_toast(s), "read-only"));
    stage_forget_toast(s);
    stage_keys(s, "i");
    assert_non_null(strstr(stage_toast(s), "read-only"));
    stage_keys(s, "F b P H");
    assert_string_equal(s->last_request, "");
    stage_close(s);
}

static void wall__sizes__adapt_and_page(void **state)
{
    struct stage *s = open_wall(24, 80, 6);

    stage_keys(s, "+ +");
    stage_await(s, "page 1/");
    stage_keys(s, "G");
    stage_await_gone(s, "st01");
    stage_await(s, "\xe2\x96\xb6st06");
    stage_keys(s, "0");
    stage_await(s, "st01");
    stage_await_gone(s, "page");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall__open__shows_each_terminal),
        cmocka_unit_test(wall__thirty__golden),
        cmocka_unit_test(wall__hand__comes_first_and_is_jumped_to),
        cmocka_unit_test(wall__order__rests_after_a_key),
        cmocka_unit_test(wall__zoom__watches_in_the_size_that_is_there),
        cmocka_unit_test(wall__marks__are_what_a_command_runs_in),
        cmocka_unit_test(wall__quiet__draws_nothing),
        cmocka_unit_test(wall__flood__is_drawn_at_a_bounded_rate),
        cmocka_unit_test(wall__bell__rings_nobody),
        cmocka_unit_test(wall__page__only_what_shows_is_subscribed),
        cmocka_unit_test(wall__travel__shows_all_as_they_were),
        cmocka_unit_test(wall__travel__in_the_size_it_had),
        cmocka_unit_test(wall__ends__are_shown),
        cmocka_unit_test(wall__host_gone__is_told_on_every_tile),
        cmocka_unit_test(wall__empty__says_what_to_do),
        cmocka_unit_test(wall__mouse__selects_and_opens),
        cmocka_unit_test(wall__search__goes_to_the_line),
        cmocka_unit_test(wall__search__says_what_is_wrong_with_a_pattern),
        cmocka_unit_test(wall__class__is_told_frozen_and_helped),
        cmocka_unit_test(wall__message__is_taken_back),
        cmocka_unit_test(wall__record__all_marked),
        cmocka_unit_test(wall__plain_host__shows_its_terminals),
        cmocka_unit_test(wall__readonly__changes_nothing),
        cmocka_unit_test(wall__present__sends_links_for_watching),
        cmocka_unit_test(wall__present__not_with_links_that_allow_everything),
        cmocka_unit_test(wall__present__is_cancelled),
        cmocka_unit_test(wall__flood__keeps_little_of_it),
        cmocka_unit_test(wall__sizes__adapt_and_page),
        cmocka_unit_test(wall__hundred__golden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
