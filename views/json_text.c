/* SPDX-License-Identifier: MIT */
#include "views/json_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

#define MASK       "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
#define DEPTH_MAX  16
#define LABEL_COLS 18

static bool is_secret(const char *key)
{
    static const char *const secret[] = {"token", "secret", "password", "api_key", "apikey"};

    for (size_t i = 0; key && i < ARRAY_LEN(secret); i++)
        if (strcasestr(key, secret[i]))
            return true;
    return false;
}

/* Strings below a secret key, and what an environment holds. */
static void mask(cJSON *json, bool hide)
{
    cJSON *item;

    cJSON_ArrayForEach (item, json) {
        bool here = hide || is_secret(item->string) ||
                    (item->string && strcmp(item->string, "environment") == 0);

        if (cJSON_IsString(item) && here && *item->valuestring)
            cJSON_SetValuestring(item, MASK);
        mask(item, here);
    }
}

static void append_line(struct buf *out, const char *text, size_t n)
{
    size_t cap = n * 3 + 8;
    cleanup_free char *clean = xmalloc(cap);

    buf_append_str(out, text_sanitise(clean, cap, text, n));
}

void json_text_pretty(struct buf *out, const cJSON *json)
{
    cJSON *copy = cJSON_Duplicate(json, true);

    mask(copy, false);
    cleanup_free char *text = copy ? cJSON_Print(copy) : NULL;
    cJSON_Delete(copy);
    /* Line by line, so that a hostile string cannot leave its line. */
    for (const char *p = text; p && *p;) {
        size_t n = strcspn(p, "\n");

        for (; n && *p == '\t'; p++, n--)
            buf_append_str(out, "  ");
        append_line(out, p, n);
        buf_append_char(out, '\n');
        p += n + (p[n] == '\n');
    }
}

static void append_fields(struct buf *out, const cJSON *json, const char *prefix, int depth)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, json) {
        cleanup_free char *label = xasprintf("%s%s%s", prefix, *prefix && item->string ? "." : "",
                                             item->string ? item->string : "");

        if (cJSON_IsObject(item) && depth < DEPTH_MAX && item->child) {
            append_fields(out, item, label, depth + 1);
            continue;
        }
        cleanup_free char *json_value = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
        const char *value = cJSON_IsString(item) ? item->valuestring : json_value;
        if (!value || !*value)
            continue;
        cleanup_free char *line = xasprintf(
            "%s: %*s", label,
            LABEL_COLS - (int)strlen(label) > 0 ? LABEL_COLS - (int)strlen(label) : 0, "");
        append_line(out, line, strlen(line));
        append_line(out, value, strlen(value));
        buf_append_char(out, '\n');
    }
}

void json_text_fields(struct buf *out, const cJSON *json)
{
    cJSON *copy = cJSON_Duplicate(json, true);

    mask(copy, false);
    append_fields(out, copy, "", 0);
    cJSON_Delete(copy);
}
