/* SPDX-License-Identifier: MIT
 *
 * Listings: one model a kind and sandbox, shared by those who look at it.
 *
 *   open → GET → rows compared with those known → on_change of everybody → timer → GET …
 *
 * A row keeps the JSON it was read from: its struct's strings lie in there, and raw views show it.
 */
#include "client/listing.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/call.h"

#define REFRESH_MS 2000

struct listing_row {
    cJSON *json; /* owned */
    void *item;  /* owned */
    uint64_t revision;
};

struct listing_model {
    LIST_ENTRY(listing_model) link;
    struct remote *remote; /* held until let_go */
    struct client *client; /* held */
    const struct listing_kind *kind;
    LIST_HEAD(listing_list, listing)
    listings;
    struct listing_row *rows; /* owned */
    size_t n;
    uint64_t revision, stamp;
    int64_t confirmed_ms;
    bool is_loaded, is_poked;
    struct err error;
    struct request *asking;
    uv_timer_t timer;
};

struct listing {
    LIST_ENTRY(listing) link;
    struct listing_model *model;
    void (*on_change)(void *user);
    void *user;
    uint64_t stamp;
};

static void ask(struct listing_model *m);

/* --- rows --- */

static const char *id_of(const struct listing_kind *kind, const void *item)
{
    return *(const char *const *)((const char *)item + kind->id_offset);
}

void *listing_read(const struct listing_kind *kind, const cJSON *data, size_t max, size_t *n)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, kind->array), *item;
    size_t cap = (size_t)cJSON_GetArraySize(list);
    char *all = xcalloc((cap < max ? cap : max) + 1, kind->item_size);

    *n = 0;
    cJSON_ArrayForEach (item, list) {
        if (*n < max && kind->read(all + *n * kind->item_size, item))
            ++*n;
    }
    return all;
}

static void free_rows(struct listing_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cJSON_Delete(rows[i].json);
        free(rows[i].item);
    }
    free(rows);
}

static struct listing_row *find_row(const struct listing_model *m, const char *id)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!strcmp(id_of(m->kind, m->rows[i].item), id))
            return &m->rows[i];
    }
    return NULL;
}

/* Rows seldom move. */
static struct listing_row *find_row_near(const struct listing_model *m, const char *id, size_t i)
{
    if (i < m->n && !strcmp(id_of(m->kind, m->rows[i].item), id))
        return &m->rows[i];
    return find_row(m, id);
}

static bool is_same_order(const struct listing_model *m, const struct listing_row *rows, size_t n)
{
    bool same = n == m->n;

    for (size_t i = 0; same && i < n; i++)
        same = !strcmp(id_of(m->kind, rows[i].item), id_of(m->kind, m->rows[i].item));
    return same;
}

/* Takes the answer's rows; true: something is different. */
static bool take_rows(struct listing_model *m, const cJSON *data)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, m->kind->array), *json;
    struct listing_row *rows = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *rows);
    bool changed = false;
    size_t n = 0;

    cJSON_ArrayForEach (json, list) {
        struct listing_row *row = &rows[n];

        *row = (struct listing_row){.json = cJSON_Duplicate(json, true),
                                    .item = xcalloc(1, m->kind->item_size)};
        if (n == LISTING_ROWS_MAX || !m->kind->read(row->item, row->json)) {
            cJSON_Delete(row->json);
            free(row->item);
            continue;
        }
        const struct listing_row *old = find_row_near(m, id_of(m->kind, row->item), n);
        bool same = old && cJSON_Compare(old->json, row->json, true);

        row->revision = same ? old->revision : m->revision + 1;
        changed = changed || !same;
        n++;
    }
    changed = changed || !is_same_order(m, rows, n);
    free_rows(m->rows, m->n);
    m->rows = rows;
    m->n = n;
    m->revision += changed;
    return changed;
}

/* --- the model --- */

static struct listing *next_listing(struct listing_model *m)
{
    struct listing *l;

    LIST_FOREACH (l, &m->listings, link) {
        if (l->stamp == m->stamp)
            continue;
        l->stamp = m->stamp;
        return l;
    }
    return NULL;
}

static void on_model_closed(uv_handle_t *handle)
{
    struct listing_model *m = handle->data;
    struct client *c = m->client;

    free_rows(m->rows, m->n);
    free(m);
    client_drop(c);
}

static void let_go(struct listing_model *m)
{
    if (!LIST_EMPTY(&m->listings) || uv_is_closing((uv_handle_t *)&m->timer))
        return;
    request_cancel(steal_pointer(&m->asking));
    LIST_REMOVE(m, link);
    uv_close((uv_handle_t *)&m->timer, on_model_closed);
    /* Not in the callback: a client that ends before it would end the remote's requests first. */
    remote_release(steal_pointer(&m->remote));
}

static void tell_all(struct listing_model *m)
{
    struct listing *l;

    m->stamp++;
    while ((l = next_listing(m))) {
        if (l->on_change)
            l->on_change(l->user);
    }
}

static void on_timer(uv_timer_t *timer)
{
    ask(timer->data);
}

static void on_answer(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct listing_model *m = c->user;
    bool changed = !m->is_loaded || !e != !m->error.code;

    m->asking = NULL;
    m->error = e ? *e : (struct err){0};
    if (!e) {
        changed |= take_rows(m, data);
        m->is_loaded = true;
        m->confirmed_ms = clock_mono_ms();
    }
    if (m->is_poked)
        ask(m);
    else if (!c->remote->is_gone)
        uv_timer_start(&m->timer, on_timer, REFRESH_MS, 0);
    if (changed)
        tell_all(m);
}

static void ask(struct listing_model *m)
{
    m->is_poked = m->asking;
    if (m->asking || uv_is_closing((uv_handle_t *)&m->timer))
        return;
    uv_timer_stop(&m->timer);
    m->asking =
        call_start(call_create(m->remote, "GET", xstrdup(m->kind->path), on_answer, NULL, m));
}

static struct listing_model *model_of(struct remote *r, const struct listing_kind *kind)
{
    struct listing_model *m;

    LIST_FOREACH (m, &r->listings, link) {
        if (m->kind == kind)
            return m;
    }
    return NULL;
}

void listings_poke(struct remote *r, const struct listing_kind *kind)
{
    struct listing_model *m = model_of(r, kind);

    if (m)
        ask(m);
}

struct listing *listing_open(struct remote *r, const struct listing_kind *kind,
                             void (*on_change)(void *user), void *user)
{
    struct listing_model *m = model_of(r, kind);
    struct listing *l = xcalloc(1, sizeof *l);

    if (!m) {
        m = xcalloc(1, sizeof *m);
        m->remote = r;
        m->kind = kind;
        LIST_INIT(&m->listings);
        remote_hold(r);
        m->client = r->client;
        client_hold(m->client);
        uv_timer_init(r->client->loop, &m->timer);
        m->timer.data = m;
        LIST_INSERT_HEAD(&r->listings, m, link);
        ask(m);
    }
    *l = (struct listing){.model = m, .on_change = on_change, .user = user, .stamp = m->stamp};
    LIST_INSERT_HEAD(&m->listings, l, link);
    return l;
}

void listing_close(struct listing *l)
{
    if (!l)
        return;
    LIST_REMOVE(l, link);
    let_go(l->model);
    free(l);
}

void listing_refresh(struct listing *l)
{
    ask(l->model);
}

/* --- reading --- */

bool listing_is_loaded(const struct listing *l)
{
    return l->model->is_loaded;
}

const struct err *listing_error(const struct listing *l)
{
    return &l->model->error;
}

int64_t listing_confirmed_ms(const struct listing *l)
{
    return l->model->confirmed_ms;
}

uint64_t listing_revision(const struct listing *l)
{
    return l->model->revision;
}

size_t listing_count(const struct listing *l)
{
    return l->model->n;
}

const void *listing_at(const struct listing *l, size_t i)
{
    return i < l->model->n ? l->model->rows[i].item : NULL;
}

const void *listing_find(const struct listing *l, const char *id)
{
    const struct listing_row *row = find_row(l->model, id);

    return row ? row->item : NULL;
}

uint64_t listing_row_revision(const struct listing *l, size_t i)
{
    return i < l->model->n ? l->model->rows[i].revision : 0;
}

const cJSON *listing_json(const struct listing *l, size_t i)
{
    return i < l->model->n ? l->model->rows[i].json : NULL;
}
