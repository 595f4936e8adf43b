/* SPDX-License-Identifier: MIT
 *
 * A JSON body of the file API: cutting its contents out is safe, and what cJSON alone would not
 * take as an object is not taken here either, but for the texts that were cut out.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "host/daemon/ignore.h"
#include "host/daemon/jsoncut.h"

static void decode(const struct json_cut *cut, const cJSON *object)
{
    struct slice raw;
    char piece[16];
    bool bad;

    if (!json_cut_content(cut, object, &raw, &bad))
        return;
    for (;;) {
        size_t before = raw.len;
        int n = json_text_decode(&raw, piece, sizeof piece, NULL);

        if (n > (int)sizeof piece || (n > 0 && raw.len >= before))
            abort();
        if (n <= 0)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = {size ? (const char *)data : "", size};
    const cJSON *item;
    struct ignore ignore;
    struct json_cut cut;

    if (json_cut_parse(&cut, body, NULL))
        return 0;
    decode(&cut, cut.root);
    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(cut.root, "files"))
        decode(&cut, item);
    if (!ignore_read(&ignore, cJSON_GetObjectItemCaseSensitive(cut.root, "ignore"), NULL))
        ignore_matches(&ignore, "some/where/node_modules/x.log");
    ignore_finish(&ignore);
    json_cut_finish(&cut);
    return 0;
}
