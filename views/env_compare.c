/* SPDX-License-Identifier: MIT
 *
 * The variables shown beside those of another file or another sandbox.
 */
#include <string.h>

#include "base/alloc.h"
#include "views/dialog.h"
#include "views/env_internal.h"
#include "views/viewer.h"

enum { WITH_SANDBOX, WITH_FILE };

static const struct form_field compare_fields[] = {
    [WITH_SANDBOX] = {.label = "Sandbox", .required = true, .help = "namespace/name or its id"},
    [WITH_FILE] = {.label = "File", .required = true, .check = env_check_file},
};

struct env_compare {
    struct env_target *target;
    struct remote *remote;
    struct view *dialog;
    struct request *request;
    char *other; /* owned: "alice/demo .env" */
};

static void compare_closed(void *user)
{
    struct env_compare *c = user;

    request_cancel(c->request);
    remote_release(c->remote);
    env_target_free(c->target);
    free(c->other);
    free(c);
}

static void compare_abort(void *user)
{
    struct env_compare *c = user;

    request_cancel(steal_pointer(&c->request));
}

static void add_pair(const struct env_difference *d, struct diff *clear, struct diff *masked)
{
    char *left = d->before ? xasprintf("%s=%s", d->name, d->before) : NULL;
    char *right = d->after ? xasprintf("%s=%s", d->name, d->after) : NULL;
    cleanup_free char *hidden = xasprintf("%s=%s", d->name, ENV_MASK);
    cleanup_free char *differs = xasprintf("%s (another value)", hidden);

    diff_add(clear, left, right);
    diff_add(masked, left ? hidden : NULL,
             !right                     ? NULL
             : d->change == ENV_CHANGED ? differs
                                        : hidden);
    env_wipe(left);
    env_wipe(right);
}

static void on_other(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct env_compare *c = user;
    struct env_view *v = env_target_view(c->target);
    struct diff clear = {0}, masked = {0};
    struct err gone;
    char name[160];
    size_t n_here = 0, n_differences;

    c->request = NULL;
    if (e || !v) {
        err_set(&gone, ERR_CLOSED, "what it was compared with is not shown any more");
        form_dialog_fail(c->dialog, e ? e : &gone);
        return;
    }
    struct env_variable *here = xcalloc(v->rows.n + 1, sizeof *here);
    for (size_t i = 0; i < v->rows.n; i++)
        if (v->rows.all[i].after)
            here[n_here++] = (struct env_variable){v->rows.all[i].name, v->rows.all[i].after};
    struct env_difference *list = env_diff(here, n_here, all, n, &n_differences);
    for (size_t i = 0; i < n_differences; i++)
        add_pair(&list[i], &clear, &masked);
    free(list);
    free(here);
    cleanup_free char *left = xasprintf(
        "%s %s", views_sandbox_name(v->env, c->target->sandbox_id, name, sizeof name), v->file);
    diff_names(&clear, left, c->other);
    diff_names(&masked, left, c->other);
    form_dialog_done(c->dialog);
    diff_dialog_open(v->env, "Compare", &clear, &masked, NULL, NULL, NULL);
}

/* By id or by name; NULL: there is none. */
static const char *find_sandbox(struct views_env *env, const char *wanted)
{
    char name[160];

    if (fleet_find_id(env->fleet, wanted))
        return wanted;
    for (size_t i = 0; i < fleet_count(env->fleet); i++) {
        const struct sandbox *s = fleet_at(env->fleet, i);

        if (s && !s->gone &&
            strcmp(views_sandbox_name(env, s->info.id, name, sizeof name), wanted) == 0)
            return s->info.id;
    }
    return NULL;
}

static void compare_submit(void *user, struct view *dialog, struct form *f)
{
    struct env_compare *c = user;
    struct views_env *env = c->target->env;
    const char *wanted = form_text(f, WITH_SANDBOX), *id = find_sandbox(env, wanted);
    struct err e = {0};

    c->dialog = dialog;
    form_dialog_busy(dialog);
    if (!id) {
        err_set(&e, ERR_NOT_FOUND, "there is no sandbox %.100s", wanted);
        form_dialog_fail(dialog, &e);
        return;
    }
    remote_release(c->remote);
    c->remote = fleet_remote(env->fleet, id);
    free(c->other);
    c->other = xasprintf("%s %s", wanted, form_text(f, WITH_FILE));
    c->request = env_get(c->remote, form_text(f, WITH_FILE), on_other, c);
}

static const struct form_dialog_ops compare_ops = {compare_submit, compare_abort, compare_closed};

/* Tab: the names of sandboxes that begin like that, one after the other. */
static bool complete_sandbox(void *user, const char *text, size_t start, size_t end, unsigned turn,
                             struct buf *out)
{
    struct views_env *env = user;
    char name[160];

    for (size_t i = 0; i < fleet_count(env->fleet); i++) {
        const struct sandbox *s = fleet_at(env->fleet, i);

        if (!s || s->gone)
            continue;
        views_sandbox_name(env, s->info.id, name, sizeof name);
        if (strncmp(name, text + start, end - start) == 0 && turn-- == 0) {
            buf_append_str(out, name);
            return true;
        }
    }
    return false;
}

enum view_result env_compare_open(struct env_view *v, struct env_row *row)
{
    struct env_compare *c = xcalloc(1, sizeof *c);
    struct form form;
    char name[160];

    c->target = env_target_create(v, NULL);
    form_init(&form, "Compare with", "compare", compare_fields, ARRAY_LEN(compare_fields));
    form_preset(&form, WITH_SANDBOX,
                views_sandbox_name(v->env, c->target->sandbox_id, name, sizeof name));
    form_preset(&form, WITH_FILE, v->file);
    form.states[WITH_SANDBOX].prompt.complete = complete_sandbox;
    form.states[WITH_SANDBOX].prompt.user = v->env;
    form_dialog_open(v->env, &form, &compare_ops, c);
    return VIEW_HANDLED;
}
