/* SPDX-License-Identifier: MIT
 *
 * What env_view.c (the view), env_verbs.c (its actions) and env_compare.c share. Nobody else
 * includes this.
 */
#ifndef VIEWS_ENV_INTERNAL_H
#define VIEWS_ENV_INTERNAL_H

#include "client/env.h"
#include "client/remote.h"
#include "tui/list.h"
#include "views/env_rows.h"
#include "views/env_view.h"

struct env_view {
    struct list list; /* first: list_view.h */
    struct views_env *env;
    struct view *view;
    struct remote *remote;
    char *file; /* owned */
    struct env_rows rows;
    uint64_t revision;
    struct request *request;
    int64_t asked_ms, confirmed_ms; /* clock_mono_ms */
    bool is_loaded, is_missing;     /* missing: there is no such file yet */
    struct err error;
    int64_t reveal_until_ms; /* all of them */
    struct tick *poll;
};

void env_view_changed(struct env_view *v);
void env_view_read(struct env_view *v);
/* NULL: the view has gone, or shows another file meanwhile. */
struct env_view *env_view_find(struct views_env *env, const char *sandbox_id, const char *file);
/* env_verbs.c; VIEW_IGNORED: none of its actions. */
enum view_result env_verbs_run(struct env_view *v, const char *action);

/* The view a dialog belongs to, found again when it answers. */
struct env_target {
    struct views_env *env;
    char *sandbox_id, *file, *name; /* owned */
};

struct env_target *env_target_create(const struct env_view *v, const char *name);
void env_target_free(void *target);
struct env_view *env_target_view(const struct env_target *t);
/* A form's check of a file's name. */
bool env_check_file(const char *value, char *reason, size_t cap);

/* env_compare.c */
enum view_result env_compare_open(struct env_view *v, struct env_row *row);

#endif
