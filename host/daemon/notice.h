/* SPDX-License-Identifier: MIT
 *
 * Extension `notice` (wire/names.h): short texts of the instructor to all who are in the sandbox.
 * The last NOTICES_MAX are kept in memory; a socket that subscribes to `activity` gets those that
 * are not older than NOTICE_AGE_MS.
 */
#ifndef HOST_DAEMON_NOTICE_H
#define HOST_DAEMON_NOTICE_H

#include "host/http/http.h"

#define NOTICES_MAX     20
#define NOTICE_AGE_MS   (10 * 60 * 1000)
#define NOTICE_TEXT_MAX 2000
#define NOTICE_URL_MAX  2000
#define NOTICE_FROM_MAX 200

struct socket;

struct notice {
    char *id, *text, *from, *url; /* owned; "" when not said */
    int64_t at_ms, at_mono_ms;
};

struct notices {
    struct notice *items[NOTICES_MAX]; /* owned, oldest first */
    size_t n;
};

void notices_finish(struct notices *all);
void notices_sync(struct socket *s);

void api_notice_create(struct http_request *r, void *user);
void api_notice_list(struct http_request *r, void *user);
void api_notice_delete(struct http_request *r, void *user);

#endif
