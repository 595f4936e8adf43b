/* SPDX-License-Identifier: MIT
 *
 * One attempt is a walk through these states; each step is a callback of the loop:
 *
 *   WAITING (back-off) → PROBING gateway.json's address → ready
 *                              └ nobody there → STARTING a child → "listening on" → ready
 *                                    │ exited: address in use → STARTING with other ports
 *                                    └ exited: another holds the state → JOINING: probe until it
 *                                      answers or the deadline passes
 *
 * The probe runs in the thread pool. The child's stderr goes to a file, because a pipe of ours
 * would break under it when we leave; what it wrote there is the reason of a failure.
 */
#include "app/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/gateway_child.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#define PROBE_MS       2000
#define JOIN_POLL_MS   50
#define JOIN_MS        1000 /* then the other one is not coming: start again */
#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 15000
#define STEADY_MS      30000 /* a gateway that ran so long did not crash at its start */
#define LISTENING      "sandpitd: listening on "
#define API_KEY_MAX    4096

enum state { IDLE, WAITING, PROBING, STARTING, JOINING };

/* Ports are tried in this order: those its sandboxes' addresses name first. */
enum ports { PORTS_RECORDED, PORTS_DEFAULT, PORTS_ANY, PORTS_END };

struct embedded {
    uv_loop_t *loop;           /* borrowed */
    const struct paths *paths; /* borrowed */
    const struct embedded_ops *ops;
    void *user;
    enum state state;
    enum ports ports;
    int64_t deadline_ms, started_ms, joined_ms;
    int backoff_ms;
    char *url;      /* probed, or announced by the child */
    char *recorded; /* host:port of gateway.json, when it is not the default */
    bool probe_running, probe_again, destroyed;
    int probe_result;
    char *probe_url; /* the thread's */
    uv_work_t probe;
    uv_timer_t timer;
    int n_handles;
    struct gateway_child *child; /* the one of this attempt, or the one that became ready */
};

static void step_probe(struct embedded *m);
static void step_start(struct embedded *m);

static void maybe_free(struct embedded *m)
{
    if (!m->destroyed || m->n_handles || m->probe_running)
        return;
    free(m->url);
    free(m->recorded);
    free(m->probe_url);
    free(m);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct embedded *m = handle->data;

    m->n_handles--;
    maybe_free(m);
}

static void finish_ready(struct embedded *m)
{
    cleanup_free char *path = xasprintf("%s/api-key", m->paths->host_state_dir);
    struct err e = {0};
    cleanup_free char *key = paths_read_file(path, API_KEY_MAX, &e);

    uv_timer_stop(&m->timer);
    m->state = IDLE;
    if (m->child)
        gateway_child_keep_log(m->child);
    if (!key) {
        err_wrap(&e, "embedded gateway: API key");
        err_hint(&e, "stop the sandpitd that uses this folder, or give --gateway and a key");
        m->ops->on_failed(m->user, &e);
        return;
    }
    log_info("embedded gateway at %s", m->url);
    m->ops->on_ready(m->user, m->url, key);
}

static void finish_failed(struct embedded *m, const struct err *e)
{
    uv_timer_stop(&m->timer);
    if (m->child)
        gateway_child_keep_log(m->child);
    gateway_child_release(steal_pointer(&m->child));
    m->state = IDLE;
    log_error("embedded gateway: %s", e->text);
    m->ops->on_failed(m->user, e);
}

static void run_probe(uv_work_t *work)
{
    struct embedded *m = work->data;

    m->probe_result = embedded_probe(m->probe_url, PROBE_MS, NULL);
}

static void on_probed(uv_work_t *work, int status)
{
    struct embedded *m = work->data;
    bool there = status == 0 && m->probe_result == 0;

    m->probe_running = false;
    if (m->destroyed) {
        maybe_free(m);
        return;
    }
    if (there && (m->state == PROBING || m->state == JOINING)) {
        free(m->url);
        m->url = steal_pointer(&m->probe_url);
        finish_ready(m);
    } else if (m->state == PROBING) {
        step_start(m);
    }
}

/* Keeps the address a gateway had, for its sandboxes' addresses and open clients name it. */
static void remember_address(struct embedded *m, const char *url)
{
    const char *host = strstr(url, "://");

    free(m->recorded);
    m->recorded = host ? xstrndup(host + 3, strcspn(host + 3, "/")) : NULL;
    if (m->recorded && (!strrchr(m->recorded, ':') || strstr(m->recorded, ":7780"))) {
        free(m->recorded);
        m->recorded = NULL;
    }
}

/* Returns whether there is an address to ask. */
static bool probe_recorded(struct embedded *m)
{
    struct embedded_record record;

    if (m->probe_running || !embedded_record_read(&record, m->paths->host_state_dir))
        return m->probe_running;
    remember_address(m, record.url);
    free(m->probe_url);
    m->probe_url = steal_pointer(&record.url);
    embedded_record_finish(&record);
    m->probe_running = true;
    m->probe.data = m;
    uv_queue_work(m->loop, &m->probe, run_probe, on_probed);
    return true;
}

static void step_probe(struct embedded *m)
{
    m->state = PROBING;
    m->ports = PORTS_RECORDED;
    if (!probe_recorded(m))
        step_start(m);
}

static void on_deadline(uv_timer_t *timer)
{
    struct embedded *m = timer->data;
    struct err e = {0};

    err_set(&e, ERR_TIMEOUT, "the embedded gateway was not ready within %d s",
            EMBEDDED_START_MS / 1000);
    if (m->child)
        gateway_child_explain(m->child, &e);
    err_hint(&e, "look at %.150s/gateway.log, or run `sandpit doctor`", m->paths->host_state_dir);
    if (m->child)
        gateway_child_kill(m->child);
    finish_failed(m, &e);
}

static void on_join_poll(uv_timer_t *timer)
{
    struct embedded *m = timer->data;

    if (clock_mono_ms() >= m->deadline_ms)
        on_deadline(timer);
    else if (!m->probe_running && clock_mono_ms() - m->joined_ms > JOIN_MS)
        step_probe(m);
    else
        probe_recorded(m);
}

static void step_join(struct embedded *m)
{
    m->state = JOINING;
    m->joined_ms = clock_mono_ms();
    uv_timer_start(&m->timer, on_join_poll, 0, JOIN_POLL_MS);
}

static void on_child_line(void *user, const char *line)
{
    struct embedded *m = user;

    if (m->state != STARTING || strncmp(line, LISTENING, strlen(LISTENING)) != 0)
        return;
    free(m->url);
    m->url = xstrdup(line + strlen(LISTENING));
    m->started_ms = clock_mono_ms();
    finish_ready(m);
}

static void on_child_exit(void *user, enum gateway_child_end end)
{
    struct embedded *m = user;
    struct err e = {0};

    if (m->state != STARTING) {
        /* It served for a while; whoever misses it calls embedded_ensure. */
        gateway_child_release(steal_pointer(&m->child));
        return;
    }
    if (end == CHILD_STATE_IN_USE) {
        gateway_child_release(steal_pointer(&m->child));
        step_join(m);
    } else if (end == CHILD_ADDRESS_IN_USE && m->ports + 1 < PORTS_END) {
        gateway_child_release(steal_pointer(&m->child));
        m->ports++;
        step_start(m);
    } else {
        err_set(&e, ERR_IO, "the embedded gateway did not start");
        gateway_child_explain(m->child, &e);
        finish_failed(m, &e);
    }
}

static const struct gateway_child_ops child_ops = {on_child_line, on_child_exit};

static void step_start(struct embedded *m)
{
    struct err e = {0};
    const char *listen = NULL, *pubsub = NULL;

    if (m->ports == PORTS_RECORDED && !m->recorded)
        m->ports = PORTS_DEFAULT;
    if (m->ports == PORTS_RECORDED)
        listen = m->recorded;
    else if (m->ports == PORTS_ANY)
        listen = "127.0.0.1:0";
    if (listen)
        pubsub = "127.0.0.1:0";
    m->state = STARTING;
    gateway_child_release(steal_pointer(&m->child));
    int64_t left_ms = m->deadline_ms - clock_mono_ms();
    uv_timer_start(&m->timer, on_deadline, left_ms > 0 ? (uint64_t)left_ms : 0, 0);
    m->child = gateway_child_spawn(m->loop, m->paths, listen, pubsub, &child_ops, m, &e);
    if (!m->child)
        finish_failed(m, &e);
}

static void on_backoff_over(uv_timer_t *timer)
{
    struct embedded *m = timer->data;

    m->deadline_ms = clock_mono_ms() + EMBEDDED_START_MS;
    step_probe(m);
}

struct embedded *embedded_create(uv_loop_t *loop, const struct paths *paths,
                                 const struct embedded_ops *ops, void *user)
{
    struct embedded *m = xcalloc(1, sizeof *m);

    m->loop = loop;
    m->paths = paths;
    m->ops = ops;
    m->user = user;
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
    m->n_handles = 1;
    return m;
}

static int next_backoff(struct embedded *m)
{
    int wait = m->backoff_ms;

    if (m->started_ms && clock_mono_ms() - m->started_ms > STEADY_MS)
        wait = 0;
    m->backoff_ms = wait ? 2 * wait : BACKOFF_MIN_MS;
    if (m->backoff_ms > BACKOFF_MAX_MS)
        m->backoff_ms = BACKOFF_MAX_MS;
    return wait;
}

/* Always through the timer, so that no callback runs inside this call. */
void embedded_ensure(struct embedded *m)
{
    if (m->state != IDLE)
        return;
    m->state = WAITING;
    uv_timer_start(&m->timer, on_backoff_over, (uint64_t)next_backoff(m), 0);
}

void embedded_ensure_now(struct embedded *m)
{
    m->backoff_ms = 0;
    if (m->state == WAITING)
        m->state = IDLE;
    embedded_ensure(m);
}

void embedded_destroy(struct embedded *m)
{
    if (!m)
        return;
    m->destroyed = true;
    gateway_child_release(steal_pointer(&m->child));
    uv_close((uv_handle_t *)&m->timer, on_timer_closed);
}

struct sync_call {
    char *url, *api_key;
    struct err e;
    bool done;
};

static void on_sync_ready(void *user, const char *url, const char *api_key)
{
    struct sync_call *call = user;

    call->url = xstrdup(url);
    call->api_key = xstrdup(api_key);
    call->done = true;
}

static void on_sync_failed(void *user, const struct err *e)
{
    struct sync_call *call = user;

    call->e = *e;
    call->done = true;
}

int embedded_ensure_sync(const struct paths *paths, char **url, char **api_key, struct err *e)
{
    static const struct embedded_ops ops = {on_sync_ready, on_sync_failed};
    struct sync_call call = {0};
    uv_loop_t loop;

    if (uv_loop_init(&loop) < 0)
        return err_set(e, ERR_IO, "no event loop");
    struct embedded *m = embedded_create(&loop, paths, &ops, &call);

    embedded_ensure(m);
    while (!call.done)
        uv_run(&loop, UV_RUN_ONCE);
    embedded_destroy(m);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (!call.url) {
        if (e)
            *e = call.e;
        return -call.e.code;
    }
    *url = call.url;
    *api_key = call.api_key;
    return 0;
}
