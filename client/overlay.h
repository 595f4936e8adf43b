/* SPDX-License-Identifier: MIT
 *
 * Overlays: folders that a sandbox copies from one place inside to another (protocol.md section 2,
 * Overlays).
 */
#ifndef CLIENT_OVERLAY_H
#define CLIENT_OVERLAY_H

#include "client/listing.h"

struct overlay_options {
    const char *source;        /* absolute, inside the sandbox */
    const char *target;        /* relative to its root of work */
    const char *strategy;      /* smart, copy; NULL: the host's choice */
    const char *const *ignore; /* globs, NULL at the end; or NULL */
    bool wait;                 /* answer when the copy has ended */
};

/* Strings borrowed: for the callback, or from the listing's row. */
struct overlay_info {
    const char *id, *source, *target, *strategy;
    const char *status; /* pending, in_progress, complete, failed */
    const char *error;  /* why it failed; "" otherwise */
    int64_t n_files, n_dirs;
    size_t n_skipped;
    int64_t created_ms;
    bool is_over; /* complete or failed */
};

extern const struct listing_kind overlay_listing; /* struct overlay_info */

typedef void (*overlay_cb)(void *user, const struct overlay_info *o, const struct err *e);
typedef void (*overlays_cb)(void *user, const struct overlay_info *all, size_t n,
                            const struct err *e);

/* on_progress (or NULL) is called while .wait waits, cb at the end. A copy that failed is an
 * answer, not an error. */
struct request *overlay_create(struct remote *r, const struct overlay_options *o,
                               void (*on_progress)(void *user, const struct overlay_info *o),
                               overlay_cb cb, void *user);
struct request *overlay_list(struct remote *r, overlays_cb cb, void *user);
struct request *overlay_get(struct remote *r, const char *id, overlay_cb cb, void *user);
struct request *overlay_delete(struct remote *r, const char *id, gateway_done_cb cb, void *user);

#endif
