/* SPDX-License-Identifier: MIT
 *
 * start → stream (once), answer (code) or asking (in the background, look) → output → end.
 */
#include "views/commands_run.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define LOOK_MS        1000
#define LOOK_UNSEEN_MS 5000 /* while no view shows it */

/* All that the program keeps. */
struct runs {
    TAILQ_HEAD(run_list, run)
    list;
    size_t n;
    unsigned last;
    struct run_listeners listeners;
};

static struct runs *runs_of(const struct views_env *env)
{
    if (!env->state->runs) {
        env->state->runs = xcalloc(1, sizeof *env->state->runs);
        TAILQ_INIT(&env->state->runs->list);
    }
    return env->state->runs;
}

static void tell(struct run_listeners *listeners)
{
    struct run_listener *l, *next;

    for (l = LIST_FIRST(listeners); l; l = next) {
        next = LIST_NEXT(l, link);
        if (l->on_change)
            l->on_change(l->user);
    }
}

static void changed(struct run *run)
{
    tell(&run->listeners);
    if (run->kept)
        tell(&runs_of(run->env)->listeners);
}

/* --- output --- */

static void take(struct run *run, const char *bytes, size_t n)
{
    struct run_listener *l, *next;

    buf_append(&run->output, bytes, n);
    if (run->output.len > RUN_OUTPUT_MAX + RUN_OUTPUT_MAX / 4) {
        size_t over = run->output.len - RUN_OUTPUT_MAX;

        run->n_dropped += over;
        buf_consume(&run->output, over);
    }
    for (l = LIST_FIRST(&run->listeners); l; l = next) {
        next = LIST_NEXT(l, link);
        if (l->on_output)
            l->on_output(l->user, bytes, n);
    }
}

static void finish(struct run *run, enum run_state state, int exit_code, const struct err *e)
{
    run->state = state;
    run->exit_code = exit_code;
    if (!run->finished_ms)
        run->finished_ms = clock_wall_ms();
    run->link_lost = false;
    if (e)
        run->error = *e;
    tick_after(run->tick, -1);
    changed(run);
}

/* --- the ways --- */

static void keep_ids(struct run *run, const char *terminal_id, const char *command_id)
{
    if (!run->terminal_id && *terminal_id)
        run->terminal_id = xstrdup(terminal_id);
    if (!run->command_id && *command_id)
        run->command_id = xstrdup(command_id);
}

static void stream_ids(struct run *run)
{
    keep_ids(run, command_stream_terminal(run->stream), command_stream_id(run->stream));
}

static void on_output(void *user, bool is_stderr, const char *bytes, size_t n)
{
    struct run *run = user;

    stream_ids(run);
    take(run, bytes, n);
}

static void on_stream_exit(void *user, int exit_code)
{
    struct run *run = user;

    stream_ids(run);
    command_stream_destroy(steal_pointer(&run->stream));
    finish(run, RUN_ENDED, exit_code, NULL);
}

static void on_stream_fail(void *user, const struct err *e)
{
    struct run *run = user;
    struct err told = *e;

    command_stream_destroy(steal_pointer(&run->stream));
    finish(run, RUN_FAILED, 0, &told);
}

static void on_link(void *user, const struct err *e)
{
    struct run *run = user;

    run->link_lost = e;
    changed(run);
}

static const struct command_stream_ops stream_ops = {
    .on_output = on_output,
    .on_exit = on_stream_exit,
    .on_fail = on_stream_fail,
    .on_link = on_link,
};

static void on_code(void *user, const struct code_result *c, const struct err *e)
{
    struct run *run = user;

    run->request = NULL;
    if (c)
        take(run, c->output, c->n_output);
    finish(run, e ? RUN_FAILED : RUN_ENDED, c ? c->exit_code : 0, e);
}

static bool is_late(const struct run *run)
{
    return run->timeout_ms && !run->timed_out && run_took_ms(run) > run->timeout_ms;
}

static void look_later(struct run *run)
{
    if (is_late(run)) {
        run->timed_out = true;
        run_kill(run);
    }
    tick_after(run->tick, LIST_EMPTY(&run->listeners) ? LOOK_UNSEEN_MS : LOOK_MS);
}

static void on_look(void *user, const struct command_result *c, const struct err *e)
{
    struct run *run = user;

    run->request = NULL;
    if (e && (e->http_status || e->code == ERR_NOT_FOUND)) {
        finish(run, RUN_FAILED, 0, e);
        return;
    }
    if (e) {
        on_link(run, e);
        look_later(run);
        return;
    }
    if (run->link_lost)
        on_link(run, NULL);
    const char *texts[] = {c->out, c->err};
    const size_t lengths[] = {c->out_len, c->err_len};
    for (int i = 0; i < 2; i++) {
        if (lengths[i] > run->n_told[i])
            take(run, texts[i] + run->n_told[i], lengths[i] - run->n_told[i]);
        run->n_told[i] = lengths[i];
    }
    run->started_ms = c->started_ms ? c->started_ms : run->started_ms;
    if (c->is_running) {
        look_later(run);
        return;
    }
    run->finished_ms = c->finished_ms;
    finish(run, RUN_ENDED, c->exit_code, NULL);
}

/* In the background the host has it; from here it is looked at. */
static void on_background(void *user, const struct command_result *c, const struct err *e)
{
    struct run *run = user;
    struct err own;

    run->request = NULL;
    if (!e)
        keep_ids(run, c->terminal_id, c->command_id);
    if (!e && !(run->terminal_id && run->command_id)) {
        err_set(&own, ERR_PROTOCOL, "it was started, but the host does not say where");
        e = &own;
    }
    if (e) {
        finish(run, RUN_FAILED, 0, e);
        return;
    }
    tick_after(run->tick, 0);
    changed(run);
}

static void on_tick(void *user)
{
    struct run *run = user;

    if (run->how == RUN_LOOK || run->how == RUN_BACKGROUND) {
        run->request = command_get(run->remote, run->terminal_id, run->command_id, on_look, run);
        return;
    }
    run->timed_out = true;
    run_kill(run);
}

/* --- life --- */

static struct run *create(struct views_env *env, const char *sandbox_id, const char *text)
{
    struct run *run = xcalloc(1, sizeof *run);

    run->env = env;
    run->refs = 1;
    run->sandbox_id = xstrdup(sandbox_id);
    run->text = xstrdup(text);
    run->started_ms = clock_wall_ms();
    run->remote = fleet_remote(env->fleet, sandbox_id);
    run->tick = tick_create(client_loop(env->client), on_tick, run);
    return run;
}

static void begin(struct run *run)
{
    const struct command_options options = {.command = run->text,
                                            .cwd = run->cwd,
                                            .env = run->variables,
                                            .background = run->how == RUN_BACKGROUND};

    if (run->how == RUN_CODE) {
        run->request =
            code_run(run->remote, run->text, run->language, run->timeout_ms, on_code, run);
    } else if (run->how == RUN_BACKGROUND) {
        run->request = command_run(run->remote, &options, on_background, run);
    } else {
        run->stream = command_stream(run->remote, &options, &stream_ops, run);
        if (run->timeout_ms)
            tick_after(run->tick, run->timeout_ms);
    }
}

static void keep(struct run *run)
{
    struct runs *runs = runs_of(run->env);
    struct run *old;

    run->kept = true;
    run_ref(run);
    snprintf(run->id, sizeof run->id, "run-%u", ++runs->last);
    TAILQ_INSERT_HEAD(&runs->list, run, link);
    if (++runs->n <= RUNS_MAX)
        return;
    TAILQ_FOREACH_REVERSE(old, &runs->list, run_list, link)
    {
        if (run_is_over(old)) {
            run_drop(old);
            return;
        }
    }
}

struct run *run_start(struct views_env *env, const char *sandbox_id, const struct run_spec *spec)
{
    struct run *run = create(env, sandbox_id, spec->text);

    run->how = spec->how;
    run->cwd = spec->cwd ? xstrdup(spec->cwd) : NULL;
    run->language = spec->language ? xstrdup(spec->language) : NULL;
    run->variables = spec->variables ? cJSON_Duplicate(spec->variables, true) : NULL;
    run->timeout_ms = spec->timeout_ms;
    keep(run);
    begin(run); // NOLINT(clang-analyzer-unix.Malloc): keep drops only those that are over
    changed(run);
    return run;
}

struct run *run_again(const struct run *run)
{
    return run_like(run, run->sandbox_id);
}

struct run *run_like(const struct run *run, const char *sandbox_id)
{
    return run_start(run->env, sandbox_id,
                     &(struct run_spec){.how = run->how == RUN_LOOK ? RUN_ONCE : run->how,
                                        .text = run->text,
                                        .cwd = run->cwd,
                                        .language = run->language,
                                        .variables = run->variables,
                                        .timeout_ms = run->timeout_ms});
}

struct run *run_look(struct views_env *env, const char *sandbox_id, const char *terminal_id,
                     const char *command_id, const char *text)
{
    struct run *run = create(env, sandbox_id, text);

    run->how = RUN_LOOK;
    keep_ids(run, terminal_id, command_id);
    snprintf(run->id, sizeof run->id, "%.20s", command_id);
    tick_after(run->tick, 0);
    return run;
}

struct run *run_ref(struct run *run)
{
    run->refs++;
    return run;
}

void run_release(struct run *run)
{
    if (!run || --run->refs)
        return;
    command_stream_destroy(run->stream);
    request_cancel(run->request);
    tick_destroy(run->tick);
    remote_release(run->remote);
    buf_finish(&run->output);
    cJSON_Delete(run->variables);
    free(run->sandbox_id);
    free(run->text);
    free(run->cwd);
    free(run->language);
    free(run->terminal_id);
    free(run->command_id);
    free(run);
}

static void on_killed(void *user, const struct err *e)
{
}

bool run_kill(struct run *run)
{
    struct err e;

    if (run->stream) {
        command_stream_kill(run->stream);
        return true;
    }
    if (run->terminal_id && run->state == RUN_RUNNING) {
        terminal_destroy(run->remote, run->terminal_id, on_killed, NULL);
        return true;
    }
    if (run->state != RUN_RUNNING)
        return false;
    request_cancel(steal_pointer(&run->request));
    err_set(&e, ERR_CANCELLED, "not waited for; it may go on");
    finish(run, RUN_FAILED, 0, &e);
    return true;
}

void run_drop(struct run *run)
{
    struct runs *runs = runs_of(run->env);

    if (!run->kept)
        return;
    run->kept = false;
    TAILQ_REMOVE(&runs->list, run, link);
    runs->n--;
    tell(&runs->listeners);
    run_release(run);
}

bool run_is_over(const struct run *run)
{
    return run->state != RUN_RUNNING;
}

int64_t run_took_ms(const struct run *run)
{
    return (run->finished_ms ? run->finished_ms : clock_wall_ms()) - run->started_ms;
}

char *run_format_took(char out[CLOCK_SPAN_SIZE], int64_t ms, bool is_running)
{
    if (ms >= 1000 || is_running)
        return clock_format_span(out, ms);
    snprintf(out, CLOCK_SPAN_SIZE, "%d ms", (int)(ms > 0 ? ms : 0));
    return out;
}

void run_listen(struct run *run, struct run_listener *l)
{
    LIST_INSERT_HEAD(&run->listeners, l, link);
}

void run_unlisten(struct run_listener *l)
{
    LIST_REMOVE(l, link);
}

/* --- all --- */

struct run *runs_next(const struct views_env *env, const struct run *after)
{
    return after ? TAILQ_NEXT(after, link) : TAILQ_FIRST(&runs_of(env)->list);
}

struct run *runs_find(const struct views_env *env, const char *id)
{
    struct run *run;

    TAILQ_FOREACH (run, &runs_of(env)->list, link)
        if (strcmp(run->id, id) == 0)
            return run;
    return NULL;
}

void runs_listen(struct views_env *env, struct run_listener *l)
{
    LIST_INSERT_HEAD(&runs_of(env)->listeners, l, link);
}

void runs_drop_all(struct views_env *env)
{
    struct runs *runs = env->state->runs;
    struct run *run;

    if (!runs)
        return;
    while ((run = TAILQ_FIRST(&runs->list)))
        run_drop(run); // NOLINT(clang-analyzer-unix.Malloc): which takes it out of the list
    free(steal_pointer(&env->state->runs));
}
