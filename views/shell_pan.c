/* SPDX-License-Identifier: MIT
 *
 * Somebody else's terminal may be larger than this pane. What shows follows its cursor, until a
 * motion of one who watches moves it and holds it there.
 */
#include <string.h>

#include "views/pan.h"
#include "views/shell.h"

#define STEP_COLS 8

void shell_pan_place(struct shell *sh, int rows, int cols)
{
    const struct term *t = shell_term(sh);
    struct term_cursor cursor = term_cursor(t);

    sh->pan_row = pan_to(sh->pan_row, sh->pan_held ? sh->pan_row : cursor.row, rows, term_rows(t));
    sh->pan_col = pan_to(sh->pan_col, sh->pan_held ? sh->pan_col : cursor.col, cols, term_cols(t));
}

/* False: there is nothing more on that side. */
static bool move(struct shell *sh, int rows, int cols)
{
    const struct term *t = shell_term(sh);
    int row = pan_clamp(sh->pan_row + rows, sh->view->rows, term_rows(t));
    int col = pan_clamp(sh->pan_col + cols, sh->view->cols, term_cols(t));

    if (row == sh->pan_row && col == sh->pan_col)
        return false;
    sh->pan_row = row;
    sh->pan_col = col;
    sh->pan_held = true;
    view_damage(sh->view);
    return true;
}

enum view_result shell_pan_act(struct shell *sh, const char *action)
{
    const int page = sh->view->rows > 2 ? sh->view->rows / 2 : 1;
    const struct {
        const char *action;
        int rows, cols;
    } moves[] = {
        {"list-down", 1, 0},
        {"list-up", -1, 0},
        {"list-half-down", page, 0},
        {"list-half-up", -page, 0},
        {"copy-left", 0, -STEP_COLS},
        {"copy-right", 0, STEP_COLS},
        {"copy-line-start", 0, -TERM_SIZE_MAX},
        {"copy-line-end", 0, TERM_SIZE_MAX},
    };

    if (strcmp(action, "list-bottom") == 0 && sh->pan_held) {
        sh->pan_held = false;
        return VIEW_HANDLED;
    }
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (strcmp(moves[i].action, action) == 0)
            return move(sh, moves[i].rows, moves[i].cols) ? VIEW_HANDLED : VIEW_IGNORED;
    return VIEW_IGNORED;
}

enum view_result shell_pan_wheel(struct shell *sh, struct mouse mouse)
{
    if (!sh->observe || (mouse.button != MOUSE_WHEEL_LEFT && mouse.button != MOUSE_WHEEL_RIGHT))
        return VIEW_IGNORED;
    return move(sh, 0, mouse.button == MOUSE_WHEEL_LEFT ? -STEP_COLS : STEP_COLS) ? VIEW_HANDLED
                                                                                  : VIEW_IGNORED;
}
