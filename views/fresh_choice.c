/* SPDX-License-Identifier: MIT */
#include "views/fresh_choice.h"

#include <stdlib.h>

#include "base/alloc.h"

#define TICK_MS 1000

void fresh_choice_refresh(struct fresh_choice *c)
{
    const char *selected = picker_value(&c->picker);
    cleanup_free char *value = selected ? xstrdup(selected) : NULL;
    size_t at = c->picker.selected, top = c->picker.top;

    picker_clear(&c->picker);
    c->ops->fill(c);
    c->picker.top = top;
    if (c->picker.n_shown)
        c->picker.selected = at < c->picker.n_shown ? at : c->picker.n_shown - 1;
    if (value)
        picker_select(&c->picker, value);
}

static enum view_result answer(struct fresh_choice *c, enum picker_result result)
{
    if (result == PICKER_ACCEPT)
        return c->ops->accept(c);
    return result == PICKER_CANCEL ? VIEW_CLOSE : VIEW_HANDLED;
}

static bool removes(const struct fresh_choice *c, struct key key)
{
    bool typed = *prompt_text(&c->picker.prompt);

    return key_equal(key, (struct key){KEY_DELETE}) ||
           (!typed && key_equal(key, (struct key){(uint32_t)c->ops->remove_key}));
}

static enum view_result on_key(struct view *v, struct key key)
{
    struct fresh_choice *c = v->data;

    fresh_choice_refresh(c);
    return removes(c, key) ? c->ops->remove(c) : answer(c, picker_key(&c->picker, key));
}

static enum view_result on_paste(struct view *v, const char *text, size_t n)
{
    struct fresh_choice *c = v->data;

    return answer(c, picker_paste(&c->picker, text, n));
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    struct fresh_choice *c = v->data;

    return answer(c, picker_mouse(&c->picker, mouse));
}

static void draw(struct view *v, struct canvas canvas)
{
    struct fresh_choice *c = v->data;

    fresh_choice_refresh(c);
    c->ops->draw(c, canvas);
    view_tick(v, TICK_MS);
}

static struct rect where(struct view *v, int rows, int cols)
{
    const struct fresh_choice *c = v->data;

    return c->ops->place(c, rows, cols);
}

static struct view_cursor cursor(struct view *v)
{
    return ((struct fresh_choice *)v->data)->picker.cursor;
}

static bool grabs_keys(struct view *v)
{
    return true;
}

static void close_view(struct view *v)
{
    struct fresh_choice *c = v->data;

    picker_finish(&c->picker);
    free(c);
}

static const char *const contexts[] = {NULL};
static const struct view_ops view_ops = {
    .name = "choice",
    .contexts = contexts,
    .close = close_view,
    .draw = draw,
    .key = on_key,
    .paste = on_paste,
    .mouse = on_mouse,
    .cursor = cursor,
    .grabs_keys = grabs_keys,
    .place = where,
};

void fresh_choice_open(struct views_env *env, struct fresh_choice *c,
                       const struct fresh_choice_ops *ops)
{
    c->env = env;
    c->ops = ops;
    picker_init(&c->picker, ops->title, ops->verbs);
    c->picker.keys_first = ops->keys_first;
    fresh_choice_refresh(c);
    c->view = view_create(env->tui, &view_ops, c);
    tui_overlay(env->tui, c->view);
}
