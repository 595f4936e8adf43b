/* SPDX-License-Identifier: MIT */
#include "host/daemon/acks.h"

#include <string.h>

bool acks_valid(struct slice client, double seq)
{
    return client.len >= 1 && client.len <= ACKS_NAME_MAX && seq >= 1 && seq <= 0x1p53 &&
           (double)(uint64_t)seq == seq;
}

static struct acks_client *find(struct acks *a, struct slice name)
{
    struct acks_client *oldest = &a->clients[0];

    for (int i = 0; i < ACKS_CLIENTS_MAX; i++) {
        struct acks_client *c = &a->clients[i];

        if (c->len == name.len && !memcmp(c->name, name.data, name.len))
            return c;
        if (c->used < oldest->used)
            oldest = c;
    }
    memcpy(oldest->name, name.data, name.len);
    oldest->len = (uint8_t)name.len;
    oldest->seq = 0;
    return oldest;
}

bool acks_take(struct acks *a, struct slice client, double seq)
{
    struct acks_client *c = find(a, client);

    c->used = ++a->clock;
    if ((uint64_t)seq <= c->seq)
        return false;
    c->seq = (uint64_t)seq;
    return true;
}
