/* SPDX-License-Identifier: MIT */
#include "host/daemon/token.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "host/daemon/internal.h"

#define SECRET_CHARS    50    /* 256 bits */
#define FLUSH_MS        5000  /* times of use are written that much later */
#define LONGEST_WAIT_MS 60000 /* the wall clock may be set meanwhile */

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS tokens(id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
    " is_link INTEGER NOT NULL, observes INTEGER NOT NULL, text TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, last_used_ms INTEGER NOT NULL)"
    " WITHOUT ROWID";

/* --- the table in memory --- */

static void hash_secret(unsigned char hash[TOKEN_HASH_SIZE], const char *secret, size_t n)
{
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, n, (const uint8_t *)secret);
    sha256_digest(&ctx, TOKEN_HASH_SIZE, hash);
}

/* Gateways let session tokens store events and subscribe to them: they hear of each, and of its end
 * before whoever ends it does. */
static void tell(struct tokens *t, const struct token *token, bool valid)
{
    char hash[2 * TOKEN_HASH_SIZE + 1];
    cJSON *o;

    if (token->is_link || TAILQ_EMPTY(&t->d->links.peers))
        return;
    for (size_t i = 0; i < TOKEN_HASH_SIZE; i++)
        snprintf(hash + 2 * i, 3, "%02x", token->hash[i]);
    o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "op", valid ? "token" : "untoken");
    cJSON_AddStringToObject(o, "hash", hash);
    if (valid) {
        cJSON_AddBoolToObject(o, "observes", token->observes);
        cJSON_AddNumberToObject(o, "expires", (double)token->expires_ms);
    }
    link_server_say(&t->d->links, o);
}

void tokens_announce(struct tokens *t)
{
    for (const struct token *token = t->by_id; token; token = token->hh.next)
        tell(t, token, true);
}

static void insert(struct tokens *t, struct token *token)
{
    HASH_ADD_STR(t->by_id, id, token);
    HASH_ADD(hh_hash, t->by_hash, hash, TOKEN_HASH_SIZE, token);
    t->n_links += token->is_link;
    tell(t, token, true);
}

static void drop(struct tokens *t, struct token *token)
{
    tell(t, token, false);
    HASH_DELETE(hh, t->by_id, token);
    HASH_DELETE(hh_hash, t->by_hash, token);
    t->n_links -= token->is_link;
    free(token->text);
    free(token);
}

struct token *token_find(struct tokens *t, struct slice id)
{
    struct token *token;

    HASH_FIND(hh, t->by_id, id.data, id.len, token);
    return token && !token->is_link && token->expires_ms > clock_wall_ms() ? token : NULL;
}

struct token *token_find_secret(struct tokens *t, const char *secret, size_t n, bool is_link)
{
    unsigned char hash[TOKEN_HASH_SIZE];
    struct token *token;

    if (!n || n >= TOKEN_SIZE)
        return NULL;
    hash_secret(hash, secret, n);
    HASH_FIND(hh_hash, t->by_hash, hash, sizeof hash, token);
    return token && token->is_link == is_link && token->expires_ms > clock_wall_ms() ? token : NULL;
}

/* --- the store --- */

static int fail(struct tokens *t, struct err *e)
{
    return err_set(e, ERR_IO, "tokens: %s", sqlite3_errmsg(t->db));
}

/* Runs it to its end and frees it; the statements are too rare to be kept. */
static int run(struct tokens *t, sqlite3_stmt *s, struct err *e)
{
    int r = sqlite3_step(s) == SQLITE_DONE ? 0 : fail(t, e);

    sqlite3_finalize(s);
    return r;
}

static int store_add(struct tokens *t, const struct token *token, struct err *e)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v2(t->db, "INSERT INTO tokens VALUES(?,?,?,?,?,?,?,?)", -1, &s, NULL))
        return fail(t, e);
    sqlite3_bind_text(s, 1, token->id, -1, SQLITE_STATIC);
    sqlite3_bind_blob(s, 2, token->hash, TOKEN_HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_int(s, 3, token->is_link);
    sqlite3_bind_int(s, 4, token->observes);
    sqlite3_bind_text(s, 5, token->text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 6, token->created_ms);
    sqlite3_bind_int64(s, 7, token->expires_ms);
    sqlite3_bind_int64(s, 8, token->last_used_ms);
    return run(t, s, e);
}

static int store_remove(struct tokens *t, const char *id, struct err *e)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v2(t->db, "DELETE FROM tokens WHERE id = ?", -1, &s, NULL))
        return fail(t, e);
    sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    return run(t, s, e);
}

static int store_used(struct tokens *t, const struct token *token, struct err *e)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v2(t->db, "UPDATE tokens SET last_used_ms = ? WHERE id = ?", -1, &s, NULL))
        return fail(t, e);
    sqlite3_bind_int64(s, 1, token->last_used_ms);
    sqlite3_bind_text(s, 2, token->id, -1, SQLITE_STATIC);
    return run(t, s, e);
}

static void take_row(struct tokens *t, sqlite3_stmt *s)
{
    const char *id = (const char *)sqlite3_column_text(s, 0);
    const char *text = (const char *)sqlite3_column_text(s, 4);
    struct token *token;

    if (!id || !text || sqlite3_column_bytes(s, 1) != TOKEN_HASH_SIZE)
        return;
    token = xcalloc(1, sizeof *token);
    snprintf(token->id, sizeof token->id, "%s", id);
    memcpy(token->hash, sqlite3_column_blob(s, 1), TOKEN_HASH_SIZE);
    token->is_link = sqlite3_column_int(s, 2);
    token->observes = sqlite3_column_int(s, 3);
    token->text = xstrdup(text);
    token->created_ms = sqlite3_column_int64(s, 5);
    token->expires_ms = sqlite3_column_int64(s, 6);
    token->last_used_ms = sqlite3_column_int64(s, 7);
    insert(t, token);
}

static int load(struct tokens *t, struct err *e)
{
    sqlite3_stmt *s;
    int r;

    if (sqlite3_exec(t->db, schema, NULL, NULL, NULL) ||
        sqlite3_prepare_v2(t->db, "SELECT * FROM tokens ORDER BY created_ms", -1, &s, NULL))
        return fail(t, e);
    while ((r = sqlite3_step(s)) == SQLITE_ROW)
        take_row(t, s);
    r = r == SQLITE_DONE ? 0 : fail(t, e);
    sqlite3_finalize(s);
    return r;
}

/* --- time --- */

static void on_expiry(uv_timer_t *timer);

static void arm(struct tokens *t)
{
    int64_t now = clock_wall_ms(), wait = LONGEST_WAIT_MS;
    const struct token *token;

    if (!t->by_id) {
        uv_timer_stop(&t->expiry);
        return;
    }
    for (token = t->by_id; token; token = token->hh.next)
        if (token->expires_ms - now < wait)
            wait = token->expires_ms - now;
    uv_timer_start(&t->expiry, on_expiry, wait > 0 ? (uint64_t)wait : 0, 0);
}

static void tell_event(const struct tokens *t, const struct token *token, const char *type)
{
    cJSON *data = event_data("tokenId", token->id);
    char iso[CLOCK_ISO_SIZE];

    cJSON_AddStringToObject(data, "kind", token->is_link ? "magic-link" : "session");
    if (!token->is_link)
        event_add_text(data, "description", token->text);
    cJSON_AddStringToObject(data, "expiresAt", clock_format_iso(iso, token->expires_ms));
    event_tell(t->d, type, data);
}

static void end(struct tokens *t, struct token *token, const char *why)
{
    if (!token->is_link)
        sockets_close_of(&t->d->sockets, token->id, why);
    drop(t, token);
}

static void on_expiry(uv_timer_t *timer)
{
    struct tokens *t = timer->data;
    int64_t now = clock_wall_ms();
    struct token *token, *next;
    struct err e;

    HASH_ITER (hh, t->by_id, token, next) {
        if (token->expires_ms > now)
            continue;
        /* It is not valid any more with its row or without. */
        if (store_remove(t, token->id, &e))
            log_warn("%s", e.text);
        tell_event(t, token, "token.expired");
        end(t, token, "the token has expired");
    }
    arm(t);
}

static void flush(struct tokens *t)
{
    struct token *token;
    struct err e;

    for (token = t->by_id; token; token = token->hh.next) {
        if (token->used && store_used(t, token, &e))
            log_warn("%s", e.text);
        token->used = false;
    }
}

static void on_flush(uv_timer_t *timer)
{
    flush(timer->data);
}

void token_use(struct tokens *t, struct token *token)
{
    token->last_used_ms = clock_wall_ms();
    token->used = true;
    if (!uv_is_active((uv_handle_t *)&t->flush))
        uv_timer_start(&t->flush, on_flush, FLUSH_MS, 0);
}

/* --- life --- */

struct token *token_create(struct tokens *t, const struct token_spec *spec, char secret[TOKEN_SIZE],
                           struct err *e)
{
    unsigned n = spec->is_link ? t->n_links : HASH_COUNT(t->by_id) - t->n_links;
    unsigned max = spec->is_link ? TOKEN_LINKS_MAX : TOKENS_MAX;
    char name[ID_CHARS + 1], text[SECRET_CHARS + 1];
    struct token *token;

    if (n >= max) {
        err_set(e, ERR_LIMIT, "%u %s exist, which is the most", max,
                spec->is_link ? "unused magic links" : "session tokens");
        return NULL;
    }
    token = xcalloc(1, sizeof *token);
    snprintf(token->id, sizeof token->id, "%s-%s", spec->is_link ? "link" : "token",
             random_name(name, ID_CHARS));
    snprintf(secret, TOKEN_SIZE, "%s_%s", spec->is_link ? "ml" : "st",
             random_name(text, SECRET_CHARS));
    hash_secret(token->hash, secret, strlen(secret));
    token->is_link = spec->is_link;
    token->observes = spec->observes;
    token->text = xstrdup(spec->text);
    token->created_ms = clock_wall_ms();
    token->expires_ms = token->created_ms + spec->life_ms;
    explicit_bzero(text, sizeof text);
    if (store_add(t, token, e)) {
        free(token->text);
        free(token);
        return NULL;
    }
    insert(t, token);
    arm(t);
    tell_event(t, token, "token.created");
    return token;
}

int token_revoke(struct tokens *t, struct token *token, struct err *e)
{
    int r;

    /* A power cut may lose a token made in the last seconds, but must not bring one back. */
    sqlite3_exec(t->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    r = store_remove(t, token->id, e);
    sqlite3_exec(t->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    if (r)
        return r;
    tell_event(t, token, "token.revoked");
    end(t, token, "the token was revoked");
    arm(t);
    return 0;
}

int tokens_init(struct tokens *t, struct daemon *d, sqlite3 *db, struct err *e)
{
    int r;

    t->d = d;
    t->db = db;
    uv_timer_init(d->loop, &t->expiry);
    uv_timer_init(d->loop, &t->flush);
    t->expiry.data = t->flush.data = t;
    r = load(t, e);
    if (!r)
        arm(t);
    return r;
}

void tokens_finish(struct tokens *t)
{
    struct token *token, *next;

    if (!t->d)
        return;
    flush(t);
    HASH_ITER (hh, t->by_id, token, next) {
        drop(t, token);
    }
    uv_close((uv_handle_t *)&t->expiry, NULL);
    uv_close((uv_handle_t *)&t->flush, NULL);
}
