/* SPDX-License-Identifier: MIT
 *
 * What its daemon says and what becomes of it: creating → running, on to sandbox_return.c when its
 * daemon ends by itself; and how a new gateway finds a sandbox again.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/gateway/internal.h"
#include "host/gateway/sandbox.h"
#include "wire/names.h"

/* --- life --- */

static int count_of(const cJSON *state, const char *key, int fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(state, key);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e6
               ? (int)item->valuedouble
               : fallback;
}

/* What is not written down as running, the next gateway would take for half-created. Its time
 * begins now: nobody could use it before. */
static int record_running(struct sandbox *s, struct err *e)
{
    int64_t took_ms = clock_wall_ms() - s->info.created_ms;
    int result;

    registry_begin(s->gateway->registry); /* one write to the disk for both */
    result = sandbox_record_status(s, PHASE_RUNNING, STATUS_RUNNING, "", e);
    if (!result && s->info.expires_ms && took_ms > 0)
        result = sandbox_set_expiry(s, s->info.expires_ms + took_ms, e);
    else
        sandbox_arm_expiry(s);
    int written = registry_end(s->gateway->registry, result ? NULL : e);
    return result ? result : written;
}

static void on_ready(struct sandbox *s)
{
    struct err e;

    uv_timer_stop(&s->timer);
    daemon_link_identify(s);
    if (s->doomed) {
        err_set(&e, ERR_CLOSED, "the sandbox was destroyed while it started");
        sandbox_answer_waiters(s, false, &e);
        sandbox_end(s);
        return;
    }
    if (record_running(s, &e)) {
        sandbox_fail_start(s, e.text);
    } else {
        child_tell_count(s);
        sandbox_answer_waiters(s, false, NULL);
    }
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
    else if (s->phase == PHASE_RESTARTING)
        sandbox_returned(s);
    else if (!s->daemon_pid)
        daemon_link_identify(s);
    if (s->phase != PHASE_DESTROYING)
        feed_changed(s);
}

void sandbox_forget_setup(struct sandbox *s)
{
    cJSON_Delete(steal_pointer(&s->servers));
    cJSON_Delete(steal_pointer(&s->overlays));
    s->n_setup_bytes = 0;
}

/* Moves the items over, as far as there is room. */
static void take_items(struct sandbox *s, cJSON **list, cJSON *from)
{
    cJSON *item;

    while ((item = cJSON_DetachItemFromArray(from, 0))) {
        char *text = cJSON_PrintUnformatted(item);

        s->n_setup_bytes += text ? strlen(text) : 0;
        free(text);
        if (s->n_setup_bytes > SETUP_KEPT_MAX || !cJSON_IsObject(item)) {
            cJSON_Delete(item);
            continue;
        }
        if (!*list)
            *list = cJSON_CreateArray();
        cJSON_AddItemToArray(*list, item);
    }
}

void sandbox_on_setup(struct sandbox *s, const cJSON *setup)
{
    const char *directory =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(setup, "directory"));

    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(setup, "first")))
        sandbox_forget_setup(s);
    if (directory && (!s->home || strcmp(s->home, directory) != 0)) {
        free(s->home);
        s->home = xstrdup(directory);
    }
    take_items(s, &s->servers, cJSON_GetObjectItemCaseSensitive(setup, "servers"));
    take_items(s, &s->overlays, cJSON_GetObjectItemCaseSensitive(setup, "overlays"));
}

void sandbox_on_refused(struct sandbox *s, const cJSON *refused)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(refused, "error"));
    struct err e;

    if (s->phase != PHASE_CREATING)
        return;
    uv_timer_stop(&s->timer);
    daemon_link_identify(s);
    err_set(&e, ERR_ARG, "%s", text ? text : "its daemon refuses");
    sandbox_refuse_start(s, &e);
}

void sandbox_on_link_end(struct sandbox *s)
{
    if (s->phase == PHASE_CREATING) {
        daemon_link_close(s);
        sandbox_fail_start(s, "its daemon ended");
    } else if (s->phase == PHASE_RUNNING) {
        sandbox_return(s, "its daemon ended");
    } else {
        daemon_link_drop(s);
        if (s->phase == PHASE_RESTARTING)
            sandbox_return_failed(s, "its daemon ended");
    }
}

static void name_reason(struct sandbox *s, const char *reason)
{
    free(s->info.reason);
    s->info.reason = xstrdup(reason);
    feed_changed(s);
}

/* bwrap leaves with its child's status: 128 + the signal when it was killed. */
static void on_child_exit(struct sandbox *s, int status)
{
    char reason[64];
    int code = WIFSIGNALED(status) ? 0 : WEXITSTATUS(status);

    s->child_pid = 0;
    if (code > 128 && code < 128 + NSIG)
        snprintf(reason, sizeof reason, "its daemon was killed (%s)", strsignal(code - 128));
    else
        snprintf(reason, sizeof reason, "its daemon exited (%d)", code);
    if (WIFSIGNALED(status) && s->link_fd >= 0 && s->phase == PHASE_RUNNING)
        log_info("sandbox %s: its bwrap was killed; it goes on without", s->info.id);
    else if (s->phase == PHASE_RUNNING)
        sandbox_return(s, reason);
    else if (s->phase == PHASE_CREATING)
        sandbox_fail_start(s, "its daemon ended");
    else if (s->phase == PHASE_RESTARTING && s->turn == TURN_HAS)
        sandbox_return_failed(s, reason);
    else if (s->phase == PHASE_RESTARTING && !WIFSIGNALED(status))
        name_reason(s, reason);
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

/* --- a new gateway finds it again --- */

static bool has_status(const struct sandbox *s, const char *status)
{
    return !strcmp(s->info.status, status);
}

static enum phase phase_of(const struct sandbox *s)
{
    if (has_status(s, STATUS_LOST))
        return PHASE_LOST;
    return has_status(s, STATUS_RESTARTING) ? PHASE_RESTARTING : PHASE_RUNNING;
}

void sandbox_restore(const struct registry_row *row, void *gateway)
{
    struct gateway *g = gateway;
    struct sandbox *s = sandbox_allocate(g);
    struct err e;

    sandbox_info_copy(&s->info, &row->info);
    free(s->info.url);
    s->info.url = xasprintf("http://%s.%s:%d", s->info.id, g->config.domain, g->port);
    s->info.n_terminals = s->info.n_viewers = 0;
    s->seq = row->seq;
    s->parent = xstrdup(row->parent);
    s->envs = xstrdup(row->envs);
    lasting_from_text(&s->lasting, row->options);
    s->phase = phase_of(s);
    HASH_ADD_KEYPTR(hh, g->sandboxes, s->info.id, strlen(s->info.id), s);
    if (!has_status(s, STATUS_DESTROYING))
        sandbox_add_name(s);
    int result = daemon_link_connect(s, &e);
    /* Anything else (its queue is full) may be a daemon that lives: two on one root must not be. */
    s->unreachable = result && result != -(int)ERR_REFUSED && result != -(int)ERR_NOT_FOUND;
    if (!result && (has_status(s, STATUS_RUNNING) || s->phase == PHASE_LOST))
        daemon_link_identify(s);
}

/* The time when nothing ran does not count. */
static void give_back_time(struct sandbox *s)
{
    int64_t seen_ms = s->gateway->last_seen_ms, off_ms;
    struct err e;

    if (!s->info.expires_ms)
        return;
    seen_ms = seen_ms > s->info.created_ms ? seen_ms : s->info.created_ms;
    off_ms = clock_wall_ms() - seen_ms;
    if (off_ms > 0 && sandbox_set_expiry(s, s->info.expires_ms + off_ms, &e))
        log_error("sandbox %s: %s", s->info.id, e.text);
}

static bool has_root(const struct sandbox *s)
{
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->info.id);
    cleanup_free char *root = xasprintf("%s/root", dir);

    return !access(root, F_OK);
}

/* Why it was lost may have been mended: bwrap is installed, the disk has room. */
static void settle_lost(struct sandbox *s)
{
    if (s->link_fd >= 0)
        sandbox_set_status(s, PHASE_RUNNING, STATUS_RUNNING, "");
    else if (!s->unreachable && has_root(s))
        sandbox_try_return(s);
}

static void settle_running(struct sandbox *s)
{
    if (s->unreachable) {
        sandbox_set_status(s, PHASE_LOST, STATUS_LOST, "its daemon takes no connections");
    } else if (s->link_fd < 0) {
        give_back_time(s);
        sandbox_return(s, "its daemon is not running any more");
    } else if (s->phase == PHASE_RESTARTING) {
        sandbox_await_return(s);
    } else {
        child_tell_count(s);
    }
}

/* After all rows are read: the registry must not change under registry_each. */
void sandbox_settle(struct sandbox *s)
{
    /* Half-created: whoever asked for it never learned its name. Its daemon may still be starting,
     * and cannot be told from an earlier gateway before it has spoken. */
    if (has_status(s, STATUS_CREATING) || has_status(s, STATUS_DESTROYING)) {
        sandbox_withdraw(s);
        s->doomed = true;
        s->phase = PHASE_CREATING;
        uv_timer_start(&s->timer, sandbox_on_start_timeout, s->link_fd < 0 ? 0 : START_TIMEOUT_MS,
                       0);
        return;
    }
    if (s->phase != PHASE_LOST)
        settle_running(s);
    else
        settle_lost(s);
    sandbox_arm_expiry(s);
}
