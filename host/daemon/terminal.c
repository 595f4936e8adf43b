/* SPDX-License-Identifier: MIT */
#include "host/daemon/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"
#include "wire/names.h"

static bool is_idle(const struct terminal *t)
{
    const struct command *c;

    TAILQ_FOREACH (c, &t->commands, of_terminal)
        if (c->state != COMMAND_FINISHED)
            return false;
    return true;
}

/* Terminals that only background commands asked for make room, oldest first. */
static bool make_room(struct daemon *d)
{
    struct terminal *t, *next;

    if (HASH_COUNT(d->terminals.by_id) < TERMINALS_MAX)
        return true;
    HASH_ITER (hh, d->terminals.by_id, t, next) {
        if (t->automatic && is_idle(t)) {
            terminal_destroy(t);
            return true;
        }
    }
    return false;
}

static struct terminal *create(struct daemon *d, struct err *e)
{
    struct terminal *t;

    if (d->stopping || !make_room(d)) {
        err_set(e, ERR_LIMIT, "this sandbox has %d terminals already", TERMINALS_MAX);
        return NULL;
    }
    t = xcalloc(1, sizeof *t);
    memcpy(t->id, "term-", 5);
    random_name(t->id + 5, ID_CHARS);
    t->d = d;
    t->created_ms = clock_wall_ms();
    TAILQ_INIT(&t->commands);
    return t;
}

/* Those that only stand for a background command are not worth telling. */
static void tell_event(const struct terminal *t, const char *type)
{
    cJSON *data;

    if (t->automatic)
        return;
    data = event_data("terminalId", t->id);
    cJSON_AddBoolToObject(data, "pty", t->session != NULL);
    event_tell(t->d, type, data);
}

struct terminal *terminal_create_exec(struct daemon *d, bool automatic, struct err *e)
{
    struct terminal *t = create(d, e);

    if (!t)
        return NULL;
    t->automatic = automatic;
    HASH_ADD_STR(d->terminals.by_id, id, t);
    tell_event(t, "terminal.created");
    return t;
}

struct terminal *terminal_create_pty(struct daemon *d, const struct terminal_options *options,
                                     struct err *e)
{
    struct terminal *t = create(d, e);

    if (!t)
        return NULL;
    if (session_create(t, options, e)) {
        free(t);
        return NULL;
    }
    HASH_ADD_STR(d->terminals.by_id, id, t);
    sockets_announce(d, t);
    activity_changed(t->session);
    daemon_changed(d);
    tell_event(t, "terminal.created");
    return t;
}

struct terminal *terminal_find(struct terminals *t, struct slice id)
{
    struct terminal *found;

    HASH_FIND(hh, t->by_id, id.data, id.len, found);
    return found;
}

unsigned terminals_count_pty(const struct terminals *terminals)
{
    const struct terminal *t;
    unsigned n = 0;

    for (t = terminals->by_id; t; t = t->hh.next)
        n += t->session != NULL;
    return n;
}

/* Those who watch get what was written before its end, the others just hear of it. */
static void tell_end(struct terminal *t)
{
    char channel[64];
    struct socket *s;

    snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%s", t->id);
    TAILQ_FOREACH (s, &t->d->sockets.list, entry) {
        struct subscription *sub;
        cJSON *data;

        TAILQ_FOREACH (sub, &s->subscriptions, of_socket)
            if (sub->session == t->session)
                break;
        if (sub)
            continue;
        data = cJSON_CreateObject();
        cJSON_AddStringToObject(data, "terminal_id", t->id);
        cJSON_AddStringToObject(data, "id", t->id);
        socket_send_json(s, MSG_TERMINAL_DESTROYED, channel, data);
    }
}

static void end_subscriptions(struct session *session)
{
    bool exited = !session->shell.pid;
    struct subscription *sub;

    while ((sub = TAILQ_FIRST(&session->subscriptions))) {
        TAILQ_REMOVE(&session->subscriptions, sub, of_session);
        sub->session = NULL;
        sub->ended = true;
        sub->exit_code = exited ? session->exit_code : -1;
        sub->lagging = false;
        if (!exited || sub->socket->d->stopping) {
            outbox_clear(&sub->waiting);
            sub->owed = 0;
        }
        socket_mark_ready(sub->socket, sub);
        socket_pump(sub->socket);
    }
    session->n_subscriptions = 0;
}

void terminal_destroy(struct terminal *t)
{
    struct daemon *d = t->d;
    struct command *c;

    HASH_DEL(d->terminals.by_id, t);
    tell_event(t, t->session && !t->session->shell.pid ? "terminal.exited" : "terminal.destroyed");
    if (t->session) {
        tell_end(t);
        activity_gone(d, t->id);
        end_subscriptions(t->session);
        session_destroy(t->session);
        daemon_changed(d);
    }
    while ((c = TAILQ_FIRST(&t->commands)))
        command_destroy(c);
    free(t);
}

static void add_session_info(cJSON *info, const struct terminal *t)
{
    const struct session *s = t->session;
    const char *url = t->d->settings.url;
    const char *rest = strstr(url, "://");
    cleanup_free char *ws_url = NULL;
    char channel[64];

    snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%s", t->id);
    ws_url = xasprintf("%s%s/ws", strncmp(url, "https", 5) ? "ws" : "wss", rest ? rest : "");
    cJSON_AddStringToObject(info, "channel", channel);
    cJSON_AddStringToObject(info, "ws_url", ws_url);
    cJSON_AddStringToObject(info, "encoding", s->base64 ? "base64" : "raw");
    cJSON_AddNumberToObject(info, "cols", term_cols(s->term));
    cJSON_AddNumberToObject(info, "rows", term_rows(s->term));
    cJSON_AddStringToObject(info, "title", term_title(s->term));
    cJSON_AddNumberToObject(info, "viewers", s->n_subscriptions);
    cJSON_AddStringToObject(info, "command", s->command);
    if (s->output_ms) {
        char iso[CLOCK_ISO_SIZE];

        cJSON_AddStringToObject(info, "last_output_at", clock_format_iso(iso, s->output_ms));
    }
}

cJSON *terminal_info(const struct terminal *t)
{
    cJSON *info = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    cJSON_AddStringToObject(info, "id", t->id);
    cJSON_AddBoolToObject(info, "pty", t->session != NULL);
    cJSON_AddStringToObject(info, "status", t->session ? "running" : "ready");
    if (t->session)
        add_session_info(info, t);
    cJSON_AddStringToObject(info, "created_at", clock_format_iso(iso, t->created_ms));
    return info;
}
