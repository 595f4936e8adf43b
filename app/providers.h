/* SPDX-License-Identifier: MIT
 *
 * Providers behind a hosted gateway and the credentials they want (protocol.md, section 5).
 */
#ifndef APP_PROVIDERS_H
#define APP_PROVIDERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "client/gateway.h"

#define PROVIDER_HEADERS_MAX 4

struct provider_choice {
    const char *name; /* static */
    /* Values borrowed from the environment; ends with name NULL. */
    struct gateway_header headers[PROVIDER_HEADERS_MAX + 1];
};

/* Is this a provider we know? */
bool provider_known(const char *name);
/* Is this the name of a variable that holds credentials of any provider? */
bool provider_is_credential(const char *variable);
/* The named provider if its credentials are complete. */
bool provider_choose(const char *name, struct provider_choice *out);
/* COMPUTESDK_PROVIDER if complete, else the first complete one of the table. Fails with the missing
 * credentials of every provider when there is none. */
int provider_detect(struct provider_choice *out, struct err *e);
/* Appends a line a provider: "  e2b: E2B_API_KEY". */
void provider_missing(struct buf *out);

#endif
