/* SPDX-License-Identifier: MIT
 *
 * sandpit extend: more time for a sandbox.
 */
#include <stdio.h>

#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/say.h"
#include "base/clock.h"

struct extend_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct extend_args, json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

/* Asked again, since only the gateway knows which of the two ends is the later one. */
static void on_extended(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct errand *x = user;
    char iso[CLOCK_ISO_SIZE];

    if (info && x->json)
        json_print(sandbox_public_json(info));
    else if (info && info->expires_ms)
        puts(clock_format_iso(iso, info->expires_ms));
    else if (info)
        say("it has no end that is known");
    errand_done(x, e);
}

static int run_time(struct errand *x, const void *arguments, int n, char **words)
{
    int64_t duration_ms = duration_parse(words[0], &x->session.err);
    int result;

    if (duration_ms < 0)
        return (int)duration_ms;
    gateway_extend(x->session.gateway, x->info.id, duration_ms, errand_on_done, x);
    result = errand_wait(x);
    if (result < 0)
        return result;
    gateway_get(x->session.gateway, x->info.id, on_extended, x);
    return errand_wait(x);
}

static int run_extend(struct app *app, const void *arguments, int n_rest, char **rest)
{
    static const struct verb verb = {.run = run_time};
    const struct extend_args *a = arguments;

    return errand_run_one(&verb, app, a, a->json, n_rest, rest);
}

const struct command cmd_extend = {
    .name = "extend",
    .usage = "NAME TIME",
    .summary = "Give a sandbox more time",
    .details = "It lives for TIME (15m, 2h, 1d12h) from now at least; an end that is later stays. "
               "Prints when it ends.",
    .args = args,
    .args_size = sizeof(struct extend_args),
    .leading = 1 << 20,
    .min_rest = 2,
    .max_rest = 2,
    .writes = true,
    .run = run_extend,
};
