/* SPDX-License-Identifier: MIT
 *
 * The network away for 30 s under ten panes: reset in one dashboard, silent in another. All resume
 * with what the terminals hold, and what was typed meanwhile arrives once and in order.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "tests/e2e/desk.h"
#include "tests/e2e/proxy.h"

#define N_PANES 10
#define CUT_MS  30000
#define ROWS    61
#define COLS    161

/* A gateway of its own behind a proxy of its own, and a dashboard with ten shells. */
struct side {
    struct lab *lab;
    struct proxy *proxy;
    struct pty *p;
};

static void open_side(struct side *s, struct lab *l)
{
    static const char *const keys[] = {"%",  "\"", "\"", "\"", "\"", ("h" PREFIX "\""),
                                       "\"", "\"", "\""};

    s->lab = l;
    s->proxy = proxy_create();
    cleanup_free char *listen = xasprintf("127.0.0.2:%d", proxy_port(s->proxy));
    lab_gateway(l, listen);
    s->p = desk_open(l, ROWS, COLS, "t/cut");
    for (int i = 0; i < N_PANES - 1; i++)
        desk_split(s->p, keys[i], i + 2);
}

/* A line into each pane, with its number in the middle. */
static void type_in_all(struct side *s, const char *before, const char *after)
{
    for (int i = 0; i < N_PANES; i++) {
        cleanup_free char *line = xasprintf("%s%d%s\r" PREFIX "o", before, i, after);

        pty_send(s->p, line);
        pty_pump(s->p);
    }
}

static size_t count(struct pty *p, const char *text)
{
    size_t n = 0;

    for (const char *at = pty_screen_text(p); (at = strstr(at, text)); at++)
        n++;
    return n;
}

static bool has_ten_signs(struct pty *p, void *user)
{
    return count(p, "connection lost") == N_PANES;
}

static bool has_ten(struct pty *p, void *text)
{
    return count(p, text) >= N_PANES;
}

/* Each cell but those of titles, as a line of text each. */
static char *cells_of(struct pty *p)
{
    struct buf out = {0};

    for (int row = 0; row < ROWS - 1; row++)
        for (int col = 0; col < COLS; col++) {
            struct pty_cell cell = pty_cell(p, row, col);

            if (!strstr(pty_row_text(p, row), "t/cut"))
                buf_printf(&out, "%d,%d \"%s\" %d%d%d %d %d\n", row, col,
                           *cell.text ? cell.text : " ", cell.bold, cell.underline, cell.reverse,
                           cell.fg_index, cell.bg_index);
        }
    return buf_steal(&out);
}

static void assert_same_lines(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] && a[i] == b[i])
        i++;
    if (a[i] == b[i])
        return;
    while (i && a[i - 1] != '\n')
        i--;
    fail_msg("resumed: %.40s, fresh: %.40s", a + i, b + i);
}

static void check_resumed(struct side *s)
{
    char text[32];

    assert_true(pty_wait(s->p, 2 * WAIT_MS, has_ten, (void *)"last-2"));
    assert_true(pty_wait_gone(s->p, WAIT_MS, "connection lost", NULL));
    for (int i = 0; i < N_PANES; i++) {
        snprintf(text, sizeof text, "cat log%d", i);
        lab_do(s->lab, "exec", "t/cut", "--", "sh", "-c", text, NULL);
        lab_run(s->lab, "exec", "t/cut", "--", "sh", "-c", text, NULL);
        assert_string_equal(s->lab->out, "before\nduring\nlate\n");
    }
    assert_true(pty_wait_quiet(s->p, 500, WAIT_MS));
    cleanup_free char *resumed = cells_of(s->p);
    desk_leave(s->p);
    s->p = lab_pty(s->lab, ROWS, COLS, NULL);
    assert_true(pty_wait(s->p, WAIT_MS, has_ten, (void *)"last-2"));
    assert_true(pty_wait_quiet(s->p, 500, WAIT_MS));
    cleanup_free char *fresh = cells_of(s->p);
    assert_same_lines(resumed, fresh);
    desk_leave(s->p);
}

static void close_side(struct side *s)
{
    proxy_destroy(s->proxy);
}

static void cut__of_30_s_under_ten_panes__all_resume(void **state)
{
    struct side reset = {0}, silent = {0};
    void *other = NULL;

    assert_int_equal(lab_setup(&other), 0);
    open_side(&reset, *state);
    open_side(&silent, other);
    struct side *sides[] = {&reset, &silent};
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        type_in_all(sides[i], "clear; printf '\\033[1;35m%s\\033[m\\n' ",
                    "-pane; for i in $(seq 1 15); do echo tick-$i; sleep 2; done");
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        assert_true(pty_wait(sides[i]->p, 2 * WAIT_MS, has_ten, (void *)"tick-1"));
    int64_t start = clock_mono_ms();
    proxy_cut(reset.proxy);
    proxy_hush(silent.proxy);
    /* Before it is noticed, and after. */
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        type_in_all(sides[i], "echo before >> log", "");
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        assert_true(pty_wait(sides[i]->p, WAIT_MS, has_ten_signs, NULL));
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        type_in_all(sides[i], "echo during >> log", "");
    while (clock_mono_ms() < start + CUT_MS) {
        poll(NULL, 0, 20);
        for (size_t i = 0; i < ARRAY_LEN(sides); i++)
            assert_true(pty_pump(sides[i]->p));
    }
    for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
        assert_true(has_ten_signs(sides[i]->p, NULL));
        proxy_mend(sides[i]->proxy);
        type_in_all(sides[i], "echo late >> log", "; clear; echo last-$((1+1))");
    }
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        check_resumed(sides[i]);
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        close_side(sides[i]);
    assert_int_equal(lab_teardown(&other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(cut__of_30_s_under_ten_panes__all_resume),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
