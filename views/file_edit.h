/* SPDX-License-Identifier: MIT
 *
 * A file of a sandbox in $EDITOR: fetched, edited, and written back only where nobody else changed
 * it meanwhile; else the user chooses.
 */
#ifndef VIEWS_FILE_EDIT_H
#define VIEWS_FILE_EDIT_H

#include "views/state.h"

void file_edit_begin(struct views_env *env, const char *sandbox_id, const char *path);

#endif
