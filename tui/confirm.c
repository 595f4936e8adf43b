/* SPDX-License-Identifier: MIT */
#include "tui/confirm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/wrap.h"

#define NAMES_SHOWN   8
#define QUESTION_COLS 60

void confirm_init(struct confirm *q, const char *title, const char *verb, const char *loss)
{
    *q = (struct confirm){.title = xstrdup(title), .verb = xstrdup(verb), .loss = xstrdup(loss)};
}

void confirm_add(struct confirm *q, const char *name)
{
    q->n_targets++;
    buf_printf(&q->names, "%s\n", name);
}

void confirm_finish(struct confirm *q)
{
    free(q->title);
    free(q->verb);
    free(q->loss);
    buf_finish(&q->names);
    prompt_finish(&q->typed);
    *q = (struct confirm){0};
}

static enum confirm_result key_many(struct confirm *q, struct key key)
{
    switch (prompt_key(&q->typed, key)) {
    case PROMPT_CANCEL:
        return CONFIRM_NO;
    case PROMPT_ACCEPT: {
        char count[24];

        snprintf(count, sizeof count, "%zu", q->n_targets);
        if (strcmp(prompt_text(&q->typed), count) == 0)
            return CONFIRM_YES;
        q->wrong = true;
        return CONFIRM_HANDLED;
    }
    case PROMPT_CHANGED:
        q->wrong = false;
        return CONFIRM_HANDLED;
    default:
        return CONFIRM_HANDLED;
    }
}

enum confirm_result confirm_key(struct confirm *q, struct key key)
{
    if (q->n_targets > 1)
        return key_many(q, key);
    if (key.code == KEY_ESCAPE || (key.mods == MOD_CTRL && (key.code == 'c' || key.code == 'g')))
        return CONFIRM_NO;
    if (key.mods)
        return CONFIRM_HANDLED;
    if (key.code == 'n' || key.code == 'N' || key.code == 'q')
        return CONFIRM_NO;
    if (key.code == 'y' || key.code == 'Y' || (q->harmless && key.code == KEY_ENTER))
        return CONFIRM_YES;
    return CONFIRM_HANDLED;
}

static int names_shown(const struct confirm *q)
{
    return q->n_targets <= NAMES_SHOWN ? (int)q->n_targets : NAMES_SHOWN;
}

struct rect confirm_place(const struct confirm *q, int rows, int cols)
{
    struct rect r = {-1, -1, 0, QUESTION_COLS < cols ? QUESTION_COLS : cols};
    int text = wrap_count(q->loss, r.w - 4);
    int names = names_shown(q) + ((int)q->n_targets > names_shown(q));

    r.h = text + names + (names ? 1 : 0) + 4;
    r.h = r.h < rows ? r.h : rows;
    return r;
}

static int draw_names(const struct confirm *q, struct canvas c, int y, int last,
                      const struct theme *theme)
{
    const char *line = q->names.data;
    size_t left = q->n_targets;

    for (int i = 0; i < names_shown(q) && y < last; i++, left--) {
        const char *end = strchr(line, '\n');
        cleanup_free char *name = xstrndup(line, (size_t)(end - line));

        /* The last line that fits says how many more there are. */
        if (y == last - 1 && left > 1)
            break;
        canvas_label(c, y++, 2, c.cols - 2, theme->styles[ROLE_TITLE], name);
        line = end + 1;
    }
    if (left && y < last)
        canvas_printf(c, y++, 2, theme->styles[ROLE_TITLE], "\xe2\x80\xa6 and %zu more", left);
    return y;
}

static void draw_question(struct confirm *q, struct canvas c, int y, const struct theme *theme)
{
    int x;

    if (q->n_targets <= 1) {
        x = canvas_text(c, y, 0, -1, theme->styles[ROLE_KEY], q->harmless ? "Enter" : "y");
        x += canvas_printf(c, y, x, theme->styles[ROLE_DIALOG], " %s   ", q->verb);
        if (x + 10 > c.cols)
            return;
        x += canvas_text(c, y, x, -1, theme->styles[ROLE_KEY], "Esc");
        canvas_text(c, y, x, -1, theme->styles[ROLE_DIALOG], " cancel");
        return;
    }
    x = canvas_printf(c, y, 0, theme->styles[ROLE_DIALOG], "Type %zu to %s: ", q->n_targets,
                      q->verb);
    int at = prompt_draw(&q->typed, c, y, x, 8, theme->styles[ROLE_INPUT]);
    q->cursor = (struct view_cursor){true, y, at, 2};
    if (q->wrong)
        canvas_printf(c, y, x + 9, theme->styles[ROLE_ERROR], "\xe2\x9c\x97 not %zu", q->n_targets);
    else
        canvas_parts(c, y, x + 9, c.cols - x - 9, theme->styles[ROLE_DIM], "Esc cancel");
}

void confirm_draw(struct confirm *q, struct canvas c, const struct theme *theme)
{
    bool framed = c.rows >= 5 && c.cols >= 16;
    struct rect whole = {0, 0, c.rows, c.cols};
    struct canvas in = c;
    char title[128];

    q->cursor = (struct view_cursor){0};
    snprintf(title, sizeof title, q->n_targets > 1 ? "%s (%zu)" : "%s", q->title, q->n_targets);
    canvas_fill(c, whole, theme->styles[ROLE_DIALOG]);
    if (framed) {
        canvas_frame(c, whole, theme->styles[q->harmless ? ROLE_BORDER_FOCUS : ROLE_BAD], title);
        in = canvas_sub(c, (struct rect){1, 2, c.rows - 2, c.cols - 4});
    }
    /* The question and the names outlive the explanation when room is short. */
    int last = in.rows - 1, names = names_shown(q) + ((int)q->n_targets > names_shown(q));
    int text = last - names;
    int y = draw_names(q, in, 0, last - (in.rows > 4), theme);
    if (text > 1) {
        y += names > 0;
        wrap_draw(in, (struct rect){y, 0, last - y, in.cols}, theme->styles[ROLE_DIALOG], q->loss);
    }
    draw_question(q, in, last, theme);
    if (framed) {
        q->cursor.row += 1;
        q->cursor.col += 2;
    }
}
