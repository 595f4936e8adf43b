/* SPDX-License-Identifier: MIT
 *
 * Feeds: the channels of a sandbox's socket that carry messages, not a terminal.
 *
 * A feed notes that its subscription is due; feeds_pump says it when the socket can be written.
 * Callbacks may open and close feeds, so every walk starts again after each and knows by a stamp
 * whom it has called.
 */
#include "client/feed.h"

#include <string.h>

#include "base/alloc.h"
#include "client/remote_internal.h"
#include "wire/names.h"

struct feed {
    LIST_ENTRY(feed) link;
    struct remote *remote; /* held */
    char *name;            /* of the channel */
    const struct feed_ops *ops;
    void *user;
    uint64_t stamp; /* of the last walk that came by */
    bool is_due, is_up, is_over;
};

struct feed *feed_open(struct remote *r, const char *channel, const struct feed_ops *ops,
                       void *user)
{
    struct feed *f = xcalloc(1, sizeof *f);

    f->remote = r;
    f->name = xstrdup(channel);
    f->ops = ops;
    f->user = user;
    f->is_due = true;
    remote_hold(r);
    LIST_INSERT_HEAD(&r->feeds, f, link);
    if (r->is_gone)
        remote_tell_gone_soon(r);
    else if (socket_is_open(r->socket))
        socket_want_drain(r->socket);
    else
        remote_connect(r);
    return f;
}

static bool is_shared(const struct feed *wanted)
{
    const struct feed *f;

    LIST_FOREACH (f, &wanted->remote->feeds, link) {
        if (f != wanted && f->is_up && !strcmp(f->name, wanted->name))
            return true;
    }
    return false;
}

void feed_close(struct feed *f)
{
    if (!f)
        return;
    struct remote *r = f->remote;

    if (f->is_up && !is_shared(f))
        remote_unsubscribe(r, f->name);
    LIST_REMOVE(f, link);
    free(f->name);
    free(f);
    remote_release(r);
}

bool feed_is_up(const struct feed *f)
{
    return f->is_up;
}

bool feed_send(struct feed *f, const struct message *m)
{
    return f->is_up && remote_send(f->remote, m);
}

/* --- walks --- */

/* The next feed that this walk has not met, of the channel or (name empty) of any. */
static struct feed *next_feed(struct remote *r, uint64_t stamp, struct slice name)
{
    struct feed *f;

    LIST_FOREACH (f, &r->feeds, link) {
        if (f->stamp == stamp || (name.len && !slice_equal(name, f->name)))
            continue;
        f->stamp = stamp;
        return f;
    }
    return NULL;
}

void feeds_take(struct remote *r, const struct message *m)
{
    uint64_t stamp = ++r->feed_stamp;
    struct feed *f;

    while (m->channel.len && (f = next_feed(r, stamp, m->channel))) {
        if (f->ops->on_message)
            f->ops->on_message(f->user, m);
    }
}

void feeds_down(struct remote *r, const struct err *e)
{
    uint64_t stamp = ++r->feed_stamp;
    struct feed *f;

    while ((f = next_feed(r, stamp, (struct slice){0}))) {
        f->is_up = false;
        f->is_due = true;
        if (f->ops->on_down && !f->is_over)
            f->ops->on_down(f->user, e);
    }
}

void feeds_gone(struct remote *r, const struct err *e)
{
    uint64_t stamp = ++r->feed_stamp;
    struct feed *f;

    while ((f = next_feed(r, stamp, (struct slice){0}))) {
        if (f->is_over)
            continue;
        f->is_over = true;
        f->is_up = false;
        if (f->ops->on_gone)
            f->ops->on_gone(f->user, e);
    }
}

void feeds_known(struct remote *r)
{
    uint64_t stamp = ++r->feed_stamp;
    struct feed *f;

    if (socket_is_open(r->socket))
        socket_want_drain(r->socket);
    while ((f = next_feed(r, stamp, (struct slice){0})))
        if (f->ops->on_known && !f->is_over)
            f->ops->on_known(f->user);
}

void feeds_pump(struct remote *r)
{
    uint64_t stamp = ++r->feed_stamp;
    struct message m;
    struct feed *f;

    while (socket_is_open(r->socket) && (f = next_feed(r, stamp, (struct slice){0}))) {
        if (!f->is_due || f->is_over || (f->ops->is_wanted && !f->ops->is_wanted(f->user)))
            continue;
        message_init(&m, MSG_SUBSCRIBE, SLICE(f->name));
        if (!remote_send(r, &m))
            return;
        f->is_due = false;
        f->is_up = true;
        if (f->ops->on_up)
            f->ops->on_up(f->user);
    }
}
