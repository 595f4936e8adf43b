/* SPDX-License-Identifier: MIT
 *
 * Random typing into a real shell behind a link with a delay. Time is virtual: after each key the
 * shell is waited for (it sleeps, has read its input and printed), then its output is put on the
 * way back. What is shown as predicted is compared with what the shell made of the same keys.
 */
#include "tests/cm.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "vterm/predict.h"

#define ROWS      12
#define COLS      32
#define DELAY_MS  100 /* each way */
#define FLYING    64
#define SETTLE_MS 1000

struct event {
    int64_t at_ms; /* when it is here */
    struct buf output;
    uint64_t acked;
};

/* What showed as predicted for the moment when the shell has taken so many bytes. */
struct claim {
    uint64_t taken, line;
    struct cell cells[COLS];
};

struct shell {
    pid_t pid;
    int master, slave;
    struct term *near, *far, *plain; /* at the shell; here; here without predictions */
    struct predict *predict;
    struct event flying[FLYING];
    size_t n_flying;
    struct buf unsent[FLYING];
    int64_t unsent_at_ms[FLYING];
    size_t n_unsent;
    struct claim claims[FLYING];
    size_t n_claims;
    uint64_t sent, taken, acked;
    int64_t now_ms;
    unsigned seed, shown, wrong;
};

static unsigned dice(struct shell *s, unsigned sides)
{
    s->seed = s->seed * 1103515245u + 12345u;
    return (s->seed >> 16) % sides;
}

/* --- the shell --- */

static bool sleeps(const struct shell *s)
{
    char path[64], text[256] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", (int)s->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *state = strrchr(text, ')');
    return state && state[2] == 'S';
}

/* What it prints until it waits for the next key. */
static void collect(struct shell *s, struct buf *out)
{
    char bytes[4096];
    int idle = 0, unread;

    /* The kernel hands a key over in its own time, so no answer at all is waited for longer. */
    while (idle < (out->len ? 3 : 30)) {
        struct pollfd fd = {.fd = s->master, .events = POLLIN};

        if (poll(&fd, 1, 1) > 0) {
            ssize_t n = read(s->master, bytes, sizeof bytes);

            if (n <= 0)
                return;
            buf_append(out, bytes, (size_t)n);
            idle = 0;
            continue;
        }
        bool done = ioctl(s->slave, FIONREAD, &unread) == 0 && unread == 0 && sleeps(s) &&
                    tcgetpgrp(s->master) == s->pid;
        idle = done ? idle + 1 : 0;
    }
}

static void start_shell(struct shell *s, const char *const argv[])
{
    struct winsize size = {.ws_row = ROWS, .ws_col = COLS};

    assert_int_equal(openpty(&s->master, &s->slave, NULL, NULL, &size), 0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        setenv("PS1", "$ ", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("TERM", "xterm-256color", 1);
        setenv("INPUTRC", "/dev/null", 1);
        setenv("HISTFILE", "/dev/null", 1);
        unsetenv("PROMPT_COMMAND");
        close(s->master);
        login_tty(s->slave);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    fcntl(s->master, F_SETFD, FD_CLOEXEC);
}

static struct shell *make(const char *const argv[], unsigned seed)
{
    struct shell *s = xcalloc(1, sizeof *s);
    struct term_config config = {.scrollback_lines = 1000};

    s->seed = seed;
    s->now_ms = 1000;
    start_shell(s, argv);
    s->near = term_create(ROWS, COLS, &config);
    s->far = term_create(ROWS, COLS, &config);
    s->plain = term_create(ROWS, COLS, &config);
    s->predict = predict_create(s->far, PREDICT_ON);
    predict_set_round_trip(s->predict, 2000 * DELAY_MS);
    return s;
}

static void destroy(struct shell *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    close(s->master);
    close(s->slave);
    predict_destroy(s->predict);
    term_destroy(s->near);
    term_destroy(s->far);
    term_destroy(s->plain);
    for (size_t i = 0; i < FLYING; i++) {
        buf_finish(&s->flying[i].output);
        buf_finish(&s->unsent[i]);
    }
    free(s);
}

/* --- the link --- */

static void fly(struct shell *s, int64_t at_ms)
{
    struct event *e = &s->flying[s->n_flying++];

    assert_true(s->n_flying < FLYING);
    e->at_ms = at_ms;
    e->acked = s->taken;
    buf_clear(&e->output);
    collect(s, &e->output);
    if (e->output.len)
        term_feed(s->near, e->output.data, e->output.len);
}

static bool looks_alike(const struct cell *claimed, const struct cell *truth)
{
    return claimed->glyph == truth->glyph || (claimed->glyph == ' ' && !truth->glyph);
}

/* The shell has done just what the claim was made for. */
static void check_claims(struct shell *s)
{
    struct cell truth[COLS];

    while (s->n_claims && s->claims[0].taken <= s->taken) {
        const struct claim *c = &s->claims[0];

        term_line(s->near, c->line, truth, COLS);
        for (int col = 0; c->taken == s->taken && col < COLS; col++) {
            s->shown += c->cells[col].glyph != 0;
            s->wrong += c->cells[col].glyph && !looks_alike(&c->cells[col], &truth[col]);
        }
        s->n_claims--;
        memmove(s->claims, s->claims + 1, s->n_claims * sizeof *s->claims);
    }
}

static void deliver_key(struct shell *s)
{
    struct buf keys = s->unsent[0];
    int64_t at_ms = s->unsent_at_ms[0];

    assert_int_equal(write(s->master, keys.data, keys.len), keys.len);
    s->taken += keys.len;
    fly(s, at_ms + DELAY_MS);
    check_claims(s);
    s->n_unsent--;
    memmove(s->unsent, s->unsent + 1, s->n_unsent * sizeof *s->unsent);
    memmove(s->unsent_at_ms, s->unsent_at_ms + 1, s->n_unsent * sizeof *s->unsent_at_ms);
    s->unsent[s->n_unsent] = keys;
}

static void deliver_output(struct shell *s)
{
    struct event e = s->flying[0];

    if (e.output.len) {
        term_feed(s->far, e.output.data, e.output.len);
        term_feed(s->plain, e.output.data, e.output.len);
    }
    s->acked = e.acked;
    s->n_flying--;
    memmove(s->flying, s->flying + 1, s->n_flying * sizeof *s->flying);
    s->flying[s->n_flying] = e;
}

static void tick(struct shell *s)
{
    s->now_ms++;
    while (s->n_unsent && s->unsent_at_ms[0] <= s->now_ms)
        deliver_key(s);
    bool changed = predict_due_ms(s->predict) && predict_due_ms(s->predict) <= s->now_ms;
    while (s->n_flying && s->flying[0].at_ms <= s->now_ms) {
        deliver_output(s);
        changed = true;
    }
    if (changed)
        predict_update(s->predict, (size_t)(s->sent - s->acked), s->now_ms);
}

static void pass(struct shell *s, int ms)
{
    while (ms-- > 0)
        tick(s);
}

static void claim(struct shell *s)
{
    int row = predict_row(s->predict);

    if (row < 0 || predict_accounted(s->predict) <= s->taken)
        return;
    assert_true(s->n_claims < FLYING);
    struct claim *c = &s->claims[s->n_claims];
    bool any = false;
    *c = (struct claim){
        predict_accounted(s->predict), term_scrollback_end(s->far) + (uint64_t)row, {{0}}};
    for (int col = 0; col < COLS; col++)
        if (predict_cell(s->predict, row, col)) {
            c->cells[col] = *predict_cell(s->predict, row, col);
            any = true;
        }
    s->n_claims += any;
}

static void press(struct shell *s, const char *keys)
{
    size_t n = strlen(keys);

    assert_true(s->n_unsent + 1 < FLYING);
    buf_clear(&s->unsent[s->n_unsent]);
    buf_append(&s->unsent[s->n_unsent], keys, n);
    s->unsent_at_ms[s->n_unsent++] = s->now_ms + DELAY_MS;
    predict_sent(s->predict, keys, n);
    s->sent += n;
    predict_update(s->predict, (size_t)(s->sent - s->acked), s->now_ms);
    claim(s);
}

/* --- the comparison --- */

static void check_same(struct shell *s)
{
    pass(s, SETTLE_MS);
    assert_int_equal(predict_row(s->predict), -1);
    for (int row = 0; row < ROWS; row++)
        for (int col = 0; col < COLS; col++) {
            const struct cell *guess = predict_cell(s->predict, row, col);
            const struct cell *far = guess ? guess : term_row(s->far, row) + col;

            assert_true(cell_equal(far, term_row(s->plain, row) + col));
            assert_true(cell_equal(far, term_row(s->near, row) + col));
        }
}

static void begin(struct shell *s)
{
    fly(s, s->now_ms);
    pass(s, SETTLE_MS);
}

static void type_at_random(struct shell *s, int n_keys, int gap_ms)
{
    static const char *const keys[] = {
        "e", "c", "h",  "o",    " ",      "x",      "7",      "\xc3\xa9", "\xe4\xb8\xad",
        "e", "o", "x",  "\177", "\177",   "\033[D", "\033[D", "\033[C",   "a",
        "a", "a", "\r", "\025", "\033[A", "\001",   "\005",   "\027",
    };
    const unsigned common = ARRAY_LEN(keys) - 6;

    for (int i = 0; i < n_keys; i++) {
        press(s, keys[dice(s, dice(s, 12) ? common : ARRAY_LEN(keys))]);
        pass(s, 5 + (int)dice(s, (unsigned)gap_ms));
        if (dice(s, 40) == 0)
            pass(s, SETTLE_MS);
    }
}

static void predict_shell__bash__shows_no_wrong_cell(void **state)
{
    static const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};
    static const int gaps_ms[] = {20, 80, 150, 400};
    unsigned shown = 0;

    for (size_t i = 0; i < ARRAY_LEN(gaps_ms); i++) {
        struct shell *s = make(argv, 7 + (unsigned)i);

        begin(s);
        type_at_random(s, 250, gaps_ms[i]);
        check_same(s);
        print_message("# keys every %d ms: %u predicted cells shown, %u wrong\n", gaps_ms[i] / 2,
                      s->shown, s->wrong);
        shown += s->shown;
        assert_int_equal(s->wrong, 0);
        assert_int_equal(predict_wrong(s->predict), 0);
        destroy(s);
    }
    assert_true(shown > 500);
}

/* The kernel's own line editing, where Left prints ^[[D. */
static void predict_shell__cat__shows_no_wrong_cell(void **state)
{
    static const char *const argv[] = {"cat", NULL};
    struct shell *s = make(argv, 3);

    begin(s);
    type_at_random(s, 250, 100);
    check_same(s);
    assert_true(s->shown > 100);
    assert_int_equal(s->wrong, 0);
    assert_int_equal(predict_wrong(s->predict), 0);
    destroy(s);
}

static void predict_shell__without_echo__shows_nothing(void **state)
{
    static const char *const argv[] = {"sh", "-c", "stty -echo; read -r a; stty echo; cat", NULL};
    struct shell *s = make(argv, 5);

    begin(s);
    for (const char *c = "sesame, open"; *c; c++) {
        press(s, (char[]){*c, '\0'});
        assert_int_equal(s->n_claims, 0);
        for (int i = 0; i < 70; i++) {
            tick(s);
            for (int col = 0; col < COLS; col++)
                assert_null(predict_cell(s->predict, 0, col));
        }
    }
    check_same(s);
    destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predict_shell__bash__shows_no_wrong_cell),
        cmocka_unit_test(predict_shell__cat__shows_no_wrong_cell),
        cmocka_unit_test(predict_shell__without_echo__shows_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
