/* SPDX-License-Identifier: MIT
 *
 * The view of a list of resources: rows, a banner when they cannot be trusted, and why it is empty.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/list_view.h"
#include "views/notice.h"
#include "views/resource_internal.h"

static void on_gateway(void *user)
{
    struct resource *r = user;

    rows_sync(r);
    view_damage(r->view);
}

static void close_view(struct view *v)
{
    struct resource *r = v->data;

    views_unlisten(&r->listener);
    list_finish(&r->list);
    rows_finish(r);
    free(r);
}

static void update(struct view *v, int rows, int cols)
{
    struct resource *r = v->data;

    rows_update(r);
    bool grouped = r->n_sources > 1 || r->all;
    if (grouped != r->list.table.grouped) {
        r->list.table.grouped = grouped;
        table_invalidate(&r->list.table);
    }
    list_update(&r->list, v, r->revision);
}

/* --- around the rows --- */

static size_t failing(const struct resource *r, char stale[48], const struct err **e)
{
    char span[CLOCK_SPAN_SIZE];
    int64_t confirmed_ms = 0;
    size_t n = rows_failing(r, e, &confirmed_ms);

    stale[0] = '\0';
    if (n && confirmed_ms)
        snprintf(stale, 48, "stale %s", clock_format_span(span, clock_mono_ms() - confirmed_ms));
    return n;
}

static int banner_height(const struct resource *r)
{
    const struct err *e;
    char stale[48];
    size_t n = failing(r, stale, &e);

    /* With nothing to show at all, the error stands below. */
    return (n && (r->n_entries || n < r->n_sources)) || r->n_left_out;
}

static void draw_banner(struct resource *r, struct canvas c)
{
    const struct style *styles = tui_theme(r->view->tui)->styles;
    const struct err *e = NULL;
    char stale[48], count[96] = "";
    size_t n = failing(r, stale, &e);
    const char *parts[] = {count, stale, e ? e->text : "", e ? e->hint : ""};

    if (n && r->n_sources > 1)
        snprintf(count, sizeof count, "\xe2\x9c\x97 %zu of %zu sandboxes do not answer", n,
                 r->n_sources);
    else if (n)
        snprintf(count, sizeof count, "%s", notice_trouble(e));
    else
        snprintf(count, sizeof count, "%zu more sandboxes are not asked: mark fewer",
                 r->n_left_out);
    notice_parts(c, 0, styles[n ? ROLE_STATUS_ALERT : ROLE_WARN], parts, ARRAY_LEN(parts));
    if (n)
        view_tick(r->view, 1000);
}

static void draw_waiting(struct resource *r, struct canvas c)
{
    char name[160], what[256];

    if (r->n_sources == 1)
        views_sandbox_name(r->env, r->sources[0]->id, name, sizeof name);
    else
        snprintf(name, sizeof name, "%zu sandboxes", r->n_sources);
    snprintf(what, sizeof what, "asking %s for its %s", name, r->kind->name);
    notice_waiting(r->view, c, r->opened_ms, what);
}

static void draw_empty(struct resource *r, struct canvas c)
{
    const struct theme *theme = tui_theme(r->view->tui);
    const struct err *e = NULL;
    char key[24], title[160], hint[160], name[160] = "any sandbox";
    int64_t confirmed_ms;

    if (rows_waiting(r)) {
        draw_waiting(r, c);
        return;
    }
    if (r->n_sources && rows_failing(r, &e, &confirmed_ms) == r->n_sources) {
        notice_error(r->view, c, e);
        return;
    }
    if (r->n_entries) {
        notice_filtered(r->view, c);
        return;
    }
    if (r->n_sources == 1)
        views_sandbox_name(r->env, r->sources[0]->id, name, sizeof name);
    snprintf(title, sizeof title, "No %s in %s", r->kind->name, name);
    hint[0] = '\0';
    if (r->env->readonly)
        snprintf(hint, sizeof hint, "This context is read-only");
    else if (r->kind->new_action)
        snprintf(hint, sizeof hint, "%s %s",
                 notice_key(r->view, r->kind->contexts[0], r->kind->new_action, key, sizeof key),
                 r->kind->new_word);
    notice_empty(c, theme, title, hint);
}

static void draw(struct view *v, struct canvas c)
{
    struct resource *r = v->data;
    int top = banner_height(r);
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});

    r->change_ms = 0;
    if (top)
        draw_banner(r, canvas_sub(c, (struct rect){0, 0, top, c.cols}));
    struct canvas empty = list_draw(&r->list, rest, tui_theme(v->tui), r->n_entries);
    if (empty.rows > 0)
        draw_empty(r, empty);
    if (r->change_ms)
        view_tick(v, r->change_ms);
}

/* --- keys --- */

static enum view_result act(struct view *v, const char *action)
{
    struct resource *r = v->data;
    enum view_result result = list_act(&r->list, action);

    return result != VIEW_IGNORED ? result : verbs_run(r, action);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    return list_view_mouse(v, mouse, banner_height(v->data), "resource-open");
}

static void title(struct view *v, struct buf *out)
{
    const struct resource *r = v->data;
    char name[160];

    buf_append_str(out, r->kind->name);
    if (r->n_sources == 1 && !r->all)
        buf_printf(out, " %s", views_sandbox_name(r->env, r->sources[0]->id, name, sizeof name));
    else if (!r->all)
        buf_printf(out, " of %zu sandboxes", r->n_sources);
    list_title(&r->list, out);
}

static bool can(const void *data, const char *action, bool has_row)
{
    const struct resource *r = data;
    const struct resource_verb *verb = r->kind->verbs;

    while (verb && verb->action && strcmp(verb->action, action) != 0)
        verb++;
    if (!verb || !verb->action)
        return has_row;
    return (has_row || verb->alone) && !(verb->writes && r->env->readonly);
}

static void hints(struct view *v, struct buf *out)
{
    list_view_hints(v, out, ((const struct resource *)v->data)->kind->hints, can);
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

/* --- public --- */

void resource_view_open(struct views_env *env, const struct resource_kind *kind,
                        const char *const *ids, size_t n)
{
    struct resource *r = xcalloc(1, sizeof *r);
    struct table_source source;

    r->env = env;
    r->kind = kind;
    r->all = n == 0;
    r->opened_ms = clock_mono_ms();
    r->listener = (struct gateway_listener){.on_change = on_gateway, .user = r};
    r->view = view_create(env->tui, list_view_ops(kind, &common, kind->name, kind->contexts), r);
    source = rows_source(r);
    list_init(&r->list, &source);
    r->list.table.sort_column = kind->sort_column;
    for (size_t i = 0; i < n; i++)
        rows_add_source(r, ids[i]);
    rows_sync(r);
    views_listen(env, &r->listener);
    tui_show(env->tui, r->view);
}

struct resource *resource_of_view(struct view *v)
{
    return v && v->ops->act == act ? v->data : NULL;
}

bool resource_is_of_all(const struct resource *r)
{
    return r->all;
}

struct list *resource_list(struct resource *r)
{
    return &r->list;
}

struct views_env *resource_env(const struct resource *r)
{
    return r->env;
}

size_t resource_sandboxes(const struct resource *r, const char **ids, size_t cap)
{
    size_t n = r->n_sources < cap ? r->n_sources : cap;

    for (size_t i = 0; i < n; i++)
        ids[i] = r->sources[i]->id;
    return n;
}

struct remote *resource_remote(struct resource *r)
{
    struct resource_row row;

    if (rows_find(r, table_selected(&r->list.table), &row))
        return row.remote;
    if (r->n_sources == 1)
        return r->sources[0]->remote;
    tui_toast(r->env->tui, ROLE_WARN, "In which sandbox? Open this from a sandbox's row");
    return NULL;
}
