/* SPDX-License-Identifier: MIT */
#include "app/dashboard_contexts.h"

#include <string.h>

void dashboard_contexts(const struct app *app,
                        void (*visit)(void *arg, const struct views_context *context), void *arg)
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
    return context_resolve(out, &options, &app->config, &app->paths, e);
}
