/* SPDX-License-Identifier: MIT */
#include "host/daemon/subscription.h"

#include "host/daemon/session.h"
#include "host/daemon/socket.h"

#define WAITING_MAX                                                                                \
    ((size_t)1024 * 1024) /* of what counts; reached only while the PTY is drained */

size_t subscription_backlog(const struct subscription *sub)
{
    return sub->lagging ? 0 : outbox_len(&sub->waiting) - sub->owed;
}

bool subscription_is_behind(const struct subscription *sub)
{
    size_t n = sub->socket->n_ready, share = SUBSCRIPTIONS_ALL / (n ? n : 1);

    if (share < SUBSCRIPTION_LOW)
        share = SUBSCRIPTION_LOW;
    return subscription_backlog(sub) > (share < SUBSCRIPTION_HIGH ? share : SUBSCRIPTION_HIGH);
}

void subscription_push(struct subscription *sub, const char *bytes, size_t n)
{
    if (sub->lagging || sub->ended)
        return;
    if (subscription_backlog(sub) + n > WAITING_MAX) {
        subscription_cut(sub);
        return;
    }
    outbox_append(&sub->waiting, bytes, n);
    socket_mark_ready(sub->socket, sub);
}

void subscription_cut(struct subscription *sub)
{
    if (sub->lagging)
        return;
    sub->waiting.bytes.len -= subscription_backlog(sub);
    sub->lagging = true;
    socket_mark_ready(sub->socket, sub);
}
