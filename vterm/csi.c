/* SPDX-License-Identifier: MIT
 *
 * CSI sequences: a table from the final byte to what it does. Positions are clamped here, so that
 * the grid only ever sees cells that exist.
 */
#include "vterm/internal.h"

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* A repeat count: missing and 0 mean 1. */
static int count(const struct csi *csi)
{
    int n = csi_param(csi, 0, 1);

    return n ? n : 1;
}

void cursor_move(struct term *t, int row, int col)
{
    int low = t->modes.origin ? t->top : 0;
    int high = t->modes.origin ? t->bottom - 1 : t->rows - 1;

    t->row = clamp(row, low, high);
    t->col = clamp(col, 0, t->cols - 1);
    t->wrap_pending = false;
}

/* Up and down stop at the margin they start inside of. */
static void cursor_vertical(struct term *t, int by)
{
    int low = t->row >= t->top ? t->top : 0;
    int high = t->row < t->bottom ? t->bottom - 1 : t->rows - 1;

    t->row = clamp(t->row + by, low, high);
    t->wrap_pending = false;
}

static void do_cuu(struct term *t, const struct csi *csi)
{
    cursor_vertical(t, -count(csi));
}

static void do_cud(struct term *t, const struct csi *csi)
{
    cursor_vertical(t, count(csi));
}

static void do_cuf(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row, t->col + count(csi));
}

static void do_cub(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row, t->col - count(csi));
}

static void do_cnl(struct term *t, const struct csi *csi)
{
    cursor_vertical(t, count(csi));
    t->col = 0;
}

static void do_cpl(struct term *t, const struct csi *csi)
{
    cursor_vertical(t, -count(csi));
    t->col = 0;
}

static void do_cha(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row, csi_param(csi, 0, 1) - 1);
}

static void do_vpa(struct term *t, const struct csi *csi)
{
    cursor_move(t, csi_param(csi, 0, 1) - 1 + (t->modes.origin ? t->top : 0), t->col);
}

static void do_vpr(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row + count(csi), t->col);
}

static void do_cup(struct term *t, const struct csi *csi)
{
    cursor_move(t, csi_param(csi, 0, 1) - 1 + (t->modes.origin ? t->top : 0),
                csi_param(csi, 1, 1) - 1);
}

static void do_cht(struct term *t, const struct csi *csi)
{
    for (int n = clamp(count(csi), 1, t->cols); n > 0; n--)
        control_c0(t, '\t');
}

static void do_cbt(struct term *t, const struct csi *csi)
{
    t->wrap_pending = false;
    for (int n = clamp(count(csi), 1, t->cols); n > 0; n--)
        while (t->col > 0 && !t->tabs[--t->col])
            ;
}

static void do_tbc(struct term *t, const struct csi *csi)
{
    int what = csi_param(csi, 0, 0);

    if (what == 0)
        t->tabs[t->col] = 0;
    else if (what == 3)
        for (int i = 0; i < t->cols; i++)
            t->tabs[i] = 0;
}

static void do_ed(struct term *t, const struct csi *csi)
{
    switch (csi_param(csi, 0, 0)) {
    case 0:
        grid_erase(t, t->row, t->col, t->cols);
        grid_erase_rows(t, t->row + 1, t->rows);
        break;
    case 1:
        grid_erase_rows(t, 0, t->row);
        grid_erase(t, t->row, 0, t->col + 1);
        break;
    case 2:
        grid_erase_rows(t, 0, t->rows);
        break;
    case 3:
        scrollback_clear(t->scrollback);
        t->revision = t->tick;
        return;
    default:
        return;
    }
    t->wrap_pending = false;
}

static void do_el(struct term *t, const struct csi *csi)
{
    switch (csi_param(csi, 0, 0)) {
    case 0:
        grid_erase(t, t->row, t->col, t->cols);
        break;
    case 1:
        grid_erase(t, t->row, 0, t->col + 1);
        break;
    case 2:
        grid_erase(t, t->row, 0, t->cols);
        break;
    default:
        return;
    }
    t->wrap_pending = false;
}

static void do_ech(struct term *t, const struct csi *csi)
{
    grid_erase(t, t->row, t->col, clamp(t->col + count(csi), 0, t->cols));
    t->wrap_pending = false;
}

static void do_ich(struct term *t, const struct csi *csi)
{
    grid_insert_cells(t, t->row, t->col, clamp(count(csi), 1, t->cols));
    t->wrap_pending = false;
}

static void do_dch(struct term *t, const struct csi *csi)
{
    grid_delete_cells(t, t->row, t->col, clamp(count(csi), 1, t->cols));
    t->wrap_pending = false;
}

static bool in_region(const struct term *t)
{
    return t->row >= t->top && t->row < t->bottom;
}

static void do_il(struct term *t, const struct csi *csi)
{
    if (!in_region(t))
        return;
    grid_scroll_down(t, t->row, t->bottom, count(csi));
    cursor_move(t, t->row, 0);
}

static void do_dl(struct term *t, const struct csi *csi)
{
    if (!in_region(t))
        return;
    /* What is deleted at the top of the screen is gone: it does not scroll away. */
    grid_delete_rows(t, t->row, t->bottom, count(csi));
    cursor_move(t, t->row, 0);
}

static void do_su(struct term *t, const struct csi *csi)
{
    grid_scroll_up(t, t->top, t->bottom, count(csi));
    t->wrap_pending = false;
}

static void do_sd(struct term *t, const struct csi *csi)
{
    if (csi->n > 1) /* with five parameters it starts xterm's mouse tracking */
        return;
    grid_scroll_down(t, t->top, t->bottom, count(csi));
    t->wrap_pending = false;
}

static void do_rep(struct term *t, const struct csi *csi)
{
    print_repeat(t, count(csi));
}

static void do_sm(struct term *t, const struct csi *csi)
{
    mode_change(t, csi, true);
}

static void do_rm(struct term *t, const struct csi *csi)
{
    mode_change(t, csi, false);
}

static void do_sgr(struct term *t, const struct csi *csi)
{
    sgr_apply(&t->pen, csi);
}

static void do_stbm(struct term *t, const struct csi *csi)
{
    int top = csi_param(csi, 0, 1), bottom = csi_param(csi, 1, 0);

    if (top == 0)
        top = 1;
    if (bottom == 0 || bottom > t->rows)
        bottom = t->rows;
    if (top >= bottom && !(top == 1 && t->rows == 1))
        return;
    t->top = top - 1;
    t->bottom = bottom;
    cursor_move(t, t->modes.origin ? t->top : 0, 0);
}

static void do_scosc(struct term *t, const struct csi *csi)
{
    if (csi->params[0] < 0 && csi->n == 1)
        control_save_cursor(t);
}

static void do_scorc(struct term *t, const struct csi *csi)
{
    if (csi->params[0] < 0 && csi->n == 1)
        control_restore_cursor(t);
}

static void do_da(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, "\033[?62;22c");
}

static void do_dsr(struct term *t, const struct csi *csi)
{
    const char *mark = csi->prefix ? "?" : "";
    int row = t->row - (t->modes.origin ? t->top : 0);

    if (csi_param(csi, 0, 0) == 5 && !csi->prefix)
        term_reply(t, "\033[0n");
    else if (csi_param(csi, 0, 0) == 6)
        term_reply(t, "\033[%s%d;%dR", mark, row + 1, t->col + 1);
}

/* The reports of a window's size in cells; its pixels and its place are nobody's here. */
static void do_winops(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 18)
        term_reply(t, "\033[8;%d;%dt", t->rows, t->cols);
}

static void do_da2(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, "\033[>41;100;0c");
}

static void do_xtversion(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, "\033P>|sandpit(%s)\033\\", SANDPIT_VERSION);
}

static void do_cursor_style(struct term *t, const struct csi *csi)
{
    int style = csi_param(csi, 0, 0);

    if (style > 6)
        return;
    t->modes.cursor_blink = style == 0 || style % 2;
    t->modes.cursor_shape = style <= 2 ? CURSOR_BLOCK : style <= 4 ? CURSOR_UNDERLINE : CURSOR_BAR;
}

static void do_soft_reset(struct term *t, const struct csi *csi)
{
    control_soft_reset(t);
}

typedef void csi_fn(struct term *t, const struct csi *csi);

/* Final bytes from '@' on, without prefix and intermediate. */
static csi_fn *const plain[] = {
    ['@' - '@'] = do_ich,  ['A' - '@'] = do_cuu,   ['B' - '@'] = do_cud,    ['C' - '@'] = do_cuf,
    ['D' - '@'] = do_cub,  ['E' - '@'] = do_cnl,   ['F' - '@'] = do_cpl,    ['G' - '@'] = do_cha,
    ['H' - '@'] = do_cup,  ['I' - '@'] = do_cht,   ['J' - '@'] = do_ed,     ['K' - '@'] = do_el,
    ['L' - '@'] = do_il,   ['M' - '@'] = do_dl,    ['P' - '@'] = do_dch,    ['S' - '@'] = do_su,
    ['T' - '@'] = do_sd,   ['X' - '@'] = do_ech,   ['Z' - '@'] = do_cbt,    ['`' - '@'] = do_cha,
    ['a' - '@'] = do_cuf,  ['b' - '@'] = do_rep,   ['c' - '@'] = do_da,     ['d' - '@'] = do_vpa,
    ['e' - '@'] = do_vpr,  ['f' - '@'] = do_cup,   ['g' - '@'] = do_tbc,    ['h' - '@'] = do_sm,
    ['j' - '@'] = do_cub,  ['l' - '@'] = do_rm,    ['m' - '@'] = do_sgr,    ['n' - '@'] = do_dsr,
    ['r' - '@'] = do_stbm, ['s' - '@'] = do_scosc, ['t' - '@'] = do_winops, ['u' - '@'] = do_scorc,
};

/* With a prefix or an intermediate byte. Selective erase erases all: nothing is protected here. */
static const struct {
    char prefix, intermediate, final;
    csi_fn *fn;
} marked[] = {
    {'?', 0, 'h', do_sm},       {'?', 0, 'l', do_rm},         {0, ' ', 'q', do_cursor_style},
    {'?', 0, 'J', do_ed},       {'?', 0, 'K', do_el},         {'?', 0, 'n', do_dsr},
    {'>', 0, 'c', do_da2},      {'>', 0, 'q', do_xtversion},  {'?', '$', 'p', mode_report},
    {0, '$', 'p', mode_report}, {0, '!', 'p', do_soft_reset},
};

void csi_dispatch(struct term *t, const struct csi *csi)
{
    size_t i = (size_t)(csi->final - '@');

    if (!csi->prefix && !csi->intermediate) {
        if (i < ARRAY_LEN(plain) && plain[i])
            plain[i](t, csi);
        return;
    }
    for (i = 0; i < ARRAY_LEN(marked); i++)
        if (marked[i].prefix == csi->prefix && marked[i].intermediate == csi->intermediate &&
            marked[i].final == csi->final) {
            marked[i].fn(t, csi);
            return;
        }
}
