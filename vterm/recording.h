/* SPDX-License-Identifier: MIT
 *
 * A terminal session as an asciicast v2 file (docs.asciinema.org/manual/asciicast/v2): a header
 * line, then a line of JSON an event. This makes the lines; whoever owns the file writes them.
 *
 * What is typed is not recorded. Times are the caller's monotonic nanoseconds.
 */
#ifndef VTERM_RECORDING_H
#define VTERM_RECORDING_H

#include "vterm/term.h"

#define RECORDING_BYTES_MAX ((uint64_t)1 << 30) /* of a file, when nothing else is said */
#define RECORDING_LINE_MAX  (100 * 1024)        /* of one write */

struct recording;

struct recording_config {
    int rows, cols;
    int64_t wall_ms;     /* when it begins, since 1970 */
    const char *title;   /* NULL: none; copied, as the next two */
    const char *command; /* what ran */
    const char *term;    /* TERM of it */
    uint64_t bytes_max;  /* 0: RECORDING_BYTES_MAX */
    /* Whole lines, at most RECORDING_LINE_MAX bytes each call; must not destroy the recording. */
    void (*on_write)(void *user, const char *bytes, size_t n);
    void *user;
};

/* Writes the header. */
struct recording *recording_create(const struct recording_config *config, int64_t now_ns);
/* Writes what is still held of a cut character. NULL allowed. */
void recording_destroy(struct recording *r, int64_t now_ns);

/* Any bytes, cut anywhere: characters are put together over cuts, invalid ones become U+FFFD. Once
 * the file is full nothing more is written. */
void recording_output(struct recording *r, int64_t now_ns, const char *bytes, size_t n);
void recording_resize(struct recording *r, int64_t now_ns, int rows, int cols);
/* What the terminal shows now, with so many lines above: for a recording that begins in the middle
 * of a session. */
void recording_snapshot(struct recording *r, int64_t now_ns, const struct term *t,
                        size_t scrollback_lines);

/* While it pauses nothing is written and its time stands still. The terminal (or NULL) is what is
 * shown on resuming: its size and its screen are written. */
void recording_pause(struct recording *r, int64_t now_ns);
void recording_resume(struct recording *r, int64_t now_ns, const struct term *t);
bool recording_paused(const struct recording *r);

/* Length so far, without pauses. */
int64_t recording_elapsed_ns(const struct recording *r, int64_t now_ns);
bool recording_full(const struct recording *r);

#endif
