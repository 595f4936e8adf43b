/* SPDX-License-Identifier: MIT
 *
 * A queue of bytes: appended at the end, taken from the front without moving the rest each time.
 * Zeroed memory is valid and empty. Bounded by its users.
 */
#ifndef HOST_DAEMON_OUTBOX_H
#define HOST_DAEMON_OUTBOX_H

#include "base/buf.h"

struct outbox {
    struct buf bytes; /* owned */
    size_t taken;
};

static inline size_t outbox_len(const struct outbox *o)
{
    return o->bytes.len - o->taken;
}

static inline const char *outbox_front(const struct outbox *o)
{
    return o->bytes.data + o->taken;
}

static inline void outbox_clear(struct outbox *o)
{
    buf_finish(&o->bytes);
    o->taken = 0;
}

static inline void outbox_append(struct outbox *o, const char *bytes, size_t n)
{
    buf_append(&o->bytes, bytes, n);
}

static inline void outbox_take(struct outbox *o, size_t n)
{
    o->taken += n;
    if (o->taken == o->bytes.len) {
        if (o->bytes.cap > 65536)
            buf_finish(&o->bytes);
        else
            buf_clear(&o->bytes);
        o->taken = 0;
    } else if (o->taken > 65536 && o->taken > o->bytes.len / 2) {
        buf_consume(&o->bytes, o->taken);
        o->taken = 0;
    }
}

#endif
