/* SPDX-License-Identifier: MIT
 *
 * Small pieces that several commands share.
 */
#include "app/env_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/foreign.h"
#include "base/alloc.h"

cJSON *env_list_json(const struct arg_list *list, struct err *e)
{
    cJSON *envs = cJSON_CreateObject();

    for (size_t i = 0; i < list->n; i++) {
        const char *word = list->items[i];
        size_t n = strcspn(word, "=");
        cleanup_free char *name = xstrndup(word, n);
        /* Without "=": the caller's own, so that a secret need not stand in a command line. */
        const char *value = word[n] ? word + n + 1 : getenv(name);

        if (!n || !value) {
            /* The word may be a secret, so the message does not repeat it. */
            err_set(e, ERR_ARG, "--env wants NAME=VALUE, or the NAME of a variable that is set");
            cJSON_Delete(envs);
            return NULL;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(envs, name);
        cJSON_AddStringToObject(envs, name, value);
    }
    return envs;
}

void json_print(cJSON *json)
{
    char *text = cJSON_Print(json);

    foreign_print_json(text);
    free(text);
    cJSON_Delete(json);
}

cJSON *sandbox_public_json(const struct sandbox_info *info)
{
    cJSON *object = sandbox_info_to_json(info);

    cJSON_DeleteItemFromObjectCaseSensitive(object, "token");
    return object;
}
