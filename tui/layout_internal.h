/* SPDX-License-Identifier: MIT
 *
 * What layout.c and layout_text.c share: the tree.
 */
#ifndef TUI_LAYOUT_INTERNAL_H
#define TUI_LAYOUT_INTERNAL_H

#include "tui/layout.h"

struct leaf {
    struct rect rect, title;
    struct view *views[LAYOUT_HISTORY_MAX]; /* borrowed; the last one shows */
    size_t n_views;
    uint64_t focused_at; /* a count that grows with every change of the focus */
};

struct node {
    struct node *parent;      /* borrowed; NULL for the root */
    struct node *children[2]; /* owned; both NULL in a leaf */
    bool stacked;             /* children one above the other, not side by side */
    double share;             /* of the first child, 0 to 1 */
    struct rect rect;         /* with titles and borders */
    struct leaf leaf;         /* used only while there are no children */
};

struct layout {
    struct node *root;    /* owned */
    struct node *focused; /* borrowed: a leaf of the tree */
    struct rect area;
    uint64_t n_focused;
    unsigned arrangement;
    bool zoomed;
};

static inline struct node *node_of(const struct leaf *leaf)
{
    return (struct node *)((char *)leaf - offsetof(struct node, leaf));
}

static inline bool is_leaf(const struct node *n)
{
    return !n->children[0];
}

#endif
