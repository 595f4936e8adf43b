/* SPDX-License-Identifier: MIT
 *
 * Opening a view of what sandboxes have, about those the user is looking at: the marked or selected
 * rows of the list, the sandbox of a shell, those of the list one comes from.
 */
#include <string.h>

#include "base/alloc.h"
#include "views/logs.h"
#include "views/recordings.h"
#include "views/resource.h"
#include "views/sandboxes.h"
#include "views/servers.h"
#include "views/shell.h"

#define SUBJECTS_MAX RESOURCE_SANDBOXES_MAX

/* Copies; 0: nothing in particular, so all. */
static size_t subjects(struct views_env *env, char *ids[SUBJECTS_MAX])
{
    struct view *v = tui_focused(env->tui);
    struct shell *shell = shell_of_view(v);
    struct sandboxes *list = sandboxes_of_view(v);
    struct resource *resource = resource_of_view(v);
    const char *borrowed[SUBJECTS_MAX], **targets = NULL;
    size_t n = 0;

    if (shell) {
        borrowed[n++] = shell->sandbox_id;
    } else if (list) {
        size_t n_targets = table_targets(&list->list.table, &targets);

        for (; n < n_targets && n < SUBJECTS_MAX; n++)
            borrowed[n] = targets[n];
    } else if (resource) {
        n = resource_sandboxes(resource, borrowed, SUBJECTS_MAX);
    }
    for (size_t i = 0; i < n; i++)
        ids[i] = xstrdup(borrowed[i]);
    free(targets);
    return n;
}

static void open_kind(struct views_env *env, const struct resource_kind *kind, bool all)
{
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = all ? 0 : subjects(env, ids);

    resource_view_open(env, kind, (const char *const *)ids, n);
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
}

static void open_logs(struct views_env *env)
{
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = subjects(env, ids);
    struct logs *logs = n ? logs_create(env) : NULL;

    for (size_t i = 0; i < n; i++) {
        logs_add_sandbox(logs, ids[i]);
        free(ids[i]);
    }
    if (logs)
        logs_show(logs);
    else
        tui_toast(env->tui, ROLE_WARN, "Of which sandbox? Select or mark some first");
}

char *views_subject(struct views_env *env)
{
    char *ids[SUBJECTS_MAX] = {NULL};
    size_t n = subjects(env, ids);

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
        {"view-servers", &servers_kind, false},
        {"view-servers-all", &servers_kind, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].action, action) == 0) {
            open_kind(env, kinds[i].kind, kinds[i].all);
            return true;
        }
    }
    if (strcmp(action, "view-recordings") == 0) {
        recordings_open(env);
        return true;
    }
    if (strcmp(action, "view-logs") != 0)
        return false;
    open_logs(env);
    return true;
}
