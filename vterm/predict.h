/* SPDX-License-Identifier: MIT
 *
 * What a program will probably echo, before its answer is here: cells over a terminal.
 *
 * After mosh (Winstein and Balakrishnan, 2012). Typed characters, Backspace, Left and Right are
 * predicted within what was typed on this line. Predictions belong to an epoch; none of an epoch is
 * shown before the host has echoed one of it as predicted, and every key whose effect is not known
 * (Enter, Tab, Up…) begins a new one. So nothing shows where nothing is echoed. What the host drew
 * otherwise ends all predictions at once; nothing is predicted in the alternate screen.
 *
 * Where the cursor is once the host has taken what is on its way is known only at times: then the
 * bytes still under way are played through again from there, so that predicting goes on while
 * somebody types.
 *
 * Pure: bytes, acknowledgements and the time come from the owner. Memory is bounded.
 */
#ifndef VTERM_PREDICT_H
#define VTERM_PREDICT_H

#include "vterm/term.h"

enum predict_mode {
    PREDICT_AUTO, /* while the link is slow */
    PREDICT_ON,
    PREDICT_OFF,
};

struct predict;

/* The terminal is borrowed. */
struct predict *predict_create(const struct term *t, enum predict_mode mode);
void predict_destroy(struct predict *p);
void predict_set_mode(struct predict *p, enum predict_mode mode);
enum predict_mode predict_mode(const struct predict *p);
/* Smoothed, in microseconds; -1: not known, which is not slow. */
void predict_set_round_trip(struct predict *p, int64_t us);
/* By its mode and the round trip: whether anything is predicted at all. */
bool predict_is_on(const struct predict *p);

/* Bytes that go to the program, each once and in order, before they are acknowledged. */
void predict_sent(struct predict *p, const char *bytes, size_t n);
/* The same for bytes that are no keys. */
void predict_passed(struct predict *p, size_t n);
/* After output, acknowledgements, a resize, and when predict_due_ms has passed: of the bytes sent
 * the last n_pending are not acknowledged. Times are those of any one monotonic clock. */
void predict_update(struct predict *p, size_t n_pending, int64_t now_ms);
/* When predict_update has something to do though nothing happens; 0: never. */
int64_t predict_due_ms(const struct predict *p);

/* The predicted cell at a place of the screen, or NULL: the terminal's own. Valid until the next
 * call of a function above. */
const struct cell *predict_cell(const struct predict *p, int row, int col);
/* The row that has such cells, or -1. */
int predict_row(const struct predict *p);
/* The cursor as it will be; false: it is where the terminal has it. */
bool predict_cursor(const struct predict *p, int *row, int *col);
/* Grows whenever what shows changes. */
uint64_t predict_revision(const struct predict *p);
/* How much of all that was sent the predictions take into account: what a test compares at. */
uint64_t predict_accounted(const struct predict *p);
/* Cells that showed and turned out wrong, ever. */
uint64_t predict_wrong(const struct predict *p);

#endif
