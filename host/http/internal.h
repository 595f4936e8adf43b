/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share: the connection, the request and their lives.
 *
 * A conn lives from MHD's "connection started" to its "connection closed" and then until its uv
 * handles are closed. A request lives as long as MHD has it or its handler still owes a reply: each
 * holds one of the two `held_by_*` flags.
 */
#ifndef HOST_HTTP_INTERNAL_H
#define HOST_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/spool.h"
#include "host/http/http.h"

#define HTTP_PARAMS_MAX  4
#define HTTP_HEADERS_MAX 8
#define HTTP_HOST_MAX    255

enum conn_phase {
    CONN_HEAD, /* nothing, or a part of the first request's head, is here */
    CONN_BODY, /* a request line is here, more of the request is to come */
    CONN_HANDLER,
    CONN_REPLY, /* MHD writes; its own idle timeout watches */
    CONN_IDLE,  /* between requests */
};

struct conn {
    struct http_server *server; /* borrowed; outlives it */
    struct MHD_Connection *mhd;
    struct http_request *request; /* the current one, or NULL */
    int fd;                       /* MHD's */
    enum conn_phase phase;
    uv_timer_t timer;
    uv_poll_t peer;               /* while a request is suspended: has the peer gone? */
    bool has_peer;                /* the handle is initialised */
    int n_handles;                /* still open */
    char host[HTTP_HOST_MAX + 1]; /* of the first request, lower case */
};

struct header_pair {
    char *name, *value; /* owned */
};

struct http_request {
    LIST_ENTRY(http_request) entry; /* in server->requests */
    struct http_server *server;     /* borrowed */
    struct conn *conn;              /* borrowed; NULL once MHD is done with the request */
    bool held_by_mhd, held_by_handler;

    char *target; /* owned; raw */
    char *method; /* owned */
    struct slice path, query;
    const struct http_route *route; /* NULL until routed */
    struct slice params[HTTP_PARAMS_MAX];
    struct slice param_names[HTTP_PARAMS_MAX];
    size_t n_params;

    bool started;    /* the head was looked at */
    bool dispatched; /* the handler has run, or an error stands in for it */
    bool suspended;
    bool told_gone;
    bool overdue;        /* 504 was sent while the handler still owes its reply */
    size_t n_skipped;    /* bytes of a body nobody wants */
    struct buf body;     /* all of it, or what is not in the spool yet */
    struct spool *spool; /* owned; NULL: none */
    struct slice mapped; /* the spool's bytes, once it is whole */
    uv_work_t flush;
    bool flushing, unspoolable;
    int flush_result; /* -errno */
    uint64_t n_body;
    size_t body_max;
    size_t n_held; /* bytes of body and reply that count in the server's */
    int64_t timeout_ms;

    bool who_known;
    struct http_identity who;

    struct header_pair headers[HTTP_HEADERS_MAX];
    size_t n_headers;
    int status;
    struct MHD_Response *response; /* owned until queued */
    struct websocket *ws;          /* borrowed; answers with an upgrade */

    void (*on_gone)(struct http_request *r, void *user);
    void *on_gone_user;
};

LIST_HEAD(request_list, http_request);
TAILQ_HEAD(websocket_list, websocket);

struct http_server {
    uv_loop_t *loop;
    struct http_config config;
    struct MHD_Daemon *mhd;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_prepare_t prepare; /* flushes the websockets of `dirty` once a turn */
    size_t n_held;        /* bytes of bodies and replies in memory */
    int n_handles;        /* open handles of ours and of our connections */
    unsigned n_pool;      /* jobs of ours on the thread pool */
    bool stopping, stopped;
    struct request_list requests;
    struct websocket_list websockets; /* all */
    struct websocket_list dirty;      /* with something new to send */
    void (*done)(void *user);
    void *done_user;
};

/* server.c */
/* MHD must not be run from its own callbacks: asks for a turn as soon as the loop is back. */
void server_kick(struct http_server *s);
void server_handle_closed(struct http_server *s);
void conn_set_deadline(struct conn *c, enum conn_phase phase, int64_t timeout_ms);
void conn_watch_peer(struct conn *c, bool watch);

/* request.c */
void *request_on_uri(void *user, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result request_on_access(void *user, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot);
void request_on_completed(void *user, struct MHD_Connection *mhd, void **slot,
                          enum MHD_RequestTerminationCode code);
/* The peer went, or the deadline passed: tells the handler, once. */
void request_tell_gone(struct http_request *r);
/* n more bytes are in memory until the request ends. */
void request_hold(struct http_request *r, size_t n);
void request_release_handler(struct http_request *r);
/* Lets MHD call back for a suspended request. */
void request_resume(struct http_request *r);
void request_free(struct http_request *r);

/* reply.c */
/* Takes the response over. The first one of a request stands, later ones are dropped. */
void reply_set(struct http_request *r, int status, struct MHD_Response *response);

/* body.c */
#define BODY_SMALL ((size_t)1024 * 1024) /* never refused for want of memory, never on the disk */
/* Takes a piece of the body; more than there is room for is answered with an error. */
void body_take(struct http_request *r, const char *bytes, size_t n);
/* All of the body was taken. False: the connection is suspended until it is on the disk. */
bool body_complete(struct http_request *r);
void body_drop(struct http_request *r);
/* Could the disk hold n bytes? */
bool body_fits(const struct http_server *s, uint64_t n);

/* route.c */
/* Finds the route for method and path and fills the request's parameters. Returns 0, 404, or 405
 * with the methods there are in allow. */
int route_find(struct http_request *r, struct buf *allow);
bool route_match(const char *pattern, struct slice path, struct http_request *r);

/* websocket.c */
/* MHD gave up on the request before it handed the socket over. */
void websocket_abandon(struct websocket *ws);
void websocket_flush_dirty(struct http_server *s);
void websocket_close_all(struct http_server *s);

/* sha1.c */
void sha1_digest(uint8_t out[20], const void *bytes, size_t n);

#endif
