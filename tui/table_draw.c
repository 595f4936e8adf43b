/* SPDX-License-Identifier: MIT
 *
 * Widths and cells. Columns share the room by priority: the comfortable width of what must stay is
 * set aside first, the rest join while their least width fits, then all grow towards their ideal.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/table.h"
#include "tui/table_lines.h"

/* How far past its ideal a column that stays may push others out for the texts it was seen with. */
#define COMFORT_COLS  12
#define COMFORT_ABOVE 60

struct widths {
    const struct table *t;
    int ideal[TABLE_COLUMNS_MAX]; /* what it grows to first */
    int full[TABLE_COLUMNS_MAX];  /* for all that was seen */
    int roomy[TABLE_COLUMNS_MAX]; /* what a column that stays wants before others join */
    bool in[TABLE_COLUMNS_MAX];
    int gap;
};

static int gutter(int cols)
{
    return cols >= 12 ? 2 : cols >= 6 ? 1 : 0;
}

/* Room taken when what must stay has its ideal (or least) width and the others their least. */
static int room(const struct widths *w, bool comfortable)
{
    const struct table_source *s = &w->t->source;
    int sum = -w->gap;

    for (int i = 0; i < s->n_columns; i++) {
        bool roomy = comfortable && s->columns[i].priority == 0;

        if (w->in[i])
            sum += (roomy ? w->roomy[i] : s->columns[i].min) + w->gap;
    }
    return sum > 0 ? sum : 0;
}

static bool drop_one(struct widths *w)
{
    const struct table_source *s = &w->t->source;
    int worst = -1;

    for (int i = 0; i < s->n_columns; i++)
        if (w->in[i] && s->columns[i].priority > 0 &&
            (worst < 0 || s->columns[i].priority >= s->columns[worst].priority))
            worst = i;
    if (worst >= 0)
        w->in[worst] = false;
    return worst >= 0;
}

static void grow(struct table *t, const struct widths *w, const int *towards, int *left)
{
    for (int priority = 0; priority < 100 && *left > 0; priority++)
        for (int i = 0; i < t->source.n_columns; i++) {
            if (!w->in[i] || t->source.columns[i].priority != priority)
                continue;
            int more = towards[i] - t->widths[i];

            more = more < *left ? more : *left;
            if (more > 0) {
                t->widths[i] += more;
                *left -= more;
            }
        }
}

/* Nothing is left to drop: cut from the right. */
static void squeeze(struct table *t, struct widths *w, int cols)
{
    int x = 0;

    for (int i = 0; i < t->source.n_columns; i++) {
        if (!w->in[i])
            continue;
        if (x + t->widths[i] > cols)
            t->widths[i] = cols - x > 0 ? cols - x : 0;
        if (t->widths[i] == 0)
            w->in[i] = false;
        x += t->widths[i] + w->gap;
    }
}

static void place_columns(struct table *t, const struct widths *w, int x)
{
    for (int i = 0; i < t->source.n_columns; i++) {
        t->xs[i] = x;
        if (w->in[i])
            x += t->widths[i] + w->gap;
    }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void want_widths(struct widths *w, int cols)
{
    for (int i = 0; i < w->t->source.n_columns; i++) {
        const struct table_column *column = &w->t->source.columns[i];
        int seen = w->t->seen[i] > column->ideal ? w->t->seen[i] : column->ideal;

        w->full[i] = least(seen, column->max);
        w->roomy[i] = least(w->full[i], column->ideal + (cols < COMFORT_ABOVE ? 0 : COMFORT_COLS));
        /* The room others were kept out of is taken before they grow. */
        w->ideal[i] = column->priority ? column->ideal : w->roomy[i];
        w->in[i] = true;
    }
}

static void share_width(struct table *t, int cols)
{
    const struct table_source *s = &t->source;
    struct widths w = {.t = t, .gap = cols < 60 ? 1 : 2};
    int margin = gutter(cols);

    want_widths(&w, cols);
    while (room(&w, true) > cols - margin && drop_one(&w))
        ;
    for (int i = 0; i < s->n_columns; i++)
        t->widths[i] = w.in[i] ? s->columns[i].min : 0;
    int left = cols - margin - room(&w, false);
    if (left < 0)
        squeeze(t, &w, cols - margin);
    grow(t, &w, w.ideal, &left);
    grow(t, &w, w.full, &left);
    place_columns(t, &w, margin);
}

/* The longest texts seen widen their columns, and stay in force: a column that breathes with what
 * scrolls by would not let the eye rest. */
static void measure(struct table *t, size_t from, size_t to)
{
    const struct table_source *s = &t->source;

    for (size_t line = from; line < to; line++) {
        for (int i = 0; t->lines[line].entry && i < s->n_columns; i++) {
            struct table_cell cell = {.role = ROLE_TEXT};

            if (s->columns[i].max <= s->columns[i].ideal)
                continue;
            s->cell(s->user, t->lines[line].entry->row, i, &cell);
            int width = text_width(cell.text);
            if (width > t->seen[i])
                t->seen[i] = width;
        }
    }
}

static void draw_header(const struct table *t, struct canvas c, const struct theme *theme)
{
    const struct style style = theme->styles[ROLE_HEADER];

    canvas_fill(c, (struct rect){0, 0, 1, c.cols}, style);
    for (int i = 0; i < t->source.n_columns; i++) {
        const struct table_column *column = &t->source.columns[i];
        const char *arrow = i != t->sort_column ? ""
                            : t->descending     ? "\xe2\x86\x93"
                                                : "\xe2\x86\x91";
        char text[64];
        int w = t->widths[i];

        if (w <= 0)
            continue;
        /* The arrow outlives the title when both do not fit. */
        int keep = w - text_width(arrow);
        snprintf(text, sizeof text, "%.*s%s", (int)text_prefix(column->title, keep), column->title,
                 arrow);
        int pad = column->right ? w - text_width(text) : 0;
        canvas_text(c, 0, t->xs[i] + (pad > 0 ? pad : 0), w, style, text);
    }
}

static void draw_heading(struct canvas c, int y, const struct table_line *line,
                         const struct theme *theme)
{
    char count[32];
    int n = snprintf(count, sizeof count, " %zu", line->n_rows);
    int x = canvas_text(c, y, 0, c.cols, theme->styles[ROLE_TITLE], line->group);

    if (x + n <= c.cols)
        canvas_text(c, y, x, n, theme->styles[ROLE_DIM], count);
}

static void highlight(const struct table *t, struct canvas c, int y, int x, int w, const char *text,
                      struct style style)
{
    size_t start = 0, len, letter = 0;

    while (filter_span(t->filter, text, &start, &len, &letter)) {
        cleanup_free char *before = xstrndup(text, start);
        cleanup_free char *hit = xstrndup(text + start, len);
        int from = text_width(before), width = text_width(hit);

        if (from >= w)
            return;
        if (from + width > w)
            width = w - from;
        canvas_restyle(c, (struct rect){y, x + from, 1, width}, style);
        start += len;
    }
}

static void highlight_row(const struct table *t, struct canvas c, int y,
                          const struct table_entry *entry, struct style style)
{
    const struct table_source *s = &t->source;

    for (int i = 0; i < s->n_columns; i++) {
        struct table_cell cell = {.role = ROLE_TEXT};

        if (t->widths[i] <= 0)
            continue;
        s->cell(s->user, entry->row, i, &cell);
        int pad = s->columns[i].right ? t->widths[i] - text_width(cell.text) : 0;
        highlight(t, c, y, t->xs[i] + (pad > 0 ? pad : 0), t->widths[i], cell.text, style);
    }
}

static void draw_row(const struct table *t, struct canvas c, int y, const struct table_entry *entry,
                     const struct theme *theme)
{
    const struct table_source *s = &t->source;
    bool selected = entry == t->selected;
    int margin = gutter(c.cols);

    for (int i = 0; i < s->n_columns; i++) {
        struct table_cell cell = {.role = ROLE_TEXT};
        int w = t->widths[i];

        if (w <= 0)
            continue;
        s->cell(s->user, entry->row, i, &cell);
        int pad = s->columns[i].right ? w - text_width(cell.text) : 0;
        int x = t->xs[i] + (pad > 0 ? pad : 0);
        canvas_label(c, y, x, w - (pad > 0 ? pad : 0), theme->styles[cell.role], cell.text);
    }
    if (entry->marked) {
        canvas_restyle(c, (struct rect){y, 0, 1, c.cols}, theme->styles[ROLE_MARKED]);
        canvas_text(c, y, margin > 1 ? 1 : 0, margin ? 1 : 0, theme->styles[ROLE_MARKED], "*");
    }
    if (selected) {
        if (margin > 1 || (margin && !entry->marked))
            canvas_text(c, y, 0, 1, theme->styles[ROLE_SELECTED], "\xe2\x96\xb8");
        canvas_restyle(c, (struct rect){y, 0, 1, c.cols}, theme->styles[ROLE_SELECTED]);
    }
    if (t->filter && filter_active(t->filter))
        highlight_row(t, c, y, entry, theme->styles[ROLE_MATCH]);
}

void table_draw(struct table *t, struct canvas c, const struct theme *theme)
{
    if (c.rows <= 0 || c.cols <= 0)
        return;
    table_layout(t, c.rows, c.cols);
    int header = c.rows > 1;
    size_t to = t->top + (size_t)(c.rows - header);
    if (to > t->n_lines)
        to = t->n_lines;
    measure(t, t->top, to);
    share_width(t, c.cols);
    if (header)
        draw_header(t, c, theme);
    for (size_t line = t->top; line < to; line++) {
        int y = header + (int)(line - t->top);

        if (t->lines[line].entry)
            draw_row(t, c, y, t->lines[line].entry, theme);
        else
            draw_heading(c, y, &t->lines[line], theme);
    }
}
