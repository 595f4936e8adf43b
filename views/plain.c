/* SPDX-License-Identifier: MIT */
#include "views/plain.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/list_view.h"
#include "views/notice.h"

struct plain_row {
    char *id;                       /* owned */
    char *cells[PLAIN_COLUMNS_MAX]; /* owned */
    enum role role;
    int64_t order;
};

/* --- rows --- */

static void row_finish(struct plain_row *row)
{
    free(row->id);
    for (int i = 0; i < PLAIN_COLUMNS_MAX; i++)
        free(row->cells[i]);
}

void plain_begin(struct plain *p)
{
    for (size_t i = 0; i < p->n_rows; i++)
        row_finish(&p->rows[i]);
    p->n_rows = 0;
}

void plain_add(struct plain *p, const char *id, enum role role, int64_t order,
               const char *const *cells)
{
    if (p->n_rows == p->cap_rows) {
        p->cap_rows = p->cap_rows ? p->cap_rows * 2 : 32;
        p->rows = xreallocarray(p->rows, p->cap_rows, sizeof *p->rows);
    }
    struct plain_row *row = &p->rows[p->n_rows++];

    *row = (struct plain_row){.id = xstrdup(id), .role = role, .order = order};
    for (int i = 0; i < p->kind->n_columns; i++) {
        char clean[sizeof((struct table_cell *)0)->text];
        const char *text = cells[i] ? cells[i] : "";

        row->cells[i] = xstrdup(text_sanitise(clean, sizeof clean, text, strlen(text)));
    }
}

void plain_end(struct plain *p)
{
    p->error = (struct err){0};
    p->loaded = true;
    p->confirmed_ms = clock_mono_ms();
    p->revision++;
    view_damage(p->view);
}

void plain_fail(struct plain *p, const struct err *e)
{
    p->error = *e;
    view_damage(p->view);
}

/* --- what the table asks for --- */

static size_t row_count(void *user)
{
    return ((struct plain *)user)->n_rows;
}

static const char *row_id(void *user, size_t row)
{
    return ((struct plain *)user)->rows[row].id;
}

static bool row_shown(void *user, size_t i)
{
    struct plain *p = user;
    cleanup_buf struct buf text = {0};

    if (!filter_active(&p->list.filter))
        return true;
    for (int k = 0; k < p->kind->n_columns; k++)
        buf_printf(&text, "%s%s", k ? " " : "", p->rows[i].cells[k]);
    return filter_match(&p->list.filter, text.data, NULL, NULL);
}

static int row_compare(void *user, size_t a, size_t b, int column)
{
    const struct plain_row *x = &((struct plain *)user)->rows[a];
    const struct plain_row *y = &((struct plain *)user)->rows[b];
    int by = column ? strverscmp(x->cells[column], y->cells[column]) : 0;

    if (!by)
        by = (x->order > y->order) - (x->order < y->order);
    return by ? by : strverscmp(x->cells[0], y->cells[0]);
}

static void row_cell(void *user, size_t row, int column, struct table_cell *out)
{
    struct plain *p = user;

    strncpy(out->text, p->rows[row].cells[column], sizeof out->text - 1);
    out->text[sizeof out->text - 1] = '\0';
    out->role = p->rows[row].role;
}

/* --- the view --- */

static void on_gateway(void *user)
{
    struct plain *p = user;

    if (p->kind->on_gateway)
        p->kind->load(p);
}

static void close_view(struct view *v)
{
    struct plain *p = v->data;

    views_unlisten(&p->listener);
    request_cancel(p->request);
    plain_begin(p);
    free(p->rows);
    list_finish(&p->list);
    free(p);
}

static void update(struct view *v, int rows, int cols)
{
    struct plain *p = v->data;

    list_update(&p->list, v, p->revision);
}

static void draw_empty(struct plain *p, struct canvas c)
{
    const struct theme *theme = tui_theme(p->view->tui);
    char what[96];

    snprintf(what, sizeof what, "asking the gateway for its %s", p->kind->name);
    if (p->error.code)
        notice_error(p->view, c, &p->error);
    else if (!p->loaded)
        notice_waiting(p->view, c, p->opened_ms, p->kind->waits_for ? p->kind->waits_for : what);
    else if (p->n_rows)
        notice_filtered(p->view, c);
    else
        notice_empty(c, theme, p->kind->empty, p->kind->empty_hint);
}

static void draw(struct view *v, struct canvas c)
{
    struct plain *p = v->data;
    const struct theme *theme = tui_theme(v->tui);
    int top = p->error.code && p->n_rows ? 1 : 0;

    if (top)
        notice_stale(v, c, &p->error, p->confirmed_ms);
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});
    struct canvas empty = list_draw(&p->list, rest, theme, p->n_rows);
    if (empty.rows > 0)
        draw_empty(p, empty);
}

static enum view_result run(struct plain *p, const char *action)
{
    for (const struct plain_verb *verb = p->kind->verbs; verb && verb->action; verb++) {
        const char *id = table_selected(&p->list.table);

        if (strcmp(verb->action, action) != 0)
            continue;
        if (verb->writes && views_refuse_readonly(p->env))
            return VIEW_HANDLED;
        if (id || verb->alone)
            return verb->run(p, id);
        tui_toast(p->env->tui, ROLE_WARN, "There is nothing to do that with");
        return VIEW_HANDLED;
    }
    if (strcmp(action, "refresh") != 0)
        return VIEW_IGNORED;
    p->kind->load(p);
    return VIEW_HANDLED;
}

static enum view_result act(struct view *v, const char *action)
{
    struct plain *p = v->data;
    enum view_result result = list_act(&p->list, action);

    return result != VIEW_IGNORED ? result : run(p, action);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    const struct plain *p = v->data;

    return list_view_mouse(v, mouse, p->error.code && p->n_rows, p->kind->open_action);
}

static void title(struct view *v, struct buf *out)
{
    const struct plain *p = v->data;

    buf_append_str(out, p->kind->name);
    list_title(&p->list, out);
}

static bool can(const void *data, const char *action, bool has_row)
{
    const struct plain *p = data;
    const struct plain_verb *verb = p->kind->verbs;

    while (verb && verb->action && strcmp(verb->action, action) != 0)
        verb++;
    if (!verb || !verb->action)
        return has_row;
    return (has_row || verb->alone) && !(verb->writes && p->env->readonly);
}

static void hints(struct view *v, struct buf *out)
{
    list_view_hints(v, out, ((const struct plain *)v->data)->kind->hints, can);
}

static const struct view_ops common = {
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = act,
    .mouse = on_mouse,
    .title = title,
    .hints = hints,
    LIST_VIEW_OPS,
};

struct plain *plain_view_open(struct views_env *env, const struct plain_kind *kind)
{
    struct plain *p = xcalloc(1, sizeof *p);
    struct table_source source = {
        .columns = kind->columns,
        .n_columns = kind->n_columns,
        .count = row_count,
        .id = row_id,
        .shown = row_shown,
        .compare = row_compare,
        .cell = row_cell,
        .user = p,
    };

    p->env = env;
    p->kind = kind;
    p->opened_ms = clock_mono_ms();
    p->listener = (struct gateway_listener){.on_change = on_gateway, .user = p};
    p->view = view_create(env->tui, list_view_ops(kind, &common, kind->name, kind->contexts), p);
    list_init(&p->list, &source);
    p->list.table.descending = kind->newest_first;
    views_listen(env, &p->listener);
    tui_show(env->tui, p->view);
    kind->load(p);
    return p;
}

struct plain *plain_find(struct views_env *env, const struct plain_kind *kind)
{
    struct view *v = NULL;

    while ((v = tui_each_shown(env->tui, v)))
        if (v->ops->act == act && ((struct plain *)v->data)->kind == kind)
            return v->data;
    return NULL;
}

size_t plain_targets(struct plain *p, char ***ids)
{
    const char **borrowed;
    size_t n = table_targets(&p->list.table, &borrowed);

    *ids = xcalloc(n ? n : 1, sizeof **ids);
    for (size_t i = 0; i < n; i++)
        (*ids)[i] = xstrdup(borrowed[i]);
    free(borrowed);
    return n;
}

void plain_targets_free(char **ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
    free(ids);
}
