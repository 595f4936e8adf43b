/* SPDX-License-Identifier: MIT */
#include "tui/list.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/tui.h"

#define COUNT_MIN_COLS 14 /* beside a count, for the pattern */

void list_init(struct list *l, const struct table_source *source)
{
    *l = (struct list){0};
    table_init(&l->table, source);
    l->prompt.history = &l->history;
}

void list_finish(struct list *l)
{
    table_finish(&l->table);
    filter_finish(&l->filter);
    prompt_finish(&l->prompt);
    prompt_history_finish(&l->history);
}

void list_update(struct list *l, struct view *v, uint64_t revision)
{
    int64_t now = clock_mono_ms(), thaw;

    table_update(&l->table, revision, now);
    thaw = table_thaw_at_ms(&l->table);
    if (thaw)
        view_tick(v, thaw - now);
}

/* --- drawing --- */

static bool has_line(const struct list *l)
{
    return l->prompting || filter_active(&l->filter) || l->filter.error[0];
}

int list_rows(const struct list *l, int rows)
{
    return rows - has_line(l);
}

static void draw_line(struct list *l, struct canvas c, const struct theme *theme, size_t n_known)
{
    const struct style *styles = theme->styles;
    const char *error = l->filter.error;
    char count[64];
    int y = c.rows - 1;

    snprintf(count, sizeof count, "%zu of %zu", l->table.n_rows, n_known);
    const char *right = *error ? error : count;
    int w = text_width(right);
    bool has_room = c.cols > w + COUNT_MIN_COLS;
    int room = c.cols - 2 - (has_room ? w + 2 : 0);

    canvas_text(c, y, 0, 1, styles[ROLE_KEY], "/");
    if (l->prompting)
        prompt_draw(&l->prompt, c, y, 1, room, styles[ROLE_INPUT]);
    else
        canvas_label(c, y, 1, room, styles[ROLE_MATCH], l->filter.text);
    if (has_room)
        canvas_text(c, y, c.cols - w, w, styles[*error ? ROLE_ERROR : ROLE_DIM], right);
}

struct canvas list_draw(struct list *l, struct canvas c, const struct theme *theme, size_t n_known)
{
    struct canvas body = canvas_sub(c, (struct rect){.h = list_rows(l, c.rows), .w = c.cols});

    if (l->table.n_rows)
        table_draw(&l->table, body, theme);
    if (has_line(l))
        draw_line(l, c, theme, n_known);
    return l->table.n_rows ? (struct canvas){0} : body;
}

struct view_cursor list_cursor(const struct list *l, int rows)
{
    if (!l->prompting)
        return (struct view_cursor){0};
    cleanup_free char *before = xstrndup(prompt_text(&l->prompt), l->prompt.cursor);
    return (struct view_cursor){true, rows - 1, 1 + text_width(before) - l->prompt.scroll, 2};
}

void list_title(const struct list *l, struct buf *out)
{
    if (l->table.n_rows)
        buf_printf(out, " %zu/%zu", table_position(&l->table), l->table.n_rows);
    if (l->table.n_marked)
        buf_printf(out, " *%zu marked", l->table.n_marked);
    if (l->table.held)
        buf_append_str(out, " \xe2\x80\x96 held");
}

bool list_hints(const struct list *l, struct buf *out)
{
    if (l->prompting)
        buf_append_str(out, "Enter keep  Esc clear");
    return l->prompting;
}

/* --- filter --- */

static void apply_filter(struct list *l)
{
    filter_set(&l->filter, prompt_text(&l->prompt));
    l->table.filter = &l->filter;
    table_refilter(&l->table);
}

void list_set_filter(struct list *l, const char *text)
{
    prompt_set(&l->prompt, text);
    l->prompting = false;
    apply_filter(l);
}

static void clear_filter(struct list *l)
{
    list_set_filter(l, "");
}

static enum view_result prompt_answer(struct list *l, enum prompt_result result)
{
    switch (result) {
    case PROMPT_CHANGED:
        apply_filter(l);
        break;
    case PROMPT_ACCEPT:
        /* A broken pattern stays open: what was typed is not lost, and is not in force. */
        if (l->filter.error[0])
            break;
        prompt_history_add(&l->history, prompt_text(&l->prompt));
        l->prompting = false;
        /* The next key, typed at once, means a row that the filter shows. */
        table_update(&l->table, l->table.revision, clock_mono_ms());
        break;
    case PROMPT_CANCEL:
        clear_filter(l);
        break;
    default:
        break;
    }
    return VIEW_HANDLED;
}

bool list_grabs_keys(const struct list *l)
{
    return l->prompting;
}

enum view_result list_key(struct list *l, struct key key)
{
    table_touch(&l->table, clock_mono_ms());
    if (!l->prompting)
        return VIEW_IGNORED;
    /* One line has no use for up and down but the rows below it. */
    if (key.code == KEY_PAGE_DOWN || key.code == KEY_PAGE_UP)
        return table_act(&l->table, key.code == KEY_PAGE_UP ? "list-page-up" : "list-page-down",
                         clock_mono_ms())
                   ? VIEW_HANDLED
                   : VIEW_IGNORED;
    return prompt_answer(l, prompt_key(&l->prompt, key));
}

enum view_result list_paste(struct list *l, const char *text, size_t n)
{
    return l->prompting ? prompt_answer(l, prompt_paste(&l->prompt, text, n)) : VIEW_IGNORED;
}

/* --- actions --- */

enum view_result list_act(struct list *l, const char *action)
{
    table_touch(&l->table, clock_mono_ms());
    if (table_act(&l->table, action, clock_mono_ms()))
        return VIEW_HANDLED;
    if (strcmp(action, "escape") == 0 && has_line(l)) {
        clear_filter(l);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "list-filter") == 0) {
        l->prompting = true;
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

enum view_result list_mouse(struct list *l, struct mouse mouse, bool *open)
{
    int result = table_mouse(&l->table, mouse, clock_mono_ms());

    *open = result == 2;
    return result ? VIEW_HANDLED : VIEW_IGNORED;
}
