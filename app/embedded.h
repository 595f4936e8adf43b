/* SPDX-License-Identifier: MIT
 *
 * This user's embedded gateway: finds the one that runs, else starts `sandpitd gateway`, detached,
 * on the state folder $XDG_STATE_HOME/sandpitd. It outlives this program.
 *
 * The gateway holds a lock on its state folder, so when two programs start one at once the loser's
 * child exits and the loser goes on to use the winner's.
 */
#ifndef APP_EMBEDDED_H
#define APP_EMBEDDED_H

#include <stdbool.h>
#include <uv.h>

#include "app/paths.h"
#include "base/err.h"

#define EMBEDDED_START_MS 10000

struct embedded;

struct embedded_ops {
    /* It answers at url and takes api_key (both borrowed for the call). */
    void (*on_ready)(void *user, const char *url, const char *api_key);
    void (*on_failed)(void *user, const struct err *e);
};

/* paths and ops are borrowed. Nothing happens before embedded_ensure. */
struct embedded *embedded_create(uv_loop_t *loop, const struct paths *paths,
                                 const struct embedded_ops *ops, void *user);
/* Finds or starts it; one callback of ops follows, on the loop. No effect while one is pending.
 * Starts that follow each other too fast wait: 0, 0.5, 1, 2… up to 15 s. */
void embedded_ensure(struct embedded *m);
/* Forgets the waiting time: the user asked for it. */
void embedded_ensure_now(struct embedded *m);
/* Calls nobody back any more; frees itself once its handles are closed, for which the loop must
 * run. The gateway runs on. Accepts NULL. */
void embedded_destroy(struct embedded *m);

/* Runs a loop of its own until it is there. The caller frees *url and *api_key. */
int embedded_ensure_sync(const struct paths *paths, char **url, char **api_key, struct err *e);

struct embedded_record {
    char *url, *version; /* owned; version may be NULL */
    long pid;
};
/* DIR/gateway.json. False: absent or not to be understood. It says nothing about whether the
 * gateway still runs. */
bool embedded_record_read(struct embedded_record *r, const char *state_dir);
void embedded_record_finish(struct embedded_record *r);
/* GET url/health, blocking. */
int embedded_probe(const char *url, long timeout_ms, struct err *e);

#endif
