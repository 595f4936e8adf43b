/* SPDX-License-Identifier: MIT
 *
 * One viewer's view of one terminal: the output it has still to get.
 *
 * A socket sends the frames of its subscriptions (at most FRAME_MAX each) in turn, so one
 * terminal's flood stands behind at most one frame of another's echo plus what the socket has
 * queued already. A little output after a pause goes first.
 */
#ifndef HOST_DAEMON_SUBSCRIPTION_H
#define HOST_DAEMON_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "host/daemon/answer.h"
#include "host/daemon/outbox.h"

#define FRAME_MAX 16384
/* A viewer so far behind stops the PTY: what is printed after C-c stands behind all that waits, its
 * own and, in turn, that of the socket's other floods. So these share what one alone may have. */
#define SUBSCRIPTION_HIGH ((size_t)64 * 1024)
#define SUBSCRIPTIONS_ALL (2 * SUBSCRIPTION_HIGH)
#define SUBSCRIPTION_LOW  ((size_t)8 * 1024)

struct session;
struct socket;

struct subscription {
    TAILQ_ENTRY(subscription) of_session, of_socket, ready_entry;
    struct socket *socket;   /* borrowed */
    struct session *session; /* borrowed; NULL after the session ended */
    char terminal_id[24];
    bool base64;
    enum answer_wish wish;
    bool is_terminal;  /* it showed that it is one, which answers */
    bool answers;      /* it offered to, and is the one */
    uint64_t first_ms; /* when it went before others */
    bool ready;        /* in the socket's list of those that have something to send */
    bool lagging;      /* cut off: gets a snapshot when it has taken what it is owed */
    bool ended;        /* terminal:destroyed follows what waits */
    int exit_code;     /* of the shell; -1: it did not end by itself */
    struct outbox waiting;
    size_t owed; /* of waiting: snapshot or backlog, which does not count against the viewer */
};

/* Output of the program, whole UTF-8 sequences only. */
void subscription_push(struct subscription *sub, const char *bytes, size_t n);
/* Bytes waiting that count. */
size_t subscription_backlog(const struct subscription *sub);
/* So far that the PTY has to wait for it. */
bool subscription_is_behind(const struct subscription *sub);
/* Cuts it off: what waits and is not owed is dropped. */
void subscription_cut(struct subscription *sub);

#endif
