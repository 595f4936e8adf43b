/* SPDX-License-Identifier: MIT
 *
 * What was destroyed but waits out the grace of its processes before it is freed. Listed, so that
 * the daemon's own end need not wait for it.
 */
#ifndef HOST_DAEMON_DYING_H
#define HOST_DAEMON_DYING_H

#include <sys/queue.h>

struct dying {
    TAILQ_ENTRY(dying) entry;
    /* Ends the grace now; takes itself out of the list. */
    void (*end)(struct dying *d);
};

TAILQ_HEAD(dying_list, dying);

#endif
