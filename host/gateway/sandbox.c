/* SPDX-License-Identifier: MIT
 *
 * A sandbox's life as the gateway sees it: creating → running → destroying → gone, or lost when its
 * daemon ends by itself.
 *
 * The registry and the list's subscribers hear of every change. A name is free as soon as its
 * sandbox is being destroyed; the answer to who asked for that waits until its processes are gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"
#include "host/jail.h"
#include "host/link.h"
#include "wire/names.h"

#define TOKEN_LEN       50
#define LONGEST_WAIT_MS ((int64_t)60 * 60 * 1000) /* the wall clock may be set meanwhile */

static void end(struct sandbox *s);

/* --- finding --- */

struct sandbox *sandbox_find_any(struct gateway *g, const char *id, size_t n)
{
    struct sandbox *s;

    HASH_FIND(hh, g->sandboxes, id, n, s);
    return s;
}

struct sandbox *sandbox_find(struct gateway *g, const char *id, size_t n)
{
    struct sandbox *s = sandbox_find_any(g, id, n);

    return s && s->phase != PHASE_DESTROYING && !s->doomed ? s : NULL;
}

/* Bytes, with a NUL between the two: the pair is the key, not the joined text. */
static char *make_name_key(const char *ns, const char *name, size_t *n)
{
    struct buf key = {0};

    buf_append(&key, ns, strlen(ns) + 1);
    buf_append_str(&key, name);
    *n = key.len;
    return buf_steal(&key);
}

struct sandbox *sandbox_find_name(struct gateway *g, const char *ns, const char *name)
{
    size_t n;
    cleanup_free char *key = make_name_key(ns, name, &n);
    struct sandbox *s;

    HASH_FIND(hh_name, g->names, key, n, s);
    return s;
}

cJSON *sandbox_view(const struct sandbox *s, bool with_token)
{
    cJSON *view = sandbox_info_to_json(&s->info);

    if (!with_token)
        cJSON_DeleteItemFromObjectCaseSensitive(view, "token");
    return view;
}

/* --- status, deltas, those who wait --- */

/* The change holds also when it could not be written down. */
static int record_status(struct sandbox *s, enum phase phase, const char *status,
                         const char *reason, struct err *e)
{
    s->phase = phase;
    free(s->info.status);
    free(s->info.reason);
    s->info.status = xstrdup(status);
    s->info.reason = xstrdup(reason);
    return registry_set_status(s->gateway->registry, s->info.id, status, reason, e);
}

static void set_status(struct sandbox *s, enum phase phase, const char *status, const char *reason)
{
    struct err e;

    if (record_status(s, phase, status, reason, &e))
        log_error("sandbox %s: %s", s->info.id, e.text);
}

static void on_waiter_gone(struct http_request *r, void *user)
{
    struct waiter *w = user;

    (void)r;
    TAILQ_REMOVE(&w->sandbox->waiters, w, entry);
    free(w);
}

static void add_waiter(struct sandbox *s, struct http_request *r, bool for_end)
{
    struct waiter *w = xcalloc(1, sizeof *w);

    w->sandbox = s;
    w->request = r;
    w->for_end = for_end;
    TAILQ_INSERT_TAIL(&s->waiters, w, entry);
    http_on_gone(r, on_waiter_gone, w);
}

static void reply_view(struct sandbox *s, struct http_request *r)
{
    cJSON *answer = cJSON_CreateObject();

    cJSON_AddTrueToObject(answer, "success");
    cJSON_AddItemToObject(answer, "data", sandbox_view(s, true));
    http_reply_json(r, 200, answer);
}

static void reply_gone(struct http_request *r)
{
    cJSON *answer = cJSON_CreateObject();

    cJSON_AddTrueToObject(answer, "success");
    cJSON_AddStringToObject(answer, "message", "sandbox destroyed");
    http_reply_json(r, 200, answer);
}

/* e NULL: success. */
static void answer_waiters(struct sandbox *s, bool for_end, const struct err *e)
{
    struct waiter *w, *next;

    for (w = TAILQ_FIRST(&s->waiters); w; w = next) {
        struct http_request *r = w->request;

        next = TAILQ_NEXT(w, entry);
        if (w->for_end != for_end)
            continue;
        TAILQ_REMOVE(&s->waiters, w, entry);
        free(w);
        if (e)
            http_reply_err(r, e);
        else if (for_end)
            reply_gone(r);
        else
            reply_view(s, r);
    }
}

void sandbox_reply_when_ready(struct sandbox *s, struct http_request *r)
{
    if (s->phase == PHASE_CREATING)
        add_waiter(s, r, false);
    else
        reply_view(s, r);
}

void sandbox_reply_when_gone(struct sandbox *s, struct http_request *r)
{
    if (s->dead)
        reply_gone(r);
    else
        add_waiter(s, r, true);
}

/* --- expiry --- */

static void on_expiry(uv_timer_t *timer);

static void arm_expiry(struct sandbox *s)
{
    int64_t left = s->info.expires_ms - clock_wall_ms();

    if (!s->info.expires_ms) {
        uv_timer_stop(&s->expiry);
        return;
    }
    left = left < 0 ? 0 : left > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : left;
    uv_timer_start(&s->expiry, on_expiry, (uint64_t)left, 0);
}

static void on_expiry(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    if (s->info.expires_ms > clock_wall_ms()) {
        arm_expiry(s);
        return;
    }
    log_info("sandbox %s: its time is over", s->info.id);
    sandbox_destroy(s);
}

int sandbox_set_expiry(struct sandbox *s, int64_t expires_ms, struct err *e)
{
    int result = registry_set_expiry(s->gateway->registry, s->info.id, expires_ms, e);

    if (result)
        return result;
    s->info.expires_ms = expires_ms;
    arm_expiry(s);
    feed_changed(s);
    return 0;
}

/* --- memory --- */

static void add_name(struct sandbox *s)
{
    if (!s->info.name[0])
        return;
    s->name_key = make_name_key(s->info.ns, s->info.name, &s->n_name_key);
    HASH_ADD_KEYPTR(hh_name, s->gateway->names, s->name_key, s->n_name_key, s);
}

static void drop_name(struct sandbox *s)
{
    if (!s->name_key)
        return;
    HASH_DELETE(hh_name, s->gateway->names, s);
    free(steal_pointer(&s->name_key));
}

static struct sandbox *allocate(struct gateway *g)
{
    struct sandbox *s = xcalloc(1, sizeof *s);

    s->gateway = g;
    s->pidfd = s->link_fd = -1;
    STAILQ_INIT(&s->queue);
    TAILQ_INIT(&s->waiters);
    uv_timer_init(&g->loop, &s->expiry);
    uv_timer_init(&g->loop, &s->timer);
    uv_timer_init(&g->loop, &s->retry);
    s->expiry.data = s->timer.data = s->retry.data = s->work.data = s;
    s->n_busy = 3;
    return s;
}

static void release(struct sandbox *s)
{
    struct gateway *g = s->gateway;

    if (--s->n_busy)
        return;
    HASH_DELETE(hh, g->sandboxes, s);
    sessions_free(s);
    sandbox_info_finish(&s->info);
    free(s->parent);
    free(s->envs);
    lasting_finish(&s->lasting);
    free(s);
    if (g->stopping)
        gateway_stop_step(g);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Frees it as soon as nothing of it is open any more. */
static void let_go(struct sandbox *s)
{
    if (uv_is_closing((uv_handle_t *)&s->expiry))
        return;
    drop_name(s);
    daemon_link_close(s);
    if (s->exit)
        uv_close((uv_handle_t *)steal_pointer(&s->exit), on_poll_closed);
    if (s->pidfd >= 0)
        close(steal_fd(&s->pidfd));
    uv_close((uv_handle_t *)&s->expiry, on_timer_closed);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
    uv_close((uv_handle_t *)&s->retry, on_timer_closed);
}

void sandbox_forget(struct sandbox *s)
{
    struct err e = {0};

    if (uv_is_closing((uv_handle_t *)&s->expiry))
        return;
    err_set(&e, ERR_CLOSED, "the gateway is stopping");
    answer_waiters(s, false, &e);
    answer_waiters(s, true, &e);
    let_go(s);
}

/* --- birth --- */

static void make_id(struct gateway *g, char id[SANDBOX_ID_LEN + 1])
{
    do
        random_name(id, SANDBOX_ID_LEN);
    while (id[0] <= '9' || sandbox_find_any(g, id, SANDBOX_ID_LEN));
}

static void fill_info(struct sandbox *s, const struct create_options *o)
{
    char id[SANDBOX_ID_LEN + 1], token[TOKEN_LEN + 1];

    make_id(s->gateway, id);
    s->parent = xstrdup(o->parent ? o->parent : "");
    s->envs = xstrdup(o->envs);
    lasting_copy(&s->lasting, &o->lasting);
    s->info = (struct sandbox_info){
        .id = xstrdup(id),
        .ns = xstrdup(o->ns),
        .name = xstrdup(o->name),
        .status = xstrdup(STATUS_CREATING),
        .reason = xstrdup(""),
        .provider = xstrdup(o->provider),
        .url = xasprintf("http://%s.%s:%d", id, s->gateway->config.domain, s->gateway->port),
        .token = xstrdup(o->token ? o->token : random_name(token, TOKEN_LEN)),
        .metadata = xstrdup(o->metadata),
        .created_ms = clock_wall_ms(),
        .expires_ms = o->expires_ms,
    };
}

static void fill_envs(struct daemon_settings *settings, const char *envs)
{
    cJSON *object = cJSON_Parse(envs), *item;

    settings->envs = xcalloc((size_t)cJSON_GetArraySize(object) + 1, sizeof *settings->envs);
    cJSON_ArrayForEach (item, object) {
        settings->envs[settings->n_envs].name = xstrdup(item->string);
        settings->envs[settings->n_envs++].value = xstrdup(item->valuestring);
    }
    cJSON_Delete(object);
}

static int make_settings(const struct sandbox *s, const struct create_options *o, struct err *e)
{
    struct daemon_settings settings = {
        .id = xstrdup(s->info.id),
        .url = xstrdup(s->info.url),
        .subdomain = xstrdup(s->info.id),
        .token = xstrdup(s->info.token),
        .provider = xstrdup(s->info.provider),
        .version = xstrdup(SANDPIT_VERSION),
        .directory = xstrdup(s->lasting.directory),
        .servers = xstrdup(o ? o->servers : ""),
        .overlays = xstrdup(o ? o->overlays : ""),
        .limits = s->lasting.limits,
    };

    fill_envs(&settings, s->envs);
    int fd = daemon_settings_memfd(&settings, e);
    daemon_settings_finish(&settings);
    return fd;
}

/* Beside the root and not in it: whoever lives in the sandbox has the daemon's uid. */
static int open_store_file(const char *dir, const char *name, struct err *e)
{
    cleanup_free char *path = xasprintf("%s/%s", dir, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    return fd < 0 ? err_set_errno(e, errno, "%s", path) : fd;
}

/* o NULL: it is started again. */
static int start_jail(struct sandbox *s, const struct create_options *o, struct err *e)
{
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->info.id);
    cleanup_free char *root = xasprintf("%s/root", dir);
    cleanup_free char *log = xasprintf("%s/daemon.log", dir);
    cleanup_fd int listen_fd = -1;
    cleanup_fd int settings_fd = -1;
    cleanup_fd int log_fd = -1;
    cleanup_fd int store_fd = -1;
    cleanup_fd int store_wal_fd = -1;

    if (mkdir(dir, 0700) || mkdir(root, 0755))
        return err_set_errno(e, errno, "%s", dir);
    log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        return err_set_errno(e, errno, "%s", log);
    store_fd = open_store_file(dir, "daemon.db", e);
    if (store_fd < 0)
        return store_fd;
    store_wal_fd = open_store_file(dir, "daemon.db-wal", e);
    if (store_wal_fd < 0)
        return store_wal_fd;
    listen_fd = daemon_link_listen(s, e);
    if (listen_fd < 0)
        return listen_fd;
    settings_fd = make_settings(s, o, e);
    if (settings_fd < 0)
        return settings_fd;
    struct jail_spec spec = {
        .root = root,
        .program = s->gateway->program,
        .hostname = s->info.name[0] ? s->info.name : s->info.id,
        .id = s->info.id,
        .listen_fd = listen_fd,
        .settings_fd = settings_fd,
        .log_fd = log_fd,
        .store_fd = store_fd,
        .store_wal_fd = store_wal_fd,
        .limits = s->lasting.limits,
        .private_network = s->lasting.private_network,
        .own_system = s->lasting.own_system,
    };
    pid_t pid = jail_start(&spec, e);
    if (pid < 0)
        return pid;
    s->child_pid = pid;
    return daemon_link_connect(s, e);
}

/* The reason is for those who wait for it; nobody else has seen it in use. */
static void fail_start(struct sandbox *s, const char *what)
{
    struct err e;
    char tail[300];

    state_log_tail(s->gateway, s->info.id, tail, sizeof tail);
    err_set(&e, ERR_IO, "the sandbox did not start: %s%s%s", what, tail[0] ? ": " : "", tail);
    log_error("sandbox %s: %s", s->info.id, e.text);
    answer_waiters(s, false, &e);
    end(s);
}

static void on_start_timeout(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    if (!s->child_pid && s->link_fd >= 0) /* frozen, and an earlier gateway's */
        daemon_link_identify(s);
    fail_start(s, "its daemon does not answer");
}

struct sandbox *sandbox_create(struct gateway *g, const struct create_options *o, struct err *e)
{
    if (g->stopping) {
        err_set(e, ERR_CLOSED, "the gateway is stopping");
        return NULL;
    }
    if (HASH_COUNT(g->sandboxes) >= SANDBOXES_MAX) {
        err_set(e, ERR_LIMIT, "%d sandboxes exist, which is the most", SANDBOXES_MAX);
        return NULL;
    }
    struct sandbox *s = allocate(g);
    fill_info(s, o);
    cleanup_free char *lasting = lasting_to_text(&s->lasting);
    struct registry_row row = {
        .info = s->info, .envs = s->envs, .parent = s->parent, .options = lasting};
    int result = registry_add(g->registry, &row, e);

    s->seq = row.seq;
    HASH_ADD_KEYPTR(hh, g->sandboxes, s->info.id, strlen(s->info.id), s);
    if (result) {
        s->phase = PHASE_DESTROYING; /* nobody shall see it in the list */
        let_go(s);
        return NULL;
    }
    add_name(s);
    feed_created(s);
    if (start_jail(s, o, e)) {
        err_wrap(e, "start a sandbox");
        log_error("sandbox %s: %s", s->info.id, e->text);
        end(s);
        return NULL;
    }
    arm_expiry(s);
    uv_timer_start(&s->timer, on_start_timeout, START_TIMEOUT_MS, 0);
    return s;
}

/* --- life --- */

static int count_of(const cJSON *state, const char *key, int fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(state, key);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e6
               ? (int)item->valuedouble
               : fallback;
}

static void on_ready(struct sandbox *s)
{
    struct err e;

    uv_timer_stop(&s->timer);
    daemon_link_identify(s);
    if (s->doomed) {
        err_set(&e, ERR_CLOSED, "the sandbox was destroyed while it started");
        answer_waiters(s, false, &e);
        end(s);
        return;
    }
    /* What is not written down as running, the next gateway would take for half-created. */
    if (record_status(s, PHASE_RUNNING, STATUS_RUNNING, "", &e))
        fail_start(s, e.text);
    else
        answer_waiters(s, false, NULL);
}

void sandbox_on_state(struct sandbox *s, const cJSON *state)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(state, "id"));

    if (s->phase == PHASE_DESTROYING || (id && strcmp(id, s->info.id) != 0))
        return;
    s->info.n_terminals = count_of(state, "terminals", s->info.n_terminals);
    s->info.n_viewers = count_of(state, "viewers", s->info.n_viewers);
    if (s->phase == PHASE_CREATING)
        on_ready(s);
    else if (!s->daemon_pid)
        daemon_link_identify(s);
    if (s->phase != PHASE_DESTROYING)
        feed_changed(s);
}

static void lose(struct sandbox *s, const char *reason)
{
    log_warn("sandbox %s is lost: %s", s->info.id, reason);
    daemon_link_close(s);
    s->info.n_terminals = s->info.n_viewers = 0;
    set_status(s, PHASE_LOST, STATUS_LOST, reason);
    feed_changed(s);
}

void sandbox_on_link_end(struct sandbox *s)
{
    daemon_link_close(s);
    if (s->phase == PHASE_CREATING)
        fail_start(s, "its daemon ended");
    else if (s->phase == PHASE_RUNNING)
        lose(s, "its daemon ended");
}

/* bwrap leaves with its child's status: 128 + the signal when it was killed. */
static void on_child_exit(struct sandbox *s, int status)
{
    char reason[64];
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

    s->child_pid = 0;
    if (s->phase == PHASE_LOST || s->phase == PHASE_RUNNING) {
        if (code > 128 && code < 128 + NSIG)
            snprintf(reason, sizeof reason, "its daemon was killed (%s)", strsignal(code - 128));
        else
            snprintf(reason, sizeof reason, "its daemon exited (%d)", code);
        lose(s, reason);
    } else if (s->phase == PHASE_CREATING) {
        fail_start(s, "its daemon ended");
    }
}

void sandbox_reap(struct gateway *g)
{
    struct sandbox *s, *next;
    int status;
    pid_t pid;

    /* Also those whose sandbox is gone already: bwrap ends a little after its daemon. */
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        HASH_ITER (hh, g->sandboxes, s, next) {
            if (s->child_pid == pid) {
                on_child_exit(s, status);
                break;
            }
        }
    }
}

/* --- end --- */

static void remove_row(struct sandbox *s);

static void on_row_retry(uv_timer_t *timer)
{
    remove_row(timer->data);
}

/* A row that stays (the disk is full) would keep its name, and come back with the next gateway. */
static void remove_row(struct sandbox *s)
{
    struct err e;

    if (registry_remove(s->gateway->registry, s->info.id, &e)) {
        log_error("sandbox %s: %s", s->info.id, e.text);
        if (!s->gateway->stopping) {
            uv_timer_start(&s->timer, on_row_retry, ROW_RETRY_MS, 0);
            return;
        }
    }
    let_go(s);
}

static void on_removed(uv_work_t *work, int status)
{
    struct sandbox *s = work->data;

    (void)status;
    remove_row(s);
    release(s);
}

static void on_remove(uv_work_t *work)
{
    struct sandbox *s = work->data;
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->info.id);
    struct err e;

    if (tree_remove(dir, &e))
        log_error("sandbox %s: %s", s->info.id, e.text);
}

/* Its processes are gone. */
static void on_dead(struct sandbox *s)
{
    int status;

    s->dead = true;
    uv_timer_stop(&s->timer);
    daemon_link_close(s);
    if (s->exit)
        uv_close((uv_handle_t *)steal_pointer(&s->exit), on_poll_closed);
    if (s->child_pid > 0 && waitpid(s->child_pid, &status, WNOHANG) == s->child_pid)
        s->child_pid = 0;
    answer_waiters(s, true, NULL);
    s->n_busy++;
    uv_queue_work(&s->gateway->loop, &s->work, on_remove, on_removed);
}

static void on_daemon_exit(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    on_dead(poll->data);
}

static void on_kill_timeout(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    log_error("sandbox %s: its daemon (%d) does not die", s->info.id, (int)s->daemon_pid);
    on_dead(s);
}

static void kill_now(struct sandbox *s)
{
    if (s->pidfd >= 0)
        pidfd_send_signal(s->pidfd, SIGKILL, NULL, 0);
    else if (s->child_pid > 0)
        jail_kill(s->child_pid);
    else if (s->daemon_pid > 0 && s->link_fd >= 0)
        kill(s->daemon_pid, SIGKILL); /* connected, so the number is still its own */
}

static void on_stop_timeout(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    kill_now(s);
    if (s->exit)
        uv_timer_start(&s->timer, on_kill_timeout, KILL_TIMEOUT_MS, 0);
    else
        on_dead(s);
}

static bool watch_exit(struct sandbox *s)
{
    uv_poll_t *poll;

    if (s->pidfd < 0)
        return false;
    poll = xcalloc(1, sizeof *poll);
    if (uv_poll_init(&s->gateway->loop, poll, s->pidfd)) {
        free(poll);
        return false;
    }
    poll->data = s;
    s->exit = poll;
    uv_poll_start(poll, UV_READABLE, on_daemon_exit);
    return true;
}

/* From here on nobody finds it, and its name is free. */
static void withdraw(struct sandbox *s)
{
    set_status(s, s->phase, STATUS_DESTROYING, "");
    drop_name(s);
    uv_timer_stop(&s->expiry);
    pubsub_end(s->gateway, s->info.id, NULL);
    feed_deleted(s);
}

static void end(struct sandbox *s)
{
    bool lives = s->link_fd >= 0 || s->child_pid > 0;

    if (s->phase == PHASE_DESTROYING)
        return;
    if (!s->doomed)
        withdraw(s);
    if (s->pidfd < 0 && s->phase == PHASE_RUNNING && s->link_fd >= 0) /* there was no descriptor */
        daemon_link_identify(s);
    s->phase = PHASE_DESTROYING;
    if (watch_exit(s)) {
        daemon_link_say(s, "{\"op\":\"stop\"}");
        uv_timer_start(&s->timer, on_stop_timeout, STOP_TIMEOUT_MS, 0);
    } else {
        /* It never spoke, so there is nobody to ask; or it is lost, and dead already. */
        kill_now(s);
        uv_timer_start(&s->timer, on_stop_timeout, lives ? 50 : 0, 0);
    }
}

void sandbox_destroy(struct sandbox *s)
{
    if (s->phase != PHASE_CREATING) {
        end(s);
    } else if (!s->doomed) {
        withdraw(s);
        s->doomed = true;
    }
}

/* --- a new gateway finds it again --- */

void sandbox_restore(const struct registry_row *row, void *gateway)
{
    struct gateway *g = gateway;
    struct sandbox *s = allocate(g);

    sandbox_info_copy(&s->info, &row->info);
    free(s->info.url);
    s->info.url = xasprintf("http://%s.%s:%d", s->info.id, g->config.domain, g->port);
    s->info.n_terminals = s->info.n_viewers = 0;
    s->seq = row->seq;
    s->parent = xstrdup(row->parent);
    s->envs = xstrdup(row->envs);
    lasting_from_text(&s->lasting, row->options);
    s->phase = strcmp(s->info.status, STATUS_LOST) ? PHASE_RUNNING : PHASE_LOST;
    HASH_ADD_KEYPTR(hh, g->sandboxes, s->info.id, strlen(s->info.id), s);
    if (strcmp(s->info.status, STATUS_DESTROYING) != 0)
        add_name(s);
    if (daemon_link_connect(s, NULL))
        return;
    if (!strcmp(s->info.status, STATUS_RUNNING) || s->phase == PHASE_LOST)
        daemon_link_identify(s);
}

/* After all rows are read: the registry must not change under registry_each. */
void sandbox_settle(struct sandbox *s)
{
    /* Half-created: whoever asked for it never learned its name. Its daemon may still be starting,
     * and cannot be told from an earlier gateway before it has spoken. */
    if (!strcmp(s->info.status, STATUS_CREATING) || !strcmp(s->info.status, STATUS_DESTROYING)) {
        withdraw(s);
        s->doomed = true;
        s->phase = PHASE_CREATING;
        uv_timer_start(&s->timer, on_start_timeout, s->link_fd < 0 ? 0 : START_TIMEOUT_MS, 0);
        return;
    }
    arm_expiry(s);
    if (s->link_fd < 0 && s->phase == PHASE_RUNNING)
        lose(s, "its daemon is not running any more");
    else if (s->link_fd >= 0 && s->phase == PHASE_LOST)
        set_status(s, PHASE_RUNNING, STATUS_RUNNING, "");
}
