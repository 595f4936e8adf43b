/* SPDX-License-Identifier: MIT
 *
 * Spawns with setsid (UV_PROCESS_DETACHED), stdout as a pipe that is read until the child is
 * released. stderr is a file of its own, DIR/gateway.log.PID, so that the words of two children
 * started at once are not taken for each other's; it becomes DIR/gateway.log when it is kept.
 */
#include "app/gateway_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/providers.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/private_file.h"
#include "base/text.h"

#define LINE_MAX_BYTES 4096
#define TAIL_MAX_BYTES 2048

extern char **environ;

struct gateway_child {
    const struct gateway_child_ops *ops;
    void *user;
    uv_process_t process;
    uv_pipe_t out;
    int n_handles;
    bool released, exited;
    struct buf line;
    char chunk[1024];
    char *log_path;  /* owned: where its stderr is now */
    char *kept_path; /* owned: DIR/gateway.log */
    bool log_kept;
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct gateway_child *c = handle->data;

    if (--c->n_handles)
        return;
    buf_finish(&c->line);
    free(c->log_path);
    free(c->kept_path);
    free(c);
}

/* The last of what it wrote; the caller frees. */
static char *read_tail(const struct gateway_child *c)
{
    cleanup_fd int fd = open(c->log_path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    cleanup_buf struct buf tail = {0};

    if (fd < 0 || fstat(fd, &st) < 0)
        return buf_steal(&tail);
    off_t start = st.st_size > TAIL_MAX_BYTES ? st.st_size - TAIL_MAX_BYTES : 0;
    ssize_t n = pread(fd, buf_reserve(&tail, TAIL_MAX_BYTES + 1), TAIL_MAX_BYTES, start);
    tail.len = n > 0 ? (size_t)n : 0;
    tail.data[tail.len] = '\0';
    return buf_steal(&tail);
}

static enum gateway_child_end classify(const struct gateway_child *c)
{
    cleanup_free char *tail = read_tail(c);

    if (strstr(tail, "another gateway") || strstr(tail, "already run") || strstr(tail, "locked"))
        return CHILD_STATE_IN_USE;
    if (strcasestr(tail, "address already in use") || strcasestr(tail, "port is taken"))
        return CHILD_ADDRESS_IN_USE;
    return CHILD_FAILED;
}

static void on_exit_status(uv_process_t *process, int64_t status, int signal)
{
    struct gateway_child *c = process->data;

    c->exited = true;
    log_info("embedded gateway: pid %d exited (status %d, signal %d)", process->pid, (int)status,
             signal);
    if (!c->released)
        c->ops->on_exit(c->user, classify(c));
}

static void take_lines(struct gateway_child *c)
{
    char *end;

    while (!c->released && (end = memchr(c->line.data, '\n', c->line.len))) {
        size_t n = (size_t)(end - c->line.data);
        cleanup_free char *line = xstrndup(c->line.data, n);

        buf_consume(&c->line, n + 1);
        c->ops->on_line(c->user, line);
        if (!c->line.len)
            return;
    }
    if (c->line.len > LINE_MAX_BYTES)
        buf_clear(&c->line);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct gateway_child *c = handle->data;

    *buf = uv_buf_init(c->chunk, sizeof c->chunk);
}

static void on_stdout(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct gateway_child *c = stream->data;

    if (n < 0) {
        uv_read_stop(stream);
        return;
    }
    buf_append(&c->line, buf->base, (size_t)n);
    if (c->line.len)
        take_lines(c);
}

static bool is_for_other_gateways(const char *assignment)
{
    cleanup_free char *name = xstrndup(assignment, strcspn(assignment, "="));

    return strcmp(name, "SANDPIT_API_KEY") == 0 || strncmp(name, "COMPUTESDK_", 11) == 0 ||
           provider_is_credential(name);
}

/* The embedded gateway makes its own key and must not learn ours, nor those of providers. */
static char **child_environment(void)
{
    size_t n = 0, kept = 0;

    while (environ[n])
        n++;
    char **env = xcalloc(n + 1, sizeof *env);
    for (size_t i = 0; i < n; i++)
        if (!is_for_other_gateways(environ[i]))
            env[kept++] = environ[i];
    return env;
}

static int open_log(struct gateway_child *c, const struct paths *paths, struct err *e)
{
    int rc = private_make_dir(paths->host_state_dir, e);

    if (rc < 0) {
        err_wrap(e, "state folder of the embedded gateway");
        err_hint(e, "make %.120s writable, or set XDG_STATE_HOME to a folder of yours",
                 paths->host_state_dir);
        return rc;
    }
    c->kept_path = xasprintf("%s/gateway.log", paths->host_state_dir);
    c->log_path = xasprintf("%s.%d", c->kept_path, (int)getpid());
    int fd = open(c->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0) {
        rc = err_set_errno(e, errno, "state folder of the embedded gateway: %s", c->log_path);
        err_hint(e, "make %.120s writable, or set XDG_STATE_HOME to a folder of yours",
                 paths->host_state_dir);
        return rc;
    }
    return fd;
}

static int spawn(struct gateway_child *c, uv_loop_t *loop, const struct paths *paths,
                 const char **args, int log_fd)
{
    cleanup_free char **env = child_environment();
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->out},
        {.flags = UV_INHERIT_FD, .data.fd = log_fd},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = paths->sandpitd,
        .args = (char **)args,
        .env = env,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = ARRAY_LEN(stdio),
        .stdio = stdio,
    };

    uv_pipe_init(loop, &c->out, 0);
    c->out.data = c->process.data = c;
    c->n_handles = 2;
    return uv_spawn(loop, &c->process, &options);
}

static void abandon(struct gateway_child *c)
{
    free(c->log_path);
    free(c->kept_path);
    free(c);
}

struct gateway_child *gateway_child_spawn(uv_loop_t *loop, const struct paths *paths,
                                          const char *listen, const char *pubsub,
                                          const struct gateway_child_ops *ops, void *user,
                                          struct err *e)
{
    const char *args[10] = {"sandpitd", "gateway", "--state", paths->host_state_dir};
    size_t n = 4;

    if (!paths->sandpitd) {
        err_set(e, ERR_NOT_FOUND, "cannot find sandpitd, which runs the embedded gateway");
        err_hint(e, "install it beside sandpit or on PATH, or use --gateway URL");
        return NULL;
    }
    if (listen)
        args[n++] = "--listen", args[n++] = listen;
    if (pubsub)
        args[n++] = "--pubsub", args[n++] = pubsub;
    struct gateway_child *c = xcalloc(1, sizeof *c);
    cleanup_fd int log_fd = open_log(c, paths, e);

    c->ops = ops;
    c->user = user;
    if (log_fd < 0) {
        abandon(c);
        return NULL;
    }
    int rc = spawn(c, loop, paths, args, log_fd);
    if (rc < 0) {
        err_set(e, ERR_IO, "cannot start %s: %s", paths->sandpitd, uv_strerror(rc));
        gateway_child_release(c);
        return NULL;
    }
    log_info("embedded gateway: started %s, pid %d", paths->sandpitd, c->process.pid);
    uv_read_start((uv_stream_t *)&c->out, on_alloc, on_stdout);
    return c;
}

/* Known causes, by a word of the message, and what to do about them. */
static const struct {
    const char *word, *hint;
} causes[] = {
    {"bwrap", "install bubblewrap (apt-get install bubblewrap); `sandpit doctor` checks it"},
    {"ermission denied", "check who owns the state folder, or set XDG_STATE_HOME"},
    {"ead-only file system", "set XDG_STATE_HOME to a folder that is writable"},
    {"in use", "stop what uses the port, or run `sandpitd gateway --listen` yourself"},
    {"o space left", "make room on the disk of the state folder"},
};

void gateway_child_explain(const struct gateway_child *c, struct err *e)
{
    cleanup_free char *tail = read_tail(c);
    size_t n = strlen(tail);
    char safe[300];

    while (n && (tail[n - 1] == '\n' || tail[n - 1] == ' '))
        tail[--n] = '\0';
    if (!n) {
        err_hint(e, "run `sandpit doctor`, or `sandpitd gateway` by hand to see why");
        return;
    }
    const char *last = n > 280 ? tail + n - 280 : tail;
    text_sanitise(safe, sizeof safe, last, strlen(last));
    cleanup_free char *text = xstrdup(e->text);
    err_set(e, e->code, "%s: %s", text, safe);
    err_hint(e, "its log is %.200s", c->kept_path);
    for (size_t i = 0; i < ARRAY_LEN(causes); i++)
        if (strstr(tail, causes[i].word)) {
            err_hint(e, "%s", causes[i].hint);
            return;
        }
}

/* The log before it stays as gateway.log.1: it may tell why that gateway died. */
void gateway_child_keep_log(struct gateway_child *c)
{
    cleanup_free char *older = xasprintf("%s.1", c->kept_path);

    if (c->log_kept)
        return;
    c->log_kept = true;
    if (rename(c->kept_path, older) < 0 && errno != ENOENT)
        log_warn("%s: %s", older, strerror(errno));
    if (rename(c->log_path, c->kept_path) < 0)
        log_warn("%s: %s", c->kept_path, strerror(errno));
    free(c->log_path);
    c->log_path = xstrdup(c->kept_path);
}

void gateway_child_kill(struct gateway_child *c)
{
    if (!c->exited)
        uv_process_kill(&c->process, SIGTERM);
}

void gateway_child_release(struct gateway_child *c)
{
    if (!c)
        return;
    c->released = true;
    if (!c->log_kept)
        unlink(c->log_path);
    uv_close((uv_handle_t *)&c->out, on_handle_closed);
    uv_close((uv_handle_t *)&c->process, on_handle_closed);
}
