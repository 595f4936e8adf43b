/* SPDX-License-Identifier: MIT
 *
 * Watchers over HTTP, and their events from channel watcher:<id>.
 */
#include "client/watcher.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/feed.h"
#include "client/fields.h"
#include "wire/base64.h"
#include "wire/names.h"

#define WATCHERS_MAX 10000

static bool read_watcher(void *out, const cJSON *json)
{
    struct watcher_info *w = out;

    *w = (struct watcher_info){
        .id = field_text(json, "id"),
        .path = field_text(json, "path"),
        .status = field_text(json, "status"),
        .channel = field_text(json, "channel"),
        .include_content = field_bool(json, "includeContent"),
        .n_ignored = (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "ignored")),
    };
    return w->id[0] && strlen(w->id) < MESSAGE_NAME_MAX / 2;
}

const struct listing_kind watcher_listing = {
    .path = "/watchers",
    .array = "watchers",
    .item_size = sizeof(struct watcher_info),
    .id_offset = offsetof(struct watcher_info, id),
    .read = read_watcher,
};

static void on_watcher(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct watcher_info w;
    struct err own;

    if (strcmp(c->method, "GET") != 0)
        listings_poke(c->remote, &watcher_listing);
    if (!e && !read_watcher(&w, data)) {
        call_unreadable(c, &own, "the watcher has no id");
        e = &own;
    }
    ((watcher_cb)c->cb)(c->user, e ? NULL : &w, e);
}

struct request *watcher_create(struct remote *r, const struct watcher_options *o, watcher_cb cb,
                               void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/watchers"), on_watcher, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject(), *ignored;

    cJSON_AddStringToObject(body, "path", o->path);
    cJSON_AddBoolToObject(body, "includeContent", o->include_content);
    ignored = cJSON_AddArrayToObject(body, "ignored");
    for (const char *const *glob = o->ignored; glob && *glob; glob++)
        cJSON_AddItemToArray(ignored, cJSON_CreateString(*glob));
    /* Content of any bytes comes whole that way. */
    cJSON_AddStringToObject(body, "encoding", "base64");
    call_set_body(c, body);
    return call_start(c);
}

static void on_watchers(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    struct watcher_info *all = listing_read(&watcher_listing, data, WATCHERS_MAX, &n);

    ((watchers_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *watcher_list(struct remote *r, watchers_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/watchers"), on_watchers, (call_cb)cb, user));
}

struct request *watcher_get(struct remote *r, const char *id, watcher_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", call_path("/watchers", id, ""), on_watcher, (call_cb)cb, user));
}

static void on_destroyed(struct remote_call *c, const cJSON *data, const struct err *e)
{
    listings_poke(c->remote, &watcher_listing);
    call_on_done(c, data, e);
}

struct request *watcher_destroy(struct remote *r, const char *id, gateway_done_cb cb, void *user)
{
    return call_start(
        call_create(r, "DELETE", call_path("/watchers", id, ""), on_destroyed, (call_cb)cb, user));
}

/* --- events --- */

struct watcher_tail {
    struct feed *feed;
    const struct watcher_tail_ops *ops;
    void *user;
    bool was_up;
};

static void take_event(struct watcher_tail *t, const struct message *m)
{
    cleanup_free char *event = slice_dup(message_string(m, "event"));
    cleanup_free char *path = slice_dup(message_string(m, "path"));
    const struct field *content = message_field(m, "content");
    cleanup_buf struct buf plain = {0};
    struct file_event e = {.event = event, .path = path};

    if (content && (content->type == FIELD_STRING || content->type == FIELD_BYTES)) {
        if (!slice_equal(message_string(m, "encoding"), "base64"))
            buf_append(&plain, content->text.data, content->text.len);
        else if (base64_decode(&plain, content->text.data, content->text.len, NULL))
            buf_clear(&plain);
        e.content = plain.data ? plain.data : "";
        e.n_content = plain.len;
    }
    if (*event && *path)
        t->ops->on_event(t->user, &e);
}

/* ops may free t: nothing of it is touched after a callback. */
static void on_message(void *user, const struct message *m)
{
    struct watcher_tail *t = user;
    struct err e;

    if (slice_equal(m->type, MSG_FILE_CHANGED)) {
        take_event(t, m);
    } else if (slice_equal(m->type, MSG_WATCHER_OVERFLOW)) {
        if (t->ops->on_gap)
            t->ops->on_gap(t->user);
    } else if (slice_equal(m->type, MSG_WATCHER_DESTROYED)) {
        err_set(&e, ERR_NOT_FOUND, "the watcher is gone");
        if (t->ops->on_end)
            t->ops->on_end(t->user, &e);
    }
}

static void on_up(void *user)
{
    struct watcher_tail *t = user;
    const struct watcher_tail_ops *ops = t->ops;
    void *owner = t->user;
    bool is_again = t->was_up;

    t->was_up = true;
    if (is_again && ops->on_gap)
        ops->on_gap(owner);
    else if (!is_again && ops->on_up)
        ops->on_up(owner);
}

static void on_down(void *user, const struct err *e)
{
    const struct watcher_tail *t = user;

    if (t->ops->on_down)
        t->ops->on_down(t->user, e);
}

static void on_gone(void *user, const struct err *e)
{
    const struct watcher_tail *t = user;

    if (t->ops->on_end)
        t->ops->on_end(t->user, e);
}

static const struct feed_ops feed_callbacks = {
    .on_message = on_message,
    .on_up = on_up,
    .on_down = on_down,
    .on_gone = on_gone,
};

struct watcher_tail *watcher_tail_open(struct remote *r, const char *id,
                                       const struct watcher_tail_ops *ops, void *user)
{
    struct watcher_tail *t = xcalloc(1, sizeof *t);
    cleanup_free char *channel = xasprintf(CHANNEL_WATCHER_PREFIX "%s", id);

    t->ops = ops;
    t->user = user;
    t->feed = feed_open(r, channel, &feed_callbacks, t);
    return t;
}

void watcher_tail_close(struct watcher_tail *t)
{
    if (!t)
        return;
    feed_close(t->feed);
    free(t);
}
