/* SPDX-License-Identifier: MIT
 *
 * The place in the lines: cursor, scrolling, motions, selection.
 */
#include "views/copy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "views/copy_internal.h"

#define YANK_MAX ((size_t)8 * 1024 * 1024)

/* --- on and off --- */

bool copy_is_on(const struct copy *c)
{
    return c->term;
}

static bool is_empty(const struct cell *cells, int n)
{
    for (int i = 0; i < n; i++)
        if (cells[i].glyph)
            return false;
    return true;
}

uint64_t copy_last_line(const struct term *t)
{
    int row = term_rows(t) - 1, cursor = term_cursor(t).row;

    while (row > cursor && is_empty(term_row(t, row), term_cols(t)))
        row--;
    return term_scrollback_end(t) + (uint64_t)row;
}

void copy_enter(struct copy *c, struct term *t, int rows, int cols, int pan_row, int pan_col,
                bool by_wheel)
{
    struct term_cursor live = term_cursor(t);

    if (c->term)
        return;
    c->term = t;
    c->rows = rows;
    c->cols = cols;
    c->pan_row = pan_row;
    c->pan_col = pan_col;
    c->top = term_scrollback_end(t) + (uint64_t)pan_row;
    c->by_wheel = by_wheel;
    term_anchor_add(t, &c->before, copy_last_line(t), live.col);
    c->layout = term_layout(t);
    c->went_round = c->not_found = c->prompting = false;
    c->error[0] = '\0';
    c->count = c->half = 0;
    c->want_col = live.col;
    term_anchor_add(t, &c->cursor, term_scrollback_end(t) + (uint64_t)live.row, live.col);
}

void copy_leave(struct copy *c)
{
    if (!c->term)
        return;
    selection_clear(&c->selection);
    term_anchor_remove(&c->cursor);
    term_anchor_remove(&c->from);
    term_anchor_remove(&c->before);
    c->prompting = c->seeking = false;
    c->count = 0;
    search_destroy(steal_pointer(&c->search));
    prompt_set(&c->prompt, "");
    c->term = NULL;
}

void copy_finish(struct copy *c)
{
    copy_leave(c);
    prompt_finish(&c->prompt);
    prompt_history_finish(&c->history);
}

/* --- the place --- */

static uint64_t first_line(const struct copy *c)
{
    return term_scrollback_first(c->term);
}

/* The top of the page that shows the last line. */
static uint64_t last_top(const struct copy *c)
{
    uint64_t end = term_end(c->term), rows = (uint64_t)(c->rows > 0 ? c->rows : 1);

    return end > first_line(c) + rows ? end - rows : first_line(c);
}

static uint64_t clamp_line(const struct copy *c, uint64_t line)
{
    uint64_t end = term_end(c->term);

    if (line < first_line(c))
        return first_line(c);
    return line >= end ? end - 1 : line;
}

void copy_to(struct copy *c, uint64_t line, int col)
{
    int cols = term_cols(c->term);

    line = clamp_line(c, line);
    col = col < 0 ? 0 : col >= cols ? cols - 1 : col;
    term_anchor_remove(&c->cursor);
    term_anchor_add(c->term, &c->cursor, line, col);
    if (c->selection.kind != SELECTION_NONE)
        selection_extend(&c->selection, line, col);
    if (line < c->top)
        c->top = line;
    else if (line >= c->top + (uint64_t)c->rows)
        c->top = line - (uint64_t)c->rows + 1;
}

static void settle(struct copy *c)
{
    uint64_t first = first_line(c), last = last_top(c);

    if (c->layout != term_layout(c->term)) { /* wrapped anew: keep the cursor in the middle */
        uint64_t half = (uint64_t)c->rows / 2;

        c->layout = term_layout(c->term);
        c->top = c->cursor.line > first + half ? c->cursor.line - half : first;
    }
    c->top = c->top < first ? first : c->top > last ? last : c->top;
}

void copy_resize(struct copy *c, int rows, int cols)
{
    if (!c->term || (rows == c->rows && cols == c->cols))
        return;
    c->rows = rows;
    c->cols = cols;
    settle(c);
    copy_to(c, c->cursor.line, c->cursor.col);
}

void copy_scroll(struct copy *c, long lines)
{
    uint64_t first = first_line(c), last = last_top(c), at = c->top;

    copy_search_stop(c);
    if (lines < 0)
        at = at > first + (uint64_t)-lines ? at - (uint64_t)-lines : first;
    else
        at = at + (uint64_t)lines > last ? last : at + (uint64_t)lines;
    c->top = at;
    uint64_t line = c->cursor.line, bottom = at + (uint64_t)c->rows - 1;
    if (line < at || line > bottom)
        copy_to(c, line < at ? at : bottom, c->cursor.col);
}

void copy_go(struct copy *c, uint64_t line)
{
    uint64_t half = (uint64_t)c->rows / 2, first = first_line(c);

    copy_search_stop(c);
    line = clamp_line(c, line);
    c->top = line > first + half ? line - half : first;
    settle(c);
    copy_to(c, line, 0);
}

/* --- the text --- */

int copy_cells(const struct copy *c, uint64_t line, struct cell **cells)
{
    int cols = term_cols(c->term);

    *cells = xcalloc((size_t)cols + 1, sizeof **cells);
    return term_line(c->term, line, *cells, cols);
}

enum word_class { BLANK, WORD, OTHER };

static enum word_class class_of(const struct cell *cell)
{
    uint32_t c = GLYPH_AT(cell->glyph, 0);

    if (cell->flags & CELL_CONTINUATION)
        return WORD;
    if (!c || c == ' ')
        return BLANK;
    return c > 127 || isalnum((int)c) || c == '_' ? WORD : OTHER;
}

static bool goes_on(const struct copy *c, uint64_t line, int by)
{
    return by < 0 ? line > first_line(c) : line + 1 < term_end(c->term);
}

/* One cell on or back, over line ends; false, and still there, at the end of everything. */
static bool step(const struct copy *c, uint64_t *line, int *col, int by)
{
    int cols = term_cols(c->term);

    if (*col + by >= 0 && *col + by < cols) {
        *col += by;
        return true;
    }
    if (!goes_on(c, *line, by))
        return false;
    *line += (uint64_t)(int64_t)by;
    *col = by > 0 ? 0 : cols - 1;
    return true;
}

/* The line read last: a motion looks at many cells of one. */
struct reader {
    const struct copy *c;
    struct cell *cells; /* owned; NULL: none yet */
    uint64_t line;
    int n;
};

static enum word_class class_at(struct reader *r, uint64_t line, int col)
{
    if (!r->cells || r->line != line) {
        free(r->cells);
        r->n = copy_cells(r->c, line, &r->cells);
        r->line = line;
    }
    return col < r->n ? class_of(&r->cells[col]) : BLANK;
}

#define WORD_STEPS_MAX 100000

/* w: the next beginning of a word. */
static void word_next(struct copy *c)
{
    struct reader r = {.c = c};
    uint64_t line = c->cursor.line;
    int col = c->cursor.col;
    enum word_class now = class_at(&r, line, col);

    for (int i = 0; i < WORD_STEPS_MAX && step(c, &line, &col, 1); i++) {
        enum word_class next = class_at(&r, line, col);

        if (next != BLANK && (next != now || col == 0))
            break;
        now = next;
    }
    free(r.cells);
    copy_to(c, line, col);
}

/* b and e: on while the next cell that way is of the same word. */
static void word_edge(struct copy *c, int by)
{
    struct reader r = {.c = c};
    uint64_t line = c->cursor.line, ahead;
    int col = c->cursor.col, ahead_col;
    int i = 0;

    do {
        if (!step(c, &line, &col, by))
            break;
    } while (class_at(&r, line, col) == BLANK && ++i < WORD_STEPS_MAX);
    enum word_class class = class_at(&r, line, col);
    for (; i < WORD_STEPS_MAX; i++) {
        ahead = line;
        ahead_col = col;
        if (!step(c, &ahead, &ahead_col, by) || ahead != line ||
            class_at(&r, ahead, ahead_col) != class)
            break;
        line = ahead;
        col = ahead_col;
    }
    free(r.cells);
    copy_to(c, line, col);
}

static bool is_blank(const struct copy *c, uint64_t line)
{
    struct cell *cells;
    int n = copy_cells(c, line, &cells);
    bool blank = true;

    for (int i = 0; i < n && blank; i++)
        blank = class_of(&cells[i]) == BLANK;
    free(cells);
    return blank;
}

static void paragraph(struct copy *c, int by)
{
    uint64_t line = c->cursor.line;

    while (goes_on(c, line, by) && is_blank(c, line))
        line += (uint64_t)(int64_t)by;
    while (goes_on(c, line, by) && !is_blank(c, line))
        line += (uint64_t)(int64_t)by;
    copy_to(c, line, 0);
}

static int text_edge(const struct copy *c, bool last)
{
    struct cell *cells;
    int n = copy_cells(c, c->cursor.line, &cells), at = 0, i;

    for (i = 0; i < n; i++) {
        if (class_of(&cells[i]) == BLANK)
            continue;
        at = i;
        if (!last)
            break;
    }
    free(cells);
    return at;
}

/* --- counts --- */

#define COUNT_MAX 99999

int copy_take_count(struct copy *c)
{
    int count = c->count;

    c->count = 0;
    return count;
}

/* As in vi: 0 is a digit only behind another one. */
static enum copy_result count_key(struct copy *c, struct key key)
{
    bool is_digit = !key.mods && key.code >= (c->count ? '0' : '1') && key.code <= '9';

    if (c->count && key.code == KEY_ESCAPE) {
        c->count = 0;
        return COPY_HANDLED;
    }
    if (!is_digit)
        return COPY_IGNORED;
    int count = c->count * 10 + (int)(key.code - '0');
    c->count = count > COUNT_MAX ? c->count : count;
    return COPY_HANDLED;
}

enum copy_result copy_key(struct copy *c, struct key key)
{
    return c->prompting ? copy_search_key(c, key) : count_key(c, key);
}

/* Until the cursor stays where it is. */
static void repeat(struct copy *c, void (*run)(struct copy *c, int argument), int argument,
                   int count)
{
    uint64_t line;
    int col;

    do {
        line = c->cursor.line;
        col = c->cursor.col;
        run(c, argument);
    } while (--count > 0 && (line != c->cursor.line || col != c->cursor.col));
}

/* --- motions --- */

static uint64_t line_by(const struct copy *c, int by)
{
    uint64_t first = first_line(c), line = c->cursor.line;

    if (by >= 0)
        return line + (uint64_t)by;
    return line > first + (uint64_t)-by ? line - (uint64_t)-by : first;
}

static void vertical(struct copy *c, int by)
{
    copy_to(c, line_by(c, by), c->want_col);
}

/* The cursor goes as far as the page, so that it stays in its row of the pane. */
static void page(struct copy *c, int by)
{
    uint64_t line = line_by(c, by);

    copy_scroll(c, by);
    copy_to(c, line, c->want_col);
}

/* As in vi the count stays for the next ones. */
static void half_page(struct copy *c, int way, int count)
{
    int half = c->rows > 2 ? (c->rows - 1) / 2 : 1;

    if (count)
        c->half = count;
    if (c->half)
        half = c->half < c->rows ? c->half : c->rows;
    page(c, way * half);
}

static void line_start(struct copy *c, int unused)
{
    copy_to(c, c->cursor.line, 0);
}

static void line_text(struct copy *c, int unused)
{
    copy_to(c, c->cursor.line, text_edge(c, false));
}

static void horizontal(struct copy *c, int by)
{
    copy_to(c, c->cursor.line, c->cursor.col + by);
}

static void screen_middle(struct copy *c, int unused)
{
    copy_to(c, c->top + (uint64_t)c->rows / 2, c->want_col);
}

static void on_word(struct copy *c, int unused)
{
    word_next(c);
}

static void prompt_jump(struct copy *c, int by)
{
    uint64_t line;
    bool found = by < 0 ? term_prompt_before(c->term, c->cursor.line, &line)
                        : term_prompt_after(c->term, c->cursor.line, &line);

    c->not_found = !found;
    if (found) {
        copy_to(c, line, 0);
        c->top = line;
        settle(c);
    }
}

static void select_kind(struct copy *c, int kind)
{
    if (c->selection.kind == (enum selection_kind)kind)
        selection_clear(&c->selection);
    else if (c->selection.kind != SELECTION_NONE)
        selection_set_kind(&c->selection, (enum selection_kind)kind);
    else
        selection_begin(&c->selection, c->term, (enum selection_kind)kind, c->cursor.line,
                        c->cursor.col);
}

static void swap_ends(struct copy *c, int unused)
{
    if (c->selection.kind == SELECTION_NONE)
        return;
    selection_swap(&c->selection);
    uint64_t line = c->selection.end.line;
    int col = c->selection.end.col;
    copy_to(c, line, col);
}

static const struct {
    const char *action;
    void (*run)(struct copy *c, int argument);
    int argument;
    bool keeps_col; /* j after it goes to the column it was in */
    bool repeats;   /* so often as the count says */
} motions[] = {
    {"copy-left", horizontal, -1, false, true},
    {"copy-right", horizontal, 1, false, true},
    {"copy-line-start", line_start, 0, false, false},
    {"copy-line-text", line_text, 0, false, false},
    {"copy-word-next", on_word, 0, false, true},
    {"copy-word-back", word_edge, -1, false, true},
    {"copy-word-end", word_edge, 1, false, true},
    {"copy-screen-middle", screen_middle, 0, true, false},
    {"copy-paragraph-up", paragraph, -1, false, true},
    {"copy-paragraph-down", paragraph, 1, false, true},
    {"copy-prompt-up", prompt_jump, -1, false, true},
    {"copy-prompt-down", prompt_jump, 1, false, true},
    {"copy-select", select_kind, SELECTION_CHARACTERS, true, false},
    {"copy-select-lines", select_kind, SELECTION_LINES, true, false},
    {"copy-select-block", select_kind, SELECTION_BLOCK, true, false},
    {"copy-other-end", swap_ends, 0, false, false},
};

static bool run_motion(struct copy *c, const char *action, int count)
{
    for (size_t i = 0; i < ARRAY_LEN(motions); i++) {
        if (strcmp(motions[i].action, action) != 0)
            continue;
        repeat(c, motions[i].run, motions[i].argument, motions[i].repeats ? count : 1);
        if (!motions[i].keeps_col)
            c->want_col = c->cursor.col;
        return true;
    }
    return false;
}

static bool run_page(struct copy *c, const char *action, int count)
{
    int full = c->rows > 2 ? c->rows - 1 : 1;
    const struct {
        const char *action;
        void (*run)(struct copy *c, int by);
        int by;
    } pages[] = {
        {"list-down", vertical, 1},
        {"list-up", vertical, -1},
        {"list-page-down", page, full},
        {"list-page-up", page, -full},
    };

    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (strcmp(pages[i].action, action) == 0) {
            repeat(c, pages[i].run, pages[i].by, count);
            return true;
        }
    }
    return false;
}

/* --- motions to which a count is no repetition; 0: there is none --- */

static void half_down(struct copy *c, int count)
{
    half_page(c, 1, count);
}

static void half_up(struct copy *c, int count)
{
    half_page(c, -1, count);
}

static void to_line(struct copy *c, int count)
{
    copy_to(c, first_line(c) + (count ? (uint64_t)count - 1 : 0), 0);
}

static void to_line_or_last(struct copy *c, int count)
{
    if (count)
        to_line(c, count);
    else
        copy_to(c, term_end(c->term) - 1, 0);
}

static void line_end(struct copy *c, int count)
{
    if (count > 1)
        vertical(c, count - 1);
    copy_to(c, c->cursor.line, text_edge(c, true));
}

static void screen_edge(struct copy *c, int count, bool bottom)
{
    uint64_t by = count ? (uint64_t)count - 1 : 0;
    uint64_t last = clamp_line(c, c->top + (uint64_t)(c->rows > 0 ? c->rows - 1 : 0));

    by = by < last - c->top ? by : last - c->top;
    copy_to(c, bottom ? last - by : c->top + by, c->want_col);
}

static void screen_top(struct copy *c, int count)
{
    screen_edge(c, count, false);
}

static void screen_bottom(struct copy *c, int count)
{
    screen_edge(c, count, true);
}

static bool run_counted(struct copy *c, const char *action, int count)
{
    static const struct {
        const char *action;
        void (*run)(struct copy *c, int count);
        bool keeps_col;
    } counted[] = {
        {"list-half-down", half_down, true},
        {"list-half-up", half_up, true},
        {"list-top", to_line, false},
        {"list-bottom", to_line_or_last, false},
        {"copy-line-end", line_end, false},
        {"copy-screen-top", screen_top, true},
        {"copy-screen-bottom", screen_bottom, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
        if (strcmp(counted[i].action, action) != 0)
            continue;
        counted[i].run(c, count);
        if (!counted[i].keeps_col)
            c->want_col = c->cursor.col;
        return true;
    }
    return false;
}

static enum copy_result escape(struct copy *c)
{
    if (c->selection.kind != SELECTION_NONE)
        selection_clear(&c->selection);
    else if (c->search)
        search_destroy(steal_pointer(&c->search));
    else
        return COPY_LEAVE;
    return COPY_HANDLED;
}

/* Who came by the wheel or a page key goes the same way. */
static bool leaves(const struct copy *c, const char *action, int count, bool at_end)
{
    bool goes_down = strncmp(action, "list-", 5) == 0 && strstr(action, "down");

    if (!c->by_wheel)
        return false;
    return (!count && strcmp(action, "list-bottom") == 0) ||
           (goes_down && at_end && c->selection.kind == SELECTION_NONE);
}

enum copy_result copy_act(struct copy *c, const char *action, int count)
{
    bool at_end = c->top >= last_top(c);

    settle(c);
    if (strcmp(action, "copy-next") != 0 && strcmp(action, "copy-previous") != 0)
        copy_search_stop(c);
    if (run_counted(c, action, count) || run_motion(c, action, count) || run_page(c, action, count))
        return leaves(c, action, count, at_end) ? COPY_LEAVE : COPY_HANDLED;
    if (strcmp(action, "copy-yank") == 0)
        return COPY_YANK;
    if (strcmp(action, "escape") == 0)
        return escape(c);
    return copy_search_act(c, action, count) ? COPY_HANDLED : COPY_IGNORED;
}

/* --- mouse --- */

void copy_press(struct copy *c, int row, int col, int clicks)
{
    uint64_t line = clamp_line(c, c->top + (uint64_t)(row < 0 ? 0 : row));

    c->count = 0;
    copy_search_stop(c);
    selection_clear(&c->selection);
    copy_to(c, line, col);
    c->want_col = c->cursor.col;
    if (clicks == 2)
        selection_word(&c->selection, c->term, line, col);
    else if (clicks > 2)
        selection_begin(&c->selection, c->term, SELECTION_LINES, line, col);
}

void copy_drag(struct copy *c, int row, int col)
{
    if (c->selection.kind == SELECTION_NONE)
        selection_begin(&c->selection, c->term, SELECTION_CHARACTERS, c->cursor.line,
                        c->cursor.col);
    if (row < 0)
        copy_scroll(c, row);
    else if (row >= c->rows)
        copy_scroll(c, row - c->rows + 1);
    row = row >= c->rows ? c->rows - 1 : row;
    copy_to(c, c->top + (uint64_t)(row < 0 ? 0 : row), col);
}

bool copy_yank(struct copy *c, struct buf *out)
{
    if (c->selection.kind == SELECTION_NONE)
        selection_word(&c->selection, c->term, c->cursor.line, c->cursor.col);
    return selection_text(&c->selection, YANK_MAX, out);
}
