/* SPDX-License-Identifier: MIT */
#include "views/pairs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

#define SIZE_LIMIT 9e15

/* The next word without its quotes; false at the end. */
static bool next_word(const char **text, struct buf *word)
{
    const char *p = *text + strspn(*text, " ");
    char quote = '\0';

    buf_clear(word);
    if (!*p)
        return false;
    for (; *p && (quote || *p != ' '); p++) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? '\0' : *p;
        else
            buf_append_char(word, *p);
    }
    *text = p;
    return true;
}

cJSON *pairs_parse(const char *text, char *reason, size_t cap)
{
    cJSON *object = cJSON_CreateObject();
    cleanup_buf struct buf word = {0};

    while (next_word(&text, &word)) {
        char *equals = word.len ? strchr(word.data, '=') : NULL;

        if (!equals || equals == word.data) {
            snprintf(reason, cap, "\"%.40s\" is not NAME=value", word.len ? word.data : "");
            cJSON_Delete(object);
            return NULL;
        }
        *equals = '\0';
        cJSON_DeleteItemFromObjectCaseSensitive(object, word.data);
        cJSON_AddStringToObject(object, word.data, equals + 1);
    }
    return object;
}

bool pairs_check(const char *text, char *reason, size_t cap)
{
    cJSON *object = pairs_parse(text, reason, cap);

    cJSON_Delete(object);
    return object;
}

bool size_parse(const char *text, int64_t *bytes)
{
    static const char units[] = "kmgt";
    char *end = NULL;
    double number = isdigit((unsigned char)*text) ? strtod(text, &end) : 0;

    if (!end || number <= 0)
        return false;
    const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
    if (unit)
        end++;
    for (const char *u = units; unit && u <= unit; u++)
        number *= 1024;
    if (unit && tolower((unsigned char)*end) == 'b')
        end++;
    *bytes = number < SIZE_LIMIT ? (int64_t)number : 0;
    return !*end && *bytes > 0;
}

bool size_check(const char *text, char *reason, size_t cap)
{
    int64_t bytes;

    if (size_parse(text, &bytes))
        return true;
    snprintf(reason, cap, "a size such as 512m or 2g");
    return false;
}

void words_split(char *text, const char **out, size_t cap)
{
    size_t n = 0;
    char *word;

    while ((word = strsep(&text, " ")) && n + 1 < cap)
        if (*word)
            out[n++] = word;
    out[n] = NULL;
}
