/* SPDX-License-Identifier: MIT
 *
 * sandpit url: where a sandbox, or what listens on one of its ports, is reached.
 */
#include <stdio.h>
#include <string.h>

#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "base/alloc.h"
#include "wire/url.h"

struct url_args {
    bool json;
    const char *protocol;
};

#define FIELD(name) offsetof(struct url_args, name)
static const struct arg_def args[] = {
    {"protocol", 'p', ARG_TEXT, FIELD(protocol), "http|https", "instead of the sandbox's own"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void print(const struct errand *x, const char *url)
{
    if (x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "url", url);
        json_print(o);
    } else {
        foreign_print(url);
    }
}

static int run_one(struct errand *x, const void *arguments, int n, char **words)
{
    const struct url_args *a = arguments;
    struct err *e = &x->session.err;
    int port = n ? errand_port(x, words[0]) : 0;

    if (port < 0)
        return port;
    if (a->protocol && strcmp(a->protocol, "http") != 0 && strcmp(a->protocol, "https") != 0)
        return err_set(e, ERR_ARG, "--protocol is http or https");
    cleanup_free char *url = url_of_port(x->info.url, port, a->protocol, e);
    if (!url)
        return -(int)e->code;
    print(x, url);
    return 0;
}

static int run_url(struct app *app, const void *arguments, int n_rest, char **rest)
{
    static const struct verb verb = {.run = run_one};
    const struct url_args *a = arguments;

    return errand_run_one(&verb, app, a, a->json, n_rest, rest);
}

const struct command cmd_url = {
    .name = "url",
    .usage = "NAME [PORT]",
    .summary = "Print the address of a sandbox, or of a port of it",
    .details = "Nobody is asked whether something listens on PORT.",
    .args = args,
    .args_size = sizeof(struct url_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 2,
    .run = run_url,
};
