/* SPDX-License-Identifier: MIT
 *
 * Home: the gateway's sandboxes, live. The gateway's model is asked anew in update; nothing of it
 * is kept here but ids.
 */
#include "views/sandboxes.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

/* Below this, headings would cost more rows than they explain. */
#define GROUP_MIN_ROWS 9

static const char *const contexts[] = {"sandboxes", "list", "motion", NULL};

static void on_gateway(void *user)
{
    struct sandboxes *s = user;

    view_damage(s->view);
}

static void close_view(struct view *v)
{
    struct sandboxes *s = v->data;

    views_unlisten(&s->listener);
    if (s->env->state->sandboxes == v)
        s->env->state->sandboxes = NULL;
    terminal_lookup_destroy(s->lookup);
    table_finish(&s->table);
    filter_finish(&s->filter);
    prompt_finish(&s->prompt);
    prompt_history_finish(&s->history);
    free(s->only_ns);
    free(s->select_id);
    free(s);
}

static bool has_filter_line(const struct sandboxes *s)
{
    return s->prompting || filter_active(&s->filter) || s->filter.error[0];
}

static void count_known(struct sandboxes *s)
{
    struct gateway *g = s->env->gateway;
    size_t n = gateway_count(g);

    s->n_known = 0;
    for (size_t i = 0; i < n; i++)
        s->n_known += !gateway_at(g, i)->gone;
    /* What went has no row here; with it go its marks. */
    if (s->n_known < n)
        gateway_forget_gone(g);
}

static void update(struct view *v, int rows, int cols)
{
    struct sandboxes *s = v->data;
    int64_t now = clock_mono_ms();
    bool grouped = rows >= GROUP_MIN_ROWS;

    if (grouped != s->table.grouped) {
        s->table.grouped = grouped;
        table_invalidate(&s->table);
    }
    count_known(s);
    table_update(&s->table, gateway_revision(s->env->gateway), now);
    if (s->select_id && table_select(&s->table, s->select_id)) {
        free(s->select_id);
        s->select_id = NULL;
    }
    int64_t thaw = table_thaw_at_ms(&s->table);
    if (thaw)
        view_tick(v, thaw - now);
}

static void draw_filter(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    char count[64];
    int y = c.rows - 1;

    snprintf(count, sizeof count, "%zu of %zu", s->table.n_rows, s->n_known);
    const char *right = s->filter.error[0] ? s->filter.error : count;
    int w = text_width(right);
    int room = c.cols - 2 - (c.cols > w + 14 ? w + 2 : 0);

    canvas_text(c, y, 0, 1, styles[ROLE_KEY], "/");
    if (s->prompting)
        prompt_draw(&s->prompt, c, y, 1, room, styles[ROLE_INPUT]);
    else
        canvas_label(c, y, 1, room, styles[ROLE_MATCH], s->filter.text);
    if (c.cols > w + 14)
        canvas_text(c, y, c.cols - w, w, styles[s->filter.error[0] ? ROLE_ERROR : ROLE_DIM], right);
}

static void draw(struct view *v, struct canvas c)
{
    struct sandboxes *s = v->data;
    int top = sandbox_banner_height(s, c.rows), bottom = has_filter_line(s);
    struct canvas body = canvas_sub(c, (struct rect){top, 0, c.rows - top - bottom, c.cols});

    s->now_ms = clock_wall_ms();
    s->change_ms = 0;
    if (top)
        sandbox_banner_draw(s, canvas_sub(c, (struct rect){0, 0, top, c.cols}));
    if (s->table.n_rows)
        table_draw(&s->table, body, tui_theme(v->tui));
    else
        sandbox_empty_draw(s, body);
    if (bottom)
        draw_filter(s, c);
    if (s->change_ms)
        view_tick(v, s->change_ms);
}

/* --- filter --- */
static void apply_filter(struct sandboxes *s)
{
    filter_set(&s->filter, prompt_text(&s->prompt));
    s->table.filter = &s->filter;
    table_invalidate(&s->table);
}

static void clear_filter(struct sandboxes *s)
{
    prompt_set(&s->prompt, "");
    s->prompting = false;
    apply_filter(s);
}

static bool grabs_keys(struct view *v)
{
    return ((struct sandboxes *)v->data)->prompting;
}

static enum view_result prompt_answer(struct sandboxes *s, enum prompt_result result)
{
    switch (result) {
    case PROMPT_CHANGED:
        apply_filter(s);
        break;
    case PROMPT_ACCEPT:
        /* A broken pattern stays open: what was typed is not lost, and is not in force. */
        if (s->filter.error[0])
            break;
        prompt_history_add(&s->history, prompt_text(&s->prompt));
        s->prompting = false;
        break;
    case PROMPT_CANCEL:
        clear_filter(s);
        break;
    default:
        break;
    }
    return VIEW_HANDLED;
}

static enum view_result on_key(struct view *v, struct key key)
{
    struct sandboxes *s = v->data;

    table_touch(&s->table, clock_mono_ms());
    if (!s->prompting)
        return VIEW_IGNORED;
    /* One line has no use for up and down but the rows below it. */
    if (key.code == KEY_PAGE_DOWN || key.code == KEY_PAGE_UP)
        return table_act(&s->table, key.code == KEY_PAGE_UP ? "list-page-up" : "list-page-down",
                         clock_mono_ms())
                   ? VIEW_HANDLED
                   : VIEW_IGNORED;
    return prompt_answer(s, prompt_key(&s->prompt, key));
}

static enum view_result on_paste(struct view *v, const char *text, size_t n)
{
    struct sandboxes *s = v->data;

    return s->prompting ? prompt_answer(s, prompt_paste(&s->prompt, text, n)) : VIEW_IGNORED;
}

static struct view_cursor cursor(struct view *v)
{
    struct sandboxes *s = v->data;

    if (!s->prompting)
        return (struct view_cursor){0};
    cleanup_free char *before = xstrndup(prompt_text(&s->prompt), s->prompt.cursor);
    return (struct view_cursor){true, v->rows - 1, 1 + text_width(before) - s->prompt.scroll, 2};
}

/* --- actions --- */
static void toggle_namespace(struct sandboxes *s)
{
    const struct sandbox *selected = sandbox_rows_selected(s);
    bool all = s->only_ns != NULL;

    free(s->only_ns);
    s->only_ns = all || !selected ? NULL : xstrdup(selected->info.ns);
    table_invalidate(&s->table);
}

static enum view_result on_escape(struct sandboxes *s)
{
    if (!has_filter_line(s))
        return VIEW_IGNORED;
    clear_filter(s);
    return VIEW_HANDLED;
}

static enum view_result act(struct view *v, const char *action)
{
    struct sandboxes *s = v->data;
    bool needs_row;

    table_touch(&s->table, clock_mono_ms());
    if (table_act(&s->table, action, clock_mono_ms()))
        return VIEW_HANDLED;
    if (strcmp(action, "escape") == 0)
        return on_escape(s);
    if (strcmp(action, "list-filter") == 0) {
        s->prompting = true;
        return VIEW_HANDLED;
    }
    if (strcmp(action, "sandbox-namespaces") == 0) {
        toggle_namespace(s);
        return VIEW_HANDLED;
    }
    sandbox_verb verb = sandbox_verb_find(action, &needs_row);
    if (!verb)
        return VIEW_IGNORED;
    const struct sandbox *selected = sandbox_rows_selected(s);
    if (needs_row && !selected) {
        tui_toast(v->tui, ROLE_WARN, "There is no sandbox to do that with");
        return VIEW_HANDLED;
    }
    return verb(s, selected);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    struct sandboxes *s = v->data;

    mouse.row -= sandbox_banner_height(s, v->rows);
    int result = table_mouse(&s->table, mouse, clock_mono_ms());
    if (result == 2)
        return act(v, "sandbox-open");
    return result ? VIEW_HANDLED : VIEW_IGNORED;
}

static void title(struct view *v, struct buf *out)
{
    const struct sandboxes *s = v->data;
    char ns[64];

    buf_append_str(out, "sandboxes");
    if (s->only_ns)
        buf_printf(out, " %s", text_sanitise(ns, sizeof ns, s->only_ns, strlen(s->only_ns)));
    if (s->table.n_rows)
        buf_printf(out, " %zu/%zu", table_position(&s->table), s->table.n_rows);
    if (s->table.n_marked)
        buf_printf(out, " *%zu marked", s->table.n_marked);
    if (s->table.held)
        buf_append_str(out, " \xe2\x80\x96 held");
}

static void add_hint(struct view *v, struct buf *out, const char *context, const char *action,
                     const char *word)
{
    char key[24];

    keymap_hint(tui_keymap(v->tui), context, action, key, sizeof key);
    if (*key)
        buf_printf(out, "%s%s %s", out->len ? "  " : "", key, word);
}

static void hints(struct view *v, struct buf *out)
{
    struct sandboxes *s = v->data;

    if (s->prompting) {
        buf_append_str(out, "Enter keep  Esc clear");
        return;
    }
    add_hint(v, out, "global", "help", "help");
    if (s->table.n_rows)
        add_hint(v, out, "sandboxes", "sandbox-open", "shell");
    if (!s->env->readonly)
        add_hint(v, out, "sandboxes", "sandbox-new", "new");
    if (s->table.n_rows)
        add_hint(v, out, "list", "list-filter", "filter");
}

static const struct view_ops ops = {
    .name = "sandboxes",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = act,
    .key = on_key,
    .paste = on_paste,
    .mouse = on_mouse,
    .title = title,
    .hints = hints,
    .cursor = cursor,
    .grabs_keys = grabs_keys,
};

struct view *sandboxes_view_create(struct tui *t, struct views_env *env)
{
    struct sandboxes *s = xcalloc(1, sizeof *s);
    struct table_source source = sandbox_rows_source(s);

    s->env = env;
    s->only_ns = env->ns ? xstrdup(env->ns) : NULL;
    s->prompt.history = &s->history;
    s->listener = (struct gateway_listener){.on_change = on_gateway, .user = s};
    table_init(&s->table, &source);
    views_listen(env, &s->listener);
    s->view = view_create(t, &ops, s);
    if (!env->state->sandboxes)
        env->state->sandboxes = s->view;
    return s->view;
}
