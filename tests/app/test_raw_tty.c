/* SPDX-License-Identifier: MIT
 *
 * The user's terminal of `attach`, with somebody slow at its other end.
 */
#include "tests/cm.h"

#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/raw_tty.h"
#include "base/alloc.h"
#include "base/buf.h"

#define PIECE 64 /* read at once: less than there is, always */

static void on_input(void *user, const char *bytes, size_t n)
{
}

static void nothing(void *user)
{
}

/* More than a terminal takes at once, then the end. */
static void write_and_close(void)
{
    static const struct raw_tty_ops ops = {on_input, nothing, nothing};
    char text[4096];
    uv_loop_t loop;
    struct err e;

    uv_loop_init(&loop);
    struct raw_tty *t = raw_tty_open(&loop, &ops, NULL, &e);
    if (!t)
        _exit(1);
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 32; i++)
        raw_tty_write(t, text, sizeof text);
    raw_tty_close(t);
    uv_run(&loop, UV_RUN_DEFAULT);
    _exit(0);
}

static void raw_tty__close__resets_a_terminal_that_is_slow(void **state)
{
    static const char last[] = "\033[23;2t";
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    cleanup_buf struct buf seen = {0};
    char piece[PIECE];
    int master, status;
    ssize_t n;
    pid_t pid = forkpty(&master, NULL, NULL, &size);

    assert_true(pid >= 0);
    if (!pid)
        write_and_close();
    while ((n = read(master, piece, sizeof piece)) > 0)
        buf_append(&seen, piece, (size_t)n);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(master);
    const char *text = seen.data ? seen.data : "";
    assert_in_range(seen.len, 32 * 4096, 33 * 4096);
    assert_non_null(strstr(text, "\033[?1049l"));
    assert_non_null(strstr(text, "\033[999;1H"));
    assert_string_equal(text + seen.len - strlen(last), last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_tty__close__resets_a_terminal_that_is_slow),
    };

    return cmocka_run_group_tests_name("raw_tty", tests, NULL, NULL);
}
