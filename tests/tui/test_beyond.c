/* SPDX-License-Identifier: MIT
 *
 * Links, styled underlines, struck out and overlined text on the way to the outer terminal: the
 * demo draws them under a pty, and this program's own emulator says what arrived.
 * Usage: test_beyond DEMO
 */
#include "tests/cm.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tests/pty.h"
#include "tests/tui/beyond.h"
#include "tui/outer.h"
#include "vterm/term.h"

#define WAIT_MS 10000
#define TOP     4 /* the demo's first row of it */
#define SCREENS 120

static const char *demo_path;

#define PLAIN                                                                                      \
    "TMUX", "STY", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LC_TERMINAL", "KITTY_WINDOW_ID",       \
        "WT_SESSION", "KONSOLE_VERSION", "VTE_VERSION"

struct watch {
    struct pty *p;
    struct term *t; /* owned: what the terminal shows */
    uint64_t fed;
};

static struct watch start(const char *const env[])
{
    const char *argv[] = {demo_path, "beyond", NULL};
    struct term_config config = {0};
    struct watch w = {.p = pty_start(argv, env, 24, 80), .t = term_create(24, 80, &config)};

    assert_true(pty_wait_screen(w.p, WAIT_MS, "screen 0;", NULL));
    return w;
}

static void feed(struct watch *w)
{
    size_t n;
    const char *bytes = pty_output(w->p, &n);
    size_t fresh = (size_t)(pty_state(w->p).bytes - w->fed);

    assert_true(fresh <= n);
    term_feed(w->t, bytes + n - fresh, fresh);
    w->fed += fresh;
}

static void stop(struct watch *w)
{
    pty_destroy(w->p);
    term_destroy(w->t);
}

/* Nothing is on: what is written next is plain. */
static void assert_clean(struct watch *w)
{
    feed(w);
    term_feed(w->t, "\x1b[HX", 4);
    struct cell cell = term_row(w->t, 0)[0];
    assert_int_equal(cell.glyph, 'X');
    assert_true(style_equal(cell.style, (struct style){0}));
}

static bool is_as_drawn(struct watch *w, const struct cell *want, const struct cell *got)
{
    const uint16_t beyond = ATTR_UNDERLINE_DOUBLE | ATTR_UNDERLINE_CURLY | ATTR_UNDERLINE_DOTTED |
                            ATTR_UNDERLINE_DASHED | ATTR_STRIKE | ATTR_OVERLINE;
    const char *uri = beyond_links[want->style.link], *has = term_link(w->t, got->style.link);
    bool underlined = want->style.attrs & (ATTR_UNDERLINE | ATTR_UNDERLINE_DOUBLE);
    colour line = underlined ? beyond_underlines[want->style.link] : COLOUR_DEFAULT;

    if (strcmp(uri ? uri : "", has ? has : "") != 0 || want->style.bg != got->style.bg ||
        (want->style.attrs & beyond) != (got->style.attrs & beyond) ||
        (underlined && line != term_underline_colour(w->t, got->style.link)))
        return false;
    if (!want->glyph)
        return !got->glyph || got->glyph == ' ';
    return want->glyph == got->glyph && want->style.fg == got->style.fg;
}

struct wanted {
    struct watch *w;
    const struct cell *cells;
    int row, col; /* where it is not so */
};

static bool all_as_drawn(struct pty *p, void *user)
{
    struct wanted *want = user;

    feed(want->w);
    for (int y = 0; y < BEYOND_ROWS; y++)
        for (int x = 0; x < BEYOND_COLS; x++)
            if (!is_as_drawn(want->w, &want->cells[y * BEYOND_COLS + x],
                             &term_row(want->w->t, TOP + y)[x])) {
                want->row = y;
                want->col = x;
                return false;
            }
    return true;
}

static void assert_screen(struct watch *w, beyond_screen cells, unsigned n)
{
    struct wanted want = {.w = w, .cells = cells[0]};

    if (!pty_wait(w->p, WAIT_MS, all_as_drawn, &want))
        fail_msg("screen %u, cell %d,%d: attributes %x, wanted %x", n, want.row, want.col,
                 term_row(w->t, TOP + want.row)[want.col].style.attrs,
                 cells[want.row][want.col].style.attrs);
}

static void next(struct watch *w, unsigned n)
{
    char text[32];

    snprintf(text, sizeof text, "screen %u;", n);
    pty_send(w->p, "m");
    assert_true(pty_wait_screen(w->p, WAIT_MS, text, NULL));
}

static void beyond__changes__every_cell_is_as_drawn(void **state)
{
    const char *env[] = {PLAIN, "TERM_PROGRAM=WezTerm", "COLORTERM=truecolor", NULL};
    struct watch w = start(env);
    beyond_screen cells = {0};

    for (unsigned n = 1; n <= SCREENS; n++) {
        next(&w, n);
        beyond_next(cells, n);
        assert_screen(&w, cells, n);
    }
    pty_send(w.p, "q");
    assert_int_equal(pty_exit_status(w.p, WAIT_MS), 0);
    assert_clean(&w);
    stop(&w);
}

static void beyond__repaint__has_all_of_it_again(void **state)
{
    const char *env[] = {PLAIN, "TERM_PROGRAM=WezTerm", "COLORTERM=truecolor", NULL};
    struct watch w = start(env);
    beyond_screen cells = {0};

    for (unsigned n = 1; n <= 10; n++) {
        next(&w, n);
        beyond_next(cells, n);
    }
    feed(&w);
    term_feed(w.t, "\x1b[H\x1b[2Jrubbish", 14);
    kill(pty_pid(w.p), SIGSTOP);
    kill(pty_pid(w.p), SIGCONT);
    pty_send(w.p, "z");
    assert_true(pty_wait_screen(w.p, WAIT_MS, "key z", NULL));
    assert_screen(&w, cells, 10);
    stop(&w);
}

static void ends_clean(const char *key, int signum)
{
    const char *env[] = {PLAIN, "TERM_PROGRAM=WezTerm", NULL};
    struct watch w = start(env);

    for (unsigned n = 1; n <= 4; n++)
        next(&w, n);
    if (key)
        pty_send(w.p, key);
    else
        kill(pty_pid(w.p), signum);
    assert_int_not_equal(pty_exit_status(w.p, WAIT_MS), -1);
    assert_clean(&w);
    stop(&w);
}

static void beyond__every_end__leaves_nothing_on(void **state)
{
    ends_clean("q", 0);
    ends_clean("c", 0);
    ends_clean("v", 0);
    ends_clean("x", 0);
    ends_clean(NULL, SIGTERM);
    ends_clean(NULL, SIGHUP);
}

/* What stood on the way out when a program died in the middle of a sequence is ended, too. */
static void beyond__leave__ends_a_sequence_that_was_cut(void **state)
{
    static const char *const cuts[] = {"\x1b]8;id=a;https://a.ex",
                                       "\x1b]8;;https://a.example\x1b\\x",
                                       "\x1b[4:3m\x1b[58:5:", "\x1b"};
    struct outer_support all = {true, true, true, true};

    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct term_config config = {0};
        struct term *t = term_create(5, 20, &config);
        cleanup_free char *leave = xasprintf("\x18%s\x1b[m\x1b[HX", outer_leave(all));

        term_feed(t, cuts[i], strlen(cuts[i]));
        term_feed(t, leave, strlen(leave));
        assert_int_equal(term_row(t, 0)[0].glyph, 'X');
        assert_true(style_equal(term_row(t, 0)[0].style, (struct style){0}));
        term_destroy(t);
    }
    assert_string_equal(outer_leave((struct outer_support){0}), "");
}

static void sends_nothing(const char *const env[])
{
    struct watch w = start(env);
    size_t n;

    for (unsigned i = 1; i <= 10; i++)
        next(&w, i);
    pty_send(w.p, "q");
    assert_int_equal(pty_exit_status(w.p, WAIT_MS), 0);
    const char *bytes = pty_output(w.p, &n);
    assert_null(memmem(bytes, n, "\x1b]8;", 4));
    assert_null(memmem(bytes, n, "\x1b[4:", 4));
    assert_null(memmem(bytes, n, "\x1b[58", 4));
    assert_null(memmem(bytes, n, ";53", 3));
    stop(&w);
}

static void beyond__terminal_without__gets_none_of_it(void **state)
{
    const char *vt100[] = {PLAIN, "TERM=vt100", NULL};
    const char *xterm[] = {PLAIN, "TERM=xterm-256color", "COLORTERM=truecolor", NULL};
    const char *old_tmux[] = {PLAIN,
                              "TERM=screen-256color",
                              "TMUX=/tmp/x,1,0",
                              "TERM_PROGRAM=tmux",
                              "TERM_PROGRAM_VERSION=3.3a",
                              "KITTY_WINDOW_ID=1",
                              NULL};

    sends_nothing(vt100);
    sends_nothing(xterm);
    sends_nothing(old_tmux);
}

static void beyond__detect__by_what_the_terminal_says(void **state)
{
    static const struct {
        const char *term, *name, *value;
        bool can;
    } rows[] = {
        {"xterm-256color", NULL, NULL, false},
        {"xterm-kitty", NULL, NULL, true},
        {"foot-extra", NULL, NULL, true},
        {"xterm-256color", "VTE_VERSION", "6800", true},
        {"xterm-256color", "VTE_VERSION", "4800", false},
        {"xterm-256color", "KONSOLE_VERSION", "200000", false},
        {"xterm-256color", "TERM_PROGRAM", "iTerm.app", true},
        {"xterm-256color", "TERM_PROGRAM", "Apple_Terminal", false},
        {"xterm-256color", "WT_SESSION", "1", true},
        {"screen-256color", "STY", "1.tty", false},
    };
    static const char *const names[] = {PLAIN};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t n = 0; n < ARRAY_LEN(names); n++)
            unsetenv(names[n]);
        if (rows[i].name)
            setenv(rows[i].name, rows[i].value, 1);
        assert_int_equal(outer_detect(rows[i].term, (struct outer_support){0}).links, rows[i].can);
    }
    setenv("TMUX", "x", 1);
    setenv("TERM_PROGRAM", "tmux", 1);
    setenv("TERM_PROGRAM_VERSION", "3.4", 1);
    assert_true(outer_detect("tmux-256color", (struct outer_support){0}).links);
    setenv("TERM_PROGRAM_VERSION", "3.3a", 1);
    struct outer_support some =
        outer_detect("tmux-256color", (struct outer_support){.links = true, .strike = true});
    assert_true(some.strike && !some.links && !some.underlines);
}

static void beyond__links__are_made_harmless(void **state)
{
    static const struct {
        const char *uri, *shown;
    } rows[] = {
        {"https://a.example/x", "https://a.example/x"},
        {"HTTPS://a.example", "HTTPS://a.example"},
        {"https://a.example/\xc3\xa9", "https://a.example/%C3%A9"},
        {"https://a/\x1b]0;x\x07", "https://a/%1B]0;x%07"},
        {"https://a b", "https://a%20b"},
        {"mailto:a@b", "mailto:a@b"},
        {"file:///etc/passwd", NULL},
        {"javascript:alert(1)", NULL},
        {"vscode://x", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    struct outer *o = outer_create((struct outer_support){true, true, true, true}, 256, false);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *shown = outer_uri(o, outer_link(o, rows[i].uri, COLOUR_DEFAULT));

        assert_int_equal(!shown, !rows[i].shown);
        if (shown)
            assert_string_equal(shown, rows[i].shown);
    }
    assert_null(outer_uri(o, 1));
    assert_null(outer_uri(o, 0xffff));
    outer_destroy(o);
}

static void beyond__links__are_as_long_as_they_are_spelled(void **state)
{
    struct outer *o = outer_create((struct outer_support){true, true, true, true}, 256, false);
    cleanup_buf struct buf uri = {0};

    buf_append_str(&uri, "https://a/bcd");
    for (int i = 0; i < 345; i++)
        buf_append_str(&uri, "\xc3\xa9");
    const char *shown = outer_uri(o, outer_link(o, uri.data, COLOUR_DEFAULT));
    assert_non_null(shown);
    assert_int_equal(strlen(shown), 2083);
    assert_string_equal(shown + 2083 - 6, "%C3%A9");
    buf_append_char(&uri, 'e');
    assert_int_equal(outer_link(o, uri.data, COLOUR_DEFAULT), 0);
    uint16_t coloured = outer_link(o, uri.data, COLOUR_INDEX(9));
    assert_int_not_equal(coloured, 0);
    assert_null(outer_uri(o, coloured));
    assert_false(outer_is_full(o));
    outer_destroy(o);
}

static void beyond__links__are_bounded(void **state)
{
    struct outer *o = outer_create((struct outer_support){true, true, true, true}, 256, false);
    struct cell row[200] = {0};
    cleanup_buf struct buf out = {0};
    char uri[1600];

    memset(uri, 'a', sizeof uri);
    memcpy(uri, "https://", 8);
    uri[sizeof uri - 1] = '\0';
    int given = 0;
    for (int i = 0; i < 5000; i++) {
        char number[8];

        memcpy(uri + 100, number, (size_t)snprintf(number, sizeof number, "%d", 1000 + i));
        given += outer_link(o, uri, COLOUR_DEFAULT) != 0;
    }
    assert_true(outer_is_full(o));
    assert_in_range(given, 500, 700); /* of a mebibyte */
    for (int x = 0; x < 200; x++)
        row[x] = (struct cell){
            .glyph = 'x', .width = 1, .style.link = (uint16_t)(OUTER_LINK | (1 + x % 2))};
    outer_begin(o);
    for (int y = 0; y < 100; y++)
        outer_paint(o, y, 200, row, NULL, false, &out);
    assert_true(out.len < (size_t)1 << 20); /* 20,000 cells, 32 MiB of addresses */
    outer_forget_links(o);
    assert_false(outer_is_full(o));
    assert_null(outer_uri(o, OUTER_LINK | 1));
    assert_int_not_equal(outer_link(o, uri, COLOUR_DEFAULT), 0);
    outer_destroy(o);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beyond__changes__every_cell_is_as_drawn),
        cmocka_unit_test(beyond__repaint__has_all_of_it_again),
        cmocka_unit_test(beyond__every_end__leaves_nothing_on),
        cmocka_unit_test(beyond__leave__ends_a_sequence_that_was_cut),
        cmocka_unit_test(beyond__terminal_without__gets_none_of_it),
        cmocka_unit_test(beyond__detect__by_what_the_terminal_says),
        cmocka_unit_test(beyond__links__are_made_harmless),
        cmocka_unit_test(beyond__links__are_as_long_as_they_are_spelled),
        cmocka_unit_test(beyond__links__are_bounded),
    };
    demo_path = argc > 1 ? argv[1] : "./demo";
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
