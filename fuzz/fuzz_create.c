/* SPDX-License-Identifier: MIT
 *
 * The body of POST /v1/sandboxes, setup payload included: the first byte says whether a name is
 * needed, then the provider's header up to a NUL, then JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "host/gateway/internal.h"

static void check_json(const char *text, bool (*is)(const cJSON *item))
{
    cJSON *json = *text ? cJSON_Parse(text) : NULL;

    if (*text && !is(json))
        abort();
    cJSON_Delete(json);
}

static bool is_object(const cJSON *item)
{
    return cJSON_IsObject(item);
}

static bool is_array(const cJSON *item)
{
    return cJSON_IsArray(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    const char *nul = size > 1 ? memchr(text, '\0', size - 1) : NULL;
    struct create_options o;
    struct err e;
    cJSON *body;

    if (!nul)
        return 0;
    body = cJSON_ParseWithLength(nul + 1, size - 2 - (size_t)(nul - text));
    if (cJSON_IsObject(body) && !create_options_read(&o, body, text, data[0] & 1, &e)) {
        if (!o.ns || !*o.ns || ((data[0] & 1) && !*o.name) || !*o.provider || o.expires_ms < 0)
            abort();
        check_json(o.metadata, is_object);
        check_json(o.envs, is_object);
        check_json(o.servers, is_array);
        check_json(o.overlays, is_array);
        create_options_finish(&o);
    }
    cJSON_Delete(body);
    return 0;
}
