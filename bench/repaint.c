/* SPDX-License-Identifier: MIT
 *
 *   repaint FILE    in a terminal; into FILE: MICROSECONDS_DRAWN MICROSECONDS_TAKEN
 * MICROSECONDS_BARE BYTES
 *
 * A screen on which every cell has a letter and colours of its own is drawn so that nothing of the
 * last one can stay: until its bytes are there, until the terminal has taken them, and how long the
 * terminal takes for as many bytes that nobody had to make. Medians.
 */
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/screen.h"

#define REPEATS 101

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double median_us(int64_t *ns)
{
    qsort(ns, REPEATS, sizeof *ns, by_size);
    int64_t median = ns[REPEATS / 2];
    return (double)median / 1e3;
}

/* Runs of three to twelve cells alike, as programs colour words. */
static void paint(struct cell *cells, size_t n)
{
    size_t left = 0;
    struct style style = {0};

    for (size_t i = 0; i < n; i++) {
        if (!left) {
            left = 3 + (size_t)random() % 10;
            style.fg = COLOUR_INDEX(random() % 256);
            style.bg = COLOUR_INDEX(random() % 8);
        }
        left--;
        cells[i] =
            (struct cell){.glyph = (uint64_t)('!' + random() % 90), .width = 1, .style = style};
    }
}

static void drain(struct screen *s)
{
    struct pollfd p = {screen_fd(s), POLLOUT, 0};

    while (screen_pending(s) && poll(&p, 1, -1) >= 0 && screen_flush(s) >= 0)
        continue;
}

static void repaint(struct screen *s, const char *file)
{
    int64_t drawn_ns[REPEATS], taken_ns[REPEATS], bare_ns[REPEATS];
    size_t bytes = 0;
    int rows, cols;

    screen_size(s, &rows, &cols);
    screen_resize(s, rows, cols);
    size_t n = (size_t)rows * (size_t)cols;
    cleanup_free struct cell *cells = xcalloc(n, sizeof *cells);
    for (int i = 0; i < REPEATS; i++) {
        paint(cells, n);
        screen_invalidate(s);
        int64_t begin_ns = clock_mono_ns();
        screen_draw(s, cells, (struct view_cursor){0});
        drawn_ns[i] = clock_mono_ns() - begin_ns;
        bytes = screen_pending(s);
        drain(s);
        taken_ns[i] = clock_mono_ns() - begin_ns;

        cleanup_free char *blank = xcalloc(bytes ? bytes : 1, 1);
        memset(blank, ' ', bytes);
        begin_ns = clock_mono_ns();
        screen_write(s, blank, bytes);
        drain(s);
        bare_ns[i] = clock_mono_ns() - begin_ns;
    }
    FILE *out = fopen(file, "we");
    if (out) {
        fprintf(out, "%.0f %.0f %.0f %zu\n", median_us(drawn_ns), median_us(taken_ns),
                median_us(bare_ns), bytes);
        fclose(out);
    }
}

int main(int argc, char **argv)
{
    struct err e = {0};

    setlocale(LC_ALL, "");
    if (argc != 2) {
        fputs("usage: repaint FILE\n", stderr);
        return 2;
    }
    struct screen *s = screen_open(NULL, false, &e);
    if (!s) {
        fprintf(stderr, "repaint: %s\n", e.text);
        return 1;
    }
    repaint(s, argv[1]);
    screen_close(s);
    return 0;
}
