/* SPDX-License-Identifier: MIT
 *
 * Choosing from a list, and reading a text.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/scroll.h"
#include "tui/wrap.h"
#include "views/dialog.h"

static const char *const no_contexts[] = {NULL};
static const char *const text_contexts[] = {"text", "motion", NULL};

/* --- choice --- */
struct picker_dialog {
    struct picker picker;
    struct views_env *env;
    void (*accept)(struct views_env *env, void *user, const char *value);
    void (*drop)(void *user);
    void *user;
    bool accepted;
};

static void picker_run(struct views_env *env, void *data)
{
    struct picker_dialog *d = data;

    if (d->accepted)
        d->accept(env, d->user, picker_value(&d->picker));
}

static void picker_drop(void *data)
{
    struct picker_dialog *d = data;

    if (d->drop)
        d->drop(d->user);
    picker_finish(&d->picker);
    free(d);
}

static void picker_close(struct view *v)
{
    struct picker_dialog *d = v->data;

    views_later(d->env, picker_run, d, picker_drop);
}

static void picker_paint(struct view *v, struct canvas c)
{
    struct picker_dialog *d = v->data;

    picker_draw(&d->picker, c, tui_theme(v->tui));
}

static enum view_result picker_answer(struct picker_dialog *d, enum picker_result result)
{
    d->accepted = result == PICKER_ACCEPT;
    return d->accepted || result == PICKER_CANCEL ? VIEW_CLOSE : VIEW_HANDLED;
}

static enum view_result picker_on_key(struct view *v, struct key key)
{
    struct picker_dialog *d = v->data;

    return picker_answer(d, picker_key(&d->picker, key));
}

static enum view_result picker_on_paste(struct view *v, const char *text, size_t n)
{
    struct picker_dialog *d = v->data;

    return picker_answer(d, picker_paste(&d->picker, text, n));
}

static enum view_result picker_on_mouse(struct view *v, struct mouse mouse)
{
    struct picker_dialog *d = v->data;

    return picker_answer(d, picker_mouse(&d->picker, mouse));
}

static struct view_cursor picker_cursor(struct view *v)
{
    return ((struct picker_dialog *)v->data)->picker.cursor;
}

static bool picker_grabs(struct view *v)
{
    return true;
}

static struct rect picker_where(struct view *v, int rows, int cols)
{
    return picker_place(&((struct picker_dialog *)v->data)->picker, rows, cols);
}

static const struct view_ops picker_ops = {
    .name = "choice",
    .contexts = no_contexts,
    .close = picker_close,
    .draw = picker_paint,
    .key = picker_on_key,
    .paste = picker_on_paste,
    .mouse = picker_on_mouse,
    .cursor = picker_cursor,
    .grabs_keys = picker_grabs,
    .place = picker_where,
};

void picker_dialog_open(struct views_env *env, struct picker *picker,
                        void (*accept)(struct views_env *env, void *user, const char *value),
                        void *user, void (*drop)(void *user))
{
    struct picker_dialog *d = xcalloc(1, sizeof *d);

    d->picker = *picker;
    *picker = (struct picker){0};
    d->env = env;
    d->accept = accept;
    d->user = user;
    d->drop = drop;
    tui_overlay(env->tui, view_create(env->tui, &picker_ops, d));
}

/* --- text --- */
struct text_dialog {
    struct views_env *env;
    char *title, *text;                         /* owned */
    void (*write)(void *user, struct buf *out); /* the text, anew; or NULL */
    void (*closed)(void *user);                 /* or NULL */
    void *user;
    int n_lines, width;
    int top, page;
};

static void text_close(struct view *v)
{
    struct text_dialog *d = v->data;

    if (d->closed)
        d->closed(d->user);
    free(d->title);
    free(d->text);
    free(d);
}

static void measure(struct text_dialog *d)
{
    const char *line = d->text;

    d->width = 0;
    while (*line) {
        size_t n = strcspn(line, "\n");
        cleanup_free char *one = xstrndup(line, n);
        int w = text_width(one);

        d->width = w > d->width ? w : d->width;
        line += n + (line[n] == '\n');
    }
}

static void write_anew(struct text_dialog *d)
{
    cleanup_buf struct buf text = {0};

    d->write(d->user, &text);
    free(d->text);
    d->text = text.len ? xstrndup(text.data, text.len) : xstrdup("");
    measure(d);
}

/* "Name: value" lines get their name dimmed. */
static void draw_line(struct canvas c, int y, const char *line, const struct theme *theme)
{
    const char *colon = strstr(line, ":  ");

    canvas_label(c, y, 0, c.cols, theme->styles[ROLE_DIALOG], line);
    if (colon)
        canvas_restyle(c, (struct rect){y, 0, 1, (int)(colon - line) + 1}, theme->styles[ROLE_DIM]);
}

static void text_paint(struct view *v, struct canvas c)
{
    struct text_dialog *d = v->data;
    const struct theme *theme = tui_theme(v->tui);
    bool framed = c.rows >= 3 && c.cols >= 16;
    struct rect whole = {0, 0, c.rows, c.cols};
    struct canvas in = c;

    if (d->write) {
        write_anew(d);
        view_tick(v, 1000);
    }
    const char *line = d->text;
    canvas_fill(c, whole, theme->styles[ROLE_DIALOG]);
    if (framed) {
        canvas_frame(c, whole, theme->styles[ROLE_BORDER_FOCUS], d->title);
        in = canvas_sub(c, (struct rect){1, 2, c.rows - 2, c.cols - 4});
    }
    d->page = in.rows;
    d->n_lines = wrap_count(line, in.cols);
    if (d->top > d->n_lines - in.rows)
        d->top = d->n_lines > in.rows ? d->n_lines - in.rows : 0;
    for (int i = 0; *line && i < d->top + in.rows; i++) {
        size_t skip, n = wrap_next(line, in.cols, &skip);
        cleanup_free char *one = xstrndup(line, n);

        if (i >= d->top)
            draw_line(in, i - d->top, one, theme);
        line += n + skip;
    }
    if (framed && d->n_lines > in.rows)
        canvas_printf(c, c.rows - 1, c.cols - 16, theme->styles[ROLE_DIM], " %d of %d ",
                      d->top + in.rows < d->n_lines ? d->top + in.rows : d->n_lines, d->n_lines);
}

/* Too far down is put right in draw, which knows the height. */
static enum view_result text_scroll(struct text_dialog *d, int by)
{
    d->top += by;
    d->top = d->top > 0 ? d->top : 0;
    return VIEW_HANDLED;
}

static enum view_result text_act(struct view *v, const char *action)
{
    struct text_dialog *d = v->data;
    int rows;

    if (scroll_motion(action, d->page, (size_t)d->n_lines, &rows))
        return text_scroll(d, rows);
    if (strcmp(action, "back") == 0 || strcmp(action, "escape") == 0 ||
        strcmp(action, "cancel") == 0)
        return VIEW_CLOSE;
    if (strcmp(action, "text-copy") == 0) {
        views_copy(d->env, "the text", d->text);
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

static enum view_result text_mouse(struct view *v, struct mouse mouse)
{
    int by = mouse_wheel(mouse);

    return by ? text_scroll(v->data, by) : VIEW_IGNORED;
}

static struct rect text_where(struct view *v, int rows, int cols)
{
    const struct text_dialog *d = v->data;
    struct rect r = {-1, -1, 0, d->width + 4};

    int titled = text_width(d->title) + 6;
    r.w = r.w < titled ? titled : r.w;
    r.w = r.w < 40 ? 40 : r.w;
    r.w = r.w < cols ? r.w : cols;
    r.h = wrap_count(d->text, r.w - 4) + 2;
    r.h = r.h < rows ? r.h : rows;
    return r;
}

static void text_hints(struct view *v, struct buf *out)
{
    buf_append_str(out, "Esc close  y copy");
}

static const struct view_ops text_ops = {
    .name = "text",
    .contexts = text_contexts,
    .close = text_close,
    .draw = text_paint,
    .act = text_act,
    .mouse = text_mouse,
    .hints = text_hints,
    .place = text_where,
};

void text_dialog_live(struct views_env *env, const char *title,
                      void (*write)(void *user, struct buf *out), void (*closed)(void *user),
                      void *user)
{
    struct text_dialog *d = xcalloc(1, sizeof *d);

    *d = (struct text_dialog){
        .env = env, .title = xstrdup(title), .write = write, .closed = closed, .user = user};
    write_anew(d);
    tui_overlay(env->tui, view_create(env->tui, &text_ops, d));
}

void text_dialog_open(struct views_env *env, const char *title, const char *text)
{
    struct text_dialog *d = xcalloc(1, sizeof *d);

    d->env = env;
    d->title = xstrdup(title);
    d->text = xstrdup(text);
    measure(d);
    tui_overlay(env->tui, view_create(env->tui, &text_ops, d));
}
