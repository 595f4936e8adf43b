/* SPDX-License-Identifier: MIT
 *
 * What the parts of the full-screen program share: the wiring (dashboard.c) and the gateways it
 * lists (dashboard_contexts.c).
 */
#ifndef APP_DASHBOARD_INTERNAL_H
#define APP_DASHBOARD_INTERNAL_H

#include <uv.h>

#include "app/app.h"
#include "app/boot_view.h"
#include "app/embedded.h"
#include "app/ground.h"
#include "client/fleet.h"
#include "tui/tui.h"
#include "views/state.h"
#include "views/views.h"

struct dashboard {
    struct app *app; /* borrowed */
    uv_loop_t loop;
    struct tui *tui;
    struct theme theme;
    struct embedded *embedded; /* NULL unless the context is embedded */
    struct client *client;
    struct fleet *fleet;
    struct gateway *gateway; /* the first of the fleet; NULL until there is one */
    struct views_env env;
    struct boot_state boot;
    struct view *boot_view; /* while shown */
    char *layout_file;      /* owned; NULL: panes and tabs are not kept */
    const char *sandbox;    /* whose shell to begin with; NULL: none, or it is open */
    bool create;            /* make it when it is not there */
    int status;
    bool again;          /* run once more: the gateway came back elsewhere, or another is wanted */
    struct context next; /* with name set: the context to go over to */
    bool came_over;      /* from another context, in this run of the program */
    struct reload *reload;
    struct journal *journal; /* borrowed from run() */
    enum ground ground;
    struct term_theme colours; /* with a known ground */
};

extern const struct embedded_ops dashboard_embedded_ops;
/* Of every gateway: struct gateway_config.on_change. */
void dashboard_gateway_changed(void *user);

/* --- dashboard_contexts.c --- */

/* Calls visit for each context that can be used. */
void dashboard_contexts_each(const struct app *app,
                             void (*visit)(void *arg, const struct views_context *context),
                             void *arg);
/* The context of that name as this run's options and files have it, without any key of the
 * environment; to be finished by the caller. -code with e when it cannot be used. */
int dashboard_context_resolve(const struct app *app, const char *name, struct context *out,
                              struct err *e);
/* NULL with e set: it is there already, or there are too many. */
struct gateway *dashboard_add_gateway(struct dashboard *d, const struct context *c, struct err *e);
/* Those that the context was given with. */
void dashboard_add_contexts(struct dashboard *d);
/* struct views_env.join_context */
int dashboard_join_context(void *user, const char *name, bool joins, struct err *e);
/* The embedded gateway is there, and is not the first one. */
void dashboard_embedded_beside(struct dashboard *d, const char *url, const char *api_key);

#endif
