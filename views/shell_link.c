/* SPDX-License-Identifier: MIT
 *
 * Links of a shell: those a program marks (OSC 8) and addresses in its text. Ctrl-click shows where
 * one leads and opens it when that is agreed to; where it leads is the guest's choice.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/shell.h"

#define LINES_AROUND 16   /* of a wrapped text, above and below */
#define ADDRESS_MAX  2048 /* longer ones are no use to a browser */

/* --- which --- */

/* Appends a line's text; *at becomes where its column starts there. */
static void append_line(const struct term *t, uint64_t line, int col, struct cell *cells,
                        struct buf *text, size_t *at)
{
    int cols = term_cols(t), used = term_line(t, line, cells, cols);
    char piece[13];

    for (int x = 0; x < (used > col ? used : col + 1) && x < cols; x++) {
        if (x == col)
            *at = text->len;
        if (!(cells[x].flags & CELL_CONTINUATION))
            buf_append(text, piece, cell_text(&cells[x], piece));
    }
}

static bool is_of_address(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && !strchr("<>\"`{}|\\^", c);
}

/* How many brackets are closed and were not opened within. */
struct brackets {
    long round, square;
};

static void count_bracket(struct brackets *b, char c, long step)
{
    b->round += c == ')' ? step : c == '(' ? -step : 0;
    b->square += c == ']' ? step : c == '[' ? -step : 0;
}

/* Text goes on behind an address: a full stop, a bracket that was opened before it. */
static size_t trim(const char *address, size_t n)
{
    struct brackets unopened = {0};

    for (size_t i = 0; i < n; i++)
        count_bracket(&unopened, address[i], 1);
    for (; n; n--) {
        char last = address[n - 1];
        bool is_text = strchr(".,;:!?'*", last) || (last == ')' && unopened.round > 0) ||
                       (last == ']' && unopened.square > 0);

        if (!is_text)
            break;
        count_bracket(&unopened, last, -1);
    }
    return n;
}

static size_t scheme_length(const char *p)
{
    return strncasecmp(p, "http://", 7) == 0 ? 7 : strncasecmp(p, "https://", 8) == 0 ? 8 : 0;
}

/* The address in text that the byte at belongs to. One that ends before it is passed over whole, so
 * that each byte is looked at once, whatever the text is made of. */
static char *address_around(const char *text, size_t at)
{
    const char *p = text;

    while ((p = strcasestr(p, "http")) && (size_t)(p - text) <= at) {
        size_t scheme = scheme_length(p), n = scheme, offset = at - (size_t)(p - text);

        while (scheme && is_of_address(p[n]))
            n++;
        if (offset < n) {
            n = trim(p, n);
            return n > scheme && offset < n ? xstrndup(p, n) : NULL;
        }
        p += n ? n : 4;
    }
    return NULL;
}

char *shell_link_at(struct shell *sh, uint64_t line, int col)
{
    struct term *t = shell_term(sh);
    int cols = term_cols(t);
    cleanup_free struct cell *cells = xcalloc((size_t)cols, sizeof *cells);
    cleanup_buf struct buf text = {0};
    size_t at = 0, unused;

    if (col < 0 || col >= cols || line >= term_end(t))
        return NULL;
    term_line(t, line, cells, cols);
    const char *marked = cells[col].style.link ? term_link(t, cells[col].style.link) : NULL;
    if (marked)
        return xstrdup(marked);
    uint64_t first = term_line_start(t, line);
    if (line - first > LINES_AROUND)
        first = line - LINES_AROUND;
    for (uint64_t i = first; i <= line; i++)
        append_line(t, i, i == line ? col : -1, cells, &text, i == line ? &at : &unused);
    for (int n = 0; n < LINES_AROUND && term_line_wrapped(t, line); n++)
        append_line(t, ++line, -1, cells, &text, &unused);
    return text.len ? address_around(text.data, at) : NULL;
}

/* --- the click --- */

static void on_answer(struct views_env *env, void *user, bool yes)
{
    if (yes)
        views_browse(env, user);
    free(user);
}

static void ask(struct shell *sh, const char *address)
{
    char shown[ADDRESS_MAX + 1];
    struct confirm question;

    text_sanitise(shown, sizeof shown, address, strlen(address));
    confirm_init(&question, "Open this link?", "open in the browser", shown);
    question.harmless = true;
    confirm_dialog_open(sh->env, &question, on_answer, xstrdup(address));
}

bool shell_link_click(struct shell *sh, struct mouse mouse)
{
    const struct copy *c = &sh->copy;
    bool back = copy_is_on(c);
    uint64_t top = back ? c->top : term_scrollback_end(shell_term(sh)) + (uint64_t)sh->pan_row;

    if (mouse.kind != MOUSE_PRESS || mouse.button != MOUSE_LEFT || !(mouse.mods & MOD_CTRL))
        return false;
    cleanup_free char *address =
        shell_link_at(sh, top + (uint64_t)mouse.row, mouse.col + (back ? c->pan_col : sh->pan_col));
    if (!address)
        return false;
    if (!views_is_web(address) || strlen(address) > ADDRESS_MAX)
        tui_toast(sh->env->tui, ROLE_WARN, "Only http and https are opened, not %.200s", address);
    else
        ask(sh, address);
    return true;
}
