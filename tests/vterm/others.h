/* SPDX-License-Identifier: MIT
 *
 * Independent emulators as screens of comparable cells: libvterm's screen layer and tmux.
 */
#ifndef TESTS_VTERM_OTHERS_H
#define TESTS_VTERM_OTHERS_H

#include "vterm/term.h"

struct seen {
    char text[32]; /* " " for nothing */
    colour fg, bg;
    uint16_t attrs; /* ATTR_* */
    bool continuation;
    bool unknown; /* nothing stands here, but the emulator does not tell its colours */
};

struct sight {
    int rows, cols;
    int row, col;       /* cursor */
    struct seen *cells; /* owned, rows * cols */
};

void sight_finish(struct sight *s);
void sight_of_term(const struct term *t, struct sight *out);
/* No hostile bytes: it does not survive them. */
void sight_of_libvterm(const char *bytes, size_t n, int rows, int cols, struct sight *out);
/* Runs tmux of the same size on these bytes. False: there was no tmux, or it did not answer. */
bool sight_of_tmux(const char *bytes, size_t n, int rows, int cols, struct sight *out);
/* To be called first in main: the part of the test program that runs inside tmux. Returns when the
 * arguments do not ask for it. */
void others_main(int argc, char **argv);

/* The attributes compared, and what is no difference. Returns how many cells differ and describes
 * the first in why. */
struct tolerance {
    uint16_t attrs;                             /* compared */
    bool no_colours, no_cursor, no_last_column; /* not compared */
};
int sight_differences(const struct sight *ours, const struct sight *theirs,
                      const struct tolerance *tolerance, char *why, size_t n);

#endif
