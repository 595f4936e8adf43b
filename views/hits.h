/* SPDX-License-Identifier: MIT
 *
 * What a search over many terminals found, as a list: the rows, their kind, the question what to
 * look for. Where a hit is and how one gets there is its search's to know.
 */
#ifndef VIEWS_HITS_H
#define VIEWS_HITS_H

#include "views/dialog.h"
#include "views/plain.h"

struct hit {
    size_t of;         /* an index of the search's: where it looked */
    char *terminal_id; /* owned; NULL: what it looked in is one terminal */
    char *text;        /* owned */
    uint64_t line;     /* of the term, where it is here */
    int col;
    long long back; /* lines above the last one */
    int64_t age_ms; /* < 0: not known */
};

struct hits {
    struct hit *all; /* owned, in the order of the rows */
    size_t n, cap;
    bool truncated; /* there are more */
};

/* Takes over what h owns. */
void hits_add(struct hits *hits, struct hit h);
void hits_finish(struct hits *hits);
/* The one of a row; NULL: there is none by now. */
const struct hit *hits_find(const struct hits *hits, const char *id);

/* A row for each; write fills all cells but back and text, which stand at those columns. hits may
 * be NULL. Call plain_end then. */
#define HITS_CELL_SIZE 200
void hits_load(struct plain *p, const struct hits *hits, int back, int text,
               void (*write)(const struct plain *p, const struct hit *h,
                             char cells[PLAIN_COLUMNS_MAX][HITS_CELL_SIZE]));

/* In a struct plain_kind. */
#define HITS_KIND                                                                                  \
    .name = "hits", .contexts = hits_contexts, .empty = "Found nowhere",                           \
    .open_action = "hit-open", .hints = hits_hints
extern const char *const hits_contexts[], *const hits_hints[];

/* Asks for the pattern, the first field of the form. */
void hits_ask(struct views_env *env, const char *title, const struct form_dialog_ops *ops,
              void *user);

#endif
