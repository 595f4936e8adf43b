/* SPDX-License-Identifier: MIT
 *
 * Several gateways: which of them a sandbox's id belongs to is said by the end of the id.
 */
#include "client/fleet.h"

#include <string.h>

#include "base/alloc.h"
#include "client/gateway_internal.h"
#include "client/repeat.h"

struct member {
    char *name;
    struct gateway *gateway;
};

struct fleet {
    struct member members[FLEET_MAX];
    size_t n;
    uint64_t n_removed;  /* with the rows of one go their revisions: the sum must still grow */
    uint64_t changed_at; /* the revision when one came or went last */
};

struct fleet *fleet_create(void)
{
    return xcalloc(1, sizeof(struct fleet));
}

void fleet_destroy(struct fleet *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++) {
        gateway_destroy(f->members[i].gateway);
        free(f->members[i].name);
    }
    free(f);
}

static const struct member *find(const struct fleet *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->members[i].name, name) == 0)
            return &f->members[i];
    }
    return NULL;
}

struct gateway *fleet_add(struct fleet *f, struct client *c, const char *name,
                          const struct gateway_config *config, struct err *e)
{
    struct gateway_config own = *config;

    if (find(f, name)) {
        err_set(e, ERR_CONFLICT, "%.60s is in the list already", name);
        return NULL;
    }
    if (f->n == FLEET_MAX) {
        err_set(e, ERR_LIMIT, "%d contexts are in the list already", FLEET_MAX);
        return NULL;
    }
    own.label = f->n ? name : NULL;
    struct member *m = &f->members[f->n++];

    *m = (struct member){xstrdup(name), gateway_create(c, &own)};
    f->changed_at = fleet_revision(f);
    return m->gateway;
}

bool fleet_remove(struct fleet *f, const char *name)
{
    const struct member *found = find(f, name);
    size_t i = found ? (size_t)(found - f->members) : 0;

    if (!i)
        return false;
    struct member gone = f->members[i];

    f->n_removed += gateway_revision(gone.gateway) + 2;
    f->n--;
    memmove(&f->members[i], &f->members[i + 1], (f->n - i) * sizeof f->members[0]);
    f->changed_at = fleet_revision(f);
    gateway_destroy(gone.gateway);
    free(gone.name);
    return true;
}

size_t fleet_size(const struct fleet *f)
{
    return f->n;
}

struct gateway *fleet_gateway(const struct fleet *f, size_t i)
{
    return i < f->n ? f->members[i].gateway : NULL;
}

const char *fleet_name(const struct fleet *f, size_t i)
{
    return i < f->n ? f->members[i].name : NULL;
}

struct gateway *fleet_named(const struct fleet *f, const char *name)
{
    const struct member *m = find(f, name);

    return m ? m->gateway : NULL;
}

/* Coded ids hold no "@" of their own, so the last one begins the label. */
static size_t member_of(const struct fleet *f, const char *id)
{
    const char *at = strrchr(id, '@');

    for (size_t i = 1; at && i < f->n; i++) {
        if (strcmp(f->members[i].gateway->label, at + 1) == 0)
            return i;
    }
    return 0;
}

struct gateway *fleet_of(const struct fleet *f, const char *sandbox_id)
{
    return f->n ? f->members[member_of(f, sandbox_id)].gateway : NULL;
}

const char *fleet_name_of(const struct fleet *f, const char *sandbox_id)
{
    return fleet_name(f, member_of(f, sandbox_id));
}

size_t fleet_of_url(const struct fleet *f, const char *url)
{
    for (size_t i = 0; i < f->n; i++) {
        if (gateway_knows_url(f->members[i].gateway, url))
            return i;
    }
    return 0;
}

uint64_t fleet_revision(const struct fleet *f)
{
    uint64_t sum = f->n + f->n_removed;

    for (size_t i = 0; i < f->n; i++)
        sum += gateway_revision(f->members[i].gateway);
    return sum;
}

size_t fleet_count(const struct fleet *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n; i++)
        n += gateway_count(f->members[i].gateway);
    return n;
}

const struct sandbox *fleet_at(const struct fleet *f, size_t i)
{
    for (size_t k = 0; k < f->n; k++) {
        size_t n = gateway_count(f->members[k].gateway);

        if (i < n)
            return gateway_at(f->members[k].gateway, i);
        i -= n;
    }
    return NULL;
}

size_t fleet_n_known(const struct fleet *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n; i++)
        n += gateway_n_known(f->members[i].gateway);
    return n;
}

/* The numbers of several gateways take turns, so that one's do not move when another has more. */
size_t fleet_slots(const struct fleet *f)
{
    size_t most = 0;

    for (size_t i = 0; i < f->n; i++) {
        size_t n = gateway_slots(f->members[i].gateway);

        most = n > most ? n : most;
    }
    return most * f->n;
}

const struct sandbox *fleet_slot(const struct fleet *f, size_t slot)
{
    return f->n ? gateway_slot(f->members[slot % f->n].gateway, slot / f->n) : NULL;
}

bool fleet_changes(const struct fleet *f, uint64_t since, void (*each)(void *to, size_t slot),
                   void *to)
{
    if (f->n != 1 || since < f->changed_at)
        return false;
    return gateway_changes(f->members[0].gateway, since - f->n - f->n_removed, each, to);
}

const struct sandbox *fleet_find_id(const struct fleet *f, const char *id)
{
    return f->n ? gateway_find_id(fleet_of(f, id), id) : NULL;
}

void fleet_forget_gone(struct fleet *f)
{
    for (size_t i = 0; i < f->n; i++)
        gateway_forget_gone(f->members[i].gateway);
}

struct remote *fleet_remote(const struct fleet *f, const char *sandbox_id)
{
    return remote_acquire(fleet_of(f, sandbox_id), sandbox_id);
}
