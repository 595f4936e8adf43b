/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_COMMANDS_FORM_H
#define VIEWS_COMMANDS_FORM_H

#include "views/state.h"

/* The form for a command in these sandboxes at once, then its output or the matrix of results; ids
 * are copied. */
void commands_form_open(struct views_env *env, char *const *ids, size_t n);

#endif
