/* SPDX-License-Identifier: MIT
 *
 * What sandboxes can be made from: snapshots and templates of the gateway. Both are asked for when
 * the view opens, after each change made here, and at refresh.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/snapshot.h"
#include "client/template.h"
#include "tui/progress.h"
#include "views/dialog.h"
#include "views/job.h"
#include "views/plain.h"
#include "views/sandbox_form.h"

static const char *const snapshot_contexts[] = {"snapshots", "list", "motion", NULL};
static const char *const template_contexts[] = {"templates", "list", "motion", NULL};

static const struct plain_kind snapshots_kind, templates_kind;

static const struct table_column snapshot_columns[] = {
    {.title = "CREATED", .min = 16, .ideal = 16, .max = 16, .descending = true},
    {.title = "ID", .min = 10, .ideal = 16, .max = 40},
    {.title = "NAME", .min = 8, .ideal = 20, .max = 60, .priority = 1},
    {.title = "OF", .min = 8, .ideal = 16, .max = 40, .priority = 2},
    {.title = "CONSISTENT", .min = 10, .ideal = 10, .max = 10, .priority = 3},
};

static const struct table_column template_columns[] = {
    {.title = "TEMPLATE", .min = 8, .ideal = 20, .max = 64},
    {.title = "KIND", .min = 9, .ideal = 10, .max = 12},
    {.title = "SYSTEM", .min = 10, .ideal = 12, .max = 12, .priority = 1},
    {.title = "SIZE", .min = 8, .ideal = 8, .max = 12, .right = true, .priority = 2},
};

static const char *member(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item) ? "yes" : "no";
    return cJSON_IsString(item) ? item->valuestring : "";
}

static void on_snapshots(void *user, const struct snapshot_info *all, size_t n, const struct err *e)
{
    struct plain *p = user;

    p->request = NULL;
    if (e) {
        plain_fail(p, e);
        return;
    }
    plain_begin(p);
    for (size_t i = 0; i < n; i++) {
        char iso[CLOCK_ISO_SIZE], at[24] = "-";

        if (all[i].created_ms) {
            clock_format_iso(iso, all[i].created_ms);
            snprintf(at, sizeof at, "%.10s %.5s", iso, iso + 11);
        }
        plain_add(p, all[i].id, ROLE_TEXT, all[i].created_ms,
                  (const char *const[]){at, all[i].id, all[i].name,
                                        member(all[i].metadata, "sandboxId"),
                                        member(all[i].metadata, "consistent")});
    }
    plain_end(p);
}

static void load_snapshots(struct plain *p)
{
    request_cancel(p->request);
    p->request = snapshot_list(p->env->gateway, on_snapshots, p);
}

static void on_templates(void *user, const struct template_info *all, size_t n, const struct err *e)
{
    struct plain *p = user;

    p->request = NULL;
    if (e) {
        plain_fail(p, e);
        return;
    }
    plain_begin(p);
    for (size_t i = 0; i < n; i++) {
        char size[PROGRESS_SIZE_TEXT] = "-";

        if (all[i].size >= 0)
            progress_bytes(size, all[i].size);
        plain_add(p, all[i].name, ROLE_TEXT, 0,
                  (const char *const[]){all[i].name, all[i].kind,
                                        all[i].own_system ? "its own" : "the host's", size});
    }
    plain_end(p);
}

static void load_templates(struct plain *p)
{
    request_cancel(p->request);
    p->request = template_list(p->env->gateway, on_templates, p);
}

/* --- verbs --- */

void snapshots_view_reload(struct views_env *env, void *unused)
{
    struct plain *p = plain_find(env, &snapshots_kind);

    if (p)
        load_snapshots(p);
}

static const char *ns_of(const struct views_env *env)
{
    return env->default_ns ? env->default_ns : "default";
}

static enum view_result use_snapshot(struct plain *p, const char *id)
{
    sandbox_form_open(p->env, ns_of(p->env), NULL, id);
    return VIEW_HANDLED;
}

static enum view_result use_template(struct plain *p, const char *id)
{
    sandbox_form_open(p->env, ns_of(p->env), id, NULL);
    return VIEW_HANDLED;
}

static enum view_result copy_id(struct plain *p, const char *id)
{
    views_copy(p->env, p->kind == &snapshots_kind ? "the id" : "the name", id);
    return VIEW_HANDLED;
}

struct deletion {
    char **ids; /* owned */
    size_t n;
};

static void delete_all(struct views_env *env, void *user, bool yes)
{
    struct deletion *d = user;
    struct job *job = yes ? job_create(env, "deleted", "snapshots") : NULL;

    for (size_t i = 0; yes && i < d->n; i++) {
        struct job_step *step = job_add(job, d->ids[i]);

        job_step_request(step, snapshot_delete(env->gateway, d->ids[i], job_step_done, step));
    }
    if (job)
        job_start(job);
    plain_targets_free(d->ids, d->n);
    free(d);
}

static enum view_result delete_snapshots(struct plain *p, const char *id)
{
    struct deletion *d = xcalloc(1, sizeof *d);
    struct confirm question;

    d->n = plain_targets(p, &d->ids);
    confirm_init(&question, d->n > 1 ? "Delete snapshots" : "Delete snapshot", "delete",
                 "The files kept in it are lost. Sandboxes made from it stay as they are.");
    for (size_t i = 0; i < d->n; i++)
        confirm_add(&question, d->ids[i]);
    confirm_dialog_open(p->env, &question, delete_all, d);
    return VIEW_HANDLED;
}

/* --- taking one --- */

struct taking {
    struct views_env *env;
    char *sandbox_id; /* owned */
    struct view *dialog;
    struct request *request;
};

static void taking_closed(void *user)
{
    struct taking *t = user;

    request_cancel(t->request);
    free(t->sandbox_id);
    free(t);
}

static void taking_abort(void *user)
{
    struct taking *t = user;

    request_cancel(t->request);
    t->request = NULL;
    tui_toast(t->env->tui, ROLE_WARN, "Not waited for; the gateway may make it all the same");
}

static void on_taken(void *user, const struct snapshot_info *s, const struct err *e)
{
    struct taking *t = user;

    t->request = NULL;
    if (e) {
        form_dialog_fail(t->dialog, e);
        return;
    }
    tui_toast(t->env->tui, ROLE_GOOD, "\xe2\x9c\x93 snapshot %.60s; :snapshots lists them", s->id);
    form_dialog_done(t->dialog);
}

static void taking_submit(void *user, struct view *dialog, struct form *f)
{
    struct taking *t = user;
    const char *name = form_text(f, 0);

    t->dialog = dialog;
    form_dialog_busy(dialog);
    t->request = snapshot_create(fleet_of(t->env->fleet, t->sandbox_id), t->sandbox_id,
                                 *name ? name : NULL, NULL, on_taken, t);
}

void snapshot_form_open(struct views_env *env, const char *sandbox_id)
{
    static const struct form_field fields[] = {
        {.label = "Name", .placeholder = "none", .help = "for people; its id is the gateway's"},
    };
    static const struct form_dialog_ops ops = {taking_submit, taking_abort, taking_closed};
    struct form form;

    if (views_refuse_readonly(env))
        return;
    struct taking *t = xcalloc(1, sizeof *t);
    t->env = env;
    t->sandbox_id = xstrdup(sandbox_id);
    form_init(&form, "Snapshot of its files", "take it", fields, ARRAY_LEN(fields));
    form_dialog_open(env, &form, &ops, t);
}

/* --- kinds --- */

static const struct plain_verb snapshot_verbs[] = {
    {"snapshot-use", true, false, use_snapshot},
    {"snapshot-delete", true, false, delete_snapshots},
    {"snapshot-copy", false, false, copy_id},
    {0},
};

static const struct plain_kind snapshots_kind = {
    .name = "snapshots",
    .contexts = snapshot_contexts,
    .columns = snapshot_columns,
    .n_columns = ARRAY_LEN(snapshot_columns),
    .newest_first = true,
    .load = load_snapshots,
    .empty = "No snapshots yet",
    .empty_hint = "P in the list of sandboxes takes one",
    .open_action = "snapshot-use",
    .verbs = snapshot_verbs,
    .hints =
        (const char *const[]){"snapshot-use", "new sandbox", "snapshot-delete", "delete", NULL},
};

static const struct plain_verb template_verbs[] = {
    {"template-use", true, false, use_template},
    {"template-copy", false, false, copy_id},
    {0},
};

static const struct plain_kind templates_kind = {
    .name = "templates",
    .contexts = template_contexts,
    .columns = template_columns,
    .n_columns = ARRAY_LEN(template_columns),
    .load = load_templates,
    .empty = "No templates",
    .empty_hint = "sandpitd template add makes one from a folder, an archive or a snapshot",
    .open_action = "template-use",
    .verbs = template_verbs,
    .hints = (const char *const[]){"template-use", "new sandbox", NULL},
};

static enum view_result show(struct views_env *env, const struct plain_kind *kind)
{
    struct plain *p = plain_find(env, kind);

    if (!p || !tui_reveal(env->tui, p->view))
        plain_view_open(env, kind);
    return VIEW_HANDLED;
}

enum view_result snapshots_view_show(struct views_env *env)
{
    return show(env, &snapshots_kind);
}

enum view_result templates_view_show(struct views_env *env)
{
    return show(env, &templates_kind);
}
