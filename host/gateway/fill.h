/* SPDX-License-Identifier: MIT
 *
 * What a new sandbox's files begin as: a template, a snapshot, or nothing. Who waits for one that
 * takes long gets it with status "creating".
 */
#ifndef HOST_GATEWAY_FILL_H
#define HOST_GATEWAY_FILL_H

#include "host/gateway/internal.h"
#include "host/gateway/template.h"

struct snapshot;

struct origin {
    struct template template;
    struct snapshot *snapshot; /* NULL: none; in use */
};

/* Opens what the options name. ERR_ARG, ERR_NOT_FOUND: there is no such thing. */
int origin_open(struct origin *o, struct gateway *g, const struct create_options *options,
                struct err *e);
bool origin_is_none(const struct origin *o);
void origin_finish(struct origin *o);

/* Makes the sandbox's folder and root on the pool. Takes the origin over in any case. done follows
 * later, e NULL on success, with the servers and overlays of the options; not when the sandbox was
 * let go of meanwhile. */
int sandbox_fill(struct sandbox *s, struct origin *origin, const struct create_options *options,
                 void (*done)(struct sandbox *s, const struct create_options *options,
                              const struct err *e),
                 struct err *e);
/* done follows soon. */
void sandbox_fill_stop(struct sandbox *s);

#endif
