/* SPDX-License-Identifier: MIT */
#include "views/job.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define PROGRESS_AFTER_MS 200

struct job_step {
    struct job *job;
    char *name; /* owned */
    struct request *request;
    struct attachment *held; /* a reference, or NULL */
    void *data;              /* dropped with it; or NULL */
    void (*drop)(void *data);
    LIST_ENTRY(job_step) link;
};

struct job {
    struct views_env *env;
    char done[32], things[32];
    LIST_HEAD(step_list, job_step)
    steps;
    size_t n, n_done, n_failed;
    bool started;
    char last_name[128];
    struct err error; /* of the first that failed */
    struct tick *tick;
    LIST_ENTRY(job) link;
};

static void on_slow(void *user)
{
    struct job *j = user;

    tui_toast(j->env->tui, ROLE_STATUS, "%zu of %zu %s\xe2\x80\xa6 (C-c cancels)", j->n_done, j->n,
              j->done);
    tick_after(j->tick, 1000);
}

struct job *job_create(struct views_env *env, const char *done, const char *things)
{
    struct job *j = xcalloc(1, sizeof *j);

    j->env = env;
    snprintf(j->done, sizeof j->done, "%s", done);
    snprintf(j->things, sizeof j->things, "%s", things);
    j->tick = tick_create(tui_loop(env->tui), on_slow, j);
    LIST_INSERT_HEAD(&env->state->jobs, j, link);
    return j;
}

static void job_destroy(struct job *j)
{
    struct job_step *s;

    while ((s = LIST_FIRST(&j->steps))) {
        LIST_REMOVE(s, link);
        request_cancel(s->request);
        attachment_release(s->held);
        if (s->drop)
            s->drop(s->data);
        free(s->name);
        free(s);
    }
    LIST_REMOVE(j, link);
    tick_destroy(j->tick);
    free(j);
}

static void finish(struct job *j)
{
    struct tui *t = j->env->tui;

    if (j->n_failed == 1 && j->n == 1)
        views_toast_error(j->env, &j->error);
    else if (j->n_failed)
        tui_toast(t, ROLE_ERROR, "%s %zu of %zu; first failure: %s", j->done,
                  j->n_done - j->n_failed, j->n, j->error.text);
    else if (j->n == 1)
        tui_toast(t, ROLE_GOOD, "\xe2\x9c\x93 %s %s", j->done, j->last_name);
    else if (j->n)
        tui_toast(t, ROLE_GOOD, "\xe2\x9c\x93 %s %zu %s", j->done, j->n, j->things);
    job_destroy(j);
}

struct job_step *job_add(struct job *j, const char *name)
{
    struct job_step *s = xcalloc(1, sizeof *s);

    s->job = j;
    s->name = xstrdup(name);
    LIST_INSERT_HEAD(&j->steps, s, link);
    j->n++;
    return s;
}

void job_step_request(struct job_step *s, struct request *r)
{
    s->request = r;
}

struct views_env *job_step_env(const struct job_step *s)
{
    return s->job->env;
}

void job_step_hold(struct job_step *s, struct attachment *a)
{
    s->held = a;
}

void job_step_own(struct job_step *s, void *data, void (*drop)(void *data))
{
    s->data = data;
    s->drop = drop;
}

static void nothing(struct views_env *env, void *data)
{
}

static void release(void *attachment)
{
    attachment_release(attachment);
}

void job_step_done(void *user, const struct err *e)
{
    struct job_step *s = user;
    struct job *j = s->job;

    LIST_REMOVE(s, link);
    j->n_done++;
    snprintf(j->last_name, sizeof j->last_name, "%s", s->name);
    if (e && !j->n_failed++) {
        j->error = *e;
        err_wrap(&j->error, "%s", s->name);
    }
    /* Later: this is a callback of what is held. */
    if (s->held)
        views_later(j->env, nothing, s->held, release);
    if (s->drop)
        s->drop(s->data);
    free(s->name);
    free(s);
    if (j->started && j->n_done == j->n)
        finish(j);
}

void job_start(struct job *j)
{
    j->started = true;
    if (j->n_done == j->n)
        finish(j);
    else
        tick_after(j->tick, PROGRESS_AFTER_MS);
}

size_t jobs_cancel(struct views_env *env)
{
    struct job *j;
    size_t n = 0;

    while ((j = LIST_FIRST(&env->state->jobs))) {
        n += j->n - j->n_done; // NOLINT(clang-analyzer-unix.Malloc): LIST_REMOVE took it out
        job_destroy(j);
    }
    return n;
}
