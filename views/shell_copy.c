/* SPDX-License-Identifier: MIT
 *
 * Copy mode of a shell: into it and out of it, the mouse, what is copied.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/editor.h"
#include "views/shell.h"

#define CLICKS_MS 400
#define EDIT_MAX  ((size_t)64 * 1024 * 1024)
/* Between two scrolls of a button that is held past an edge; tmux takes the same. */
#define SCROLL_MS 50
/* Before the first one in a row that can be meant itself. */
#define LINGER_MS 250

void shell_copy_enter(struct shell *sh, bool by_wheel)
{
    if (!shell_term(sh))
        return;
    copy_enter(&sh->copy, shell_term(sh), sh->view->rows, sh->view->cols, sh->pan_row, sh->pan_col,
               by_wheel);
    view_damage(sh->view);
}

static void stop_scrolling(struct shell *sh)
{
    if (sh->drag)
        tick_after(sh->drag, -1);
    sh->drag_past = 0;
}

void shell_copy_leave(struct shell *sh)
{
    stop_scrolling(sh);
    copy_leave(&sh->copy);
    view_damage(sh->view);
}

void shell_copy_forget(struct shell *sh)
{
    term_anchor_remove(&sh->find_at);
    free(steal_pointer(&sh->find));
}

void shell_copy_find(struct shell *sh, const char *pattern, uint64_t line, int col)
{
    shell_copy_forget(sh);
    sh->find = xstrdup(pattern);
    term_anchor_add(shell_term(sh), &sh->find_at, line, col);
    view_damage(sh->view);
}

void shell_copy_go(struct shell *sh)
{
    uint64_t back = (uint64_t)sh->lines_back;

    if (sh->find) {
        shell_copy_leave(sh);
        shell_copy_enter(sh, false);
        copy_find(&sh->copy, sh->find, sh->find_at.line, sh->find_at.col);
        shell_copy_forget(sh);
        return;
    }
    sh->lines_back = 0;
    shell_copy_enter(sh, false);
    copy_go(&sh->copy, term_end(shell_term(sh)) > back ? term_end(shell_term(sh)) - back : 0);
}

void shell_copy_scroll(struct shell *sh, long lines)
{
    if (!copy_is_on(&sh->copy)) {
        if (lines >= 0)
            return;
        shell_copy_enter(sh, true);
    }
    uint64_t before = sh->copy.top;
    copy_scroll(&sh->copy, lines);
    if (lines > 0 && sh->copy.by_wheel && sh->copy.selection.kind == SELECTION_NONE &&
        (sh->copy.top == before || sh->copy.top >= term_scrollback_end(sh->copy.term)))
        shell_copy_leave(sh);
    view_damage(sh->view);
}

static void yank(struct shell *sh)
{
    cleanup_buf struct buf text = {0};
    bool whole = copy_yank(&sh->copy, &text);

    if (text.len) {
        buf_append_char(&text, '\0');
        views_copy(sh->env, whole ? "the selection" : "the first 8 MiB of it", text.data);
    }
    shell_copy_leave(sh);
}

static enum view_result apply(struct shell *sh, enum copy_result result)
{
    if (result == COPY_IGNORED)
        return VIEW_IGNORED;
    if (result == COPY_YANK)
        yank(sh);
    else if (result == COPY_LEAVE)
        shell_copy_leave(sh);
    return VIEW_HANDLED;
}

/* Not followed: where it leads is the guest's choice, and the reader sees it before the browser. */
static void copy_link(struct shell *sh)
{
    cleanup_free char *address = shell_link_at(sh, sh->copy.cursor.line, sh->copy.cursor.col);

    if (address)
        views_copy(sh->env, address, address);
    else
        tui_toast(sh->env->tui, ROLE_WARN, "There is no link under the cursor");
}

/* What is selected, or all that is kept, as the text of a file. False: it was too long and is cut.
 */
static bool text_of(struct shell *sh, struct buf *out)
{
    struct term *t = shell_term(sh);
    struct selection all = {0};
    bool chosen = sh->copy.selection.kind != SELECTION_NONE;

    if (!chosen) {
        selection_begin(&all, t, SELECTION_CHARACTERS, term_scrollback_first(t), 0);
        selection_extend(&all, term_end(t) - 1, term_cols(t) - 1);
    }
    bool whole = selection_text(chosen ? &sh->copy.selection : &all, EDIT_MAX, out);
    selection_clear(&all);
    /* The rows of the screen that nothing was written to yet. */
    while (out->len && out->data[out->len - 1] == '\n')
        out->len--;
    if (out->len)
        buf_append_char(out, '\n');
    return whole;
}

static void in_editor(struct shell *sh)
{
    cleanup_buf struct buf text = {0};
    bool whole = text_of(sh, &text);

    if (!text.len) {
        tui_toast(sh->env->tui, ROLE_WARN, "There is no text to open");
        return;
    }
    if (!whole)
        tui_toast(sh->env->tui, ROLE_WARN, "Opened only the first %zu MiB", EDIT_MAX >> 20);
    cleanup_free char *name = xasprintf("%s.txt", shell_name(sh));
    editor_open_copy(sh->env, name, text.data, text.len);
}

enum view_result shell_copy_act(struct shell *sh, const char *action, int count)
{
    bool enters = strcmp(action, "copy-mode") == 0, pages = strcmp(action, "copy-page-up") == 0;
    bool searches = strcmp(action, "copy-find") == 0;

    if (!shell_term(sh))
        return VIEW_IGNORED;
    stop_scrolling(sh);
    if (enters || pages || searches) {
        shell_copy_enter(sh, pages);
        if (copy_is_on(&sh->copy) && !enters)
            apply(sh, copy_act(&sh->copy, pages ? "list-page-up" : "copy-search-back", 0));
        return VIEW_HANDLED;
    }
    if (strcmp(action, "copy-leave") == 0 && copy_is_on(&sh->copy)) {
        shell_copy_leave(sh);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "copy-link") == 0 && copy_is_on(&sh->copy)) {
        copy_link(sh);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "copy-edit") == 0) {
        in_editor(sh);
        return VIEW_HANDLED;
    }
    if (!copy_is_on(&sh->copy) && sh->observe && shell_pan_act(sh, action) == VIEW_HANDLED)
        return VIEW_HANDLED;
    /* While watching, the motions scroll: there is no cursor of one's own to move. */
    if (!copy_is_on(&sh->copy) && sh->observe && strncmp(action, "list-", 5) == 0)
        shell_copy_enter(sh, true);
    return copy_is_on(&sh->copy) ? apply(sh, copy_act(&sh->copy, action, count)) : VIEW_IGNORED;
}

/* --- mouse --- */

static void press(struct shell *sh, struct mouse mouse)
{
    int64_t now = clock_mono_ms();
    bool again = now - sh->press_at_ms < CLICKS_MS && sh->press_row == mouse.row &&
                 sh->press_col == mouse.col;

    sh->clicks = again ? sh->clicks + 1 : 1;
    sh->press_at_ms = now;
    sh->press_row = sh->drag_row = mouse.row;
    sh->press_col = mouse.col;
    stop_scrolling(sh);
    if (copy_is_on(&sh->copy) || sh->clicks > 1) {
        shell_copy_enter(sh, true);
        copy_press(&sh->copy, mouse.row, mouse.col + sh->copy.pan_col, sh->clicks);
    }
}

/* Until there is nothing more that way. */
static void on_held(void *user)
{
    struct shell *sh = user;
    uint64_t top = sh->copy.top;
    int past = sh->drag_past;

    if (!copy_is_on(&sh->copy) || sh->press != PRESS_OF_USER || !past)
        return;
    copy_drag(&sh->copy, past < 0 ? past : sh->copy.rows - 1 + past,
              sh->drag_col + sh->copy.pan_col);
    view_damage(sh->view);
    if (sh->copy.top != top)
        tick_after(sh->drag, SCROLL_MS);
}

/* So many rows past an edge, < 0 above. The mouse cannot go above the screen: there the first row
 * counts as above for who came to it from below. */
static int rows_past(const struct shell *sh, int row)
{
    bool came = sh->drag_row > 0 || sh->drag_past < 0;

    if (row == 0 && came && view_is_topmost(sh->view))
        return -1;
    return row < 0 ? row : row >= sh->copy.rows ? row - sh->copy.rows + 1 : 0;
}

static void scroll_while_held(struct shell *sh, struct mouse mouse)
{
    int past = rows_past(sh, mouse.row);
    bool goes_on = past && past == sh->drag_past;

    if (!sh->drag)
        sh->drag = tick_create(client_loop(sh->env->client), on_held, sh);
    sh->drag_row = mouse.row;
    sh->drag_col = mouse.col;
    sh->drag_past = past;
    if (!goes_on)
        tick_after(sh->drag, !past ? -1 : mouse.row == 0 ? LINGER_MS : SCROLL_MS);
}

static void drag(struct shell *sh, struct mouse mouse)
{
    sh->clicks = 0;
    if (!copy_is_on(&sh->copy)) {
        shell_copy_enter(sh, true);
        copy_press(&sh->copy, sh->press_row, sh->press_col + sh->copy.pan_col, 1);
    }
    copy_drag(&sh->copy, mouse.row, mouse.col + sh->copy.pan_col);
    scroll_while_held(sh, mouse);
}

enum view_result shell_copy_mouse(struct shell *sh, struct mouse mouse)
{
    if (!shell_term(sh) || mouse.button != MOUSE_LEFT || sh->press != PRESS_OF_USER)
        return VIEW_HANDLED;
    if (mouse.kind == MOUSE_PRESS) {
        press(sh, mouse);
    } else if (mouse.kind == MOUSE_MOVE) {
        drag(sh, mouse);
    } else {
        stop_scrolling(sh);
        /* What was drawn with the mouse is copied at once, as terminals do. */
        if (sh->copy.selection.kind != SELECTION_NONE)
            yank(sh);
    }
    return VIEW_HANDLED;
}
