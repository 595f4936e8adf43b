/* SPDX-License-Identifier: MIT
 *
 * The list of watchers, for resource_view_open.
 */
#ifndef VIEWS_WATCHERS_H
#define VIEWS_WATCHERS_H

#include "views/resource.h"

extern const struct resource_kind watchers_kind;

#endif
