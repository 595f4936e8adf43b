/* SPDX-License-Identifier: MIT
 *
 * What its daemon says and what becomes of it: creating → running, lost when its daemon ends by
 * itself; and how a new gateway finds a sandbox again.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/alloc.h"
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
    /* What is not written down as running, the next gateway would take for half-created. */
    if (sandbox_record_status(s, PHASE_RUNNING, STATUS_RUNNING, "", &e))
        sandbox_fail_start(s, e.text);
    else
        sandbox_answer_waiters(s, false, NULL);
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

static void lose(struct sandbox *s, const char *reason)
{
    log_warn("sandbox %s is lost: %s", s->info.id, reason);
    daemon_link_close(s);
    s->info.n_terminals = s->info.n_viewers = 0;
    sandbox_set_status(s, PHASE_LOST, STATUS_LOST, reason);
    feed_changed(s);
}

void sandbox_on_link_end(struct sandbox *s)
{
    daemon_link_close(s);
    if (s->phase == PHASE_CREATING)
        sandbox_fail_start(s, "its daemon ended");
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
        sandbox_fail_start(s, "its daemon ended");
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

/* --- a new gateway finds it again --- */

void sandbox_restore(const struct registry_row *row, void *gateway)
{
    struct gateway *g = gateway;
    struct sandbox *s = sandbox_allocate(g);

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
        sandbox_add_name(s);
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
        sandbox_withdraw(s);
        s->doomed = true;
        s->phase = PHASE_CREATING;
        uv_timer_start(&s->timer, sandbox_on_start_timeout, s->link_fd < 0 ? 0 : START_TIMEOUT_MS,
                       0);
        return;
    }
    sandbox_arm_expiry(s);
    if (s->link_fd < 0 && s->phase == PHASE_RUNNING)
        lose(s, "its daemon is not running any more");
    else if (s->link_fd >= 0 && s->phase == PHASE_LOST)
        sandbox_set_status(s, PHASE_RUNNING, STATUS_RUNNING, "");
}
