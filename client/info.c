/* SPDX-License-Identifier: MIT
 *
 * What a sandbox says about itself: version, address, extensions.
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
    };

    ((remote_info_cb)c->cb)(c->user, e ? NULL : &info, e);
}

struct request *remote_info(struct remote *r, remote_info_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/info"), on_info, (call_cb)cb, user));
}
