/* SPDX-License-Identifier: MIT
 *
 * A terminal as data: bytes of a program go in, a grid of cells with scrollback comes out.
 *
 * Parser, state and grid are our own (vterm/README.md says why not libvterm's).
 * Knows no screen and no socket. Not thread-safe; callbacks run inside term_feed and term_resize
 * and must not destroy the term or feed it.
 *
 * Rows and columns count from 0. A row's revision grows whenever its cells change, so any number of
 * viewers can each redraw just the rows whose revision is newer than the one they drew.
 */
#ifndef VTERM_TERM_H
#define VTERM_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/key.h"
#include "vterm/cell.h"

#define TERM_SCROLLBACK_DEFAULT 10000
#define TERM_SIZE_MAX           1000 /* rows and columns are clamped to 1..TERM_SIZE_MAX */

struct term;

/* All optional. Text is valid UTF-8 without control characters. */
struct term_ops {
    /* Answers to the program's queries (DA, DSR, CPR, colours…), to be sent as its input. */
    void (*on_reply)(void *user, const char *bytes, size_t n);
    void (*on_title)(void *user, const char *title);
    void (*on_bell)(void *user);
    /* OSC 52 write, decoded; whether it reaches a clipboard is the user's decision. */
    void (*on_clipboard)(void *user, const char *bytes, size_t n);
};

struct term_config {
    size_t scrollback_lines;    /* kept at most; 0 keeps none */
    size_t scrollback_bytes;    /* bound of their packed form; 0: 64 MiB */
    const struct term_ops *ops; /* borrowed for the term's life, or NULL */
    void *user;
};

struct term *term_create(int rows, int cols, const struct term_config *config);
void term_destroy(struct term *t);
/* Any bytes, cut anywhere. */
void term_feed(struct term *t, const char *bytes, size_t n);
void term_resize(struct term *t, int rows, int cols);

int term_rows(const struct term *t);
int term_cols(const struct term *t);
/* The cells of a row of the screen, term_cols of them; valid until the next feed or resize. */
const struct cell *term_row(const struct term *t, int row);

/* Grows with every visible change (cells, cursor, modes, title). */
uint64_t term_revision(const struct term *t);
uint64_t term_row_revision(const struct term *t, int row);

/* Scrollback, oldest line first. Lines are numbered for ever: the first kept is
 * term_scrollback_first, the line above the screen is term_scrollback_end - 1. */
uint64_t term_scrollback_first(const struct term *t);
uint64_t term_scrollback_end(const struct term *t);
/* Unpacks one line into out (cols cells, rest emptied). Returns the cells used. */
int term_scrollback_line(const struct term *t, uint64_t line, struct cell *out, int cols);
void term_scrollback_clear(struct term *t);
/* Bytes held for scrollback, for memory figures. */
size_t term_scrollback_size(const struct term *t);

enum cursor_shape { CURSOR_BLOCK, CURSOR_UNDERLINE, CURSOR_BAR };
struct term_cursor {
    int row, col;
    bool visible;
    bool blink;
    enum cursor_shape shape;
};
static inline bool term_cursor_equal(struct term_cursor a, struct term_cursor b)
{
    return a.row == b.row && a.col == b.col && a.visible == b.visible && a.blink == b.blink &&
           a.shape == b.shape;
}
struct term_cursor term_cursor(const struct term *t);
const char *term_title(const struct term *t);

enum term_mouse { TERM_MOUSE_NONE, TERM_MOUSE_CLICK, TERM_MOUSE_DRAG, TERM_MOUSE_MOVE };
struct term_modes {
    bool alternate_screen;
    bool bracketed_paste;
    bool focus_reports;
    bool application_cursor;
    bool application_keypad;
    bool reverse_video;
    enum term_mouse mouse;
    bool mouse_sgr;
};
static inline bool term_modes_equal(struct term_modes a, struct term_modes b)
{
    return a.alternate_screen == b.alternate_screen && a.bracketed_paste == b.bracketed_paste &&
           a.focus_reports == b.focus_reports && a.application_cursor == b.application_cursor &&
           a.application_keypad == b.application_keypad && a.reverse_video == b.reverse_video &&
           a.mouse == b.mouse && a.mouse_sgr == b.mouse_sgr;
}
struct term_modes term_modes(const struct term *t);

/* What the program expects for a key, a mouse event, a focus change or a paste under its present
 * modes, appended to out; nothing when it did not ask for such events. A paste is bracketed when
 * the program wants that, and loses embedded paste-end sequences. */
void term_encode_key(struct term *t, struct key key, struct buf *out);
void term_encode_mouse(struct term *t, struct mouse mouse, struct buf *out);
void term_encode_focus(struct term *t, bool focused, struct buf *out);
void term_encode_paste(struct term *t, const char *text, size_t n, struct buf *out);

/* Appends a byte sequence that gives a fresh or a used terminal of the same size the same screen,
 * cursor, modes, title and the last `scrollback_lines` lines above. It begins with a full reset, so
 * nothing shows twice, and holds no query. */
void term_snapshot(const struct term *t, size_t scrollback_lines, struct buf *out);

/* The text of a cell, or a space; out has room for 12 bytes and a NUL. Returns the bytes. */
size_t cell_text(const struct cell *cell, char out[13]);

#endif
