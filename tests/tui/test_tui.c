/* SPDX-License-Identifier: MIT
 *
 * The toolkit under a real terminal line: tests/tui/demo.c runs in a pty and libvterm shows what a
 * user would see. Usage: test_tui DEMO
 */
#include "tests/cm.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/pty.h"

#define WAIT_MS 10000

static const char *demo_path;

static struct pty *start_env(const char *mode, const char *const env[])
{
    const char *argv[] = {demo_path, mode, NULL};

    return pty_start(argv, env, 24, 80);
}

static struct pty *start(const char *mode)
{
    struct pty *p = start_env(mode, NULL);

    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
    return p;
}

static bool same_termios(struct termios a, struct termios b)
{
    return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_lflag == b.c_lflag &&
           a.c_cflag == b.c_cflag && memcmp(a.c_cc, b.c_cc, sizeof a.c_cc) == 0;
}

static void assert_restored(struct pty *p, struct termios before)
{
    struct pty_state s = pty_state(p);

    assert_false(s.alternate_screen);
    assert_true(s.cursor_visible);
    assert_int_equal(s.mouse, 0);
    assert_false(s.bracketed_paste);
    assert_false(s.focus_reports);
    assert_true(same_termios(pty_termios(p), before));
}

static void quit(struct pty *p)
{
    pty_send(p, "q");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

/* A pty's settings as the program found them: nobody changed those of this one. */
static struct termios fresh_termios(void)
{
    const char *argv[] = {"true", NULL};
    struct pty *p = pty_start(argv, NULL, 24, 80);
    struct termios t = pty_termios(p);

    pty_destroy(p);
    return t;
}

static void tui__start__first_frame_and_restored_at_quit(void **state)
{
    struct pty *p = start("");
    struct pty_state s = pty_state(p);

    assert_true(s.alternate_screen);
    assert_true(s.bracketed_paste);
    assert_true(s.focus_reports);
    assert_int_equal(s.mouse, 0);
    assert_string_equal(pty_row_text(p, 2), "wide 你好 e\xcc\x81!");
    assert_string_equal(pty_row_text(p, 1), "focus in");
    assert_non_null(strstr(pty_row_text(p, 23), "all is well here"));
    assert_int_equal(pty_cell(p, 23, 0).bg_index, 7);
    assert_int_equal(pty_cell(p, 0, 0).fg_index, 14);
    pty_send(p, "q");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    assert_restored(p, fresh_termios());
    assert_true(pty_screen_has(p, "bye after"));
    pty_destroy(p);
}

static void tui__keys__reach_keymap_view_and_prefix(void **state)
{
    struct pty *p = start("");

    pty_send(p, "z");
    assert_true(pty_wait_screen(p, WAIT_MS, "key z", NULL));
    pty_send(p, "gg");
    assert_true(pty_wait_screen(p, WAIT_MS, "action top", NULL));
    pty_send(p, "gz"); /* no sequence: z counts by itself */
    assert_true(pty_wait_screen(p, WAIT_MS, "key z", NULL));
    pty_send(p, "i"); /* now the view grabs all */
    assert_true(pty_wait_screen(p, WAIT_MS, "action grab", NULL));
    assert_true(pty_state(p).cursor_visible);
    assert_int_equal(pty_state(p).cursor_col, 4);
    assert_int_equal(pty_state(p).cursor_shape, 3);
    pty_send(p, "q");
    assert_true(pty_wait_screen(p, WAIT_MS, "key q", NULL));
    pty_send(p, "\x1b");
    assert_true(pty_wait_screen(p, WAIT_MS, "key Esc", NULL));
    pty_send(p, "\x03");
    assert_true(pty_wait_screen(p, WAIT_MS, "key C-c", NULL));
    pty_send(p, "\x02\x02"); /* the prefix twice is the prefix */
    assert_true(pty_wait_screen(p, WAIT_MS, "key C-b", NULL));
    pty_send(p, "\x02");
    assert_true(pty_wait_screen(p, WAIT_MS, "let keys go", NULL)); /* the box of hints */
    pty_send(p, "d");
    assert_true(pty_wait_screen(p, WAIT_MS, "action ungrab", NULL));
    assert_false(pty_screen_has(p, "let keys go"));
    assert_false(pty_state(p).cursor_visible);
    quit(p);
}

static void tui__prefix__unbound_key_says_so(void **state)
{
    struct pty *p = start("");

    pty_send(p, "\x02y");
    assert_true(pty_wait_screen(p, WAIT_MS, "C-b y is bound to nothing", NULL));
    quit(p);
}

static void tui__overlay__takes_keys_and_closes(void **state)
{
    struct pty *p = start("");

    pty_send(p, "o");
    assert_true(pty_wait_screen(p, WAIT_MS, "really?", NULL));
    pty_send(p, "q"); /* bound globally, and not to reach what lies under a dialog */
    pty_send(p, "y");
    assert_true(pty_wait_gone(p, WAIT_MS, "really?", NULL));
    assert_true(pty_screen_has(p, "demo 23x80"));
    pty_send(p, "o");
    assert_true(pty_wait_screen(p, WAIT_MS, "really?", NULL));
    pty_send(p, "\x1b");
    assert_true(pty_wait_gone(p, WAIT_MS, "really?", NULL));
    quit(p);
}

static void tui__act__from_an_overlay_reaches_what_lies_below(void **state)
{
    struct pty *p = start("");

    pty_send(p, "o");
    assert_true(pty_wait_screen(p, WAIT_MS, "really?", NULL));
    pty_send(p, "p");
    assert_true(pty_wait_screen(p, WAIT_MS, "action top", NULL));
    assert_false(pty_screen_has(p, "really?"));
    quit(p);
}

static void tui__tick__draws_when_asked_and_then_is_idle(void **state)
{
    struct pty *p = start("tick");

    assert_true(pty_wait_screen(p, WAIT_MS, "ticks 5", NULL));
    assert_true(pty_wait_quiet(p, 100, WAIT_MS));
    uint64_t before = pty_state(p).bytes;
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    assert_int_equal(pty_state(p).bytes, before);
    quit(p);
}

static void tui__write__rings_and_titles(void **state)
{
    struct pty *p = start("");

    pty_send(p, "w");
    assert_true(pty_wait_screen(p, WAIT_MS, "action write", NULL));
    assert_int_equal(pty_state(p).bells, 1);
    quit(p);
}

static void tui__history__back_shows_what_was_before(void **state)
{
    struct pty *p = start("");

    pty_send(p, "n");
    assert_true(pty_wait_screen(p, WAIT_MS, "the second view", NULL));
    assert_false(pty_screen_has(p, "demo 23x80"));
    pty_send(p, "\x1b");
    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", NULL));
    quit(p);
}

static void tui__toast__goes_after_its_time(void **state)
{
    struct pty *p = start("");

    pty_send(p, "t");
    assert_true(pty_wait_screen(p, WAIT_MS, "a toast", NULL));
    assert_true(pty_wait_gone(p, WAIT_MS, "a toast", NULL));
    quit(p);
}

static void tui__toast__a_later_key_takes_it_away(void **state)
{
    struct pty *p = start("");

    pty_send(p, "t");
    assert_true(pty_wait_screen(p, WAIT_MS, "a toast", NULL));
    pty_send(p, "z"); /* typed before anybody can have read it */
    assert_true(pty_wait_screen(p, WAIT_MS, "key z", NULL));
    assert_true(pty_screen_has(p, "a toast"));
    int64_t began_ms = clock_mono_ms();
    while (pty_screen_has(p, "a toast") && clock_mono_ms() - began_ms < WAIT_MS) {
        pty_send(p, "y");
        pty_wait_gone(p, 100, "a toast", NULL);
    }
    assert_true(clock_mono_ms() - began_ms < 2000); /* its own time is 3 s */
    quit(p);
}

static void tui__paste_and_mouse__reach_the_view(void **state)
{
    struct pty *p = start("mouse");

    assert_int_equal(pty_state(p).mouse, 2);
    pty_send(p, "\x1b[200~qq\rhello\x1b[201~");
    assert_true(pty_wait_screen(p, WAIT_MS, "paste 8", NULL));
    pty_send(p, "\x1b[<0;11;4M");
    assert_true(pty_wait_screen(p, WAIT_MS, "mouse 0 1 3,10", NULL));
    pty_send(p, "\x1b[O");
    assert_true(pty_wait_screen(p, WAIT_MS, "focus out", NULL));
    pty_send(p, "q");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    assert_restored(p, fresh_termios());
    pty_destroy(p);
}

static void tui__resize__follows_and_survives_tiny_sizes(void **state)
{
    static const struct {
        int rows, cols;
        const char *text;
    } sizes[] = {
        {5, 20, "demo 4x20"},     {1, 1, "t"},
        {40, 120, "demo 39x120"}, {2, 200, "too small"},
        {3, 7, "too sma"},        {24, 80, "demo 23x80"},
        {24, 19, "too small"},    {200, 300, "demo 199x300"},
    };
    struct pty *p = start("");

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        pty_resize(p, sizes[i].rows, sizes[i].cols);
        assert_true(pty_wait_screen(p, WAIT_MS, sizes[i].text, NULL));
    }
    quit(p);
}

static void tui__suspend__gives_the_terminal_back_and_returns(void **state)
{
    const char *argv[] = {"bash", "--norc", "-i", NULL};
    const char *env[] = {"PS1=shell> ", "HISTFILE=/dev/null", NULL};
    struct pty *p = pty_start(argv, env, 24, 80);
    cleanup_free char *command = xasprintf("%s\r", demo_path);

    assert_true(pty_wait_screen(p, WAIT_MS, "shell>", NULL));
    pty_send(p, command);
    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", NULL));
    pty_send(p, "\x1a");
    assert_true(pty_wait_screen(p, WAIT_MS, "Stopped", NULL));
    assert_false(pty_state(p).alternate_screen);
    assert_true(pty_state(p).cursor_visible);
    assert_false(pty_state(p).bracketed_paste && pty_state(p).focus_reports);
    pty_send(p, "fg\r");
    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
    assert_true(pty_state(p).alternate_screen);
    pty_send(p, "z");
    assert_true(pty_wait_screen(p, WAIT_MS, "key z", NULL));
    pty_send(p, "q");
    assert_true(pty_wait_screen(p, WAIT_MS, "bye after", NULL));
    pty_send(p, "exit\r");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

static void tui__draw__odd_widths_do_not_shift_the_row(void **state)
{
    struct pty *p = start("odd");
    int row, col;

    assert_true(pty_find(p, "|", &row, &col));
    assert_int_equal(row, 4);
    assert_int_equal(col, 9);
    assert_string_equal(pty_row_text(p, 4), "\xef\xbf\xbdx  \xef\xbf\xbd   e|");
    quit(p);
}

static void tui__hangup__ends_the_program(void **state)
{
    struct pty *orderly = start("orderly"), *plain = start("");

    pty_hangup(orderly);
    assert_int_equal(pty_exit_status(orderly, WAIT_MS), 0);
    pty_destroy(orderly);
    pty_hangup(plain);
    assert_int_equal(pty_exit_status(plain, WAIT_MS), 128 + SIGHUP);
    pty_destroy(plain);
}

static void tui__signals__restore_and_die_of_them(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    struct termios before = fresh_termios();

    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct pty *p = start("mouse");

        kill(pty_pid(p), signals[i]);
        assert_int_equal(pty_exit_status(p, WAIT_MS), 128 + signals[i]);
        assert_restored(p, before);
        pty_destroy(p);
    }
}

static void tui__signals__end_in_order_when_wanted(void **state)
{
    struct pty *p = start("orderly");

    kill(pty_pid(p), SIGTERM);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    assert_true(pty_screen_has(p, "bye after orderly"));
    assert_restored(p, fresh_termios());
    pty_destroy(p);
}

static void crash_with(const char *key, int status)
{
    struct pty *p = start("mouse");

    pty_send(p, key);
    assert_int_equal(pty_exit_status(p, WAIT_MS), status);
    assert_restored(p, fresh_termios());
    pty_destroy(p);
}

static void tui__crash__abort_restores(void **state)
{
    crash_with("c", 128 + SIGABRT);
}

static void tui__crash__exit_elsewhere_restores(void **state)
{
    crash_with("x", 3);
}

static void tui__crash__fault_restores(void **state)
{
    /* The sanitizer's handler, if there is one, gets the signal after ours and exits with 1. */
    struct pty *p = start("mouse");

    pty_send(p, "v");
    int status = pty_exit_status(p, WAIT_MS);
    assert_true(status == 128 + SIGSEGV || status == 1);
    assert_restored(p, fresh_termios());
    pty_destroy(p);
}

static void tui__crash__kill_9_is_the_only_way_to_spoil_it(void **state)
{
    struct pty *p = start("");

    kill(pty_pid(p), SIGKILL);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 128 + SIGKILL);
    assert_true(pty_state(p).alternate_screen);
    pty_destroy(p);
}

static void tui__stop_and_continue__takes_the_terminal_again(void **state)
{
    struct pty *p = start("");

    kill(pty_pid(p), SIGSTOP);
    assert_true(pty_wait_quiet(p, 50, WAIT_MS));
    uint64_t before = pty_state(p).bytes;
    kill(pty_pid(p), SIGCONT);
    pty_send(p, "z");
    assert_true(pty_wait_screen(p, WAIT_MS, "key z", "demo 23x80", NULL));
    /* All of it was drawn again, for nobody knows what the terminal showed meanwhile. */
    assert_true(pty_state(p).bytes > before + 100);
    quit(p);
}

static void refused(const char *term, const char *text)
{
    cleanup_free char *setting = xasprintf("TERM=%s", term);
    const char *env[] = {setting, NULL};
    struct pty *p = start_env("", env);

    assert_int_equal(pty_exit_status(p, WAIT_MS), 2);
    assert_true(pty_screen_has(p, text));
    assert_true(pty_screen_has(p, "use the commands instead: sandpit ls"));
    assert_restored(p, fresh_termios());
    pty_destroy(p);
}

static void tui__term__dumb_is_refused_with_a_hint(void **state)
{
    refused("dumb", "TERM=dumb has no full screen");
    refused("", "has no full screen");
}

static void tui__term__unknown_falls_back_and_says_so(void **state)
{
    const char *env[] = {"TERM=no-such-terminal", NULL};
    struct pty *p = start_env("", env);

    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80",
                                "TERM=no-such-terminal is unknown here: using xterm-256color",
                                NULL));
    quit(p);
}

static void tui__term__few_colours_and_none(void **state)
{
    static const char *const terms[] = {"TERM=xterm", "TERM=vt100", "TERM=linux", "TERM=screen",
                                        "TERM=xterm-mono"};

    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        const char *env[] = {terms[i], NULL};
        struct pty *p = start_env("", env);

        assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
        pty_send(p, "\x1b[A");
        assert_true(pty_wait_screen(p, WAIT_MS, "key Up", NULL));
        quit(p);
    }
}

static void tui__term__without_colours_attributes_say_it(void **state)
{
    static const char *const terms[] = {"TERM=vt100", "TERM=xterm-mono"};

    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        const char *env[] = {terms[i], NULL};
        struct pty *p = start_env("", env);

        assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
        assert_true(pty_cell(p, 0, 0).bold);
        assert_true(pty_cell(p, 23, 0).reverse);
        quit(p);
    }
}

static void tui__colour__direct_where_the_terminal_says_so(void **state)
{
    const char *env[] = {"COLORTERM=truecolor", NULL};
    struct pty *p = start_env("", env);

    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
    assert_int_equal(pty_cell(p, 2, 0).fg_rgb, 0x010203);
    assert_int_equal(pty_cell(p, 2, 0).fg_index, -1);
    assert_int_equal(pty_cell(p, 23, 0).bg_index, 7);
    quit(p);
}

static void tui__colour__none_under_no_color(void **state)
{
    const char *env[] = {"NO_COLOR=1", NULL};
    struct pty *p = start_env("", env);

    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
    assert_true(pty_cell(p, 0, 0).fg_default);
    assert_true(pty_cell(p, 0, 0).bold);
    assert_true(pty_cell(p, 23, 0).reverse);
    quit(p);
}

/* 1,920 combinations a frame: the table is used up after some thirty and starts over. */
static void tui__colour__pairs_are_recycled(void **state)
{
    const char *env[] = {"COLORTERM=truecolor", NULL};
    struct pty *p = start_env("pairs", env);

    assert_true(pty_wait_screen(p, WAIT_MS, "demo 23x80", "q:quit", NULL));
    for (int i = 0; i < 60; i++)
        pty_send(p, "m");
    pty_send(p, "z");
    assert_true(pty_wait_screen(p, 4 * WAIT_MS, "key z", NULL));
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    assert_int_equal(pty_cell(p, 10, 30).fg_rgb, 60 << 16 | 10 << 8 | 30);
    assert_int_equal(pty_cell(p, 10, 30).bg_rgb, 30 << 16 | 60 << 8 | 200);
    quit(p);
}

static void tui__locale__c_still_shows_unicode(void **state)
{
    const char *env[] = {"LANG=C", "LC_ALL=C", NULL};
    struct pty *p = start_env("", env);

    assert_true(pty_wait_screen(p, WAIT_MS, "wide 你好 e\xcc\x81!", NULL));
    quit(p);
}

static void tui__idle__draws_nothing(void **state)
{
    struct pty *p = start("");

    assert_true(pty_wait_quiet(p, 100, WAIT_MS));
    uint64_t before = pty_state(p).bytes;
    assert_true(pty_wait_quiet(p, 700, WAIT_MS));
    assert_int_equal(pty_state(p).bytes, before);
    quit(p);
}

static unsigned shown_count(struct pty *p)
{
    unsigned n = 0;

    sscanf(pty_row_text(p, 3), "count %u", &n);
    return n;
}

static size_t frames_seen(struct pty *p, uint64_t from)
{
    size_t n, frames = 0;
    const char *at = pty_output(p, &n), *end = at + n;

    at += from < n ? from : n;
    /* The counter's row is placed once a frame. */
    while ((at = memmem(at, (size_t)(end - at), "\x1b[4;", 4))) {
        frames++;
        at += 4;
    }
    return frames;
}

static bool counted_far(struct pty *p, void *user)
{
    return shown_count(p) >= *(unsigned *)user;
}

static void tui__flood__is_capped_at_60_frames(void **state)
{
    struct pty *p = start("flood");
    unsigned from = shown_count(p), target = from + 600; /* at least 0.6 s of a 1 ms timer */

    pty_pump(p);
    uint64_t bytes = pty_state(p).bytes;
    int64_t begin = clock_mono_ns();
    assert_true(pty_wait(p, 4 * WAIT_MS, counted_far, &target));
    double seconds = (double)(clock_mono_ns() - begin) / 1e9;
    size_t frames = frames_seen(p, bytes);
    print_message("# %zu frames in %.2f s, %llu bytes\n", frames, seconds,
                  (unsigned long long)(pty_state(p).bytes - bytes));
    assert_true(frames >= 5);
    assert_true((double)frames <= seconds * 60 + 3);
    quit(p);
}

struct drawn {
    unsigned of[2], together;
};

static struct drawn shown_drawn(struct pty *p)
{
    struct drawn d = {0}; /* below the pane's title */

    sscanf(pty_row_text(p, 4), "drawn %u %u together %u.", &d.of[0], &d.of[1], &d.together);
    return d;
}

static bool drawn_more(struct pty *p, void *user)
{
    const struct drawn *least = user;
    struct drawn now = shown_drawn(p);

    return now.of[0] >= least->of[0] && now.of[1] >= least->of[1];
}

/* Beside a key's view others are drawn one in a frame, and each of them goes on being drawn. */
static void tui__flood__is_drawn_in_pieces_beside_typing(void **state)
{
    struct pty *p = start_env("busy", NULL);
    struct drawn before, now;

    assert_true(pty_wait_screen(p, WAIT_MS, "together", NULL));
    before = (struct drawn){.of = {20, 20}};
    assert_true(pty_wait(p, WAIT_MS, drawn_more, &before));
    pty_send(p, "z");
    assert_true(pty_wait_screen(p, WAIT_MS, "key z", NULL));
    before = shown_drawn(p);
    for (int i = 0; i < 40; i++) {
        char text[] = {"abdefhjkl"[i % 9], '\0'}, name[] = "key x";

        name[4] = text[0];
        pty_send(p, text);
        assert_true(pty_wait_screen(p, WAIT_MS, name, NULL));
        now = shown_drawn(p);
        now.of[0]++;
        now.of[1]++;
        assert_true(pty_wait(p, WAIT_MS, drawn_more, &now));
    }
    now = shown_drawn(p);
    assert_int_equal(now.together, before.together);
    assert_true(now.of[0] >= before.of[0] + 40 && now.of[1] >= before.of[1] + 40);
    quit(p);
}

/* A terminal that does not read: nothing is lost, nothing piles up, and the last state shows. */
static void tui__flood__skips_frames_while_the_terminal_is_stuck(void **state)
{
    struct pty *p = start("pairs");

    pty_stall(p, true);
    for (int i = 0; i < 40; i++)
        pty_send(p, "m");
    pty_send(p, "z");
    uint64_t before = pty_state(p).bytes;
    pty_stall(p, false);
    assert_true(pty_wait_screen(p, 2 * WAIT_MS, "key z", NULL));
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    assert_true(pty_state(p).bytes - before < (uint64_t)40 * 20 * 80 * 10);
    quit(p);
}

static void tui__signals__do_not_wait_for_a_stuck_terminal(void **state)
{
    struct pty *p = start("pairs");

    pty_stall(p, true);
    for (int i = 0; i < 40; i++)
        pty_send(p, "m");
    kill(pty_pid(p), SIGTERM);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 128 + SIGTERM);
    assert_true(same_termios(pty_termios(p), fresh_termios()));
    pty_destroy(p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tui__start__first_frame_and_restored_at_quit),
        cmocka_unit_test(tui__keys__reach_keymap_view_and_prefix),
        cmocka_unit_test(tui__prefix__unbound_key_says_so),
        cmocka_unit_test(tui__overlay__takes_keys_and_closes),
        cmocka_unit_test(tui__act__from_an_overlay_reaches_what_lies_below),
        cmocka_unit_test(tui__tick__draws_when_asked_and_then_is_idle),
        cmocka_unit_test(tui__write__rings_and_titles),
        cmocka_unit_test(tui__signals__do_not_wait_for_a_stuck_terminal),
        cmocka_unit_test(tui__history__back_shows_what_was_before),
        cmocka_unit_test(tui__toast__goes_after_its_time),
        cmocka_unit_test(tui__toast__a_later_key_takes_it_away),
        cmocka_unit_test(tui__paste_and_mouse__reach_the_view),
        cmocka_unit_test(tui__resize__follows_and_survives_tiny_sizes),
        cmocka_unit_test(tui__suspend__gives_the_terminal_back_and_returns),
        cmocka_unit_test(tui__draw__odd_widths_do_not_shift_the_row),
        cmocka_unit_test(tui__hangup__ends_the_program),
        cmocka_unit_test(tui__signals__restore_and_die_of_them),
        cmocka_unit_test(tui__signals__end_in_order_when_wanted),
        cmocka_unit_test(tui__crash__abort_restores),
        cmocka_unit_test(tui__crash__exit_elsewhere_restores),
        cmocka_unit_test(tui__crash__fault_restores),
        cmocka_unit_test(tui__crash__kill_9_is_the_only_way_to_spoil_it),
        cmocka_unit_test(tui__stop_and_continue__takes_the_terminal_again),
        cmocka_unit_test(tui__term__dumb_is_refused_with_a_hint),
        cmocka_unit_test(tui__term__unknown_falls_back_and_says_so),
        cmocka_unit_test(tui__term__few_colours_and_none),
        cmocka_unit_test(tui__term__without_colours_attributes_say_it),
        cmocka_unit_test(tui__colour__direct_where_the_terminal_says_so),
        cmocka_unit_test(tui__colour__none_under_no_color),
        cmocka_unit_test(tui__colour__pairs_are_recycled),
        cmocka_unit_test(tui__locale__c_still_shows_unicode),
        cmocka_unit_test(tui__idle__draws_nothing),
        cmocka_unit_test(tui__flood__is_capped_at_60_frames),
        cmocka_unit_test(tui__flood__is_drawn_in_pieces_beside_typing),
        cmocka_unit_test(tui__flood__skips_frames_while_the_terminal_is_stuck),
    };
    demo_path = argc > 1 ? argv[1] : "./demo";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
