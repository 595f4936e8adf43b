/* SPDX-License-Identifier: MIT
 *
 * Attaching to a terminal that runs already: asks the sandbox for its terminals, then the user
 * which one.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/sandboxes.h"
#include "views/span.h"

#define PROGRESS_AFTER_MS 200

struct terminal_lookup {
    struct sandboxes *owner;
    struct views_env *env;
    char *sandbox_id; /* owned */
    struct remote *remote;
    struct request *request;
    struct tick *tick;
};

void terminal_lookup_destroy(struct terminal_lookup *l)
{
    if (!l)
        return;
    if (l->owner)
        l->owner->lookup = NULL;
    request_cancel(l->request);
    remote_release(l->remote);
    tick_destroy(l->tick);
    free(l->sandbox_id);
    free(l);
}

static void nothing(struct views_env *env, void *data)
{
}

static void drop(void *data)
{
    terminal_lookup_destroy(data);
}

/* Not here: this runs inside a callback of the remote that it lets go. */
static void finish_later(struct terminal_lookup *l)
{
    l->owner->lookup = NULL;
    l->owner = NULL;
    tick_after(l->tick, -1);
    views_later(l->env, nothing, l, drop);
}

static void attach_chosen(struct views_env *env, void *user, const char *terminal_id)
{
    shell_view_open(env, user, terminal_id, env->readonly ? SHELL_OBSERVE : SHELL_ATTACH,
                    PLACE_HERE);
}

static void add_terminal(struct picker *picker, const struct terminal_info *t)
{
    char label[160], age[CLOCK_SPAN_SIZE] = "", detail[96];
    const char *text = *t->title ? t->title : *t->command ? t->command : t->id;

    text_sanitise(label, sizeof label, text, strlen(text));
    if (t->created_ms)
        span_age(age, clock_wall_ms() - t->created_ms);
    snprintf(detail, sizeof detail, "%dx%d  %d viewer%s  %s", t->cols, t->rows, t->n_viewers,
             t->n_viewers == 1 ? "" : "s", age);
    picker_add(picker, NULL, label, NULL, t->cols ? detail : age, t->id);
}

static void on_terminals(void *user, const struct terminal_info *t, size_t n, const struct err *e)
{
    struct terminal_lookup *l = user;
    struct views_env *env = l->env;
    struct picker picker;

    l->request = NULL;
    if (e) {
        views_toast_error(env, e);
        finish_later(l);
        return;
    }
    picker_init(&picker, "Terminals", "attach");
    for (size_t i = 0; i < n; i++)
        if (t[i].pty)
            add_terminal(&picker, &t[i]);
    if (picker.n_items > 1) {
        picker_dialog_open(env, &picker, attach_chosen, xstrdup(l->sandbox_id), free);
    } else if (picker.n_items == 1) {
        attach_chosen(env, l->sandbox_id, picker_value(&picker));
        picker_finish(&picker);
    } else {
        tui_toast(env->tui, ROLE_WARN, "No terminal runs there; s opens one");
        picker_finish(&picker);
    }
    finish_later(l);
}

static void on_slow(void *user)
{
    struct terminal_lookup *l = user;

    tui_toast(l->env->tui, ROLE_STATUS, "\xe2\x80\xa6 asking for its terminals");
}

enum view_result sandbox_attach(struct sandboxes *s, const struct sandbox *selected)
{
    struct terminal_lookup *l = xcalloc(1, sizeof *l);

    terminal_lookup_destroy(s->lookup);
    s->lookup = l;
    l->owner = s;
    l->env = s->env;
    l->sandbox_id = xstrdup(selected->info.id);
    l->remote = fleet_remote(s->env->fleet, selected->info.id);
    l->tick = tick_create(tui_loop(s->env->tui), on_slow, l);
    tick_after(l->tick, PROGRESS_AFTER_MS);
    l->request = terminal_list(l->remote, on_terminals, l);
    return VIEW_HANDLED;
}
