/* SPDX-License-Identifier: MIT
 *
 * Who may call, session tokens, magic links (protocol.md section 2).
 *
 * A credential comes as "Authorization: Bearer", else as ?token=, else as the cookie of a magic
 * link. The first that is there counts, right or wrong.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "wire/json.h"

#define COOKIE          "sandpit_session"
#define MAGIC_PATH      "/auth/magic/"
#define DESCRIPTION_MAX 1024
#define REDIRECT_MAX    2048
#define LIFE_MAX_S      (10.0 * 365 * 24 * 3600)

/* --- who --- */

/* Compares in a time that depends on the candidate's length only. */
static bool token_equal(const char *token, const char *candidate, size_t n)
{
    size_t len = strlen(token);
    unsigned diff = n != len;

    for (size_t i = 0; i < n; i++)
        diff |= (unsigned char)candidate[i] ^ (unsigned char)token[len ? i % len : 0];
    return !diff && len;
}

static void read_credential(struct http_request *r, struct buf *text)
{
    const char *header = http_header(r, "Authorization");

    if (header && !strncasecmp(header, "Bearer ", 7))
        buf_append_str(text, header + 7 + strspn(header + 7, " "));
    else if (!header && !http_query_get(r, "token", text))
        http_cookie(r, COOKIE, text);
}

struct http_identity daemon_authorise(struct http_request *r, void *user)
{
    struct daemon *d = user;
    struct http_identity who = {.access = HTTP_OPEN};
    cleanup_buf struct buf text = {0};
    struct token *token;

    read_credential(r, &text);
    if (!text.len)
        return who;
    if (token_equal(d->settings.token, text.data, text.len)) {
        who.access = HTTP_OWNER;
        snprintf(who.name, sizeof who.name, "access-token");
    } else if ((token = token_find_secret(&d->tokens, text.data, text.len, false))) {
        who.access = token->observes ? HTTP_READ : HTTP_WRITE;
        snprintf(who.name, sizeof who.name, "%s", token->id);
        token_use(&d->tokens, token);
    }
    explicit_bzero(text.data, text.len);
    return who;
}

/* --- session tokens --- */

static void add_time(cJSON *o, const char *name, int64_t ms)
{
    char iso[CLOCK_ISO_SIZE];

    if (ms)
        cJSON_AddStringToObject(o, name, clock_format_iso(iso, ms));
}

/* The protocol spells the one token in camel case and the list in snake case. */
static cJSON *token_view(const struct token *token, bool listed)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", token->id);
    cJSON_AddStringToObject(o, "description", token->text);
    cJSON_AddStringToObject(o, "scope", token->observes ? "observe" : "full");
    add_time(o, listed ? "created_at" : "createdAt", token->created_ms);
    add_time(o, listed ? "expires_at" : "expiresAt", token->expires_ms);
    add_time(o, listed ? "last_used_at" : "lastUsedAt", token->last_used_ms);
    if (!listed)
        cJSON_AddNumberToObject(o, "expiresIn",
                                floor((double)(token->expires_ms - token->created_ms) / 1000));
    return o;
}

static bool is_given(const cJSON *item)
{
    return item && !cJSON_IsNull(item);
}

/* NULL, or what is wrong. */
static const char *read_scope(const cJSON *body, bool *observes)
{
    const cJSON *scope = cJSON_GetObjectItemCaseSensitive(body, "scope");

    *observes = false;
    if (!is_given(scope))
        return NULL;
    *observes = cJSON_IsString(scope) && !strcmp(scope->valuestring, "observe");
    if (*observes || (cJSON_IsString(scope) && !strcmp(scope->valuestring, "full")))
        return NULL;
    return "scope is neither \"observe\" nor \"full\"";
}

/* NULL, or what is wrong. *life_ms is left alone when nothing is said. */
static const char *read_life(const cJSON *body, double max_s, int64_t *life_ms)
{
    const cJSON *life = cJSON_GetObjectItemCaseSensitive(body, "expiresIn");

    if (!is_given(life))
        return NULL;
    if (!cJSON_IsNumber(life) || !(life->valuedouble > 0))
        return "expiresIn is not a number of seconds greater than 0";
    *life_ms = (int64_t)(fmin(life->valuedouble, max_s) * 1000);
    return NULL;
}

/* NULL, or what is wrong. */
static const char *read_spec(const cJSON *body, struct token_spec *spec)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(body, "description");
    const char *wrong;

    if (is_given(text) && (!cJSON_IsString(text) || strlen(text->valuestring) > DESCRIPTION_MAX ||
                           !utf8_valid(text->valuestring, strlen(text->valuestring))))
        return "description is not a text of at most 1024 bytes";
    *spec = (struct token_spec){.text = is_given(text) ? text->valuestring : "",
                                .life_ms = TOKEN_LIFE_MS};
    wrong = read_life(body, LIFE_MAX_S, &spec->life_ms);
    return wrong ? wrong : read_scope(body, &spec->observes);
}

static void reply_failure(struct http_request *r, const struct err *e)
{
    http_reply_error(r, e->code == ERR_LIMIT ? 429 : 500, "%s", e->text);
}

static void create_token(struct http_request *r, struct daemon *d, const cJSON *body)
{
    struct token_spec spec;
    const char *wrong = read_spec(body, &spec);
    char secret[TOKEN_SIZE];
    struct token *token;
    struct err e;
    cJSON *o;

    if (wrong) {
        http_reply_error(r, 400, "%s", wrong);
        return;
    }
    token = token_create(&d->tokens, &spec, secret, &e);
    if (!token) {
        reply_failure(r, &e);
        return;
    }
    o = token_view(token, false);
    cJSON_AddStringToObject(o, "token", secret);
    explicit_bzero(secret, sizeof secret);
    http_reply_json(r, 201, o);
}

void api_token_create(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);

    if (body)
        create_token(r, user, body);
    cJSON_Delete(body);
}

void api_token_list(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *o = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(cJSON_AddObjectToObject(o, "data"), "tokens");
    int64_t now = clock_wall_ms();

    for (const struct token *t = d->tokens.by_id; t; t = t->hh.next)
        if (!t->is_link && t->expires_ms > now)
            cJSON_AddItemToArray(list, token_view(t, true));
    http_reply_json(r, 200, o);
}

void api_token_get(struct http_request *r, void *user)
{
    struct daemon *d = user;
    const struct token *token = token_find(&d->tokens, http_param(r, "id"));

    if (token)
        http_reply_json(r, 200, token_view(token, false));
    else
        http_reply_error(r, 404, "Session token not found");
}

void api_token_delete(struct http_request *r, void *user)
{
    struct daemon *d = user;
    struct token *token = token_find(&d->tokens, http_param(r, "id"));
    struct err e;

    if (token && token_revoke(&d->tokens, token, &e))
        reply_failure(r, &e);
    else
        http_reply_empty(r, 204);
}

/* --- magic links --- */

/* A path on this host and nothing that a browser would read as another one; only what may stand in
 * a header. */
static bool redirect_ok(const char *to)
{
    size_t n = strlen(to);

    if (n > REDIRECT_MAX || to[0] != '/' || to[1] == '/')
        return false;
    for (size_t i = 0; i < n; i++)
        if (to[i] <= ' ' || to[i] > '~' || to[i] == '\\')
            return false;
    return true;
}

static const char *scheme_of(const struct daemon *d)
{
    return !strncmp(d->settings.url, "https:", 6) ? "https" : "http";
}

static void create_link(struct http_request *r, struct daemon *d, const struct token_spec *spec)
{
    cleanup_free char *url = NULL;
    char secret[TOKEN_SIZE];
    struct token *token;
    struct err e;
    cJSON *o, *data;

    token = token_create(&d->tokens, spec, secret, &e);
    if (!token) {
        reply_failure(r, &e);
        return;
    }
    /* The name and port it was asked under, which host_allowed has checked: a restarted gateway may
     * have another port than the one we were born with. */
    url = xasprintf("%s://%s" MAGIC_PATH "%s", scheme_of(d), http_header(r, "Host"), secret);
    explicit_bzero(secret, sizeof secret);
    o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "message", "Magic link created");
    data = cJSON_AddObjectToObject(o, "data");
    cJSON_AddStringToObject(data, "magic_url", url);
    add_time(data, "expires_at", token->expires_ms);
    cJSON_AddStringToObject(data, "redirect_url", spec->text);
    cJSON_AddStringToObject(data, "scope", spec->observes ? "observe" : "full");
    http_reply_json(r, 201, o);
}

void api_magic_create(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    const cJSON *to = cJSON_GetObjectItemCaseSensitive(body, "redirectUrl");
    struct token_spec spec = {.text = "/play/", .life_ms = TOKEN_LINK_MS, .is_link = true};
    const char *wrong = NULL;

    if (!body)
        return;
    if (is_given(to) && (!cJSON_IsString(to) || !redirect_ok(to->valuestring)))
        wrong = "redirectUrl is not a path on this host, as \"/play/\" is one";
    else if (is_given(to))
        spec.text = to->valuestring;
    if (!wrong)
        wrong = read_scope(body, &spec.observes);
    if (!wrong)
        wrong = read_life(body, (double)TOKEN_LIFE_MS / 1000, &spec.life_ms);
    if (wrong)
        http_reply_error(r, 400, "%s", wrong);
    else
        create_link(r, user, &spec);
    cJSON_Delete(body);
}

void reply_signed_in(struct http_request *r, const struct daemon *d, const char *text,
                     const char *to, int64_t life_ms)
{
    cleanup_free char *cookie =
        xasprintf(COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", text,
                  (long long)(life_ms / 1000), !strcmp(scheme_of(d), "https") ? "; Secure" : "");

    http_reply_header(r, "Location", to);
    http_reply_header(r, "Set-Cookie", cookie);
    http_reply_header(r, "Cache-Control", "no-store");
    http_reply_header(r, "Referrer-Policy", "no-referrer");
    http_reply_empty(r, 302);
    explicit_bzero(cookie, strlen(cookie));
}

void reply_new_session(struct http_request *r, struct daemon *d, const struct token_spec *spec,
                       const char *to)
{
    char session[TOKEN_SIZE];
    struct err e;

    if (token_create(&d->tokens, spec, session, &e))
        reply_signed_in(r, d, session, to, spec->life_ms);
    else
        reply_failure(r, &e);
    explicit_bzero(session, sizeof session);
}

void api_magic_redeem(struct http_request *r, void *user)
{
    struct daemon *d = user;
    struct slice secret = http_param(r, "secret");
    struct token *link = token_find_secret(&d->tokens, secret.data, secret.len, true);
    struct token_spec spec = {.text = "magic link", .life_ms = TOKEN_LIFE_MS};
    cleanup_free char *to = NULL;
    struct err e;

    if (!link) {
        reply_used_link(r);
        return;
    }
    to = xstrdup(link->text);
    spec.observes = link->observes;
    /* First it is used up: at worst it is lost, never redeemed twice. */
    if (token_revoke(&d->tokens, link, &e))
        reply_failure(r, &e);
    else
        reply_new_session(r, d, &spec, to);
}

/* --- about --- */

static cJSON *envelope(const char *message, cJSON **data)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    *data = cJSON_AddObjectToObject(o, "data");
    return o;
}

void api_auth_status(struct http_request *r, void *user)
{
    struct daemon *d = user;
    const struct http_identity *who = http_who(r);
    const struct token *token = token_find(&d->tokens, SLICE(who->name));
    cJSON *data, *o = envelope("Authentication status", &data);

    cJSON_AddBoolToObject(data, "authenticated", who->access != HTTP_OPEN);
    if (who->access == HTTP_OWNER) {
        cJSON_AddStringToObject(data, "token_type", "access_token");
    } else if (token) {
        cJSON_AddStringToObject(data, "token_type", "session_token");
        cJSON_AddStringToObject(data, "scope", token->observes ? "observe" : "full");
        add_time(data, "expires_at", token->expires_ms);
    }
    http_reply_json(r, 200, o);
}

void api_auth_info(struct http_request *r, void *user)
{
    static const char *const endpoints[][2] = {
        {"create_session_token", "POST /auth/session_tokens"},
        {"list_session_tokens", "GET /auth/session_tokens"},
        {"get_session_token", "GET /auth/session_tokens/:id"},
        {"revoke_session_token", "DELETE /auth/session_tokens/:id"},
        {"create_magic_link", "POST /auth/magic-links"},
        {"auth_status", "GET /auth/status"},
        {"auth_info", "GET /auth/info"},
    };
    cJSON *data, *list, *o = envelope("Authentication", &data);

    (void)user;
    cJSON_AddStringToObject(data, "message", "This sandbox needs a token");
    cJSON_AddStringToObject(
        data, "instructions",
        "Send the access token or a session token as \"Authorization: Bearer TOKEN\", or as "
        "?token=; only the access token makes and lists session tokens and magic links");
    list = cJSON_AddObjectToObject(data, "endpoints");
    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
        cJSON_AddStringToObject(list, endpoints[i][0], endpoints[i][1]);
    http_reply_json(r, 200, o);
}
