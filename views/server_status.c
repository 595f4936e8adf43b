/* SPDX-License-Identifier: MIT
 *
 * Correcting what the host thinks of a server: one that it cannot judge by itself is said to be
 * ready, or to have failed.
 */
#include "views/server_status.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/dialog.h"

struct correction {
    struct views_env *env;
    struct remote *remote; /* a reference */
    char *slug;            /* owned */
    struct view *dialog;
    struct request *request;
    char title[80];
};

static const char *const states[] = {"ready",      "running", "starting", "installing",
                                     "restarting", "stopped", "failed",   NULL};
static const struct form_field fields[] = {
    {.label = "Status",
     .kind = FORM_CHOICE,
     .choices = states,
     .help = "what the list says of it; its processes are left alone"},
};

static void closed(void *user)
{
    struct correction *c = user;

    request_cancel(c->request);
    remote_release(c->remote);
    free(c->slug);
    free(c);
}

static void abort_request(void *user)
{
    struct correction *c = user;

    request_cancel(steal_pointer(&c->request));
}

static void on_set(void *user, const struct server_info *s, const struct err *e)
{
    struct correction *c = user;

    c->request = NULL;
    if (e) {
        form_dialog_fail(c->dialog, e);
        return;
    }
    tui_toast(c->env->tui, ROLE_GOOD, "\xe2\x9c\x93 the status of %s is set", c->slug);
    form_dialog_done(c->dialog);
}

static void submit(void *user, struct view *dialog, struct form *form)
{
    struct correction *c = user;

    c->dialog = dialog;
    form_dialog_busy(dialog);
    c->request = server_set_status(c->remote, c->slug, form_text(form, 0), on_set, c);
}

static const struct form_dialog_ops ops = {submit, abort_request, closed};

void server_status_open(struct views_env *env, struct remote *remote, const struct server_info *s)
{
    struct correction *c = xcalloc(1, sizeof *c);
    struct form form;
    char slug[48];

    c->env = env;
    c->remote = fleet_remote(env->fleet, remote_sandbox_id(remote));
    c->slug = xstrdup(s->slug);
    snprintf(c->title, sizeof c->title, "Status of %s",
             text_sanitise(slug, sizeof slug, s->slug, strlen(s->slug)));
    form_init(&form, c->title, "set", fields, ARRAY_LEN(fields));
    form_dialog_open(env, &form, &ops, c);
}
