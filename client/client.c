/* SPDX-License-Identifier: MIT
 *
 * The life of a client: libcurl's multi handle and libwebsockets' contexts on one loop.
 *
 * Going away has three steps, each waiting for the uv handles of the one before: requests and
 * sockets; libcurl's polls and the timers; libwebsockets' contexts.
 */
#include "client/client.h"

#include "base/alloc.h"
#include "client/internal.h"

/* A peer that is silent for two sweeps is asked whether it is there. */
#define SWEEP_MS 20000

static void on_sweep(uv_timer_t *timer)
{
    sockets_sweep(timer->data);
}

struct client *client_create(uv_loop_t *loop, struct err *e)
{
    struct client *c = xcalloc(1, sizeof *c);

    c->loop = loop;
    c->timeout_ms = REQUEST_TIMEOUT_MS;
    if (request_machinery_init(c, e)) {
        free(c);
        return NULL;
    }
    uv_timer_init(loop, &c->curl_timer);
    uv_timer_init(loop, &c->sweep);
    uv_unref((uv_handle_t *)&c->sweep);
    c->curl_timer.data = c->sweep.data = c;
    LIST_INIT(&c->requests);
    LIST_INIT(&c->sockets);
    return c;
}

uv_loop_t *client_loop(struct client *c)
{
    return c->loop;
}

void client_set_timeout(struct client *c, int64_t timeout_ms)
{
    c->timeout_ms = timeout_ms;
}

void client_set_monitor(struct client *c,
                        void (*monitor)(void *user, const struct client_report *report), void *user)
{
    c->monitor = monitor;
    c->monitor_user = user;
}

static void finish_contexts(struct client *c)
{
    void (*on_closed)(void *) = c->on_closed;
    void *user = c->user;

    free(c);
    if (on_closed)
        on_closed(user);
}

static void close_machinery(struct client *c);

void client_hold(struct client *c)
{
    c->n_holds++;
}

void client_drop(struct client *c)
{
    c->n_holds--;
    if (c->closing && !c->n_holds)
        close_machinery(c);
}

static void on_handle_closed(uv_handle_t *handle)
{
    client_drop(handle->data);
}

/* Runs twice: first when requests and sockets are gone, then when what it closes is. */
static void close_machinery(struct client *c)
{
    if (!c->multi) {
        socket_contexts_destroy(c, finish_contexts);
        return;
    }
    c->n_holds += 2;
    request_machinery_finish(c);
    uv_close((uv_handle_t *)&c->curl_timer, on_handle_closed);
    uv_close((uv_handle_t *)&c->sweep, on_handle_closed);
}

void client_destroy(struct client *c, void (*on_closed)(void *user), void *user)
{
    if (!c)
        return;
    c->closing = true;
    c->on_closed = on_closed;
    c->user = user;
    client_hold(c);
    while (!LIST_EMPTY(&c->requests))
        request_cancel(LIST_FIRST(&c->requests));
    sockets_close_all(c);
    client_drop(c);
}

void client_socket_opened(struct client *c)
{
    if (!c->n_open_sockets++)
        uv_timer_start(&c->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

void client_socket_closed(struct client *c)
{
    if (!--c->n_open_sockets)
        uv_timer_stop(&c->sweep);
}
