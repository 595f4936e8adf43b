/* SPDX-License-Identifier: MIT
 *
 * What can be done in a folder.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/shell_quote.h"
#include "base/text.h"
#include "client/command.h"
#include "tui/progress.h"
#include "views/dialog.h"
#include "views/file_change.h"
#include "views/file_edit.h"
#include "views/file_internal.h"
#include "views/file_wait.h"
#include "views/overlays.h"
#include "views/viewer.h"

/* --- going about --- */

static enum view_result do_open(struct files *f, const struct file_row *row)
{
    cleanup_free char *path = files_join(f, "");
    cleanup_free char *whole = xasprintf("%s/%s", strcmp(path, "/") == 0 ? "" : path, row->name);

    if (row->is_dir)
        files_go(f, whole, NULL);
    else
        viewer_view_open(f->env, remote_sandbox_id(f->remote), whole, row->size);
    return VIEW_HANDLED;
}

static enum view_result do_up(struct files *f, const struct file_row *row)
{
    const char *slash = f->path ? strrchr(f->path, '/') : NULL;

    if (!slash || !slash[1]) {
        tui_toast(f->env->tui, ROLE_STATUS, "This is the root");
        return VIEW_HANDLED;
    }
    cleanup_free char *up =
        slash == f->path ? xstrdup("/") : xstrndup(f->path, (size_t)(slash - f->path));
    cleanup_free char *here = xstrdup(slash + 1);
    files_go(f, up, here);
    return VIEW_HANDLED;
}

static enum view_result do_home(struct files *f, const struct file_row *row)
{
    cleanup_free char *home = files_join(f, "~");

    files_go(f, home, NULL);
    return VIEW_HANDLED;
}

static char *path_of(const struct files *f, const char *name)
{
    return xasprintf("%s/%s", strcmp(f->path, "/") == 0 ? "" : f->path, name);
}

static enum view_result do_edit(struct files *f, const struct file_row *row)
{
    cleanup_free char *path = path_of(f, row->name);

    if (row->is_dir)
        tui_toast(f->env->tui, ROLE_WARN, "A folder cannot be edited");
    else
        file_edit_begin(f->env, remote_sandbox_id(f->remote), path);
    return VIEW_HANDLED;
}

static enum view_result do_copy(struct files *f, const struct file_row *row)
{
    cleanup_free char *path = path_of(f, row->name);

    views_copy(f->env, "the path", path);
    return VIEW_HANDLED;
}

static enum view_result do_overlays(struct files *f, const struct file_row *row)
{
    tui_act(f->env->tui, "view-overlays");
    return VIEW_HANDLED;
}

static enum view_result do_describe(struct files *f, const struct file_row *row)
{
    cleanup_free char *path = path_of(f, row->name);
    cleanup_free char *text = NULL;
    char clean[512], iso[CLOCK_ISO_SIZE] = "not said";

    if (row->modified_ms)
        clock_format_iso(iso, row->modified_ms);
    text = xasprintf("path:      %s\nkind:      %s\nsize:      %lld bytes\nmodified:  %s\n",
                     text_sanitise(clean, sizeof clean, path, strlen(path)),
                     row->is_dir ? "folder" : "file", (long long)row->size, iso);
    text_dialog_open(f->env, "File", text);
    return VIEW_HANDLED;
}

/* --- names --- */

enum name_use { NAME_GO, NAME_FILE, NAME_FOLDER, NAME_RENAME };

/* A dialog that asks for one name; the view it came from cannot go while it stands. */
struct name_dialog {
    struct files *files;
    enum name_use use;
    char *old; /* owned; of a rename */
};

static void name_closed(void *user)
{
    struct name_dialog *d = user;

    free(d->old);
    free(d);
}

static void name_abort(void *user)
{
}

static bool check_path(const char *value, char *reason, size_t cap)
{
    bool good = !strchr(value, '\n');

    if (!good)
        snprintf(reason, cap, "one line");
    return good;
}

/* file_put with nothing in it fails where something is, unlike file_write. */
static long no_source(void *user, char *out, size_t cap)
{
    return 0;
}

static void on_made(void *user, const struct file_version *v, const struct err *e)
{
    file_change_done(user, e);
}

static struct request *send_file(struct remote *r, const char *path, const char *to,
                                 struct file_change *c)
{
    static const struct file_version none = {.check = "", .mode = -1};
    const struct file_put_options options = {
        .path = path, .source = no_source, .total = 0, .mode = -1, .expected = &none};

    return file_put(r, &options, on_made, c);
}

static struct request *send_folder(struct remote *r, const char *path, const char *to,
                                   struct file_change *c)
{
    return file_make_folder(r, path, file_change_done, c);
}

static struct request *send_rename(struct remote *r, const char *path, const char *to,
                                   struct file_change *c)
{
    return file_rename(r, path, to, file_change_done, c);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void name_submit(void *user, struct view *dialog, struct form *form)
{
    const struct name_dialog *d = user;
    struct files *f = d->files;
    cleanup_free char *path = files_join(f, form_text(form, 0));
    struct file_change *change;

    if (d->use == NAME_GO) {
        files_go(f, path, NULL);
        form_dialog_done(dialog);
        return;
    }
    change = file_change_create(f->env, remote_sandbox_id(f->remote),
                                d->use == NAME_RENAME ? "renamed" : "made");
    file_change_add(change, d->old ? d->old : path, d->old ? path : NULL);
    free(f->select);
    f->select = xstrdup(last_part(path));
    file_change_start(change, d->use == NAME_RENAME   ? send_rename
                              : d->use == NAME_FOLDER ? send_folder
                                                      : send_file);
    form_dialog_done(dialog);
}

static const struct form_dialog_ops name_ops = {name_submit, name_abort, name_closed};

/* Tab: names of this folder that begin like that; folders with "/", to go on. */
static bool complete_name(void *user, const char *text, size_t start, size_t end, unsigned turn,
                          struct buf *out)
{
    const struct files *f = user;

    for (size_t i = 0; i < f->n_rows; i++) {
        const struct file_row *row = &f->rows[i];

        if (strncmp(row->name, text + start, end - start) == 0 && turn-- == 0) {
            buf_printf(out, "%s%s", row->name, row->is_dir ? "/" : "");
            return true;
        }
    }
    return false;
}

static enum view_result ask_name(struct files *f, enum name_use use, const char *old)
{
    static const struct form_field fields[][1] = {
        [NAME_GO] = {{.label = "Folder",
                      .required = true,
                      .check = check_path,
                      .help = "/etc, ~/src, ../lib; Tab completes names of this folder"}},
        [NAME_FILE] = {{.label = "Name",
                        .required = true,
                        .check = check_path,
                        .help = "notes.txt, docs/new.md; folders on the way are made"}},
        [NAME_FOLDER] = {{.label = "Name",
                          .required = true,
                          .check = check_path,
                          .help = "src, a/b/c; folders on the way are made"}},
        [NAME_RENAME] = {{.label = "New name",
                          .required = true,
                          .check = check_path,
                          .help = "another name, or a path to move it to; never overwrites"}},
    };
    static const char *const titles[] = {"Go to", "New file", "New folder", "Rename"};
    static const char *const verbs[] = {"go", "make", "make", "rename"};
    struct name_dialog *d = xcalloc(1, sizeof *d);
    struct form form;

    d->files = f;
    d->use = use;
    d->old = old ? path_of(f, old) : NULL;
    form_init(&form, titles[use], verbs[use], fields[use], 1);
    if (old)
        form_preset(&form, 0, old);
    form.states[0].prompt.complete = complete_name;
    form.states[0].prompt.user = f;
    form_dialog_open(f->env, &form, &name_ops, d);
    return VIEW_HANDLED;
}

static enum view_result do_go(struct files *f, const struct file_row *row)
{
    return ask_name(f, NAME_GO, NULL);
}

static enum view_result do_new(struct files *f, const struct file_row *row)
{
    return ask_name(f, NAME_FILE, NULL);
}

static enum view_result do_new_folder(struct files *f, const struct file_row *row)
{
    return ask_name(f, NAME_FOLDER, NULL);
}

static enum view_result do_rename(struct files *f, const struct file_row *row)
{
    return ask_name(f, NAME_RENAME, row->name);
}

/* --- deleting --- */

/* First it is counted what is in the folders, then asked. */
struct removal {
    struct views_env *env;
    struct remote *remote;
    char **paths; /* owned */
    size_t n;
    struct request *request;
    struct file_wait *wait;
};

static void removal_free(void *data)
{
    struct removal *r = data;

    request_cancel(r->request);
    for (size_t i = 0; i < r->n; i++)
        free(r->paths[i]);
    free(r->paths);
    remote_release(r->remote);
    free(r);
}

static struct request *send_delete(struct remote *r, const char *path, const char *to,
                                   struct file_change *c)
{
    return file_delete(r, path, file_change_done, c);
}

static void on_sure(struct views_env *env, void *user, bool yes)
{
    struct removal *r = user;

    if (yes) {
        struct file_change *c = file_change_create(env, remote_sandbox_id(r->remote), "deleted");

        for (size_t i = 0; i < r->n; i++)
            file_change_add(c, r->paths[i], NULL);
        file_change_start(c, send_delete);
    }
    removal_free(r);
}

static void ask_delete(struct removal *r, const char *loss)
{
    struct confirm question;

    confirm_init(&question, "Delete files", "delete", loss);
    for (size_t i = 0; i < r->n; i++) {
        char name[256];

        confirm_add(&question, text_sanitise(name, sizeof name, r->paths[i], strlen(r->paths[i])));
    }
    confirm_dialog_open(r->env, &question, on_sure, r);
}

static void on_counted(void *user, const struct command_result *result, const struct err *e)
{
    struct removal *r = user;
    char size[PROGRESS_SIZE_TEXT], loss[160];
    long long n_files = 0, n_kib = 0;

    r->request = NULL;
    file_wait_end(steal_pointer(&r->wait));
    if (e || result->exit_code || sscanf(result->out, "%lld %lld", &n_files, &n_kib) != 2)
        snprintf(loss, sizeof loss,
                 "Folders go with all that is in them; how much that is could not be counted.");
    else
        snprintf(loss, sizeof loss, "That is %lld file%s and folder%s, %s in all. No undo.",
                 n_files, n_files == 1 ? "" : "s", n_files == 1 ? "" : "s",
                 progress_bytes(size, n_kib * 1024));
    ask_delete(r, loss);
}

static void count(struct removal *r)
{
    cleanup_buf struct buf script = {0};

    buf_append_str(&script, "set --");
    for (size_t i = 0; i < r->n; i++) {
        buf_append_char(&script, ' ');
        shell_quote(&script, r->paths[i]);
    }
    buf_append_str(&script, "; n=$(find \"$@\" -xdev 2>/dev/null | wc -l); "
                            "k=$(du -skc -- \"$@\" 2>/dev/null | tail -n 1 | cut -f 1); "
                            "echo \"$n $k\"");
    if (script.len > COMMAND_TEXT_MAX_BYTES) {
        ask_delete(r, "Folders go with all that is in them.");
        return;
    }
    const struct command_options options = {.command = script.data};
    r->wait = file_wait_begin(r->env, removal_free, r, "counting what is in them");
    r->request = command_run(r->remote, &options, on_counted, r);
}

static enum view_result do_delete(struct files *f, const struct file_row *row)
{
    struct removal *r = xcalloc(1, sizeof *r);
    const char **names;
    bool has_dir = false;

    r->env = f->env;
    r->remote = fleet_remote(f->env->fleet, remote_sandbox_id(f->remote));
    r->n = table_targets(&f->list.table, &names);
    r->paths = xcalloc(r->n ? r->n : 1, sizeof *r->paths);
    for (size_t i = 0; i < r->n; i++) {
        const struct file_row *target = file_rows_find(f, names[i]);

        r->paths[i] = path_of(f, names[i]);
        has_dir = has_dir || (target && target->is_dir);
    }
    free(names);
    if (has_dir)
        count(r);
    else
        ask_delete(r, "Its contents are lost; there is no undo.");
    return VIEW_HANDLED;
}

/* --- all --- */

static enum view_result do_upload(struct files *f, const struct file_row *row)
{
    return file_upload(f);
}

static enum view_result do_download(struct files *f, const struct file_row *row)
{
    return file_download(f);
}

enum view_result file_verbs_run(struct files *f, const char *action)
{
    static const struct {
        const char *action;
        bool writes, alone;
        enum view_result (*run)(struct files *f, const struct file_row *row);
    } verbs[] = {
        {"file-open", false, false, do_open},
        {"file-up", false, true, do_up},
        {"file-home", false, true, do_home},
        {"file-go", false, true, do_go},
        {"file-edit", true, false, do_edit},
        {"file-new", true, true, do_new},
        {"file-new-folder", true, true, do_new_folder},
        {"file-rename", true, false, do_rename},
        {"file-delete", true, false, do_delete},
        {"file-upload", true, true, do_upload},
        {"file-download", false, false, do_download},
        {"file-copy", false, false, do_copy},
        {"file-describe", false, false, do_describe},
        {"file-overlays", false, true, do_overlays},
    };

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].action, action) != 0)
            continue;
        const struct file_row *row = file_rows_selected(f);

        if (verbs[i].writes && views_refuse_readonly(f->env))
            return VIEW_HANDLED;
        if (!f->path && verbs[i].run != do_overlays) {
            tui_toast(f->env->tui, ROLE_WARN, "Still asking where the home folder is");
            return VIEW_HANDLED;
        }
        if (!row && !verbs[i].alone) {
            tui_toast(f->env->tui, ROLE_WARN, "There is no file here to do that with");
            return VIEW_HANDLED;
        }
        return verbs[i].run(f, row);
    }
    return VIEW_IGNORED;
}
