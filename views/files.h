/* SPDX-License-Identifier: MIT
 *
 * The files of one sandbox, a folder at a time.
 */
#ifndef VIEWS_FILES_H
#define VIEWS_FILES_H

#include "views/state.h"

/* Not shown yet. path NULL: the folder that commands start in. */
struct view *files_view_create(struct views_env *env, const char *sandbox_id, const char *path);
/* In the focused leaf. */
void files_view_open(struct views_env *env, const char *sandbox_id, const char *path);
/* The folder that the view is of, absolute; NULL: not known, or another kind of view. */
const char *files_path(const struct view *v);
/* The sandbox the view is of; NULL: another kind of view. */
const char *files_sandbox(const struct view *v);

#endif
