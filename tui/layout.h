/* SPDX-License-Identifier: MIT
 *
 * The tiling tree: inner nodes split their rectangle, a leaf holds a stack of views (its history),
 * of which the top one shows. Geometry and focus only; who draws is the tui.
 *
 * While there are several leaves each has a row above its view for its title, which is also the
 * border between leaves that are stacked; leaves side by side have a column between them. A zoomed
 * leaf has the whole area, without a title, and the others none.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "base/buf.h"
#include "tui/view.h"

#define LAYOUT_HISTORY_MAX                                                                         \
    32 /* views kept in a leaf; the oldest beyond is handed back to close                          \
        */
#define LAYOUT_LEAVES_MAX 64
#define LAYOUT_MIN_ROWS   2 /* of a view that a split makes room for */
#define LAYOUT_MIN_COLS   10

enum layout_side { SIDE_LEFT, SIDE_RIGHT, SIDE_UP, SIDE_DOWN };

struct layout;
struct leaf;

/* One empty leaf, focused. */
struct layout *layout_create(void);
/* Views still in it are the caller's to close before. */
void layout_destroy(struct layout *l);
/* Gives the tree its rectangle; leaves get theirs. What changes the tree later places it again. */
void layout_place(struct layout *l, struct rect area);

/* --- leaves --- */
struct leaf *layout_focused(const struct layout *l);
size_t layout_count(const struct layout *l);
/* Leaves in order, first with NULL; NULL at the end. */
struct leaf *layout_next(const struct layout *l, const struct leaf *after);
struct leaf *layout_previous(const struct layout *l, const struct leaf *before);
/* The leaf whose view or title is under a cell, or NULL. */
struct leaf *layout_at(const struct layout *l, int y, int x);
/* The leaf that holds v, shown or in its history, or NULL. */
struct leaf *layout_find(const struct layout *l, const struct view *v);

/* Where its view is; empty when there is no room for it. */
struct rect leaf_rect(const struct leaf *leaf);
/* One row, or empty. */
struct rect leaf_title(const struct leaf *leaf);
/* The view that shows, or NULL. */
struct view *leaf_view(const struct leaf *leaf);
/* 0: the one that shows, then those before it; NULL beyond. */
struct view *leaf_view_at(const struct leaf *leaf, size_t depth);
/* Puts v on top. Returns a view that fell out of the history, to be closed, or NULL. */
struct view *leaf_push(struct leaf *leaf, struct view *v);
size_t leaf_depth(const struct leaf *leaf);
/* Takes v out of whatever leaf holds it; false when none does. The leaf stays. */
bool layout_remove(struct layout *l, const struct view *v);

/* --- focus --- */
/* Another leaf than the zoomed one ends the zoom. */
void layout_focus(struct layout *l, struct leaf *leaf);
/* The leaf that had the focus before, or NULL. */
struct leaf *layout_last(const struct layout *l);
/* The leaf beside the focused one; of several the one that had the focus last. NULL: none. */
struct leaf *layout_beside(const struct layout *l, enum layout_side side);

/* --- changes --- */
/* Splits the focused leaf in halves; the new one, below or to the right, is empty and has the
 * focus. NULL: there is no room. */
struct leaf *layout_split(struct layout *l, bool stacked);
/* Takes a leaf without views away; its neighbour gets the room. False: it is the only one. */
bool layout_close(struct layout *l, struct leaf *leaf);
/* Trades their views; the focus stays with its views. */
void layout_swap(struct layout *l, struct leaf *a, struct leaf *b);
/* Moves the nearest border of the focused leaf that can go to that side by n cells. */
void layout_push_border(struct layout *l, enum layout_side side, int n);
bool layout_zoom(struct layout *l); /* on or off; returns what it is now */
bool layout_is_zoomed(const struct layout *l);
/* Arranges the leaves in the next of tmux's five ways; returns its name. */
const char *layout_arrange(struct layout *l);

/* --- kept --- */
/* The tree as lines, parents first: "split right 0.5000", "split down …", "leaf SIGN WHAT" with
 * what describe says and "*" for the focus. */
void layout_save(const struct layout *l, struct buf *out,
                 void (*describe)(void *user, struct view *v, struct buf *out), void *user);
/* The lines of one tree at the beginning of text: how long they are, 0 when they are none. */
size_t layout_measure(const char *text);
/* Builds that tree, which layout_measure has found good, in a layout with one empty leaf; visit
 * gets each new leaf with its line in order. */
void layout_restore(struct layout *l, const char *text,
                    void (*visit)(void *user, struct leaf *leaf, const char *what, bool focused),
                    void *user);

/* --- borders --- */
/* Every column between two leaves, as rectangles one wide; beside says that the focus touches it.
 */
void layout_borders(const struct layout *l,
                    void (*visit)(void *user, struct rect column, bool beside), void *user);
/* A border that the mouse may drag: NULL when there is none at this cell. */
struct border *layout_border_at(const struct layout *l, int y, int x);
/* False: the tree has no such border any more, or another tree has it. */
bool layout_drag(struct layout *l, struct border *border, int y, int x);

/* One line: "leaf(0,0 24x80 sandboxes<help)*", history to the left of what shows, * the focus. */
void layout_dump(const struct layout *l, struct buf *out);

#endif
