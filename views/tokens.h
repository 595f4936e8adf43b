/* SPDX-License-Identifier: MIT
 *
 * The list of session tokens, for resource_view_open.
 */
#ifndef VIEWS_TOKENS_H
#define VIEWS_TOKENS_H

#include "views/resource.h"

extern const struct resource_kind tokens_kind;

#endif
