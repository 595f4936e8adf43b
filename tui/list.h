/* SPDX-License-Identifier: MIT
 *
 * A table with the line in which its filter is typed: what every list view is made of.
 *
 * The owner calls list_update from its update, list_draw from its draw, and passes actions, keys,
 * pastes and the mouse on before it looks at them itself.
 */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include "tui/filter.h"
#include "tui/prompt.h"
#include "tui/table.h"
#include "tui/view.h"

struct list {
    struct table table;
    struct filter filter;
    struct prompt prompt; /* of the filter */
    struct prompt_history history;
    bool prompting;
};

/* The source's `shown` should ask filter_active and filter_match of l->filter. */
void list_init(struct list *l, const struct table_source *source);
void list_finish(struct list *l);
/* Ends with a tick for v when the order will move again. */
void list_update(struct list *l, struct view *v, uint64_t revision);
/* Draws the rows and, when there is one, the filter line at the bottom. Returns the canvas of the
 * rows when there are none to show: the owner says why. */
struct canvas list_draw(struct list *l, struct canvas c, const struct theme *theme, size_t n_known);
/* Rows it can show at most in a view of this height. */
int list_rows(const struct list *l, int rows);

/* As if it had been typed; "" shows all rows. */
void list_set_filter(struct list *l, const char *text);
/* VIEW_IGNORED: not one of a list's. Clears the filter at "escape". */
enum view_result list_act(struct list *l, const char *action);
enum view_result list_key(struct list *l, struct key key);
enum view_result list_paste(struct list *l, const char *text, size_t n);
/* *open becomes true when the selected row was clicked again. */
enum view_result list_mouse(struct list *l, struct mouse mouse, bool *open);
/* While the filter is typed, every key is the list's. */
bool list_grabs_keys(const struct list *l);
struct view_cursor list_cursor(const struct list *l, int rows);
/* " 3/7 *2 marked ‖ held" */
void list_title(const struct list *l, struct buf *out);
/* While the filter is typed: what Enter and Esc do. False: nothing of the list's matters now. */
bool list_hints(const struct list *l, struct buf *out);

#endif
