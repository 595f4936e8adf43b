/* SPDX-License-Identifier: MIT
 *
 * file_load → $EDITOR → file_save with the version that was loaded → on a conflict, a choice.
 */
#include "views/file_edit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "client/file.h"
#include "views/dialog.h"
#include "views/editor.h"
#include "views/file_internal.h"
#include "views/file_wait.h"
#include "views/viewer.h"

struct file_edit {
    struct views_env *env;
    struct remote *remote;
    char *path; /* owned; where it is saved */
    struct file_version version;
    struct buf before, mine;
    struct request *request;
    struct file_wait *wait;
    bool is_kept; /* the next step has begun: the one before must not free it */
};

static void destroy(void *data)
{
    struct file_edit *f = data;

    request_cancel(f->request);
    remote_release(f->remote);
    buf_finish(&f->before);
    buf_finish(&f->mine);
    free(f->path);
    free(f);
}

/* After a step that may have begun another. */
static void drop(void *data)
{
    struct file_edit *f = data;

    if (!f->is_kept)
        destroy(f);
    else
        f->is_kept = false;
}

static void end_wait(struct file_edit *f)
{
    f->request = NULL;
    file_wait_end(steal_pointer(&f->wait));
}

static void show(struct file_edit *f, const struct err *e)
{
    struct err own = *e;
    char path[160];

    err_wrap(&own, "%s", text_sanitise(path, sizeof path, f->path, strlen(f->path)));
    views_toast_error(f->env, &own);
}

/* --- writing --- */

static void ask_conflict(struct file_edit *f);

static void on_saved(void *user, const struct file_version *v, const struct err *e)
{
    struct file_edit *f = user;
    char path[256];

    end_wait(f);
    if (e && e->code == ERR_CONFLICT) {
        ask_conflict(f);
        return;
    }
    if (e) {
        /* What was typed must not be lost to a broken connection. */
        views_toast_error(f->env, e);
        ask_conflict(f);
        return;
    }
    tui_toast(f->env->tui, ROLE_GOOD, "\xe2\x9c\x93 wrote %s",
              text_sanitise(path, sizeof path, f->path, strlen(f->path)));
    files_poke(f->env, remote_sandbox_id(f->remote));
    destroy(f);
}

static void save(struct file_edit *f, const struct file_version *expected)
{
    f->wait = file_wait_begin(f->env, destroy, f, "writing %s", f->path);
    f->request = file_save(f->remote, f->path, f->mine.data ? f->mine.data : "", f->mine.len,
                           expected, on_saved, f);
}

/* --- the choice --- */

static void on_difference_seen(struct views_env *env, void *user, bool yes)
{
    ask_conflict(user);
}

static void on_theirs(void *user, const char *bytes, size_t n, const struct file_version *v,
                      const struct err *e)
{
    struct file_edit *f = user;
    struct diff diff = {0};

    end_wait(f);
    if (e) {
        show(f, e);
        ask_conflict(f);
        return;
    }
    diff_names(&diff, "as it is there now", "as you edited it");
    diff_texts(&diff, bytes, n, f->mine.data, f->mine.len);
    diff_dialog_open(f->env, f->path, &diff, NULL, NULL, on_difference_seen, f);
}

static void on_edited(struct views_env *env, void *user, const char *bytes, size_t n,
                      const struct err *e);

static void on_choice(struct views_env *env, void *user, const char *value)
{
    struct file_edit *f = user;
    static const struct file_version none = {.check = "", .mode = -1};

    f->is_kept = true;
    if (strcmp(value, "overwrite") == 0) {
        save(f, NULL);
    } else if (strcmp(value, "beside") == 0) {
        char *beside = xasprintf("%s.mine", f->path);

        free(f->path);
        f->path = beside;
        save(f, &none);
    } else if (strcmp(value, "show") == 0) {
        f->wait = file_wait_begin(env, destroy, f, "reading %s", f->path);
        f->request = file_load(f->remote, f->path, on_theirs, f);
    } else if (strcmp(value, "again") == 0) {
        editor_open(env, f->path, f->mine.data, f->mine.len, on_edited, f, drop);
    } else {
        f->is_kept = false;
        tui_toast(env->tui, ROLE_WARN, "Thrown away; the file is as others left it");
    }
}

static void ask_conflict(struct file_edit *f)
{
    struct picker picker;

    picker_init(&picker, "It was changed there meanwhile, or could not be written", "do that");
    picker_add(&picker, NULL, "Show what differs", NULL, "", "show");
    picker_add(&picker, NULL, "Save mine beside it", NULL, ".mine", "beside");
    picker_add(&picker, NULL, "Overwrite it with mine", NULL, "theirs is lost", "overwrite");
    picker_add(&picker, NULL, "Edit mine again", NULL, "", "again");
    picker_add(&picker, NULL, "Throw mine away", NULL, "yours is lost", "discard");
    picker_dialog_open(f->env, &picker, on_choice, f, drop);
}

/* --- editing --- */

static void on_edited(struct views_env *env, void *user, const char *bytes, size_t n,
                      const struct err *e)
{
    struct file_edit *f = user;
    bool same = !e && n == f->before.len && memcmp(bytes, f->before.data, n) == 0;

    if (e) {
        views_toast_error(env, e);
        return;
    }
    if (same) {
        tui_toast(env->tui, ROLE_STATUS, "Nothing was changed");
        return;
    }
    buf_clear(&f->mine);
    buf_append(&f->mine, bytes, n);
    buf_append_str(&f->mine, "");
    f->is_kept = true;
    save(f, &f->version);
}

static void on_loaded(void *user, const char *bytes, size_t n, const struct file_version *v,
                      const struct err *e)
{
    struct file_edit *f = user;

    end_wait(f);
    if (e) {
        show(f, e);
        destroy(f);
        return;
    }
    f->version = *v;
    buf_append(&f->before, bytes, n);
    buf_append_str(&f->before, "");
    editor_open(f->env, f->path, f->before.data, f->before.len, on_edited, f, drop);
}

void file_edit_begin(struct views_env *env, const char *sandbox_id, const char *path)
{
    struct file_edit *f;

    if (views_refuse_readonly(env))
        return;
    f = xcalloc(1, sizeof *f);
    f->env = env;
    f->remote = fleet_remote(env->fleet, sandbox_id);
    f->path = xstrdup(path);
    f->wait = file_wait_begin(env, destroy, f, "reading %s", path);
    f->request = file_load(f->remote, f->path, on_loaded, f);
}
