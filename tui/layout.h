/* SPDX-License-Identifier: MIT
 *
 * The tiling tree: inner nodes split their rectangle, a leaf holds a stack of views (its history),
 * of which the top one shows. Geometry only; who focuses and draws is the tui.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "base/buf.h"
#include "tui/view.h"

#define LAYOUT_HISTORY_MAX                                                                         \
    32 /* views kept in a leaf; the oldest beyond is handed back to close                          \
        */

struct layout;
struct leaf;

/* One empty leaf, focused. */
struct layout *layout_create(void);
/* Views still in it are the caller's to close before. */
void layout_destroy(struct layout *l);
/* Gives the tree its rectangle; leaves get theirs. */
void layout_place(struct layout *l, struct rect area);
struct leaf *layout_focused(const struct layout *l);
/* Leaves in order, first with NULL; NULL at the end. */
struct leaf *layout_next(const struct layout *l, const struct leaf *after);
/* The leaf under a cell, or NULL. */
struct leaf *layout_at(const struct layout *l, int y, int x);

struct rect leaf_rect(const struct leaf *leaf);
/* The view that shows, or NULL. */
struct view *leaf_view(const struct leaf *leaf);
/* Puts v on top. Returns a view that fell out of the history, to be closed, or NULL. */
struct view *leaf_push(struct leaf *leaf, struct view *v);
size_t leaf_depth(const struct leaf *leaf);
/* Takes v out of whatever leaf holds it; false when none does. */
bool layout_remove(struct layout *l, const struct view *v);
/* Any view left, from the top of the first leaf; NULL when there is none. */
struct view *layout_any(const struct layout *l);

/* One line: "leaf(0,0 24x80 sandboxes<help)*", history to the left of what shows, * the focus. */
void layout_dump(const struct layout *l, struct buf *out);

#endif
