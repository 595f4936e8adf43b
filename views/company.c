/* SPDX-License-Identifier: MIT
 *
 * activity feed → the terminals that somebody takes part in → titles are drawn again when that
 * changes.
 */
#include "views/company.h"

#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "client/activity.h"

#define TERMINALS_MAX 256

struct shared {
    char *terminal_id, *with; /* owned */
    UT_hash_handle hh;
};

struct company {
    char *sandbox_id; /* owned */
    struct views_env *env;
    struct remote *remote; /* a reference */
    struct activity_feed *feed;
    int refs;
    struct shared *shared; /* uthash: those with anybody */
    UT_hash_handle hh;
};

static void forget(struct company *c, struct shared *s)
{
    HASH_DEL(c->shared, s); // NOLINT(clang-analyzer-unix.Malloc): as in forget_all
    free(s->terminal_id);
    free(s->with);
    free(s);
}

static void forget_all(struct company *c)
{
    struct shared *s, *next;

    HASH_ITER (hh, c->shared, s, next) {
        forget(c, s); // NOLINT(clang-analyzer-unix.Malloc): it loses track in HASH_DEL
    }
}

static void on_terminal_gone(void *user, const char *terminal_id)
{
    struct company *c = user;
    struct shared *s;

    HASH_FIND_STR(c->shared, terminal_id, s);
    if (!s)
        return;
    forget(c, s);
    tui_titles_changed(c->env->tui);
}

static void on_terminal(void *user, const struct activity *a)
{
    struct company *c = user;
    struct shared *s;

    HASH_FIND_STR(c->shared, a->terminal_id, s);
    if (strcmp(s ? s->with : "", a->with) == 0)
        return;
    if (s)
        forget(c, s);
    if (*a->with && HASH_COUNT(c->shared) < TERMINALS_MAX) {
        s = xcalloc(1, sizeof *s);
        s->terminal_id = xstrdup(a->terminal_id);
        s->with = xstrdup(a->with);
        HASH_ADD_KEYPTR(hh, c->shared, s->terminal_id, strlen(s->terminal_id), s);
    }
    tui_titles_changed(c->env->tui);
}

/* What nobody can tell is not said. */
static void on_down(void *user, const struct err *e)
{
    struct company *c = user;
    bool changes = c->shared;

    forget_all(c);
    if (changes)
        tui_titles_changed(c->env->tui);
}

static const struct activity_ops ops = {
    .on_terminal = on_terminal,
    .on_terminal_gone = on_terminal_gone,
    .on_down = on_down,
    .on_end = on_down,
    .is_beside = true,
};

struct company *company_acquire(struct views_env *env, const char *sandbox_id)
{
    struct company *c;

    HASH_FIND_STR(env->state->companies, sandbox_id, c);
    if (!c) {
        c = xcalloc(1, sizeof *c);
        c->env = env;
        c->sandbox_id = xstrdup(sandbox_id);
        HASH_ADD_KEYPTR(hh, env->state->companies, c->sandbox_id, strlen(c->sandbox_id), c);
        c->remote = fleet_remote(env->fleet, sandbox_id);
        c->feed = activity_open(c->remote, &ops, c);
    }
    c->refs++;
    return c;
}

void company_release(struct company *c)
{
    if (!c || --c->refs)
        return;
    HASH_DEL(c->env->state->companies, c);
    activity_close(c->feed);
    remote_release(c->remote);
    forget_all(c);
    free(c->sandbox_id);
    free(c);
}

const char *company_of(const struct company *c, const char *terminal_id)
{
    struct shared *s = NULL;

    if (c)
        HASH_FIND_STR(c->shared, terminal_id, s);
    return s ? s->with : "";
}
