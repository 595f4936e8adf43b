/* SPDX-License-Identifier: MIT */
#include "views/file_change.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/file_internal.h"
#include "views/file_wait.h"

struct change_target {
    char *path, *to; /* owned */
};

struct file_change {
    struct views_env *env;
    struct remote *remote;
    const char *done;
    struct change_target *all; /* owned */
    size_t n, i, n_failed;
    struct err error; /* of the first that failed */
    struct request *(*send)(struct remote *r, const char *path, const char *to,
                            struct file_change *c);
    struct request *request;
    struct file_wait *wait;
};

static void destroy(void *data)
{
    struct file_change *c = data;

    request_cancel(c->request);
    for (size_t i = 0; i < c->n; i++) {
        free(c->all[i].path);
        free(c->all[i].to);
    }
    free(c->all);
    remote_release(c->remote);
    free(c);
}

struct file_change *file_change_create(struct views_env *env, const char *sandbox_id,
                                       const char *done)
{
    struct file_change *c = xcalloc(1, sizeof *c);

    c->env = env;
    c->remote = fleet_remote(env->fleet, sandbox_id);
    c->done = done;
    return c;
}

void file_change_add(struct file_change *c, const char *path, const char *to)
{
    c->all = xreallocarray(c->all, c->n + 1, sizeof *c->all);
    c->all[c->n++] = (struct change_target){xstrdup(path), to ? xstrdup(to) : NULL};
}

static void finish(struct file_change *c)
{
    struct tui *t = c->env->tui;
    char name[200];

    file_wait_end(steal_pointer(&c->wait));
    if (c->n_failed && c->n == 1)
        views_toast_error(c->env, &c->error);
    else if (c->n_failed)
        tui_toast(t, ROLE_ERROR, "%s %zu of %zu; first failure: %s", c->done, c->n - c->n_failed,
                  c->n, c->error.text);
    else if (c->n == 1)
        tui_toast(t, ROLE_GOOD, "\xe2\x9c\x93 %s %s", c->done,
                  text_sanitise(name, sizeof name, c->all[0].path, strlen(c->all[0].path)));
    else
        tui_toast(t, ROLE_GOOD, "\xe2\x9c\x93 %s %zu files and folders", c->done, c->n);
    files_poke(c->env, remote_sandbox_id(c->remote));
    destroy(c);
}

static void next(struct file_change *c)
{
    if (c->i == c->n) {
        finish(c);
        return;
    }
    const struct change_target *target = &c->all[c->i++];
    file_wait_progress(c->wait, target->path, 0, 0);
    c->request = c->send(c->remote, target->path, target->to, c);
}

void file_change_done(void *user, const struct err *e)
{
    struct file_change *c = user;

    c->request = NULL;
    if (e && !c->n_failed++)
        c->error = *e;
    next(c);
}

void file_change_start(struct file_change *c,
                       struct request *(*send)(struct remote *r, const char *path, const char *to,
                                               struct file_change *c))
{
    c->send = send;
    c->wait = file_wait_begin(c->env, destroy, c, "%s %zu", c->done, c->n);
    next(c);
}
