/* SPDX-License-Identifier: MIT
 *
 * SGR: parameters into a style and a style into parameters.
 *
 * Colours come as 38;5;N and 38;2;R;G;B, with colons (38:5:N, 38:2:R:G:B) and, as ISO 8613-6 has
 * it, with a colour space between (38:2::R:G:B).
 */
#include "vterm/internal.h"

static bool is_colon(const struct csi *csi, int i)
{
    return i < csi->n && csi->colon >> i & 1;
}

static int colour_part(const struct csi *csi, int i)
{
    int value = csi_param(csi, i, 0);

    return value > 255 ? 255 : value;
}

/* The colon group from i (the 38 or 48) to before end. */
static void colour_from_colons(colour *c, const struct csi *csi, int i, int end)
{
    int kind = csi_param(csi, i + 1, -1);

    if (kind == 5 && end - i >= 3) {
        *c = COLOUR_INDEX(colour_part(csi, i + 2));
    } else if (kind == 2 && end - i >= 5) {
        int first = end - i >= 6 ? i + 3 : i + 2;

        *c = COLOUR_RGB(colour_part(csi, first), colour_part(csi, first + 1),
                        colour_part(csi, first + 2));
    }
}

/* Returns the index of the first parameter after the colour. */
static int colour_from_list(colour *c, const struct csi *csi, int i)
{
    int kind = csi_param(csi, i + 1, -1);

    if (kind == 5) {
        if (i + 2 < csi->n)
            *c = COLOUR_INDEX(colour_part(csi, i + 2));
        return i + 3;
    }
    if (kind == 2) {
        if (i + 4 < csi->n)
            *c = COLOUR_RGB(colour_part(csi, i + 2), colour_part(csi, i + 3),
                            colour_part(csi, i + 4));
        return i + 5;
    }
    return csi->n;
}

#define ATTR_UNDERLINES                                                                            \
    (ATTR_UNDERLINE | ATTR_UNDERLINE_DOUBLE | ATTR_UNDERLINE_CURLY | ATTR_UNDERLINE_DOTTED |       \
     ATTR_UNDERLINE_DASHED)

static void set_underline(struct style *pen, int kind)
{
    static const uint16_t kinds[] = {
        0,
        ATTR_UNDERLINE,
        ATTR_UNDERLINE_DOUBLE,
        ATTR_UNDERLINE_CURLY,
        ATTR_UNDERLINE | ATTR_UNDERLINE_DOTTED,
        ATTR_UNDERLINE | ATTR_UNDERLINE_DASHED,
    };

    pen->attrs &= (uint16_t)~ATTR_UNDERLINES;
    pen->attrs |= (size_t)kind < ARRAY_LEN(kinds) ? kinds[kind] : ATTR_UNDERLINE;
}

/* What 0..29 put into and take from the attributes; colours stand below. */
static const struct {
    uint16_t set, clear;
} attributes[30] = {
    [1] = {ATTR_BOLD, 0},
    [2] = {ATTR_DIM, 0},
    [3] = {ATTR_ITALIC, 0},
    [4] = {ATTR_UNDERLINE, ATTR_UNDERLINES},
    [5] = {ATTR_BLINK, 0},
    [6] = {ATTR_BLINK, 0},
    [7] = {ATTR_REVERSE, 0},
    [8] = {ATTR_CONCEAL, 0},
    [9] = {ATTR_STRIKE, 0},
    [21] = {ATTR_UNDERLINE_DOUBLE, ATTR_UNDERLINES},
    [22] = {0, ATTR_BOLD | ATTR_DIM},
    [23] = {0, ATTR_ITALIC},
    [24] = {0, ATTR_UNDERLINES},
    [25] = {0, ATTR_BLINK},
    [27] = {0, ATTR_REVERSE},
    [28] = {0, ATTR_CONCEAL},
    [29] = {0, ATTR_STRIKE},
};

static void apply_simple(struct term *t, int value)
{
    struct style *pen = &t->pen;

    if (value <= 0) {
        *pen = (struct style){.link = pen->link, .attrs = pen->attrs & ATTR_PROTECTED};
        if (pen->link)
            extra_set_underline(t, COLOUR_DEFAULT);
    } else if (value < 30) {
        pen->attrs &= (uint16_t)~attributes[value].clear;
        pen->attrs |= attributes[value].set;
    } else if (value <= 37) {
        pen->fg = COLOUR_INDEX(value - 30);
    } else if (value == 39) {
        pen->fg = COLOUR_DEFAULT;
    } else if (value >= 40 && value <= 47) {
        pen->bg = COLOUR_INDEX(value - 40);
    } else if (value == 49) {
        pen->bg = COLOUR_DEFAULT;
    } else if (value == 53) {
        pen->attrs |= ATTR_OVERLINE;
    } else if (value == 55) {
        pen->attrs &= (uint16_t)~ATTR_OVERLINE;
    } else if (value == 59) {
        extra_set_underline(t, COLOUR_DEFAULT);
    } else if (value >= 90 && value <= 97) {
        pen->fg = COLOUR_INDEX(value - 90 + 8);
    } else if (value >= 100 && value <= 107) {
        pen->bg = COLOUR_INDEX(value - 100 + 8);
    }
}

/* 38, 48 and 58 with what belongs to them. Returns where the next parameter is. */
static int apply_colour(struct term *t, const struct csi *csi, int i, int end)
{
    int value = csi->params[i];
    colour underline = term_underline_colour(t, t->pen.link);
    colour *c = value == 38 ? &t->pen.fg : value == 48 ? &t->pen.bg : &underline;

    if (end == i + 1)
        end = colour_from_list(c, csi, i);
    else
        colour_from_colons(c, csi, i, end);
    if (value == 58)
        extra_set_underline(t, underline);
    return end;
}

/* One parameter with the colon parts after it. Returns where the next one is. */
static int apply_at(struct term *t, const struct csi *csi, int i)
{
    int value = csi_param(csi, i, 0), end = i + 1;

    while (is_colon(csi, end))
        end++;
    if (value == 38 || value == 48 || value == 58)
        return apply_colour(t, csi, i, end);
    if (value == 4 && end > i + 1)
        set_underline(&t->pen, csi_param(csi, i + 1, 1));
    else if (end == i + 1)
        apply_simple(t, value);
    return end;
}

void sgr_apply(struct term *t, const struct csi *csi)
{
    for (int i = 0; i < csi->n;)
        i = apply_at(t, csi, i);
}

static void format_colour(colour c, int base, struct buf *out)
{
    uint32_t value = c & 0xffffff;

    if (COLOUR_IS_RGB(c))
        buf_printf(out, ";%d;2;%u;%u;%u", base + 8, value >> 16, value >> 8 & 0xff, value & 0xff);
    else if (COLOUR_IS_INDEX(c) && value < 8)
        buf_printf(out, ";%u", (unsigned)base + value);
    else if (COLOUR_IS_INDEX(c) && value < 16)
        buf_printf(out, ";%u", (unsigned)base + 60 + value - 8);
    else if (COLOUR_IS_INDEX(c))
        buf_printf(out, ";%d;5;%u", base + 8, value);
}

void sgr_format(struct style style, colour underline, struct buf *out)
{
    static const char *const codes[] = {";1", ";2", ";3", ";4",   ";21",  ";4:3", ";5",
                                        ";7", ";8", ";9", ";4:4", ";4:5", ";53"};
    uint32_t value = underline & 0xffffff;

    buf_append_str(out, "\033[0");
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (style.attrs & 1u << i)
            buf_append_str(out, codes[i]);
    format_colour(style.fg, 30, out);
    format_colour(style.bg, 40, out);
    if (COLOUR_IS_RGB(underline))
        buf_printf(out, ";58:2::%u:%u:%u", value >> 16, value >> 8 & 0xff, value & 0xff);
    else if (COLOUR_IS_INDEX(underline))
        buf_printf(out, ";58:5:%u", value);
    buf_append_char(out, 'm');
}
