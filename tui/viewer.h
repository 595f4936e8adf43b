/* SPDX-License-Identifier: MIT
 *
 * Reading a file: text with search, wrap and line numbers, or bytes in hex. What is not text begins
 * in hex. Control characters of the file are made harmless when a row is drawn.
 */
#ifndef TUI_VIEWER_H
#define TUI_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tui/filter.h"
#include "tui/prompt.h"
#include "tui/theme.h"
#include "tui/view.h"

#define VIEWER_BYTES_MAX ((size_t)8 << 20)
#define VIEWER_ROWS_MAX  1000000

struct viewer_row {
    uint32_t at, line; /* its first byte; the number of its line from 0 */
};

struct viewer {
    char *bytes; /* owned */
    size_t n;
    bool is_cut; /* the file goes on */
    bool hex, wrap, numbers;
    /* Rows of text at this width; of bytes they are counted. */
    struct viewer_row *rows; /* owned */
    size_t n_rows, cap_rows;
    int width; /* the rows are for; 0: they must be made again */
    size_t n_text_lines;
    size_t top;
    int left, height, cols;
    size_t hit; /* byte of the last hit; SIZE_MAX: none */
    struct filter search;
    struct prompt prompt;
    struct prompt_history history;
    bool prompting;
};

/* Copies at most VIEWER_BYTES_MAX bytes; is_cut: there were more. */
void viewer_init(struct viewer *v, const char *bytes, size_t n, bool is_cut);
void viewer_finish(struct viewer *v);
bool viewer_is_binary(const char *bytes, size_t n);
/* " text 120 lines 45%" */
void viewer_title(const struct viewer *v, struct buf *out);
void viewer_draw(struct viewer *v, struct canvas c, const struct theme *theme);
/* "list-…" motions, "viewer-…", "escape". VIEW_IGNORED: none of them. *missed: nothing was found.
 */
enum view_result viewer_act(struct viewer *v, const char *action, bool *missed);
enum view_result viewer_key(struct viewer *v, struct key key, bool *missed);
enum view_result viewer_paste(struct viewer *v, const char *text, size_t n);
void viewer_scroll(struct viewer *v, int rows);
struct view_cursor viewer_cursor(const struct viewer *v, int rows);

/* --- for viewer_draw.c --- */
int viewer_hex_width(int cols); /* bytes a row */
void viewer_lay(struct viewer *v, int cols);
int viewer_gutter(const struct viewer *v);
size_t viewer_row_end(const struct viewer *v, size_t row);
/* A row as it is drawn: tabs as blanks, no control characters. */
void viewer_row_text(const struct viewer *v, size_t row, struct buf *out);

#endif
