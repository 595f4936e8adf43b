/* SPDX-License-Identifier: MIT
 *
 * Events of the terminal to views: keys become actions through the keymap, in the contexts of the
 * view that has the focus and then "global". A view that grabs keys sees them first; of a leaf the
 * prefix key is kept back, and the key after it is looked up in the context "prefix".
 */
#include <string.h>

#include "base/clock.h"
#include "tui/internal.h"

#define SEQUENCE_TIMEOUT_MS 1000
#define HINT_DELAY_MS       300
#define CONTEXTS_MAX        8

const struct action_def tui_actions[] = {
    {"global", "C-l", "redraw", "Draw the screen again", false},
    {"global", "C-z", "suspend", "Suspend; fg comes back", false},
    {"prefix", "h Left", "pane-left", "Pane to the left", true},
    {"prefix", "j Down", "pane-down", "Pane below", true},
    {"prefix", "k Up", "pane-up", "Pane above", true},
    {"prefix", "l Right", "pane-right", "Pane to the right", true},
    {"prefix", "o", "pane-next", "Next pane"},
    {"prefix", ";", "pane-last", "Pane before"},
    {"prefix", "z", "pane-zoom", "Zoom this pane, or all again"},
    {"prefix", "Space", "pane-layout", "Next layout"},
    {"prefix", "{", "pane-swap-previous", "Swap with the pane before", true},
    {"prefix", "}", "pane-swap-next", "Swap with the next pane", true},
    {"prefix", "C-Left", "pane-push-left", "Move the border left", true},
    {"prefix", "C-Right", "pane-push-right", "Move the border right", true},
    {"prefix", "C-Up", "pane-push-up", "Move the border up", true},
    {"prefix", "C-Down", "pane-push-down", "Move the border down", true},
    {"prefix", "!", "pane-break", "Give this pane a tab"},
    {"prefix", "x", "pane-close", "Close this pane; it runs on"},
    {"prefix", "q", "pane-numbers", "Pane by number"},
    {"prefix", "n", "tab-next", "Next tab"},
    {"prefix", "p", "tab-previous", "Previous tab"},
    {"prefix", "Tab", "tab-last", "Tab before"},
    {"prefix", "&", "tab-close", "Close this tab; shells run on"},
    {"prefix", "0", "tab-0", "Tab 0", true},
    {"prefix", "1", "tab-1", "Tab 1", true},
    {"prefix", "2", "tab-2", "Tab 2", true},
    {"prefix", "3", "tab-3", "Tab 3", true},
    {"prefix", "4", "tab-4", "Tab 4", true},
    {"prefix", "5", "tab-5", "Tab 5", true},
    {"prefix", "6", "tab-6", "Tab 6", true},
    {"prefix", "7", "tab-7", "Tab 7", true},
    {"prefix", "8", "tab-8", "Tab 8", true},
    {"prefix", "9", "tab-9", "Tab 9", true},
    {"prefix", "L", "lock", "Lock: programs get the prefix"},
    {"locked", "F12", "unlock", "Unlock: the prefix key works again"},
    {0},
};

void dispatch_forget_keys(struct tui *t)
{
    if (t->prefix_typed || t->hint_shown)
        tui_schedule(t, true);
    t->n_pending = 0;
    t->prefix_typed = t->hint_shown = false;
    uv_timer_stop(&t->pending_timer);
}

static void on_pending_timer(uv_timer_t *timer)
{
    dispatch_on_timer(timer->data);
}

void dispatch_on_timer(struct tui *t)
{
    if (t->prefix_typed) {
        t->hint_shown = true;
        tui_schedule(t, true);
    } else {
        t->n_pending = 0;
    }
}

/* --- lock --- */

void dispatch_lock(struct tui *t, bool on)
{
    char prefix[KEY_NAME_SIZE], key[24];

    keymap_hint(t->config.keymap, "locked", "unlock", key, sizeof key);
    if (on && !*key) {
        tui_toast(t, ROLE_WARN, "Not locked: no key unlocks (keys.ini, [locked] unlock)");
        return;
    }
    t->locked = on;
    if (on)
        tui_toast(t, ROLE_STATUS, "\xe2\x8a\x98 Locked: %s is the program's, too; %s unlocks",
                  key_name(prefix, t->config.prefix), key);
    else
        tui_toast(t, ROLE_STATUS, "Unlocked: %s works again", key_name(prefix, t->config.prefix));
    tui_redraw_all(t);
}

/* The one key that a locked terminal loses. */
static bool unlock_key(struct tui *t, struct key key)
{
    static const char *const contexts[] = {"locked", NULL};
    const char *action = keymap_lookup(t->config.keymap, contexts, &key, 1);

    if (!t->locked || !action || action == KEYMAP_MORE)
        return false;
    dispatch_action(t, action);
    return true;
}

/* --- actions --- */

static bool own_action(struct tui *t, const char *action)
{
    if (strcmp(action, "redraw") == 0)
        tui_redraw_all(t);
    else if (strcmp(action, "suspend") == 0)
        tui_suspend(t);
    else if (strcmp(action, "lock") == 0)
        dispatch_lock(t, !t->locked);
    else if (strcmp(action, "unlock") == 0)
        dispatch_lock(t, false);
    else
        return !t->n_overlays && panes_act(t, action);
    return true;
}

/* What an overlay does not take is not done to what lies under it, except asking for help. */
static void overlay_action(struct tui *t, struct view *v, const char *action)
{
    if (strcmp(action, "back") == 0)
        tui_close(t, v);
    else if (strcmp(action, "help") == 0 && t->config.act)
        t->config.act(t->config.user, action);
}

void dispatch_action(struct tui *t, const char *action)
{
    struct view *v = tui_target(t);
    enum view_result result = VIEW_IGNORED;

    if (v && v->ops->act)
        result = v->ops->act(v, action);
    tui_schedule(t, true);
    if (result != VIEW_IGNORED) {
        tui_apply(t, v, result);
        return;
    }
    if (own_action(t, action))
        return;
    if (v && tui_is_overlay(t, v)) {
        overlay_action(t, v, action);
        return;
    }
    if (strcmp(action, "back") == 0 && tui_back(t))
        return;
    if (t->config.act)
        t->config.act(t->config.user, action);
}

/* --- keys --- */

static bool grabs(struct view *v)
{
    return v && v->ops->grabs_keys && v->ops->grabs_keys(v);
}

static bool give_key(struct tui *t, struct view *v, struct key key)
{
    if (!v || !v->ops->key)
        return false;
    enum view_result result = v->ops->key(v, key);
    tui_apply(t, v, result);
    return result != VIEW_IGNORED;
}

static void list_contexts(const struct view *v, const char *out[CONTEXTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; v && v->ops->contexts && v->ops->contexts[i] && n < CONTEXTS_MAX - 2; i++)
        out[n++] = v->ops->contexts[i];
    out[n++] = "global";
    out[n] = NULL;
}

static void begin_prefix(struct tui *t)
{
    t->prefix_typed = true;
    t->n_pending = 0;
    uv_timer_start(&t->pending_timer, on_pending_timer, HINT_DELAY_MS, 0);
}

/* The key after the prefix. */
static void prefix_key(struct tui *t, struct view *v, struct key key)
{
    static const char *const contexts[] = {"prefix", NULL};
    char prefix[KEY_NAME_SIZE], name[KEY_NAME_SIZE];

    dispatch_forget_keys(t);
    const char *action = keymap_lookup(t->config.keymap, contexts, &key, 1);
    if (action && action != KEYMAP_MORE) {
        dispatch_action(t, action);
        return;
    }
    if (key_equal(key, t->config.prefix)) { /* twice: the key itself */
        give_key(t, v, key);
        return;
    }
    if (key.code != KEY_ESCAPE)
        tui_toast(t, ROLE_WARN, "%s %s is bound to nothing", key_name(prefix, t->config.prefix),
                  key_name(name, key));
}

/* True when a binding took the key, or it may begin one. */
static bool bound_key(struct tui *t, struct view *v, struct key key)
{
    const char *contexts[CONTEXTS_MAX];

    list_contexts(v, contexts);
    t->pending[t->n_pending] = key;
    const char *action = keymap_lookup(t->config.keymap, contexts, t->pending, t->n_pending + 1);
    if (!action && t->n_pending) { /* no such sequence: the key counts by itself */
        t->n_pending = 0;
        uv_timer_stop(&t->pending_timer);
        return bound_key(t, v, key);
    }
    if (action == KEYMAP_MORE && t->n_pending + 1 < TUI_SEQUENCE_KEYS) {
        t->n_pending++;
        uv_timer_start(&t->pending_timer, on_pending_timer, SEQUENCE_TIMEOUT_MS, 0);
        return true;
    }
    t->n_pending = 0;
    uv_timer_stop(&t->pending_timer);
    if (!action || action == KEYMAP_MORE)
        return false;
    dispatch_action(t, action);
    return true;
}

static void on_key(struct tui *t, struct key key)
{
    struct view *v = tui_target(t);
    bool is_prefix = !t->locked && key_equal(key, t->config.prefix) && !(v && tui_is_overlay(t, v));
    bool grabbing = grabs(v);

    tui_toast_seen(t);
    if (panes_number_key(t, key) || unlock_key(t, key))
        return;
    if (t->prefix_typed) {
        prefix_key(t, v, key);
        return;
    }
    if (is_prefix && grabbing) {
        begin_prefix(t);
        return;
    }
    if (grabbing) {
        if (!give_key(t, v, key))
            bound_key(t, v, key);
        return;
    }
    if (bound_key(t, v, key))
        return;
    if (is_prefix)
        begin_prefix(t);
    else
        give_key(t, v, key);
}

/* --- everything else --- */

static struct rect mouse_rect(const struct tui *t, const struct view *v)
{
    struct leaf *leaf = layout_find(t->layout, v);

    return leaf ? leaf_rect(leaf) : view_node_of(v)->rect;
}

/* NULL: there is none, or it is beside the top overlay. */
static struct view *view_under(struct tui *t, struct mouse mouse)
{
    struct leaf *leaf = t->n_overlays ? NULL : layout_at(t->layout, mouse.row, mouse.col);
    struct view *v = t->n_overlays ? t->overlays[t->n_overlays - 1] : leaf ? leaf_view(leaf) : NULL;
    struct rect r = v ? mouse_rect(t, v) : (struct rect){0};
    bool within =
        mouse.row >= r.y && mouse.row < r.y + r.h && mouse.col >= r.x && mouse.col < r.x + r.w;

    return within ? v : NULL;
}

/* A release can be lost, outside the window for one: a press elsewhere begins anew. */
static void hold_button(struct tui *t, struct view *v, enum mouse_button button)
{
    t->buttons_held = (t->pressed == v ? t->buttons_held : 0) | 1u << button;
    t->pressed = v;
}

/* Who presses a button has the mouse until it is released, wherever it goes. */
static struct view *view_of_mouse(struct tui *t, struct mouse mouse)
{
    struct view *v = t->pressed;

    if (mouse.kind == MOUSE_RELEASE) {
        t->buttons_held &= mouse.button == MOUSE_NO_BUTTON ? 0 : ~(1u << mouse.button);
        t->pressed = t->buttons_held ? v : NULL;
        return v;
    }
    if (mouse.kind == MOUSE_MOVE && mouse.button != MOUSE_NO_BUTTON)
        return v;
    v = view_under(t, mouse);
    if (mouse.kind == MOUSE_PRESS)
        hold_button(t, v, mouse.button);
    else if (mouse.kind == MOUSE_MOVE)
        t->pressed = NULL;
    return v;
}

static void on_mouse(struct tui *t, struct mouse mouse)
{
    if (!t->n_overlays && panes_mouse(t, mouse)) {
        if (mouse.kind == MOUSE_PRESS)
            t->pressed = NULL;
        return;
    }
    struct view *v = view_of_mouse(t, mouse);
    if (!v || !v->ops->mouse)
        return;
    struct rect r = mouse_rect(t, v);
    mouse.row -= r.y;
    mouse.col -= r.x;
    tui_apply(t, v, v->ops->mouse(v, mouse));
}

static void on_paste(struct tui *t, const struct input_event *event)
{
    struct view *v = tui_target(t);

    dispatch_forget_keys(t);
    if (v && v->ops->paste && event->n)
        tui_apply(t, v, v->ops->paste(v, event->text, event->n));
}

static void on_focus(struct tui *t, bool focused)
{
    if (t->terminal_focused == focused)
        return;
    t->terminal_focused = focused;
    if (t->focus && t->focus->ops->focus)
        t->focus->ops->focus(t->focus, focused);
}

void dispatch_event(void *tui, const struct input_event *event)
{
    struct tui *t = tui;

    switch (event->kind) {
    case INPUT_KEY:
        t->typed_ms = clock_mono_ms();
        if (t->base_stale && !t->n_overlays)
            frame_sizes(t);
        on_key(t, event->key);
        break;
    case INPUT_MOUSE:
        on_mouse(t, event->mouse);
        break;
    case INPUT_PASTE:
        on_paste(t, event);
        break;
    case INPUT_FOCUS:
        on_focus(t, event->focused);
        break;
    case INPUT_REPLY:
        break;
    }
}
