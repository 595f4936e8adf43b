/* SPDX-License-Identifier: MIT */
#include "host/daemon/session.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"
#include "host/daemon/shell.h"

#define COLS_DEFAULT 80
#define ROWS_DEFAULT 24
#define LAST_READ    ((size_t)256 * 1024) /* taken at most after the shell's end */
#define REPLIES_MAX  ((size_t)64 * 1024)  /* input waiting beyond which nothing is answered */

static void on_master(uv_poll_t *poll, int status, int events);
static void output(struct session *s, char *bytes, size_t n);

/* --- what the poll waits for --- */

static void update_events(struct session *s)
{
    int events = 0;

    if (!s->paused && !s->hung_up)
        events |= UV_READABLE;
    if (outbox_len(&s->input) && !s->hung_up)
        events |= UV_WRITABLE;
    if (events == s->events || s->master < 0)
        return;
    s->events = events;
    if (events)
        uv_poll_start(&s->poll, events, on_master);
    else
        uv_poll_stop(&s->poll);
}

static void on_stall(uv_timer_t *timer)
{
    struct session *s = timer->data;
    struct subscription *sub;

    if (s->n_subscriptions > 1)
        TAILQ_FOREACH (sub, &s->subscriptions, of_session)
            if (subscription_is_behind(sub))
                subscription_cut(sub);
    session_update_flow(s);
}

void session_update_flow(struct session *s)
{
    struct subscription *sub;
    bool behind = false;

    if (s->ended)
        return;
    TAILQ_FOREACH (sub, &s->subscriptions, of_session)
        behind |= subscription_is_behind(sub);
    if (!behind)
        uv_timer_stop(&s->stall);
    else if (!uv_is_active((uv_handle_t *)&s->stall))
        uv_timer_start(&s->stall, on_stall, STALL_MS, STALL_MS);
    s->paused = behind || !pace_room(s);
    update_events(s);
}

/* --- output --- */

static void keep_backlog(struct session *s, const char *bytes, size_t n)
{
    if (s->backlog_lost)
        return;
    if (s->backlog.len + n > BACKLOG_MAX) {
        s->backlog_lost = true;
        buf_finish(&s->backlog);
        return;
    }
    buf_append(&s->backlog, bytes, n);
}

static void deliver(struct session *s, const char *bytes, size_t n)
{
    struct subscription *sub;

    if (!s->subscribed)
        keep_backlog(s, bytes, n);
    TAILQ_FOREACH (sub, &s->subscriptions, of_session)
        subscription_push(sub, bytes, n);
    TAILQ_FOREACH (sub, &s->subscriptions, of_session)
        socket_pump(sub->socket);
}

/* bytes has s->n_carry bytes of room before it. */
static void output(struct session *s, char *bytes, size_t n)
{
    size_t hold;

    term_feed(s->term, bytes, n);
    activity_output(s, n);
    bytes -= s->n_carry;
    memcpy(bytes, s->carry, s->n_carry);
    n += s->n_carry;
    hold = utf8_incomplete_tail(bytes, n);
    s->n_carry = hold;
    memcpy(s->carry, bytes + n - hold, hold);
    if (n > hold)
        deliver(s, bytes, n - hold);
}

/* Reads until limit, or until there is nothing. */
static void read_master(struct session *s, size_t limit)
{
    static char bytes[sizeof s->carry + SESSION_READ];
    char *start = bytes + sizeof s->carry;
    bool more = true;

    for (size_t total = 0; more && total < limit;) {
        size_t n = 0, room = limit - total < SESSION_READ ? limit - total : SESSION_READ;

        while (n < room && more) {
            ssize_t got = read(s->master, start + n, room - n);

            if (got > 0)
                n += (size_t)got;
            else if (got < 0 && errno == EINTR)
                continue;
            else {
                more = false;
                s->hung_up |= got == 0 || errno != EAGAIN;
            }
        }
        if (n) {
            s->output_ms = clock_wall_ms();
            pace_read(s, n);
            output(s, start, n);
        }
        total += n;
    }
}

void session_snapshot(struct session *s, struct buf *out)
{
    term_snapshot(s->term, SNAPSHOT_LINES, out);
    /* What has come of a character goes before its rest. */
    out->len -= utf8_incomplete_tail(out->data, out->len);
}

/* --- input --- */

static void write_input(struct session *s)
{
    while (outbox_len(&s->input)) {
        ssize_t n = write(s->master, outbox_front(&s->input), outbox_len(&s->input));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            outbox_clear(&s->input);
            break;
        }
        if (n <= 0)
            break;
        outbox_take(&s->input, (size_t)n);
    }
    update_events(s);
}

bool session_input(struct session *s, const char *bytes, size_t n)
{
    if (s->ended || s->hung_up)
        return true;
    outbox_append(&s->input, bytes, n);
    write_input(s);
    return outbox_len(&s->input) <= INPUT_HIGH;
}

static void on_master(uv_poll_t *poll, int status, int events)
{
    struct session *s = poll->data;
    size_t before = outbox_len(&s->input);

    if (events & UV_WRITABLE) {
        write_input(s);
        if (before > INPUT_LOW && outbox_len(&s->input) <= INPUT_LOW)
            sockets_unblock(s->d, s);
    }
    if (status < 0 || (events & UV_READABLE)) {
        read_master(s, pace_room(s));
        session_update_flow(s);
    }
}

static void on_reply(void *user, const char *bytes, size_t n)
{
    struct session *s = user;

    /* A program that asks and does not read loses the answers: nobody else can be made to wait. */
    if (s->answered || outbox_len(&s->input) + n > REPLIES_MAX)
        return;
    /* The first viewer must not answer again from the backlog, so that becomes a snapshot. */
    if (!s->subscribed) {
        s->backlog_lost = true;
        buf_finish(&s->backlog);
    }
    session_input(s, bytes, n);
}

static void on_bell(void *user)
{
    activity_bell(user);
}

static void on_said(void *user, int osc, const char *bytes, size_t n)
{
    activity_said(user, osc, bytes, n);
}

/* --- size --- */

bool session_resize(struct session *s, double cols, double rows)
{
    struct winsize size = {0};

    if (!(cols >= 1 && cols <= 65535 && rows >= 1 && rows <= 65535) || s->ended)
        return false;
    size.ws_col = (unsigned short)fmin(cols, TERM_SIZE_MAX);
    size.ws_row = (unsigned short)fmin(rows, TERM_SIZE_MAX);
    if (size.ws_col == term_cols(s->term) && size.ws_row == term_rows(s->term))
        return false;
    term_resize(s->term, size.ws_row, size.ws_col);
    ioctl(s->master, TIOCSWINSZ, &size);
    activity_changed(s);
    return true;
}

/* --- life --- */

static void on_shell_exit(struct child *child, int status)
{
    struct session *s = (struct session *)((char *)child - offsetof(struct session, shell));

    if (s->ended)
        return;
    read_master(s, LAST_READ);
    s->exit_code = process_exit_code(status);
    terminal_destroy(s->terminal);
}

static int open_master(struct session *s, int *peer, struct err *e)
{
    int unlock = 0;

    s->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (s->master < 0)
        return err_set_errno(e, errno, "/dev/ptmx");
    if (ioctl(s->master, TIOCSPTLCK, &unlock))
        return err_set_errno(e, errno, "/dev/ptmx: unlock");
    *peer = ioctl(s->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return *peer < 0 ? err_set_errno(e, errno, "/dev/ptmx: peer") : 0;
}

static int start_shell(struct session *s, const struct terminal_options *options, struct err *e)
{
    const struct environ_list *environment = &s->d->environment;
    const char *path = options->shell ? options->shell : process_default_shell(environment);
    struct shell_start start;
    cleanup_fd int peer = -1;
    struct winsize size = {.ws_row = (unsigned short)term_rows(s->term),
                           .ws_col = (unsigned short)term_cols(s->term)};
    int r = open_master(s, &peer, e);
    pid_t pid;

    if (r)
        return r;
    s->command = xstrdup(path);
    ioctl(s->master, TIOCSWINSZ, &size);
    shell_start_init(&start, s->command, environment);
    pid = process_start(&(struct process_spec){.argv = start.argv,
                                               .environment = &start.environment,
                                               .directory = setup_directory(s->d),
                                               .cwd = options->cwd,
                                               .in = peer,
                                               .out = peer,
                                               .errout = peer,
                                               .terminal = true},
                        e);
    shell_start_finish(&start);
    if (pid < 0)
        return pid;
    s->sid = pid;
    s->shell.on_exit = on_shell_exit;
    children_add(&s->d->children, &s->shell, pid);
    return 0;
}

static void session_free(struct session *s)
{
    if (s->master >= 0)
        close(s->master);
    term_destroy(s->term);
    free(s->command);
    outbox_clear(&s->input);
    buf_finish(&s->backlog);
    free(s);
}

int session_create(struct terminal *t, const struct terminal_options *options, struct err *e)
{
    static const struct term_ops ops = {
        .on_reply = on_reply, .on_bell = on_bell, .on_said = on_said};
    struct session *s = xcalloc(1, sizeof *s);
    int r;

    s->terminal = t;
    s->d = t->d;
    s->master = -1;
    s->base64 = options->base64;
    TAILQ_INIT(&s->subscriptions);
    s->term = term_create(options->rows > 0 ? options->rows : ROWS_DEFAULT,
                          options->cols > 0 ? options->cols : COLS_DEFAULT,
                          &(struct term_config){.scrollback_lines = SNAPSHOT_LINES,
                                                .scrollback_bytes = SNAPSHOT_BYTES,
                                                .ops = &ops,
                                                .user = s});
    r = start_shell(s, options, e);
    if (r) {
        session_free(s);
        return r;
    }
    uv_poll_init(t->d->loop, &s->poll, s->master);
    uv_timer_init(t->d->loop, &s->stall);
    s->poll.data = s->stall.data = s;
    s->n_handles = 2;
    update_events(s);
    t->session = s;
    return 0;
}

/* --- the end: hang up and terminate now, kill after a grace --- */

#define KILL_GRACE_MS 1000

static void on_handle_closed(uv_handle_t *handle)
{
    struct session *s = handle->data;

    if (--s->n_handles == 0)
        session_free(s);
}

static void end_grace(struct dying *dying)
{
    struct session *s = (struct session *)((char *)dying - offsetof(struct session, dying));

    TAILQ_REMOVE(&s->d->dying, dying, entry);
    process_signal_session(s->sid, SIGKILL);
    uv_close((uv_handle_t *)&s->stall, on_handle_closed);
}

static void on_kill_grace(uv_timer_t *timer)
{
    struct session *s = timer->data;

    end_grace(&s->dying);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct session *s = handle->data;

    close(s->master);
    s->master = -1;
    on_handle_closed(handle);
}

void session_destroy(struct session *s)
{
    struct daemon *d = s->d;
    bool exited = !s->shell.pid;

    s->ended = true;
    sockets_unblock(d, s);
    uv_timer_stop(&s->stall);
    uv_close((uv_handle_t *)&s->poll, on_poll_closed);
    children_forget(&d->children, &s->shell);
    s->terminal = NULL;
    /* Who exited by itself leaves its background jobs to themselves, as a terminal does. */
    if (exited || d->stopping) {
        uv_close((uv_handle_t *)&s->stall, on_handle_closed);
        return;
    }
    process_signal_session(s->sid, SIGHUP);
    process_signal_session(s->sid, SIGCONT);
    process_signal_session(s->sid, SIGTERM);
    s->dying.end = end_grace;
    TAILQ_INSERT_TAIL(&d->dying, &s->dying, entry);
    uv_timer_start(&s->stall, on_kill_grace, KILL_GRACE_MS, 0);
}
