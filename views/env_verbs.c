/* SPDX-License-Identifier: MIT
 *
 * What can be done in the table of variables. What is staged is written in three steps: the
 * difference is shown, the file read once more (and the difference shown again when it changed),
 * then written.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/editor.h"
#include "views/env_internal.h"
#include "views/file_wait.h"
#include "views/viewer.h"

#define REVEAL_MS 30000

struct env_target *env_target_create(const struct env_view *v, const char *name)
{
    struct env_target *t = xcalloc(1, sizeof *t);

    t->env = v->env;
    t->sandbox_id = xstrdup(remote_sandbox_id(v->remote));
    t->file = xstrdup(v->file);
    t->name = name ? xstrdup(name) : NULL;
    return t;
}

void env_target_free(void *data)
{
    struct env_target *t = data;

    free(t->sandbox_id);
    free(t->file);
    free(t->name);
    free(t);
}

struct env_view *env_target_view(const struct env_target *t)
{
    return env_view_find(t->env, t->sandbox_id, t->file);
}

static struct env_row *selected(struct env_view *v)
{
    return env_rows_find(&v->rows, table_selected(&v->list.table));
}

/* --- one variable --- */

enum { FIELD_NAME, FIELD_VALUE };

static bool check_name(const char *value, char *reason, size_t cap)
{
    bool good = isalpha((unsigned char)*value) || *value == '_';

    for (const char *p = value; good && *p; p++)
        good = isalnum((unsigned char)*p) || *p == '_';
    if (!good && *value)
        snprintf(reason, cap, "letters, digits, _; no digit first");
    return good || !*value;
}

static const struct form_field variable_fields[] = {
    [FIELD_NAME] = {.label = "Name", .required = true, .check = check_name, .help = "API_KEY"},
    [FIELD_VALUE] = {.label = "Value",
                     .placeholder = "empty",
                     .help = "staged; nothing is written yet"},
};

static void variable_submit(void *user, struct view *dialog, struct form *f)
{
    const struct env_target *t = user;
    struct env_view *v = env_target_view(t);
    const char *name = form_text(f, FIELD_NAME);

    if (v && t->name && strcmp(t->name, name) != 0)
        env_rows_stage(&v->rows, t->name, NULL);
    if (v) {
        env_rows_stage(&v->rows, name, form_text(f, FIELD_VALUE));
        env_view_changed(v);
        table_update(&v->list.table, v->revision, clock_mono_ms());
        table_select(&v->list.table, name);
    }
    form_dialog_done(dialog);
}

static void variable_abort(void *user)
{
}

static const struct form_dialog_ops variable_ops = {variable_submit, variable_abort,
                                                    env_target_free};

static void open_variable(struct env_view *v, const struct env_row *row)
{
    struct form form;

    form_init(&form, row ? "Variable" : "New variable", "stage", variable_fields,
              ARRAY_LEN(variable_fields));
    if (row) {
        form_preset(&form, FIELD_NAME, row->name);
        form_preset(&form, FIELD_VALUE, row->after ? row->after : row->before);
        form.focus = FIELD_VALUE;
    }
    form_dialog_open(v->env, &form, &variable_ops, env_target_create(v, row ? row->name : NULL));
}

static void on_edited(struct views_env *env, void *user, const char *bytes, size_t n,
                      const struct err *e)
{
    const struct env_target *t = user;
    struct env_view *v = env_target_view(t);

    if (e) {
        views_toast_error(env, e);
        return;
    }
    if (!v || memchr(bytes, '\0', n)) {
        tui_toast(env->tui, ROLE_WARN, "A value cannot hold a NUL; nothing was changed");
        return;
    }
    /* Editors end the last line. */
    n -= n && bytes[n - 1] == '\n';
    char *value = xstrndup(bytes, n);
    env_rows_stage(&v->rows, t->name, value);
    env_wipe(value);
    env_view_changed(v);
}

static enum view_result in_editor(struct env_view *v, struct env_row *row)
{
    const char *value = row->after ? row->after : row->before;

    editor_open(v->env, row->name, value, strlen(value), on_edited, env_target_create(v, row->name),
                env_target_free);
    return VIEW_HANDLED;
}

static enum view_result do_edit(struct env_view *v, struct env_row *row)
{
    const char *value = row->after ? row->after : row->before;

    /* One line cannot show several. */
    if (strchr(value, '\n'))
        return in_editor(v, row);
    open_variable(v, row);
    return VIEW_HANDLED;
}

static enum view_result do_add(struct env_view *v, struct env_row *row)
{
    open_variable(v, NULL);
    return VIEW_HANDLED;
}

static enum view_result do_remove(struct env_view *v, struct env_row *row)
{
    const char **names;
    size_t n = table_targets(&v->list.table, &names);

    /* Staging moves rows, and frees those that were new. */
    char **copies = xcalloc(n ? n : 1, sizeof *copies);
    for (size_t i = 0; i < n; i++)
        copies[i] = xstrdup(names[i]);
    free(names);
    for (size_t i = 0; i < n; i++) {
        env_rows_stage(&v->rows, copies[i], NULL);
        free(copies[i]);
    }
    free(copies);
    table_clear_marks(&v->list.table);
    env_view_changed(v);
    return VIEW_HANDLED;
}

static enum view_result do_undo(struct env_view *v, struct env_row *row)
{
    const char *name = env_rows_undo(&v->rows);
    char clean[160];

    if (name)
        tui_toast(v->env->tui, ROLE_STATUS, "Undone: %s",
                  text_sanitise(clean, sizeof clean, name, strlen(name)));
    else
        tui_toast(v->env->tui, ROLE_WARN, "Nothing to undo");
    env_view_changed(v);
    return VIEW_HANDLED;
}

static enum view_result do_reveal(struct env_view *v, struct env_row *row)
{
    row->revealed = !row->revealed;
    env_view_changed(v);
    return VIEW_HANDLED;
}

static enum view_result do_reveal_all(struct env_view *v, struct env_row *row)
{
    bool shown = v->reveal_until_ms > clock_mono_ms();

    v->reveal_until_ms = shown ? 0 : clock_mono_ms() + REVEAL_MS;
    for (size_t i = 0; shown && i < v->rows.n; i++)
        v->rows.all[i].revealed = false;
    env_view_changed(v);
    return VIEW_HANDLED;
}

static enum view_result do_copy(struct env_view *v, struct env_row *row)
{
    views_copy_secret(v->env, "the value", row->after ? row->after : row->before);
    return VIEW_HANDLED;
}

/* --- writing --- */

struct env_write {
    struct views_env *env;
    struct remote *remote;
    struct env_target *target;
    struct env_rows rows; /* what was looked at */
    struct request *request;
    struct file_wait *wait;
    size_t n;
};

static void write_free(void *data)
{
    struct env_write *w = data;

    request_cancel(w->request);
    env_rows_finish(&w->rows);
    env_target_free(w->target);
    remote_release(w->remote);
    free(w);
}

static void show_difference(struct env_view *v);

static void write_end(struct env_write *w, const struct err *e)
{
    struct env_view *v = env_target_view(w->target);

    file_wait_end(steal_pointer(&w->wait));
    w->request = NULL;
    if (e)
        views_toast_error(w->env, e);
    else
        tui_toast(w->env->tui, ROLE_GOOD, "\xe2\x9c\x93 wrote %zu variable%s", w->n,
                  w->n == 1 ? "" : "s");
    if (v) {
        request_cancel(steal_pointer(&v->request));
        env_view_read(v);
    }
    write_free(w);
}

static void on_removed(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    write_end(user, e);
}

static void write_removals(struct env_write *w)
{
    const char **names = xcalloc(w->rows.n + 1, sizeof *names);
    size_t n = 0;

    for (size_t i = 0; i < w->rows.n; i++)
        if (w->rows.all[i].before && !w->rows.all[i].after)
            names[n++] = w->rows.all[i].name;
    if (n)
        w->request = env_remove(w->remote, w->target->file, names, n, on_removed, w);
    else
        write_end(w, NULL);
    free(names);
}

static void on_set(void *user, const struct err *e)
{
    struct env_write *w = user;

    w->request = NULL;
    if (e)
        write_end(w, e);
    else
        write_removals(w);
}

static void write_values(struct env_write *w)
{
    struct env_variable *all = xcalloc(w->rows.n + 1, sizeof *all);
    size_t n = 0;

    for (size_t i = 0; i < w->rows.n; i++) {
        const struct env_row *row = &w->rows.all[i];

        if (env_row_staged(row) && row->after)
            all[n++] = (struct env_variable){row->name, row->after};
    }
    if (n)
        w->request = env_set(w->remote, w->target->file, all, n, on_set, w);
    else
        write_removals(w);
    free(all);
}

/* The file as it is now: if it is what the user saw, go on. */
static void on_checked(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct env_write *w = user;
    bool is_missing = e && e->http_status == 404;
    struct env_view *v = env_target_view(w->target);

    w->request = NULL;
    if (e && !is_missing) {
        write_end(w, e);
        return;
    }
    if (!env_rows_take(&w->rows, all, n)) {
        write_values(w);
        return;
    }
    file_wait_end(steal_pointer(&w->wait));
    if (v) {
        env_rows_take(&v->rows, all, n);
        env_view_changed(v);
        tui_toast(w->env->tui, ROLE_WARN, "The file was changed meanwhile: look again");
        if (env_rows_staged(&v->rows))
            show_difference(v);
    }
    write_free(w);
}

static void copy_rows(struct env_rows *out, const struct env_rows *rows)
{
    out->all = xcalloc(rows->n + 1, sizeof *out->all);
    out->cap = rows->n + 1;
    for (size_t i = 0; i < rows->n; i++) {
        const struct env_row *row = &rows->all[i];

        out->all[out->n++] = (struct env_row){
            .name = xstrdup(row->name),
            .before = row->before ? xstrdup(row->before) : NULL,
            .after = row->after ? xstrdup(row->after) : NULL,
        };
    }
}

static void on_agreed(struct views_env *env, void *user, bool yes)
{
    struct env_target *t = user;
    struct env_view *v = yes ? env_target_view(t) : NULL;

    if (!v) {
        env_target_free(t);
        return;
    }
    struct env_write *w = xcalloc(1, sizeof *w);
    w->env = env;
    w->remote = fleet_remote(env->fleet, t->sandbox_id);
    w->target = t;
    w->n = env_rows_staged(&v->rows);
    copy_rows(&w->rows, &v->rows);
    w->wait = file_wait_begin(env, write_free, w, "writing %s", t->file);
    w->request = env_get(w->remote, t->file, on_checked, w);
}

static void show_difference(struct env_view *v)
{
    struct diff clear = {0}, masked = {0};
    cleanup_free char *title = xasprintf("Write %s", v->file);

    env_rows_diff(&v->rows, &clear, false);
    env_rows_diff(&v->rows, &masked, true);
    diff_names(&clear, "in the file", "as it will be");
    diff_names(&masked, "in the file", "as it will be");
    diff_dialog_open(v->env, title, &clear, &masked, "write", on_agreed,
                     env_target_create(v, NULL));
}

static enum view_result do_write(struct env_view *v, struct env_row *row)
{
    if (env_rows_staged(&v->rows))
        show_difference(v);
    else
        tui_toast(v->env->tui, ROLE_STATUS, "Nothing is staged");
    return VIEW_HANDLED;
}

/* --- another file, comparing --- */

bool env_check_file(const char *value, char *reason, size_t cap)
{
    size_t n = strlen(value);

    if (n && value[n - 1] == '/')
        snprintf(reason, cap, "a file, not a folder");
    return !n || value[n - 1] != '/';
}

static const struct form_field file_fields[] = {
    {.label = "File",
     .required = true,
     .check = env_check_file,
     .help = "in the sandbox: .env, web/.env.local, /etc/app.env"},
};

static void file_submit(void *user, struct view *dialog, struct form *f)
{
    const struct env_target *t = user;

    env_view_open(t->env, t->sandbox_id, form_text(f, 0));
    form_dialog_done(dialog);
}

static const struct form_dialog_ops file_ops = {file_submit, variable_abort, env_target_free};

static enum view_result do_file(struct env_view *v, struct env_row *row)
{
    struct form form;

    form_init(&form, "Variables of another file", "open", file_fields, ARRAY_LEN(file_fields));
    form_preset(&form, 0, v->file);
    form_dialog_open(v->env, &form, &file_ops, env_target_create(v, NULL));
    return VIEW_HANDLED;
}

/* --- leaving --- */

static void on_leave(struct views_env *env, void *user, bool yes)
{
    struct env_target *t = user;
    struct env_view *v = yes ? env_target_view(t) : NULL;

    if (v) {
        env_rows_discard(&v->rows);
        env_view_changed(v);
        tui_act(env->tui, "back");
    }
    env_target_free(t);
}

static enum view_result do_leave(struct env_view *v, struct env_row *row)
{
    struct confirm question;
    char title[64];

    if (!env_rows_staged(&v->rows))
        return VIEW_IGNORED;
    snprintf(title, sizeof title, "Leave without writing?");
    confirm_init(&question, title, "throw away", "What is staged here is lost.");
    confirm_add(&question, v->file);
    confirm_dialog_open(v->env, &question, on_leave, env_target_create(v, NULL));
    return VIEW_HANDLED;
}

/* --- all --- */

static enum view_result do_editor(struct env_view *v, struct env_row *row)
{
    return in_editor(v, row);
}

enum view_result env_verbs_run(struct env_view *v, const char *action)
{
    static const struct {
        const char *action;
        bool writes, alone;
        enum view_result (*run)(struct env_view *v, struct env_row *row);
    } verbs[] = {
        {"env-edit", true, false, do_edit},
        {"env-edit-value", true, false, do_editor},
        {"env-add", true, true, do_add},
        {"env-remove", true, false, do_remove},
        {"env-undo", true, true, do_undo},
        {"env-write", true, true, do_write},
        {"env-reveal", false, false, do_reveal},
        {"env-reveal-all", false, true, do_reveal_all},
        {"env-copy", false, false, do_copy},
        {"env-file", false, true, do_file},
        {"env-compare", false, true, env_compare_open},
        {"back", false, true, do_leave},
        {"escape", false, true, do_leave},
    };

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].action, action) != 0)
            continue;
        struct env_row *row = selected(v);

        if (verbs[i].writes && views_refuse_readonly(v->env))
            return VIEW_HANDLED;
        if (!row && !verbs[i].alone) {
            tui_toast(v->env->tui, ROLE_WARN, "There is no variable here to do that with");
            return VIEW_HANDLED;
        }
        return verbs[i].run(v, row);
    }
    return VIEW_IGNORED;
}
