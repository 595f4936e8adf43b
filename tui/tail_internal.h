/* SPDX-License-Identifier: MIT
 *
 * What tail.c (lines), tail_draw.c (rows) and tail_text.c (text) share. Nobody else includes this.
 */
#ifndef TUI_TAIL_INTERNAL_H
#define TUI_TAIL_INTERNAL_H

#include "tui/tail.h"

/* Appends text as one clean line: no escape sequences, tabs as blanks, what a carriage return has
 * overwritten left out. */
void tail_clean(struct buf *out, const char *text, size_t n);
enum tail_level tail_level_of(const char *text);
/* Appends the line as it is shown (rows of pretty JSON end in "\n"), NUL-terminated; returns the
 * bytes of what stands before its own text. */
size_t tail_shown(const struct tail *t, const struct tail_line *line, struct buf *out);

/* By number; it must be there. */
struct tail_line *tail_at(const struct tail *t, uint64_t number);
/* The nearest kept line from number on, in steps of 1 or -1; UINT64_MAX: none. */
uint64_t tail_kept(const struct tail *t, uint64_t number, int step);
/* Makes the cursor's line show. */
void tail_reveal(struct tail *t);

#endif
