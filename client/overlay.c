/* SPDX-License-Identifier: MIT
 *
 * Overlays. Waiting for a copy is asking again, which works on any host and shows how far it is.
 */
#include "client/overlay.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"

#define OVERLAYS_MAX  10000
#define WAIT_FIRST_MS 100
#define WAIT_STEP_MAX 1000

static bool read_overlay(void *out, const cJSON *json)
{
    const cJSON *stats = cJSON_GetObjectItemCaseSensitive(json, "stats");
    struct overlay_info *o = out;

    *o = (struct overlay_info){
        .id = field_text(json, "id"),
        .source = field_text(json, "source"),
        .target = field_text(json, "target"),
        .strategy = field_text(json, "strategy"),
        .status = field_text(json, "copy_status"),
        .error = field_text(json, "copy_error"),
        .n_files = field_int(stats, "copied_files", 0, INT64_C(1) << 53, 0),
        .n_dirs = field_int(stats, "copied_dirs", 0, INT64_C(1) << 53, 0),
        .n_skipped = (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(stats, "skipped")),
        .created_ms = field_time(json, "created_at"),
    };
    o->is_over = !strcmp(o->status, "complete") || !strcmp(o->status, "failed");
    return o->id[0];
}

const struct listing_kind overlay_listing = {
    .path = "/filesystem/overlays",
    .array = "overlays",
    .item_size = sizeof(struct overlay_info),
    .id_offset = offsetof(struct overlay_info, id),
    .read = read_overlay,
};

static void tell_overlay(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct overlay_info o;
    struct err own;

    if (!e && !read_overlay(&o, data)) {
        call_unreadable(c, &own, "the overlay has no id");
        e = &own;
    }
    ((overlay_cb)c->cb)(c->user, e ? NULL : &o, e);
}

/* --- creating --- */

struct creation {
    void (*on_progress)(void *user, const struct overlay_info *o);
    bool wait;
    int64_t step_ms;
};

static void on_created(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct creation *creation = c->state;
    struct overlay_info o;

    listings_poke(c->remote, &overlay_listing);
    if (e || !creation->wait || !read_overlay(&o, data) || o.is_over) {
        tell_overlay(c, data, e);
        return;
    }
    if (!strcmp(c->method, "POST")) {
        free(c->path);
        c->path = call_path("/filesystem/overlays", o.id, "");
        c->method = "GET";
        free(steal_pointer(&c->body));
        c->timeout_ms = 0;
    }
    call_again_later(c, creation->step_ms);
    if (creation->step_ms < WAIT_STEP_MAX)
        creation->step_ms *= 2;
    if (creation->on_progress)
        creation->on_progress(c->user, &o);
}

struct request *overlay_create(struct remote *r, const struct overlay_options *o,
                               void (*on_progress)(void *user, const struct overlay_info *o),
                               overlay_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/filesystem/overlays"), on_created, (call_cb)cb, user);
    struct creation *creation = xcalloc(1, sizeof *creation);
    cJSON *body = cJSON_CreateObject();

    *creation =
        (struct creation){.on_progress = on_progress, .wait = o->wait, .step_ms = WAIT_FIRST_MS};
    c->state = creation;
    field_add_text(body, "source", o->source);
    field_add_text(body, "target", o->target);
    field_add_text(body, "strategy", o->strategy);
    if (o->ignore) {
        cJSON *list = cJSON_AddArrayToObject(body, "ignore");

        for (const char *const *glob = o->ignore; *glob; glob++)
            cJSON_AddItemToArray(list, cJSON_CreateString(*glob));
    }
    call_set_body(c, body);
    return call_start(c);
}

/* --- the others --- */

static void on_overlays(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    struct overlay_info *all = listing_read(&overlay_listing, data, OVERLAYS_MAX, &n);

    ((overlays_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *overlay_list(struct remote *r, overlays_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", xstrdup("/filesystem/overlays"), on_overlays, (call_cb)cb, user));
}

struct request *overlay_get(struct remote *r, const char *id, overlay_cb cb, void *user)
{
    return call_start(call_create(r, "GET", call_path("/filesystem/overlays", id, ""), tell_overlay,
                                  (call_cb)cb, user));
}

static void on_deleted(struct remote_call *c, const cJSON *data, const struct err *e)
{
    listings_poke(c->remote, &overlay_listing);
    call_on_done(c, data, e);
}

struct request *overlay_delete(struct remote *r, const char *id, gateway_done_cb cb, void *user)
{
    return call_start(call_create(r, "DELETE", call_path("/filesystem/overlays", id, ""),
                                  on_deleted, (call_cb)cb, user));
}
