/* SPDX-License-Identifier: MIT
 *
 * The gateways of config.ini: listing several at once, and going over to another. Going over closes
 * what is open here; the terminals themselves run on.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "views/dialog.h"
#include "views/plain.h"

static const char *const keymap_contexts[] = {"contexts", "list", "motion", NULL};

static const struct table_column columns[] = {
    {.title = "CONTEXT", .min = 8, .ideal = 16, .max = 40},
    {.title = "STATE", .min = 9, .ideal = 14, .max = 40},
    {.title = "GATEWAY", .min = 22, .ideal = 32, .max = 100, .priority = 2},
    {.title = "CHANGES", .min = 9, .ideal = 9, .max = 9, .priority = 1},
    {.title = "NAMESPACE", .min = 9, .ideal = 10, .max = 30, .priority = 3},
    {.title = "THEME", .min = 10, .ideal = 10, .max = 20, .priority = 4},
};

static const char *state_word(const struct gateway *g)
{
    switch (gateway_state(g)) {
    case LINK_UP:
        return "\xe2\x97\x8f in use";
    case LINK_CONNECTING:
        return "\xe2\x80\xa6 connecting";
    case LINK_DOWN:
        return "\xe2\x9c\x97 disconnected";
    default:
        return "\xe2\x9c\x97 no connection";
    }
}

/* NULL: not listed. */
static const struct gateway *gateway_of(const struct views_env *env, const struct views_context *c)
{
    return c->is_current ? env->gateway : fleet_named(env->fleet, c->name);
}

static void visit(void *arg, const struct views_context *c)
{
    struct plain *p = arg;
    const struct gateway *g = gateway_of(p->env, c);
    bool works = g && (gateway_state(g) == LINK_UP || gateway_state(g) == LINK_CONNECTING);

    plain_add(p, c->name,
              !g      ? ROLE_TEXT
              : works ? ROLE_GOOD
                      : ROLE_BAD,
              0,
              (const char *const[]){c->name, g ? state_word(g) : "\xc2\xb7",
                                    c->url ? c->url
                                    : g    ? gateway_url(g)
                                           : "started here",
                                    c->readonly ? "read-only" : "allowed", c->ns, c->theme});
}

static void load(struct plain *p)
{
    plain_begin(p);
    if (p->env->each_context)
        p->env->each_context(p->env->user, visit, p);
    plain_end(p);
}

static void do_switch(struct views_env *env, void *user, bool yes)
{
    cleanup_free char *name = user;
    struct err e;

    if (yes && env->switch_context && env->switch_context(env->user, name, &e) < 0)
        views_toast_error(env, &e);
}

static enum view_result verb_use(struct plain *p, const char *id)
{
    struct confirm question;
    size_t n = p->env->state->n_open;
    char loss[200];

    if (!n) {
        do_switch(p->env, xstrdup(id), true);
        return VIEW_HANDLED;
    }
    snprintf(loss, sizeof loss,
             "%zu open terminal%s close%s on this screen and run%s on in %s sandbox; come back to "
             "find %s again.",
             n, n == 1 ? "" : "s", n == 1 ? "s" : "", n == 1 ? "s" : "", n == 1 ? "its" : "their",
             n == 1 ? "it" : "them");
    confirm_init(&question, "Go over to another context", "go over", loss);
    confirm_add(&question, id);
    question.harmless = true;
    confirm_dialog_open(p->env, &question, do_switch, xstrdup(id));
    return VIEW_HANDLED;
}

/* Beside what is listed, or out of the list again; nothing that is open elsewhere closes. */
static enum view_result verb_join(struct plain *p, const char *id)
{
    struct views_env *env = p->env;
    struct err e;

    if (!env->join_context)
        return VIEW_HANDLED;
    bool joins = !fleet_named(env->fleet, id);

    if (env->join_context(env->user, id, joins, &e) < 0)
        views_toast_error(env, &e);
    else
        tui_toast(env->tui, ROLE_GOOD, "\xe2\x9c\x93 %.60s %s the list of sandboxes", id,
                  joins ? "is in" : "is out of");
    return VIEW_HANDLED;
}

struct wanted {
    const char *name;
    struct views_env *env;
};

static void copy_if(void *arg, const struct views_context *c)
{
    const struct wanted *w = arg;

    const struct gateway *g = gateway_of(w->env, c);

    if (strcmp(c->name, w->name) == 0)
        views_copy(w->env, "the address", c->url ? c->url : gateway_url(g ? g : w->env->gateway));
}

static enum view_result verb_copy(struct plain *p, const char *id)
{
    p->env->each_context(p->env->user, copy_if, &(struct wanted){id, p->env});
    return VIEW_HANDLED;
}

static const struct plain_verb verbs[] = {
    {"context-use", false, false, verb_use},
    {"context-join", false, false, verb_join},
    {"context-copy", false, false, verb_copy},
    {0},
};

static const struct plain_kind kind = {
    .name = "contexts",
    .contexts = keymap_contexts,
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .load = load,
    .on_gateway = true,
    .empty = "Only the gateway of this run",
    .empty_hint = "[context NAME] with a url in config.ini adds one",
    .open_action = "context-use",
    .verbs = verbs,
    .hints = (const char *const[]){"context-use", "go over", "context-join", "list beside", NULL},
};

enum view_result contexts_view_show(struct views_env *env)
{
    struct plain *p = plain_find(env, &kind);

    if (!p || !tui_reveal(env->tui, p->view))
        plain_view_open(env, &kind);
    return VIEW_HANDLED;
}
