/* SPDX-License-Identifier: MIT
 *
 * The daemon as its parts see it. One per process, on one loop.
 */
#ifndef HOST_DAEMON_INTERNAL_H
#define HOST_DAEMON_INTERNAL_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "host/daemon/activity.h"
#include "host/daemon/children.h"
#include "host/daemon/command.h"
#include "host/daemon/dying.h"
#include "host/daemon/events.h"
#include "host/daemon/link_server.h"
#include "host/daemon/notice.h"
#include "host/daemon/overlay.h"
#include "host/daemon/pace.h"
#include "host/daemon/ports.h"
#include "host/daemon/preview.h"
#include "host/daemon/process.h"
#include "host/daemon/server.h"
#include "host/daemon/setup.h"
#include "host/daemon/signals.h"
#include "host/daemon/socket.h"
#include "host/daemon/terminal.h"
#include "host/daemon/token.h"
#include "host/daemon/watcher.h"
#include "host/daemon/work.h"
#include "host/http/http.h"
#include "host/link.h"

#define ID_CHARS 12
/* Where files without names lie: the one folder that nobody inside can move. */
#define SPOOL_DIR "/"

struct daemon {
    uv_loop_t *loop;
    struct daemon_settings settings;
    struct environ_list environment; /* of every child */
    struct http_server *http;        /* owned */
    struct children children;
    struct terminals terminals;
    struct commands commands;
    struct sockets sockets;
    struct link_server links;
    struct events events;
    sqlite3 *store; /* owned; out of the guests' reach (store.h) */
    struct tokens tokens;
    struct watchers watchers;
    struct ports ports;
    struct preview preview;
    struct signals signals;
    struct activity activity;
    struct pace pace;
    struct notices notices;
    unsigned n_searches; /* under way (api_search.c) */
    struct servers servers;
    struct work work;
    struct overlays overlays;
    struct setup setup;
    struct {
        TAILQ_HEAD(child_ask_list, child_ask)
        list;
        unsigned n;
        int64_t seq;
    } children_asked;   /* requests about child sandboxes that wait for the gateway */
    int n_children;     /* as the gateway says */
    uv_timer_t changed; /* runs out at once: the state goes to the gateway once a turn */
    int null_fd;        /* opened before anybody inside could put something else there */
    struct dying_list dying;
    bool stopping;
};

/* Terminals or viewers changed: tell the gateway soon. */
void daemon_changed(struct daemon *d);
/* The gateway said stop. */
void daemon_stop(struct daemon *d);

/* The routes of the API (api.c), and who a request comes from. */
extern const struct http_route daemon_routes[];
struct http_identity daemon_authorise(struct http_request *r, void *user);
bool daemon_host_allowed(struct slice host, void *user);

/* Answers with the cookie of a session and the way to go on; text is the session token. */
void reply_signed_in(struct http_request *r, const struct daemon *d, const char *text,
                     const char *to, int64_t life_ms);
/* The same for a new session token. */
void reply_new_session(struct http_request *r, struct daemon *d, const struct token_spec *spec,
                       const char *to);
/* A page of words for a magic link that cannot be redeemed (410). */
void reply_used_link(struct http_request *r);

/* api_child.c */
void api_child_init(struct daemon *d);
void api_child_stop(struct daemon *d);
/* {"op":"reply"} of the gateway. */
void api_child_reply(struct daemon *d, cJSON *order);
void api_child_gateway_gone(struct daemon *d);

/* Handlers. */
void api_child_create(struct http_request *r, void *user);
void api_child_list(struct http_request *r, void *user);
void api_child_get(struct http_request *r, void *user);
void api_child_delete(struct http_request *r, void *user);
void api_run(struct http_request *r, void *user);
void api_code(struct http_request *r, void *user);
void api_terminal_create(struct http_request *r, void *user);
void api_terminal_list(struct http_request *r, void *user);
void api_terminal_get(struct http_request *r, void *user);
void api_terminal_delete(struct http_request *r, void *user);
void api_terminal_hand(struct http_request *r, void *user);
void api_terminal_search(struct http_request *r, void *user);
void api_terminal_freeze(struct http_request *r, void *user);
void api_command_execute(struct http_request *r, void *user);
void api_command_list(struct http_request *r, void *user);
void api_command_get(struct http_request *r, void *user);
void api_command_wait(struct http_request *r, void *user);
void api_file_list(struct http_request *r, void *user);
void api_file_get(struct http_request *r, void *user);
void api_file_head(struct http_request *r, void *user);
void api_file_write(struct http_request *r, void *user);
void api_file_batch(struct http_request *r, void *user);
void api_file_delete(struct http_request *r, void *user);
void api_env_get(struct http_request *r, void *user);
void api_env_head(struct http_request *r, void *user);
void api_env_update(struct http_request *r, void *user);
void api_env_remove(struct http_request *r, void *user);
void api_overlay_create(struct http_request *r, void *user);
void api_overlay_list(struct http_request *r, void *user);
void api_overlay_get(struct http_request *r, void *user);
void api_overlay_delete(struct http_request *r, void *user);
void api_token_create(struct http_request *r, void *user);
void api_token_list(struct http_request *r, void *user);
void api_token_get(struct http_request *r, void *user);
void api_token_delete(struct http_request *r, void *user);
void api_magic_create(struct http_request *r, void *user);
void api_magic_redeem(struct http_request *r, void *user);
void api_play(struct http_request *r, void *user);
void api_play_asset(struct http_request *r, void *user);
void api_auth_status(struct http_request *r, void *user);
void api_auth_info(struct http_request *r, void *user);
void api_watcher_create(struct http_request *r, void *user);
void api_watcher_list(struct http_request *r, void *user);
void api_watcher_get(struct http_request *r, void *user);
void api_watcher_delete(struct http_request *r, void *user);
void api_stats(struct http_request *r, void *user);

#endif
