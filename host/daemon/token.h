/* SPDX-License-Identifier: MIT
 *
 * Session tokens and magic links (protocol.md section 2): 256 bits each, kept as SHA-256 only, in
 * memory for asking and in the daemon's store for surviving. What has expired is gone at once.
 */
#ifndef HOST_DAEMON_TOKEN_H
#define HOST_DAEMON_TOKEN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>
#include <uv.h>

#include "base/err.h"
#include "wire/message.h"

#define TOKEN_HASH_SIZE 32
#define TOKEN_SIZE      64 /* of a token's text, with its NUL */
#define TOKENS_MAX      1000
#define TOKEN_LINKS_MAX 100
#define TOKEN_LIFE_MS   ((int64_t)7 * 24 * 3600 * 1000)
#define TOKEN_LINK_MS   ((int64_t)5 * 60 * 1000) /* unless it is told; at most TOKEN_LIFE_MS */

struct daemon;

struct token {
    char id[24];
    unsigned char hash[TOKEN_HASH_SIZE];
    bool is_link;  /* redeemed once for a session token; `text` is where that leads */
    bool observes; /* scope "observe": may read everything, change nothing */
    bool used;     /* since it was last written */
    char *text;    /* owned; description or redirect */
    int64_t created_ms, expires_ms, last_used_ms; /* 0: never used */
    UT_hash_handle hh, hh_hash;
};

struct tokens {
    struct daemon *d; /* borrowed */
    sqlite3 *db;      /* borrowed */
    struct token *by_id, *by_hash;
    unsigned n_links;
    uv_timer_t expiry, flush;
};

/* Reads what the store has. The handles are open even after a failure. */
int tokens_init(struct tokens *t, struct daemon *d, sqlite3 *db, struct err *e);
/* Writes what is unwritten, frees; its handles are closing. */
void tokens_finish(struct tokens *t);

/* To all gateways, which may know it already. */
void tokens_announce(struct tokens *t);

struct token_spec {
    const char *text;
    int64_t life_ms;
    bool is_link, observes;
};
/* secret gets the token's text, which is nowhere else. NULL: ERR_LIMIT, ERR_IO. */
struct token *token_create(struct tokens *t, const struct token_spec *spec, char secret[TOKEN_SIZE],
                           struct err *e);
struct token *token_find(struct tokens *t, struct slice id);
/* By its text; links and sessions do not pass for each other. NULL: none that is valid. */
struct token *token_find_secret(struct tokens *t, const char *secret, size_t n, bool is_link);
void token_use(struct tokens *t, struct token *token);
/* Ends it and the WebSockets opened with it. Nothing changes on failure. */
int token_revoke(struct tokens *t, struct token *token, struct err *e);

#endif
