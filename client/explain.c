/* SPDX-License-Identifier: MIT
 *
 * What went wrong, in words a person can act on: libcurl's codes, HTTP statuses and certificates.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/internal.h"

static const struct curl_case {
    CURLcode curl;
    enum err_code code;
    const char *text;
} curl_cases[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_DNS, "the name does not resolve"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_DNS, "the proxy's name does not resolve"},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, "no answer in time"},
    {CURLE_GOT_NOTHING, ERR_CLOSED, "closed the connection without an answer"},
    {CURLE_RECV_ERROR, ERR_CLOSED, "the connection broke"},
    {CURLE_SEND_ERROR, ERR_CLOSED, "the connection broke"},
    {CURLE_PARTIAL_FILE, ERR_CLOSED, "the connection broke in the middle of the answer"},
    {CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, "does not answer in HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL, "does not answer in HTTP"},
    {CURLE_URL_MALFORMAT, ERR_ARG, "is not a URL"},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, NULL},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, NULL},
    {CURLE_SSL_CERTPROBLEM, ERR_TLS, NULL},
    {CURLE_SSL_CIPHER, ERR_TLS, NULL},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, NULL},
    {CURLE_SSL_ISSUER_ERROR, ERR_TLS, NULL},
    {CURLE_SSL_INVALIDCERTSTATUS, ERR_TLS, NULL},
    {CURLE_SSL_ENGINE_INITFAILED, ERR_TLS, NULL},
};

void explain_tls(struct err *e, const char *detail)
{
    const char *file = getenv("SSL_CERT_FILE");

    err_set(e, ERR_TLS, "TLS failed: %.300s", detail && *detail ? detail : "no reason given");
    if (file && *file)
        err_hint(e, "SSL_CERT_FILE=%.150s must hold the CA that signed its certificate", file);
    else
        err_hint(e, "if it has a CA of its own, set SSL_CERT_FILE to that CA's file");
}

void explain_curl(struct err *e, CURLcode code, long os_errno, const char *detail)
{
    if (code == CURLE_COULDNT_CONNECT && os_errno) {
        err_set_errno(e, (int)os_errno, "connect");
        if (e->code == ERR_REFUSED)
            err_set(e, ERR_REFUSED, "connection refused");
        else if (e->code == ERR_IO || e->code == ERR_FORBIDDEN)
            e->code = ERR_UNREACHABLE;
        return;
    }
    if (code == CURLE_COULDNT_CONNECT) {
        err_set(e, ERR_REFUSED, "no connection");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(curl_cases); i++) {
        if (curl_cases[i].curl != code)
            continue;
        if (curl_cases[i].code == ERR_TLS)
            explain_tls(e, detail && *detail ? detail : curl_easy_strerror(code));
        else
            err_set(e, curl_cases[i].code, "%s", curl_cases[i].text);
        return;
    }
    err_set(e, ERR_IO, "%s", detail && *detail ? detail : curl_easy_strerror(code));
}

/* The reason in an answer's body: its "error" or "message", else its first line. */
static char *reason_of(const char *body, size_t n)
{
    cJSON *root = n ? cJSON_ParseWithLength(body, n) : NULL;
    static const char *const keys[] = {"error", "message"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, keys[i]);
        const cJSON *inner = cJSON_GetObjectItemCaseSensitive(item, "message");
        const cJSON *text = cJSON_IsString(inner) ? inner : item;

        if (cJSON_IsString(text) && text->valuestring[0]) {
            char *reason = xstrdup(text->valuestring);

            cJSON_Delete(root);
            return reason;
        }
    }
    cJSON_Delete(root);
    size_t line = 0;

    while (line < n && line < 200 && body[line] != '\n' && body[line] != '\r')
        line++;
    return slice_dup((struct slice){body, n && body[0] != '<' ? line : 0});
}

static const struct status_case {
    int status;
    enum err_code code;
    const char *text;
    bool reason_says_all; /* text is for hosts that give none */
} status_cases[] = {
    {400, ERR_ARG, "refused the request", true},
    {401, ERR_AUTH, "does not take the key"},
    {403, ERR_FORBIDDEN, "forbids this"},
    {404, ERR_NOT_FOUND, "not found"},
    {408, ERR_TIMEOUT, "gave up waiting"},
    {409, ERR_CONFLICT, "already exists or is in use", true},
    {413, ERR_LIMIT, "finds the request too large"},
    {422, ERR_ARG, "refused the request", true},
    {429, ERR_LIMIT, "asks for fewer requests"},
    {504, ERR_TIMEOUT, "gave up waiting"},
};

void explain_status(struct err *e, const struct peer *peer, int status, const char *body, size_t n)
{
    cleanup_free char *reason = reason_of(body, n);
    const struct status_case *known = NULL;

    for (size_t i = 0; i < ARRAY_LEN(status_cases); i++) {
        if (status_cases[i].status == status)
            known = &status_cases[i];
    }
    if (status >= 300 && status < 400)
        err_set(e, ERR_HTTP, "redirects elsewhere (%d), which is not followed", status);
    else if (known && known->reason_says_all && *reason)
        err_set(e, known->code, "%s (%d)", reason, status);
    else
        err_set(e, known ? known->code : ERR_HTTP, "%s (%d)%s%s",
                known ? known->text : "answers with an error", status, *reason ? ": " : "", reason);
    e->http_status = status;
    if (peer)
        explain_peer(e, peer);
}

static void hint_gateway(struct err *e, const struct peer *peer)
{
    switch (e->code) {
    case ERR_AUTH:
        err_hint(e, "check the API key (COMPUTESDK_API_KEY, or the context's key file) for %.120s",
                 peer->name);
        break;
    case ERR_FORBIDDEN:
        err_hint(e, "the key is known but may not do this: ask the gateway's owner for the right");
        break;
    case ERR_REFUSED:
        err_hint(e, "is the gateway running at %.150s?", peer->name);
        break;
    case ERR_UNREACHABLE:
        err_hint(e, "is this machine online, and is the address right?");
        break;
    case ERR_DNS:
        err_hint(e, "check the gateway's address for typing errors, and this machine's DNS");
        break;
    case ERR_TIMEOUT:
        err_hint(e, "the gateway is slow or a firewall drops the connection; try again");
        break;
    case ERR_PROTOCOL:
        err_hint(e, "is %.150s the address of a ComputeSDK gateway?", peer->name);
        break;
    case ERR_HTTP:
        err_hint(e, e->http_status < 400 ? "use the address it redirects to"
                                         : "the gateway's log says more; try again");
        break;
    default:
        break;
    }
}

static void hint_sandbox(struct err *e)
{
    if (e->code == ERR_AUTH)
        err_hint(e, "the sandbox's token was replaced; reopen it from the list");
    else if (e->code == ERR_REFUSED || e->code == ERR_TIMEOUT || e->code == ERR_CLOSED)
        err_hint(e, "the sandbox's host does not answer; it is tried again");
    else if (e->code == ERR_DNS)
        err_hint(e, "the sandbox's address does not resolve; was it destroyed?");
}

void explain_peer(struct err *e, const struct peer *peer)
{
    err_wrap(e, "%s %.200s", peer->noun, peer->name);
    if (e->hint[0])
        return;
    if (peer->is_gateway)
        hint_gateway(e, peer);
    else
        hint_sandbox(e);
}
