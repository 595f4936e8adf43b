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
    bool origin = t->modes.origin;

    t->row = clamp(row, origin ? t->top : 0, (origin ? t->bottom : t->rows) - 1);
    t->col = clamp(col, origin ? t->left : 0, (origin ? t->right : t->cols) - 1);
    t->wrap_pending = false;
}

/* The corner that positions are counted from. */
static int origin_row(const struct term *t)
{
    return t->modes.origin ? t->top : 0;
}

static int origin_col(const struct term *t)
{
    return t->modes.origin ? t->left : 0;
}

/* Up and down stop at the margin they start inside of. */
static void cursor_vertical(struct term *t, int by)
{
    int low = t->row >= t->top ? t->top : 0;
    int high = t->row < t->bottom ? t->bottom - 1 : t->rows - 1;

    t->row = clamp(t->row + by, low, high);
    t->wrap_pending = false;
}

/* Left and right likewise. */
static void cursor_horizontal(struct term *t, int by)
{
    int low = t->col >= t->left ? t->left : 0;
    int high = t->col < t->right ? t->right - 1 : t->cols - 1;

    t->col = clamp(t->col + by, low, high);
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
    cursor_horizontal(t, count(csi));
}

static void do_cub(struct term *t, const struct csi *csi)
{
    cursor_horizontal(t, -count(csi));
}

static void do_cnl(struct term *t, const struct csi *csi)
{
    cursor_vertical(t, count(csi));
    control_c0(t, '\r');
}

static void do_cpl(struct term *t, const struct csi *csi)
{
    cursor_vertical(t, -count(csi));
    control_c0(t, '\r');
}

static void do_cha(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row, csi_param(csi, 0, 1) - 1 + origin_col(t));
}

static void do_hpr(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row, t->col + count(csi));
}

static void do_vpa(struct term *t, const struct csi *csi)
{
    cursor_move(t, csi_param(csi, 0, 1) - 1 + origin_row(t), t->col);
}

static void do_vpr(struct term *t, const struct csi *csi)
{
    cursor_move(t, t->row + count(csi), t->col);
}

static void do_cup(struct term *t, const struct csi *csi)
{
    cursor_move(t, csi_param(csi, 0, 1) - 1 + origin_row(t),
                csi_param(csi, 1, 1) - 1 + origin_col(t));
}

static void do_cht(struct term *t, const struct csi *csi)
{
    for (int n = clamp(count(csi), 1, t->cols); n > 0; n--)
        control_c0(t, '\t');
}

static void do_cbt(struct term *t, const struct csi *csi)
{
    int low = origin_col(t);

    t->wrap_pending = false;
    for (int n = clamp(count(csi), 1, t->cols); n > 0; n--)
        while (t->col > low && !t->tabs[--t->col])
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
        if (t->col > 0)
            grid_erase(t, t->row, t->col, t->cols);
        grid_erase_rows(t, t->row + (t->col > 0), t->rows);
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

/* DECSED and DECSEL */
static void do_selective_ed(struct term *t, const struct csi *csi)
{
    int what = csi_param(csi, 0, 0);

    if (what > 2)
        return;
    for (int i = what == 0 ? t->row + 1 : 0; i < (what == 1 ? t->row : t->rows); i++)
        grid_erase_selective(t, i, 0, t->cols);
    if (what < 2)
        grid_erase_selective(t, t->row, what ? 0 : t->col, what ? t->col + 1 : t->cols);
    t->wrap_pending = false;
}

static void do_selective_el(struct term *t, const struct csi *csi)
{
    int what = csi_param(csi, 0, 0);

    if (what > 2)
        return;
    grid_erase_selective(t, t->row, what ? 0 : t->col, what == 1 ? t->col + 1 : t->cols);
    t->wrap_pending = false;
}

/* DECSCA: what is written from here on is protected from selective erase. */
static void do_protect(struct term *t, const struct csi *csi)
{
    int what = csi_param(csi, 0, 0);

    if (what == 1)
        t->pen.attrs |= ATTR_PROTECTED;
    else if (what == 0 || what == 2)
        t->pen.attrs &= (uint16_t)~ATTR_PROTECTED;
}

static void do_ech(struct term *t, const struct csi *csi)
{
    grid_erase(t, t->row, t->col, clamp(t->col + count(csi), 0, t->cols));
    t->wrap_pending = false;
}

static bool in_region(const struct term *t)
{
    return t->row >= t->top && t->row < t->bottom && between_margins(t);
}

static void do_ich(struct term *t, const struct csi *csi)
{
    if (between_margins(t))
        grid_insert_cells(t, t->row, t->col, t->right, clamp(count(csi), 1, t->cols));
    t->wrap_pending = false;
}

static void do_dch(struct term *t, const struct csi *csi)
{
    if (between_margins(t))
        grid_delete_cells(t, t->row, t->col, t->right, clamp(count(csi), 1, t->cols));
    t->wrap_pending = false;
}

static void do_il(struct term *t, const struct csi *csi)
{
    if (!in_region(t))
        return;
    grid_scroll_down(t, t->row, t->bottom, count(csi));
    control_c0(t, '\r');
}

static void do_dl(struct term *t, const struct csi *csi)
{
    if (!in_region(t))
        return;
    /* What is deleted at the top of the screen is gone: it does not scroll away. */
    grid_delete_rows(t, t->row, t->bottom, count(csi));
    control_c0(t, '\r');
}

/* Columns of the region move from `col` on: DECIC, DECDC, SR, SL. */
static void shift_columns(struct term *t, int col, int n, bool insert)
{
    n = clamp(n, 1, t->cols);
    for (int row = t->top; row < t->bottom; row++) {
        if (insert)
            grid_insert_cells(t, row, col, t->right, n);
        else
            grid_delete_cells(t, row, col, t->right, n);
    }
    t->wrap_pending = false;
}

static void do_decic(struct term *t, const struct csi *csi)
{
    if (in_region(t))
        shift_columns(t, t->col, count(csi), true);
}

static void do_decdc(struct term *t, const struct csi *csi)
{
    if (in_region(t))
        shift_columns(t, t->col, count(csi), false);
}

static void do_sr(struct term *t, const struct csi *csi)
{
    shift_columns(t, t->left, count(csi), true);
}

static void do_sl(struct term *t, const struct csi *csi)
{
    shift_columns(t, t->left, count(csi), false);
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
    t->last_glyph = 0;
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
    sgr_apply(t, csi);
}

static void do_stbm(struct term *t, const struct csi *csi)
{
    int top = csi_param(csi, 0, 1), bottom = csi_param(csi, 1, 0);

    if (top == 0)
        top = 1;
    if (bottom == 0 || bottom > t->rows)
        bottom = t->rows;
    if (top >= bottom)
        return;
    t->top = top - 1;
    t->bottom = bottom;
    cursor_move(t, origin_row(t), origin_col(t));
}

/* DECSLRM where left and right margins are in use, else SCOSC. */
static void do_slrm(struct term *t, const struct csi *csi)
{
    int left = csi_param(csi, 0, 1), right = csi_param(csi, 1, 0);

    if (!t->modes.margins) {
        control_save_cursor(t);
        return;
    }
    if (left == 0)
        left = 1;
    if (right == 0 || right > t->cols)
        right = t->cols;
    if (left >= right && !(left == 1 && t->cols == 1))
        return;
    t->left = left - 1;
    t->right = right;
    cursor_move(t, origin_row(t), origin_col(t));
}

static void do_scorc(struct term *t, const struct csi *csi)
{
    control_restore_cursor(t);
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
    ['@' - '@'] = do_ich,
    ['A' - '@'] = do_cuu,
    ['B' - '@'] = do_cud,
    ['C' - '@'] = do_cuf,
    ['D' - '@'] = do_cub,
    ['E' - '@'] = do_cnl,
    ['F' - '@'] = do_cpl,
    ['G' - '@'] = do_cha,
    ['H' - '@'] = do_cup,
    ['I' - '@'] = do_cht,
    ['J' - '@'] = do_ed,
    ['K' - '@'] = do_el,
    ['L' - '@'] = do_il,
    ['M' - '@'] = do_dl,
    ['P' - '@'] = do_dch,
    ['S' - '@'] = do_su,
    ['T' - '@'] = do_sd,
    ['X' - '@'] = do_ech,
    ['Z' - '@'] = do_cbt,
    ['`' - '@'] = do_cha,
    ['a' - '@'] = do_hpr,
    ['b' - '@'] = do_rep,
    ['c' - '@'] = report_da,
    ['d' - '@'] = do_vpa,
    ['e' - '@'] = do_vpr,
    ['f' - '@'] = do_cup,
    ['g' - '@'] = do_tbc,
    ['h' - '@'] = do_sm,
    ['j' - '@'] = do_cub,
    ['l' - '@'] = do_rm,
    ['m' - '@'] = do_sgr,
    ['n' - '@'] = report_status,
    ['r' - '@'] = do_stbm,
    ['s' - '@'] = do_slrm,
    ['t' - '@'] = report_window,
    ['u' - '@'] = do_scorc,
    ['x' - '@'] = report_parameters,
};

/* With a prefix or an intermediate byte. */
static const struct {
    char prefix, intermediate, final;
    csi_fn *fn;
} marked[] = {
    {'?', 0, 'h', do_sm},           {'?', 0, 'l', do_rm},
    {0, ' ', 'q', do_cursor_style}, {'?', 0, 'J', do_selective_ed},
    {'?', 0, 'K', do_selective_el}, {0, '"', 'q', do_protect},
    {0, ' ', '@', do_sl},           {0, ' ', 'A', do_sr},
    {0, '\'', '}', do_decic},       {0, '\'', '~', do_decdc},
    {0, '!', 'p', do_soft_reset},   {'?', 0, 'n', report_private_status},
    {'>', 0, 'c', report_da2},      {'=', 0, 'c', report_da3},
    {'>', 0, 'q', report_version},  {'?', '$', 'p', mode_report},
    {0, '$', 'p', mode_report},     {'?', 0, 'u', kitty_report},
    {'>', 0, 'u', kitty_push},      {'<', 0, 'u', kitty_pop},
    {'=', 0, 'u', kitty_set},
};

void csi_dispatch(struct term *t, const struct csi *csi)
{
    size_t i = (size_t)(csi->final - '@');

    if (csi->final != 'b')
        t->last_glyph = 0;
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
