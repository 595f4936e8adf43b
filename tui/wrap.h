/* SPDX-License-Identifier: MIT
 *
 * Text broken into lines at blanks (and inside words that are too long).
 */
#ifndef TUI_WRAP_H
#define TUI_WRAP_H

#include <stddef.h>

#include "tui/canvas.h"

/* Bytes of the next line of text that is at most cols wide; *skip gets the bytes to leave out
 * before the line after it (blanks, a line feed). Both 0 at the end of the text. */
size_t wrap_next(const char *text, int cols, size_t *skip);
int wrap_count(const char *text, int cols);
/* Draws as many lines as fit into r; the last ends in "…" when there are more. Returns how many
 * were drawn. */
int wrap_draw(struct canvas c, struct rect r, struct style style, const char *text);

#endif
