/* SPDX-License-Identifier: MIT
 *
 * Resizing. The main screen's rows are packed behind the scrollback, the whole is wrapped anew to
 * the new width, and the last rows are taken back out as the screen; so the scrollback reflows by
 * the same code and nothing is lost. Lines that neither wrapped nor need to are copied packed, most
 * others wrapped packed (refold.c); the code here wraps cells, and follows places in them.
 *
 * The alternate screen belongs to a program that redraws it: it is cut or extended in place.
 */
#include <string.h>

#include "vterm/internal.h"

/* A place in the text, followed through the wrapping. */
struct mark {
    size_t line; /* in: number among the old lines; out: among the new */
    int col;     /* may be the width: after the last column */
    size_t offset;
    bool found, placed;
};

struct wrapper {
    struct scrollback *to;
    struct cell *cells; /* owned: what of the logical line is not put out yet */
    size_t n_cells;
    size_t put_out; /* cells of this logical line that were */
    int old_cols, cols;
    unsigned marks_of, status; /* of the row that is put out next */
    struct mark *marks;        /* borrowed */
    size_t n_marks, next_mark; /* the first old line with one from here on */
};

static void place_marks(struct wrapper *w, size_t n, bool last)
{
    for (size_t i = 0; i < w->n_marks; i++) {
        struct mark *m = &w->marks[i];

        if (!m->found || m->placed || m->offset < w->put_out)
            continue;
        if (m->offset < w->put_out + n || last) {
            size_t col = m->offset - w->put_out;

            m->line = (size_t)scrollback_first(w->to) + scrollback_count(w->to);
            m->col = col > (size_t)w->cols ? w->cols : (int)col;
            m->placed = true;
        }
    }
}

static void put_out_row(struct wrapper *w, size_t n, bool last)
{
    place_marks(w, n, last);
    scrollback_push_unbounded(w->to, w->cells, (int)n, line_flags(!last, w->marks_of, w->status));
    w->marks_of = 0;
    w->n_cells -= n;
    w->put_out += n;
    memmove(w->cells, w->cells + n, w->n_cells * sizeof *w->cells);
}

/* Columns of the first new row: a wide character that straddles the edge goes to the next. */
static size_t first_row(const struct wrapper *w)
{
    size_t n = (size_t)w->cols;

    return n > 1 && w->cells[n].flags & CELL_CONTINUATION ? n - 1 : n;
}

/* --- a single column ---
 * It has room for the left half of a wide character only, which stands there with a width of 1, so
 * that the character is whole again in a wider screen. */

static bool is_half(const struct cell *cell)
{
    return cell->width == 1 && codepoint_width(GLYPH_AT(cell->glyph, 0)) == 2;
}

static void make_whole(struct cell cells[2])
{
    cells[0].width = 2;
    cells[1] = (struct cell){.style = cells[0].style, .flags = CELL_CONTINUATION};
}

/* To or from a single column: the cells of an old row. Returns how many they are then. */
static size_t fit_cells(const struct wrapper *w, struct cell *cells, size_t n)
{
    size_t kept = 0;

    if (w->old_cols == 1 && n && is_half(cells)) {
        make_whole(cells);
        return 2;
    }
    for (size_t i = 0; w->cols == 1 && i < n; i++) {
        if (cells[i].flags & CELL_CONTINUATION)
            continue;
        cells[kept] = cells[i];
        cells[kept++].width = cells[i].glyph ? 1 : 0;
    }
    return w->cols == 1 ? kept : n;
}

/* Where column col of an old row is among its cells then. */
static size_t fit_column(const struct wrapper *w, const struct cell *cells, size_t n, size_t col)
{
    size_t halves = 0;

    if (w->old_cols == 1)
        return col && n && is_half(cells) ? col + 1 : col;
    for (size_t i = 0; w->cols == 1 && i < n && i <= col; i++)
        halves += cells[i].flags & CELL_CONTINUATION ? 1 : 0;
    return col - halves;
}

static bool begins_wide(const struct scrollback *from, size_t i)
{
    struct cell cells[2];

    return i < scrollback_count(from) && scrollback_get(from, i, cells, 2, NULL) == 2 &&
           cells[0].width == 2;
}

/* The row being filled gets the marks of what begins in it. */
static void take_marks(struct wrapper *w, unsigned flags)
{
    if (!line_marks(flags))
        return;
    if (w->n_cells == (size_t)w->cols) { /* it is full: what begins now begins in the next */
        put_out_row(w, w->n_cells, false);
    }
    w->marks_of |= line_marks(flags);
    if (line_marks(flags) & MARK_STATUS)
        w->status = flags >> LINE_STATUS_SHIFT;
}

/* Adds old line i to the logical line. Returns whether it goes on. */
static bool take_line(struct wrapper *w, const struct scrollback *from, size_t i)
{
    size_t size;
    unsigned flags = packed_flags(scrollback_record(from, i, &size));

    take_marks(w, flags);
    struct cell *out = w->cells + w->n_cells;
    int n = scrollback_get(from, i, out, w->old_cols, NULL);
    bool wrapped = flags & LINE_WRAPPED && i + 1 < scrollback_count(from);

    /* The column left empty for want of room for a wide character is not part of the text. */
    if (wrapped && !(n >= w->old_cols - 1 && !out[w->old_cols - 1].glyph &&
                     !(out[w->old_cols - 1].flags & CELL_CONTINUATION) && begins_wide(from, i + 1)))
        n = w->old_cols;
    else if (wrapped)
        n = w->old_cols - 1;
    for (size_t m = 0; m < w->n_marks; m++)
        if (w->marks[m].line == i && !w->marks[m].found) {
            w->marks[m].found = true;
            w->marks[m].offset =
                w->put_out + w->n_cells + fit_column(w, out, (size_t)n, (size_t)w->marks[m].col);
        }
    w->n_cells += fit_cells(w, out, (size_t)n);
    while (w->n_cells > (size_t)w->cols)
        put_out_row(w, first_row(w), false);
    return wrapped;
}

/* Lines [i, …) up to the end of the logical line that starts at i. Returns the next one. */
static size_t wrap_logical(struct wrapper *w, const struct scrollback *from, size_t i)
{
    w->n_cells = w->put_out = 0;
    w->marks_of = 0;
    while (take_line(w, from, i++))
        ;
    put_out_row(w, w->n_cells, true);
    return i;
}

static size_t copy_line(struct wrapper *w, const unsigned char *record, size_t size, size_t i)
{
    for (size_t m = 0; m < w->n_marks && i >= w->next_mark; m++)
        if (w->marks[m].line == i && !w->marks[m].found) {
            struct mark *mark = &w->marks[m];

            mark->found = mark->placed = true;
            mark->line = (size_t)scrollback_first(w->to) + scrollback_count(w->to);
            mark->col = mark->col > w->cols ? w->cols : mark->col;
        }
    scrollback_push_packed(w->to, record, size);
    return i + 1;
}

/* The first line after i with something on it that is followed. */
static size_t find_next_mark(const struct wrapper *w, size_t i)
{
    size_t next = SIZE_MAX;

    for (size_t m = 0; m < w->n_marks; m++)
        if (w->marks[m].line >= i && w->marks[m].line < next)
            next = w->marks[m].line;
    return next;
}

/* Marks count from the first line of the new ones that was not dropped again. */
static void count_from_first_kept(struct wrapper *w)
{
    size_t dropped = (size_t)scrollback_first(w->to);

    for (size_t m = 0; m < w->n_marks; m++) {
        w->marks[m].col = w->marks[m].line < dropped ? 0 : w->marks[m].col;
        w->marks[m].line -= w->marks[m].line < dropped ? w->marks[m].line : dropped;
    }
}

static void rewrap(struct scrollback *s, int old_cols, int cols, struct mark *marks, size_t n_marks)
{
    struct wrapper w = {
        .cells = xcalloc((size_t)old_cols + (size_t)cols + 1, sizeof *w.cells),
        .old_cols = old_cols,
        .cols = cols,
        .marks = marks,
        .n_marks = n_marks,
    };
    struct refold refold;

    scrollback_set_width(s, old_cols, cols);
    w.to = scrollback_like(s);
    w.next_mark = find_next_mark(&w, 0);
    refold_init(&refold, old_cols, cols);
    for (size_t i = 0, next; i < scrollback_count(s); i = next) {
        size_t size;
        const unsigned char *record = scrollback_record(s, i, &size);

        if (i > w.next_mark)
            w.next_mark = find_next_mark(&w, i);
        /* To and from one column even short lines may hold a wide character. */
        if (!(packed_flags(record) & LINE_WRAPPED) && packed_cols(record) <= cols && cols > 1 &&
            old_cols > 1)
            next = copy_line(&w, record, size, i);
        else
            next = refold_line(&refold, w.to, s, i, w.next_mark);
        if (next == i)
            next = wrap_logical(&w, s, i);
        scrollback_trim(w.to, TERM_SIZE_MAX); /* of the last the screen is made */
    }
    refold_finish(&refold);
    free(w.cells);
    count_from_first_kept(&w);
    scrollback_replace(s, w.to);
}

static bool row_is_blank(const struct row *row)
{
    for (int i = 0; i < row->used; i++) {
        const struct cell *cell = &row->cells[i];

        if (cell->glyph || cell->style.bg || cell->flags)
            return false;
    }
    return true;
}

struct place_of_cursor {
    int row, col;
    bool wrap_pending;
};

/* Puts the rows down to the last with something on it (or the cursor) behind the scrollback. */
static int stow_rows(struct term *t, int cursor_row)
{
    int last = t->rows - 1;

    while (last > cursor_row && row_is_blank(t->main.rows[last]))
        last--;
    for (int i = 0; i <= last; i++) {
        const struct row *row = t->main.rows[i];

        scrollback_push_unbounded(t->scrollback, row->cells, row->used, row_flags(row));
    }
    return last;
}

/* Makes the screen of the lines from `top` on. */
static void fetch_rows(struct term *t, int rows, int cols, size_t top)
{
    size_t n = scrollback_count(t->scrollback);

    screen_finish(&t->main, t->rows);
    screen_create(&t->main, rows, cols);
    for (size_t i = 0; i < (size_t)rows && top + i < n; i++) {
        struct row *row = t->main.rows[i];
        unsigned flags;

        row->used = scrollback_get(t->scrollback, top + i, row->cells, cols, &flags);
        row->wrapped = flags & LINE_WRAPPED;
        row->marks = (uint8_t)line_marks(flags);
        row->exit_status = (uint8_t)(flags >> LINE_STATUS_SHIFT);
    }
    while (n-- > top)
        scrollback_pop(t->scrollback);
    scrollback_trim(t->scrollback, 0);
}

/* The marks after which the text is followed: the cursor, the top of the screen, the saved cursor
 * (where that is not the cursor itself), the anchors. */
enum { MARK_CURSOR, MARK_TOP, MARK_SAVED, MARK_ANCHORS };

static size_t count_anchors(const struct term *t)
{
    const struct term_anchor *a;
    size_t n = 0;

    LIST_FOREACH (a, &t->anchors, entry) {
        n++;
    }
    return n;
}

/* Anchors on the alternate screen are none of the main one's. */
static bool is_anchor_followed(const struct term *t, const struct term_anchor *a, uint64_t first,
                               size_t before)
{
    return a->line >= first && (t->screen == &t->main || a->line - first < before);
}

static void gather_anchors(const struct term *t, struct mark *marks, size_t before, size_t last)
{
    uint64_t first = scrollback_first(t->scrollback);
    const struct term_anchor *a;

    LIST_FOREACH (a, &t->anchors, entry) {
        size_t line = a->line > first ? (size_t)(a->line - first) : 0;

        *marks = (struct mark){.line = line, .col = a->col < t->cols ? a->col : t->cols};
        /* Below the text there is nothing to follow. */
        if (!is_anchor_followed(t, a, first, before) || line > last)
            marks->line = line > last ? last : 0;
        marks++;
    }
}

static void release_anchors(struct term *t, const struct mark *marks, uint64_t old_first,
                            size_t before)
{
    uint64_t first = scrollback_first(t->scrollback);
    struct term_anchor *a;

    LIST_FOREACH (a, &t->anchors, entry) {
        if (is_anchor_followed(t, a, old_first, before)) {
            a->line = first + marks->line;
            a->col = marks->col;
        }
        marks++;
    }
}

static void resize_main(struct term *t, int rows, int cols, struct place_of_cursor *cursor)
{
    size_t before = scrollback_count(t->scrollback);
    uint64_t first = scrollback_first(t->scrollback);
    int last = stow_rows(t, cursor->row);
    bool was_full = last == t->rows - 1;
    struct saved_cursor *saved = &t->main.saved;
    size_t n_marks = MARK_ANCHORS + count_anchors(t);
    cleanup_free struct mark *marks = xcalloc(n_marks, sizeof *marks);
    size_t saved_row = saved->row > last ? (size_t)last : (size_t)saved->row;

    marks[MARK_CURSOR] = (struct mark){.line = before + (size_t)cursor->row,
                                       .col = cursor->col + cursor->wrap_pending};
    marks[MARK_TOP] = (struct mark){.line = before};
    marks[MARK_SAVED] =
        (struct mark){.line = before + saved_row, .col = saved->col + saved->wrap_pending};
    gather_anchors(t, marks + MARK_ANCHORS, before, before + (size_t)last);
    if (cols != t->cols)
        rewrap(t->scrollback, t->cols, cols, marks, n_marks);
    size_t n = scrollback_count(t->scrollback), top = marks[MARK_TOP].line;
    if (was_full || n - top > (size_t)rows)
        top = n > (size_t)rows ? n - (size_t)rows : 0;
    const struct mark *mark = &marks[MARK_CURSOR];
    cursor->row = mark->line > top ? (int)(mark->line - top) : 0;
    /* Behind text that fills the row exactly the next character wraps. */
    cursor->wrap_pending = mark->col == cols && t->modes.autowrap;
    cursor->col = mark->col < cols ? mark->col : cols - 1;
    release_anchors(t, marks + MARK_ANCHORS, first, before);
    mark = &marks[MARK_SAVED];
    /* A row below the text, or one of the top that went, keeps its distance from there. */
    saved->row = mark->line > top ? (int)(mark->line - top) + saved->row - (int)saved_row : 0;
    saved->col = mark->col < cols ? mark->col : cols - 1;
    saved->wrap_pending = mark->col == cols;
    fetch_rows(t, rows, cols, top);
    if (cell_is_empty(&t->main.rows[cursor->row]->cells[cursor->col]))
        cursor->wrap_pending = false;
}

static void resize_alternate(struct term *t, int rows, int cols)
{
    struct screen old = t->alternate;
    int shift = t->row >= rows ? t->row - rows + 1 : 0;
    int keep = cols < t->cols ? cols : t->cols;

    screen_create(&t->alternate, rows, cols);
    for (int i = 0; i < rows && i + shift < t->rows; i++) {
        struct row *from = old.rows[i + shift], *to = t->alternate.rows[i];

        grid_split_wide(from, t->cols, keep, keep);
        memcpy(to->cells, from->cells, (size_t)keep * sizeof to->cells[0]);
        to->used = from->used < keep ? from->used : keep;
        to->marks = from->marks;
        to->exit_status = from->exit_status;
        if (t->cols == 1 && cols > 1 && is_half(to->cells)) {
            make_whole(to->cells);
            to->used = 2;
        }
    }
    screen_finish(&old, t->rows);
    t->row -= shift;
    if (t->col >= cols)
        t->col = cols - 1;
    t->wrap_pending = false;
}

static void clamp_saved(struct saved_cursor *s, int rows, int cols)
{
    if (s->row >= rows)
        s->row = rows - 1;
    if (s->col != cols - 1)
        s->wrap_pending = false;
    if (s->col >= cols)
        s->col = cols - 1;
}

static void resize_both(struct term *t, int rows, int cols)
{
    if (t->screen == &t->alternate) {
        struct saved_cursor *s = &t->main.saved;
        struct place_of_cursor cursor = {s->row, s->col, s->wrap_pending};

        resize_main(t, rows, cols, &cursor);
        s->row = cursor.row;
        s->col = cursor.col;
        s->wrap_pending = cursor.wrap_pending;
        resize_alternate(t, rows, cols);
        return;
    }
    struct place_of_cursor cursor = {t->row, t->col, t->wrap_pending};

    resize_main(t, rows, cols, &cursor);
    t->row = cursor.row;
    t->col = cursor.col;
    t->wrap_pending = cursor.wrap_pending;
}

static void resize_tabs(struct term *t, int cols)
{
    t->tabs = xreallocarray(t->tabs, (size_t)cols, 1);
    tabs_reset(t->tabs, t->cols, cols);
}

void term_resize(struct term *t, int rows, int cols)
{
    rows = rows < 1 ? 1 : rows > TERM_SIZE_MAX ? TERM_SIZE_MAX : rows;
    cols = cols < 1 ? 1 : cols > TERM_SIZE_MAX ? TERM_SIZE_MAX : cols;
    if (rows == t->rows && cols == t->cols)
        return;
    t->tick = t->revision + 1;
    grid_settle_scroll(t);
    resize_both(t, rows, cols);
    resize_tabs(t, cols);
    clamp_saved(&t->main.saved, rows, cols);
    clamp_saved(&t->alternate.saved, rows, cols);
    t->spare = xreallocarray(t->spare, (size_t)rows, sizeof(void *));
    t->rows = rows;
    t->cols = cols;
    t->layout++;
    control_reset_margins(t);
    grid_touch_all(t);
}
