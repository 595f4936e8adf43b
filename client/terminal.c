/* SPDX-License-Identifier: MIT
 *
 * Terminals over HTTP: made, listed, ended. Their streams are channels (channel.c).
 */
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/listing.h"

#define TERMINALS_MAX 4096

static bool read_terminal(void *out, const cJSON *object)
{
    struct terminal_info *t = out;

    *t = (struct terminal_info){
        .id = field_text(object, "id"),
        .status = field_text(object, "status"),
        .title = field_text(object, "title"),
        .command = field_text(object, "command"),
        .pty = field_bool(object, "pty"),
        .rows = field_count(object, "rows"),
        .cols = field_count(object, "cols"),
        .n_viewers = field_count(object, "viewers"),
        .created_ms = field_time(object, "created_at"),
        .output_ms = field_time(object, "last_output_at"),
    };
    return t->id[0] && strlen(t->id) < MESSAGE_NAME_MAX / 2;
}

const struct listing_kind terminal_listing = {
    .path = "/terminals",
    .array = "terminals",
    .item_size = sizeof(struct terminal_info),
    .id_offset = offsetof(struct terminal_info, id),
    .read = read_terminal,
};

static void on_terminal(struct remote_call *c, const cJSON *data, const struct err *error)
{
    struct terminal_info t;
    struct err e;

    if (!error && !read_terminal(&t, data)) {
        call_unreadable(c, &e, "the new terminal has no id");
        error = &e;
    }
    listings_poke(c->remote, &terminal_listing);
    ((terminal_cb)c->cb)(c->user, error ? NULL : &t, error);
}

struct request *terminal_create(struct remote *r, const struct terminal_options *o, terminal_cb cb,
                                void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/terminals"), on_terminal, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddTrueToObject(body, "pty");
    field_add_text(body, "shell", o ? o->shell : NULL);
    field_add_text(body, "cwd", o ? o->cwd : NULL);
    if (o && o->rows > 0 && o->cols > 0) {
        cJSON_AddNumberToObject(body, "rows", o->rows);
        cJSON_AddNumberToObject(body, "cols", o->cols);
    }
    call_set_body(c, body);
    return call_start(c);
}

static void on_terminals(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    struct terminal_info *all = listing_read(&terminal_listing, data, TERMINALS_MAX, &n);

    ((terminals_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *terminal_list(struct remote *r, terminals_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", xstrdup("/terminals"), on_terminals, (call_cb)cb, user));
}

static void on_destroyed(struct remote_call *c, const cJSON *data, const struct err *e)
{
    listings_poke(c->remote, &terminal_listing);
    call_on_done(c, data, e);
}

struct request *terminal_destroy(struct remote *r, const char *id, gateway_done_cb cb, void *user)
{
    return call_start(
        call_create(r, "DELETE", call_path("/terminals", id, ""), on_destroyed, (call_cb)cb, user));
}
