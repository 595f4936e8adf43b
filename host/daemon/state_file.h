/* SPDX-License-Identifier: MIT
 *
 * What a part of the daemon has to know after its end: one JSON file in STATE_FOLDER inside the
 * sandbox, replaced whole and synced on the thread pool. The folder lies where those inside can
 * write, so what is read is read like a request.
 */
#ifndef HOST_DAEMON_STATE_FILE_H
#define HOST_DAEMON_STATE_FILE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"

#define STATE_FOLDER "/var/lib/sandpit" /* 0700 */

struct daemon;
struct state_save;

/* Embedded in whoever waits for the disk. on_saved runs once; e NULL: it is on the disk. */
struct state_saved {
    TAILQ_ENTRY(state_saved) entry;
    void (*on_saved)(struct state_saved *saved, const struct err *e);
};
TAILQ_HEAD(state_saved_list, state_saved);

struct state_file {
    struct daemon *d;
    const char *name;           /* in the folder; borrowed */
    cJSON *(*describe)(void *); /* all there is to know; a new object */
    void *user;
    struct state_save *save; /* under way */
    struct state_saved_list waiting;
    bool again;
};

void state_file_init(struct state_file *f, struct daemon *d, const char *name,
                     cJSON *(*describe)(void *user), void *user);
/* Writes what describe says now, and later changes with it when one is under way. saved may be
 * NULL. */
void state_file_save(struct state_file *f, struct state_saved *saved);
/* The daemon ends: who waits is told so, what is under way is finished by the pool. */
void state_file_stop(struct state_file *f);
/* Makes the folder; NULL when there is no file, or none that can be read. Only at the start. */
cJSON *state_file_read(const struct state_file *f);

#endif
