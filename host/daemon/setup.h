/* SPDX-License-Identifier: MIT
 *
 * What the sandbox is born with (POST /v1/sandboxes {directory, overlays, servers}), and telling
 * the gateway what becomes of it.
 *
 * A payload that is wrong leaves d->refusal set: the gateway is told that instead of the state, and
 * ends the sandbox.
 */
#ifndef HOST_DAEMON_SETUP_H
#define HOST_DAEMON_SETUP_H

#include <cjson/cJSON.h>
#include <uv.h>

struct daemon;

struct setup {
    uv_timer_t timer; /* changes are collected */
    char *directory; /* owned; where commands begin and relative paths count from; NULL: the home */
    char *refusal;   /* owned; why the sandbox cannot be as it was asked to be; NULL: it can */
};

/* Finds and makes the directory; before any other part that runs commands. */
void setup_init(struct daemon *d);
/* Makes the overlays and servers of the settings, once everything else is there. */
void setup_begin(struct daemon *d);
/* A server or an overlay has changed: the gateway hears of it soon. */
void setup_changed(struct daemon *d);
/* The packets that say how servers and overlays are, an array, the caller's: each an object
 * {"op":"setup","first":b,"directory":…,"servers":[…],"overlays":[…]}; first: forget the earlier
 * ones. */
cJSON *setup_packets(struct daemon *d);
void setup_finish(struct daemon *d);
/* The default working directory: the one asked for, or the home. Borrowed. */
const char *setup_directory(const struct daemon *d);

#endif
