/* SPDX-License-Identifier: MIT
 *
 * A sandbox's end: destroying → gone. Its name is free at once; the answer to who asked for the end
 * waits until its processes are gone, the removal of its folder nobody waits for.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/gateway/fill.h"
#include "host/gateway/internal.h"
#include "host/gateway/sandbox.h"
#include "host/gateway/snapshot.h"
#include "host/jail.h"
#include "wire/names.h"

#define KEPT_MAX 16 /* roots of a parent's ended children */

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
    sandbox_let_go(s);
}

static void on_removed(uv_work_t *work, int status)
{
    struct sandbox *s = work->data;

    (void)status;
    remove_row(s);
    sandbox_release(s);
}

/* Where the files of a parent's children are that were not to be deleted; they end with it. */
static char *kept_folder(const struct sandbox *s)
{
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->parent);

    return xasprintf("%s/kept", dir);
}

/* Removes the oldest one when there are too many. */
static void prune_kept(const struct sandbox *s)
{
    cleanup_free char *folder = kept_folder(s);
    cleanup_free char *oldest = NULL;
    struct timespec oldest_time = {0};
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    struct stat st;
    int n = 0;

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
            continue;
        if (!n++ || st.st_ctim.tv_sec < oldest_time.tv_sec ||
            (st.st_ctim.tv_sec == oldest_time.tv_sec && st.st_ctim.tv_nsec < oldest_time.tv_nsec)) {
            free(oldest);
            oldest = xasprintf("%s/%s", folder, entry->d_name);
            oldest_time = st.st_ctim;
        }
    }
    if (dir)
        closedir(dir);
    if (n > KEPT_MAX)
        tree_remove(oldest, NULL);
}

static void on_remove(uv_work_t *work)
{
    struct sandbox *s = work->data;
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->info.id);
    struct err e;

    jail_clear(s->info.id);
    if (tree_remove(dir, &e))
        log_error("sandbox %s: %s", s->info.id, e.text);
    if (s->keep_files)
        prune_kept(s);
}

/* A rename within the state folder: quick, and done before anybody is told of the end. */
static void keep_root(struct sandbox *s)
{
    cleanup_free char *dir = state_sandbox_dir(s->gateway, s->info.id);
    cleanup_free char *root = xasprintf("%s/root", dir);
    cleanup_free char *folder = kept_folder(s);
    cleanup_free char *kept = xasprintf("%s/%s", folder, s->info.id);

    if ((mkdir(folder, 0700) && errno != EEXIST) || rename(root, kept))
        log_warn("sandbox %s: its files are not kept: %s", s->info.id, strerror(errno));
}

static void end_watch(struct sandbox *s)
{
    if (s->exit)
        uv_close((uv_handle_t *)steal_pointer(&s->exit), sandbox_on_poll_closed);
}

/* Its processes are gone. */
static void on_dead(struct sandbox *s)
{
    int status;

    s->dead = true;
    uv_timer_stop(&s->timer);
    daemon_link_close(s);
    end_watch(s);
    if (s->child_pid > 0 && waitpid(s->child_pid, &status, WNOHANG) == s->child_pid)
        s->child_pid = 0;
    if (s->keep_files)
        keep_root(s);
    sandbox_answer_waiters(s, true, NULL);
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

void sandbox_kill(struct sandbox *s)
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

    sandbox_kill(s);
    if (s->exit)
        uv_timer_start(&s->timer, on_kill_timeout, KILL_TIMEOUT_MS, 0);
    else
        on_dead(s);
}

void sandbox_unwatch_exit(struct sandbox *s)
{
    end_watch(s);
    if (s->pidfd >= 0)
        close(steal_fd(&s->pidfd));
}

bool sandbox_watch_exit(struct sandbox *s, uv_poll_cb on_exit)
{
    uv_poll_t *poll;

    end_watch(s);
    if (s->pidfd < 0)
        return false;
    poll = xcalloc(1, sizeof *poll);
    if (uv_poll_init(&s->gateway->loop, poll, s->pidfd)) {
        free(poll);
        return false;
    }
    poll->data = s;
    s->exit = poll;
    uv_poll_start(poll, UV_READABLE, on_exit);
    return true;
}

/* From here on nobody finds it, and its name is free. */
void sandbox_withdraw(struct sandbox *s)
{
    struct sandbox *parent = NULL;

    sandbox_set_status(s, s->phase, STATUS_DESTROYING, "");
    sandbox_drop_name(s);
    snapshots_stop(s);
    uv_timer_stop(&s->expiry);
    pubsub_end(s->gateway, s->info.id, NULL);
    feed_deleted(s);
    child_end_all(s);
    if (s->parent[0])
        parent = sandbox_find(s->gateway, s->parent, strlen(s->parent));
    if (parent)
        child_tell_count(parent);
}

void sandbox_end(struct sandbox *s)
{
    bool lives = s->link_fd >= 0 || s->child_pid > 0;
    struct err e = {0};

    if (s->phase == PHASE_DESTROYING)
        return;
    if (!s->doomed)
        sandbox_withdraw(s);
    err_set(&e, ERR_CLOSED, "the sandbox was destroyed");
    sandbox_answer_waiters(s, false, &e);
    if (s->pidfd < 0 && s->phase == PHASE_RUNNING && s->link_fd >= 0) /* there was no descriptor */
        daemon_link_identify(s);
    s->phase = PHASE_DESTROYING;
    sandbox_end_turn(s);
    if (sandbox_watch_exit(s, on_daemon_exit)) {
        daemon_link_say(s, "{\"op\":\"stop\"}");
        uv_timer_start(&s->timer, on_stop_timeout, STOP_TIMEOUT_MS, 0);
    } else {
        /* It never spoke, so there is nobody to ask; or it is lost, and dead already. */
        sandbox_kill(s);
        uv_timer_start(&s->timer, on_stop_timeout, lives ? 50 : 0, 0);
    }
}

void sandbox_destroy(struct sandbox *s)
{
    if (s->phase != PHASE_CREATING && !(s->phase == PHASE_RESTARTING && s->turn == TURN_HAS)) {
        sandbox_end(s);
    } else if (!s->doomed) {
        sandbox_withdraw(s);
        s->doomed = true;
        sandbox_fill_stop(s);
    }
}
