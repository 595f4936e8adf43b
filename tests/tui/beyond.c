/* SPDX-License-Identifier: MIT */
#include "tests/tui/beyond.h"

#include <string.h>

#include "base/alloc.h"

const char *const beyond_links[BEYOND_LINKS] = {
    NULL, "https://a.example/1", "https://a.example/2?q=1;x", NULL, "http://b.example",
};
const colour beyond_underlines[BEYOND_LINKS] = {
    [2] = COLOUR_INDEX(9),
    [3] = COLOUR_RGB(10, 200, 30),
};

static const struct style styles[] = {
    {0},
    {.attrs = ATTR_UNDERLINE | ATTR_UNDERLINE_CURLY},
    {.attrs = ATTR_UNDERLINE | ATTR_UNDERLINE_CURLY, .link = 3},
    {.attrs = ATTR_UNDERLINE_DOUBLE, .fg = COLOUR_INDEX(3)},
    {.attrs = ATTR_UNDERLINE | ATTR_UNDERLINE_DOTTED, .link = 2},
    {.attrs = ATTR_UNDERLINE | ATTR_UNDERLINE_DASHED | ATTR_BOLD},
    {.attrs = ATTR_STRIKE | ATTR_ITALIC, .fg = COLOUR_RGB(200, 100, 50)},
    {.attrs = ATTR_OVERLINE, .bg = COLOUR_INDEX(20)},
    {.link = 1, .fg = COLOUR_INDEX(12)},
    {.link = 4, .attrs = ATTR_UNDERLINE | ATTR_REVERSE},
    {.attrs = ATTR_UNDERLINE},
    {.fg = COLOUR_INDEX(1), .bg = COLOUR_RGB(1, 2, 3)},
};

static unsigned any(unsigned *state, unsigned below)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 8) % below;
}

static void put(struct cell *row, int x, unsigned *state)
{
    struct style style = styles[any(state, 3) ? any(state, ARRAY_LEN(styles)) : 0];
    bool wide = any(state, 8) == 0 && x + 1 < BEYOND_COLS;

    row[x] = (struct cell){
        .glyph = wide ? 0x6f22 : 'a' + any(state, 3), .width = wide ? 2 : 1, .style = style};
    if (wide)
        row[x + 1] = (struct cell){.flags = CELL_CONTINUATION, .style = style};
}

/* No half of a wide character without its other half, or with another style. */
static void mend(struct cell *row)
{
    for (int x = 0; x < BEYOND_COLS; x++) {
        bool second = x > 0 && row[x - 1].width == 2;
        bool whole = x + 1 < BEYOND_COLS && row[x + 1].flags & CELL_CONTINUATION;

        if ((row[x].flags & CELL_CONTINUATION && !second) || (row[x].width == 2 && !whole))
            row[x] = (struct cell){.glyph = 'h', .width = 1};
        else if (second)
            row[x].style = row[x - 1].style;
    }
}

static void change(struct cell *row, unsigned *state)
{
    int x = (int)any(state, BEYOND_COLS), n = 1 + (int)any(state, 30);

    n = x + n > BEYOND_COLS ? BEYOND_COLS - x : n;
    switch (any(state, 7)) {
    case 0: /* the same text, and something else with it */
        for (int i = x; i < x + n; i++)
            row[i].style = styles[n % (int)ARRAY_LEN(styles)];
        break;
    case 1: /* what a terminal shifts */
        memmove(row + x, row + x + n, (size_t)(BEYOND_COLS - x - n) * sizeof *row);
        memset(row + BEYOND_COLS - n, 0, (size_t)n * sizeof *row);
        break;
    case 2:
        memmove(row + x + n, row + x, (size_t)(BEYOND_COLS - x - n) * sizeof *row);
        break;
    case 3:
        memset(row + x, 0, (size_t)(BEYOND_COLS - x) * sizeof *row);
        break;
    case 4:
        memset(row, 0, (size_t)x * sizeof *row);
        break;
    default:
        for (int i = x; i < x + n; i++)
            put(row, i, state);
    }
    mend(row);
}

void beyond_next(beyond_screen cells, unsigned n)
{
    unsigned state = n * 7919;
    int rows = any(&state, 4) ? 3 : BEYOND_ROWS;

    for (int i = 0; i < rows; i++)
        for (int times = 3; times; times--)
            change(cells[any(&state, BEYOND_ROWS)], &state);
    if (any(&state, 5) == 0) /* as output scrolls */
        memmove(cells[0], cells[1], sizeof(beyond_screen) - sizeof cells[0]);
}
