/* SPDX-License-Identifier: MIT */
#include "views/list_view.h"

#include <assert.h>

#include "base/alloc.h"
#include "views/notice.h"

#define KINDS_MAX 32

static struct list *list_of(struct view *v)
{
    return v->data;
}

enum view_result list_view_key(struct view *v, struct key key)
{
    return list_key(list_of(v), key);
}

enum view_result list_view_paste(struct view *v, const char *text, size_t n)
{
    return list_paste(list_of(v), text, n);
}

struct view_cursor list_view_cursor(struct view *v)
{
    return list_cursor(list_of(v), v->rows);
}

bool list_view_grabs_keys(struct view *v)
{
    return list_grabs_keys(list_of(v));
}

enum view_result list_view_mouse(struct view *v, struct mouse mouse, int top,
                                 const char *open_action)
{
    bool open;

    mouse.row -= top;
    enum view_result result = list_mouse(list_of(v), mouse, &open);
    return open && open_action ? v->ops->act(v, open_action) : result;
}

void list_view_hints(struct view *v, struct buf *out, const char *const *hints,
                     bool (*can)(const void *data, const char *action, bool has_row))
{
    const struct list *list = list_of(v);
    bool has_row = list->table.n_rows > 0;
    int n = 0;

    if (list_hints(list, out))
        return;
    notice_hint(v, out, "global", "help", "help");
    for (const char *const *h = hints; h && *h; h += 2) {
        if (!can(v->data, h[0], has_row))
            continue;
        if (n++ == 2 && has_row)
            notice_hint(v, out, "list", "list-filter", "filter");
        notice_hint(v, out, v->ops->contexts[0], h[0], h[1]);
    }
    if (n <= 2 && has_row)
        notice_hint(v, out, "list", "list-filter", "filter");
}

int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

const struct view_ops *list_view_ops(const void *kind, const struct view_ops *common,
                                     const char *name, const char *const *contexts)
{
    static struct {
        const void *kind;
        struct view_ops ops;
    } known[KINDS_MAX];
    size_t i = 0;

    while (i < KINDS_MAX && known[i].kind && known[i].kind != kind)
        i++;
    assert(i < KINDS_MAX);
    if (!known[i].kind) {
        known[i].kind = kind;
        known[i].ops = *common;
        known[i].ops.name = name;
        known[i].ops.contexts = contexts;
    }
    return &known[i].ops;
}
