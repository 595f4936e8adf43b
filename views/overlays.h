/* SPDX-License-Identifier: MIT
 *
 * Overlays: folders that sandboxes copy from one place inside to another.
 */
#ifndef VIEWS_OVERLAYS_H
#define VIEWS_OVERLAYS_H

#include "views/resource.h"

extern const struct resource_kind overlays_kind;

#endif
