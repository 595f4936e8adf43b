/* SPDX-License-Identifier: MIT
 *
 * A file of a sandbox to read: fetched byte for byte up to the viewer's bound; or a text that is
 * here already.
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
#include "views/editor.h"
#include "views/file_edit.h"
#include "views/notice.h"
#include "views/viewer.h"

struct file_viewer {
    struct views_env *env;
    struct view *view;
    struct remote *remote; /* NULL: a text that is here */
    char *path;            /* owned; of a text its title */
    char note[128];        /* above the text, or "" */
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

    if (f->request || !f->remote)
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

static int draw_note(struct file_viewer *f, struct canvas c)
{
    const char *old[] = {"\xe2\x9c\x97 what is shown is old", f->error.text, f->error.hint};
    const char *note[] = {f->note};
    bool is_old = f->is_loaded && f->error.code != ERR_NONE;

    if (is_old || *f->note)
        notice_parts(c, 0, tui_theme(f->view->tui)->styles[ROLE_STATUS_ALERT], is_old ? old : note,
                     is_old ? ARRAY_LEN(old) : ARRAY_LEN(note));
    return is_old || *f->note;
}

static void draw_nothing(struct file_viewer *f, struct canvas c)
{
    char hint[64] = "", key[24];

    if (f->remote)
        snprintf(hint, sizeof hint, "%s edits it",
                 notice_key(f->view, "viewer", "viewer-edit", key, sizeof key));
    notice_empty(c, tui_theme(f->view->tui), f->remote ? "It is empty" : "Nothing was written",
                 hint);
}

static void draw(struct view *v, struct canvas c)
{
    struct file_viewer *f = v->data;
    int top = draw_note(f, c);
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});
    if (!f->is_loaded && f->error.code != ERR_NONE) {
        notice_error(v, rest, &f->error);
    } else if (!f->is_loaded) {
        draw_reading(f, rest);
    } else if (!f->viewer.n) {
        draw_nothing(f, rest);
    } else {
        viewer_draw(&f->viewer, rest, tui_theme(v->tui));
    }
}

static void say_missed(struct file_viewer *f, bool missed)
{
    if (missed)
        tui_toast(f->env->tui, ROLE_WARN,
                  !f->viewer.search.text[0] ? "Nothing was searched for"
                  : f->remote               ? "It is nowhere in this file"
                                            : "It is nowhere in this text");
}

static void edit(struct file_viewer *f)
{
    if (f->remote)
        file_edit_begin(f->env, remote_sandbox_id(f->remote), f->path);
    else
        editor_open_copy(f->env, "text", f->viewer.bytes, f->viewer.n);
}

static void copy(struct file_viewer *f)
{
    cleanup_free char *text = NULL;

    if (f->remote) {
        views_copy(f->env, "the path", f->path);
        return;
    }
    text = xstrndup(f->viewer.n ? f->viewer.bytes : "", f->viewer.n);
    views_copy(f->env, "the text", text);
}

static enum view_result act(struct view *v, const char *action)
{
    struct file_viewer *f = v->data;
    bool missed;

    if (strcmp(action, "viewer-edit") == 0) {
        edit(f);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "viewer-copy") == 0) {
        copy(f);
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
    int by = mouse_wheel(mouse);

    if (!by)
        return VIEW_IGNORED;
    viewer_scroll(&((struct file_viewer *)v->data)->viewer, 3 * by);
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

    buf_append_str(out, text_sanitise(path, sizeof path, f->path, strlen(f->path)));
    if (f->remote)
        buf_printf(out, " %s",
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

static struct file_viewer *create(struct views_env *env, const char *path)
{
    struct file_viewer *f = xcalloc(1, sizeof *f);

    f->env = env;
    f->path = xstrdup(path);
    f->view = view_create(env->tui, &ops, f);
    return f;
}

void viewer_view_open(struct views_env *env, const char *sandbox_id, const char *path, int64_t size)
{
    struct file_viewer *f = create(env, path);

    f->remote = fleet_remote(env->fleet, sandbox_id);
    f->size = size;
    begin(f);
    tui_show(env->tui, f->view);
}

void viewer_text_open(struct views_env *env, const char *title_text, const char *note,
                      struct buf *text, bool is_cut)
{
    struct file_viewer *f = create(env, title_text);

    text_sanitise(f->note, sizeof f->note, note, strlen(note));
    viewer_init(&f->viewer, text->data ? text->data : "", text->len, is_cut);
    buf_finish(text);
    f->is_loaded = true;
    tui_show(env->tui, f->view);
}

const char *viewer_sandbox(const struct view *v)
{
    const struct file_viewer *f = v && v->ops == &ops ? v->data : NULL;

    return f && f->remote ? remote_sandbox_id(f->remote) : NULL;
}
