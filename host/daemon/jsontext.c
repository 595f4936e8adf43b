/* SPDX-License-Identifier: MIT */
#include "host/daemon/jsontext.h"

#include "base/buf.h"
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
    uint32_t codepoint;
    size_t used = utf8_decode(s, n, &codepoint);
    char bytes[4];

    if (codepoint == '"' || codepoint == '\\') {
        buf_append_char(out, '\\');
        buf_append_char(out, (char)codepoint);
    } else if (codepoint == '\n') {
        buf_append(out, "\\n", 2);
    } else if (codepoint < 0x20) {
        buf_printf(out, "\\u%04x", (unsigned)codepoint);
    } else {
        buf_append(out, bytes, utf8_encode(codepoint, bytes));
    }
    return used;
}

void json_add_bytes(cJSON *object, const char *name, const char *bytes, size_t n)
{
    struct buf text = {0};

    buf_append_char(&text, '"');
    while (n) {
        size_t used = plain_run(bytes, n);

        if (used)
            buf_append(&text, bytes, used);
        else
            used = append_one(&text, bytes, n);
        bytes += used;
        n -= used;
    }
    buf_append_char(&text, '"');
    cJSON_AddRawToObject(object, name, text.data);
    buf_finish(&text);
}
