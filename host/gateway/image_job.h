/* SPDX-License-Identifier: MIT
 *
 * Long work on root file systems, on the thread pool: IMAGE_JOBS_MAX at once, so that removing
 * sandboxes never waits for copying them; up to IMAGE_JOBS_WAITING_MAX wait for their turn.
 */
#ifndef HOST_GATEWAY_IMAGE_JOB_H
#define HOST_GATEWAY_IMAGE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"

#define IMAGE_JOBS_MAX         2
#define IMAGE_JOBS_WAITING_MAX 1000

struct image_jobs;

/* Embedded in what it is about, which lives until done was called. */
struct image_job {
    /* On the pool. Looks at `stop` often. */
    int (*run)(struct image_job *job, struct err *e);
    /* On the loop, once, never during a call below. result: run's, e its reason; -ERR_CANCELLED
     * when it was stopped before its turn came. */
    void (*done)(struct image_job *job, int result, const struct err *e);
    atomic_bool stop;

    /* image_job.c's */
    TAILQ_ENTRY(image_job) entry;
    struct image_jobs *jobs;
    uv_work_t work;
    bool waits;
    int result;
    struct err e;
};
TAILQ_HEAD(image_job_list, image_job);

struct image_jobs {
    uv_loop_t *loop;
    struct image_job_list waiting, running;
    size_t n_waiting, n_running;
};

void image_jobs_init(struct image_jobs *jobs, uv_loop_t *loop);
/* Also those that wait. */
void image_jobs_stop(struct image_jobs *jobs);
/* ERR_LIMIT: too many wait. */
int image_job_start(struct image_jobs *jobs, struct image_job *job, struct err *e);
void image_job_stop(struct image_job *job);

#endif
