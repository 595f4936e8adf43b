/* SPDX-License-Identifier: MIT
 *
 * form → $SHELL -c, in a session of its own → output up to a bound → a text to read.
 */
#include "views/pipe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/file_wait.h"
#include "views/journal.h"
#include "views/viewer.h"

#define ROOM_BYTES 65536u

enum { PENDING_EXIT = 1, PENDING_OUTPUT = 2 };

struct pipe {
    struct views_env *env; /* NULL once it is cancelled */
    char *command;         /* owned */
    struct buf text, output;
    uv_process_t process;
    uv_pipe_t in, out;
    uv_write_t write;
    struct file_wait *wait;
    unsigned pending, n_handles;
    int64_t status;
    int signal;
    bool is_cut, is_over;
    struct err error;
};

/* --- the end --- */

static void destroy(void *data)
{
    struct pipe *p = data;

    free(p->command);
    buf_finish(&p->text);
    buf_finish(&p->output);
    free(p);
}

static void show(struct views_env *env, void *data)
{
    struct pipe *p = data;
    char title[200], note[96] = "";

    if (p->error.code) {
        views_toast_error(env, &p->error);
        return;
    }
    if (p->is_cut)
        snprintf(note, sizeof note, "it was ended: more than %zu MiB came", PIPE_OUTPUT_MAX >> 20);
    else if (p->signal)
        snprintf(note, sizeof note, "\xe2\x9c\x97 it was ended by signal %d", p->signal);
    else if (p->status)
        snprintf(note, sizeof note, "\xe2\x9c\x97 exit %d", (int)p->status);
    snprintf(title, sizeof title, "| %.180s%s", p->command, *note ? "" : "  exit 0");
    viewer_text_open(env, title, note, &p->output, p->is_cut);
}

static void on_closed(uv_handle_t *handle)
{
    struct pipe *p = handle->data;

    if (--p->n_handles)
        return;
    if (p->env)
        views_later(p->env, show, p, destroy);
    else
        destroy(p);
}

static void close_once(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void end(struct pipe *p)
{
    if (p->is_over)
        return;
    p->is_over = true;
    file_wait_end(p->wait);
    p->wait = NULL;
    close_once((uv_handle_t *)&p->in);
    close_once((uv_handle_t *)&p->out);
    if (p->process.type == UV_PROCESS) /* else it was not come to */
        close_once((uv_handle_t *)&p->process);
}

static void end_when_done(struct pipe *p, unsigned what)
{
    p->pending &= ~what;
    if (!p->pending)
        end(p);
}

/* --- the process --- */

/* With what it started: it leads a group of its own. Once it is reaped and its number is another
 * process's, that group is gone too: as long as a group has the number, no new process gets it. */
static void kill_all(const struct pipe *p)
{
    bool is_there = p->pending & PENDING_EXIT;

    if (is_there || (kill(p->process.pid, 0) < 0 && errno == ESRCH))
        kill(-p->process.pid, SIGKILL);
}

static void cancel(void *user)
{
    struct pipe *p = user;

    p->wait = NULL;
    p->env = NULL;
    kill_all(p);
    uv_read_stop((uv_stream_t *)&p->out);
    end_when_done(p, PENDING_OUTPUT); /* else when it is reaped */
}

static void on_exit_of_command(uv_process_t *process, int64_t status, int signal_number)
{
    struct pipe *p = process->data;

    p->status = status;
    p->signal = signal_number;
    end_when_done(p, PENDING_EXIT);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct pipe *p = handle->data;

    *out = uv_buf_init(buf_reserve(&p->output, ROOM_BYTES), ROOM_BYTES);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct pipe *p = stream->data;

    if (n > 0)
        p->output.len += (size_t)n;
    p->is_cut = p->output.len > PIPE_OUTPUT_MAX;
    if (p->is_cut) {
        p->output.len = PIPE_OUTPUT_MAX;
        kill_all(p);
    }
    if (n < 0 || p->is_cut) {
        uv_read_stop(stream);
        end_when_done(p, PENDING_OUTPUT);
    }
}

/* It need not read all: that is no failure. */
static void on_written(uv_write_t *request, int status)
{
    struct pipe *p = request->data;

    close_once((uv_handle_t *)&p->in);
}

/* The program stopped before. */
static void drop_unstarted(void *data)
{
    struct pipe *p = data;

    if (!p->process.data)
        destroy(p);
}

static const char *user_shell(void)
{
    const char *shell = getenv("SHELL");

    return shell && *shell == '/' && access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

/* Both of its outputs are one pipe, so that they come in the order they were written. Real pipes:
 * /dev/stdin of a socket cannot be opened. */
static int spawn(struct pipe *p, const uv_file in[2], const uv_file out[2])
{
    const char *shell = user_shell();
    char *args[] = {(char *)shell, (char *)"-c", p->command, NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_INHERIT_FD, .data.fd = in[0]},
        {.flags = UV_INHERIT_FD, .data.fd = out[1]},
        {.flags = UV_INHERIT_FD, .data.fd = out[1]},
    };
    uv_process_options_t options = {.file = shell,
                                    .args = args,
                                    .flags = UV_PROCESS_DETACHED,
                                    .exit_cb = on_exit_of_command,
                                    .stdio = stdio,
                                    .stdio_count = ARRAY_LEN(stdio)};
    uv_loop_t *loop = p->in.loop;
    int status;

    uv_pipe_open(&p->in, in[1]);
    uv_pipe_open(&p->out, out[0]);
    p->n_handles++;
    status = uv_spawn(loop, &p->process, &options);
    close(in[0]);
    close(out[1]);
    return status;
}

static int start_process(struct pipe *p)
{
    uv_file in[2], out[2];
    int status = uv_pipe(in, 0, UV_NONBLOCK_PIPE);

    if (status)
        return status;
    status = uv_pipe(out, UV_NONBLOCK_PIPE, 0);
    if (!status)
        return spawn(p, in, out);
    close(in[0]);
    close(in[1]);
    return status;
}

static void start(struct views_env *env, void *data)
{
    struct pipe *p = data;
    uv_buf_t text = uv_buf_init(p->text.data, (unsigned)p->text.len);
    uv_loop_t *loop = tui_loop(env->tui);
    int status;

    uv_pipe_init(loop, &p->in, 0);
    uv_pipe_init(loop, &p->out, 0);
    p->in.data = p->out.data = p->process.data = p->write.data = p;
    p->n_handles = 2;
    status = start_process(p);
    if (status) {
        err_set(&p->error, ERR_IO, "cannot start %.100s: %s", user_shell(), uv_strerror(status));
        end(p);
        return;
    }
    p->pending = PENDING_EXIT | PENDING_OUTPUT;
    p->wait = file_wait_begin(env, cancel, p, "running %s", p->command);
    uv_read_start((uv_stream_t *)&p->out, on_room, on_output);
    if (uv_write(&p->write, (uv_stream_t *)&p->in, &text, 1, on_written))
        on_written(&p->write, 0);
}

/* --- the form --- */

static const struct form_field fields[] = {
    {.label = "Command",
     .required = true,
     .help = "of this machine: it reads the lines; sort | uniq -c; Up: those before"},
};

struct pipe_form {
    struct views_env *env;
    struct buf text;
};

static void submit(void *user, struct view *dialog, struct form *form)
{
    struct pipe_form *f = user;
    struct pipe *p = xcalloc(1, sizeof *p);

    p->env = f->env;
    p->command = xstrdup(form_text(form, 0));
    p->text = f->text;
    f->text = (struct buf){0};
    if (!journal_holds_secret(p->command))
        prompt_history_add(&f->env->state->pipes, p->command);
    views_later(f->env, start, p, drop_unstarted);
    form_dialog_done(dialog);
}

static void abort_nothing(void *user)
{
}

static void closed(void *user)
{
    struct pipe_form *f = user;

    buf_finish(&f->text);
    free(f);
}

static const struct form_dialog_ops ops = {submit, abort_nothing, closed};

void pipe_form_open(struct views_env *env, struct buf *text)
{
    struct pipe_form *f = xcalloc(1, sizeof *f);
    struct form form;

    f->env = env;
    f->text = *text;
    *text = (struct buf){0};
    form_init(&form, "Pipe the lines to", "run", fields, ARRAY_LEN(fields));
    form.states[0].prompt.history = &env->state->pipes;
    form_dialog_open(env, &form, &ops, f);
}
