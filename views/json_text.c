/* SPDX-License-Identifier: MIT */
#include "views/json_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/span.h"

#define MASK            "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
#define DEPTH_MAX       16
#define LABEL_COLS      10
#define LABEL_MOST_COLS 18

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

/* "restart_count", "createdAt" → "restart count", "created at". */
static void append_words(struct buf *out, const char *key)
{
    for (const char *p = key; *p; p++) {
        bool upper = *p >= 'A' && *p <= 'Z';

        if (upper && p > key && p[-1] >= 'a' && p[-1] <= 'z')
            buf_append_char(out, ' ');
        buf_append_char(out, *p == '_' ? ' ' : upper ? (char)(*p - 'A' + 'a') : *p);
    }
}

/* Its own names say what they are; those that people gave stand as they are. */
static char *label_of(const char *prefix, const cJSON *item, bool is_given)
{
    struct buf label = {0};

    buf_append_str(&label, prefix);
    if (*prefix && item->string)
        buf_append_char(&label, is_given ? '.' : ' ');
    if (item->string && is_given)
        buf_append_str(&label, item->string);
    else if (item->string)
        append_words(&label, item->string);
    return buf_steal(&label);
}

static bool holds_given_names(const cJSON *item)
{
    static const char *const such[] = {"metadata", "environment", "payload", "data"};

    for (size_t i = 0; item->string && i < ARRAY_LEN(such); i++)
        if (strcmp(item->string, such[i]) == 0)
            return true;
    return false;
}

/* A time as people read it, with how long ago or ahead it is; NULL when it is none. */
static char *time_of(const char *text)
{
    int64_t at_ms = strlen(text) >= 20 && text[10] == 'T' ? clock_parse_iso(text) : -1;
    int64_t ago_ms = clock_wall_ms() - at_ms;
    char iso[CLOCK_ISO_SIZE], span[CLOCK_SPAN_SIZE];

    if (at_ms < 0)
        return NULL;
    clock_format_iso(iso, at_ms);
    span_age(span, ago_ms < 0 ? -ago_ms : ago_ms);
    return xasprintf("%.10s %.8s UTC (%s%s%s)", iso, iso + 11, ago_ms < 0 ? "in " : "", span,
                     ago_ms < 0 ? "" : " ago");
}

/* Of a server: nanoseconds. */
static bool is_duration(const cJSON *item)
{
    return cJSON_IsNumber(item) && item->string && item->valuedouble < 1e18 &&
           (strcmp(item->string, "restart_delay") == 0 ||
            strcmp(item->string, "stop_timeout") == 0);
}

static char *value_of(const cJSON *item)
{
    char span[CLOCK_SPAN_SIZE];

    if (cJSON_IsBool(item))
        return xstrdup(cJSON_IsTrue(item) ? "yes" : "no");
    if (is_duration(item))
        return xstrdup(clock_format_span(span, (int64_t)(item->valuedouble / 1e6)));
    if (!cJSON_IsString(item))
        return cJSON_PrintUnformatted(item);
    char *time = time_of(item->valuestring);
    return time ? time : xstrdup(item->valuestring);
}

struct fields {
    struct buf *out; /* NULL: only measures */
    int label_w;
};

static void append_field(struct fields *f, const char *label, const char *value)
{
    int w = text_width(label);

    if (!f->out) {
        f->label_w = w > f->label_w && w <= LABEL_MOST_COLS ? w : f->label_w;
        return;
    }
    cleanup_free char *line =
        xasprintf("%s: %*s", label, f->label_w > w ? f->label_w - w + 1 : 1, "");
    append_line(f->out, line, strlen(line));
    append_line(f->out, value, strlen(value));
    buf_append_char(f->out, '\n');
}

static void append_fields(struct fields *f, const cJSON *json, const char *prefix, bool is_given,
                          int depth)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, json) {
        cleanup_free char *label = label_of(prefix, item, is_given);

        if (cJSON_IsObject(item) && depth < DEPTH_MAX && item->child) {
            append_fields(f, item, label, is_given || holds_given_names(item), depth + 1);
            continue;
        }
        cleanup_free char *value = value_of(item);
        if (value && *value)
            append_field(f, label, value);
    }
}

void json_text_fields(struct buf *out, const cJSON *json)
{
    cJSON *copy = cJSON_Duplicate(json, true);
    struct fields f = {.label_w = LABEL_COLS};

    mask(copy, false);
    append_fields(&f, copy, "", false, 0);
    f.out = out;
    append_fields(&f, copy, "", false, 0);
    cJSON_Delete(copy);
}
