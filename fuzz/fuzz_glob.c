/* SPDX-License-Identifier: MIT
 *
 * Ignore globs of overlays and watchers: "path\0glob\0glob…". Whatever they are, matching ends soon
 * (run.sh's timeout), and a path matches itself when nothing in it is special.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "host/daemon/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *list = cJSON_CreateArray();
    char *text = malloc(size + 1), *path = text, *end = text + size;
    bool itself = false;
    struct ignore ignore;
    struct err e;

    memcpy(text, data, size);
    *end = '\0';
    for (char *glob = path + strlen(path) + 1; glob < end; glob += strlen(glob) + 1) {
        cJSON_AddItemToArray(list, cJSON_CreateString(glob));
        itself = itself || (*path && !strcmp(glob, path) && !strpbrk(glob, "*?[]\\/!"));
    }
    if (!ignore_read(&ignore, list, &e) && *path != '/' && !ignore_matches(&ignore, path) && itself)
        abort();
    ignore_finish(&ignore);
    cJSON_Delete(list);
    free(text);
    return 0;
}
