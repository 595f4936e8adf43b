/* SPDX-License-Identifier: MIT
 *
 * Lines that keep coming, of one source or of several merged by time: logs, events, signals,
 * changes of files.
 *
 * It follows its end until somebody moves up; then it stands still and counts what comes ("+1 234
 * new") until it is at its end again. Memory is bounded: the oldest lines go, and their number is
 * said. Escape sequences of the text are dropped, other control characters made harmless.
 */
#ifndef TUI_TAIL_H
#define TUI_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tui/canvas.h"
#include "tui/filter.h"
#include "tui/prompt.h"
#include "tui/theme.h"
#include "tui/view.h"

#define TAIL_SOURCES_MAX   256
#define TAIL_LINE_MAX      (64 * 1024) /* bytes; a longer line is cut, which its end says */
#define TAIL_BYTES_DEFAULT ((size_t)16 * 1024 * 1024)
#define TAIL_LINES_MAX     200000

enum tail_level { TAIL_PLAIN, TAIL_DEBUG, TAIL_WARNING, TAIL_ERROR };

struct tail_line {
    int64_t time_ms; /* wall clock */
    uint16_t source;
    uint8_t level;
    bool kept; /* passes the keep filter */
    uint32_t n;
    char text[]; /* clean, NUL-terminated */
};

enum tail_prompt { TAIL_NO_PROMPT, TAIL_SEARCH, TAIL_KEEP };

struct tail {
    /* Set by the owner. */
    size_t cap_bytes;
    bool wrap, times, pretty; /* pretty: a line of JSON over several rows */
    /* The tail's own. Lines are numbered from the first that ever came; a line that is merged in
     * moves those behind it. */
    struct tail_line **ring; /* owned */
    size_t cap, head, n;
    uint64_t first; /* number of the oldest line kept */
    uint64_t n_dropped;
    size_t bytes;
    char *sources[TAIL_SOURCES_MAX]; /* owned: names */
    size_t n_sources;
    bool paused;
    uint64_t cursor, top; /* while paused */
    uint64_t anchor;      /* of a selection */
    bool selecting;
    uint64_t n_new; /* lines that came while paused */
    int left;       /* columns scrolled to the left without wrap */
    int height, width;
    struct filter keep, search;
    struct prompt prompt;
    struct prompt_history search_history, keep_history;
    enum tail_prompt prompting;
};

void tail_init(struct tail *t);
void tail_finish(struct tail *t);
/* A source's number, for tail_add; the same name gives the same number. Beyond TAIL_SOURCES_MAX the
 * last one is shared. */
uint16_t tail_source(struct tail *t, const char *name);
/* One line without its end. It goes where its time belongs among the latest lines. */
void tail_add(struct tail *t, uint16_t source, int64_t time_ms, const char *text, size_t n);
/* Keeps only lines like that, as if it had been typed after `&`; "" keeps all. */
void tail_set_keep(struct tail *t, const char *text);
void tail_clear(struct tail *t);

/* The title's end: " 120 lines", " ‖ +34 new", " 5 dropped". */
void tail_title(const struct tail *t, struct buf *out);
/* Draws; the last row is the prompt's while something is typed or in force. */
void tail_draw(struct tail *t, struct canvas c, const struct theme *theme);
struct view_cursor tail_cursor(const struct tail *t, int rows);

/* "list-…" motions, "tail-…" and "escape". VIEW_IGNORED: not one of a tail's. */
enum view_result tail_act(struct tail *t, const char *action);
enum view_result tail_key(struct tail *t, struct key key);
enum view_result tail_paste(struct tail *t, const char *text, size_t n);
enum view_result tail_mouse(struct tail *t, struct mouse mouse);
bool tail_grabs_keys(const struct tail *t);
/* The line under the cursor (the last one while it follows), or NULL. */
const struct tail_line *tail_current(const struct tail *t);
/* What is selected, else the current line, a line each; with sources and times as they are shown.
 */
void tail_selected(const struct tail *t, struct buf *out);
/* All lines that are kept, as they are shown. */
void tail_text(const struct tail *t, struct buf *out);

#endif
