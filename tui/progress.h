/* SPDX-License-Identifier: MIT
 *
 * How far something is, in a dialog: what, how much, a bar.
 */
#ifndef TUI_PROGRESS_H
#define TUI_PROGRESS_H

#include <stdint.h>

#include "tui/canvas.h"
#include "tui/theme.h"

struct progress {
    char what[256];        /* clean: "reading /etc/passwd" */
    char note[256];        /* clean: the file under way; "" none */
    int64_t done, total;   /* bytes; total <= 0: not known */
    int64_t since_ms;      /* clock_mono_ms when it began */
    const char *stop_hint; /* "Esc cancels" */
};

/* "1.5 MB", "12 kB", "7 B": at most 8 columns. Returns out. */
#define PROGRESS_SIZE_TEXT 16
char *progress_bytes(char out[PROGRESS_SIZE_TEXT], int64_t n_bytes);
struct rect progress_place(const struct progress *p, int rows, int cols);
void progress_draw(const struct progress *p, struct canvas c, const struct theme *theme,
                   int64_t now_ms);

#endif
