/* SPDX-License-Identifier: MIT */
#include "tui/glyph.h"

#include <stdbool.h>

#define REPLACEMENT_GLYPH 0xfffd

/* Joiners and emoji selectors change widths in some terminals only. */
static bool is_harmless_mark(uint32_t mark)
{
    return wcwidth((wchar_t)mark) == 0 && mark != 0x200d && (mark & ~0xfu) != 0xfe00;
}

static int blank(wchar_t chars[GLYPH_CHARS])
{
    chars[0] = L' ';
    chars[1] = L'\0';
    return 1;
}

int glyph_chars_odd(const struct cell *row, int x, int cols, wchar_t chars[GLYPH_CHARS])
{
    const struct cell *cell = &row[x];
    bool wide = cell->width == 2 && x + 1 < cols && row[x + 1].flags & CELL_CONTINUATION;
    uint32_t base = GLYPH_AT(cell->glyph, 0);
    int n = 0;

    /* A half without its other half is a space. */
    if (!cell->glyph || cell->flags & CELL_CONTINUATION || (cell->width == 2 && !wide))
        return blank(chars);
    int width = base < 0x7f ? 1 : wcwidth((wchar_t)base);
    if (base < ' ' || base == 0x7f || width == 0)
        return blank(chars);
    if (width < 0 || (width == 2 && !wide))
        base = REPLACEMENT_GLYPH;
    chars[n++] = (wchar_t)base;
    for (int i = 1; i < GLYPH_CODEPOINTS && GLYPH_AT(cell->glyph, i); i++)
        if (is_harmless_mark(GLYPH_AT(cell->glyph, i)))
            chars[n++] = (wchar_t)GLYPH_AT(cell->glyph, i);
    chars[n] = L'\0';
    return width == 2 && wide ? 2 : 1;
}
