/* SPDX-License-Identifier: MIT
 *
 * The toolkit knows the tree (tui_layout_save, tui_layout_restore), this what stands in a pane: a
 * word and ids, "shell SANDBOX TERMINAL", "servers SANDBOX…", "sandboxes", "recordings".
 */
#include "views/layouts.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "views/private_file.h"
#include "views/recordings.h"
#include "views/resource.h"
#include "views/sandboxes.h"
#include "views/servers.h"
#include "views/shell.h"
#include "views/wall.h"

#define IDS_MAX 16 /* of a list of several sandboxes; with more it comes back as that of all */
#define ID_MAX  96

struct layouts {
    struct views_env *env;
    struct tick *tick;
    char *written; /* owned: what the file holds, as far as we know */
};

/* --- what a view is --- */
static void describe_resource(struct resource *r, const char *name, struct buf *out)
{
    const char *ids[RESOURCE_SANDBOXES_MAX];
    size_t n = resource_sandboxes(r, ids, RESOURCE_SANDBOXES_MAX);

    buf_append_str(out, name);
    for (size_t i = 0; n <= IDS_MAX && i < n; i++)
        buf_printf(out, " %s", ids[i]);
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

    if (shell && shell->attachment)
        buf_printf(out, "%s %s %s", shell->observe || shell->join ? "watch" : "shell",
                   shell->sandbox_id, attachment_id(shell->attachment));
    else if (shell)
        buf_printf(out, "shell %s%s%s", shell->sandbox_id, shell->terminal_id ? " " : "",
                   shell->terminal_id ? shell->terminal_id : "");
    else if (resource && strcmp(v->ops->name, "servers") == 0)
        describe_resource(resource, "servers", out);
    else if (wall_of_view(v))
        describe_wall(wall_of_view(v), out);
    else if (v && strcmp(v->ops->name, "recordings") == 0)
        buf_append_str(out, "recordings");
    else
        buf_append_str(out, "sandboxes");
}

/* --- and back --- */
static bool is_id(const char *text)
{
    size_t n = strlen(text);

    return n && n <= ID_MAX && text[0] != '.' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static void make(void *user, const char *what)
{
    struct views_env *env = user;
    cleanup_free char *copy = xstrdup(what);
    char *rest = copy, *word = strsep(&rest, " "), *part;
    const char *ids[IDS_MAX] = {NULL};
    size_t n = 0;

    while ((part = strsep(&rest, " ")) && n < IDS_MAX)
        if (is_id(part))
            ids[n++] = part;
    bool watch = strcmp(word, "watch") == 0;
    if ((watch || strcmp(word, "shell") == 0) && n)
        shell_view_open(env, ids[0], ids[1], watch || env->readonly ? SHELL_OBSERVE : SHELL_ATTACH,
                        PLACE_HERE);
    else if (strcmp(word, "servers") == 0)
        resource_view_open(env, &servers_kind, ids, n);
    else if (strcmp(word, "wall") == 0)
        wall_open(env, (char *const *)ids, n);
    else if (strcmp(word, "recordings") == 0)
        recordings_open(env);
    else
        tui_show(env->tui, sandboxes_view_create(env->tui, env));
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
