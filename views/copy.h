/* SPDX-License-Identifier: MIT
 *
 * Copy mode: looking back through a terminal's lines with vi's keys, selecting, searching.
 *
 * Places are line numbers of the term, so what is read stays still while the program prints on;
 * when a resize wraps the text anew, cursor and selection follow their characters.
 */
#ifndef VIEWS_COPY_H
#define VIEWS_COPY_H

#include "tui/prompt.h"
#include "tui/theme.h"
#include "tui/view.h"
#include "vterm/search.h"
#include "vterm/selection.h"
#include "vterm/term.h"

enum copy_result {
    COPY_IGNORED,
    COPY_HANDLED,
    COPY_YANK,  /* take copy_yank and leave */
    COPY_LEAVE, /* back to the live screen */
};

/* Zeroed memory is out of copy mode. */
struct copy {
    struct term *term;    /* borrowed; NULL: not in it */
    int rows, cols;       /* of the pane */
    int pan_row, pan_col; /* of the live screen when it began */
    uint64_t top;
    struct term_anchor cursor; /* stays with its character */
    int want_col;              /* that j and k go back to */
    uint64_t layout;           /* of the term when top was right */
    bool by_wheel;             /* goes when it is scrolled to its end again */
    struct term_anchor before; /* the last line there was when it began */
    int count;                 /* typed before a motion; 0: none */
    int half;                  /* lines of C-d and C-u, the last count before one; 0: half a page */
    struct selection selection;
    struct search *search; /* owned */
    bool backward;         /* of / and ? */
    bool went_round, not_found;
    bool prompting;
    bool seeking; /* there may be a nearer hit in lines not looked through yet */
    bool seeks_back;
    int more;                /* n (below 0: N) that came while seeking */
    struct term_anchor from; /* where the search began */
    uint64_t from_row;       /* of the page that showed then */
    struct prompt prompt;
    struct prompt_history history;
    char error[160];
};

bool copy_is_on(const struct copy *c);
/* by_wheel: scrolling to the end leaves it again. */
void copy_enter(struct copy *c, struct term *t, int rows, int cols, int pan_row, int pan_col,
                bool by_wheel);
/* Must run before the term goes. Keeps the history of searches. */
void copy_leave(struct copy *c);
void copy_finish(struct copy *c);
void copy_resize(struct copy *c, int rows, int cols);

/* The count that was typed, which the next action is for; 0: none. */
int copy_take_count(struct copy *c);
/* "list-…", "copy-…", so many times; where a count is something else to vi (a line to the top and
 * the bottom and of the screen, lines down to a line's end, lines of half a page) it is here. */
enum copy_result copy_act(struct copy *c, const char *action, int count);
/* A pattern that is typed, or a count. */
enum copy_result copy_key(struct copy *c, struct key key);
enum copy_result copy_paste(struct copy *c, const char *text, size_t n);
void copy_scroll(struct copy *c, long lines);
/* To a line of the term, shown in the middle. */
void copy_go(struct copy *c, uint64_t line);
/* To a place, with a search for a pattern that holds there. */
void copy_find(struct copy *c, const char *pattern, uint64_t line, int col);
/* The mouse at a cell of the pane: a press begins, a move draws a selection; twice: the word.
 * A move above or below the pane scrolls. */
void copy_press(struct copy *c, int row, int col, int clicks);
void copy_drag(struct copy *c, int row, int col);
/* Goes on with the search. True: there is more to look through. */
bool copy_step(struct copy *c);

/* The selection's text, else the cursor's word. False: it was too long and is cut. */
bool copy_yank(struct copy *c, struct buf *out);
void copy_draw(struct copy *c, struct canvas canvas, const struct theme *theme);
struct view_cursor copy_cursor(const struct copy *c);
/* "↑ 12 of 340 lines back  +2 new  3/17 hits  5×" */
void copy_sign(const struct copy *c, struct buf *out);

#endif
