/* SPDX-License-Identifier: MIT
 *
 * Plays an asciicast v2 file into a terminal, a bounded piece at a time, forwards and by seeking.
 *
 * The file is read as it is needed, at most REPLAY_LINE_MAX of it held; it may be anyone's. Lines
 * that cannot be read are skipped and counted. Snapshots taken on the way (every 10 s of its time,
 * rarer when they would take more than REPLAY_SNAPSHOT_BYTES) make going back quick.
 */
#ifndef VTERM_REPLAY_H
#define VTERM_REPLAY_H

#include "base/err.h"
#include "vterm/term.h"

#define REPLAY_LINE_MAX       ((size_t)1 << 20)
#define REPLAY_SNAPSHOT_BYTES ((size_t)32 << 20)

struct replay_source {
    /* Up to n bytes at an offset: how many there were, 0 at the end, -1 and errno. */
    long (*read)(void *user, uint64_t offset, char *out, size_t n);
    void *user;
    uint64_t size; /* of the file; 0: not known, and so is the duration */
};

struct replay;

/* NULL: it is no such file, or cannot be read; the reason says which. */
struct replay *replay_create(const struct replay_source *source, size_t scrollback_lines,
                             struct err *e);
void replay_destroy(struct replay *r);

/* The same for the replay's life. It answers no query. */
struct term *replay_term(struct replay *r);
const char *replay_title(const struct replay *r); /* or "" */
int64_t replay_timestamp(const struct replay *r); /* seconds since 1970, or 0 */

/* Plays all up to a time. False: `budget` bytes of the file were used up before, call again. A
 * change of size counts as many. */
bool replay_advance(struct replay *r, int64_t until_ms, size_t budget);
/* Goes back to the last snapshot before that time, if it is past; advance goes on from there. */
void replay_seek(struct replay *r, int64_t ms);
int64_t replay_time_ms(const struct replay *r);
/* When the next event is due; -1: there is none. */
int64_t replay_next_ms(struct replay *r);
/* Of the last event; -1: not known. */
int64_t replay_duration_ms(const struct replay *r);
unsigned replay_skipped(const struct replay *r);

#endif
