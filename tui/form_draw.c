/* SPDX-License-Identifier: MIT
 *
 * Two lines a field (the second for its reason or help) while there is room, else one, else only
 * those around the focus; the frame goes before the fields do.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/form.h"
#include "tui/wrap.h"

#define PROGRESS_AFTER_MS 200
#define FORM_COLS         64
#define FORM_MOST_COLS    84
#define SPARE_LINES       2

struct layout {
    int lines;   /* of a field: 1 or 2 */
    int first;   /* field on the first line */
    int n;       /* fields shown */
    int label_w; /* 0: no labels */
    bool framed;
};

static int label_width(const struct form *f)
{
    int w = 0;

    for (int i = 0; i < f->n_fields; i++) {
        int one = text_width(f->fields[i].label);

        w = one > w ? one : w;
    }
    return w + 2;
}

/* With room for the help beside the labels, which a cut would make useless. */
static int wanted_width(const struct form *f)
{
    int w = 0;

    for (int i = 0; i < f->n_fields; i++) {
        int one = f->fields[i].help ? text_width(f->fields[i].help) : 0;

        w = one > w ? one : w;
    }
    w += label_width(f) + 4;
    w = w > FORM_COLS ? w : FORM_COLS;
    return w < FORM_MOST_COLS ? w : FORM_MOST_COLS;
}

struct rect form_place(const struct form *f, int rows, int cols)
{
    struct rect r = {-1, -1, f->n_fields * 2 + 5, wanted_width(f)};

    /* With a line a field, what is above and below stays in sight; an error has the spare ones. */
    if (r.h > rows)
        r.h = f->n_fields + 4 + SPARE_LINES;
    r.w = r.w < cols ? r.w : cols;
    r.h = r.h < rows ? r.h : rows;
    return r;
}

static struct layout lay_out(const struct form *f, int rows, int cols)
{
    struct layout l = {.framed = rows >= f->n_fields + 4 && cols >= 24};
    int room = rows - (l.framed ? 4 : 2);

    room = room > 1 ? room : 1;
    l.lines = room >= f->n_fields * 2 ? 2 : 1;
    l.n = room / l.lines < f->n_fields ? room / l.lines : f->n_fields;
    l.first = f->focus >= l.n ? f->focus - l.n + 1 : 0;
    l.label_w = label_width(f);
    if (l.label_w > cols / 2)
        l.label_w = cols / 2;
    return l;
}

static void draw_value(struct form *f, struct canvas c, int y, int x, int w, int i,
                       const struct theme *theme)
{
    const struct form_field *field = &f->fields[i];
    struct style style = theme->styles[ROLE_INPUT];
    bool focused = i == f->focus && !f->busy;

    if (field->kind == FORM_CHOICE) {
        char line[160];

        /* Arrows show that it is chosen, not typed. */
        snprintf(line, sizeof line, focused ? "\xe2\x80\xb9 %s \xe2\x80\xba" : "%s",
                 form_text(f, i));
        canvas_label(c, y, x, w, style, line);
        return;
    }
    int cursor = prompt_draw(&f->states[i].prompt, c, y, x, w, style);
    if (!*form_text(f, i) && field->placeholder) {
        canvas_label(c, y, x, w, style, field->placeholder);
        canvas_restyle(c, (struct rect){y, x, 1, w}, (struct style){.attrs = ATTR_DIM});
    }
    if (focused)
        f->cursor = (struct view_cursor){true, y, cursor, 2};
}

static void draw_note(const struct form *f, struct canvas c, int y, int x, int i,
                      const struct theme *theme)
{
    const struct form_state *state = &f->states[i];
    char line[sizeof state->reason + 8];

    if (state->touched && state->reason[0]) {
        snprintf(line, sizeof line, "\xe2\x9c\x97 %s", state->reason);
        canvas_label(c, y, x, c.cols - x, theme->styles[ROLE_ERROR], line);
    } else if (i == f->focus && f->fields[i].help) {
        canvas_label(c, y, x, c.cols - x, theme->styles[ROLE_DIM], f->fields[i].help);
    }
}

static void draw_field(struct form *f, struct canvas c, int y, int i, const struct layout *l,
                       const struct theme *theme)
{
    enum role role = i == f->focus ? ROLE_TITLE : ROLE_TEXT;

    canvas_label(c, y, 0, l->label_w - 1, theme->styles[role], f->fields[i].label);
    draw_value(f, c, y, l->label_w, c.cols - l->label_w, i, theme);
    if (l->lines > 1)
        draw_note(f, c, y + 1, l->label_w, i, theme);
}

/* The reason or help of the focused field when it has no line of its own. */
static void draw_short_note(const struct form *f, struct canvas c, int y, const struct layout *l,
                            const struct theme *theme)
{
    if (l->lines == 1)
        draw_note(f, c, y, 0, f->focus, theme);
}

static void draw_outcome(const struct form *f, struct canvas c, int y, const struct layout *l,
                         const struct theme *theme, int64_t now_ms)
{
    int64_t took = now_ms - f->busy_since_ms;
    char span[CLOCK_SPAN_SIZE];

    if (f->busy && took >= PROGRESS_AFTER_MS)
        canvas_printf(c, y, 0, theme->styles[ROLE_WARN], "\xe2\x80\xa6 working %s",
                      took >= 1000 ? clock_format_span(span, took) : "");
    else if (f->discard_asked)
        canvas_label(c, y, 0, c.cols, theme->styles[ROLE_WARN], "Esc again drops what was typed");
    else if (f->error.text[0]) {
        char line[sizeof f->error.text + sizeof f->error.hint + 16];
        const char *hint = f->error.hint;

        snprintf(line, sizeof line, "\xe2\x9c\x97 %s%s%s", f->error.text, *hint ? ": " : "", hint);
        int wanted = (int)wrap_count(line, c.cols) - 1, spare = y - l->n * l->lines;

        /* The lines above that no field uses; the note of the last one when fields have two. */
        spare = spare > 0 ? spare : l->lines > 1;
        int more = wanted < spare ? wanted : spare;
        wrap_draw(c, (struct rect){y - more, 0, 1 + more, c.cols}, theme->styles[ROLE_ERROR], line);
    } else
        draw_short_note(f, c, y, l, theme);
}

static void draw_hints(const struct form *f, struct canvas c, int y, const struct theme *theme)
{
    char line[128];

    if (f->busy)
        snprintf(line, sizeof line, "Esc cancel");
    else
        snprintf(line, sizeof line, "Enter %s%s  Esc cancel", f->verb,
                 f->n_fields > 1 ? "  Tab next" : "");
    canvas_parts(c, y, 0, c.cols, theme->styles[ROLE_DIM], line);
}

void form_draw(struct form *f, struct canvas c, const struct theme *theme, int64_t now_ms)
{
    struct layout l = lay_out(f, c.rows, c.cols);
    struct canvas in = c;
    struct rect whole = {0, 0, c.rows, c.cols};

    f->cursor = (struct view_cursor){0};
    canvas_fill(c, whole, theme->styles[ROLE_DIALOG]);
    if (l.framed) {
        canvas_frame(c, whole, theme->styles[ROLE_BORDER_FOCUS], f->title);
        in = canvas_sub(c, (struct rect){1, 2, c.rows - 2, c.cols - 4});
    }
    for (int k = 0; k < l.n && l.first + k < f->n_fields; k++)
        draw_field(f, in, k * l.lines, l.first + k, &l, theme);
    if (in.rows > 1)
        draw_outcome(f, in, in.rows - 2, &l, theme, now_ms);
    if (in.rows > 2)
        draw_hints(f, in, in.rows - 1, theme);
    if (l.framed && f->cursor.visible) {
        f->cursor.row += 1;
        f->cursor.col += 2;
    }
}
