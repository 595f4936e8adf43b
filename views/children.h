/* SPDX-License-Identifier: MIT
 *
 * Sandboxes inside sandboxes: their list, for resource_view_open.
 */
#ifndef VIEWS_CHILDREN_H
#define VIEWS_CHILDREN_H

#include "views/resource.h"

extern const struct resource_kind children_kind;

#endif
