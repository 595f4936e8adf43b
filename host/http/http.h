/* SPDX-License-Identifier: MIT
 *
 * An HTTP server for JSON APIs on a libuv loop: request → route → reply, and WebSocket upgrade.
 *
 * libmicrohttpd parses, wslay speaks WebSocket; neither shows through. Connections come from
 * outside (http_server_adopt): the gateway accepts them, a daemon is handed them over a unix
 * socket. All calls and callbacks happen on the loop's thread.
 *
 * Requests: a handler runs once the whole body is there and must reply exactly once, now or later;
 * what it leaves unanswered past its deadline gets 504. When the peer goes away first (closing only
 * its sending half counts too), or the deadline has passed, on_gone runs instead and the request
 * must not be used any more. Without an on_gone the request stays valid until the handler replies;
 * the reply is dropped.
 */
#ifndef HOST_HTTP_HTTP_H
#define HOST_HTTP_HTTP_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/message.h"

struct http_server;
struct http_request;
struct websocket;

enum http_access {
    HTTP_OPEN,  /* nobody is asked who they are */
    HTTP_READ,  /* any valid credential, the observe scope included */
    HTTP_WRITE, /* a credential that may change things */
    HTTP_OWNER, /* the access token or API key itself, not a token made from it */
};

/* Who a credential belongs to; what authorise() finds. */
struct http_identity {
    enum http_access access; /* the most it may do; HTTP_OPEN: nobody */
    char name[64];           /* token id or key name, for logs and `viewers` */
};

typedef void (*http_handler)(struct http_request *r, void *user);

/* Pattern: literal segments, ":name" for one segment, and a last "*name" for the raw rest of the
 * path ("/files/" + "*path" keeps "//abs"). Matching is on the raw path, before decoding. HEAD is
 * matched on its own. */
struct http_route {
    const char *method;
    const char *pattern;
    enum http_access access;
    http_handler handler;
    size_t body_max;    /* bytes; 0: config.body_max */
    int64_t timeout_ms; /* 0: config.timeout_ms */
};

struct http_config {
    const struct http_route *routes; /* borrowed; ends with method NULL */
    void *user;                      /* for handlers and authorise */
    /* Finds out who asks, from the request's headers, query and cookies. */
    struct http_identity (*authorise)(struct http_request *r, void *user);
    /* May this Host header be served here? Everything else gets 421: a web page that rebinds its
     * name to our address sends its own name. NULL: any. */
    bool (*host_allowed)(struct slice host, void *user);
    size_t body_max;          /* default 16 MiB; beyond: 413 */
    size_t header_max;        /* default 32 KiB; beyond: 431 */
    int64_t timeout_ms;       /* for the head, each MiB of the body, and the reply; default 35 s */
    unsigned connections_max; /* default 4096 */
    size_t held_max;          /* bodies and replies in memory at once; default 1 GiB */
    /* Where bodies above 1 MiB lie until the request ends, as files without names; NULL, or a file
     * system that has none of those: in memory. Borrowed. */
    const char *spool_dir;
};

/* An Origin that is neither absent nor the host asked gets 403 on every route: browsers send it,
 * API clients do not. */
struct http_server *http_server_create(uv_loop_t *loop, const struct http_config *config,
                                       struct err *e);
/* Is there less than held_max in memory? Bodies above 1 MiB that would pass it get 503; handlers
 * with large replies ask first. */
bool http_has_room(const struct http_server *s);
/* Takes the connected socket over (also on failure). */
int http_server_adopt(struct http_server *s, int fd, struct err *e);
/* Ends all connections, then calls done on the loop; done may be NULL. */
void http_server_destroy(struct http_server *s, void (*done)(void *user), void *user);

/* --- request --- */
const char *http_method(const struct http_request *r);
struct slice http_path(const struct http_request *r);  /* raw */
struct slice http_query(const struct http_request *r); /* raw, without "?" */
/* The raw (still percent-encoded) text that stands for ":name" or "*name". */
struct slice http_param(const struct http_request *r, const char *name);
/* Appends the decoded parameter; ERR_ARG when its escapes are broken. */
int http_param_decode(const struct http_request *r, const char *name, struct buf *out,
                      struct err *e);
bool http_query_get(const struct http_request *r, const char *key, struct buf *value);
/* NULL when absent; names without regard to case. */
const char *http_header(const struct http_request *r, const char *name);
bool http_cookie(const struct http_request *r, const char *name, struct buf *value);
/* Followed by a NUL that does not count. */
struct slice http_body(const struct http_request *r);
/* The body as JSON object, an empty body as {}; the caller deletes it. NULL: 400 was replied. */
cJSON *http_body_object(struct http_request *r);
const struct http_identity *http_who(const struct http_request *r);
/* Runs when the peer goes away, or the deadline passes, before the reply. */
void http_on_gone(struct http_request *r, void (*on_gone)(struct http_request *r, void *user),
                  void *user);
/* For long polls: a new deadline, from now. */
void http_set_timeout(struct http_request *r, int64_t timeout_ms);

/* --- reply; each ends the request --- */
/* Takes object over. */
void http_reply_json(struct http_request *r, int status, cJSON *object);
void http_reply_empty(struct http_request *r, int status);
/* {"error": text}, the shape protocol.md asks for. */
void http_reply_error(struct http_request *r, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The status that fits the code, and the text. */
void http_reply_err(struct http_request *r, const struct err *e);
/* Any bytes; takes them over. */
void http_reply_bytes(struct http_request *r, int status, const char *content_type, char *bytes,
                      size_t n);
/* Bytes that outlive the server: neither copied nor counted in held_max. */
void http_reply_static(struct http_request *r, int status, const char *content_type,
                       const void *bytes, size_t n);
/* What a reply of unknown length is made of. */
struct http_stream {
    /* On the thread pool, where it may block: appends some more to out. > 0: there is more to come,
     * 0: that was the last, negative: the connection is broken off. */
    int (*next)(void *user, struct buf *out);
    /* Once, on the loop, last; also when the peer went away. */
    void (*end)(void *user);
    void *user;
};
/* Sends first (taken over; may be empty), then what next gives, as fast as the peer takes it. */
void http_reply_stream(struct http_request *r, int status, const char *content_type,
                       struct buf *first, const struct http_stream *stream);
/* Before replying: a further header. */
void http_reply_header(struct http_request *r, const char *name, const char *value);

/* --- WebSocket --- */
struct websocket_ops {
    /* One whole message. */
    void (*on_message)(struct websocket *ws, bool binary, const char *bytes, size_t n);
    /* The send queue fell below the low-water mark after websocket_send said it was full. */
    void (*on_drain)(struct websocket *ws);
    /* Exactly once, last; ws is freed afterwards. */
    void (*on_close)(struct websocket *ws);
};

#define WEBSOCKET_QUEUE_MAX                                                                        \
    (1024 * 1024) /* bytes waiting to be sent; a reader slower than that goes */
/* Short, since nothing overtakes what waits here: an echo stands behind all of it. */
#define WEBSOCKET_QUEUE_HIGH (24 * 1024)
#define WEBSOCKET_QUEUE_LOW  (8 * 1024)

/* Answers the request with 101 and returns the socket at once (frames may be sent already), or
 * replies 4xx and returns NULL when it was no proper upgrade request. */
struct websocket *http_upgrade(struct http_request *r, const struct websocket_ops *ops, void *user);
void *websocket_user(const struct websocket *ws);
const struct http_identity *websocket_who(const struct websocket *ws);
/* Queues one message; the bytes are copied. False: the queue is above WEBSOCKET_QUEUE_HIGH now,
 * hold back until on_drain. Above WEBSOCKET_QUEUE_MAX the connection is closed. */
bool websocket_send(struct websocket *ws, bool binary, const char *bytes, size_t n);
size_t websocket_queued(const struct websocket *ws);
/* Stops or goes on reading (back-pressure). Up to 4 KiB of messages that were read already still
 * arrive. A paused socket whose peer closes is closed with what was not read. */
void websocket_pause(struct websocket *ws, bool paused);
/* Sends a close frame and closes; on_close follows on a later turn. */
void websocket_close(struct websocket *ws, int code, const char *reason);

#endif
