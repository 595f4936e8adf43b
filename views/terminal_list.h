/* SPDX-License-Identifier: MIT
 *
 * The list of terminals, for resource_view_open.
 */
#ifndef VIEWS_TERMINAL_LIST_H
#define VIEWS_TERMINAL_LIST_H

#include "views/resource.h"

extern const struct resource_kind terminals_kind;

#endif
