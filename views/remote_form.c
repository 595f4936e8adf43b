/* SPDX-License-Identifier: MIT */
#include "views/remote_form.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

struct remote_form {
    struct views_env *env;
    struct remote *remote; /* held */
    const struct remote_form_kind *kind;
    struct view *dialog; /* once it was submitted */
    struct request *request;
};

static void on_closed(void *user)
{
    struct remote_form *form = user;

    request_cancel(form->request);
    remote_release(form->remote);
    free(form);
}

static void on_abort(void *user)
{
    struct remote_form *form = user;

    request_cancel(steal_pointer(&form->request));
    tui_toast(form->env->tui, ROLE_WARN, "%s", form->kind->given_up);
}

static void on_submit(void *user, struct view *dialog, struct form *f)
{
    struct remote_form *form = user;

    form->dialog = dialog;
    form_dialog_busy(dialog);
    form->request = form->kind->send(form, form->remote, f);
}

static void finish(struct remote_form *form, enum role role, const char *sign, const char *name,
                   const char *what)
{
    char clean[128];

    form->request = NULL;
    tui_toast(form->env->tui, role, "%s %s %s", sign,
              text_sanitise(clean, sizeof clean, name, strlen(name)), what);
    form_dialog_done(form->dialog);
}

void remote_form_failed(struct remote_form *form, const char *name, const char *what)
{
    finish(form, ROLE_BAD, "\xe2\x9c\x97", name, what);
}

void remote_form_answered(struct remote_form *form, const struct err *e, const char *name,
                          const char *done)
{
    if (!e) {
        finish(form, ROLE_GOOD, "\xe2\x9c\x93", name, done);
        return;
    }
    form->request = NULL;
    form_dialog_fail(form->dialog, e);
}

void remote_form_open(struct views_env *env, struct remote *r, const struct remote_form_kind *kind)
{
    static const struct form_dialog_ops ops = {on_submit, on_abort, on_closed};
    struct remote_form *form = xcalloc(1, sizeof *form);
    struct form fields;

    form->env = env;
    form->kind = kind;
    form->remote = fleet_remote(env->fleet, remote_sandbox_id(r));
    form_init(&fields, kind->title, kind->verb, kind->fields, (int)kind->n_fields);
    form_dialog_open(env, &fields, &ops, form);
}

enum view_result remote_form_open_in(struct resource *r, const struct remote_form_kind *kind)
{
    struct remote *remote = resource_remote(r);

    if (remote)
        remote_form_open(resource_env(r), remote, kind);
    return VIEW_HANDLED;
}
