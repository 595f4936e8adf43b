/* SPDX-License-Identifier: MIT */
#include "client/repeat.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/gateway_ask.h"
#include "client/remote.h"

static void on_gateway_answer(struct gateway_question *q, const cJSON *data, const struct err *e)
{
    ((gateway_done_cb)q->cb)(q->user, e);
}

static const char *below(const char *url, const char *base)
{
    size_t n = strlen(base);

    while (n && base[n - 1] == '/')
        n--;
    return n && strncmp(url, base, n) == 0 && url[n] == '/' ? url + n : NULL;
}

static const char *in_any_sandbox(const struct gateway *g, const char *url, const char **id)
{
    const struct sandbox *s;

    for (size_t i = 0; (s = gateway_at(g, i)); i++) {
        const char *path = s->gone ? NULL : below(url, s->info.url);

        *id = s->info.id;
        if (path)
            return path;
    }
    return NULL;
}

bool gateway_knows_url(const struct gateway *g, const char *url)
{
    const char *id;

    return below(url, g->url) || in_any_sandbox(g, url, &id);
}

struct request *gateway_repeat(struct gateway *g, const char *method, const char *url,
                               const char *body, gateway_done_cb cb, void *user)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
    const char *verb = NULL, *id = NULL, *path = below(url, g->url);
    cJSON *json = body && *body ? cJSON_Parse(body) : NULL;

    /* Calls borrow their method. */
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (!strcmp(method, methods[i]))
            verb = methods[i];
    bool of_sandbox = !path && (path = in_any_sandbox(g, url, &id));
    if (!of_sandbox)
        return gateway_ask(g, NULL, verb ? verb : "POST", path ? path : "/unknown", json, 0,
                           on_gateway_answer, (call_cb)cb, user);
    struct remote *r = remote_acquire(g, id);
    struct remote_call *c =
        call_create(r, verb ? verb : "POST", xstrdup(path), call_on_done, (call_cb)cb, user);

    remote_release(r);
    if (json)
        call_set_body(c, json);
    return call_start(c);
}
