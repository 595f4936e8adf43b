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
#include <sys/queue.h>

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
    /* OSC 52 write, decoded, at most 768 KiB; whether it reaches a clipboard is the user's
     * decision. Reads of the clipboard are never answered. */
    void (*on_clipboard)(void *user, const char *bytes, size_t n);
    /* What is said beside the text: OSC 133 (prompts and commands, see term_marks) and 7717 (ours,
     * host/daemon/activity.h). The bytes behind the number as the guest wrote them. */
    void (*on_said)(void *user, int osc, const char *bytes, size_t n);
};

struct term_config {
    /* Rows kept at most, 0 keeps none. What is made narrower takes more rows; those stay until
     * output has pushed all of it out, so that nothing is lost when it is wide again. */
    size_t scrollback_lines;
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
/* Bytes held for scrollback, for memory figures. */
size_t term_scrollback_size(const struct term *t);

/* --- lines of scrollback and screen together ---
 * Row r of the screen is line term_scrollback_end + r. Numbers change only where
 * term_layout does: when a resize wraps the text anew (anchors follow it). */
uint64_t term_end(const struct term *t); /* the line after the last row */
uint64_t term_layout(const struct term *t);
/* As term_scrollback_line, for rows of the screen too. */
int term_line(const struct term *t, uint64_t line, struct cell *out, int cols);
/* The line goes on in the next one: it was too long for the screen. */
bool term_line_wrapped(const struct term *t, uint64_t line);
/* The first line of the text that this one belongs to, at most TERM_WRAPS_MAX lines above. */
#define TERM_WRAPS_MAX 10000
uint64_t term_line_start(const struct term *t, uint64_t line);

/* A place that stays with its character while lines scroll, are dropped or wrap anew. The owner
 * keeps the memory and removes it before that goes; the end of the terminal removes it too. Where
 * the text is gone (dropped, scrolled out of a region) the line is an old one or the nearest. */
struct term_anchor {
    uint64_t line;
    int col;
    struct term *term; /* NULL: not added */
    LIST_ENTRY(term_anchor) entry;
};
void term_anchor_add(struct term *t, struct term_anchor *a, uint64_t line, int col);
void term_anchor_remove(struct term_anchor *a); /* NULL and what was never added allowed */

/* What a shell said of a line (OSC 133): a prompt begins (A), what is typed begins (B), output of a
 * command begins (C), the command before ended (D). */
enum {
    MARK_PROMPT = 1,
    MARK_INPUT = 2,
    MARK_OUTPUT = 4,
    MARK_END = 8,
    MARK_STATUS = 16,
};
struct term_marks {
    bool prompt, input, output, end;
    int exit_status; /* of the command that ended; -1: not told */
};
struct term_marks term_line_marks(const struct term *t, uint64_t line);
/* The nearest line with a prompt above or below `line`, not itself. False: none. */
bool term_prompt_before(const struct term *t, uint64_t line, uint64_t *found);
bool term_prompt_after(const struct term *t, uint64_t line, uint64_t *found);

/* style.link of a cell is at most that. */
#define TERM_LINKS_MAX 4096
/* Whether any cell may have a link or a coloured underline (style.link). */
bool term_has_links(const struct term *t);
/* The address of a cell's link (style.link), or NULL: printable UTF-8 of at most 2,083 bytes, which
 * is the guest's choice. Valid until the next feed; numbers may come to mean others then. */
const char *term_link(const struct term *t, uint16_t link);
/* The colour of the underline (style.link), COLOUR_DEFAULT: as the text. */
colour term_underline_colour(const struct term *t, uint16_t link);

/* --- colours ---
 * Queries are answered with the theme (NULL: light on black), changes by the program kept. */
struct term_theme {
    uint32_t fg, bg, cursor; /* 0xrrggbb */
    uint32_t palette[16];
};
enum { TERM_COLOUR_FG = 256, TERM_COLOUR_BG, TERM_COLOUR_CURSOR };
void term_set_theme(struct term *t, const struct term_theme *theme);
#define TERM_THEME_CHARS ((size_t)19 * 6)
/* As text, rrggbb each in the order above, and back; false: it is not that. */
void term_theme_write(const struct term_theme *theme, char out[TERM_THEME_CHARS + 1]);
bool term_theme_read(struct term_theme *theme, const char *text, size_t n);
/* 0xrrggbb of a palette index or TERM_COLOUR_*, and whether the program changed it. */
uint32_t term_colour(const struct term *t, int which);
bool term_colour_changed(const struct term *t, int which);
/* The size of a cell in pixels for programs that ask; without it they get no answer. */
void term_set_cell_pixels(struct term *t, int rows, int cols);

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
/* The program's directory as it told it (OSC 7): an absolute path, or "". */
const char *term_cwd(const struct term *t);

/* While a program paints a frame in pieces (mode 2026): the time on the monotonic clock in
 * milliseconds until which a viewer keeps what it drew last; 0: draw. Ends by itself after 150 ms
 * or a mebibyte. The cells change meanwhile. */
int64_t term_synchronised_until(const struct term *t);

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
    bool alternate_scroll;  /* 1007: the wheel sends arrow keys in the alternate screen */
    uint8_t kitty_keyboard; /* flags of the kitty protocol in force */
};
static inline bool term_modes_equal(struct term_modes a, struct term_modes b)
{
    return a.alternate_screen == b.alternate_screen && a.bracketed_paste == b.bracketed_paste &&
           a.focus_reports == b.focus_reports && a.application_cursor == b.application_cursor &&
           a.application_keypad == b.application_keypad && a.reverse_video == b.reverse_video &&
           a.mouse == b.mouse && a.mouse_sgr == b.mouse_sgr &&
           a.alternate_scroll == b.alternate_scroll && a.kitty_keyboard == b.kitty_keyboard;
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
 * cursor, modes, title, links, marks and the last `scrollback_lines` lines above. It begins with a
 * full reset and an empty scrollback, TERM_SNAPSHOT_BEGIN, so nothing shows twice, and holds no
 * query. What REP would repeat is not in it, nor are links beyond 4 MiB of addresses above the
 * screen and as much on it. */
#define TERM_SNAPSHOT_BEGIN "\033c\033[3J"
void term_snapshot(const struct term *t, size_t scrollback_lines, struct buf *out);

/* The text of a cell, or a space; out has room for 12 bytes and a NUL. Returns the bytes. */
size_t cell_text(const struct cell *cell, char out[13]);

#endif
