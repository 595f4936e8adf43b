/* SPDX-License-Identifier: MIT
 *
 * The user's terminal, raw, for `sandpit attach`: keys in as they come, bytes out through a bounded
 * queue. Given back on every exit path, also after a fatal signal.
 */
#ifndef APP_RAW_TTY_H
#define APP_RAW_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"

#define RAW_TTY_QUEUE_MAX 262144u

struct raw_tty;

struct raw_tty_ops {
    void (*on_input)(void *user, const char *bytes, size_t n);
    /* The terminal took what was queued. */
    void (*on_drained)(void *user);
    /* It went away. */
    void (*on_gone)(void *user);
};

/* Only one at a time in a process. NULL with e when there is no terminal. */
struct raw_tty *raw_tty_open(uv_loop_t *loop, const struct raw_tty_ops *ops, void *user,
                             struct err *e);
/* Writes what is still queued (briefly), resets the modes programs may have set, restores the
 * settings. Frees itself once the loop has closed its handles. Accepts NULL. */
void raw_tty_close(struct raw_tty *t);
/* An empty screen without modes, as after a reset (RIS), which would take the user's history, too:
 * what stood on the screen goes into that. */
void raw_tty_clear(struct raw_tty *t);
/* Returns false when the queue is above its bound: stop until on_drained. Never drops. */
bool raw_tty_write(struct raw_tty *t, const char *bytes, size_t n);
void raw_tty_size(const struct raw_tty *t, int *rows, int *cols);

#endif
