/* SPDX-License-Identifier: MIT
 *
 * The rows of a gateway: what it said of each sandbox, and when.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/gateway_internal.h"
#include "wire/names.h"

/* A watcher that never forgets must not make them pile up. */
#define GONE_MAX 1000

static int compare(const struct row *a, const struct row *b)
{
    const struct sandbox_info *x = &a->sandbox.info, *y = &b->sandbox.info;

    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* Where the row is, or where it would go. */
static size_t position(const struct model *m, const struct row *row)
{
    size_t low = 0, high = m->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(m->order[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct model *m, struct row *row)
{
    size_t at = position(m, row);

    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 64;
        m->order = xreallocarray(m->order, m->cap, sizeof(void *));
    }
    memmove(m->order + at + 1, m->order + at, (m->n - at) * sizeof(void *));
    m->order[at] = row;
    m->n++;
}

static void take_out(struct model *m, struct row *row)
{
    size_t at = position(m, row);

    m->n--;
    memmove(m->order + at, m->order + at + 1, (m->n - at) * sizeof(void *));
}

static struct row *find(const struct model *m, const char *id)
{
    struct row *row;

    HASH_FIND_STR(m->by_id, id, row);
    return row;
}

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static bool same(const struct sandbox_info *a, const struct sandbox_info *b)
{
    return same_text(a->ns, b->ns) && same_text(a->name, b->name) &&
           same_text(a->status, b->status) && same_text(a->reason, b->reason) &&
           same_text(a->provider, b->provider) && same_text(a->url, b->url) &&
           same_text(a->token, b->token) && same_text(a->metadata, b->metadata) &&
           same_text(a->details, b->details) && a->created_ms == b->created_ms &&
           a->expires_ms == b->expires_ms && a->n_terminals == b->n_terminals &&
           a->n_viewers == b->n_viewers;
}

static void keep_text(char **to, const char *old)
{
    if (!**to && old && *old) {
        free(*to);
        *to = xstrdup(old);
    }
}

/* What this word does not say is still as it was. */
static void fill_from(struct sandbox_info *info, const struct sandbox_info *old)
{
    keep_text(&info->token, old->token);
    keep_text(&info->url, old->url);
    keep_text(&info->name, old->name);
    keep_text(&info->provider, old->provider);
    keep_text(&info->details, old->details);
    if (!info->created_ms)
        info->created_ms = old->created_ms;
    if (info->n_terminals < 0)
        info->n_terminals = old->n_terminals;
    if (info->n_viewers < 0)
        info->n_viewers = old->n_viewers;
}

/* --- numbers that stay --- */

static void give_slot(struct model *m, struct row *row)
{
    if (m->n_unused) {
        row->sandbox.slot = m->unused[--m->n_unused];
    } else {
        if (m->n_slots == m->cap_slots) {
            m->cap_slots = m->cap_slots ? m->cap_slots * 2 : 64;
            m->slots = xreallocarray(m->slots, m->cap_slots, sizeof(void *));
            m->unused = xreallocarray(m->unused, m->cap_slots, sizeof *m->unused);
        }
        row->sandbox.slot = m->n_slots++;
    }
    m->slots[row->sandbox.slot] = row;
}

static void take_slot(struct model *m, const struct row *row)
{
    m->slots[row->sandbox.slot] = NULL;
    m->unused[m->n_unused++] = row->sandbox.slot;
}

void model_init(struct model *m)
{
    TAILQ_INIT(&m->latest);
}

/* --- changes --- */

static void touch(struct gateway *g, struct row *row)
{
    struct model *m = &g->model;

    row->sandbox.revision = ++m->revision;
    TAILQ_REMOVE(&m->latest, row, latest);
    TAILQ_INSERT_HEAD(&m->latest, row, latest);
    gateway_notify(g);
}

void model_put(struct gateway *g, const struct sandbox_info *info)
{
    struct model *m = &g->model;
    struct row *row = find(m, info->id);
    struct sandbox_info next;
    bool changed = true;

    sandbox_info_copy(&next, info);
    if (row) {
        fill_from(&next, &row->sandbox.info);
        changed = row->sandbox.gone || !same(&next, &row->sandbox.info);
        take_out(m, row);
        HASH_DEL(m->by_id, row);
        m->n_gone -= row->sandbox.gone;
        sandbox_info_finish(&row->sandbox.info);
    } else {
        row = xcalloc(1, sizeof *row);
        give_slot(m, row);
        TAILQ_INSERT_HEAD(&m->latest, row, latest);
    }
    row->sandbox.info = next;
    row->sandbox.gone = false;
    row->sandbox.confirmed_ms = clock_mono_ms();
    row->epoch = m->epoch;
    HASH_ADD_KEYPTR(hh, m->by_id, row->sandbox.info.id, strlen(row->sandbox.info.id), row);
    insert(m, row);
    if (changed)
        touch(g, row);
}

static void mark_gone(struct gateway *g, struct row *row)
{
    if (row->sandbox.gone)
        return;
    row->sandbox.gone = true;
    row->sandbox.confirmed_ms = clock_mono_ms();
    g->model.n_gone++;
    touch(g, row);
}

void model_mark_gone(struct gateway *g, const char *id)
{
    struct row *row = find(&g->model, id);

    if (row)
        mark_gone(g, row);
    if (g->model.n_gone > GONE_MAX)
        gateway_forget_gone(g);
}

void model_sweep(struct gateway *g)
{
    for (size_t i = 0; i < g->model.n; i++) {
        if (g->model.order[i]->epoch != g->model.epoch)
            mark_gone(g, g->model.order[i]);
    }
    if (g->model.n_gone > GONE_MAX)
        gateway_forget_gone(g);
}

static void free_row(struct model *m, struct row *row)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a row is in the table */
    HASH_DEL(m->by_id, row);
    TAILQ_REMOVE(&m->latest, row, latest);
    take_slot(m, row);
    sandbox_info_finish(&row->sandbox.info);
    free(row);
}

void gateway_forget_gone(struct gateway *g)
{
    struct model *m = &g->model;
    size_t kept = 0;

    if (!m->n_gone)
        return;
    for (size_t i = 0; i < m->n; i++) {
        struct row *row = m->order[i];

        if (!row->sandbox.gone) {
            m->order[kept++] = row;
            continue;
        }
        if (row->sandbox.revision > m->forgotten)
            m->forgotten = row->sandbox.revision;
        free_row(m, row);
    }
    m->n = kept;
    m->n_gone = 0;
    m->revision++;
    gateway_notify(g);
}

void model_finish(struct model *m)
{
    for (size_t i = 0; i < m->n; i++)
        free_row(m, m->order[i]);
    free(m->order);
    free(m->slots);
    free(m->unused);
    *m = (struct model){0};
}

uint64_t gateway_revision(const struct gateway *g)
{
    return g->model.revision;
}

size_t gateway_count(const struct gateway *g)
{
    return g->model.n;
}

const struct sandbox *gateway_at(const struct gateway *g, size_t i)
{
    return i < g->model.n ? &g->model.order[i]->sandbox : NULL;
}

size_t gateway_n_known(const struct gateway *g)
{
    return g->model.n - g->model.n_gone;
}

size_t gateway_slots(const struct gateway *g)
{
    return g->model.n_slots;
}

const struct sandbox *gateway_slot(const struct gateway *g, size_t slot)
{
    const struct row *row = slot < g->model.n_slots ? g->model.slots[slot] : NULL;

    return row ? &row->sandbox : NULL;
}

bool gateway_changes(const struct gateway *g, uint64_t since, void (*each)(void *to, size_t slot),
                     void *to)
{
    const struct row *row;

    if (since < g->model.forgotten)
        return false;
    TAILQ_FOREACH (row, &g->model.latest, latest) {
        if (row->sandbox.revision <= since)
            break;
        each(to, row->sandbox.slot);
    }
    return true;
}

const struct sandbox *gateway_find_id(const struct gateway *g, const char *id)
{
    const struct row *row = find(&g->model, id);

    return row ? &row->sandbox : NULL;
}

const struct sandbox *gateway_find_name(const struct gateway *g, const char *ns, const char *name)
{
    for (size_t i = 0; i < g->model.n; i++) {
        const struct sandbox *s = &g->model.order[i]->sandbox;

        if (!s->gone && !strcmp(s->info.name, name) && !strcmp(s->info.ns, ns ? ns : "default"))
            return s;
    }
    return NULL;
}
