/* SPDX-License-Identifier: MIT
 *
 * Events as they come, each once.
 *
 *   resolve → connect → SUBSCRIBE → +OK → history since the last one → live
 *   loss or refusal → DOWN: the history every POLL_MS, and connect again after the back-off
 *
 * Events that come before the history's answer are held. The ids of the last ones are remembered:
 * the history is asked from a little before the last, since several may share its millisecond.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/event.h"
#include "client/event_internal.h"
#include "wire/json.h"

#define POLL_MS      2000
#define RETRY_MAX_MS 10000
#define PING_MS      30000 /* a peer that is silent for two of them is gone */
#define HISTORY_PAGE 1000
#define HELD_MAX     1000
#define SEEN_MAX     2048
#define ID_MAX       64

/* A connection outlives the tail until its handles are closed. */
struct wire {
    struct event_tail *tail; /* NULL: nobody listens any more */
    struct client *client;   /* held */
    uv_getaddrinfo_t resolve;
    uv_connect_t connect;
    uv_tcp_t tcp;
    bool is_resolving, is_closed;
    struct buf in;
};

struct event_tail {
    struct remote *remote; /* held */
    struct client *client; /* held */
    char *type;            /* or NULL */
    const struct event_tail_ops *ops;
    void *user;
    struct wire *wire; /* or NULL */
    struct request *asking;
    uv_timer_t timer; /* retry and poll; or ping */
    int64_t retry_ms, retry_at_ms, heard_ms, since_ms;
    bool is_subscribed, is_live, is_over, has_begun;
    cJSON *held[HELD_MAX]; /* owned */
    size_t n_held;
    char (*seen)[ID_MAX]; /* owned ring */
    size_t n_seen;
};

static void connect_wire(struct event_tail *t);
static void ask_history(struct event_tail *t);

static void on_tcp_closed(uv_handle_t *handle);

/* --- telling --- */

static bool has_seen(const struct event_tail *t, const char *id)
{
    size_t n = t->n_seen < SEEN_MAX ? t->n_seen : SEEN_MAX;

    for (size_t i = 0; i < n; i++) {
        if (!strcmp(t->seen[i], id))
            return true;
    }
    return false;
}

static void tell(struct event_tail *t, const struct event_info *event)
{
    if (t->is_over || strlen(event->id) >= ID_MAX || has_seen(t, event->id))
        return;
    memcpy(t->seen[t->n_seen++ % SEEN_MAX], event->id, strlen(event->id) + 1);
    if (event->timestamp_ms > t->since_ms)
        t->since_ms = event->timestamp_ms;
    if (!t->type || !strcmp(t->type, event->type))
        t->ops->on_event(t->user, event);
}

static void drop_held(struct event_tail *t)
{
    while (t->n_held)
        cJSON_Delete(t->held[--t->n_held]);
}

static void tell_held(struct event_tail *t)
{
    for (size_t i = 0; i < t->n_held; i++) {
        struct event_info event;

        if (event_read(&event, t->held[i]))
            tell(t, &event);
    }
    drop_held(t);
}

static void take_event(struct event_tail *t, struct slice text)
{
    cJSON *json = json_parse(text.data, text.len, NULL);
    struct event_info event;

    if (!json || !event_read(&event, json)) {
        cJSON_Delete(json);
        return;
    }
    if (t->is_live) {
        tell(t, &event);
        cJSON_Delete(json);
    } else if (t->n_held < HELD_MAX) {
        t->held[t->n_held++] = json;
    } else {
        cJSON_Delete(json); /* the history has it */
    }
}

/* --- the end --- */

static void drop_wire(struct event_tail *t)
{
    struct wire *w = steal_pointer(&t->wire);

    t->is_subscribed = t->is_live = false;
    drop_held(t);
    if (!w)
        return;
    w->tail = NULL;
    if (w->is_resolving)
        uv_cancel((uv_req_t *)&w->resolve);
    uv_close((uv_handle_t *)&w->tcp, on_tcp_closed);
}

static void stop(struct event_tail *t)
{
    t->is_over = true;
    drop_wire(t);
    request_cancel(steal_pointer(&t->asking));
    uv_timer_stop(&t->timer);
}

static void end(struct event_tail *t, const struct err *e)
{
    struct err told = *e;

    stop(t);
    if (t->ops->on_end)
        t->ops->on_end(t->user, &told);
}

/* --- while there is no stream --- */

static void on_down_timer(uv_timer_t *timer)
{
    struct event_tail *t = timer->data;

    if (clock_mono_ms() >= t->retry_at_ms)
        connect_wire(t);
    else
        ask_history(t);
}

static void set_down(struct event_tail *t, const struct err *e)
{
    struct err told = *e;

    drop_wire(t);
    t->retry_at_ms = clock_mono_ms() + t->retry_ms;
    uv_timer_start(&t->timer, on_down_timer,
                   (uint64_t)(t->retry_ms < POLL_MS ? t->retry_ms : POLL_MS), 0);
    t->retry_ms = t->retry_ms * 2 < RETRY_MAX_MS ? t->retry_ms * 2 : RETRY_MAX_MS;
    ask_history(t); /* at once: the first tries come faster than POLL_MS and would put it off */
    if (t->ops->on_down)
        t->ops->on_down(t->user, &told);
}

/* --- history --- */

static void on_ping_timer(uv_timer_t *timer);

static void set_live(struct event_tail *t)
{
    t->retry_ms = BACKOFF_FIRST_MS;
    t->heard_ms = clock_mono_ms();
    uv_timer_start(&t->timer, on_ping_timer, PING_MS, PING_MS);
    tell_held(t);
    if (t->is_over)
        return;
    t->is_live = true;
    if (t->ops->on_live)
        t->ops->on_live(t->user);
}

static void on_history(void *user, const struct event_info *all, size_t n, const struct err *e)
{
    struct event_tail *t = user;
    bool is_page_full = n == HISTORY_PAGE;
    int64_t before_ms = t->since_ms;

    t->asking = NULL;
    if (e && (e->code == ERR_AUTH || e->code == ERR_FORBIDDEN)) {
        end(t, e);
        return;
    }
    for (size_t i = 0; i < n && !t->is_over; i++) {
        if (t->has_begun)
            tell(t, &all[i]);
        else if (all[i].timestamp_ms > t->since_ms)
            t->since_ms = all[i].timestamp_ms; /* only what comes after the newest is new */
    }
    if (t->is_over)
        return;
    t->has_begun = t->has_begun || !e;
    if (is_page_full && t->since_ms > before_ms)
        ask_history(t);
    else if (t->is_subscribed && !t->is_live && !e)
        set_live(t);
    else if (t->is_subscribed && e)
        set_down(t, e);
    else if (!t->wire)
        uv_timer_start(&t->timer, on_down_timer, POLL_MS, 0);
}

static void ask_history(struct event_tail *t)
{
    struct event_query query = {.since_ms = t->since_ms > 0 ? t->since_ms - 1 : t->since_ms,
                                .limit = HISTORY_PAGE};

    if (!t->has_begun && t->since_ms < 0)
        query.limit = 1;
    if (!t->asking)
        t->asking = event_history(t->remote->gateway, t->remote->id, &query, on_history, t);
}

/* --- the stream --- */

static void on_write(uv_write_t *write, int status)
{
    free(write->data);
    free(write);
}

static void send_line(struct event_tail *t, char *line)
{
    uv_write_t *write = xcalloc(1, sizeof *write);
    uv_buf_t b = uv_buf_init(line, (unsigned)strlen(line));

    write->data = line;
    if (uv_write(write, (uv_stream_t *)&t->wire->tcp, &b, 1, on_write))
        on_write(write, -1);
}

static void on_ping_timer(uv_timer_t *timer)
{
    struct event_tail *t = timer->data;
    struct err e;

    if (clock_mono_ms() - t->heard_ms > 2 * PING_MS) {
        err_set(&e, ERR_TIMEOUT, "events: nothing was heard for a minute");
        set_down(t, &e);
        return;
    }
    send_line(t, xstrdup("PING\r\n"));
}

static void take_reply(struct event_tail *t, enum pubsub_reply reply, struct slice payload)
{
    struct err e;

    if (reply == PUBSUB_EVENT) {
        take_event(t, payload);
    } else if (reply == PUBSUB_OK && !t->is_subscribed) {
        t->is_subscribed = true;
        request_cancel(steal_pointer(&t->asking));
        ask_history(t);
    } else if (reply == PUBSUB_ERROR) {
        err_set(&e, ERR_AUTH, "events: the stream is refused: %.*s",
                (int)(payload.len < 200 ? payload.len : 200), payload.data);
        if (t->remote->token)
            remote_forget_token(t->remote, t->remote->token);
        set_down(t, &e);
    } else if (reply == PUBSUB_BAD) {
        err_set(&e, ERR_PROTOCOL, "events: the port does not speak publish/subscribe");
        set_down(t, &e);
    }
}

/* A callback may end the tail or drop the wire, whose memory lives until the loop turns. */
static void take_replies(struct wire *w)
{
    size_t at = 0, n_used = 0;
    struct slice payload;

    while (w->tail && at < w->in.len) {
        enum pubsub_reply reply = pubsub_read(w->in.data + at, w->in.len - at, &n_used, &payload);

        if (reply == PUBSUB_MORE)
            break;
        if (reply == PUBSUB_BAD)
            n_used = w->in.len - at;
        take_reply(w->tail, reply, payload);
        at += n_used;
    }
    buf_consume(&w->in, at);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
    struct wire *w = handle->data;

    *b = uv_buf_init(buf_reserve(&w->in, 16384), 16384);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct wire *w = stream->data;
    struct err e;

    if (!w->tail)
        return;
    if (n < 0) {
        err_set(&e, ERR_CLOSED, "events: the connection broke");
        set_down(w->tail, &e);
        return;
    }
    w->in.len += (size_t)n;
    w->tail->heard_ms = clock_mono_ms();
    take_replies(w);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct wire *w = connect->data;
    struct event_tail *t = w->tail;
    struct err e;

    if (!t)
        return;
    if (status) {
        err_set_errno(&e, -status, "events: connect");
        set_down(t, &e);
        return;
    }
    uv_tcp_keepalive(&w->tcp, 1, 60);
    uv_read_start((uv_stream_t *)&w->tcp, on_alloc, on_read);
    cleanup_free char *id = gateway_id_there(t->remote->gateway, t->remote->id);

    send_line(t, xasprintf("SUBSCRIBE %s %s\r\n", id ? id : "", t->remote->token));
}

static void free_wire(struct wire *w)
{
    struct client *c = w->client;

    if (w->is_resolving || !w->is_closed)
        return;
    buf_finish(&w->in);
    free(w);
    client_drop(c);
}

static void on_tcp_closed(uv_handle_t *handle)
{
    struct wire *w = handle->data;

    w->is_closed = true;
    free_wire(w);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *list)
{
    struct wire *w = resolve->data;
    struct err e;

    w->is_resolving = false;
    if (w->tail && status)
        err_set(&e, ERR_DNS, "events: the name does not resolve");
    else if (w->tail &&
             (status = uv_tcp_connect(&w->connect, &w->tcp, list->ai_addr, on_connected)))
        err_set_errno(&e, -status, "events: connect");
    uv_freeaddrinfo(list);
    if (w->tail && status)
        set_down(w->tail, &e);
    else
        free_wire(w);
}

struct address {
    char *host; /* owned */
    char port[8];
};

static void find_address(const struct gateway *g, struct address *a)
{
    const char *host = getenv("COMPUTESDK_PUBSUB_HOST"), *port = getenv("COMPUTESDK_PUBSUB_PORT");
    struct url u;

    snprintf(a->port, sizeof a->port, "%d", g->pubsub_port ? g->pubsub_port : EVENTS_PORT);
    if (port && *port && strlen(port) < sizeof a->port)
        memcpy(a->port, port, strlen(port) + 1);
    if (host && *host) {
        a->host = xstrdup(host);
    } else if (events_are_hosted(g) || url_parse(&u, g->url, NULL)) {
        a->host = xstrdup(EVENTS_HOSTED);
    } else {
        a->host = xstrdup(url_host_is_localhost(u.host) ? "127.0.0.1" : u.host);
        url_finish(&u);
    }
}

static void open_wire(struct event_tail *t)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct client *c = t->client;
    struct wire *w = xcalloc(1, sizeof *w);
    struct address a;
    struct err e;
    int status;

    find_address(t->remote->gateway, &a);
    w->tail = t;
    w->client = c;
    client_hold(c);
    uv_tcp_init(c->loop, &w->tcp);
    w->tcp.data = w->resolve.data = w->connect.data = w;
    t->wire = w;
    status = uv_getaddrinfo(c->loop, &w->resolve, on_resolved, a.host, a.port, &hints);
    free(a.host);
    w->is_resolving = !status;
    if (status) {
        err_set(&e, ERR_DNS, "events: the name does not resolve");
        set_down(t, &e);
    }
}

static void on_token(void *user, const struct remote_info *info, const struct err *e)
{
    struct event_tail *t = user;

    t->asking = NULL;
    if (t->remote->is_gone)
        end(t, &t->remote->error);
    else if (t->remote->token)
        open_wire(t);
    else
        set_down(t, e);
}

/* The stream wants the sandbox's token, which some call makes known. */
static void connect_wire(struct event_tail *t)
{
    uv_timer_stop(&t->timer);
    if (t->remote->token && !t->remote->is_gone) {
        open_wire(t);
        return;
    }
    request_cancel(steal_pointer(&t->asking));
    t->asking = remote_info(t->remote, on_token, t);
}

static void on_first_timer(uv_timer_t *timer)
{
    connect_wire(timer->data);
}

struct event_tail *event_tail_open(struct remote *r, const struct event_tail_options *o,
                                   const struct event_tail_ops *ops, void *user)
{
    struct event_tail *t = xcalloc(1, sizeof *t);

    t->remote = r;
    t->client = r->client;
    t->type = o->type ? xstrdup(o->type) : NULL;
    t->ops = ops;
    t->user = user;
    t->since_ms = o->since_ms;
    t->has_begun = o->since_ms >= 0;
    t->retry_ms = BACKOFF_FIRST_MS;
    t->seen = xcalloc(SEEN_MAX, sizeof *t->seen);
    remote_hold(r);
    client_hold(r->client);
    uv_timer_init(r->client->loop, &t->timer);
    t->timer.data = t;
    uv_timer_start(&t->timer, on_first_timer, 0, 0);
    return t;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct event_tail *t = handle->data;
    struct client *c = t->client;

    free(t->type);
    free(t->seen);
    free(t);
    client_drop(c);
}

void event_tail_close(struct event_tail *t)
{
    if (!t)
        return;
    stop(t);
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
    /* Not in the callback: a client that ends before it would end the remote's requests first. */
    remote_release(t->remote);
}
