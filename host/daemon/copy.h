/* SPDX-License-Identifier: MIT
 *
 * Copying a directory tree into another one. Blocks: for the thread pool.
 *
 * Files and links of the same name are replaced (each at once, as a whole), directories merged.
 * Modes and times are kept. Sockets, FIFOs, devices, ignored paths, what is mounted inside, and the
 * target itself when it lies inside the source are skipped and noted.
 */
#ifndef HOST_DAEMON_COPY_H
#define HOST_DAEMON_COPY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <uv.h>

#include "base/err.h"
#include "host/daemon/ignore.h"

#define COPY_SKIPPED_MAX 1000 /* noted */
#define COPY_DEPTH_MAX   200

/* Read by others while the copy goes on: the list under the lock. */
struct copy_stats {
    atomic_uint files, dirs, linked;
    uv_mutex_t lock;
    char **skipped; /* owned */
    size_t n_skipped, n_more;
};

struct copy_spec {
    const char *source, *target; /* resolved */
    bool link_packages;          /* node_modules and its like become links to the source's */
    const struct ignore *ignore;
    const atomic_bool *stop, *cancelled;
    /* Temporary files in the target older than that (by CLOCK_REALTIME_COARSE, as files are) are
     * removed: a copy that was cut off left them. 0: none. */
    struct timespec sweep_before;
};

void copy_stats_init(struct copy_stats *s);
void copy_stats_finish(struct copy_stats *s);
/* Notes a path that was skipped. */
void copy_stats_skip(struct copy_stats *s, const char *relative);
/* Stops at the first failure; what was copied stays. */
int copy_tree(const struct copy_spec *spec, struct copy_stats *stats, struct err *e);

#endif
