/* SPDX-License-Identifier: MIT
 *
 * The list of what was recorded: Enter plays, D deletes.
 */
#ifndef VIEWS_RECORDINGS_H
#define VIEWS_RECORDINGS_H

#include "views/state.h"

/* In the focused leaf. */
void recordings_open(struct views_env *env);

#endif
