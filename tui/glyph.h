/* SPDX-License-Identifier: MIT
 *
 * What of a cell's text a terminal is given, whatever is in the cell.
 */
#ifndef TUI_GLYPH_H
#define TUI_GLYPH_H

#include <wchar.h>

#include "vterm/cell.h"

#define GLYPH_CHARS (GLYPH_CODEPOINTS + 1) /* with the end */

/* Makes chars the characters, ended by 0, that stand at column x of a row, and returns how many
 * columns they take: 1 or 2. Never a control, nor one whose width the C library sees otherwise: it
 * would shift the rest of its row. */
int glyph_chars_odd(const struct cell *row, int x, int cols, wchar_t chars[GLYPH_CHARS]);
static inline int glyph_chars(const struct cell *row, int x, int cols, wchar_t chars[GLYPH_CHARS])
{
    uint64_t glyph = row[x].glyph;

    /* Nearly all there are. */
    if (glyph && (glyph < ' ' || glyph >= 0x7f || row[x].width != 1))
        return glyph_chars_odd(row, x, cols, chars);
    chars[0] = glyph ? (wchar_t)glyph : L' ';
    chars[1] = L'\0';
    return 1;
}

#endif
