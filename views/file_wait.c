/* SPDX-License-Identifier: MIT */
#include "views/file_wait.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/progress.h"

#define SHOW_AFTER_MS 200
#define DRAW_EVERY_MS 100

struct file_wait {
    struct views_env *env;
    void (*cancel)(void *user);
    void *user;
    struct progress progress;
    struct tick *tick;
    struct view *view; /* while it shows */
    LIST_ENTRY(file_wait) link;
};

static void destroy(struct file_wait *w)
{
    LIST_REMOVE(w, link);
    tick_destroy(w->tick);
    free(w);
}

static void cancel(struct file_wait *w)
{
    void (*run)(void *user) = w->cancel;
    void *user = w->user;

    destroy(w);
    run(user);
}

/* --- the dialog; its data is NULL once the wait is over --- */

static void close_view(struct view *v)
{
    struct file_wait *w = v->data;

    if (!w)
        return;
    w->view = NULL;
    cancel(w);
}

static void draw(struct view *v, struct canvas c)
{
    struct file_wait *w = v->data;

    if (w)
        progress_draw(&w->progress, c, tui_theme(v->tui), clock_mono_ms());
    view_tick(v, DRAW_EVERY_MS * 5);
}

static enum view_result on_key(struct view *v, struct key key)
{
    struct file_wait *w = v->data;
    bool cancels = key.code == KEY_ESCAPE || (key.code == 'c' && key.mods == MOD_CTRL);

    if (!w || !cancels)
        return VIEW_HANDLED;
    tui_toast(v->tui, ROLE_WARN, "Cancelled: %s", w->progress.what);
    return VIEW_CLOSE;
}

static bool grabs(struct view *v)
{
    return true;
}

static struct rect place(struct view *v, int rows, int cols)
{
    static const struct progress none;
    const struct file_wait *w = v->data;

    return progress_place(w ? &w->progress : &none, rows, cols);
}

static const char *const no_contexts[] = {NULL};
static const struct view_ops ops = {
    .name = "progress",
    .contexts = no_contexts,
    .close = close_view,
    .draw = draw,
    .key = on_key,
    .grabs_keys = grabs,
    .place = place,
};

static void on_tick(void *user)
{
    struct file_wait *w = user;

    w->view = view_create(w->env->tui, &ops, w);
    tui_overlay(w->env->tui, w->view);
}

/* --- public --- */

struct file_wait *file_wait_begin(struct views_env *env, void (*on_cancel)(void *user), void *user,
                                  const char *format, ...)
{
    struct file_wait *w = xcalloc(1, sizeof *w);
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    w->env = env;
    w->cancel = on_cancel;
    w->user = user;
    text_sanitise(w->progress.what, sizeof w->progress.what, text, strlen(text));
    w->progress.since_ms = clock_mono_ms();
    w->progress.stop_hint = "Esc cancels";
    w->tick = tick_create(tui_loop(env->tui), on_tick, w);
    LIST_INSERT_HEAD(&env->state->waits, w, link);
    tick_after(w->tick, SHOW_AFTER_MS);
    return w;
}

void file_wait_progress(struct file_wait *w, const char *note, int64_t done, int64_t total)
{
    text_sanitise(w->progress.note, sizeof w->progress.note, note ? note : "",
                  note ? strlen(note) : 0);
    w->progress.done = done;
    w->progress.total = total;
    if (w->view)
        view_damage(w->view);
}

void file_wait_end(struct file_wait *w)
{
    if (!w)
        return;
    if (w->view) {
        w->view->data = NULL;
        tui_close(w->env->tui, w->view);
    }
    destroy(w);
}

void file_waits_cancel(struct views_env *env)
{
    struct file_wait *w;

    while ((w = LIST_FIRST(&env->state->waits)))
        cancel(w); // NOLINT(clang-analyzer-unix.Malloc): LIST_REMOVE took it out
}
