/* SPDX-License-Identifier: MIT
 *
 * Who needs somebody: what the host counts of a terminal (client/activity.h) as a score with its
 * reasons. Pure.
 *
 * A score is the sum of its reasons' weights (the table in attention.c), so it explains itself.
 * Weights change only at known moments: `next_ms` is the nearest, so one timer serves any number of
 * terminals and nothing is polled. Ages in the texts step coarsely for the same reason.
 */
#ifndef VIEWS_ATTENTION_H
#define VIEWS_ATTENTION_H

#include "client/activity.h"

/* From this score on a terminal counts as needing somebody. */
#define ATTENTION_NEEDED 100

enum attention_kind {
    ATTENTION_HAND,    /* raised, and not taken down */
    ATTENTION_SAME,    /* the same error again and again */
    ATTENTION_FAILING, /* several commands failed in a row */
    ATTENTION_SERVER,  /* a server of the sandbox failed */
    ATTENTION_SIGNAL,  /* a signal reported an error */
    ATTENTION_MUTE,    /* keys get no answer */
    ATTENTION_SILENT,  /* a command prints nothing since Enter */
    ATTENTION_BELL,    /* rang since the last key */
    ATTENTION_FAILED,  /* the last command failed */
    ATTENTION_IDLE,    /* nothing typed or printed for long */
    ATTENTION_KINDS
};

#define ATTENTION_TEXT_SIZE 160

struct attention_reason {
    enum attention_kind kind;
    int weight;
    char text[ATTENTION_TEXT_SIZE]; /* "failed 4 in a row: exit 1: ModuleNotFoundError: …" */
};

struct attention {
    int score;
    size_t n;
    struct attention_reason reasons[ATTENTION_KINDS]; /* the heaviest first */
    int64_t next_ms; /* clock_mono_ms when it may look different by itself; 0: never */
};

/* a NULL: the sandbox has no terminal; s NULL: nothing is known of its servers and signals. now_ms
 * is of clock_mono_ms, as are the facts. */
void attention_of(struct attention *out, const struct activity *a, const struct activity_sandbox *s,
                  int64_t now_ms);
/* Sign and word of the heaviest reason, short enough for a tile: "✗ 4 failed"; "" when there is
 * none. Returns out. */
char *attention_sign(const struct attention *a, char *out, size_t cap);
/* "40s", "3m", "2h"; *next_ms (not NULL) becomes the nearer of itself and the moment the text
 * changes, for a time that was at then_ms. Returns out. */
#define ATTENTION_AGE_SIZE 24
char *attention_age(char out[ATTENTION_AGE_SIZE], int64_t then_ms, int64_t now_ms,
                    int64_t *next_ms);

#endif
