/* SPDX-License-Identifier: MIT
 *
 * Searching in copy mode: the pattern is typed in the pane's last row, hits show as it is typed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "views/copy_internal.h"

#define LINES_A_STEP 2000

/* --- where to --- */

/* To where the search began, as it looked then. */
static void go_back(struct copy *c)
{
    if (!c->from.term)
        return;
    c->top = c->from.line > c->from_row ? c->from.line - c->from_row : 0;
    copy_to(c, c->from.line, c->from.col);
    c->want_col = c->cursor.col;
}

static void go_to_hit(struct copy *c, size_t i)
{
    const struct search_hit *hit = search_hit(c->search, i);

    copy_to(c, hit->line, hit->col);
    c->want_col = c->cursor.col;
}

static void go(struct copy *c, bool backward)
{
    size_t found;

    if (!c->search)
        return;
    /* The newest lines are looked through first; a hit further on may still come. */
    c->not_found =
        !search_next(c->search, c->cursor.line, c->cursor.col, backward, &found, &c->went_round);
    if (!c->not_found)
        go_to_hit(c, found);
}

static void go_on(struct copy *c, bool backward, int count)
{
    bool went_round = false;

    do {
        go(c, backward);
        went_round |= c->went_round;
    } while (--count > 0 && !c->not_found);
    c->went_round = went_round;
}

/* --- a hit that is looked for --- */

/* Lines are looked through newest first: no hit above the ones that are known is nearer than a hit
 * above the place, or behind it once there is one above. */
static bool is_nearest(const struct copy *c, bool went_round)
{
    return !went_round && (c->seeks_back || search_hit(c->search, 0)->line < c->from.line);
}

/* To the nearest hit from where the search began, as soon as it is known; without one back there.
 */
static void seek(struct copy *c, bool is_more)
{
    bool went_round = false;
    size_t found;

    if (!c->seeking)
        return;
    bool any =
        search_next(c->search, c->from.line, c->from.col, c->seeks_back, &found, &went_round);
    if (is_more && !(any && is_nearest(c, went_round)))
        return;
    c->seeking = false;
    c->went_round = went_round;
    c->not_found = !any;
    go_back(c);
    if (any)
        go_to_hit(c, found);
    if (c->prompting)
        return;
    term_anchor_remove(&c->from);
    if (any && c->more)
        go_on(c, c->backward == (c->more > 0), abs(c->more));
    c->went_round |= went_round;
}

void copy_search_stop(struct copy *c)
{
    if (!c->seeking || c->prompting)
        return;
    c->seeking = false;
    term_anchor_remove(&c->from);
}

bool copy_step(struct copy *c)
{
    bool is_more = c->term && c->search && search_step(c->search, LINES_A_STEP);

    seek(c, is_more);
    return is_more;
}

static void set_pattern(struct copy *c)
{
    struct err e = {0};

    c->error[0] = '\0';
    c->not_found = c->went_round = false;
    if (!c->search)
        c->search = search_create(c->term);
    if (search_set(c->search, prompt_text(&c->prompt), &e))
        snprintf(c->error, sizeof c->error, "%.150s", e.text);
    c->seeking = true;
    c->seeks_back = c->backward;
    c->more = 0;
    copy_step(c);
}

static void accept(struct copy *c)
{
    prompt_history_add(&c->history, prompt_text(&c->prompt));
    c->prompting = false;
    go_back(c);
    if (c->seeking)
        return;
    go(c, c->backward);
    term_anchor_remove(&c->from);
}

static void cancel(struct copy *c)
{
    c->prompting = c->seeking = c->not_found = c->went_round = false;
    c->error[0] = '\0';
    search_destroy(steal_pointer(&c->search));
    go_back(c);
    term_anchor_remove(&c->from);
}

static enum copy_result answer(struct copy *c, enum prompt_result result)
{
    if (result == PROMPT_CHANGED)
        set_pattern(c);
    else if (result == PROMPT_ACCEPT && !c->error[0]) /* else open: what was typed is not lost */
        accept(c);
    else if (result == PROMPT_CANCEL)
        cancel(c);
    return COPY_HANDLED;
}

enum copy_result copy_search_key(struct copy *c, struct key key)
{
    return answer(c, prompt_key(&c->prompt, key));
}

enum copy_result copy_paste(struct copy *c, const char *text, size_t n)
{
    return c->prompting ? answer(c, prompt_paste(&c->prompt, text, n)) : COPY_IGNORED;
}

static void note_place(struct copy *c)
{
    term_anchor_remove(&c->from);
    term_anchor_add(c->term, &c->from, c->cursor.line, c->cursor.col);
    c->from_row = c->cursor.line > c->top ? c->cursor.line - c->top : 0;
}

static void begin(struct copy *c, bool backward)
{
    c->backward = backward;
    c->prompting = true;
    c->seeking = false;
    c->prompt.history = &c->history;
    prompt_set(&c->prompt, "");
    search_destroy(steal_pointer(&c->search));
    note_place(c);
}

void copy_find(struct copy *c, const char *pattern, uint64_t line, int col)
{
    begin(c, true);
    prompt_set(&c->prompt, pattern);
    prompt_history_add(&c->history, pattern);
    set_pattern(c);
    c->prompting = c->seeking = false; /* it has been found */
    term_anchor_remove(&c->from);
    copy_go(c, line);
    copy_to(c, line, col);
    c->want_col = c->cursor.col;
}

static void next(struct copy *c, bool backward, int count)
{
    if (!c->search)
        return;
    if (!c->seeking && search_count(c->search)) {
        go_on(c, backward, count);
        return;
    }
    count = count > 1 ? count : 1;
    if (!c->seeking) {
        note_place(c);
        c->not_found = c->went_round = false;
        c->seeking = true;
        c->seeks_back = backward;
        c->more = 0;
        count--;
    }
    c->more += backward == c->backward ? count : -count;
    copy_step(c);
}

bool copy_search_act(struct copy *c, const char *action, int count)
{
    if (strcmp(action, "copy-search") == 0)
        begin(c, false);
    else if (strcmp(action, "copy-search-back") == 0)
        begin(c, true);
    else if (strcmp(action, "copy-next") == 0)
        next(c, c->backward, count);
    else if (strcmp(action, "copy-previous") == 0)
        next(c, !c->backward, count);
    else
        return false;
    return true;
}
