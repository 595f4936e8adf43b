/* SPDX-License-Identifier: MIT
 *
 * What can be done with a row, or with all marked rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/job.h"
#include "views/sandbox_form.h"
#include "views/sandboxes.h"

/* --- new --- */
static enum view_result verb_new(struct sandboxes *s, const struct sandbox *selected)
{
    const char *ns = s->env->default_ns ? s->env->default_ns : "default";

    sandbox_form_open(s->env, s->only_ns ? s->only_ns : ns, NULL, NULL);
    return VIEW_HANDLED;
}

/* --- several at once --- */
struct targets {
    size_t n;
    char **ids; /* owned */
};

/* Without those that went after the screen was drawn. */
static struct targets targets_take(struct sandboxes *s)
{
    const char **ids;
    size_t n = table_targets(&s->list.table, &ids);
    struct targets t = {.ids = xcalloc(n ? n : 1, sizeof *t.ids)};

    for (size_t i = 0; i < n; i++) {
        const struct sandbox *sandbox = gateway_find_id(s->env->gateway, ids[i]);

        if (sandbox && !sandbox->gone)
            t.ids[t.n++] = xstrdup(ids[i]);
    }
    free(ids);
    return t;
}

static bool targets_none(struct sandboxes *s, const struct targets *t)
{
    if (!t->n)
        tui_toast(s->env->tui, ROLE_WARN, "What was marked is gone already");
    return !t->n;
}

static void targets_finish(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->ids[i]);
    free(t->ids);
}

/* --- delete --- */
static void delete_all(struct views_env *env, void *user, bool yes)
{
    struct targets *t = user;
    struct job *job = yes ? job_create(env, "deleted", "sandboxes") : NULL;

    for (size_t i = 0; yes && i < t->n; i++) {
        char name[160];
        struct job_step *step = job_add(job, views_sandbox_name(env, t->ids[i], name, sizeof name));

        job_step_request(step, gateway_delete(env->gateway, t->ids[i], job_step_done, step));
    }
    if (job)
        job_start(job);
    targets_finish(t);
    free(t);
}

static enum view_result verb_delete(struct sandboxes *s, const struct sandbox *selected)
{
    struct confirm question;

    if (views_refuse_readonly(s->env))
        return VIEW_HANDLED;
    struct targets taken = targets_take(s);
    if (targets_none(s, &taken)) {
        targets_finish(&taken);
        return VIEW_HANDLED;
    }
    struct targets *t = xcalloc(1, sizeof *t);
    *t = taken;
    confirm_init(&question, t->n > 1 ? "Delete sandboxes" : "Delete sandbox", "delete",
                 t->n > 1 ? "Their files are lost and everything that runs in them ends."
                          : "Its files are lost and everything that runs in it ends.");
    for (size_t i = 0; i < t->n; i++) {
        const struct sandbox *sandbox = gateway_find_id(s->env->gateway, t->ids[i]);
        char name[160];
        int terminals = sandbox ? sandbox->info.n_terminals : 0;

        views_sandbox_name(s->env, t->ids[i], name, sizeof name);
        cleanup_free char *line = terminals > 0 ? xasprintf("%s, %d terminal%s open", name,
                                                            terminals, terminals == 1 ? "" : "s")
                                                : xstrdup(name);
        confirm_add(&question, line);
    }
    confirm_dialog_open(s->env, &question, delete_all, t);
    return VIEW_HANDLED;
}

/* --- more time --- */
struct extension {
    struct views_env *env;
    struct view *dialog;
    struct targets targets;
    struct request *request;
};

static bool any_ends(const struct views_env *env, const struct targets *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct sandbox *s = gateway_find_id(env->gateway, t->ids[i]);

        if (s && s->info.expires_ms)
            return true;
    }
    return false;
}

static void extend_closed(void *user)
{
    struct extension *x = user;

    request_cancel(x->request);
    targets_finish(&x->targets);
    free(x);
}

static void extend_abort(void *user)
{
    struct extension *x = user;

    request_cancel(x->request);
    x->request = NULL;
}

static void extend_done(void *user, const struct err *e)
{
    struct extension *x = user;
    char name[160];

    x->request = NULL;
    if (e) {
        form_dialog_fail(x->dialog, e);
        return;
    }
    views_sandbox_name(x->env, x->targets.ids[0], name, sizeof name);
    if (any_ends(x->env, &x->targets))
        tui_toast(x->env->tui, ROLE_GOOD, "\xe2\x9c\x93 more time for %s", name);
    else
        tui_toast(x->env->tui, ROLE_GOOD, "%s has no end that is known", name);
    form_dialog_done(x->dialog);
}

static void extend_many(struct extension *x, int64_t duration_ms)
{
    struct job *job = job_create(x->env, "extended", "sandboxes");

    for (size_t i = 0; i < x->targets.n; i++) {
        char name[160];
        const char *id = x->targets.ids[i];
        struct job_step *step = job_add(job, views_sandbox_name(x->env, id, name, sizeof name));

        job_step_request(step,
                         gateway_extend(x->env->gateway, id, duration_ms, job_step_done, step));
    }
    job_start(job);
}

static void extend_submit(void *user, struct view *dialog, struct form *form)
{
    struct extension *x = user;
    int64_t duration_ms = form_number(form, 0);

    x->dialog = dialog;
    if (x->targets.n > 1) {
        extend_many(x, duration_ms);
        form_dialog_done(dialog);
        return;
    }
    form_dialog_busy(dialog);
    x->request = gateway_extend(x->env->gateway, x->targets.ids[0], duration_ms, extend_done, x);
}

static const struct form_dialog_ops extend_ops = {extend_submit, extend_abort, extend_closed};

static enum view_result verb_extend(struct sandboxes *s, const struct sandbox *selected)
{
    static const struct form_field fields[] = {
        {.label = "At least",
         .kind = FORM_DURATION,
         .initial = "15m",
         .required = true,
         .min = 1000,
         .help = "from now; an end that is later stays"},
        {.label = "At least",
         .kind = FORM_DURATION,
         .initial = "15m",
         .required = true,
         .min = 1000,
         .help = "from now; no end is known, and none is set"},
    };
    struct form form;

    if (views_refuse_readonly(s->env))
        return VIEW_HANDLED;
    struct targets taken = targets_take(s);
    if (targets_none(s, &taken)) {
        targets_finish(&taken);
        return VIEW_HANDLED;
    }
    struct extension *x = xcalloc(1, sizeof *x);
    x->env = s->env;
    x->targets = taken;
    form_init(&form, x->targets.n > 1 ? "More time for the marked" : "More time", "extend",
              any_ends(s->env, &x->targets) ? &fields[0] : &fields[1], 1);
    form_dialog_open(s->env, &form, &extend_ops, x);
    return VIEW_HANDLED;
}

/* --- shells and copies --- */
static enum view_result verb_open(struct sandboxes *s, const struct sandbox *selected)
{
    shell_view_open(s->env, selected->info.id, NULL,
                    s->env->readonly ? SHELL_OBSERVE : SHELL_ATTACH, PLACE_HERE);
    return VIEW_HANDLED;
}

static enum view_result verb_shell(struct sandboxes *s, const struct sandbox *selected)
{
    if (!views_refuse_readonly(s->env))
        shell_view_open(s->env, selected->info.id, NULL, SHELL_NEW, PLACE_HERE);
    return VIEW_HANDLED;
}

static enum view_result verb_observe(struct sandboxes *s, const struct sandbox *selected)
{
    shell_view_open(s->env, selected->info.id, NULL, SHELL_OBSERVE, PLACE_HERE);
    return VIEW_HANDLED;
}

static enum view_result verb_copy_name(struct sandboxes *s, const struct sandbox *selected)
{
    char name[256];

    views_copy(s->env, "the name",
               views_sandbox_name(s->env, selected->info.id, name, sizeof name));
    return VIEW_HANDLED;
}

static enum view_result verb_copy_url(struct sandboxes *s, const struct sandbox *selected)
{
    views_copy(s->env, "the URL", selected->info.url);
    return VIEW_HANDLED;
}

static enum view_result verb_snapshot(struct sandboxes *s, const struct sandbox *selected)
{
    snapshot_form_open(s->env, selected->info.id);
    return VIEW_HANDLED;
}

/* Only what a browser may be given: no other scheme, nothing a program could take for an option. */
static bool is_web_address(const char *url)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return false;
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    return true;
}

static void on_browser_exit(uv_process_t *process, int64_t status, int signal)
{
    uv_close((uv_handle_t *)process, (uv_close_cb)free);
}

/* $BROWSER with the address as its one argument; quiet, for the screen is ours. */
static int browse(struct views_env *env, const char *url)
{
    const char *browser = getenv("BROWSER");
    uv_process_t *process;
    char *argv[3];
    int rc;

    if (!browser || !*browser)
        return UV_ENOENT;
    process = xcalloc(1, sizeof *process);
    argv[0] = (char *)browser;
    argv[1] = (char *)url;
    argv[2] = NULL;
    rc = uv_spawn(tui_loop(env->tui), process,
                  &(uv_process_options_t){.file = browser,
                                          .args = argv,
                                          .exit_cb = on_browser_exit,
                                          .flags = UV_PROCESS_DETACHED});
    uv_unref((uv_handle_t *)process);
    if (rc < 0)
        uv_close((uv_handle_t *)process, (uv_close_cb)free);
    return rc;
}

static enum view_result verb_browse(struct sandboxes *s, const struct sandbox *selected)
{
    const char *url = selected->info.url;
    char clean[200];

    if (!is_web_address(url))
        tui_toast(s->env->tui, ROLE_WARN, "Its address is none for a browser");
    else if (browse(s->env, url) == 0)
        tui_toast(s->env->tui, ROLE_GOOD, "\xe2\x9c\x93 opened %s",
                  text_sanitise(clean, sizeof clean, url, strlen(url)));
    else
        views_copy(s->env, "the URL (no $BROWSER to open it)", url);
    return VIEW_HANDLED;
}

sandbox_verb sandbox_verb_find(const char *action, bool *needs_row)
{
    static const struct {
        const char *action;
        sandbox_verb verb;
        bool alone; /* needs no row */
    } verbs[] = {
        {"sandbox-new", verb_new, true},        {"sandbox-open", verb_open},
        {"sandbox-shell", verb_shell},          {"sandbox-observe", verb_observe},
        {"sandbox-delete", verb_delete},        {"sandbox-extend", verb_extend},
        {"sandbox-describe", sandbox_describe}, {"sandbox-json", sandbox_json},
        {"sandbox-copy-name", verb_copy_name},  {"sandbox-copy-url", verb_copy_url},
        {"sandbox-browse", verb_browse},        {"sandbox-snapshot", verb_snapshot},
    };

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].action, action) != 0)
            continue;
        *needs_row = !verbs[i].alone;
        return verbs[i].verb;
    }
    return NULL;
}
