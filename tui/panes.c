/* SPDX-License-Identifier: MIT
 *
 * Panes and tabs: the actions on them, the mouse on their borders and titles.
 *
 * A tab is a tiling tree of its own with a name; t->layout is the one that shows. An empty leaf
 * closes, an empty tab too; when the last one is empty the program is asked for its "home".
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/internal.h"

#define RESIZE_CELLS 2
#define NUMBERS_MS   2000

/* --- tabs --- */

static void show_tab(struct tui *t, size_t i)
{
    if (i >= t->n_tabs)
        return;
    if (i != t->tab)
        t->last_tab = t->tab;
    t->tab = i;
    t->layout = t->tabs[i].layout;
    panes_place(t);
    tui_refocus(t);
}

/* Puts an empty tab behind the present one and shows it. */
static bool add_tab(struct tui *t)
{
    if (t->n_tabs == TUI_TABS_MAX) {
        tui_toast(t, ROLE_WARN, "There are %d tabs already, which is the most", TUI_TABS_MAX);
        return false;
    }
    size_t i = t->tab + 1;
    memmove(t->tabs + i + 1, t->tabs + i, (t->n_tabs - i) * sizeof *t->tabs);
    t->tabs[i] = (struct tab){.layout = layout_create()};
    t->n_tabs++;
    show_tab(t, i);
    return true;
}

static void remove_tab(struct tui *t, size_t i)
{
    layout_destroy(t->tabs[i].layout);
    t->n_tabs--;
    memmove(t->tabs + i, t->tabs + i + 1, (t->n_tabs - i) * sizeof *t->tabs);
    if (t->last_tab > i || t->last_tab >= t->n_tabs)
        t->last_tab -= t->last_tab > 0;
    if (t->tab == i) {
        t->tab = t->last_tab;
    } else if (t->tab > i) {
        t->tab--;
    }
    t->layout = t->tabs[t->tab].layout;
    panes_place(t);
}

void panes_init(struct tui *t)
{
    t->tabs[0].layout = layout_create();
    t->n_tabs = 1;
    t->layout = t->tabs[0].layout;
}

void panes_finish(struct tui *t)
{
    for (size_t i = 0; i < t->n_tabs; i++)
        layout_destroy(t->tabs[i].layout);
}

void panes_place(struct tui *t)
{
    if (t->rows >= TUI_MIN_ROWS && t->cols >= TUI_MIN_COLS)
        layout_place(t->layout, (struct rect){.h = t->rows - 1, .w = t->cols});
    t->base_stale = true;
}

struct leaf *panes_find(const struct tui *t, const struct view *v, size_t *tab)
{
    for (size_t i = 0; i < t->n_tabs; i++) {
        struct leaf *leaf = layout_find(t->tabs[i].layout, v);

        if (leaf) {
            *tab = i;
            return leaf;
        }
    }
    return NULL;
}

void panes_drop(struct tui *t, const struct view *v)
{
    size_t i;
    struct leaf *leaf = panes_find(t, v, &i);

    if (!leaf)
        return;
    layout_remove(t->tabs[i].layout, v);
    if (leaf_depth(leaf))
        return;
    t->base_stale = true;
    if (layout_close(t->tabs[i].layout, leaf))
        return;
    if (t->n_tabs > 1)
        remove_tab(t, i);
    else
        tui_act(t, "home");
}

bool tui_tab_open(struct tui *t, struct view *v)
{
    if (!add_tab(t))
        return false;
    tui_show(t, v);
    return true;
}

bool tui_split(struct tui *t, bool stacked, struct view *v)
{
    if (!layout_split(t->layout, stacked)) {
        tui_toast(t, ROLE_WARN, "No room to split this pane");
        return false;
    }
    tui_show(t, v);
    return true;
}

bool tui_reveal(struct tui *t, struct view *v)
{
    size_t i;
    struct leaf *leaf = panes_find(t, v, &i);

    if (!leaf || leaf_view(leaf) != v)
        return false;
    layout_focus(t->tabs[i].layout, leaf);
    show_tab(t, i);
    return true;
}

bool tui_raise(struct tui *t, struct view *v)
{
    size_t i;
    struct leaf *leaf = panes_find(t, v, &i);

    if (!leaf)
        return false;
    layout_remove(t->tabs[i].layout, v);
    leaf_push(leaf, v); /* there is room: it was there */
    return tui_reveal(t, v);
}

static void each_place_of(struct tui *t, size_t tab,
                          void (*visit)(void *user, const struct tui_place *place), void *user)
{
    const struct tab *now = &t->tabs[tab];
    struct tui_place place = {.tab = tab,
                              .n_tab_panes = layout_count(now->layout),
                              .tab_name = now->name,
                              .tab_shows = tab == t->tab};

    for (struct leaf *leaf = layout_next(now->layout, NULL); leaf;
         leaf = layout_next(now->layout, leaf), place.pane++)
        for (place.depth = 0; (place.view = leaf_view_at(leaf, place.depth)); place.depth++)
            visit(user, &place);
}

void tui_each_place(struct tui *t, void (*visit)(void *user, const struct tui_place *place),
                    void *user)
{
    for (size_t i = 0; i < t->n_tabs; i++)
        each_place_of(t, i, visit, user);
}

struct view *tui_each_shown(struct tui *t, const struct view *after)
{
    bool take = !after;

    for (size_t i = 0; i < t->n_tabs; i++) {
        struct layout *l = t->tabs[i].layout;

        for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf)) {
            struct view *v = leaf_view(leaf);

            if (v && take)
                return v;
            take = take || v == after;
        }
    }
    return NULL;
}

void tui_tab_rename(struct tui *t, const char *name)
{
    text_sanitise(t->tabs[t->tab].name, sizeof t->tabs[t->tab].name, name, strlen(name));
    tui_refocus(t);
}

/* --- kept --- */

#define LAYOUT_HEAD "sandpit-layout 1\n"

/* Of a tab: the current one, and whether a pane is zoomed. */
static char sign_of(const struct tui *t, size_t i)
{
    bool zoomed = layout_is_zoomed(t->tabs[i].layout);

    return i == t->tab ? (zoomed ? 'Z' : '*') : zoomed ? 'z' : '-';
}

void tui_layout_save(struct tui *t, struct buf *out,
                     void (*describe)(void *user, struct view *v, struct buf *out), void *user)
{
    buf_append_str(out, LAYOUT_HEAD);
    for (size_t i = 0; i < t->n_tabs; i++) {
        buf_printf(out, "tab %c %s\n", sign_of(t, i), t->tabs[i].name);
        layout_save(t->tabs[i].layout, out, describe, user);
    }
}

/* How many tabs a text has; 0: it is broken. */
static size_t count_tabs(const char *text)
{
    size_t n = 0;

    if (strncmp(text, LAYOUT_HEAD, strlen(LAYOUT_HEAD)) != 0)
        return 0;
    for (text += strlen(LAYOUT_HEAD); *text; n++) {
        const char *end = strchr(text, '\n');
        size_t length =
            end && strncmp(text, "tab ", 4) == 0 && end - text >= 6 ? layout_measure(end + 1) : 0;

        if (!length)
            return 0;
        text = end + 1 + length;
    }
    return n;
}

struct restoring {
    struct tui *t;
    void (*make)(void *user, const char *what);
    void *user;
    struct leaf *focused;
};

static void restore_leaf(void *user, struct leaf *leaf, const char *what, bool focused)
{
    struct restoring *r = user;

    layout_focus(r->t->layout, leaf);
    r->make(r->user, what);
    if (focused)
        r->focused = leaf;
}

/* Returns the text behind it. */
static const char *restore_tab(struct restoring *r, const char *text)
{
    const char *end = strchr(text, '\n');
    cleanup_free char *name = xstrndup(text + 6, (size_t)(end - text - 6));

    add_tab(r->t);
    text_sanitise(r->t->tabs[r->t->tab].name, sizeof r->t->tabs[0].name, name, strlen(name));
    r->focused = NULL;
    layout_restore(r->t->layout, end + 1, restore_leaf, r);
    if (r->focused)
        layout_focus(r->t->layout, r->focused);
    if (text[4] == 'Z' || text[4] == 'z')
        layout_zoom(r->t->layout);
    return end + 1 + layout_measure(end + 1);
}

bool tui_layout_restore(struct tui *t, const char *text, void (*make)(void *user, const char *what),
                        void *user)
{
    struct restoring r = {.t = t, .make = make, .user = user};
    size_t n = count_tabs(text), shown = t->n_tabs;
    bool was_empty = t->n_tabs == 1 && !leaf_depth(layout_focused(t->layout));

    if (!n || t->n_tabs + n > TUI_TABS_MAX)
        return false;
    t->tab = t->n_tabs - 1;
    for (text += strlen(LAYOUT_HEAD); *text;) {
        if (text[4] == '*' || text[4] == 'Z')
            shown = t->n_tabs;
        text = restore_tab(&r, text);
    }
    show_tab(t, shown);
    if (was_empty) {
        t->last_tab = t->tab;
        remove_tab(t, 0);
    }
    tui_refocus(t);
    return true;
}

/* --- actions --- */

static void focus_leaf(struct tui *t, struct leaf *leaf)
{
    if (!leaf)
        return;
    layout_focus(t->layout, leaf);
    tui_refocus(t);
}

static void changed(struct tui *t)
{
    t->base_stale = true;
    tui_refocus(t);
}

static struct leaf *neighbour(const struct tui *t, int by)
{
    struct leaf *now = layout_focused(t->layout);
    struct leaf *leaf = by > 0 ? layout_next(t->layout, now) : layout_previous(t->layout, now);

    if (!leaf)
        leaf = by > 0 ? layout_next(t->layout, NULL) : layout_previous(t->layout, NULL);
    return leaf;
}

static void pane_beside(struct tui *t, int side)
{
    focus_leaf(t, layout_beside(t->layout, (enum layout_side)side));
}

static void pane_step(struct tui *t, int by)
{
    focus_leaf(t, neighbour(t, by));
}

static void pane_last(struct tui *t, int unused)
{
    focus_leaf(t, layout_last(t->layout));
}

static void pane_zoom(struct tui *t, int unused)
{
    if (layout_count(t->layout) < 2)
        tui_toast(t, ROLE_WARN, "There is only this pane");
    layout_zoom(t->layout);
    changed(t);
}

static void pane_swap(struct tui *t, int by)
{
    struct leaf *other = neighbour(t, by);

    if (other != layout_focused(t->layout))
        layout_swap(t->layout, layout_focused(t->layout), other);
    changed(t);
}

static void pane_resize(struct tui *t, int side)
{
    layout_push_border(t->layout, (enum layout_side)side, RESIZE_CELLS);
    changed(t);
}

static void pane_layout(struct tui *t, int unused)
{
    if (layout_count(t->layout) < 2)
        tui_toast(t, ROLE_WARN, "There is only this pane");
    else
        tui_toast(t, ROLE_STATUS, "Layout: %s", layout_arrange(t->layout));
    changed(t);
}

static void pane_break(struct tui *t, int unused)
{
    struct layout *from = t->layout;
    struct leaf *leaf = layout_focused(from);

    if (layout_count(from) < 2) {
        tui_toast(t, ROLE_WARN, "This pane has a tab of its own already");
        return;
    }
    if (!add_tab(t))
        return;
    layout_swap(from, leaf, layout_focused(t->layout));
    layout_focus(from, leaf); /* it followed the views into the other tree */
    layout_close(from, leaf);
    changed(t);
}

/* Every view of a leaf, the one that shows last. */
static void close_leaf(struct tui *t, struct leaf *leaf)
{
    for (size_t n = leaf_depth(leaf); n > 0; n--)
        tui_close(t, leaf_view(leaf)); /* the last one takes the leaf along */
}

static void pane_close(struct tui *t, int unused)
{
    close_leaf(t, layout_focused(t->layout));
}

static void pane_numbers(struct tui *t, int unused)
{
    if (layout_count(t->layout) < 2) {
        tui_toast(t, ROLE_WARN, "There is only this pane");
        return;
    }
    panes_show_numbers(t, true);
}

static void tab_step(struct tui *t, int by)
{
    show_tab(t, (t->tab + t->n_tabs + (size_t)(by + (int)t->n_tabs)) % t->n_tabs);
}

static void tab_last(struct tui *t, int unused)
{
    show_tab(t, t->last_tab);
}

static void tab_close(struct tui *t, int unused)
{
    size_t n = layout_count(t->layout);

    for (; n > 0; n--)
        close_leaf(t, layout_focused(t->layout));
}

static void tab_number(struct tui *t, int number)
{
    if ((size_t)number < t->n_tabs)
        show_tab(t, (size_t)number);
    else
        tui_toast(t, ROLE_WARN, "There is no tab %d", number);
}

static const struct {
    const char *action;
    void (*run)(struct tui *t, int argument);
    int argument;
} actions[] = {
    {"pane-left", pane_beside, SIDE_LEFT},
    {"pane-right", pane_beside, SIDE_RIGHT},
    {"pane-up", pane_beside, SIDE_UP},
    {"pane-down", pane_beside, SIDE_DOWN},
    {"pane-next", pane_step, 1},
    {"pane-previous", pane_step, -1},
    {"pane-last", pane_last, 0},
    {"pane-zoom", pane_zoom, 0},
    {"pane-swap-previous", pane_swap, -1},
    {"pane-swap-next", pane_swap, 1},
    {"pane-push-left", pane_resize, SIDE_LEFT},
    {"pane-push-right", pane_resize, SIDE_RIGHT},
    {"pane-push-up", pane_resize, SIDE_UP},
    {"pane-push-down", pane_resize, SIDE_DOWN},
    {"pane-layout", pane_layout, 0},
    {"pane-break", pane_break, 0},
    {"pane-close", pane_close, 0},
    {"pane-numbers", pane_numbers, 0},
    {"tab-next", tab_step, 1},
    {"tab-previous", tab_step, -1},
    {"tab-last", tab_last, 0},
    {"tab-close", tab_close, 0},
};

bool panes_act(struct tui *t, const char *action)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (strcmp(actions[i].action, action) == 0) {
            actions[i].run(t, actions[i].argument);
            return true;
        }
    }
    if (strncmp(action, "tab-", 4) == 0 && action[4] >= '0' && action[4] <= '9' && !action[5]) {
        tab_number(t, action[4] - '0');
        return true;
    }
    return false;
}

/* --- numbers --- */

static void on_numbers_over(uv_timer_t *timer)
{
    panes_show_numbers(timer->data, false);
}

void panes_show_numbers(struct tui *t, bool on)
{
    t->numbers_shown = on;
    if (on)
        uv_timer_start(&t->numbers_timer, on_numbers_over, NUMBERS_MS, 0);
    else
        uv_timer_stop(&t->numbers_timer);
    tui_schedule(t, true);
}

bool panes_number_key(struct tui *t, struct key key)
{
    struct leaf *leaf = NULL;

    if (!t->numbers_shown)
        return false;
    panes_show_numbers(t, false);
    if (key.mods || key.code < '0' || key.code > '9')
        return key.code == KEY_ESCAPE;
    for (uint32_t i = '0'; i <= key.code && (i == '0' || leaf); i++)
        leaf = layout_next(t->layout, leaf);
    if (leaf)
        focus_leaf(t, leaf);
    else
        tui_toast(t, ROLE_WARN, "There is no pane %c", (char)key.code);
    return true;
}

/* --- mouse --- */

static bool click_tab(struct tui *t, struct mouse mouse)
{
    if (mouse.row != t->rows - 1)
        return false;
    if (mouse.col < t->lock_w) {
        dispatch_lock(t, false);
        return true;
    }
    for (size_t i = 0; i < t->n_tabs; i++) {
        if (t->tabs_drawn & (uint32_t)1 << i && mouse.col >= t->tabs[i].x &&
            mouse.col < t->tabs[i].x + t->tabs[i].w) {
            show_tab(t, i);
            return true;
        }
    }
    return false;
}

bool panes_mouse(struct tui *t, struct mouse mouse)
{
    bool press = mouse.kind == MOUSE_PRESS && mouse.button == MOUSE_LEFT;
    struct leaf *leaf;

    if (t->dragged && mouse.kind == MOUSE_MOVE && mouse.button == MOUSE_LEFT) {
        if (layout_drag(t->layout, t->dragged, mouse.row, mouse.col))
            changed(t);
        return true;
    }
    if (t->dragged) {
        t->dragged = NULL;
        return true;
    }
    if (!press)
        return false;
    if (click_tab(t, mouse))
        return true;
    leaf = layout_at(t->layout, mouse.row, mouse.col);
    if (leaf)
        focus_leaf(t, leaf);
    t->dragged = layout_border_at(t->layout, mouse.row, mouse.col);
    /* A press on a title is for the pane, not for what is in it. */
    return t->dragged || (leaf && mouse.row < leaf_rect(leaf).y);
}
