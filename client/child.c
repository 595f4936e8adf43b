/* SPDX-License-Identifier: MIT
 *
 * Child sandboxes over HTTP.
 */
#include "client/child.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"

#define CHILDREN_MAX 10000

static bool read_child(void *out, const cJSON *json)
{
    struct child_info *c = out;

    *c = (struct child_info){
        .subdomain = field_text(json, "subdomain"),
        .directory = field_text(json, "directory"),
        .url = field_text(json, "url"),
        .is_main = field_bool(json, "is_main"),
        .created_ms = field_time(json, "created_at"),
    };
    return c->subdomain[0];
}

const struct listing_kind child_listing = {
    .path = "/sandboxes",
    .array = "sandboxes",
    .item_size = sizeof(struct child_info),
    .id_offset = offsetof(struct child_info, subdomain),
    .read = read_child,
};

static void on_child(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct child_info child;
    struct err own;

    if (strcmp(c->method, "GET") != 0)
        listings_poke(c->remote, &child_listing);
    if (!e && !read_child(&child, data)) {
        call_unreadable(c, &own, "the child sandbox has no subdomain");
        e = &own;
    }
    ((child_cb)c->cb)(c->user, e ? NULL : &child, e);
}

struct request *child_create(struct remote *r, const struct child_options *o, child_cb cb,
                             void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/sandboxes"), on_child, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    field_add_text(body, "directory", o->directory);
    field_add_tree(body, "overlays", o->overlays);
    field_add_tree(body, "servers", o->servers);
    call_set_body(c, body);
    return call_start(c);
}

static void on_children(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    struct child_info *all = listing_read(&child_listing, data, CHILDREN_MAX, &n);

    ((children_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *child_list(struct remote *r, children_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/sandboxes"), on_children, (call_cb)cb, user));
}

struct request *child_get(struct remote *r, const char *subdomain, child_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", call_path("/sandboxes", subdomain, ""), on_child, (call_cb)cb, user));
}

static void on_deleted(struct remote_call *c, const cJSON *data, const struct err *e)
{
    listings_poke(c->remote, &child_listing);
    call_on_done(c, data, e);
}

struct request *child_delete(struct remote *r, const char *subdomain, bool with_files,
                             gateway_done_cb cb, void *user)
{
    const char *rest = with_files ? "?delete_files=true" : "?delete_files=false";

    return call_start(call_create(r, "DELETE", call_path("/sandboxes", subdomain, rest), on_deleted,
                                  (call_cb)cb, user));
}
