/* SPDX-License-Identifier: MIT
 *
 * The machinery under the client's resources: requests on libcurl, sockets on libwebsockets, and
 * the words for what goes wrong. For client/ only.
 */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "client/client.h"
#include "wire/url.h"

#define REQUEST_TIMEOUT_MS 30000
#define CONNECT_TIMEOUT_MS 10000
#define REPLY_SIZE_MAX     (16u << 20)
#define SOCKET_QUEUE_MAX   (1u << 20)

struct socket;
struct socket_context;

struct client {
    uv_loop_t *loop; /* borrowed */
    CURLM *multi;
    uv_timer_t curl_timer;
    uv_timer_t sweep; /* looks for silent sockets; runs while one is open */
    LIST_HEAD(request_list, request)
    requests;
    LIST_HEAD(socket_list, socket)
    sockets;
    size_t n_open_sockets;
    struct socket_context *contexts[2]; /* plain, TLS; made when first needed */
    size_t n_holds;                     /* what must be gone before the client is */
    int64_t timeout_ms;
    bool closing;
    void (*monitor)(void *user, const struct client_report *report); /* or NULL */
    void *monitor_user;
    void (*on_closed)(void *user);
    void *user;
};

/* Everything with a uv handle of its own holds the client until its close callback has run. */
void client_hold(struct client *c);
void client_drop(struct client *c);

/* Pings run while there is an open socket. */
void client_socket_opened(struct client *c);
void client_socket_closed(struct client *c);

/* --- requests (request.c) --- */

int request_machinery_init(struct client *c, struct err *e);
/* Every request is gone; c->multi is NULL afterwards. */
void request_machinery_finish(struct client *c);

/* One leg of a call: an HTTP exchange, or a pause. e is NULL when there is an answer of any status.
 * It goes on with request_send, request_pause or request_finish, nothing else. */
typedef void (*request_leg)(struct request *r, const struct err *e);

/* First member of every call. */
struct request {
    LIST_ENTRY(request) link;
    struct client *client;
    uv_timer_t timer;                     /* pauses, and failures that must not be told at once */
    void (*on_cleanup)(struct request *); /* the call's own memory; runs once, on every way out */
    request_leg on_leg;
    CURL *easy; /* while a leg is under way */
    struct curl_slist *headers;
    char error[CURL_ERROR_SIZE];
    struct err failure;
    struct buf sent; /* body of the request */
    /* The answer. */
    int status;
    struct buf body;
    bool too_big;
    /* Of a leg that may change something, while it is under way. */
    char *method, *url; /* owned, or NULL */
    int64_t sent_at_ms;
    bool is_over; /* finished or cancelled: the handle is dead */
};

struct http_send {
    const char *method;
    const char *url;
    const char *const *headers; /* whole lines, NULL at the end */
    const char *body;           /* NULL: none; copied */
    size_t body_len;
    int64_t timeout_ms; /* 0: the client's */
    bool readonly;      /* refuse it if it may change something */
};

/* size is that of the call around it, which comes zeroed. */
struct request *request_create(struct client *c, size_t size, void (*on_cleanup)(struct request *));
void request_send(struct request *r, const struct http_send *send, request_leg on_leg);
/* Calls on_leg later, with the failure or (e NULL) without. */
void request_pause(struct request *r, int64_t ms, const struct err *e, request_leg on_leg);
void request_finish(struct request *r);
/* The answer as a JSON object, the caller's to delete; NULL when it is none. */
cJSON *request_json(const struct request *r);

/* --- words for failures (explain.c) --- */

/* Who was talked to, for texts and hints. */
struct peer {
    const char *noun; /* "gateway", "sandbox" */
    const char *name; /* its URL or id */
    bool is_gateway;
};

void explain_curl(struct err *e, CURLcode code, long os_errno, const char *detail);
void explain_tls(struct err *e, const char *detail);
/* For an answer that is not a success. peer may be NULL: explain_peer is left to the caller. */
void explain_status(struct err *e, const struct peer *peer, int status, const char *body, size_t n);
/* Says who it was about, and what to do where the code tells. */
void explain_peer(struct err *e, const struct peer *peer);

/* --- WebSockets (socket.c) --- */

struct socket_ops {
    void (*on_open)(void *user);
    /* One whole message. */
    void (*on_message)(void *user, const char *bytes, size_t n, bool is_binary);
    /* The queue ran empty: time to send more. */
    void (*on_drain)(void *user);
    void (*on_pong)(void *user, int64_t round_trip_us);
    /* Closed or never opened; the socket is gone when this returns. e->http_status is set when the
     * upgrade was refused by a status. */
    void (*on_close)(void *user, const struct err *e);
};

/* base is an http(s) or ws(s) URL, target what follows it ("/ws?token=x"). headers: whole
 * "Name: value" lines, NULL at the end, or NULL; copied. Never calls back before it has returned.
 */
struct socket *socket_open(struct client *c, const char *base, const char *target,
                           const char *const *headers, const struct socket_ops *ops, void *user);
/* No callback runs after this. Safe with NULL. */
void socket_close(struct socket *s);
bool socket_is_open(const struct socket *s);
/* False: the queue is full (SOCKET_QUEUE_MAX) and nothing was taken; on_drain will follow. */
bool socket_send(struct socket *s, const void *bytes, size_t n, bool is_binary);
/* Asks for on_drain as soon as the socket can be written. */
void socket_want_drain(struct socket *s);
void socket_pause(struct socket *s, bool paused);
/* Pings, and closes with ERR_TIMEOUT if nothing at all comes back within timeout_ms. */
void socket_probe(struct socket *s, int64_t timeout_ms);

/* Called by client.c: kills what is left; later, that every context may be torn down. */
void sockets_close_all(struct client *c);
void sockets_sweep(struct client *c);
/* Frees the contexts; on_done runs on the loop, perhaps at once. */
void socket_contexts_destroy(struct client *c, void (*on_done)(struct client *c));

#endif
