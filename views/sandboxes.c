/* SPDX-License-Identifier: MIT
 *
 * Home: the gateway's sandboxes, live. The gateway's model is asked anew in update; nothing of it
 * is kept here but ids.
 */
#include "views/sandboxes.h"
#include "views/notice.h"

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
    request_cancel(s->asking);
    free(s->asking_id);
    list_finish(&s->list);
    sandbox_rows_finish(s);
    free(s->only_ns);
    free(s->select_id);
    free(s);
}

static void update(struct view *v, int rows, int cols)
{
    struct sandboxes *s = v->data;
    bool grouped = rows >= GROUP_MIN_ROWS;

    if (grouped != s->list.table.grouped) {
        s->list.table.grouped = grouped;
        table_invalidate(&s->list.table);
    }
    if (s->n_gateways != fleet_size(s->env->fleet)) {
        s->n_gateways = fleet_size(s->env->fleet);
        s->list.table.source.n_columns = s->n_gateways > 1 ? N_SANDBOX_COLUMNS : COLUMN_CONTEXT;
        sandbox_rows_finish(s);
        table_invalidate(&s->list.table);
    }
    list_update(&s->list, v, fleet_revision(s->env->fleet));
    s->n_known = fleet_n_known(s->env->fleet);
    /* What went has no row here; with it went its mark. */
    fleet_forget_gone(s->env->fleet);
    if (s->select_id && table_select(&s->list.table, s->select_id)) {
        free(s->select_id);
        s->select_id = NULL;
    }
}

static void draw(struct view *v, struct canvas c)
{
    struct sandboxes *s = v->data;
    int top = sandbox_banner_height(s, c.rows);
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});

    s->now_ms = clock_wall_ms();
    s->change_ms = 0;
    if (top)
        sandbox_banner_draw(s, canvas_sub(c, (struct rect){0, 0, top, c.cols}));
    struct canvas empty = list_draw(&s->list, rest, tui_theme(v->tui), s->n_known);
    if (empty.rows > 0)
        sandbox_empty_draw(s, empty);
    if (s->change_ms)
        view_tick(v, s->change_ms);
}

static bool grabs_keys(struct view *v)
{
    return list_grabs_keys(&((struct sandboxes *)v->data)->list);
}

static enum view_result on_key(struct view *v, struct key key)
{
    return list_key(&((struct sandboxes *)v->data)->list, key);
}

static enum view_result on_paste(struct view *v, const char *text, size_t n)
{
    return list_paste(&((struct sandboxes *)v->data)->list, text, n);
}

static struct view_cursor cursor(struct view *v)
{
    return list_cursor(&((struct sandboxes *)v->data)->list, v->rows);
}

/* --- actions --- */
static void toggle_namespace(struct sandboxes *s)
{
    const struct sandbox *selected = sandbox_rows_selected(s);
    bool all = s->only_ns != NULL;

    free(s->only_ns);
    s->only_ns = all || !selected ? NULL : xstrdup(selected->info.ns);
    table_refilter(&s->list.table);
}

static enum view_result act(struct view *v, const char *action)
{
    struct sandboxes *s = v->data;
    bool needs_row;

    enum view_result result = list_act(&s->list, action);

    if (result != VIEW_IGNORED)
        return result;
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
    bool open;

    mouse.row -= sandbox_banner_height(s, v->rows);
    enum view_result result = list_mouse(&s->list, mouse, &open);
    return open ? act(v, "sandbox-open") : result;
}

static void title(struct view *v, struct buf *out)
{
    const struct sandboxes *s = v->data;
    char ns[64];

    buf_append_str(out, "sandboxes");
    if (s->only_ns)
        buf_printf(out, " %s", text_sanitise(ns, sizeof ns, s->only_ns, strlen(s->only_ns)));
    list_title(&s->list, out);
}

static void hints(struct view *v, struct buf *out)
{
    /* Shown where a wide screen leaves room, the most wanted first. */
    static const struct {
        const char *action, *word;
        bool changes;
    } when_wide[] = {
        {"sandbox-describe", "describe", false},
        {"view-logs", "logs", false},
        {"run-command", "run", true},
        {"view-wall", "wall", false},
        {"view-terminals", "terminals", false},
        {"sandbox-delete", "delete", true},
    };
    struct sandboxes *s = v->data;

    if (list_hints(&s->list, out))
        return;
    notice_hint(v, out, "global", "help", "help");
    if (s->list.table.n_rows)
        notice_hint(v, out, "sandboxes", "sandbox-open", "shell");
    if (!s->env->readonly)
        notice_hint(v, out, "sandboxes", "sandbox-new", "new");
    if (!s->list.table.n_rows)
        return;
    notice_hint(v, out, "list", "list-filter", "filter");
    for (size_t i = 0; i < ARRAY_LEN(when_wide); i++)
        if (!when_wide[i].changes || !s->env->readonly)
            notice_hint(v, out, "sandboxes", when_wide[i].action, when_wide[i].word);
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
    s->listener = (struct gateway_listener){.on_change = on_gateway, .user = s};
    list_init(&s->list, &source);
    views_listen(env, &s->listener);
    s->view = view_create(t, &ops, s);
    if (!env->state->sandboxes)
        env->state->sandboxes = s->view;
    return s->view;
}

struct sandboxes *sandboxes_of_view(struct view *v)
{
    return v && v->ops == &ops ? v->data : NULL;
}
