/* SPDX-License-Identifier: MIT
 *
 * Looking back through the scrollback. The place is kept by line number, so that what is read stays
 * still while the program prints on.
 */
#include <string.h>

#include "base/alloc.h"
#include "views/shell.h"

static uint64_t first_line(const struct shell *sh)
{
    return term_scrollback_first(shell_term(sh));
}

/* The line at the top of the live screen. */
static uint64_t live_top(const struct shell *sh)
{
    return term_scrollback_end(shell_term(sh)) + (uint64_t)sh->pan_row;
}

void shell_scroll_leave(struct shell *sh)
{
    sh->scrolled = false;
    view_damage(sh->view);
}

static void enter(struct shell *sh)
{
    sh->scrolled = true;
    sh->top = live_top(sh);
    sh->end_before = term_scrollback_end(shell_term(sh));
}

void shell_scroll_by(struct shell *sh, long lines)
{
    if (!shell_term(sh))
        return;
    if (!sh->scrolled) {
        if (lines >= 0)
            return;
        enter(sh);
    }
    uint64_t first = first_line(sh), live = live_top(sh);
    if (lines < 0)
        sh->top = sh->top > first + (uint64_t)-lines ? sh->top - (uint64_t)-lines : first;
    else
        sh->top += (uint64_t)lines;
    /* Lines may have left the scrollback meanwhile. */
    if (sh->top < first)
        sh->top = first;
    if (sh->top >= live && lines > 0)
        sh->scrolled = false;
    else if (sh->top > live)
        sh->top = live;
    view_damage(sh->view);
}

bool shell_scroll_act(struct shell *sh, const char *action)
{
    long page = sh->view->rows > 2 ? sh->view->rows - 1 : 1;
    const struct {
        const char *action;
        long by;
    } motions[] = {
        {"list-down", 1},
        {"list-up", -1},
        {"list-half-down", page / 2},
        {"list-half-up", -page / 2},
        {"list-page-down", page},
        {"list-page-up", -page},
        {"list-top", -INT32_MAX},
        {"list-bottom", INT32_MAX},
    };

    if (!shell_term(sh))
        return false;
    if (strcmp(action, "copy-mode") == 0) {
        if (!sh->scrolled)
            enter(sh);
        shell_scroll_by(sh, -1);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(motions); i++) {
        if (strcmp(motions[i].action, action) != 0)
            continue;
        shell_scroll_by(sh, motions[i].by);
        return true;
    }
    return false;
}

int shell_scroll_line(const struct shell *sh, int row, struct cell *out, int cols)
{
    const struct term *t = shell_term(sh);
    uint64_t line = sh->top + (uint64_t)row, end = term_scrollback_end(t);

    if (line < end)
        return line >= term_scrollback_first(t) ? term_scrollback_line(t, line, out, cols) : 0;
    if (line - end >= (uint64_t)term_rows(t))
        return 0;
    int n = term_cols(t) < cols ? term_cols(t) : cols;
    memcpy(out, term_row(t, (int)(line - end)), (size_t)n * sizeof *out);
    return n;
}
