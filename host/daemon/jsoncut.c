/* SPDX-License-Identifier: MIT
 *
 * The body is copied for cJSON, the contents left out: in place of each stands its number in
 * `texts`. A member name that is itself written with escapes is not seen here, and its value then
 * names at worst another content of the same body.
 */
#include "host/daemon/jsoncut.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

/* A tree takes many times the memory of its text. */
#define REST_MAX ((size_t)4 * 1024 * 1024)

/* --- cutting --- */

/* p is behind the opening quote; returns the closing one, or end. */
static const char *string_end(const char *p, const char *end)
{
    for (;;) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        const char *back = quote ? quote : end;

        if (!quote)
            return end;
        while (back > p && back[-1] == '\\')
            back--;
        if ((quote - back) % 2 == 0)
            return quote;
        p = quote + 1;
    }
}

static const char *skip_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* Is what ends at the quote a member named content with a text? Then p is that text's quote. */
static const char *content_value(struct slice key, const char *quote, const char *end)
{
    const char *p;

    if (!slice_equal(key, "content"))
        return NULL;
    p = skip_blank(quote + 1, end);
    if (p == end || *p != ':')
        return NULL;
    p = skip_blank(p + 1, end);
    return p < end && *p == '"' ? p : NULL;
}

static void add_text(struct json_cut *cut, struct buf *shadow, const char *p, size_t n)
{
    if (!(cut->n_texts & (cut->n_texts - 1)))
        cut->texts =
            xreallocarray(cut->texts, cut->n_texts ? cut->n_texts * 2 : 1, sizeof *cut->texts);
    buf_printf(shadow, "\"%zu\"", cut->n_texts);
    cut->texts[cut->n_texts++] = (struct slice){p, n};
}

static void cut_texts(struct json_cut *cut, struct slice body, struct buf *shadow)
{
    const char *p = body.data, *end = body.data + body.len, *from = p;

    while (p < end && shadow->len <= REST_MAX && (p = memchr(p, '"', (size_t)(end - p)))) {
        const char *quote = string_end(p + 1, end), *value;

        if (quote == end)
            break;
        value = content_value((struct slice){p + 1, (size_t)(quote - p - 1)}, quote, end);
        p = quote + 1;
        if (!value)
            continue;
        quote = string_end(value + 1, end);
        if (quote == end)
            break;
        buf_append(shadow, from, (size_t)(value - from));
        add_text(cut, shadow, value + 1, (size_t)(quote - value - 1));
        from = p = quote + 1;
    }
    if (shadow->len + (size_t)(end - from) <= REST_MAX)
        buf_append(shadow, from, (size_t)(end - from));
    else
        shadow->len = REST_MAX + 1;
}

bool json_has_nul(struct slice body)
{
    const char *p = body.data, *end = body.data + body.len;

    if (memchr(p, '\0', body.len))
        return true;
    while ((p = memmem(p, (size_t)(end - p), "\\u0000", 6))) {
        const char *back = p;

        while (back > body.data && back[-1] == '\\')
            back--;
        if ((p - back) % 2 == 0)
            return true;
        p++;
    }
    return false;
}

int json_cut_parse(struct json_cut *cut, struct slice body, struct err *e)
{
    struct buf shadow = {0};

    *cut = (struct json_cut){0};
    cut_texts(cut, body, &shadow);
    if (shadow.len > REST_MAX) {
        buf_finish(&shadow);
        json_cut_finish(cut);
        return err_set(e, ERR_LIMIT, "the body has more than %zu bytes beside its contents",
                       REST_MAX);
    }
    if (!json_has_nul((struct slice){shadow.data ? shadow.data : "", shadow.len}) && shadow.len)
        cut->root = cJSON_ParseWithLengthOpts(shadow.data, shadow.len + 1, NULL, true);
    buf_finish(&shadow);
    if (cJSON_IsObject(cut->root))
        return 0;
    json_cut_finish(cut);
    return err_set(e, ERR_ARG, "the body is no JSON object");
}

void json_cut_finish(struct json_cut *cut)
{
    cJSON_Delete(cut->root);
    free(cut->texts);
    *cut = (struct json_cut){0};
}

bool json_cut_content(const struct json_cut *cut, const cJSON *object, struct slice *raw, bool *bad)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "content");
    char *rest;
    unsigned long long i;

    *raw = (struct slice){"", 0};
    *bad = false;
    if (!item || cJSON_IsNull(item))
        return false;
    *bad = true;
    if (!cJSON_IsString(item) || !item->valuestring[0])
        return false;
    i = strtoull(item->valuestring, &rest, 10);
    if (*rest || i >= cut->n_texts)
        return false;
    *bad = false;
    *raw = cut->texts[i];
    return true;
}

const char *json_member_text(const cJSON *object, const char *name, bool *bad)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    *bad = item && !cJSON_IsNull(item) && !(cJSON_IsString(item) && item->valuestring[0]);
    return item && cJSON_IsString(item) && item->valuestring[0] ? item->valuestring : NULL;
}

/* --- decoding --- */

static int hex4(const char *p, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        *value = *value << 4 | (uint32_t)digit;
    }
    return 0;
}

/* \uXXXX, with its second half where there is one. Returns bytes used or -1. */
static int decode_unicode(const char *p, size_t n, uint32_t *codepoint)
{
    uint32_t low;

    if (n < 6 || hex4(p + 2, codepoint))
        return -1;
    if (*codepoint < 0xD800 || *codepoint > 0xDFFF)
        return 6;
    if (*codepoint < 0xDC00 && n >= 12 && p[6] == '\\' && p[7] == 'u' && !hex4(p + 8, &low) &&
        low >= 0xDC00 && low <= 0xDFFF) {
        *codepoint = 0x10000 + ((*codepoint - 0xD800) << 10) + (low - 0xDC00);
        return 12;
    }
    *codepoint = 0xFFFD;
    return 6;
}

static int decode_escape(const char *p, size_t n, char out[4], size_t *n_out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = n >= 2 && p[1] ? strchr(from, p[1]) : NULL;
    uint32_t codepoint;
    int used;

    if (found) {
        out[0] = to[found - from];
        *n_out = 1;
        return 2;
    }
    if (n < 2 || p[1] != 'u')
        return -1;
    used = decode_unicode(p, n, &codepoint);
    if (used > 0)
        *n_out = utf8_encode(codepoint, out);
    return used;
}

int json_text_decode(struct slice *raw, char *out, size_t cap, struct err *e)
{
    size_t n = 0;

    while (raw->len && n + 4 <= cap) {
        const char *p = raw->data;
        size_t run = 0, n_out, max = raw->len < cap - n ? raw->len : cap - n;
        int used;

        while (run < max && p[run] != '\\' && (unsigned char)p[run] >= 0x20)
            run++;
        memcpy(out + n, p, run);
        n += run;
        raw->data += run;
        raw->len -= run;
        if (!raw->len || n + 4 > cap)
            break;
        p += run;
        used = *p == '\\' ? decode_escape(p, raw->len, out + n, &n_out) : -1;
        if (used < 0)
            return err_set(e, ERR_ARG, "the body is no JSON: a bad escape in a text");
        n += n_out;
        raw->data += used;
        raw->len -= (size_t)used;
    }
    return (int)n;
}
