/* SPDX-License-Identifier: MIT
 *
 * Wires the loop, the client, the gateway, the toolkit and the views.
 *
 * The screen comes first: with an embedded gateway a boot view stands there until embedded.c says
 * where it is. When the embedded gateway dies while we run it is started again; should it come back
 * at another address, everything above it is built anew.
 */
#include "app/dashboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/boot_view.h"
#include "app/command.h"
#include "app/dashboard_internal.h"
#include "app/drain.h"
#include "app/embedded.h"
#include "app/ground.h"
#include "app/reload.h"
#include "app/say.h"
#include "app/session.h"
#include "app/setup.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/slice.h"
#include "client/fleet.h"
#include "tui/keymap.h"
#include "tui/tui.h"
#include "views/journal.h"
#include "views/terminals.h"
#include "views/views.h"

#define SHUTDOWN_MS 2000

static void leave(struct dashboard *d, int status)
{
    d->status = status;
    uv_stop(&d->loop);
}

static void on_signal(void *user, int number)
{
    leave(user, 128 + number);
}

static void on_quit(void *user)
{
    struct dashboard *d = user;

    leave(d, d->boot.error.code ? EXIT_FAIL : EXIT_OK);
}

/* --- the gateway --- */

void dashboard_gateway_changed(void *user)
{
    struct dashboard *d = user;

    const struct gateway *embedded =
        d->app->context.embedded ? d->gateway : fleet_named(d->fleet, CONTEXT_EMBEDDED);

    if (d->embedded && embedded && gateway_state(embedded) == LINK_DOWN)
        embedded_ensure(d->embedded);
    views_gateway_changed(&d->env);
}

static void on_first_sandbox(void *user, const struct sandbox_info *info, const struct err *e);

static void on_sandbox_by_name(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct dashboard *d = user;

    if (!info && !e && !strchr(d->sandbox, '/'))
        gateway_get(d->gateway, d->sandbox, on_first_sandbox, d);
    else
        on_first_sandbox(user, info, e);
}

static void on_first_sandbox(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct dashboard *d = user;

    if (info)
        shell_view_open(&d->env, info->id, NULL, SHELL_ATTACH, PLACE_HERE);
    else if (e)
        tui_toast(d->tui, ROLE_ERROR, "%s: %s%s%s", d->sandbox, e->text, e->hint[0] ? "; " : "",
                  e->hint);
    else
        tui_toast(d->tui, ROLE_ERROR, "there is no sandbox %s; n makes one", d->sandbox);
    d->sandbox = NULL;
}

static void open_sandbox(struct dashboard *d)
{
    cleanup_free char *ns = NULL;
    cleanup_free char *name = NULL;

    sandbox_split(d->sandbox, &ns, &name);
    if (!ns)
        ns = xstrdup(d->app->context.ns ? d->app->context.ns : "default");
    struct create_options options = {.ns = ns, .name = name};
    if (d->create)
        gateway_find_or_create(d->gateway, &options, on_first_sandbox, d);
    else
        gateway_find(d->gateway, ns, name, on_sandbox_by_name, d);
}

static void start_view(struct dashboard *d)
{
    const char *name = d->app->options.view;

    if (views_restore(&d->env))
        return;
    tui_show(d->tui, sandboxes_view_create(d->tui, &d->env));
    if (d->sandbox) {
        open_sandbox(d);
    } else if (name && strcmp(name, "sandboxes") != 0) {
        cleanup_free char *action = xasprintf("view-%s", name);

        tui_act(d->tui, action);
    }
}

/* "/home/ann/.config/sandpit/keys.ini:6: …" without its folder. */
static const char *without_folder(const char *problem)
{
    size_t n = strcspn(problem, ":");

    while (n && problem[n - 1] != '/')
        n--;
    return problem + n;
}

static void show_problems(struct dashboard *d)
{
    const struct config *c = &d->app->config;

    for (size_t i = 0; i < c->n_problems; i++)
        journal_note(d->journal, true, without_folder(c->problems[i]));
    if (c->n_problems > 1)
        tui_toast(d->tui, ROLE_WARN, "%zu broken lines (sandpit info lists them): %s",
                  c->n_problems, without_folder(c->problems[0]));
    else if (c->n_problems)
        tui_toast(d->tui, ROLE_WARN, "%s", without_folder(c->problems[0]));
}

static void load_theme(struct dashboard *d, struct err *e)
{
    const char *named = getenv("SANDPIT_THEME");

    if (!named || !*named)
        named = d->app->context.theme;
    theme_default(&d->theme);
    if (!named || strcmp(named, "auto") == 0)
        named = d->ground == GROUND_LIGHT ? "light" : "dark";
    if (strchr(named, '/'))
        return;
    /* The user's own file wins over one compiled in. */
    cleanup_free char *path = xasprintf("%s/%s.ini", d->app->paths.themes_dir, named);
    if (access(path, R_OK) == 0)
        theme_load(&d->theme, path, e);
    else if (!theme_shipped(&d->theme, named))
        err_set(e, ERR_NOT_FOUND, "there is no theme \"%.40s\" in %.200s", named,
                d->app->paths.themes_dir);
}

/* Files changed while we run: what can change without closing anything does. */
static void on_files_changed(void *user)
{
    struct dashboard *d = user;
    struct err theme_error = {0};

    app_reload(d->app);
    load_theme(d, &theme_error);
    d->env.prefix = config_prefix(&d->app->config);
    tui_set_prefix(d->tui, d->env.prefix);
    d->env.readonly = d->app->context.readonly;
    gateway_set_readonly(d->gateway, d->env.readonly);
    for (size_t i = 1; i < fleet_size(d->fleet); i++) {
        const struct context_config *c = config_context(&d->app->config, fleet_name(d->fleet, i));

        gateway_set_readonly(fleet_gateway(d->fleet, i),
                             d->app->options.readonly || (c && c->readonly));
    }
    tui_redraw_all(d->tui);
    views_gateway_changed(&d->env);
    if (!theme_error.code && !d->app->config.n_problems) {
        journal_note(d->journal, false, "configuration read again");
        tui_toast(d->tui, ROLE_GOOD, "\xe2\x9c\x93 configuration read again");
        return;
    }
    show_problems(d);
    if (theme_error.code) {
        journal_note(d->journal, true, theme_error.text);
        /* Broken lines come first, and often are the reason. */
        if (!d->app->config.n_problems)
            tui_toast(d->tui, ROLE_WARN, "%s", theme_error.text);
    }
}

/* Everything that needs a gateway. */
static int open_world(struct dashboard *d, struct err *e)
{
    const struct context *c = &d->app->context;

    d->client = client_create(&d->loop, e);
    if (!d->client)
        return -(int)e->code;
    d->fleet = fleet_create();
    d->gateway = dashboard_add_gateway(d, c, e);
    d->env.client = d->client;
    d->env.fleet = d->fleet;
    d->env.gateway = d->gateway;
    views_start(&d->env);
    dashboard_add_contexts(d);
    start_view(d);
    if (d->boot_view)
        tui_close(d->tui, steal_pointer(&d->boot_view));
    if (d->came_over)
        tui_toast(d->tui, ROLE_GOOD,
                  "\xe2\x9c\x93 context %s; what was open closed here and runs on", c->name);
    show_problems(d);
    d->reload = reload_create(&d->loop, &d->app->paths, on_files_changed, d);
    return 0;
}

static void boot_failed(struct dashboard *d, const struct err *e)
{
    d->boot.error = *e;
    if (d->boot_view)
        view_damage(d->boot_view);
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void on_embedded_ready(void *user, const char *url, const char *api_key)
{
    struct dashboard *d = user;
    struct context *c = &d->app->context;
    bool moved = d->gateway && !(is_same(c->url, url) && is_same(c->api_key, api_key));
    struct err e = {0};

    if (!c->embedded) {
        dashboard_embedded_beside(d, url, api_key);
        return;
    }
    if (d->gateway && !moved) {
        gateway_retry(d->gateway);
        return;
    }
    free(c->url);
    free(c->api_key);
    c->url = xstrdup(url);
    c->api_key = xstrdup(api_key);
    if (moved) {
        d->again = true;
        uv_stop(&d->loop);
    } else if (open_world(d, &e) < 0) {
        boot_failed(d, &e);
    }
}

static void on_embedded_failed(void *user, const struct err *e)
{
    struct dashboard *d = user;

    if (!d->gateway) {
        boot_failed(d, e);
        return;
    }
    tui_toast(d->tui, ROLE_ERROR, "%s%s%s", e->text, e->hint[0] ? "; " : "", e->hint);
    embedded_ensure(d->embedded); /* after its back-off */
}

const struct embedded_ops dashboard_embedded_ops = {on_embedded_ready, on_embedded_failed};

static void on_boot_retry(void *user)
{
    struct dashboard *d = user;

    d->boot.error = (struct err){0};
    if (d->embedded)
        embedded_ensure_now(d->embedded);
}

/* --- the screen --- */

static enum view_result on_act(void *user, const char *action)
{
    struct dashboard *d = user;

    if (d->gateway)
        return views_act(&d->env, action);
    if (strcmp(action, "quit") != 0 && strcmp(action, "detach") != 0)
        return VIEW_IGNORED;
    on_quit(d);
    return VIEW_HANDLED;
}

static void on_status(void *user, struct buf *out, enum role *role)
{
    struct dashboard *d = user;

    if (d->gateway)
        views_status(&d->env, out, role);
}

static void on_layout(void *user)
{
    struct dashboard *d = user;

    if (d->gateway)
        views_layout_changed(&d->env);
}

static int open_screen(struct dashboard *d, struct err *e)
{
    const struct app *app = d->app;
    struct tui_config config = {
        .prefix = d->env.prefix,
        .theme = &d->theme,
        .keymap = app->keymap,
        .mouse = app->config.mouse,
        .act = on_act,
        .status = on_status,
        .on_signal = on_signal,
        .on_layout = on_layout,
        .user = d,
    };
    struct err theme_error = {0};

    const char *named = getenv("SANDPIT_THEME");
    if (!named || !*named)
        named = app->context.theme;
    if (!named || strcmp(named, "auto") == 0)
        d->ground = ground_ask(STDIN_FILENO, &d->colours);
    d->env.colours = d->ground == GROUND_UNKNOWN ? NULL : &d->colours;
    load_theme(d, &theme_error);
    d->tui = tui_create(&d->loop, &config, e);
    if (!d->tui)
        return -(int)e->code;
    d->env.tui = d->tui;
    if (theme_error.code)
        tui_toast(d->tui, ROLE_WARN, "%s", theme_error.text);
    return 0;
}

/* --- one run --- */

/* Whoever asked for one sandbox or view gets that, and what is kept stays as it is. */
static char *layout_file(const struct app *app, const char *sandbox)
{
    if (sandbox || app->options.view || app->options.no_restore || !app->config.restore)
        return NULL;
    cleanup_free char *name = xstrdup(app->context.name ? app->context.name : "default");
    for (char *c = name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", *c) ||
            (c == name && *c == '.'))
            *c = '_';
    return xasprintf("%s/layouts/%s", app->paths.state_dir, name);
}

static void each_context(void *user, void (*visit)(void *arg, const struct views_context *context),
                         void *arg)
{
    dashboard_contexts_each(((struct dashboard *)user)->app, visit, arg);
}

static int switch_context(void *user, const char *name, struct err *e)
{
    struct dashboard *d = user;
    int rc = dashboard_context_resolve(d->app, name, &d->next, e);

    if (rc < 0)
        return rc;
    d->again = true;
    uv_stop(&d->loop);
    return 0;
}

static void prepare(struct dashboard *d, struct app *app, const char *sandbox, bool create,
                    struct journal *journal)
{
    *d = (struct dashboard){.app = app, .sandbox = sandbox, .create = create, .journal = journal};
    d->layout_file = layout_file(app, sandbox);
    d->env = (struct views_env){
        .layout_file = d->layout_file,
        .ns = app->context.ns,
        .default_ns = app->context.ns,
        .readonly = app->context.readonly,
        .scrollback_lines = (size_t)app->config.scrollback_lines,
        .recordings_dir = app->paths.recordings_dir,
        .prediction = app->config.prediction,
        .no_clipboard = app->config.clipboard == CLIPBOARD_OFF,
        .prefix = config_prefix(&app->config),
        .journal = journal,
        .each_context = each_context,
        .switch_context = switch_context,
        .join_context = dashboard_join_context,
        .on_quit = on_quit,
        .user = d,
    };
    d->boot = (struct boot_state){
        .doing = "starting the embedded gateway",
        .on_retry = on_boot_retry,
        .on_quit = on_quit,
        .user = d,
    };
    uv_loop_init(&d->loop);
}

static int start(struct dashboard *d, struct err *e)
{
    int rc = open_screen(d, e);

    if (rc < 0)
        return rc;
    if (d->app->context.embedded)
        d->embedded = embedded_create(&d->loop, &d->app->paths, &dashboard_embedded_ops, d);
    if (d->app->context.url)
        return open_world(d, e);
    d->boot_view = boot_view_create(d->tui, &d->boot);
    tui_show(d->tui, d->boot_view);
    embedded_ensure(d->embedded);
    return 0;
}

static void log_leftover(uv_handle_t *handle, void *user)
{
    log_warn("shutdown: a %s handle is left", uv_handle_type_name(handle->type));
}

static void on_shutdown_deadline(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void on_client_closed(void *user)
{
}

static size_t typed(void *user, bool *can_go)
{
    const struct dashboard *d = user;
    size_t n = d->env.state ? terminals_typed(&d->env, true) : 0;

    *can_go = n > 0;
    return n;
}

static void finish(struct dashboard *d)
{
    uv_timer_t deadline;
    size_t n_lost = drain(&d->loop, typed, d);

    if (d->env.state)
        n_lost += terminals_typed(&d->env, false);
    if (d->env.state)
        views_clipboard_forget(&d->env); /* a signal asks no question first */
    if (d->tui)
        tui_destroy(d->tui);
    if (n_lost)
        say("%zu byte%s typed did not reach %s terminal", n_lost, n_lost == 1 ? "" : "s",
            n_lost == 1 ? "its" : "their");
    views_stop(&d->env);
    free(steal_pointer(&d->layout_file));
    reload_destroy(d->reload);
    fleet_destroy(d->fleet);
    if (d->client)
        client_destroy(d->client, on_client_closed, NULL);
    embedded_destroy(d->embedded);
    uv_timer_init(&d->loop, &deadline);
    uv_timer_start(&deadline, on_shutdown_deadline, SHUTDOWN_MS, 0);
    uv_unref((uv_handle_t *)&deadline);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_run(&d->loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&d->loop) < 0)
        uv_walk(&d->loop, log_leftover, NULL);
}

static int run(struct app *app, const char *sandbox, bool create)
{
    struct dashboard *d = xcalloc(1, sizeof *d);
    struct err e = {0};
    struct journal *journal = journal_create();
    bool again, came_over = false;
    int status;

    slice_shorten();
    do {
        prepare(d, app, sandbox, create, journal);
        d->came_over = came_over;
        if (start(d, &e) == 0)
            uv_run(&d->loop, UV_RUN_DEFAULT);
        else
            d->status = EXIT_FAIL;
        finish(d);
        again = d->again;
        status = d->status;
        if (!e.code)
            e = d->boot.error;
        if (d->next.name) {
            /* What it began with belongs to the context it came from. */
            sandbox = NULL;
            context_finish(&app->context);
            app->context = d->next;
            came_over = true;
        }
    } while (again);
    journal_destroy(journal);
    free(d);
    if (e.code)
        say_error(&e);
    return status;
}

static int check_place(const struct app *app, struct err *e)
{
    const char *term = getenv("TERM");
    bool is_tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

    if (app->context_error.code) {
        *e = app->context_error;
        return -(int)e->code;
    }
    if (is_tty && (!term || strcmp(term, "dumb") != 0))
        return 0;
    if (is_tty)
        err_set(e, ERR_UNSUPPORTED, "TERM=dumb cannot show a full screen");
    else
        err_set(e, ERR_UNSUPPORTED, "the dashboard wants a terminal on its input and output");
    err_hint(e, "the commands work without: sandpit ls, sandpit exec …; see sandpit --help");
    return -ERR_UNSUPPORTED;
}

static int check_view(const struct app *app, struct err *e)
{
    const char *name = app->options.view;
    cleanup_buf struct buf known = {0};

    for (const struct action_def *def = views_actions; name && def->action; def++) {
        if (strncmp(def->action, "view-", 5) != 0)
            continue;
        if (strcmp(def->action + 5, name) == 0)
            return 0;
        buf_printf(&known, "%s%s", known.len ? ", " : "", def->action + 5);
    }
    if (!name || strcmp(name, "sandboxes") == 0)
        return 0;
    err_set(e, ERR_ARG, "there is no view \"%.60s\"", name);
    err_hint(e, "views: %.200s", known.len ? known.data : "sandboxes");
    return -ERR_ARG;
}

int dashboard_run(struct app *app, const char *sandbox, bool create)
{
    struct err e = {0};

    if (check_place(app, &e) == 0)
        return run(app, sandbox, create);
    say_error(&e);
    return EXIT_FAIL;
}

int dashboard_main(struct app *app)
{
    struct err e = {0};
    int status = EXIT_FAIL;

    if (app_setup(app, &e) < 0 || check_place(app, &e) < 0 || check_view(app, &e) < 0) {
        say_problems(&app->config);
        say_error(&e);
        say_missing_credentials(app);
    } else {
        status = run(app, NULL, false);
    }
    app_finish(app);
    return status;
}
