/* SPDX-License-Identifier: MIT
 *
 * sandpit attach: one terminal of a sandbox in this terminal, byte for byte.
 *
 *   keys → escape filter → channel_input      channel output → raw_tty queue → screen
 *
 * The host's snapshot brings the screen up to date at the start and after a broken connection. Who
 * observes, and a read-only context always does, sends nothing and leaves the size alone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/drain.h"
#include "app/escape.h"
#include "app/questions.h"
#include "app/raw_tty.h"
#include "app/say.h"
#include "app/session.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/slice.h"
#include "base/text.h"
#include "client/remote.h"
#include "vterm/term.h"
#include "wire/report.h"

struct attach_args {
    bool fresh, observe;
    const char *terminal;
};

static const struct arg_def args[] = {
    {"terminal", 't', ARG_TEXT, offsetof(struct attach_args, terminal), "TERMINAL",
     "which one: its id, the beginning of it, or a number from 1"},
    {"observe", 'o', ARG_FLAG, offsetof(struct attach_args, observe), NULL,
     "watch it: nothing typed is sent, its size is left alone"},
    {"new", 'n', ARG_FLAG, offsetof(struct attach_args, fresh), NULL, "open a new terminal"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

#define TELL_AGAIN_MS 10000
#define N_SIGNALS     4
static const int signals[N_SIGNALS] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT};

struct attachment {
    struct session session;
    struct remote *remote;
    struct channel *channel;
    struct raw_tty *tty;
    uv_signal_t signal[N_SIGNALS];
    struct escape escape;
    struct questions questions;
    char *terminal; /* owned: its id */
    size_t n_terminals, position;
    size_t n_fitting;   /* of those the id given fits */
    struct buf running; /* "term-1 (vim), term-2 (make)" */
    const char *wanted; /* TERMINAL as given, or NULL */
    bool observes, lost, stalled;
    int rows, cols;     /* of the terminal; 0: not said */
    int64_t told_at_ms; /* that keys go nowhere; clock_mono_ms, 0: not yet */
    bool yields;   /* somebody else is there: the size is theirs until something is typed here */
    bool leaving;  /* no more keys are taken */
    bool ended;    /* the shell; it is owed nothing */
    int status;    /* of the shell, when it ended */
    int signalled; /* the signal that ended it */
    char end[600]; /* what to say at the end */
};

static void finish(struct attachment *a, const char *text)
{
    snprintf(a->end, sizeof a->end, "%s", text);
    a->session.done = a->leaving = true;
}

static void notice(struct attachment *a, const char *text)
{
    char safe[600];
    cleanup_free char *line =
        xasprintf("\r\n[sandpit: %s]\r\n", text_sanitise(safe, sizeof safe, text, strlen(text)));

    raw_tty_write(a->tty, line, strlen(line));
}

/* --- which terminal --- */

static bool is_running(const struct terminal_info *t)
{
    return t->pty && (strcmp(t->status, "running") == 0 || strcmp(t->status, "active") == 0);
}

static bool is_number(const struct attachment *a, size_t position)
{
    char *end;

    return a->wanted && strtoul(a->wanted, &end, 10) == position && !*end;
}

/* The whole of an id wins over the beginning of others. */
static void consider(struct attachment *a, const struct terminal_info *t)
{
    size_t n = a->wanted ? strlen(a->wanted) : 0;
    bool is_first = !a->wanted && a->n_terminals == 1;
    bool is_exact = a->wanted && (strcmp(t->id, a->wanted) == 0 || is_number(a, a->n_terminals));
    bool fits = a->wanted && strncmp(t->id, a->wanted, n) == 0;

    if (is_exact)
        a->n_fitting = 0;
    a->n_fitting += fits || is_exact || is_first;
    if (!is_first && !is_exact && !(fits && !a->terminal))
        return;
    free(a->terminal);
    a->terminal = xstrdup(t->id);
    a->position = a->n_terminals;
    a->yields = t->n_viewers > 0;
    a->rows = t->rows;
    a->cols = t->cols;
}

static void list_running(struct attachment *a, const struct terminal_info *t)
{
    char title[64];

    text_sanitise(title, sizeof title, t->title, strlen(t->title));
    buf_printf(&a->running, "%s%s%s%s%s", a->running.len ? ", " : "", t->id, *title ? " (" : "",
               title, *title ? ")" : "");
}

static void on_terminals(void *user, const struct terminal_info *all, size_t n, const struct err *e)
{
    struct attachment *a = user;
    bool is_found = false;

    a->session.done = true;
    if (e) {
        a->session.err = *e;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_running(&all[i]))
            continue;
        a->n_terminals++;
        list_running(a, &all[i]);
        if (!is_found)
            consider(a, &all[i]);
        is_found = is_found || (a->wanted && strcmp(all[i].id, a->wanted) == 0);
    }
}

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct attachment *a = user;

    a->session.done = true;
    if (e)
        a->session.err = *e;
    else
        a->terminal = xstrdup(t->id);
}

static int wait_result(struct attachment *a, struct err *e)
{
    a->session.err = (struct err){0};
    session_wait(&a->session);
    if (a->session.err.code)
        *e = a->session.err;
    return -(int)a->session.err.code;
}

static int create_terminal(struct attachment *a, struct err *e)
{
    struct terminal_options o = {0};

    if (a->observes) {
        err_set(e, ERR_FORBIDDEN, "no terminal is open there, and who only watches opens none");
        return -ERR_FORBIDDEN;
    }
    raw_tty_size(a->tty, &o.rows, &o.cols);
    terminal_create(a->remote, &o, on_terminal, a);
    return wait_result(a, e);
}

static int choose_terminal(struct attachment *a, bool fresh, struct err *e)
{
    if (!fresh) {
        terminal_list(a->remote, on_terminals, a);
        if (wait_result(a, e) < 0)
            return err_wrap(e, "terminals");
    }
    if (a->wanted && a->n_fitting != 1) {
        err_set(e, a->n_fitting ? ERR_CONFLICT : ERR_NOT_FOUND,
                a->n_fitting ? "\"%.80s\" is the beginning of %zu terminals"
                             : "no running terminal \"%.80s\"",
                a->wanted, a->n_fitting);
        err_hint(e, "%s%.300s", a->n_terminals ? "running: " : "none is running; --new opens one",
                 a->running.data ? a->running.data : "");
        return a->n_fitting ? -ERR_CONFLICT : -ERR_NOT_FOUND;
    }
    if (a->terminal)
        return 0;
    if (create_terminal(a, e) < 0)
        return err_wrap(e, "new terminal");
    return 0;
}

/* --- the stream --- */

static bool on_output(void *user, const char *bytes, size_t n);

static void on_destroyed(void *user, const struct channel_end *end)
{
    struct attachment *a = user;
    cleanup_free char *text = xasprintf("the terminal ended: %s", end->reason);

    a->status = end->is_exit ? end->status : EXIT_FAIL;
    a->ended = true;
    finish(user, text);
}

static void on_state(void *user)
{
    struct attachment *a = user;
    enum link_state state = remote_state(a->remote);
    const struct err *e = remote_error(a->remote);

    if (state != LINK_UP) /* the end of what is held does not come any more */
        a->questions = (struct questions){0};
    if (state == LINK_FAILED) {
        finish(a, e->text);
        a->session.err = *e;
    } else if (state == LINK_DOWN && !a->lost) {
        cleanup_free char *text =
            xasprintf("connection lost (%s), trying again; ~. leaves", e->text);
        a->lost = true;
        notice(a, text);
    } else if (state == LINK_UP && a->lost) {
        a->lost = false;
        notice(a, "connected again");
    }
}

/* Somebody else works there and gave it another size: it is theirs again. */
static void on_resized(void *user, int rows, int cols)
{
    struct attachment *a = user;
    int own_rows, own_cols;

    a->rows = rows;
    a->cols = cols;
    raw_tty_size(a->tty, &own_rows, &own_cols);
    a->yields = rows != own_rows || cols != own_cols;
}

static const struct channel_ops channel_ops = {.on_output = on_output,
                                               .on_destroyed = on_destroyed,
                                               .on_resized = on_resized,
                                               .on_state = on_state};

static void show(struct attachment *a, const char *bytes, size_t n)
{
    cleanup_buf struct buf out = {0};

    /* One terminal answers what the program asks; this one is not asked when it is another. */
    if (channel_answers(a->channel) && !a->observes && a->questions.state != QUESTIONS_SWALLOWED) {
        questions_flush(&a->questions, &out);
        buf_append(&out, bytes, n);
    } else {
        questions_drop(&a->questions, bytes, n, &out);
    }
    if (out.len)
        a->stalled = !raw_tty_write(a->tty, out.data, out.len);
}

static bool on_output(void *user, const char *bytes, size_t n)
{
    static const char snapshot[] = TERM_SNAPSHOT_BEGIN;
    struct attachment *a = user;
    const char *at;

    a->stalled = false;
    while (n && (at = memmem(bytes, n, snapshot, sizeof snapshot - 1))) {
        show(a, bytes, (size_t)(at - bytes));
        raw_tty_clear(a->tty);
        a->questions = (struct questions){0};
        at += sizeof snapshot - 1;
        n -= (size_t)(at - bytes);
        bytes = at;
    }
    show(a, bytes, n);
    return !a->stalled;
}

static void send_input(struct attachment *a, const char *bytes, size_t n)
{
    struct err e = {0};

    if (n && !a->observes && a->channel && channel_input(a->channel, bytes, n, &e) < 0)
        notice(a, e.text);
}

static void send_size(struct attachment *a)
{
    int rows, cols;

    raw_tty_size(a->tty, &rows, &cols);
    if (a->channel && !a->observes && !a->yields)
        channel_resize(a->channel, rows, cols);
}

/* Whoever types must see that it goes nowhere, but not at every key. */
static void notice_watching(struct attachment *a)
{
    int rows, cols;

    raw_tty_size(a->tty, &rows, &cols);
    bool differs = a->rows > 0 && (a->rows != rows || a->cols != cols);

    if (a->told_at_ms && clock_mono_ms() - a->told_at_ms < TELL_AGAIN_MS)
        return;
    a->told_at_ms = clock_mono_ms();
    cleanup_free char *size =
        differs ? xasprintf(" at its size, %dx%d", a->cols, a->rows) : xstrdup("");
    cleanup_free char *text =
        xasprintf("watching%s; keys are not sent; ~. after Enter leaves", size);
    notice(a, text);
}

static void on_input(void *user, const char *bytes, size_t n)
{
    struct attachment *a = user;

    /* As in the dashboard: who types decides. To look, or to point, is not to type. */
    a->yields = a->yields && !input_kinds(bytes, n).is_typed;
    send_size(a); /* a key typed after a resize can be here before its signal */
    while (n && !a->leaving) {
        cleanup_buf struct buf out = {0};
        size_t used;
        enum escape_command command = escape_filter(&a->escape, bytes, n, &out, &used);

        if (a->observes && out.len)
            notice_watching(a);
        send_input(a, out.data, out.len);
        bytes += used;
        n -= used;
        if (command == ESCAPE_DETACH)
            finish(a, "detached; the terminal runs on");
        else if (command == ESCAPE_HELP)
            notice(a, "~. detaches   ~~ is a tilde   ~? this; each after Enter");
    }
}

static void on_drained(void *user)
{
    struct attachment *a = user;

    if (a->stalled && a->channel)
        channel_resume(a->channel);
    a->stalled = false;
}

static void on_gone(void *user)
{
    finish(user, "the terminal here went away");
}

static const struct raw_tty_ops tty_ops = {on_input, on_drained, on_gone};

static void on_signal(uv_signal_t *handle, int number)
{
    struct attachment *a = handle->data;

    if (number == SIGWINCH) {
        send_size(a);
        return;
    }
    a->signalled = number;
    finish(a, "ended by a signal; the terminal runs on");
}

/* --- one attachment from start to end --- */

static void watch_signals(struct attachment *a)
{
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(&a->session.loop, &a->signal[i]);
        a->signal[i].data = a;
        uv_signal_start(&a->signal[i], on_signal, signals[i]);
    }
}

static void close_all(struct attachment *a)
{
    if (a->channel)
        channel_close(a->channel);
    raw_tty_close(a->tty);
    for (int i = 0; i < N_SIGNALS; i++)
        uv_close((uv_handle_t *)&a->signal[i], NULL);
    if (a->remote)
        remote_release(a->remote);
    session_close(&a->session);
    free(a->terminal);
    buf_finish(&a->running);
}

static int open_all(struct attachment *a, const char *name, bool fresh, struct err *e)
{
    struct sandbox_info info = {0};
    int rc = session_resolve(&a->session, name, &info, e);

    if (rc < 0)
        return rc;
    a->remote = remote_acquire(a->session.gateway, info.id);
    cleanup_free char *label = sandbox_label(&info);
    sandbox_info_finish(&info);
    slice_shorten();
    a->tty = raw_tty_open(&a->session.loop, &tty_ops, a, e);
    if (!a->tty)
        return -(int)e->code;
    if ((rc = choose_terminal(a, fresh, e)) < 0)
        return rc;
    if (a->n_terminals > 1) {
        cleanup_free char *text = xasprintf("%s, terminal %zu of %zu (%s); ~. after Enter leaves",
                                            label, a->position, a->n_terminals, a->terminal);
        notice(a, text);
    }
    a->session.done = false;
    a->channel = channel_open(a->remote, a->terminal, &channel_ops, a);
    if (!a->observes)
        channel_offer_answers(a->channel);
    send_size(a);
    return 0;
}

static size_t typed(void *user, bool *can_go)
{
    const struct attachment *a = user;

    *can_go = remote_state(a->remote) == LINK_UP;
    return a->ended ? 0 : channel_pending(a->channel);
}

static int run_attach(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct attach_args *given = arguments;
    struct attachment a = {.escape = ESCAPE_INIT,
                           .observes = app->context.readonly || given->observe,
                           .wanted = given->terminal ? given->terminal
                                     : n_rest > 1    ? rest[1]
                                                     : NULL};
    struct err e = {0};

    if (given->fresh && (a.wanted || given->observe)) {
        say("--new opens a terminal: it goes with neither TERMINAL nor --observe");
        return EXIT_USAGE;
    }

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        say("attach wants a terminal on its input and output");
        fprintf(stderr, "         `sandpit exec NAME -- COMMAND` runs a command without one\n");
        return EXIT_FAIL;
    }
    if (session_open(&a.session, app, &e) < 0) {
        say_error(&e);
        return EXIT_FAIL;
    }
    watch_signals(&a);
    size_t n_lost = 0;
    if (open_all(&a, rest[0], given->fresh, &e) == 0) {
        session_wait(&a.session);
        e = a.session.err;
        n_lost = drain(&a.session.loop, typed, &a);
    }
    close_all(&a);
    if (a.end[0] && !e.code)
        say("%s", a.end);
    if (n_lost)
        say("%zu byte%s typed did not reach it", n_lost, n_lost == 1 ? "" : "s");
    if (e.code)
        say_error(&e);
    return a.signalled ? 128 + a.signalled : e.code ? EXIT_FAIL : a.status;
}

const struct command cmd_attach = {
    .name = "attach",
    .usage = "NAME [TERMINAL]",
    .summary = "Enter a terminal of a sandbox, in this terminal",
    .details =
        "Attaches to the first terminal that runs there, or opens one. TERMINAL is an id, "
        "the\nbeginning of one, or a number from 1; --terminal says the same. Several may be "
        "attached\nto one terminal.\n\nAfter Enter, ~. leaves (the terminal runs on), ~~ types a "
        "tilde, ~? "
        "lists these. When the shell exits, attach exits with its status.",
    .args = args,
    .args_size = sizeof(struct attach_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 2,
    .run = run_attach,
};
