/* SPDX-License-Identifier: MIT
 *
 * Session tokens and magic links. The host spells one token in camel case and the list in snake
 * case; both are read everywhere.
 */
#include "client/token.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"

#define TOKENS_MAX 10000

static int64_t either_time(const cJSON *json, const char *camel, const char *snake)
{
    int64_t ms = field_time(json, camel);

    return ms ? ms : field_time(json, snake);
}

static bool read_token(void *out, const cJSON *json)
{
    struct token_info *t = out;

    *t = (struct token_info){
        .id = field_text(json, "id"),
        .description = field_text(json, "description"),
        .scope = field_text(json, "scope"),
        .secret = field_text(json, "token"),
        .created_ms = either_time(json, "createdAt", "created_at"),
        .expires_ms = either_time(json, "expiresAt", "expires_at"),
        .last_used_ms = either_time(json, "lastUsedAt", "last_used_at"),
    };
    return t->id[0];
}

const struct listing_kind token_listing = {
    .path = "/auth/session_tokens",
    .array = "tokens",
    .item_size = sizeof(struct token_info),
    .id_offset = offsetof(struct token_info, id),
    .read = read_token,
};

static void on_token(struct remote_call *c, const cJSON *data, const struct err *e)
{
    bool is_new = !strcmp(c->method, "POST");
    struct token_info t;
    struct err own;

    if (is_new)
        listings_poke(c->remote, &token_listing);
    if (!e && (!read_token(&t, data) || (is_new && !t.secret[0]))) {
        call_unreadable(c, &own, "the answer holds no token");
        e = &own;
    }
    ((token_cb)c->cb)(c->user, e ? NULL : &t, e);
}

struct request *token_create(struct remote *r, const struct token_options *o, token_cb cb,
                             void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/auth/session_tokens"), on_token, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    field_add_text(body, "description", o->description);
    if (o->life_s > 0)
        cJSON_AddNumberToObject(body, "expiresIn", (double)o->life_s);
    if (o->observe)
        cJSON_AddStringToObject(body, "scope", "observe");
    call_set_body(c, body);
    return call_start(c);
}

static void on_tokens(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    struct token_info *all = listing_read(&token_listing, data, TOKENS_MAX, &n);

    ((tokens_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *token_list(struct remote *r, tokens_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", xstrdup("/auth/session_tokens"), on_tokens, (call_cb)cb, user));
}

struct request *token_get(struct remote *r, const char *id, token_cb cb, void *user)
{
    return call_start(call_create(r, "GET", call_path("/auth/session_tokens", id, ""), on_token,
                                  (call_cb)cb, user));
}

static void on_revoked(struct remote_call *c, const cJSON *data, const struct err *e)
{
    listings_poke(c->remote, &token_listing);
    call_on_done(c, data, e);
}

struct request *token_revoke(struct remote *r, const char *id, gateway_done_cb cb, void *user)
{
    return call_start(call_create(r, "DELETE", call_path("/auth/session_tokens", id, ""),
                                  on_revoked, (call_cb)cb, user));
}

/* --- magic links --- */

static void on_link(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct magic_link link = {.url = field_text(data, "magic_url"),
                              .redirect = field_text(data, "redirect_url"),
                              .expires_ms = field_time(data, "expires_at")};
    struct err own;

    if (!e && !link.url[0]) {
        call_unreadable(c, &own, "the answer holds no link");
        e = &own;
    }
    ((magic_link_cb)c->cb)(c->user, e ? NULL : &link, e);
}

struct request *magic_link_create(struct remote *r, const struct magic_link_options *o,
                                  magic_link_cb cb, void *user)
{
    static const struct magic_link_options none;
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/auth/magic-links"), on_link, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    o = o ? o : &none;
    field_add_text(body, "redirectUrl", o->redirect);
    field_add_text(body, "scope", o->observe ? "observe" : NULL);
    if (o->life_s > 0)
        cJSON_AddNumberToObject(body, "expiresIn", (double)o->life_s);
    call_set_body(c, body);
    return call_start(c);
}

/* --- who we are --- */

static void on_status(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct auth_status a = {.is_authenticated = field_bool(data, "authenticated"),
                            .token_type = field_text(data, "token_type"),
                            .scope = field_text(data, "scope"),
                            .expires_ms = field_time(data, "expires_at")};

    ((auth_status_cb)c->cb)(c->user, e ? NULL : &a, e);
}

struct request *auth_status(struct remote *r, auth_status_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/auth/status"), on_status, (call_cb)cb, user));
}

static void on_auth_info(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct auth_info a = {.message = field_text(data, "message"),
                          .instructions = field_text(data, "instructions"),
                          .endpoints = cJSON_GetObjectItemCaseSensitive(data, "endpoints")};

    ((auth_info_cb)c->cb)(c->user, e ? NULL : &a, e);
}

struct request *auth_info(struct remote *r, auth_info_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", xstrdup("/auth/info"), on_auth_info, (call_cb)cb, user));
}
