/* SPDX-License-Identifier: MIT
 *
 * Requests that outlive the key that sent them: several targets, one result line. After 200 ms a
 * toast shows progress; the end is one line with the reason.
 */
#ifndef VIEWS_JOB_H
#define VIEWS_JOB_H

#include "views/state.h"

struct job;

/* done is the sentence's verb in the past ("deleted"), things what it is done to ("sandboxes"). */
struct job *job_create(struct views_env *env, const char *done, const char *things);
/* To be called once for each request: a slot that its callback ends. name is what errors name. */
struct job_step;
struct job_step *job_add(struct job *j, const char *name);
void job_step_request(struct job_step *s, struct request *r);
/* Keeps a (a reference, taken over) until the step has ended. */
void job_step_hold(struct job_step *s, struct attachment *a);
/* drop(data) runs once, when the step has ended or was cancelled. */
void job_step_own(struct job_step *s, void *data, void (*drop)(void *data));
/* A gateway_done_cb with the step as user. */
void job_step_done(void *user, const struct err *e);
struct views_env *job_step_env(const struct job_step *s);
/* No more steps come; ends the job when all are done. */
void job_start(struct job *j);
/* Cancels every request under way; returns how many there were. */
size_t jobs_cancel(struct views_env *env);

#endif
