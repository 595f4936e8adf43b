/* SPDX-License-Identifier: MIT
 *
 * sandpit link: a magic link into a sandbox.
 */
#include <stdio.h>
#include <string.h>

#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/clock.h"
#include "client/token.h"

struct link_args {
    bool json, observe;
    const char *expires;
};

static const struct arg_def args[] = {
    {"observe", 'o', ARG_FLAG, offsetof(struct link_args, observe), NULL,
     "whoever opens it may read, not write"},
    {"expires", 'e', ARG_TEXT, offsetof(struct link_args, expires), "TIME",
     "it may be opened for so long (2h, 3d; 5m unless told, at most 7d)"},
    {"json", 0, ARG_FLAG, offsetof(struct link_args, json), NULL, "print url and expiresAt"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void on_link(void *user, const struct magic_link *l, const struct err *e)
{
    struct errand *x = user;
    char left[CLOCK_SPAN_SIZE];

    if (l && x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "url", l->url);
        cJSON_AddStringToObject(o, "redirect", l->redirect);
        json_add_time(o, "expiresAt", l->expires_ms);
        json_print(o);
    } else if (l) {
        foreign_print(l->url);
        say("opens the sandbox in a browser, once, within %s",
            clock_format_span(left, l->expires_ms - clock_wall_ms()));
    }
    errand_done(x, e);
}

static int run_verb(struct errand *x, const void *arguments, int n, char **words)
{
    const struct link_args *a = arguments;
    struct magic_link_options o = {.redirect = n ? words[0] : NULL, .observe = a->observe};

    if (a->expires && (o.life_s = duration_parse_link(a->expires, &x->session.err)) < 0)
        return err_wrap(&x->session.err, "--expires");
    magic_link_create(x->remote, &o, on_link, x);
    return errand_wait(x);
}

static int run_link(struct app *app, const void *arguments, int n_rest, char **rest)
{
    static const struct verb verb = {"link", "[PATH]", 0, 1, true, run_verb};
    const struct link_args *a = arguments;

    return errand_run_one(&verb, app, a, a->json, n_rest, rest);
}

const struct command cmd_link = {
    .name = "link",
    .usage = "NAME [PATH]",
    .summary = "Make a link that opens a sandbox in a browser",
    .details = "It works once, within five minutes or the --expires TIME, and leads to PATH there. "
               "Whoever opens it may do "
               "what you may.",
    .args = args,
    .args_size = sizeof(struct link_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 2,
    .writes = true,
    .run = run_link,
};
