/* SPDX-License-Identifier: MIT */
#include "views/env_rows.h"

#include <string.h>

#include "base/alloc.h"

const char ENV_MASK[] = "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2";

void env_wipe(char *value)
{
    if (value)
        explicit_bzero(value, strlen(value));
    free(value);
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static bool equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void set(char **slot, const char *value)
{
    char *next = copy(value);

    env_wipe(*slot);
    *slot = next;
}

static void row_finish(struct env_row *row)
{
    free(row->name);
    env_wipe(row->before);
    env_wipe(row->after);
}

static void clear_undo(struct env_rows *r)
{
    for (size_t i = 0; i < r->n_undo; i++) {
        free(r->undo[i].name);
        env_wipe(r->undo[i].after);
    }
    r->n_undo = 0;
}

void env_rows_finish(struct env_rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        row_finish(&r->all[i]);
    clear_undo(r);
    free(r->all);
    free(r->undo);
    *r = (struct env_rows){0};
}

struct env_row *env_rows_find(const struct env_rows *r, const char *name)
{
    for (size_t i = 0; name && i < r->n; i++)
        if (strcmp(r->all[i].name, name) == 0)
            return &r->all[i];
    return NULL;
}

bool env_row_staged(const struct env_row *row)
{
    return !equal(row->before, row->after);
}

size_t env_rows_staged(const struct env_rows *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += env_row_staged(&r->all[i]);
    return n;
}

static struct env_row *add(struct env_rows *r, const char *name)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 32;
        r->all = xreallocarray(r->all, r->cap, sizeof *r->all);
    }
    r->all[r->n] = (struct env_row){.name = xstrdup(name)};
    return &r->all[r->n++];
}

static void drop_empty(struct env_rows *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++) {
        if (r->all[i].before || r->all[i].after)
            r->all[kept++] = r->all[i];
        else
            row_finish(&r->all[i]);
    }
    r->n = kept;
}

static const char *value_of(const struct env_variable *all, size_t n, const char *name)
{
    for (size_t i = n; i-- > 0;)
        if (strcmp(all[i].name, name) == 0)
            return all[i].value;
    return NULL;
}

bool env_rows_take(struct env_rows *r, const struct env_variable *all, size_t n)
{
    bool changed = false;

    n = n < ENV_ROWS_MAX ? n : ENV_ROWS_MAX;
    for (size_t i = 0; i < r->n; i++) {
        struct env_row *row = &r->all[i];
        const char *now = value_of(all, n, row->name);
        bool staged = env_row_staged(row);

        if (equal(row->before, now))
            continue;
        changed = true;
        set(&row->before, now);
        if (!staged)
            set(&row->after, now);
    }
    for (size_t i = 0; i < n; i++) {
        if (env_rows_find(r, all[i].name))
            continue;
        struct env_row *row = add(r, all[i].name);
        row->before = xstrdup(value_of(all, n, all[i].name));
        row->after = xstrdup(row->before);
        changed = true;
    }
    drop_empty(r);
    return changed;
}

void env_rows_stage(struct env_rows *r, const char *name, const char *after)
{
    struct env_row *row = env_rows_find(r, name);

    if (!row && r->n >= ENV_ROWS_MAX)
        return;
    if (!row)
        row = add(r, name);
    if (r->n_undo == ENV_UNDO_MAX) {
        free(r->undo[0].name);
        env_wipe(r->undo[0].after);
        memmove(r->undo, r->undo + 1, --r->n_undo * sizeof *r->undo);
    }
    if (!r->undo)
        r->undo = xcalloc(ENV_UNDO_MAX, sizeof *r->undo);
    r->undo[r->n_undo++] = (struct env_undo){xstrdup(name), copy(row->after)};
    set(&row->after, after);
    drop_empty(r);
}

const char *env_rows_undo(struct env_rows *r)
{
    static char name[256];
    struct env_undo *last = r->n_undo ? &r->undo[--r->n_undo] : NULL;

    if (!last)
        return NULL;
    struct env_row *row = env_rows_find(r, last->name);
    if (!row)
        row = add(r, last->name);
    set(&row->after, last->after);
    memccpy(name, last->name, '\0', sizeof name - 1);
    free(last->name);
    env_wipe(last->after);
    drop_empty(r);
    return name;
}

void env_rows_discard(struct env_rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        set(&r->all[i].after, r->all[i].before);
    clear_undo(r);
    drop_empty(r);
}

static char *line_of(const char *name, const char *value, bool masked)
{
    return value ? xasprintf("%s=%s", name, masked ? ENV_MASK : value) : NULL;
}

void env_rows_diff(const struct env_rows *r, struct diff *out, bool masked)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct env_row *row = &r->all[i];

        if (!env_row_staged(row))
            continue;
        char *left = line_of(row->name, row->before, masked);
        char *right = line_of(row->name, row->after, masked);
        /* Equal texts would count as an equal line. */
        cleanup_free char *other =
            masked && left && right ? xasprintf("%s (another value)", right) : NULL;

        diff_add(out, left, other ? other : right);
        env_wipe(left);
        env_wipe(right);
    }
}
