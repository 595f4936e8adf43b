/* SPDX-License-Identifier: MIT
 *
 * One function a way of choosing; context_resolve takes the first that applies.
 */
#include "app/context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "wire/url.h"

#define HOSTED_URL       "https://tributary.edge.computesdk.com"
#define API_KEY_MAX      4096
#define DEFAULT_PROVIDER "computesdk"

static const char *env(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static int read_key_file(struct context *c, const char *folder, const char *file, struct err *e)
{
    cleanup_free char *path = paths_expand(folder, file);

    c->api_key = paths_read_file(path, API_KEY_MAX, e);
    if (!c->api_key)
        return err_wrap(e, "API key");
    if (!c->api_key[0] || strpbrk(c->api_key, "\r\n\t ")) {
        err_set(e, ERR_ARG, "API key file %s does not hold one line with a key", path);
        return -ERR_ARG;
    }
    return 0;
}

static int find_key(struct context *c, const struct options *o, const char *context_file,
                    const struct paths *paths, struct err *e)
{
    const char *key = o->own_key_only ? NULL : env("COMPUTESDK_API_KEY");

    if (o->api_key_file)
        return read_key_file(c, NULL, o->api_key_file, e);
    if (!key && context_file)
        return read_key_file(c, paths->config_dir, context_file, e);
    if (o->own_key_only) {
        err_set(e, ERR_AUTH, "context %s has no api_key_file", c->name);
        err_hint(e,
                 "the key of the environment is for the address that this run began with; say "
                 "api_key_file = FILE in [context %.60s], or start sandpit --context %.60s",
                 c->name, c->name);
        return -ERR_AUTH;
    }
    if (!key)
        key = env("SANDPIT_API_KEY");
    if (!key) {
        err_set(e, ERR_AUTH, "no API key for %s", c->url);
        err_hint(e, "set COMPUTESDK_API_KEY, or give --api-key-file FILE");
        return -ERR_AUTH;
    }
    c->api_key = xstrdup(key);
    return 0;
}

static int check_url(struct context *c, struct err *e)
{
    struct url u = {0};

    if (url_parse(&u, c->url, e) < 0) {
        err_wrap(e, "gateway \"%.200s\" (%s)", c->url, c->origin);
        err_hint(e, "a gateway is an address such as https://gateway.example.com");
        return -ERR_ARG;
    }
    bool http = strcasecmp(u.scheme, "http") == 0 || strcasecmp(u.scheme, "https") == 0;
    if (!c->name)
        c->name = xstrdup(u.host);
    url_finish(&u);
    if (http)
        return 0;
    err_set(e, ERR_ARG, "gateway \"%.200s\" (%s) is neither http:// nor https://", c->url,
            c->origin);
    return -ERR_ARG;
}

/* A self-hosted gateway needs no provider's credentials; the hosted one is no use without. */
static int find_provider(struct context *c, const char *named, bool must, struct err *e)
{
    struct err ignored;

    if (named && !provider_choose(named, &c->provider)) {
        if (provider_known(named)) {
            err_set(e, ERR_AUTH, "context %s: the credentials of provider %s are incomplete",
                    c->name, named);
            err_hint(e, "`sandpit info` lists what each provider wants");
            return -ERR_AUTH;
        }
        c->provider = (struct provider_choice){0}; /* a name the gateway may know */
    } else if (!named && provider_detect(&c->provider, must ? e : &ignored) < 0) {
        if (must)
            return -ERR_AUTH;
        c->provider = (struct provider_choice){0};
    }
    c->provider_name = copy(named ? named : c->provider.name ? c->provider.name : DEFAULT_PROVIDER);
    return 0;
}

static int by_flag(struct context *c, const struct options *o, const struct paths *paths,
                   struct err *e)
{
    int rc;

    c->url = xstrdup(o->gateway);
    c->origin = "--gateway";
    if ((rc = check_url(c, e)) < 0 || (rc = find_key(c, o, NULL, paths, e)) < 0)
        return rc;
    return find_provider(c, NULL, false, e);
}

static int unknown_context(const struct config *config, const char *name, const char *origin,
                           struct err *e)
{
    cleanup_buf struct buf known = {0};

    for (size_t i = 0; i < config->n_contexts; i++)
        buf_printf(&known, ", %.40s", config->contexts[i].name);
    err_set(e, ERR_ARG, "unknown context \"%.60s\" (%s)", name, origin);
    err_hint(e, "known: " CONTEXT_EMBEDDED "%.180s; add [context NAME] to config.ini",
             known.data ? known.data : "");
    return -ERR_ARG;
}

/* "a, b" → "a"; the rest is *beside. */
static char *first_name(const char *names, char **beside)
{
    size_t n = strcspn(names, ",");
    const char *rest = names + n;

    while (n && names[n - 1] == ' ')
        n--;
    rest += strspn(rest, ", ");
    *beside = *rest ? xstrdup(rest) : NULL;
    return xstrndup(names, n);
}

static int by_name(struct context *c, const char *names, const char *origin,
                   const struct options *o, const struct config *config, const struct paths *paths,
                   struct err *e)
{
    cleanup_free char *name = first_name(names, &c->beside);
    const struct context_config *found = config_context(config, name);
    int rc;

    c->origin = origin;
    if (!found && strcmp(name, CONTEXT_EMBEDDED) != 0)
        return unknown_context(config, name, c->origin, e);
    c->name = xstrdup(name);
    if (found) {
        c->ns = copy(found->ns);
        c->theme = copy(found->theme);
        c->readonly = found->readonly;
    }
    if (!found || !found->url) {
        if (strcmp(name, CONTEXT_EMBEDDED) != 0)
            return err_set(e, ERR_ARG, "context %s has no url", name);
        c->embedded = true;
        return 0;
    }
    c->url = xstrdup(found->url);
    if ((rc = check_url(c, e)) < 0 || (rc = find_key(c, o, found->api_key_file, paths, e)) < 0)
        return rc;
    return find_provider(c, found->provider, false, e);
}

static int by_environment(struct context *c, const struct options *o, const struct paths *paths,
                          struct err *e)
{
    const char *url = env("COMPUTESDK_TRIBUTARY_URL");
    int rc;

    c->origin = "COMPUTESDK_API_KEY";
    if (!url)
        url = env("COMPUTESDK_GATEWAY_URL");
    c->url = xstrdup(url ? url : HOSTED_URL);
    c->name = url ? NULL : xstrdup("hosted");
    if ((rc = check_url(c, e)) < 0 || (rc = find_key(c, o, NULL, paths, e)) < 0)
        return rc;
    /* Whoever runs his own gateway needs no provider's credentials. */
    return find_provider(c, NULL, !url, e);
}

static int choose(struct context *c, const struct options *o, const struct config *config,
                  const struct paths *paths, struct err *e)
{
    if (o->gateway)
        return by_flag(c, o, paths, e);
    if (o->context)
        return by_name(c, o->context, "--context", o, config, paths, e);
    if (env("SANDPIT_CONTEXT"))
        return by_name(c, env("SANDPIT_CONTEXT"), "SANDPIT_CONTEXT", o, config, paths, e);
    if (env("COMPUTESDK_API_KEY"))
        return by_environment(c, o, paths, e);
    if (config->context)
        return by_name(c, config->context, "config.ini", o, config, paths, e);
    return by_name(c, CONTEXT_EMBEDDED, "default", o, config, paths, e);
}

int context_resolve(struct context *c, const struct options *o, const struct config *config,
                    const struct paths *paths, struct err *e)
{
    const char *ns = o->ns ? o->ns : env("SANDPIT_NAMESPACE");
    int rc;

    *c = (struct context){0};
    rc = choose(c, o, config, paths, e);
    if (rc < 0) {
        context_finish(c);
        return rc;
    }
    if (ns || (!c->ns && config->ns)) {
        free(c->ns);
        c->ns = copy(ns ? ns : config->ns);
    }
    if (!c->theme)
        c->theme = copy(config->theme);
    if (!c->provider_name)
        c->provider_name = xstrdup(DEFAULT_PROVIDER);
    c->readonly |= o->readonly;
    c->known_file = xasprintf("%s/known-%s.json", paths->state_dir, c->name);
    for (char *p = c->known_file + strlen(paths->state_dir) + 1; *p; p++)
        if (*p == '/')
            *p = '_';
    return 0;
}

void context_finish(struct context *c)
{
    free(c->beside);
    free(c->name);
    free(c->url);
    free(c->api_key);
    free(c->ns);
    free(c->theme);
    free(c->known_file);
    free(c->provider_name);
    *c = (struct context){0};
}
