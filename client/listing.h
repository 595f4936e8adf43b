/* SPDX-License-Identifier: MIT
 *
 * What a sandbox has of one kind (its servers, terminals, watchers, tokens, overlays, children),
 * kept up to date while somebody looks.
 *
 * All who open the same kind of the same sandbox share one model. It is fetched when opened, every
 * few seconds after that, and at once after an action of this program changed something there. Each
 * row has a revision, the model the time it was last confirmed; while the sandbox does not answer,
 * the rows stay as they were and listing_error says why.
 *
 *   struct listing *l = listing_open(r, &server_listing, on_change, view);
 *   const struct server_info *s = listing_at(l, i);
 */
#ifndef CLIENT_LISTING_H
#define CLIENT_LISTING_H

#include "client/remote.h"

#define LISTING_ROWS_MAX 10000 /* what is beyond is left out */

struct listing;

/* For the resources, which define one each. */
struct listing_kind {
    const char *path;            /* of the GET */
    const char *array;           /* its key in the answer */
    size_t item_size, id_offset; /* of a struct whose const char * at id_offset names it */
    /* Fills the struct with strings borrowed from json; false: not one of them. */
    bool (*read)(void *item, const cJSON *json);
};

extern const struct listing_kind terminal_listing; /* struct terminal_info */

/* on_change runs on the loop, never from inside a call of this header; it may close the listing. */
struct listing *listing_open(struct remote *r, const struct listing_kind *kind,
                             void (*on_change)(void *user), void *user);
/* Safe with NULL. */
void listing_close(struct listing *l);
/* Asks now. */
void listing_refresh(struct listing *l);

/* False until the first answer. */
bool listing_is_loaded(const struct listing *l);
/* Why the rows are not confirmed any more; code ERR_NONE while they are. */
const struct err *listing_error(const struct listing *l);
/* clock_mono_ms of the last good answer; 0: none yet. */
int64_t listing_confirmed_ms(const struct listing *l);
/* Grows whenever a row comes, changes or goes. */
uint64_t listing_revision(const struct listing *l);

size_t listing_count(const struct listing *l);
/* In the host's order; NULL past the end. Valid until the loop runs again. */
const void *listing_at(const struct listing *l, size_t i);
const void *listing_find(const struct listing *l, const char *id);
/* The value of listing_revision when the row last changed. */
uint64_t listing_row_revision(const struct listing *l, size_t i);
/* The row as the host sent it, for raw views; borrowed. */
const cJSON *listing_json(const struct listing *l, size_t i);

/* --- for the resources --- */
/* Something of this kind was changed: whoever looks asks again. */
void listings_poke(struct remote *r, const struct listing_kind *kind);
/* Reads the array of an answer: at most max items, the caller frees the array, whose strings are
 * borrowed from data. */
void *listing_read(const struct listing_kind *kind, const cJSON *data, size_t max, size_t *n);

#endif
