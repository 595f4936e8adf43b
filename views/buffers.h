/* SPDX-License-Identifier: MIT
 *
 * What was copied here, the latest first: Enter pastes one into the pane, Delete forgets it, and so
 * does d before anything is typed. A secret is listed without its text.
 */
#ifndef VIEWS_BUFFERS_H
#define VIEWS_BUFFERS_H

#include "views/state.h"

enum view_result buffers_open(struct views_env *env);

#endif
