/* SPDX-License-Identifier: MIT
 *
 * A server's process: its environment, its output into the log and to those who watch, its end
 * with all that it started.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/envfile.h"
#include "host/daemon/internal.h"
#include "wire/names.h"

#define READ_SIZE    16384
#define TICK_MS      15   /* between looks whether its processes are gone */
#define KILLED_MS    2000 /* after SIGKILL; what is still there then cannot die */
#define ENV_FILE_MAX ((size_t)1024 * 1024)

/* --- output --- */

struct server_pipe {
    struct server *server; /* NULL: it goes on without us until it is closed */
    enum log_stream stream;
    int fd; /* owned */
    uv_poll_t poll;
    char carry[4]; /* the beginning of a UTF-8 sequence */
    size_t n_carry;
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void publish_output(struct server *s, enum log_stream stream, uint64_t offset,
                           const char *bytes, size_t n)
{
    char channel[sizeof CHANNEL_SERVER_PREFIX + SLUG_MAX];
    struct message m;

    snprintf(channel, sizeof channel, CHANNEL_SERVER_PREFIX "%s", s->spec.slug);
    /* Who is behind sees the gap by the offset; the server is not held up for him. */
    if (sockets_channel_full(s->d, channel))
        return;
    message_init(&m, MSG_SERVER_LOG, SLICE(channel));
    message_add_string(&m, "slug", SLICE(s->spec.slug));
    message_add_string(&m, "stream", SLICE(stream == LOG_STDOUT ? "stdout" : "stderr"));
    message_add_string(&m, "output", (struct slice){bytes, n});
    message_add_number(&m, "offset", (double)offset);
    sockets_publish(s->d, &m);
    message_finish(&m);
}

static void set_reading(struct server_pipe *p, bool on)
{
    if (!p)
        return;
    if (on)
        uv_poll_start(&p->poll, UV_READABLE, on_readable);
    else
        uv_poll_stop(&p->poll);
}

static void log_output(struct server *s, enum log_stream stream, const char *bytes, size_t n)
{
    uint64_t offset = s->log.offset;

    if (!server_log_append(&s->log, stream, bytes, n)) {
        set_reading(s->out, false);
        set_reading(s->err, false);
    }
    publish_output(s, stream, offset, bytes, n);
}

void server_log_room(struct server_log *l)
{
    struct server *s = (struct server *)((char *)l - offsetof(struct server, log));

    set_reading(s->out, true);
    set_reading(s->err, true);
}

void server_note(struct server *s, const char *format, ...)
{
    char text[512];
    va_list args;
    int n;

    va_start(args, format);
    n = snprintf(text, sizeof text, "sandpit: ");
    n += vsnprintf(text + n, sizeof text - (size_t)n - 1, format, args);
    va_end(args);
    if ((size_t)n > sizeof text - 2)
        n = sizeof text - 2;
    text[n++] = '\n';
    log_output(s, LOG_STDERR, text, (size_t)n);
}

static void on_pipe_closed(uv_handle_t *handle)
{
    struct server_pipe *p = handle->data;

    close(p->fd);
    free(p);
}

static void pipe_close(struct server_pipe *p)
{
    struct server *s = p->server;

    if (s && p->n_carry)
        log_output(s, p->stream, p->carry, p->n_carry);
    if (s && s->out == p)
        s->out = NULL;
    if (s && s->err == p)
        s->err = NULL;
    p->server = NULL;
    uv_close((uv_handle_t *)&p->poll, on_pipe_closed);
}

/* False: it was closed, for its end was reached. */
static bool pipe_read(struct server_pipe *p, size_t limit)
{
    static char bytes[READ_SIZE + sizeof p->carry];
    ssize_t n;
    size_t len, hold;

    memcpy(bytes, p->carry, p->n_carry);
    n = read(p->fd, bytes + p->n_carry, limit < READ_SIZE ? limit : READ_SIZE);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        pipe_close(p);
        return false;
    }
    len = p->n_carry + (size_t)n;
    hold = utf8_incomplete_tail(bytes, len);
    p->n_carry = hold;
    memcpy(p->carry, bytes + len - hold, hold);
    if (len > hold)
        log_output(p->server, p->stream, bytes, len - hold);
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    pipe_read(poll->data, READ_SIZE);
}

static struct server_pipe *pipe_open(struct server *s, enum log_stream stream, int *write_end,
                                     struct err *e)
{
    struct server_pipe *p;
    int fds[2], r;

    if (pipe2(fds, O_CLOEXEC)) {
        err_set_errno(e, errno, "pipe");
        return NULL;
    }
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *write_end = fds[1];
    p = xcalloc(1, sizeof *p);
    p->server = s;
    p->stream = stream;
    p->fd = fds[0];
    p->poll.data = p;
    r = uv_poll_init(s->d->loop, &p->poll, p->fd);
    if (r) {
        err_set_errno(e, -r, "pipe");
        close(p->fd);
        free(p);
        return NULL;
    }
    return p;
}

static void pipe_drain(struct server_pipe *p)
{
    int n = 0;

    if (ioctl(p->fd, FIONREAD, &n))
        return;
    /* Only what is there now: somebody who left the session may write for ever. */
    while (n > 0) {
        if (!pipe_read(p, (size_t)n))
            return;
        n -= READ_SIZE;
    }
}

void server_close_pipes(struct server *s, bool drain)
{
    if (s->out && drain)
        pipe_drain(s->out);
    if (s->err && drain)
        pipe_drain(s->err);
    if (s->out)
        pipe_close(s->out);
    if (s->err)
        pipe_close(s->err);
}

/* --- starting --- */

int server_spawn(struct server *s, const char *command, struct err *e)
{
    const char *argv[] = {process_default_shell(&s->d->environment), "-c", command, NULL};
    cleanup_fd int out = -1, err = -1;
    pid_t pid = -1;

    s->out = pipe_open(s, LOG_STDOUT, &out, e);
    s->err = s->out ? pipe_open(s, LOG_STDERR, &err, e) : NULL;
    if (s->err)
        pid = process_start(&(struct process_spec){.argv = argv,
                                                   .environment = &s->environment,
                                                   .cwd = s->cwd,
                                                   .in = s->d->null_fd,
                                                   .out = out,
                                                   .errout = err},
                            e);
    if (pid < 0) {
        server_close_pipes(s, false);
        return pid;
    }
    s->sid = pid;
    s->exited = false;
    s->child.on_exit = server_on_exit;
    children_add(&s->d->children, &s->child, pid);
    set_reading(s->out, true);
    set_reading(s->err, true);
    return 0;
}

/* --- the environment --- */

struct env_job {
    uv_work_t work;
    struct server *server; /* NULL: nobody waits for it */
    char *path;            /* owned */
    struct buf text;
    struct err error;
    int result;
};

static int read_env_file(struct env_job *job)
{
    /* No FIFO shall hold the thread up. */
    cleanup_fd int fd = open(job->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return err_set_errno(&job->error, errno, "env_file %s", job->path);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size > ENV_FILE_MAX)
        return err_set(&job->error, ERR_ARG, "env_file %s is no file of at most 1 MiB", job->path);
    while (job->text.len <= ENV_FILE_MAX &&
           (n = read(fd, buf_reserve(&job->text, READ_SIZE), READ_SIZE)) > 0)
        job->text.len += (size_t)n;
    return 0;
}

static void on_env_work(uv_work_t *work)
{
    struct env_job *job = work->data;

    job->result = read_env_file(job);
}

static void take_variables(struct environ_list *list, const struct buf *text)
{
    struct envfile f;

    envfile_parse(&f, (struct slice){text->data ? text->data : "", text->len});
    for (size_t i = 0; i < f.n; i++) {
        cleanup_free char *name = slice_dup(f.items[i].name);
        struct buf value = {0};

        envfile_value(&f, &f.items[i], &value);
        buf_append_str(&value, "");
        environ_set(list, name, value.data ? value.data : "");
        buf_finish(&value);
    }
    envfile_finish(&f);
}

static void add_environment(struct server *s)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, s->spec.environment)
        environ_set(&s->environment, item->string, item->valuestring);
}

static void on_env_done(uv_work_t *work, int status)
{
    struct env_job *job = work->data;
    struct server *s = job->server;

    (void)status;
    if (s) {
        s->env_job = NULL;
        if (!job->result)
            take_variables(&s->environment, &job->text);
        add_environment(s);
        server_prepared(s, job->result ? &job->error : NULL);
    }
    buf_finish(&job->text);
    free(job->path);
    free(job);
}

void server_read_env(struct server *s)
{
    const char *file = s->spec.env_file;
    struct env_job *job;

    environ_finish(&s->environment);
    environ_copy(&s->environment, &s->d->environment);
    if (!file) {
        add_environment(s);
        server_prepared(s, NULL);
        return;
    }
    job = xcalloc(1, sizeof *job);
    job->work.data = job;
    job->server = s;
    job->path = file[0] == '/' ? xstrdup(file) : xasprintf("%s/%s", s->cwd, file);
    s->env_job = job;
    uv_queue_work(s->d->loop, &job->work, on_env_work, on_env_done);
}

void server_drop_env_job(struct server *s)
{
    if (s->env_job)
        s->env_job->server = NULL;
    s->env_job = NULL;
}

/* --- ending --- */

static void on_tick(uv_timer_t *timer)
{
    struct server *s = timer->data;
    int64_t now = clock_mono_ms();
    bool late = now >= s->end_by_ms;

    if ((!process_signal_session(s->sid, late ? SIGKILL : 0) && s->exited) ||
        now >= s->end_by_ms + KILLED_MS) {
        children_forget(&s->d->children, &s->child);
        uv_timer_stop(timer);
        server_close_pipes(s, true);
        s->sid = 0;
        server_gone(s);
        return;
    }
    uv_timer_start(timer, on_tick, TICK_MS, 0);
}

void server_terminate(struct server *s, int64_t grace_ms)
{
    s->end_by_ms = clock_mono_ms() + grace_ms;
    process_signal_session(s->sid, SIGTERM);
    process_signal_session(s->sid, SIGCONT);
    uv_timer_start(&s->timer, on_tick, s->exited ? 0 : TICK_MS, 0);
}
