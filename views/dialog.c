/* SPDX-License-Identifier: MIT
 *
 * Forms and questions. What a dialog leads to runs in a later turn (views_later), so that no
 * handler acts on a screen on which its own dialog still stands.
 */
#include "views/dialog.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define PROGRESS_AFTER_MS 200

static bool grabs(struct view *v)
{
    return true;
}

static const char *const no_contexts[] = {NULL};

/* --- form --- */
struct form_dialog {
    struct form form;
    const struct form_dialog_ops *ops;
    void *user;
    struct view *view;
};

static void form_close(struct view *v)
{
    struct form_dialog *d = v->data;

    d->ops->closed(d->user);
    form_finish(&d->form);
    free(d);
}

static void form_paint(struct view *v, struct canvas c)
{
    struct form_dialog *d = v->data;

    int64_t now_ms = clock_mono_ms();

    form_draw(&d->form, c, tui_theme(v->tui), now_ms);
    if (d->form.busy) {
        int64_t took = now_ms - d->form.busy_since_ms;

        view_tick(v, took < PROGRESS_AFTER_MS ? PROGRESS_AFTER_MS - took : 1000 - took % 1000);
    }
}

static enum view_result form_answer(struct form_dialog *d, enum form_result result)
{
    switch (result) {
    case FORM_CANCEL:
        return VIEW_CLOSE;
    case FORM_SUBMIT:
        d->ops->submit(d->user, d->view, &d->form);
        break;
    case FORM_ABORT:
        d->ops->abort(d->user);
        d->form.busy = false;
        break;
    default:
        break;
    }
    return VIEW_HANDLED;
}

static enum view_result form_on_key(struct view *v, struct key key)
{
    struct form_dialog *d = v->data;

    return form_answer(d, form_key(&d->form, key));
}

static enum view_result form_on_paste(struct view *v, const char *text, size_t n)
{
    struct form_dialog *d = v->data;

    return form_answer(d, form_paste(&d->form, text, n));
}

static struct view_cursor form_cursor(struct view *v)
{
    return ((struct form_dialog *)v->data)->form.cursor;
}

static struct rect form_where(struct view *v, int rows, int cols)
{
    return form_place(&((struct form_dialog *)v->data)->form, rows, cols);
}

static const struct view_ops form_ops = {
    .name = "form",
    .contexts = no_contexts,
    .close = form_close,
    .draw = form_paint,
    .key = form_on_key,
    .paste = form_on_paste,
    .cursor = form_cursor,
    .grabs_keys = grabs,
    .place = form_where,
};

struct view *form_dialog_open(struct views_env *env, struct form *form,
                              const struct form_dialog_ops *ops, void *user)
{
    struct form_dialog *d = xcalloc(1, sizeof *d);

    d->form = *form;
    *form = (struct form){0};
    d->ops = ops;
    d->user = user;
    d->view = view_create(env->tui, &form_ops, d);
    tui_overlay(env->tui, d->view);
    return d->view;
}

void form_dialog_busy(struct view *dialog)
{
    struct form_dialog *d = dialog->data;

    form_busy(&d->form, clock_mono_ms());
    view_damage(dialog);
}

void form_dialog_fail(struct view *dialog, const struct err *e)
{
    struct form_dialog *d = dialog->data;

    form_fail(&d->form, e);
    view_damage(dialog);
}

void form_dialog_done(struct view *dialog)
{
    tui_close(dialog->tui, dialog);
}

/* --- question --- */
struct confirm_dialog {
    struct confirm question;
    struct views_env *env;
    void (*done)(struct views_env *env, void *user, bool yes);
    void *user;
    bool yes;
};

static void confirm_answer(struct views_env *env, void *data)
{
    struct confirm_dialog *d = data;

    d->done(env, d->user, d->yes);
    d->done = NULL;
}

static void confirm_drop(void *data)
{
    struct confirm_dialog *d = data;

    /* The program stops: nothing was said. */
    if (d->done)
        d->done(d->env, d->user, false);
    confirm_finish(&d->question);
    free(d);
}

static void confirm_close(struct view *v)
{
    struct confirm_dialog *d = v->data;

    views_later(d->env, confirm_answer, d, confirm_drop);
}

static void confirm_paint(struct view *v, struct canvas c)
{
    struct confirm_dialog *d = v->data;

    confirm_draw(&d->question, c, tui_theme(v->tui));
}

static enum view_result confirm_on_key(struct view *v, struct key key)
{
    struct confirm_dialog *d = v->data;
    enum confirm_result result = confirm_key(&d->question, key);

    d->yes = result == CONFIRM_YES;
    return result == CONFIRM_YES || result == CONFIRM_NO ? VIEW_CLOSE : VIEW_HANDLED;
}

/* A paste must not answer. */
static enum view_result confirm_on_paste(struct view *v, const char *text, size_t n)
{
    return VIEW_HANDLED;
}

static struct view_cursor confirm_cursor(struct view *v)
{
    return ((struct confirm_dialog *)v->data)->question.cursor;
}

static struct rect confirm_where(struct view *v, int rows, int cols)
{
    return confirm_place(&((struct confirm_dialog *)v->data)->question, rows, cols);
}

static const struct view_ops confirm_ops = {
    .name = "question",
    .contexts = no_contexts,
    .close = confirm_close,
    .draw = confirm_paint,
    .key = confirm_on_key,
    .paste = confirm_on_paste,
    .cursor = confirm_cursor,
    .grabs_keys = grabs,
    .place = confirm_where,
};

void confirm_dialog_open(struct views_env *env, struct confirm *question,
                         void (*done)(struct views_env *env, void *user, bool yes), void *user)
{
    struct confirm_dialog *d = xcalloc(1, sizeof *d);

    d->question = *question;
    *question = (struct confirm){0};
    d->env = env;
    d->done = done;
    d->user = user;
    tui_overlay(env->tui, view_create(env->tui, &confirm_ops, d));
}
