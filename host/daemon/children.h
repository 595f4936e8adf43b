/* SPDX-License-Identifier: MIT
 *
 * The processes a pid 1 started, and the ones it inherits.
 *
 * Everything that ends is reaped with waitpid(-1), orphans of the sandbox included; that steals the
 * exits of uv_spawn, so processes are forked here (process.h) and told apart by this table.
 */
#ifndef HOST_DAEMON_CHILDREN_H
#define HOST_DAEMON_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>
#include <uthash.h>
#include <uv.h>

#include "base/err.h"

/* Embedded in whoever cares. on_exit runs once on the loop, after the child left the table, with
 * the status of waitpid. */
struct child {
    pid_t pid; /* 0: not in the table */
    void (*on_exit)(struct child *child, int status);
    UT_hash_handle hh;
};

struct children {
    uv_signal_t sigchld;
    struct child *by_pid;
};

int children_init(struct children *c, uv_loop_t *loop, struct err *e);
/* Stops reaping; the caller runs the loop until the handle is closed. */
void children_stop(struct children *c);
/* From the loop's thread, in the turn that forked it. */
void children_add(struct children *c, struct child *child, pid_t pid);
/* Its exit is reaped, but nobody is told. A child that is not in the table is ignored. */
void children_forget(struct children *c, struct child *child);
/* Reaps what has ended; the signal does it, tests and shutdown may. Returns whether any child is
 * left, inherited ones included. */
bool children_reap(struct children *c);

#endif
