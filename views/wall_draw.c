/* SPDX-License-Identifier: MIT
 *
 * A tile: a line that says whose terminal it is and how it stands, below it the terminal as it is:
 * the part around the cursor, or all of it in small. Rendered into the tile's own cells when it
 * changed; the view copies them.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/notice.h"
#include "views/recorder.h"
#include "views/wall_internal.h"
#include "views/wall_overview.h"
#include "views/wall_travel.h"

#define NAME_MIN 7

/* --- the line above --- */

/* Signs at the right end, the most important first; what does not fit is left out. */
struct signs {
    char text[160];
    int room;
};

static bool add_sign(struct signs *s, const char *sign)
{
    int w = text_width(sign), have = text_width(s->text);
    size_t n = strlen(s->text);

    if (!*sign || have + w + 1 > s->room || n + strlen(sign) + 2 > sizeof s->text)
        return false;
    snprintf(s->text + n, sizeof s->text - n, " %s", sign);
    return true;
}

static void add_attention(struct signs *s, const struct wall_tile *t)
{
    char sign[64], with_age[96], age[ATTENTION_AGE_SIZE] = "";
    bool is_idle = t->attention.n && t->attention.reasons[0].kind == ATTENTION_IDLE;

    attention_sign(&t->attention, sign, sizeof sign);
    if (t->attention.n && t->attention.reasons[0].kind == ATTENTION_HAND)
        attention_age(age, t->facts.a.hand_ms, clock_mono_ms(), NULL);
    snprintf(with_age, sizeof with_age, "%s %s", sign, is_idle ? t->idle : age);
    if (!(is_idle || *age) || !add_sign(s, with_age)) {
        if (*sign && text_width(sign) + 1 > s->room)
            sign[strcspn(sign, " ")] = '\0';
        add_sign(s, sign);
    }
    if (!is_idle && *t->idle) {
        snprintf(with_age, sizeof with_age, "idle %s", t->idle);
        add_sign(s, with_age);
    }
}

static void add_viewers(struct signs *s, const struct wall_tile *t)
{
    /* This wall is one of those who see it. */
    int others = t->facts.a.n_viewers - (t->attachment != NULL);
    char sign[32];

    if (others <= 0)
        return;
    snprintf(sign, sizeof sign, "%d see%s", others, others == 1 ? "s" : "");
    add_sign(s, sign);
}

static void collect_signs(struct signs *s, const struct wall_tile *t)
{
    const struct activity *a = &t->facts.a;
    char sign[64];

    if (t->gone_at_ms) {
        add_sign(s, "\xe2\x96\xa0 ended");
        return;
    }
    if (*t->stale) {
        snprintf(sign, sizeof sign, "\xe2\x9c\x97 stale %s", t->stale);
        add_sign(s, sign);
    }
    add_attention(s, t);
    if (*t->frozen) {
        snprintf(sign, sizeof sign, "\xe2\x9d\x84 frozen %s", t->frozen);
        add_sign(s, sign);
    }
    if (t->attachment && attachment_recorder(t->attachment))
        add_sign(s, "\xe2\x97\x8f REC");
    if (a->n_commands && a->last_exit && !a->command_ms) {
        snprintf(sign, sizeof sign, "exit %d", a->last_exit);
        add_sign(s, sign);
    }
    if (*a->with) {
        char with[ACTIVITY_TEXT_MAX + 32];

        snprintf(with, sizeof with, "\xe2\x87\x84 %s", a->with);
        add_sign(s, with);
    }
    if (a->command_ms && *a->command) {
        snprintf(sign, sizeof sign, "\xe2\x96\xb8%.40s", a->command);
        add_sign(s, sign);
    }
    add_viewers(s, t);
}

static enum role header_role(const struct wall_tile *t)
{
    if (t == t->wall->selected)
        return ROLE_SELECTED;
    if (t->attention.score >= ATTENTION_NEEDED)
        return ROLE_STATUS_ALERT;
    return t->marked ? ROLE_MARKED : ROLE_STATUS;
}

const char *wall_tile_label(const struct wall_tile *t)
{
    const char *slash = t->wall->one_ns ? strchr(t->name, '/') : NULL;

    return slash && slash[1] ? slash + 1 : t->name;
}

static void draw_header(const struct wall_tile *t, struct canvas c)
{
    const struct style style = tui_theme(t->wall->view->tui)->styles[header_role(t)];
    const char *lead = t == t->wall->selected ? "\xe2\x96\xb6" : "";
    const char *mark = t->marked ? "\xe2\x97\x86" : "";
    cleanup_free char *name = xasprintf("%s%s%s", lead, mark, wall_tile_label(t));
    int name_w = text_width(name), keep = c.cols / 2 > NAME_MIN ? c.cols / 2 : NAME_MIN;
    struct signs signs = {.room = c.cols - (name_w < keep ? name_w : keep)};

    collect_signs(&signs, t);
    int signs_w = text_width(signs.text);
    /* Where there is room they do not touch the name of the next tile. */
    int end = c.cols - (name_w + signs_w < c.cols);

    canvas_fill(c, (struct rect){0, 0, 1, c.cols}, style);
    canvas_label(c, 0, 0, end - signs_w, style, name);
    canvas_text(c, 0, end - signs_w, signs_w, style, signs.text);
}

/* --- the terminal --- */

static int clamp(int value, int most)
{
    value = value < most ? value : most;
    return value > 0 ? value : 0;
}

/* The cursor's line is the lowest unless there is more below that fits. */
static void draw_text(const struct wall_tile *t, struct canvas c, const struct term *term)
{
    struct term_cursor cursor = term_cursor(term);
    int row = clamp(cursor.row - c.rows + 1, term_rows(term) - c.rows);
    int col = clamp(cursor.col - c.cols + 1, term_cols(term) - c.cols);

    /* A program that paints the whole screen has its matter on both sides of the cursor. */
    if (term_modes(term).alternate_screen)
        row = clamp(cursor.row - c.rows / 2, term_rows(term) - c.rows);
    for (int y = 0; y < c.rows && y + row < term_rows(term); y++)
        canvas_cells(c, y, -col, term_row(term, y + row), term_cols(term));
    if (cursor.visible)
        canvas_restyle(c, (struct rect){cursor.row - row, cursor.col - col, 1, 1},
                       (struct style){.attrs = ATTR_REVERSE});
}

/* By the smallest tile of the page, so that all look alike. */
static bool is_small(const struct wall *w, const struct term *term)
{
    int rows = w->grid.height / w->grid.rows - 1, cols = w->grid.width / w->grid.cols - 1;

    if (w->look != WALL_LOOK_FITTING)
        return w->look == WALL_LOOK_SMALL;
    return (cols < WALL_TEXT_COLS && cols < term_cols(term)) ||
           (rows < WALL_TEXT_ROWS && rows < term_rows(term));
}

/* Over the last line of what it showed last. */
static void draw_why_gone(const struct wall_tile *t, struct canvas c)
{
    char says[160];

    snprintf(says, sizeof says, "\xe2\x96\xa0 %s", t->gone_why);
    canvas_label(c, c.rows - 1, 0, c.cols, tui_theme(t->wall->view->tui)->styles[ROLE_STATUS],
                 says);
}

static void draw_body(const struct wall_tile *t, struct canvas c)
{
    const struct style *styles = tui_theme(t->wall->view->tui)->styles;
    const struct term *term = wall_tile_term(t);
    char says[160];

    if (term && *t->terminal_id) {
        if (is_small(t->wall, term))
            wall_overview_draw(c, term);
        else
            draw_text(t, c, term);
        if (term_modes(term).reverse_video)
            canvas_restyle(c, (struct rect){0, 0, c.rows, c.cols},
                           (struct style){.attrs = ATTR_REVERSE});
        if (t->gone_at_ms)
            draw_why_gone(t, c);
        return;
    }
    if (t->wall->travel_ms && *t->terminal_id)
        snprintf(says, sizeof says, "nothing was kept of that time");
    else if (t->gone_at_ms)
        snprintf(says, sizeof says, "\xe2\x96\xa0 %s", t->gone_why);
    else if (*t->terminal_id)
        snprintf(says, sizeof says, "\xe2\x80\xa6");
    else
        wall_source_says(t->source, says, sizeof says);
    notice_centred(c, c.rows / 3, styles[ROLE_DIM], says);
}

size_t wall_tile_render(struct wall_tile *t)
{
    size_t n = (size_t)t->place.h * (size_t)t->place.w, n_changed = 0;
    cleanup_free struct cell *cells = xcalloc(n ? n : 1, sizeof *cells);
    struct canvas c = {cells, t->place.w, t->place.h, t->place.w};

    t->dirty = false;
    if (!n)
        return 0;
    /* The last column is the gap to the next tile. */
    draw_header(t, canvas_sub(c, (struct rect){0, 0, 1, c.cols - 1}));
    draw_body(t, canvas_sub(c, (struct rect){1, 0, c.rows - 1, c.cols - 1}));
    if (t->n_cells != n) {
        n_changed = n;
    } else {
        for (size_t i = 0; i < n; i++)
            n_changed += !cell_equal(&cells[i], &t->cells[i]);
    }
    free(t->cells);
    t->cells = steal_pointer(&cells);
    t->n_cells = n;
    return n_changed;
}

/* --- the page --- */

int wall_footer_rows(const struct wall *w, int rows)
{
    return (rows >= 8) + (w->travel_ms != 0);
}

/* Why the selected one stands where it stands. */
static void draw_reasons(const struct wall *w, struct canvas c)
{
    const struct wall_tile *t = w->selected;
    const struct style *styles = tui_theme(w->view->tui)->styles;
    cleanup_buf struct buf line = {0};
    char says[160];

    if (!t)
        return;
    buf_append_str(&line, wall_tile_label(t));
    if (t->gone_at_ms)
        buf_printf(&line, "  \xe2\x96\xa0 %s", t->gone_why);
    else if (!*t->terminal_id)
        buf_printf(&line, "  %s", wall_source_says(t->source, says, sizeof says));
    for (size_t i = 0; i < t->attention.n; i++)
        buf_printf(&line, "%s%s", i ? "; " : "  ", t->attention.reasons[i].text);
    if (!t->attention.n && wall_tile_is_live(t))
        buf_printf(&line, "  %s", *t->facts.a.command ? t->facts.a.command : t->facts.a.title);
    canvas_label(c, 0, 0, c.cols,
                 styles[t->attention.score >= ATTENTION_NEEDED ? ROLE_WARN : ROLE_DIM], line.data);
}

static void draw_empty(const struct wall *w, struct canvas c)
{
    const struct theme *theme = tui_theme(w->view->tui);

    if (w->n_tiles)
        notice_empty(c, theme, "Nobody needs somebody now", "! shows all tiles");
    else if (gateway_state(w->env->gateway) != LINK_UP)
        notice_error(w->view, c, gateway_error(w->env->gateway));
    else if (w->ids)
        notice_empty(c, theme, "These sandboxes are gone", "q goes back");
    else
        notice_empty(c, theme, "There is no sandbox to show",
                     "q goes back to the list, where n makes one");
}

void wall_draw(struct wall *w, struct canvas c)
{
    int foot = wall_footer_rows(w, c.rows), y = c.rows - foot;
    struct wall_tile *t;

    if (!w->n_order) {
        draw_empty(w, canvas_sub(c, (struct rect){0, 0, y, c.cols}));
        return;
    }
    if (!wall_page_size(w)) {
        notice_centred(c, c.rows / 2, tui_theme(w->view->tui)->styles[ROLE_DIM],
                       "too small for tiles");
        return;
    }
    TAILQ_FOREACH (t, &w->tiles, link) {
        if (!t->on_page || !t->n_cells)
            continue;
        for (int i = 0; i < t->place.h; i++)
            canvas_cells(c, t->place.y + i, t->place.x, &t->cells[(size_t)i * (size_t)t->place.w],
                         t->place.w);
    }
    if (w->travel_ms) {
        wall_travel_draw(w, canvas_sub(c, (struct rect){y, 0, 1, c.cols}));
        view_tick(w->view, 1000);
    }
    if (c.rows >= 8)
        draw_reasons(w, canvas_sub(c, (struct rect){c.rows - 1, 0, 1, c.cols}));
}
