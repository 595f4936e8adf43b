/* SPDX-License-Identifier: MIT
 *
 * The toolkit of the stage: the functions of tui/tui.h without a terminal.
 */
#include "tests/views/toolkit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/status_line.h"

static void remove_from(struct view **list, size_t *n, const struct view *v)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++)
        if (list[i] != v)
            list[kept++] = list[i];
    *n = kept;
}

uv_loop_t *tui_loop(struct tui *t)
{
    return t->loop;
}

const struct theme *tui_theme(const struct tui *t)
{
    return &t->theme;
}

const struct keymap *tui_keymap(const struct tui *t)
{
    return t->keymap;
}

struct view *view_create(struct tui *t, const struct view_ops *ops, void *data)
{
    struct view *v = xcalloc(1, sizeof *v);

    *v = (struct view){.ops = ops, .tui = t, .data = data, .dirty = true};
    return v;
}

struct view *toolkit_target(const struct tui *t)
{
    return t->n_overlays ? t->overlays[t->n_overlays - 1] : tui_focused((struct tui *)t);
}

struct view *tui_focused(struct tui *t)
{
    return t->n_leaf ? t->leaf[t->n_leaf - 1] : NULL;
}

static void place_leaf(struct tui *t)
{
    struct view *v = tui_focused(t);

    if (!v || (v->rows == t->rows - 1 && v->cols == t->cols))
        return;
    v->rows = t->rows - 1;
    v->cols = t->cols;
    if (v->ops->resize)
        v->ops->resize(v, v->rows, v->cols);
}

void tui_show(struct tui *t, struct view *v)
{
    assert(t->n_leaf < ARRAY_LEN(t->leaf));
    t->leaf[t->n_leaf++] = v;
    place_leaf(t);
}

bool tui_back(struct tui *t)
{
    if (t->n_leaf < 2)
        return false;
    tui_close(t, t->leaf[t->n_leaf - 1]);
    return true;
}

void tui_overlay(struct tui *t, struct view *v)
{
    assert(t->n_overlays < ARRAY_LEN(t->overlays));
    t->overlays[t->n_overlays++] = v;
}

void tui_close(struct tui *t, struct view *v)
{
    if (!v)
        return;
    remove_from(t->leaf, &t->n_leaf, v);
    remove_from(t->overlays, &t->n_overlays, v);
    for (size_t i = 0; i < t->n_closing; i++)
        if (t->closing[i] == v)
            return;
    t->closing[t->n_closing++] = v;
}

void view_damage(struct view *v)
{
    v->dirty = true;
    v->tui->n_damaged++;
}

void view_tick(struct view *v, int64_t delay_ms)
{
    if (!v->tui->tick_ms || delay_ms < v->tui->tick_ms)
        v->tui->tick_ms = delay_ms;
}

void tui_status_changed(struct tui *t)
{
}

void tui_draw_soon(struct tui *t)
{
    t->n_soon++;
}

void tui_act(struct tui *t, const char *action)
{
    snprintf(t->action, sizeof t->action, "%s", action);
}

void tui_toast(struct tui *t, enum role role, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(t->toast, sizeof t->toast, format, args);
    va_end(args);
}

void tui_write(struct tui *t, const char *bytes, size_t n)
{
    buf_append(&t->written, bytes, n);
}

void tui_bell(struct tui *t)
{
    t->n_bells++;
}

/* --- turns --- */
static void apply(struct tui *t, struct view *v, enum view_result result)
{
    if (result == VIEW_CLOSE)
        tui_close(t, v);
    v->dirty = true;
}

void toolkit_action(struct tui *t, const char *action)
{
    struct view *v = toolkit_target(t);
    enum view_result result = v && v->ops->act ? v->ops->act(v, action) : VIEW_IGNORED;

    if (result != VIEW_IGNORED)
        apply(t, v, result);
    else if (t->n_overlays && strcmp(action, "back") == 0)
        tui_close(t, v);
    else if (!t->n_overlays && !(strcmp(action, "back") == 0 && tui_back(t)))
        t->act(t->user, action);
}

void toolkit_turn(struct tui *t)
{
    while (t->n_closing) {
        struct view *v = t->closing[--t->n_closing];

        if (v->ops->close)
            v->ops->close(v);
        free(v);
    }
    if (*t->action) {
        char action[sizeof t->action];

        memcpy(action, t->action, sizeof action);
        t->action[0] = '\0';
        toolkit_action(t, action);
    }
}

static bool give(struct tui *t, struct view *v, struct key key)
{
    if (!v->ops->key)
        return false;
    enum view_result result = v->ops->key(v, key);
    apply(t, v, result);
    return result != VIEW_IGNORED;
}

static bool bound(struct tui *t, struct view *v, struct key key)
{
    const char *contexts[8];
    size_t n = 0;

    for (; v->ops->contexts[n] && n < 6; n++)
        contexts[n] = v->ops->contexts[n];
    contexts[n++] = "global";
    contexts[n] = NULL;
    t->pending[t->n_pending] = key;
    const char *action = keymap_lookup(t->keymap, contexts, t->pending, t->n_pending + 1);
    if (action == KEYMAP_MORE && !t->n_pending) {
        t->n_pending = 1;
        return true;
    }
    t->n_pending = 0;
    if (!action || action == KEYMAP_MORE)
        return false;
    toolkit_action(t, action);
    return true;
}

void toolkit_key(struct tui *t, struct key key)
{
    static const char *const prefix_contexts[] = {"prefix", NULL};
    struct view *v = toolkit_target(t);
    bool grabs = v->ops->grabs_keys && v->ops->grabs_keys(v);

    if (t->prefix_typed) {
        t->prefix_typed = false;
        const char *action = keymap_lookup(t->keymap, prefix_contexts, &key, 1);
        if (action && action != KEYMAP_MORE)
            toolkit_action(t, action);
    } else if (!t->n_overlays && key_equal(key, (struct key){'b', MOD_CTRL})) {
        t->prefix_typed = true;
    } else if (grabs) {
        if (!give(t, v, key))
            bound(t, v, key);
    } else if (!bound(t, v, key)) {
        give(t, v, key);
    }
    toolkit_turn(t);
}

/* --- drawing --- */
static void draw_status(struct tui *t, struct canvas c)
{
    cleanup_buf struct buf left = {0}, middle = {0}, right = {0};
    struct view *under = tui_focused(t), *top = toolkit_target(t);
    struct status_line line = {.role = ROLE_STATUS};

    if (under->ops->title)
        under->ops->title(under, &left);
    t->status(t->user, &middle, &line.role);
    if (top->ops->hints)
        top->ops->hints(top, &right);
    line.title = left.data;
    line.about = middle.data;
    line.hints = right.data;
    status_line_draw(&line, c, &t->theme);
}

static void draw_view(struct view *v, struct canvas c)
{
    if (v->ops->update)
        v->ops->update(v, c.rows, c.cols);
    v->ops->draw(v, c);
    v->dirty = false;
}

static struct rect overlay_place(struct view *v, int rows, int cols)
{
    struct rect r = v->ops->place(v, rows, cols);

    r.y = r.y < 0 ? (rows - r.h) / 2 : r.y;
    r.x = r.x < 0 ? (cols - r.w) / 2 : r.x;
    v->rows = r.h;
    v->cols = r.w;
    return r;
}

void toolkit_draw(struct tui *t, struct canvas c)
{
    t->tick_ms = 0;
    place_leaf(t);
    struct view *leaf = tui_focused(t);
    draw_view(leaf, canvas_sub(c, (struct rect){0, 0, c.rows - 1, c.cols}));
    for (size_t i = 0; i < t->n_overlays; i++) {
        struct rect r = overlay_place(t->overlays[i], c.rows - 1, c.cols);

        draw_view(t->overlays[i], canvas_sub(c, r));
    }
    draw_status(t, c);
    if (*t->toast)
        canvas_text(c, c.rows - 2, 0, c.cols, t->theme.styles[ROLE_TEXT], t->toast);
}

void toolkit_finish(struct tui *t)
{
    while (t->n_overlays)
        tui_close(t, t->overlays[t->n_overlays - 1]);
    while (t->n_leaf)
        tui_close(t, t->leaf[t->n_leaf - 1]);
    t->action[0] = '\0';
    toolkit_turn(t);
    buf_finish(&t->written);
}
