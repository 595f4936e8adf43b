/* SPDX-License-Identifier: MIT
 *
 * One question after the other: health, readiness, information, whose token it is, how one gets in.
 * The first that fails ends it, and so does the clock; what was said until then is shown.
 */
#include "views/inquiry.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/token.h"

#define ANSWER_MS 2000

struct inquiry {
    struct views_env *env;
    struct remote *remote; /* a reference */
    struct request *request;
    struct tick *tick;
    void (*done)(struct views_env *env, const char *sandbox_id, const struct inquiry_answers *a);
    struct inquiry_answers answers;
    char *texts[4]; /* owned: what answers point into */
    size_t n_texts;
    char why_not[512]; /* as struct err has it */
};

static const char *keep(struct inquiry *q, const char *text)
{
    return q->texts[q->n_texts++] = xstrdup(text);
}

void inquiry_destroy(struct inquiry *q)
{
    if (!q)
        return;
    request_cancel(q->request);
    remote_release(q->remote);
    tick_destroy(q->tick);
    for (size_t i = 0; i < q->n_texts; i++)
        free(q->texts[i]);
    free(q);
}

static void tell(struct views_env *env, void *data)
{
    struct inquiry *q = data;

    q->done(env, remote_sandbox_id(q->remote), &q->answers);
}

static void drop(void *data)
{
    inquiry_destroy(data);
}

/* In a later turn: this runs inside a callback of the remote that is let go then. */
static void finish(struct inquiry *q, const struct err *e)
{
    q->env->state->inquiry = NULL;
    request_cancel(steal_pointer(&q->request));
    tick_after(q->tick, -1);
    if (e)
        snprintf(q->why_not, sizeof q->why_not, "%s", e->text);
    views_later(q->env, tell, q, drop);
}

static bool failed(struct inquiry *q, const struct err *e)
{
    q->request = NULL;
    if (e)
        finish(q, e);
    return e;
}

static void on_way_in(void *user, const struct auth_info *a, const struct err *e)
{
    struct inquiry *q = user;

    if (failed(q, e))
        return;
    q->answers.instructions = keep(q, a->instructions);
    finish(q, NULL);
}

static void on_access(void *user, const struct auth_status *a, const struct err *e)
{
    struct inquiry *q = user;

    if (failed(q, e))
        return;
    q->answers.access = keep(q, a->is_authenticated ? a->token_type : "none");
    q->answers.scope = keep(q, a->scope);
    q->answers.access_ends_ms = a->expires_ms;
    q->request = auth_info(q->remote, on_way_in, q);
}

static void on_info(void *user, const struct remote_info *i, const struct err *e)
{
    struct inquiry *q = user;

    if (failed(q, e))
        return;
    q->answers.version = keep(q, i->version);
    q->answers.n_sandboxes = i->n_sandboxes;
    q->request = auth_status(q->remote, on_access, q);
}

static void on_ready(void *user, const struct remote_readiness *r, const struct err *e)
{
    struct inquiry *q = user;

    if (failed(q, e))
        return;
    q->answers.is_ready = r->is_ready;
    q->answers.is_healthy = r->is_healthy;
    q->answers.n_servers = cJSON_GetArraySize(r->servers);
    q->answers.n_overlays = cJSON_GetArraySize(r->overlays);
    q->request = remote_info(q->remote, on_info, q);
}

static void on_health(void *user, const struct err *e)
{
    struct inquiry *q = user;

    if (!failed(q, e))
        q->request = remote_ready(q->remote, on_ready, q);
}

static void on_late(void *user)
{
    struct inquiry *q = user;
    struct err e;

    err_set(&e, ERR_TIMEOUT, "not within %d s", ANSWER_MS / 1000);
    finish(q, &e);
}

void inquiry_start(struct views_env *env, const char *sandbox_id,
                   void (*done)(struct views_env *env, const char *sandbox_id,
                                const struct inquiry_answers *a))
{
    struct inquiry *q = xcalloc(1, sizeof *q);

    inquiry_destroy(env->state->inquiry);
    env->state->inquiry = q;
    q->env = env;
    q->done = done;
    q->answers = (struct inquiry_answers){
        .why_not = q->why_not, .version = "", .access = "", .scope = "", .instructions = ""};
    q->remote = fleet_remote(env->fleet, sandbox_id);
    q->tick = tick_create(tui_loop(env->tui), on_late, q);
    tick_after(q->tick, ANSWER_MS);
    q->request = remote_health(q->remote, on_health, q);
}
