/* SPDX-License-Identifier: MIT
 *
 * Is the terminal's ground light or dark, and what are its colours? Asked of the terminal (OSC 10,
 * 11, 12 and 4) before the screen is taken over.
 */
#ifndef APP_GROUND_H
#define APP_GROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "vterm/term.h"

enum ground { GROUND_UNKNOWN, GROUND_DARK, GROUND_LIGHT };

/* Waits at most 100 ms. Asks nothing where nobody would answer (tmux, consoles) or something was
 * typed already. colours is set when the answer is not GROUND_UNKNOWN. */
enum ground ground_ask(int fd, struct term_theme *colours);
/* What answers say; exposed for tests. */
enum ground ground_read(const char *bytes, size_t n);
/* Colours that are not among the answers are as a terminal without a theme has them. */
void ground_read_colours(const char *bytes, size_t n, struct term_theme *out);

#endif
