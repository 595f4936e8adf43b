/* SPDX-License-Identifier: MIT
 *
 * Two anchors and a kind. What is selected of a line follows from these each time it is asked for.
 */
#include "vterm/selection.h"

#include <string.h>

#include "base/text.h"

void selection_clear(struct selection *s)
{
    term_anchor_remove(&s->start);
    term_anchor_remove(&s->end);
    s->kind = SELECTION_NONE;
}

void selection_begin(struct selection *s, struct term *t, enum selection_kind kind, uint64_t line,
                     int col)
{
    selection_clear(s);
    s->kind = kind;
    term_anchor_add(t, &s->start, line, col);
    term_anchor_add(t, &s->end, line, col);
}

void selection_extend(struct selection *s, uint64_t line, int col)
{
    s->end.line = line;
    s->end.col = col;
}

void selection_set_kind(struct selection *s, enum selection_kind kind)
{
    if (s->kind != SELECTION_NONE)
        s->kind = kind;
}

void selection_swap(struct selection *s)
{
    uint64_t line = s->start.line;
    int col = s->start.col;

    s->start.line = s->end.line;
    s->start.col = s->end.col;
    selection_extend(s, line, col);
}

/* Both ends in the order of the text, inside what is kept. */
struct span {
    uint64_t first, last;
    int first_col, last_col;
};

static bool span_of(const struct selection *s, struct span *span)
{
    const struct term *t = s->start.term;
    bool ordered =
        s->start.line < s->end.line || (s->start.line == s->end.line && s->start.col <= s->end.col);
    const struct term_anchor *a = ordered ? &s->start : &s->end;
    const struct term_anchor *b = ordered ? &s->end : &s->start;

    if (s->kind == SELECTION_NONE || !t)
        return false;
    *span = (struct span){a->line, b->line, a->col, b->col};
    if (span->last < term_scrollback_first(t) || span->first >= term_end(t))
        return false;
    if (span->first < term_scrollback_first(t)) {
        span->first = term_scrollback_first(t);
        if (s->kind != SELECTION_BLOCK)
            span->first_col = 0;
    }
    if (span->last >= term_end(t)) {
        span->last = term_end(t) - 1;
        if (s->kind != SELECTION_BLOCK)
            span->last_col = term_cols(t) - 1;
    }
    return true;
}

static void order_columns(struct span *span)
{
    if (span->first_col > span->last_col) {
        int col = span->first_col;

        span->first_col = span->last_col;
        span->last_col = col;
    }
}

/* Whole lines of the text. */
static void widen_to_lines(const struct term *t, struct span *span)
{
    span->first = term_line_start(t, span->first);
    for (int i = 0; i < TERM_WRAPS_MAX && term_line_wrapped(t, span->last); i++)
        span->last++;
    span->first_col = 0;
    span->last_col = term_cols(t) - 1;
}

static bool ordered_span(const struct selection *s, struct span *span)
{
    if (!span_of(s, span))
        return false;
    if (s->kind == SELECTION_BLOCK)
        order_columns(span);
    else if (s->kind == SELECTION_LINES)
        widen_to_lines(s->start.term, span);
    return true;
}

/* Columns [from, to) of a line between first and last, of cells. */
static void columns_of(const struct selection *s, const struct span *span, uint64_t line,
                       const struct cell *cells, int *from, int *to)
{
    int cols = term_cols(s->start.term);
    bool block = s->kind == SELECTION_BLOCK;

    *from = block || line == span->first ? span->first_col : 0;
    *to = block || line == span->last ? span->last_col + 1 : cols;
    *from = *from < 0 ? 0 : *from > cols ? cols : *from;
    *to = *to < *from ? *from : *to > cols ? cols : *to;
    if (*from > 0 && *from < *to && cells[*from].flags & CELL_CONTINUATION)
        (*from)--;
    if (*to > 0 && *to < cols && cells[*to].flags & CELL_CONTINUATION)
        (*to)++;
}

bool selection_columns(const struct selection *s, uint64_t line, int *from, int *to)
{
    struct cell cells[TERM_SIZE_MAX];
    struct span span;

    if (!ordered_span(s, &span) || line < span.first || line > span.last)
        return false;
    term_line(s->start.term, line, cells, term_cols(s->start.term));
    columns_of(s, &span, line, cells, from, to);
    return *from < *to;
}

static bool is_blank(const struct cell *cell)
{
    return (!cell->glyph || cell->glyph == ' ') && !(cell->flags & CELL_CONTINUATION);
}

/* The end of what of [from, to) is text. A line that goes on is text to its end, but for the column
 * left empty by a wide character that wrapped. */
static int text_end(const struct cell *cells, int from, int to, bool goes_on)
{
    if (goes_on)
        return to > from && !cells[to - 1].glyph && !(cells[to - 1].flags & CELL_CONTINUATION)
                   ? to - 1
                   : to;
    while (to > from && is_blank(&cells[to - 1]))
        to--;
    return to;
}

static size_t text_of(const struct cell *cells, int from, int to, char *text)
{
    size_t n = 0;

    for (int i = from; i < to; i++) {
        if (cells[i].glyph - 1 < 0x7f)
            text[n++] = (char)cells[i].glyph;
        else if (!(cells[i].flags & CELL_CONTINUATION))
            n += cell_text(&cells[i], text + n);
    }
    return n;
}

/* False: not all of them had room. */
static bool append_cells(const struct cell *cells, int from, int to, size_t max, struct buf *out)
{
    char text[TERM_SIZE_MAX * 12 + 1];
    size_t n = text_of(cells, from, to, text);
    bool all = out->len + n <= max;

    if (!all) {
        n = max - out->len;
        n -= utf8_incomplete_tail(text, n);
    }
    buf_append(out, text, n);
    return all;
}

bool selection_text(const struct selection *s, size_t max, struct buf *out)
{
    const struct term *t = s->start.term;
    struct cell cells[TERM_SIZE_MAX];
    struct span span;
    size_t limit = out->len + max < max ? SIZE_MAX : out->len + max;

    if (!ordered_span(s, &span))
        return true;
    for (uint64_t line = span.first; line <= span.last; line++) {
        bool goes_on = s->kind != SELECTION_BLOCK && line < span.last && term_line_wrapped(t, line);
        int from, to;

        term_line(t, line, cells, term_cols(t));
        columns_of(s, &span, line, cells, &from, &to);
        if (!append_cells(cells, from, text_end(cells, from, to, goes_on), limit, out))
            return false;
        if (goes_on || line == span.last)
            continue;
        if (out->len == limit)
            return false;
        buf_append_char(out, '\n');
    }
    return true;
}

/* --- words --- */

static bool in_word(const struct cell *cell)
{
    uint32_t c = GLYPH_AT(cell->glyph, 0);

    if (cell->flags & CELL_CONTINUATION || c >= 0x80)
        return c != 0xa0 && !(c >= 0x2500 && c <= 0x259f); /* lines of tables separate */
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("_-./~+%@:?&=#,", (int)c));
}

/* One cell on, over soft wraps. False: the line of the text ends there. */
static bool step(const struct term *t, struct cell *cells, uint64_t *line, int *col, int by)
{
    if (*col + by >= 0 && *col + by < term_cols(t)) {
        *col += by;
        return true;
    }
    if (by > 0 ? !term_line_wrapped(t, *line)
               : *line <= term_scrollback_first(t) || !term_line_wrapped(t, *line - 1))
        return false;
    *line += by > 0 ? 1 : (uint64_t)-1;
    *col = by > 0 ? 0 : term_cols(t) - 1;
    term_line(t, *line, cells, term_cols(t));
    return true;
}

/* A word longer than this is cut. */
#define WORD_CELLS_MAX 8192

static void run_of_word(const struct term *t, uint64_t *line, int *col, int by)
{
    struct cell cells[TERM_SIZE_MAX];
    uint64_t at = *line;
    int c = *col;

    term_line(t, at, cells, term_cols(t));
    if (!in_word(&cells[c]))
        return;
    for (int i = 0; i < WORD_CELLS_MAX && step(t, cells, &at, &c, by) && in_word(&cells[c]); i++) {
        *line = at;
        *col = c;
    }
}

void selection_word(struct selection *s, struct term *t, uint64_t line, int col)
{
    uint64_t last = line;
    int end = col;

    if (col < 0 || col >= term_cols(t) || line >= term_end(t))
        return;
    run_of_word(t, &line, &col, -1);
    run_of_word(t, &last, &end, 1);
    selection_begin(s, t, SELECTION_CHARACTERS, line, col);
    selection_extend(s, last, end);
}
