/* SPDX-License-Identifier: MIT
 *
 * A list whose rows are texts that its kind fills in: contexts, the journal, snapshots. The kind
 * says where rows come from and what can be done; list, filter, marks and words are here.
 */
#ifndef VIEWS_PLAIN_H
#define VIEWS_PLAIN_H

#include "tui/list.h"
#include "views/state.h"

#define PLAIN_COLUMNS_MAX 8

struct plain;

struct plain_verb {
    const char *action;
    bool writes; /* refused in a read-only context */
    bool alone;  /* needs no row: id is NULL when none is selected */
    enum view_result (*run)(struct plain *p, const char *id);
};

struct plain_kind {
    const char *name;
    const char *const *contexts; /* of the keymap, innermost first, ends with NULL */
    const struct table_column *columns;
    int n_columns;
    bool newest_first; /* begins with the first column turned round */
    /* Fills the list: plain_begin, plain_add…, plain_end, now or later; or plain_fail. */
    void (*load)(struct plain *p);
    bool on_gateway;                /* load again when something of the gateway changes */
    const char *waits_for;          /* "searching"; NULL: the gateway is asked */
    const char *empty;              /* "No snapshots yet" */
    const char *empty_hint;         /* what to do about it */
    const char *open_action;        /* of Enter and a second click */
    const struct plain_verb *verbs; /* ends with action NULL */
    const char *const *hints;       /* action, word, …, NULL */
};

struct plain {
    struct list list; /* first: list_view.h */
    struct views_env *env;
    struct view *view;
    const struct plain_kind *kind;
    struct gateway_listener listener;
    struct plain_row *rows; /* owned */
    size_t n_rows, cap_rows;
    uint64_t revision;
    bool loaded;
    int64_t opened_ms, confirmed_ms; /* clock_mono_ms */
    struct err error;                /* of the last load; code 0: none */
    struct request *request;         /* the kind's, under way; cancelled with the view */
};

/* Shows it in the focused leaf. */
struct plain *plain_view_open(struct views_env *env, const struct plain_kind *kind);
/* The open view of that kind that shows somewhere, or NULL. */
struct plain *plain_find(struct views_env *env, const struct plain_kind *kind);
void plain_begin(struct plain *p);
/* cells: n_columns texts, made clean here; NULL is "". order sorts the row where its cell of the
 * sorted column is no text to sort by (first column only). */
void plain_add(struct plain *p, const char *id, enum role role, int64_t order,
               const char *const *cells);
void plain_end(struct plain *p);
void plain_fail(struct plain *p, const struct err *e);
/* Marked rows, else the selected one: ids to free with plain_targets_free. */
size_t plain_targets(struct plain *p, char ***ids);
void plain_targets_free(char **ids, size_t n);

#endif
