/* SPDX-License-Identifier: MIT */
#include "tui/help.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

struct filling {
    struct picker *picker;
    const char *title;
    const char *prefix; /* NULL: keys as they are */
};

static bool is_listed(const struct picker *p, const char *action)
{
    for (size_t i = 0; i < p->n_items; i++)
        if (strcmp(p->items[i].value, action) == 0)
            return true;
    return false;
}

static void add_action(void *user, const struct action_def *def, const char *keys)
{
    struct filling *f = user;
    cleanup_buf struct buf shown = {0};

    /* Without a key, and with one further up: the same twice says nothing new. */
    if (def->hidden || (!*keys && is_listed(f->picker, def->action)))
        return;
    if (f->prefix && *keys)
        buf_printf(&shown, "%s ", f->prefix);
    buf_append_str(&shown, keys);
    picker_add(f->picker, f->title, def->help, shown.data, def->action, def->action);
}

void help_init(struct picker *p, const struct keymap *m, const struct help_context *contexts,
               const char *prefix_name)
{
    picker_init(p, "Keys", "run");
    p->keys_first = true;
    for (; contexts->name; contexts++) {
        bool prefixed = prefix_name && strcmp(contexts->name, "prefix") == 0;
        struct filling f = {p, contexts->title, prefixed ? prefix_name : NULL};

        keymap_each(m, contexts->name, add_action, &f);
    }
}
