/* SPDX-License-Identifier: MIT
 *
 * Commands: a shell with a command line, its stdout and stderr kept apart.
 *
 * Untracked ones (foreground /run/command) end with their reply. Tracked ones belong to an exec
 * terminal and are kept after their end: at most FINISHED_MAX of them and KEPT_MEMORY_MAX and
 * KEPT_DISK_MAX of output, the oldest go first. What a stream keeps is bounded by output.h; the
 * rest is read and dropped, and the answer says so.
 *
 * A command has ended when its shell has; what it wrote till then is there. Descendants that hold
 * its pipes open may write on, into nothing.
 */
#ifndef HOST_DAEMON_COMMAND_H
#define HOST_DAEMON_COMMAND_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/daemon/children.h"
#include "host/daemon/dying.h"
#include "host/daemon/output.h"
#include "host/daemon/process.h"
#include "wire/message.h"

#define FINISHED_MAX     1000
#define KEPT_MEMORY_MAX  ((size_t)256 * 1024 * 1024)
#define KEPT_DISK_MAX    ((uint64_t)2 * 1024 * 1024 * 1024)
#define COMMANDS_MAX     1024 /* pending and running */
#define LEFTOVERS_MAX    64   /* ended, but somebody holds the pipes */
#define PENDING_MAX_MS   60000
#define COMMAND_TEXT_MAX ((size_t)128 * 1024 - 64) /* one argument of execve */

struct daemon;
struct terminal;
struct command;

enum command_state { COMMAND_PENDING, COMMAND_RUNNING, COMMAND_FINISHED };

struct capture {
    struct command *command;
    int fd; /* owned; -1: closed */
    uv_poll_t poll;
    bool is_open; /* the handle lives */
    struct output output;
    char carry[4]; /* for streaming: the beginning of a UTF-8 sequence */
    size_t n_carry;
    const char *event; /* MSG_COMMAND_STDOUT or _STDERR */
};

/* Runs once, when the command has ended and its output is complete. */
typedef void (*on_command_end)(struct command *c, void *user);

struct command_waiter {
    TAILQ_ENTRY(command_waiter) entry;
    on_command_end on_end;
    void *user;
};

struct command {
    char id[24]; /* "cmd-…" */
    UT_hash_handle hh;
    TAILQ_ENTRY(command) of_terminal; /* tracked */
    TAILQ_ENTRY(command) finished_entry;
    struct daemon *d;          /* borrowed */
    struct terminal *terminal; /* borrowed; NULL: untracked */
    char *text, *shell, *cwd;  /* owned; cwd NULL: home */
    const char *flag;          /* of the shell, before the text */
    bool combined;             /* stderr goes where stdout goes */
    struct environ_list environment;
    enum command_state state;
    bool streaming, stalled, exited, drained, dying, leftover;
    int wait_status; /* once exited */
    struct child child;
    struct dying grace;
    pid_t sid;
    int exit_code;
    struct capture out, err;
    int64_t started_wall_ms, finished_wall_ms, started_ms, duration_ms;
    uv_timer_t timer; /* pending ones expire; killed ones are killed harder */
    int n_handles;
    TAILQ_HEAD(waiter_list, command_waiter)
    waiters;
};

struct commands {
    struct command *by_id; /* tracked, until they are dropped */
    TAILQ_HEAD(command_list, command)
    finished, leftovers;
    unsigned n_active, n_finished, n_leftovers;
    size_t kept_memory;
    uint64_t kept_disk;
};

struct command_spec {
    const char *text;
    const char *shell, *cwd; /* NULL: default */
    const char *flag;        /* NULL: -c */
    bool combined;           /* one output for both streams */
    const cJSON *env;        /* object or NULL */
    struct terminal *terminal;
    bool streaming; /* stay pending until command_start */
};

void commands_init(struct commands *c);
/* Checks the specification and makes a pending command. */
struct command *command_create(struct daemon *d, const struct command_spec *spec, struct err *e);
int command_start(struct command *c, struct err *e);
struct command *command_find(struct commands *c, struct slice id);
void command_await(struct command *c, struct command_waiter *w);
void command_unawait(struct command *c, struct command_waiter *w);
/* Ends its processes and frees it; waiters are told that it was terminated. */
void command_destroy(struct command *c);
/* Stops reading what nobody will see, of one in `leftovers`. */
void command_destroy_leftover(struct command *c);
/* {cmd_id, terminal_id, command, status, …}, without output. */
cJSON *command_info(const struct command *c);
/* Answers {message, data: info with the output}, of any size. */
void command_reply(const struct command *c, struct http_request *r, const char *message);
/* A socket drained: streams that waited for it go on. */
void commands_resume(struct daemon *d);

#endif
