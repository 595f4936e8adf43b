/* SPDX-License-Identifier: MIT */
#include "views/handout.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/qr.h"
#include "tui/wrap.h"

#define WIDTH 76 /* of the text, when the window is wide enough */

struct item {
    char *label, *value; /* owned, clean */
    struct qr qr;
};

struct handout {
    struct views_env *env;
    char *title, *what, *note; /* owned */
    bool has_qr;
    struct item *items; /* owned */
    size_t n, selected;
    bool code_alone; /* without the text, where both do not fit */
    int rows, cols;  /* of the window */
};

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void handout_destroy(struct handout *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n; i++) {
        free(h->items[i].label);
        wipe(h->items[i].value);
        qr_finish(&h->items[i].qr);
    }
    free(h->items);
    free(h->title);
    free(h->what);
    free(h->note);
    free(h);
}

struct handout *handout_create(const char *title, const char *what, const char *note, bool qr)
{
    struct handout *h = xcalloc(1, sizeof *h);

    h->title = xstrdup(title);
    h->what = xstrdup(what);
    h->note = xstrdup(note);
    h->has_qr = qr;
    return h;
}

static char *clean(const char *text)
{
    size_t n = strlen(text), cap = n * 3 + 1;

    return text_sanitise(xmalloc(cap), cap, text, n);
}

void handout_add(struct handout *h, const char *label, const char *value)
{
    struct item item = {.label = clean(label), .value = clean(value)};

    if (h->has_qr)
        qr_init(&item.qr, item.value);
    h->items = xreallocarray(h->items, h->n + 1, sizeof *h->items);
    h->items[h->n++] = item;
}

/* --- the overlay --- */

static void close_view(struct view *v)
{
    handout_destroy(v->data);
}

/* Rows of everything but the code. */
static int text_rows(const struct handout *h, int cols)
{
    return wrap_count(h->note, cols) + 1 + (h->n > 1) +
           wrap_count(h->items[h->selected].value, cols);
}

static int draw_text(struct handout *h, struct canvas c, const struct theme *theme)
{
    const struct item *item = &h->items[h->selected];
    int y = wrap_draw(c, (struct rect){0, 0, c.rows, c.cols}, theme->styles[ROLE_WARN], h->note);

    y++;
    if (h->n > 1)
        canvas_printf(c, y++, 0, theme->styles[ROLE_TITLE], "%zu of %zu: %s", h->selected + 1, h->n,
                      item->label);
    return y + wrap_draw(c, (struct rect){y, 0, c.rows - y, c.cols}, theme->styles[ROLE_DIALOG],
                         item->value);
}

static void draw_code(const struct handout *h, struct canvas c, const struct theme *theme)
{
    const struct qr *qr = &h->items[h->selected].qr;
    char line[160];

    if (qr_draw(qr, c, 1, (c.cols - qr_cols(qr)) / 2) ||
        qr_draw(qr, c, 0, (c.cols - qr_cols(qr)) / 2))
        return;
    if (!qr->size)
        snprintf(line, sizeof line, "It is too long for a QR code");
    else if (qr_rows(qr) <= h->rows && qr_cols(qr) <= h->cols)
        snprintf(line, sizeof line, "Enter shows its QR code");
    else
        snprintf(line, sizeof line, "Too small here for its QR code (%dx%d)", qr_cols(qr),
                 qr_rows(qr) + 1);
    wrap_draw(c, (struct rect){1, 0, c.rows - 1, c.cols}, theme->styles[ROLE_TITLE], line);
}

static void draw(struct view *v, struct canvas c)
{
    struct handout *h = v->data;
    const struct theme *theme = tui_theme(v->tui);
    bool framed = c.rows >= 5 && c.cols >= 16;
    struct rect whole = {0, 0, c.rows, c.cols};
    struct canvas in = c;

    canvas_fill(c, whole, theme->styles[ROLE_DIALOG]);
    if (h->code_alone && qr_draw(&h->items[h->selected].qr, c, 0, 0))
        return;
    if (framed) {
        canvas_frame(c, whole, theme->styles[ROLE_BORDER_FOCUS], h->title);
        in = canvas_sub(c, (struct rect){1, 2, c.rows - 2, c.cols - 4});
    }
    int y = draw_text(h, in, theme);
    if (h->has_qr)
        draw_code(h, canvas_sub(in, (struct rect){y, 0, in.rows - y, in.cols}), theme);
}

static enum view_result move(struct handout *h, size_t by)
{
    h->selected = (h->selected + by) % h->n;
    return VIEW_HANDLED;
}

static enum view_result copy_all(struct handout *h)
{
    cleanup_buf struct buf all = {0};

    for (size_t i = 0; i < h->n; i++)
        buf_printf(&all, "%s %s\n", h->items[i].label, h->items[i].value);
    if (all.data) {
        views_copy_secret(h->env, "all of them", all.data);
        explicit_bzero(all.data, all.len);
    }
    return VIEW_HANDLED;
}

static enum view_result act(struct view *v, const char *action)
{
    struct handout *h = v->data;

    if (!strcmp(action, "handout-copy")) {
        views_copy_secret(h->env, h->what, h->items[h->selected].value);
        return VIEW_HANDLED;
    }
    if (!strcmp(action, "handout-copy-all"))
        return copy_all(h);
    if (!strcmp(action, "handout-code")) {
        h->code_alone = h->has_qr && !h->code_alone;
        return VIEW_HANDLED;
    }
    if (!strcmp(action, "list-down") || !strcmp(action, "list-up"))
        return move(h, !strcmp(action, "list-down") ? 1 : h->n - 1);
    if (!strcmp(action, "back") || !strcmp(action, "escape") || !strcmp(action, "cancel"))
        return VIEW_CLOSE;
    return VIEW_IGNORED;
}

/* With its code where both fit, else with a line in its place. */
static struct rect place(struct view *v, int rows, int cols)
{
    struct handout *h = v->data;
    const struct qr *qr = &h->items[h->selected].qr;
    int width = text_width(h->items[h->selected].value);
    struct rect r = {-1, -1, 0, 0};

    h->rows = rows;
    h->cols = cols;
    if (h->code_alone && qr->size && qr_rows(qr) <= rows && qr_cols(qr) <= cols)
        return (struct rect){-1, -1, qr_rows(qr), qr_cols(qr)};
    width = width < 56 ? 56 : width > WIDTH ? WIDTH : width;
    if (h->has_qr && width < qr_cols(qr))
        width = qr_cols(qr);
    width = width + 4 < cols ? width : cols - 4;
    r.w = width + 4;
    r.h = text_rows(h, width) + 2;
    if (h->has_qr && qr->size && r.h + qr_rows(qr) <= rows && qr_cols(qr) <= width)
        r.h += qr_rows(qr) + 1;
    else if (h->has_qr)
        r.h += 2;
    r.h = r.h < rows ? r.h : rows;
    return r;
}

static void hints(struct view *v, struct buf *out)
{
    const struct handout *h = v->data;

    buf_append_str(out, "Esc close  y copy");
    if (h->has_qr)
        buf_append_str(out, "  Enter QR code");
    if (h->n > 1)
        buf_append_str(out, "  j next  Y copy all");
}

static const char *const contexts[] = {"handout", "motion", NULL};
static const struct view_ops ops = {
    .name = "handout",
    .contexts = contexts,
    .close = close_view,
    .draw = draw,
    .act = act,
    .hints = hints,
    .place = place,
};

void handout_show(struct handout *h, struct views_env *env)
{
    h->env = env;
    tui_overlay(env->tui, view_create(env->tui, &ops, h));
}
