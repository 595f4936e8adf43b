/* SPDX-License-Identifier: MIT
 *
 * What the files about events share. For client/ only.
 */
#ifndef CLIENT_EVENT_INTERNAL_H
#define CLIENT_EVENT_INTERNAL_H

#include "client/event.h"
#include "wire/message.h"

#define EVENTS_HOSTED "events.computesdk.com"
#define EVENTS_PORT   6380

bool events_are_hosted(const struct gateway *g);
/* Strings borrowed from json; false: no event. */
bool event_read(struct event_info *event, const cJSON *json);

/* --- the lines of the publish/subscribe port --- */

enum pubsub_reply { PUBSUB_MORE, PUBSUB_OK, PUBSUB_ERROR, PUBSUB_EVENT, PUBSUB_OTHER, PUBSUB_BAD };

#define PUBSUB_MESSAGE_MAX ((size_t)1 << 20)

/* Reads one reply from the front: *n_used of it, with payload (borrowed) an error's text or an
 * event's JSON. PUBSUB_MORE: it is not whole yet. PUBSUB_BAD: this is not the protocol. */
enum pubsub_reply pubsub_read(const char *bytes, size_t n, size_t *n_used, struct slice *payload);

#endif
