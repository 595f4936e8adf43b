/* SPDX-License-Identifier: MIT
 *
 * A choice of places; what the selected one shows is drawn beside or below where there is room.
 */
#include "views/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/company.h"
#include "views/fresh_choice.h"
#include "views/shell.h"
#include "views/span.h"
#include "views/terminals.h"

#define ROWS_MAX      256
#define BESIDE_COLS   100 /* from that width on the preview is beside the tree */
#define BELOW_ROWS    18  /* from that height on it is below */
#define LIST_COLS_MAX 72
#define COMMAND_COLS  32
#define TITLE_COLS    200
#define PREVIEW_ROWS  6 /* less shows nothing */

struct tree_row {
    char value[96];                /* the same row after the next refresh has the same */
    struct view *view;             /* borrowed; NULL: a terminal in no pane */
    struct attachment *attachment; /* borrowed; NULL: another kind of view */
    bool is_tab;
};

struct tree {
    struct fresh_choice choice; /* first */
    struct tree_row rows[ROWS_MAX];
    size_t n_rows;
};

/* --- rows --- */

static const char *news_words(const struct attachment *a)
{
    switch (attachment_news(a)) {
    case '!':
        return "! bell ";
    case '?':
        return "\xe2\x9c\x97 lost ";
    case '+':
    case '#':
        return "# new output ";
    default:
        return *attachment_ended(a) ? "\xe2\x96\xa0 ended " : "";
    }
}

static void describe_view(struct view *v, struct buf *label)
{
    if (v->ops->title)
        v->ops->title(v, label);
    else
        buf_append_str(label, v->ops->name);
}

static void describe_terminal(struct tree *tree, struct attachment *a, struct buf *label,
                              struct buf *detail)
{
    struct views_env *env = tree->choice.env;
    const char *title = term_title(attachment_term(a)) ? term_title(attachment_term(a)) : "";
    const char *command = company_command_beside(company_known(env, attachment_sandbox_id(a)),
                                                 attachment_id(a), title);
    char name[160], span[CLOCK_SPAN_SIZE] = "";

    views_sandbox_name(env, attachment_sandbox_id(a), name, sizeof name);
    buf_printf(label, "%s%s", news_words(a), name);
    if (*command)
        buf_printf(label, "  \xe2\x96\xb8%.*s", (int)text_prefix(command, COMMAND_COLS), command);
    if (*title)
        buf_printf(label, "  %.*s", (int)text_prefix(title, TITLE_COLS), title);
    if (attachment_output_at_ms(a))
        span_age(span, clock_mono_ms() - attachment_output_at_ms(a));
    buf_printf(detail, "%dx%d  %s", term_cols(attachment_term(a)), term_rows(attachment_term(a)),
               span);
}

static struct tree_row *add_row(struct tree *tree, struct view *v, struct attachment *a)
{
    struct tree_row *row = &tree->rows[tree->n_rows++];

    *row = (struct tree_row){.view = v, .attachment = a};
    return row;
}

static void add_tab(struct tree *tree, const struct tui_place *p)
{
    struct tree_row *row = add_row(tree, p->view, NULL);
    char label[128];

    row->is_tab = true;
    snprintf(row->value, sizeof row->value, "tab %zu", p->tab);
    snprintf(label, sizeof label, "%zu: %s%s%zu panes", p->tab, p->tab_name,
             *p->tab_name ? ", " : "", p->n_tab_panes);
    picker_add(&tree->choice.picker, NULL, label, NULL, p->tab_shows ? "here" : "", row->value);
}

/* A tab of one pane has one line. */
static void add_place(void *user, const struct tui_place *p)
{
    struct tree *tree = user;
    struct shell *sh = shell_of_view(p->view);
    struct attachment *a = sh ? sh->attachment : NULL;
    cleanup_buf struct buf label = {0}, detail = {0};

    if (tree->n_rows + 2 > ROWS_MAX)
        return;
    if (p->n_tab_panes > 1 && !p->pane && !p->depth)
        add_tab(tree, p);
    if (p->depth)
        buf_printf(&label, "%s  behind it: ", p->n_tab_panes > 1 ? "  " : "");
    else if (p->n_tab_panes > 1)
        buf_printf(&label, "  %zu ", p->pane);
    else
        buf_printf(&label, "%zu: %s%s", p->tab, p->tab_name, *p->tab_name ? "  " : "");
    if (a)
        describe_terminal(tree, a, &label, &detail);
    else
        describe_view(p->view, &label);
    struct tree_row *row = add_row(tree, p->view, a);
    snprintf(row->value, sizeof row->value, "view %p", (void *)p->view);
    picker_add(&tree->choice.picker, NULL, label.data, NULL, detail.data, row->value);
}

static bool has_row(const struct tree *tree, const struct attachment *a)
{
    for (size_t i = 0; i < tree->n_rows; i++)
        if (tree->rows[i].attachment == a)
            return true;
    return false;
}

static void add_loose(struct tree *tree)
{
    for (size_t i = 1; i <= tree->choice.env->state->n_open && tree->n_rows < ROWS_MAX; i++) {
        struct attachment *a = terminals_at(tree->choice.env, i);
        cleanup_buf struct buf label = {0}, detail = {0};

        if (has_row(tree, a))
            continue;
        struct tree_row *row = add_row(tree, NULL, a);
        snprintf(row->value, sizeof row->value, "open %p", (void *)a);
        buf_append_str(&label, "in no pane: ");
        describe_terminal(tree, a, &label, &detail);
        picker_add(&tree->choice.picker, NULL, label.data, NULL, detail.data, row->value);
    }
}

static void fill(struct fresh_choice *c)
{
    struct tree *tree = (struct tree *)c;

    tree->n_rows = 0;
    tui_each_place(c->env->tui, add_place, tree);
    add_loose(tree);
}

static struct tree_row *selected_row(struct tree *tree)
{
    const char *value = picker_value(&tree->choice.picker);

    for (size_t i = 0; value && i < tree->n_rows; i++)
        if (strcmp(tree->rows[i].value, value) == 0)
            return &tree->rows[i];
    return NULL;
}

/* --- going and closing --- */

struct goal {
    struct view *view;             /* compared only */
    struct attachment *attachment; /* a reference */
};

/* When the tree is gone: the focus is then the panes'. */
static void go(struct views_env *env, void *data)
{
    struct goal *g = data;

    if (!(g->view && tui_raise(env->tui, g->view)) && g->attachment)
        shell_open_attached(env, g->attachment);
}

static void drop_goal(void *data)
{
    struct goal *g = data;

    attachment_release(g->attachment);
    free(g);
}

static enum view_result go_there(struct fresh_choice *c)
{
    struct tree *tree = (struct tree *)c;
    struct tree_row *row = selected_row(tree);
    struct goal *g;

    if (!row)
        return VIEW_HANDLED;
    g = xcalloc(1, sizeof *g);
    g->view = row->view;
    g->attachment = row->attachment ? attachment_ref(row->attachment) : NULL;
    views_later(tree->choice.env, go, g, drop_goal);
    return VIEW_CLOSE;
}

struct closing {
    struct view *views[ROWS_MAX];
    size_t n, tab;
};

static void take_of_tab(void *user, const struct tui_place *p)
{
    struct closing *c = user;

    if (p->tab == c->tab && c->n < ROWS_MAX)
        c->views[c->n++] = p->view;
}

static void close_tab(struct tree *tree, const struct tree_row *row)
{
    struct closing *c = xcalloc(1, sizeof *c);

    c->tab = strtoul(row->value + 4, NULL, 10);
    tui_each_place(tree->choice.env->tui, take_of_tab, c);
    for (size_t i = 0; i < c->n; i++)
        tui_close(tree->choice.env->tui, c->views[i]);
    free(c);
}

static enum view_result close_selected(struct fresh_choice *c)
{
    struct tree *tree = (struct tree *)c;
    struct tree_row *row = selected_row(tree);

    if (!row)
        return VIEW_HANDLED;
    if (row->is_tab)
        close_tab(tree, row);
    else if (row->view)
        tui_close(tree->choice.env->tui, row->view);
    else
        terminals_remove(tree->choice.env, row->attachment);
    fresh_choice_refresh(c);
    /* After the last pane the program shows its home, and that wants to be seen. */
    return tree->n_rows && tree->rows[0].view ? VIEW_HANDLED : VIEW_CLOSE;
}

/* --- drawing --- */

struct parts {
    struct rect list, preview;
};

static struct parts parts_of(int rows, int cols)
{
    struct parts p = {.list = {0, 0, rows, cols}};

    if (cols >= BESIDE_COLS) {
        p.list.w = cols / 2 < LIST_COLS_MAX ? cols / 2 : LIST_COLS_MAX;
        p.preview = (struct rect){0, p.list.w, rows, cols - p.list.w};
    } else if (rows >= BELOW_ROWS) {
        p.list.h = rows / 2;
        p.preview = (struct rect){p.list.h, 0, rows - p.list.h, cols};
    }
    return p;
}

/* As much of the screen as there is room for, with the cursor in it. */
static void draw_screen(struct canvas c, const struct term *t)
{
    struct term_cursor cursor = term_cursor(t);
    int top = cursor.row >= c.rows ? cursor.row - c.rows + 1 : 0;
    int left = cursor.col >= c.cols ? cursor.col - c.cols + 1 : 0;

    for (int y = 0; y < c.rows && top + y < term_rows(t); y++)
        canvas_cells(c, y, -left, term_row(t, top + y), term_cols(t));
}

static void draw_preview(struct tree *tree, struct canvas c)
{
    const struct theme *theme = tui_theme(tree->choice.view->tui);
    struct tree_row *row = selected_row(tree);
    struct rect whole = {0, 0, c.rows, c.cols};
    struct canvas in;

    if (c.rows < PREVIEW_ROWS)
        return;
    canvas_fill(c, whole, theme->styles[ROLE_DIALOG]);
    canvas_frame(c, whole, theme->styles[ROLE_BORDER], "Preview");
    in = canvas_sub(c, (struct rect){1, 1, c.rows - 2, c.cols - 2});
    if (row && row->attachment)
        draw_screen(in, attachment_term(row->attachment));
    else if (row)
        canvas_label(in, 0, 1, in.cols - 2, theme->styles[ROLE_DIM],
                     row->is_tab ? "Select one of its panes" : "Enter shows it");
}

static void draw(struct fresh_choice *choice, struct canvas c)
{
    struct parts p = parts_of(c.rows, c.cols);

    picker_draw(&choice->picker, canvas_sub(c, p.list), tui_theme(choice->view->tui));
    if (p.preview.h)
        draw_preview((struct tree *)choice, canvas_sub(c, p.preview));
}

static struct rect where(const struct fresh_choice *c, int rows, int cols)
{
    const struct tree *tree = (const struct tree *)c;
    int wanted = (int)tree->n_rows + 4;
    bool has_preview = cols - 4 >= BESIDE_COLS || rows - 1 >= BELOW_ROWS;

    if (cols < 60)
        return (struct rect){0, 0, rows - 1, cols};
    if (!has_preview)
        return (struct rect){-1, -1, wanted < rows - 1 ? wanted : rows - 1, cols - 4};
    return (struct rect){-1, -1, rows - 2, cols - 4};
}

static const struct fresh_choice_ops ops = {
    .title = "Tabs and panes",
    .verbs = "go  x close",
    .remove_key = 'x',
    .fill = fill,
    .accept = go_there,
    .remove = close_selected,
    .draw = draw,
    .place = where,
};

enum view_result tree_open(struct views_env *env)
{
    struct tree *tree = xcalloc(1, sizeof *tree);
    struct view *focused = tui_focused(env->tui);
    char value[96];

    fresh_choice_open(env, &tree->choice, &ops);
    snprintf(value, sizeof value, "view %p", (void *)focused);
    picker_select(&tree->choice.picker, value);
    return VIEW_HANDLED;
}
