/* SPDX-License-Identifier: MIT
 *
 * Keys, mouse, focus and paste as the bytes xterm sends for them.
 */
#include <string.h>

#include "base/text.h"
#include "vterm/internal.h"

/* Keys that are CSI NUMBER ~ (number), or CSI LETTER and SS3 LETTER (letter). */
static const struct {
    uint32_t code;
    uint8_t number;
    char letter;
    bool always_ss3; /* without modifiers, whatever the cursor key mode */
} special[] = {
    {KEY_UP, 0, 'A', false},      {KEY_DOWN, 0, 'B', false},   {KEY_RIGHT, 0, 'C', false},
    {KEY_LEFT, 0, 'D', false},    {KEY_HOME, 0, 'H', false},   {KEY_END, 0, 'F', false},
    {KEY_INSERT, 2, 0, false},    {KEY_DELETE, 3, 0, false},   {KEY_PAGE_UP, 5, 0, false},
    {KEY_PAGE_DOWN, 6, 0, false}, {KEY_F1, 0, 'P', true},      {KEY_F1 + 1, 0, 'Q', true},
    {KEY_F1 + 2, 0, 'R', true},   {KEY_F1 + 3, 0, 'S', true},  {KEY_F1 + 4, 15, 0, false},
    {KEY_F1 + 5, 17, 0, false},   {KEY_F1 + 6, 18, 0, false},  {KEY_F1 + 7, 19, 0, false},
    {KEY_F1 + 8, 20, 0, false},   {KEY_F1 + 9, 21, 0, false},  {KEY_F1 + 10, 23, 0, false},
    {KEY_F1 + 11, 24, 0, false},  {KEY_F1 + 12, 25, 0, false}, {KEY_F1 + 13, 26, 0, false},
    {KEY_F1 + 14, 28, 0, false},  {KEY_F1 + 15, 29, 0, false}, {KEY_F1 + 16, 31, 0, false},
    {KEY_F1 + 17, 32, 0, false},  {KEY_F1 + 18, 33, 0, false}, {KEY_F1 + 19, 34, 0, false},
};

/* The kitty protocol names them so, never SS3, and F3 otherwise, as CSI R is a cursor's report. */
static void encode_special_kitty(struct key key, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        int number = key.code == KEY_F1 + 2 ? 13 : special[i].number;

        if (special[i].code != key.code)
            continue;
        if (number && key.mods)
            buf_printf(out, "\033[%d;%d~", number, key.mods + 1);
        else if (number)
            buf_printf(out, "\033[%d~", number);
        else if (key.mods)
            buf_printf(out, "\033[1;%d%c", key.mods + 1, special[i].letter);
        else
            buf_printf(out, "\033[%c", special[i].letter);
        return;
    }
}

static void encode_special(struct term *t, struct key key, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        if (special[i].code != key.code)
            continue;
        if (special[i].number && key.mods)
            buf_printf(out, "\033[%d;%d~", special[i].number, key.mods + 1);
        else if (special[i].number)
            buf_printf(out, "\033[%d~", special[i].number);
        else if (key.mods)
            buf_printf(out, "\033[1;%d%c", key.mods + 1, special[i].letter);
        else if (special[i].always_ss3 || t->modes.application_cursor)
            buf_printf(out, "\033O%c", special[i].letter);
        else
            buf_printf(out, "\033[%c", special[i].letter);
        return;
    }
}

/* The control character of a key with Ctrl, or -1 when there is none. */
static int control_of(uint32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '@' && c <= '_'))
        return (int)(c & 0x1f);
    switch (c) {
    case ' ':
    case '2':
    case '`':
        return 0;
    case '/':
    case '-':
        return 0x1f;
    case '8':
    case '?':
        return 0x7f;
    case KEY_BACKSPACE:
        return '\b';
    default:
        return c >= '3' && c <= '7' ? (int)(0x1b + c - '3') : -1;
    }
}

/* Keys that were ambiguous: Esc, and whatever has Ctrl or Alt. Enter, Tab and Backspace stay as
 * they were without a modifier, so that `reset` can still be typed. True: done. */
static bool encode_kitty(struct key key, struct buf *out)
{
    bool plain_control = key.code == KEY_ENTER || key.code == KEY_TAB || key.code == KEY_BACKSPACE;
    uint8_t mods = key.mods;
    uint32_t c = key.code;

    if (c >= KEY_SPECIAL) {
        encode_special_kitty(key, out);
        return true;
    }
    if (c != KEY_ESCAPE && !(mods & (MOD_CTRL | MOD_ALT)) && !(plain_control && mods))
        return false;
    if (c >= 'A' && c <= 'Z') {
        c += 'a' - 'A';
        mods |= MOD_SHIFT;
    }
    if (mods)
        buf_printf(out, "\033[%u;%du", c, mods + 1);
    else
        buf_printf(out, "\033[%uu", c);
    return true;
}

void term_encode_key(struct term *t, struct key key, struct buf *out)
{
    uint32_t c = key.code;
    char utf8[4];

    if (c == KEY_NONE || (kitty_flags(t) & KITTY_DISAMBIGUATE && encode_kitty(key, out)))
        return;
    if (c >= KEY_SPECIAL) {
        encode_special(t, key, out);
        return;
    }
    if (c == KEY_TAB && key.mods & MOD_SHIFT) {
        buf_append_str(out, key.mods & MOD_ALT ? "\033\033[Z" : "\033[Z");
        return;
    }
    if (key.mods & MOD_ALT)
        buf_append_char(out, '\033');
    if (key.mods & MOD_CTRL && control_of(c) >= 0)
        c = (uint32_t)control_of(c);
    buf_append(out, utf8, utf8_encode(c, utf8));
    if (key.code == KEY_ENTER && t->modes.newline)
        buf_append_char(out, '\n');
}

/* A coordinate or button as one byte; 0 when it is too large for that. */
static void put_position(int value, struct buf *out)
{
    buf_append_char(out, (char)(value > 223 ? 0 : value + 32));
}

static bool wants(const struct term *t, struct mouse mouse)
{
    if (mouse.kind != MOUSE_MOVE)
        return t->modes.mouse != TERM_MOUSE_NONE;
    return t->modes.mouse == TERM_MOUSE_MOVE ||
           (t->modes.mouse == TERM_MOUSE_DRAG && mouse.button != MOUSE_NO_BUTTON);
}

static int button_code(struct mouse mouse)
{
    static const int codes[] = {
        [MOUSE_NO_BUTTON] = 3,   [MOUSE_LEFT] = 0,         [MOUSE_MIDDLE] = 1,
        [MOUSE_RIGHT] = 2,       [MOUSE_WHEEL_UP] = 64,    [MOUSE_WHEEL_DOWN] = 65,
        [MOUSE_WHEEL_LEFT] = 66, [MOUSE_WHEEL_RIGHT] = 67,
    };
    int code = (unsigned)mouse.button < ARRAY_LEN(codes) ? codes[mouse.button] : 3;

    code |= mouse.mods & MOD_SHIFT ? 4 : 0;
    code |= mouse.mods & MOD_ALT ? 8 : 0;
    code |= mouse.mods & MOD_CTRL ? 16 : 0;
    return code | (mouse.kind == MOUSE_MOVE ? 32 : 0);
}

void term_encode_mouse(struct term *t, struct mouse mouse, struct buf *out)
{
    bool release = mouse.kind == MOUSE_RELEASE;
    int code = button_code(mouse);
    int row = mouse.row < 0 ? 0 : mouse.row >= t->rows ? t->rows - 1 : mouse.row;
    int col = mouse.col < 0 ? 0 : mouse.col >= t->cols ? t->cols - 1 : mouse.col;

    if (!wants(t, mouse))
        return;
    if (t->modes.mouse_encoding == REPORT_SGR) {
        buf_printf(out, "\033[<%d;%d;%d%c", code, col + 1, row + 1, release ? 'm' : 'M');
        return;
    }
    if (release)
        code |= 3; /* this protocol does not say which */
    buf_append_str(out, "\033[M");
    put_position(code, out);
    put_position(col + 1, out);
    put_position(row + 1, out);
}

void term_encode_focus(struct term *t, bool focused, struct buf *out)
{
    if (t->modes.focus_reports)
        buf_append_str(out, focused ? "\033[I" : "\033[O");
}

/* Taken out as soon as the last byte of one is there, so that none can be made of the parts around
 * another. */
static void drop_paste_end(struct buf *out, size_t start)
{
    static const char *const ends[] = {"\033[201~", "\xc2\x9b"
                                                    "201~"};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i]);

        if (out->len - start >= n && memcmp(out->data + out->len - n, ends[i], n) == 0) {
            out->len -= n;
            out->data[out->len] = '\0';
        }
    }
}

void term_encode_paste(struct term *t, const char *text, size_t n, struct buf *out)
{
    if (!n)
        return;
    if (t->modes.bracketed_paste)
        buf_append_str(out, "\033[200~");
    size_t start = out->len;
    buf_reserve(out, n);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n' && i > 0 && text[i - 1] == '\r')
            continue;
        buf_append_char(out, text[i] == '\n' ? '\r' : text[i]);
        if (text[i] == '~')
            drop_paste_end(out, start);
    }
    if (t->modes.bracketed_paste)
        buf_append_str(out, "\033[201~");
}
