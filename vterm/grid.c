/* SPDX-License-Identifier: MIT
 *
 * The cells of a screen: an array of pointers to rows. A scroll packs the rows that leave at the
 * top into the scrollback, clears their cells in use and rotates the pointers; nothing else moves.
 */
#include "vterm/internal.h"

#include <string.h>

struct row *row_create(int cols)
{
    struct row *row = xcalloc(1, sizeof *row + (size_t)cols * sizeof row->cells[0]);

    return row;
}

void screen_create(struct screen *s, int rows, int cols)
{
    s->rows = s->room = xcalloc(2 * (size_t)rows, sizeof(void *));
    for (int i = 0; i < rows; i++)
        s->rows[i] = row_create(cols);
}

void screen_finish(struct screen *s, int rows)
{
    for (int i = 0; s->rows && i < rows; i++)
        free(s->rows[i]);
    free(s->room);
    s->rows = s->room = NULL;
}

void grid_touch_all(struct term *t)
{
    for (int i = 0; i < t->rows; i++)
        grid_touch(t, grid_row(t, i));
}

void grid_settle_scroll(struct term *t)
{
    for (int i = t->scroll_top; i < t->scroll_bottom; i++)
        if (grid_row(t, i)->revision < t->scroll_revision)
            grid_row(t, i)->revision = t->scroll_revision;
    t->scroll_revision = 0;
    t->scroll_top = t->scroll_bottom = 0;
}

static void note_scroll(struct term *t, int top, int bottom)
{
    if (t->scroll_top != top || t->scroll_bottom != bottom) {
        grid_settle_scroll(t);
        t->scroll_top = top;
        t->scroll_bottom = bottom;
    }
    t->scroll_revision = t->tick;
    t->revision = t->tick;
}

static struct cell blank_cell(const struct term *t)
{
    return (struct cell){.style.bg = t->pen.bg};
}

/* Blank cells in the pen's background. */
static void fill_blank(const struct term *t, struct row *row, int from, int to)
{
    if (t->pen.bg == COLOUR_DEFAULT) {
        int end = to < row->used ? to : row->used;

        if (end > from)
            memset(row->cells + from, 0, (size_t)(end - from) * sizeof row->cells[0]);
        if (to >= row->used && from < row->used)
            row->used = from;
        return;
    }
    for (int i = from; i < to; i++)
        row->cells[i] = blank_cell(t);
    if (row->used < to)
        row->used = to;
}

static void clear_row(const struct term *t, struct row *row)
{
    row->wrapped = false;
    row->marks = 0;
    fill_blank(t, row, 0, t->cols);
}

/* What stands before this row no longer goes on into it. */
static void break_wrap_before(struct term *t, int row)
{
    if (row > 0)
        grid_row(t, row - 1)->wrapped = false;
    else if (t->screen == &t->main)
        scrollback_break_wrap(t->scrollback);
}

static void blank_half(struct cell *cell)
{
    struct cell blank = {.style.bg = cell->style.bg};

    *cell = blank;
}

void grid_split_wide(struct row *row, int cols, int from, int to)
{
    if (from > 0 && from < cols && row->cells[from].flags & CELL_CONTINUATION)
        blank_half(&row->cells[from - 1]);
    if (to > 0 && to < cols && row->cells[to].flags & CELL_CONTINUATION)
        blank_half(&row->cells[to]);
}

void grid_erase(struct term *t, int row_index, int from, int to)
{
    struct row *row = grid_row(t, row_index);

    if (from >= to)
        return;
    grid_split_wide(row, t->cols, from, to);
    fill_blank(t, row, from, to);
    if (to >= t->cols)
        row->wrapped = false;
    if (from == 0)
        break_wrap_before(t, row_index);
    grid_touch(t, row);
}

void grid_erase_selective(struct term *t, int row_index, int from, int to)
{
    const struct cell *cells = grid_row(t, row_index)->cells;

    for (int i = from; i < to; i++) {
        int start = i;

        while (i < to && !(cells[i].style.attrs & ATTR_PROTECTED))
            i++;
        grid_erase(t, row_index, start, i);
    }
}

void grid_erase_rows(struct term *t, int from, int to)
{
    for (int i = from; i < to; i++) {
        grid_erase(t, i, 0, t->cols);
        grid_row(t, i)->marks = 0;
    }
}

void grid_insert_cells(struct term *t, int row_index, int col, int end, int n)
{
    struct row *row = grid_row(t, row_index);
    int room = end - col;

    if (n > room)
        n = room;
    grid_split_wide(row, t->cols, col, col);
    grid_split_wide(row, t->cols, end - n, end);
    if (row->used > col) {
        int used = row->used < end - n ? row->used + n : end;

        memmove(row->cells + col + n, row->cells + col, (size_t)(room - n) * sizeof row->cells[0]);
        if (row->used < used)
            row->used = used;
    }
    fill_blank(t, row, col, col + n);
    row->wrapped = false;
    grid_touch(t, row);
}

void grid_delete_cells(struct term *t, int row_index, int col, int end, int n)
{
    struct row *row = grid_row(t, row_index);
    int room = end - col;

    if (n > room)
        n = room;
    grid_split_wide(row, t->cols, col, col + n);
    grid_split_wide(row, t->cols, end, end);
    memmove(row->cells + col, row->cells + col + n, (size_t)(room - n) * sizeof row->cells[0]);
    fill_blank(t, row, end - n, end);
    row->wrapped = false;
    grid_touch(t, row);
}

/* Moving all pointers at every line would wait for those that the line before has just moved. */
static void rotate_all_up(struct screen *s, size_t n_rows, size_t n)
{
    if (s->rows + n > s->room + n_rows) {
        memmove(s->room, s->rows, n_rows * sizeof(void *));
        s->rows = s->room;
    }
    memcpy(s->rows + n_rows, s->rows, n * sizeof(void *));
    s->rows += n;
}

/* Moves the first n of the rows [top, bottom) behind the others. */
static void rotate_up(struct term *t, int top, int bottom, int n)
{
    if (top == 0 && bottom == t->rows) {
        rotate_all_up(t->screen, (size_t)t->rows, (size_t)n);
        return;
    }
    struct row **rows = t->screen->rows + top;
    size_t rest = (size_t)(bottom - top - n);

    memcpy(t->spare, rows, (size_t)n * sizeof(void *));
    memmove(rows, rows + n, rest * sizeof(void *));
    memcpy(rows + rest, t->spare, (size_t)n * sizeof(void *));
}

static bool has_margins(const struct term *t)
{
    return t->left > 0 || t->right < t->cols;
}

/* The cells between the margins of row `from` (or blanks, when it is outside) into row `to`. */
static void move_between_margins(struct term *t, int to, int from, bool inside)
{
    struct row *row = grid_row(t, to);
    const struct row *source = inside ? grid_row(t, from) : NULL;
    int used = source && source->used < t->right ? source->used : t->right;

    row->wrapped = false;
    if (!source) {
        fill_blank(t, row, t->left, t->right);
        return;
    }
    memcpy(row->cells + t->left, source->cells + t->left,
           (size_t)(t->right - t->left) * sizeof row->cells[0]);
    if (row->used < used)
        row->used = used;
}

/* A scroll of part of each row: here cells move. Negative n: down. */
static void scroll_between_margins(struct term *t, int top, int bottom, int n)
{
    if (n > bottom - top)
        n = bottom - top;
    if (n < top - bottom)
        n = top - bottom;
    for (int i = top; i < bottom; i++) {
        grid_split_wide(grid_row(t, i), t->cols, t->left, t->left);
        grid_split_wide(grid_row(t, i), t->cols, t->right, t->right);
        grid_touch(t, grid_row(t, i));
    }
    for (int i = top; n > 0 && i < bottom; i++)
        move_between_margins(t, i, i + n, i + n < bottom);
    for (int i = bottom - 1; n < 0 && i >= top; i--)
        move_between_margins(t, i, i + n, i + n >= top);
}

static void scroll_up(struct term *t, int top, int bottom, int n, bool keep)
{
    if (n > bottom - top)
        n = bottom - top;
    for (int i = top; i < top + n; i++) {
        struct row *row = grid_row(t, i);

        if (keep)
            scrollback_push(t->scrollback, row->cells, row->used, row_flags(row));
        clear_row(t, row);
    }
    if (top > 0)
        grid_row(t, top - 1)->wrapped = false;
    rotate_up(t, top, bottom, n);
    note_scroll(t, top, bottom);
    if (!LIST_EMPTY(&t->anchors))
        anchors_scrolled(t, top, bottom, n, keep);
}

void grid_scroll_up(struct term *t, int top, int bottom, int n)
{
    if (has_margins(t))
        scroll_between_margins(t, top, bottom, n);
    else
        scroll_up(t, top, bottom, n, top == 0 && t->screen == &t->main);
}

void grid_delete_rows(struct term *t, int top, int bottom, int n)
{
    if (has_margins(t)) {
        scroll_between_margins(t, top, bottom, n);
        return;
    }
    break_wrap_before(t, top);
    scroll_up(t, top, bottom, n, false);
}

void grid_scroll_down(struct term *t, int top, int bottom, int n)
{
    if (has_margins(t)) {
        scroll_between_margins(t, top, bottom, -n);
        return;
    }
    if (n > bottom - top)
        n = bottom - top;
    for (int i = bottom - n; i < bottom; i++)
        clear_row(t, grid_row(t, i));
    break_wrap_before(t, top);
    if (n < bottom - top) {
        grid_row(t, bottom - n - 1)->wrapped = false;
        rotate_up(t, top, bottom, bottom - top - n);
    }
    note_scroll(t, top, bottom);
    if (!LIST_EMPTY(&t->anchors))
        anchors_scrolled(t, top, bottom, -n, false);
}
