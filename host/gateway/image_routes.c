/* SPDX-License-Identifier: MIT
 *
 * Snapshots (protocol.md section 1) and the list of templates over HTTP.
 */
#include "host/gateway/internal.h"
#include "host/gateway/snapshot.h"
#include "host/gateway/template.h"

static void reply_list(struct http_request *r, cJSON *list)
{
    cJSON *answer = cJSON_CreateObject();

    cJSON_AddTrueToObject(answer, "success");
    cJSON_AddItemToObject(answer, "data", list);
    http_reply_json(r, 200, answer);
}

static void make_one(struct http_request *r, struct gateway *g, const struct snapshot_options *o)
{
    struct sandbox *s = sandbox_find(g, o->sandbox, strlen(o->sandbox));

    if (!s)
        http_reply_error(r, 404, "no such sandbox: %.64s", o->sandbox);
    else if (s->phase == PHASE_CREATING)
        http_reply_error(r, 409, "sandbox %s is still being created", o->sandbox);
    else if (g->stopping)
        http_reply_error(r, 503, "the gateway is stopping");
    else
        snapshot_make(g, s, o, r);
}

void snapshots_on_create(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    struct snapshot_options o;
    struct err e;

    if (!body)
        return;
    if (snapshot_options_read(&o, body, &e))
        http_reply_err(r, &e);
    else
        make_one(r, user, &o);
    snapshot_options_finish(&o);
    cJSON_Delete(body);
}

void snapshots_on_list(struct http_request *r, void *user)
{
    struct gateway *g = user;
    cJSON *list = cJSON_CreateArray();
    struct snapshot *s, *next;

    HASH_ITER (hh, g->snapshots, s, next)
        cJSON_AddItemToArray(list, snapshot_view(s));
    reply_list(r, list);
}

void snapshots_on_delete(struct http_request *r, void *user)
{
    struct slice id = http_param(r, "id");
    struct snapshot *s = snapshot_find(user, id.data, id.len);
    struct err e;

    if (s && snapshot_remove(s, &e)) {
        http_reply_err(r, &e);
        return;
    }
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddTrueToObject(answer, "success");
    cJSON_AddStringToObject(answer, "message", s ? "snapshot deleted" : "no such snapshot");
    http_reply_json(r, 200, answer);
}

void templates_on_list(struct http_request *r, void *user)
{
    struct gateway *g = user;

    reply_list(r, template_list(g->state));
}
