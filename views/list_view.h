/* SPDX-License-Identifier: MIT
 *
 * What every view of rows leaves to its list: keys, pastes, the cursor of the filter; the mouse
 * below a banner; hints; and what stands there while rows are asked for.
 *
 * v->data begins with the view's struct list.
 */
#ifndef VIEWS_LIST_VIEW_H
#define VIEWS_LIST_VIEW_H

#include <stdint.h>

#include "tui/list.h"

/* In a struct view_ops. */
#define LIST_VIEW_OPS                                                                              \
    .key = list_view_key, .paste = list_view_paste, .cursor = list_view_cursor,                    \
    .grabs_keys = list_view_grabs_keys

enum view_result list_view_key(struct view *v, struct key key);
enum view_result list_view_paste(struct view *v, const char *text, size_t n);
struct view_cursor list_view_cursor(struct view *v);
bool list_view_grabs_keys(struct view *v);
/* top: rows above the list's canvas. A second click on a row does open_action; NULL: nothing. */
enum view_result list_view_mouse(struct view *v, struct mouse mouse, int top,
                                 const char *open_action);
/* "? help", then those of the kind's (action, word, …, NULL; looked up in the innermost context)
 * that can be done now: has_row says whether a row is selected. The filter's key stands after the
 * second of them, when there are rows; those after it are for wide screens. */
void list_view_hints(struct view *v, struct buf *out, const char *const *hints,
                     bool (*can)(const void *data, const char *action, bool has_row));
/* For the compare of a table: less than, equal to, greater than 0. */
int compare_numbers(int64_t a, int64_t b);
/* The ops of a kind: common with its name and contexts, the same pointer each time. kind is
 * whatever tells kinds apart and lives as long as the program. */
const struct view_ops *list_view_ops(const void *kind, const struct view_ops *common,
                                     const char *name, const char *const *contexts);

#endif
