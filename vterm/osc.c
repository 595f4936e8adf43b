/* SPDX-License-Identifier: MIT
 *
 * Operating system commands and device control strings: title, colour queries, clipboard, status
 * requests; and the answers to them.
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

static void set_title(struct term *t, const char *text, size_t n)
{
    char title[TITLE_SIZE];

    text_sanitise(title, sizeof title, text, n);
    if (strcmp(title, t->title) == 0)
        return;
    memcpy(t->title, title, sizeof title);
    t->revision = t->tick;
    if (t->ops.on_title)
        t->ops.on_title(t->user, t->title);
}

/* The palette programs are told of: light on dark, as the theme draws a pane. */
static void report_colour(struct term *t, int which, const char *text, size_t n)
{
    if (n == 1 && text[0] == '?')
        term_reply(t, "\033]%d;rgb:%s\033\\", which,
                   which == 11 ? "0000/0000/0000" : "d0d0/d0d0/d0d0");
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

void osc_dispatch(struct term *t, const char *text, size_t n)
{
    int command = 0;
    size_t i = 0;

    for (; i < n && i < 4 && text[i] >= '0' && text[i] <= '9'; i++)
        command = command * 10 + text[i] - '0';
    if (i == 0 || i == n || text[i] != ';')
        return;
    text += i + 1;
    n -= i + 1;
    switch (command) {
    case 0:
    case 2:
        set_title(t, text, n);
        break;
    case 10:
    case 11:
    case 12:
        report_colour(t, command, text, n);
        break;
    case 52:
        set_clipboard(t, text, n);
        break;
    default:
        break;
    }
}

static int cursor_style_number(const struct modes *modes)
{
    return modes->cursor_shape * 2 + (modes->cursor_blink ? 1 : 2);
}

/* DECRQSS: the state of one setting, as the sequence that would make it. */
void dcs_dispatch(struct term *t, const char *text, size_t n)
{
    if (n < 2 || text[0] != '$' || text[1] != 'q')
        return;
    text += 2;
    n -= 2;
    if (n == 1 && text[0] == 'm') {
        cleanup_buf struct buf sgr = {0};

        sgr_format(t->pen, &sgr);
        term_reply(t, "\033P1$r%s\033\\", sgr.data + 2);
    } else if (n == 1 && text[0] == 'r') {
        term_reply(t, "\033P1$r%d;%dr\033\\", t->top + 1, t->bottom);
    } else if (n == 2 && text[0] == ' ' && text[1] == 'q') {
        term_reply(t, "\033P1$r%d q\033\\", cursor_style_number(&t->modes));
    } else {
        term_reply(t, "\033P0$r\033\\");
    }
}
