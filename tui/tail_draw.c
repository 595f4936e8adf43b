/* SPDX-License-Identifier: MIT
 *
 * A tail's rows: a line takes one, or several when it is wrapped or pretty JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/tail_internal.h"

/* The rows of one line; visit may be NULL. Returns how many. */
struct row {
    const char *text; /* not NUL-terminated */
    size_t n, offset; /* offset: from the beginning of what is shown of the line */
};
typedef void (*row_visit)(void *user, int i, struct row row);

static size_t skip_columns(const char *text, int cols)
{
    return cols > 0 ? text_prefix(text, cols) : 0;
}

static int each_row(const struct tail *t, char *text, int cols, row_visit visit, void *user)
{
    char *line = text, *end;
    int n = 0;

    do {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        size_t at = t->wrap ? 0 : skip_columns(line, t->left);
        do {
            size_t here = text_prefix(line + at, cols > 0 ? cols : 1);

            here = here || !line[at] ? here : strlen(line + at); /* no room for a wide one */
            if (visit)
                visit(user, n, (struct row){line + at, here, (size_t)(line + at - text)});
            n++;
            at += here;
        } while (t->wrap && line[at]);
        if (end)
            *end = '\n';
        line = end + 1;
    } while (end);
    return n;
}

static int count_rows(const struct tail *t, uint64_t number)
{
    cleanup_buf struct buf text = {0};

    tail_shown(t, tail_at(t, number), &text);
    return each_row(t, text.data, t->width, NULL, NULL);
}

/* --- drawing one line --- */

struct painter {
    struct tail *t;
    struct canvas c;
    const struct style *styles;
    const struct tail_line *line;
    size_t prefix;
    int y;     /* of the line's first row; may be above the canvas */
    bool here; /* the cursor, or selected */
};

static enum role role_of(const struct painter *p)
{
    static const enum role roles[] = {[TAIL_PLAIN] = ROLE_TEXT,
                                      [TAIL_DEBUG] = ROLE_DIM,
                                      [TAIL_WARNING] = ROLE_WARN,
                                      [TAIL_ERROR] = ROLE_BAD};

    return p->here ? ROLE_SELECTED : roles[p->line->level];
}

/* Search hits, and what the keep filter matched. */
static void paint_hits(const struct painter *p, const struct filter *f, int y, const char *text)
{
    size_t start = 0, len = 0, letter = 0;

    if (!filter_active(f))
        return;
    for (; filter_span(f, text, &start, &len, &letter); start += len) {
        cleanup_free char *before = xstrndup(text, start), *hit = xstrndup(text + start, len);

        canvas_text(p->c, y, text_width(before), -1, p->styles[ROLE_MATCH], hit);
    }
}

static void paint_row(void *user, int i, struct row row)
{
    const struct painter *p = user;
    int y = p->y + i;

    if (y < 0 || y >= p->c.rows)
        return;
    cleanup_free char *text = xstrndup(row.text, row.n);
    canvas_label(p->c, y, 0, p->c.cols, p->styles[role_of(p)], text);
    if (!p->here && row.offset < p->prefix) {
        size_t n = p->prefix - row.offset < row.n ? p->prefix - row.offset : row.n;
        cleanup_free char *prefix = xstrndup(row.text, n);

        canvas_text(p->c, y, 0, -1, p->styles[ROLE_DIM], prefix);
    }
    paint_hits(p, &p->t->keep, y, text);
    paint_hits(p, &p->t->search, y, text);
}

static bool is_here(const struct tail *t, uint64_t number)
{
    uint64_t low = t->anchor < t->cursor ? t->anchor : t->cursor;
    uint64_t high = t->anchor < t->cursor ? t->cursor : t->anchor;

    if (!t->paused)
        return false;
    return t->selecting ? number >= low && number <= high : number == t->cursor;
}

static int paint_line(struct tail *t, struct canvas c, const struct theme *theme, uint64_t number,
                      int y)
{
    cleanup_buf struct buf text = {0};
    struct painter p = {.t = t,
                        .c = c,
                        .styles = theme->styles,
                        .line = tail_at(t, number),
                        .y = y,
                        .here = is_here(t, number)};

    p.prefix = tail_shown(t, p.line, &text);
    return each_row(t, text.data, c.cols, paint_row, &p);
}

/* --- which lines --- */

/* The first line of a page that ends with `last`, and how many of its rows are above the page. */
static uint64_t page_ending(const struct tail *t, uint64_t last, int rows, int *above)
{
    uint64_t at = last, first = last;
    int total = 0;

    for (; at != UINT64_MAX; at = tail_kept(t, at - 1, -1)) {
        first = at;
        total += count_rows(t, at);
        if (total >= rows || at == t->first)
            break;
    }
    *above = total > rows ? total - rows : 0;
    return first;
}

void tail_reveal(struct tail *t)
{
    int above, rows = 0;

    if (t->top == UINT64_MAX || t->top > t->cursor) {
        t->top = t->top == UINT64_MAX ? page_ending(t, t->cursor, t->height, &above) : t->cursor;
        return;
    }
    for (uint64_t at = t->top; at != UINT64_MAX && at <= t->cursor && rows <= t->height;
         at = tail_kept(t, at + 1, 1))
        rows += count_rows(t, at);
    if (rows > t->height)
        t->top = page_ending(t, t->cursor, t->height, &above);
}

static void draw_prompt(struct tail *t, struct canvas c, const struct theme *theme)
{
    const struct filter *f =
        t->prompting == TAIL_KEEP || (!t->prompting && !filter_active(&t->search)) ? &t->keep
                                                                                   : &t->search;
    const struct style *styles = theme->styles;
    int y = c.rows - 1, w = text_width(f->error);

    canvas_fill(c, (struct rect){y, 0, 1, c.cols}, styles[ROLE_TEXT]);
    canvas_text(c, y, 0, 1, styles[ROLE_KEY], f == &t->keep ? "&" : "/");
    if (t->prompting)
        prompt_draw(&t->prompt, c, y, 1, c.cols - 2 - (w ? w + 2 : 0), styles[ROLE_INPUT]);
    else
        canvas_label(c, y, 1, c.cols - 2, styles[ROLE_MATCH], f->text);
    if (w && w + 4 < c.cols)
        canvas_text(c, y, c.cols - w, w, styles[ROLE_ERROR], f->error);
}

static bool has_prompt(const struct tail *t)
{
    return t->prompting || filter_active(&t->search) || filter_active(&t->keep);
}

void tail_draw(struct tail *t, struct canvas c, const struct theme *theme)
{
    struct canvas body = canvas_sub(c, (struct rect){.h = c.rows - has_prompt(t), .w = c.cols});
    uint64_t at = UINT64_MAX;
    int above = 0;

    t->height = body.rows;
    t->width = body.cols;
    if (body.rows > 0 && t->n && t->paused) {
        tail_reveal(t);
        at = t->top;
    } else if (body.rows > 0 && t->n) {
        at = tail_kept(t, t->first + t->n - 1, -1);
        at = at == UINT64_MAX ? at : page_ending(t, at, body.rows, &above);
    }
    for (int y = -above; at != UINT64_MAX && y < body.rows; at = tail_kept(t, at + 1, 1))
        y += paint_line(t, body, theme, at, y);
    if (has_prompt(t))
        draw_prompt(t, c, theme);
}

struct view_cursor tail_cursor(const struct tail *t, int rows)
{
    if (!t->prompting)
        return (struct view_cursor){0};
    cleanup_free char *before = xstrndup(prompt_text(&t->prompt), t->prompt.cursor);
    return (struct view_cursor){true, rows - 1, 1 + text_width(before) - t->prompt.scroll, 2};
}
