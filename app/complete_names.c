/* SPDX-License-Identifier: MIT
 *
 * The names of things for the completion. Those of a sandbox are asked from it, within two seconds.
 */
#include <stdio.h>
#include <string.h>

#include "app/complete.h"
#include "app/embedded.h"
#include "app/errand.h"
#include "app/setup.h"
#include "base/alloc.h"
#include "client/child.h"
#include "client/command.h"
#include "client/env.h"
#include "client/file.h"
#include "client/overlay.h"
#include "client/server.h"
#include "client/snapshot.h"
#include "client/template.h"
#include "client/token.h"
#include "client/watcher.h"
#include "views/views.h"

#define ASK_MS     2000
#define PROBE_MS   1000
#define DEFAULT_NS "default"

/* Once more, with the options of the line that is completed; its log is none of ours. */
static bool set_up(struct app *app)
{
    struct err e = {0};

    app_finish(app);
    app->keymap = NULL;
    app->options.log = NULL;
    app->context_error = (struct err){0};
    return app_setup(app, &e) == 0;
}

/* The embedded gateway only if it runs. */
static bool reach(struct app *app)
{
    struct context *c = &app->context;
    struct embedded_record record = {0};
    struct err e = {0};
    bool runs;

    if (!set_up(app) || app->context_error.code)
        return false;
    if (!c->embedded || c->url)
        return true;
    runs = embedded_record_read(&record, app->paths.host_state_dir) &&
           embedded_probe(record.url, PROBE_MS, &e) == 0 &&
           embedded_ensure_sync(&app->paths, &c->url, &c->api_key, &e) == 0;
    embedded_record_finish(&record);
    return runs;
}

/* --- of the gateway --- */

static void offer_sandbox(const struct completing *c, const struct sandbox_info *all, size_t i,
                          const char *behind)
{
    const struct sandbox_info *info = &all[i];
    const char *own = c->app->context.ns ? c->app->context.ns : DEFAULT_NS;
    bool is_plain = !strcmp(info->ns, own) && !strchr(c->current, '/');

    if (!info->name[0])
        return;
    cleanup_free char *word = is_plain ? xasprintf("%s%s", info->name, behind)
                                       : xasprintf("%s/%s%s", info->ns, info->name, behind);
    complete_offer(c, word, info->status);
}

static void each_sandbox(struct completing *c,
                         void (*visit)(const struct completing *c, const struct sandbox_info *all,
                                       size_t i, const char *behind),
                         const char *behind)
{
    struct session s = {0};
    struct sandbox_info *all = NULL;
    struct err e = {0};
    size_t n = 0;

    if (!reach(c->app) || session_open(&s, c->app, &e) < 0)
        return;
    client_set_timeout(s.client, ASK_MS);
    if (session_list(&s, &all, &n, &e) == 0)
        for (size_t i = 0; i < n; i++)
            visit(c, all, i, behind);
    for (size_t i = 0; i < n; i++)
        sandbox_info_finish(&all[i]);
    free(all);
    session_close(&s);
}

static void names_sandboxes(struct completing *c)
{
    each_sandbox(c, offer_sandbox, "");
}

/* Each once. */
static void offer_namespace(const struct completing *c, const struct sandbox_info *all, size_t i,
                            const char *behind)
{
    for (size_t k = 0; k < i; k++)
        if (!strcmp(all[k].ns, all[i].ns))
            return;
    complete_offer(c, all[i].ns, NULL);
}

static void names_namespaces(struct completing *c)
{
    each_sandbox(c, offer_namespace, "");
}

struct asked {
    struct errand errand;
    struct completing *completing;
};

static void on_snapshots(void *user, const struct snapshot_info *all, size_t n, const struct err *e)
{
    struct asked *a = user;

    for (size_t i = 0; i < n; i++)
        complete_offer(a->completing, all[i].id, all[i].name);
    errand_done(&a->errand, e);
}

static void on_templates(void *user, const struct template_info *all, size_t n, const struct err *e)
{
    struct asked *a = user;

    for (size_t i = 0; i < n; i++)
        complete_offer(a->completing, all[i].name, all[i].kind);
    errand_done(&a->errand, e);
}

static void ask_gateway(struct completing *c, void (*ask)(struct asked *a))
{
    struct asked a = {.completing = c};
    struct err e = {0};

    if (!reach(c->app) || session_open(&a.errand.session, c->app, &e) < 0)
        return;
    ask(&a);
    errand_pause(&a.errand, ASK_MS);
    session_close(&a.errand.session);
}

static void ask_snapshots(struct asked *a)
{
    snapshot_list(a->errand.session.gateway, on_snapshots, a);
}

static void names_snapshots(struct completing *c)
{
    ask_gateway(c, ask_snapshots);
}

static void ask_templates(struct asked *a)
{
    template_list(a->errand.session.gateway, on_templates, a);
}

static void names_templates(struct completing *c)
{
    ask_gateway(c, ask_templates);
}

/* --- of a sandbox --- */

static bool open_sandbox(struct asked *a)
{
    struct completing *c = a->completing;
    struct err e = {0};

    return c->sandbox && reach(c->app) && errand_open(&a->errand, c->app, c->sandbox, &e) == 0;
}

static void on_listing(void *user)
{
    errand_done(user, NULL);
}

static void offer_listing(struct completing *c, const struct listing_kind *kind)
{
    struct asked a = {.completing = c};

    if (open_sandbox(&a)) {
        struct listing *l = listing_open(a.errand.remote, kind, on_listing, &a.errand);

        if (!listing_is_loaded(l))
            errand_pause(&a.errand, ASK_MS);
        for (size_t i = 0; i < listing_count(l); i++) {
            const char *id =
                *(const char *const *)((const char *)listing_at(l, i) + kind->id_offset);

            complete_offer(c, id, NULL);
        }
        listing_close(l);
    }
    errand_close(&a.errand);
}

static void names_servers(struct completing *c)
{
    offer_listing(c, &server_listing);
}

static void names_terminals(struct completing *c)
{
    offer_listing(c, &terminal_listing);
}

static void names_tokens(struct completing *c)
{
    offer_listing(c, &token_listing);
}

static void names_watchers(struct completing *c)
{
    offer_listing(c, &watcher_listing);
}

static void names_overlays(struct completing *c)
{
    offer_listing(c, &overlay_listing);
}

static void names_children(struct completing *c)
{
    offer_listing(c, &child_listing);
}

static void on_commands(void *user, const struct command_result *all, size_t n, const struct err *e)
{
    struct asked *a = user;

    for (size_t i = 0; i < n; i++)
        complete_offer(a->completing, all[i].command_id, all[i].command);
    errand_done(&a->errand, e);
}

static void names_commands(struct completing *c)
{
    struct asked a = {.completing = c};

    if (open_sandbox(&a)) {
        command_list_all(a.errand.remote, on_commands, &a);
        errand_pause(&a.errand, ASK_MS);
    }
    errand_close(&a.errand);
}

/* Names only: a value is a secret. */
static void on_variables(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct asked *a = user;

    for (size_t i = 0; i < n; i++)
        complete_offer(a->completing, all[i].name, NULL);
    errand_done(&a->errand, e);
}

static void names_variables(struct completing *c)
{
    struct asked a = {.completing = c};

    if (open_sandbox(&a)) {
        env_get(a.errand.remote, ".env", on_variables, &a);
        errand_pause(&a.errand, ASK_MS);
    }
    errand_close(&a.errand);
}

/* --- of a sandbox's files --- */

static void on_files(void *user, const struct file_info *all, size_t n, const struct err *e)
{
    struct asked *a = user;
    const char *current = a->completing->current, *slash = strrchr(current, '/');

    for (size_t i = 0; i < n; i++) {
        cleanup_free char *word = xasprintf("%.*s%s%s", slash ? (int)(slash + 1 - current) : 0,
                                            current, all[i].name, all[i].is_dir ? "/" : "");

        complete_offer(a->completing, word, NULL);
    }
    errand_done(&a->errand, e);
}

/* What is in the folder that has been typed so far. */
static void names_paths(struct completing *c)
{
    struct asked a = {.completing = c};
    const char *slash = strrchr(c->current, '/');
    cleanup_free char *folder =
        slash ? xstrndup(c->current, (size_t)(slash + 1 - c->current)) : xstrdup("");
    cleanup_free char *path = NULL;

    if (open_sandbox(&a) && errand_path(&a.errand, folder, &path) == 0) {
        file_list(a.errand.remote, path, on_files, &a);
        errand_pause(&a.errand, ASK_MS);
    }
    errand_close(&a.errand);
}

/* cp: NAME: for the other side, a path behind that, and files here. */
static void names_places(struct completing *c)
{
    const char *colon = strchr(c->current, ':');

    if (!colon) {
        puts(COMPLETE_FILES);
        each_sandbox(c, offer_sandbox, ":");
        return;
    }
    cleanup_free char *sandbox = xstrndup(c->current, (size_t)(colon - c->current));
    cleanup_free char *prefix = xstrndup(c->current, (size_t)(colon + 1 - c->current));

    c->sandbox = sandbox;
    c->prefix = prefix;
    c->current = colon + 1;
    names_paths(c);
}

/* --- of this machine --- */

static void names_files(struct completing *c)
{
    puts(COMPLETE_FILES);
}

static void names_contexts(struct completing *c)
{
    if (!set_up(c->app))
        return;
    for (size_t i = 0; i < c->app->config.n_contexts; i++)
        complete_offer(c, c->app->config.contexts[i].name, c->app->config.contexts[i].url);
    complete_offer(c, CONTEXT_EMBEDDED, "this user's own gateway");
}

static void names_views(struct completing *c)
{
    for (const struct action_def *d = views_actions; d->action; d++)
        if (!strcmp(d->context, "global") && !strncmp(d->action, "view-", 5))
            complete_offer(c, d->action + 5, d->help);
}

static void names_states(struct completing *c)
{
    static const char *const states[] = {"installing", "starting", "running",   "ready",
                                         "failed",     "stopped",  "restarting"};

    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        complete_offer(c, states[i], NULL);
}

bool complete_names(struct completing *c, const char *word)
{
    /* The same word can mean different things to different commands; the first row that fits. */
    static const struct {
        const char *command, *word;
        void (*offer)(struct completing *c);
    } sources[] = {
        {"cp", NULL, names_places},
        {"files", "PATH", names_paths},
        {"files", "FROM", names_paths},
        {"files", "TO", names_paths},
        {"watch", "PATH", names_paths},
        {"new", "ID", names_snapshots},
        {"token", "ID", names_tokens},
        {"watch", "ID", names_watchers},
        {"overlay", "ID", names_overlays},
        {"terminals", "ID", names_terminals},
        {"run", "ID", names_commands},
        {"snapshot", "ID", names_snapshots},
        {"new", "TEMPLATE", names_templates},
        {"env", "FILE", NULL},
        {"servers", "FILE", NULL},
        {NULL, "CONTEXT", names_contexts},
        {NULL, "NAME", names_sandboxes},
        {NULL, "NAMESPACE/NAME", names_sandboxes},
        {NULL, "NS", names_namespaces},
        {NULL, "VIEW", names_views},
        {NULL, "FILE", names_files},
        {NULL, "TERMINAL", names_terminals},
        {NULL, "SERVER", names_servers},
        {NULL, "STATUS", names_states},
        {NULL, "SUBDOMAIN", names_children},
        {NULL, "VARIABLE", names_variables},
    };

    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        bool fits =
            !sources[i].command || (c->command && !strcmp(sources[i].command, c->command->name));

        if (!fits || (sources[i].word && strcmp(sources[i].word, word) != 0))
            continue;
        if (sources[i].offer)
            sources[i].offer(c);
        return sources[i].offer;
    }
    return false;
}
