/* SPDX-License-Identifier: MIT */
#include "host/daemon/work.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"

#define FINISH_MAX_MS 1000

static void do_nothing(uv_work_t *work)
{
    (void)work;
}

static void on_pool_started(uv_work_t *work, int status)
{
    struct work *w = work->data;

    (void)status;
    w->n_jobs--;
}

/* What saves pid 1 from its own children is that it has no handler. But while the loop's thread
 * starts a process the C library has all its signals blocked; the kernel then keeps a signal
 * instead of ignoring it, looks for another thread to take it and, with a free one, ends us. So no
 * other thread takes any. */
static void start_pool(struct work *w)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    uv_queue_work(w->loop, &w->first, do_nothing, on_pool_started);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void work_init(struct work *w, uv_loop_t *loop)
{
    w->loop = loop;
    TAILQ_INIT(&w->serial);
    /* libuv starts the pool's threads with the first job, and aborts when it cannot: not later,
     * when those inside may have used up the processes there are. */
    w->first.data = w;
    w->n_jobs++;
    start_pool(w);
}

void work_stop(struct work *w)
{
    atomic_store(&w->stop, true);
}

bool work_finish(struct work *w)
{
    for (int ms = 0; ms < FINISH_MAX_MS && w->n_jobs; ms++) {
        uv_run(w->loop, UV_RUN_NOWAIT);
        if (w->n_jobs)
            usleep(1000);
    }
    return !w->n_jobs;
}

char *work_cwd(const struct daemon *d)
{
    const char *directory = setup_directory(d);
    struct stat st;

    return xstrdup(!stat(directory, &st) && S_ISDIR(st.st_mode) ? directory : "/");
}

struct work_job *work_job(struct daemon *d, struct http_request *r,
                          int (*run)(struct work_job *job, struct err *e))
{
    struct work_job *job;

    if (d->work.n_jobs >= WORK_MAX || d->stopping) {
        http_reply_error(r, 503, "too many file operations at once");
        return NULL;
    }
    job = xcalloc(1, sizeof *job);
    job->d = d;
    job->request = r;
    job->run = run;
    job->status = 200;
    job->cwd = work_cwd(d);
    d->work.n_jobs++;
    return job;
}

void work_job_free(struct work_job *job)
{
    job->d->work.n_jobs--;
    free(job->cwd);
    free(job->path);
    free(job->shown);
    cJSON_Delete(job->body);
    cJSON_Delete(job->reply);
    buf_finish(&job->text);
    jsonflow_destroy(job->flow);
    cJSON_Delete(job->events);
    free(job);
}

void work_reply_err(struct http_request *r, const struct err *e)
{
    if (e->http_status)
        http_reply_error(r, e->http_status, "%s", e->text);
    else
        http_reply_err(r, e);
}

static void answer(struct work_job *job)
{
    struct http_request *r = job->request;

    if (job->result < 0) {
        work_reply_err(r, &job->e);
    } else if (job->flow) {
        jsonflow_reply_on(steal_pointer(&job->flow), r, job->status, &job->text);
    } else if (job->text.len) {
        size_t n = job->text.len;

        http_reply_bytes(r, job->status, "application/json", buf_steal(&job->text), n);
    } else if (job->reply) {
        http_reply_json(r, job->status, steal_pointer(&job->reply));
    } else {
        http_reply_empty(r, job->status);
    }
}

static void tell_events(struct work_job *job)
{
    cJSON *event;

    while ((event = cJSON_DetachItemFromArray(job->events, 0))) {
        cJSON *type = cJSON_DetachItemFromObject(event, "type");

        event_tell(job->d, type->valuestring, event);
        cJSON_Delete(type);
    }
}

cJSON *work_event(struct work_job *job, const char *type)
{
    cJSON *event = cJSON_CreateObject();

    if (!job->events)
        job->events = cJSON_CreateArray();
    cJSON_AddStringToObject(event, "type", type);
    cJSON_AddItemToArray(job->events, event);
    return event;
}

static void on_work(uv_work_t *work)
{
    struct work_job *job = work->data;

    job->result = job->run(job, &job->e);
}

static void on_worked(uv_work_t *work, int status);

static void queue(struct work_job *job)
{
    job->work.data = job;
    if (job->serial)
        job->d->work.serial_busy = true;
    uv_queue_work(job->d->loop, &job->work, on_work, on_worked);
}

static void on_worked(uv_work_t *work, int status)
{
    struct work_job *job = work->data, *next;
    struct work *w = &job->d->work;
    bool serial = job->serial;

    (void)status; /* nothing is cancelled */
    tell_events(job);
    answer(job);
    work_job_free(job);
    if (!serial)
        return;
    w->serial_busy = false;
    next = TAILQ_FIRST(&w->serial);
    if (next) {
        TAILQ_REMOVE(&w->serial, next, entry);
        queue(next);
    }
}

void work_start(struct work_job *job)
{
    struct work *w = &job->d->work;

    if (job->serial && w->serial_busy)
        TAILQ_INSERT_TAIL(&w->serial, job, entry);
    else
        queue(job);
}

struct file_path work_path(const struct work_job *job)
{
    return (struct file_path){job->path, job->shown};
}

cJSON *work_reply(struct work_job *job, const char *message)
{
    job->reply = cJSON_CreateObject();
    cJSON_AddStringToObject(job->reply, "message", message);
    return cJSON_AddObjectToObject(job->reply, "data");
}
