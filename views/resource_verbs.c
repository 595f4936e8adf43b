/* SPDX-License-Identifier: MIT
 *
 * What can be done with the rows of a list of resources: the kind's own verbs, and those that all
 * kinds have.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/json_text.h"
#include "views/resource_internal.h"

/* --- targets --- */

size_t resource_each_target(struct resource *r,
                            void (*visit)(void *user, const struct resource_row *row), void *user)
{
    const char **keys;
    size_t n = table_targets(&r->list.table, &keys), n_found = 0;

    for (size_t i = 0; i < n; i++) {
        struct resource_row row;

        /* Without those that went after the screen was drawn. */
        if (!rows_find(r, keys[i], &row))
            continue;
        n_found++;
        visit(user, &row);
    }
    free(keys);
    return n_found;
}

struct target {
    struct remote *remote; /* a reference */
    char *id, *label;      /* owned */
};

struct targets {
    const struct resource_change *change;
    size_t n, cap;
    struct target *list; /* owned */
};

static void take(void *user, const struct resource_row *row)
{
    struct targets *t = user;
    char name[160], clean[128];
    const char *label = row->kind->label ? row->kind->label(row->item) : row->id;

    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 8;
        t->list = xreallocarray(t->list, t->cap, sizeof *t->list);
    }
    t->list[t->n++] = (struct target){
        .remote = fleet_remote(row->env->fleet, row->sandbox_id),
        .id = xstrdup(row->id),
        .label = xasprintf("%s in %s", text_sanitise(clean, sizeof clean, label, strlen(label)),
                           views_sandbox_name(row->env, row->sandbox_id, name, sizeof name))};
}

static void targets_free(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++) {
        remote_release(t->list[i].remote);
        free(t->list[i].id);
        free(t->list[i].label);
    }
    free(t->list);
    free(t);
}

static void change_all(struct views_env *env, void *user, bool yes)
{
    struct targets *t = user;
    const struct resource_change *change = t->change;
    struct job *job = yes ? job_create(env, change->done, change->things) : NULL;

    for (size_t i = 0; job && i < t->n; i++) {
        struct job_step *step = job_add(job, t->list[i].label);

        struct request *request = change->send(t->list[i].remote, t->list[i].id, step);
        if (request)
            job_step_request(step, request);
        else
            job_step_done(step, NULL);
    }
    if (job)
        job_start(job);
    targets_free(t);
}

enum view_result resource_change(struct resource *r, const struct resource_change *change)
{
    struct targets *t = xcalloc(1, sizeof *t);
    struct confirm question;

    t->change = change;
    if (!resource_each_target(r, take, t)) {
        tui_toast(r->env->tui, ROLE_WARN, "What was marked is gone already");
        targets_free(t);
        return VIEW_HANDLED;
    }
    if (!change->title) {
        change_all(r->env, t, true);
        return VIEW_HANDLED;
    }
    confirm_init(&question, change->title, change->verb, change->loss);
    question.harmless = change->harmless;
    for (size_t i = 0; i < t->n; i++)
        confirm_add(&question, t->list[i].label);
    confirm_dialog_open(r->env, &question, change_all, t);
    return VIEW_HANDLED;
}

/* --- verbs of all kinds --- */

static enum view_result verb_describe(struct resource *r, const struct resource_row *row)
{
    cleanup_buf struct buf text = {0};

    json_text_fields(&text, row->json);
    text_dialog_open(r->env, row->id, text.data ? text.data : "");
    return VIEW_HANDLED;
}

static enum view_result verb_json(struct resource *r, const struct resource_row *row)
{
    cleanup_buf struct buf text = {0};

    json_text_pretty(&text, row->json);
    text_dialog_open(r->env, row->id, text.data ? text.data : "");
    return VIEW_HANDLED;
}

static enum view_result verb_copy(struct resource *r, const struct resource_row *row)
{
    views_copy(r->env, "the name", row->id);
    return VIEW_HANDLED;
}

static enum view_result verb_refresh(struct resource *r, const struct resource_row *row)
{
    rows_refresh(r);
    return VIEW_IGNORED; /* the gateway is asked again, too */
}

static const struct resource_verb common[] = {
    {"resource-describe", false, false, verb_describe},
    {"resource-json", false, false, verb_json},
    {"resource-copy", false, false, verb_copy},
    {"refresh", false, true, verb_refresh},
    {0},
};

static const struct resource_verb *find(const struct resource_verb *verbs, const char *action)
{
    for (; verbs->action; verbs++)
        if (strcmp(verbs->action, action) == 0)
            return verbs;
    return NULL;
}

enum view_result verbs_run(struct resource *r, const char *action)
{
    const struct resource_verb *verb;
    struct resource_row row;
    bool has_row = rows_find(r, table_selected(&r->list.table), &row);

    if (!action || strcmp(action, "resource-open") == 0)
        action = r->kind->open_action ? r->kind->open_action : "resource-describe";
    verb = find(r->kind->verbs, action);
    if (!verb)
        verb = find(common, action);
    if (!verb)
        return VIEW_IGNORED;
    if (verb->writes && views_refuse_readonly(r->env))
        return VIEW_HANDLED;
    if (!has_row && !verb->alone) {
        tui_toast(r->env->tui, ROLE_WARN, "There is nothing here to do that with");
        return VIEW_HANDLED;
    }
    return verb->run(r, has_row ? &row : NULL);
}
