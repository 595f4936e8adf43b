/* SPDX-License-Identifier: MIT
 *
 * The gateway's parts and who owns what. Everything runs on one loop.
 */
#ifndef HOST_GATEWAY_INTERNAL_H
#define HOST_GATEWAY_INTERNAL_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <uthash.h>
#include <uv.h>

#include "host/gateway/events.h"
#include "host/gateway/gateway.h"
#include "host/gateway/image_job.h"
#include "host/gateway/registry.h"
#include "host/http/http.h"
#include "host/sandbox_limits.h"

#define START_TIMEOUT_MS   10000 /* from jail_start to the daemon's first word */
#define STOP_TIMEOUT_MS    1000  /* then SIGKILL */
#define KILL_TIMEOUT_MS    5000  /* then we go on without it */
#define ROW_RETRY_MS       1000  /* until the registry takes a removal */
#define PASS_QUEUE_MAX     2048  /* connections waiting for a daemon's socket */
#define VISITORS_MAX       1024  /* connections whose Host is not known yet; the oldest goes */
#define PEEK_TIMEOUT_MS    5000
#define SANDBOXES_MAX      10000
#define RETURNS_MAX        3   /* daemons started again within a minute; then it is lost */
#define OLD_UNKNOWN_MS     200 /* for a daemon to end whose pid nobody knows */
#define SETUP_KEPT_MAX     ((size_t)256 * 1024) /* of what a daemon says of servers and overlays */
#define SESSIONS_MAX       1000                 /* of a sandbox; what its daemon makes at most */
#define SESSION_HASH_CHARS 64

struct gateway;
struct session;
struct sandbox;
struct fill;
struct snapshot;
struct snapshot_options;
TAILQ_HEAD(making_list, making);

enum phase { PHASE_CREATING, PHASE_RUNNING, PHASE_RESTARTING, PHASE_LOST, PHASE_DESTROYING };

/* Daemons of sandboxes that return start a few at a time. */
enum turn { TURN_NONE, TURN_WAITING, TURN_HAS };

struct passed {
    STAILQ_ENTRY(passed) entry;
    int fd;   /* owned */
    int port; /* inside; 0: it is for the daemon's API */
};

/* e NULL: success. */
typedef void (*sandbox_done)(struct sandbox *s, void *user, const struct err *e);

struct waiter {
    TAILQ_ENTRY(waiter) entry;
    struct sandbox *sandbox;      /* borrowed */
    struct http_request *request; /* NULL: on_done is called instead */
    sandbox_done on_done;
    void *user;
    bool for_end; /* waits for the end of it; else for its being ready */
};
TAILQ_HEAD(waiter_list, waiter);

/* What holds for a sandbox's whole life, also when it is started again. */
struct lasting {
    char *directory; /* owned, as are all texts; where commands begin; "": the home */
    char *template_id, *snapshot_id; /* what its files began as; "": nothing */
    char *created_by;                /* the name of the key; "": a sandbox, its parent */
    struct limits limits;
    bool private_network;
    bool own_system; /* its root brings its own /usr (host/jail.h) */
};

struct sandbox {
    UT_hash_handle hh;      /* gateway.sandboxes, by id, in order of creation */
    UT_hash_handle hh_name; /* gateway.names, while it lives and has a name */
    struct gateway *gateway;
    int64_t seq;
    struct sandbox_info info; /* owned */
    char *parent;             /* owned; id; "": none */
    char *envs;               /* owned; JSON text of an object */
    struct lasting lasting;   /* owned */
    char *name_key;           /* owned; NULL without a name */
    size_t n_name_key;
    char *home;                /* owned; the working directory as its daemon says; NULL: unknown */
    cJSON *servers, *overlays; /* owned arrays: what its daemon says of them; NULL: none */
    size_t n_setup_bytes;      /* of these */
    enum phase phase;
    bool doomed; /* to be destroyed as soon as its start has ended */
    enum turn turn;
    TAILQ_ENTRY(sandbox) turn_entry; /* gateway.turns, while it waits */
    int64_t returns_ms[RETURNS_MAX]; /* when its daemon was started again; 0: never */
    bool keep_files;  /* of a child: its root is moved to its parent's folder at its end */
    bool dead;        /* destroyed; only its folder is still being removed */
    bool changed;     /* a delta is due */
    bool unreachable; /* restored: its daemon may live, but cannot be reached */

    pid_t child_pid;  /* bwrap, as long as it is our child; 0 */
    pid_t daemon_pid; /* on the host; 0: not known */
    int pidfd;        /* of the daemon; -1 */
    int link_fd;      /* -1: none */
    int link_events;
    uv_poll_t *link, *exit; /* owned; freed by their close callbacks */
    uv_timer_t expiry, timer, retry;
    STAILQ_HEAD(, passed) queue;
    size_t n_queue;
    struct waiter_list waiters;
    struct session *sessions; /* uthash */
    struct fill *fill;        /* its root is being made (fill.c) */
    uv_work_t work;
    int n_busy; /* open timers and work; 0: may be freed */
};

TAILQ_HEAD(visitor_list, visitor);
TAILQ_HEAD(feed_list, feed);
struct pubsub;

struct gateway {
    uv_loop_t loop;
    struct gateway_config config; /* texts borrowed */
    char *state, *program, *api_key;
    char *url; /* http://ADDR:PORT */
    int port;
    int lock_fd;
    struct registry *registry;
    struct events *events;
    struct keys *keys;        /* owned; the named ones */
    uv_fs_event_t keys_watch; /* the state folder */
    uv_timer_t events_timer;
    struct http_server *http;
    struct sandbox *sandboxes, *names; /* uthash */
    struct pubsub *pubsub;
    int pubsub_port;
    struct snapshot *snapshots; /* uthash */
    struct making_list makings; /* of snapshots */
    size_t n_making;
    struct image_jobs image_jobs;

    int listen_fd, spare_fd; /* the spare is given up to refuse a connection when none are left */
    uv_poll_t listener;
    uv_timer_t accept_timer;
    struct visitor_list visitors;
    size_t n_visitors;

    struct feed_list feeds;
    uv_timer_t feed_timer;
    uv_timer_t seen_timer; /* runs while a sandbox has an end */
    TAILQ_HEAD(turn_list, sandbox)
    turns; /* sandboxes that wait to be started again */
    int n_turns;
    bool giving_turns;
    int64_t started_ms;   /* monotonic */
    int64_t last_seen_ms; /* when an earlier gateway was last there; 0: unknown */
    uv_signal_t signals[4];
    bool announced, stopping, http_gone;
};

/* sandbox.c: one sandbox from its birth to its end */
struct create_options {
    char *ns, *name, *provider, *metadata, *envs; /* owned; JSON texts, metadata may be "" */
    char *servers, *overlays;                     /* owned; JSON texts of arrays, or "" */
    char *template_id, *snapshot_id; /* owned; "": none; at most one of them is given */
    char *parent, *token;            /* owned; of a child only, else NULL */
    struct lasting lasting;          /* owned */
    int64_t expires_ms;
};
void create_options_finish(struct create_options *o);
/* Starts one, status "creating"; or NULL with the reason. */
struct sandbox *sandbox_create(struct gateway *g, const struct create_options *o, struct err *e);
/* A row of an earlier gateway's; sandbox_settle follows for each when all are there. */
void sandbox_restore(const struct registry_row *row, void *gateway);
void sandbox_settle(struct sandbox *s);
/* Idempotent; it is not found any more from now on. */
void sandbox_destroy(struct sandbox *s);
/* Replies to r when the sandbox is ready or has failed. */
void sandbox_reply_when_ready(struct sandbox *s, struct http_request *r);
void sandbox_reply_when_gone(struct sandbox *s, struct http_request *r);
/* on_done runs once: when it is ready (or not, for a reason), or gone. */
void sandbox_await(struct sandbox *s, bool for_end, sandbox_done on_done, void *user);
/* Changes nothing when it cannot be written down. */
int sandbox_set_expiry(struct sandbox *s, int64_t expires_ms, struct err *e);
/* NULL: none that lives. */
struct sandbox *sandbox_find(struct gateway *g, const char *id, size_t n);
struct sandbox *sandbox_find_name(struct gateway *g, const char *ns, const char *name);
/* Also those being destroyed. */
struct sandbox *sandbox_find_any(struct gateway *g, const char *id, size_t n);
cJSON *sandbox_view(const struct sandbox *s, bool with_token);
void sandbox_reap(struct gateway *g);
/* Lets go of a sandbox without touching it. */
void sandbox_forget(struct sandbox *s);
/* What daemon_link.c finds out. */
void sandbox_on_state(struct sandbox *s, const cJSON *state);
void sandbox_on_setup(struct sandbox *s, const cJSON *setup);
void sandbox_on_refused(struct sandbox *s, const cJSON *refused);
void sandbox_on_link_end(struct sandbox *s);

/* daemon_link.c: the unix socket to a sandbox's daemon */
int daemon_link_listen(struct sandbox *s, struct err *e);
/* ERR_REFUSED, ERR_NOT_FOUND: no daemon runs. */
int daemon_link_connect(struct sandbox *s, struct err *e);
/* May a daemon live on the socket in this folder? */
bool daemon_link_lives(const char *dir);
/* Finds out the daemon's pid; the daemon must have spoken once. */
void daemon_link_identify(struct sandbox *s);
/* With the connections that wait. */
void daemon_link_close(struct sandbox *s);
/* Without: another daemon gets them. */
void daemon_link_drop(struct sandbox *s);
void daemon_link_say(struct sandbox *s, const char *text);
/* Hands a connection over, for its API or (not 0) a port inside; takes fd in any case. */
void daemon_link_pass(struct sandbox *s, int fd, int port);

/* child.c: sandboxes that sandboxes make */
/* {"op":"child"} of a daemon. */
void child_take(struct sandbox *parent, const cJSON *packet);
/* Tells its daemon that we are its gateway, and how many children it has. */
void child_tell_count(struct sandbox *parent);
void child_end_all(struct sandbox *parent);
/* Those whose parent is not there. */
void child_end_orphans(struct gateway *g);

/* state.c: the state folder */
int state_open(struct gateway *g, struct err *e);
void state_close(struct gateway *g);
int state_announce(struct gateway *g, struct err *e);
void state_unannounce(struct gateway *g);
int state_make_folder(const char *path, struct err *e);
/* Replaces it whole (0600), and it is on the disk when this returns 0. */
int state_write_file(const char *path, const char *text, struct err *e);
char *state_sandbox_dir(const struct gateway *g, const char *id);
/* The last lines of a daemon's log, one line, safe to show. */
void state_log_tail(const struct gateway *g, const char *id, char *out, size_t cap);

/* tree.c */
/* Removes a folder and what is in it, whatever its depth and modes; blocks. */
int tree_remove(const char *path, struct err *e);

/* front.c: accepts, finds the Host, sends each connection where it belongs */
int front_open(struct gateway *g, struct err *e);
void front_start(struct gateway *g);
void front_close(struct gateway *g);
int listen_on(const char *address, int *fd, char url[128], int *port, struct err *e);

/* head.c: a request's head, before anybody reads it */
/* Finds the value of the first Host header in the beginning of a request. 1: found; 0: more bytes
 * are needed; -1: this is no HTTP request, or one without a Host. */
int head_find_host(const char *bytes, size_t n, struct slice *host);
struct head_verdict {
    int status;
    const char *reason; /* static */
};
/* Is the whole head well-formed? 1: yes; 0: its end is not here yet; -1: no, see *verdict. */
int head_check(const char *bytes, size_t n, struct head_verdict *verdict);
const char *head_status_line(int status);

/* routes.c */
extern const struct http_route gateway_routes[];
struct http_identity gateway_authorise(struct http_request *r, void *user);
/* The hash of the named key the request came with; "": the main one. */
void gateway_key_hash(struct http_request *r, struct gateway *g, char *hash);
bool key_equal_slow(const char *a, const char *b);
bool gateway_host_allowed(struct slice host, void *user);

/* options.c */
int create_options_read(struct create_options *o, const cJSON *body, const char *provider,
                        bool name_needed, struct err *e);
int snapshot_options_read(struct snapshot_options *o, const cJSON *body, struct err *e);
void snapshot_options_finish(struct snapshot_options *o);
void lasting_finish(struct lasting *l);
void lasting_copy(struct lasting *to, const struct lasting *from);
/* The text the registry keeps; free it. */
char *lasting_to_text(const struct lasting *l);
/* Of a text of ours; what is not understood in it is left at its default. */
void lasting_from_text(struct lasting *l, const char *text);
int timeout_read(const cJSON *body, const char *key, double fallback, double *timeout_ms,
                 struct err *e);
int64_t expiry_after(int64_t now_ms, double timeout_ms);

/* feed.c: the list's WebSocket */
void feed_open(struct http_request *r, void *user);
void feed_created(struct sandbox *s);
void feed_changed(struct sandbox *s);
void feed_deleted(struct sandbox *s);
/* Ends the subscriptions of keys that were revoked. */
void feeds_check_keys(struct gateway *g);

/* sessions.c: the session tokens of sandboxes, as their daemons tell them */
void sessions_take(struct sandbox *s, const cJSON *packet);
void sessions_drop(struct sandbox *s, const cJSON *packet);
void sessions_free(struct sandbox *s);
struct credential {
    struct sandbox *sandbox; /* NULL: none that runs */
    bool observes;
    char session[SESSION_HASH_CHARS + 1]; /* "": the access token */
};
/* A child has its parent's token: id says which is meant; NULL: the parent. */
struct credential credential_find(struct gateway *g, const char *token, const char *id);

/* events_routes.c */
/* {"op":"event"} of a daemon. */
void events_take(struct sandbox *s, const cJSON *packet);
/* Stores it and tells the subscribers. */
int gateway_event(struct gateway *g, struct event *event, struct err *e);
void events_on_store(struct http_request *r, void *user);
void events_on_find(struct http_request *r, void *user);

/* image_routes.c */
void snapshots_on_create(struct http_request *r, void *user);
void snapshots_on_list(struct http_request *r, void *user);
void snapshots_on_delete(struct http_request *r, void *user);
void templates_on_list(struct http_request *r, void *user);

/* pubsub.c */
/* To the subscribers of its sandbox. */
void pubsub_publish(struct gateway *g, const struct event *event);
/* Ends the connections that have subscribed to the sandbox; session not NULL: with that token. */
void pubsub_end(struct gateway *g, const char *id, const char *session);
int pubsub_open(struct gateway *g, char url[128], struct err *e);
void pubsub_close(struct gateway *g);
void pubsub_free(struct gateway *g);

/* gateway.c */
/* A sandbox has an end: from now on it is written down when we were last there. */
void gateway_keep_seen(struct gateway *g);
void gateway_stop(struct gateway *g);
void gateway_stop_step(struct gateway *g);

#endif
