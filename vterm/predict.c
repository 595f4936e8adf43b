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
#include "vterm/predict.h"

#include "base/text.h"
#include "vterm/internal.h"

#define ECHO_MS          50
#define ECHO_PATIENCE_MS 250 /* when nothing at all came after the acknowledgement */
#define FLIGHT_MAX       1024
#define ACKS_MAX         64
#define TYPED_MAX        64 /* at once; more is a paste */
#define ORIGINALS        4
#define ON_US            30000
#define OFF_US           20000
#define UNDERLINE_ON_US  80000
#define UNDERLINE_OFF_US 50000

struct guess {
    bool active;
    struct cell cell;
    uint64_t due; /* the offset after the byte that makes it so */
    uint64_t epoch;
    uint64_t originals[ORIGINALS]; /* glyphs that stood there: those prove nothing */
    uint8_t n_originals;
};

struct acked {
    uint64_t offset, revision; /* the terminal's, when it came */
    int64_t at_ms;
};

enum key_state { KEY_GROUND, KEY_ESC, KEY_CSI, KEY_UTF8 };

struct predict {
    const struct term *term;
    enum predict_mode mode;
    bool slow, underlines;

    uint64_t sent, acked, late; /* offsets into all that was ever sent */
    struct acked acks[ACKS_MAX];
    size_t n_acks;
    char flight[FLIGHT_MAX]; /* the bytes from late to sent */
    uint64_t blind_until;    /* what the bytes up to there do is not known */

    bool live;           /* line, col and the span hold */
    uint64_t line;       /* as term_scrollback_first counts */
    int col;             /* of the cursor */
    int left, right;     /* what was typed on this line stands between */
    uint64_t cursor_due; /* 0: the cursor is where the terminal has it */
    uint64_t cursor_epoch;
    uint64_t epoch, confirmed;
    uint64_t last_glyph; /* left of the cursor */

    int rows, cols;
    uint64_t layout;
    struct guess *guesses; /* owned: of each column */
    int n_active;

    enum key_state state;
    char utf8[4];
    int n_utf8;

    uint64_t revision, wrong;
};

/* --- what is there --- */

static int row_of(const struct predict *p)
{
    uint64_t top = term_scrollback_end(p->term);

    return p->line >= top && p->line - top < (uint64_t)p->rows ? (int)(p->line - top) : -1;
}

static const struct cell *actual_at(const struct predict *p, int col)
{
    return term_row(p->term, row_of(p)) + col;
}

static const struct cell *cell_at(const struct predict *p, int col)
{
    return p->guesses[col].active ? &p->guesses[col].cell : actual_at(p, col);
}

static bool looks_empty(const struct cell *c)
{
    return (!c->glyph || c->glyph == ' ') && !(c->flags & CELL_CONTINUATION);
}

/* fish and zsh show dimly what they would complete; typing goes over it. */
static bool gives_way(const struct cell *c)
{
    return looks_empty(c) || c->style.attrs & ATTR_DIM || c->style.fg == COLOUR_INDEX(8);
}

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

/* The bytes up to `due` do something that is not predicted. What was before them still holds. */
static void lose_track(struct predict *p, uint64_t due)
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

/* --- one key --- */

static void guess(struct predict *p, int col, struct cell cell, uint64_t due)
{
    struct guess *g = &p->guesses[col];
    uint64_t glyph = actual_at(p, col)->glyph;

    if (!g->active) {
        *g = (struct guess){.active = true};
        p->n_active++;
    }
    /* A late answer may still show any of them; of too many none is known to be news. */
    if (g->n_originals < ORIGINALS &&
        (!g->n_originals || g->originals[g->n_originals - 1] != glyph))
        g->originals[g->n_originals++] = glyph;
    g->cell = cell;
    if (p->underlines && !looks_empty(&cell))
        g->cell.style.attrs |= ATTR_UNDERLINE;
    g->due = due;
    g->epoch = p->epoch;
}

static void move_cursor(struct predict *p, int col, uint64_t due)
{
    p->col = col;
    p->cursor_due = due;
    p->cursor_epoch = p->epoch;
    p->last_glyph = col > 0 ? cell_at(p, col - 1)->glyph : 0;
    p->revision++;
}

static void type(struct predict *p, uint32_t c, uint64_t due)
{
    int width = codepoint_width(c);
    struct cell cell = {.glyph = c, .width = (uint8_t)width, .style = p->term->pen};

    /* In the last column some wrap at once, some later, and some show a sign of their own. */
    if (width < 1 || width > 2 || p->right + width >= p->cols || p->col + width >= p->cols) {
        lose_track(p, due);
        return;
    }
    for (int i = 0; i < width; i++)
        if (!gives_way(cell_at(p, p->right + i))) {
            lose_track(p, due);
            return;
        }
    if (p->col > p->left)
        cell.style = cell_at(p, p->col - 1)->style;
    for (int col = p->right - 1; col >= p->col; col--)
        guess(p, col + width, *cell_at(p, col), due);
    guess(p, p->col, cell, due);
    if (width == 2)
        guess(p, p->col + 1, (struct cell){.style = cell.style, .flags = CELL_CONTINUATION}, due);
    p->right += width;
    move_cursor(p, p->col + width, due);
}

/* Not over wide characters, of which a shell removes two columns and the kernel one. */
static void erase(struct predict *p, uint64_t due)
{
    if (p->col <= p->left || cell_at(p, p->col - 1)->flags & CELL_CONTINUATION) {
        lose_track(p, due);
        return;
    }
    for (int col = p->col; col < p->right; col++)
        guess(p, col - 1, *cell_at(p, col), due);
    guess(p, p->right - 1, (struct cell){0}, due);
    p->right--;
    move_cursor(p, p->col - 1, due);
}

static void step(struct predict *p, bool left, uint64_t due)
{
    int col = p->col;

    if (left ? col <= p->left : col >= p->right) {
        lose_track(p, due);
        return;
    }
    if (left)
        col -= cell_at(p, col - 1)->flags & CELL_CONTINUATION ? 2 : 1;
    else
        col += cell_at(p, col)->width == 2 ? 2 : 1;
    move_cursor(p, col, due);
}

static void ground(struct predict *p, unsigned char byte, uint64_t due)
{
    if (byte == 0x1b)
        p->state = KEY_ESC;
    else if (byte == 0x7f || byte == '\b')
        erase(p, due);
    else if (byte < ' ')
        lose_track(p, due);
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
        lose_track(p, due);
}

static void apply(struct predict *p, unsigned char byte, uint64_t due)
{
    switch (p->state) {
    case KEY_ESC:
        p->state = byte == '[' || byte == 'O' ? KEY_CSI : KEY_GROUND;
        if (p->state == KEY_GROUND)
            lose_track(p, due);
        break;
    case KEY_CSI:
        p->state = KEY_GROUND;
        if (byte == 'C' || byte == 'D')
            step(p, byte == 'D', due);
        else
            lose_track(p, due);
        break;
    case KEY_UTF8:
        collect(p, byte, due);
        break;
    default:
        ground(p, byte, due);
    }
}

/* --- where it begins --- */

/* The terminal's cursor is what the bytes up to `late` made of it. */
static bool seed(struct predict *p)
{
    struct term_cursor cursor = term_cursor(p->term);

    if (term_modes(p->term).alternate_screen || !cursor.visible || cursor.col + 1 >= p->cols)
        return false;
    drop_all(p);
    p->line = term_scrollback_end(p->term) + (uint64_t)cursor.row;
    p->col = p->left = p->right = cursor.col;
    p->last_glyph = cursor.col > 0 ? term_row(p->term, cursor.row)[cursor.col - 1].glyph : 0;
    p->state = KEY_GROUND;
    p->live = true;
    return true;
}

/* Somebody else wrote, or the program moved on: it may be another program by now, one that does
 * not echo. */
static bool is_home(const struct predict *p)
{
    struct term_cursor cursor = term_cursor(p->term);

    return row_of(p) == cursor.row && p->col == cursor.col &&
           (cursor.col == 0 || actual_at(p, cursor.col - 1)->glyph == p->last_glyph);
}

static void replay(struct predict *p)
{
    uint64_t from = p->late;

    if (!is_settled(p) || !seed(p))
        return;
    for (uint64_t at = from; p->live && at < p->sent; at++)
        apply(p, (unsigned char)p->flight[at - from], at + 1);
}

static void follow_size(struct predict *p)
{
    int rows = term_rows(p->term), cols = term_cols(p->term);

    if (rows == p->rows && cols == p->cols && term_layout(p->term) == p->layout)
        return;
    drop_all(p);
    lose_track(p, p->sent);
    free(p->guesses);
    p->guesses = xcalloc((size_t)cols, sizeof *p->guesses);
    p->rows = rows;
    p->cols = cols;
    p->layout = term_layout(p->term);
}

/* What these bytes do is not to be predicted. */
static void pass_by(struct predict *p, size_t n)
{
    uint64_t at = p->sent - p->late;

    if (at < FLIGHT_MAX)
        memset(p->flight + at, 0, n < FLIGHT_MAX - at ? n : FLIGHT_MAX - at);
    p->sent += n;
    lose_track(p, p->sent);
}

static void begin(struct predict *p)
{
    bool idle = !p->n_active && !p->cursor_due && p->sent == p->late;

    if (p->live && row_of(p) < 0)
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
        pass_by(p, n);
        return;
    }
    memcpy(p->flight + (p->sent - p->late), bytes, n);
    begin(p);
    for (size_t i = 0; i < n; i++) {
        p->sent++;
        if (p->live)
            apply(p, (unsigned char)bytes[i], p->sent);
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
static bool judge(struct predict *p, int col)
{
    struct guess *g = &p->guesses[col];
    const struct cell *actual = actual_at(p, col);

    if (proves(g, actual) && g->epoch > p->confirmed) {
        p->confirmed = g->epoch;
        p->revision++;
    }
    if (g->due > p->late)
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

static bool judge_cursor(struct predict *p)
{
    if (!p->cursor_due || p->cursor_due > p->late)
        return true;
    bool right = !p->live || is_home(p);

    p->cursor_due = 0;
    p->revision++;
    return right;
}

static void judge_all(struct predict *p)
{
    bool right = true;

    if (!p->n_active && !p->cursor_due)
        return;
    if (row_of(p) < 0 || term_modes(p->term).alternate_screen) {
        drop_all(p);
        return;
    }
    for (int col = 0; col < p->cols; col++)
        if (p->guesses[col].active)
            right = judge(p, col) && right;
    if (!(judge_cursor(p) && right))
        drop_all(p);
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
    p->acks[p->n_acks++] = (struct acked){acked, term_revision(p->term), now_ms};
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
    return row_of(p);
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
        p->rows != term_rows(p->term) || row_of(p) < 0)
        return false;
    *row = row_of(p);
    *col = p->col;
    return true;
}

uint64_t predict_revision(const struct predict *p)
{
    return p->revision;
}

uint64_t predict_wrong(const struct predict *p)
{
    return p->wrong;
}
