/* SPDX-License-Identifier: MIT
 *
 * What the files of vterm/ share; nobody else includes it.
 *
 * Bytes go parse.c -> (print.c | control.c | csi.c, mode.c, sgr.c | osc.c) -> grid.c ->
 * scrollback.c.
 */
#ifndef VTERM_INTERNAL_H
#define VTERM_INTERNAL_H

#include "base/alloc.h"
#include "vterm/term.h"

#define CSI_PARAMS_MAX   32
#define PARAM_MAX        65535
#define STRING_MAX_BYTES (1 << 20) /* OSC and DCS; a longer one is dropped whole */
#define TITLE_SIZE       512

/* A row owns its cells. Those from `used` on are zero, so that scrolling and packing can stop. */
struct row {
    uint64_t revision;
    int used;
    bool wrapped; /* the next row goes on with the same line */
    struct cell cells[];
};

/* What DECSC keeps. */
struct saved_cursor {
    int row, col;
    bool wrap_pending, origin;
    struct style pen;
    char charset[4];
    uint8_t gl;
};

/* As DECRC finds it when nothing was saved: home, plain. */
#define SAVED_NOTHING ((struct saved_cursor){.charset = {'B', 'B', 'B', 'B'}})

struct screen {
    struct row **rows; /* owned; NULL: the screen does not show */
    struct saved_cursor saved;
};

struct csi {
    char prefix;       /* one of <=>? or 0 */
    char intermediate; /* 0x20..0x2f or 0 */
    char final;
    bool ignore; /* more than we hold, or malformed */
    int n;
    int params[CSI_PARAMS_MAX]; /* -1: missing */
    uint32_t colon;             /* bit i: params[i] was introduced by a colon */
};

enum parse_state {
    PARSE_GROUND,
    PARSE_ESCAPE,
    PARSE_CSI,
    PARSE_STRING,
    PARSE_STRING_ESCAPE,
};

enum mouse_encoding { REPORT_X10, REPORT_UTF8, REPORT_SGR, REPORT_URXVT };

struct modes {
    bool insert, newline, origin, autowrap;
    bool application_cursor, application_keypad, reverse_video;
    bool bracketed_paste, focus_reports;
    enum term_mouse mouse;
    enum mouse_encoding mouse_encoding;
    bool cursor_visible, cursor_blink;
    enum cursor_shape cursor_shape;
};

struct scrollback;

struct term {
    struct term_ops ops; /* a NULL callback: nobody wants it */
    void *user;
    int rows, cols;
    struct screen main, alternate;
    struct screen *screen;         /* &main or &alternate */
    struct row **spare;            /* owned, `rows` of them: room for rotating */
    struct scrollback *scrollback; /* owned */

    int row, col;
    bool wrap_pending; /* the last column was written and the next character wraps */
    int top, bottom;   /* scroll region; bottom is the row after it */
    struct style pen;
    struct modes modes;
    char charset[4]; /* final bytes of what G0..G3 hold: 'B', 'A' or '0' */
    uint8_t gl;
    uint8_t single_shift; /* 2 or 3 for the next character, else 0 */
    uint8_t *tabs;        /* owned, one byte a column */
    uint32_t last_glyph;  /* what REP repeats */

    /* Parser. */
    enum parse_state state;
    char utf8[4]; /* beginning of a character whose rest has not come */
    uint8_t n_utf8;
    char escape_intermediate;
    bool escape_ignore;
    struct csi csi;
    char string_kind; /* ']' OSC, 'P' DCS, else nobody reads it */
    bool string_overflow;
    struct buf string;

    /* Damage. Every change of one feed carries the number `tick`. A scroll changes all rows of its
     * region; it is noted once here instead of in each of them. */
    uint64_t revision, tick;
    uint64_t scroll_revision;
    int scroll_top, scroll_bottom;

    char title[TITLE_SIZE];
};

/* width.c */
int codepoint_width(uint32_t c);

/* Nothing was written here; it may have a background. */
static inline bool cell_is_empty(const struct cell *cell)
{
    return !cell->glyph && !(cell->flags & CELL_CONTINUATION);
}

/* grid.c */
struct row *row_create(int cols);
static inline struct row *grid_row(const struct term *t, int row)
{
    return t->screen->rows[row];
}
static inline void grid_touch(struct term *t, struct row *row)
{
    row->revision = t->tick;
    t->revision = t->tick;
}
void screen_create(struct screen *s, int rows, int cols);
void screen_finish(struct screen *s, int rows);
void grid_touch_all(struct term *t);
/* Flushes the noted scroll into the rows. */
void grid_settle_scroll(struct term *t);
/* Blanks the halves of wide characters that an overwrite of [from, to) leaves behind. */
void grid_split_wide(struct row *row, int cols, int from, int to);
void grid_erase(struct term *t, int row, int from, int to);
void grid_erase_rows(struct term *t, int from, int to);
void grid_insert_cells(struct term *t, int row, int col, int n);
void grid_delete_cells(struct term *t, int row, int col, int n);
/* A scroll of the whole main screen's top keeps the rows that leave; a deletion does not. */
void grid_scroll_up(struct term *t, int top, int bottom, int n);
void grid_delete_rows(struct term *t, int top, int bottom, int n);
void grid_scroll_down(struct term *t, int top, int bottom, int n);

/* print.c */
void print_ascii(struct term *t, const char *text, size_t n);
void print_codepoint(struct term *t, uint32_t c);
void print_repeat(struct term *t, int n);

/* control.c */
void control_c0(struct term *t, unsigned char c);
void control_escape(struct term *t, char intermediate, char final);
void control_index(struct term *t);
void control_reset(struct term *t);
void control_soft_reset(struct term *t);
void control_save_cursor(struct term *t);
void control_restore_cursor(struct term *t);
void tabs_reset(uint8_t *tabs, int from, int cols);

/* csi.c */
void csi_dispatch(struct term *t, const struct csi *csi);
/* The parameter, or otherwise when missing. */
static inline int csi_param(const struct csi *csi, int i, int otherwise)
{
    return i < csi->n && csi->params[i] >= 0 ? csi->params[i] : otherwise;
}
void cursor_move(struct term *t, int row, int col);

/* mode.c */
void mode_change(struct term *t, const struct csi *csi, bool on);
void mode_report(struct term *t, const struct csi *csi);
void modes_reset(struct modes *modes);
void mode_show_alternate(struct term *t, bool alternate);

/* sgr.c */
void sgr_apply(struct style *pen, const struct csi *csi);
/* Appends the sequence that makes a default pen this one. */
void sgr_format(struct style style, struct buf *out);

/* osc.c */
void osc_dispatch(struct term *t, const char *text, size_t n);
void dcs_dispatch(struct term *t, const char *text, size_t n);
void term_reply(struct term *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* parse.c */
void parse_bytes(struct term *t, const char *bytes, size_t n);

/* scrollback.c: packed lines. */
struct scrollback *scrollback_create(size_t lines_max, size_t bytes_max);
/* An empty one with the same bounds. */
struct scrollback *scrollback_like(const struct scrollback *s);
void scrollback_destroy(struct scrollback *s);
/* Drops the oldest lines past the bounds. */
void scrollback_push(struct scrollback *s, const struct cell *cells, int n, bool wrapped);
/* The same without dropping any, for work that takes them back out; scrollback_trim follows. */
void scrollback_push_unbounded(struct scrollback *s, const struct cell *cells, int n, bool wrapped);
void scrollback_push_packed(struct scrollback *s, const unsigned char *record, size_t size);
void scrollback_trim(struct scrollback *s);
void scrollback_pop(struct scrollback *s);
void scrollback_clear(struct scrollback *s);
void scrollback_break_wrap(struct scrollback *s); /* the last line ends there */
size_t scrollback_count(const struct scrollback *s);
uint64_t scrollback_first(const struct scrollback *s);
size_t scrollback_size(const struct scrollback *s);
/* The i-th kept line. Cells used; those from there to cols are zeroed. */
int scrollback_get(const struct scrollback *s, size_t i, struct cell *out, int cols, bool *wrapped);
const unsigned char *scrollback_record(const struct scrollback *s, size_t i, size_t *size);
/* Puts `with` in the place of s, whose line numbers go on. */
void scrollback_replace(struct scrollback *s, struct scrollback *with);

/* pack.c: one line as bytes. */
#define PACK_HEADER_BYTES 6
/* Bytes that n cells need at most. */
size_t pack_bound(int n);
size_t pack_line(const struct cell *cells, int n, bool wrapped, unsigned char *out);
/* Columns of a packed line, and whether it goes on. */
int packed_cols(const unsigned char *record);
bool packed_wrapped(const unsigned char *record);
void packed_set_wrapped(unsigned char *record, bool wrapped);
int unpack_line(const unsigned char *record, struct cell *out, int cols);

/* reflow.c is term_resize. */

#endif
