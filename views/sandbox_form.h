/* SPDX-License-Identifier: MIT
 *
 * The form that makes a sandbox.
 */
#ifndef VIEWS_SANDBOX_FORM_H
#define VIEWS_SANDBOX_FORM_H

#include "views/state.h"

/* ns is what it begins with; template_id or snapshot_id may be NULL. Refuses in a read-only
 * context. */
void sandbox_form_open(struct views_env *env, const char *ns, const char *template_id,
                       const char *snapshot_id);

#endif
