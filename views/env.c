/* SPDX-License-Identifier: MIT
 *
 * The views' shared state, and the actions that belong to the program rather than to a view.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/broadcast.h"
#include "views/buffers.h"
#include "views/bulletin.h"
#include "views/commands_run.h"
#include "views/dialog.h"
#include "views/editor.h"
#include "views/file_wait.h"
#include "views/inquiry.h"
#include "views/job.h"
#include "views/journal.h"
#include "views/layouts.h"
#include "views/pane_search.h"
#include "views/state.h"
#include "views/terminals.h"
#include "views/tree.h"
#include "views/unattended.h"
#include "views/wall_search.h"

#define CANCEL_TWICE_MS 1000

struct later {
    void (*run)(struct views_env *env, void *data);
    void (*drop)(void *data);
    void *data;
    TAILQ_ENTRY(later) link;
};

static void run_later(void *user)
{
    struct views_env *env = user;
    struct later_list now = TAILQ_HEAD_INITIALIZER(now);
    struct later *l;

    /* What is added meanwhile waits for its own turn. */
    TAILQ_CONCAT(&now, &env->state->later, link);
    while ((l = TAILQ_FIRST(&now))) {
        TAILQ_REMOVE(&now, l, link);
        l->run(env, l->data);
        if (l->drop)
            l->drop(l->data);
        free(l);
    }
}

void views_later(struct views_env *env, void (*run)(struct views_env *env, void *data), void *data,
                 void (*drop)(void *data))
{
    struct later *l = xcalloc(1, sizeof *l);

    *l = (struct later){.run = run, .drop = drop, .data = data};
    TAILQ_INSERT_TAIL(&env->state->later, l, link);
    tick_after(env->state->later_tick, 0);
}

static void on_change_made(void *user, const struct client_report *report)
{
    struct views_env *env = user;

    size_t i = fleet_of_url(env->fleet, report->url);

    journal_report(env->journal, report, i ? fleet_name(env->fleet, i) : NULL);
    if (strstr(report->url, "/v1/snapshots"))
        views_later(env, snapshots_view_reload, NULL, NULL);
}

void views_start(struct views_env *env)
{
    struct views_state *s = xcalloc(1, sizeof *s);

    env->state = s;
    if (!env->journal)
        env->journal = s->own_journal = journal_create();
    client_set_monitor(env->client, on_change_made, env);
    if (env->prefix.code == KEY_NONE)
        env->prefix = (struct key){'b', MOD_CTRL};
    TAILQ_INIT(&s->later);
    s->later_tick = tick_create(client_loop(env->client), run_later, env);
    s->broadcast = broadcast_create(env);
    s->layouts = layouts_create(env);
}

void views_stop(struct views_env *env)
{
    struct views_state *s = env->state;
    struct later *l;

    if (!s)
        return;
    jobs_cancel(env);
    editor_stop(env);
    file_waits_cancel(env);
    inquiry_destroy(steal_pointer(&s->inquiry));
    runs_drop_all(env);
    client_set_monitor(env->client, NULL, NULL);
    journal_listen(env->journal, NULL, NULL);
    if (s->own_journal)
        env->journal = NULL;
    journal_destroy(s->own_journal);
    while ((l = TAILQ_FIRST(&s->later))) {
        TAILQ_REMOVE(&s->later, l, link);
        if (l->drop)
            l->drop(l->data);
        free(l);
    }
    pane_search_destroy(s->pane_search);
    for (size_t i = 0; i < s->n_open; i++)
        attachment_release(s->open[i]);
    tick_destroy(s->later_tick);
    broadcast_destroy(s->broadcast);
    layouts_destroy(s->layouts);
    views_buffers_free(s);
    tick_destroy(s->clipboard_tick);
    views_guest_trust_free(s);
    wall_search_destroy(s->wall_search);
    bulletins_destroy(s->bulletins);
    prompt_history_finish(&s->commands);
    prompt_history_finish(&s->pipes);
    prompt_history_finish(&s->searches);
    free(s);
    env->state = NULL;
}

void views_listen(struct views_env *env, struct gateway_listener *l)
{
    LIST_INSERT_HEAD(&env->state->listeners, l, link);
}

void views_unlisten(struct gateway_listener *l)
{
    LIST_REMOVE(l, link);
}

void views_gateway_changed(struct views_env *env)
{
    struct views_state *s = env->state;
    struct gateway_listener *l, *next;

    if (!s)
        return;
    for (l = LIST_FIRST(&s->listeners); l; l = next) {
        next = LIST_NEXT(l, link);
        l->on_change(l->user);
    }
    if (env->tui)
        tui_status_changed(env->tui);
}

char *views_sandbox_name(const struct views_env *env, const char *id, char *out, size_t cap)
{
    const struct sandbox *s = fleet_find_id(env->fleet, id);
    const char *context =
        fleet_of(env->fleet, id) == env->gateway ? NULL : fleet_name_of(env->fleet, id);
    cleanup_free char *text = !s || !*s->info.name ? xstrdup(id)
                              : context ? xasprintf("%s/%s@%s", s->info.ns, s->info.name, context)
                                        : xasprintf("%s/%s", s->info.ns, s->info.name);

    return text_sanitise(out, cap, text, strlen(text));
}

/* A context beside the first may be less strict, or stricter: then its gateway's link says it. */
bool views_refuse_readonly(struct views_env *env)
{
    bool refuse = env->readonly;

    for (size_t i = 1; i < fleet_size(env->fleet); i++)
        refuse &= gateway_readonly(fleet_gateway(env->fleet, i));
    if (refuse)
        tui_toast(env->tui, ROLE_WARN, "This context is read-only: nothing can be changed here");
    return refuse;
}

void views_toast_error(struct views_env *env, const struct err *e)
{
    tui_toast(env->tui, ROLE_ERROR, "\xe2\x9c\x97 %s%s%s", e->text, *e->hint ? ": " : "", e->hint);
}

/* --- actions --- */
static void on_quit_answer(struct views_env *env, void *user, bool yes)
{
    env->state->quitting = false;
    if (!yes)
        return;
    views_clipboard_forget(env);
    layouts_save(env);
    env->on_quit(env->user);
}

static enum view_result do_quit(struct views_env *env)
{
    struct confirm question;
    char loss[160];
    size_t n = env->state->n_open, n_typed = terminals_typed(env, false);

    if (env->state->quitting)
        return VIEW_HANDLED;
    snprintf(loss, sizeof loss, "Nothing is lost: sandboxes%s go on running.",
             n ? " and open terminals" : "");
    if (n_typed)
        snprintf(loss, sizeof loss,
                 "%zu byte%s typed wait for a connection and will be lost; terminals run on.",
                 n_typed, n_typed == 1 ? "" : "s");
    confirm_init(&question, "Quit sandpit?", "quit", loss);
    question.harmless = !n_typed;
    env->state->quitting = true;
    confirm_dialog_open(env, &question, on_quit_answer, NULL);
    return VIEW_HANDLED;
}

/* Where there is nothing to go back to the pane goes, unless it is the last one, or the home. */
static enum view_result do_back(struct views_env *env)
{
    struct view *v = tui_focused(env->tui);
    struct view *first = tui_each_shown(env->tui, NULL);

    if (tui_back(env->tui))
        return VIEW_HANDLED;
    if (!v || v == env->state->sandboxes || !first || !tui_each_shown(env->tui, first))
        return do_quit(env);
    tui_close(env->tui, v);
    return VIEW_HANDLED;
}

static enum view_result do_escape(struct views_env *env)
{
    tui_back(env->tui);
    return VIEW_HANDLED;
}

static enum view_result do_detach(struct views_env *env)
{
    if (terminals_typed(env, false))
        return do_quit(env);
    views_clipboard_forget(env);
    layouts_save(env);
    env->on_quit(env->user);
    return VIEW_HANDLED;
}

static enum view_result do_cancel(struct views_env *env)
{
    int64_t now = clock_mono_ms();
    size_t n = jobs_cancel(env);

    if (n) {
        tui_toast(env->tui, ROLE_WARN, "Cancelled %zu request%s; what was sent may still happen", n,
                  n == 1 ? "" : "s");
        return VIEW_HANDLED;
    }
    if (env->state->cancel_at_ms && now - env->state->cancel_at_ms < CANCEL_TWICE_MS)
        return do_quit(env);
    env->state->cancel_at_ms = now;
    tui_toast(env->tui, ROLE_STATUS, "Nothing to cancel; C-c again quits");
    return VIEW_HANDLED;
}

static enum view_result do_refresh(struct views_env *env)
{
    for (size_t i = 0; i < fleet_size(env->fleet); i++)
        gateway_retry(fleet_gateway(env->fleet, i));
    return VIEW_HANDLED;
}

static enum view_result do_help(struct views_env *env)
{
    help_open(env);
    return VIEW_HANDLED;
}

static enum view_result do_palette(struct views_env *env)
{
    palette_open(env);
    return VIEW_HANDLED;
}

static enum view_result do_sandboxes(struct views_env *env)
{
    struct view *home = env->state->sandboxes;

    /* Where it shows; else back to it in this pane, where it is the first of the history; else a
     * new one. */
    if (home && tui_reveal(env->tui, home))
        return VIEW_HANDLED;
    while (home && tui_focused(env->tui) != home)
        if (!tui_back(env->tui))
            break;
    if (tui_focused(env->tui) != env->state->sandboxes || !home)
        tui_show(env->tui, sandboxes_view_create(env->tui, env));
    return VIEW_HANDLED;
}

static enum view_result do_choose(struct views_env *env)
{
    sandbox_chooser_open(env);
    return VIEW_HANDLED;
}

enum view_result views_act(struct views_env *env, const char *action)
{
    static const struct {
        const char *action;
        enum view_result (*run)(struct views_env *env);
    } table[] = {
        {"quit", do_quit},
        {"back", do_back},
        {"escape", do_escape},
        {"detach", do_detach},
        {"cancel", do_cancel},
        {"refresh", do_refresh},
        {"help", do_help},
        {"palette", do_palette},
        {"home", do_sandboxes},
        {"view-sandboxes", do_sandboxes},
        {"split-right", pane_split_right},
        {"split-down", pane_split_down},
        {"shell-tab", pane_tab},
        {"tab-rename", pane_rename_tab},
        {"leave", do_sandboxes},
        {"attention", unattended_next},
        {"shell-choose", tree_open},
        {"buffer-choose", buffers_open},
        {"panes-find", pane_search_ask},
        {"sandbox-choose", do_choose},
        {"view-contexts", contexts_view_show},
        {"view-journal", journal_view_show},
        {"view-snapshots", snapshots_view_show},
        {"view-templates", templates_view_show},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(table[i].action, action) == 0)
            return table[i].run(env);
    return views_open(env, action) ? VIEW_HANDLED : VIEW_IGNORED;
}

static void say_link(const struct gateway *g, const char *what, bool readonly, struct buf *out,
                     enum role *role)
{
    switch (gateway_state(g)) {
    case LINK_UP:
        buf_printf(out, "%s%s", what, readonly ? " read-only" : "");
        return;
    case LINK_CONNECTING:
        buf_printf(out, "\xe2\x80\xa6 %s", what);
        return;
    default:
        *role = ROLE_STATUS_ALERT;
        buf_printf(out, "\xe2\x9c\x97 %s %s", gateway_state(g) == LINK_FAILED ? "failed" : "lost",
                   what);
    }
}

void views_status(struct views_env *env, struct buf *out, enum role *role)
{
    const char *url = gateway_url(env->gateway);
    const char *host = strstr(url, "://");
    char name[64];

    if (fleet_size(env->fleet) == 1) {
        say_link(env->gateway, host ? host + 3 : url, env->readonly, out, role);
        return;
    }
    for (size_t i = 0; i < fleet_size(env->fleet); i++) {
        const char *text = fleet_name(env->fleet, i);

        buf_append_str(out, i ? " + " : "");
        say_link(fleet_gateway(env->fleet, i), text_sanitise(name, sizeof name, text, strlen(text)),
                 gateway_readonly(fleet_gateway(env->fleet, i)), out, role);
    }
}
