/* SPDX-License-Identifier: MIT
 *
 * Searching in copy mode: the pattern is typed in the pane's last row, hits show as it is typed.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "views/copy_internal.h"

#define LINES_A_STEP 2000

static void set_pattern(struct copy *c)
{
    struct err e = {0};

    c->error[0] = '\0';
    c->not_found = c->went_round = false;
    if (!c->search)
        c->search = search_create(c->term);
    if (search_set(c->search, prompt_text(&c->prompt), &e))
        snprintf(c->error, sizeof c->error, "%.150s", e.text);
}

bool copy_step(struct copy *c)
{
    return c->term && c->search && search_step(c->search, LINES_A_STEP);
}

static void go(struct copy *c, bool backward)
{
    size_t found;

    if (!c->search)
        return;
    /* The newest lines are looked through first; a hit further on may still come. */
    while (!search_count(c->search) && search_step(c->search, LINES_A_STEP))
        continue;
    c->not_found =
        !search_next(c->search, c->cursor.line, c->cursor.col, backward, &found, &c->went_round);
    if (c->not_found)
        return;
    const struct search_hit *hit = search_hit(c->search, found);
    copy_to(c, hit->line, hit->col);
    c->want_col = c->cursor.col;
}

static enum copy_result answer(struct copy *c, enum prompt_result result)
{
    switch (result) {
    case PROMPT_CHANGED:
        set_pattern(c);
        break;
    case PROMPT_ACCEPT:
        if (c->error[0]) /* stays open: what was typed is not lost */
            break;
        prompt_history_add(&c->history, prompt_text(&c->prompt));
        c->prompting = false;
        go(c, c->backward);
        break;
    case PROMPT_CANCEL:
        c->prompting = false;
        c->error[0] = '\0';
        search_destroy(steal_pointer(&c->search));
        break;
    default:
        break;
    }
    return COPY_HANDLED;
}

enum copy_result copy_key(struct copy *c, struct key key)
{
    return c->prompting ? answer(c, prompt_key(&c->prompt, key)) : COPY_IGNORED;
}

enum copy_result copy_paste(struct copy *c, const char *text, size_t n)
{
    return c->prompting ? answer(c, prompt_paste(&c->prompt, text, n)) : COPY_IGNORED;
}

static void begin(struct copy *c, bool backward)
{
    c->backward = backward;
    c->prompting = true;
    c->prompt.history = &c->history;
    prompt_set(&c->prompt, "");
    search_destroy(steal_pointer(&c->search));
}

void copy_find(struct copy *c, const char *pattern, uint64_t line, int col)
{
    begin(c, true);
    c->prompting = false;
    prompt_set(&c->prompt, pattern);
    prompt_history_add(&c->history, pattern);
    set_pattern(c);
    copy_go(c, line);
    copy_to(c, line, col);
    c->want_col = c->cursor.col;
}

bool copy_search_act(struct copy *c, const char *action)
{
    if (strcmp(action, "copy-search") == 0)
        begin(c, false);
    else if (strcmp(action, "copy-search-back") == 0)
        begin(c, true);
    else if (strcmp(action, "copy-next") == 0)
        go(c, c->backward);
    else if (strcmp(action, "copy-previous") == 0)
        go(c, !c->backward);
    else
        return false;
    return true;
}
