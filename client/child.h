/* SPDX-License-Identifier: MIT
 *
 * Child sandboxes: sandboxes that a sandbox makes of a folder of its own (protocol.md section 2,
 * Child sandboxes). The parent's token opens them; they end with it.
 */
#ifndef CLIENT_CHILD_H
#define CLIENT_CHILD_H

#include "client/listing.h"

struct child_options {
    const char *directory;           /* NULL: the host's choice */
    const cJSON *overlays, *servers; /* arrays, or NULL */
};

/* Strings borrowed: for the callback, or from the listing's row. */
struct child_info {
    const char *subdomain, *directory, *url;
    bool is_main; /* the parent itself */
    int64_t created_ms;
};

extern const struct listing_kind child_listing; /* struct child_info, by subdomain */

typedef void (*child_cb)(void *user, const struct child_info *c, const struct err *e);
typedef void (*children_cb)(void *user, const struct child_info *all, size_t n,
                            const struct err *e);

struct request *child_create(struct remote *r, const struct child_options *o, child_cb cb,
                             void *user);
struct request *child_list(struct remote *r, children_cb cb, void *user);
struct request *child_get(struct remote *r, const char *subdomain, child_cb cb, void *user);
struct request *child_delete(struct remote *r, const char *subdomain, bool with_files,
                             gateway_done_cb cb, void *user);

#endif
