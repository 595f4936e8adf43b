/* SPDX-License-Identifier: MIT
 *
 * The options of POST /servers. What is taken is kept in a file and must read back the same.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "host/daemon/server_spec.h"

static char *written(const struct server_spec *spec, bool as_answer)
{
    cJSON *object = cJSON_CreateObject();
    char *text;

    server_spec_write(spec, object, as_answer);
    text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

static void check_kept(const struct server_spec *spec)
{
    char *first = written(spec, false), *second;
    cJSON *kept = cJSON_Parse(first);
    struct server_spec again;

    if (!kept || server_spec_read(&again, kept, NULL))
        abort();
    second = written(&again, false);
    if (strcmp(first, second) != 0)
        abort();
    server_spec_finish(&again);
    cJSON_Delete(kept);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *options = cJSON_ParseWithLength(size ? (const char *)data : "", size);
    struct server_spec spec = {0};
    struct err e;

    /* What http_body_object lets through. */
    if (cJSON_IsObject(options) && !server_spec_read(&spec, options, &e)) {
        check_kept(&spec);
        free(written(&spec, true));
        if (!slug_valid(spec.slug))
            abort();
    }
    server_spec_finish(&spec);
    cJSON_Delete(options);
    return 0;
}
