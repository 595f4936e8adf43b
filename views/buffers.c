/* SPDX-License-Identifier: MIT
 *
 * A choice of what was copied; a secret goes from it by itself.
 */
#include "views/buffers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/progress.h"
#include "views/fresh_choice.h"
#include "views/notice.h"
#include "views/shell.h"
#include "views/span.h"

#define LABEL_MAX  160 /* bytes of a first line that are shown */
#define EMPTY_ROWS 9

/* --- rows --- */

/* The first line that has more than blanks; the text may be long, so only its begin is looked at.
 */
static char *first_line(char out[LABEL_MAX], const struct copied *c)
{
    const char *text = c->text + strspn(c->text, " \t\r\n");

    return text_sanitise(out, LABEL_MAX, text, strcspn(text, "\r\n"));
}

static void add_row(struct fresh_choice *b, const struct copied *c)
{
    char label[LABEL_MAX], about[48], id[16], age[CLOCK_SPAN_SIZE], size[PROGRESS_SIZE_TEXT];
    bool is_secret = c->text == b->env->state->secret;

    span_age(age, clock_mono_ms() - c->at_ms);
    snprintf(about, sizeof about, "%6s %10s", age, progress_bytes(size, (int64_t)c->len));
    snprintf(id, sizeof id, "%u", c->id);
    picker_add(&b->picker, NULL, is_secret ? "a secret, for 45 s" : first_line(label, c), about,
               NULL, id);
}

static void fill(struct fresh_choice *b)
{
    const struct views_state *s = b->env->state;

    for (size_t i = s->n_buffers; i-- > 0;)
        add_row(b, &s->buffers[i]);
}

static unsigned selected_id(const struct fresh_choice *b)
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

static enum view_result paste_selected(struct fresh_choice *b)
{
    unsigned *id = xcalloc(1, sizeof *id);

    *id = selected_id(b);
    views_later(b->env, paste, id, free);
    return VIEW_CLOSE;
}

static enum view_result forget(struct fresh_choice *b)
{
    views_buffer_drop(b->env, selected_id(b));
    fresh_choice_refresh(b);
    return VIEW_HANDLED;
}

/* --- drawing --- */

static void draw_empty(struct fresh_choice *b, struct canvas c)
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

static void draw(struct fresh_choice *b, struct canvas c)
{
    picker_draw(&b->picker, c, tui_theme(b->view->tui));
    if (!b->env->state->n_buffers)
        draw_empty(b, c);
}

static struct rect where(const struct fresh_choice *b, int rows, int cols)
{
    struct rect r = picker_place(&b->picker, rows, cols);

    if (!b->env->state->n_buffers)
        r.h = EMPTY_ROWS < rows ? EMPTY_ROWS : rows;
    return r;
}

static const struct fresh_choice_ops ops = {
    .title = "Copied here",
    .verbs = "paste  d forget",
    .keys_first = true,
    .remove_key = 'd',
    .fill = fill,
    .accept = paste_selected,
    .remove = forget,
    .draw = draw,
    .place = where,
};

enum view_result buffers_open(struct views_env *env)
{
    fresh_choice_open(env, xcalloc(1, sizeof(struct fresh_choice)), &ops);
    return VIEW_HANDLED;
}
