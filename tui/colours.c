/* SPDX-License-Identifier: MIT */
#include "tui/colours.h"

static const uint32_t basic[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};
static const uint8_t steps[6] = {0, 95, 135, 175, 215, 255};

uint32_t colours_rgb(int index)
{
    if (index < 16)
        return basic[index & 15];
    if (index >= 232)
        return (uint32_t)(8 + (index - 232) * 10) * 0x010101u;
    index -= 16;
    return (uint32_t)steps[index / 36 % 6] << 16 | (uint32_t)steps[index / 6 % 6] << 8 |
           steps[index % 6];
}

static int distance(uint32_t a, uint32_t b)
{
    int red = (int)(a >> 16 & 255) - (int)(b >> 16 & 255);
    int green = (int)(a >> 8 & 255) - (int)(b >> 8 & 255);
    int blue = (int)(a & 255) - (int)(b & 255);

    /* The eye sees green best and blue least. */
    return 3 * red * red + 4 * green * green + 2 * blue * blue;
}

static int nearest_step(uint32_t value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (int)(value - 35) / 40;
}

int colours_nearest(uint32_t rgb, int n_colours)
{
    int best = 0;

    if (n_colours >= 256) {
        int cube = 16 + 36 * nearest_step(rgb >> 16 & 255) + 6 * nearest_step(rgb >> 8 & 255) +
                   nearest_step(rgb & 255);
        int level = (int)((rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255)) / 3;
        int grey = level < 8 ? 232 : level > 238 ? 255 : 232 + (level - 3) / 10;

        return distance(colours_rgb(grey), rgb) < distance(colours_rgb(cube), rgb) ? grey : cube;
    }
    for (int i = 1; i < n_colours; i++)
        if (distance(basic[i], rgb) < distance(basic[best], rgb))
            best = i;
    return best;
}

static int index_number(int index, int n_colours, bool *bright)
{
    if (n_colours >= 256)
        return index;
    if (index >= 16)
        index = colours_nearest(colours_rgb(index), n_colours >= 16 ? 16 : 8);
    if (n_colours >= 16)
        return index;
    *bright = index >= 8;
    return index & 7;
}

int colours_number(colour c, int n_colours, bool direct, bool *bright)
{
    uint32_t rgb = c & 0xffffff;

    *bright = false;
    if (COLOUR_IS_INDEX(c))
        return index_number((int)(c & 0xff), n_colours, bright);
    if (!COLOUR_IS_RGB(c))
        return -1;
    if (direct)
        return rgb < 256 ? (int)(rgb | 0x100) : (int)rgb; /* below 256 the palette is meant */
    n_colours = n_colours >= 256 ? 256 : n_colours >= 16 ? 16 : 8;
    return index_number(colours_nearest(rgb, n_colours), n_colours, bright);
}

static bool is_black(colour c)
{
    return !(COLOUR_IS_INDEX(c) ? colours_rgb((int)(c & 0xff)) : c & 0xffffff);
}

int colours_text(colour fg, colour bg, int n_colours, bool direct, uint16_t *attrs)
{
    bool bright, ignored;
    int number = colours_number(fg, n_colours, direct, &bright);
    int ground = colours_number(bg, n_colours, direct, &ignored);

    /* Many terminals show bold black as black. */
    if (n_colours < 16 && !direct && !number && !is_black(fg) && ground <= 0) {
        *attrs |= ground < 0 ? ATTR_DIM : 0;
        return ground < 0 ? -1 : 7;
    }
    *attrs |= bright ? ATTR_BOLD : 0;
    return number;
}
