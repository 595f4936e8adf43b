/* SPDX-License-Identifier: MIT */
#include "host/daemon/jsontext.h"

#include "base/text.h"

static size_t plain_run(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x80 && s[i] != '"' &&
           s[i] != '\\')
        i++;
    return i;
}

static size_t append_one(struct buf *out, const char *s, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t codepoint;
    size_t used = utf8_decode(s, n, &codepoint);
    char bytes[4];

    if (codepoint == '"' || codepoint == '\\') {
        buf_append_char(out, '\\');
        buf_append_char(out, (char)codepoint);
    } else if (codepoint == '\n') {
        buf_append(out, "\\n", 2);
    } else if (codepoint < 0x20) {
        char escape[] = {'\\', 'u', '0', '0', (char)('0' + (codepoint >> 4)), hex[codepoint & 15]};

        buf_append(out, escape, sizeof escape);
    } else {
        buf_append(out, bytes, utf8_encode(codepoint, bytes));
    }
    return used;
}

void json_append_bytes(struct buf *out, const char *bytes, size_t n)
{
    while (n) {
        size_t used = plain_run(bytes, n);

        if (used)
            buf_append(out, bytes, used);
        else
            used = append_one(out, bytes, n);
        bytes += used;
        n -= used;
    }
}

cJSON *json_bytes(const char *bytes, size_t n)
{
    struct buf text = {0};
    cJSON *item;

    buf_append_char(&text, '"');
    json_append_bytes(&text, bytes, n);
    buf_append_char(&text, '"');
    item = cJSON_CreateRaw(text.data);
    buf_finish(&text);
    return item;
}

void json_add_bytes(cJSON *object, const char *name, const char *bytes, size_t n)
{
    cJSON_AddItemToObject(object, name, json_bytes(bytes, n));
}
