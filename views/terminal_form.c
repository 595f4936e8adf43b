/* SPDX-License-Identifier: MIT
 *
 * While the form stands the sandbox is asked for what Tab completes: its shells (/etc/shells), and
 * the folder that the directory typed so far is in.
 */
#include "views/terminal_form.h"

#include <string.h>

#include "base/alloc.h"
#include "client/file.h"
#include "views/dialog.h"

#define WORDS_MAX 500 /* completed at most */

enum { SHELL, CWD, N_FIELDS };

struct words {
    char *items[WORDS_MAX]; /* owned */
    size_t n;
};

struct new_terminal {
    struct views_env *env;
    struct remote *remote; /* a reference */
    struct view *dialog;
    struct request *request, *asking_shells, *asking_home, *asking_folder;
    char *home;                   /* owned; NULL: not known yet */
    char *folder;                 /* owned: as typed, whose folders are in `folders` or asked for */
    struct words shells, folders; /* whole words, as they are typed */
};

/* --- completion --- */

static void words_finish(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->items[i]);
    w->n = 0;
}

/* Only what can be typed: others are names that a prompt would cut in two. */
static void words_add(struct words *w, const char *prefix, const char *word, const char *suffix)
{
    bool is_plain = *word;

    for (const char *c = word; *c; c++)
        is_plain = is_plain && (unsigned char)*c > ' ' && *c != 0x7f;
    if (is_plain && w->n < WORDS_MAX)
        w->items[w->n++] = xasprintf("%s%s%s", prefix, word, suffix);
}

static bool complete(const struct words *w, const char *typed, size_t n, unsigned turn,
                     struct buf *out)
{
    size_t hits = 0;

    for (size_t i = 0; i < w->n; i++)
        hits += strncmp(w->items[i], typed, n) == 0;
    if (!hits)
        return false;
    size_t wanted = turn % hits;
    for (size_t i = 0; i < w->n; i++) {
        if (strncmp(w->items[i], typed, n) != 0 || wanted-- > 0)
            continue;
        buf_append_str(out, w->items[i]);
        break;
    }
    return true;
}

static bool complete_shell(void *user, const char *text, size_t start, size_t end, unsigned turn,
                           struct buf *out)
{
    const struct new_terminal *n = user;

    return complete(&n->shells, text + start, end - start, turn, out);
}

static bool complete_folder(void *user, const char *text, size_t start, size_t end, unsigned turn,
                            struct buf *out)
{
    const struct new_terminal *n = user;

    return !start && complete(&n->folders, text, end, turn, out);
}

static void on_shells(void *user, const char *bytes, size_t size, const struct err *e)
{
    struct new_terminal *n = user;
    cleanup_free char *text = e ? xstrdup("") : xstrndup(bytes, size);
    char *rest = text, *line;

    n->asking_shells = NULL;
    while ((line = strsep(&rest, "\n")))
        if (*line == '/')
            words_add(&n->shells, "", line, "");
}

static void on_folder(void *user, const struct file_info *all, size_t count, const struct err *e)
{
    struct new_terminal *n = user;

    n->asking_folder = NULL;
    for (size_t i = 0; i < count; i++)
        if (all[i].is_dir)
            words_add(&n->folders, n->folder, all[i].name, "/");
}

/* "/srv/ap" is in "/srv/", "ap" in "", which is the home. */
static void ask_folder(struct new_terminal *n, const char *typed)
{
    const char *slash = strrchr(typed, '/');
    size_t length = slash ? (size_t)(slash - typed) + 1 : 0;

    if (n->folder && strlen(n->folder) == length && strncmp(n->folder, typed, length) == 0)
        return;
    free(n->folder);
    n->folder = xstrndup(typed, length);
    words_finish(&n->folders);
    request_cancel(steal_pointer(&n->asking_folder));
    cleanup_free char *path = *typed == '/' ? xstrdup(n->folder)
                              : n->home     ? xasprintf("%s/%s", n->home, n->folder)
                                            : NULL;
    if (path)
        n->asking_folder = file_list(n->remote, path, on_folder, n);
}

static void cwd_changed(struct form *f, int field)
{
    ask_folder(f->states[field].prompt.user, form_text(f, field));
}

static void on_home(void *user, const char *bytes, size_t size, const struct err *e)
{
    struct new_terminal *n = user;

    n->asking_home = NULL;
    if (e)
        return;
    n->home = xstrndup(bytes, size);
    if (!n->folder)
        ask_folder(n, "");
}

/* --- the request --- */

static void closed(void *user)
{
    struct new_terminal *n = user;

    request_cancel(n->request);
    request_cancel(n->asking_shells);
    request_cancel(n->asking_home);
    request_cancel(n->asking_folder);
    words_finish(&n->shells);
    words_finish(&n->folders);
    remote_release(n->remote);
    free(n->home);
    free(n->folder);
    free(n);
}

static void aborted(void *user)
{
    struct new_terminal *n = user;

    request_cancel(steal_pointer(&n->request));
    tui_toast(n->env->tui, ROLE_WARN, "Not waited for; the sandbox may open it all the same");
}

struct made {
    char *sandbox_id, *terminal_id; /* owned */
};

/* When the dialog is gone, so that the shell takes the place of what is below it. */
static void show(struct views_env *env, void *data)
{
    const struct made *m = data;

    shell_view_open(env, m->sandbox_id, m->terminal_id, SHELL_ATTACH, PLACE_HERE);
}

static void drop(void *data)
{
    struct made *m = data;

    free(m->sandbox_id);
    free(m->terminal_id);
    free(m);
}

static void on_created(void *user, const struct terminal_info *t, const struct err *e)
{
    struct new_terminal *n = user;
    struct made *m;

    n->request = NULL;
    if (e) {
        form_dialog_fail(n->dialog, e);
        return;
    }
    m = xcalloc(1, sizeof *m);
    *m = (struct made){xstrdup(remote_sandbox_id(n->remote)), xstrdup(t->id)};
    views_later(n->env, show, m, drop);
    form_dialog_done(n->dialog);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct new_terminal *n = user;
    struct terminal_options options = {0};

    if (*form_text(f, SHELL))
        options.shell = form_text(f, SHELL);
    if (*form_text(f, CWD))
        options.cwd = form_text(f, CWD);
    n->dialog = dialog;
    form_dialog_busy(dialog);
    n->request = terminal_create(n->remote, &options, on_created, n);
}

static const struct form_dialog_ops ops = {submit, aborted, closed};

static const struct form_field fields[N_FIELDS] = {
    [SHELL] = {.label = "Shell",
               .placeholder = "the sandbox's",
               .help = "a program: /bin/bash; Tab completes the shells there are"},
    [CWD] = {.label = "Directory",
             .placeholder = "the home",
             .changed = cwd_changed,
             .help = "where it begins; Tab completes"},
};

void terminal_form_open(struct views_env *env, struct remote *remote)
{
    struct new_terminal *n;
    struct form form;

    if (views_refuse_readonly(env))
        return;
    n = xcalloc(1, sizeof *n);
    n->env = env;
    n->remote = remote_acquire(env->gateway, remote_sandbox_id(remote));
    form_init(&form, "New terminal", "open", fields, N_FIELDS);
    form.states[SHELL].prompt.complete = complete_shell;
    form.states[CWD].prompt.complete = complete_folder;
    form.states[SHELL].prompt.user = form.states[CWD].prompt.user = n;
    form_dialog_open(env, &form, &ops, n);
    n->asking_shells = file_read(n->remote, "/etc/shells", on_shells, n);
    n->asking_home = file_home(n->remote, on_home, n);
}
