/* SPDX-License-Identifier: MIT
 *
 * What can be done here, made from the keymap: a picker whose values are action names.
 */
#ifndef TUI_HELP_H
#define TUI_HELP_H

#include "tui/keymap.h"
#include "tui/picker.h"

struct help_context {
    const char *name;  /* in the keymap */
    const char *title; /* heading */
};

/* contexts ends with name NULL, innermost first. Keys after the prefix are shown as "C-b c" when
 * prefix_name is not NULL. */
void help_init(struct picker *p, const struct keymap *m, const struct help_context *contexts,
               const char *prefix_name);

#endif
