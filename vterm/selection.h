/* SPDX-License-Identifier: MIT
 *
 * A selection in a terminal's scrollback and screen, by line numbers of term.h. It stays with its
 * text while lines scroll, are dropped or wrap anew. Both ends belong to it; a wide character is in
 * it whole.
 */
#ifndef VTERM_SELECTION_H
#define VTERM_SELECTION_H

#include "vterm/term.h"

enum selection_kind {
    SELECTION_NONE,
    SELECTION_CHARACTERS,
    SELECTION_LINES, /* of the text: with all the screen lines they wrap over */
    SELECTION_BLOCK,
};

/* Zeroed memory is no selection. Read it through the functions. */
struct selection {
    enum selection_kind kind;
    struct term_anchor start, end; /* where it began and where it was drawn to */
};

void selection_begin(struct selection *s, struct term *t, enum selection_kind kind, uint64_t line,
                     int col);
/* Draws the end there. */
void selection_extend(struct selection *s, uint64_t line, int col);
/* The word around a place (letters, digits, _ and what stands in paths and addresses), over soft
 * wraps; a single cell where there is none. */
void selection_word(struct selection *s, struct term *t, uint64_t line, int col);
/* Changes what kind it is, from its two ends. */
void selection_set_kind(struct selection *s, enum selection_kind kind);
/* The end becomes the start: extending goes on from the other one. */
void selection_swap(struct selection *s);
/* Must run before its memory goes. After the end of the terminal nothing is selected. */
void selection_clear(struct selection *s);

/* The columns [from, to) of a line that are selected. False: none. */
bool selection_columns(const struct selection *s, uint64_t line, int *from, int *to);
/* Appends the text: soft-wrapped lines joined, blanks at line ends cut, lines ended by '\n' but the
 * last. False: it was cut at `max` bytes (between characters). */
bool selection_text(const struct selection *s, size_t max, struct buf *out);

#endif
