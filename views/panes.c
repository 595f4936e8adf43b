/* SPDX-License-Identifier: MIT
 *
 * Panes and tabs where no view has an answer of its own: a split or a new tab shows the sandboxes.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "views/dialog.h"
#include "views/state.h"

static bool place(struct views_env *env, struct view *v, enum views_place where)
{
    return where == PLACE_TAB ? tui_tab_open(env->tui, v)
                              : tui_split(env->tui, where == PLACE_BELOW, v);
}

/* A shell of the sandbox that is looked at, else the list. */
static enum view_result open_at(struct views_env *env, enum views_place where)
{
    cleanup_free char *id = views_subject(env);

    if (id) {
        shell_view_open(env, id, NULL, env->readonly ? SHELL_OBSERVE : SHELL_ATTACH, where);
        return VIEW_HANDLED;
    }
    struct view *v = sandboxes_view_create(env->tui, env);
    if (!place(env, v, where))
        tui_close(env->tui, v);
    return VIEW_HANDLED;
}

enum view_result pane_split_right(struct views_env *env)
{
    return open_at(env, PLACE_RIGHT);
}

enum view_result pane_split_down(struct views_env *env)
{
    return open_at(env, PLACE_BELOW);
}

enum view_result pane_tab(struct views_env *env)
{
    return open_at(env, PLACE_TAB);
}

/* --- a tab's name --- */
static void rename_submit(void *user, struct view *dialog, struct form *form)
{
    struct views_env *env = user;

    tui_tab_rename(env->tui, form_text(form, 0));
    form_dialog_done(dialog);
}

static void rename_closed(void *user)
{
}

enum view_result pane_rename_tab(struct views_env *env)
{
    static const struct form_dialog_ops ops = {.submit = rename_submit, .closed = rename_closed};
    static const struct form_field fields[] = {
        {.label = "Name", .placeholder = "after what it shows", .kind = FORM_TEXT},
    };
    struct form form;

    form_init(&form, "Rename this tab", "rename", fields, 1);
    form_dialog_open(env, &form, &ops, env);
    return VIEW_HANDLED;
}
