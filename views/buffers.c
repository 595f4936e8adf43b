/* SPDX-License-Identifier: MIT
 *
 * A picker whose rows are made anew before every drawing and every key: a secret goes by itself.
 */
#include "views/buffers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/picker.h"
#include "tui/progress.h"
#include "views/notice.h"
#include "views/shell.h"
#include "views/span.h"

#define TICK_MS    1000
#define LABEL_MAX  160 /* bytes of a first line that are shown */
#define EMPTY_ROWS 9

struct buffers {
    struct views_env *env;
    struct view *view;
    struct picker picker;
};

/* --- rows --- */

/* The first line that has more than blanks; the text may be long, so only its begin is looked at.
 */
static char *first_line(char out[LABEL_MAX], const struct copied *c)
{
    const char *text = c->text + strspn(c->text, " \t\r\n");

    return text_sanitise(out, LABEL_MAX, text, strcspn(text, "\r\n"));
}

static void add_row(struct buffers *b, const struct copied *c)
{
    char label[LABEL_MAX], about[48], id[16], age[CLOCK_SPAN_SIZE], size[PROGRESS_SIZE_TEXT];
    bool is_secret = c->text == b->env->state->secret;

    span_age(age, clock_mono_ms() - c->at_ms);
    snprintf(about, sizeof about, "%6s %10s", age, progress_bytes(size, (int64_t)c->len));
    snprintf(id, sizeof id, "%u", c->id);
    picker_add(&b->picker, NULL, is_secret ? "a secret, for 45 s" : first_line(label, c), about,
               NULL, id);
}

static void refresh(struct buffers *b)
{
    const struct views_state *s = b->env->state;
    const char *selected = picker_value(&b->picker);
    cleanup_free char *value = selected ? xstrdup(selected) : NULL;
    size_t at = b->picker.selected, top = b->picker.top;

    picker_clear(&b->picker);
    for (size_t i = s->n_buffers; i-- > 0;)
        add_row(b, &s->buffers[i]);
    b->picker.top = top;
    /* Where the selected one has gone, the one that took its place. */
    if (b->picker.n_shown)
        b->picker.selected = at < b->picker.n_shown ? at : b->picker.n_shown - 1;
    if (value)
        picker_select(&b->picker, value);
}

static unsigned selected_id(const struct buffers *b)
{
    const char *value = picker_value(&b->picker);

    return value ? (unsigned)strtoul(value, NULL, 10) : 0;
}

/* --- pasting --- */

/* When the list is gone: the focus is then the pane's. */
static void paste(struct views_env *env, void *data)
{
    const struct copied *c = views_buffer_find(env, *(unsigned *)data);
    struct shell *sh = shell_of_view(tui_focused(env->tui));

    if (!sh)
        tui_toast(env->tui, ROLE_WARN, "Not pasted: no terminal is in this pane");
    else if (c)
        shell_paste_copied(sh, c->text);
}

static enum view_result answer(struct buffers *b, enum picker_result result)
{
    unsigned *id;

    if (result != PICKER_ACCEPT)
        return result == PICKER_CANCEL ? VIEW_CLOSE : VIEW_HANDLED;
    id = xcalloc(1, sizeof *id);
    *id = selected_id(b);
    views_later(b->env, paste, id, free);
    return VIEW_CLOSE;
}

/* --- drawing --- */

static void draw_empty(struct buffers *b, struct canvas c)
{
    const struct theme *theme = tui_theme(b->view->tui);
    char prefix[KEY_NAME_SIZE], mode[24], select[24], yank[24], hint[160];
    struct canvas in = canvas_sub(c, (struct rect){2, 2, c.rows - 3, c.cols - 4});

    snprintf(hint, sizeof hint, "%s %s looks back; there %s selects and %s copies",
             key_name(prefix, b->env->prefix),
             notice_key(b->view, "prefix", "copy-mode", mode, sizeof mode),
             notice_key(b->view, "copy", "copy-select", select, sizeof select),
             notice_key(b->view, "copy", "copy-yank", yank, sizeof yank));
    canvas_fill(in, (struct rect){0, 0, in.rows, in.cols}, theme->styles[ROLE_DIALOG]);
    notice_empty(in, theme, "Nothing has been copied yet", hint);
}

static void draw(struct view *v, struct canvas c)
{
    struct buffers *b = v->data;

    refresh(b);
    picker_draw(&b->picker, c, tui_theme(v->tui));
    if (!b->env->state->n_buffers)
        draw_empty(b, c);
    view_tick(v, TICK_MS);
}

static struct rect where(struct view *v, int rows, int cols)
{
    const struct buffers *b = v->data;
    struct rect r = picker_place(&b->picker, rows, cols);

    if (!b->env->state->n_buffers)
        r.h = EMPTY_ROWS < rows ? EMPTY_ROWS : rows;
    return r;
}

/* --- keys --- */

static enum view_result on_key(struct view *v, struct key key)
{
    struct buffers *b = v->data;
    bool typed = *prompt_text(&b->picker.prompt);

    refresh(b);
    if (key_equal(key, (struct key){KEY_DELETE}) || (!typed && key_equal(key, (struct key){'d'}))) {
        views_buffer_drop(b->env, selected_id(b));
        refresh(b);
        return VIEW_HANDLED;
    }
    return answer(b, picker_key(&b->picker, key));
}

static enum view_result on_paste(struct view *v, const char *text, size_t n)
{
    struct buffers *b = v->data;

    return answer(b, picker_paste(&b->picker, text, n));
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    struct buffers *b = v->data;

    return answer(b, picker_mouse(&b->picker, mouse));
}

static struct view_cursor cursor(struct view *v)
{
    return ((struct buffers *)v->data)->picker.cursor;
}

static bool grabs_keys(struct view *v)
{
    return true;
}

static void close_view(struct view *v)
{
    struct buffers *b = v->data;

    picker_finish(&b->picker);
    free(b);
}

static const char *const contexts[] = {NULL};
static const struct view_ops ops = {
    .name = "buffers",
    .contexts = contexts,
    .close = close_view,
    .draw = draw,
    .key = on_key,
    .paste = on_paste,
    .mouse = on_mouse,
    .cursor = cursor,
    .grabs_keys = grabs_keys,
    .place = where,
};

enum view_result buffers_open(struct views_env *env)
{
    struct buffers *b = xcalloc(1, sizeof *b);

    b->env = env;
    picker_init(&b->picker, "Copied here", "paste  d forget");
    b->picker.keys_first = true;
    refresh(b);
    b->view = view_create(env->tui, &ops, b);
    tui_overlay(env->tui, b->view);
    return VIEW_HANDLED;
}
