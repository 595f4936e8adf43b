/* SPDX-License-Identifier: MIT
 *
 * `?` and `:` as overlays: what the focused view can do, then what can be done everywhere.
 */
#include "tui/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/palette.h"
#include "views/dialog.h"

#define CONTEXTS_MAX 8
/* More sandboxes than that are found by name in their list, not in the palette. */
#define PALETTE_SANDBOXES_MAX 2000

static const struct {
    const char *context, *title;
} titles[] = {
    {"sandboxes", "The selected sandbox"},
    {"wall", "The selected terminal, this wall"},
    {"hits", "The selected line"},
    {"list", "This list"},
    {"copy", "Scrolled back"},
    {"prefix", "In a terminal"},
    {"locked", "While locked"},
    {"text", "This text"},
    {"terminals", "The selected terminal"},
    {"servers", "The selected server"},
    {"watchers", "The selected watcher"},
    {"commands", "The selected command"},
    {"output", "This command"},
    {"matrix", "The selected result"},
    {"tokens", "The selected token"},
    {"handout", "What is shown once"},
    {"files", "The selected file, this folder"},
    {"viewer", "This file"},
    {"diff", "This difference"},
    {"env", "The selected variable, this file"},
    {"overlays", "The selected overlay"},
    {"children", "The selected child sandbox"},
    {"resource", "The selected row"},
    {"tail", "These lines"},
    {"logs", "This log"},
    {"signals", "These signals"},
    {"events", "These events"},
    {"recordings", "The selected recording"},
    {"player", "Playing"},
    {"contexts", "The selected context"},
    {"journal", "The selected action"},
    {"snapshots", "The selected snapshot"},
    {"templates", "The selected template"},
    {"motion", "Moving"},
};

static const char *title_of(const char *context)
{
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        if (strcmp(titles[i].context, context) == 0)
            return titles[i].title;
    return "Here";
}

/* The contexts that count now, innermost first, for a person to read. */
static void list_contexts(struct views_env *env, struct help_context out[CONTEXTS_MAX])
{
    struct view *v = tui_focused(env->tui);
    bool terminal = v && strcmp(v->ops->name, "shell") == 0;
    size_t n = 0;

    if (terminal)
        out[n++] = (struct help_context){"prefix", title_of("prefix")};
    for (size_t i = 0; v && v->ops->contexts[i] && n < CONTEXTS_MAX - 2; i++)
        out[n++] = (struct help_context){v->ops->contexts[i], title_of(v->ops->contexts[i])};
    out[n++] = (struct help_context){"global", terminal ? "In lists" : "Everywhere"};
    out[n] = (struct help_context){NULL, NULL};
}

static void run_choice(struct views_env *env, void *user, const char *value)
{
    if (strncmp(value, "sandbox:", 8) == 0)
        shell_view_open(env, value + 8, NULL, SHELL_ATTACH, PLACE_HERE);
    else
        tui_act(env->tui, value);
}

void help_open(struct views_env *env)
{
    struct help_context contexts[CONTEXTS_MAX];
    char prefix[KEY_NAME_SIZE];
    struct picker picker;

    list_contexts(env, contexts);
    help_init(&picker, tui_keymap(env->tui), contexts, key_name(prefix, env->prefix));
    picker_dialog_open(env, &picker, run_choice, NULL, NULL);
}

static int by_name(const void *a, const void *b)
{
    const struct sandbox *const *x = a, *const *y = b;
    int order = strcmp((*x)->info.ns, (*y)->info.ns);

    if (!order)
        order = strcmp((*x)->info.name, (*y)->info.name);
    return order ? order : strcmp((*x)->info.id, (*y)->info.id);
}

/* As the list of sandboxes begins: by namespace, then name. */
static void add_sandboxes(struct views_env *env, struct picker *picker)
{
    size_t count = fleet_count(env->fleet), n = 0;
    const struct sandbox **all = xcalloc(count ? count : 1, sizeof(struct sandbox *));

    for (size_t i = 0; i < count; i++) {
        all[n] = fleet_at(env->fleet, i);
        n += all[n] && !all[n]->gone;
    }
    qsort(all, n, sizeof(struct sandbox *), by_name);
    for (size_t i = 0; i < n && i < PALETTE_SANDBOXES_MAX; i++) {
        const struct sandbox *s = all[i];
        char name[160], status[32];

        cleanup_free char *value = xasprintf("sandbox:%s", s->info.id);
        views_sandbox_name(env, s->info.id, name, sizeof name);
        text_sanitise(status, sizeof status, s->info.status, strlen(s->info.status));
        picker_add(picker, NULL, name, NULL, status, value);
    }
    free(all);
}

void palette_open(struct views_env *env)
{
    struct help_context contexts[CONTEXTS_MAX];
    char prefix[KEY_NAME_SIZE];
    struct picker picker;

    list_contexts(env, contexts);
    palette_init(&picker, tui_keymap(env->tui), contexts, key_name(prefix, env->prefix));
    add_sandboxes(env, &picker);
    picker_dialog_open(env, &picker, run_choice, NULL, NULL);
}

void sandbox_choice_open(struct views_env *env, const char *title, const char *verb,
                         void (*accept)(struct views_env *env, void *user, const char *value),
                         void *user, void (*drop)(void *user))
{
    struct picker picker;

    picker_init(&picker, title, verb);
    add_sandboxes(env, &picker);
    picker_dialog_open(env, &picker, accept, user, drop);
}

void sandbox_chooser_open(struct views_env *env)
{
    sandbox_choice_open(env, "Sandboxes", "open", run_choice, NULL, NULL);
}
