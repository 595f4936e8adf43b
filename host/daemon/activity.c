/* SPDX-License-Identifier: MIT */
#include "host/daemon/activity.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/daemon/participant.h"
#include "host/daemon/session.h"
#include "wire/names.h"

#define TOLD_EVERY_MS   500
#define URGENT_EVERY_MS 100
#define EXEC_MS         250 /* a command that began has replaced the shell in front by then */
#define LINES_LOOKED_AT 64  /* for the last line of an error */
#define LINE_BYTES      1024

enum { OSC_MARK = 133, OSC_OURS = 7717 };

/* --- the text of errors --- */

struct place {
    uint64_t line;
    int col;
};

/* Appends cells [from, to) to text; false: it is full. */
static bool append_cells(char text[LINE_BYTES], size_t *n, const struct cell *cells, int from,
                         int to)
{
    for (int i = from; i < to; i++) {
        char one[13];
        size_t bytes;

        if (cells[i].flags & CELL_CONTINUATION)
            continue;
        bytes = cell_text(&cells[i], one);
        if (*n + bytes >= LINE_BYTES)
            return false;
        memcpy(text + *n, one, bytes);
        *n += bytes;
    }
    return true;
}

/* The text that the line belongs to, as far as it is not before `begin`, without blanks at its
 * ends. */
static void read_line(const struct term *t, uint64_t line, struct place begin,
                      char out[FACT_TEXT_MAX + 1])
{
    struct cell cells[TERM_SIZE_MAX];
    char text[LINE_BYTES];
    size_t n = 0, skip = 0;
    bool more = true;

    line = MAX(term_line_start(t, line), begin.line);
    while (more) {
        int used = term_line(t, line, cells, term_cols(t));

        more = append_cells(text, &n, cells, line == begin.line ? begin.col : 0, used) &&
               term_line_wrapped(t, line++);
    }
    while (n && text[n - 1] == ' ')
        n--;
    while (skip < n && text[skip] == ' ')
        skip++;
    text_sanitise(out, FACT_TEXT_MAX + 1, text + skip, n - skip);
}

/* The last line with text from `begin` to the cursor; "" when there is none. */
static void read_last_line(const struct term *t, struct place begin, char out[FACT_TEXT_MAX + 1])
{
    uint64_t line = term_scrollback_end(t) + (uint64_t)term_cursor(t).row;

    out[0] = '\0';
    for (int i = 0; i < LINES_LOOKED_AT && !out[0] && line >= begin.line; i++, line--) {
        read_line(t, line, begin, out);
        if (!line)
            break;
    }
}

/* --- what happened --- */

static void on_timer(uv_timer_t *timer);

static void arm(struct activity *a, int64_t due_ms)
{
    int64_t ms = MAX(due_ms - clock_mono_ms(), 0);

    if (!uv_is_active((uv_handle_t *)&a->timer) || uv_timer_get_due_in(&a->timer) > (uint64_t)ms)
        uv_timer_start(&a->timer, on_timer, (uint64_t)ms, 0);
}

static void touch(struct session *s, int64_t every_ms)
{
    struct facts *f = &s->facts;
    int64_t due = MAX(clock_mono_ms(), f->told_ms + every_ms);

    if (!s->d->activity.n_watchers || s->ended)
        return;
    if (!f->due_ms || due < f->due_ms)
        f->due_ms = due;
    arm(&s->d->activity, f->due_ms);
}

void activity_changed(struct session *s)
{
    touch(s, TOLD_EVERY_MS);
}

void activity_output(struct session *s, size_t n)
{
    s->facts.n_output_bytes += n;
    s->facts.output_ms = clock_mono_ms();
    touch(s, TOLD_EVERY_MS);
}

void activity_input(struct session *s, size_t n)
{
    if (!n)
        return;
    s->facts.input_ms = clock_mono_ms();
    s->facts.n_bells = 0;
    touch(s, TOLD_EVERY_MS);
}

void activity_bell(struct session *s)
{
    s->facts.bell_ms = clock_mono_ms();
    s->facts.n_bells++;
    touch(s, TOLD_EVERY_MS);
}

void activity_hand(struct session *s, bool up, const char *note)
{
    struct facts *f = &s->facts;

    if (!note || !up)
        note = "";
    f->hand_ms = !up ? 0 : f->hand_ms ? f->hand_ms : clock_mono_ms();
    text_sanitise(f->note, sizeof f->note, note, strlen(note));
    touch(s, URGENT_EVERY_MS);
}

void activity_freeze(struct session *s, int64_t ms, const char *by)
{
    struct facts *f = &s->facts;

    if (!by || !ms)
        by = "";
    f->frozen_until_ms = ms ? clock_mono_ms() + ms : 0;
    text_sanitise(f->frozen_by, sizeof f->frozen_by, by, strlen(by));
    touch(s, 0);
}

int64_t activity_frozen_left(const struct session *s)
{
    int64_t left = s->facts.frozen_until_ms ? s->facts.frozen_until_ms - clock_mono_ms() : 0;

    return MAX(left, 0);
}

char *activity_frozen_text(const struct session *s)
{
    const char *by = s->facts.frozen_by;
    int64_t left = activity_frozen_left(s);

    return xasprintf("input is frozen%s%s for %lld more seconds", *by ? " by " : "", by,
                     (long long)(left + 999) / 1000);
}

/* --- what shells say --- */

static void begin_command(struct session *s)
{
    struct facts *f = &s->facts;

    f->command_ms = clock_mono_ms();
    term_anchor_remove(&f->output_at);
    term_anchor_add(s->term, &f->output_at,
                    term_scrollback_end(s->term) + (uint64_t)term_cursor(s->term).row,
                    term_cursor(s->term).col);
}

/* Interrupted, stopped, or its reader went away: neither a success nor a failure. */
static bool is_neutral(int status)
{
    return status == 130 || status == 131 || status == 141 || (status >= 146 && status <= 150);
}

static void note_failure(struct facts *f, const char *error)
{
    bool same = f->n_failed_row && *error && !strcmp(error, f->error);

    f->n_same_error = same ? f->n_same_error + 1 : *error != '\0';
    f->n_failed_row++;
    snprintf(f->error, sizeof f->error, "%s", error);
}

static void note_success(struct facts *f)
{
    f->n_failed_row = f->n_same_error = 0;
    f->error[0] = '\0';
}

static void note_end(struct session *s, int status, const char *error)
{
    struct facts *f = &s->facts;

    f->n_commands++;
    f->last_exit = status;
    f->exit_ms = clock_mono_ms();
    if (!status)
        note_success(f);
    else if (!is_neutral(status))
        note_failure(f, error);
}

/* Shells say nothing of the beginning of what they cannot parse, and repeat the status before it
 * when nothing was typed at all. */
static bool was_no_command(const char *line)
{
    return strstr(line, "syntax error") || strstr(line, "parse error") ||
           strstr(line, "unexpected EOF");
}

static void end_command(struct session *s, int status)
{
    struct facts *f = &s->facts;
    uint64_t cursor = term_scrollback_end(s->term) + (uint64_t)term_cursor(s->term).row;
    char error[FACT_TEXT_MAX + 1] = "";

    if (f->command_ms) {
        if (status)
            read_last_line(s->term, (struct place){f->output_at.line, f->output_at.col}, error);
        note_end(s, status, error);
    } else if (status && cursor > 0) {
        read_last_line(s->term, (struct place){cursor - 1, 0}, error);
        if (was_no_command(error))
            note_end(s, status, error);
    }
    f->command_ms = 0;
    term_anchor_remove(&f->output_at);
}

/* A prompt begins, output begins, a command ended. What is between (B) changes no fact. */
static void take_mark(struct session *s, const char *text, size_t n)
{
    struct facts *f = &s->facts;
    int status = 0;

    if (!n || (n > 1 && text[1] != ';') || !strchr("ABCD", text[0]))
        return;
    f->integrated = true;
    for (size_t i = 2; i < n && i < 5 && text[i] >= '0' && text[i] <= '9'; i++)
        status = status * 10 + text[i] - '0';
    if (text[0] == 'C')
        begin_command(s);
    else if (text[0] == 'D')
        end_command(s, status & 0xff);
    else if (text[0] == 'A')
        f->command_ms = 0;
    if (text[0] != 'B')
        touch(s, URGENT_EVERY_MS);
}

static bool begins(const char *text, size_t n, const char *with)
{
    return n >= strlen(with) && !memcmp(text, with, strlen(with));
}

void activity_said(struct session *s, int osc, const char *text, size_t n)
{
    static const char up[] = "hand;up", down[] = "hand;down";

    if (osc == OSC_MARK) {
        take_mark(s, text, n);
    } else if (osc == OSC_OURS && begins(text, n, down)) {
        activity_hand(s, false, NULL);
    } else if (osc == OSC_OURS && begins(text, n, up)) {
        size_t skip = MIN(n, sizeof up); /* and the semicolon */
        cleanup_free char *note = xstrndup(text + skip, MIN(n - skip, (size_t)LINE_BYTES));

        activity_hand(s, true, note);
    }
}

/* --- telling --- */

static int64_t age(int64_t then_ms, int64_t now_ms)
{
    return then_ms ? now_ms - then_ms : -1;
}

/* The name of the program in front; the shell's own when it cannot be known. */
static void read_command(const struct session *s, pid_t group, char out[FACT_TEXT_MAX + 1])
{
    const char *slash = strrchr(s->command, '/');
    char path[40], name[64];
    ssize_t n = -1;
    int fd = -1;

    if (group > 0 && group != s->sid) {
        snprintf(path, sizeof path, "/proc/%d/comm", (int)group);
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd >= 0) {
        n = read(fd, name, sizeof name);
        close(fd);
    }
    if (n > 0)
        text_sanitise(out, FACT_TEXT_MAX + 1, name, (size_t)n - (name[n - 1] == '\n'));
    else
        snprintf(out, FACT_TEXT_MAX + 1, "%s", slash ? slash + 1 : s->command);
}

/* A shell that marks nothing is at its prompt when no other group is in front. */
static pid_t look_in_front(struct session *s)
{
    struct facts *f = &s->facts;
    pid_t group = s->master >= 0 ? tcgetpgrp(s->master) : -1;

    if (!f->integrated && group != f->group)
        f->command_ms = group > 0 && group != s->sid ? clock_mono_ms() : 0;
    f->group = group;
    return f->command_ms ? group : s->sid;
}

struct fact_texts {
    char title[FACT_TEXT_MAX + 1], command[FACT_TEXT_MAX + 1], with[FACT_TEXT_MAX + 1];
};

static void add_numbers(struct message *m, const struct session *s)
{
    const struct facts *f = &s->facts;
    int64_t now = clock_mono_ms();
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"rows", term_rows(s->term)},
        {"cols", term_cols(s->term)},
        {"viewers", s->n_subscriptions},
        {"output_bytes", (double)f->n_output_bytes},
        {"bells", f->n_bells},
        {"commands", f->n_commands},
        {"failed_row", f->n_failed_row},
        {"same_error", f->n_same_error},
        {"last_exit", f->last_exit},
        {"output_age", (double)age(f->output_ms, now)},
        {"input_age", (double)age(f->input_ms, now)},
        {"bell_age", (double)age(f->bell_ms, now)},
        {"hand_age", (double)age(f->hand_ms, now)},
        {"command_age", (double)age(f->command_ms, now)},
        {"exit_age", (double)age(f->exit_ms, now)},
        {"frozen_left", (double)activity_frozen_left(s)},
    };

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        message_add_number(m, numbers[i].key, numbers[i].value);
}

/* The strings of m are borrowed from texts and s. */
static void make_message(struct session *s, struct fact_texts *texts, struct message *m)
{
    const char *title = term_title(s->term);

    text_sanitise(texts->title, sizeof texts->title, title, strlen(title));
    read_command(s, look_in_front(s), texts->command);
    participants_of(s->d, s->terminal->id, texts->with, sizeof texts->with);
    message_init(m, MSG_TERMINAL_ACTIVITY, SLICE(CHANNEL_ACTIVITY));
    message_add_string(m, "terminal_id", SLICE(s->terminal->id));
    message_add_string(m, "title", SLICE(texts->title));
    message_add_string(m, "command", SLICE(texts->command));
    message_add_string(m, "with", SLICE(texts->with));
    message_add_string(m, "error", SLICE(s->facts.error));
    message_add_string(m, "note", SLICE(s->facts.note));
    message_add_string(m, "frozen_by", SLICE(activity_frozen_left(s) ? s->facts.frozen_by : ""));
    add_numbers(m, s);
    message_add_boolean(m, "integrated", s->facts.integrated);
}

/* Those that are full get everything anew later. */
static void tell_watchers(struct daemon *d, const struct message *m)
{
    struct socket *s;

    TAILQ_FOREACH (s, &d->sockets.list, entry) {
        if (!s->watches)
            continue;
        if (s->full)
            s->missed_activity = true;
        else
            socket_send_message(s, m);
    }
}

static void make_sandbox_message(const struct activity *a, struct message *m)
{
    const struct server *s;
    const char *failed = "";
    int n = 0;

    for (s = a->d->servers.by_slug; s; s = s->hh.next) {
        if (s->status != STATUS_SERVER_FAILED)
            continue;
        failed = s->spec.slug;
        n++;
    }
    message_init(m, MSG_SANDBOX_ACTIVITY, SLICE(CHANNEL_ACTIVITY));
    message_add_number(m, "servers_failed", n);
    message_add_string(m, "failed_server", SLICE(failed));
    message_add_string(m, "error_signal", SLICE(a->error_signal));
    message_add_number(m, "error_signal_age", (double)age(a->error_signal_ms, clock_mono_ms()));
}

/* What must be said again by itself: the program that a command became, the end of a frost. */
static void follow_up(struct session *s, int64_t now)
{
    struct facts *f = &s->facts;
    int64_t left = activity_frozen_left(s);

    f->told_ms = now;
    f->due_ms = 0;
    if (f->command_ms && now - f->command_ms < EXEC_MS)
        f->due_ms = f->command_ms + EXEC_MS;
    if (left && (!f->due_ms || now + left < f->due_ms))
        f->due_ms = now + left + 1;
}

static void tell_due(struct daemon *d, int64_t now, int64_t *next)
{
    struct fact_texts texts;
    struct message m;

    for (struct terminal *t = d->terminals.by_id; t; t = t->hh.next) {
        struct session *s = t->session;

        if (!s || !s->facts.due_ms)
            continue;
        if (s->facts.due_ms <= now) {
            make_message(s, &texts, &m);
            tell_watchers(d, &m);
            message_finish(&m);
            follow_up(s, now);
        }
        if (s->facts.due_ms)
            *next = MIN(*next, s->facts.due_ms);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct activity *a = timer->data;
    int64_t now = clock_mono_ms(), next = INT64_MAX;
    struct message m;

    if (!a->n_watchers)
        return;
    tell_due(a->d, now, &next);
    if (a->due_ms && a->due_ms <= now) {
        make_sandbox_message(a, &m);
        tell_watchers(a->d, &m);
        message_finish(&m);
        a->told_ms = now;
        a->due_ms = 0;
    }
    if (a->due_ms)
        next = MIN(next, a->due_ms);
    if (next != INT64_MAX)
        arm(a, next);
}

void activity_sandbox_changed(struct daemon *d, const char *error_signal)
{
    struct activity *a = &d->activity;

    if (error_signal) {
        text_sanitise(a->error_signal, sizeof a->error_signal, error_signal, strlen(error_signal));
        a->error_signal_ms = clock_mono_ms();
    }
    if (!a->n_watchers)
        return;
    if (!a->due_ms)
        a->due_ms = MAX(clock_mono_ms(), a->told_ms + TOLD_EVERY_MS);
    arm(a, a->due_ms);
}

void activity_gone(struct daemon *d, const char *terminal_id)
{
    struct message m;

    message_init(&m, MSG_TERMINAL_DESTROYED, SLICE(CHANNEL_ACTIVITY));
    message_add_string(&m, "terminal_id", SLICE(terminal_id));
    message_add_string(&m, "id", SLICE(terminal_id));
    tell_watchers(d, &m);
    message_finish(&m);
}

void activity_sync(struct socket *s)
{
    struct fact_texts texts;
    struct message m;

    s->missed_activity = false;
    for (struct terminal *t = s->d->terminals.by_id; t; t = t->hh.next) {
        if (!t->session)
            continue;
        make_message(t->session, &texts, &m);
        socket_send_message(s, &m);
        message_finish(&m);
        if (activity_frozen_left(t->session))
            touch(t->session, TOLD_EVERY_MS);
    }
    make_sandbox_message(&s->d->activity, &m);
    socket_send_message(s, &m);
    message_finish(&m);
    message_init(&m, MSG_ACTIVITY_SYNCED, SLICE(CHANNEL_ACTIVITY));
    socket_send_message(s, &m);
    message_finish(&m);
    notices_sync(s);
}

void activity_init(struct activity *a, struct daemon *d)
{
    a->d = d;
    uv_timer_init(d->loop, &a->timer);
    a->timer.data = a;
}

void activity_stop(struct activity *a)
{
    uv_close((uv_handle_t *)&a->timer, NULL);
}
