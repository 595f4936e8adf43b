/* SPDX-License-Identifier: MIT
 *
 * A form that becomes one request to one sandbox: a new server, watcher, overlay.
 */
#ifndef VIEWS_REMOTE_FORM_H
#define VIEWS_REMOTE_FORM_H

#include "views/dialog.h"
#include "views/resource.h"

struct remote_form;

struct remote_form_kind {
    const char *title, *verb; /* as form_init */
    const struct form_field *fields;
    size_t n_fields;
    const char *given_up; /* said when Esc ends the waiting */
    /* Sends what was typed; the request's callback has form as user and begins with
     * remote_form_answered. */
    struct request *(*send)(struct remote_form *form, struct remote *r, const struct form *f);
};

/* kind is borrowed for good. */
void remote_form_open(struct views_env *env, struct remote *r, const struct remote_form_kind *kind);
/* A verb_new: for the sandbox that resource_remote tells. */
enum view_result remote_form_open_in(struct resource *r, const struct remote_form_kind *kind);
/* With e the form says why and stays; else it is gone, and a toast says what became of name (made
 * clean and cut here). form is not to be used any more then. */
void remote_form_answered(struct remote_form *form, const struct err *e, const char *name,
                          const char *done);

/* It was made, and is no good: a toast says so. */
void remote_form_failed(struct remote_form *form, const char *name, const char *what);

#endif
