/* SPDX-License-Identifier: MIT
 *
 * What predict.c (when, and whether it was right) and predict_keys.c (what a key will do) share.
 */
#ifndef VTERM_PREDICT_INTERNAL_H
#define VTERM_PREDICT_INTERNAL_H

#include "vterm/internal.h"
#include "vterm/predict.h"

#define FLIGHT_MAX 1024
#define ACKS_MAX   64
#define ORIGINALS  4

struct guess {
    bool active;
    struct cell cell;
    uint64_t due; /* the offset after the byte that makes it so */
    uint64_t epoch;
    uint64_t originals[ORIGINALS]; /* glyphs that stood there: those prove nothing */
    uint8_t n_originals;
};

struct acked {
    uint64_t offset, revision; /* the terminal's, when the one before it came */
    int64_t at_ms;
};

enum key_state { KEY_GROUND, KEY_ESC, KEY_CSI, KEY_CSI_PARAMS, KEY_UTF8 };

struct predict {
    const struct term *term;
    enum predict_mode mode;
    bool slow, underlines;

    uint64_t sent, acked, late; /* offsets into all that was ever sent */
    struct acked acks[ACKS_MAX];
    size_t n_acks;
    uint64_t acked_revision; /* of the terminal, when the last one came */
    char flight[FLIGHT_MAX]; /* the bytes from late to sent */
    uint64_t blind_until;    /* what the bytes up to there do is not known */

    bool live;           /* line, col and the span hold */
    uint64_t line;       /* as term_scrollback_first counts */
    int col;             /* of the cursor */
    int left, right;     /* what is edited stands between, as far as it is known */
    bool has_tail;       /* nobody has seen yet whether typing moves what is on the right */
    uint64_t cursor_due; /* 0: the cursor is where the terminal has it */
    uint64_t cursor_epoch, accounted;
    uint64_t epoch, confirmed;
    bool steps;          /* arrows have been seen to move the cursor here */
    uint64_t step_epoch; /* shall show it: begun by an arrow in an epoch that was proved */
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

static inline int predict_line_row(const struct predict *p)
{
    uint64_t top = term_scrollback_end(p->term);

    return p->line >= top && p->line - top < (uint64_t)p->rows ? (int)(p->line - top) : -1;
}

static inline const struct cell *predict_actual(const struct predict *p, int col)
{
    return term_row(p->term, predict_line_row(p)) + col;
}

static inline const struct cell *predict_expected(const struct predict *p, int col)
{
    return p->guesses[col].active ? &p->guesses[col].cell : predict_actual(p, col);
}

static inline bool looks_empty(const struct cell *c)
{
    return (!c->glyph || c->glyph == ' ') && !(c->flags & CELL_CONTINUATION);
}

/* fish and zsh show dimly what they would complete; typing goes over it. */
static inline bool gives_way(const struct cell *c)
{
    return looks_empty(c) || c->style.attrs & ATTR_DIM || c->style.fg == COLOUR_INDEX(8);
}

/* The bytes up to `due` do something that is not predicted. What was before them still holds. */
void predict_lose_track(struct predict *p, uint64_t due);
/* One byte, which is the last of those up to `due`: guesses, or track is lost. p->live. */
void predict_key_byte(struct predict *p, unsigned char byte, uint64_t due);

#endif
