/* SPDX-License-Identifier: MIT
 *
 * A PTY with a shell in it: output goes into a struct term (for snapshots, title and size) and to
 * the subscriptions of viewers (subscription.h), input comes from them.
 *
 * Flow: the PTY is read at most 16 KiB a turn, and not while a live viewer has more than its share
 * waiting (subscription.h): the kernel then stops the program. One viewer alone may be as slow as
 * it likes; where there are several, one that holds the others up for STALL_MS is cut off and gets
 * a snapshot once it has taken what it was owed. Before the first subscription output is kept raw
 * up to BACKLOG_MAX; past that the first viewer gets a snapshot, too.
 */
#ifndef HOST_DAEMON_SESSION_H
#define HOST_DAEMON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/daemon/acks.h"
#include "host/daemon/activity.h"
#include "host/daemon/children.h"
#include "host/daemon/dying.h"
#include "host/daemon/outbox.h"
#include "host/daemon/pace.h"
#include "vterm/term.h"

#define BACKLOG_MAX    ((size_t)1024 * 1024)
#define SESSION_READ   16384
#define STALL_MS       1000
#define INPUT_HIGH     ((size_t)1024 * 1024) /* a viewer that typed more than that is not read */
#define INPUT_LOW      ((size_t)512 * 1024)
#define SNAPSHOT_LINES 10000
#define SNAPSHOT_BYTES ((size_t)8 * 1024 * 1024) /* of scrollback, packed, per terminal */

struct daemon;
struct terminal;
struct subscription;

struct session {
    struct terminal *terminal; /* borrowed */
    int master;                /* owned */
    uv_poll_t poll;
    uv_timer_t stall;
    int n_handles;
    struct child shell;
    int exit_code; /* of the shell once it has exited by itself; 0 before */
    struct dying dying;
    struct daemon *d; /* borrowed; outlives the terminal's */
    pid_t sid;
    struct term *term; /* owned */
    char *command;     /* owned; the shell's path */
    int64_t output_ms; /* wall clock of the last output; 0: none yet */
    bool base64;
    bool paused; /* not read: a viewer has enough waiting, or somebody types elsewhere */
    bool hung_up, ended;
    int events; /* what the poll asks for */
    char carry[4];
    size_t n_carry; /* the beginning of a UTF-8 sequence whose rest is still to come */
    struct outbox input;
    struct acks acks;
    struct facts facts;
    struct pace_use pace;
    bool subscribed; /* once */
    bool backlog_lost;
    struct buf backlog;
    TAILQ_HEAD(viewer_list, subscription)
    subscriptions;
    unsigned n_subscriptions;
    bool answered; /* a viewer answers what the program asks (answer.h) */
};

struct terminal_options;

int session_create(struct terminal *t, const struct terminal_options *options, struct err *e);
/* Tells the viewers, hangs up, kills what is left of the session, frees when the handles are
 * closed. */
void session_destroy(struct session *s);

/* Queues input for the program. False: the queue is full, stop reading from whom it came. */
bool session_input(struct session *s, const char *bytes, size_t n);
/* Returns whether the size changed. */
bool session_resize(struct session *s, double cols, double rows);
/* What a new (or resynchronised) subscription starts from. */
void session_snapshot(struct session *s, struct buf *out);
/* Reads or does not read, by what the viewers have waiting. */
void session_update_flow(struct session *s);

#endif
