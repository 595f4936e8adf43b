/* SPDX-License-Identifier: MIT
 *
 * What the files of vterm/ share; nobody else includes it.
 *
 * Bytes go parse.c -> (print.c | control.c | csi.c, mode.c, sgr.c | osc.c, dcs.c) -> grid.c ->
 * scrollback.c.
 */
#ifndef VTERM_INTERNAL_H
#define VTERM_INTERNAL_H

#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "vterm/term.h"

#define CSI_PARAMS_MAX   32
#define PARAM_MAX        65535
#define STRING_MAX_BYTES (1 << 20) /* OSC and DCS; a longer one is dropped whole */
#define TITLE_SIZE       512
#define TITLES_MAX       8 /* CSI 22 t; the oldest goes */
#define KITTY_DEPTH      8 /* of the keyboard's stack; the oldest goes */
#define CWD_MAX          4096
#define SYNC_MAX_MS      150       /* DEC mode 2026 holds the drawing back no longer, */
#define SYNC_MAX_BYTES   (1 << 20) /* and over no more output */

/* A row owns its cells. Those from `used` on are zero, so that scrolling and packing can stop. */
struct row {
    uint64_t revision;
    int used;
    bool wrapped;        /* the next row goes on with the same line */
    uint8_t marks;       /* MARK_* of term.h */
    uint8_t exit_status; /* with MARK_STATUS */
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

/* Flags of the kitty keyboard protocol: the last is in force, those before come back by popping. */
struct kitty {
    uint8_t flags[KITTY_DEPTH];
    uint8_t n; /* pushed on top of flags[0] */
};

struct screen {
    struct row **rows; /* each owned; a window of room; NULL: the screen does not show */
    struct row **room; /* owned; twice as many: the window moves along when all of it scrolls */
    struct saved_cursor saved;
    struct kitty kitty;
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

enum mouse_encoding { REPORT_X10, REPORT_SGR };

struct modes {
    bool insert, newline, origin, autowrap;
    bool application_cursor, application_keypad, reverse_video;
    bool bracketed_paste, focus_reports;
    enum term_mouse mouse;
    enum mouse_encoding mouse_encoding;
    bool cursor_visible, cursor_blink;
    bool margins;      /* DECLRMM: left and right ones may be set */
    bool columns;      /* DECCOLM is listened to */
    bool synchronised; /* see term_synchronised_until */
    bool alternate_scroll;
    enum cursor_shape cursor_shape;
};

struct scrollback;
struct extras;

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
    int left, right;   /* the same across */
    struct style pen;
    struct modes modes;
    char charset[4]; /* what G0..G3 hold: charset.c */
    uint8_t gl;
    uint8_t single_shift; /* 2 or 3 for the next character, else 0 */
    uint8_t *tabs;        /* owned, one byte a column */
    uint32_t last_glyph;  /* what REP repeats; 0: a control came after it, as xterm and tmux */

    /* Parser. */
    enum parse_state state;
    char utf8[4]; /* beginning of a character whose rest has not come */
    uint8_t n_utf8;
    char escape_intermediate;
    bool escape_ignore;
    struct csi csi;
    char string_kind; /* ']' OSC, 'P' DCS, 'k' title, else nobody reads it */
    bool string_overflow;
    bool string_bel;           /* it ended with BEL, and so do answers to it */
    unsigned char string_last; /* its last byte: C2 9C ends it */
    struct buf string;

    /* Damage. Every change of one feed carries the number `tick`. A scroll changes all rows of its
     * region; it is noted once here instead of in each of them. */
    uint64_t revision, tick;
    uint64_t scroll_revision;
    int scroll_top, scroll_bottom;

    char title[TITLE_SIZE];
    char *titles[TITLES_MAX]; /* owned */
    int n_titles;
    char *cwd; /* owned, or NULL */

    struct extras *extras; /* owned, or NULL */
    struct term_theme theme;
    uint32_t *overrides;      /* owned: colours the program changed, or NULL; palette.c */
    int cell_rows, cell_cols; /* pixels; 0: not known */
    int64_t sync_since_ms;
    size_t sync_bytes;

    uint64_t layout;
    LIST_HEAD(term_anchors, term_anchor)
    anchors;
};

/* width.c */
int codepoint_width(uint32_t c);

/* Nothing was written here; it may have a background. */
static inline bool cell_is_empty(const struct cell *cell)
{
    return !cell->glyph && !(cell->flags & CELL_CONTINUATION);
}

/* Beside the left and right margins nothing scrolls. */
static inline bool between_margins(const struct term *t)
{
    return t->col >= t->left && t->col < t->right;
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
/* What is protected stays. */
void grid_erase_selective(struct term *t, int row, int from, int to);
/* Whole rows, with their marks. */
void grid_erase_rows(struct term *t, int from, int to);
/* Within the columns [col, end). */
void grid_insert_cells(struct term *t, int row, int col, int end, int n);
void grid_delete_cells(struct term *t, int row, int col, int end, int n);
/* These scroll between the left and the right margin, where there are such. A scroll of the whole
 * main screen's top keeps the rows that leave; a deletion does not. */
void grid_scroll_up(struct term *t, int top, int bottom, int n);
void grid_delete_rows(struct term *t, int top, int bottom, int n);
void grid_scroll_down(struct term *t, int top, int bottom, int n);

/* charset.c */
#define CHARSET_LATIN_1 'L'
/* What a designation puts into its set; 'B' (ASCII) when nobody has that. */
char charset_of(char intermediate, char final);
uint32_t charset_translate(char set, uint32_t c);

/* print.c */
void print_ascii(struct term *t, const char *text, size_t n);
void print_codepoint(struct term *t, uint32_t c);
void print_repeat(struct term *t, int n);

/* VT220 with colour: what is promised is kept. */
#define DEVICE_ATTRIBUTES "\033[?62;22c"

/* control.c */
void control_c0(struct term *t, unsigned char c);
void control_escape(struct term *t, char intermediate, char final);
void control_index(struct term *t);
void control_reset(struct term *t);
void control_soft_reset(struct term *t);
void control_reset_margins(struct term *t);
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

/* report.c */
void report_da(struct term *t, const struct csi *csi);
void report_da2(struct term *t, const struct csi *csi);
void report_da3(struct term *t, const struct csi *csi);
void report_version(struct term *t, const struct csi *csi);
void report_status(struct term *t, const struct csi *csi);
void report_private_status(struct term *t, const struct csi *csi);
void report_parameters(struct term *t, const struct csi *csi);
void report_window(struct term *t, const struct csi *csi);
#define KITTY_DISAMBIGUATE 1
#define KITTY_SUPPORTED    KITTY_DISAMBIGUATE
static inline int kitty_flags(const struct term *t)
{
    return t->screen->kitty.flags[t->screen->kitty.n];
}
void kitty_report(struct term *t, const struct csi *csi);
void kitty_push(struct term *t, const struct csi *csi);
void kitty_pop(struct term *t, const struct csi *csi);
void kitty_set(struct term *t, const struct csi *csi);

/* mode.c */
void mode_change(struct term *t, const struct csi *csi, bool on);
void mode_report(struct term *t, const struct csi *csi);
void modes_reset(struct modes *modes);
void mode_show_alternate(struct term *t, bool alternate);

/* sgr.c */
void sgr_apply(struct term *t, const struct csi *csi);
/* Appends the sequence that makes a default pen this one. */
void sgr_format(struct style style, colour underline, struct buf *out);

/* osc.c, dcs.c, title.c: strings, and the answers to them. */
void osc_dispatch(struct term *t, const char *text, size_t n);
void dcs_dispatch(struct term *t, const char *text, size_t n);
/* Of a hexadecimal digit, or -1. */
static inline int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
void term_reply(struct term *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void title_set(struct term *t, const char *text, size_t n);
void title_push(struct term *t);
void title_pop(struct term *t);
void titles_clear(struct term *t);

/* palette.c */
void palette_osc(struct term *t, int command, const char *text, size_t n);
void palette_reset(struct term *t);
/* Appends the sequences that make the program's changes. */
void palette_format(const struct term *t, struct buf *out);

/* extra.c: links and the colours of underlines, numbered. 0 when there is no room. */
uint16_t extra_intern(struct term *t, const char *id, size_t n_id, const char *uri, size_t n_uri,
                      colour underline);
void extra_set_link(struct term *t, const char *id, size_t n_id, const char *uri, size_t n_uri);
void extra_set_underline(struct term *t, colour underline);
void extras_destroy(struct extras *e);
const char *extra_id(const struct term *t, uint16_t number);

/* place.c: marks of lines, and anchors. */
void mark_osc(struct term *t, const char *text, size_t n);
/* Rows [top, bottom) were moved up by n (down when negative); kept: the upper ones went into the
 * scrollback. */
void anchors_scrolled(struct term *t, int top, int bottom, int n, bool kept);

/* parse.c */
void parse_bytes(struct term *t, const char *bytes, size_t n);

/* scrollback.c: packed lines. */
struct scrollback *scrollback_create(size_t lines_max, size_t bytes_max);
/* An empty one with the same bounds. */
struct scrollback *scrollback_like(const struct scrollback *s);
void scrollback_destroy(struct scrollback *s);
/* Drops the oldest lines past the bounds. */
void scrollback_push(struct scrollback *s, const struct cell *cells, int n, unsigned flags);
/* The same without dropping any, for work that takes them back out; scrollback_trim follows. */
void scrollback_push_unbounded(struct scrollback *s, const struct cell *cells, int n,
                               unsigned flags);
void scrollback_push_packed(struct scrollback *s, const unsigned char *record, size_t size);
void scrollback_trim(struct scrollback *s, size_t spare); /* beyond the bounds */
/* What is rewrapped to fewer columns takes more rows: so many more may stand there, until all of it
 * has been dropped, so that it is still there when the terminal is wide again. */
void scrollback_set_width(struct scrollback *s, int old_cols, int cols);
void scrollback_pop(struct scrollback *s);
void scrollback_clear(struct scrollback *s);
void scrollback_break_wrap(struct scrollback *s); /* the last line ends there */
size_t scrollback_count(const struct scrollback *s);
uint64_t scrollback_first(const struct scrollback *s);
size_t scrollback_size(const struct scrollback *s);
/* The i-th kept line. Cells used; those from there to cols are zeroed. */
int scrollback_get(const struct scrollback *s, size_t i, struct cell *out, int cols,
                   unsigned *flags);
const unsigned char *scrollback_record(const struct scrollback *s, size_t i, size_t *size);
/* Puts `with` in the place of s, whose line numbers go on. */
void scrollback_replace(struct scrollback *s, struct scrollback *with);

/* pack.c: one line as bytes. Its flags: LINE_WRAPPED, marks (MARK_* << LINE_MARKS_SHIFT), exit
 * status << LINE_STATUS_SHIFT. */
enum {
    LINE_WRAPPED = 1,
    LINE_LINKS = 2, /* set by packing */
    LINE_MARKS_SHIFT = 2,
    LINE_STATUS_SHIFT = 8,
};
static inline unsigned line_flags(bool wrapped, unsigned marks, unsigned status)
{
    return (wrapped ? LINE_WRAPPED : 0) | marks << LINE_MARKS_SHIFT | status << LINE_STATUS_SHIFT;
}
static inline unsigned line_marks(unsigned flags)
{
    return flags >> LINE_MARKS_SHIFT & 0x1f;
}
static inline unsigned row_flags(const struct row *row)
{
    return line_flags(row->wrapped, row->marks, row->exit_status);
}
#define PACK_HEADER_BYTES 6
/* Bytes that n cells need at most. */
size_t pack_bound(int n);
size_t pack_line(const struct cell *cells, int n, unsigned flags, unsigned char *out);
/* Columns of a packed line, and what else is known of it. */
int packed_cols(const unsigned char *record);
unsigned packed_flags(const unsigned char *record);
void packed_set_flags(unsigned char *record, unsigned flags);
/* Calls on_link for each run with one; nearly free for a line that has none. */
void packed_links(const unsigned char *record, void (*on_link)(void *user, uint16_t link),
                  void *user);
int unpack_line(const unsigned char *record, struct cell *out, int cols);

/* The text of a packed line, cell behind cell; the next cell in it. A right half is this byte. */
#define PACKED_CONTINUATION 1
const char *packed_text(const unsigned char *record, size_t *n);
const char *packed_next(const char *p, const char *end);
/* Its runs, from `next` on (zero the rest), with PACKED_SLACK readable bytes behind the last.
 * Skipping takes up to max cells of one run. */
#define PACKED_SLACK 14
struct packed_runs {
    const unsigned char *next, *run;
    size_t left;     /* of the run */
    bool is_default; /* the style of what was skipped last */
};
size_t packed_runs_skip(struct packed_runs *r, size_t max);
/* A packed line of n cells: their text, and the styles that come next. Returns its size; up to
 * PACKED_SLACK bytes behind it are written too. */
size_t packed_write(unsigned char *out, const char *text, size_t n_text, size_t n,
                    struct packed_runs *runs, unsigned flags);

/* refold.c: wraps logical lines to another width, packed as they are. */
struct refold {
    struct buf text, runs; /* of the logical line */
    unsigned char *record; /* a new row, owned */
    size_t n_cells;
    int old_cols, cols;
    bool is_plain; /* a byte a cell */
};
void refold_init(struct refold *f, int old_cols, int cols);
void refold_finish(struct refold *f);
/* Wraps the logical line that begins at record i of `from` into `to` and returns the number of the
 * next one. Returns i, nothing done, when it has to be unpacked or goes on to record `end`. */
size_t refold_line(struct refold *f, struct scrollback *to, const struct scrollback *from, size_t i,
                   size_t end);

/* reflow.c is term_resize. */

#endif
