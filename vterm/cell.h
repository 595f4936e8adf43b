/* SPDX-License-Identifier: MIT
 *
 * One character cell, as a terminal's grid holds it and as the toolkit draws it.
 */
#ifndef VTERM_CELL_H
#define VTERM_CELL_H

#include <stdbool.h>
#include <stdint.h>

/* Kind in the top byte, value below; zero is the terminal's default. */
typedef uint32_t colour;
#define COLOUR_DEFAULT  ((colour)0)
#define COLOUR_INDEX(i) ((colour)(1u << 24 | ((uint32_t)(i)&0xff)))
#define COLOUR_RGB(r, g, b)                                                                        \
    ((colour)(2u << 24 | ((uint32_t)(r)&0xff) << 16 | ((uint32_t)(g)&0xff) << 8 |                  \
              ((uint32_t)(b)&0xff)))
#define COLOUR_IS_INDEX(c) ((c) >> 24 == 1)
#define COLOUR_IS_RGB(c)   ((c) >> 24 == 2)

enum {
    ATTR_BOLD = 1 << 0,
    ATTR_DIM = 1 << 1,
    ATTR_ITALIC = 1 << 2,
    ATTR_UNDERLINE = 1 << 3,
    ATTR_UNDERLINE_DOUBLE = 1 << 4,
    ATTR_UNDERLINE_CURLY = 1 << 5,
    ATTR_BLINK = 1 << 6,
    ATTR_REVERSE = 1 << 7,
    ATTR_CONCEAL = 1 << 8,
    ATTR_STRIKE = 1 << 9,
    /* With ATTR_UNDERLINE beside them, for who draws all lines alike. */
    ATTR_UNDERLINE_DOTTED = 1 << 10,
    ATTR_UNDERLINE_DASHED = 1 << 11,
    ATTR_OVERLINE = 1 << 12,
    ATTR_PROTECTED = 1 << 13, /* selective erase leaves it; nothing to see */
};

struct style {
    colour fg, bg;
    uint16_t attrs;
    uint16_t link; /* what term_link and term_underline_colour know more of; 0: nothing */
};

/* Zeroed memory is an empty cell in default colours. */
struct cell {
    uint64_t glyph; /* up to three code points of 21 bits, base in the lowest; 0: nothing written */
    struct style style;
    uint8_t width; /* 1 or 2; 0 with glyph 0 is an empty cell */
    uint8_t flags; /* CELL_* */
    uint8_t pad[2];
};

enum {
    CELL_CONTINUATION = 1, /* right half of the wide character in the cell before it */
};

#define GLYPH_CODEPOINTS   3
#define GLYPH_AT(glyph, i) ((uint32_t)((glyph) >> (21 * (i)) & 0x1fffff))

static inline bool style_equal(struct style a, struct style b)
{
    return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs && a.link == b.link;
}

static inline bool cell_equal(const struct cell *a, const struct cell *b)
{
    return a->glyph == b->glyph && a->flags == b->flags && style_equal(a->style, b->style);
}

#endif
