/* SPDX-License-Identifier: MIT */
#include "tui/progress.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"

#define WIDTH 60

char *progress_bytes(char out[PROGRESS_SIZE_TEXT], int64_t n_bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double size = n_bytes < 0 ? 0 : (double)n_bytes;
    size_t unit = 0;

    while (size >= 999.5 && unit + 1 < ARRAY_LEN(units)) {
        size /= 1000;
        unit++;
    }
    snprintf(out, PROGRESS_SIZE_TEXT, unit && size < 9.95 ? "%.1f %s" : "%.0f %s", size,
             units[unit]);
    return out;
}

struct rect progress_place(const struct progress *p, int rows, int cols)
{
    return (struct rect){-1, -1, p->note[0] ? 6 : 5, cols < WIDTH ? cols : WIDTH};
}

static void draw_bar(const struct progress *p, struct canvas c, int y, const struct style *styles)
{
    int w = c.cols - 4;
    int full = p->done >= p->total ? w : (int)((double)p->done / (double)p->total * w);

    for (int x = 0; x < w; x++)
        canvas_text(c, y, 2 + x, 1, styles[x < full ? ROLE_GOOD : ROLE_DIM],
                    x < full ? "\xe2\x96\x88" : "\xe2\x96\x91");
}

void progress_draw(const struct progress *p, struct canvas c, const struct theme *theme,
                   int64_t now_ms)
{
    const struct style *styles = theme->styles;
    char done[PROGRESS_SIZE_TEXT], total[PROGRESS_SIZE_TEXT], span[CLOCK_SPAN_SIZE], text[128];
    int y = 1;

    canvas_fill(c, (struct rect){.h = c.rows, .w = c.cols}, styles[ROLE_DIALOG]);
    canvas_frame(c, (struct rect){.h = c.rows, .w = c.cols}, styles[ROLE_BORDER_FOCUS], NULL);
    canvas_label(c, y++, 2, c.cols - 4, styles[ROLE_DIALOG], p->what);
    if (p->note[0])
        canvas_label(c, y++, 2, c.cols - 4, styles[ROLE_DIM], p->note);
    if (p->total > 0)
        draw_bar(p, c, y, styles);
    else
        canvas_text(c, y, 2, -1, styles[ROLE_DIM], "\xe2\x80\xa6");
    progress_bytes(done, p->done);
    clock_format_span(span, now_ms - p->since_ms);
    if (p->total > 0)
        snprintf(text, sizeof text, "%s of %s  %s  ", done, progress_bytes(total, p->total), span);
    else if (p->done > 0)
        snprintf(text, sizeof text, "%s  %s  ", done, span);
    else
        snprintf(text, sizeof text, "%s  ", span);
    int x = 2 + canvas_text(c, y + 1, 2, c.cols - 4, styles[ROLE_DIALOG], text);
    canvas_text(c, y + 1, x, c.cols - 2 - x, styles[ROLE_KEY], p->stop_hint);
}
