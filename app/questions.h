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

#define QUESTION_MAX 256 /* of what is longer it is known by then whether it can ask */
/* But for colours, of which the last one of many can be asked for. All 256 of the palette set at
 * once are shorter; what is longer is dropped. */
#define QUESTION_STRING_MAX 8192

struct questions {
    enum {
        QUESTIONS_TEXT,
        QUESTIONS_C1, /* after C2: U+0080..U+009F are ESC and a character */
        QUESTIONS_ESCAPE,
        QUESTIONS_CSI,
        QUESTIONS_STRING,
        QUESTIONS_PASSED,    /* the rest of a string that asks nothing */
        QUESTIONS_SWALLOWED, /* the rest of a string that asks */
    } state;
    char kind;          /* of a string: the character after ESC */
    unsigned char last; /* of a string: the byte before, but for controls; ESC: not written yet */
    char held[QUESTION_STRING_MAX]; /* what is undecided as yet */
    size_t n_held;
};

/* Appends to out the bytes without the questions. */
void questions_drop(struct questions *q, const char *bytes, size_t n, struct buf *out);
/* Nothing is dropped from here on: appends what was held. */
void questions_flush(struct questions *q, struct buf *out);

#endif
