/* SPDX-License-Identifier: MIT
 *
 * What is told of a server: to subscribers and as an event when it changes, as JSON when asked.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/daemon/internal.h"
#include "host/daemon/server.h"
#include "wire/names.h"

static const char *const status_names[] = {
    [STATUS_SERVER_INSTALLING] = "installing", [STATUS_SERVER_STARTING] = "starting",
    [STATUS_SERVER_RUNNING] = "running",       [STATUS_SERVER_READY] = "ready",
    [STATUS_SERVER_FAILED] = "failed",         [STATUS_SERVER_STOPPED] = "stopped",
    [STATUS_SERVER_RESTARTING] = "restarting",
};

const char *server_status_name(enum server_status status)
{
    return status_names[status];
}

static void add_state(const struct server *s, cJSON *o)
{
    if (s->port)
        cJSON_AddNumberToObject(o, "port", s->port);
    if (s->port && s->listening) {
        cleanup_free char *url = preview_url(s->d, s->port);

        cJSON_AddStringToObject(o, "url", url);
    }
    cJSON_AddStringToObject(o, "status", status_names[s->status]);
    if (s->spec.health.wanted)
        cJSON_AddBoolToObject(o, "healthy", s->healthy);
}

static void publish_status(struct server *s)
{
    char channel[sizeof CHANNEL_SERVER_PREFIX + SLUG_MAX];
    cleanup_free char *url = NULL;
    struct message m;

    snprintf(channel, sizeof channel, CHANNEL_SERVER_PREFIX "%s", s->spec.slug);
    message_init(&m, MSG_SERVER_STATUS, SLICE(channel));
    message_add_string(&m, "slug", SLICE(s->spec.slug));
    message_add_string(&m, "status", SLICE(status_names[s->status]));
    message_add_number(&m, "restart_count", s->restart_count);
    if (s->port)
        message_add_number(&m, "port", s->port);
    if (s->port && s->listening) {
        url = preview_url(s->d, s->port);
        message_add_string(&m, "url", SLICE(url));
    }
    if (s->sid)
        message_add_number(&m, "pid", s->sid);
    if (s->has_exit)
        message_add_number(&m, "exit_code", s->exit_code);
    if (s->spec.health.wanted)
        message_add_boolean(&m, "healthy", s->healthy);
    sockets_publish(s->d, &m);
    message_finish(&m);
    setup_changed(s->d);
}

static void tell_event(const struct server *s)
{
    cleanup_free char *type = xasprintf(
        "server.%s", s->status == STATUS_SERVER_RUNNING ? "started" : status_names[s->status]);
    cJSON *data = event_data("slug", s->spec.slug);

    add_state(s, data);
    if (s->sid && !s->exited)
        cJSON_AddNumberToObject(data, "pid", s->sid);
    if (s->has_exit)
        cJSON_AddNumberToObject(data, "exitCode", s->exit_code);
    if (s->status == STATUS_SERVER_FAILED && s->error[0])
        event_add_text(data, "error", s->error);
    event_tell(s->d, type, data);
    events_check_ready(s->d);
}

void server_set(struct server *s, enum server_status status)
{
    bool changed = s->status != status;

    s->status = status;
    s->updated_wall_ms = clock_wall_ms();
    publish_status(s);
    if (changed) {
        tell_event(s);
        activity_sandbox_changed(s->d, NULL);
    }
}

bool server_set_status(struct server *s, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(status_names); i++)
        if (!strcmp(name, status_names[i])) {
            server_set(s, (enum server_status)i);
            return true;
        }
    return false;
}

static cJSON *health_status(const struct server *s)
{
    cJSON *o = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    if (s->last_check_wall_ms)
        cJSON_AddStringToObject(o, "last_check", clock_format_iso(iso, s->last_check_wall_ms));
    if (s->last_status)
        cJSON_AddNumberToObject(o, "last_status", s->last_status);
    cJSON_AddNumberToObject(o, "consecutive_failures", s->n_failures);
    return o;
}

cJSON *server_info(const struct server *s)
{
    cJSON *o = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    server_spec_write(&s->spec, o, true);
    cJSON_AddStringToObject(o, "path", s->cwd);
    add_state(s, o);
    if (s->sid && !s->exited)
        cJSON_AddNumberToObject(o, "pid", s->sid);
    cJSON_AddNumberToObject(o, "restart_count", s->restart_count);
    if (s->has_exit)
        cJSON_AddNumberToObject(o, "exit_code", s->exit_code);
    if (s->error[0])
        cJSON_AddStringToObject(o, "error", s->error);
    if (s->spec.health.wanted)
        cJSON_AddItemToObject(o, "health_status", health_status(s));
    cJSON_AddStringToObject(o, "created_at", clock_format_iso(iso, s->created_wall_ms));
    cJSON_AddStringToObject(o, "updated_at", clock_format_iso(iso, s->updated_wall_ms));
    return o;
}

/* Is something still to come that somebody may wait for? */
static bool is_ready(const struct server *s)
{
    if (s->status == STATUS_SERVER_RUNNING && s->phase == SERVER_RUNNING)
        return !s->spec.port && !s->spec.health.wanted;
    return s->status == STATUS_SERVER_READY || s->status == STATUS_SERVER_STOPPED;
}

bool servers_ready(const struct servers *all, cJSON *answer, bool *healthy)
{
    cJSON *list = cJSON_AddArrayToObject(answer, "servers");
    const struct server *s;
    bool ready = true;

    for (s = all->by_slug; s; s = s->hh.next) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "slug", s->spec.slug);
        add_state(s, o);
        if (s->spec.health.wanted)
            cJSON_AddItemToObject(o, "health_check", health_status(s));
        cJSON_AddItemToArray(list, o);
        ready &= is_ready(s);
        if (s->status == STATUS_SERVER_FAILED ||
            (s->spec.health.wanted && !s->healthy && s->status != STATUS_SERVER_STOPPED))
            *healthy = false;
    }
    return ready;
}
