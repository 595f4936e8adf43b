/* SPDX-License-Identifier: MIT
 *
 * What a key will make of the line: it is inserted, Backspace takes what was typed, arrows move
 * within it. Everything else is left to the program.
 */
#include "vterm/predict_internal.h"

#include "base/text.h"

/* What stands there, or will by keys before this one. Of too many none is known to be news. */
static void note_original(struct guess *g, uint64_t glyph)
{
    if (g->n_originals < ORIGINALS &&
        (!g->n_originals || g->originals[g->n_originals - 1] != glyph))
        g->originals[g->n_originals++] = glyph;
}

static void guess(struct predict *p, int col, struct cell cell, uint64_t due)
{
    struct guess *g = &p->guesses[col];

    if (g->active) {
        note_original(g, g->cell.glyph);
    } else {
        *g = (struct guess){.active = true};
        p->n_active++;
    }
    note_original(g, predict_actual(p, col)->glyph);
    g->cell = cell;
    if (p->underlines && !looks_empty(&cell))
        g->cell.style.attrs |= ATTR_UNDERLINE;
    g->due = due;
    g->epoch = p->epoch;
}

static void move_cursor(struct predict *p, int col, uint64_t due)
{
    p->col = col;
    p->cursor_due = p->accounted = due;
    p->cursor_epoch = p->epoch;
    p->last_glyph = col > 0 ? predict_expected(p, col - 1)->glyph : 0;
    p->revision++;
}

static void type(struct predict *p, uint32_t c, uint64_t due)
{
    int width = codepoint_width(c);
    struct cell cell = {.glyph = c, .width = (uint8_t)width, .style = p->term->pen};

    /* In the last column some wrap at once, some later, and some show a sign of their own. */
    if (width < 1 || width > 2 || p->right + width >= p->cols || p->col + width >= p->cols) {
        predict_lose_track(p, due);
        return;
    }
    for (int i = 0; i < width; i++)
        if (!gives_way(predict_expected(p, p->right + i))) {
            predict_lose_track(p, due);
            return;
        }
    if (p->col > p->left)
        cell.style = predict_expected(p, p->col - 1)->style;
    for (int col = p->right - 1; col >= p->col; col--)
        guess(p, col + width, *predict_expected(p, col), due);
    guess(p, p->col, cell, due);
    if (width == 2)
        guess(p, p->col + 1, (struct cell){.style = cell.style, .flags = CELL_CONTINUATION}, due);
    p->right += width;
    move_cursor(p, p->col + width, due);
}

/* Not over wide characters, of which a shell removes two columns and the kernel one. */
static void erase(struct predict *p, uint64_t due)
{
    if (p->col <= p->left || predict_expected(p, p->col - 1)->flags & CELL_CONTINUATION) {
        predict_lose_track(p, due);
        return;
    }
    for (int col = p->col; col < p->right; col++)
        guess(p, col - 1, *predict_expected(p, col), due);
    guess(p, p->right - 1, (struct cell){0}, due);
    p->right--;
    move_cursor(p, p->col - 1, due);
}

static void step(struct predict *p, bool left, uint64_t due)
{
    int col = p->col;

    if (left ? col <= p->left : col >= p->right) {
        predict_lose_track(p, due);
        return;
    }
    /* The kernel's own line editing prints them. */
    if (!p->steps && p->step_epoch != p->epoch) {
        bool trusted = p->epoch <= p->confirmed;

        p->epoch++;
        p->step_epoch = trusted ? p->epoch : 0;
    }
    if (left)
        col -= predict_expected(p, col - 1)->flags & CELL_CONTINUATION ? 2 : 1;
    else
        col += predict_expected(p, col)->width == 2 ? 2 : 1;
    move_cursor(p, col, due);
}

static void ground(struct predict *p, unsigned char byte, uint64_t due)
{
    if (byte == 0x1b)
        p->state = KEY_ESC;
    else if (byte == 0x7f || byte == '\b')
        erase(p, due);
    else if (byte < ' ')
        predict_lose_track(p, due);
    else if (byte < 0x7f)
        type(p, byte, due);
    else {
        p->utf8[0] = (char)byte;
        p->n_utf8 = 1;
        p->state = KEY_UTF8;
    }
}

static void collect(struct predict *p, unsigned char byte, uint64_t due)
{
    uint32_t c;

    p->utf8[p->n_utf8++] = (char)byte;
    if (p->n_utf8 < 4 && utf8_incomplete_tail(p->utf8, (size_t)p->n_utf8))
        return;
    p->state = KEY_GROUND;
    if (utf8_decode(p->utf8, (size_t)p->n_utf8, &c) == (size_t)p->n_utf8 && c != 0xfffd)
        type(p, c, due);
    else
        predict_lose_track(p, due);
}

/* Arrows with Control or Alt have parameters, and move by words. */
static void sequence(struct predict *p, unsigned char byte, uint64_t due)
{
    bool is_arrow = p->state == KEY_CSI && (byte == 'C' || byte == 'D');

    p->state = byte >= ' ' && byte < '@' ? KEY_CSI_PARAMS : KEY_GROUND;
    if (is_arrow)
        step(p, byte == 'D', due);
    else if (p->state == KEY_GROUND)
        predict_lose_track(p, due);
}

void predict_key_byte(struct predict *p, unsigned char byte, uint64_t due)
{
    switch (p->state) {
    case KEY_ESC:
        p->state = byte == '[' || byte == 'O' ? KEY_CSI : KEY_GROUND;
        if (p->state == KEY_GROUND)
            predict_lose_track(p, due);
        break;
    case KEY_CSI:
    case KEY_CSI_PARAMS:
        sequence(p, byte, due);
        break;
    case KEY_UTF8:
        collect(p, byte, due);
        break;
    default:
        ground(p, byte, due);
    }
}
