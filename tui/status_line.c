/* SPDX-License-Identifier: MIT */
#include "tui/status_line.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define ABOUT_MIN_COLS 12 /* less of it tells nothing */

/* Text in at most room columns, "…" at a cut. Returns the columns used. */
static int draw_cut(struct canvas c, int x, int room, struct style style, const char *text)
{
    int wanted = text_width(text), w = wanted < room ? wanted : room;

    canvas_label(c, c.rows - 1, x, w, style, text);
    return w > 0 ? w : 0;
}

int status_line_first_width(const char *hints)
{
    const char *gap = strstr(hints, "  ");
    cleanup_free char *first = gap ? xstrndup(hints, (size_t)(gap - hints)) : xstrdup(hints);

    return text_width(first);
}

void status_line_draw(const struct status_line *l, struct canvas c, const struct theme *theme)
{
    const char *title = l->title ? l->title : "", *about = l->about ? l->about : "";
    const char *hints = l->hints ? l->hints : "";
    struct style style = theme->styles[ROLE_STATUS];

    canvas_fill(c, (struct rect){.y = c.rows - 1, .x = l->skip, .h = 1, .w = c.cols - l->skip},
                style);
    int used = l->skip + 1;
    used += draw_cut(c, used, c.cols - 1 - used - l->kept, style, title);
    if (l->kept && used > c.cols - l->kept)
        used = c.cols - l->kept;
    int first = status_line_first_width(hints), wanted = text_width(about),
        room = c.cols - used - 3;
    if (l->role == ROLE_STATUS && first && first <= room)
        room -= first + 2;
    if (wanted && room >= (wanted < ABOUT_MIN_COLS ? wanted : ABOUT_MIN_COLS))
        used += 2 + draw_cut(c, used + 2, room, theme->styles[l->role], about);
    wanted = canvas_parts_width(hints, c.cols - used - 3);
    canvas_parts(c, c.rows - 1, c.cols - 1 - wanted, wanted, style, hints);
}
