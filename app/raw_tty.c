/* SPDX-License-Identifier: MIT
 *
 * /dev/tty is opened anew and made non-blocking: the descriptors 0 to 2 are shared with the shell,
 * and would stay non-blocking after us.
 */
#include "app/raw_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

#define FLUSH_MS 500

/* What a program can leave behind, without what RIS takes from the user: his screen and history.
 * Twice, since the end of the alternate screen brings back modes of before. The cursor is at the
 * foot then: with the region and the origin mode it loses its place in any case. */
#define PLAIN                                                                                      \
    "\033[?69l\033[?6l\033[?7h\033[?5l\033[2l\033[4l\033[12h\033[20l\033[r\033(B\033)B\017\033[0m"
static const char reset_modes[] =
    PLAIN "\033[?1049l" PLAIN "\033[?9l\033[?1005l\033[?1015l\033[?1016l"
          "\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l\033[?1004l\033[?2026l"
          "\033[?1l\033>\033[=0u\033[>4m\033[?5W\033[?25h\033[0 q"
          "\033]8;;\033\\\033]104\033\\\033]110\033\\\033]111\033\\\033]112\033\\"
          "\033[999;1H";
/* The title is put by and brought back. */
static const char begin[] = "\033[22;2t", end[] = "\033[23;2t";

struct raw_tty {
    const struct raw_tty_ops *ops;
    void *user;
    int fd;
    uv_poll_t poll;
    struct termios saved;
    struct buf queue;
    size_t sent;           /* of the queue */
    bool closing, is_used; /* used: something was written */
};

/* For the fatal signal handler, which can be given nothing. */
static struct {
    int fd;
    struct termios saved;
} crash = {.fd = -1};

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};

static void put(int fd, const char *bytes, size_t n)
{
    ssize_t ignored = write(fd, bytes, n);

    (void)ignored;
}

static void on_fatal(int signal)
{
    if (crash.fd >= 0) {
        put(crash.fd, reset_modes, sizeof reset_modes - 1);
        put(crash.fd, "\r\n", 2);
        put(crash.fd, end, sizeof end - 1);
        tcsetattr(crash.fd, TCSANOW, &crash.saved);
    }
    raise(signal); /* SA_RESETHAND: the default action now */
}

static void catch_fatal(bool on)
{
    struct sigaction action = {.sa_handler = on ? on_fatal : SIG_DFL, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        sigaction(fatal_signals[i], &action, NULL);
}

static void on_events(uv_poll_t *poll, int status, int events);

static void watch(struct raw_tty *t)
{
    int events = UV_READABLE;

    if (t->queue.len > t->sent)
        events |= UV_WRITABLE;
    uv_poll_start(&t->poll, events, on_events);
}

static void gone(struct raw_tty *t)
{
    uv_poll_stop(&t->poll);
    t->ops->on_gone(t->user);
}

/* Returns false when the terminal is gone. */
static bool flush(struct raw_tty *t)
{
    while (t->sent < t->queue.len) {
        ssize_t n = write(t->fd, t->queue.data + t->sent, t->queue.len - t->sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        t->sent += (size_t)n;
    }
    buf_clear(&t->queue);
    t->sent = 0;
    return true;
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    struct raw_tty *t = poll->data;
    char bytes[4096];

    if (status < 0) {
        gone(t);
        return;
    }
    if (events & UV_WRITABLE) {
        if (!flush(t)) {
            gone(t);
            return;
        }
        watch(t);
        if (!t->queue.len)
            t->ops->on_drained(t->user);
    }
    if (t->closing || !(events & UV_READABLE))
        return;
    ssize_t n = read(t->fd, bytes, sizeof bytes);
    if (n > 0)
        t->ops->on_input(t->user, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        gone(t);
}

struct raw_tty *raw_tty_open(uv_loop_t *loop, const struct raw_tty_ops *ops, void *user,
                             struct err *e)
{
    cleanup_fd int fd = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct termios raw;

    if (fd < 0 || tcgetattr(fd, &raw) < 0) {
        err_set(e, ERR_UNSUPPORTED, "there is no terminal here");
        err_hint(e, "`sandpit exec NAME -- COMMAND` runs a command without one");
        return NULL;
    }
    struct raw_tty *t = xcalloc(1, sizeof *t);
    t->ops = ops;
    t->user = user;
    t->saved = raw;
    t->fd = steal_fd(&fd);
    crash.saved = raw;
    crash.fd = t->fd;
    catch_fatal(true);
    cfmakeraw(&raw);
    tcsetattr(t->fd, TCSANOW, &raw);
    put(t->fd, begin, sizeof begin - 1);
    uv_poll_init(loop, &t->poll, t->fd);
    t->poll.data = t;
    watch(t);
    return t;
}

static void on_closed(uv_handle_t *handle)
{
    struct raw_tty *t = handle->data;

    close(t->fd);
    buf_finish(&t->queue);
    free(t);
}

void raw_tty_close(struct raw_tty *t)
{
    if (!t)
        return;
    struct pollfd ready = {.fd = t->fd, .events = POLLOUT};

    t->closing = true;
    /* Behind what waits, not beside it: a terminal that is slow takes no more than a part now. */
    if (t->is_used) {
        buf_append_str(&t->queue, reset_modes);
        buf_append_str(&t->queue, "\r\n");
    }
    buf_append_str(&t->queue, end);
    while (flush(t) && t->queue.len && poll(&ready, 1, FLUSH_MS) > 0)
        ;
    crash.fd = -1;
    catch_fatal(false);
    tcsetattr(t->fd, TCSANOW, &t->saved);
    uv_close((uv_handle_t *)&t->poll, on_closed);
}

bool raw_tty_write(struct raw_tty *t, const char *bytes, size_t n)
{
    if (t->closing)
        return true;
    if (t->sent > RAW_TTY_QUEUE_MAX / 2) {
        buf_consume(&t->queue, t->sent);
        t->sent = 0;
    }
    buf_append(&t->queue, bytes, n);
    t->is_used = true;
    if (flush(t) && t->queue.len)
        watch(t);
    return t->queue.len - t->sent < RAW_TTY_QUEUE_MAX;
}

void raw_tty_clear(struct raw_tty *t)
{
    int rows, cols;
    cleanup_buf struct buf out = {0};

    raw_tty_size(t, &rows, &cols);
    buf_append_str(&out, reset_modes);
    for (int i = 0; i < rows; i++)
        buf_append_char(&out, '\n');
    buf_append_str(&out, "\033[H\033[J");
    raw_tty_write(t, out.data, out.len);
}

void raw_tty_size(const struct raw_tty *t, int *rows, int *cols)
{
    struct winsize size;

    *rows = 24;
    *cols = 80;
    if (ioctl(t->fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
        *rows = size.ws_row;
        *cols = size.ws_col;
    }
}
