/* SPDX-License-Identifier: MIT
 *
 * An errand opens a session, finds its sandbox, runs its verb and closes everything; the verb's
 * callbacks print and end the wait.
 */
#include "app/errand.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/env_list.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/file.h"

#define LINGER_MS 300

void errand_done(struct errand *x, const struct err *e)
{
    x->session.err = e ? *e : (struct err){0};
    x->session.done = true;
}

void errand_on_done(void *user, const struct err *e)
{
    errand_done(user, e);
}

void errand_on_exists(void *user, bool exists, const struct err *e)
{
    struct errand *x = user;

    if (!e && x->json)
        json_print(cJSON_CreateBool(exists));
    x->status = exists ? EXIT_OK : EXIT_FAIL;
    errand_done(x, e);
}

void errand_flush(struct errand *x)
{
    if (fflush(stdout) || ferror(stdout))
        x->session.done = true;
}

void errand_print_line(struct errand *x, cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);

    foreign_print_json(text);
    free(text);
    cJSON_Delete(json);
    errand_flush(x);
}

void errand_on_down(void *user, const struct err *e)
{
    struct errand *x = user;

    if (remote_state(x->remote) == LINK_FAILED)
        errand_done(x, e);
    else
        say("%s; it is tried again", e->text);
}

void json_add_time(cJSON *object, const char *key, int64_t ms)
{
    char iso[CLOCK_ISO_SIZE];

    if (ms)
        cJSON_AddStringToObject(object, key, clock_format_iso(iso, ms));
    else
        cJSON_AddNullToObject(object, key);
}

void json_add_text(cJSON *object, const char *key, const char *bytes, size_t n)
{
    cleanup_buf struct buf text = {0};
    size_t at = 0;

    while (at < n) {
        uint32_t codepoint;
        char utf8[4];

        at += utf8_decode(bytes + at, n - at, &codepoint);
        /* cJSON's texts end at a NUL. */
        buf_append(&text, utf8, utf8_encode(codepoint ? codepoint : 0xfffd, utf8));
    }
    cJSON_AddStringToObject(object, key, text.data ? text.data : "");
}

/* --- waiting --- */

int errand_wait(struct errand *x)
{
    x->has_asked = true;
    session_wait(&x->session);
    return -(int)x->session.err.code;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct errand *x = handle->data;

    x->signal = number;
    x->session.done = true;
}

static void on_handle_closed(uv_handle_t *handle)
{
    ((struct errand *)handle->data)->n_closing--;
}

int errand_follow(struct errand *x)
{
    static const int numbers[ERRAND_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < ERRAND_SIGNALS; i++) {
        uv_signal_init(&x->session.loop, &x->signals[i]);
        x->signals[i].data = x;
        uv_signal_start(&x->signals[i], on_signal, numbers[i]);
    }
    int result = errand_wait(x);

    for (size_t i = 0; i < ERRAND_SIGNALS; i++)
        uv_close((uv_handle_t *)&x->signals[i], on_handle_closed);
    x->n_closing += ERRAND_SIGNALS;
    while (x->n_closing)
        uv_run(&x->session.loop, UV_RUN_NOWAIT);
    return result;
}

static void on_pause_over(uv_timer_t *timer)
{
    ((struct errand *)timer->data)->session.done = true;
}

int errand_pause(struct errand *x, int ms)
{
    uv_timer_t timer;

    uv_timer_init(&x->session.loop, &timer);
    timer.data = x;
    uv_timer_start(&timer, on_pause_over, (uint64_t)ms, 0);
    int result = errand_wait(x);

    uv_close((uv_handle_t *)&timer, on_handle_closed);
    x->n_closing++;
    while (x->n_closing)
        uv_run(&x->session.loop, UV_RUN_NOWAIT);
    return result;
}

void errand_linger(struct errand *x)
{
    errand_pause(x, LINGER_MS);
}

/* --- the sandbox --- */

static void on_home(void *user, const char *bytes, size_t n, const struct err *e)
{
    struct errand *x = user;

    if (!e)
        x->home = xstrndup(bytes, n);
    errand_done(x, e);
}

/* --- verbs --- */

static int usage_error(const struct command *c, const struct verb *verbs)
{
    for (const struct verb *v = verbs; v->name; v++)
        fprintf(stderr, "  sandpit %s NAME %s%s%s\n", c->name, v->name, *v->usage ? " " : "",
                v->usage);
    return EXIT_USAGE;
}

static const struct verb *find_verb(const struct verb *verbs, const char *name)
{
    for (const struct verb *v = verbs; v->name; v++)
        if (!strcmp(v->name, name))
            return v;
    return NULL;
}

int errand_open(struct errand *x, struct app *app, const char *name, struct err *e)
{
    int result;

    x->app = app;
    x->name = name;
    result = session_open(&x->session, app, e);
    if (!result)
        result = session_resolve(&x->session, name, &x->info, e);
    x->session.err = (struct err){0};
    if (!result)
        x->remote = remote_acquire(x->session.gateway, x->info.id);
    return result;
}

void errand_close(struct errand *x)
{
    remote_release(x->remote);
    sandbox_info_finish(&x->info);
    free(x->home);
    session_close(&x->session);
}

int errand_path(struct errand *x, const char *path, char **absolute)
{
    int result = 0;

    *absolute = NULL;
    if (path[0] == '/') {
        *absolute = xstrdup(path);
        return 0;
    }
    if (!x->home) {
        file_home(x->remote, on_home, x);
        result = errand_wait(x);
    }
    if (result < 0)
        return result;
    *absolute = *path && strcmp(path, ".") != 0
                    ? xasprintf("%s/%s", strcmp(x->home, "/") ? x->home : "", path)
                    : xstrdup(x->home);
    return 0;
}

int errand_port(struct errand *x, const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    if (*end || port < 1 || port > 65535)
        return err_set(&x->session.err, ERR_ARG, "\"%.60s\" is not a port from 1 to 65535", text);
    return (int)port;
}

static int run_verb(const struct verb *verb, struct app *app, const void *args, bool json,
                    const char *name, int n, char **words)
{
    struct errand x = {.json = json};
    int status = EXIT_FAIL;

    struct err e = {0};

    if (errand_open(&x, app, name, &e) < 0) {
        say_error(&e);
    } else {
        int result = verb->run(&x, args, n, words);

        status = x.status;
        if (result < 0) {
            status = x.has_asked ? EXIT_FAIL : EXIT_USAGE;
            err_wrap(&x.session.err, "%s", name);
            say_error(&x.session.err);
        } else if (x.signal) {
            status = 128 + x.signal;
        }
    }
    errand_close(&x);
    return status;
}

int errand_run_one(const struct verb *verb, struct app *app, const void *args, bool json,
                   int n_words, char **words)
{
    return run_verb(verb, app, args, json, words[0], n_words - 1, words + 1);
}

int errand_run(const struct command *c, const struct verb *verbs, struct app *app, const void *args,
               bool json, int n_words, char **words)
{
    const struct verb *verb = find_verb(verbs, n_words > 1 ? words[1] : verbs->name);
    int n = n_words > 1 ? n_words - 2 : 0;
    struct err e;

    if (!verb) {
        say("%s: there is no \"%s\"", c->name, words[1]);
        return usage_error(c, verbs);
    }
    if (n < verb->min || n > verb->max) {
        say("%s %s: %s", c->name, verb->name,
            n < verb->min ? "an argument is missing" : "too many arguments");
        fprintf(stderr, "         usage: sandpit %s NAME %s %s\n", c->name, verb->name,
                verb->usage);
        return EXIT_USAGE;
    }
    if (verb->writes && command_check_writes(app, c->name, &e) < 0) {
        say_error(&e);
        return EXIT_FAIL;
    }
    return run_verb(verb, app, args, json, words[0], n, words + (n_words > 1 ? 2 : 1));
}
