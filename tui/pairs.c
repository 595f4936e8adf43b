/* SPDX-License-Identifier: MIT
 *
 * Open addressing, at most half full; a slot's number is its pair, 0 is empty.
 */
#include "tui/pairs.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct slot {
    uint64_t key;
    int pair;
};

struct pairs {
    struct slot *slots; /* owned */
    size_t n_slots;     /* a power of two */
    int used, limit;
};

struct pairs *pairs_create(int limit)
{
    struct pairs *p = xcalloc(1, sizeof *p);

    p->limit = limit;
    p->n_slots = 256;
    p->slots = xcalloc(p->n_slots, sizeof *p->slots);
    return p;
}

void pairs_destroy(struct pairs *p)
{
    if (!p)
        return;
    free(p->slots);
    free(p);
}

void pairs_clear(struct pairs *p)
{
    p->used = 0;
    memset(p->slots, 0, p->n_slots * sizeof *p->slots);
}

static struct slot *find(struct pairs *p, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (p->n_slots - 1);

    while (p->slots[i].pair && p->slots[i].key != key)
        i = (i + 1) & (p->n_slots - 1);
    return &p->slots[i];
}

static void grow(struct pairs *p)
{
    struct slot *old = p->slots;
    size_t n = p->n_slots;

    p->n_slots *= 2;
    p->slots = xcalloc(p->n_slots, sizeof *p->slots);
    for (size_t i = 0; i < n; i++)
        if (old[i].pair)
            *find(p, old[i].key) = old[i];
    free(old);
}

int pairs_get(struct pairs *p, int fg, int bg, bool *fresh)
{
    uint64_t key = (uint64_t)(uint32_t)fg << 32 | (uint32_t)bg;

    *fresh = false;
    if (fg == -1 && bg == -1)
        return 0;
    struct slot *slot = find(p, key);
    if (slot->pair)
        return slot->pair;
    if (p->used >= p->limit)
        return PAIRS_FULL;
    *fresh = true;
    *slot = (struct slot){.key = key, .pair = ++p->used};
    int pair = slot->pair;
    if ((size_t)p->used * 2 > p->n_slots)
        grow(p);
    return pair;
}
