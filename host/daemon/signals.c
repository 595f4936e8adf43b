/* SPDX-License-Identifier: MIT */
#include "host/daemon/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "wire/names.h"

#define LOOK_EVERY_MS  400
#define SIGNAL_MAX     256 /* automatic ones a look: a port scan the other way round */
#define MESSAGE_LENGTH 65536

/* --- telling --- */

struct signal {
    const char *name;       /* port, server-ready, error */
    int port;               /* 0: none */
    const char *type;       /* NULL: none */
    const char *url, *text; /* NULL: none */
};

/* Without the text: that is the sandbox's own. */
static void tell_event(const struct signals *s, const struct signal *signal)
{
    bool is_port = !strcmp(signal->name, "port");
    cJSON *data = event_data("signal", signal->name);

    if (signal->port)
        cJSON_AddNumberToObject(data, "port", signal->port);
    if (signal->url)
        event_add_text(data, "url", signal->url);
    event_tell(s->d,
               !is_port                        ? "signal.emitted"
               : !strcmp(signal->type, "open") ? "port.opened"
                                               : "port.closed",
               data);
}

static void tell(struct signals *s, const struct signal *signal)
{
    struct message m;

    tell_event(s, signal);
    if (!s->active)
        return;
    message_init(&m, MSG_SIGNAL, SLICE(CHANNEL_SIGNALS));
    message_add_string(&m, "signal", SLICE(signal->name));
    if (signal->port)
        message_add_number(&m, "port", signal->port);
    if (signal->type)
        message_add_string(&m, "type", SLICE(signal->type));
    if (signal->url)
        message_add_string(&m, "url", SLICE(signal->url));
    if (signal->text)
        message_add_string(&m, "message", SLICE(signal->text));
    sockets_publish(s->d, &m);
    message_finish(&m);
}

/* --- looking --- */

static bool is_set(const uint8_t *ports, int port)
{
    return ports[port / 8] & 1 << port % 8;
}

static void tell_port(struct signals *s, int port, const char *type)
{
    cleanup_free char *url = preview_url(s->d, port);

    tell(s, &(struct signal){.name = "port", .port = port, .type = type, .url = url});
}

/* A server that restarts between two looks has closed its port, though both found it open. */
static void compare(struct signals *s)
{
    int n = 0;

    for (size_t i = 0; i < sizeof s->open; i++) {
        if (s->open[i] == s->kept[i] && s->found[i] == s->kept[i])
            continue;
        for (int port = (int)i * 8; port < (int)i * 8 + 8; port++) {
            if (is_set(s->kept, port))
                continue;
            if (is_set(s->open, port) && n++ < SIGNAL_MAX)
                tell_port(s, port, "close");
            if (is_set(s->found, port) && n++ < SIGNAL_MAX)
                tell_port(s, port, "open");
        }
    }
}

static int by_socket(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;

    if (x->port != y->port)
        return x->port - y->port;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* The listeners of this sandbox, which become those of the last look. */
static void take(struct signals *s, const struct listeners *l)
{
    struct listener *now = xcalloc(l->n + 1, sizeof *now);
    size_t n = 0;

    memset(s->found, 0, sizeof s->found);
    memset(s->kept, 0, sizeof s->kept);
    for (size_t i = 0; i < l->n; i++) {
        const struct listener *item = &l->items[i];
        uint8_t bit = (uint8_t)(1 << item->port % 8);

        if (!item->session)
            continue;
        now[n++] = *item;
        s->found[item->port / 8] |= bit;
        if (s->n_last && bsearch(item, s->last, s->n_last, sizeof *item, by_socket))
            s->kept[item->port / 8] |= bit;
    }
    free(s->last);
    s->last = now;
    s->n_last = n;
}

static void on_timer(uv_timer_t *timer);

static void on_ports(struct ports_question *q, const struct listeners *l)
{
    struct signals *s = (struct signals *)((char *)q - offsetof(struct signals, question));

    uv_timer_start(&s->timer, on_timer, LOOK_EVERY_MS, 0);
    if (l->failed)
        return;
    take(s, l);
    if (s->known)
        compare(s);
    memcpy(s->open, s->found, sizeof s->open);
    s->known = true;
}

static void on_timer(uv_timer_t *timer)
{
    struct signals *s = timer->data;

    ports_ask(&s->d->ports, &s->question, LOOK_EVERY_MS / 2);
}

void signals_init(struct signals *s, struct daemon *d)
{
    s->d = d;
    s->question.on_ports = on_ports;
    uv_timer_init(d->loop, &s->timer);
    s->timer.data = s;
}

static void deactivate(struct signals *s)
{
    s->active = s->known = false;
    free(steal_pointer(&s->last));
    s->n_last = 0;
    ports_forget(&s->d->ports, &s->question);
    uv_timer_stop(&s->timer);
}

void signals_stop(struct signals *s)
{
    deactivate(s);
    uv_close((uv_handle_t *)&s->timer, NULL);
}

/* --- handlers --- */

static void reply_status(struct http_request *r, const struct signals *s, const char *message)
{
    cJSON *o = cJSON_CreateObject(), *data;
    const char *url = s->d->settings.url, *rest = strstr(url, "://");
    cleanup_free char *ws_url =
        xasprintf("%s%s/ws", strncmp(url, "https", 5) ? "ws" : "wss", rest ? rest : "");

    cJSON_AddStringToObject(o, "message", message);
    data = cJSON_AddObjectToObject(o, "data");
    cJSON_AddStringToObject(data, "status", s->active ? "active" : "stopped");
    cJSON_AddStringToObject(data, "channel", CHANNEL_SIGNALS);
    cJSON_AddStringToObject(data, "ws_url", ws_url);
    http_reply_json(r, 200, o);
}

void api_signals_start(struct http_request *r, void *user)
{
    struct signals *s = &((struct daemon *)user)->signals;

    if (!s->active) {
        s->active = true;
        ports_ask(&s->d->ports, &s->question, 0);
    }
    reply_status(r, s, "Signal service started");
}

void api_signals_stop(struct http_request *r, void *user)
{
    struct signals *s = &((struct daemon *)user)->signals;

    deactivate(s);
    reply_status(r, s, "Signal service stopped");
}

void api_signals_status(struct http_request *r, void *user)
{
    reply_status(r, &((struct daemon *)user)->signals, "Signal service");
}

static bool read_port(const cJSON *item, int *port)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 1 && item->valuedouble <= 65535) ||
        item->valuedouble != (int)item->valuedouble)
        return false;
    *port = (int)item->valuedouble;
    return true;
}

static bool read_url(const cJSON *body, const char **url)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, "url");

    *url = cJSON_IsString(item) ? item->valuestring : NULL;
    return !item || cJSON_IsNull(item) || (*url && strlen(*url) < MESSAGE_LENGTH);
}

static void emit(struct http_request *r, struct daemon *d, struct signal signal)
{
    cJSON *o = cJSON_CreateObject(), *data;
    cleanup_free char *url = signal.port && !signal.url ? preview_url(d, signal.port) : NULL;

    if (url)
        signal.url = url;
    tell(&d->signals, &signal);
    cJSON_AddStringToObject(o, "message", "Signal emitted");
    data = cJSON_AddObjectToObject(o, "data");
    cJSON_AddStringToObject(data, "signal", signal.name);
    if (signal.port)
        cJSON_AddNumberToObject(data, "port", signal.port);
    if (signal.type)
        cJSON_AddStringToObject(data, "type", signal.type);
    if (signal.url)
        cJSON_AddStringToObject(data, "url", signal.url);
    if (signal.text)
        cJSON_AddStringToObject(data, "message", signal.text);
    http_reply_json(r, 200, o);
}

static const char *port_type(const char *text)
{
    static const char *const types[] = {"open", "close"};

    for (size_t i = 0; text && i < ARRAY_LEN(types); i++)
        if (!strcmp(text, types[i]))
            return types[i];
    return NULL;
}

void api_signals_port(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    struct signal signal = {.name = "port"};

    if (!body)
        return;
    signal.type = port_type(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "type")));
    if (!read_port(cJSON_GetObjectItemCaseSensitive(body, "port"), &signal.port))
        http_reply_error(r, 400, "port is not a number from 1 to 65535");
    else if (!signal.type)
        http_reply_error(r, 400, "type is neither open nor close");
    else if (!read_url(body, &signal.url))
        http_reply_error(r, 400, "url is not a text");
    else
        emit(r, user, signal);
    cJSON_Delete(body);
}

void api_signals_port_path(struct http_request *r, void *user)
{
    cleanup_free char *type = slice_dup(http_param(r, "type"));
    struct slice digits = http_param(r, "port");
    struct signal signal = {.name = "port", .type = port_type(type)};

    for (size_t i = 0; i < digits.len && signal.port >= 0; i++) {
        bool ok = digits.data[i] >= '0' && digits.data[i] <= '9' && i < 5;

        signal.port = ok ? signal.port * 10 + digits.data[i] - '0' : -1;
    }
    if (signal.port < 1 || signal.port > 65535)
        http_reply_error(r, 400, "the port is not a number from 1 to 65535");
    else if (!signal.type)
        http_reply_error(r, 400, "the type is neither open nor close");
    else
        emit(r, user, signal);
}

void api_signals_server_ready(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    struct signal signal = {.name = "server-ready"};

    if (!body)
        return;
    if (!read_port(cJSON_GetObjectItemCaseSensitive(body, "port"), &signal.port))
        http_reply_error(r, 400, "port is not a number from 1 to 65535");
    else if (!read_url(body, &signal.url))
        http_reply_error(r, 400, "url is not a text");
    else
        emit(r, user, signal);
    cJSON_Delete(body);
}

void api_signals_error(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    struct signal signal = {.name = "error"};

    if (!body)
        return;
    signal.text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "message"));
    if (!signal.text || !*signal.text || strlen(signal.text) >= MESSAGE_LENGTH)
        http_reply_error(r, 400, "message is missing or not a text of less than 64 KiB");
    else {
        activity_sandbox_changed(user, signal.text);
        emit(r, user, signal);
    }
    cJSON_Delete(body);
}
