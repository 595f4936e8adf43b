/* SPDX-License-Identifier: MIT
 *
 * The `:` palette: verbs, views and objects in one list, each with the key that does it, so that
 * people learn it. A picker; actions have their name as value.
 */
#ifndef TUI_PALETTE_H
#define TUI_PALETTE_H

#include "tui/help.h"
#include "tui/picker.h"

/* Fills in the actions of the contexts (ends with name NULL); the owner adds its objects. */
void palette_init(struct picker *p, const struct keymap *m, const struct help_context *contexts,
                  const char *prefix_name);

#endif
