/* SPDX-License-Identifier: MIT
 *
 * A file of a sandbox to read: fetched byte for byte up to the viewer's bound.
 */
#include "tui/viewer.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/file.h"
#include "tui/progress.h"
#include "views/dialog.h"
#include "views/file_edit.h"
#include "views/notice.h"
#include "views/viewer.h"

struct file_viewer {
    struct views_env *env;
    struct view *view;
    struct remote *remote;
    char *path; /* owned */
    int64_t size;
    struct request *request;
    struct buf bytes; /* while it is read */
    bool is_cut, is_loaded;
    int64_t since_ms, done, total;
    struct err error;
    struct viewer viewer;
};

/* --- reading --- */

/* The bound of the viewer is not a failure: what came until then is shown. */
static int sink(void *user, const char *bytes, size_t n)
{
    struct file_viewer *f = user;
    size_t room = VIEWER_BYTES_MAX - f->bytes.len;

    buf_append(&f->bytes, bytes, n < room ? n : room);
    f->is_cut = f->is_cut || n > room;
    return 0;
}

static void on_read(void *user, const struct file_version *v, const struct err *e)
{
    struct file_viewer *f = user;

    f->request = NULL;
    if (e) {
        f->error = *e;
    } else {
        f->error = (struct err){0};
        viewer_finish(&f->viewer);
        viewer_init(&f->viewer, f->bytes.data ? f->bytes.data : "", f->bytes.len, f->is_cut);
        f->is_loaded = true;
    }
    buf_finish(&f->bytes);
    view_damage(f->view);
}

/* Enough is there: the rest need not be fetched. */
static void on_enough(struct views_env *env, void *data)
{
    struct file_viewer *f = data;

    request_cancel(steal_pointer(&f->request));
    on_read(f, NULL, NULL);
}

static void on_progress(void *user, const struct file_progress *p)
{
    struct file_viewer *f = user;

    f->done = p->done;
    f->total = p->total;
    view_damage(f->view);
    if (f->bytes.len >= VIEWER_BYTES_MAX && p->total > (int64_t)VIEWER_BYTES_MAX) {
        f->is_cut = true;
        on_enough(f->env, f);
    }
}

static void begin(struct file_viewer *f)
{
    const struct file_get_options options = {
        .path = f->path, .sink = sink, .on_progress = on_progress};

    if (f->request)
        return;
    f->since_ms = clock_mono_ms();
    f->done = f->total = 0;
    f->is_cut = false;
    f->request = file_get(f->remote, &options, on_read, f);
}

/* --- the view --- */

static void close_view(struct view *v)
{
    struct file_viewer *f = v->data;

    request_cancel(f->request);
    remote_release(f->remote);
    buf_finish(&f->bytes);
    viewer_finish(&f->viewer);
    free(f->path);
    free(f);
}

static void draw_reading(struct file_viewer *f, struct canvas c)
{
    char done[PROGRESS_SIZE_TEXT], total[PROGRESS_SIZE_TEXT], text[128] = "reading it";

    if (f->total > 0)
        snprintf(text, sizeof text, "reading it: %s of %s", progress_bytes(done, f->done),
                 progress_bytes(total, f->total));
    notice_waiting(f->view, c, f->since_ms, text);
}

static void draw(struct view *v, struct canvas c)
{
    struct file_viewer *f = v->data;
    const struct theme *theme = tui_theme(v->tui);
    const char *parts[] = {"\xe2\x9c\x97 what is shown is old", f->error.text, f->error.hint};
    int top = f->is_loaded && f->error.code != ERR_NONE;
    char hint[64], key[24];

    if (top)
        notice_parts(c, 0, theme->styles[ROLE_STATUS_ALERT], parts, ARRAY_LEN(parts));
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});
    if (!f->is_loaded && f->error.code != ERR_NONE) {
        notice_error(v, rest, &f->error);
    } else if (!f->is_loaded) {
        draw_reading(f, rest);
    } else if (!f->viewer.n) {
        snprintf(hint, sizeof hint, "%s edits it",
                 notice_key(v, "viewer", "viewer-edit", key, sizeof key));
        notice_empty(rest, theme, "It is empty", hint);
    } else {
        viewer_draw(&f->viewer, rest, theme);
    }
}

static void say_missed(struct file_viewer *f, bool missed)
{
    if (missed)
        tui_toast(f->env->tui, ROLE_WARN,
                  f->viewer.search.text[0] ? "It is nowhere in this file"
                                           : "Nothing was searched for");
}

static enum view_result act(struct view *v, const char *action)
{
    struct file_viewer *f = v->data;
    bool missed;

    if (strcmp(action, "viewer-edit") == 0) {
        file_edit_begin(f->env, remote_sandbox_id(f->remote), f->path);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "viewer-copy") == 0) {
        views_copy(f->env, "the path", f->path);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "refresh") == 0) {
        begin(f);
        return VIEW_HANDLED;
    }
    if (!f->is_loaded)
        return VIEW_IGNORED;
    enum view_result result = viewer_act(&f->viewer, action, &missed);
    say_missed(f, missed);
    return result;
}

static enum view_result on_key(struct view *v, struct key key)
{
    struct file_viewer *f = v->data;
    bool missed = false;
    enum view_result result = viewer_key(&f->viewer, key, &missed);

    say_missed(f, missed);
    return result;
}

static enum view_result on_paste(struct view *v, const char *text, size_t n)
{
    return viewer_paste(&((struct file_viewer *)v->data)->viewer, text, n);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    struct file_viewer *f = v->data;

    if (mouse.button != MOUSE_WHEEL_UP && mouse.button != MOUSE_WHEEL_DOWN)
        return VIEW_IGNORED;
    viewer_scroll(&f->viewer, mouse.button == MOUSE_WHEEL_UP ? -3 : 3);
    return VIEW_HANDLED;
}

static bool grabs_keys(struct view *v)
{
    return ((struct file_viewer *)v->data)->viewer.prompting;
}

static struct view_cursor cursor(struct view *v)
{
    return viewer_cursor(&((struct file_viewer *)v->data)->viewer, v->rows);
}

static void title(struct view *v, struct buf *out)
{
    const struct file_viewer *f = v->data;
    char name[160], path[256];

    buf_printf(out, "%s %s", text_sanitise(path, sizeof path, f->path, strlen(f->path)),
               views_sandbox_name(f->env, remote_sandbox_id(f->remote), name, sizeof name));
    if (f->is_loaded)
        viewer_title(&f->viewer, out);
}

static void hints(struct view *v, struct buf *out)
{
    const struct file_viewer *f = v->data;

    if (f->viewer.prompting) {
        buf_append_str(out, "Enter search  Esc clear");
        return;
    }
    notice_hint(v, out, "global", "help", "help");
    notice_hint(v, out, "viewer", "viewer-search", "search");
    notice_hint(v, out, "viewer", "viewer-edit", "edit");
    notice_hint(v, out, "viewer", "viewer-hex", f->viewer.hex ? "text" : "hex");
}

static const char *const contexts[] = {"viewer", "motion", NULL};
static const struct view_ops ops = {
    .name = "file",
    .contexts = contexts,
    .close = close_view,
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

void viewer_view_open(struct views_env *env, const char *sandbox_id, const char *path, int64_t size)
{
    struct file_viewer *f = xcalloc(1, sizeof *f);

    f->env = env;
    f->remote = fleet_remote(env->fleet, sandbox_id);
    f->path = xstrdup(path);
    f->size = size;
    f->view = view_create(env->tui, &ops, f);
    begin(f);
    tui_show(env->tui, f->view);
}

const char *viewer_sandbox(const struct view *v)
{
    return v && v->ops == &ops ? remote_sandbox_id(((struct file_viewer *)v->data)->remote) : NULL;
}
