/* SPDX-License-Identifier: MIT
 *
 * Bytes into characters, controls and sequences: the state machine of ECMA-48 with UTF-8 in the
 * ground state. Every stored length is bounded here; what is longer is read to its end and dropped.
 */
#include "vterm/internal.h"

#include <string.h>

#include "base/text.h"

static void enter_escape(struct term *t)
{
    t->state = PARSE_ESCAPE;
    t->escape_intermediate = 0;
    t->escape_ignore = false;
}

static void enter_csi(struct term *t)
{
    t->state = PARSE_CSI;
    t->csi.prefix = t->csi.intermediate = 0;
    t->csi.ignore = false;
    t->csi.n = 1;
    t->csi.params[0] = -1;
    t->csi.colon = 0;
}

static void enter_string(struct term *t, char kind)
{
    t->state = PARSE_STRING;
    t->string_kind = kind;
    t->string_overflow = false;
    t->string_last = 0;
    buf_clear(&t->string);
}

/* The part of ESC c and of the C1 control c + 0x40 that goes on with more bytes. */
static bool enter_sequence(struct term *t, unsigned char c)
{
    switch (c) {
    case '[':
        enter_csi(t);
        return true;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
    case 'k': /* screen's title, as tmux has it */
        enter_string(t, (char)c);
        return true;
    default:
        return false;
    }
}

static void step_escape(struct term *t, unsigned char c)
{
    if (c >= 0x20 && c <= 0x2f) {
        t->escape_ignore |= t->escape_intermediate != 0;
        t->escape_intermediate = (char)c;
        return;
    }
    t->state = PARSE_GROUND;
    if (c > 0x7e || t->escape_ignore)
        return;
    if (!t->escape_intermediate && enter_sequence(t, c))
        return;
    t->last_glyph = 0;
    control_escape(t, t->escape_intermediate, (char)c);
}

static void csi_digit(struct csi *csi, int digit)
{
    int *value = &csi->params[csi->n - 1];

    *value = *value < 0 ? digit : *value * 10 + digit;
    if (*value > PARAM_MAX)
        *value = PARAM_MAX;
}

static void csi_separator(struct csi *csi, bool colon)
{
    if (csi->n == CSI_PARAMS_MAX) {
        csi->ignore = true;
        return;
    }
    if (colon)
        csi->colon |= 1u << csi->n;
    csi->params[csi->n++] = -1;
}

/* Numbers and what separates them, which is most of a sequence. */
static const char *csi_parameters(struct csi *csi, const char *p, const char *end)
{
    for (; p < end && *p >= '0' && *p <= ';'; p++) {
        csi->ignore |= csi->intermediate != 0;
        if (*p <= '9')
            csi_digit(csi, *p - '0');
        else
            csi_separator(csi, *p == ':');
    }
    return p;
}

static void step_csi(struct term *t, unsigned char c)
{
    struct csi *csi = &t->csi;

    if (c >= 0x3c && c <= 0x3f) {
        csi->ignore |= csi->prefix || csi->n > 1 || csi->params[0] >= 0;
        csi->prefix = (char)c;
    } else if (c >= 0x20 && c <= 0x2f) {
        csi->ignore |= csi->intermediate != 0;
        csi->intermediate = (char)c;
    } else if (c >= 0x40 && c <= 0x7e) {
        t->state = PARSE_GROUND;
        csi->final = (char)c;
        if (!csi->ignore)
            csi_dispatch(t, csi);
    } else {
        t->state = PARSE_GROUND;
    }
}

static void end_string(struct term *t, bool bel)
{
    t->state = PARSE_GROUND;
    t->string_bel = bel;
    if (!t->string_overflow && t->string_kind == ']')
        osc_dispatch(t, t->string.data ? t->string.data : "", t->string.len);
    else if (!t->string_overflow && t->string_kind == 'P')
        dcs_dispatch(t, t->string.data ? t->string.data : "", t->string.len);
    else if (!t->string_overflow && t->string_kind == 'k')
        title_set(t, t->string.data ? t->string.data : "", t->string.len);
    if (t->string.cap > 4096)
        buf_finish(&t->string);
    else
        buf_clear(&t->string);
}

static void string_append(struct term *t, const char *bytes, size_t n)
{
    if (t->string_kind != ']' && t->string_kind != 'P' && t->string_kind != 'k')
        return;
    if (n > STRING_MAX_BYTES - t->string.len)
        t->string_overflow = true;
    if (!t->string_overflow)
        buf_append(&t->string, bytes, n);
}

/* Takes bytes of a string up to something with a meaning, and that. */
static const char *step_string(struct term *t, const char *p, const char *end)
{
    const char *start = p;

    while (p < end && (unsigned char)*p >= 0x20 && *p != 0x7f && (unsigned char)*p != 0x9c)
        p++;
    if (p > start) {
        string_append(t, start, (size_t)(p - start));
        t->string_last = (unsigned char)p[-1];
    }
    if (p == end)
        return p;
    if ((unsigned char)*p == 0x9c) {
        /* C2 9C is the terminator of C1 in UTF-8; in other characters 9C is a byte like others. */
        if (t->string_last == 0xc2) {
            if (t->string.len && !t->string_overflow)
                t->string.data[--t->string.len] = '\0';
            end_string(t, false);
        } else {
            string_append(t, p, 1);
            t->string_last = 0x9c;
        }
        return p + 1;
    }
    if (*p == 0x1b)
        t->state = PARSE_STRING_ESCAPE;
    else if (*p == 0x07 && t->string_kind == ']') /* in others it is a byte that does nothing */
        end_string(t, true);
    else if (*p == 0x18 || *p == 0x1a)
        t->state = PARSE_GROUND;
    return p + 1;
}

/* One byte of a sequence that is not a string. */
static void step(struct term *t, unsigned char c)
{
    if (c == 0x1b)
        enter_escape(t);
    else if (c == 0x18 || c == 0x1a)
        t->state = PARSE_GROUND;
    else if (c < 0x20) {
        t->last_glyph = 0;
        control_c0(t, c);
    } else if (c == 0x7f)
        return;
    else if (t->state == PARSE_ESCAPE)
        step_escape(t, c);
    else
        step_csi(t, c);
}

/* U+0080..U+009F are the C1 controls. As single bytes they are invalid UTF-8 and shown as such, as
 * every terminal in UTF-8 has it. */
static void ground_codepoint(struct term *t, uint32_t c)
{
    if (c >= 0x80 && c < 0xa0) {
        if (!enter_sequence(t, (unsigned char)(c - 0x40)))
            control_escape(t, 0, (char)(c - 0x40));
    } else {
        print_codepoint(t, c);
    }
}

/* A character of which an earlier feed brought the beginning. */
static const char *finish_character(struct term *t, const char *p, const char *end)
{
    char bytes[8];
    size_t n = t->n_utf8;
    uint32_t c;

    memcpy(bytes, t->utf8, n);
    for (const char *q = p; q < end && n < 4; q++)
        bytes[n++] = *q;
    if (utf8_incomplete_tail(bytes, n) == n) {
        memcpy(t->utf8, bytes, n);
        t->n_utf8 = (uint8_t)n;
        return end;
    }
    size_t used = utf8_decode(bytes, n, &c);

    p += used - t->n_utf8;
    t->n_utf8 = 0;
    ground_codepoint(t, c);
    return p;
}

/* The common two- and three-byte characters, where no lead byte needs a second look. Returns the
 * bytes used, or 0 for utf8_decode to look. */
static size_t decode_common(const unsigned char *p, size_t n, uint32_t *c)
{
    if (n >= 2 && p[0] >= 0xc2 && p[0] < 0xe0 && (p[1] & 0xc0) == 0x80) {
        *c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        return 2;
    }
    if (n >= 3 && p[0] > 0xe0 && p[0] < 0xed && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
        *c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        return 3;
    }
    return 0;
}

static const char *ground_utf8(struct term *t, const char *p, const char *end)
{
    size_t rest = (size_t)(end - p);
    uint32_t c;
    size_t used = decode_common((const unsigned char *)p, rest, &c);

    if (!used && rest < 4 && utf8_incomplete_tail(p, rest) == rest) {
        memcpy(t->utf8, p, rest);
        t->n_utf8 = (uint8_t)rest;
        return end;
    }
    if (!used)
        used = utf8_decode(p, rest, &c);
    ground_codepoint(t, c);
    return p + used;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f;
}

static const char *ground(struct term *t, const char *p, const char *end)
{
    const char *start = p;

    while (p < end && is_plain((unsigned char)*p))
        p++;
    if (p > start)
        print_ascii(t, start, (size_t)(p - start));
    if (p == end)
        return p;
    if ((unsigned char)*p >= 0x80)
        return ground_utf8(t, p, end);
    if (*p == 0x1b && end - p > 1 && p[1] == '[') {
        enter_csi(t);
        return p + 2;
    }
    step(t, (unsigned char)*p);
    return p + 1;
}

void parse_bytes(struct term *t, const char *p, size_t n)
{
    const char *end = p + n;

    if (t->n_utf8 && n)
        p = finish_character(t, p, end);
    while (p < end) {
        switch (t->state) {
        case PARSE_GROUND:
            p = ground(t, p, end);
            break;
        case PARSE_STRING:
            p = step_string(t, p, end);
            break;
        case PARSE_STRING_ESCAPE:
            if (*p == '\\') {
                end_string(t, false);
                p++;
            } else {
                /* Anything but a terminator cancels the string and starts a sequence of its own. */
                enter_escape(t);
            }
            break;
        case PARSE_CSI:
            p = csi_parameters(&t->csi, p, end);
            if (p == end)
                break;
            /* fall through */
        case PARSE_ESCAPE:
            /* A character that is no part of a sequence breaks it off and stands. */
            if ((unsigned char)*p >= 0x80)
                t->state = PARSE_GROUND;
            else
                step(t, (unsigned char)*p++);
            break;
        }
    }
}
