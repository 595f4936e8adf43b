/* SPDX-License-Identifier: MIT
 *
 * See input.h. One state a byte: ground, after Esc, inside CSI or SS3, inside a string (OSC, DCS,
 * APC; no terminal sends the others, so Alt-X and Alt-^ are keys), inside an X10 mouse report,
 * inside a paste. Whatever does not belong to a sequence ends it, and is then read as if the
 * sequence had not been there; so no input can wedge the parser.
 */
#include "tui/input.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

#define SEQUENCE_MAX     256 /* bytes kept of a sequence; longer ones are dropped whole */
#define PARAMS_MAX       8
#define PARAM_VALUE_MAX  9999999
#define SEQUENCE_WAIT_MS 250 /* a sequence that has begun comes in one piece or is none */
#define PASTE_WAIT_MS    500

static const char paste_end[] = "\x1b[201~";

enum state { GROUND, ESC, CSI, CSI_LINUX, SS3, STRING, STRING_ESC, X10, PASTE, N_STATES };

struct input {
    void (*on_event)(void *user, const struct input_event *event);
    void *user;
    enum state state;
    bool alt; /* the sequence came after one more Esc */
    char seq[SEQUENCE_MAX];
    size_t n_seq; /* may exceed SEQUENCE_MAX: then the rest was not kept */
    char introducer;
    int x10_left;
    char utf8[4]; /* an unfinished character in ground */
    size_t n_utf8;
    uint8_t utf8_mods;
    struct buf paste;
    size_t end_matched; /* bytes of paste_end at the paste's end */
};

struct csi {
    char prefix; /* one of < = > ? or 0 */
    char intermediate;
    char final;
    int n;
    int value[PARAMS_MAX][3]; /* parameter and its colon-separated parts; -1: not given */
};

struct keycode {
    int code;
    uint32_t key;
    uint8_t mods;
};

/* CSI … final, SS3 final */
static const struct keycode letters[] = {
    {'A', KEY_UP, 0},           {'B', KEY_DOWN, 0},          {'C', KEY_RIGHT, 0},
    {'D', KEY_LEFT, 0},         {'H', KEY_HOME, 0},          {'F', KEY_END, 0},
    {'P', KEY_F1, 0},           {'Q', KEY_F1 + 1, 0},        {'R', KEY_F1 + 2, 0},
    {'S', KEY_F1 + 3, 0},       {'Z', KEY_TAB, MOD_SHIFT},   {'a', KEY_UP, MOD_SHIFT},
    {'b', KEY_DOWN, MOD_SHIFT}, {'c', KEY_RIGHT, MOD_SHIFT}, {'d', KEY_LEFT, MOD_SHIFT},
};
/* SS3 only: the keypad in application mode, rxvt's Ctrl-arrows. */
static const struct keycode keypad[] = {
    {'a', KEY_UP, MOD_CTRL},
    {'b', KEY_DOWN, MOD_CTRL},
    {'c', KEY_RIGHT, MOD_CTRL},
    {'d', KEY_LEFT, MOD_CTRL},
    {'M', KEY_ENTER, 0},
    {'I', KEY_TAB, 0},
    {' ', ' ', 0},
    {'X', '=', 0},
    {'j', '*', 0},
    {'k', '+', 0},
    {'l', ',', 0},
    {'m', '-', 0},
    {'n', '.', 0},
    {'o', '/', 0},
    {'p', '0', 0},
    {'q', '1', 0},
    {'r', '2', 0},
    {'s', '3', 0},
    {'t', '4', 0},
    {'u', '5', 0},
    {'v', '6', 0},
    {'w', '7', 0},
    {'x', '8', 0},
    {'y', '9', 0},
};
/* CSI number ~, and with rxvt's finals ^ $ @ */
static const struct keycode numbers[] = {
    {1, KEY_HOME, 0},     {2, KEY_INSERT, 0},    {3, KEY_DELETE, 0},   {4, KEY_END, 0},
    {5, KEY_PAGE_UP, 0},  {6, KEY_PAGE_DOWN, 0}, {7, KEY_HOME, 0},     {8, KEY_END, 0},
    {11, KEY_F1, 0},      {12, KEY_F1 + 1, 0},   {13, KEY_F1 + 2, 0},  {14, KEY_F1 + 3, 0},
    {15, KEY_F1 + 4, 0},  {17, KEY_F1 + 5, 0},   {18, KEY_F1 + 6, 0},  {19, KEY_F1 + 7, 0},
    {20, KEY_F1 + 8, 0},  {21, KEY_F1 + 9, 0},   {23, KEY_F1 + 10, 0}, {24, KEY_F1 + 11, 0},
    {25, KEY_F1 + 12, 0}, {26, KEY_F1 + 13, 0},  {28, KEY_F1 + 14, 0}, {29, KEY_F1 + 15, 0},
    {31, KEY_F1 + 16, 0}, {32, KEY_F1 + 17, 0},  {33, KEY_F1 + 18, 0}, {34, KEY_F1 + 19, 0},
};
/* CSI u: kitty's private-use numbers of keys that have a meaning here. */
static const struct keycode kitty[] = {
    {57409, '.', 0},         {57410, '/', 0},           {57411, '*', 0},      {57412, '-', 0},
    {57413, '+', 0},         {57414, KEY_ENTER, 0},     {57415, '=', 0},      {57416, ',', 0},
    {57417, KEY_LEFT, 0},    {57418, KEY_RIGHT, 0},     {57419, KEY_UP, 0},   {57420, KEY_DOWN, 0},
    {57421, KEY_PAGE_UP, 0}, {57422, KEY_PAGE_DOWN, 0}, {57423, KEY_HOME, 0}, {57424, KEY_END, 0},
    {57425, KEY_INSERT, 0},  {57426, KEY_DELETE, 0},
};

static const struct keycode *find(const struct keycode *table, size_t n, int code)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].code == code)
            return &table[i];
    return NULL;
}

static void emit(struct input *in, struct input_event event)
{
    in->on_event(in->user, &event);
}

static void emit_key(struct input *in, uint32_t code, uint8_t mods)
{
    emit(in, (struct input_event){.kind = INPUT_KEY, .key = {.code = code, .mods = mods}});
}

/* One byte below 0x80 as a key. */
static void emit_byte(struct input *in, unsigned char c, uint8_t mods)
{
    if (c == 0)
        emit_key(in, ' ', mods | MOD_CTRL);
    else if (c == KEY_TAB || c == KEY_ENTER || c == KEY_ESCAPE || c >= ' ')
        emit_key(in, c, mods);
    else
        emit_key(in, c <= 26 ? c + 'a' - 1u : c + '@' + 0u, mods | MOD_CTRL);
}

/* A sequence's own event carries the Alt of the Esc before it. */
static uint8_t take_alt(struct input *in)
{
    uint8_t mods = in->alt ? MOD_ALT : 0;

    in->alt = false;
    return mods;
}

/* The Esc before something that turned out to be no sequence was a key. */
static void release_alt(struct input *in)
{
    if (take_alt(in))
        emit_key(in, KEY_ESCAPE, 0);
}

static void begin(struct input *in, enum state state, char introducer)
{
    in->state = state;
    in->introducer = introducer;
    in->n_seq = 0;
}

static void keep(struct input *in, unsigned char c)
{
    if (in->n_seq < SEQUENCE_MAX)
        in->seq[in->n_seq] = (char)c;
    in->n_seq++;
}

static void feed_byte(struct input *in, unsigned char c);

/* Drops the sequence; c is read afresh. */
static void abandon(struct input *in, unsigned char c)
{
    in->state = GROUND;
    in->alt = false;
    feed_byte(in, c);
}

static void emit_reply(struct input *in)
{
    in->state = GROUND;
    in->alt = false;
    emit(in, (struct input_event){.kind = INPUT_REPLY,
                                  .text = in->seq,
                                  .n = in->n_seq < SEQUENCE_MAX ? in->n_seq : SEQUENCE_MAX});
}

/* --- ground --- */

static void on_utf8(struct input *in, unsigned char c)
{
    uint32_t codepoint;

    in->utf8[in->n_utf8++] = (char)c;
    if (utf8_incomplete_tail(in->utf8, in->n_utf8) == in->n_utf8)
        return;
    size_t n = in->n_utf8, used = utf8_decode(in->utf8, n, &codepoint);
    in->n_utf8 = 0;
    /* C1 controls and what was no character at all are nothing a keyboard sends. */
    if (utf8_valid(in->utf8, used) && codepoint >= 0xa0)
        emit_key(in, codepoint, in->utf8_mods);
    if (used < n) /* only the last byte can be one too many */
        feed_byte(in, c);
}

static void on_ground(struct input *in, unsigned char c)
{
    if (in->n_utf8) {
        on_utf8(in, c);
    } else if (c == KEY_ESCAPE) {
        in->state = ESC;
    } else if (c < 0x80) {
        emit_byte(in, c, 0);
    } else {
        in->utf8_mods = 0;
        on_utf8(in, c);
    }
}

static void on_esc(struct input *in, unsigned char c)
{
    if (c == KEY_ESCAPE) {
        release_alt(in);
        in->alt = true;
    } else if (c == '[') {
        begin(in, CSI, '[');
    } else if (c == 'O') {
        begin(in, SS3, 'O');
    } else if (c == ']' || c == 'P' || c == '_') {
        begin(in, STRING, (char)c);
    } else {
        in->state = GROUND;
        release_alt(in);
        if (c < 0x80) {
            emit_byte(in, c, MOD_ALT);
        } else {
            in->utf8_mods = MOD_ALT;
            on_utf8(in, c);
        }
    }
}

/* --- CSI --- */

static bool parse_csi(const struct input *in, char final, struct csi *csi)
{
    size_t i = 0;

    *csi = (struct csi){.final = final};
    memset(csi->value, -1, sizeof csi->value);
    if (in->n_seq > SEQUENCE_MAX)
        return false;
    if (i < in->n_seq && in->seq[i] >= '<')
        csi->prefix = in->seq[i++];
    if (i < in->n_seq)
        csi->n = 1;
    for (int part = 0; i < in->n_seq; i++) {
        char c = in->seq[i];

        if (c < '0') {
            csi->intermediate = c;
        } else if (c == ';') {
            if (csi->n == PARAMS_MAX)
                return false;
            csi->n++;
            part = 0;
        } else if (c == ':') {
            part++;
        } else if (c > ':') {
            return false;
        } else if (part < 3) {
            int *value = &csi->value[csi->n - 1][part];

            *value = (*value < 0 ? 0 : *value) * 10 + (c - '0');
            if (*value > PARAM_VALUE_MAX)
                return false;
        }
    }
    return true;
}

/* xterm's modifier parameter: 1 + a bit each for Shift, Alt, Ctrl, Super or Meta, … Meta. */
static uint8_t parse_mods(int param)
{
    int bits = param > 1 ? param - 1 : 0;

    return (uint8_t)((bits & 7) | (bits & 32 ? MOD_ALT : 0));
}

/* Brings a character with modifiers into the form of base/key.h. */
static void emit_character(struct input *in, int code, int shifted, uint8_t mods)
{
    bool control = mods & MOD_CTRL;
    uint32_t c = (uint32_t)code;

    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || (c >= 0x80 && c < 0xa0))
        return;
    if (c < ' ' && c != KEY_TAB && c != KEY_ENTER && c != KEY_ESCAPE) {
        emit_byte(in, (unsigned char)c, mods);
        return;
    }
    if (control && c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (mods & MOD_SHIFT && !control && c >= ' ' && c != KEY_BACKSPACE) {
        mods &= (uint8_t)~MOD_SHIFT;
        if (shifted > ' ' && shifted <= 0x10ffff)
            c = (uint32_t)shifted;
        else if (c >= 'a' && c <= 'z')
            c -= 'a' - 'A';
    }
    emit_key(in, c, mods);
}

static void on_csi_u(struct input *in, const struct csi *csi, uint8_t alt)
{
    uint8_t mods = parse_mods(csi->value[1][0]) | alt;
    int code = csi->value[0][0];
    const struct keycode *k = find(kitty, ARRAY_LEN(kitty), code);

    if (csi->value[1][1] == 3 || code < 0) /* a key let go */
        return;
    if (k)
        emit_key(in, k->key, mods);
    else if (code >= 57399 && code <= 57408)
        emit_key(in, (uint32_t)(code - 57399 + '0'), mods);
    else if (code >= 57376 && code <= 57387)
        emit_key(in, KEY_F1 + 12 + (uint32_t)(code - 57376), mods);
    else if (code < 57344 || code > 63743)
        emit_character(in, code, csi->value[0][1], mods);
}

static void begin_paste(struct input *in)
{
    in->state = PASTE;
    in->end_matched = 0;
    buf_clear(&in->paste);
}

static void on_csi_number(struct input *in, const struct csi *csi, uint8_t alt)
{
    int number = csi->value[0][0];
    uint8_t mods = parse_mods(csi->value[1][0]) | alt;
    const struct keycode *k = find(numbers, ARRAY_LEN(numbers), number);

    if (csi->final == '^' || csi->final == '@')
        mods |= MOD_CTRL;
    if (csi->final == '$' || csi->final == '@')
        mods |= MOD_SHIFT;
    if (k && csi->value[1][1] != 3)
        emit_key(in, k->key, mods);
    else if (number == 27 && csi->n >= 3 && csi->value[2][0] >= 0)
        emit_character(in, csi->value[2][0], -1, mods);
    else if (number == 200)
        begin_paste(in);
}

static void on_csi_mouse(struct input *in, const struct csi *csi)
{
    static const enum mouse_button buttons[] = {MOUSE_LEFT, MOUSE_MIDDLE, MOUSE_RIGHT,
                                                MOUSE_NO_BUTTON};
    int code = csi->value[0][0], col = csi->value[1][0], row = csi->value[2][0];

    /* 128 and up are buttons 8 to 11. */
    if (csi->n != 3 || code < 0 || code >= 128 || col < 1 || row < 1)
        return;
    struct mouse mouse = {.row = row - 1, .col = col - 1};
    mouse.mods = (uint8_t)((code & 4 ? MOD_SHIFT : 0) | (code & 8 ? MOD_ALT : 0) |
                           (code & 16 ? MOD_CTRL : 0));
    if (code & 64) {
        if (csi->final == 'm')
            return;
        mouse.kind = MOUSE_WHEEL;
        mouse.button = MOUSE_WHEEL_UP + (unsigned)(code & 3);
    } else {
        mouse.button = buttons[code & 3];
        mouse.kind = code & 32 ? MOUSE_MOVE : csi->final == 'm' ? MOUSE_RELEASE : MOUSE_PRESS;
    }
    emit(in, (struct input_event){.kind = INPUT_MOUSE, .mouse = mouse});
}

/* CPR and a modified F3 share a form: with row 1 and a column that is a modifier it is F3, for CPR
 * is nothing this program asks for. */
static bool is_reply(const struct csi *csi)
{
    if (csi->prefix || csi->intermediate)
        return true;
    if (csi->final == 'R')
        return csi->n > 1 && !(csi->value[0][0] == 1 && csi->value[1][0] <= 16);
    return csi->n > 0 && strchr("cntxy", csi->final);
}

static void on_csi_letter(struct input *in, const struct csi *csi, uint8_t alt)
{
    const struct keycode *k = find(letters, ARRAY_LEN(letters), csi->final);

    if ((csi->final == 'I' || csi->final == 'O') && csi->n == 0)
        emit(in, (struct input_event){.kind = INPUT_FOCUS, .focused = csi->final == 'I'});
    else if (k && csi->value[1][1] != 3)
        emit_key(in, k->key, k->mods | parse_mods(csi->value[1][0]) | alt);
}

static void end_csi(struct input *in, char final)
{
    uint8_t alt = take_alt(in);
    struct csi csi;

    in->state = GROUND;
    if (final == 'M' && in->n_seq == 0) {
        in->state = X10;
        in->x10_left = 3;
        return;
    }
    if (!parse_csi(in, final, &csi))
        return;
    if (csi.prefix == '<' && (final == 'M' || final == 'm'))
        on_csi_mouse(in, &csi);
    else if (is_reply(&csi))
        emit_reply(in);
    else if (final == 'u')
        on_csi_u(in, &csi, alt);
    else if (strchr("~^$@", final))
        on_csi_number(in, &csi, alt);
    else
        on_csi_letter(in, &csi, alt);
}

/* rxvt ends Shift-keys with what is elsewhere an intermediate: "CSI 3 $". */
static bool is_rxvt_shift(const struct input *in, unsigned char c)
{
    if (c != '$' || in->n_seq == 0 || in->n_seq > 2)
        return false;
    for (size_t i = 0; i < in->n_seq; i++)
        if (in->seq[i] < '0' || in->seq[i] > '9')
            return false;
    return true;
}

static void on_csi(struct input *in, unsigned char c)
{
    if (c == '[' && in->n_seq == 0)
        in->state = CSI_LINUX;
    else if ((c >= 0x40 && c < 0x7f) || is_rxvt_shift(in, c))
        end_csi(in, (char)c);
    else if (c >= 0x20 && c < 0x40)
        keep(in, c);
    else
        abandon(in, c);
}

/* The Linux console's F1 to F5: CSI [ A to E. */
static void on_csi_linux(struct input *in, unsigned char c)
{
    if (c < 'A' || c > 'E') {
        abandon(in, c);
        return;
    }
    in->state = GROUND;
    emit_key(in, KEY_F1 + (uint32_t)(c - 'A'), take_alt(in));
}

static void on_x10(struct input *in, unsigned char c)
{
    if (c < 0x20)
        abandon(in, c);
    else if (--in->x10_left == 0)
        in->state = GROUND;
}

/* --- SS3 --- */

static void on_ss3(struct input *in, unsigned char c)
{
    const struct keycode *k = find(keypad, ARRAY_LEN(keypad), c);

    k = k ? k : find(letters, ARRAY_LEN(letters), c);
    if (((c >= '0' && c <= '9') || c == ';') && in->n_seq < 8) {
        keep(in, c);
    } else if (k) {
        struct csi csi;

        in->state = GROUND;
        parse_csi(in, (char)c, &csi);
        int mods = csi.n ? csi.value[csi.n - 1][0] : 0;
        emit_key(in, k->key, k->mods | parse_mods(mods) | take_alt(in));
    } else {
        if (in->n_seq == 0) {
            release_alt(in);
            emit_key(in, 'O', MOD_ALT);
        }
        abandon(in, c);
    }
}

/* --- strings --- */

static void on_string(struct input *in, unsigned char c)
{
    if (c == KEY_ESCAPE)
        in->state = STRING_ESC;
    else if (c == '\a')
        emit_reply(in);
    else if (c < ' ')
        abandon(in, c); /* no answer holds these: somebody types */
    else
        keep(in, c);
}

static void on_string_esc(struct input *in, unsigned char c)
{
    if (c == '\\') {
        emit_reply(in);
        return;
    }
    in->state = ESC;
    in->alt = false;
    on_esc(in, c);
}

/* --- paste --- */

/* Delivers all but what may yet turn out to be the closing sequence or half a character. */
static void emit_paste(struct input *in, bool last)
{
    size_t n = in->paste.len - in->end_matched;

    if (!last)
        n -= utf8_incomplete_tail(in->paste.data, n);
    if (n || last)
        emit(in, (struct input_event){.kind = INPUT_PASTE,
                                      .text = in->paste.data ? in->paste.data : "",
                                      .n = n,
                                      .last = last});
    buf_consume(&in->paste, n);
}

static void on_paste(struct input *in, unsigned char c)
{
    if (in->paste.len >= INPUT_PASTE_PIECE_BYTES)
        emit_paste(in, false);
    buf_append_char(&in->paste, (char)c);
    if (c == (unsigned char)paste_end[in->end_matched])
        in->end_matched++;
    else
        in->end_matched = c == KEY_ESCAPE;
    if (in->end_matched == sizeof paste_end - 1) {
        emit_paste(in, true);
        buf_finish(&in->paste);
        in->end_matched = 0;
        in->state = GROUND;
    }
}

static void feed_byte(struct input *in, unsigned char c)
{
    static void (*const states[N_STATES])(struct input * in, unsigned char c) = {
        [GROUND] = on_ground,         [ESC] = on_esc, [CSI] = on_csi,
        [CSI_LINUX] = on_csi_linux,   [SS3] = on_ss3, [STRING] = on_string,
        [STRING_ESC] = on_string_esc, [X10] = on_x10, [PASTE] = on_paste,
    };

    states[in->state](in, c);
}

struct input *input_create(void (*on_event)(void *user, const struct input_event *event),
                           void *user)
{
    struct input *in = xcalloc(1, sizeof *in);

    in->on_event = on_event;
    in->user = user;
    return in;
}

void input_destroy(struct input *in)
{
    if (!in)
        return;
    buf_finish(&in->paste);
    free(in);
}

void input_feed(struct input *in, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        feed_byte(in, (unsigned char)bytes[i]);
}

int input_wait_ms(const struct input *in, int escape_ms)
{
    switch (in->state) {
    case GROUND:
        return in->n_utf8 ? SEQUENCE_WAIT_MS : 0;
    case PASTE:
        return in->paste.len > in->end_matched ? PASTE_WAIT_MS : 0;
    case ESC:
        return escape_ms;
    case CSI:
    case SS3:
    case STRING:
        return in->n_seq ? SEQUENCE_WAIT_MS : escape_ms;
    default:
        return SEQUENCE_WAIT_MS;
    }
}

void input_flush(struct input *in)
{
    enum state state = in->state;

    if (state == PASTE) {
        emit_paste(in, false);
        return;
    }
    in->state = GROUND;
    in->n_utf8 = 0;
    if (state == ESC) {
        release_alt(in);
        emit_key(in, KEY_ESCAPE, 0);
    } else if ((state == CSI || state == SS3 || state == STRING) && in->n_seq == 0) {
        /* Alt-[, Alt-O and their like. */
        release_alt(in);
        emit_key(in, (unsigned char)in->introducer, MOD_ALT);
    }
    in->alt = false;
}
