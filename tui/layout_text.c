/* SPDX-License-Identifier: MIT
 *
 * A layout as lines of text, a node each, and back.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/layout_internal.h"

struct saving {
    struct buf *out;
    const struct node *focused;
    void (*describe)(void *user, struct view *v, struct buf *out);
    void *user;
};

static void save_node(const struct saving *s, struct node *n)
{
    if (!is_leaf(n)) {
        buf_printf(s->out, "split %s %.4f\n", n->stacked ? "down" : "right", n->share);
        save_node(s, n->children[0]);
        save_node(s, n->children[1]);
        return;
    }
    buf_printf(s->out, "leaf %c ", n == s->focused ? '*' : '-');
    s->describe(s->user, leaf_view(&n->leaf), s->out);
    buf_append_char(s->out, '\n');
}

void layout_save(const struct layout *l, struct buf *out,
                 void (*describe)(void *user, struct view *v, struct buf *out), void *user)
{
    struct saving s = {out, l->focused, describe, user};

    save_node(&s, l->root);
}

/* One line of a tree; share 0: a leaf. False: neither. */
static bool read_line(const char *line, bool *stacked, double *share)
{
    char way[8], sign;

    *share = 0;
    if (sscanf(line, "leaf %c ", &sign) == 1)
        return sign == '*' || sign == '-';
    if (sscanf(line, "split %7s %lf", way, share) != 2 || !(*share > 0 && *share < 1))
        return false;
    *stacked = strcmp(way, "down") == 0;
    return *stacked || strcmp(way, "right") == 0;
}

size_t layout_measure(const char *text)
{
    size_t missing = 1, n_leaves = 0;
    const char *at = text;
    bool stacked;
    double share;

    for (const char *end; missing; at = end + 1) {
        end = strchr(at, '\n');
        if (!end || !read_line(at, &stacked, &share) || n_leaves + missing > LAYOUT_LEAVES_MAX)
            return 0;
        missing += share > 0 ? 1 : -1;
        n_leaves += !(share > 0);
    }
    return (size_t)(at - text);
}

/* Fills n from the lines at *at, which then stands behind them. */
static void build(struct node *n, const char **at)
{
    bool stacked = false;
    double share;

    read_line(*at, &stacked, &share);
    *at = strchr(*at, '\n') + 1;
    if (!(share > 0))
        return;
    n->stacked = stacked;
    n->share = share;
    for (int i = 0; i < 2; i++) {
        n->children[i] = xcalloc(1, sizeof *n);
        n->children[i]->parent = n;
        build(n->children[i], at);
    }
}

void layout_restore(struct layout *l, const char *text,
                    void (*visit)(void *user, struct leaf *leaf, const char *what, bool focused),
                    void *user)
{
    const char *at = text;
    struct leaf *leaf;

    build(l->root, &at);
    leaf = layout_next(l, NULL);
    l->focused = node_of(leaf);
    layout_place(l, l->area);
    for (at = text; leaf; at = strchr(at, '\n') + 1) {
        if (strncmp(at, "leaf ", 5) != 0)
            continue;
        cleanup_free char *what =
            xstrndup(at + 7, strcspn(at, "\n") > 7 ? strcspn(at, "\n") - 7 : 0);

        struct leaf *next = layout_next(l, leaf);
        visit(user, leaf, what, at[5] == '*');
        leaf = next;
    }
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
