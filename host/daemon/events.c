/* SPDX-License-Identifier: MIT */
#include "host/daemon/events.h"

#include <string.h>
#include <sys/param.h>

#include "base/clock.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsontext.h"

#define ONE 1000

static bool take(struct event_bucket *b)
{
    int64_t now = clock_mono_ms();

    if (!b->started)
        b->room = (int64_t)EVENTS_BURST * ONE;
    else
        b->room = MIN(b->room + (now - b->at_ms) * EVENTS_PER_S, (int64_t)EVENTS_BURST * ONE);
    b->started = true;
    b->at_ms = now;
    if (b->room < ONE) {
        b->n_dropped++;
        return false;
    }
    b->room -= ONE;
    return true;
}

void event_tell(struct daemon *d, const char *type, cJSON *data)
{
    struct events *all = &d->events;
    bool execution = !strncmp(type, "execution.", 10);
    struct event_bucket *b = execution ? &all->executions : &all->others;

    /* What ends with the sandbox is told by its end. */
    if (d->stopping || !take(b)) {
        cJSON_Delete(data);
        return;
    }
    if (b->n_dropped) {
        cJSON *dropped = cJSON_CreateObject();

        cJSON_AddNumberToObject(dropped, "count", b->n_dropped);
        cJSON_AddStringToObject(dropped, "kind", execution ? "execution" : "other");
        b->n_dropped = 0;
        link_server_event(&d->links, "event.dropped", dropped);
    }
    link_server_event(&d->links, type, data ? data : cJSON_CreateObject());
}

void event_add_text(cJSON *data, const char *name, const char *text)
{
    json_add_bytes(data, name, text, strnlen(text, EVENT_TEXT_MAX));
}

cJSON *event_data(const char *name, const char *text)
{
    cJSON *data = cJSON_CreateObject();

    event_add_text(data, name, text);
    return data;
}

void events_check_ready(struct daemon *d)
{
    cJSON *answer;
    bool healthy = true;

    if (d->events.ready_told || !d->links.n_peers || d->stopping)
        return;
    answer = cJSON_CreateObject();
    if (servers_ready(&d->servers, answer, &healthy) && !overlays_busy(d)) {
        d->events.ready_told = true;
        event_tell(d, "sandbox.ready", event_data("sandboxId", d->settings.id));
    }
    cJSON_Delete(answer);
}
