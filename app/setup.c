/* SPDX-License-Identifier: MIT
 *
 * Options → log, paths, config.ini, keys.ini → context.
 */
#include "app/setup.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/providers.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "tui/keymap.h"
#include "views/views.h"

/* Twice is the key itself; what lists the keys is to name the one there is. */
static void bind_prefix(struct keymap *m, struct key prefix)
{
    char name[KEY_NAME_SIZE];
    struct err e;

    if (keymap_bind(m, "prefix", "send-prefix", key_name(name, prefix), &e) < 0)
        log_warn("prefix: %s", e.text);
}

static struct keymap *read_keys(struct config *config, const struct paths *paths)
{
    struct keymap *m = keymap_create();

    keymap_add(m, views_actions);
    keymap_add(m, tui_actions);
    bind_prefix(m, config_prefix(config));
    config_read_keys(config, paths->keys_file, m);
    return m;
}

void app_reload(struct app *app)
{
    struct context *c = &app->context;
    struct config next;

    config_init(&next);
    config_read(&next, app->paths.config_file);
    struct keymap *keys = read_keys(&next, &app->paths);
    keymap_swap(app->keymap, keys);
    keymap_destroy(keys);
    config_finish(&app->config);
    app->config = next;
    const struct context_config *own = c->name ? config_context(&next, c->name) : NULL;
    const char *theme = own && own->theme ? own->theme : next.theme;

    free(c->theme);
    c->theme = theme ? xstrdup(theme) : NULL;
    c->readonly = app->options.readonly || (own && own->readonly);
    for (size_t i = 0; i < next.n_problems; i++)
        log_warn("%s", next.problems[i]);
}

int app_setup(struct app *app, struct err *e)
{
    int rc;

    if (app->options.log && log_open(app->options.log, LOG_LEVEL_DEBUG, e) < 0)
        return err_wrap(e, "--log");
    if ((rc = paths_init(&app->paths, e)) < 0)
        return rc;
    config_init(&app->config);
    config_read(&app->config, app->paths.config_file);
    app->keymap = read_keys(&app->config, &app->paths);
    for (size_t i = 0; i < app->config.n_problems; i++)
        log_warn("%s", app->config.problems[i]);
    context_resolve(&app->context, &app->options, &app->config, &app->paths, &app->context_error);
    return 0;
}

void app_finish(struct app *app)
{
    context_finish(&app->context);
    keymap_destroy(app->keymap);
    config_finish(&app->config);
    paths_finish(&app->paths);
    log_close();
}

void say_missing_credentials(const struct app *app)
{
    cleanup_buf struct buf lines = {0};

    if (app->context_error.code != ERR_AUTH || !getenv("COMPUTESDK_API_KEY"))
        return;
    provider_missing(&lines);
    fprintf(stderr, "missing, provider by provider:\n%s", lines.data);
}
