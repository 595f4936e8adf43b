/* SPDX-License-Identifier: MIT
 *
 * The table of variables. It asks again every few seconds while it shows, so that it says when the
 * file changes, or the sandbox does not answer any more.
 */
#include "views/env_view.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/env_internal.h"
#include "views/list_view.h"
#include "views/notice.h"

#define POLL_MS 5000

enum column { NAME, VALUE, STATE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [NAME] = {.title = "VARIABLE", .min = 10, .ideal = 16, .max = 60},
    [VALUE] = {.title = "VALUE", .min = 8, .ideal = 10, .max = 200},
    [STATE] = {.title = "STAGED", .min = 9, .ideal = 9, .max = 9, .priority = 1},
};

/* --- reading --- */

void env_view_changed(struct env_view *v)
{
    v->revision++;
    view_damage(v->view);
}

static void on_variables(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct env_view *v = user;

    v->request = NULL;
    v->is_missing = e && e->http_status == 404;
    if (!e || v->is_missing) {
        v->error = (struct err){0};
        v->is_loaded = true;
        v->confirmed_ms = clock_mono_ms();
        env_rows_take(&v->rows, all, n);
    } else {
        v->error = *e;
    }
    env_view_changed(v);
    tick_after(v->poll, POLL_MS);
}

void env_view_read(struct env_view *v)
{
    if (v->request)
        return;
    v->asked_ms = clock_mono_ms();
    v->request = env_get(v->remote, v->file, on_variables, v);
}

static void on_poll(void *user)
{
    struct env_view *v = user;

    if (view_is_shown(v->view))
        env_view_read(v);
    else
        tick_after(v->poll, POLL_MS);
}

/* --- rows --- */

static size_t row_count(void *user)
{
    return ((const struct env_view *)user)->rows.n;
}

static const char *row_id(void *user, size_t row)
{
    return ((const struct env_view *)user)->rows.all[row].name;
}

static bool row_shown(void *user, size_t row)
{
    const struct env_view *v = user;

    /* By name only: a filter must not tell what a hidden value is. */
    return !filter_active(&v->list.filter) ||
           filter_match(&v->list.filter, v->rows.all[row].name, NULL, NULL);
}

static const char *state_of(const struct env_row *row)
{
    if (!env_row_staged(row))
        return "";
    return !row->before ? "+ add" : !row->after ? "- remove" : "~ change";
}

static int row_compare(void *user, size_t a, size_t b, int column)
{
    const struct env_row *x = &((const struct env_view *)user)->rows.all[a];
    const struct env_row *y = &((const struct env_view *)user)->rows.all[b];

    if (column == STATE)
        return strcmp(state_of(y), state_of(x));
    return strcmp(x->name, y->name);
}

static bool is_clear(const struct env_view *v, const struct env_row *row)
{
    return row->revealed || v->reveal_until_ms > clock_mono_ms();
}

static void value_cell(const struct env_view *v, const struct env_row *row, struct table_cell *out)
{
    const char *value = row->after ? row->after : row->before;

    if (!*value) {
        snprintf(out->text, sizeof out->text, "(empty)");
        out->role = ROLE_DIM;
    } else if (is_clear(v, row)) {
        text_sanitise(out->text, sizeof out->text, value, strlen(value));
    } else {
        snprintf(out->text, sizeof out->text, "%s", ENV_MASK);
        out->role = ROLE_DIM;
    }
}

static void row_cell(void *user, size_t i, int column, struct table_cell *out)
{
    const struct env_view *v = user;
    const struct env_row *row = &v->rows.all[i];

    out->role = v->error.code ? ROLE_STALE : ROLE_TEXT;
    if (column == NAME) {
        text_sanitise(out->text, sizeof out->text, row->name, strlen(row->name));
        return;
    }
    if (column == VALUE) {
        value_cell(v, row, out);
        return;
    }
    snprintf(out->text, sizeof out->text, "%s", state_of(row));
    out->role = !row->before ? ROLE_GOOD : !row->after ? ROLE_BAD : ROLE_WARN;
}

/* --- the view --- */

static void close_view(struct view *view)
{
    struct env_view *v = view->data;

    request_cancel(v->request);
    tick_destroy(v->poll);
    remote_release(v->remote);
    list_finish(&v->list);
    env_rows_finish(&v->rows);
    free(v->file);
    free(v);
}

static void update(struct view *view, int rows, int cols)
{
    struct env_view *v = view->data;

    list_update(&v->list, view, v->revision);
}

static void draw_empty(struct env_view *v, struct canvas c)
{
    const struct theme *theme = tui_theme(v->view->tui);
    char title[320], hint[160], key[24], file[160];

    text_sanitise(file, sizeof file, v->file, strlen(v->file));
    if (!v->is_loaded && v->error.code) {
        notice_error(v->view, c, &v->error);
        return;
    }
    if (!v->is_loaded) {
        snprintf(title, sizeof title, "reading %s", file);
        notice_waiting(v->view, c, v->asked_ms, title);
        return;
    }
    if (v->rows.n) {
        notice_filtered(v->view, c);
        return;
    }
    snprintf(title, sizeof title, v->is_missing ? "There is no %s yet" : "%s has no variables",
             file);
    if (v->env->readonly)
        snprintf(hint, sizeof hint, "This context is read-only");
    else
        snprintf(hint, sizeof hint, "%s adds one%s",
                 notice_key(v->view, "env", "env-add", key, sizeof key),
                 v->is_missing ? ", and writing makes the file" : "");
    notice_empty(c, theme, title, hint);
}

static int banner_height(const struct env_view *v)
{
    return v->is_loaded && (v->error.code || env_rows_staged(&v->rows));
}

static void draw_banner(struct env_view *v, struct canvas c)
{
    char keys[64], staged[128], write_key[24], undo_key[24];

    if (v->error.code) {
        notice_stale(v->view, c, &v->error, v->confirmed_ms);
        return;
    }
    snprintf(staged, sizeof staged, "%zu staged:", env_rows_staged(&v->rows));
    snprintf(keys, sizeof keys, "%s writes  %s undoes",
             notice_key(v->view, "env", "env-write", write_key, sizeof write_key),
             notice_key(v->view, "env", "env-undo", undo_key, sizeof undo_key));
    const char *parts[] = {staged, keys};
    notice_parts(c, 0, tui_theme(v->view->tui)->styles[ROLE_WARN], parts, ARRAY_LEN(parts));
}

static void draw(struct view *view, struct canvas c)
{
    struct env_view *v = view->data;
    int top = banner_height(v);
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});

    if (top)
        draw_banner(v, c);
    struct canvas empty = list_draw(&v->list, rest, tui_theme(view->tui), v->rows.n);
    if (empty.rows > 0)
        draw_empty(v, empty);
    if (v->reveal_until_ms > clock_mono_ms())
        view_tick(view, v->reveal_until_ms - clock_mono_ms());
}

static enum view_result escape(struct env_view *v)
{
    if (v->request && !v->is_loaded) {
        request_cancel(steal_pointer(&v->request));
        err_set(&v->error, ERR_CANCELLED, "cancelled");
        err_hint(&v->error, "C-r asks again");
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

static enum view_result act(struct view *view, const char *action)
{
    struct env_view *v = view->data;
    enum view_result result = list_act(&v->list, action);

    if (result != VIEW_IGNORED)
        return result;
    if (strcmp(action, "refresh") == 0) {
        env_view_read(v);
        return VIEW_IGNORED; /* the gateway is asked again, too */
    }
    result = env_verbs_run(v, action);
    if (result == VIEW_IGNORED && strcmp(action, "escape") == 0)
        return escape(v);
    return result;
}

static enum view_result on_mouse(struct view *view, struct mouse mouse)
{
    return list_view_mouse(view, mouse, banner_height(view->data), "env-edit");
}

static void title(struct view *view, struct buf *out)
{
    const struct env_view *v = view->data;
    char name[160], file[160];

    buf_printf(out, "env %s %s",
               views_sandbox_name(v->env, remote_sandbox_id(v->remote), name, sizeof name),
               text_sanitise(file, sizeof file, v->file, strlen(v->file)));
    if (v->reveal_until_ms > clock_mono_ms())
        buf_append_str(out, " values shown");
    list_title(&v->list, out);
}

static bool can(const void *data, const char *action, bool has_row)
{
    const struct env_view *v = data;
    bool adds = strcmp(action, "env-add") == 0;

    if (v->env->readonly && (adds || strcmp(action, "env-write") == 0))
        return false;
    return has_row || adds || strcmp(action, "env-compare") == 0;
}

static void hints(struct view *view, struct buf *out)
{
    static const char *const keys[] = {"env-add", "add",         "env-write", "write", "env-reveal",
                                       "show",    "env-compare", "compare",   NULL};

    list_view_hints(view, out, keys, can);
}

static const char *const contexts[] = {"env", "list", "motion", NULL};
static const struct view_ops ops = {
    .name = "env",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = act,
    .mouse = on_mouse,
    .title = title,
    .hints = hints,
    LIST_VIEW_OPS,
};

struct view *env_view_create(struct views_env *env, const char *sandbox_id, const char *file)
{
    struct env_view *v = xcalloc(1, sizeof *v);
    const struct table_source source = {.columns = columns,
                                        .n_columns = N_COLUMNS,
                                        .count = row_count,
                                        .id = row_id,
                                        .shown = row_shown,
                                        .compare = row_compare,
                                        .cell = row_cell,
                                        .user = v};

    v->env = env;
    v->remote = fleet_remote(env->fleet, sandbox_id);
    v->file = xstrdup(file ? file : ENV_FILE_DEFAULT);
    v->poll = tick_create(tui_loop(env->tui), on_poll, v);
    v->view = view_create(env->tui, &ops, v);
    list_init(&v->list, &source);
    env_view_read(v);
    return v->view;
}

void env_view_open(struct views_env *env, const char *sandbox_id, const char *file)
{
    tui_show(env->tui, env_view_create(env, sandbox_id, file));
}

const char *env_view_sandbox(const struct view *view)
{
    return view && view->ops == &ops
               ? remote_sandbox_id(((const struct env_view *)view->data)->remote)
               : NULL;
}

const char *env_view_file(const struct view *view)
{
    return view && view->ops == &ops ? ((const struct env_view *)view->data)->file : NULL;
}

struct env_view *env_view_find(struct views_env *env, const char *sandbox_id, const char *file)
{
    for (struct view *w = tui_each_shown(env->tui, NULL); w; w = tui_each_shown(env->tui, w)) {
        struct env_view *v = w->ops == &ops ? w->data : NULL;

        if (v && strcmp(remote_sandbox_id(v->remote), sandbox_id) == 0 &&
            strcmp(v->file, file) == 0)
            return v;
    }
    return NULL;
}
