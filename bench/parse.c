/* SPDX-License-Identifier: MIT
 *
 * How fast a terminal takes bytes: ours with 10,000 lines of scrollback at 200x50 against
 * libvterm's bare parser and state layer with callbacks that do nothing, which stores nothing.
 * Runs are interleaved and the medians printed, since single runs differ by a third.
 *
 * A corpus gets a carriage return before each line feed, as a tty would add it.
 *
 * Usage: parse [--memory] CORPUS…   (with --memory: bytes per 80x24 terminal after each corpus)
 * Feed libvterm no hostile file: it does not survive it.
 */
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vterm.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "vterm/term.h"

#define RUNS  7
#define CHUNK 65536

static int on_glyph(VTermGlyphInfo *info, VTermPos pos, void *user)
{
    return 1;
}

static int on_cursor(VTermPos pos, VTermPos old, int visible, void *user)
{
    return 1;
}

static int on_scroll(VTermRect rect, int downward, int rightward, void *user)
{
    return 1;
}

static int on_erase(VTermRect rect, int selective, void *user)
{
    return 1;
}

static int on_pen(VTermAttr attr, VTermValue *value, void *user)
{
    return 1;
}

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
    return 1;
}

static const VTermStateCallbacks nothing = {
    .putglyph = on_glyph,
    .movecursor = on_cursor,
    .scrollrect = on_scroll,
    .erase = on_erase,
    .setpenattr = on_pen,
    .settermprop = on_prop,
};

static double rate(size_t n, int64_t ns)
{
    return (double)n * 1e3 / (double)ns;
}

static double run_libvterm(const char *bytes, size_t n)
{
    VTerm *vt = vterm_new(50, 200);
    VTermState *state = vterm_obtain_state(vt);

    vterm_set_utf8(vt, 1);
    vterm_state_set_callbacks(state, &nothing, NULL);
    vterm_state_reset(state, 1);
    int64_t start = clock_mono_ns();
    for (size_t i = 0; i < n; i += CHUNK)
        vterm_input_write(vt, bytes + i, n - i < CHUNK ? n - i : CHUNK);
    int64_t end = clock_mono_ns();
    vterm_free(vt);
    return rate(n, end - start);
}

static double run_ours(const char *bytes, size_t n)
{
    struct term_config config = {.scrollback_lines = TERM_SCROLLBACK_DEFAULT};
    struct term *t = term_create(50, 200, &config);

    int64_t start = clock_mono_ns();
    for (size_t i = 0; i < n; i += CHUNK)
        term_feed(t, bytes + i, n - i < CHUNK ? n - i : CHUNK);
    int64_t end = clock_mono_ns();
    term_destroy(t);
    return rate(n, end - start);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

static void measure_rate(const char *name, const char *bytes, size_t n)
{
    double theirs[RUNS], ours[RUNS];

    for (int i = 0; i < RUNS; i++) {
        theirs[i] = run_libvterm(bytes, n);
        ours[i] = run_ours(bytes, n);
    }
    double raw = median(theirs, RUNS), own = median(ours, RUNS);
    printf("%-12s state layer %7.1f MB/s   term %7.1f MB/s   ratio %5.2f\n", name, raw, own,
           own / raw);
}

static void measure_memory(const char *name, const char *bytes, size_t n)
{
    struct term_config config = {.scrollback_lines = TERM_SCROLLBACK_DEFAULT};
    size_t before = mallinfo2().uordblks;
    struct term *t = term_create(24, 80, &config);

    term_feed(t, bytes, n);
    printf("%-12s %5.2f MB a terminal of 80x24 with %d lines\n", name,
           (double)(mallinfo2().uordblks - before) / 1e6,
           (int)(term_scrollback_end(t) - term_scrollback_first(t)));
    term_destroy(t);
}

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;

    if (!f)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && ftell(f) > 0) {
        *n = (size_t)ftell(f);
        rewind(f);
        bytes = xmalloc(*n);
        *n = fread(bytes, 1, *n, f);
    }
    fclose(f);
    return bytes;
}

/* As the tty between a program and its terminal does it. */
static char *add_carriage_returns(const char *bytes, size_t n, size_t *n_out)
{
    char *out = xmalloc(2 * n + 1);
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n')
            out[len++] = '\r';
        out[len++] = bytes[i];
    }
    *n_out = len;
    return out;
}

int main(int argc, char **argv)
{
    bool memory = argc > 1 && strcmp(argv[1], "--memory") == 0;

    for (int i = 1 + memory; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        size_t n = 0;
        cleanup_free char *bytes = read_file(argv[i], &n);

        if (!bytes) {
            fprintf(stderr, "parse: cannot read %s\n", argv[i]);
            return 1;
        }
        cleanup_free char *cooked = add_carriage_returns(bytes, n, &n);
        (memory ? measure_memory : measure_rate)(slash ? slash + 1 : argv[i], cooked, n);
    }
    return 0;
}
