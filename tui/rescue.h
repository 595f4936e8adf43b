/* SPDX-License-Identifier: MIT
 *
 * Gives the terminal back when the program ends without having done so: SIGSEGV and its like,
 * abort, exit. One per process, because signal handlers are.
 */
#ifndef TUI_RESCUE_H
#define TUI_RESCUE_H

#include <stddef.h>
#include <termios.h>

/* From now until rescue_disarm, a fatal signal or exit writes reset (at most 1 KiB, copied) to fd,
 * restores saved, and then lets the process die as it would have. fd stays the caller's. */
void rescue_arm(int fd, const struct termios *saved, const char *reset, size_t n);
void rescue_disarm(void);
/* Does it now; async-signal-safe. Nothing when not armed. */
void rescue_now(void);

#endif
