/* SPDX-License-Identifier: MIT */
#include "views/pairs.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

cJSON *pairs_parse(const char *text, char *reason, size_t cap)
{
    cJSON *object = cJSON_CreateObject();
    cleanup_free char *copy = xstrdup(text);
    char *rest = copy, *word;

    while ((word = strsep(&rest, " "))) {
        char *equals = strchr(word, '=');

        if (!*word)
            continue;
        if (!equals || equals == word) {
            snprintf(reason, cap, "\"%.40s\" is not NAME=value", word);
            cJSON_Delete(object);
            return NULL;
        }
        *equals = '\0';
        cJSON_AddStringToObject(object, word, equals + 1);
    }
    return object;
}

bool pairs_check(const char *value, char *reason, size_t cap)
{
    cJSON *object = pairs_parse(value, reason, cap);

    cJSON_Delete(object);
    return object;
}
