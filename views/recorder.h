/* SPDX-License-Identifier: MIT
 *
 * A terminal recorded into a file (asciicast v2) under the recordings folder: output and sizes,
 * never what is typed.
 *
 * The file is private and bounded. When it cannot be written any more
 * (disk full) the recording stands still and recorder_error says why.
 */
#ifndef VIEWS_RECORDER_H
#define VIEWS_RECORDER_H

#include "base/err.h"
#include "vterm/term.h"

struct recorder;

/* label is "alice/demo"; what the terminal shows now is the first event. bytes_max is the most the
 * file may hold, 0: RECORDING_BYTES_MAX. NULL with e. */
struct recorder *recorder_start(const char *dir, const char *label, const struct term *t,
                                uint64_t bytes_max, struct err *e);
/* Ends the file. NULL allowed. */
void recorder_stop(struct recorder *r);
void recorder_output(struct recorder *r, const char *bytes, size_t n);
void recorder_resize(struct recorder *r, int rows, int cols);
/* Pauses or goes on; returns whether it pauses now. */
bool recorder_pause(struct recorder *r, const struct term *t);
bool recorder_paused(const struct recorder *r);
const char *recorder_path(const struct recorder *r);
int64_t recorder_elapsed_ms(const struct recorder *r);
/* Why nothing is written any more, or NULL. */
const char *recorder_error(const struct recorder *r);

#endif
