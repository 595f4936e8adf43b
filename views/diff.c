/* SPDX-License-Identifier: MIT
 *
 * A diff over the whole screen: to look at, or to say yes to. Secrets stay masked until `x`.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/viewer.h"

#define REVEAL_MS 30000

struct diff_dialog {
    struct views_env *env;
    char title[160];
    struct diff clear, masked;
    bool has_masked;
    int64_t revealed_until_ms;
    const char *verb;
    void (*done)(struct views_env *env, void *user, bool yes);
    void *user;
    bool yes;
};

static struct diff *shown(struct diff_dialog *d)
{
    bool masks = d->has_masked && clock_mono_ms() >= d->revealed_until_ms;

    return masks ? &d->masked : &d->clear;
}

static void tell(struct views_env *env, void *data)
{
    struct diff_dialog *d = data;

    if (d->done)
        d->done(env, d->user, d->yes);
    d->done = NULL;
}

static void drop(void *data)
{
    struct diff_dialog *d = data;

    if (d->done)
        d->done(d->env, d->user, false);
    diff_finish(&d->clear);
    diff_finish(&d->masked);
    free(d);
}

static void close_view(struct view *v)
{
    struct diff_dialog *d = v->data;

    views_later(d->env, tell, d, drop);
}

static void draw_foot(const struct diff_dialog *d, struct canvas c, const struct style *styles)
{
    char text[160];

    if (d->verb)
        snprintf(text, sizeof text, " Enter %s  Esc back%s ", d->verb,
                 d->has_masked ? "  x show values" : "");
    else
        snprintf(text, sizeof text, " Esc back%s ", d->has_masked ? "  x show values" : "");
    canvas_text(c, c.rows - 1, 1, c.cols - 2, styles[ROLE_KEY], text);
}

static void draw(struct view *v, struct canvas c)
{
    struct diff_dialog *d = v->data;
    const struct theme *theme = tui_theme(v->tui);
    struct diff *now = shown(d);
    char title[224];

    snprintf(title, sizeof title, "%s  +%zu -%zu", d->title, now->n_added, now->n_removed);
    canvas_frame(c, (struct rect){.h = c.rows, .w = c.cols}, theme->styles[ROLE_BORDER_FOCUS],
                 title);
    diff_draw(now, canvas_sub(c, (struct rect){1, 1, c.rows - 2, c.cols - 2}), theme);
    draw_foot(d, c, theme->styles);
    if (d->revealed_until_ms > clock_mono_ms())
        view_tick(v, d->revealed_until_ms - clock_mono_ms());
}

static enum view_result act(struct view *v, const char *action)
{
    struct diff_dialog *d = v->data;

    if (strcmp(action, "diff-reveal") == 0) {
        bool is_clear = d->revealed_until_ms > clock_mono_ms();

        d->revealed_until_ms = is_clear ? 0 : clock_mono_ms() + REVEAL_MS;
        return VIEW_HANDLED;
    }
    if (strcmp(action, "diff-accept") == 0 && d->verb) {
        d->yes = true;
        return VIEW_CLOSE;
    }
    if (strcmp(action, "escape") == 0 || strcmp(action, "back") == 0)
        return VIEW_CLOSE;
    return diff_act(shown(d), action) ? VIEW_HANDLED : VIEW_IGNORED;
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    int by = mouse_wheel(mouse);

    if (!by)
        return VIEW_IGNORED;
    diff_scroll(shown(v->data), 3 * by);
    return VIEW_HANDLED;
}

static struct rect place(struct view *v, int rows, int cols)
{
    return (struct rect){-1, -1, rows, cols};
}

static const char *const contexts[] = {"diff", "motion", NULL};
static const struct view_ops ops = {
    .name = "difference",
    .contexts = contexts,
    .close = close_view,
    .draw = draw,
    .act = act,
    .mouse = on_mouse,
    .place = place,
};

void diff_dialog_open(struct views_env *env, const char *title, struct diff *clear,
                      struct diff *masked, const char *verb,
                      void (*done)(struct views_env *env, void *user, bool yes), void *user)
{
    struct diff_dialog *d = xcalloc(1, sizeof *d);

    d->env = env;
    text_sanitise(d->title, sizeof d->title, title, strlen(title));
    d->clear = *clear;
    *clear = (struct diff){0};
    d->has_masked = masked;
    if (masked) {
        d->masked = *masked;
        *masked = (struct diff){0};
    }
    d->verb = verb;
    d->done = done;
    d->user = user;
    tui_overlay(env->tui, view_create(env->tui, &ops, d));
}
