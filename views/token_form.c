/* SPDX-License-Identifier: MIT
 *
 * Making a session token. Where one for watching is meant, the host is asked first whether it knows
 * such a thing: one that does not would give all rights.
 */
#include "views/token_form.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/token.h"
#include "views/dialog.h"
#include "views/handout.h"

enum { DESCRIPTION, MAY, LIFE, N_FIELDS };

struct new_token {
    struct views_env *env;
    struct remote *remote; /* a reference */
    struct view *dialog;
    struct request *request;
    char *description; /* owned */
    int64_t life_ms;
    bool observe;
};

static const char *const scopes[] = {"everything", "watch only", NULL};
static const struct form_field fields[N_FIELDS] = {
    [DESCRIPTION] = {.label = "Description",
                     .placeholder = "none",
                     .help = "whose it is, so that you know it again in the list"},
    [MAY] = {.label = "May",
             .kind = FORM_CHOICE,
             .choices = scopes,
             .help = "watch only: reads, and changes nothing"},
    [LIFE] = {.label = "Valid for",
              .placeholder = "7 days",
              .kind = FORM_DURATION,
              .min = 1000,
              .help = "1h, 30d"},
};

static void closed(void *user)
{
    struct new_token *n = user;

    request_cancel(n->request);
    remote_release(n->remote);
    free(n->description);
    free(n);
}

static void abort_request(void *user)
{
    struct new_token *n = user;

    request_cancel(steal_pointer(&n->request));
    tui_toast(n->env->tui, ROLE_WARN, "Not waited for; if it was made, the list has it: revoke it");
}

static void on_token(void *user, const struct token_info *t, const struct err *e)
{
    struct new_token *n = user;
    char name[160];

    n->request = NULL;
    if (e) {
        form_dialog_fail(n->dialog, e);
        return;
    }
    cleanup_free char *title = xasprintf(
        "Token of %s", views_sandbox_name(n->env, remote_sandbox_id(n->remote), name, sizeof name));
    struct handout *h = handout_create(title, "the token",
                                       "It is shown only now: nobody can read it again.", false);

    handout_add(h, t->description, t->secret);
    handout_show(h, n->env);
    form_dialog_done(n->dialog);
}

static void make(struct new_token *n)
{
    struct token_options options = {
        .description = n->description, .life_s = (n->life_ms + 999) / 1000, .observe = n->observe};

    n->request = token_create(n->remote, &options, on_token, n);
}

static void on_info(void *user, const struct remote_info *info, const struct err *e)
{
    struct new_token *n = user;
    struct err no;

    n->request = NULL;
    if (!e && info->has_observe) {
        make(n);
        return;
    }
    if (!e) {
        err_set(&no, ERR_UNSUPPORTED, "this host has no tokens for watching only");
        err_hint(&no, "a token for everything is all it can make");
        e = &no;
    }
    form_dialog_fail(n->dialog, e);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct new_token *n = user;

    n->dialog = dialog;
    free(n->description);
    n->description = *form_text(f, DESCRIPTION) ? xstrdup(form_text(f, DESCRIPTION)) : NULL;
    n->life_ms = form_number(f, LIFE);
    n->observe = strcmp(form_text(f, MAY), scopes[0]) != 0;
    form_dialog_busy(dialog);
    if (n->observe)
        n->request = remote_info(n->remote, on_info, n);
    else
        make(n);
}

static const struct form_dialog_ops ops = {submit, abort_request, closed};

void token_form_open(struct views_env *env, struct remote *remote)
{
    struct new_token *n = xcalloc(1, sizeof *n);
    struct form form;

    n->env = env;
    n->remote = fleet_remote(env->fleet, remote_sandbox_id(remote));
    form_init(&form, "New token", "make", fields, N_FIELDS);
    form_dialog_open(env, &form, &ops, n);
}
