/* SPDX-License-Identifier: MIT
 *
 * The list of servers, for resource_view_open.
 */
#ifndef VIEWS_SERVERS_H
#define VIEWS_SERVERS_H

#include "views/resource.h"

extern const struct resource_kind servers_kind;

#endif
