/* SPDX-License-Identifier: MIT
 *
 * The page of copy mode: cells, hits, selection, the pattern being typed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/copy_internal.h"

static void restyle(struct canvas canvas, int y, int from, int to, struct style style)
{
    if (to > from)
        canvas_restyle(canvas, (struct rect){y, from, 1, to - from}, style);
}

static void draw_hits(const struct copy *c, struct canvas canvas, uint64_t line, int y,
                      struct style style)
{
    size_t n = c->search ? search_count(c->search) : 0;

    for (size_t i = n ? search_from(c->search, line) : 0; i < n; i++) {
        const struct search_hit *hit = search_hit(c->search, i);

        if (hit->line > line)
            break;
        restyle(canvas, y, (hit->line == line ? hit->col : 0) - c->pan_col,
                (hit->end_line == line ? hit->end_col : term_cols(c->term)) - c->pan_col, style);
    }
}

/* The pattern is typed in the last row: a hit there moves up. */
static uint64_t shown_top(const struct copy *c)
{
    bool hidden = c->prompting && c->search && search_count(c->search) &&
                  c->cursor.line + 1 == c->top + (uint64_t)c->rows;

    return c->top + hidden;
}

static void draw_line(const struct copy *c, struct canvas canvas, const struct theme *theme, int y)
{
    uint64_t line = shown_top(c) + (uint64_t)y;
    struct cell *cells;
    int from, to;

    if (line >= term_end(c->term))
        return;
    copy_cells(c, line, &cells);
    canvas_cells(canvas, y, -c->pan_col, cells, term_cols(c->term));
    free(cells);
    draw_hits(c, canvas, line, y, theme->styles[ROLE_MATCH]);
    if (selection_columns(&c->selection, line, &from, &to))
        restyle(canvas, y, from - c->pan_col, to - c->pan_col,
                (struct style){.attrs = ATTR_REVERSE});
}

static void draw_prompt(struct copy *c, struct canvas canvas, const struct theme *theme)
{
    int y = canvas.rows - 1, w = text_width(c->error);

    canvas_fill(canvas, (struct rect){y, 0, 1, canvas.cols}, theme->styles[ROLE_TEXT]);
    canvas_text(canvas, y, 0, 1, theme->styles[ROLE_KEY], c->backward ? "?" : "/");
    prompt_draw(&c->prompt, canvas, y, 1, canvas.cols - 2 - (w ? w + 2 : 0),
                theme->styles[ROLE_INPUT]);
    if (w && w + 4 < canvas.cols)
        canvas_text(canvas, y, canvas.cols - w, w, theme->styles[ROLE_ERROR], c->error);
}

void copy_draw(struct copy *c, struct canvas canvas, const struct theme *theme)
{
    /* Lines may have left the scrollback, or been wrapped anew, since the last key. */
    copy_scroll(c, 0);
    for (int y = 0; y < canvas.rows; y++)
        draw_line(c, canvas, theme, y);
    if (c->prompting && canvas.rows > 0)
        draw_prompt(c, canvas, theme);
}

struct view_cursor copy_cursor(const struct copy *c)
{
    if (c->prompting) {
        cleanup_free char *before = xstrndup(prompt_text(&c->prompt), c->prompt.cursor);

        return (struct view_cursor){true, c->rows - 1, 1 + text_width(before) - c->prompt.scroll,
                                    2};
    }
    return (struct view_cursor){true, (int)(c->cursor.line - c->top), c->cursor.col - c->pan_col,
                                0};
}

static void append_hits(const struct copy *c, struct buf *out)
{
    size_t n = search_count(c->search), at = n ? search_from(c->search, c->cursor.line) : 0;

    for (; at < n; at++) {
        const struct search_hit *hit = search_hit(c->search, at);

        if (hit->line > c->cursor.line ||
            (hit->line == c->cursor.line && hit->col >= c->cursor.col))
            break;
    }
    if (n)
        buf_printf(out, "  %zu/%zu hit%s", at < n ? at + 1 : n, n, n == 1 ? "" : "s");
    else
        buf_append_str(out, c->not_found ? "  no hit" : "");
    if (search_progress(c->search) < 1)
        buf_append_str(out, "\xe2\x80\xa6");
    if (c->went_round)
        buf_append_str(out, " (round the end)");
}

void copy_sign(const struct copy *c, struct buf *out)
{
    uint64_t end = term_scrollback_end(c->term), first = term_scrollback_first(c->term);
    uint64_t last = copy_last_line(c->term);

    buf_printf(out, "\xe2\x86\x91 %llu of %llu lines back",
               (unsigned long long)(end > c->top ? end - c->top : 0),
               (unsigned long long)(end - first));
    /* A program of the whole screen draws up and down: nothing of that is more to read. */
    if (last > c->before.line && !term_modes(c->term).alternate_screen)
        buf_printf(out, "  +%llu new", (unsigned long long)(last - c->before.line));
    if (c->search && !c->error[0] && *prompt_text(&c->prompt))
        append_hits(c, out);
    if (c->count)
        buf_printf(out, "  %d\xc3\x97", c->count);
}
