/* SPDX-License-Identifier: MIT
 *
 * One frame: dirty views into the cells of the leaves, overlays and toast above them, and what
 * differs to the terminal.
 *
 * While somebody types and large frames are drawn beside it, a frame is a piece: the view with the
 * keys and one other in turn, more often. What an echo has to wait for, the terminal taking what
 * was drawn just before, is that much shorter.
 */
#include <string.h>

#include "base/clock.h"
#include "tui/internal.h"

#define TYPING_MS     2000 /* after a key */
#define HUSH_MS       6
#define LINKS_KEPT_MS 5000
/* Frames from here on, a terminal needs a while to take. */
#define LARGE_FRAME_BYTES ((size_t)4096)

static struct canvas canvas_of(const struct tui *t, struct cell *cells)
{
    return (struct canvas){.cells = cells, .stride = t->cols, .rows = t->rows, .cols = t->cols};
}

static bool too_small(const struct tui *t)
{
    return t->rows < TUI_MIN_ROWS || t->cols < TUI_MIN_COLS;
}

static void set_size(struct view *v, int rows, int cols)
{
    if (v->rows == rows && v->cols == cols)
        return;
    v->rows = rows;
    v->cols = cols;
    v->dirty = true;
    if (v->ops->resize)
        v->ops->resize(v, rows, cols);
}

static void update_view(struct view *v)
{
    if (v->dirty && v->ops->update)
        v->ops->update(v, v->rows, v->cols);
    v->dirty = false;
}

static void draw_view(struct tui *t, struct view *v, struct canvas whole, struct rect r)
{
    struct canvas c = canvas_sub(whole, r);

    view_node_of(v)->rect = r;
    canvas_fill(c, (struct rect){.h = c.rows, .w = c.cols}, tui_theme(t)->styles[ROLE_TEXT]);
    if (v->ops->draw)
        v->ops->draw(v, c);
}

void frame_sizes(struct tui *t)
{
    for (struct leaf *leaf = layout_next(t->layout, NULL); leaf;
         leaf = layout_next(t->layout, leaf)) {
        struct rect r = leaf_rect(leaf);

        if (leaf_view(leaf) && r.h && r.w)
            set_size(leaf_view(leaf), r.h, r.w);
    }
}

static bool is_dirty(const struct leaf *leaf)
{
    const struct view *v = leaf_view(leaf);
    struct rect r = leaf_rect(leaf);

    return v && v->dirty && r.h && r.w;
}

static bool in_pieces(const struct tui *t)
{
    int64_t now_ms = clock_mono_ms();

    return !t->base_stale && now_ms - t->typed_ms < TYPING_MS && now_ms - t->large_ms < TYPING_MS;
}

/* Who is drawn beside the view with the keys in this piece; how many are left for the next ones. */
static const struct view *choose_piece(struct tui *t)
{
    const struct view *target = tui_target(t), *first = NULL, *next = NULL;
    bool passed = false, waits = false;
    size_t n = 0;

    for (struct leaf *leaf = layout_next(t->layout, NULL); leaf;
         leaf = layout_next(t->layout, leaf)) {
        const struct view *v = leaf_view(leaf);

        waits = waits || (v == target && is_dirty(leaf));
        if (v != target && is_dirty(leaf)) {
            n++;
            first = first ? first : v;
            if (passed && !next)
                next = v;
        }
        passed = passed || v == t->piece;
    }
    if (waits)
        t->echo_ms = t->last_frame_ms;
    /* An echo goes alone, and finds the terminal ready. */
    bool hushed = t->last_frame_ms - t->typed_ms < HUSH_MS && t->echo_ms < t->typed_ms;
    const struct view *piece = (t->soon && waits) || hushed ? NULL : next ? next : first;

    t->n_late = n - (piece != NULL);
    t->piece = piece ? piece : t->piece;
    return piece;
}

static void draw_leaves(struct tui *t)
{
    struct canvas whole = canvas_of(t, t->base);
    bool drawn = t->base_stale || t->titles_stale, pieces = in_pieces(t);
    const struct view *piece = pieces ? choose_piece(t) : NULL;

    for (struct leaf *leaf = layout_next(t->layout, NULL); leaf;
         leaf = layout_next(t->layout, leaf)) {
        struct view *v = leaf_view(leaf);
        struct rect r = leaf_rect(leaf);

        if (!r.h || !r.w)
            continue;
        if (!v) {
            canvas_fill(whole, r, tui_theme(t)->styles[ROLE_TEXT]);
            continue;
        }
        set_size(v, r.h, r.w);
        if (pieces && v != piece && v != tui_target(t))
            continue;
        if (!v->dirty && !t->base_stale)
            continue;
        update_view(v);
        draw_view(t, v, whole, r);
        drawn = true;
    }
    if (drawn)
        panes_draw(t, whole);
    t->base_stale = t->titles_stale = false;
}

static struct rect place_overlay(struct tui *t, struct view *v)
{
    struct rect r = {.y = -1, .x = -1, .h = t->rows * 3 / 4, .w = t->cols * 3 / 4};

    if (v->ops->place)
        r = v->ops->place(v, t->rows - 1, t->cols);
    r.h = r.h < 1 ? 1 : r.h > t->rows - 1 ? t->rows - 1 : r.h;
    r.w = r.w < 1 ? 1 : r.w > t->cols ? t->cols : r.w;
    r.y = r.y < 0 ? (t->rows - 1 - r.h) / 2 : r.y;
    r.x = r.x < 0 ? (t->cols - r.w) / 2 : r.x;
    r.y = r.y > t->rows - 1 - r.h ? t->rows - 1 - r.h : r.y;
    r.x = r.x > t->cols - r.w ? t->cols - r.w : r.x;
    return r;
}

static void draw_above(struct tui *t)
{
    struct canvas whole = canvas_of(t, t->cells);

    memcpy(t->cells, t->base, (size_t)t->rows * (size_t)t->cols * sizeof *t->cells);
    for (size_t i = 0; i < t->n_overlays; i++) {
        struct view *v = t->overlays[i];
        struct rect r = place_overlay(t, v);

        set_size(v, r.h, r.w);
        update_view(v);
        draw_view(t, v, whole, r);
    }
    panes_draw_numbers(t, whole);
    status_draw_toast(t, whole);
    status_draw_hints(t, whole);
}

static struct view_cursor find_cursor(const struct tui *t)
{
    struct view *v = tui_target(t);
    struct view_cursor cursor = {0};

    if (!v || !v->ops->cursor || t->hint_shown)
        return cursor;
    struct rect r = view_node_of(v)->rect;
    cursor = v->ops->cursor(v);
    cursor.visible = cursor.visible && cursor.row >= 0 && cursor.row < r.h && cursor.col >= 0 &&
                     cursor.col < r.w;
    cursor.row += r.y;
    cursor.col += r.x;
    return cursor;
}

uint16_t tui_link(struct tui *t, const char *uri, colour underline)
{
    return screen_link(t->screen, uri, underline);
}

/* A screen that has more of them than there is room for is not worth painting twice a second. */
static void make_room_for_links(struct tui *t)
{
    int64_t now_ms = clock_mono_ms();

    if (!screen_links_full(t->screen) || now_ms - t->links_forgotten_ms < LINKS_KEPT_MS)
        return;
    t->links_forgotten_ms = now_ms;
    screen_forget_links(t->screen);
    t->base_stale = true;
}

void frame_draw(struct tui *t)
{
    struct view_cursor cursor = {0};

    make_room_for_links(t);
    if (!screen_has_colours(t->screen)) /* what the configuration names may have been read again */
        theme_without_colours(&t->own_theme, t->config.theme);
    t->dirty = false;
    t->n_late = 0;
    t->last_frame_ms = clock_mono_ms();
    if (too_small(t)) {
        status_draw_too_small(t, canvas_of(t, t->cells));
    } else {
        draw_leaves(t);
        status_draw_line(t, canvas_of(t, t->base));
        draw_above(t);
        cursor = find_cursor(t);
    }
    screen_draw(t->screen, t->cells, cursor);
    t->soon = false;
    if (t->n_late || screen_pending(t->screen) >= LARGE_FRAME_BYTES)
        t->large_ms = t->last_frame_ms;
}
