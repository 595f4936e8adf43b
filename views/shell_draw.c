/* SPDX-License-Identifier: MIT
 *
 * Cells of the terminal straight to the canvas, and over them the signs that say when they are not
 * what is there now.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/wrap.h"
#include "views/broadcast.h"
#include "views/bulletin.h"
#include "views/company.h"
#include "views/notice.h"
#include "views/recorder.h"
#include "views/shell.h"
#include "views/wall_class.h"

#define PROGRESS_AFTER_MS   200
#define REFUSED_MS          5000
#define BROADCAST_SIGN_COLS 60
#define MESSAGE_ROWS        3 /* a smaller pane keeps them for what it is */
#define MESSAGE_HINT_COLS   60
#define PROGRAM_COLS        32
#define SIZE_SIGN_ROWS      3 /* a smaller pane keeps them for what it shows */

/* --- screen --- */
/* A row with what the program will probably make of it. */
static void draw_predicted(struct shell *sh, struct canvas c, int y)
{
    const struct term *t = shell_term(sh);
    const struct predict *p = attachment_predict(sh->attachment);
    int row = y + sh->pan_row, cols = term_cols(t);
    struct cell *cells = xcalloc((size_t)cols, sizeof *cells);

    memcpy(cells, term_row(t, row), (size_t)cols * sizeof *cells);
    for (int col = 0; col < cols; col++)
        if (predict_cell(p, row, col))
            cells[col] = *predict_cell(p, row, col);
    canvas_cells(c, y, -sh->pan_col, cells, cols);
    free(cells);
}

static void draw_live(struct shell *sh, struct canvas c)
{
    const struct term *t = shell_term(sh);
    int cols = term_cols(t);

    shell_pan_place(sh, c.rows, c.cols);
    for (int y = 0; y < c.rows && y + sh->pan_row < term_rows(t); y++)
        canvas_cells(c, y, -sh->pan_col, term_row(t, y + sh->pan_row), cols);
    int predicted = predict_row(attachment_predict(sh->attachment)) - sh->pan_row;
    if (predicted >= 0 && predicted < c.rows && !sh->observe)
        draw_predicted(sh, c, predicted);
}

/* Numbers of links are the terminal's own; the screen has others. To find one costs as much as the
 * address is long, and which cells have which is the guest's choice: each is looked up once. */
static void give_links(struct shell *sh, struct canvas c)
{
    const struct term *t = shell_term(sh);
    cleanup_free struct {
        bool known; /* given may be 0, too */
        uint16_t given;
    } *links = NULL;

    if (!term_has_links(t))
        return;
    links = xcalloc(TERM_LINKS_MAX + 1, sizeof *links);
    for (int y = 0; y < c.rows; y++)
        for (int x = 0; x < c.cols; x++) {
            struct style *style = &c.cells[(size_t)y * (size_t)c.stride + (size_t)x].style;
            uint16_t i = style->link;

            if (!i)
                continue;
            assert(i <= TERM_LINKS_MAX);
            if (!links[i].known) {
                links[i].known = true;
                links[i].given =
                    tui_link(sh->env->tui, term_link(t, i), term_underline_colour(t, i));
            }
            style->link = links[i].given;
        }
}

static void draw_screen(struct shell *sh, struct canvas c)
{
    if (copy_is_on(&sh->copy))
        copy_draw(&sh->copy, c, tui_theme(sh->view->tui));
    else
        draw_live(sh, c);
    give_links(sh, c);
    if (term_modes(shell_term(sh)).reverse_video)
        canvas_restyle(c, (struct rect){0, 0, c.rows, c.cols},
                       (struct style){.attrs = ATTR_REVERSE});
}

/* --- signs --- */
struct signs {
    struct shell *sh;
    struct canvas c;
    int y;
};

static void sign(struct signs *s, enum role role, const char *text)
{
    cleanup_free char *padded = xasprintf(" %s ", text);
    int w = text_width(padded);
    int x = w < s->c.cols ? s->c.cols - w : 0;

    if (s->y < s->c.rows)
        canvas_label(s->c, s->y++, x, s->c.cols - x, tui_theme(s->sh->view->tui)->styles[role],
                     padded);
}

static void sign_link(struct signs *s)
{
    const struct remote *r = attachment_remote(s->sh->attachment);
    int64_t lost_at = remote_lost_at_ms(r), lost_ms = lost_at ? clock_mono_ms() - lost_at : 0;
    size_t pending = attachment_pending(s->sh->attachment);
    char span[CLOCK_SPAN_SIZE], text[256], wait[64] = "";

    switch (remote_state(r)) {
    case LINK_UP:
        return;
    case LINK_CONNECTING:
        if (clock_mono_ms() - s->sh->since_ms < PROGRESS_AFTER_MS) {
            view_tick(s->sh->view, PROGRESS_AFTER_MS);
            return;
        }
        sign(s, ROLE_STATUS, "\xe2\x80\xa6 connecting");
        return;
    case LINK_FAILED:
        snprintf(text, sizeof text, "\xe2\x9c\x97 no connection: %.200s", remote_error(r)->text);
        sign(s, ROLE_STATUS_ALERT, text);
        return;
    case LINK_DOWN:
        break;
    }
    if (pending)
        snprintf(wait, sizeof wait, ", %zu byte%s typed wait", pending, pending == 1 ? "" : "s");
    snprintf(text, sizeof text, "\xe2\x9c\x97 connection lost %s, trying again%s",
             clock_format_span(span, lost_ms), wait);
    sign(s, ROLE_STATUS_ALERT, text);
    view_tick(s->sh->view, 1000 - lost_ms % 1000);
}

static void sign_scroll(struct signs *s)
{
    cleanup_buf struct buf text = {0};

    if (!copy_is_on(&s->sh->copy))
        return;
    copy_sign(&s->sh->copy, &text);
    sign(s, ROLE_STATUS, text.data);
}

/* Somebody else's size, when it is not what this pane would make it. */
static void sign_size(struct signs *s)
{
    const struct term *t = shell_term(s->sh);
    bool cut = s->c.rows < term_rows(t) || s->c.cols < term_cols(t);
    bool other = !s->sh->observe && !s->sh->join && !attachment_sizes(s->sh->attachment) &&
                 (s->c.rows != term_rows(t) || s->c.cols != term_cols(t));
    char text[96];

    if (shell_ended(s->sh) || (!cut && !other))
        return;
    int n = snprintf(text, sizeof text, "its size is %dx%d", term_cols(t), term_rows(t));
    if (s->c.rows < SIZE_SIGN_ROWS || n + 2 > s->c.cols)
        return; /* the title says it, too */
    const char *way = other                   ? ", typing fits it here"
                      : s->sh->pan_held       ? ", G follows the cursor"
                      : s->sh->observe && cut ? ", arrows move"
                                              : "";
    if (n + 2 + text_width(way) <= s->c.cols)
        snprintf(text + n, sizeof text - (size_t)n, "%s", way);
    sign(s, ROLE_STATUS, text);
}

static void sign_rest(struct signs *s)
{
    int64_t refused_ms = clock_mono_ms() - s->sh->refused_at_ms;

    if (s->sh->refused_at_ms && refused_ms < REFUSED_MS) {
        sign(s, ROLE_STATUS_ALERT, "\xe2\x9c\x97 not sent: too much is waiting already");
        view_tick(s->sh->view, REFUSED_MS - refused_ms);
    }
    /* Title or status line and the borders say it, too: a narrow pane keeps its text. */
    if (s->c.cols >= BROADCAST_SIGN_COLS && broadcast_reaches(s->sh->env, s->sh->attachment)) {
        char text[64 + BROADCAST_COUNT_SIZE], count[BROADCAST_COUNT_SIZE];

        snprintf(text, sizeof text, "\xe2\x87\xb6 typing goes to %s",
                 broadcast_count_text(s->sh->env, " terminals", count));
        sign(s, ROLE_STATUS_ALERT, text);
    }
    if (s->sh->observe)
        sign(s, ROLE_STATUS, "watching, keys are not sent");
    if (s->sh->join) {
        char text[64], prefix[KEY_NAME_SIZE];

        snprintf(text, sizeof text, "\xe2\x87\x84 taking part, %s e leaves",
                 key_name(prefix, s->sh->env->prefix));
        sign(s, ROLE_STATUS_ALERT, text);
    }
    sign_size(s);
}

/* --- messages --- */

/* At the end away from the cursor, where nothing stands yet or what is oldest. Returns how many
 * rows at the top are taken. */
static int draw_message(struct shell *sh, struct canvas c)
{
    const struct style style = tui_theme(sh->view->tui)->styles[ROLE_STATUS_ALERT];
    struct view_cursor cursor = shell_cursor(sh->view);
    size_t n = bulletin_unread(sh->bulletin);
    int y = cursor.visible && cursor.row < c.rows / 2 && !shell_ended(sh) ? c.rows - 1 : 0;
    cleanup_buf struct buf line = {0}, rest = {0};
    char prefix[KEY_NAME_SIZE], key[24];

    sh->message_line = n && c.rows >= MESSAGE_ROWS ? y + 1 : 0;
    if (!sh->message_line)
        return 0;
    buf_append_str(&line, "\xc2\xbb ");
    bulletin_line(sh->bulletin, &line);
    if (n > 1)
        buf_printf(&rest, "+%zu  ", n - 1);
    if (c.cols >= MESSAGE_HINT_COLS)
        buf_printf(&rest, "%s %s reads", key_name(prefix, sh->env->prefix),
                   notice_key(sh->view, "prefix", "messages", key, sizeof key));
    int w = rest.len ? text_width(rest.data) + 1 : 0;
    canvas_fill(c, (struct rect){y, 0, 1, c.cols}, style);
    canvas_label(c, y, 1, c.cols - 2 - w, style, line.data);
    if (w)
        canvas_text(c, y, c.cols - w, w, style, rest.data);
    return y == 0;
}

static void draw_ended(struct shell *sh, struct canvas c)
{
    const struct style style = tui_theme(sh->view->tui)->styles[ROLE_STATUS_ALERT];
    bool gone = shell_sandbox_gone(sh);
    const char *keys = gone                               ? "Enter sandboxes  x close"
                       : sh->env->readonly || sh->observe ? "x close"
                       : c.cols < 28                      ? "Enter new  x close"
                                                          : "Enter new shell  x close";
    /* Its host said first that it closed the terminal. */
    cleanup_free char *why =
        gone ? xasprintf("\xe2\x96\xa0 %s is gone: deleted, or its time ran out", shell_name(sh))
             : xasprintf("\xe2\x96\xa0 %s", attachment_ended(sh->attachment));
    int y = c.rows - 1, keys_w = text_width(keys), why_w = text_width(why);

    canvas_fill(c, (struct rect){y, 0, 1, c.cols}, style);
    if (why_w + keys_w + 4 > c.cols && y > 0) {
        canvas_fill(c, (struct rect){y - 1, 0, 1, c.cols}, style);
        canvas_label(c, y - 1, 1, c.cols - 2, style, why);
        canvas_label(c, y, 1, c.cols - 2, style, keys);
        return;
    }
    canvas_label(c, y, 1, c.cols - 2, style, why);
    canvas_text(c, y, c.cols - 1 - keys_w, keys_w, style, keys);
}

/* --- without a terminal --- */
static void draw_waiting(struct shell *sh, struct canvas c)
{
    int64_t waited = clock_mono_ms() - sh->since_ms;
    char span[CLOCK_SPAN_SIZE], line[320];

    if (waited < PROGRESS_AFTER_MS) {
        view_tick(sh->view, PROGRESS_AFTER_MS - waited);
        return;
    }
    snprintf(line, sizeof line, "\xe2\x80\xa6 %s %s  %s  Esc cancels",
             sh->phase == SHELL_CREATING ? "opening a shell in" : "looking into", shell_name(sh),
             clock_format_span(span, waited));
    canvas_label(c, 0, 0, c.cols, tui_theme(sh->view->tui)->styles[ROLE_DIM], line);
    view_tick(sh->view, 1000 - waited % 1000);
}

static void draw_failed(struct shell *sh, struct canvas c)
{
    const struct style *styles = tui_theme(sh->view->tui)->styles;
    int w = c.cols < 74 ? c.cols - 2 : 72, y = c.rows > 8 ? c.rows / 3 : 0;
    cleanup_free char *line =
        xasprintf("\xe2\x9c\x97 No shell in %s: %s", shell_name(sh), sh->error.text);
    struct rect r = {y, (c.cols - w) / 2, c.rows - y, w};
    r.y += wrap_draw(c, r, styles[ROLE_BAD], line);
    r.h = c.rows - r.y;
    if (*sh->error.hint) {
        r.y += wrap_draw(c, r, styles[ROLE_TEXT], sh->error.hint);
        r.h = c.rows - r.y;
    }
    bool gone = sh->error.code == ERR_NOT_FOUND && shell_sandbox_gone(sh);
    if (gone) {
        r.y += wrap_draw(c, r, styles[ROLE_TEXT],
                         "It was deleted, or its time ran out; its shells and files went with it.");
        r.h = c.rows - r.y;
    }
    wrap_draw(c, r, styles[ROLE_DIM],
              gone                ? "Enter shows the sandboxes, x closes this pane"
              : shell_missing(sh) ? "Enter opens a new one, x closes this pane"
                                  : "Enter tries again, x closes this pane");
}

void shell_draw(struct view *v, struct canvas c)
{
    struct shell *sh = v->data;
    struct signs signs = {.sh = sh, .c = c};

    if (sh->phase == SHELL_FAILED) {
        draw_failed(sh, c);
        return;
    }
    if (sh->phase != SHELL_LIVE) {
        draw_waiting(sh, c);
        return;
    }
    draw_screen(sh, c);
    signs.y = draw_message(sh, c);
    attachment_seen(sh->attachment, tui_focused(v->tui) == v);
    if (!shell_ended(sh))
        sign_link(&signs);
    sign_scroll(&signs);
    sign_rest(&signs);
    if (shell_ended(sh))
        draw_ended(sh, c);
}

struct view_cursor shell_cursor(struct view *v)
{
    const struct shell *sh = v->data;

    if (sh->phase == SHELL_LIVE && copy_is_on(&sh->copy))
        return copy_cursor(&sh->copy);
    if (sh->phase != SHELL_LIVE || shell_ended(sh))
        return (struct view_cursor){0};
    struct term_cursor cursor = term_cursor(shell_term(sh));
    predict_cursor(attachment_predict(sh->attachment), &cursor.row, &cursor.col);
    int row = cursor.row - sh->pan_row, col = cursor.col - sh->pan_col;
    bool inside = row >= 0 && row < v->rows && col >= 0 && col < v->cols;
    return (struct view_cursor){cursor.visible && inside, row, col, (int)cursor.shape};
}

/* --- status line --- */

/* One's own name first, which the host says in a moment, too. */
static void write_company(const struct shell *sh, struct buf *out)
{
    const char *with = company_of(sh->company, attachment_id(sh->attachment));
    char person[WALL_PERSON_SIZE] = "";
    size_t n_people = 0;

    if (sh->join)
        wall_person(person);
    if (*person || *with)
        buf_printf(out, " \xe2\x87\x84 %s", person);
    n_people += *person != '\0';
    for (size_t n; *with; with += n) {
        with += strspn(with, ", ");
        n = strcspn(with, ",");
        if (!n || (n == strlen(person) && strncmp(with, person, n) == 0))
            continue;
        buf_printf(out, "%s%.*s", n_people++ ? ", " : "", (int)n, with);
    }
    if (n_people)
        buf_append_str(out, n_people == 1 ? " takes part" : " take part");
}

/* What its program calls itself, before it what runs when that does not say so. */
static void write_program(const struct shell *sh, struct buf *out)
{
    const char *title = term_title(shell_term(sh)) ? term_title(shell_term(sh)) : "";
    cleanup_free char *cut = xstrndup(title, text_prefix(title, PROGRAM_COLS));
    const char *command = company_command_beside(sh->company, attachment_id(sh->attachment), cut);

    if (*command)
        buf_printf(out, " \xe2\x96\xb8%.*s", (int)text_prefix(command, PROGRAM_COLS), command);
    if (*cut)
        buf_printf(out, " %s%s", cut, strlen(cut) < strlen(title) ? "\xe2\x80\xa6" : "");
}

/* What shows is not what is there now; also where somebody looks. */
static bool write_standing(const struct shell *sh, struct buf *out)
{
    enum link_state link = remote_state(attachment_remote(sh->attachment));

    if (shell_ended(sh))
        buf_append_str(out, " \xe2\x96\xa0 ended");
    else if (link == LINK_DOWN)
        buf_append_str(out, " \xe2\x9c\x97 lost");
    else if (link == LINK_FAILED)
        buf_append_str(out, " \xe2\x9c\x97 no connection");
    return !shell_ended(sh) && link == LINK_UP;
}

void shell_title(struct view *v, struct buf *out)
{
    struct shell *sh = v->data;
    char count[BROADCAST_COUNT_SIZE];

    buf_append_str(out, shell_name(sh));
    if (sh->phase != SHELL_LIVE)
        return;
    bool live = write_standing(sh, out);
    size_t n_unread = bulletin_unread(sh->bulletin);
    if (n_unread)
        buf_printf(out, " \xc2\xbb %zu message%s", n_unread, n_unread == 1 ? "" : "s");
    write_company(sh, out);
    if (broadcast_reaches(sh->env, sh->attachment))
        buf_printf(out, " \xe2\x87\xb6 BROADCAST %s", broadcast_count_text(sh->env, "", count));
    else if (attachment_is_marked(sh->attachment))
        buf_append_str(out, " \xe2\x97\x86 marked");
    const struct recorder *recorder = attachment_recorder(sh->attachment);
    if (recorder)
        buf_append_str(out, recorder_paused(recorder) ? " \xe2\x80\x96 REC paused"
                                                      : " \xe2\x97\x8f REC");
    int64_t round_trip = remote_round_trip_us(attachment_remote(sh->attachment));
    write_program(sh, out);
    buf_printf(out, " %dx%d", term_cols(shell_term(sh)), term_rows(shell_term(sh)));
    /* Whole milliseconds: a figure that changed with every key would cost more than the echo. */
    if (live && round_trip >= 0 && round_trip < 1000)
        buf_append_str(out, " <1ms");
    else if (live && round_trip >= 0)
        buf_printf(out, " %lldms", (long long)(round_trip / 1000));
    if (!sh->observe && attachment_predicts(sh->attachment))
        buf_append_str(out, " \xe2\x89\x88 predicting");
}

void shell_hints(struct view *v, struct buf *out)
{
    const struct shell *sh = v->data;
    char prefix[KEY_NAME_SIZE];

    if (sh->copy.prompting) {
        buf_append_str(out, "Enter go  Esc clear");
    } else if (copy_is_on(&sh->copy)) {
        notice_hint(v, out, "copy", "copy-leave", "back");
        notice_hint(v, out, "copy", "copy-search", "search");
        notice_hint(v, out, "copy", "copy-select", "select");
        notice_hint(v, out, "copy", "copy-yank", "copy");
    } else if (sh->phase == SHELL_LIVE && sh->observe) {
        notice_hint(v, out, "copy", "copy-leave", "back");
        if (!sh->env->readonly)
            notice_hint(v, out, "copy", "copy-insert", "take part");
    } else {
        buf_printf(out, "%s keys", key_name(prefix, sh->env->prefix));
    }
}
