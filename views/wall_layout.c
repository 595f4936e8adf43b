/* SPDX-License-Identifier: MIT */
#include "views/wall_layout.h"

#include "base/alloc.h"

/* A whole terminal with its header: larger tiles show nothing more. */
#define WHOLE_ROWS 25
#define WHOLE_COLS 81

static const struct {
    int rows, cols;
} sizes[] = {{3, 12}, {4, 16}, {5, 20}, {7, 27}, {9, 40}, {13, 50}, {17, 66}, {25, 81}};

int wall_sizes(void)
{
    return ARRAY_LEN(sizes);
}

static int at_least_one(int n)
{
    return n > 0 ? n : 1;
}

/* How much of a terminal a tile shows, in cells below its header; fewer count where lines of a
 * shell are cut, least where only a screen in small has room. */
static long worth(int rows, int cols)
{
    long down = (rows < WHOLE_ROWS ? rows : WHOLE_ROWS) - 1;
    long across = cols < WHOLE_COLS ? cols : WHOLE_COLS;

    if (rows <= WALL_TEXT_ROWS || cols <= WALL_TEXT_COLS)
        return down * across;
    return down * across * (cols >= 40 ? 4 : 3);
}

static struct wall_grid fit(size_t n, int height, int width)
{
    struct wall_grid best = {0};
    long best_worth = -1;

    for (int cols = 1; cols <= width / WALL_TILE_MIN_COLS && (size_t)cols <= n; cols++) {
        int rows = (int)((n + (size_t)cols - 1) / (size_t)cols);
        int h = height / rows, w = width / cols;

        if (h < WALL_TILE_MIN_ROWS || worth(h, w) <= best_worth)
            continue;
        best_worth = worth(h, w);
        best = (struct wall_grid){.rows = rows, .cols = cols};
    }
    return best;
}

struct wall_grid wall_grid_make(size_t n, int height, int width, int size)
{
    struct wall_grid g = {0};

    if (height < WALL_TILE_MIN_ROWS || width < WALL_TILE_MIN_COLS || !n)
        return (struct wall_grid){.height = height, .width = width};
    if (size == WALL_FIT)
        g = fit(n, height, width);
    if (!g.rows) {
        /* Not all fit on one page: a size that can still be read. */
        size = size == WALL_FIT ? 1 : size;
        g.rows = at_least_one(height / sizes[size].rows);
        g.cols = at_least_one(width / sizes[size].cols);
    }
    g.height = height;
    g.width = width;
    return g;
}

int wall_size_step(const struct wall_grid *g, int size, int step)
{
    int n = wall_sizes();

    if (size == WALL_FIT && g->rows) {
        int h = g->height / g->rows, w = g->width / g->cols;

        size = 0;
        while (size + 1 < n && sizes[size + 1].rows <= h && sizes[size + 1].cols <= w)
            size++;
    }
    size += step;
    return size < 0 ? 0 : size < n ? size : n - 1;
}

struct rect wall_grid_place(const struct wall_grid *g, size_t i)
{
    int row = (int)(i / (size_t)g->cols), col = (int)(i % (size_t)g->cols);
    /* What does not divide evenly is spread over the tiles. */
    int y = g->height * row / g->rows, x = g->width * col / g->cols;

    return (struct rect){y, x, g->height * (row + 1) / g->rows - y,
                         g->width * (col + 1) / g->cols - x};
}

long wall_grid_at(const struct wall_grid *g, int y, int x)
{
    for (size_t i = 0; i < (size_t)g->rows * (size_t)g->cols; i++) {
        struct rect r = wall_grid_place(g, i);

        if (y >= r.y && y < r.y + r.h && x >= r.x && x < r.x + r.w)
            return (long)i;
    }
    return -1;
}
