/* SPDX-License-Identifier: MIT
 *
 * See outer.h. A row → runs of cells of one style → place, attributes, link, text. Nothing stays on
 * behind a run, so no other byte of the frame needs to know of this.
 */
#include "tui/outer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/colours.h"
#include "tui/glyph.h"

#define LINKS_MAX        2048
#define KEYS_MAX_BYTES   ((size_t)1 << 20)
#define URI_MAX          2083
#define FRAME_LINK_BYTES ((size_t)128 << 10)
#define STYLED_UNDERLINES                                                                          \
    (ATTR_UNDERLINE_DOUBLE | ATTR_UNDERLINE_CURLY | ATTR_UNDERLINE_DOTTED | ATTR_UNDERLINE_DASHED)

struct link {
    UT_hash_handle hh;
    uint16_t number;
    colour underline;
    size_t n_key;
    char key[]; /* the colour's bytes, address, NUL */
};

struct outer {
    struct outer_support support;
    int n_colours;
    bool direct;
    uint16_t attrs;                    /* those that the terminal shows and curses does not */
    struct link *by_key;               /* borrowed */
    struct link *links[LINKS_MAX + 1]; /* owned, each */
    uint16_t n_links;
    size_t n_bytes;
    bool full;
    size_t left; /* of FRAME_LINK_BYTES */
};

/* --- what the terminal can --- */

static bool begins_with_one(const char *value, const char *const *names)
{
    for (; value && *names; names++)
        if (strncmp(value, *names, strlen(*names)) == 0)
            return true;
    return false;
}

static bool is_at_least(const char *variable, long version)
{
    const char *value = getenv(variable);

    return value && strtol(value, NULL, 10) >= version;
}

/* What stands in the environment about the terminal around tmux says nothing about tmux. */
static bool tmux_can(void)
{
    const char *version = getenv("TERM_PROGRAM_VERSION"), *program = getenv("TERM_PROGRAM");
    char *end;

    if (!program || strcmp(program, "tmux") != 0 || !version)
        return false;
    long major = strtol(version, &end, 10);
    return major > 3 || (major == 3 && *end == '.' && strtol(end + 1, NULL, 10) >= 4);
}

static bool is_known(const char *term)
{
    static const char *const programs[] = {"iTerm",  "WezTerm", "ghostty", "vscode",
                                           "mintty", "rio",     NULL};
    static const char *const terms[] = {"xterm-kitty", "foot",          "alacritty", "wezterm",
                                        "contour",     "xterm-ghostty", NULL};

    return begins_with_one(getenv("TERM_PROGRAM"), programs) ||
           begins_with_one(getenv("LC_TERMINAL"), programs) || begins_with_one(term, terms) ||
           getenv("KITTY_WINDOW_ID") || getenv("WT_SESSION") ||
           is_at_least("KONSOLE_VERSION", 220400) || is_at_least("VTE_VERSION", 5200);
}

struct outer_support outer_detect(const char *term, struct outer_support said)
{
    static const struct outer_support all = {true, true, true, true};
    bool can = getenv("TMUX") ? tmux_can() : !getenv("STY") && is_known(term);

    said.links = false;
    return can ? all : said;
}

struct outer *outer_create(struct outer_support support, int n_colours, bool direct)
{
    struct outer *o = xcalloc(1, sizeof *o);

    o->support = support;
    o->n_colours = n_colours;
    o->direct = direct;
    o->attrs =
        (uint16_t)((support.underlines ? STYLED_UNDERLINES : 0) |
                   (support.strike ? ATTR_STRIKE : 0) | (support.overline ? ATTR_OVERLINE : 0));
    return o;
}

void outer_destroy(struct outer *o)
{
    if (!o)
        return;
    outer_forget_links(o);
    free(o);
}

/* --- links --- */

static bool is_passed_on(const char *uri)
{
    static const char *const schemes[] = {
        "http:", "https:", "mailto:", "ftp:", "ftps:", "irc:", "ircs:", "gemini:", "gopher:"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncasecmp(uri, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

static bool is_spelled_as_is(char c)
{
    return c > ' ' && c < 0x7f;
}

/* What is not ASCII is spelled as URIs spell it: some terminals take nothing else. One that is too
 * long then is never in the table, so it comes here again each frame: it is only counted. */
static void append_uri(struct buf *out, const char *uri)
{
    static const char hex[] = "0123456789ABCDEF";
    char spelled[URI_MAX];
    size_t n = 0;

    if (!is_passed_on(uri))
        return;
    for (const char *c = uri; *c && n <= URI_MAX; c++)
        n += is_spelled_as_is(*c) ? 1 : 3;
    if (n > URI_MAX)
        return;
    for (char *to = spelled; *uri; uri++) {
        if (is_spelled_as_is(*uri)) {
            *to++ = *uri;
        } else {
            *to++ = '%';
            *to++ = hex[(unsigned char)*uri >> 4];
            *to++ = hex[*uri & 15];
        }
    }
    buf_append(out, spelled, n);
}

uint16_t outer_link(struct outer *o, const char *uri, colour underline)
{
    cleanup_buf struct buf key = {0};
    struct link *l = NULL;

    underline = o->support.underlines ? underline : COLOUR_DEFAULT;
    buf_append(&key, &underline, sizeof underline);
    if (uri && o->support.links)
        append_uri(&key, uri);
    if (key.len == sizeof underline && !underline)
        return 0;
    buf_append_char(&key, '\0');
    HASH_FIND(hh, o->by_key, key.data, key.len, l);
    if (l)
        return l->number | OUTER_LINK;
    if (o->n_links == LINKS_MAX || o->n_bytes + key.len > KEYS_MAX_BYTES) {
        o->full = true;
        return 0;
    }
    l = xcalloc(1, sizeof *l + key.len);
    l->number = ++o->n_links;
    l->underline = underline;
    l->n_key = key.len;
    memcpy(l->key, key.data, key.len);
    o->links[l->number] = l;
    o->n_bytes += key.len;
    HASH_ADD_KEYPTR(hh, o->by_key, l->key, l->n_key, l);
    return l->number | OUTER_LINK;
}

static const struct link *link_of(const struct outer *o, uint16_t number)
{
    uint16_t i = number & (uint16_t)~OUTER_LINK;

    return number & OUTER_LINK && i <= o->n_links ? o->links[i] : NULL;
}

const char *outer_uri(const struct outer *o, uint16_t number)
{
    const struct link *l = link_of(o, number);
    const char *uri = l ? l->key + sizeof l->underline : "";

    return *uri ? uri : NULL;
}

bool outer_is_full(const struct outer *o)
{
    return o->full;
}

void outer_forget_links(struct outer *o)
{
    HASH_CLEAR(hh, o->by_key);
    for (; o->n_links; o->n_links--)
        free(o->links[o->n_links]);
    o->n_bytes = 0;
    o->full = false;
}

/* --- bytes --- */

bool outer_shows(const struct outer *o, struct style style)
{
    return style.attrs & o->attrs || style.link & OUTER_LINK;
}

void outer_begin(struct outer *o)
{
    o->left = FRAME_LINK_BYTES;
}

static void append_colour(int n, int base, struct buf *out)
{
    if (n >= 256)
        buf_printf(out, ";%d;2;%d;%d;%d", base + 8, n >> 16, n >> 8 & 255, n & 255);
    else if (n >= 16)
        buf_printf(out, ";%d;5;%d", base + 8, n);
    else if (n >= 8)
        buf_printf(out, ";%d", base + 60 + n - 8);
    else if (n >= 0)
        buf_printf(out, ";%d", base + n);
}

static void append_underline_colour(colour c, struct buf *out)
{
    if (COLOUR_IS_INDEX(c))
        buf_printf(out, "\x1b[58:5:%um", c & 0xff);
    else if (COLOUR_IS_RGB(c))
        buf_printf(out, "\x1b[58:2::%u:%u:%um", c >> 16 & 0xff, c >> 8 & 0xff, c & 0xff);
}

static int underline_of(const struct outer *o, uint16_t attrs)
{
    attrs = attrs & (o->attrs | ATTR_UNDERLINE);
    return attrs & ATTR_UNDERLINE_DOUBLE   ? 2
           : attrs & ATTR_UNDERLINE_CURLY  ? 3
           : attrs & ATTR_UNDERLINE_DOTTED ? 4
           : attrs & ATTR_UNDERLINE_DASHED ? 5
                                           : 0;
}

/* What has colons is said apart: a terminal that skips such a sequence has the rest. */
static void append_style(const struct outer *o, struct style style, struct buf *out)
{
    static const struct {
        uint16_t attrs;
        const char *code;
    } codes[] = {
        {ATTR_BOLD, ";1"},
        {ATTR_DIM, ";2"},
        {ATTR_ITALIC, ";3"},
        {ATTR_BLINK, ";5"},
        {ATTR_REVERSE, ";7"},
        {ATTR_CONCEAL, ";8"},
        {ATTR_UNDERLINE | STYLED_UNDERLINES, ";4"},
    };
    const struct link *l = link_of(o, style.link);
    bool ignored;
    int fg = -1, bg = -1;

    if (o->n_colours) {
        fg = colours_text(style.fg, style.bg, o->n_colours, o->direct, &style.attrs);
        bg = colours_number(style.bg, o->n_colours, o->direct, &ignored);
    }
    buf_append_str(out, "\x1b[0");
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (style.attrs & codes[i].attrs)
            buf_append_str(out, codes[i].code);
    if (style.attrs & o->attrs & ATTR_STRIKE)
        buf_append_str(out, ";9");
    if (style.attrs & o->attrs & ATTR_OVERLINE)
        buf_append_str(out, ";53");
    append_colour(fg, 30, out);
    append_colour(bg, 40, out);
    buf_append_char(out, 'm');
    if (underline_of(o, style.attrs))
        buf_printf(out, "\x1b[4:%dm", underline_of(o, style.attrs));
    if (l)
        append_underline_colour(l->underline, out);
}

/* The id has a link that goes over several lines light up whole. Returns whether it was begun. */
static bool begin_link(struct outer *o, uint16_t number, struct buf *out)
{
    const char *uri = outer_uri(o, number);
    size_t before = out->len;

    if (!uri || strlen(uri) + 32 > o->left)
        return false;
    buf_printf(out, "\x1b]8;id=sandpit%d;%s\x1b\\", number & ~OUTER_LINK, uri);
    o->left -= out->len - before;
    return true;
}

static void append_glyph(const wchar_t *chars, struct buf *out)
{
    char bytes[4];

    for (; *chars; chars++)
        buf_append(out, bytes, utf8_encode((uint32_t)*chars, bytes));
}

/* The glyph's columns from x, n of them. */
static bool is_wanted(const struct outer *o, int x, int n, const struct cell *now,
                      const struct cell *before)
{
    for (int i = x; i < x + n; i++)
        if (outer_shows(o, now[i].style) || (before && outer_shows(o, before[i].style)))
            return true;
    return false;
}

void outer_paint(struct outer *o, int y, int cols, const struct cell *now,
                 const struct cell *before, bool whole, struct buf *out)
{
    wchar_t chars[GLYPH_CHARS];
    const struct style *style = NULL; /* on now; NULL: none, and the cursor is elsewhere */
    bool linked = false;

    for (int x = 0, n; x < cols; x += n) {
        n = glyph_chars(now, x, cols, chars);
        bool wanted = whole || is_wanted(o, x, n, now, before);
        bool same = wanted && style && style_equal(*style, now[x].style);

        if (linked && !same)
            buf_append_str(out, "\x1b]8;;\x1b\\");
        linked = linked && same;
        if (wanted && !style)
            buf_printf(out, "\x1b[%d;%dH", y + 1, x + 1);
        if (wanted && !same) {
            append_style(o, now[x].style, out);
            linked = begin_link(o, now[x].style.link, out);
        }
        if (wanted)
            append_glyph(chars, out);
        style = wanted ? &now[x].style : NULL;
    }
    if (linked)
        buf_append_str(out, "\x1b]8;;\x1b\\");
}

const char *outer_leave(struct outer_support support)
{
    return support.links ? "\x1b\\\x1b]8;;\x1b\\" : "";
}
