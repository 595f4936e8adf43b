/* SPDX-License-Identifier: MIT
 *
 * Listings of several sandboxes as the rows of one table.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/resource_internal.h"
#include "wire/names.h"

static void on_change(void *user)
{
    struct resource *r = user;

    r->stale_entries = true;
    view_damage(r->view);
}

/* --- one sandbox --- */

static bool is_loaded(const struct resource_source *s)
{
    return s->of ? s->of->is_loaded(s->model) : listing_is_loaded(s->model);
}

static const struct err *error_of(const struct resource_source *s)
{
    return s->of ? s->of->error(s->model) : listing_error(s->model);
}

static size_t count_of(const struct resource_source *s)
{
    return s->of ? s->of->count(s->model) : listing_count(s->model);
}

static const void *item_at(const struct resource_source *s, size_t i)
{
    return s->of ? s->of->at(s->model, i) : listing_at(s->model, i);
}

/* --- sandboxes --- */

void rows_add_source(struct resource *r, const char *sandbox_id)
{
    struct resource_source *s;

    if (r->n_sources == RESOURCE_SANDBOXES_MAX) {
        r->n_left_out++;
        return;
    }
    s = xcalloc(1, sizeof *s);
    s->id = xstrdup(sandbox_id);
    s->remote = remote_acquire(r->env->gateway, sandbox_id);
    s->of = r->kind->model;
    s->model = s->of ? s->of->open(r->env, s->remote, on_change, r)
                     : listing_open(s->remote, r->kind->listing, on_change, r);
    r->sources[r->n_sources++] = s;
    r->stale_entries = true;
}

static void free_source(struct resource_source *s)
{
    if (s->of)
        s->of->close(s->model);
    else
        listing_close(s->model);
    remote_release(s->remote);
    free(s->id);
    free(s);
}

static bool is_wanted(const struct sandbox *s)
{
    return s && !s->gone && strcmp(s->info.status, STATUS_LOST) != 0;
}

static bool has_source(const struct resource *r, const char *id)
{
    for (size_t i = 0; i < r->n_sources; i++)
        if (strcmp(r->sources[i]->id, id) == 0)
            return true;
    return false;
}

void rows_sync(struct resource *r)
{
    struct gateway *g = r->env->gateway;
    size_t kept = 0, n = gateway_count(g);

    if (!r->all)
        return;
    for (size_t i = 0; i < r->n_sources; i++) {
        if (is_wanted(gateway_find_id(g, r->sources[i]->id))) {
            r->sources[kept++] = r->sources[i];
            continue;
        }
        free_source(r->sources[i]);
        r->stale_entries = true;
    }
    r->n_sources = kept;
    r->n_left_out = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sandbox *s = gateway_at(g, i);

        if (is_wanted(s) && !has_source(r, s->info.id))
            rows_add_source(r, s->info.id);
    }
}

static void free_entries(struct resource *r)
{
    for (size_t i = 0; i < r->n_entries; i++)
        free(r->entries[i].key);
    free(steal_pointer(&r->entries));
    r->n_entries = 0;
}

void rows_finish(struct resource *r)
{
    free_entries(r);
    for (size_t i = 0; i < r->n_sources; i++)
        free_source(r->sources[i]);
    r->n_sources = 0;
}

size_t rows_waiting(const struct resource *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_sources; i++)
        n += !is_loaded(r->sources[i]) && error_of(r->sources[i])->code == ERR_NONE;
    return n;
}

size_t rows_failing(const struct resource *r, const struct err **e, int64_t *confirmed_ms)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_sources; i++) {
        const struct resource_source *s = r->sources[i];

        if (error_of(s)->code == ERR_NONE)
            continue;
        if (!n++) {
            *e = error_of(s);
            *confirmed_ms = s->of ? s->of->confirmed_ms(s->model) : listing_confirmed_ms(s->model);
        }
    }
    return n;
}

void rows_refresh(struct resource *r)
{
    for (size_t i = 0; i < r->n_sources; i++) {
        struct resource_source *s = r->sources[i];

        if (s->of)
            s->of->refresh(s->model);
        else
            listing_refresh(s->model);
    }
}

/* --- rows --- */

static const char *item_id(const struct resource *r, const void *item)
{
    size_t offset = r->kind->model ? r->kind->model->id_offset : r->kind->listing->id_offset;

    return *(const char *const *)((const char *)item + offset);
}

void rows_update(struct resource *r)
{
    size_t n = 0;

    if (!r->stale_entries)
        return;
    r->stale_entries = false;
    r->revision++;
    free_entries(r);
    for (size_t i = 0; i < r->n_sources; i++)
        n += count_of(r->sources[i]);
    r->entries = xcalloc(n ? n : 1, sizeof *r->entries);
    for (size_t i = 0; i < r->n_sources; i++) {
        struct resource_source *s = r->sources[i];
        size_t here = count_of(s);

        for (size_t k = 0; k < here && r->n_entries < n; k++) {
            const void *item = item_at(s, k);

            if (r->kind->wanted && !r->kind->wanted(item))
                continue;
            r->entries[r->n_entries++] = (struct resource_entry){
                .key = xasprintf("%s\n%s", s->id, item_id(r, item)), .source = s, .i = k};
        }
    }
}

static struct resource_row row_at(const struct resource *r, size_t i)
{
    const struct resource_entry *e = &r->entries[i];
    const void *item = item_at(e->source, e->i);

    return (struct resource_row){.env = r->env,
                                 .kind = r->kind,
                                 .remote = e->source->remote,
                                 .sandbox_id = e->source->id,
                                 .id = item_id(r, item),
                                 .item = item,
                                 .json = e->source->of ? e->source->of->json(e->source->model, e->i)
                                                       : listing_json(e->source->model, e->i),
                                 .now_ms = clock_wall_ms()};
}

bool rows_find(const struct resource *r, const char *key, struct resource_row *out)
{
    for (size_t i = 0; key && i < r->n_entries; i++) {
        if (strcmp(r->entries[i].key, key) == 0) {
            *out = row_at(r, i);
            return true;
        }
    }
    return false;
}

/* --- what the table asks --- */

static size_t row_count(void *user)
{
    return ((const struct resource *)user)->n_entries;
}

static const char *row_id(void *user, size_t row)
{
    return ((const struct resource *)user)->entries[row].key;
}

static const char *row_group(void *user, size_t row)
{
    static char name[160];
    const struct resource *r = user;

    return views_sandbox_name(r->env, r->entries[row].source->id, name, sizeof name);
}

static bool row_shown(void *user, size_t row)
{
    const struct resource *r = user;
    struct resource_row found = row_at(r, row);
    cleanup_buf struct buf text = {0};
    char clean[2048];

    if (!filter_active(&r->list.filter))
        return true;
    buf_printf(&text, "%s ", row_group(user, row));
    r->kind->text(found.item, &text);
    text_sanitise(clean, sizeof clean, text.data, text.len);
    return filter_match(&r->list.filter, clean, NULL, NULL);
}

static int row_compare(void *user, size_t a, size_t b, int column)
{
    const struct resource *r = user;
    struct resource_row row_a = row_at(r, a), row_b = row_at(r, b);
    int by = r->kind->compare(row_a.item, row_b.item, column);

    return by ? by : strverscmp(r->entries[a].key, r->entries[b].key);
}

static void row_cell(void *user, size_t row, int column, struct table_cell *out)
{
    struct resource *r = user;
    struct resource_row found = row_at(r, row);

    *out = (struct table_cell){.role = ROLE_TEXT};
    int64_t change = r->kind->cell(&found, column, out);
    if (change > 0 && (!r->change_ms || change < r->change_ms))
        r->change_ms = change;
}

struct table_source rows_source(struct resource *r)
{
    return (struct table_source){.columns = r->kind->columns,
                                 .n_columns = r->kind->n_columns,
                                 .count = row_count,
                                 .id = row_id,
                                 .group = row_group,
                                 .shown = row_shown,
                                 .compare = row_compare,
                                 .cell = row_cell,
                                 .user = r};
}

void row_text(struct table_cell *out, const char *text)
{
    text_sanitise(out->text, sizeof out->text, text, strlen(text));
}
