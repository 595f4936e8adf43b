/* SPDX-License-Identifier: MIT
 *
 * One command in many sandboxes: a row each, with what it came to and who differs from the others.
 */
#ifndef VIEWS_MATRIX_H
#define VIEWS_MATRIX_H

#include "views/commands_run.h"

/* In the focused leaf; adds a reference to each. */
void matrix_open(struct views_env *env, struct run *const *runs, size_t n);
/* One run to look at first; when it has ended, asks whether the same shall run in `rest`, whose ids
 * are copied. */
void matrix_open_first(struct views_env *env, struct run *first, char *const *rest, size_t n);
/* Ids of the sandboxes of the marked rows, else of the selected one, borrowed; 0 when v is another
 * kind of view. */
size_t matrix_sandboxes(struct view *v, const char **ids, size_t cap);

#endif
