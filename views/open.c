/* SPDX-License-Identifier: MIT
 *
 * Opening a view of what sandboxes have, about those the user is looking at: the marked or selected
 * rows of the list, the sandbox of a shell, those of the list one comes from.
 */
#include <string.h>

#include "base/alloc.h"
#include "views/children.h"
#include "views/commands.h"
#include "views/commands_form.h"
#include "views/env_view.h"
#include "views/events.h"
#include "views/files.h"
#include "views/links.h"
#include "views/logs.h"
#include "views/matrix.h"
#include "views/overlays.h"
#include "views/recordings.h"
#include "views/resource.h"
#include "views/sandboxes.h"
#include "views/servers.h"
#include "views/shell.h"
#include "views/signals.h"
#include "views/stream.h"
#include "views/terminal_list.h"
#include "views/tokens.h"
#include "views/viewer.h"
#include "views/wall.h"
#include "views/watchers.h"

#define SUBJECTS_MAX     RESOURCE_SANDBOXES_MAX
#define TABS_AT_ONCE_MAX 8

size_t views_subjects(struct views_env *env, char **ids, size_t cap)
{
    struct view *v = tui_focused(env->tui);
    struct shell *shell = shell_of_view(v);
    struct sandboxes *list = sandboxes_of_view(v);
    struct resource *resource = resource_of_view(v);
    struct stream *stream = stream_of_view(v);
    const char *borrowed[SUBJECTS_MAX], **targets = NULL;
    size_t n = 0;

    cap = cap < SUBJECTS_MAX ? cap : SUBJECTS_MAX;

    if (shell) {
        borrowed[n++] = shell->sandbox_id;
    } else if (list) {
        size_t n_targets = table_targets(&list->list.table, &targets);

        for (; n < n_targets && n < cap; n++)
            borrowed[n] = targets[n];
    } else if (resource) {
        n = resource_sandboxes(resource, borrowed, cap);
    } else if (stream) {
        n = stream_sandboxes(stream, borrowed, cap);
    } else {
        n = matrix_sandboxes(v, borrowed, cap);
        n = n ? n : wall_sandboxes(v, borrowed, cap);
    }
    const char *one = files_sandbox(v);
    one = one ? one : env_view_sandbox(v);
    one = one ? one : viewer_sandbox(v);
    if (one && !n)
        borrowed[n++] = one;
    for (size_t i = 0; i < n; i++)
        ids[i] = xstrdup(borrowed[i]);
    free(targets);
    return n;
}

size_t views_targets(struct views_env *env, char **ids, size_t cap)
{
    size_t n = views_subjects(env, ids, cap);

    if (!n)
        tui_toast(env->tui, ROLE_WARN, "Of which sandbox? Select or mark some first");
    return n;
}

static void open_kind(struct views_env *env, const struct resource_kind *kind, bool all)
{
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = all ? 0 : views_subjects(env, ids, SUBJECTS_MAX);

    resource_view_open(env, kind, (const char *const *)ids, n);
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
}

static void open_logs(struct views_env *env, char *const *ids, size_t n)
{
    struct logs *logs = logs_create(env);

    for (size_t i = 0; i < n; i++)
        logs_add_sandbox(logs, ids[i]);
    logs_show(logs);
}

struct chosen {
    const char *ids[SUBJECTS_MAX]; /* borrowed */
    size_t n;
};

static void add_row(void *user, const struct resource_row *row)
{
    struct chosen *c = user;
    const char *id = remote_sandbox_id(row->remote);

    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->ids[i], id) == 0)
            return;
    if (c->n < SUBJECTS_MAX)
        c->ids[c->n++] = id;
}

/* A view of one sandbox: of several a tab each, and the first is shown. Among the rows of several
 * sandboxes those of the rows are meant. */
static void open_each(struct views_env *env, char *const *ids, size_t n,
                      struct view *(*create)(struct views_env *env, const char *sandbox_id,
                                             const char *what))
{
    struct resource *resource = resource_of_view(tui_focused(env->tui));
    struct chosen chosen = {.n = 0};
    struct view *first = NULL;
    size_t opened = 0;

    if (resource)
        resource_each_target(resource, add_row, &chosen);
    if (!chosen.n)
        for (; chosen.n < n; chosen.n++)
            chosen.ids[chosen.n] = ids[chosen.n];
    if (chosen.n == 1) {
        tui_show(env->tui, create(env, chosen.ids[0], NULL));
        return;
    }
    for (; opened < chosen.n && opened < TABS_AT_ONCE_MAX; opened++) {
        struct view *v = create(env, chosen.ids[opened], NULL);

        if (!tui_tab_open(env->tui, v)) {
            tui_close(env->tui, v);
            break;
        }
        first = first ? first : v;
    }
    if (first)
        tui_reveal(env->tui, first);
    if (opened < chosen.n)
        tui_toast(env->tui, ROLE_WARN,
                  "%zu of %zu opened, a tab each: mark fewer to see the others", opened, chosen.n);
    else
        tui_toast(env->tui, ROLE_STATUS, "%zu opened, a tab each", chosen.n);
}

static void open_files(struct views_env *env, char *const *ids, size_t n)
{
    open_each(env, ids, n, files_view_create);
}

static void open_env(struct views_env *env, char *const *ids, size_t n)
{
    open_each(env, ids, n, env_view_create);
}

static void open_of_targets(struct views_env *env,
                            void (*open)(struct views_env *env, char *const *ids, size_t n))
{
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = views_targets(env, ids, SUBJECTS_MAX);

    if (n)
        open(env, ids, n);
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
}

/* The marked rows of the list; without marks those that its filter shows; else all. */
static void open_wall(struct views_env *env)
{
    struct sandboxes *list = sandboxes_of_view(tui_focused(env->tui));
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = 0;

    if (list && list->list.table.n_marked)
        n = views_subjects(env, ids, SUBJECTS_MAX);
    else if (list && (filter_active(&list->list.filter) || list->only_ns))
        n = sandbox_rows_shown(list, ids, SUBJECTS_MAX);
    wall_open(env, ids, n);
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
}

char *views_subject(struct views_env *env)
{
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = views_subjects(env, ids, SUBJECTS_MAX);

    for (size_t i = 1; i < n; i++)
        free(ids[i]);
    if (n > 1)
        free(steal_pointer(&ids[0]));
    return ids[0];
}

bool views_open(struct views_env *env, const char *action)
{
    static const struct {
        const char *action;
        const struct resource_kind *kind;
        bool all;
    } kinds[] = {
        {"view-servers", &servers_kind, false},     {"view-servers-all", &servers_kind, true},
        {"view-watchers", &watchers_kind, false},   {"view-watchers-all", &watchers_kind, true},
        {"view-commands", &commands_kind, false},   {"view-commands-all", &commands_kind, true},
        {"view-overlays", &overlays_kind, false},   {"view-overlays-all", &overlays_kind, true},
        {"view-children", &children_kind, false},   {"view-children-all", &children_kind, true},
        {"view-tokens", &tokens_kind, false},       {"view-tokens-all", &tokens_kind, true},
        {"view-terminals", &terminals_kind, false}, {"view-terminals-all", &terminals_kind, true},
    };
    /* Of the sandboxes one looks at, when there are any. */
    static const struct {
        const char *action;
        void (*open)(struct views_env *env, char *const *ids, size_t n);
    } others[] = {
        {"view-logs", open_logs},
        {"view-signals", signals_view_open},
        {"view-events", events_view_open},
        {"view-files", open_files},
        {"view-env", open_env},
        {"magic-link", links_open},
        {"run-command", commands_form_open},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].action, action) == 0) {
            open_kind(env, kinds[i].kind, kinds[i].all);
            return true;
        }
    }
    if (strcmp(action, "view-wall") == 0) {
        open_wall(env);
        return true;
    }
    if (strcmp(action, "view-recordings") == 0) {
        recordings_open(env);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (strcmp(others[i].action, action) == 0) {
            open_of_targets(env, others[i].open);
            return true;
        }
    }
    return false;
}
