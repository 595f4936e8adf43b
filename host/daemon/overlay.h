/* SPDX-License-Identifier: MIT
 *
 * Overlays: a template directory of the sandbox copied into another one, in the background.
 *
 * At most OVERLAYS_MAX are known and OVERLAYS_RUNNING_MAX copied at a time; the others are pending.
 * Deleting one forgets it and stops its copy; the files stay. They are kept on the disk
 * (state_file.h).
 */
#ifndef HOST_DAEMON_OVERLAY_H
#define HOST_DAEMON_OVERLAY_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "host/daemon/copy.h"
#include "host/daemon/ignore.h"
#include "host/daemon/state_file.h"
#include "wire/message.h"

#define OVERLAYS_MAX         256
#define OVERLAYS_RUNNING_MAX 2

struct daemon;
struct overlay;

enum overlay_status { OVERLAY_PENDING, OVERLAY_IN_PROGRESS, OVERLAY_COMPLETE, OVERLAY_FAILED };

/* Embedded in whoever waits. on_end runs once, on the loop, when the copy is complete or failed, or
 * the overlay was deleted. */
struct overlay_waiter {
    TAILQ_ENTRY(overlay_waiter) entry;
    void (*on_end)(struct overlay *o, void *user);
    void *user;
};

struct overlay {
    TAILQ_ENTRY(overlay) entry;
    struct daemon *d; /* borrowed */
    char id[24];
    char *source, *target;           /* owned; as they were given */
    char *source_path, *target_path; /* owned; resolved */
    cJSON *globs;                    /* owned; what ignore was read from, or NULL */
    bool smart;
    bool forgotten; /* deleted while the copy ran */
    int64_t created_wall_ms;
    enum overlay_status status;
    struct ignore ignore;
    struct copy_stats stats;
    struct timespec cut_off; /* its copy was, before that; 0: it was not */
    atomic_bool cancelled;
    uv_work_t work;
    int result;
    struct err e;
    TAILQ_HEAD(overlay_waiters, overlay_waiter)
    waiters;
};

struct overlays {
    TAILQ_HEAD(overlay_list, overlay)
    list;
    unsigned n, n_running;
    struct state_file file;
};

/* Reads those of the last daemon; copies that were interrupted begin anew. */
void overlays_init(struct daemon *d);

/* {source, target, ignore?, strategy?}; starts copying. ERR_ARG, ERR_NOT_FOUND (no such source) or
 * ERR_LIMIT. */
struct overlay *overlay_create(struct daemon *d, const cJSON *spec, struct err *e);
struct overlay *overlay_find(struct daemon *d, struct slice id);
void overlay_delete(struct overlay *o);
/* saved hears when the overlays as they are now are on the disk. */
void overlays_save(struct daemon *d, struct state_saved *saved);
/* One that is complete or failed has to be told by its status instead. */
void overlay_await(struct overlay *o, struct overlay_waiter *w);
void overlay_unawait(struct overlay *o, struct overlay_waiter *w);
/* {id, source, target, strategy, created_at, stats, copy_status, copy_error?} */
cJSON *overlay_info(struct overlay *o);

/* Adds "overlays": [{id, source, target, copy_status}]. */
void overlays_describe(struct daemon *d, cJSON *object);
/* Is any pending or in progress? */
bool overlays_busy(const struct daemon *d);
/* The daemon stops: no more is written. */
void overlays_stop(struct daemon *d);
void overlays_finish(struct daemon *d);

#endif
