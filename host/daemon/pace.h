/* SPDX-License-Identifier: MIT
 *
 * Who types goes before who floods. For PACE_TYPED_MS after input in one terminal the others are
 * not read for PACE_HUSH_MS, then PACE_BYTES every PACE_TICK_MS, all of them together: much more
 * than anybody reads, and little enough that neither the cores nor the sockets are full when the
 * echo comes. A tick lies between two hushes, however fast somebody types; where two people type,
 * none waits for the other's echo (PACE_OWN_MS). Costs nothing while nobody types or nobody floods.
 */
#ifndef HOST_DAEMON_PACE_H
#define HOST_DAEMON_PACE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define PACE_TYPED_MS 2000
#define PACE_HUSH_MS  6
#define PACE_OWN_MS   50
#define PACE_TICK_MS  10
#define PACE_BYTES    ((size_t)16 * 1024)

struct daemon;
struct session;

struct pace {
    uv_timer_t tick;              /* while somebody is held back */
    uint64_t typed_ms, hushed_ms; /* the last input; the beginning of the last hush */
    const struct session *typed;  /* never followed */
    size_t share;                 /* of one terminal, in bytes a tick */
};

struct pace_use {
    uint64_t since_ms; /* the beginning of its tick */
    size_t n;          /* bytes read since */
    uint64_t typed_ms; /* the last input of its own */
};

void pace_init(struct daemon *d);
/* Its handle closes with the loop; nothing is held back any more. */
void pace_close(struct daemon *d);
/* Input for its program came that somebody typed (wire/report.h). */
void pace_typed(struct session *s);
/* How much of it may be read now; after 0 session_update_flow is called when that is over. */
size_t pace_room(struct session *s);
void pace_read(struct session *s, size_t n);

#endif
