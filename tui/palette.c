/* SPDX-License-Identifier: MIT */
#include "tui/palette.h"

#include "base/alloc.h"

void palette_init(struct picker *p, const struct keymap *m, const struct help_context *contexts,
                  const char *prefix_name)
{
    help_init(p, m, contexts, prefix_name);
    free(p->title);
    p->title = xstrdup("Go to or do");
    p->verb = "go";
    p->keys_first = false;
    /* One list: headings would only be in the way of typing. */
    for (size_t i = 0; i < p->n_items; i++)
        p->items[i].group[0] = '\0';
}
