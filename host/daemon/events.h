/* SPDX-License-Identifier: MIT
 *
 * What the daemon tells of what happens in it, for the gateway to store and pass on (protocol.md
 * section 4). Types are noun.verb; docs/sandpitd.8 lists them with their data.
 *
 * Bounded: EVENTS_BURST at once and EVENTS_PER_S for long, of executions and of the rest each; what
 * is beyond is counted and told as event.dropped. No event carries contents of files, values of
 * variables, output or secrets; texts are cut at EVENT_TEXT_MAX bytes.
 */
#ifndef HOST_DAEMON_EVENTS_H
#define HOST_DAEMON_EVENTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#define EVENTS_BURST   400
#define EVENTS_PER_S   100
#define EVENT_TEXT_MAX 1024

struct daemon;

struct event_bucket {
    bool started;
    int64_t at_ms, room; /* thousandths of an event */
    unsigned n_dropped;
};

/* Zeroed memory is valid. */
struct events {
    struct event_bucket executions, others;
    bool ready_told;
};

/* Takes data over; NULL: {}. */
void event_tell(struct daemon *d, const char *type, cJSON *data);
/* {name: text}, and more to add to; any bytes. */
cJSON *event_data(const char *name, const char *text);
void event_add_text(cJSON *data, const char *name, const char *text);
/* Tells sandbox.ready once there is nothing more to wait for and somebody hears it. */
void events_check_ready(struct daemon *d);

#endif
