/* SPDX-License-Identifier: MIT
 *
 * Is the terminal's ground light or dark? Asked of the terminal (OSC 11) before the screen is taken
 * over.
 */
#ifndef APP_GROUND_H
#define APP_GROUND_H

#include <stdbool.h>
#include <stddef.h>

enum ground { GROUND_UNKNOWN, GROUND_DARK, GROUND_LIGHT };

/* Waits at most 100 ms. Asks nothing where nobody would answer (tmux, consoles) or something was
 * typed already. */
enum ground ground_ask(int fd);
/* What an answer says; exposed for tests. */
enum ground ground_read(const char *bytes, size_t n);

#endif
