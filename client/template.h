/* SPDX-License-Identifier: MIT
 *
 * Templates of a gateway (GET /v1/templates): what sandboxes can be made from. Gateways without
 * them answer 404.
 */
#ifndef CLIENT_TEMPLATE_H
#define CLIENT_TEMPLATE_H

#include "client/gateway.h"

struct template_info {
    const char *name, *kind; /* borrowed for the callback; kind "directory", "archive" or "" */
    int64_t size;            /* bytes of an archive; -1: not said */
    bool own_system;         /* it hides the host's system */
};
typedef void (*templates_cb)(void *user, const struct template_info *all, size_t n,
                             const struct err *e);

struct request *template_list(struct gateway *g, templates_cb cb, void *user);

#endif
