/* SPDX-License-Identifier: MIT
 *
 * What programs ask their terminal (DA, DSR, DECRQM, colours…), found in a stream. `sandpit attach`
 * passes its stream on to a terminal that would answer; where somebody else does, it must not be
 * asked.
 */
#ifndef APP_QUESTIONS_H
#define APP_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define QUESTION_MAX 256 /* what is longer and has not asked by then is none */

struct questions {
    enum {
        QUESTIONS_TEXT,
        QUESTIONS_ESCAPE,
        QUESTIONS_CSI,
        QUESTIONS_STRING,
        QUESTIONS_SWALLOWED, /* the rest of a long question for colours */
    } state;
    char held[QUESTION_MAX]; /* a sequence whose end is still to come */
    size_t n_held;
};

/* Appends to out the bytes without the questions. */
void questions_drop(struct questions *q, const char *bytes, size_t n, struct buf *out);
/* Nothing is dropped from here on: appends what was held. */
void questions_flush(struct questions *q, struct buf *out);
/* Do these bytes come from a terminal that answers, not from somebody who types? */
bool questions_is_answer(const char *bytes, size_t n);

#endif
