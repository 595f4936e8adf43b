/* SPDX-License-Identifier: MIT
 *
 * vttest's menus of cursor movements (1), screen features (2), character sets (3), reports (6) and
 * VT102 features (8), answered by our terminal and compared screen by screen with what a VT100
 * should show: vttest/menu*.txt, read once against vttest's own words and tmux's screens.
 *
 * The width is 80 columns in both of vttest's modes: a pane's size is its owner's, not a program's.
 * SANDPIT_UPDATE_GOLDEN=1 writes the files anew.
 */
#include "tests/cm.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/source.h"
#include "vterm/term.h"

#define WAIT_MS     20000
#define QUIET_MS    150
#define SCREENS_MAX 200

struct vttest {
    pid_t pid;
    int master;
    struct term *term;
    char tail[256]; /* of what it wrote */
    size_t n_tail;
    struct buf screens;
};

static void write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);

        assert_true(done > 0);
        bytes += done;
        n -= (size_t)done;
    }
}

static void on_reply(void *user, const char *bytes, size_t n)
{
    write_all(((struct vttest *)user)->master, bytes, n);
}

static const struct term_ops ops = {.on_reply = on_reply};

static void start(struct vttest *v)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    *v = (struct vttest){0};
    v->term = term_create(24, 80, &(struct term_config){.ops = &ops, .user = v});
    fflush(NULL);
    v->pid = forkpty(&v->master, NULL, NULL, &size);
    assert_true(v->pid >= 0);
    if (v->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        execlp("vttest", "vttest", "24x80.80", (char *)NULL);
        _exit(127);
    }
}

static void stop(struct vttest *v)
{
    kill(v->pid, SIGKILL);
    waitpid(v->pid, NULL, 0);
    close(v->master);
    term_destroy(v->term);
    buf_finish(&v->screens);
}

static void keep_tail(struct vttest *v, const char *bytes, size_t n)
{
    size_t room = sizeof v->tail - 1;

    if (n > room) {
        bytes += n - room;
        n = room;
    }
    size_t keep = v->n_tail < room - n ? v->n_tail : room - n;
    memmove(v->tail, v->tail + v->n_tail - keep, keep);
    memcpy(v->tail + keep, bytes, n);
    v->n_tail = keep + n;
    v->tail[v->n_tail] = '\0';
}

static bool is_asking(const struct vttest *v)
{
    return v->n_tail && !memchr(v->tail, '\0', v->n_tail) &&
           (strstr(v->tail, "RETURN") || strstr(v->tail, "choice number ("));
}

/* Until it asks for something and is quiet. */
static void wait_question(struct vttest *v)
{
    int64_t until = clock_mono_ms() + WAIT_MS;

    for (;;) {
        struct pollfd fd = {.fd = v->master, .events = POLLIN};
        char bytes[4096];
        int ready = poll(&fd, 1, is_asking(v) ? QUIET_MS : 1000);

        if (ready == 0 && is_asking(v))
            return;
        ssize_t n = ready > 0 ? read(v->master, bytes, sizeof bytes) : 0;
        if (n < 0 || clock_mono_ms() > until)
            fail_msg("vttest asks for nothing, last it wrote: %s", v->tail);
        for (ssize_t i = 0; i < n; i++)
            if (!bytes[i]) /* a filler */
                bytes[i] = 1;
        keep_tail(v, bytes, (size_t)n);
        term_feed(v->term, bytes, (size_t)n);
    }
}

static void press_enter(struct vttest *v)
{
    cleanup_buf struct buf out = {0};

    term_encode_key(v->term, (struct key){.code = KEY_ENTER}, &out);
    v->n_tail = 0;
    v->tail[0] = '\0';
    write_all(v->master, out.data, out.len);
}

static void choose(struct vttest *v, int number)
{
    char digits[16];

    write_all(v->master, digits, (size_t)snprintf(digits, sizeof digits, "%d", number));
    press_enter(v);
}

/* --- a screen as text --- */

static void put_row(const struct term *t, int row, struct buf *out)
{
    const struct cell *cells = term_row(t, row);
    int n = term_cols(t);

    while (n > 0 && (!cells[n - 1].glyph || cells[n - 1].glyph == ' '))
        n--;
    for (int col = 0; col < n; col++) {
        char text[13];

        buf_append(out, text, cell_text(&cells[col], text));
    }
    buf_append_char(out, '\n');
}

/* Runs of cells with attributes or colours: "@ROW FROM-TO attributes". */
static void put_styles(const struct term *t, int row, struct buf *out)
{
    static const char *const names[] = {"bold",  "dim",   "italic",  "underline", "double",
                                        "curly", "blink", "reverse", "conceal",   "strike"};
    const struct cell *cells = term_row(t, row);

    for (int col = 0, from; col < term_cols(t);) {
        struct style style = cells[col].style;

        for (from = col; col < term_cols(t) && style_equal(cells[col].style, style); col++)
            ;
        if (style_equal(style, (struct style){0}))
            continue;
        buf_printf(out, "@%d %d-%d", row, from, col - 1);
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (style.attrs >> i & 1)
                buf_printf(out, " %s", names[i]);
        if (style.fg || style.bg)
            buf_printf(out, " fg=%x bg=%x", style.fg, style.bg);
        buf_append_char(out, '\n');
    }
}

static void put_screen(struct vttest *v)
{
    struct term_cursor cursor = term_cursor(v->term);

    buf_printf(&v->screens, "--- cursor %d,%d%s\n", cursor.row, cursor.col,
               term_modes(v->term).reverse_video ? ", reverse video" : "");
    for (int row = 0; row < term_rows(v->term); row++)
        put_row(v->term, row, &v->screens);
    for (int row = 0; row < term_rows(v->term); row++)
        put_styles(v->term, row, &v->screens);
}

/* --- going through a menu --- */

/* The highest number of the menu that is asking, or -1: it is none. */
static int menu_of(const struct vttest *v)
{
    const char *at = strstr(v->tail, "choice number (0 - ");
    int highest;

    return at && sscanf(at, "choice number (0 - %d)", &highest) == 1 ? highest : -1;
}

/* All items of a menu in their order, and of those below it. */
static void go_through(struct vttest *v, int items, int depth)
{
    for (int item = 1; item <= items; item++) {
        choose(v, item);
        wait_question(v);
        for (int i = 0; i < SCREENS_MAX && menu_of(v) < 0; i++) {
            put_screen(v);
            press_enter(v);
            wait_question(v);
        }
        if (menu_of(v) == items) /* back */
            continue;
        assert_true(depth < 3);
        put_screen(v);
        go_through(v, menu_of(v), depth + 1);
        choose(v, 0);
        wait_question(v);
    }
}

static void run_menu(struct vttest *v, int menu)
{
    wait_question(v);
    int main_menu = menu_of(v);
    choose(v, menu);
    wait_question(v);
    for (int i = 0; i < SCREENS_MAX && menu_of(v) < 0; i++) {
        put_screen(v);
        press_enter(v);
        wait_question(v);
    }
    if (menu_of(v) != main_menu) {
        put_screen(v);
        go_through(v, menu_of(v), 1);
    }
}

static int first_difference(const char *a, const char *b)
{
    int line = 1;

    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

static void check_golden(const struct vttest *v, int menu)
{
    const char *update = getenv("SANDPIT_UPDATE_GOLDEN");
    cleanup_free char *file = xasprintf("tests/vterm/vttest/menu%d.txt", menu);
    cleanup_free char *path = source_path(file);

    if (update && *update) {
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        fwrite(v->screens.data, 1, v->screens.len, f);
        fclose(f);
        return;
    }
    cleanup_free char *golden = source_read(file);
    if (strcmp(golden, v->screens.data) != 0) {
        cleanup_free char *got =
            xasprintf("%s/menu%d.got", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", menu);
        FILE *f = fopen(got, "wb");

        if (f) {
            fwrite(v->screens.data, 1, v->screens.len, f);
            fclose(f);
        }
        fail_msg("menu %d differs from %s at line %d; what came is in %s", menu, path,
                 first_difference(golden, v->screens.data), got);
    }
}

static void vttest__menu__comes_out_right(void **state)
{
    int menu = *(int *)*state;
    struct vttest v;

    if (access("/usr/bin/vttest", X_OK) != 0)
        skip();
    start(&v);
    run_menu(&v, menu);
    check_golden(&v, menu);
    stop(&v);
}

int main(void)
{
    static int menus[] = {1, 2, 3, 6, 8};
    static char names[ARRAY_LEN(menus)][64];
    struct CMUnitTest tests[ARRAY_LEN(menus)];

    for (size_t i = 0; i < ARRAY_LEN(menus); i++) {
        snprintf(names[i], sizeof names[i], "vttest__menu_%d__comes_out_right", menus[i]);
        tests[i] =
            (struct CMUnitTest){names[i], vttest__menu__comes_out_right, NULL, NULL, &menus[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
