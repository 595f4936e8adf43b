/* SPDX-License-Identifier: MIT
 *
 * Pid 1 of a sandbox: wires link, HTTP, terminals and commands to one loop.
 *
 * What protects it from those it serves, who have the same uid: it is not dumpable (its memory,
 * environment and descriptors are closed to them), as pid 1 it gets only signals it has handlers
 * for, and that is SIGCHLD alone. It ends by the gateway's order only.
 */
#include "host/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/daemon/shell.h"
#include "host/daemon/stats.h"
#include "host/daemon/store.h"
#include "host/jail.h"

#define STOP_POLL_MS  10
#define STOP_TERM_MS  300  /* from SIGTERM to SIGKILL */
#define STOP_CLOSE_MS 1500 /* for peers to answer the close of their WebSockets */
#define STOP_MAX_MS   2000 /* then it ends, and the kernel kills the rest */

/* --- state --- */

static void on_changed(uv_timer_t *timer)
{
    struct daemon *d = timer->data;

    link_server_tell(&d->links);
}

void daemon_changed(struct daemon *d)
{
    if (!d->stopping && !uv_is_active((uv_handle_t *)&d->changed))
        uv_timer_start(&d->changed, on_changed, 0, 0);
}

/* --- starting --- */

static void set_environment(struct daemon *d)
{
    static const char *const defaults[][2] = {
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"HOME", JAIL_HOME},
        {"USER", JAIL_USER},
        {"LOGNAME", JAIL_USER},
        {"TERM", "xterm-256color"},
        {"COLORTERM", "truecolor"},
        {"LANG", "C.UTF-8"},
    };

    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        environ_set(&d->environment, defaults[i][0], defaults[i][1]);
    shell_add_path(&d->environment);
    environ_set(&d->environment, "SHELL", process_default_shell(&d->environment));
    for (size_t i = 0; i < d->settings.n_envs; i++)
        environ_set(&d->environment, d->settings.envs[i].name, d->settings.envs[i].value);
}

static int read_settings(struct daemon *d, struct err *e)
{
    int r = daemon_settings_read(&d->settings, LINK_SETTINGS_FD, e);

    close(LINK_SETTINGS_FD);
    return r;
}

static int start_http(struct daemon *d, struct err *e)
{
    const struct http_config config = {
        .routes = daemon_routes,
        .user = d,
        .authorise = daemon_authorise,
        .host_allowed = daemon_host_allowed,
        .spool_dir = SPOOL_DIR,
    };

    d->http = http_server_create(d->loop, &config, e);
    return d->http ? 0 : -1;
}

static int open_store(struct daemon *d, struct err *e)
{
    d->store = store_open(LINK_STORE_FD, LINK_STORE_WAL_FD, e);
    return d->store ? tokens_init(&d->tokens, d, d->store, e) : -1;
}

static int start(struct daemon *d, struct err *e)
{
    int r = read_settings(d, e);

    if (r)
        return r;
    set_environment(d);
    setup_init(d);
    process_set_limits(&d->settings.limits, &d->settings.means);
    d->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    TAILQ_INIT(&d->dying);
    api_child_init(d);
    sockets_init(&d->sockets);
    commands_init(&d->commands);
    work_init(&d->work, d->loop);
    overlays_init(d); /* servers may depend on them */
    watchers_init(&d->watchers, d);
    uv_timer_init(d->loop, &d->changed);
    d->changed.data = d;
    pace_init(d);
    ports_init(&d->ports, d->loop);
    preview_init(&d->preview, d);
    signals_init(&d->signals, d);
    activity_init(&d->activity, d);
    r = children_init(&d->children, d->loop, e);
    if (!r)
        r = open_store(d, e);
    if (!r)
        r = start_http(d, e);
    if (!r)
        r = link_server_start(&d->links, d, LINK_FD, e);
    if (!r) {
        servers_init(&d->servers, d);
        setup_begin(d);
    }
    return r;
}

/* --- stopping --- */

static void on_http_closed(void *user)
{
    struct daemon *d = user;

    d->http = NULL;
}

static void destroy_terminals(struct daemon *d)
{
    struct terminal *t, *next;

    HASH_ITER (hh, d->terminals.by_id, t, next) {
        terminal_destroy(t);
    }
}

void daemon_stop(struct daemon *d)
{
    if (d->stopping)
        return;
    d->stopping = true;
    work_stop(&d->work);
    destroy_terminals(d);
    sockets_close(&d->sockets);
    api_child_stop(d);
    preview_stop(&d->preview);
    servers_stop(&d->servers);
    overlays_stop(d);
    uv_stop(d->loop);
}

/* The loop goes on for the last bytes to the sockets, while everybody else ends. */
static void end_processes(struct daemon *d)
{
    int64_t passed_ms = 0;
    bool killed = false;

    kill(-1, SIGCONT);
    kill(-1, SIGTERM);
    while (children_reap(&d->children) && passed_ms < STOP_MAX_MS) {
        uv_run(d->loop, UV_RUN_NOWAIT);
        usleep(STOP_POLL_MS * 1000);
        passed_ms += STOP_POLL_MS;
        if (passed_ms >= STOP_TERM_MS && !killed) {
            kill(-1, SIGKILL);
            killed = true;
        }
    }
}

static void close_rest(uv_handle_t *handle, void *user)
{
    if (!uv_is_closing(handle))
        log_warn("a %s handle is left over", uv_handle_type_name(handle->type));
}

static void finish(struct daemon *d)
{
    struct command *c, *next;
    struct dying *dying;

    end_processes(d);
    while ((dying = TAILQ_FIRST(&d->dying)))
        dying->end(dying);
    HASH_ITER (hh, d->commands.by_id, c, next) {
        command_destroy(c);
    }
    while ((c = TAILQ_FIRST(&d->commands.leftovers)))
        command_destroy_leftover(c);
    if (!work_finish(&d->work)) {
        log_warn("file operations are cut off");
        _exit(0);
    }
    overlays_finish(d);
    stats_finish();
    http_server_destroy(d->http, on_http_closed, d);
    link_server_stop(&d->links);
    children_stop(&d->children);
    signals_stop(&d->signals);
    activity_stop(&d->activity);
    notices_finish(&d->notices);
    ports_stop(&d->ports);
    uv_close((uv_handle_t *)&d->changed, NULL);
    pace_close(d);
    setup_finish(d);
    tokens_finish(&d->tokens);
    watchers_finish(&d->watchers);
    sqlite3_close(steal_pointer(&d->store));
    for (int ms = 0; ms < STOP_CLOSE_MS && uv_run(d->loop, UV_RUN_NOWAIT); ms++)
        usleep(1000);
    uv_walk(d->loop, close_rest, NULL);
    ports_finish(&d->ports);
    environ_finish(&d->environment);
    daemon_settings_finish(&d->settings);
    close(d->null_fd);
    uv_loop_close(d->loop);
    /* Nobody is left to look at us but a leak checker. */
    prctl(PR_SET_DUMPABLE, 1);
}

/* A signal with a handler reaches pid 1 from inside, one without does not; sanitizers bring some.
 */
static void only_sigchld(void)
{
    for (int i = 1; i < NSIG; i++)
        signal(i, i == SIGPIPE ? SIG_IGN : SIG_DFL);
}

static void raise_limits(void)
{
    struct rlimit files;

    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

int daemon_main(int argc, char **argv)
{
    static struct daemon daemon;
    struct stat st;
    struct err e;

    prctl(PR_SET_DUMPABLE, 0);
    only_sigchld();
    if (fcntl(LINK_FD, F_GETFD) < 0 || fcntl(LINK_SETTINGS_FD, F_GETFD) < 0) {
        static const char text[] = "sandpitd daemon: is started by sandpitd gateway, not by hand\n";

        return write(2, text, sizeof text - 1) < 0 ? 1 : 2;
    }
    for (int fd = LINK_FD; fd <= LINK_LAST_FD; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!fstat(LINK_LOG_FD, &st))
        log_to_fd(LINK_LOG_FD, LOG_LEVEL_INFO);
    text_init_locale();
    umask(022);
    raise_limits();
    slice_shorten();
    daemon.loop = uv_default_loop();
    if (start(&daemon, &e)) {
        log_error("%s", e.text);
        return 1;
    }
    log_info("sandbox %s is up", daemon.settings.id);
    uv_run(daemon.loop, UV_RUN_DEFAULT);
    log_info("sandbox %s ends", daemon.settings.id);
    finish(&daemon);
    return 0;
}
