/* SPDX-License-Identifier: MIT */
#include "host/daemon/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "wire/names.h"

#define READ_SIZE     16384
#define KILL_GRACE_MS 1000

void commands_init(struct commands *c)
{
    memset(c, 0, sizeof *c);
    TAILQ_INIT(&c->finished);
    TAILQ_INIT(&c->leftovers);
}

/* --- making --- */

static int set_variable(struct environ_list *list, const cJSON *item, struct err *e)
{
    char number[32];
    const char *value = number;

    if (cJSON_IsString(item))
        value = item->valuestring;
    else if (cJSON_IsBool(item))
        value = cJSON_IsTrue(item) ? "true" : "false";
    else if (cJSON_IsNumber(item))
        snprintf(number, sizeof number, "%.17g", item->valuedouble);
    else
        return err_set(e, ERR_ARG, "env: the value of \"%s\" is not a text", item->string);
    if (!environ_set(list, item->string, value))
        return err_set(e, ERR_ARG, "env: \"%s\" cannot be a variable", item->string);
    return 0;
}

static int set_environment(struct command *c, const cJSON *env, struct err *e)
{
    const cJSON *item;
    int r = 0;

    environ_copy(&c->environment, &c->d->environment);
    if (!env || cJSON_IsNull(env))
        return 0;
    if (!cJSON_IsObject(env))
        return err_set(e, ERR_ARG, "env is not an object");
    cJSON_ArrayForEach (item, env) {
        r = set_variable(&c->environment, item, e);
        if (r)
            break;
    }
    return r;
}

static void command_free(struct command *c)
{
    free(c->text);
    free(c->shell);
    free(c->cwd);
    environ_finish(&c->environment);
    output_finish(&c->out.output);
    output_finish(&c->err.output);
    free(c);
}

static void on_timer(uv_timer_t *timer);
static void on_written(struct output *o);

struct command *command_create(struct daemon *d, const struct command_spec *spec, struct err *e)
{
    struct command *c;

    if (d->stopping || d->commands.n_active >= COMMANDS_MAX) {
        err_set(e, ERR_LIMIT, "this sandbox runs %d commands already", COMMANDS_MAX);
        return NULL;
    }
    if (strlen(spec->text) > COMMAND_TEXT_MAX) {
        err_set(e, ERR_LIMIT, "the command is longer than %zu bytes", COMMAND_TEXT_MAX);
        return NULL;
    }
    c = xcalloc(1, sizeof *c);
    c->d = d;
    memcpy(c->id, "cmd-", 4);
    random_name(c->id + 4, ID_CHARS);
    c->text = xstrdup(spec->text);
    c->shell = xstrdup(spec->shell ? spec->shell : process_default_shell(&d->environment));
    c->cwd = spec->cwd ? xstrdup(spec->cwd) : NULL;
    c->flag = spec->flag ? spec->flag : "-c";
    c->combined = spec->combined;
    c->streaming = spec->streaming;
    c->out = (struct capture){.command = c, .fd = -1, .event = MSG_COMMAND_STDOUT};
    c->err = (struct capture){.command = c, .fd = -1, .event = MSG_COMMAND_STDERR};
    output_init(&c->out.output, d, on_written);
    output_init(&c->err.output, d, on_written);
    TAILQ_INIT(&c->waiters);
    if (set_environment(c, spec->env, e)) {
        command_free(c);
        return NULL;
    }
    uv_timer_init(d->loop, &c->timer);
    c->timer.data = c;
    c->n_handles = 1;
    c->started_wall_ms = clock_wall_ms();
    d->commands.n_active++;
    c->terminal = spec->terminal;
    if (c->terminal) {
        TAILQ_INSERT_TAIL(&c->terminal->commands, c, of_terminal);
        c->terminal->n_commands++;
        HASH_ADD_STR(d->commands.by_id, id, c);
    }
    if (spec->streaming)
        uv_timer_start(&c->timer, on_timer, PENDING_MAX_MS, 0);
    return c;
}

struct command *command_find(struct commands *c, struct slice id)
{
    struct command *found;

    HASH_FIND(hh, c->by_id, id.data, id.len, found);
    return found;
}

void command_await(struct command *c, struct command_waiter *w)
{
    TAILQ_INSERT_TAIL(&c->waiters, w, entry);
}

void command_unawait(struct command *c, struct command_waiter *w)
{
    TAILQ_REMOVE(&c->waiters, w, entry);
}

/* --- output --- */

static void publish(struct command *c, const char *type, const char *bytes, size_t n)
{
    struct message m;
    char channel[64];
    int len = snprintf(channel, sizeof channel, CHANNEL_COMMAND_PREFIX "%s", c->id);

    message_init(&m, type, (struct slice){channel, (size_t)len});
    if (c->terminal)
        message_add_string(&m, "terminal_id", SLICE(c->terminal->id));
    message_add_string(&m, "cmd_id", SLICE(c->id));
    if (bytes)
        message_add_string(&m, "output", (struct slice){bytes, n});
    else
        message_add_number(&m, "exit_code", c->exit_code);
    sockets_publish(c->d, &m);
    message_finish(&m);
}

static void on_readable(uv_poll_t *poll, int status, int events);

/* Nothing is read for which there is no room: on the way to those who listen, or to the disk. */
static void watch(struct capture *p)
{
    if (!p->is_open)
        return;
    if (p->command->stalled || output_full(&p->output))
        uv_poll_stop(&p->poll);
    else
        uv_poll_start(&p->poll, UV_READABLE, on_readable);
}

/* Streams are not read while one who listens has enough queued. */
static void update_flow(struct command *c)
{
    char channel[64];

    if (!c->streaming)
        return;
    snprintf(channel, sizeof channel, CHANNEL_COMMAND_PREFIX "%s", c->id);
    c->stalled = c->state == COMMAND_RUNNING && sockets_channel_full(c->d, channel);
    watch(&c->out);
    watch(&c->err);
}

static void stream_out(struct capture *p, const char *bytes, size_t n)
{
    struct buf whole = {0};
    size_t hold;

    buf_append(&whole, p->carry, p->n_carry);
    buf_append(&whole, bytes, n);
    hold = utf8_incomplete_tail(whole.data, whole.len);
    p->n_carry = hold;
    memcpy(p->carry, whole.data + whole.len - hold, hold);
    if (whole.len > hold)
        publish(p->command, p->event, whole.data, whole.len - hold);
    buf_finish(&whole);
}

static void take_output(struct capture *p, const char *bytes, size_t n)
{
    struct command *c = p->command;
    bool was_busy = output_busy(&p->output);

    if (c->state == COMMAND_FINISHED || c->drained)
        return;
    output_append(&p->output, bytes, n);
    if (!was_busy && output_busy(&p->output))
        c->n_handles++; /* until on_written */
    if (c->streaming)
        stream_out(p, bytes, n);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct command *c = handle->data;

    if (--c->n_handles == 0)
        command_free(c);
}

static void on_capture_closed(uv_handle_t *handle)
{
    struct capture *p = handle->data;
    struct command *c = p->command;

    close(p->fd);
    p->fd = -1;
    if (--c->n_handles == 0)
        command_free(c);
}

static void capture_close(struct capture *p)
{
    if (!p->is_open)
        return;
    p->is_open = false;
    uv_close((uv_handle_t *)&p->poll, on_capture_closed);
}

/* At most `limit` bytes of what is there. */
static void read_capture(struct capture *p, size_t limit)
{
    static char bytes[READ_SIZE];

    while (limit) {
        ssize_t n = read(p->fd, bytes, limit < sizeof bytes ? limit : sizeof bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            capture_close(p);
            return;
        }
        take_output(p, bytes, (size_t)n);
        limit -= (size_t)n;
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct capture *p = poll->data;
    struct command *c = p->command;

    /* Asked before each frame: many streams may share a socket that is nearly full. */
    update_flow(c);
    if (!c->stalled && !output_full(&p->output))
        read_capture(p, c->streaming ? READ_SIZE : (size_t)4 * READ_SIZE);
    watch(p);
    if (c->leftover && !c->out.is_open && !c->err.is_open)
        command_destroy_leftover(c);
}

static int capture_open(struct capture *p, int *write_end, struct err *e)
{
    int fds[2], r;

    if (pipe2(fds, O_CLOEXEC))
        return err_set_errno(e, errno, "pipe");
    *write_end = fds[1];
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    r = uv_poll_init(p->command->d->loop, &p->poll, fds[0]);
    if (r) {
        close(fds[0]);
        return err_set_errno(e, -r, "pipe");
    }
    p->fd = fds[0];
    p->poll.data = p;
    p->is_open = true;
    p->command->n_handles++;
    return 0;
}

/* --- the end --- */

static void close_handles(struct command *c)
{
    capture_close(&c->out);
    capture_close(&c->err);
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
}

void command_destroy_leftover(struct command *c)
{
    TAILQ_REMOVE(&c->d->commands.leftovers, c, finished_entry);
    c->d->commands.n_leftovers--;
    c->leftover = false;
    close_handles(c);
}

/* Lets go of one that nobody will ask for again. Who still holds its pipes may write on. */
static void release(struct command *c)
{
    struct commands *all = &c->d->commands;

    c->dying = true;
    if (!c->out.is_open && !c->err.is_open) {
        close_handles(c);
        return;
    }
    output_finish(&c->out.output); /* not busy: nothing is taken since its end */
    output_finish(&c->err.output);
    c->leftover = true;
    TAILQ_INSERT_TAIL(&all->leftovers, c, finished_entry);
    if (++all->n_leftovers > LEFTOVERS_MAX)
        command_destroy_leftover(TAILQ_FIRST(&all->leftovers));
}

static void count_kept(struct commands *all, const struct command *c, int sign)
{
    size_t memory = output_memory(&c->out.output) + output_memory(&c->err.output);
    uint64_t disk = output_disk(&c->out.output) + output_disk(&c->err.output);

    all->n_finished += (unsigned)sign;
    all->kept_memory += (size_t)sign * memory;
    all->kept_disk += (uint64_t)sign * disk;
}

static void untrack(struct command *c)
{
    struct commands *all = &c->d->commands;

    if (!c->terminal)
        return;
    TAILQ_REMOVE(&c->terminal->commands, c, of_terminal);
    c->terminal->n_commands--;
    c->terminal = NULL;
    HASH_DEL(all->by_id, c);
    if (c->state == COMMAND_FINISHED) {
        TAILQ_REMOVE(&all->finished, c, finished_entry);
        count_kept(all, c, -1);
    }
}

static void keep_finished(struct command *c)
{
    struct commands *all = &c->d->commands;

    TAILQ_INSERT_TAIL(&all->finished, c, finished_entry);
    count_kept(all, c, 1);
    while (all->n_finished > 1 &&
           (all->n_finished > FINISHED_MAX || all->kept_memory > KEPT_MEMORY_MAX ||
            all->kept_disk > KEPT_DISK_MAX)) {
        struct command *oldest = TAILQ_FIRST(&all->finished);

        untrack(oldest);
        release(oldest);
    }
}

/* The event types the official events client names. */
static void tell_event(const struct command *c, bool ended)
{
    cJSON *data = event_data("command", c->text);

    cJSON_AddStringToObject(data, "cmdId", c->id);
    if (c->terminal)
        cJSON_AddStringToObject(data, "terminalId", c->terminal->id);
    if (ended) {
        cJSON_AddNumberToObject(data, "exitCode", c->exit_code);
        cJSON_AddNumberToObject(data, "duration", (double)c->duration_ms);
    }
    event_tell(c->d, ended ? "execution.completed" : "execution.started", data);
}

static void finish(struct command *c, int exit_code)
{
    struct command_waiter *w;

    c->state = COMMAND_FINISHED;
    c->exit_code = exit_code;
    c->duration_ms = clock_mono_ms() - c->started_ms;
    c->finished_wall_ms = clock_wall_ms();
    c->d->commands.n_active--;
    uv_timer_stop(&c->timer);
    tell_event(c, true);
    if (c->streaming)
        publish(c, MSG_COMMAND_EXIT, NULL, 0);
    update_flow(c);
    while ((w = TAILQ_FIRST(&c->waiters))) {
        TAILQ_REMOVE(&c->waiters, w, entry);
        w->on_end(c, w->user);
    }
    if (c->terminal)
        keep_finished(c);
    else
        release(c);
}

static void drain(struct capture *p)
{
    int n = 0;

    /* Only what was there at the end: a descendant may write for ever. */
    if (p->is_open && !ioctl(p->fd, FIONREAD, &n))
        read_capture(p, n > 0 ? (size_t)n : 0);
    if (p->n_carry && p->command->streaming) {
        publish(p->command, p->event, p->carry, p->n_carry);
        p->n_carry = 0;
    }
}

/* The shell has ended and what it wrote can be passed on. */
static void complete(struct command *c)
{
    if (!c->drained) {
        drain(&c->out);
        drain(&c->err);
        c->drained = true;
    }
    if (output_busy(&c->out.output) || output_busy(&c->err.output))
        return;
    output_end(&c->out.output);
    output_end(&c->err.output);
    finish(c, process_exit_code(c->wait_status));
}

static void on_written(struct output *o)
{
    struct capture *p = (struct capture *)((char *)o - offsetof(struct capture, output));
    struct command *c = p->command;

    watch(p);
    if (c->drained && c->state == COMMAND_RUNNING && !c->dying)
        complete(c);
    if (!output_busy(o) && --c->n_handles == 0)
        command_free(c);
}

static void on_shell_exit(struct child *child, int status)
{
    struct command *c = (struct command *)((char *)child - offsetof(struct command, child));

    c->wait_status = status;
    c->exited = true;
    update_flow(c);
    if (!c->stalled)
        complete(c);
}

/* --- starting --- */

static int spawn(struct command *c, struct err *e)
{
    const char *argv[] = {c->shell, c->flag, c->text, NULL};
    cleanup_fd int out = -1, err = -1;
    int r = capture_open(&c->out, &out, e);
    pid_t pid;

    if (!r && !c->combined)
        r = capture_open(&c->err, &err, e);
    if (r)
        return r;
    pid = process_start(&(struct process_spec){.argv = argv,
                                               .environment = &c->environment,
                                               .directory = setup_directory(c->d),
                                               .cwd = c->cwd,
                                               .in = c->d->null_fd,
                                               .out = out,
                                               .errout = c->combined ? out : err},
                        e);
    if (pid < 0)
        return pid;
    c->sid = pid;
    c->child.on_exit = on_shell_exit;
    children_add(&c->d->children, &c->child, pid);
    watch(&c->out);
    watch(&c->err);
    return 0;
}

int command_start(struct command *c, struct err *e)
{
    struct err own = {0};
    int r;

    if (c->state != COMMAND_PENDING)
        return 0;
    uv_timer_stop(&c->timer);
    c->state = COMMAND_RUNNING;
    c->started_ms = clock_mono_ms();
    c->started_wall_ms = clock_wall_ms();
    r = spawn(c, &own);
    if (!r) {
        tell_event(c, false);
        return 0;
    }
    if (e)
        *e = own;
    capture_close(&c->out);
    capture_close(&c->err);
    /* One that is already known by its id ends as a shell would end it. */
    if (c->streaming) {
        take_output(&c->err, own.text, strlen(own.text));
        take_output(&c->err, "\n", 1);
        finish(c, own.code == ERR_NOT_FOUND ? 127 : 126);
    }
    return r;
}

static void end_grace(struct dying *dying)
{
    struct command *c = (struct command *)((char *)dying - offsetof(struct command, grace));

    TAILQ_REMOVE(&c->d->dying, dying, entry);
    process_signal_session(c->sid, SIGKILL);
    close_handles(c);
}

/* Pending too long, or killed and still there. */
static void on_timer(uv_timer_t *timer)
{
    struct command *c = timer->data;

    if (c->dying) {
        end_grace(&c->grace);
    } else if (c->state == COMMAND_PENDING) {
        command_destroy(c);
    }
}

void command_destroy(struct command *c)
{
    bool running = c->state == COMMAND_RUNNING;
    struct command_waiter *w;
    pid_t sid = c->sid;

    untrack(c);
    if (c->state != COMMAND_FINISHED) {
        c->d->commands.n_active--;
        c->exit_code = 128 + SIGTERM;
        c->duration_ms = running ? clock_mono_ms() - c->started_ms : 0;
        c->finished_wall_ms = clock_wall_ms();
        if (running)
            tell_event(c, true);
    }
    children_forget(&c->d->children, &c->child);
    c->streaming = false;
    c->state = COMMAND_FINISHED;
    c->dying = true;
    while ((w = TAILQ_FIRST(&c->waiters))) {
        TAILQ_REMOVE(&c->waiters, w, entry);
        w->on_end(c, w->user);
    }
    /* Also of a finished one: what it left running in its session ends with the terminal. */
    if (!sid || c->d->stopping || (!process_signal_session(sid, SIGHUP) && !running)) {
        close_handles(c);
        return;
    }
    process_signal_session(sid, SIGCONT);
    process_signal_session(sid, SIGTERM);
    c->grace.end = end_grace;
    TAILQ_INSERT_TAIL(&c->d->dying, &c->grace, entry);
    uv_timer_start(&c->timer, on_timer, KILL_GRACE_MS, 0);
}

void commands_resume(struct daemon *d)
{
    struct command *c;

    for (c = d->commands.by_id; c; c = c->hh.next)
        if (c->stalled) {
            update_flow(c);
            if (!c->stalled && c->exited && c->state == COMMAND_RUNNING)
                complete(c);
        }
}
