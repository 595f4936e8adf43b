/* SPDX-License-Identifier: MIT
 *
 * The variables of one .env file of a sandbox: masked, edited in stages, written after a look at
 * the difference.
 */
#ifndef VIEWS_ENV_VIEW_H
#define VIEWS_ENV_VIEW_H

#include "views/state.h"

#define ENV_FILE_DEFAULT ".env"

/* Not shown yet. file NULL: ENV_FILE_DEFAULT. */
struct view *env_view_create(struct views_env *env, const char *sandbox_id, const char *file);
/* In the focused leaf. */
void env_view_open(struct views_env *env, const char *sandbox_id, const char *file);
/* The file that the view is of; NULL: another kind of view. */
const char *env_view_file(const struct view *v);
/* The sandbox the view is of; NULL: another kind of view. */
const char *env_view_sandbox(const struct view *v);

#endif
