/* SPDX-License-Identifier: MIT
 *
 * The toolkit knows the tree (tui_layout_save, tui_layout_restore), this what stands in a pane:
 *
 *   WORD ID… <tab> ARGUMENT <tab> FILTER     shell SANDBOX TERMINAL <tab> its name, journal,
 *                                            logs SANDBOX SANDBOX:SERVER, files SANDBOX <tab> /srv
 */
#include "views/layouts.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/private_file.h"
#include "views/commands.h"
#include "views/env_internal.h"
#include "views/events.h"
#include "views/file_internal.h"
#include "views/files.h"
#include "views/logs.h"
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
#include "views/wall.h"
#include "views/watchers.h"

#define IDS_MAX      16 /* of a list of several sandboxes; with more it comes back as that of all */
#define ID_MAX       160
#define ARGUMENT_MAX 1024

struct layouts {
    struct views_env *env;
    struct tick *tick;
    char *written; /* owned: what the file holds, as far as we know */
};

static const struct resource_kind *const kinds[] = {&servers_kind,  &terminals_kind, &watchers_kind,
                                                    &commands_kind, &overlays_kind,  &tokens_kind};

/* Lists of the program itself: one of each. */
static enum view_result show_recordings(struct views_env *env)
{
    recordings_open(env);
    return VIEW_HANDLED;
}

static const struct {
    const char *name;
    enum view_result (*show)(struct views_env *env);
} singles[] = {
    {"recordings", show_recordings},    {"contexts", contexts_view_show},
    {"journal", journal_view_show},     {"snapshots", snapshots_view_show},
    {"templates", templates_view_show},
};

/* --- what a view is --- */
static void add_ids(struct buf *out, const char *const *ids, size_t n)
{
    for (size_t i = 0; n <= IDS_MAX && i < n; i++)
        buf_printf(out, " %s", ids[i]);
}

static void describe_shell(const struct shell *sh, struct buf *out)
{
    if (sh->attachment)
        buf_printf(out, "%s %s %s", sh->observe || sh->join ? "watch" : "shell", sh->sandbox_id,
                   attachment_id(sh->attachment));
    else
        buf_printf(out, "%s %s%s%s", sh->observe || sh->join ? "watch" : "shell", sh->sandbox_id,
                   sh->terminal_id ? " " : "", sh->terminal_id ? sh->terminal_id : "");
}

static void describe_resource(struct resource *r, const char *name, struct buf *out)
{
    const char *ids[RESOURCE_SANDBOXES_MAX];
    size_t n = resource_sandboxes(r, ids, RESOURCE_SANDBOXES_MAX);

    buf_append_str(out, name);
    if (!resource_is_of_all(r))
        add_ids(out, ids, n);
}

static void describe_stream(struct view *v, struct buf *out)
{
    const char *ids[RESOURCE_SANDBOXES_MAX];
    struct logs *logs = logs_of_view(v);

    buf_append_str(out, v->ops->name);
    if (logs)
        logs_describe(logs, out);
    else
        add_ids(out, ids, stream_sandboxes(stream_of_view(v), ids, RESOURCE_SANDBOXES_MAX));
}

static bool is_single(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(singles); i++)
        if (strcmp(singles[i].name, name) == 0)
            return true;
    return false;
}

static bool is_kept_stream(const struct view *v)
{
    static const char *const names[] = {"logs", "signals", "events"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(v->ops->name, names[i]) == 0)
            return true;
    return false;
}

static bool is_argument(const char *text)
{
    size_t n = text ? strlen(text) : 0;

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return n && n < ARGUMENT_MAX;
}

/* The list a view is made of, or NULL. */
static struct list *list_of(struct view *v)
{
    struct resource *r = resource_of_view(v);
    struct sandboxes *s = sandboxes_of_view(v);

    if (files_sandbox(v))
        return &((struct files *)v->data)->list;
    if (env_view_sandbox(v))
        return &((struct env_view *)v->data)->list;
    return r ? resource_list(r) : s ? &s->list : NULL;
}

static void describe_wall(const struct wall *w, struct buf *out)
{
    const char *ids[IDS_MAX + 1];
    size_t n = wall_fixed(w, ids, IDS_MAX + 1);

    buf_append_str(out, "wall");
    for (size_t i = 0; n <= IDS_MAX && i < n; i++)
        buf_printf(out, " %s", ids[i]);
}

static void describe(void *user, struct view *v, struct buf *out)
{
    struct shell *shell = shell_of_view(v);
    struct resource *resource = resource_of_view(v);
    struct stream *stream = stream_of_view(v);
    struct list *list = v ? list_of(v) : NULL;
    const char *argument = files_path(v), *filter = list ? list->filter.text : "";

    if (!v) {
        buf_append_str(out, "sandboxes");
        return;
    }
    argument = shell ? shell_known_name(shell) : argument ? argument : env_view_file(v);
    if (shell)
        describe_shell(shell, out);
    else if (resource)
        describe_resource(resource, v->ops->name, out);
    else if (stream && is_kept_stream(v))
        describe_stream(v, out);
    else if (files_sandbox(v))
        buf_printf(out, "files %s", files_sandbox(v));
    else if (env_view_sandbox(v))
        buf_printf(out, "env %s", env_view_sandbox(v));
    else if (wall_of_view(v))
        describe_wall(wall_of_view(v), out);
    else
        buf_append_str(out, is_single(v->ops->name) ? v->ops->name : "sandboxes");
    if (stream && is_kept_stream(v))
        filter = stream_tail(stream)->keep.text;
    if (!is_argument(argument))
        argument = "";
    if (is_argument(filter))
        buf_printf(out, "\t%s\t%s", argument, filter);
    else if (*argument)
        buf_printf(out, "\t%s", argument);
}

/* --- and back --- */
struct pane {
    const char *word, *argument, *filter; /* "" for none */
    const char *ids[IDS_MAX];
    size_t n;
};

static bool is_id(const char *text)
{
    size_t n = strlen(text);

    return n && n <= ID_MAX && text[0] != '.' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@%") ==
               n;
}

static void read_pane(struct pane *p, char *line)
{
    char *words = strsep(&line, "\t"), *argument = strsep(&line, "\t"), *part;

    *p = (struct pane){.argument = is_argument(argument) ? argument : "",
                       .filter = is_argument(line) ? line : ""};
    p->word = strsep(&words, " ");
    while ((part = strsep(&words, " ")) && p->n < IDS_MAX)
        if (is_id(part))
            p->ids[p->n++] = part;
}

static bool make_shell(struct views_env *env, const struct pane *p)
{
    bool watch = strcmp(p->word, "watch") == 0;

    if ((!watch && strcmp(p->word, "shell") != 0) || !p->n)
        return false;
    shell_view_open(env, p->ids[0], p->ids[1],
                    watch || env->readonly ? SHELL_OBSERVE : SHELL_ATTACH, PLACE_HERE);
    if (*p->argument)
        shell_call_it(shell_of_view(tui_focused(env->tui)), p->argument);
    return true;
}

static bool make_list(struct views_env *env, const struct pane *p)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i]->name, p->word) == 0) {
            resource_view_open(env, kinds[i], p->ids, p->n);
            return true;
        }
    }
    return false;
}

static void make_logs(struct views_env *env, const struct pane *p)
{
    struct logs *logs = logs_create(env);

    for (size_t i = 0; i < p->n; i++) {
        const char *colon = strchr(p->ids[i], ':');
        cleanup_free char *id = xstrndup(p->ids[i], strcspn(p->ids[i], ":"));

        if (colon)
            logs_add(logs, id, colon + 1);
        else
            logs_add_sandbox(logs, id);
    }
    logs_show(logs);
}

static bool make_of_sandboxes(struct views_env *env, const struct pane *p)
{
    const char *argument = *p->argument ? p->argument : NULL;

    if (!p->n)
        return false;
    if (strcmp(p->word, "logs") == 0)
        make_logs(env, p);
    else if (strcmp(p->word, "signals") == 0)
        signals_view_open(env, (char *const *)p->ids, p->n);
    else if (strcmp(p->word, "events") == 0)
        events_view_open(env, (char *const *)p->ids, p->n);
    else if (strcmp(p->word, "files") == 0)
        files_view_open(env, p->ids[0], argument);
    else if (strcmp(p->word, "env") == 0)
        env_view_open(env, p->ids[0], argument);
    else
        return false;
    return true;
}

static bool shows(struct views_env *env, const char *name)
{
    for (struct view *v = tui_each_shown(env->tui, NULL); v; v = tui_each_shown(env->tui, v))
        if (strcmp(v->ops->name, name) == 0)
            return true;
    return false;
}

static bool make_single(struct views_env *env, const struct pane *p)
{
    for (size_t i = 0; i < ARRAY_LEN(singles); i++) {
        if (strcmp(singles[i].name, p->word) != 0 || shows(env, p->word))
            continue;
        singles[i].show(env);
        return true;
    }
    return false;
}

static void set_filter(struct view *v, const char *filter)
{
    struct stream *stream = stream_of_view(v);
    struct list *list = v && !stream ? list_of(v) : NULL;

    if (!*filter || strlen(filter) >= FILTER_TEXT_MAX)
        return;
    if (stream)
        tail_set_keep(stream_tail(stream), filter);
    else if (list)
        list_set_filter(list, filter);
}

static void make(void *user, const char *what)
{
    struct views_env *env = user;
    cleanup_free char *copy = xstrdup(what);
    struct pane p;

    read_pane(&p, copy);
    if (strcmp(p.word, "wall") == 0)
        wall_open(env, (char *const *)p.ids, p.n);
    else if (!make_shell(env, &p) && !make_list(env, &p) && !make_of_sandboxes(env, &p) &&
             !make_single(env, &p))
        tui_show(env->tui, sandboxes_view_create(env->tui, env));
    set_filter(tui_focused(env->tui), p.filter);
}

bool views_restore(struct views_env *env)
{
    struct layouts *l = env->state->layouts;
    struct err e = {0};
    char *text = l ? private_read(env->layout_file, LAYOUTS_FILE_MAX, &e) : NULL;

    if (e.code)
        tui_toast(env->tui, ROLE_WARN, "The layout of last time is left out: %s", e.text);
    if (!text)
        return false;
    bool restored = tui_layout_restore(env->tui, text, make, env);
    if (!restored)
        tui_toast(env->tui, ROLE_WARN, "The layout of last time is left out: %s is broken",
                  env->layout_file);
    free(l->written);
    l->written = text;
    return restored;
}

/* --- writing --- */
static void save(void *user)
{
    struct layouts *l = user;
    cleanup_buf struct buf text = {0};
    struct err e;

    if (!l->env->tui)
        return;
    tui_layout_save(l->env->tui, &text, describe, l);
    if (l->written && strcmp(l->written, text.data) == 0)
        return;
    if (private_write(l->env->layout_file, text.data, text.len, &e) < 0)
        tui_toast(l->env->tui, ROLE_WARN, "The layout cannot be kept: %s", e.text);
    free(l->written);
    l->written = buf_steal(&text);
}

void layouts_changed(struct views_env *env)
{
    if (env->state && env->state->layouts)
        tick_after(env->state->layouts->tick, LAYOUTS_SETTLE_MS);
}

void views_layout_changed(struct views_env *env)
{
    layouts_changed(env);
}

void layouts_save(struct views_env *env)
{
    if (env->state->layouts)
        save(env->state->layouts);
}

struct layouts *layouts_create(struct views_env *env)
{
    struct layouts *l = env->layout_file ? xcalloc(1, sizeof *l) : NULL;

    if (!l)
        return NULL;
    l->env = env;
    l->tick = tick_create(client_loop(env->client), save, l);
    return l;
}

void layouts_destroy(struct layouts *l)
{
    if (!l)
        return;
    tick_destroy(l->tick);
    free(l->written);
    free(l);
}
