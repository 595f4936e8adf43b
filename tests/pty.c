/* SPDX-License-Identifier: MIT
 *
 * See pty.h. The master side is non-blocking; one poll loop watches it and a pidfd. A slave
 * descriptor stays open here, so that the settings of the line discipline can be read after the
 * program is gone; the end of the program is therefore seen by the pidfd, not by a hang-up.
 */
#include "tests/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

#define OUTPUT_KEEP_BYTES (1 << 20)

struct pty {
    uint64_t n_bytes; /* written by the program */
    pid_t pid;
    int master, slave, pidfd;
    int status; /* of waitpid; -1 while it runs */
    bool stalled, blind;
    bool escape_sent; /* last: what comes before the program has read it would make one key of both
                       */
    VTerm *vt;
    VTermScreen *screen;
    struct pty_state state;
    struct buf text;
    struct buf output;
};

static void die(const char *what)
{
    fprintf(stderr, "pty: %s: %s\n", what, strerror(errno));
    abort();
}

static int on_damage(VTermRect rect, void *user)
{
    (void)rect;
    (void)user;
    return 1;
}

static int on_movecursor(VTermPos pos, VTermPos old, int visible, void *user)
{
    struct pty *p = user;

    (void)old;
    (void)visible;
    p->state.cursor_row = pos.row;
    p->state.cursor_col = pos.col;
    return 1;
}

static void set_title(struct pty *p, const VTermValue *value)
{
#if VTERM_VERSION_MAJOR > 0 || VTERM_VERSION_MINOR >= 2
    size_t n =
        value->string.len < sizeof p->state.title ? value->string.len : sizeof p->state.title - 1;
    memcpy(p->state.title, value->string.str, n);
    p->state.title[n] = '\0';
#else
    snprintf(p->state.title, sizeof p->state.title, "%s", value->string);
#endif
}

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
    struct pty *p = user;

    switch (prop) {
    case VTERM_PROP_CURSORVISIBLE:
        p->state.cursor_visible = value->boolean;
        break;
    case VTERM_PROP_CURSORSHAPE:
        p->state.cursor_shape = value->number;
        break;
    case VTERM_PROP_ALTSCREEN:
        p->state.alternate_screen = value->boolean;
        break;
    case VTERM_PROP_MOUSE:
        p->state.mouse = value->number;
        break;
    case VTERM_PROP_TITLE:
        set_title(p, value);
        break;
    default:
        break;
    }
    return 1;
}

static int on_bell(void *user)
{
    struct pty *p = user;

    p->state.bells++;
    return 1;
}

static const VTermScreenCallbacks screen_callbacks = {
    .damage = on_damage,
    .movecursor = on_movecursor,
    .settermprop = on_prop,
    .bell = on_bell,
};

static void make_emulator(struct pty *p, int rows, int cols)
{
    p->vt = vterm_new(rows, cols);
    vterm_set_utf8(p->vt, 1);
    p->screen = vterm_obtain_screen(p->vt);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_set_callbacks(p->screen, &screen_callbacks, p);
    vterm_screen_reset(p->screen, 1);
    p->state.rows = rows;
    p->state.cols = cols;
    p->state.cursor_visible = true;
}

static void apply_env(const char *const env[])
{
    setenv("TERM", "xterm-256color", 1);
    unsetenv("COLORTERM");
    unsetenv("TMUX");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    for (; env && *env; env++) {
        const char *equals = strchr(*env, '=');

        if (!equals) {
            unsetenv(*env);
            continue;
        }
        cleanup_free char *name = xstrndup(*env, (size_t)(equals - *env));
        setenv(name, equals + 1, 1);
    }
}

static void run_child(struct pty *p, const char *const argv[], const char *const env[])
{
    close(p->master);
    if (login_tty(p->slave) < 0)
        _exit(125);
    apply_env(env);
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    execvp(argv[0], (char *const *)argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct pty *pty_start(const char *const argv[], const char *const env[], int rows, int cols)
{
    struct pty *p = xcalloc(1, sizeof *p);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    /* The emulator's widths come from the C library. */
    text_init_locale();
    p->status = -1;
    make_emulator(p, rows, cols);
    if (openpty(&p->master, &p->slave, NULL, NULL, &size) < 0)
        die("openpty");
    fcntl(p->master, F_SETFD, FD_CLOEXEC);
    fcntl(p->master, F_SETFL, O_NONBLOCK);
    fflush(NULL);
    p->pid = fork();
    if (p->pid < 0)
        die("fork");
    if (p->pid == 0)
        run_child(p, argv, env);
    fcntl(p->slave, F_SETFD, FD_CLOEXEC);
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd < 0)
        die("pidfd_open");
    return p;
}

static void reap(struct pty *p, int flags)
{
    int status;

    if (p->status < 0 && waitpid(p->pid, &status, flags) == p->pid)
        p->status = status;
}

void pty_hangup(struct pty *p)
{
    close(p->slave);
    close(p->master);
    p->slave = p->master = -1;
}

void pty_destroy(struct pty *p)
{
    if (!p)
        return;
    if (p->status < 0) {
        pid_t group = tcgetpgrp(p->master);

        if (group > 0 && group != p->pid)
            kill(-group, SIGKILL);
        kill(-p->pid, SIGKILL);
        kill(p->pid, SIGKILL);
        reap(p, 0);
    }
    close(p->pidfd);
    if (p->master >= 0)
        pty_hangup(p);
    vterm_free(p->vt);
    buf_finish(&p->text);
    buf_finish(&p->output);
    free(p);
}

pid_t pty_pid(const struct pty *p)
{
    return p->pid;
}

/* libvterm keeps these two modes to itself. */
static void note_modes(struct pty *p, size_t from)
{
    static const struct {
        const char *bytes;
        size_t offset;
        bool on;
    } modes[] = {
        {"\x1b[?2004h", offsetof(struct pty_state, bracketed_paste), true},
        {"\x1b[?2004l", offsetof(struct pty_state, bracketed_paste), false},
        {"\x1b[?1004h", offsetof(struct pty_state, focus_reports), true},
        {"\x1b[?1004l", offsetof(struct pty_state, focus_reports), false},
    };
    const char *at = p->output.data + (from > 8 ? from - 8 : 0);
    size_t left = p->output.len - (size_t)(at - p->output.data);

    while ((at = memmem(at, left, "\x1b[?", 3))) {
        left = p->output.len - (size_t)(at - p->output.data);
        for (size_t i = 0; i < ARRAY_LEN(modes); i++)
            if (left >= 8 && memcmp(at, modes[i].bytes, 8) == 0)
                *((bool *)((char *)&p->state + modes[i].offset)) = modes[i].on;
        at++;
        left--;
    }
}

static void keep_output(struct pty *p, const char *bytes, size_t n)
{
    if (p->output.len + n > OUTPUT_KEEP_BYTES)
        buf_consume(&p->output, p->output.len / 2);
    size_t from = p->output.len;
    buf_append(&p->output, bytes, n);
    note_modes(p, from);
    p->state.bytes += n;
}

static void answer_queries(struct pty *p)
{
    char reply[4096];
    size_t n;

    while ((n = vterm_output_read(p->vt, reply, sizeof reply)))
        if (write(p->master, reply, n) < 0)
            return;
}

/* Takes all there is; true when there was something. */
static bool drain(struct pty *p)
{
    char bytes[16384];
    bool any = false;
    ssize_t n;

    while (!p->stalled && p->master >= 0 && (n = read(p->master, bytes, sizeof bytes)) > 0) {
        any = true;
        p->n_bytes += (uint64_t)n;
        keep_output(p, bytes, (size_t)n);
        if (p->blind)
            continue;
        vterm_input_write(p->vt, bytes, (size_t)n);
        answer_queries(p);
    }
    if (any)
        vterm_screen_flush_damage(p->screen);
    return any;
}

uint64_t pty_bytes(const struct pty *p)
{
    return p->n_bytes;
}

bool pty_pump(struct pty *p)
{
    reap(p, WNOHANG);
    bool any = drain(p);
    return any || p->status < 0;
}

void pty_blind(struct pty *p, bool blind)
{
    drain(p);
    if (p->blind && !blind) {
        vterm_free(p->vt);
        make_emulator(p, p->state.rows, p->state.cols);
    }
    p->blind = blind;
}

void pty_stall(struct pty *p, bool stalled)
{
    p->stalled = stalled;
}

static void wait_event(struct pty *p, int64_t until_ms)
{
    struct pollfd fds[] = {{.fd = p->stalled ? -1 : p->master, .events = POLLIN},
                           {.fd = p->status < 0 ? p->pidfd : -1, .events = POLLIN}};
    /* Of a program that ended, what it left behind is there already. */
    int64_t left = p->status < 0 ? until_ms - clock_mono_ms() : 0;

    poll(fds, 2, left < 0 ? 0 : (int)left);
}

static void await_read(struct pty *p, int64_t until_ms)
{
    int n = 0;

    while (!ioctl(p->slave, FIONREAD, &n) && n > 0 && clock_mono_ms() < until_ms && pty_pump(p))
        poll(NULL, 0, 1);
}

void pty_send_bytes(struct pty *p, const void *bytes, size_t n)
{
    const char *at = bytes;
    int64_t until = clock_mono_ms() + 5000;

    if (p->escape_sent)
        await_read(p, until);
    p->escape_sent = n && at[n - 1] == '\033';
    while (n && clock_mono_ms() < until) {
        ssize_t done = write(p->master, at, n);

        if (done > 0) {
            at += done;
            n -= (size_t)done;
        } else if (!pty_pump(p)) {
            return;
        } else {
            struct pollfd fd = {.fd = p->master, .events = POLLIN | POLLOUT};

            poll(&fd, 1, 100);
        }
    }
}

void pty_send(struct pty *p, const char *keys)
{
    pty_send_bytes(p, keys, strlen(keys));
}

void pty_resize(struct pty *p, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    drain(p);
    if (!p->blind)
        vterm_set_size(p->vt, rows, cols);
    p->state.rows = rows;
    p->state.cols = cols;
    ioctl(p->master, TIOCSWINSZ, &size);
}

static void show_failure(struct pty *p, const char *what)
{
    char *save = NULL;
    cleanup_free char *copy = xstrdup(pty_screen_text(p));

    fprintf(stderr, "# pty: %s; status %d, cursor %d,%d, screen %dx%d:\n", what, p->status,
            p->state.cursor_row, p->state.cursor_col, p->state.rows, p->state.cols);
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        fprintf(stderr, "# |%s\n", line);
}

bool pty_wait(struct pty *p, int timeout_ms, bool (*condition)(struct pty *p, void *user),
              void *user)
{
    int64_t until = clock_mono_ms() + timeout_ms;

    for (;;) {
        bool alive = pty_pump(p);

        if (condition(p, user))
            return true;
        if (!alive || clock_mono_ms() >= until) {
            show_failure(p, alive ? "deadline passed" : "the program ended");
            return false;
        }
        wait_event(p, until);
    }
}

struct texts {
    const char *texts[16];
    size_t n;
    bool wanted;
};

static bool texts_hold(struct pty *p, void *user)
{
    const struct texts *t = user;

    for (size_t i = 0; i < t->n; i++)
        if (pty_screen_has(p, t->texts[i]) != t->wanted)
            return false;
    return true;
}

static bool wait_texts(struct pty *p, int timeout_ms, va_list ap, bool wanted)
{
    struct texts t = {.wanted = wanted};
    const char *text;

    while ((text = va_arg(ap, const char *)) && t.n < ARRAY_LEN(t.texts))
        t.texts[t.n++] = text;
    bool held = pty_wait(p, timeout_ms, texts_hold, &t);
    for (size_t i = 0; !held && i < t.n; i++)
        fprintf(stderr, "# %s: %s\n", wanted ? "wanted" : "not wanted", t.texts[i]);
    return held;
}

bool pty_wait_screen(struct pty *p, int timeout_ms, ...)
{
    va_list ap;

    va_start(ap, timeout_ms);
    bool held = wait_texts(p, timeout_ms, ap, true);
    va_end(ap);
    return held;
}

bool pty_wait_gone(struct pty *p, int timeout_ms, ...)
{
    va_list ap;

    va_start(ap, timeout_ms);
    bool held = wait_texts(p, timeout_ms, ap, false);
    va_end(ap);
    return held;
}

bool pty_wait_quiet(struct pty *p, int quiet_ms, int timeout_ms)
{
    int64_t until = clock_mono_ms() + timeout_ms, quiet_from = clock_mono_ms();

    for (;;) {
        int64_t now = clock_mono_ms();

        if (!p->stalled && drain(p))
            quiet_from = now;
        reap(p, WNOHANG);
        if (now - quiet_from >= quiet_ms)
            return true;
        if (now >= until)
            return false;
        wait_event(p, quiet_from + quiet_ms < until ? quiet_from + quiet_ms : until);
    }
}

int pty_exit_status(struct pty *p, int timeout_ms)
{
    int64_t until = clock_mono_ms() + timeout_ms;

    while (pty_pump(p) && clock_mono_ms() < until)
        wait_event(p, until);
    if (p->status < 0)
        return -1;
    return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status);
}

static void append_row(struct pty *p, int row, struct buf *out)
{
    size_t keep = out->len; /* where the row's last non-blank ends */

    for (int col = 0; col < p->state.cols; col++) {
        VTermScreenCell cell;

        vterm_screen_get_cell(p->screen, (VTermPos){.row = row, .col = col}, &cell);
        if (cell.chars[0] == (uint32_t)-1)
            continue; /* right half of a wide character */
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) {
            char bytes[4];

            buf_append(out, bytes, utf8_encode(cell.chars[i], bytes));
        }
        if (!cell.chars[0])
            buf_append_char(out, ' ');
        if (cell.chars[0] && cell.chars[0] != ' ')
            keep = out->len;
    }
    out->len = keep;
}

const char *pty_screen_text(struct pty *p)
{
    buf_clear(&p->text);
    for (int row = 0; row < p->state.rows; row++) {
        append_row(p, row, &p->text);
        buf_append_char(&p->text, '\n');
    }
    return p->text.data ? p->text.data : "";
}

const char *pty_row_text(struct pty *p, int row)
{
    buf_clear(&p->text);
    append_row(p, row, &p->text);
    buf_append_char(&p->text, '\0');
    return p->text.data;
}

bool pty_screen_has(struct pty *p, const char *text)
{
    return strstr(pty_screen_text(p), text) != NULL;
}

bool pty_find(struct pty *p, const char *text, int *row, int *col)
{
    for (int r = 0; r < p->state.rows; r++) {
        const char *line = pty_row_text(p, r), *at = strstr(line, text);

        if (at) {
            cleanup_free char *before = xstrndup(line, (size_t)(at - line));

            *row = r;
            *col = text_width(before);
            return true;
        }
    }
    return false;
}

static uint32_t rgb_of(struct pty *p, VTermColor colour)
{
    vterm_screen_convert_color_to_rgb(p->screen, &colour);
    return (uint32_t)colour.rgb.red << 16 | (uint32_t)colour.rgb.green << 8 | colour.rgb.blue;
}

struct pty_cell pty_cell(struct pty *p, int row, int col)
{
    VTermScreenCell cell;
    struct pty_cell out = {0};
    size_t len = 0;

    vterm_screen_get_cell(p->screen, (VTermPos){.row = row, .col = col}, &cell);
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && cell.chars[i] != (uint32_t)-1;
         i++)
        len += utf8_encode(cell.chars[i], out.text + len);
    out.width = (unsigned char)cell.width;
    out.bold = cell.attrs.bold;
    out.underline = cell.attrs.underline != 0;
    out.italic = cell.attrs.italic;
    out.reverse = cell.attrs.reverse;
    out.blink = cell.attrs.blink;
    out.fg_default = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
    out.bg_default = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
    out.fg_index = VTERM_COLOR_IS_INDEXED(&cell.fg) ? cell.fg.indexed.idx : -1;
    out.bg_index = VTERM_COLOR_IS_INDEXED(&cell.bg) ? cell.bg.indexed.idx : -1;
    out.fg_rgb = rgb_of(p, cell.fg);
    out.bg_rgb = rgb_of(p, cell.bg);
    return out;
}

struct pty_state pty_state(struct pty *p)
{
    return p->state;
}

struct termios pty_termios(struct pty *p)
{
    struct termios t = {0};

    tcgetattr(p->slave, &t);
    return t;
}

const char *pty_output(struct pty *p, size_t *n)
{
    *n = p->output.len;
    return p->output.data ? p->output.data : "";
}
