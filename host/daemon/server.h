/* SPDX-License-Identifier: MIT
 *
 * Servers: long-running processes that are installed, started, watched, restarted and stopped.
 *
 * What a server is doing is its phase; what it is called outside is its status, which usually
 * follows from the phase, but may be set by PATCH:
 *
 *   IDLE → WAITING (for overlays) → PREPARING (env_file) → INSTALLING → RUNNING
 *   INSTALLING, RUNNING → ENDING (until the whole session is gone) → IDLE, DELAY or on
 *   DELAY (before a restart) → PREPARING
 *
 * server.c moves it along, server_process.c has the process with its output, server_watch.c looks
 * for ports and health, server_store.c keeps the definitions on disk. At most SERVERS_MAX.
 */
#ifndef HOST_DAEMON_SERVER_H
#define HOST_DAEMON_SERVER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>
#include <uv.h>

#include "base/err.h"
#include "host/daemon/children.h"
#include "host/daemon/ports.h"
#include "host/daemon/process.h"
#include "host/daemon/server_log.h"
#include "host/daemon/server_spec.h"
#include "host/daemon/state_file.h"
#include "host/http/http.h"

#define SERVERS_MAX 64

struct daemon;
struct probe;
struct server;
struct server_pipe;
struct env_job;

enum server_phase {
    SERVER_IDLE,
    SERVER_WAITING,
    SERVER_PREPARING,
    SERVER_INSTALLING,
    SERVER_RUNNING,
    SERVER_ENDING,
    SERVER_DELAY,
};

enum server_status {
    STATUS_SERVER_INSTALLING,
    STATUS_SERVER_STARTING,
    STATUS_SERVER_RUNNING,
    STATUS_SERVER_READY,
    STATUS_SERVER_FAILED,
    STATUS_SERVER_STOPPED,
    STATUS_SERVER_RESTARTING,
};

/* What follows when its processes are gone; later ones win over earlier ones. */
enum server_after { AFTER_INSTALL, AFTER_EXIT, AFTER_STOP, AFTER_RESTART, AFTER_DELETE };

/* Somebody who wants to know when a stop, restart or deletion is done. on_done runs once; s NULL:
 * the server is gone. */
struct server_waiter {
    TAILQ_ENTRY(server_waiter) entry;
    void (*on_done)(struct server_waiter *w, const struct server *s);
};

struct server {
    UT_hash_handle hh;
    struct daemon *d; /* borrowed */
    struct server_spec spec;
    char *cwd; /* owned, absolute */
    enum server_phase phase;
    enum server_status status;
    enum server_after after; /* while ENDING */
    struct child child;
    pid_t sid;                     /* of the processes of INSTALLING, RUNNING, ENDING; 0: none */
    bool exited;                   /* its first process was reaped */
    bool has_exit;                 /* exit_code says something */
    int exit_code;                 /* of the last run */
    bool restart_due;              /* DELAY: this restart counts */
    struct server_pipe *out, *err; /* owned until they close */
    struct server_log log;
    struct env_job *env_job;         /* owned by the thread pool */
    struct environ_list environment; /* of the process to come */
    uv_timer_t timer;                /* WAITING, DELAY, ENDING */
    uv_timer_t check;                /* the next health check */
    int n_handles;
    int64_t end_by_ms; /* ENDING: then SIGKILL */
    int n_port_moves;  /* restarts because somebody else got the port first */
    int given;         /* the port it was told to use; 0: none */
    int port;          /* the one it listens on, or is to; 0: none yet */
    bool listening;
    bool heard;     /* it has listened in this run */
    unsigned reach; /* PORT_V4, PORT_V6 */
    int64_t started_ms;
    int restart_count;
    bool installed, stopped; /* stopped by the user: not to be started with the sandbox */
    struct probe *probe;
    bool healthy;
    int last_status, n_failures;
    int64_t last_check_wall_ms; /* 0: never */
    int64_t created_wall_ms, updated_wall_ms;
    char error[256]; /* why it failed, or empty */
    TAILQ_HEAD(server_waiter_list, server_waiter)
    waiters;
};

struct servers {
    struct daemon *d; /* borrowed */
    struct server *by_slug;
    uv_timer_t look; /* for ports */
    struct ports_question question;
    struct state_file file;
};

/* Loads the definitions and starts what is to start by itself. */
void servers_init(struct servers *all, struct daemon *d);
/* Forgets all; the processes are ended by who calls. The caller runs the loop. */
void servers_stop(struct servers *all);
/* Definitions from elsewhere (POST /v1/sandboxes {servers}): an array of options; slugs that exist
 * are left as they are. Checks all before it starts any, and stops at the first that cannot start.
 */
int servers_setup(struct servers *all, const cJSON *list, struct err *e);
/* Adds "servers" to GET /ready's answer; false: one has still to become ready. *healthy becomes
 * false when one is not. */
bool servers_ready(const struct servers *all, cJSON *answer, bool *healthy);

/* --- one server --- */
struct server *server_find(const struct servers *all, const char *slug);
/* Checks the options and starts it, a new one or one that is idle. NULL: e says why. */
struct server *server_start(struct servers *all, const cJSON *options, struct err *e);
/* Stops it and then does what `after` says; the waiter (or NULL) is told. */
void server_end(struct server *s, enum server_after after, struct server_waiter *w);
void server_unwait(struct server *s, struct server_waiter *w);
bool server_set_status(struct server *s, const char *name);
cJSON *server_info(const struct server *s);

/* --- among server*.c --- */
void server_set(struct server *s, enum server_status status);
const char *server_status_name(enum server_status status);
void server_fail(struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a line of ours to its log. */
void server_note(struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Starts `sh -c command` with s->environment. */
int server_spawn(struct server *s, const char *command, struct err *e);
/* Passes on what its pipes hold and closes them. */
void server_close_pipes(struct server *s, bool drain);
void server_on_exit(struct child *child, int status);
void server_log_room(struct server_log *l);
/* Sends SIGTERM to the session, SIGKILL after the grace, and calls server_gone when it is empty. */
void server_terminate(struct server *s, int64_t grace_ms);
void server_gone(struct server *s);
/* Reads env_file on the thread pool, then calls server_prepared. */
void server_read_env(struct server *s);
void server_prepared(struct server *s, const struct err *e);
void server_drop_env_job(struct server *s);

/* A free port for it, at or (unless strict) after the one asked for; 0: there is none. */
int server_pick_port(const struct server *s);
bool server_port_free(const struct server *s, int port);
void servers_watch(struct servers *all);
void server_unwatch(struct server *s);

void servers_load(struct servers *all);
/* saved (NULL: nobody asks) hears when the definitions as they are now are on the disk. */
void servers_save(struct servers *all, struct state_saved *saved);
/* Takes the specification over. */
struct server *server_add(struct servers *all, struct server_spec *spec, int64_t created_wall_ms);
void server_begin(struct server *s);

/* Handlers. */
void api_server_create(struct http_request *r, void *user);
void api_server_list(struct http_request *r, void *user);
void api_server_get(struct http_request *r, void *user);
void api_server_delete(struct http_request *r, void *user);
void api_server_stop(struct http_request *r, void *user);
void api_server_restart(struct http_request *r, void *user);
void api_server_logs(struct http_request *r, void *user);
void api_server_status(struct http_request *r, void *user);

#endif
