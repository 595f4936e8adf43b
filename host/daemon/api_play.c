/* SPDX-License-Identifier: MIT
 *
 * /play/: a terminal of this sandbox in the browser. The page and what it loads were compiled in
 * (play/build.sh); a request only chooses from that table.
 *
 * The page itself wants a session. What it loads is no secret, and the page for those without a
 * session needs some of it.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/internal.h"

/* Nothing from elsewhere, nothing inline, nobody's frame. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                    \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

struct play_file {
    const char *name, *type, *etag;
    const unsigned char *bytes;
    size_t n;
};

#include "host/daemon/play/play_assets.h"

static void add_headers(struct http_request *r, const char *caching)
{
    http_reply_header(r, "Content-Security-Policy", POLICY);
    http_reply_header(r, "X-Content-Type-Options", "nosniff");
    http_reply_header(r, "X-Frame-Options", "DENY");
    http_reply_header(r, "Referrer-Policy", "no-referrer");
    http_reply_header(r, "Cross-Origin-Resource-Policy", "same-origin");
    http_reply_header(r, "Cache-Control", caching);
}

static void reply_words(struct http_request *r, int status, const struct play_file *page)
{
    add_headers(r, "no-store");
    http_reply_static(r, status, page->type, page->bytes, page->n);
}

/* Kept by the browser, but asked about each time: another build has other files. */
static void reply_file(struct http_request *r, const struct play_file *file)
{
    const char *known = http_header(r, "If-None-Match");

    add_headers(r, "private, no-cache");
    http_reply_header(r, "ETag", file->etag);
    if (known && strstr(known, file->etag))
        http_reply_empty(r, 304);
    else
        http_reply_static(r, 200, file->type, file->bytes, file->n);
}

/* A token in the address would stay in the history: it becomes the cookie. What is no session token
 * is the access token, which no browser is to keep. */
static void sign_in(struct http_request *r, struct daemon *d, const char *text)
{
    const struct token_spec spec = {.text = "/play/", .life_ms = TOKEN_LIFE_MS};
    const struct token *token = token_find_secret(&d->tokens, text, strlen(text), false);

    if (token)
        reply_signed_in(r, d, text, "/play/", token->expires_ms - clock_wall_ms());
    else
        reply_new_session(r, d, &spec, "/play/");
}

void api_play(struct http_request *r, void *user)
{
    cleanup_buf struct buf text = {0};
    bool in_address = http_query_get(r, "token", &text) && text.data;

    if (http_who(r)->access == HTTP_OPEN)
        reply_words(r, 401, &page_denied);
    else if (in_address && !http_header(r, "Authorization"))
        sign_in(r, user, text.data);
    else
        reply_file(r, &page_terminal);
    if (text.data)
        explicit_bzero(text.data, text.len);
}

void api_play_asset(struct http_request *r, void *user)
{
    struct slice name = http_param(r, "asset");

    for (size_t i = 0; i < ARRAY_LEN(assets); i++)
        if (slice_equal(name, assets[i].name)) {
            reply_file(r, &assets[i]);
            return;
        }
    http_reply_error(r, 404, "not found");
}

void reply_used_link(struct http_request *r)
{
    const char *accept = http_header(r, "Accept");

    if (accept && strstr(accept, "text/html"))
        reply_words(r, 410, &page_used);
    else
        http_reply_error(r, 410, "this link was used already, has expired or never existed");
}
