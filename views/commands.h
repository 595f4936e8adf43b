/* SPDX-License-Identifier: MIT
 *
 * The list of commands, for resource_view_open.
 */
#ifndef VIEWS_COMMANDS_H
#define VIEWS_COMMANDS_H

#include "views/resource.h"

extern const struct resource_kind commands_kind;

#endif
