/* SPDX-License-Identifier: MIT */
#include "host/daemon/ignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/message.h"

/* --- one segment --- */

/* Whether [...] at p takes c; *next is behind it, NULL when it is never closed. */
static bool in_class(const char *p, const char *end, char c, const char **next)
{
    bool negated = p + 1 < end && (p[1] == '!' || p[1] == '^'), found = false;
    const char *q = p + 1 + negated, *first = q;

    *next = NULL;
    for (; q < end && (*q != ']' || q == first); q++) {
        if (q + 2 < end && q[1] == '-' && q[2] != ']') {
            found |=
                (unsigned char)*q <= (unsigned char)c && (unsigned char)c <= (unsigned char)q[2];
            q += 2;
        } else {
            found |= *q == c;
        }
    }
    if (q < end)
        *next = q + 1;
    return found != negated;
}

/* Does the pattern's next element, which is no "*", take c? */
static bool takes(const char *p, const char *end, char c, const char **next)
{
    *next = p + 1;
    if (*p == '?')
        return true;
    if (*p == '[') {
        bool is = in_class(p, end, c, next);

        if (*next)
            return is;
        *next = p + 1;
    }
    if (*p == '\\' && p + 1 < end) {
        *next = p + 2;
        return p[1] == c;
    }
    return *p == c;
}

/* Going back to the last star only is enough: an earlier one could take no more than it does. */
static bool segment_matches(struct slice pattern, struct slice text)
{
    const char *p = pattern.data, *end = p + pattern.len, *star = NULL, *next;
    const char *s = text.data, *text_end = s + text.len, *retry = NULL;

    while (s < text_end) {
        if (p < end && *p == '*') {
            star = ++p;
            retry = s;
        } else if (p < end && takes(p, end, *s, &next)) {
            p = next;
            s++;
        } else if (star) {
            p = star;
            s = ++retry;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*')
        p++;
    return p == end;
}

/* --- paths --- */

static struct slice first_segment(const char *path)
{
    return (struct slice){path, strcspn(path, "/")};
}

static const char *behind(struct slice segment)
{
    const char *p = segment.data + segment.len;

    return *p == '/' ? p + 1 : p;
}

/* The same for segments, where "**" is the star. The path may go on below what matched. */
static bool path_matches(const char *pattern, const char *path)
{
    const char *star = NULL, *retry = NULL;

    while (*path) {
        struct slice p = first_segment(pattern), s = first_segment(path);

        if (!*pattern)
            return true;
        if (p.len == 2 && !memcmp(p.data, "**", 2)) {
            star = pattern = behind(p);
            retry = path;
        } else if (segment_matches(p, s)) {
            pattern = behind(p);
            path = behind(s);
        } else if (star) {
            pattern = star;
            path = retry = behind(first_segment(retry));
        } else {
            return false;
        }
    }
    return !*pattern;
}

static bool any_segment_matches(const char *pattern, const char *path)
{
    while (*path) {
        struct slice s = first_segment(path);

        if (segment_matches(SLICE(pattern), s))
            return true;
        path = behind(s);
    }
    return false;
}

bool ignore_matches(const struct ignore *ig, const char *relative)
{
    for (size_t i = 0; i < ig->n; i++) {
        const char *pattern = ig->patterns[i];

        if (strchr(pattern, '/') ? path_matches(*pattern == '/' ? pattern + 1 : pattern, relative)
                                 : any_segment_matches(pattern, relative))
            return true;
    }
    return false;
}

/* --- reading --- */

/* "./a/", "a/" and "a/" + "**" are all a: what lies below matches anyway. */
static char *tidy(const char *text)
{
    size_t n;

    while (!strncmp(text, "./", 2))
        text += 2;
    n = strlen(text);
    for (;;) {
        if (n > 1 && text[n - 1] == '/')
            n--;
        else if (n > 3 && !memcmp(text + n - 3, "/**", 3))
            n -= 3;
        else
            break;
    }
    return xstrndup(text, n);
}

int ignore_read(struct ignore *ig, const cJSON *list, struct err *e)
{
    const cJSON *item;

    *ig = (struct ignore){0};
    if (!list || cJSON_IsNull(list))
        return 0;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > IGNORE_PATTERNS_MAX)
        return err_set(e, ERR_ARG, "ignore is not a list of at most %d globs", IGNORE_PATTERNS_MAX);
    ig->patterns = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(char *));
    cJSON_ArrayForEach (item, list) {
        if (!cJSON_IsString(item) || strlen(item->valuestring) > IGNORE_PATTERN_MAX) {
            ignore_finish(ig);
            return err_set(e, ERR_ARG, "an ignore glob is not a text of at most %d bytes",
                           IGNORE_PATTERN_MAX);
        }
        if (*item->valuestring)
            ig->patterns[ig->n++] = tidy(item->valuestring);
    }
    return 0;
}

void ignore_finish(struct ignore *ig)
{
    for (size_t i = 0; i < ig->n; i++)
        free(ig->patterns[i]);
    free(ig->patterns);
    *ig = (struct ignore){0};
}
