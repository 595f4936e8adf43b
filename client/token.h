/* SPDX-License-Identifier: MIT
 *
 * Session tokens and magic links of a sandbox (protocol.md section 2). Only its access token may
 * make and list them, which is what the gateway gives to the owner of its key.
 */
#ifndef CLIENT_TOKEN_H
#define CLIENT_TOKEN_H

#include "client/listing.h"

struct token_options {
    const char *description; /* NULL: none */
    int64_t life_s;          /* 0: the host's choice, 7 days */
    bool observe;            /* extension `observe`: may read, not write */
};

/* Strings borrowed: for the callback, or from the listing's row. */
struct token_info {
    const char *id, *description;
    const char *scope;  /* full, observe; "" when not said */
    const char *secret; /* the token itself: only in the answer of token_create, else "" */
    int64_t created_ms, expires_ms, last_used_ms; /* wall clock; 0: not said, never */
};

extern const struct listing_kind token_listing; /* struct token_info */

typedef void (*token_cb)(void *user, const struct token_info *t, const struct err *e);
typedef void (*tokens_cb)(void *user, const struct token_info *all, size_t n, const struct err *e);

struct request *token_create(struct remote *r, const struct token_options *o, token_cb cb,
                             void *user);
struct request *token_list(struct remote *r, tokens_cb cb, void *user);
struct request *token_get(struct remote *r, const char *id, token_cb cb, void *user);
/* Takes effect at once; unknown ids are no error. */
struct request *token_revoke(struct remote *r, const char *id, gateway_done_cb cb, void *user);

struct magic_link {
    const char *url, *redirect; /* borrowed for the callback */
    int64_t expires_ms;
};
typedef void (*magic_link_cb)(void *user, const struct magic_link *l, const struct err *e);
struct magic_link_options {
    const char *redirect; /* a path there; NULL: the host's choice */
    int64_t life_s;       /* extension: until it is opened; 0: the host's choice, 5 minutes */
    bool observe;         /* extension `observe`: whoever opens it may read, not write */
};
/* Opens the sandbox in a browser, once. o NULL: as the host chooses. */
struct request *magic_link_create(struct remote *r, const struct magic_link_options *o,
                                  magic_link_cb cb, void *user);

/* Who this program is to the sandbox. */
struct auth_status {
    bool is_authenticated;
    const char *token_type, *scope; /* access_token, session_token; borrowed */
    int64_t expires_ms;
};
typedef void (*auth_status_cb)(void *user, const struct auth_status *a, const struct err *e);
struct request *auth_status(struct remote *r, auth_status_cb cb, void *user);

/* How one gets in there. */
struct auth_info {
    const char *message, *instructions; /* borrowed */
    const cJSON *endpoints;             /* an object of texts, or NULL */
};
typedef void (*auth_info_cb)(void *user, const struct auth_info *a, const struct err *e);
struct request *auth_info(struct remote *r, auth_info_cb cb, void *user);

#endif
