/* SPDX-License-Identifier: MIT
 *
 * Percent coding (RFC 3986) and the parts of a request target, without normalising anything: the
 * official client sends /files//abs/path and means it.
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/message.h"

/* Appends text with everything but unreserved characters escaped (so "/" becomes %2F). */
void url_encode(struct buf *out, struct slice text);
/* Appends the decoded text. ERR_ARG on a broken escape or an escaped NUL. "+" stays "+". */
int url_decode(struct buf *out, struct slice text, struct err *e);

/* Splits a raw target at the first "?": path and query (empty when there is none). */
void url_split_target(struct slice target, struct slice *path, struct slice *query);
/* Finds key in a raw query ("a=1&b=2") and appends its decoded value; "+" is a space here. Returns
 * whether it is there; a broken escape counts as absent. The first of several wins. */
bool url_query_get(struct slice query, const char *key, struct buf *value);

struct url {
    char *scheme; /* "http", "https", "ws", "wss"; owned, as are the others */
    char *host;   /* without brackets */
    int port;     /* given, or the scheme's default */
    char *path;   /* "" or begins with "/"; without a trailing "/" */
};
int url_parse(struct url *u, const char *text, struct err *e);
void url_finish(struct url *u);
/* Where a port of the sandbox at `url` is served: "http://NAME-PORT.DOMAIN[:the gateway's port]"
 * (protocol.md section 1). port 0: the sandbox itself; scheme NULL: that of url. The caller frees;
 * NULL with e when url is none. */
char *url_of_port(const char *url, int port, const char *scheme, struct err *e);
/* "localhost" and every "*.localhost" mean this machine (RFC 6761), whatever a resolver says. */
bool url_host_is_localhost(const char *host);

#endif
