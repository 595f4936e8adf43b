/* SPDX-License-Identifier: MIT
 *
 * What a sandbox uses now (extension `stats`).
 */
#ifndef CLIENT_STATS_H
#define CLIENT_STATS_H

#include "client/remote.h"

#define STATS_PORTS_MAX 64

struct sandbox_stats {
    double cpu_percent; /* of one core */
    int n_cores;
    int64_t cpu_ms;                           /* used so far */
    int64_t memory_bytes, memory_limit_bytes; /* limits: 0 is none, or not said */
    int n_processes, n_threads, max_processes;
    int64_t disk_bytes, disk_free_bytes;
    int ports[STATS_PORTS_MAX]; /* that something listens on */
    size_t n_ports;
};
typedef void (*stats_cb)(void *user, const struct sandbox_stats *s, const struct err *e);

/* ERR_NOT_FOUND from hosts without the extension. */
struct request *sandbox_stats(struct remote *r, stats_cb cb, void *user);

#endif
