/* SPDX-License-Identifier: MIT
 *
 * Signals over HTTP, and as they come on channel signals.
 */
#include "client/signals.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/feed.h"
#include "client/fields.h"
#include "wire/names.h"

struct request *signals_start(struct remote *r, gateway_done_cb cb, void *user)
{
    return call_start(
        call_create(r, "POST", xstrdup("/signals/start"), call_on_done, (call_cb)cb, user));
}

struct request *signals_stop(struct remote *r, gateway_done_cb cb, void *user)
{
    return call_start(
        call_create(r, "POST", xstrdup("/signals/stop"), call_on_done, (call_cb)cb, user));
}

static void on_status(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct signal_status s = {.status = field_text(data, "status"),
                              .channel = field_text(data, "channel")};

    s.is_active = !strcmp(s.status, "active") || !strcmp(s.status, "running");
    ((signal_status_cb)c->cb)(c->user, e ? NULL : &s, e);
}

struct request *signals_status(struct remote *r, signal_status_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", xstrdup("/signals/status"), on_status, (call_cb)cb, user));
}

static struct request *emit(struct remote *r, const char *path, cJSON *body, gateway_done_cb cb,
                            void *user)
{
    struct remote_call *c = call_create(r, "POST", xstrdup(path), call_on_done, (call_cb)cb, user);

    call_set_body(c, body);
    return call_start(c);
}

struct request *signal_emit_port(struct remote *r, int port, bool is_open, const char *url,
                                 gateway_done_cb cb, void *user)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddNumberToObject(body, "port", port);
    cJSON_AddStringToObject(body, "type", is_open ? "open" : "close");
    field_add_text(body, "url", url);
    return emit(r, "/signals/port", body, cb, user);
}

struct request *signal_emit_ready(struct remote *r, int port, const char *url, gateway_done_cb cb,
                                  void *user)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddNumberToObject(body, "port", port);
    field_add_text(body, "url", url);
    return emit(r, "/signals/server-ready", body, cb, user);
}

struct request *signal_emit_error(struct remote *r, const char *message, gateway_done_cb cb,
                                  void *user)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "message", message);
    return emit(r, "/signals/error", body, cb, user);
}

/* --- as they come --- */

struct signal_tail {
    struct feed *feed;
    const struct signal_tail_ops *ops;
    void *user;
    bool was_up;
};

static void on_message(void *user, const struct message *m)
{
    const struct signal_tail *t = user;
    cleanup_free char *signal = slice_dup(message_string(m, "signal"));
    cleanup_free char *type = slice_dup(message_string(m, "type"));
    cleanup_free char *url = slice_dup(message_string(m, "url"));
    cleanup_free char *text = slice_dup(message_string(m, "message"));
    double port = message_number(m, "port", 0);
    struct signal_event event = {.signal = signal,
                                 .type = type,
                                 .url = url,
                                 .message = text,
                                 .port = port >= 1 && port <= 65535 ? (int)port : 0};

    if (slice_equal(m->type, MSG_SIGNAL) && *signal)
        t->ops->on_signal(t->user, &event);
}

/* ops may free t: nothing of it is touched after a callback. */
static void on_up(void *user)
{
    struct signal_tail *t = user;
    void (*tell)(void *) = t->was_up ? t->ops->on_gap : t->ops->on_up;

    t->was_up = true;
    if (tell)
        tell(t->user);
}

static void on_down(void *user, const struct err *e)
{
    const struct signal_tail *t = user;

    if (t->ops->on_down)
        t->ops->on_down(t->user, e);
}

static void on_gone(void *user, const struct err *e)
{
    const struct signal_tail *t = user;

    if (t->ops->on_end)
        t->ops->on_end(t->user, e);
}

static const struct feed_ops feed_callbacks = {
    .on_message = on_message,
    .on_up = on_up,
    .on_down = on_down,
    .on_gone = on_gone,
};

struct signal_tail *signal_tail_open(struct remote *r, const struct signal_tail_ops *ops,
                                     void *user)
{
    struct signal_tail *t = xcalloc(1, sizeof *t);

    t->ops = ops;
    t->user = user;
    t->feed = feed_open(r, CHANNEL_SIGNALS, &feed_callbacks, t);
    return t;
}

void signal_tail_close(struct signal_tail *t)
{
    if (!t)
        return;
    feed_close(t->feed);
    free(t);
}
