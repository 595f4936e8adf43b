/* SPDX-License-Identifier: MIT
 *
 * "Are you sure?", asked so that the answer means something: it says what will be lost, names and
 * counts the targets, and wants the count typed when there is more than one.
 */
#ifndef TUI_CONFIRM_H
#define TUI_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "tui/prompt.h"
#include "tui/theme.h"
#include "tui/view.h"

enum confirm_result { CONFIRM_IGNORED, CONFIRM_HANDLED, CONFIRM_YES, CONFIRM_NO };

struct confirm {
    char *title;      /* "Delete sandbox", owned */
    char *verb;       /* "delete", owned */
    char *loss;       /* what will be lost, a sentence or more; owned; wrapped */
    struct buf names; /* the targets, a line each */
    size_t n_targets;
    bool harmless; /* Enter means yes */
    bool wrong;    /* another number than the count was entered */
    struct prompt typed;
    struct view_cursor cursor;
};

/* title and verb are words, loss a sentence; all are copied. */
void confirm_init(struct confirm *q, const char *title, const char *verb, const char *loss);
/* Call once for each target. */
void confirm_add(struct confirm *q, const char *name);
void confirm_finish(struct confirm *q);
enum confirm_result confirm_key(struct confirm *q, struct key key);
struct rect confirm_place(const struct confirm *q, int rows, int cols);
void confirm_draw(struct confirm *q, struct canvas c, const struct theme *theme);

#endif
