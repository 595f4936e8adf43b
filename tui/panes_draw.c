/* SPDX-License-Identifier: MIT
 *
 * What is drawn of panes and tabs: labels on the status line, titles, columns, numbers.
 */
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/internal.h"

#define LABEL_COLS_MAX 20
#define HIDDEN_COLS    5 /* "<12! " */

/* --- tabs --- */

/* The signs of struct view_ops.mark, the lesser first. Those without words: '#' is seen as soon as
 * it is on the screen, the others a title says of itself as long as they hold. */
static const struct {
    char sign;
    const char *words;
} news[] = {
    {'#', NULL}, {'+', "+ new output"}, {'?', NULL}, {'x', NULL}, {'!', "! bell"},
};

size_t tui_news_rank(char sign)
{
    size_t i = ARRAY_LEN(news);

    while (i > 0 && news[i - 1].sign != sign)
        i--;
    return i;
}

static char tab_mark(const struct tab *tab, char mark)
{
    for (struct leaf *leaf = layout_next(tab->layout, NULL); leaf;
         leaf = layout_next(tab->layout, leaf)) {
        struct view *v = leaf_view(leaf);
        char own = v && v->ops->mark ? v->ops->mark(v) : 0;

        if (tui_news_rank(own) > tui_news_rank(mark))
            mark = own;
    }
    return mark;
}

/* What a tab is called: its name, else the first word of what has the focus in it. Where it has to
 * be short the namespace goes first; the current one keeps more. */
static int tab_label(const struct tui *t, size_t i, int cols, char *out, size_t cap)
{
    const struct tab *tab = &t->tabs[i];
    struct view *v = leaf_view(layout_focused(tab->layout));
    cleanup_buf struct buf title = {0};
    const char *name = tab->name;
    char mark = i == t->tab ? '*' : tab_mark(tab, i == t->last_tab ? '-' : ' ');

    if (!*name && v && v->ops->title) {
        v->ops->title(v, &title);
        name = title.data ? title.data : "";
    } else if (!*name && v) {
        name = v->ops->name;
    }
    cleanup_free char *word = xstrndup(name, *tab->name ? strlen(name) : strcspn(name, " "));
    const char *slash = *tab->name || text_width(word) <= cols ? NULL : strrchr(word, '/');
    char *shown = word + (slash ? slash + 1 - word : 0);
    shown[text_prefix(shown, i == t->tab ? MAX(cols, LABEL_COLS_MAX / 2) : cols)] = '\0';
    snprintf(out, cap, "%zu:%s%c", i, shown, mark);
    return text_width(out);
}

/* The tabs from one to before another, with a blank behind each. */
struct tab_run {
    size_t from, to;
    int cols; /* of a name */
};

static int run_width(const struct tui *t, const struct tab_run *run)
{
    char label[160];
    int w = 0;

    for (size_t i = run->from; i < run->to; i++)
        w += tab_label(t, i, run->cols, label, sizeof label) + 1;
    return w;
}

/* All of them, with shorter names if need be; else as many around the current one as there is room
 * for. */
static struct tab_run fitting_tabs(const struct tui *t, int cols)
{
    static const int names[] = {LABEL_COLS_MAX, LABEL_COLS_MAX / 2, LABEL_COLS_MAX / 4};
    struct tab_run run = {.to = t->n_tabs};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        run.cols = names[i];
        if (run_width(t, &run) < (i ? cols * 2 / 3 : cols / 2))
            return run;
    }
    int room = cols * 2 / 3 - 2 * HIDDEN_COLS;
    run.to = t->tab + 1;
    while (run.from < t->tab && run_width(t, &run) > room)
        run.from++;
    while (run.to < t->n_tabs &&
           run_width(t, &(struct tab_run){run.from, run.to + 1, run.cols}) <= room)
        run.to++;
    return run;
}

/* How many there is no room for, with the gravest of their signs. */
static int draw_hidden(const struct tui *t, struct canvas c, int x, char side,
                       const struct tab_run *run)
{
    char text[16], mark = ' ';

    if (run->from == run->to)
        return x;
    for (size_t i = run->from; i < run->to; i++)
        mark = tab_mark(&t->tabs[i], mark);
    snprintf(text, sizeof text, "%c%zu%c", side, run->to - run->from, mark);
    canvas_text(c, c.rows - 1, x, c.cols - x, tui_theme(t)->styles[ROLE_STATUS], text);
    return x + text_width(text) + 1;
}

int panes_draw_tabs(struct tui *t, struct canvas c, int x)
{
    const struct style *styles = tui_theme(t)->styles;

    t->tabs_drawn = 0;
    if (t->n_tabs < 2)
        return x;
    canvas_fill(c, (struct rect){.y = c.rows - 1, .x = x, .h = 1, .w = c.cols - x},
                styles[ROLE_STATUS]);
    struct tab_run run = fitting_tabs(t, c.cols - x);
    x = draw_hidden(t, c, x + 1, '<', &(struct tab_run){.to = run.from});
    for (size_t i = run.from; i < run.to; i++) {
        char label[160];
        int w = tab_label(t, i, run.cols, label, sizeof label);
        struct style style = styles[ROLE_STATUS];

        if (i == t->tab)
            style.attrs |= ATTR_BOLD;
        canvas_text(c, c.rows - 1, x, c.cols - x, style, label);
        t->tabs[i].x = x;
        t->tabs[i].w = w;
        t->tabs_drawn |= (uint32_t)1 << i;
        x += w + 1;
    }
    return draw_hidden(t, c, x, '>', &(struct tab_run){.from = run.to, .to = t->n_tabs});
}

/* --- panes --- */

static struct style border_style(const struct tui *t, struct view *v, bool focused)
{
    bool alarmed = v && v->ops->alarmed && v->ops->alarmed(v);

    return tui_theme(t)->styles[alarmed   ? ROLE_STATUS_ALERT
                                : focused ? ROLE_BORDER_FOCUS
                                          : ROLE_BORDER];
}

static void draw_title(struct tui *t, struct canvas whole, struct leaf *leaf, size_t number)
{
    bool focused = leaf == layout_focused(t->layout);
    struct view *v = leaf_view(leaf);
    struct style style = border_style(t, v, focused);
    struct rect r = leaf_title(leaf);
    cleanup_buf struct buf text = {0};

    if (!r.h || !r.w)
        return;
    buf_printf(&text, " %zu ", number);
    size_t rank = v && v->ops->mark && !focused ? tui_news_rank(v->ops->mark(v)) : 0;
    if (rank && news[rank - 1].words)
        buf_printf(&text, "%s ", news[rank - 1].words);
    if (v && v->ops->title)
        v->ops->title(v, &text);
    else if (v)
        buf_append_str(&text, v->ops->name);
    buf_append_str(&text, " ");
    for (int x = 0; x < r.w; x++) /* heavy where the focus is: not by colour alone */
        canvas_text(whole, r.y, r.x + x, 1, style, focused ? "\xe2\x94\x81" : "\xe2\x94\x80");
    int w = text_width(text.data);
    canvas_label(canvas_sub(whole, r), 0, 1, w < r.w - 2 ? w : r.w - 2, style, text.data);
}

struct column {
    struct tui *t;
    struct canvas c;
};

static void draw_column(void *user, struct rect r, bool beside)
{
    const struct column *column = user;
    struct view *focused = leaf_view(layout_focused(column->t->layout));
    struct style style = border_style(column->t, beside ? focused : NULL, beside);

    canvas_text(column->c, r.y, r.x, 1, style, "\xe2\x94\x82");
}

void panes_draw(struct tui *t, struct canvas whole)
{
    struct column column = {t, whole};
    size_t number = 0;

    for (struct leaf *leaf = layout_next(t->layout, NULL); leaf;
         leaf = layout_next(t->layout, leaf))
        draw_title(t, whole, leaf, number++);
    layout_borders(t->layout, draw_column, &column);
}

void panes_draw_numbers(struct tui *t, struct canvas whole)
{
    size_t number = 0;

    if (!t->numbers_shown)
        return;
    for (struct leaf *leaf = layout_next(t->layout, NULL); leaf;
         leaf = layout_next(t->layout, leaf), number++) {
        struct rect r = leaf_rect(leaf);
        char text[16];

        snprintf(text, sizeof text, "  %zu  ", number);
        canvas_text(canvas_sub(whole, r), r.h / 2, (r.w - text_width(text)) / 2, -1,
                    tui_theme(t)->styles[ROLE_STATUS_ALERT], text);
    }
}
