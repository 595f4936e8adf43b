/* SPDX-License-Identifier: MIT
 *
 * /filesystem/overlays (protocol.md section 2, Overlays): answers without an envelope.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsoncut.h"

#define WAIT_MAX_MS 25000 /* clients give up after 30 s */

/* --- making --- */

struct creation {
    struct state_saved saved;
    struct overlay_waiter waiter;
    struct http_request *request;
    struct daemon *d;
    char id[24];
    bool wait;
    uv_timer_t timer;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void end(struct creation *c)
{
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_copied(struct overlay *o, void *user)
{
    struct creation *c = user;

    http_reply_json(c->request, 201, overlay_info(o));
    end(c);
}

static void stop_waiting(struct creation *c)
{
    struct overlay *o = overlay_find(c->d, SLICE(c->id));

    if (o)
        overlay_unawait(o, &c->waiter);
}

static void on_gone(struct http_request *r, void *user)
{
    struct creation *c = user;

    stop_waiting(c);
    end(c);
}

static void on_timeout(uv_timer_t *timer)
{
    struct creation *c = timer->data;
    struct overlay *o = overlay_find(c->d, SLICE(c->id));

    overlay_unawait(o, &c->waiter);
    on_copied(o, c);
}

static void on_saved(struct state_saved *saved, const struct err *e)
{
    struct creation *c = (struct creation *)saved;
    struct overlay *o = overlay_find(c->d, SLICE(c->id));

    if (!o) {
        http_reply_error(c->request, 409, "the overlay was deleted meanwhile");
    } else if (e) {
        http_reply_error(c->request, e->code == ERR_CANCELLED ? 503 : 500,
                         "the overlay is not kept: %s", e->text);
    } else if (c->wait && (o->status == OVERLAY_PENDING || o->status == OVERLAY_IN_PROGRESS)) {
        c->waiter.on_end = on_copied;
        c->waiter.user = c;
        overlay_await(o, &c->waiter);
        http_on_gone(c->request, on_gone, c);
        uv_timer_start(&c->timer, on_timeout, WAIT_MAX_MS, 0);
        return;
    } else {
        http_reply_json(c->request, 201, overlay_info(o));
    }
    end(c);
}

static void create(struct http_request *r, struct daemon *d, const cJSON *body)
{
    const cJSON *wait = cJSON_GetObjectItemCaseSensitive(body, "waitForCompletion");
    struct overlay *o;
    struct creation *c;
    struct err e;

    /* An object is how the client itself is going to ask again. */
    if (wait && !cJSON_IsBool(wait) && !cJSON_IsNull(wait) && !cJSON_IsObject(wait)) {
        http_reply_error(r, 400, "waitForCompletion is neither true, false nor an object");
        return;
    }
    o = overlay_create(d, body, &e);
    if (!o) {
        http_reply_err(r, &e);
        return;
    }
    c = xcalloc(1, sizeof *c);
    *c = (struct creation){.saved.on_saved = on_saved, .request = r, .d = d};
    memcpy(c->id, o->id, sizeof c->id);
    c->wait = cJSON_IsTrue(wait);
    uv_timer_init(d->loop, &c->timer);
    c->timer.data = c;
    overlays_save(d, &c->saved);
}

void api_overlay_create(struct http_request *r, void *user)
{
    cJSON *body;

    if (json_has_nul(http_body(r))) {
        http_reply_error(r, 400, "no text may contain NUL");
        return;
    }
    body = http_body_object(r);
    if (body)
        create(r, user, body);
    cJSON_Delete(body);
}

/* --- the others --- */

void api_overlay_list(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *object = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(object, "overlays");
    struct overlay *o;

    TAILQ_FOREACH (o, &d->overlays.list, entry)
        cJSON_AddItemToArray(list, overlay_info(o));
    http_reply_json(r, 200, object);
}

static struct overlay *find(struct http_request *r, struct daemon *d)
{
    struct overlay *o = overlay_find(d, http_param(r, "id"));

    if (!o)
        http_reply_error(r, 404, "Overlay not found");
    return o;
}

void api_overlay_get(struct http_request *r, void *user)
{
    struct overlay *o = find(r, user);

    if (o)
        http_reply_json(r, 200, overlay_info(o));
}

struct deletion {
    struct state_saved saved;
    struct http_request *request;
};

static void on_deleted(struct state_saved *saved, const struct err *e)
{
    struct deletion *deletion = (struct deletion *)saved;

    (void)e; /* it is gone for this daemon, at least */
    http_reply_empty(deletion->request, 204);
    free(deletion);
}

void api_overlay_delete(struct http_request *r, void *user)
{
    struct overlay *o = find(r, user);
    struct deletion *deletion;

    if (!o)
        return;
    overlay_delete(o);
    deletion = xcalloc(1, sizeof *deletion);
    deletion->saved.on_saved = on_deleted;
    deletion->request = r;
    overlays_save(user, &deletion->saved);
}
