/* SPDX-License-Identifier: MIT
 *
 * Terminals in which something happened while the user worked elsewhere.
 */
#ifndef VIEWS_UNATTENDED_H
#define VIEWS_UNATTENDED_H

#include "views/state.h"

/* Goes to the terminal that needs the user most: one that rang, then ended, lost its connection,
 * printed after a silence; of several alike the next one after the focused pane. Says what
 * happened there. */
enum view_result unattended_next(struct views_env *env);

#endif
