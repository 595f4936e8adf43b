/* SPDX-License-Identifier: MIT
 *
 * Requests whose answer takes file work: done on the thread pool, answered on the loop.
 *
 * At most WORK_MAX at a time, further ones get 503. `run` blocks as it likes, touches only its job
 * and the request's body, and gives up when work.stop becomes true. Those of the serial lane run
 * one after the other, in the order they came.
 */
#ifndef HOST_DAEMON_WORK_H
#define HOST_DAEMON_WORK_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/daemon/file.h"
#include "host/daemon/jsonflow.h"
#include "host/http/http.h"

#define WORK_MAX 2048

struct daemon;
struct work_job;

struct work {
    uv_loop_t *loop;
    atomic_bool stop;
    uv_work_t first; /* starts the pool */
    unsigned n_jobs; /* all that use the pool, overlays too */
    bool serial_busy;
    TAILQ_HEAD(work_list, work_job)
    serial; /* waiting */
};

struct work_job {
    TAILQ_ENTRY(work_job) entry;
    uv_work_t work;
    struct daemon *d;
    struct http_request *request;
    bool serial;
    /* In the pool. 0: the answer is in status and one of reply, text (and what flow has still to
     * give), or neither; negative: e. */
    int (*run)(struct work_job *job, struct err *e);
    char *cwd;             /* owned; what relative paths count from */
    char *path, *shown;    /* owned or NULL: the resolved path and the one for messages */
    cJSON *body;           /* owned or NULL */
    bool flag;             /* the handler's */
    int status;            /* 200 unless run sets another */
    cJSON *reply;          /* owned */
    cJSON *events;         /* owned or NULL; [{type, …}] to tell when it is answered */
    struct buf text;       /* JSON */
    struct jsonflow *flow; /* owned or NULL */
    int result;
    struct err e;
};

void work_init(struct work *w, uv_loop_t *loop);
/* Tells what runs to give up. */
void work_stop(struct work *w);
/* Waits for it, a while; false: something still runs, and nothing it uses may be freed. */
bool work_finish(struct work *w);

/* A job for a request, or NULL when there are too many: 503 was replied. */
struct work_job *work_job(struct daemon *d, struct http_request *r,
                          int (*run)(struct work_job *job, struct err *e));
/* Takes job over; the answer follows. */
void work_start(struct work_job *job);
/* Ends a job that was not started; the caller has replied. */
void work_job_free(struct work_job *job);

/* The job's file by its resolved path. */
struct file_path work_path(const struct work_job *job);
/* The default working directory: HOME where it is there, or "/"; the caller frees. Looks at the
 * disk. */
char *work_cwd(const struct daemon *d);
/* Makes {message, data:{}} the reply and returns data. */
cJSON *work_reply(struct work_job *job, const char *message);
/* An event (events.h) for when the job is done; returns its data. For run. */
cJSON *work_event(struct work_job *job, const char *type);
/* Answers with the status that belongs to the failure. */
void work_reply_err(struct http_request *r, const struct err *e);

#endif
