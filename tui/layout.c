/* SPDX-License-Identifier: MIT
 *
 * See layout.h. A leaf is a node without children; a split puts a new inner node into its place.
 */
#include "tui/layout_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define MIN_OUTER_ROWS (LAYOUT_MIN_ROWS + 1)

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

/* --- geometry --- */

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static void place_leaf(struct leaf *leaf, struct rect r, bool titled)
{
    leaf->title = (struct rect){.y = r.y, .x = r.x, .h = titled && r.h > 0, .w = r.w};
    leaf->rect = r;
    leaf->rect.y += leaf->title.h;
    leaf->rect.h -= leaf->title.h;
    if (leaf->rect.h <= 0 || leaf->rect.w <= 0)
        leaf->rect = (struct rect){.y = r.y, .x = r.x};
}

/* How many cells the first child gets of n, so that both have one as long as there are two. */
static int first_cells(const struct node *node, int n)
{
    int cells = (int)(node->share * n + 0.5);

    return n < 2 ? n : clamp(cells, 1, n - 1);
}

static void place_node(struct node *n, struct rect r, bool titled)
{
    struct rect first = r, second = r;

    n->rect = r;
    if (is_leaf(n)) {
        place_leaf(&n->leaf, r, titled);
        return;
    }
    if (n->stacked) { /* the title of the lower one is the border */
        first.h = first_cells(n, r.h);
        second.y += first.h;
        second.h -= first.h;
    } else {
        first.w = first_cells(n, r.w > 0 ? r.w - 1 : 0);
        second.x += first.w + 1;
        second.w = clamp(r.w - first.w - 1, 0, r.w);
    }
    place_node(n->children[0], first, titled);
    place_node(n->children[1], second, titled);
}

static void place(struct layout *l)
{
    place_node(l->root, l->area, !is_leaf(l->root));
    if (!l->zoomed)
        return;
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        place_leaf(leaf, node_of(leaf) == l->focused ? l->area : (struct rect){0}, false);
}

void layout_place(struct layout *l, struct rect area)
{
    l->area = area;
    place(l);
}

/* --- leaves --- */

struct leaf *layout_focused(const struct layout *l)
{
    return &l->focused->leaf;
}

static struct node *end_leaf(struct node *n, int child)
{
    while (!is_leaf(n))
        n = n->children[child];
    return n;
}

static struct leaf *step(const struct layout *l, const struct leaf *from, int child)
{
    struct node *n;

    if (!from)
        return &end_leaf(l->root, child)->leaf;
    for (n = node_of(from); n->parent && n == n->parent->children[!child]; n = n->parent)
        ;
    return n->parent ? &end_leaf(n->parent->children[!child], child)->leaf : NULL;
}

struct leaf *layout_next(const struct layout *l, const struct leaf *after)
{
    return step(l, after, 0);
}

struct leaf *layout_previous(const struct layout *l, const struct leaf *before)
{
    return step(l, before, 1);
}

size_t layout_count(const struct layout *l)
{
    size_t n = 0;

    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        n++;
    return n;
}

static bool inside(struct rect r, int y, int x)
{
    return y >= r.y && y < r.y + r.h && x >= r.x && x < r.x + r.w;
}

struct leaf *layout_at(const struct layout *l, int y, int x)
{
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        if (inside(leaf->rect, y, x) || inside(leaf->title, y, x))
            return leaf;
    return NULL;
}

struct leaf *layout_find(const struct layout *l, const struct view *v)
{
    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        for (size_t i = 0; i < leaf->n_views; i++)
            if (leaf->views[i] == v)
                return leaf;
    return NULL;
}

struct rect leaf_rect(const struct leaf *leaf)
{
    return leaf->rect;
}

struct rect leaf_title(const struct leaf *leaf)
{
    return leaf->title;
}

struct view *leaf_view(const struct leaf *leaf)
{
    return leaf->n_views ? leaf->views[leaf->n_views - 1] : NULL;
}

struct view *leaf_view_at(const struct leaf *leaf, size_t depth)
{
    return depth < leaf->n_views ? leaf->views[leaf->n_views - 1 - depth] : NULL;
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
    struct leaf *leaf = layout_find(l, v);

    for (size_t i = 0; leaf && i < leaf->n_views; i++)
        if (leaf->views[i] == v)
            remove_at(leaf, i);
    return leaf;
}

/* --- focus --- */

void layout_focus(struct layout *l, struct leaf *leaf)
{
    struct node *n = node_of(leaf);

    if (n == l->focused)
        return;
    l->focused->leaf.focused_at = ++l->n_focused;
    l->focused = n;
    if (l->zoomed) {
        l->zoomed = false;
        place(l);
    }
}

static struct leaf *latest(struct leaf *a, struct leaf *b)
{
    return !a || b->focused_at > a->focused_at ? b : a;
}

struct leaf *layout_last(const struct layout *l)
{
    struct leaf *last = NULL;

    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        if (node_of(leaf) != l->focused)
            last = latest(last, leaf);
    return last;
}

/* b touches the side of a: their edges are at most a border apart, and they share a row or column.
 */
static bool is_beside(struct rect a, struct rect b, enum layout_side side)
{
    bool rows = a.y < b.y + b.h && b.y < a.y + a.h, cols = a.x < b.x + b.w && b.x < a.x + a.w;

    switch (side) {
    case SIDE_LEFT:
        return rows && b.x + b.w + 1 == a.x;
    case SIDE_RIGHT:
        return rows && a.x + a.w + 1 == b.x;
    case SIDE_UP:
        return cols && b.y + b.h == a.y;
    default:
        return cols && a.y + a.h == b.y;
    }
}

struct leaf *layout_beside(const struct layout *l, enum layout_side side)
{
    struct leaf *found = NULL;

    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        if (is_beside(l->focused->rect, node_of(leaf)->rect, side))
            found = latest(found, leaf);
    return found;
}

/* --- changes --- */

static void replace_child(struct layout *l, struct node *old, struct node *fresh)
{
    fresh->parent = old->parent;
    if (!old->parent)
        l->root = fresh;
    else
        old->parent->children[old == old->parent->children[1]] = fresh;
}

static struct node *join(struct node *first, struct node *second, bool stacked, double share)
{
    struct node *n = xcalloc(1, sizeof *n);

    n->children[0] = first;
    n->children[1] = second;
    n->stacked = stacked;
    n->share = share;
    first->parent = second->parent = n;
    return n;
}

static bool has_room(const struct layout *l, struct rect r, bool stacked)
{
    if (layout_count(l) == LAYOUT_LEAVES_MAX)
        return false;
    return stacked ? r.h >= 2 * MIN_OUTER_ROWS
                   : r.w >= 2 * LAYOUT_MIN_COLS + 1 && r.h >= MIN_OUTER_ROWS;
}

struct leaf *layout_split(struct layout *l, bool stacked)
{
    struct node *old = l->focused, *above = old->parent, *fresh, *inner;

    if (l->zoomed) {
        l->zoomed = false;
        place(l);
    }
    if (!has_room(l, old->rect, stacked))
        return NULL;
    fresh = xcalloc(1, sizeof *fresh);
    inner = join(old, fresh, stacked, 0.5);
    inner->parent = above;
    if (above)
        above->children[old == above->children[1]] = inner;
    else
        l->root = inner;
    place(l);
    layout_focus(l, &fresh->leaf);
    return &fresh->leaf;
}

bool layout_close(struct layout *l, struct leaf *leaf)
{
    struct node *n = node_of(leaf), *inner = n->parent, *sibling;

    if (!inner)
        return false;
    sibling = inner->children[n == inner->children[0]];
    if (l->focused == n) {
        struct leaf *last = layout_last(l);

        l->zoomed = false;
        l->focused = last && last->focused_at ? node_of(last) : end_leaf(sibling, 0);
    }
    replace_child(l, inner, sibling);
    free(n);
    free(inner);
    if (is_leaf(l->root))
        l->zoomed = false;
    place(l);
    return true;
}

void layout_swap(struct layout *l, struct leaf *a, struct leaf *b)
{
    struct leaf *focused = layout_focused(l);
    struct view *views[LAYOUT_HISTORY_MAX];
    size_t n = a->n_views;

    memcpy(views, a->views, sizeof views);
    memcpy(a->views, b->views, sizeof views);
    memcpy(b->views, views, sizeof views);
    a->n_views = b->n_views;
    b->n_views = n;
    if (focused == a || focused == b)
        layout_focus(l, focused == a ? b : a);
}

static void set_first(struct node *n, int cells)
{
    int total = n->stacked ? n->rect.h : n->rect.w - 1;
    int min = n->stacked ? MIN_OUTER_ROWS : LAYOUT_MIN_COLS;

    if (total < 2 * min)
        return;
    n->share = (double)clamp(cells, min, total - min) / total;
}

void layout_push_border(struct layout *l, enum layout_side side, int n)
{
    bool stacked = side == SIDE_UP || side == SIDE_DOWN;
    struct node *inner = l->focused->parent;

    while (inner && inner->stacked != stacked)
        inner = inner->parent;
    if (!inner)
        return;
    struct rect first = inner->children[0]->rect;
    int by = side == SIDE_LEFT || side == SIDE_UP ? -n : n;
    set_first(inner, (stacked ? first.h : first.w) + by);
    place(l);
}

bool layout_zoom(struct layout *l)
{
    l->zoomed = !l->zoomed && !is_leaf(l->root);
    place(l);
    return l->zoomed;
}

bool layout_is_zoomed(const struct layout *l)
{
    return l->zoomed;
}

/* --- arrangements --- */

static void free_inner(struct node *n)
{
    if (is_leaf(n))
        return;
    free_inner(n->children[0]);
    free_inner(n->children[1]);
    free(n);
}

static struct node *line_up(struct node **nodes, size_t n, bool stacked)
{
    return n == 1 ? nodes[0]
                  : join(nodes[0], line_up(nodes + 1, n - 1, stacked), stacked, 1.0 / (double)n);
}

static struct node *even_columns(struct node **nodes, size_t n)
{
    return line_up(nodes, n, false);
}

static struct node *even_rows(struct node **nodes, size_t n)
{
    return line_up(nodes, n, true);
}

static struct node *main_left(struct node **nodes, size_t n)
{
    return n == 1 ? nodes[0] : join(nodes[0], line_up(nodes + 1, n - 1, true), false, 0.6);
}

static struct node *main_above(struct node **nodes, size_t n)
{
    return n == 1 ? nodes[0] : join(nodes[0], line_up(nodes + 1, n - 1, false), true, 0.6);
}

static struct node *tiled(struct node **nodes, size_t n)
{
    struct node *rows[LAYOUT_LEAVES_MAX];
    size_t n_rows = 1, done = 0;

    while (n_rows * n_rows < n)
        n_rows++;
    n_rows = n_rows * (n_rows - 1) >= n && n_rows > 1 ? n_rows - 1 : n_rows;
    for (size_t i = 0; i < n_rows; i++) {
        size_t here = (n - done + n_rows - i - 1) / (n_rows - i);

        rows[i] = line_up(nodes + done, here, false);
        done += here;
    }
    return line_up(rows, n_rows, true);
}

const char *layout_arrange(struct layout *l)
{
    static const struct {
        const char *name;
        struct node *(*build)(struct node **nodes, size_t n);
    } ways[] = {{"columns", even_columns},
                {"rows", even_rows},
                {"main left", main_left},
                {"main above", main_above},
                {"tiled", tiled}};
    struct node *nodes[LAYOUT_LEAVES_MAX];
    size_t n = 0, way = l->arrangement++ % ARRAY_LEN(ways);

    for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf))
        nodes[n++] = node_of(leaf);
    free_inner(l->root);
    l->root = ways[way].build(nodes, n);
    l->root->parent = NULL;
    l->zoomed = false;
    place(l);
    return ways[way].name;
}

/* --- borders --- */

static void visit_borders(const struct layout *l, const struct node *n,
                          void (*visit)(void *user, struct rect column, bool beside), void *user)
{
    if (is_leaf(n))
        return;
    if (!n->stacked) {
        struct rect first = n->children[0]->rect, f = l->focused->rect;
        int x = first.x + first.w;

        for (int y = n->rect.y; y < n->rect.y + n->rect.h && x < n->rect.x + n->rect.w; y++)
            visit(user, (struct rect){y, x, 1, 1},
                  y >= f.y && y < f.y + f.h && (f.x + f.w == x || f.x == x + 1));
    }
    visit_borders(l, n->children[0], visit, user);
    visit_borders(l, n->children[1], visit, user);
}

void layout_borders(const struct layout *l,
                    void (*visit)(void *user, struct rect column, bool beside), void *user)
{
    if (!l->zoomed)
        visit_borders(l, l->root, visit, user);
}

static struct node *border_at(struct node *n, int y, int x)
{
    if (is_leaf(n) || !inside(n->rect, y, x))
        return NULL;
    struct rect second = n->children[1]->rect;
    if (n->stacked ? y == second.y : x == second.x - 1)
        return n;
    struct node *found = border_at(n->children[0], y, x);
    return found ? found : border_at(n->children[1], y, x);
}

struct border *layout_border_at(const struct layout *l, int y, int x)
{
    return l->zoomed ? NULL : (struct border *)border_at(l->root, y, x);
}

/* Looks at nothing of it but where it is: it may be freed. */
static bool has_border(const struct node *n, const struct border *border)
{
    return !is_leaf(n) &&
           ((const struct border *)n == border || has_border(n->children[0], border) ||
            has_border(n->children[1], border));
}

bool layout_drag(struct layout *l, struct border *border, int y, int x)
{
    struct node *n = (struct node *)border;

    if (l->zoomed || !has_border(l->root, border))
        return false;
    set_first(n, n->stacked ? y - n->rect.y : x - n->rect.x);
    place(l);
    return true;
}
