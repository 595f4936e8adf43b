/* SPDX-License-Identifier: MIT
 *
 * The life of views: shown in a leaf, on its history, or as an overlay; who has the focus; ticks.
 * A closed view leaves the screen at once and its memory on the next turn.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/internal.h"

struct view *tui_focused(struct tui *t)
{
    return leaf_view(layout_focused(t->layout));
}

struct view *tui_target(const struct tui *t)
{
    return t->n_overlays ? t->overlays[t->n_overlays - 1] : leaf_view(layout_focused(t->layout));
}

bool tui_is_overlay(const struct tui *t, const struct view *v)
{
    for (size_t i = 0; i < t->n_overlays; i++)
        if (t->overlays[i] == v)
            return true;
    return false;
}

bool view_is_shown(const struct view *v)
{
    struct leaf *leaf = layout_find(v->tui->layout, v);

    return leaf ? leaf_view(leaf) == v && leaf_rect(leaf).h > 0 : tui_is_overlay(v->tui, v);
}

void tui_refocus(struct tui *t)
{
    struct view *now = tui_target(t), *before = t->focus;

    t->base_stale = true;
    tui_schedule(t, true);
    if (t->config.on_layout)
        t->config.on_layout(t->config.user);
    if (now == before)
        return;
    dispatch_forget_keys(t);
    t->focus = now;
    if (before && before->ops->focus && !view_node_of(before)->closing)
        before->ops->focus(before, false);
    if (now)
        now->dirty = true;
    if (now && now->ops->focus && t->terminal_focused)
        now->ops->focus(now, true);
}

struct view *view_create(struct tui *t, const struct view_ops *ops, void *data)
{
    struct view_node *node = xcalloc(1, sizeof *node);

    node->view = (struct view){.ops = ops, .tui = t, .data = data, .dirty = true};
    TAILQ_INSERT_TAIL(&t->views, node, all);
    return &node->view;
}

void view_room(const struct view *v, int *rows, int *cols)
{
    size_t tab;
    struct leaf *leaf = panes_find(v->tui, v, &tab);

    *rows = leaf ? leaf_rect(leaf).h : 0;
    *cols = leaf ? leaf_rect(leaf).w : 0;
}

bool view_is_topmost(const struct view *v)
{
    size_t tab;
    struct leaf *leaf = panes_find(v->tui, v, &tab);

    return leaf && leaf_rect(leaf).y == 0;
}

static void free_view(struct tui *t, struct view_node *node)
{
    TAILQ_REMOVE(&t->views, node, all);
    if (node->view.ops->close)
        node->view.ops->close(&node->view);
    free(node);
}

void views_free_closed(struct tui *t)
{
    struct view_node *node = TAILQ_FIRST(&t->views);

    while (node) {
        struct view_node *next = TAILQ_NEXT(node, all);

        /* close may close others, which then are freed here or on the next turn. */
        if (node->closing)
            free_view(t, node);
        node = next;
    }
}

void tui_show(struct tui *t, struct view *v)
{
    struct view *oldest = leaf_push(layout_focused(t->layout), v);

    v->dirty = true;
    if (oldest)
        tui_close(t, oldest);
    tui_refocus(t);
}

bool tui_back(struct tui *t)
{
    struct leaf *leaf = layout_focused(t->layout);

    if (leaf_depth(leaf) < 2)
        return false;
    tui_close(t, leaf_view(leaf));
    return true;
}

void tui_overlay(struct tui *t, struct view *v)
{
    if (t->n_overlays == TUI_OVERLAYS_MAX)
        tui_close(t, t->overlays[t->n_overlays - 1]);
    t->overlays[t->n_overlays++] = v;
    v->dirty = true;
    tui_refocus(t);
}

void tui_close(struct tui *t, struct view *v)
{
    size_t kept = 0;

    if (!v || view_node_of(v)->closing)
        return;
    view_node_of(v)->closing = true;
    for (size_t i = 0; i < t->n_overlays; i++)
        if (t->overlays[i] != v)
            t->overlays[kept++] = t->overlays[i];
    t->n_overlays = kept;
    if (t->pressed == v)
        t->pressed = NULL;
    panes_drop(t, v);
    tui_refocus(t);
    tui_wake(t);
}

void tui_apply(struct tui *t, struct view *v, enum view_result result)
{
    if (result == VIEW_IGNORED || result == VIEW_TAKEN)
        return;
    if (result == VIEW_CLOSE) {
        tui_close(t, v);
        return;
    }
    v->dirty = true;
    tui_schedule(t, true);
}

void view_damage(struct view *v)
{
    v->dirty = true;
    if (view_is_shown(v))
        tui_schedule(v->tui, false);
}

void views_free_all(struct tui *t)
{
    struct view_node *node, *next;

    t->n_overlays = 0;
    t->focus = t->pressed = NULL;
    for (node = TAILQ_FIRST(&t->views); node; node = TAILQ_NEXT(node, all))
        for (size_t i = 0; i < t->n_tabs; i++)
            layout_remove(t->tabs[i].layout, &node->view);
    for (node = TAILQ_FIRST(&t->views); node; node = next) {
        next = TAILQ_NEXT(node, all);
        node->closing = true;
        free_view(t, node);
    }
}

/* --- ticks --- */

static void on_tick(uv_timer_t *timer);

/* Sets the timer for the nearest tick of all views. */
static void arm_tick(struct tui *t)
{
    struct view_node *node;
    int64_t nearest = 0;

    for (node = TAILQ_FIRST(&t->views); node; node = TAILQ_NEXT(node, all))
        if (node->tick_at_ms && (!nearest || node->tick_at_ms < nearest))
            nearest = node->tick_at_ms;
    if (!nearest) {
        uv_timer_stop(&t->tick);
        return;
    }
    uv_update_time(t->loop);
    int64_t left = nearest - clock_mono_ms();
    uv_timer_start(&t->tick, on_tick, left > 0 ? (uint64_t)left : 0, 0);
}

static void on_tick(uv_timer_t *timer)
{
    struct tui *t = timer->data;
    int64_t now = clock_mono_ms();
    struct view_node *node;

    for (node = TAILQ_FIRST(&t->views); node; node = TAILQ_NEXT(node, all)) {
        if (node->tick_at_ms && node->tick_at_ms <= now) {
            node->tick_at_ms = 0;
            view_damage(&node->view);
        }
    }
    arm_tick(t);
}

void view_tick(struct view *v, int64_t delay_ms)
{
    struct view_node *node = view_node_of(v);
    int64_t at = clock_mono_ms() + (delay_ms < 1 ? 1 : delay_ms);

    if (node->tick_at_ms && node->tick_at_ms <= at)
        return;
    node->tick_at_ms = at;
    arm_tick(v->tui);
}
