/* SPDX-License-Identifier: MIT
 *
 * C0 controls and ESC sequences: cursor, tabs, character sets, saved cursor, reset.
 */
#include "vterm/internal.h"

#include <string.h>

void tabs_reset(uint8_t *tabs, int from, int cols)
{
    for (int i = from; i < cols; i++)
        tabs[i] = i % 8 == 0;
}

void control_index(struct term *t)
{
    t->wrap_pending = false;
    if (t->row + 1 == t->bottom) {
        if (between_margins(t))
            grid_scroll_up(t, t->top, t->bottom, 1);
    } else if (t->row + 1 < t->rows) {
        t->row++;
    }
}

static void reverse_index(struct term *t)
{
    t->wrap_pending = false;
    if (t->row == t->top) {
        if (between_margins(t))
            grid_scroll_down(t, t->top, t->bottom, 1);
    } else if (t->row > 0) {
        t->row--;
    }
}

static void carriage_return(struct term *t)
{
    t->wrap_pending = false;
    t->col = t->modes.origin || t->col >= t->left ? t->left : 0;
}

static void next_line(struct term *t)
{
    control_index(t);
    carriage_return(t);
}

static void backspace(struct term *t)
{
    t->wrap_pending = false;
    if (t->col > 0 && t->col != t->left)
        t->col--;
}

static void tab(struct term *t)
{
    int last = (t->col < t->right ? t->right : t->cols) - 1;

    while (t->col < last && !t->tabs[++t->col])
        ;
}

/* DECBI and DECFI: at the margin the text moves instead of the cursor. */
static void back_index(struct term *t)
{
    t->wrap_pending = false;
    if (t->col != t->left) {
        t->col -= t->col > 0;
        return;
    }
    for (int row = t->top; t->row >= t->top && t->row < t->bottom && row < t->bottom; row++)
        grid_insert_cells(t, row, t->left, t->right, 1);
}

static void forward_index(struct term *t)
{
    t->wrap_pending = false;
    if (t->col != t->right - 1) {
        t->col += t->col < t->cols - 1;
        return;
    }
    for (int row = t->top; t->row >= t->top && t->row < t->bottom && row < t->bottom; row++)
        grid_delete_cells(t, row, t->left, t->right, 1);
}

static void line_feed(struct term *t)
{
    control_index(t);
    if (t->modes.newline)
        carriage_return(t);
}

void control_c0(struct term *t, unsigned char c)
{
    switch (c) {
    case '\a':
        if (t->ops.on_bell)
            t->ops.on_bell(t->user);
        break;
    case '\b':
        backspace(t);
        break;
    case '\t':
        tab(t);
        break;
    case '\n':
    case '\v':
    case '\f':
        line_feed(t);
        break;
    case '\r':
        carriage_return(t);
        break;
    case 0x0e:
    case 0x0f:
        t->gl = c == 0x0e;
        break;
    default:
        break;
    }
}

void control_save_cursor(struct term *t)
{
    struct saved_cursor *s = &t->screen->saved;

    *s = (struct saved_cursor){
        .row = t->row,
        .col = t->col,
        .wrap_pending = t->wrap_pending && t->col == t->cols - 1,
        .origin = t->modes.origin,
        .pen = t->pen,
        .gl = t->gl,
    };
    memcpy(s->charset, t->charset, sizeof s->charset);
}

void control_restore_cursor(struct term *t)
{
    const struct saved_cursor *s = &t->screen->saved;

    t->modes.origin = s->origin;
    t->row = s->row < t->rows ? s->row : t->rows - 1;
    t->col = s->col < t->cols ? s->col : t->cols - 1;
    if (t->modes.origin) {
        t->row = t->row < t->top ? t->top : t->row >= t->bottom ? t->bottom - 1 : t->row;
        t->col = t->col < t->left ? t->left : t->col >= t->right ? t->right - 1 : t->col;
    }
    t->wrap_pending = s->wrap_pending && t->col == t->cols - 1 &&
                      !cell_is_empty(&grid_row(t, t->row)->cells[t->col]);
    t->pen = s->pen;
    t->gl = s->gl;
    memcpy(t->charset, s->charset, sizeof t->charset);
}

static void reset_charsets(struct term *t)
{
    memset(t->charset, 'B', sizeof t->charset);
    t->gl = 0;
    t->single_shift = 0;
}

void control_reset_margins(struct term *t)
{
    t->top = t->left = 0;
    t->bottom = t->rows;
    t->right = t->cols;
}

void control_soft_reset(struct term *t)
{
    bool reverse = t->modes.reverse_video;
    enum term_mouse mouse = t->modes.mouse;

    modes_reset(&t->modes);
    t->modes.reverse_video = reverse;
    t->modes.mouse = mouse;
    control_reset_margins(t);
    t->screen->kitty = (struct kitty){0};
    t->pen = (struct style){0};
    /* Behind the right margin that was, nothing wraps any more. */
    t->wrap_pending = t->wrap_pending && t->col == t->cols - 1;
    reset_charsets(t);
    t->screen->saved = SAVED_NOTHING;
    t->revision = t->tick;
}

void control_reset(struct term *t)
{
    mode_show_alternate(t, false);
    modes_reset(&t->modes);
    control_reset_margins(t);
    t->main.kitty = (struct kitty){0};
    t->pen = (struct style){0};
    t->row = t->col = 0;
    t->wrap_pending = false;
    t->last_glyph = 0;
    reset_charsets(t);
    t->main.saved = SAVED_NOTHING;
    tabs_reset(t->tabs, 0, t->cols);
    grid_erase_rows(t, 0, t->rows);
    titles_clear(t);
    palette_reset(t);
    free(steal_pointer(&t->cwd));
}

/* DECALN: a screen of E, to adjust the picture tube by. */
static void alignment_test(struct term *t)
{
    struct style pen = t->pen;

    t->pen = (struct style){0};
    control_reset_margins(t);
    grid_erase_rows(t, 0, t->rows);
    for (int i = 0; i < t->rows; i++) {
        struct row *row = grid_row(t, i);

        for (int col = 0; col < t->cols; col++)
            row->cells[col] = (struct cell){.glyph = 'E', .width = 1};
        row->used = t->cols;
    }
    t->pen = pen;
    cursor_move(t, 0, 0);
}

static void set_tab(struct term *t)
{
    t->tabs[t->col] = 1;
}

static void keypad_application(struct term *t)
{
    t->modes.application_keypad = true;
}

static void keypad_numeric(struct term *t)
{
    t->modes.application_keypad = false;
}

static void shift_2(struct term *t)
{
    t->single_shift = 2;
}

static void shift_3(struct term *t)
{
    t->single_shift = 3;
}

static void lock_2(struct term *t)
{
    t->gl = 2;
}

static void lock_3(struct term *t)
{
    t->gl = 3;
}

static void identify(struct term *t)
{
    term_reply(t, DEVICE_ATTRIBUTES);
}

static void (*const escapes[128])(struct term *) = {
    ['6'] = back_index,
    ['9'] = forward_index,
    ['Z'] = identify,
    ['7'] = control_save_cursor,
    ['8'] = control_restore_cursor,
    ['='] = keypad_application,
    ['>'] = keypad_numeric,
    ['D'] = control_index,
    ['E'] = next_line,
    ['H'] = set_tab,
    ['M'] = reverse_index,
    ['N'] = shift_2,
    ['O'] = shift_3,
    ['c'] = control_reset,
    ['n'] = lock_2,
    ['o'] = lock_3,
};

void control_escape(struct term *t, char intermediate, char final)
{
    if (!intermediate) {
        if (escapes[(unsigned char) final & 0x7f])
            escapes[(unsigned char) final & 0x7f](t);
    } else if (intermediate == '#' && final == '8') {
        alignment_test(t);
    } else if (intermediate >= '(' && intermediate <= '+') {
        t->charset[intermediate - '('] = charset_of(intermediate, final);
    } else if (intermediate >= '-' && intermediate <= '/') {
        t->charset[intermediate - '-' + 1] = charset_of(intermediate, final);
    }
}
