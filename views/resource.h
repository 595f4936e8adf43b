/* SPDX-License-Identifier: MIT
 *
 * A list of what sandboxes have of one kind (servers, tokens, watchers…), of one sandbox or of
 * several. What the kinds share is here: where the rows come from, how stale they are, filter,
 * marks, questions before and results after an action. A kind is a table of columns and verbs.
 */
#ifndef VIEWS_RESOURCE_H
#define VIEWS_RESOURCE_H

#include "client/listing.h"
#include "tui/list.h"
#include "views/dialog.h"
#include "views/job.h"
#include "views/state.h"

#define RESOURCE_SANDBOXES_MAX 256 /* asked at once; beyond that a banner says so */

struct resource;
struct resource_kind;

/* A row, valid until the loop runs again. */
struct resource_row {
    struct views_env *env;
    const struct resource_kind *kind;
    struct remote *remote;
    const char *sandbox_id;
    const char *id;
    const void *item; /* the kind's struct, e.g. struct server_info */
    const cJSON *json;
    int64_t now_ms; /* wall clock of this drawing */
};

struct resource_verb {
    const char *action;
    bool writes; /* refused in a read-only context */
    bool alone;  /* needs no row: row is NULL when none is selected */
    enum view_result (*run)(struct resource *r, const struct resource_row *row);
};

/* Where the rows of one sandbox come from, when it is not a listing of client/: as there. */
struct resource_model {
    void *(*open)(struct views_env *env, struct remote *r, void (*on_change)(void *user),
                  void *user);
    void (*close)(void *model);
    void (*refresh)(void *model);
    bool (*is_loaded)(const void *model);
    const struct err *(*error)(const void *model);
    int64_t (*confirmed_ms)(const void *model);
    size_t (*count)(const void *model);
    const void *(*at)(const void *model, size_t i);
    const cJSON *(*json)(const void *model, size_t i);
    size_t id_offset; /* as in struct listing_kind */
};

struct resource_kind {
    const char *name;            /* "servers", also in sentences */
    const char *const *contexts; /* of the keymap, innermost first, ends with NULL */
    const struct listing_kind *listing;
    const struct resource_model *model; /* instead of listing; or NULL */
    bool (*wanted)(const void *item);   /* false: not a row here; NULL: all are */
    const struct table_column *columns;
    int n_columns;
    int sort_column; /* at first */
    /* out->text is empty and its role ROLE_TEXT; returns the milliseconds until the cell changes by
     * itself, 0: never. */
    int64_t (*cell)(const struct resource_row *row, int column, struct table_cell *out);
    int (*compare)(const void *a, const void *b, int column);
    /* What the filter looks at. */
    void (*text)(const void *item, struct buf *out);
    /* What questions call a row; NULL: its id. */
    const char *(*label)(const void *item);
    const char *new_action;            /* the key an empty list names; NULL: none */
    const char *new_word;              /* "starts one" */
    const char *open_action;           /* of Enter and a second click; NULL: describe */
    const struct resource_verb *verbs; /* ends with action NULL */
    /* Keys worth a hint, as notice_hint takes them: action, word, …, NULL. */
    const char *const *hints;
};

/* Shows the list in the focused leaf. n 0: of all sandboxes of the gateway. ids are copied. */
void resource_view_open(struct views_env *env, const struct resource_kind *kind,
                        const char *const *ids, size_t n);
/* NULL when v is another kind of view. */
struct resource *resource_of_view(struct view *v);
struct views_env *resource_env(const struct resource *r);
/* The sandbox to create something in: that of the selected row, else the only one of the list.
 * NULL: it is not clear which; a toast has said so. */
struct remote *resource_remote(struct resource *r);
/* It is of all sandboxes of the gateway, whichever there are. */
bool resource_is_of_all(const struct resource *r);
struct list *resource_list(struct resource *r);
/* Ids of the sandboxes of the list; valid until the loop runs again. Returns how many. */
size_t resource_sandboxes(const struct resource *r, const char **ids, size_t cap);
/* Calls visit for the marked rows, else the selected one. Returns how many. */
size_t resource_each_target(struct resource *r,
                            void (*visit)(void *user, const struct resource_row *row), void *user);

/* An action on the targets, each a request whose callback calls job_step_done. */
struct resource_change {
    const char *done, *things; /* "stopped", "servers" */
    /* Asked first when title is not NULL. */
    const char *title, *verb, *loss;
    bool harmless;
    /* NULL: it is done already, and calls nothing back. */
    struct request *(*send)(struct remote *r, const char *id, struct job_step *step);
};
/* change is borrowed for good. */
enum view_result resource_change(struct resource *r, const struct resource_change *change);

/* Clean text of what may be hostile, cut to the cell. */
void row_text(struct table_cell *out, const char *text);

#endif
