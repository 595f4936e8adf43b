/* SPDX-License-Identifier: MIT
 *
 * Files and folders between this machine and the sandbox: asked where to, what is there already is
 * asked about, then one after the other with progress, and one result line.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/file_internal.h"
#include "views/file_wait.h"

struct pair {
    char *local, *remote; /* owned */
};

struct batch {
    struct views_env *env;
    struct remote *remote;
    bool is_upload;
    struct pair *all; /* owned */
    size_t n, i, n_failed, n_notes, n_there;
    size_t files, bytes; /* done by those that have ended */
    struct err error;
    char note[200];
    struct transfer *transfer;
    struct request *request;
    struct file_wait *wait;
};

static void destroy(void *data)
{
    struct batch *b = data;

    request_cancel(b->request);
    transfer_cancel(b->transfer);
    for (size_t i = 0; i < b->n; i++) {
        free(b->all[i].local);
        free(b->all[i].remote);
    }
    free(b->all);
    remote_release(b->remote);
    free(b);
}

static struct batch *create(const struct files *f, bool is_upload)
{
    struct batch *b = xcalloc(1, sizeof *b);

    b->env = f->env;
    b->remote = fleet_remote(f->env->fleet, remote_sandbox_id(f->remote));
    b->is_upload = is_upload;
    return b;
}

static void add(struct batch *b, char *local, char *remote)
{
    b->all = xreallocarray(b->all, b->n + 1, sizeof *b->all);
    b->all[b->n++] = (struct pair){local, remote};
}

/* --- copying --- */

static void finish(struct batch *b)
{
    struct tui *t = b->env->tui;
    const char *done = b->is_upload ? "uploaded" : "downloaded";
    char name[200];
    const char *target = b->is_upload ? b->all[0].remote : b->all[0].local;

    file_wait_end(steal_pointer(&b->wait));
    if (b->n_failed && b->n == 1)
        views_toast_error(b->env, &b->error);
    else if (b->n_failed)
        tui_toast(t, ROLE_ERROR, "%s %zu of %zu; first failure: %s", done, b->n - b->n_failed, b->n,
                  b->error.text);
    else if (b->n_notes)
        tui_toast(t, ROLE_WARN, "%s %zu files, %zu left out: %s", done, b->files, b->n_notes,
                  b->note);
    else if (b->files == 1 && b->n == 1)
        tui_toast(t, ROLE_GOOD, "\xe2\x9c\x93 %s %s", done,
                  text_sanitise(name, sizeof name, target, strlen(target)));
    else
        tui_toast(t, ROLE_GOOD, "\xe2\x9c\x93 %s %zu files and folders", done, b->files);
    if (b->is_upload)
        files_poke(b->env, remote_sandbox_id(b->remote));
    destroy(b);
}

static void next(struct batch *b);

static void on_progress(void *user, const struct transfer_progress *p)
{
    struct batch *b = user;
    const struct pair *pair = &b->all[b->i - 1];
    cleanup_free char *note = xasprintf(
        "%s  %zu of %zu files", *p->path ? p->path : (b->is_upload ? pair->local : pair->remote),
        p->files_done, p->files_total);

    file_wait_progress(b->wait, note, p->bytes_done, p->bytes_total);
}

static void on_note(void *user, const char *text)
{
    struct batch *b = user;

    if (!b->n_notes++)
        text_sanitise(b->note, sizeof b->note, text, strlen(text));
}

static void on_done(void *user, const struct transfer_progress *p, const struct err *e)
{
    struct batch *b = user;

    b->transfer = NULL;
    if (e && !b->n_failed++)
        b->error = *e;
    if (p)
        b->files += p->files_done;
    next(b);
}

static void next(struct batch *b)
{
    if (b->i == b->n) {
        finish(b);
        return;
    }
    const struct pair *pair = &b->all[b->i++];
    const struct transfer_options options = {
        .is_upload = b->is_upload,
        .is_recursive = true,
        .local = pair->local,
        .remote = pair->remote,
        .on_progress = on_progress,
        .on_note = on_note,
        .on_done = on_done,
    };
    b->transfer = transfer_start(b->remote, &options, b);
}

static void start(struct batch *b)
{
    b->i = 0;
    b->wait =
        file_wait_begin(b->env, destroy, b, "%s %zu item%s",
                        b->is_upload ? "uploading" : "downloading", b->n, b->n == 1 ? "" : "s");
    next(b);
}

/* --- what is there already --- */

static void on_answer(struct views_env *env, void *user, bool yes)
{
    struct batch *b = user;

    if (yes)
        start(b);
    else
        destroy(b);
}

static void ask(struct batch *b)
{
    struct confirm question;
    char name[256];

    confirm_init(&question, "There already", "overwrite",
                 "Files of the same name are replaced; what else is in a folder stays.");
    for (size_t i = 0; i < b->n; i++) {
        const char *target = b->is_upload ? b->all[i].remote : b->all[i].local;
        struct stat st;

        if (b->is_upload || lstat(target, &st) == 0)
            confirm_add(&question, text_sanitise(name, sizeof name, target, strlen(target)));
    }
    confirm_dialog_open(b->env, &question, on_answer, b);
}

static void on_exists(void *user, bool exists, const struct err *e)
{
    struct batch *b = user;

    b->request = NULL;
    file_wait_end(steal_pointer(&b->wait));
    if (e) {
        views_toast_error(b->env, e);
        destroy(b);
    } else if (exists) {
        ask(b);
    } else {
        start(b);
    }
}

static void begin(struct batch *b)
{
    struct stat st;

    if (b->is_upload) {
        b->wait = file_wait_begin(b->env, destroy, b, "looking at %s", b->all[0].remote);
        b->request = file_exists(b->remote, b->all[0].remote, on_exists, b);
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        b->n_there += lstat(b->all[i].local, &st) == 0;
    if (b->n_there)
        ask(b);
    else
        start(b);
}

/* --- paths of this machine --- */

static char *local_path(const char *typed)
{
    const char *home = getenv("HOME");
    char folder[4096];

    if (typed[0] == '~' && (typed[1] == '/' || !typed[1]) && home)
        return xasprintf("%s%s", home, typed + 1);
    if (typed[0] == '/' || !getcwd(folder, sizeof folder))
        return xstrdup(typed);
    return xasprintf("%s/%s", folder, typed);
}

/* Tab: what is there and begins like that. All of the line is one path, blanks too, but the prompt
 * replaces its last word only. */
static bool complete_local(void *user, const char *text, size_t start, size_t end, unsigned turn,
                           struct buf *out)
{
    cleanup_free char *typed = xstrndup(text, end);
    cleanup_free char *whole = local_path(typed);
    char *slash = strrchr(whole, '/');
    const char *typed_slash = strrchr(typed, '/');
    bool found = false;

    if (!slash || start > (typed_slash ? (size_t)(typed_slash - typed) + 1 : 0))
        return false;
    cleanup_free char *wanted = xstrdup(slash + 1);
    slash[slash == whole] = '\0';
    DIR *folder = opendir(whole);
    for (struct dirent *d; folder && !found && (d = readdir(folder));) {
        bool hidden = d->d_name[0] == '.' && wanted[0] != '.';

        if (hidden || strncmp(d->d_name, wanted, strlen(wanted)) != 0 || turn-- > 0)
            continue;
        found = true;
        if (typed_slash)
            buf_append(out, typed + start, (size_t)(typed_slash - typed) + 1 - start);
        buf_printf(out, "%s%s", d->d_name, d->d_type == DT_DIR ? "/" : "");
    }
    if (folder)
        closedir(folder);
    return found;
}

static bool check_source(const char *value, char *reason, size_t cap)
{
    cleanup_free char *path = local_path(value);
    struct stat st;

    if (!*value || stat(path, &st) == 0)
        return true;
    snprintf(reason, cap, "%s", strerror(errno));
    return false;
}

static bool check_folder(const char *value, char *reason, size_t cap)
{
    cleanup_free char *path = local_path(value);
    struct stat st;
    bool good = !*value || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));

    if (!good)
        snprintf(reason, cap, "no such folder here");
    return good;
}

/* --- the forms; the view they came from cannot go while they stand --- */

enum { UPLOAD_LOCAL, UPLOAD_NAME };

static const char *base_name(char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        path[--n] = '\0';
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void on_local_changed(struct form *form, int field)
{
    cleanup_free char *path = local_path(form_text(form, UPLOAD_LOCAL));

    if (!form->states[UPLOAD_NAME].touched)
        form_preset(form, UPLOAD_NAME, base_name(path));
}

static const struct form_field upload_fields[] = {
    [UPLOAD_LOCAL] = {.label = "From here",
                      .required = true,
                      .check = check_source,
                      .changed = on_local_changed,
                      .help = "a file or a folder of this machine; Tab completes"},
    [UPLOAD_NAME] = {.label = "To",
                     .required = true,
                     .help = "a name in this folder, or a path in the sandbox"},
};

static const struct form_field download_fields[] = {
    {.label = "To folder",
     .required = true,
     .check = check_folder,
     .help = "of this machine; Tab completes"},
};

static void nothing(void *user)
{
}

static void upload_submit(void *user, struct view *dialog, struct form *form)
{
    struct files *f = user;
    struct batch *b = create(f, true);

    add(b, local_path(form_text(form, UPLOAD_LOCAL)), files_join(f, form_text(form, UPLOAD_NAME)));
    form_dialog_done(dialog);
    begin(b);
}

/* A name from the sandbox becomes one here: it must stay in the folder. */
static bool is_safe_name(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

static void download_submit(void *user, struct view *dialog, struct form *form)
{
    struct files *f = user;
    struct batch *b = create(f, false);
    cleanup_free char *folder = local_path(form_text(form, 0));
    const char **names;
    size_t n = table_targets(&f->list.table, &names);

    for (size_t i = 0; i < n; i++) {
        if (!is_safe_name(names[i]))
            continue;
        add(b, xasprintf("%s/%s", folder, names[i]),
            xasprintf("%s/%s", strcmp(f->path, "/") == 0 ? "" : f->path, names[i]));
    }
    free(names);
    form_dialog_done(dialog);
    if (b->n)
        begin(b);
    else
        destroy(b);
}

static const struct form_dialog_ops upload_ops = {upload_submit, nothing, nothing};
static const struct form_dialog_ops download_ops = {download_submit, nothing, nothing};

enum view_result file_upload(struct files *f)
{
    struct form form;

    form_init(&form, "Upload", "upload", upload_fields, ARRAY_LEN(upload_fields));
    form.states[UPLOAD_LOCAL].prompt.complete = complete_local;
    form_dialog_open(f->env, &form, &upload_ops, f);
    return VIEW_HANDLED;
}

enum view_result file_download(struct files *f)
{
    struct form form;
    char folder[4096];

    form_init(&form, "Download", "download", download_fields, ARRAY_LEN(download_fields));
    form_preset(&form, 0, getcwd(folder, sizeof folder) ? folder : "~");
    form.states[0].prompt.complete = complete_local;
    form_dialog_open(f->env, &form, &download_ops, f);
    return VIEW_HANDLED;
}
