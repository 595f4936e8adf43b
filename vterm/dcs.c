/* SPDX-License-Identifier: MIT
 *
 * Device control strings: what a setting is (DECRQSS) and what the terminal can do (XTGETTCAP).
 */
#include "vterm/internal.h"

#define NAMES_MAX      16 /* answered in one XTGETTCAP */
#define NAME_BYTES_MAX 32

static void reply_sgr(struct term *t)
{
    cleanup_buf struct buf sgr = {0};

    sgr_format(t->pen, term_underline_colour(t, t->pen.link), &sgr);
    term_reply(t, "\033P1$r%s\033\\", sgr.data + 2);
}

/* DECRQSS: the state of one setting, as the sequence that would make it. */
static void request_setting(struct term *t, const char *text, size_t n)
{
    const struct modes *m = &t->modes;

    if (n == 1 && text[0] == 'm')
        reply_sgr(t);
    else if (n == 1 && text[0] == 'r')
        term_reply(t, "\033P1$r%d;%dr\033\\", t->top + 1, t->bottom);
    else if (n == 1 && text[0] == 's')
        term_reply(t, "\033P1$r%d;%ds\033\\", t->left + 1, t->right);
    else if (n == 1 && text[0] == 't')
        term_reply(t, "\033P1$r%dt\033\\", t->rows);
    else if (n == 2 && text[0] == ' ' && text[1] == 'q')
        term_reply(t, "\033P1$r%d q\033\\", m->cursor_shape * 2 + (m->cursor_blink ? 1 : 2));
    else if (n == 2 && text[0] == '"' && text[1] == 'q')
        term_reply(t, "\033P1$r%d\"q\033\\", t->pen.attrs & ATTR_PROTECTED ? 1 : 0);
    else if (n == 2 && text[0] == '"' && text[1] == 'p')
        term_reply(t, "\033P1$r62;1\"p\033\\");
    else
        term_reply(t, "\033P0$r\033\\");
}

/* Those programs ask for. A value of NULL: the capability has none. */
static const struct {
    const char *name, *value;
} capabilities[] = {
    {"TN", "xterm-256color"},
    {"name", "xterm-256color"},
    {"Co", "256"},
    {"colors", "256"},
    {"RGB", "8/8/8"},
    {"Tc", NULL},
    {"Su", NULL},
    {"Smulx", "\033[4:%p1%dm"},
    {"Setulc", "\033[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%dm"},
    {"Ss", "\033[%p1%d q"},
    {"Se", "\033[0 q"},
    {"Ms", "\033]52;%p1%s;%p2%s\a"},
    {"Sync", "\033[?2026%?%p1%{1}%-%tl%eh%;"},
    {"setrgbf", "\033[38:2:%p1%d:%p2%d:%p3%dm"},
    {"setrgbb", "\033[48:2:%p1%d:%p2%d:%p3%dm"},
};

static bool decode_name(const char *text, size_t n, char name[NAME_BYTES_MAX + 1])
{
    if (n == 0 || n % 2 || n / 2 > NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < n / 2; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        name[i] = (char)(high << 4 | low);
    }
    name[n / 2] = '\0';
    return true;
}

/* The answer repeats the name as it was asked for: bytes that are hexadecimal digits. */
static void reply_capability(struct term *t, const char *text, size_t n)
{
    cleanup_buf struct buf value = {0};
    char name[NAME_BYTES_MAX + 1];

    if (!decode_name(text, n, name))
        return;
    for (size_t i = 0; i < ARRAY_LEN(capabilities); i++) {
        if (strcmp(capabilities[i].name, name) != 0)
            continue;
        for (const char *p = capabilities[i].value; p && *p; p++)
            buf_printf(&value, "%s%02X", value.len ? "" : "=", (unsigned char)*p);
        term_reply(t, "\033P1+r%.*s%s\033\\", (int)n, text, value.data ? value.data : "");
        return;
    }
    term_reply(t, "\033P0+r%.*s\033\\", (int)n, text);
}

static void request_capabilities(struct term *t, const char *text, size_t n)
{
    for (int i = 0; n && i < NAMES_MAX; i++) {
        const char *end = memchr(text, ';', n);
        size_t len = end ? (size_t)(end - text) : n;

        reply_capability(t, text, len);
        text += len + (end ? 1 : 0);
        n -= len + (end ? 1 : 0);
    }
}

void dcs_dispatch(struct term *t, const char *text, size_t n)
{
    if (n >= 2 && text[0] == '$' && text[1] == 'q')
        request_setting(t, text + 2, n - 2);
    else if (n >= 2 && text[0] == '+' && text[1] == 'q')
        request_capabilities(t, text + 2, n - 2);
}
