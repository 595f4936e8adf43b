/* SPDX-License-Identifier: MIT
 *
 * Asking a sandbox how it is and whose token this program has there.
 */
#ifndef VIEWS_INQUIRY_H
#define VIEWS_INQUIRY_H

#include "views/state.h"

/* Strings borrowed for the callback; "" when not said. */
struct inquiry_answers {
    const char *why_not; /* why it does not answer; "" when it does */
    bool is_ready, is_healthy;
    int n_servers, n_overlays; /* that it was made with */
    const char *version;
    int n_sandboxes; /* itself and those inside it */
    const char *access, *scope;
    int64_t access_ends_ms; /* wall clock; 0: never, or not said */
    const char *instructions;
};

/* done runs once, within 2 s, unless another inquiry begins or the views stop before. */
void inquiry_start(struct views_env *env, const char *sandbox_id,
                   void (*done)(struct views_env *env, const char *sandbox_id,
                                const struct inquiry_answers *a));
/* NULL allowed. */
void inquiry_destroy(struct inquiry *q);

#endif
