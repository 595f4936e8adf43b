/* SPDX-License-Identifier: MIT
 *
 * Snapshots over HTTP.
 */
#include "client/snapshot.h"

#include <string.h>

#include "base/alloc.h"
#include "client/fields.h"
#include "client/gateway_ask.h"

#define SNAPSHOTS_MAX   10000
#define SNAPSHOT_MAX_MS 300000 /* copying a sandbox takes its time */

static bool read_snapshot(struct snapshot_info *s, const cJSON *json)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");

    *s = (struct snapshot_info){
        .id = field_text(json, "id"),
        .provider = field_text(json, "provider"),
        .name = field_text(json, "name"),
        .metadata = cJSON_IsObject(metadata) ? metadata : NULL,
        .created_ms = field_time(json, "createdAt"),
    };
    if (!s->name[0])
        s->name = field_text(metadata, "name");
    return s->id[0];
}

static void on_snapshot(struct gateway_question *q, const cJSON *data, const struct err *e)
{
    struct snapshot_info s;
    struct err own;

    if (!e && !read_snapshot(&s, data)) {
        err_set(&own, ERR_PROTOCOL, "the new snapshot has no id");
        explain_peer(&own, &q->gateway->peer);
        e = &own;
    }
    ((snapshot_cb)q->cb)(q->user, e ? NULL : &s, e);
}

struct request *snapshot_create(struct gateway *g, const char *sandbox_id, const char *name,
                                const cJSON *metadata, snapshot_cb cb, void *user)
{
    cleanup_free char *id = gateway_id_there(g, sandbox_id);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "sandboxId", id ? id : sandbox_id);
    field_add_text(body, "name", name);
    field_add_tree(body, "metadata", metadata);
    return gateway_ask(g, NULL, "POST", "/v1/snapshots", body, SNAPSHOT_MAX_MS, on_snapshot,
                       (call_cb)cb, user);
}

static void on_snapshots(struct gateway_question *q, const cJSON *data, const struct err *e)
{
    struct snapshot_info *all = xcalloc((size_t)cJSON_GetArraySize(data) + 1, sizeof *all);
    const cJSON *item;
    struct err own;
    size_t n = 0;

    if (!e && !cJSON_IsArray(data)) {
        err_set(&own, ERR_PROTOCOL, "the answer is no list of snapshots");
        explain_peer(&own, &q->gateway->peer);
        e = &own;
    }
    cJSON_ArrayForEach (item, data) {
        if (n < SNAPSHOTS_MAX && read_snapshot(&all[n], item))
            n++;
    }
    ((snapshots_cb)q->cb)(q->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *snapshot_list(struct gateway *g, snapshots_cb cb, void *user)
{
    return gateway_ask(g, NULL, "GET", "/v1/snapshots", NULL, 0, on_snapshots, (call_cb)cb, user);
}

static void on_deleted(struct gateway_question *q, const cJSON *data, const struct err *e)
{
    ((gateway_done_cb)q->cb)(q->user, e);
}

struct request *snapshot_delete(struct gateway *g, const char *id, gateway_done_cb cb, void *user)
{
    cleanup_free char *path = call_path("/v1/snapshots", id, "");

    return gateway_ask(g, NULL, "DELETE", path, NULL, SNAPSHOT_MAX_MS, on_deleted, (call_cb)cb,
                       user);
}
