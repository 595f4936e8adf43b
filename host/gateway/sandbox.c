/* SPDX-License-Identifier: MIT
 *
 * What a sandbox is to the gateway: finding it, its status, those who wait for it, its expiry.
 *
 * The registry and the list's subscribers hear of every change. Its birth is in sandbox_start.c,
 * its end in sandbox_end.c.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/gateway/internal.h"
#include "host/gateway/sandbox.h"
#include "host/jail.h"

#define LONGEST_WAIT_MS ((int64_t)60 * 60 * 1000) /* the wall clock may be set meanwhile */

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

static void add_text(cJSON *view, const char *key, const char *text)
{
    if (text && *text)
        cJSON_AddStringToObject(view, key, text);
}

cJSON *sandbox_view(const struct sandbox *s, bool with_token)
{
    cJSON *view = sandbox_info_to_json(&s->info);
    struct limits_means means = jail_means(s->lasting.private_network);

    cJSON_AddItemToObject(view, "limits", limits_in_force(&s->lasting.limits, &means));
    cJSON_AddStringToObject(view, "network", means.private_network ? "private" : "shared");
    cJSON_AddBoolToObject(view, "outbound", means.outbound);
    add_text(view, "directory", s->home ? s->home : s->lasting.directory);
    add_text(view, "templateId", s->lasting.template_id);
    add_text(view, "snapshotId", s->lasting.snapshot_id);
    add_text(view, "createdBy", s->lasting.created_by);
    add_text(view, "parent", s->parent);
    if (!with_token) {
        cJSON_DeleteItemFromObjectCaseSensitive(view, "token");
        return view;
    }
    if (s->servers)
        cJSON_AddItemToObject(view, "servers", cJSON_Duplicate(s->servers, true));
    if (s->overlays)
        cJSON_AddItemToObject(view, "overlays", cJSON_Duplicate(s->overlays, true));
    return view;
}

/* --- status, deltas, those who wait --- */

/* The change holds also when it could not be written down. */
int sandbox_record_status(struct sandbox *s, enum phase phase, const char *status,
                          const char *reason, struct err *e)
{
    s->phase = phase;
    free(s->info.status);
    free(s->info.reason);
    s->info.status = xstrdup(status);
    s->info.reason = xstrdup(reason);
    return registry_set_status(s->gateway->registry, s->info.id, status, reason, e);
}

void sandbox_set_status(struct sandbox *s, enum phase phase, const char *status, const char *reason)
{
    struct err e;

    if (sandbox_record_status(s, phase, status, reason, &e))
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

void sandbox_await(struct sandbox *s, bool for_end, sandbox_done on_done, void *user)
{
    struct waiter *w = xcalloc(1, sizeof *w);

    w->sandbox = s;
    w->for_end = for_end;
    w->on_done = on_done;
    w->user = user;
    TAILQ_INSERT_TAIL(&s->waiters, w, entry);
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

static struct waiter *take_waiter(struct sandbox *s, bool for_end)
{
    struct waiter *w;

    TAILQ_FOREACH (w, &s->waiters, entry) {
        if (w->for_end == for_end) { // NOLINT(clang-analyzer-unix.Malloc)
            TAILQ_REMOVE(&s->waiters, w, entry);
            return w;
        }
    }
    return NULL;
}

/* e NULL: success. One at a time: an answer may end the request of another who waits. */
void sandbox_answer_waiters(struct sandbox *s, bool for_end, const struct err *e)
{
    struct waiter *w;

    while ((w = take_waiter(s, for_end))) {
        struct http_request *r = w->request;

        if (!r)
            w->on_done(s, w->user, e);
        else if (e)
            http_reply_err(r, e);
        else if (for_end)
            reply_gone(r);
        else
            reply_view(s, r);
        free(w);
    }
}

void sandbox_reply_when_ready(struct sandbox *s, struct http_request *r)
{
    if (s->phase == PHASE_CREATING || s->phase == PHASE_RESTARTING)
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

void sandbox_arm_expiry(struct sandbox *s)
{
    int64_t left = s->info.expires_ms - clock_wall_ms();

    if (!s->info.expires_ms || s->phase == PHASE_CREATING) {
        uv_timer_stop(&s->expiry);
        return;
    }
    left = left < 0 ? 0 : left > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : left;
    uv_timer_start(&s->expiry, on_expiry, (uint64_t)left, 0);
    gateway_keep_seen(s->gateway);
}

static void on_expiry(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    if (s->info.expires_ms > clock_wall_ms()) {
        sandbox_arm_expiry(s);
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
    sandbox_arm_expiry(s);
    feed_changed(s);
    return 0;
}

/* --- memory --- */

void sandbox_add_name(struct sandbox *s)
{
    if (!s->info.name[0])
        return;
    s->name_key = make_name_key(s->info.ns, s->info.name, &s->n_name_key);
    HASH_ADD_KEYPTR(hh_name, s->gateway->names, s->name_key, s->n_name_key, s);
}

void sandbox_drop_name(struct sandbox *s)
{
    if (!s->name_key)
        return;
    HASH_DELETE(hh_name, s->gateway->names, s);
    free(steal_pointer(&s->name_key));
}

struct sandbox *sandbox_allocate(struct gateway *g)
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

void sandbox_release(struct sandbox *s)
{
    struct gateway *g = s->gateway;

    if (--s->n_busy)
        return;
    HASH_DELETE(hh, g->sandboxes, s);
    sessions_free(s);
    sandbox_info_finish(&s->info);
    sandbox_forget_setup(s);
    free(s->home);
    free(s->parent);
    free(s->envs);
    lasting_finish(&s->lasting);
    free(s);
    if (g->stopping)
        gateway_stop_step(g);
}

static void on_timer_closed(uv_handle_t *handle)
{
    sandbox_release(handle->data);
}

void sandbox_on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Frees it as soon as nothing of it is open any more. */
void sandbox_let_go(struct sandbox *s)
{
    if (uv_is_closing((uv_handle_t *)&s->expiry))
        return;
    sandbox_drop_name(s);
    sandbox_end_turn(s);
    daemon_link_close(s);
    if (s->exit)
        uv_close((uv_handle_t *)steal_pointer(&s->exit), sandbox_on_poll_closed);
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
    sandbox_answer_waiters(s, false, &e);
    sandbox_answer_waiters(s, true, &e);
    sandbox_let_go(s);
}
