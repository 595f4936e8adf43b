/* SPDX-License-Identifier: MIT
 *
 * A folder of a sandbox: asked for when it is entered, and again every few seconds while it shows.
 */
#include "views/files.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/file_internal.h"
#include "views/list_view.h"
#include "views/notice.h"

#define POLL_MS 5000

/* --- where --- */

/* "/a/./b/../c//" becomes "/a/c". */
static char *normal_path(const char *path)
{
    struct buf out = {0};

    while (*path) {
        size_t n = strcspn(path, "/");

        if (n == 2 && strncmp(path, "..", 2) == 0) {
            while (out.len && out.data[--out.len] != '/')
                ;
            if (out.data)
                out.data[out.len] = '\0';
        } else if (n && !(n == 1 && *path == '.')) {
            buf_append_char(&out, '/');
            buf_append(&out, path, n);
        }
        path += n + (path[n] == '/');
    }
    if (!out.len)
        buf_append_char(&out, '/');
    return buf_steal(&out);
}

char *files_join(const struct files *f, const char *name)
{
    const char *base = f->path ? f->path : "/";
    cleanup_free char *whole = NULL;

    if (name[0] == '~' && (name[1] == '/' || !name[1]))
        whole = xasprintf("%s/%s", f->home ? f->home : "/", name + 1);
    else if (name[0] == '/')
        whole = xstrdup(name);
    else
        whole = xasprintf("%s/%s", base, name);
    return normal_path(whole);
}

/* --- reading --- */

static void select_wanted(struct files *f)
{
    if (!f->select || !file_rows_find(f, f->select))
        return;
    table_update(&f->list.table, f->revision, clock_mono_ms());
    table_select(&f->list.table, f->select);
    free(steal_pointer(&f->select));
}

static void on_files(void *user, const struct file_info *all, size_t n, const struct err *e)
{
    struct files *f = user;

    f->request = NULL;
    if (e) {
        f->error = *e;
    } else {
        f->error = (struct err){0};
        f->is_loaded = true;
        f->confirmed_ms = clock_mono_ms();
        file_rows_take(f, all, n);
        select_wanted(f);
    }
    view_damage(f->view);
    tick_after(f->poll, POLL_MS);
}

static void on_home(void *user, const char *path, size_t n, const struct err *e)
{
    struct files *f = user;

    f->request = NULL;
    if (!e)
        f->home = xstrdup(path);
    if (!f->path)
        f->path = xstrdup(e ? "/" : path);
    files_read(f);
}

void files_read(struct files *f)
{
    if (f->request)
        return;
    f->asked_ms = clock_mono_ms();
    if (!f->path)
        f->request = file_home(f->remote, on_home, f);
    else
        f->request = file_list(f->remote, f->path, on_files, f);
}

static void on_poll(void *user)
{
    struct files *f = user;

    if (view_is_shown(f->view))
        files_read(f);
    else
        tick_after(f->poll, POLL_MS);
}

void files_go(struct files *f, const char *path, const char *select)
{
    char *next = xstrdup(path), *wanted = select ? xstrdup(select) : NULL;

    request_cancel(steal_pointer(&f->request));
    free(f->path);
    free(f->select);
    f->path = next;
    f->select = wanted;
    f->is_loaded = false;
    f->error = (struct err){0};
    file_rows_free(f);
    f->revision++;
    table_clear_marks(&f->list.table);
    list_act(&f->list, "escape");
    files_read(f);
    view_damage(f->view);
}

/* --- drawing --- */

static void draw_empty(struct files *f, struct canvas c)
{
    const struct theme *theme = tui_theme(f->view->tui);
    const char *where = f->path ? f->path : "the home folder";
    char text[400], path[256], hint[160], up[24], new_key[24], upload[24];

    if (!f->is_loaded && f->error.code) {
        notice_error(f->view, c, &f->error);
        return;
    }
    text_sanitise(path, sizeof path, where, strlen(where));
    if (!f->is_loaded) {
        snprintf(text, sizeof text, "reading %s", path);
        notice_waiting(f->view, c, f->asked_ms, text);
        return;
    }
    if (f->n_rows) {
        notice_filtered(f->view, c);
        return;
    }
    snprintf(text, sizeof text, "%s is empty", path);
    notice_key(f->view, "files", "file-up", up, sizeof up);
    snprintf(hint, sizeof hint, "%s goes up  %s makes a file  %s uploads", up,
             notice_key(f->view, "files", "file-new", new_key, sizeof new_key),
             notice_key(f->view, "files", "file-upload", upload, sizeof upload));
    notice_empty(c, theme, text, f->env->readonly ? "This context is read-only" : hint);
}

static void draw_banner(struct files *f, struct canvas c)
{
    char text[96];

    if (f->error.code) {
        notice_stale(f->view, c, &f->error, f->confirmed_ms);
        return;
    }
    snprintf(text, sizeof text, "%zu more files are not shown: this folder has too many",
             f->n_left_out);
    const char *parts[] = {text};
    notice_parts(c, 0, tui_theme(f->view->tui)->styles[ROLE_WARN], parts, 1);
}

static int banner_height(const struct files *f)
{
    return (f->is_loaded && f->error.code) || f->n_left_out;
}

static void draw(struct view *v, struct canvas c)
{
    struct files *f = v->data;
    const struct theme *theme = tui_theme(v->tui);
    char path[512];
    int top = banner_height(f);

    if (top)
        draw_banner(f, c);
    text_sanitise(path, sizeof path, f->path ? f->path : "", f->path ? strlen(f->path) : 0);
    canvas_label(c, top, 1, c.cols - 2, theme->styles[ROLE_DIM], path);
    struct canvas rest = canvas_sub(c, (struct rect){top + 1, 0, c.rows - top - 1, c.cols});
    struct canvas empty = list_draw(&f->list, rest, theme, f->n_rows);
    if (empty.rows > 0)
        draw_empty(f, empty);
}

/* --- the view --- */

static void close_view(struct view *v)
{
    struct files *f = v->data;

    request_cancel(f->request);
    tick_destroy(f->poll);
    remote_release(f->remote);
    list_finish(&f->list);
    file_rows_free(f);
    free(f->path);
    free(f->home);
    free(f->select);
    free(f);
}

static void update(struct view *v, int rows, int cols)
{
    struct files *f = v->data;

    list_update(&f->list, v, f->revision);
}

static enum view_result act(struct view *v, const char *action)
{
    struct files *f = v->data;
    enum view_result result = list_act(&f->list, action);

    if (result != VIEW_IGNORED)
        return result;
    if (strcmp(action, "refresh") == 0) {
        files_read(f);
        return VIEW_IGNORED; /* the gateway is asked again, too */
    }
    if (strcmp(action, "escape") == 0 && f->request && !f->is_loaded) {
        request_cancel(steal_pointer(&f->request));
        err_set(&f->error, ERR_CANCELLED, "cancelled");
        err_hint(&f->error, "C-r asks again");
        return VIEW_HANDLED;
    }
    return file_verbs_run(f, action);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    return list_view_mouse(v, mouse, banner_height(v->data) + 1, "file-open");
}

static void title(struct view *v, struct buf *out)
{
    const struct files *f = v->data;
    char name[160];

    buf_printf(out, "files %s",
               views_sandbox_name(f->env, remote_sandbox_id(f->remote), name, sizeof name));
    list_title(&f->list, out);
}

static bool can(const void *data, const char *action, bool has_row)
{
    const struct files *f = data;
    bool edits = strcmp(action, "file-edit") == 0;

    if (f->env->readonly && (edits || strcmp(action, "file-upload") == 0))
        return false;
    return has_row || (!edits && strcmp(action, "file-download") != 0);
}

static void hints(struct view *v, struct buf *out)
{
    static const char *const keys[] = {"file-up",       "up",          "file-edit",
                                       "edit",          "file-upload", "upload",
                                       "file-download", "download",    NULL};

    list_view_hints(v, out, keys, can);
}

static const char *const contexts[] = {"files", "list", "motion", NULL};
static const struct view_ops ops = {
    .name = "files",
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

struct view *files_view_create(struct views_env *env, const char *sandbox_id, const char *path)
{
    struct files *f = xcalloc(1, sizeof *f);
    struct table_source source = file_rows_source(f);

    f->env = env;
    f->remote = fleet_remote(env->fleet, sandbox_id);
    f->path = path ? xstrdup(path) : NULL;
    f->poll = tick_create(tui_loop(env->tui), on_poll, f);
    f->view = view_create(env->tui, &ops, f);
    list_init(&f->list, &source);
    files_read(f);
    return f->view;
}

void files_view_open(struct views_env *env, const char *sandbox_id, const char *path)
{
    tui_show(env->tui, files_view_create(env, sandbox_id, path));
}

const char *files_sandbox(const struct view *v)
{
    return v && v->ops == &ops ? remote_sandbox_id(((const struct files *)v->data)->remote) : NULL;
}

const char *files_path(const struct view *v)
{
    return v && v->ops == &ops ? ((const struct files *)v->data)->path : NULL;
}

void files_poke(struct views_env *env, const char *sandbox_id)
{
    for (struct view *v = tui_each_shown(env->tui, NULL); v; v = tui_each_shown(env->tui, v)) {
        const char *id = files_sandbox(v);

        if (id && strcmp(id, sandbox_id) == 0) {
            struct files *f = v->data;

            request_cancel(steal_pointer(&f->request));
            files_read(f);
        }
    }
}
