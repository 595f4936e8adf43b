/* SPDX-License-Identifier: MIT
 *
 * The work of one student into one archive: OUTPUT/NAME-ID.tar.gz.
 */
#ifndef APP_CLASS_COLLECT_H
#define APP_CLASS_COLLECT_H

#include "app/session.h"
#include "base/buf.h"
#include "client/transfer.h"

#define COLLECTOR_SIGNALS 3

enum yield_state { YIELD_NONE, YIELD_WHOLE, YIELD_PARTIAL, YIELD_FAILED, YIELD_DESTROYED };

/* What came of one sandbox. */
struct yield {
    struct sandbox_info info; /* the caller's to set */
    enum yield_state state;
    char *archive; /* owned; NULL: none */
    size_t files, recordings;
    size_t earlier; /* recordings of another sandbox that had its name before; left out */
    int64_t bytes;  /* before they were packed */
    struct err err;
};
void yield_finish(struct yield *y);

struct collector {
    struct session *session;
    const char *output; /* a folder that is there; borrowed */
    int signal;         /* that ended it, or 0 */
    uv_signal_t signals[COLLECTOR_SIGNALS];
    /* Of the one being collected. */
    struct yield *yield;
    char *home;       /* owned */
    struct buf notes; /* what was left out */
    bool is_partial;  /* files were among that */
    struct transfer *transfer;
    struct request *asking;
    uv_timer_t silence; /* one that hangs must not hold up the others */
    int64_t exit_status;
};

/* Until collector_finish, SIGINT, SIGTERM and SIGHUP end what is under way. */
void collector_init(struct collector *x, struct session *s, const char *output);
void collector_finish(struct collector *x);
/* Fills y; an archive that was there before is replaced as a whole, by a whole one only. */
void collector_take(struct collector *x, struct yield *y);

#endif
