/* SPDX-License-Identifier: MIT
 *
 * The client's calls as functions that wait: start the call, run the loop, copy the result out of
 * the callback.
 */
#include "app/session.h"

#include <stdlib.h>
#include <string.h>

#include "app/closest.h"
#include "app/embedded.h"
#include "base/alloc.h"

#define DEFAULT_NS "default"

struct call {
    struct session *session;
    struct sandbox_info *one; /* filled when found */
    bool found;
    struct sandbox_info *all; /* owned until taken */
    size_t n_all;
};

static void call_done(struct call *call, const struct err *e)
{
    call->session->err = e ? *e : (struct err){0};
    call->session->done = true;
}

static void on_sandbox(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct call *call = user;

    if (info && !e) {
        *call->one = (struct sandbox_info){0};
        sandbox_info_copy(call->one, info);
        call->found = true;
    }
    call_done(call, e);
}

static void on_list(void *user, const struct sandbox_info *infos, size_t n, const struct err *e)
{
    struct call *call = user;

    if (!e && n) {
        call->all = xcalloc(n, sizeof *call->all);
        for (size_t i = 0; i < n; i++)
            sandbox_info_copy(&call->all[i], &infos[i]);
        call->n_all = n;
    }
    call_done(call, e);
}

static void on_done(void *user, const struct err *e)
{
    call_done(user, e);
}

static int call_wait(struct call *call, struct err *e)
{
    struct session *s = call->session;

    session_wait(s);
    if (s->err.code && e)
        *e = s->err;
    return -(int)s->err.code;
}

int session_reach_embedded(struct app *app, struct err *e)
{
    struct context *c = &app->context;

    if (!c->embedded || c->url)
        return 0;
    return embedded_ensure_sync(&app->paths, &c->url, &c->api_key, e);
}

int session_open(struct session *s, struct app *app, struct err *e)
{
    int rc;

    *s = (struct session){.app = app};
    if ((rc = session_reach_embedded(app, e)) < 0)
        return rc;
    if ((rc = uv_loop_init(&s->loop)) < 0)
        return err_set(e, ERR_IO, "no event loop: %s", uv_strerror(rc));
    s->client = client_create(&s->loop, e);
    if (!s->client) {
        uv_loop_close(&s->loop);
        return e ? -(int)e->code : -ERR_INTERNAL;
    }
    struct gateway_config config = {
        .url = app->context.url,
        .api_key = app->context.api_key,
        .provider = app->context.provider_name,
        .headers = app->context.provider.name ? app->context.provider.headers : NULL,
        .known_file = app->context.known_file,
    };
    s->gateway = gateway_create(s->client, &config);
    return 0;
}

static void on_client_closed(void *user)
{
}

void session_close(struct session *s)
{
    if (!s->client)
        return;
    gateway_destroy(s->gateway);
    client_destroy(s->client, on_client_closed, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    *s = (struct session){0};
}

void session_wait(struct session *s)
{
    while (!s->done && uv_run(&s->loop, UV_RUN_ONCE))
        ;
    s->done = false;
}

int session_find(struct session *s, const char *ns, const char *name, struct sandbox_info *out,
                 bool *found, struct err *e)
{
    struct call call = {.session = s, .one = out};

    gateway_find(s->gateway, ns, name, on_sandbox, &call);
    int rc = call_wait(&call, e);
    *found = call.found;
    return rc;
}

static int session_get(struct session *s, const char *id, struct sandbox_info *out, bool *found,
                       struct err *e)
{
    struct call call = {.session = s, .one = out};

    gateway_get(s->gateway, id, on_sandbox, &call);
    int rc = call_wait(&call, e);
    *found = call.found;
    return rc == -ERR_NOT_FOUND ? 0 : rc;
}

int session_list(struct session *s, struct sandbox_info **out, size_t *n, struct err *e)
{
    struct call call = {.session = s};

    gateway_list(s->gateway, on_list, &call);
    int rc = call_wait(&call, e);
    *out = call.all;
    *n = call.n_all;
    return rc;
}

int session_create(struct session *s, const struct create_options *o, bool find,
                   struct sandbox_info *out, struct err *e)
{
    struct call call = {.session = s, .one = out};

    if (find)
        gateway_find_or_create(s->gateway, o, on_sandbox, &call);
    else
        gateway_create_sandbox(s->gateway, o, on_sandbox, &call);
    int rc = call_wait(&call, e);
    if (rc == 0 && !call.found)
        return err_set(e, ERR_PROTOCOL, "the gateway answered without a sandbox");
    return rc;
}

int session_delete(struct session *s, const char *id, struct err *e)
{
    struct call call = {.session = s};

    gateway_delete(s->gateway, id, on_done, &call);
    return call_wait(&call, e);
}

char *sandbox_label(const struct sandbox_info *info)
{
    return info->name[0] ? xasprintf("%s/%s", info->ns, info->name) : xstrdup(info->id);
}

void sandbox_split(const char *text, char **ns, char **name)
{
    const char *slash = strchr(text, '/');

    *ns = slash ? xstrndup(text, (size_t)(slash - text)) : NULL;
    *name = xstrdup(slash ? slash + 1 : text);
}

static int unknown(struct session *s, const char *text, const char *ns, struct err *e)
{
    struct sandbox_info *all;
    size_t n;

    err_set(e, ERR_NOT_FOUND, "no sandbox \"%.100s\" in namespace %.60s, and none with that id",
            text, ns);
    err_hint(e, "`sandpit ls` lists what there is");
    if (session_list(s, &all, &n, NULL) < 0)
        return -ERR_NOT_FOUND;
    cleanup_free char *best = closest_sandbox(all, n, ns, text);
    if (best)
        err_hint(e, "did you mean %.200s?", best);
    for (size_t i = 0; i < n; i++)
        sandbox_info_finish(&all[i]);
    free(all);
    return -ERR_NOT_FOUND;
}

int session_resolve(struct session *s, const char *text, struct sandbox_info *out, struct err *e)
{
    cleanup_free char *ns = NULL;
    cleanup_free char *name = NULL;
    bool found = false;
    int rc;

    sandbox_split(text, &ns, &name);
    if (!ns)
        ns = xstrdup(s->app->context.ns ? s->app->context.ns : DEFAULT_NS);
    if (!name[0])
        return err_set(e, ERR_ARG, "\"%.100s\" names no sandbox", text);
    rc = session_find(s, ns, name, out, &found, e);
    if (rc == 0 && !found && !strchr(text, '/'))
        rc = session_get(s, text, out, &found, e);
    if (rc < 0 || found)
        return rc;
    return unknown(s, name, ns, e);
}
