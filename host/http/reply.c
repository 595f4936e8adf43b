/* SPDX-License-Identifier: MIT
 *
 * Replies. One given inside the handler is queued as the handler returns; one given later resumes
 * the suspended connection. A reply to somebody who has gone is dropped.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "host/http/internal.h"

void reply_set(struct http_request *r, int status, struct MHD_Response *response)
{
    if (r->status || r->told_gone || !r->conn) {
        MHD_destroy_response(response);
        request_release_handler(r);
        return;
    }
    for (size_t i = 0; i < r->n_headers; i++)
        MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
    r->status = status;
    r->response = response;
    if (r->conn->phase == CONN_HANDLER)
        conn_set_deadline(r->conn, CONN_REPLY, 0);
    if (r->suspended)
        request_resume(r);
    if (!r->overdue)
        request_release_handler(r);
}

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
    if (r->n_headers == HTTP_HEADERS_MAX) {
        log_error("http: header %s dropped, too many", name);
        return;
    }
    r->headers[r->n_headers++] = (struct header_pair){xstrdup(name), xstrdup(value)};
}

static void reply_buffer(struct http_request *r, int status, const char *content_type, void *bytes,
                         size_t n, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(n, bytes, mode);

    if (!response)
        abort(); /* out of memory */
    if (content_type)
        MHD_add_response_header(response, "Content-Type", content_type);
    reply_set(r, status, response);
}

void http_reply_bytes(struct http_request *r, int status, const char *content_type, char *bytes,
                      size_t n)
{
    request_hold(r, n);
    if (!n)
        free(bytes);
    reply_buffer(r, status, content_type, n ? bytes : NULL, n,
                 n ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
}

void http_reply_static(struct http_request *r, int status, const char *content_type,
                       const void *bytes, size_t n)
{
    reply_buffer(r, status, content_type, (void *)bytes, n, MHD_RESPMEM_PERSISTENT);
}

void http_reply_json(struct http_request *r, int status, cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    cJSON_Delete(object);
    if (!text)
        abort(); /* out of memory */
    http_reply_bytes(r, status, "application/json", text, strlen(text));
}

void http_reply_empty(struct http_request *r, int status)
{
    http_reply_bytes(r, status, NULL, NULL, 0);
}

void http_reply_error(struct http_request *r, int status, const char *format, ...)
{
    char text[1024], line[1024];
    va_list args;
    cJSON *object = cJSON_CreateObject();

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* What came in a request may stand in the text: keep it valid UTF-8 and one line. */
    text_sanitise(line, sizeof line, text, strlen(text));
    cJSON_AddStringToObject(object, "error", line);
    http_reply_json(r, status, object);
}

void http_reply_err(struct http_request *r, const struct err *e)
{
    static const int statuses[] = {
        [ERR_ARG] = 400,    [ERR_NOT_FOUND] = 404,   [ERR_CONFLICT] = 409,
        [ERR_AUTH] = 401,   [ERR_FORBIDDEN] = 403,   [ERR_REFUSED] = 502,
        [ERR_CLOSED] = 502, [ERR_UNREACHABLE] = 502, [ERR_TIMEOUT] = 504,
        [ERR_LIMIT] = 429,  [ERR_UNSUPPORTED] = 501, [ERR_INTERNAL] = 500,
    };
    int status = (size_t)e->code < ARRAY_LEN(statuses) ? statuses[e->code] : 0;

    if (e->hint[0])
        http_reply_error(r, status ? status : 500, "%s (%s)", e->text, e->hint);
    else
        http_reply_error(r, status ? status : 500, "%s", e->text);
}
