/* SPDX-License-Identifier: MIT
 *
 * /filesystem/overlays (protocol.md section 2, Overlays): answers without an envelope.
 */
#include "host/daemon/internal.h"
#include "host/daemon/jsoncut.h"

void api_overlay_create(struct http_request *r, void *user)
{
    struct overlay *o;
    struct err e;
    cJSON *body;

    if (json_has_nul(http_body(r))) {
        http_reply_error(r, 400, "no text may contain NUL");
        return;
    }
    body = http_body_object(r);
    if (!body)
        return;
    o = overlay_create(user, body, &e);
    cJSON_Delete(body);
    if (o)
        http_reply_json(r, 201, overlay_info(o));
    else
        http_reply_err(r, &e);
}

void api_overlay_list(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *object = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(object, "overlays");
    struct overlay *o;

    if (d->overlays.made)
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

void api_overlay_delete(struct http_request *r, void *user)
{
    struct overlay *o = find(r, user);

    if (!o)
        return;
    overlay_delete(o);
    http_reply_empty(r, 204);
}
