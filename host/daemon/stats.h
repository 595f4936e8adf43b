/* SPDX-License-Identifier: MIT
 *
 * What the sandbox uses now (extension `stats`), summed up from its /proc: the numbers of its
 * control group lie outside.
 */
#ifndef HOST_DAEMON_STATS_H
#define HOST_DAEMON_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct stats {
    int n_processes, n_threads;
    int64_t cpu_ms;         /* of all processes there are or were, so far */
    int64_t resident_bytes; /* pages of files and shared ones count in each process */
    int64_t memory_bytes;   /* without those */
};

/* Adds one process by the text of its /proc/PID/stat and statm. False: not such text. */
bool stats_add(struct stats *s, const char *stat, const char *statm, int64_t page_bytes,
               int64_t ticks_per_s);
/* Reads all of /proc; takes about 20 µs a process. On any thread. */
void stats_read(struct stats *s);
/* What GET /stats keeps; when no work is under way any more. */
void stats_finish(void);

#endif
