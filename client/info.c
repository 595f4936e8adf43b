/* SPDX-License-Identifier: MIT
 *
 * What a sandbox says about itself: version, address, extensions; that it answers and is ready.
 */
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"
#include "wire/names.h"

static bool lists(const cJSON *extensions, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, extensions) {
        if (cJSON_IsString(item) && !strcmp(item->valuestring, name))
            return true;
    }
    return false;
}

static void on_info(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(data, "extensions");
    struct remote_info info = {
        .version = field_text(data, "version"),
        .url = field_text(data, "sandbox_url"),
        .n_sandboxes = (int)field_int(data, "sandbox_count", 0, 1000000, 0),
        .has_snapshot = lists(extensions, EXT_SNAPSHOT),
        .has_input_ack = lists(extensions, EXT_INPUT_ACK),
        .has_terminal_size = lists(extensions, EXT_TERMINAL_SIZE),
        .has_server_log = lists(extensions, EXT_SERVER_LOG),
        .has_observe = lists(extensions, EXT_OBSERVE),
        .has_stats = lists(extensions, EXT_STATS),
        .has_activity = lists(extensions, EXT_ACTIVITY),
        .has_search = lists(extensions, EXT_SEARCH),
        .has_freeze = lists(extensions, EXT_FREEZE),
        .has_notice = lists(extensions, EXT_NOTICE),
        .has_answers = lists(extensions, EXT_ANSWERS),
    };

    ((remote_info_cb)c->cb)(c->user, e ? NULL : &info, e);
}

struct request *remote_info(struct remote *r, remote_info_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/info"), on_info, (call_cb)cb, user));
}

struct request *remote_health(struct remote *r, gateway_done_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/health"), call_on_done, (call_cb)cb, user));
}

static void on_ready(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct remote_readiness x = {
        .is_ready = field_bool(data, "ready"),
        .is_healthy = field_bool(data, "healthy"),
        .servers = cJSON_GetObjectItemCaseSensitive(data, "servers"),
        .overlays = cJSON_GetObjectItemCaseSensitive(data, "overlays"),
    };

    ((remote_ready_cb)c->cb)(c->user, e ? NULL : &x, e);
}

struct request *remote_ready(struct remote *r, remote_ready_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/ready"), on_ready, (call_cb)cb, user));
}
