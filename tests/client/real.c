/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/client/real.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/client/script.h"

extern char **environ;

/* --- the host --- */

static void on_exit_status(uv_process_t *process, int64_t status, int signal)
{
    ((struct real *)process->data)->has_exited = true;
    uv_close((uv_handle_t *)process, NULL);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
    struct real *r = handle->data;

    *b = uv_buf_init(buf_reserve(&r->printed, 4096), 4096);
}

static void on_printed(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct real *r = stream->data;

    if (n < 0)
        uv_close((uv_handle_t *)stream, NULL);
    else
        r->printed.len += (size_t)n;
    if (r->printed.data)
        r->printed.data[r->printed.len] = '\0';
}

static bool is_listening(struct real *r)
{
    static const char ready[] = "sandpitd: listening on ";
    const char *at = r->printed.data ? strstr(r->printed.data, ready) : NULL;

    if (!at || !strchr(at, '\n'))
        return false;
    at += strlen(ready);
    snprintf(r->url, sizeof r->url, "%.*s", (int)strcspn(at, "\n"), at);
    r->port = atoi(strrchr(r->url, ':') + 1);
    return true;
}

void real_start(struct real *r, uv_loop_t *loop)
{
    const char *root = getenv("SANDPIT_BUILD_ROOT");
    cleanup_free char *program = xasprintf("%s/host/sandpitd", root ? root : "build-test");

    *r = (struct real){.loop = loop};
    snprintf(r->state, sizeof r->state, "/tmp/sandpit-client-XXXXXX");
    assert_non_null(mkdtemp(r->state));
    setenv("SANDPIT_API_KEY", REAL_KEY, 1);
    /* However this program ends: who waits for its stderr to close must not wait for the host. */
    const char *argv[] = {"setpriv",  "--pdeathsig", "TERM",     program,       "gateway",
                          "--listen", "127.0.0.1:0", "--pubsub", "127.0.0.1:0", "--state",
                          r->state,   "--ephemeral", NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&r->out},
        {.flags = UV_INHERIT_FD, .data.fd = 2},
    };
    uv_process_options_t options = {.file = argv[0],
                                    .args = (char **)argv,
                                    .exit_cb = on_exit_status,
                                    .stdio = stdio,
                                    .stdio_count = 3};

    uv_pipe_init(loop, &r->out, 0);
    r->out.data = r->process.data = r;
    assert_int_equal(uv_spawn(loop, &r->process, &options), 0);
    uv_read_start((uv_stream_t *)&r->out, on_alloc, on_printed);
    await(loop, 20000, is_listening(r));
}

static int on_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

void remove_tree(const char *path)
{
    nftw(path, on_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void real_stop(struct real *r)
{
    int64_t until = clock_mono_ms() + 20000;

    bool is_hung;

    uv_process_kill(&r->process, SIGTERM);
    while (!r->has_exited && clock_mono_ms() < until)
        loop_turn(r->loop);
    is_hung = !r->has_exited;
    if (is_hung)
        uv_process_kill(&r->process, SIGKILL);
    await(r->loop, 20000, r->has_exited);
    if (!uv_is_closing((uv_handle_t *)&r->out))
        uv_close((uv_handle_t *)&r->out, NULL);
    uv_run(r->loop, UV_RUN_NOWAIT);
    buf_finish(&r->printed);
    remove_tree(r->state);
    assert_false(is_hung);
}

/* The jail's command line names the state folder, which nobody else has. */
static bool is_jail_of(const char *pid, const char *state)
{
    cleanup_free char *path = xasprintf("/proc/%s/cmdline", pid);
    FILE *f = fopen(path, "r");
    char text[8192];
    size_t n = f ? fread(text, 1, sizeof text, f) : 0;

    if (f)
        fclose(f);
    return n >= 5 && !memcmp(text, "bwrap", 5) && memmem(text, n, state, strlen(state));
}

/* What bwrap runs: the daemon. bwrap itself is not needed any more. */
static int kill_children(const char *pid)
{
    cleanup_free char *path = xasprintf("/proc/%s/task/%s/children", pid, pid);
    FILE *f = fopen(path, "r");
    int child, n = 0;

    while (f && fscanf(f, "%d", &child) == 1)
        n += !kill(child, SIGKILL);
    if (f)
        fclose(f);
    return n;
}

int real_kill_jails(struct real *r)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int n = 0;

    assert_non_null(proc);
    while ((entry = readdir(proc))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            is_jail_of(entry->d_name, r->state))
            n += kill_children(entry->d_name);
    }
    closedir(proc);
    return n;
}

void run_program(const char *const argv[])
{
    posix_spawn_file_actions_t actions;
    int status = -1;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status)
        print_error("%s failed\n", argv[0]);
    assert_int_equal(status, 0);
}

int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    return ntohs(address.sin_port);
}

/* --- the proxy --- */

struct pair {
    LIST_ENTRY(pair) link;
    struct proxy *proxy;
    uv_tcp_t near, far; /* the client's side, the host's side */
    uv_connect_t connect;
    int n_open;
    bool is_closing;
};

static void on_side_closed(uv_handle_t *handle)
{
    struct pair *pair = handle->data;

    if (!--pair->n_open)
        free(pair);
}

static void pair_close(struct pair *pair)
{
    if (pair->is_closing)
        return;
    pair->is_closing = true;
    LIST_REMOVE(pair, link);
    uv_close((uv_handle_t *)&pair->near, on_side_closed);
    uv_close((uv_handle_t *)&pair->far, on_side_closed);
}

static void on_side_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
    *b = uv_buf_init(xmalloc(65536), 65536);
}

static void on_written(uv_write_t *write, int status)
{
    free(write->data);
    free(write);
}

static void rewrite(int old_port, int new_port, char *bytes, size_t n)
{
    char from[16], to[16];
    char *at = bytes;

    snprintf(from, sizeof from, ":%d", old_port);
    snprintf(to, sizeof to, ":%d", new_port);
    if (strlen(from) != strlen(to))
        return;
    while ((at = memmem(at, (size_t)(bytes + n - at), from, strlen(from))))
        memcpy(at, to, strlen(to));
}

static void on_side_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct pair *pair = stream->data;
    bool is_answer = stream == (uv_stream_t *)&pair->far;

    if (n <= 0) {
        free(b->base);
        if (n < 0)
            pair_close(pair);
        return;
    }
    const struct proxy *p = pair->proxy;

    if (is_answer)
        rewrite(p->target_port, p->port, b->base, (size_t)n);
    else
        rewrite(p->port, p->target_port, b->base, (size_t)n);
    uv_write_t *write = xmalloc(sizeof *write);
    uv_buf_t out = uv_buf_init(b->base, (unsigned)n);

    write->data = b->base;
    uv_write(write, (uv_stream_t *)(is_answer ? &pair->near : &pair->far), &out, 1, on_written);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct pair *pair = connect->data;

    if (status) {
        pair_close(pair);
        return;
    }
    uv_tcp_nodelay(&pair->near, 1);
    uv_tcp_nodelay(&pair->far, 1);
    uv_read_start((uv_stream_t *)&pair->near, on_side_alloc, on_side_read);
    uv_read_start((uv_stream_t *)&pair->far, on_side_alloc, on_side_read);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct proxy *p = listener->data;
    struct pair *pair = xcalloc(1, sizeof *pair);
    struct sockaddr_in address;

    pair->proxy = p;
    pair->n_open = 2;
    uv_tcp_init(p->loop, &pair->near);
    uv_tcp_init(p->loop, &pair->far);
    pair->near.data = pair->far.data = pair->connect.data = pair;
    LIST_INSERT_HEAD(&p->pairs, pair, link);
    uv_accept(listener, (uv_stream_t *)&pair->near);
    uv_ip4_addr("127.0.0.1", p->target_port, &address);
    if (uv_tcp_connect(&pair->connect, &pair->far, (struct sockaddr *)&address, on_connected))
        pair_close(pair);
}

void proxy_listen(struct proxy *p)
{
    struct sockaddr_in address;
    int n = sizeof address;

    uv_ip4_addr("127.0.0.1", p->port, &address);
    uv_tcp_init(p->loop, &p->listener);
    p->listener.data = p;
    assert_int_equal(uv_tcp_bind(&p->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&p->listener, 64, on_connection), 0);
    uv_tcp_getsockname(&p->listener, (struct sockaddr *)&address, &n);
    p->port = ntohs(address.sin_port);
    p->is_listening = true;
}

void proxy_start(struct proxy *p, uv_loop_t *loop, int target_port)
{
    *p = (struct proxy){.loop = loop, .target_port = target_port};
    LIST_INIT(&p->pairs);
    proxy_listen(p);
    snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d", p->port);
}

static void on_unlistened(uv_handle_t *handle)
{
    ((struct proxy *)handle->data)->is_listening = false;
}

void proxy_unlisten(struct proxy *p)
{
    if (!p->is_listening)
        return;
    uv_close((uv_handle_t *)&p->listener, on_unlistened);
    while (p->is_listening)
        uv_run(p->loop, UV_RUN_NOWAIT);
}

void proxy_cut(struct proxy *p)
{
    while (!LIST_EMPTY(&p->pairs))
        pair_close(LIST_FIRST(&p->pairs));
}

void proxy_stop(struct proxy *p)
{
    proxy_unlisten(p);
    proxy_cut(p);
    uv_run(p->loop, UV_RUN_NOWAIT);
}
