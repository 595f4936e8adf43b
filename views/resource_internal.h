/* SPDX-License-Identifier: MIT
 *
 * What resource.c (the view), resource_rows.c (rows from listings) and resource_verbs.c (actions)
 * share. Nobody else includes this.
 */
#ifndef VIEWS_RESOURCE_INTERNAL_H
#define VIEWS_RESOURCE_INTERNAL_H

#include "views/resource.h"

/* One sandbox that is asked. */
struct resource_source {
    char *id; /* owned */
    struct remote *remote;
    const struct resource_model *of; /* NULL: model is a listing */
    void *model;
};

struct resource_entry {
    char *key; /* owned: "sandbox\nitem", what the table knows it by */
    struct resource_source *source;
    size_t i; /* in the listing */
};

struct resource {
    struct list list; /* first: list_view.h */
    struct views_env *env;
    struct view *view;
    const struct resource_kind *kind;
    struct gateway_listener listener;
    bool all; /* of the gateway, as they come and go */
    struct resource_source *sources[RESOURCE_SANDBOXES_MAX]; /* owned */
    size_t n_sources, n_left_out;
    struct resource_entry *entries; /* owned */
    size_t n_entries;
    uint64_t revision;
    bool stale_entries;
    int64_t change_ms;
    int64_t opened_ms; /* clock_mono_ms */
};

/* resource_rows.c */
void rows_add_source(struct resource *r, const char *sandbox_id);
/* Follows the gateway's list, when the view is of all. */
void rows_sync(struct resource *r);
void rows_finish(struct resource *r);
/* Makes the entries anew when a listing has changed. */
void rows_update(struct resource *r);
struct table_source rows_source(struct resource *r);
/* False: it is gone. */
bool rows_find(const struct resource *r, const char *key, struct resource_row *out);
/* How many sandboxes have not answered yet, and how many do not any more; *e: why the first. */
size_t rows_waiting(const struct resource *r);
size_t rows_failing(const struct resource *r, const struct err **e, int64_t *confirmed_ms);

/* Asks every sandbox again, now. */
void rows_refresh(struct resource *r);

/* resource_verbs.c */
enum view_result verbs_run(struct resource *r, const char *action);

#endif
