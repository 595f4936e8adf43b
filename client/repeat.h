/* SPDX-License-Identifier: MIT
 *
 * A request once more, by its address: of the gateway, or of a sandbox that is known there.
 */
#ifndef CLIENT_REPEAT_H
#define CLIENT_REPEAT_H

#include "client/gateway.h"

/* body "" or NULL: none. Fails with ERR_NOT_FOUND when the address is of neither. Key and token are
 * those of now. */
struct request *gateway_repeat(struct gateway *g, const char *method, const char *url,
                               const char *body, gateway_done_cb cb, void *user);

/* Is it an address of that gateway, or of a sandbox known there? */
bool gateway_knows_url(const struct gateway *g, const char *url);

#endif
