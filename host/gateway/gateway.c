/* SPDX-License-Identifier: MIT
 *
 * Puts the gateway together and takes it apart.
 *
 * Stopping: no further connections → (--ephemeral: all sandboxes are destroyed) → the HTTP server
 * ends → sandboxes are let go of, not stopped → the loop runs out.
 */
#include "host/gateway/gateway.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/cgroup.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"
#include "host/gateway/keys.h"
#include "host/gateway/snapshot.h"
#include "host/gateway/template.h"

#define SEEN_MS         60000
#define EVENTS_PRUNE_MS (15u * 60 * 1000)
#define FILES_MIN       256
#define FILES_SPARE     16
#define FILES_HINT      "raise it: ulimit -n 4096, or LimitNOFILE= of a systemd unit"

static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

/* --- when it was last there --- */

static void write_seen(struct gateway *g)
{
    struct err e;

    if (registry_set_seen(g->registry, clock_wall_ms(), &e))
        log_warn("gateway: %s", e.text);
}

static bool any_expiry(const struct gateway *g)
{
    const struct sandbox *s;

    for (s = g->sandboxes; s; s = s->hh.next)
        if (s->info.expires_ms && s->phase != PHASE_DESTROYING)
            return true;
    return false;
}

static void on_seen_timer(uv_timer_t *timer)
{
    struct gateway *g = timer->data;

    if (any_expiry(g))
        write_seen(g);
    else
        uv_timer_stop(timer);
}

void gateway_keep_seen(struct gateway *g)
{
    if (!g->stopping && !uv_is_active((uv_handle_t *)&g->seen_timer))
        uv_timer_start(&g->seen_timer, on_seen_timer, SEEN_MS, SEEN_MS);
}

/* --- stopping --- */

static void on_http_gone(void *user)
{
    struct gateway *g = user;

    g->http_gone = true;
    g->http = NULL;
    gateway_stop_step(g);
}

static void let_sandboxes_go(struct gateway *g)
{
    struct sandbox *s, *next;

    HASH_ITER (hh, g->sandboxes, s, next)
        sandbox_forget(s);
}

/* Called again whenever something that was waited for has ended. */
void gateway_stop_step(struct gateway *g)
{
    if (g->config.ephemeral && g->announced && HASH_COUNT(g->sandboxes) && !g->http_gone)
        return;
    if (g->http) {
        struct http_server *http = steal_pointer(&g->http);

        http_server_destroy(http, on_http_gone, g);
        return;
    }
    if (g->http_gone)
        let_sandboxes_go(g);
}

void gateway_stop(struct gateway *g)
{
    struct sandbox *s, *next;
    struct err e;

    if (g->stopping)
        return;
    g->stopping = true;
    log_info("gateway: stopping");
    if (g->announced) {
        if (any_expiry(g))
            write_seen(g);
        state_unannounce(g);
    }
    front_close(g);
    pubsub_close(g);
    image_jobs_stop(&g->image_jobs);
    uv_close((uv_handle_t *)&g->feed_timer, NULL);
    uv_close((uv_handle_t *)&g->events_timer, NULL);
    uv_close((uv_handle_t *)&g->seen_timer, NULL);
    uv_close((uv_handle_t *)&g->keys_watch, NULL);
    if (g->config.ephemeral && g->announced) {
        registry_begin(g->registry);
        HASH_ITER (hh, g->sandboxes, s, next)
            sandbox_destroy(s);
        if (registry_end(g->registry, &e))
            log_error("%s", e.text);
    }
    gateway_stop_step(g);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct gateway *g = handle->data;

    if (number == SIGCHLD)
        sandbox_reap(g);
    else
        gateway_stop(g);
}

/* --- starting --- */

static void watch_signals(struct gateway *g)
{
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(signal_numbers); i++) {
        uv_signal_init(&g->loop, &g->signals[i]);
        g->signals[i].data = g;
        uv_signal_start(&g->signals[i], on_signal, signal_numbers[i]);
        /* They alone do not keep the loop going. */
        uv_unref((uv_handle_t *)&g->signals[i]);
    }
}

static int raise_limits(struct err *e)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files))
        return 0;
    if (files.rlim_max < FILES_MIN) {
        err_set(e, ERR_LIMIT, "only %lu open files are allowed, %d are needed",
                (unsigned long)files.rlim_max, FILES_MIN);
        err_hint(e, FILES_HINT);
        return -(int)ERR_LIMIT;
    }
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return 0;
}

/* Without descriptors a sandbox that runs cannot be told from a lost one, and a lost one is
 * replaced: rather no gateway than one that leaves running sandboxes behind. They are kept by those
 * that were found, so when some are free now, none was missing before. */
static int check_files(struct err *e)
{
    int fds[FILES_SPARE], n = 0;

    while (n < FILES_SPARE && (fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        n++;
    for (int i = 0; i < n; i++)
        close(fds[i]);
    if (n == FILES_SPARE)
        return 0;
    err_set(e, ERR_LIMIT, "too few open files are allowed for the sandboxes there are");
    err_hint(e, FILES_HINT);
    return -(int)ERR_LIMIT;
}

static int find_program(struct gateway *g, struct err *e)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n < 0)
        return err_set_errno(e, errno, "find this program's file");
    path[n] = '\0';
    g->program = xstrdup(path);
    return 0;
}

/* Folders without a row: a gateway that was killed while it made or removed a sandbox. */
static void remove_orphans(struct gateway *g)
{
    cleanup_free char *path = xasprintf("%s/sandboxes", g->state);
    DIR *folder = opendir(path);
    struct dirent *entry;
    struct err e;

    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.' || sandbox_find_any(g, entry->d_name, strlen(entry->d_name)))
            continue;
        cleanup_free char *dir = xasprintf("%s/%s", path, entry->d_name);
        if (daemon_link_lives(dir))
            log_warn("gateway: %s is of no sandbox that is known, but its daemon runs; it stays",
                     dir);
        else if (tree_remove(dir, &e))
            log_warn("gateway: %s", e.text);
    }
    if (folder)
        closedir(folder);
}

static int restore(struct gateway *g, struct err *e)
{
    struct sandbox *s, *next;
    int result = registry_each(g->registry, sandbox_restore, g, e);

    g->last_seen_ms = registry_seen(g->registry);
    if (!result)
        result = check_files(e);
    if (result)
        return result;
    remove_orphans(g);
    snapshots_thaw(g);
    cgroup_sweep();
    registry_begin(g->registry); /* hundreds may change after a machine's restart */
    HASH_ITER (hh, g->sandboxes, s, next)
        sandbox_settle(s);
    child_end_orphans(g);
    return registry_end(g->registry, e);
}

static int start_http(struct gateway *g, struct err *e)
{
    const struct http_config config = {
        .routes = gateway_routes,
        .user = g,
        .authorise = gateway_authorise,
        .host_allowed = gateway_host_allowed,
        .body_max = 64 * 1024,
    };

    g->http = http_server_create(&g->loop, &config, e);
    return g->http ? 0 : -(int)ERR_IO;
}

static void on_state_changed(uv_fs_event_t *watch, const char *name, int events, int status)
{
    struct gateway *g = watch->data;

    if (status || (name && strcmp(name, "keys") != 0))
        return;
    keys_refresh(g->keys);
    feeds_check_keys(g);
}

static void on_events_timer(uv_timer_t *timer)
{
    struct gateway *g = timer->data;

    events_prune(g->events);
}

static int start(struct gateway *g, struct err *e)
{
    char pubsub[128];
    int result = state_open(g, e);

    if (!result)
        result = find_program(g, e);
    if (!result)
        result = front_open(g, e);
    if (!result)
        result = pubsub_open(g, pubsub, e);
    if (!result)
        result = start_http(g, e);
    if (!result)
        result = snapshots_open(g, e);
    if (!result)
        result = template_sweep(g->state, e);
    if (!result)
        result = restore(g, e);
    if (!result)
        result = state_announce(g, e);
    if (result)
        return result;
    g->announced = true;
    uv_timer_start(&g->events_timer, on_events_timer, EVENTS_PRUNE_MS, EVENTS_PRUNE_MS);
    if (uv_fs_event_start(&g->keys_watch, on_state_changed, g->state, 0))
        log_warn("gateway: revoked keys are noticed at their next request only");
    front_start(g);
    printf("sandpitd: pubsub on %s\nsandpitd: listening on %s\n", pubsub, g->url);
    fflush(stdout);
    log_info("gateway: listening on %s", g->url);
    return 0;
}

static void close_rest(uv_handle_t *handle, void *user)
{
    (void)user;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void finish(struct gateway *g)
{
    for (size_t i = 0; i < ARRAY_LEN(g->signals); i++)
        uv_close((uv_handle_t *)&g->signals[i], NULL);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&g->loop)) {
        log_error("gateway: something was left open");
        uv_walk(&g->loop, close_rest, NULL);
        uv_run(&g->loop, UV_RUN_DEFAULT);
        uv_loop_close(&g->loop);
    }
    pubsub_free(g);
    snapshots_free(g);
    state_close(g);
    free(g->program);
    free(g->url);
}

int gateway_run(const struct gateway_config *config, struct err *e)
{
    struct gateway g = {.config = *config, .lock_fd = -1, .listen_fd = -1, .spare_fd = -1};

    TAILQ_INIT(&g.visitors);
    TAILQ_INIT(&g.feeds);
    TAILQ_INIT(&g.turns);
    g.started_ms = clock_mono_ms();
    TAILQ_INIT(&g.makings);
    if (!host_domain_valid(config->domain))
        return err_set(e, ERR_ARG, "\"%s\" is no domain name", config->domain);
    if (uv_loop_init(&g.loop))
        return err_set(e, ERR_IO, "no event loop");
    image_jobs_init(&g.image_jobs, &g.loop);
    uv_timer_init(&g.loop, &g.feed_timer);
    g.feed_timer.data = &g;
    uv_timer_init(&g.loop, &g.events_timer);
    g.events_timer.data = &g;
    uv_timer_init(&g.loop, &g.seen_timer);
    g.seen_timer.data = &g;
    uv_fs_event_init(&g.loop, &g.keys_watch);
    g.keys_watch.data = &g;
    watch_signals(&g);
    int result = raise_limits(e);
    if (!result)
        result = start(&g, e);
    if (result)
        gateway_stop(&g);
    /* Ends when gateway_stop has closed everything. */
    uv_run(&g.loop, UV_RUN_DEFAULT);
    finish(&g);
    return result;
}
