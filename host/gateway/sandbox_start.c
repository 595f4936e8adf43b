/* SPDX-License-Identifier: MIT
 *
 * A sandbox's beginning: its row, its folder, its settings, its jail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "host/gateway/fill.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"
#include "host/gateway/sandbox.h"
#include "host/jail.h"
#include "host/link.h"
#include "wire/names.h"

#define TOKEN_LEN 50

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
        .first = o != NULL,
        .servers = xstrdup(o ? o->servers : ""),
        .overlays = xstrdup(o ? o->overlays : ""),
        .limits = s->lasting.limits,
        .means = jail_means(s->lasting.private_network),
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

int sandbox_start_jail(struct sandbox *s, const struct create_options *o, struct err *e)
{
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->info.id);
    cleanup_free char *root = xasprintf("%s/root", dir);
    cleanup_free char *log = xasprintf("%s/daemon.log", dir);
    cleanup_fd int listen_fd = -1;
    cleanup_fd int settings_fd = -1;
    cleanup_fd int log_fd = -1;
    cleanup_fd int store_fd = -1;
    cleanup_fd int store_wal_fd = -1;

    /* When it was filled they are there. */
    if (o ? (mkdir(dir, 0700) && errno != EEXIST) || (mkdir(root, 0755) && errno != EEXIST)
          : access(root, F_OK))
        return err_set_errno(e, errno, "%s", root);
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
void sandbox_fail_start(struct sandbox *s, const char *what)
{
    struct err e;
    char tail[300];

    state_log_tail(s->gateway, s->info.id, tail, sizeof tail);
    err_set(&e, ERR_IO, "the sandbox did not start: %s%s%s", what, tail[0] ? ": " : "", tail);
    sandbox_refuse_start(s, &e);
}

void sandbox_refuse_start(struct sandbox *s, const struct err *e)
{
    log_error("sandbox %s: %s", s->info.id, e->text);
    sandbox_answer_waiters(s, false, e);
    sandbox_end(s);
}

void sandbox_on_start_timeout(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    if (!s->child_pid && s->link_fd >= 0) /* frozen, and an earlier gateway's */
        daemon_link_identify(s);
    sandbox_fail_start(s, "its daemon does not answer");
}

/* Its files are there. */
static int begin(struct sandbox *s, const struct create_options *o, struct err *e)
{
    int result = sandbox_start_jail(s, o, e);

    if (result)
        return err_wrap(e, "start a sandbox");
    uv_timer_start(&s->timer, sandbox_on_start_timeout, START_TIMEOUT_MS, 0);
    return 0;
}

static void on_filled(struct sandbox *s, const struct create_options *o, const struct err *failure)
{
    struct err e = failure ? *failure : (struct err){0};

    if (s->doomed)
        err_set(&e, ERR_CLOSED, "the sandbox was destroyed while it was being made");
    else if (!failure && !begin(s, o, &e))
        return;
    sandbox_refuse_start(s, &e);
}

/* In memory, in the registry and in the list. */
static struct sandbox *conceive(struct gateway *g, const struct create_options *o, struct err *e)
{
    struct sandbox *s = sandbox_allocate(g);

    fill_info(s, o);
    cleanup_free char *lasting = lasting_to_text(&s->lasting);
    struct registry_row row = {
        .info = s->info, .envs = s->envs, .parent = s->parent, .options = lasting};
    int result = registry_add(g->registry, &row, e);

    s->seq = row.seq;
    HASH_ADD_KEYPTR(hh, g->sandboxes, s->info.id, strlen(s->info.id), s);
    if (result) {
        s->phase = PHASE_DESTROYING; /* nobody shall see it in the list */
        sandbox_let_go(s);
        return NULL;
    }
    sandbox_add_name(s);
    feed_created(s);
    return s;
}

struct sandbox *sandbox_create(struct gateway *g, const struct create_options *o, struct err *e)
{
    struct origin origin;
    struct sandbox *s;

    if (g->stopping) {
        err_set(e, ERR_CLOSED, "the gateway is stopping");
        return NULL;
    }
    if (HASH_COUNT(g->sandboxes) >= SANDBOXES_MAX) {
        err_set(e, ERR_LIMIT, "%d sandboxes exist, which is the most", SANDBOXES_MAX);
        return NULL;
    }
    if (origin_open(&origin, g, o, e))
        return NULL;
    s = conceive(g, o, e);
    if (!s) {
        origin_finish(&origin);
        return NULL;
    }
    if (origin_is_none(&origin) ? begin(s, o, e) : sandbox_fill(s, &origin, o, on_filled, e)) {
        log_error("sandbox %s: %s", s->info.id, e->text);
        sandbox_end(s);
        return NULL;
    }
    return s;
}
