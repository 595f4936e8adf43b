/* SPDX-License-Identifier: MIT
 *
 * The nearest colour that a terminal of fewer colours has.
 */
#ifndef TUI_COLOURS_H
#define TUI_COLOURS_H

#include <stdbool.h>

#include "vterm/cell.h"

/* 0xrrggbb of a palette index, as xterm's default palette has it. */
uint32_t colours_rgb(int index);
/* The index of 0 to n_colours - 1 (n_colours 8, 16 or 256) closest to rgb (0xrrggbb). Of 256 the
 * first 16, which users redefine, are never chosen. */
int colours_nearest(uint32_t rgb, int n_colours);
/* What a terminal of n_colours (8, 16, 256 or more) and with direct, of 24 bits, too, is given for
 * c: an index, 0xrrggbb of at least 256, or -1 for the default. *bright is set when the index is
 * one of 8 and c was bright. */
int colours_number(colour c, int n_colours, bool direct, bool *bright);
/* The same for a foreground on bg; of 8 colours bold stands for bright, in *attrs. A grey that
 * would come out black on black is plain then, dim where the default colours do. */
int colours_text(colour fg, colour bg, int n_colours, bool direct, uint16_t *attrs);

#endif
