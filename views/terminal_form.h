/* SPDX-License-Identifier: MIT
 *
 * A new terminal with a chosen shell, in a chosen directory.
 */
#ifndef VIEWS_TERMINAL_FORM_H
#define VIEWS_TERMINAL_FORM_H

#include "client/remote.h"
#include "views/state.h"

/* Asks, opens it there and shows it in the focused leaf. */
void terminal_form_open(struct views_env *env, struct remote *remote);

#endif
