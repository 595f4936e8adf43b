/* SPDX-License-Identifier: MIT
 *
 * A sandbox whose daemon is gone gets another one on the same files: running → restarting →
 * running, or lost when that has been of no use RETURNS_MAX times within RETURNS_WINDOW_MS.
 *
 * First what is left of the old daemon must have ended, then a pause that grows, then a turn: at
 * most RETURNS_AT_ONCE daemons start at a time, also when a machine comes up with hundreds of
 * sandboxes. Connections for it wait meanwhile.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/gateway/internal.h"
#include "host/gateway/sandbox.h"
#include "wire/names.h"

#define RETURNS_WINDOW_MS 60000
#define RETURNS_AT_ONCE   4
#define EVENT_RESTARTED   "sandbox.restarted"

static const int pauses_ms[RETURNS_MAX] = {50, 1000, 4000};

static void plan(struct sandbox *s);

/* --- turns --- */

static void give_turns(struct gateway *g);

static void take_turn(struct sandbox *s)
{
    if (s->turn != TURN_NONE)
        return;
    s->turn = TURN_WAITING;
    TAILQ_INSERT_TAIL(&s->gateway->turns, s, turn_entry);
    give_turns(s->gateway);
}

static void end_turn(struct sandbox *s)
{
    if (s->turn == TURN_WAITING)
        TAILQ_REMOVE(&s->gateway->turns, s, turn_entry);
    else if (s->turn == TURN_HAS)
        s->gateway->n_turns--;
    s->turn = TURN_NONE;
}

void sandbox_end_turn(struct sandbox *s)
{
    bool had = s->turn == TURN_HAS;

    end_turn(s);
    if (had)
        give_turns(s->gateway);
}

/* --- loss --- */

static void lose(struct sandbox *s, const char *reason)
{
    struct err e = {0};

    log_warn("sandbox %s is lost: %s", s->info.id, reason);
    uv_timer_stop(&s->timer);
    daemon_link_close(s);
    sandbox_forget_setup(s);
    sandbox_set_status(s, PHASE_LOST, STATUS_LOST, reason);
    feed_changed(s);
    err_set(&e, ERR_CLOSED, "the sandbox is lost: %s", reason);
    sandbox_answer_waiters(s, false, &e);
    sandbox_end_turn(s);
}

static int count_returns(struct sandbox *s)
{
    int64_t since = clock_mono_ms() - RETURNS_WINDOW_MS;
    int n = 0;

    for (int i = 0; i < RETURNS_MAX; i++)
        n += s->returns_ms[i] && s->returns_ms[i] > since;
    return n;
}

static void note_return(struct sandbox *s)
{
    memmove(s->returns_ms, s->returns_ms + 1, sizeof s->returns_ms - sizeof *s->returns_ms);
    s->returns_ms[RETURNS_MAX - 1] = clock_mono_ms();
}

/* --- starting again --- */

static void fail_return(struct sandbox *s, const char *reason)
{
    char text[400], tail[200];

    state_log_tail(s->gateway, s->info.id, tail, sizeof tail);
    snprintf(text, sizeof text, "%.150s%s%s", reason, tail[0] ? ": " : "", tail);
    log_warn("sandbox %s does not start again: %s", s->info.id, text);
    sandbox_kill(s);
    if (s->doomed) {
        sandbox_end(s);
        return;
    }
    sandbox_set_status(s, PHASE_RESTARTING, STATUS_RESTARTING, text);
    feed_changed(s);
    daemon_link_drop(s);
    sandbox_end_turn(s);
    plan(s);
}

static void on_return_timeout(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    if (!s->child_pid && s->link_fd >= 0) /* frozen, and an earlier gateway's */
        daemon_link_identify(s);
    fail_return(s, "its daemon does not answer");
}

static void start(struct sandbox *s)
{
    struct err e;

    s->turn = TURN_HAS;
    s->gateway->n_turns++;
    note_return(s);
    daemon_link_drop(s);
    if (sandbox_start_jail(s, NULL, &e))
        fail_return(s, e.text);
    else
        uv_timer_start(&s->timer, on_return_timeout, START_TIMEOUT_MS, 0);
}

static void give_turns(struct gateway *g)
{
    struct sandbox *s;

    if (g->giving_turns) /* one that failed at once; the loop below goes on */
        return;
    g->giving_turns = true;
    while (!g->stopping && g->n_turns < RETURNS_AT_ONCE && (s = TAILQ_FIRST(&g->turns))) {
        TAILQ_REMOVE(&g->turns, s, turn_entry);
        start(s);
    }
    g->giving_turns = false;
}

static void on_pause(uv_timer_t *timer)
{
    take_turn(timer->data);
}

/* Nothing of the old daemon runs any more. */
static void plan(struct sandbox *s)
{
    int n = count_returns(s);
    char text[600];

    sandbox_unwatch_exit(s);
    s->daemon_pid = 0;
    if (n < RETURNS_MAX) {
        uv_timer_start(&s->timer, on_pause, (uint64_t)pauses_ms[n], 0);
        return;
    }
    snprintf(text, sizeof text, "%.400s; it was started again %d times within a minute",
             s->info.reason, RETURNS_MAX);
    lose(s, text);
}

static void on_old_exit(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    plan(poll->data);
}

static void on_old_timeout(uv_timer_t *timer)
{
    struct sandbox *s = timer->data;

    if (s->exit) /* two daemons on one root must not be */
        lose(s, "its daemon does not die");
    else
        plan(s);
}

void sandbox_return(struct sandbox *s, const char *reason)
{
    log_warn("sandbox %s: %s; it is started again", s->info.id, reason);
    daemon_link_drop(s);
    s->info.n_terminals = s->info.n_viewers = 0;
    sandbox_set_status(s, PHASE_RESTARTING, STATUS_RESTARTING, reason);
    feed_changed(s);
    sandbox_kill(s); /* if it is only its connection that has ended */
    if (sandbox_watch_exit(s, on_old_exit))
        uv_timer_start(&s->timer, on_old_timeout, KILL_TIMEOUT_MS, 0);
    else
        uv_timer_start(&s->timer, on_old_timeout, OLD_UNKNOWN_MS, 0);
}

void sandbox_try_return(struct sandbox *s)
{
    cleanup_free char *reason = xstrdup(s->info.reason);

    for (int i = 0; i < RETURNS_MAX - 1; i++)
        note_return(s);
    sandbox_return(s, reason[0] ? reason : "its daemon is not running any more");
}

void sandbox_await_return(struct sandbox *s)
{
    s->turn = TURN_HAS;
    s->gateway->n_turns++;
    note_return(s);
    uv_timer_start(&s->timer, on_return_timeout, START_TIMEOUT_MS, 0);
}

void sandbox_return_failed(struct sandbox *s, const char *reason)
{
    if (s->turn == TURN_HAS)
        fail_return(s, reason);
}

static void tell_event(struct sandbox *s, const char *reason)
{
    struct event event = {.sandbox = s->info.id, .type = EVENT_RESTARTED};
    cJSON *data = cJSON_CreateObject();
    struct err e;

    cJSON_AddStringToObject(data, "reason", reason);
    char *text = cJSON_PrintUnformatted(data);
    event.data = text;
    if (gateway_event(s->gateway, &event, &e))
        log_warn("sandbox %s: %s", s->info.id, e.text);
    free(text);
    cJSON_Delete(data);
}

void sandbox_returned(struct sandbox *s)
{
    cleanup_free char *reason = xstrdup(s->info.reason);
    struct err e;

    uv_timer_stop(&s->timer);
    daemon_link_identify(s);
    if (s->doomed) {
        sandbox_end(s);
        return;
    }
    log_info("sandbox %s runs again", s->info.id);
    if (sandbox_record_status(s, PHASE_RUNNING, STATUS_RUNNING, "", &e))
        log_error("sandbox %s: %s", s->info.id, e.text);
    feed_changed(s);
    child_tell_count(s);
    sandbox_answer_waiters(s, false, NULL);
    tell_event(s, reason);
    sandbox_end_turn(s);
}
