/* SPDX-License-Identifier: MIT
 *
 * Choosing one of many by typing part of it: what help, palette and choosers share.
 */
#ifndef TUI_PICKER_H
#define TUI_PICKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/key.h"
#include "tui/canvas.h"
#include "tui/prompt.h"
#include "tui/theme.h"
#include "tui/view.h"

enum picker_result { PICKER_IGNORED, PICKER_HANDLED, PICKER_ACCEPT, PICKER_CANCEL };

struct picker_item {
    char *label;  /* owned, as are all */
    char *keys;   /* shown as keys; "" none */
    char *detail; /* shown dim at the right; "" none */
    char *group;  /* heading while nothing is typed; "" none */
    char *value;  /* what the owner gets */
    int score;
};

struct picker {
    char *title;      /* owned */
    const char *verb; /* what Enter does; borrowed */
    bool keys_first;  /* the keys stand on the left */
    struct prompt prompt;
    struct picker_item *items; /* owned */
    size_t n_items, cap_items;
    size_t *order; /* owned: items shown */
    size_t n_shown;
    size_t selected, top; /* in order */
    int page;
    struct view_cursor cursor;
};

void picker_init(struct picker *p, const char *title, const char *verb);
void picker_finish(struct picker *p);
/* Copies everything; NULL counts as "". */
void picker_add(struct picker *p, const char *group, const char *label, const char *keys,
                const char *detail, const char *value);
/* Takes every item away; what is typed stays. */
void picker_clear(struct picker *p);
/* Selects the item with this value. */
void picker_select(struct picker *p, const char *value);
/* The value of the selected item; NULL when nothing matches. */
const char *picker_value(const struct picker *p);
enum picker_result picker_key(struct picker *p, struct key key);
enum picker_result picker_paste(struct picker *p, const char *text, size_t n);
enum picker_result picker_mouse(struct picker *p, struct mouse mouse);
struct rect picker_place(const struct picker *p, int rows, int cols);
void picker_draw(struct picker *p, struct canvas c, const struct theme *theme);

#endif
