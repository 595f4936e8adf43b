/* SPDX-License-Identifier: MIT
 *
 * bytes sent → predict_sent → (seed: where the cursor is) → apply: cells of one row, each with the
 * byte that makes it and an epoch; acknowledgements → predict_update → cells compared with the
 * terminal's: proof, no news, or an end to it all.
 *
 * An acknowledgement says that the host has the byte; its echo follows within ECHO_MS, as mosh has
 * it. Only then is a cell judged, and only when nothing younger is acknowledged does the
 * terminal's cursor belong to a known byte.
 */
#include "vterm/predict_internal.h"

#define ECHO_MS          50
#define ECHO_PATIENCE_MS 250 /* when nothing at all came after the acknowledgement */
#define TYPED_MAX        64  /* at once; more is a paste */
#define ON_US            30000
#define OFF_US           20000
#define UNDERLINE_ON_US  80000
#define UNDERLINE_OFF_US 50000

static bool is_settled(const struct predict *p)
{
    return p->late == p->acked && p->late >= p->blind_until;
}

/* --- epochs --- */

static void forget(struct predict *p, int col)
{
    if (!p->guesses[col].active)
        return;
    p->guesses[col] = (struct guess){0};
    p->n_active--;
    p->revision++;
}

/* Nothing predicted so far holds, and what is on its way leads nobody knows where. */
static void drop_all(struct predict *p)
{
    for (int col = 0; p->n_active && col < p->cols; col++)
        forget(p, col);
    if (p->cursor_due)
        p->revision++;
    p->cursor_due = 0;
    p->live = false;
    p->epoch++;
}

void predict_lose_track(struct predict *p, uint64_t due)
{
    p->blind_until = due;
    p->live = false;
    p->epoch++;
}

/* --- its life, and when it is on --- */

struct predict *predict_create(const struct term *t, enum predict_mode mode)
{
    struct predict *p = xcalloc(1, sizeof *p);

    p->term = t;
    p->mode = mode;
    p->epoch = 1;
    return p;
}

void predict_destroy(struct predict *p)
{
    if (!p)
        return;
    free(p->guesses);
    free(p);
}

bool predict_is_on(const struct predict *p)
{
    return p->mode == PREDICT_ON || (p->mode == PREDICT_AUTO && p->slow);
}

enum predict_mode predict_mode(const struct predict *p)
{
    return p->mode;
}

void predict_set_mode(struct predict *p, enum predict_mode mode)
{
    p->mode = mode;
    if (!predict_is_on(p))
        drop_all(p);
}

void predict_set_round_trip(struct predict *p, int64_t us)
{
    bool busy = p->n_active || p->cursor_due;

    if (us > ON_US)
        p->slow = true;
    else if (us < OFF_US && !busy)
        p->slow = false;
    if (us > UNDERLINE_ON_US)
        p->underlines = true;
    else if (us < UNDERLINE_OFF_US)
        p->underlines = false;
}

/* --- where it begins --- */

/* Two blanks end what moves along: behind them is a prompt at the right edge, or nothing. */
static int tail_end(const struct cell *cells, int col, int cols)
{
    while (col + 1 < cols && !(gives_way(&cells[col]) && gives_way(&cells[col + 1])))
        col++;
    return col;
}

/* The terminal's cursor is what the bytes up to `late` made of it. */
static bool seed(struct predict *p)
{
    struct term_cursor cursor = term_cursor(p->term);
    const struct cell *cells = term_row(p->term, cursor.row);

    if (term_modes(p->term).alternate_screen || !cursor.visible || cursor.col + 1 >= p->cols)
        return false;
    drop_all(p);
    p->line = term_scrollback_end(p->term) + (uint64_t)cursor.row;
    p->col = p->left = cursor.col;
    p->right = tail_end(cells, cursor.col, p->cols);
    p->has_tail = p->right > p->col;
    p->last_glyph = cursor.col > 0 ? cells[cursor.col - 1].glyph : 0;
    p->state = KEY_GROUND;
    p->steps = false;
    p->step_epoch = 0;
    p->live = true;
    return true;
}

/* Somebody else wrote, or the program moved on: it may be another program by now, one that does
 * not echo. */
static bool is_home(const struct predict *p)
{
    struct term_cursor cursor = term_cursor(p->term);

    return predict_line_row(p) == cursor.row && p->col == cursor.col &&
           (cursor.col == 0 || predict_actual(p, cursor.col - 1)->glyph == p->last_glyph);
}

static void replay(struct predict *p)
{
    uint64_t from = p->late;

    if (!is_settled(p) || !seed(p))
        return;
    for (uint64_t at = from; p->live && at < p->sent; at++)
        predict_key_byte(p, (unsigned char)p->flight[at - from], at + 1);
}

static void follow_size(struct predict *p)
{
    int rows = term_rows(p->term), cols = term_cols(p->term);

    if (rows == p->rows && cols == p->cols && term_layout(p->term) == p->layout)
        return;
    drop_all(p);
    predict_lose_track(p, p->sent);
    free(p->guesses);
    p->guesses = xcalloc((size_t)cols, sizeof *p->guesses);
    p->rows = rows;
    p->cols = cols;
    p->layout = term_layout(p->term);
}

/* What these bytes do is not to be predicted. */
void predict_passed(struct predict *p, size_t n)
{
    uint64_t at = p->sent - p->late;

    follow_size(p);
    if (at < FLIGHT_MAX)
        memset(p->flight + at, 0, n < FLIGHT_MAX - at ? n : FLIGHT_MAX - at);
    p->sent += n;
    predict_lose_track(p, p->sent);
}

static void begin(struct predict *p)
{
    bool idle = !p->n_active && !p->cursor_due && p->sent == p->late;

    if (p->live && predict_line_row(p) < 0)
        drop_all(p);
    if (p->live && idle && !is_home(p))
        p->live = false;
    if (!p->live && p->sent == p->late && is_settled(p))
        seed(p);
}

void predict_sent(struct predict *p, const char *bytes, size_t n)
{
    follow_size(p);
    if (!predict_is_on(p) || n > TYPED_MAX || p->sent - p->late + n > FLIGHT_MAX ||
        term_modes(p->term).alternate_screen) {
        predict_passed(p, n);
        return;
    }
    memcpy(p->flight + (p->sent - p->late), bytes, n);
    begin(p);
    for (size_t i = 0; i < n; i++) {
        p->sent++;
        if (p->live)
            predict_key_byte(p, (unsigned char)bytes[i], p->sent);
    }
}

/* --- judging --- */

static bool is_shown(const struct predict *p, const struct guess *g)
{
    return g->active && g->epoch <= p->confirmed;
}

static bool proves(const struct guess *g, const struct cell *actual)
{
    if (looks_empty(&g->cell) || !g->cell.glyph || actual->glyph != g->cell.glyph ||
        g->n_originals == ORIGINALS)
        return false;
    for (int i = 0; i < g->n_originals; i++)
        if (g->originals[i] == g->cell.glyph)
            return false;
    return true;
}

/* False: it was wrong. */
static bool judge(struct predict *p, int col, uint64_t *proved)
{
    struct guess *g = &p->guesses[col];
    const struct cell *actual = predict_actual(p, col);

    bool is_due = g->due <= p->late;

    if (proves(g, actual) && g->epoch > *proved && (is_due || !p->has_tail))
        *proved = g->epoch;
    if (!is_due)
        return true;
    /* An empty cell says little: something else may be completed there. */
    bool right = looks_empty(&g->cell) || actual->glyph == g->cell.glyph ||
                 g->cell.flags & CELL_CONTINUATION;
    /* Nor does a row that a key not predicted has changed since. */
    right = right || (!p->live && p->acked >= p->blind_until);
    if (!right && is_shown(p, g))
        p->wrong++;
    if (right)
        forget(p, col);
    return right;
}

static bool judge_cursor(struct predict *p, uint64_t *proved)
{
    if (!p->cursor_due || p->cursor_due > p->late)
        return true;
    bool right = !p->live || is_home(p);

    p->cursor_due = 0;
    p->revision++;
    if (right && p->live && p->cursor_epoch == p->step_epoch) {
        p->steps = true;
        *proved = p->step_epoch;
    }
    return right;
}

static void judge_all(struct predict *p)
{
    uint64_t proved = p->confirmed;
    bool right = true;

    if (!p->n_active && !p->cursor_due)
        return;
    if (predict_line_row(p) < 0 || term_modes(p->term).alternate_screen) {
        drop_all(p);
        return;
    }
    for (int col = 0; col < p->cols; col++)
        if (p->guesses[col].active)
            right = judge(p, col, &proved) && right;
    if (!(judge_cursor(p, &proved) && right)) {
        drop_all(p);
    } else if (proved > p->confirmed) {
        p->confirmed = proved;
        p->has_tail = false;
        p->revision++;
    }
}

/* --- acknowledgements --- */

static bool is_late(const struct predict *p, const struct acked *a, int64_t now_ms)
{
    bool answered = term_revision(p->term) != a->revision;

    return now_ms - a->at_ms >= (answered ? ECHO_MS : ECHO_PATIENCE_MS);
}

static void note_ack(struct predict *p, uint64_t acked, int64_t now_ms)
{
    if (acked <= p->acked)
        return;
    p->acked = acked;
    if (p->n_acks == ACKS_MAX)
        p->n_acks--;
    p->acks[p->n_acks++] = (struct acked){acked, p->acked_revision, now_ms};
    p->acked_revision = term_revision(p->term);
}

static void advance(struct predict *p, int64_t now_ms)
{
    size_t n = 0;
    uint64_t before = p->late;

    while (n < p->n_acks && is_late(p, &p->acks[n], now_ms))
        p->late = p->acks[n++].offset;
    if (!n)
        return;
    p->n_acks -= n;
    memmove(p->acks, p->acks + n, p->n_acks * sizeof *p->acks);
    uint64_t gone = p->late - before;
    if (gone < FLIGHT_MAX)
        memmove(p->flight, p->flight + gone, FLIGHT_MAX - (size_t)gone);
}

void predict_update(struct predict *p, size_t n_pending, int64_t now_ms)
{
    follow_size(p);
    note_ack(p, p->sent - (n_pending < p->sent ? n_pending : p->sent), now_ms);
    advance(p, now_ms);
    if (!predict_is_on(p))
        return;
    judge_all(p);
    if (!p->live && p->sent > p->late)
        replay(p);
}

int64_t predict_due_ms(const struct predict *p)
{
    if (!p->n_acks || !predict_is_on(p))
        return 0;
    bool answered = term_revision(p->term) != p->acks[0].revision;

    return p->acks[0].at_ms + (answered ? ECHO_MS : ECHO_PATIENCE_MS);
}

/* --- what shows --- */

int predict_row(const struct predict *p)
{
    if (!p->n_active || p->rows != term_rows(p->term) || p->cols != term_cols(p->term))
        return -1;
    return predict_line_row(p);
}

const struct cell *predict_cell(const struct predict *p, int row, int col)
{
    if (col < 0 || col >= p->cols || row != predict_row(p) || row < 0)
        return NULL;
    return is_shown(p, &p->guesses[col]) ? &p->guesses[col].cell : NULL;
}

bool predict_cursor(const struct predict *p, int *row, int *col)
{
    if (!p->cursor_due || p->cursor_epoch > p->confirmed || p->cols != term_cols(p->term) ||
        p->rows != term_rows(p->term) || predict_line_row(p) < 0)
        return false;
    *row = predict_line_row(p);
    *col = p->col;
    return true;
}

uint64_t predict_revision(const struct predict *p)
{
    return p->revision;
}

uint64_t predict_accounted(const struct predict *p)
{
    return p->accounted;
}

uint64_t predict_wrong(const struct predict *p)
{
    return p->wrong;
}
