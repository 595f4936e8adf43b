/* SPDX-License-Identifier: MIT
 *
 * The output of commands as it comes, of one or of several merged.
 */
#ifndef VIEWS_COMMANDS_OUTPUT_H
#define VIEWS_COMMANDS_OUTPUT_H

#include "views/commands_run.h"

struct output;

struct output *output_create(struct views_env *env);
/* Adds a reference. */
void output_add(struct output *o, struct run *run);
/* In the focused leaf. */
void output_show(struct output *o);

#endif
