/* SPDX-License-Identifier: MIT
 *
 * A control group for each sandbox, sandpit/ID below the gateway's own: what holds all of its
 * processes together, whoever they belong to and whatever they fork.
 *
 * Version 1 (a hierarchy for each of memory, pids and freezer) and version 2 (one for all), as root
 * or where a subtree is delegated to the user. What there is, is found by trying. Without any, all
 * of this does nothing and the limits are kept by other means (host/sandbox_limits.h).
 */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include <stdbool.h>

#include "base/err.h"
#include "host/sandbox_limits.h"

struct cgroup_support {
    int version; /* of what was found; 0: no control groups can be made */
    bool memory, processes, freezer;
    char why_not[160]; /* what is missing and why, when something is */
};

/* The places where a starting sandbox's first process has to write itself to. */
struct cgroup {
    int procs[3]; /* owned, or -1 */
};

/* What this process can have; tried at the first call (about 1 ms, any thread), then known. */
const struct cgroup_support *cgroup_support(void);

/* Makes the group with its limits and opens it. Fails only when a limit that is asked for cannot be
 * had though cgroup_support says it can. */
int cgroup_create(struct cgroup *group, const char *id, const struct limits *limits, struct err *e);
/* The calling process enters; async-signal-safe, for between fork and exec. 0 or -errno. */
int cgroup_join(const struct cgroup *group);
/* Closes; the group itself stays. Zeroed memory is not valid, what cgroup_create filled is. */
void cgroup_finish(struct cgroup *group);

/* Removes a group whose processes are gone, or go within wait_ms (blocking). 0: it is not there any
 * more. */
int cgroup_remove(const char *id, int wait_ms);
/* Removes the groups that an earlier gateway left empty. */
void cgroup_sweep(void);

/* All of its processes stand still, or go on. 0, ERR_UNSUPPORTED without a freezer, ERR_TIMEOUT
 * when one of them cannot be stopped (it is thawed again). Blocks up to 2 s. */
int cgroup_freeze(const char *id, struct err *e);
int cgroup_thaw(const char *id, struct err *e);

#endif
