/* SPDX-License-Identifier: MIT
 *
 * sandpit signals: ports, ready servers and errors as a sandbox signals them, until C-c; or one
 * signal sent by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/text.h"
#include "client/signals.h"

struct signals_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct signals_args, json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void on_signal(void *user, const struct signal_event *s)
{
    struct errand *x = user;
    char signal[64], type[64], url[2048], text[4096];

    if (x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "signal", s->signal);
        if (s->port)
            cJSON_AddNumberToObject(o, "port", s->port);
        if (s->type[0])
            cJSON_AddStringToObject(o, "type", s->type);
        if (s->url[0])
            cJSON_AddStringToObject(o, "url", s->url);
        if (s->message[0])
            cJSON_AddStringToObject(o, "message", s->message);
        errand_print_line(x, o);
        return;
    }
    text_sanitise(url, sizeof url, s->url, strlen(s->url));
    text_sanitise(text, sizeof text, s->message, strlen(s->message));
    text_sanitise(signal, sizeof signal, s->signal, strlen(s->signal));
    text_sanitise(type, sizeof type, s->type, strlen(s->type));
    if (s->port)
        printf("%s %d%s%s %s\n", signal, s->port, *type ? " " : "", type, url);
    else
        printf("%s %s\n", signal, text);
    errand_flush(x);
}

static void on_up(void *user)
{
    say("listening; C-c ends it");
}

static void on_gap(void *user)
{
    say("some signals may be missing here");
}

static void on_end(void *user, const struct err *e)
{
    errand_done(user, e);
}

static const struct signal_tail_ops ops = {.on_signal = on_signal,
                                           .on_up = on_up,
                                           .on_gap = on_gap,
                                           .on_down = errand_on_down,
                                           .on_end = on_end};

static int run_follow(struct errand *x, const void *arguments, int n, char **words)
{
    struct signal_tail *tail = signal_tail_open(x->remote, &ops, x);
    int result = errand_follow(x);

    signal_tail_close(tail);
    return result;
}

static int run_start(struct errand *x, const void *arguments, int n, char **words)
{
    signals_start(x->remote, errand_on_done, x);
    return errand_wait(x);
}

static int run_stop(struct errand *x, const void *arguments, int n, char **words)
{
    signals_stop(x->remote, errand_on_done, x);
    return errand_wait(x);
}

static void on_status(void *user, const struct signal_status *s, const struct err *e)
{
    struct errand *x = user;

    if (s && x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "status", s->status);
        cJSON_AddBoolToObject(o, "active", s->is_active);
        json_print(o);
    } else if (s) {
        foreign_print(s->status);
    }
    errand_done(x, e);
}

static int run_status(struct errand *x, const void *arguments, int n, char **words)
{
    signals_status(x->remote, on_status, x);
    return errand_wait(x);
}

static int run_port(struct errand *x, const void *arguments, int n, char **words)
{
    int port = errand_port(x, words[0]);
    bool is_open = !strcmp(words[1], "open");

    if (port < 0)
        return port;
    if (!is_open && strcmp(words[1], "close") != 0)
        return err_set(&x->session.err, ERR_ARG, "a port is signalled as open or close");
    signal_emit_port(x->remote, port, is_open, n > 2 ? words[2] : NULL, errand_on_done, x);
    return errand_wait(x);
}

static int run_ready(struct errand *x, const void *arguments, int n, char **words)
{
    int port = errand_port(x, words[0]);

    if (port < 0)
        return port;
    signal_emit_ready(x->remote, port, n > 1 ? words[1] : NULL, errand_on_done, x);
    return errand_wait(x);
}

static int run_error(struct errand *x, const void *arguments, int n, char **words)
{
    signal_emit_error(x->remote, words[0], errand_on_done, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"follow", "", 0, 0, false, run_follow},
    {"status", "", 0, 0, false, run_status},
    {"start", "", 0, 0, true, run_start},
    {"stop", "", 0, 0, true, run_stop},
    {"port", "PORT open|close [URL]", 2, 3, true, run_port},
    {"ready", "PORT [URL]", 1, 2, true, run_ready},
    {"error", "MESSAGE", 1, 1, true, run_error},
    {0},
};

static int run_signals(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct signals_args *a = arguments;

    return errand_run(&cmd_signals, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_signals = {
    .name = "signals",
    .usage = "NAME [VERB [ARG]...]",
    .summary = "Follow the signals of a sandbox, or send one",
    .details = "Verbs: follow (when none is given; until C-c), start and stop the service, status, "
               "and to send one:\nport PORT open|close [URL], ready PORT [URL], error MESSAGE. "
               "Signals come only while the service is started.",
    .args = args,
    .args_size = sizeof(struct signals_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 5,
    .run = run_signals,
};
