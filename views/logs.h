/* SPDX-License-Identifier: MIT
 *
 * Logs of one server or of several, merged by time, as they come.
 */
#ifndef VIEWS_LOGS_H
#define VIEWS_LOGS_H

#include "views/state.h"

struct logs;

struct logs *logs_create(struct views_env *env);
void logs_add(struct logs *l, const char *sandbox_id, const char *slug);
/* Every server of a sandbox, also those that come later. */
void logs_add_sandbox(struct logs *l, const char *sandbox_id);
/* NULL when v is another kind of view. */
struct logs *logs_of_view(struct view *v);
/* What it follows, with a blank before each: sandboxes by id, single servers as "id:slug". */
void logs_describe(const struct logs *l, struct buf *out);
/* In the focused leaf. */
void logs_show(struct logs *l);

#endif
