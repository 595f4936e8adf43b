/* SPDX-License-Identifier: MIT
 *
 * Texts → lines → rows (Myers' shortest edit script, with a bound on its work) → what is drawn.
 */
#include "tui/diff.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/scroll.h"

#define EDITS_MAX 1000 /* beyond it the middle counts as replaced */
#define CONTEXT   3
#define FOLD_MIN  8 /* equal lines in a row before some are hidden */

struct lines {
    const char **at; /* borrowed beginnings */
    size_t *n;
    size_t count;
};

static void split(struct lines *out, const char *text, size_t n, bool *is_cut)
{
    size_t cap = 1;

    for (size_t i = 0; i < n; i++)
        cap += text[i] == '\n';
    cap = cap > DIFF_LINES_MAX ? DIFF_LINES_MAX : cap;
    *out = (struct lines){.at = xcalloc(cap, sizeof(char *)), .n = xcalloc(cap, sizeof(size_t))};
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t length = end ? (size_t)(end - text) - at : n - at;

        if (out->count == cap) {
            *is_cut = true;
            return;
        }
        out->at[out->count] = text + at;
        out->n[out->count++] = length;
        at += length + 1;
    }
}

static void lines_free(struct lines *l)
{
    free(l->at);
    free(l->n);
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
    return a->n[i] == b->n[k] && memcmp(a->at[i], b->at[k], a->n[i]) == 0;
}

static char *clean(const char *text, size_t n)
{
    char out[DIFF_LINE_MAX];
    cleanup_buf struct buf tabs = {0};

    for (size_t i = 0; i < n && tabs.len < DIFF_LINE_MAX * 2; i++) {
        if (text[i] == '\t')
            buf_append_str(&tabs, "    ");
        else
            buf_append_char(&tabs, text[i]);
    }
    return xstrdup(text_sanitise(out, sizeof out, tabs.data ? tabs.data : "", tabs.len));
}

static struct diff_row *add_row(struct diff *d)
{
    if (d->n_rows == d->cap_rows) {
        d->cap_rows = d->cap_rows ? d->cap_rows * 2 : 64;
        d->rows = xreallocarray(d->rows, d->cap_rows, sizeof *d->rows);
    }
    d->rows[d->n_rows] = (struct diff_row){0};
    d->width = 0;
    return &d->rows[d->n_rows++];
}

static void add_same(struct diff *d, const char *text, size_t n)
{
    struct diff_row *row = add_row(d);

    row->left = row->right = clean(text, n);
}

/* A run of removed and of added lines stands side by side. */
static void add_change(struct diff *d, const struct lines *a, size_t a0, size_t a1,
                       const struct lines *b, size_t b0, size_t b1)
{
    d->n_removed += a1 - a0;
    d->n_added += b1 - b0;
    while (a0 < a1 || b0 < b1) {
        struct diff_row *row = add_row(d);

        if (a0 < a1) {
            row->left = clean(a->at[a0], a->n[a0]);
            a0++;
        }
        if (b0 < b1) {
            row->right = clean(b->at[b0], b->n[b0]);
            b0++;
        }
    }
}

/* --- the shortest script --- */

/* Which lines of both are kept: keep[i] is 1 + the line of b that line i of a became, 0: removed.
 */
struct middle {
    const struct lines *a, *b;
    size_t a0, b0, n, m; /* what differs after equal beginnings and ends */
    size_t *keep;        /* of n */
};

static void walk_back(const struct middle *w, int **trace, int d, int x, int y)
{
    for (; d > 0; d--) {
        const int *v = trace[d];
        int k = x - y, before;

        if (k == -d || (k != d && v[EDITS_MAX + k - 1] < v[EDITS_MAX + k + 1]))
            before = k + 1;
        else
            before = k - 1;
        int px = v[EDITS_MAX + before], py = px - before;
        while (x > px && y > py && x > 0 && y > 0) {
            x--;
            y--;
            w->keep[x] = (size_t)y + 1;
        }
        x = px;
        y = py;
    }
    while (x > 0 && y > 0) {
        x--;
        y--;
        w->keep[x] = (size_t)y + 1;
    }
}

/* Myers, greedy; a trace of each step. False: more edits than EDITS_MAX. */
static bool shortest(const struct middle *w)
{
    static const size_t span = 2 * EDITS_MAX + 2;
    int n = (int)w->n, m = (int)w->m, *v = xcalloc(span, sizeof *v), found = -1;
    int **trace = xcalloc(EDITS_MAX + 1, sizeof *trace);

    for (int d = 0; d <= EDITS_MAX && d <= n + m && found < 0; d++) {
        trace[d] = xmalloc(span * sizeof *v);
        memcpy(trace[d], v, span * sizeof *v);
        for (int k = -d; k <= d && found < 0; k += 2) {
            if (k <= -EDITS_MAX || k >= EDITS_MAX)
                continue;
            int x = k == -d || (k != d && v[EDITS_MAX + k - 1] < v[EDITS_MAX + k + 1])
                        ? v[EDITS_MAX + k + 1]
                        : v[EDITS_MAX + k - 1] + 1;
            int y = x - k;

            while (x < n && y < m && same(w->a, w->a0 + (size_t)x, w->b, w->b0 + (size_t)y)) {
                x++;
                y++;
            }
            v[EDITS_MAX + k] = x;
            if (x >= n && y >= m)
                found = d;
        }
    }
    if (found >= 0)
        walk_back(w, trace, found, n, m);
    for (int d = 0; d <= EDITS_MAX; d++)
        free(trace[d]);
    free(trace);
    free(v);
    return found >= 0;
}

static void add_middle(struct diff *d, const struct middle *w)
{
    size_t i = 0, k = 0;

    while (i < w->n || k < w->m) {
        size_t i1 = i, k1;

        while (i1 < w->n && !w->keep[i1])
            i1++;
        k1 = i1 < w->n ? w->keep[i1] - 1 : w->m;
        add_change(d, w->a, w->a0 + i, w->a0 + i1, w->b, w->b0 + k, w->b0 + k1);
        if (i1 < w->n) {
            add_same(d, w->a->at[w->a0 + i1], w->a->n[w->a0 + i1]);
            k1++;
            i1++;
        }
        i = i1;
        k = k1;
    }
}

void diff_texts(struct diff *d, const char *before, size_t n_before, const char *after,
                size_t n_after)
{
    struct lines a, b;
    size_t head = 0, tail = 0;

    split(&a, before, n_before, &d->is_cut);
    split(&b, after, n_after, &d->is_cut);
    while (head < a.count && head < b.count && same(&a, head, &b, head))
        head++;
    while (tail < a.count - head && tail < b.count - head &&
           same(&a, a.count - 1 - tail, &b, b.count - 1 - tail))
        tail++;
    for (size_t i = 0; i < head; i++)
        add_same(d, a.at[i], a.n[i]);
    struct middle w = {&a, &b, head, head, a.count - head - tail, b.count - head - tail, NULL};
    w.keep = xcalloc(w.n + 1, sizeof *w.keep);
    if (!shortest(&w))
        memset(w.keep, 0, (w.n + 1) * sizeof *w.keep);
    add_middle(d, &w);
    free(w.keep);
    for (size_t i = a.count - tail; i < a.count; i++)
        add_same(d, a.at[i], a.n[i]);
    lines_free(&a);
    lines_free(&b);
}

void diff_add(struct diff *d, const char *left, const char *right)
{
    if (left && right && strcmp(left, right) == 0) {
        add_same(d, left, strlen(left));
        return;
    }
    struct diff_row *row = add_row(d);
    row->left = left ? clean(left, strlen(left)) : NULL;
    row->right = right ? clean(right, strlen(right)) : NULL;
    d->n_removed += left != NULL;
    d->n_added += right != NULL;
}

void diff_names(struct diff *d, const char *left, const char *right)
{
    free(d->left_name);
    free(d->right_name);
    d->left_name = clean(left, strlen(left));
    d->right_name = clean(right, strlen(right));
}

bool diff_is_empty(const struct diff *d)
{
    return !d->n_added && !d->n_removed;
}

void diff_finish(struct diff *d)
{
    for (size_t i = 0; i < d->n_rows; i++) {
        if (d->rows[i].right != d->rows[i].left)
            free(d->rows[i].right);
        free(d->rows[i].left);
    }
    free(d->rows);
    free(d->lines);
    free(d->left_name);
    free(d->right_name);
    *d = (struct diff){0};
}

/* --- what is drawn --- */

static bool is_same(const struct diff_row *row)
{
    return row->left == row->right;
}

/* In two columns a line's text is its row: (const char *)row. */
static void add_line(struct diff *d, char sign, const void *text, size_t n_folded)
{
    if (d->n_lines == d->cap_lines) {
        d->cap_lines = d->cap_lines ? d->cap_lines * 2 : 128;
        d->lines = xreallocarray(d->lines, d->cap_lines, sizeof *d->lines);
    }
    d->lines[d->n_lines++] = (struct diff_line){sign, text, n_folded};
}

static bool is_wide(const struct diff *d)
{
    return d->width >= DIFF_TWO_COLUMNS_MIN;
}

static void lay_same(struct diff *d, size_t from, size_t to)
{
    bool folds = to - from >= FOLD_MIN;
    size_t head = from ? CONTEXT : 0, tail = to < d->n_rows ? CONTEXT : 0;

    for (size_t i = from; i < to; i++) {
        if (folds && i == from + head) {
            add_line(d, '~', NULL, to - tail - i);
            i = to - tail;
        }
        if (i < to)
            add_line(d, ' ', is_wide(d) ? (const void *)&d->rows[i] : d->rows[i].left, 0);
    }
}

static void lay_change(struct diff *d, size_t from, size_t to)
{
    for (size_t i = from; i < to && is_wide(d); i++)
        add_line(d, '|', &d->rows[i], 0);
    for (size_t i = from; i < to && !is_wide(d); i++)
        if (d->rows[i].left)
            add_line(d, '-', d->rows[i].left, 0);
    for (size_t i = from; i < to && !is_wide(d); i++)
        if (d->rows[i].right)
            add_line(d, '+', d->rows[i].right, 0);
}

static void lay(struct diff *d, int width)
{
    if (d->width == width)
        return;
    d->width = width;
    d->n_lines = 0;
    for (size_t i = 0, end; i < d->n_rows; i = end) {
        bool kind = is_same(&d->rows[i]);

        for (end = i; end < d->n_rows && is_same(&d->rows[end]) == kind;)
            end++;
        if (kind)
            lay_same(d, i, end);
        else
            lay_change(d, i, end);
    }
}

static void draw_half(struct canvas c, int y, int x, int w, char sign, const char *text,
                      const struct style *styles)
{
    char mark[2] = {text ? sign : ' ', '\0'};
    enum role role = mark[0] == '-' ? ROLE_BAD : mark[0] == '+' ? ROLE_GOOD : ROLE_TEXT;

    canvas_text(c, y, x, 1, styles[role], mark);
    canvas_label(c, y, x + 2, w - 2, styles[role], text ? text : "");
}

static void draw_wide(struct canvas c, int y, const struct diff_line *line,
                      const struct style *styles)
{
    const struct diff_row *row = (const struct diff_row *)(const void *)line->text;
    int half = (c.cols - 3) / 2;

    draw_half(c, y, 1, half, line->sign == ' ' ? ' ' : '-', row->left, styles);
    canvas_text(c, y, half + 1, 1, styles[ROLE_BORDER], "\xe2\x94\x82");
    draw_half(c, y, half + 2, c.cols - half - 2, line->sign == ' ' ? ' ' : '+', row->right, styles);
}

static void draw_line(const struct diff *d, struct canvas c, int y, const struct diff_line *line,
                      const struct style *styles)
{
    char text[64];

    if (line->sign == '~') {
        snprintf(text, sizeof text, "  \xe2\x8b\xaf %zu equal line%s", line->n_folded,
                 line->n_folded == 1 ? "" : "s");
        canvas_text(c, y, 1, c.cols - 1, styles[ROLE_DIM], text);
    } else if (is_wide(d)) {
        draw_wide(c, y, line, styles);
    } else {
        draw_half(c, y, 1, c.cols - 1, line->sign, line->text, styles);
    }
}

static int draw_names(const struct diff *d, struct canvas c, const struct style *styles)
{
    char text[600];

    if (!d->left_name || !d->right_name)
        return 0;
    if (is_wide(d)) {
        int half = (c.cols - 3) / 2;

        canvas_label(c, 0, 1, half, styles[ROLE_HEADER], d->left_name);
        canvas_label(c, 0, half + 2, c.cols - half - 2, styles[ROLE_HEADER], d->right_name);
        return 1;
    }
    snprintf(text, sizeof text, "- %.250s", d->left_name);
    canvas_label(c, 0, 1, c.cols - 1, styles[ROLE_HEADER], text);
    snprintf(text, sizeof text, "+ %.250s", d->right_name);
    canvas_label(c, 1, 1, c.cols - 1, styles[ROLE_HEADER], text);
    return 2;
}

void diff_draw(struct diff *d, struct canvas c, const struct theme *theme)
{
    lay(d, c.cols);
    int y = draw_names(d, c, theme->styles);
    d->height = c.rows - y;
    diff_scroll(d, 0);
    for (size_t i = d->top; i < d->n_lines && y < c.rows; i++, y++)
        draw_line(d, c, y, &d->lines[i], theme->styles);
    if (diff_is_empty(d) && y < c.rows)
        canvas_text(c, y, 1, c.cols - 1, theme->styles[ROLE_DIM], "Nothing differs");
    else if (d->is_cut && y < c.rows)
        canvas_text(c, y, 1, c.cols - 1, theme->styles[ROLE_WARN],
                    "\xe2\x80\xa6 what follows is too long to compare");
}

void diff_scroll(struct diff *d, int rows)
{
    d->top = scroll_top(d->top, rows, d->n_lines, d->height);
}

bool diff_act(struct diff *d, const char *action)
{
    int rows;

    if (!scroll_motion(action, scroll_page(d->height), d->n_lines, &rows))
        return false;
    diff_scroll(d, rows);
    return true;
}
