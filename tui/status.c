/* SPDX-License-Identifier: MIT
 *
 * What the toolkit draws itself: status line, toast, the box of keys after the prefix.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/internal.h"
#include "tui/status_line.h"

static struct style role_style(const struct tui *t, enum role role)
{
    return tui_theme(t)->styles[role];
}

/* A word and how to get out, before everything else: a key that does nothing must be explained. */
static int draw_lock(struct tui *t, struct canvas c)
{
    char key[24];

    t->lock_w = 0;
    if (!t->locked)
        return 0;
    keymap_hint(t->config.keymap, "locked", "unlock", key, sizeof key);
    cleanup_free char *text =
        xasprintf(" \xe2\x8a\x98 LOCKED %s%s ", key, c.cols < 60 ? "" : " unlocks");
    t->lock_w = text_width(text) < c.cols ? text_width(text) : c.cols;
    canvas_label(c, c.rows - 1, 0, t->lock_w, role_style(t, ROLE_STATUS_ALERT), text);
    return t->lock_w;
}

/* Panes that are hidden are not to be forgotten. Returns the column after the sign. */
static int draw_zoom(struct tui *t, struct canvas c, int x)
{
    struct style style = role_style(t, ROLE_STATUS);

    if (!layout_is_zoomed(t->layout))
        return x;
    cleanup_free char *text = xasprintf(c.cols < 60 ? " zoomed +%zu" : " zoomed, %zu hidden ",
                                        layout_count(t->layout) - 1);
    int w = text_width(text) < c.cols - x ? text_width(text) : c.cols - x;
    style.attrs |= ATTR_BOLD;
    canvas_label(c, c.rows - 1, x, w, style, text);
    return x + w;
}

/* Columns for the way out of a mode, which nobody must have to guess. */
static int kept_cols(struct view *v, const char *hints, struct canvas c)
{
    int w = v && v->ops->must_leave && v->ops->must_leave(v) ? status_line_first_width(hints) : 0;

    return w && w + 3 < c.cols / 2 ? w + 3 : 0;
}

void status_draw_line(struct tui *t, struct canvas c)
{
    cleanup_buf struct buf left = {0}, middle = {0}, right = {0};
    struct view *v = tui_target(t), *under = tui_focused(t);
    struct status_line line = {.role = ROLE_STATUS};

    if (under && under->ops->title)
        under->ops->title(under, &left);
    else if (under)
        buf_append_str(&left, under->ops->name);
    if (t->config.status)
        t->config.status(t->config.user, &middle, &line.role);
    /* What it would name after the prefix does not work. */
    if (v && v->ops->hints && !(t->locked && v == under))
        v->ops->hints(v, &right);
    line.kept = kept_cols(v, right.data ? right.data : "", c);
    struct canvas rest = canvas_sub(c, (struct rect){0, 0, c.rows, c.cols - line.kept});
    line.skip = draw_zoom(t, rest, panes_draw_tabs(t, rest, draw_lock(t, c)));
    line.title = left.data;
    line.about = middle.data;
    line.hints = right.data;
    status_line_draw(&line, c, tui_theme(t));
}

void status_draw_toast(struct tui *t, struct canvas c)
{
    if (!t->toast[0])
        return;
    cleanup_free char *text = xasprintf(" %s ", t->toast);
    int width = text_width(text);

    canvas_label(c, c.rows - 2, 0, width < c.cols ? width : c.cols,
                 role_style(t, t->toast_role == ROLE_ERROR ? ROLE_STATUS_ALERT : t->toast_role),
                 text);
}

struct hint {
    char keys[32];
    const char *help;
};

struct hints {
    struct hint list[64];
    size_t n;
    int keys_w;
};

static void on_hint(void *user, const struct action_def *def, const char *keys)
{
    struct hints *h = user;

    if (!*keys || def->hidden || h->n == ARRAY_LEN(h->list))
        return;
    snprintf(h->list[h->n].keys, sizeof h->list[h->n].keys, "%s", keys);
    int w = text_width(h->list[h->n].keys);
    h->keys_w = w > h->keys_w ? w : h->keys_w;
    h->list[h->n++].help = def->help ? def->help : def->action;
}

static int hint_columns(int cols, int width)
{
    return (cols - 2) / width > 0 ? (cols - 2) / width : 1;
}

static int hint_lines(const struct hints *h, int columns)
{
    return ((int)h->n + columns - 1) / columns;
}

/* As few as leave half of the screen in sight, so that texts are whole; else more, of cut ones. */
static int fitting_columns(const struct hints *h, struct canvas c)
{
    enum { COLUMN_COLS = 38, NARROW_COLS = 24 };
    int columns = 1, most = hint_columns(c.cols, COLUMN_COLS);

    while (columns < most && hint_lines(h, columns) > c.rows / 2)
        columns++;
    if (hint_lines(h, columns) > c.rows - 3)
        columns = hint_columns(c.cols, NARROW_COLS);
    return columns;
}

void status_draw_hints(struct tui *t, struct canvas c)
{
    struct hints h = {0};
    char name[KEY_NAME_SIZE], more[32];

    if (!t->hint_shown)
        return;
    keymap_each(t->config.keymap, "prefix", on_hint, &h);
    int columns = fitting_columns(&h, c), lines = hint_lines(&h, columns);
    lines = lines > c.rows - 3 ? c.rows - 3 : lines;
    int left_out = (int)h.n - lines * columns;
    struct rect r = {.y = c.rows - 3 - lines, .h = lines + 2, .w = c.cols};
    int width = (c.cols - 2) / columns;

    canvas_fill(c, r, role_style(t, ROLE_DIALOG));
    canvas_frame(c, r, role_style(t, ROLE_BORDER_FOCUS), key_name(name, tui_prefix_key(t)));
    snprintf(more, sizeof more, " and %d more ", left_out);
    if (left_out > 0)
        canvas_parts(c, r.y + r.h - 1, 2, c.cols - 4, role_style(t, ROLE_DIM), more);
    for (int i = 0; lines > 0 && i < (int)h.n && i / lines < columns; i++) {
        int y = r.y + 1 + i % lines, x = 2 + i / lines * width;
        int keys = width - 1 < h.keys_w ? width - 1 : h.keys_w;

        canvas_label(c, y, x, keys, role_style(t, ROLE_KEY), h.list[i].keys);
        canvas_label(c, y, x + keys + 1, width - keys - 3, role_style(t, ROLE_DIALOG),
                     h.list[i].help);
    }
}

void status_draw_too_small(struct tui *t, struct canvas c)
{
    canvas_fill(c, (struct rect){.h = c.rows, .w = c.cols}, role_style(t, ROLE_TEXT));
    canvas_text(c, c.rows / 2, 0, -1, role_style(t, ROLE_WARN),
                c.cols < 18 ? "too small" : "terminal too small");
    if (c.rows / 2 + 1 < c.rows)
        canvas_printf(c, c.rows / 2 + 1, 0, role_style(t, ROLE_DIM), "needs %dx%d", TUI_MIN_COLS,
                      TUI_MIN_ROWS);
}
