/* SPDX-License-Identifier: MIT
 *
 * The contexts of the dashboard: which there are, and whose gateways it lists.
 */
#include <string.h>

#include "app/dashboard_internal.h"
#include "base/alloc.h"

void dashboard_contexts_each(const struct app *app,
                             void (*visit)(void *arg, const struct views_context *context),
                             void *arg)
{
    const struct context *c = &app->context;
    const char *current = c->name ? c->name : "";

    if (!config_context(&app->config, current))
        visit(arg, &(struct views_context){current, c->url, c->ns, c->theme, true, c->readonly});
    for (size_t i = 0; i < app->config.n_contexts; i++) {
        const struct context_config *x = &app->config.contexts[i];
        bool is_current = strcmp(x->name, current) == 0;

        visit(arg, &(struct views_context){x->name, x->url, x->ns, x->theme, is_current,
                                           x->readonly || app->options.readonly});
    }
    if (strcmp(current, CONTEXT_EMBEDDED) != 0 && !config_context(&app->config, CONTEXT_EMBEDDED))
        visit(arg,
              &(struct views_context){.name = CONTEXT_EMBEDDED, .readonly = app->options.readonly});
}

int dashboard_context_resolve(const struct app *app, const char *name, struct context *out,
                              struct err *e)
{
    struct options options = app->options;

    options.gateway = NULL;
    options.api_key_file = NULL;
    options.context = name;
    options.own_key_only = true;
    return context_resolve(out, &options, &app->config, &app->paths, e);
}

struct gateway *dashboard_add_gateway(struct dashboard *d, const struct context *c, struct err *e)
{
    struct gateway_config config = {
        .url = c->url,
        .api_key = c->api_key,
        .provider = c->provider_name,
        .headers = c->provider.name ? c->provider.headers : NULL,
        .known_file = c->known_file,
        .readonly = c->readonly,
        .on_change = dashboard_gateway_changed,
        .user = d,
    };

    return fleet_add(d->fleet, d->client, c->name, &config, e);
}

/* --- contexts beside the first --- */

static void start_embedded(struct dashboard *d)
{
    if (!d->embedded)
        d->embedded = embedded_create(&d->loop, &d->app->paths, &dashboard_embedded_ops, d);
    embedded_ensure(d->embedded);
}

static int add_context(struct dashboard *d, const char *name, struct err *e)
{
    struct context c;
    int rc = dashboard_context_resolve(d->app, name, &c, e);

    if (rc < 0)
        return rc;
    if (fleet_named(d->fleet, c.name))
        rc = err_set(e, ERR_CONFLICT, "context %.60s is listed already", c.name);
    else if (c.embedded)
        start_embedded(d); /* and added when it is there */
    else
        rc = dashboard_add_gateway(d, &c, e) ? 0 : -(int)e->code;
    context_finish(&c);
    return rc;
}

void dashboard_embedded_beside(struct dashboard *d, const char *url, const char *api_key)
{
    struct gateway *known = fleet_named(d->fleet, CONTEXT_EMBEDDED);
    struct context c;
    struct err e;

    if (known && strcmp(gateway_url(known), url) == 0) {
        gateway_retry(known);
        return;
    }
    fleet_remove(d->fleet, CONTEXT_EMBEDDED);
    if (dashboard_context_resolve(d->app, CONTEXT_EMBEDDED, &c, &e) == 0) {
        c.url = xstrdup(url);
        c.api_key = xstrdup(api_key);
        if (!dashboard_add_gateway(d, &c, &e))
            tui_toast(d->tui, ROLE_ERROR, "%s", e.text);
        context_finish(&c);
    }
    views_gateway_changed(&d->env);
}

int dashboard_join_context(void *user, const char *name, bool joins, struct err *e)
{
    struct dashboard *d = user;
    int rc = 0;

    if (joins)
        rc = add_context(d, name, e);
    else if (!fleet_remove(d->fleet, name))
        rc = err_set(e, ERR_ARG,
                     "%.60s is the context that new sandboxes are made in; Enter goes "
                     "over to another",
                     name);
    if (rc == 0)
        views_gateway_changed(&d->env);
    return rc;
}

void dashboard_add_contexts(struct dashboard *d)
{
    cleanup_free char *names = d->app->context.beside ? xstrdup(d->app->context.beside) : NULL;
    char *rest = names;

    for (char *name; (name = strsep(&rest, ","));) {
        struct err e;

        name += strspn(name, " ");
        for (size_t n = strlen(name); n && name[n - 1] == ' ';)
            name[--n] = '\0';
        if (*name && add_context(d, name, &e) < 0)
            tui_toast(d->tui, ROLE_ERROR, "%s%s%s", e.text, e.hint[0] ? "; " : "", e.hint);
    }
}
