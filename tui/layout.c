/* SPDX-License-Identifier: MIT
 *
 * See layout.h. A node is a leaf until it is split; then it keeps its place in the tree and two
 * children take its views.
 */
#include "tui/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct leaf {
    struct rect rect;
    struct view *views[LAYOUT_HISTORY_MAX]; /* borrowed; the last one shows */
    size_t n_views;
};

struct node {
    struct node *parent;      /* borrowed; NULL for the root */
    struct node *children[2]; /* owned; both NULL in a leaf */
    bool stacked;             /* children one above the other, not side by side */
    struct leaf leaf;         /* first member used only while there are no children */
};

struct layout {
    struct node *root;    /* owned */
    struct node *focused; /* borrowed: a leaf of the tree */
};

static struct node *node_of(const struct leaf *leaf)
{
    return (struct node *)((char *)leaf - offsetof(struct node, leaf));
}

static bool is_leaf(const struct node *n)
{
    return !n->children[0];
}

struct layout *layout_create(void)
{
    struct layout *l = xcalloc(1, sizeof *l);

    l->root = l->focused = xcalloc(1, sizeof *l->root);
    return l;
}

static void free_node(struct node *n)
{
    if (!n)
        return;
    free_node(n->children[0]);
    free_node(n->children[1]);
    free(n);
}

void layout_destroy(struct layout *l)
{
    if (!l)
        return;
    free_node(l->root);
    free(l);
}

static void place_node(struct node *n, struct rect r)
{
    struct rect first = r, second = r;

    if (is_leaf(n)) {
        n->leaf.rect = r;
        return;
    }
    /* One row or column between them is the border's. */
    if (n->stacked) {
        first.h = (r.h - 1) / 2;
        second.y += first.h + 1;
        second.h -= first.h + 1;
    } else {
        first.w = (r.w - 1) / 2;
        second.x += first.w + 1;
        second.w -= first.w + 1;
    }
    place_node(n->children[0], first);
    place_node(n->children[1], second);
}

void layout_place(struct layout *l, struct rect area)
{
    place_node(l->root, area);
}

struct leaf *layout_focused(const struct layout *l)
{
    return &l->focused->leaf;
}

static struct node *first_leaf(struct node *n)
{
    while (!is_leaf(n))
        n = n->children[0];
    return n;
}

struct leaf *layout_next(const struct layout *l, const struct leaf *after)
{
    struct node *n;

    if (!after)
        return &first_leaf(l->root)->leaf;
    for (n = node_of(after); n->parent && n == n->parent->children[1]; n = n->parent)
        ;
    return n->parent ? &first_leaf(n->parent->children[1])->leaf : NULL;
}

struct leaf *layout_at(const struct layout *l, int y, int x)
{
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf)) {
        struct rect r = leaf->rect;

        if (y >= r.y && y < r.y + r.h && x >= r.x && x < r.x + r.w)
            return leaf;
    }
    return NULL;
}

struct rect leaf_rect(const struct leaf *leaf)
{
    return leaf->rect;
}

struct view *leaf_view(const struct leaf *leaf)
{
    return leaf->n_views ? leaf->views[leaf->n_views - 1] : NULL;
}

static void remove_at(struct leaf *leaf, size_t i)
{
    for (leaf->n_views--; i < leaf->n_views; i++)
        leaf->views[i] = leaf->views[i + 1];
}

struct view *leaf_push(struct leaf *leaf, struct view *v)
{
    struct view *oldest = NULL;

    if (leaf->n_views == LAYOUT_HISTORY_MAX) {
        oldest = leaf->views[0];
        remove_at(leaf, 0);
    }
    leaf->views[leaf->n_views++] = v;
    return oldest;
}

size_t leaf_depth(const struct leaf *leaf)
{
    return leaf->n_views;
}

bool layout_remove(struct layout *l, const struct view *v)
{
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf)) {
        for (size_t i = 0; i < leaf->n_views; i++) {
            if (leaf->views[i] == v) {
                remove_at(leaf, i);
                return true;
            }
        }
    }
    return false;
}

struct view *layout_any(const struct layout *l)
{
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        if (leaf->n_views)
            return leaf_view(leaf);
    return NULL;
}

void layout_dump(const struct layout *l, struct buf *out)
{
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf)) {
        buf_printf(out, "%sleaf(%d,%d %dx%d", out->len ? " " : "", leaf->rect.y, leaf->rect.x,
                   leaf->rect.h, leaf->rect.w);
        for (size_t i = 0; i < leaf->n_views; i++)
            buf_printf(out, "%s%s", i ? "<" : " ", leaf->views[i]->ops->name);
        buf_printf(out, ")%s", leaf == layout_focused(l) ? "*" : "");
    }
}
