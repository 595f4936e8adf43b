/* SPDX-License-Identifier: MIT
 *
 * Whom a Host header means: the gateway, a sandbox, a port inside one, or none of ours.
 */
#ifndef HOST_GATEWAY_HOSTNAME_H
#define HOST_GATEWAY_HOSTNAME_H

#include "wire/message.h"

#define SANDBOX_ID_LEN 12

enum host_kind {
    HOST_FOREIGN, /* a web page that rebinds its name to our address sends such a one */
    HOST_GATEWAY,
    HOST_SANDBOX, /* <id>.<domain> or <id>-<port>.<domain>; whether it exists is another matter */
};

struct host {
    enum host_kind kind;
    char id[SANDBOX_ID_LEN + 1]; /* "" when the label cannot be an id */
    int port;                    /* inside; 0: the sandbox itself */
};

/* IP literals and localhost are the gateway (no name can be rebound to them), as is the bare
 * domain. The port behind the name is not looked at: a tunnel may have changed it. */
struct host host_parse(struct slice text, const char *domain);
/* Letters, digits, "-" and "." in the form of a domain name. */
bool host_domain_valid(const char *domain);

#endif
