/* SPDX-License-Identifier: MIT
 *
 * Servers of a sandbox: processes that the host installs, starts, watches and restarts
 * (protocol.md section 2, Servers), and their logs.
 */
#ifndef CLIENT_SERVER_H
#define CLIENT_SERVER_H

#include "client/listing.h"

struct health_check {
    const char *path;                          /* NULL: no check */
    int64_t interval_ms, timeout_ms, delay_ms; /* 0: the host's choice */
};

struct server_options {
    const char *slug, *start; /* required */
    const char *install, *path, *env_file;
    const cJSON *environment; /* object of texts, or NULL */
    int port;                 /* 0: found out by the host */
    bool strict_port;         /* fail rather than take another */
    bool no_autostart;
    const char *restart_policy; /* never, on-failure, always; NULL: the host's choice */
    int max_restarts;           /* 0: no limit */
    int64_t restart_delay_ms, stop_timeout_ms; /* negative: the host's choice */
    struct health_check health;
    const cJSON *overlays;         /* array, or NULL */
    const char *const *depends_on; /* ids of overlays; NULL at the end; or NULL */
};

/* The strings are borrowed: for the callback, or from the listing's row. "" and 0: not said. */
struct server_info {
    const char *slug, *start, *install, *path, *env_file;
    const char *status; /* installing, starting, running, ready, failed, stopped, restarting */
    const char *url, *restart_policy, *error, *health_path;
    int port;
    int64_t pid;
    int max_restarts, restart_count;
    bool has_exit_code;
    int exit_code;
    bool has_health, is_healthy;
    int last_health_status, n_health_failures; /* of the last check; in a row */
    int64_t last_health_ms;
    int64_t restart_delay_ms, stop_timeout_ms;
    int64_t created_ms, updated_ms; /* wall clock */
};

extern const struct listing_kind server_listing; /* struct server_info, by slug */

typedef void (*server_cb)(void *user, const struct server_info *s, const struct err *e);
typedef void (*servers_cb)(void *user, const struct server_info *all, size_t n,
                           const struct err *e);

/* ERR_CONFLICT when the slug belongs to a live server. Answers when it is started, not ready. */
struct request *server_start(struct remote *r, const struct server_options *o, server_cb cb,
                             void *user);
struct request *server_list(struct remote *r, servers_cb cb, void *user);
struct request *server_get(struct remote *r, const char *slug, server_cb cb, void *user);
/* s is NULL where the host does not send it. Ends when the processes have: up to the server's stop
 * timeout. */
struct request *server_stop(struct remote *r, const char *slug, server_cb cb, void *user);
struct request *server_restart(struct remote *r, const char *slug, server_cb cb, void *user);
struct request *server_delete(struct remote *r, const char *slug, gateway_done_cb cb, void *user);
/* Overrides what the host thinks of it. */
struct request *server_set_status(struct remote *r, const char *slug, const char *status,
                                  server_cb cb, void *user);

/* --- logs --- */

enum server_stream { SERVER_COMBINED, SERVER_STDOUT, SERVER_STDERR };
const char *server_stream_name(enum server_stream stream);

struct server_log_text {
    const char *text; /* borrowed; may hold NULs */
    size_t n;
    /* Extension `server-log`: how many bytes of both streams were before text, and where to go on;
     * -1 where the host has no such thing. */
    int64_t offset, next;
};
typedef void (*server_log_cb)(void *user, const struct server_log_text *t, const struct err *e);
/* since: an offset, or -1 for all that is kept. */
struct request *server_log_get(struct remote *r, const char *slug, enum server_stream stream,
                               int64_t since, server_log_cb cb, void *user);

struct server_tail;

/* Any but on_output may be NULL; each may close the tail. */
struct server_tail_ops {
    /* stream is SERVER_COMBINED when it is not known which of the two it was. offset as above. */
    void (*on_output)(void *user, enum server_stream stream, const char *bytes, size_t n,
                      int64_t offset);
    /* Bytes that cannot be had any more are missing here. */
    void (*on_gap)(void *user);
    /* The server's status as pushed: {status, port?, url?, exit_code?, …}. */
    void (*on_status)(void *user, const struct server_info *s);
    /* What is there already has been told: what comes now is new. Again after each reconnection. */
    void (*on_live)(void *user);
    /* The connection broke or the host refused; it is tried again. */
    void (*on_down)(void *user, const struct err *e);
    /* No such server or sandbox any more. The last call. */
    void (*on_end)(void *user, const struct err *e);
};

/* The log from `since` on (-1: all that is kept), then as it grows, over lost connections. With
 * the extension `server-log` by its channel; other hosts are asked every second. ops are borrowed.
 */
struct server_tail *server_tail_open(struct remote *r, const char *slug, enum server_stream stream,
                                     int64_t since, const struct server_tail_ops *ops, void *user);
/* Safe with NULL. */
void server_tail_close(struct server_tail *t);

#endif
