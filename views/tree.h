/* SPDX-License-Identifier: MIT
 *
 * Everything that is open here as a tree: tabs, their panes, the views behind what shows in them,
 * and terminals that no pane shows. Typing filters, Enter goes there, Delete closes, and so does x
 * before anything is typed. Closing leaves remote terminals running.
 */
#ifndef VIEWS_TREE_H
#define VIEWS_TREE_H

#include "views/state.h"

enum view_result tree_open(struct views_env *env);

#endif
