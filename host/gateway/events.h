/* SPDX-License-Identifier: MIT
 *
 * Events of sandboxes on disk: DIR/events.db (SQLite, WAL). Calls block for microseconds.
 *
 * Kept are the last EVENTS_MAX of a sandbox and EVENTS_SANDBOX_BYTES_MAX of them, those of the last
 * EVENTS_LIFE_MS, and EVENTS_BYTES_MAX in all; the oldest go first. They outlive their sandbox.
 */
#ifndef HOST_GATEWAY_EVENTS_H
#define HOST_GATEWAY_EVENTS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/err.h"

#define EVENTS_MAX               10000
#define EVENTS_BYTES_MAX         ((int64_t)256 * 1024 * 1024)
#define EVENTS_SANDBOX_BYTES_MAX ((int64_t)32 * 1024 * 1024)
#define EVENTS_LIFE_MS           ((int64_t)7 * 24 * 3600 * 1000)
#define EVENT_TYPE_MAX           256
#define EVENT_DATA_MAX           ((size_t)256 * 1024) /* as JSON text */

struct events;

struct event {
    char id[24];
    int64_t timestamp_ms;              /* later than that of the event before, short of a flood */
    const char *sandbox, *type, *data; /* borrowed; data is a JSON text of one line */
};

struct events *events_open(const char *path, struct err *e);
void events_close(struct events *s);
/* Fills in id and time. */
int events_add(struct events *s, struct event *event, struct err *e);

struct events_query {
    const char *sandbox;
    const char *type; /* NULL: any */
    int64_t since_ms; /* only later ones, the oldest of them; -1: the newest there are */
    int64_t limit;
};
/* An array in order of time, the caller's; NULL on failure. */
cJSON *events_find(struct events *s, const struct events_query *q, struct err *e);
/* An event as one line of JSON, the caller's to free. */
char *event_line(const struct event *event);
/* Removes what is not to be kept any more. */
void events_prune(struct events *s);

#endif
