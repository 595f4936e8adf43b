/* SPDX-License-Identifier: MIT
 *
 * Operating system commands: title, colours, clipboard, links, the program's directory, marks of
 * prompts. What is not known is read over, notifications and progress (OSC 9, 777) among it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "vterm/internal.h"

void term_reply(struct term *t, const char *format, ...)
{
    char text[256];
    va_list args;

    if (!t->ops.on_reply)
        return;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof text)
        t->ops.on_reply(t->user, text, (size_t)n);
}

static int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* wire/ has a decoder too, but stands beside this folder. */
static bool decode_base64(const char *text, size_t n, struct buf *out)
{
    uint32_t bits = 0;
    int n_bits = 0;

    while (n && text[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        int value = base64_value((unsigned char)text[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            buf_append_char(out, (char)(bits >> n_bits & 0xff));
        }
    }
    return true;
}

/* 52;SELECTIONS;BASE64. A query ("?") is refused by silence. */
static void set_clipboard(struct term *t, const char *text, size_t n)
{
    cleanup_buf struct buf bytes = {0};
    const char *data = memchr(text, ';', n);

    if (!t->ops.on_clipboard || !data)
        return;
    data++;
    if (decode_base64(data, n - (size_t)(data - text), &bytes))
        t->ops.on_clipboard(t->user, bytes.data ? bytes.data : "", bytes.len);
}

/* 8;PARAMETERS;ADDRESS, the parameters being "key=value" between colons; no address ends a link. */
static void set_link(struct term *t, const char *text, size_t n)
{
    const char *uri = memchr(text, ';', n), *id = "";
    size_t n_id = 0;

    if (!uri)
        return;
    for (const char *p = text; p < uri;) {
        const char *end = memchr(p, ':', (size_t)(uri - p));

        if (!end)
            end = uri;
        if (end - p > 3 && memcmp(p, "id=", 3) == 0) {
            id = p + 3;
            n_id = (size_t)(end - id);
        }
        p = end + 1;
    }
    uri++;
    extra_set_link(t, id, n_id, uri, n - (size_t)(uri - text));
}

/* 7;file://HOST/PATH with %XX in the path. A path that could do harm where it is shown is none. */
static void set_cwd(struct term *t, const char *text, size_t n)
{
    char path[CWD_MAX], clean[CWD_MAX];
    const char *end = text + n;
    size_t len = 0;

    if (n >= 7 && memcmp(text, "file://", 7) == 0)
        text = memchr(text + 7, '/', n - 7);
    for (; text && text < end && len + 1 < sizeof path; text++) {
        bool escape =
            *text == '%' && end - text > 2 && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0;

        path[len++] = escape ? (char)(hex_value(text[1]) << 4 | hex_value(text[2])) : *text;
        text += escape ? 2 : 0;
    }
    path[len] = '\0';
    bool harmless = len && path[0] == '/' && strlen(path) == len &&
                    strcmp(text_sanitise(clean, sizeof clean, path, len), path) == 0;
    free(steal_pointer(&t->cwd));
    if (harmless)
        t->cwd = xstrdup(path);
    t->revision = t->tick;
}

static void said(const struct term *t, int osc, const char *text, size_t n)
{
    if (t->ops.on_said)
        t->ops.on_said(t->user, osc, text, n);
}

void osc_dispatch(struct term *t, const char *text, size_t n)
{
    int command = 0;
    size_t i = 0;

    for (; i < n && i < 4 && text[i] >= '0' && text[i] <= '9'; i++)
        command = command * 10 + text[i] - '0';
    if (i == 0 || (i < n && text[i] != ';'))
        return;
    text += i < n ? i + 1 : i;
    n -= i < n ? i + 1 : i;
    switch (command) {
    case 0:
    case 2:
        title_set(t, text, n);
        break;
    case 4:
    case 10:
    case 11:
    case 12:
    case 104:
    case 110:
    case 111:
    case 112:
        palette_osc(t, command, text, n);
        break;
    case 7:
        set_cwd(t, text, n);
        break;
    case 8:
        set_link(t, text, n);
        break;
    case 52:
        set_clipboard(t, text, n);
        break;
    case 133:
        mark_osc(t, text, n);
        said(t, command, text, n);
        break;
    case 7717:
        said(t, command, text, n);
        break;
    default:
        break;
    }
}
