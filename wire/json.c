/* SPDX-License-Identifier: MIT */
#include "wire/json.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define NUL_STAND_IN 0xff

/* Copies the text with each \u0000 replaced, and measures the nesting on the way. Returns the new
 * length; *depth is the deepest. */
static size_t prepare(char *to, const char *text, size_t n, int *depth)
{
    bool in_string = false;
    size_t used = 0;
    int level = 0;

    *depth = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];

        if (in_string && c == '\\' && i + 1 < n) {
            if (n - i >= 6 && !memcmp(text + i, "\\u0000", 6)) {
                to[used++] = (char)NUL_STAND_IN;
                i += 5;
                continue;
            }
            to[used++] = c;
            c = text[++i];
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            level += (c == '{' || c == '[') - (c == '}' || c == ']');
            *depth = level > *depth ? level : *depth;
        }
        to[used++] = c;
    }
    return used;
}

cJSON *json_parse(const char *text, size_t n, struct err *e)
{
    if (!utf8_valid(text, n) || (n && memchr(text, '\0', n))) {
        err_set(e, ERR_PROTOCOL, "JSON is not UTF-8 text");
        return NULL;
    }
    cleanup_free char *prepared = xmalloc(n + 1);
    int depth;
    size_t used = prepare(prepared, text, n, &depth);

    prepared[used] = '\0';
    if (depth > JSON_DEPTH_MAX) {
        err_set(e, ERR_LIMIT, "JSON is nested %d deep", depth);
        return NULL;
    }
    cJSON *root = cJSON_ParseWithOpts(prepared, NULL, true);

    if (!root)
        err_set(e, ERR_PROTOCOL, "not JSON");
    return root;
}

void json_restore_nul(char *text, size_t n)
{
    char *p = text;

    while (n && (p = memchr(p, NUL_STAND_IN, (size_t)(text + n - p))))
        *p++ = '\0';
}
