/* SPDX-License-Identifier: MIT */
#include "host/gateway/image_job.h"

static void on_run(uv_work_t *work)
{
    struct image_job *job = work->data;

    if (atomic_load(&job->stop))
        job->result = err_set(&job->e, ERR_CANCELLED, "stopped");
    else
        job->result = job->run(job, &job->e);
}

static void on_done(uv_work_t *work, int status);

static void run(struct image_job *job)
{
    struct image_jobs *jobs = job->jobs;

    if (job->waits) {
        TAILQ_REMOVE(&jobs->waiting, job, entry);
        jobs->n_waiting--;
        job->waits = false;
    }
    TAILQ_INSERT_TAIL(&jobs->running, job, entry);
    jobs->n_running++;
    job->work.data = job;
    uv_queue_work(jobs->loop, &job->work, on_run, on_done);
}

static void on_done(uv_work_t *work, int status)
{
    struct image_job *job = work->data;
    struct image_jobs *jobs = job->jobs;

    (void)status;
    TAILQ_REMOVE(&jobs->running, job, entry);
    jobs->n_running--;
    if (jobs->n_running < IMAGE_JOBS_MAX && !TAILQ_EMPTY(&jobs->waiting))
        run(TAILQ_FIRST(&jobs->waiting));
    job->done(job, job->result, &job->e);
}

void image_jobs_init(struct image_jobs *jobs, uv_loop_t *loop)
{
    *jobs = (struct image_jobs){.loop = loop};
    TAILQ_INIT(&jobs->waiting);
    TAILQ_INIT(&jobs->running);
}

int image_job_start(struct image_jobs *jobs, struct image_job *job, struct err *e)
{
    job->jobs = jobs;
    if (jobs->n_running < IMAGE_JOBS_MAX) {
        run(job);
        return 0;
    }
    if (jobs->n_waiting >= IMAGE_JOBS_WAITING_MAX)
        return err_set(e, ERR_LIMIT, "%d copies of file systems wait already",
                       IMAGE_JOBS_WAITING_MAX);
    job->waits = true;
    TAILQ_INSERT_TAIL(&jobs->waiting, job, entry);
    jobs->n_waiting++;
    return 0;
}

void image_job_stop(struct image_job *job)
{
    atomic_store(&job->stop, true);
    if (job->waits) /* it has nothing to do, so its turn is now */
        run(job);
}

void image_jobs_stop(struct image_jobs *jobs)
{
    struct image_job *job;

    TAILQ_FOREACH (job, &jobs->running, entry)
        atomic_store(&job->stop, true);
    while (!TAILQ_EMPTY(&jobs->waiting))
        image_job_stop(TAILQ_FIRST(&jobs->waiting));
}
