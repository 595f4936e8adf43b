/* SPDX-License-Identifier: MIT
 *
 * Fields of JSON objects from elsewhere, with fallbacks.
 */
#include "client/fields.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "wire/json.h"

const char *field_text(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsString(item) ? item->valuestring : "";
}

double field_number(const cJSON *object, const char *key, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

int64_t field_int(const cJSON *object, const char *key, int64_t min, int64_t max, int64_t fallback)
{
    double number = field_number(object, key, NAN);

    return number >= (double)min && number <= (double)max ? (int64_t)number : fallback;
}

bool field_bool(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

int64_t field_time(const cJSON *object, const char *key)
{
    int64_t ms = clock_parse_iso(field_text(object, key));

    return ms > 0 ? ms : 0;
}

int field_count(const cJSON *object, const char *key)
{
    return (int)field_int(object, key, 1, 65535, 0);
}

char *field_bytes(const cJSON *object, const char *key, size_t *n)
{
    char *copy = xstrdup(field_text(object, key));

    *n = strlen(copy);
    json_restore_nul(copy, *n);
    return copy;
}

void field_add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
}

void field_add_tree(cJSON *object, const char *key, const cJSON *tree)
{
    if (tree)
        cJSON_AddItemToObject(object, key, cJSON_Duplicate(tree, true));
}
