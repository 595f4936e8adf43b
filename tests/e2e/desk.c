/* SPDX-License-Identifier: MIT */
#include "tests/e2e/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

struct pty *desk_open(struct lab *l, int rows, int cols, const char *sandbox)
{
    lab_do(l, "new", "--find", sandbox, NULL);
    struct pty *p = lab_pty(l, rows, cols, NULL);
    const char *name = strchr(sandbox, '/') + 1;
    cleanup_free char *filter = xasprintf("/^%s\r", sandbox);

    assert_screen(p, name, "running");
    pty_send(p, filter);
    assert_true(pty_wait_quiet(p, 150, WAIT_MS));
    pty_send(p, "\r");
    assert_screen(p, "$", sandbox);
    return p;
}

void desk_leave(struct pty *p)
{
    pty_send(p, PREFIX "d");
    if (pty_exit_status(p, WAIT_MS) != 0)
        fail_msg("status %d: %s", pty_exit_status(p, 0), pty_screen_text(p));
    assert_false(pty_state(p).alternate_screen);
    assert_true(pty_termios(p).c_lflag & ICANON);
    assert_true(pty_termios(p).c_lflag & ECHO);
    pty_destroy(p);
}

struct answer {
    char opening[32];
    char *out;
    size_t n;
};

static bool is_answered(struct pty *p, void *user)
{
    struct answer *a = user;
    const char *at = strstr(pty_screen_text(p), a->opening), *end;

    if (!at)
        return false;
    at += strlen(a->opening);
    end = at + strcspn(at, "]\n");
    if (*end != ']')
        return false;
    snprintf(a->out, a->n, "%.*s", (int)(end - at), at);
    return true;
}

void desk_ask(struct pty *p, const char *tag, const char *command, char *out, size_t n)
{
    struct answer a = {.out = out, .n = n};
    cleanup_free char *line =
        xasprintf("clear; printf '%%s=[%%s]\\n' %s \"$(%s)\"\r", tag, command);

    snprintf(a.opening, sizeof a.opening, "%s=[", tag);
    pty_send(p, line);
    assert_true(pty_wait(p, WAIT_MS, is_answered, &a));
}

void desk_run(struct pty *p, const char *command, const char *shown)
{
    pty_send(p, command);
    pty_send(p, "\r");
    assert_screen(p, shown);
}

/* A title's line begins each pane: "─ 0 t/one one: ~ 50x28 <1ms ───", thick for the one with the
 * keys. */
int desk_panes(struct pty *p)
{
    static const char *const begins[] = {"\xe2\x94\x80 ", "\xe2\x94\x81 "};
    const char *text = pty_screen_text(p);
    int n = 0;

    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        for (const char *at = text; (at = strstr(at, begins[i])); at++)
            n += at[4] >= '0' && at[4] <= '9';
    return n;
}

static bool has_panes(struct pty *p, void *user)
{
    return desk_panes(p) == *(int *)user;
}

void desk_split(struct pty *p, const char *key, int n)
{
    pty_send(p, PREFIX);
    pty_send(p, key);
    assert_true(pty_wait(p, WAIT_MS, has_panes, &n));
    assert_screen(p, "$");
}

/* The round trip that begins at text (" <1ms", " 12ms"), or 0. */
static size_t round_trip(const char *text)
{
    size_t n = text[0] == ' ' ? 1 + strspn(text + 1, "<0123456789") : 0;

    return n > 1 && strncmp(text + n, "ms ", 3) == 0 ? n + 2 : 0;
}

char *desk_picture(struct pty *p)
{
    struct buf out = {0};

    for (int row = 0; row < pty_state(p).rows - 1; row++) {
        for (const char *at = pty_row_text(p, row); *at;) {
            bool line = strncmp(at, "\xe2\x94\x80", 3) == 0 || strncmp(at, "\xe2\x94\x81", 3) == 0;
            size_t left_out = line ? 3 : round_trip(at);

            if (!left_out)
                buf_append_char(&out, *at);
            at += left_out ? left_out : 1;
        }
        buf_append_char(&out, '\n');
    }
    return buf_steal(&out);
}
